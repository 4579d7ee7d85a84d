"""What a command does not import, so that it starts at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CONFIG = {"model_type": "llama", "hidden_size": 64, "num_attention_heads": 8, "num_hidden_layers": 2}
CODE = """
import sys
from prover.commands.cli import run_command
code = run_command(sys.argv[1:])
sys.exit(9 if {"z3", "numpy"} & sys.modules.keys() else code)
"""


def test_show_needs_no_solver(tmp_path: Path) -> None:
    """`show` of a config.json imports neither Z3 nor NumPy."""
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    done = subprocess.run([sys.executable, "-c", CODE, "show", str(tmp_path)], capture_output=True, text=True)
    assert (0, "") == (done.returncode, done.stderr)
    assert "transformers/half:head_dim=8" in done.stdout
