"""Rows of a GGUF file move as the bytes that they are, whatever they are quantised as."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prover.api import permute_weights
from sources.gguf_writer import F32, LLAMA, STR, U32, gguf

# ggml-org/llama.cpp 0c1e57098, ggml/include/ggml.h: numbers of types; ggml-common.h: numbers and bytes of a block.
TYPES = {"F32": (0, 1, 4), "F16": (1, 1, 2), "Q8_0": (8, 32, 34), "Q4_0": (2, 32, 18), "Q4_K": (12, 256, 144),
         "Q6_K": (14, 256, 210)}
HEADS, KV, WIDTH, HIDDEN = 8, 2, 128, 1024
# Adjacent pairs, as llama.cpp computes llama, to halves, by hand.
ADJACENT_TO_HALF = [*range(0, WIDTH, 2), *range(1, WIDTH, 2)]


def row_bytes(kind: str) -> int:
    """Bytes of a row of HIDDEN numbers."""
    _, numbers, size = TYPES[kind]
    return HIDDEN // numbers * size


def model(folder: Path, kind: str) -> tuple[Path, dict[str, np.ndarray]]:
    """A llama of two layers whose q and k are quantised so; each tensor as rows of bytes."""
    random = np.random.default_rng(3)
    rows = {"attn_q": HEADS * WIDTH, "attn_k": KV * WIDTH, "attn_v": KV * WIDTH, "attn_output": HIDDEN}
    tables = {f"blk.{layer}.{name}.weight": random.integers(0, 256, (count, row_bytes(kind)), dtype=np.uint8)
              for layer in range(2) for name, count in rows.items()}
    tensors = [("token_embd.weight", (32,), 0, bytes(128))]
    tensors += [(name, (HIDDEN, len(table)), TYPES[kind][0], table.tobytes()) for name, table in tables.items()]
    keys = (*LLAMA, ("llama.attention.head_count_kv", U32, KV), ("general.name", STR, "made by a test"),
            ("llama.attention.scale", F32, 1.0))
    path = folder / "model.gguf"
    path.write_bytes(gguf(keys, tensors))
    return path, tables


@pytest.mark.parametrize("kind", TYPES)
def test_rows_move_whole(tmp_path: Path, kind: str) -> None:
    """Each row is the bytes of another row of its head; everything else in the file is where it was."""
    path, tables = model(tmp_path, kind)
    found = permute_weights(str(path), target="ggml/neox", out=str(tmp_path / "out"))
    assert (0, str(tmp_path / "out")) == (found.exit_code, found.written)
    before, after = path.read_bytes(), bytearray((tmp_path / "out" / "model.gguf").read_bytes())
    assert len(before) == len(after)
    for name, table in tables.items():
        at = before.index(table.tobytes())
        moves = "attn_q" in name or "attn_k" in name
        expected = table.reshape(-1, WIDTH, table.shape[1])[:, ADJACENT_TO_HALF] if moves else table
        assert expected.tobytes() == bytes(after[at : at + table.size])
        after[at : at + table.size] = table.tobytes()
    assert before == bytes(after)


def test_undone_it_is_the_same_file(tmp_path: Path) -> None:
    """There and back; the metadata says llama all the time, and it is told that no key says the kernel."""
    path, _ = model(tmp_path, "Q4_K")
    found = permute_weights(str(path), target="ggml/neox", out=str(tmp_path / "out"))
    assert "no key says it" in found.to_text().replace("\n            ", " ")
    permute_weights(str(tmp_path / "out" / "model.gguf"), source="ggml/neox", target=str(path),
                    out=str(tmp_path / "back"))
    assert path.read_bytes() == (tmp_path / "back" / "model.gguf").read_bytes()
