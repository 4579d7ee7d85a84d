"""Writes Coq examples: Converters' definitions give the rows that the functions themselves gave, at the sizes recorded.

The rows are those of `tests/repair/converter_rows.json`; up to MAX_ROWS, since Coq's numbers here are unary.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

MAX_ROWS = 72
ROOT = Path(__file__).parents[3]
RECORDED = ROOT / "tests" / "repair" / "converter_rows.json"
CONVERTERS = tomllib.loads((ROOT / "models" / "converters.toml").read_text())["converter"]
OF_ITS_HEADS = re.compile(r"W\.reshape\(heads, (.+), -1\)\.swapaxes\(1, 2\)\.reshape\(W\.shape\)")


def function_of(name: str, matrix: str, heads: int, kv_heads: int, rows: int) -> str:
    """The Coq function of a converter; empty where Converters has none."""
    own = kv_heads if matrix == "k" else heads
    match name:
        case "llama.cpp/permute":
            return f"llama_cpp_permute {heads} {own} {rows}"
        case "llama.cpp/reverse_hf_permute":
            return f"reverse_hf_permute {heads} {own} {rows}"
        case "transformers/PermuteForRope":
            return f"permute_for_rope false {heads} {rows}"
        case "transformers/PermuteForRope.inverse":
            return f"permute_for_rope true {heads} {rows}"
    (found,) = (each for each in CONVERTERS if each["name"] == name)
    of_its_heads = None if "k" in found else OF_ITS_HEADS.fullmatch(found["q"])
    axes = of_its_heads[1].replace("W.shape[0] // heads", "d") if of_its_heads else ""
    named = {"2, d // 2": "half_to_adjacent", "d // 2, 2": "adjacent_to_half"}
    return f"{named[axes]} {rows} {own}" if axes in named else ""


def main() -> None:
    """Print the file."""
    print("From Coq Require Import List.\nFrom Rope Require Import Converters.\nImport ListNotations.\n")
    written: dict[str, set[str]] = {}
    for run in json.loads(RECORDED.read_text()):
        for name, matrices in run["rows"].items():
            for matrix, rows in matrices.items():
                function = function_of(name, matrix, run["heads"], run["kv_heads"], len(rows))
                if function and len(rows) <= MAX_ROWS:
                    gives = f"Goal map ({function}) (seq 0 {len(rows)}) = [{'; '.join(map(str, rows))}]."
                    written.setdefault(gives, set()).add(name)
    for gives, names in written.items():
        print(f"(* {', '.join(sorted(names))} *)\n{gives}\nProof. vm_compute. reflexivity. Qed.")
    assert len(set().union(*written.values())) >= 15, written


if __name__ == "__main__":
    main()
