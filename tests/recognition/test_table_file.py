"""A measured table as a layout file: whatever was measured, the file conforms to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from identify_kernels import entry, powers
from measured_rows import Row, rows
from prover.errors import InputError
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.measure.measured import decode
from prover.recognition.table_file import table_file

# One table in nine, and those with several axes in a pair, four angles, lanes written elsewhere, or lanes that pass.
PECULIAR = (
    "lightglue_learned", "esmfold2_xyz_uid", "vjepa2", "deepseek_v3_interleave", "ernie_image_8,12,12", "wan_128",
    "cohere2_full_layer_nope", "nanochat_reverse", "neox_gemma4_proportional_ff1e30",
)
ROWS = rows()
SOME = [row for place, row in enumerate(ROWS) if place % 9 == 0 or row.entry in PECULIAR]
REST = [row for row in ROWS if row not in SOME]


@pytest.mark.parametrize("row", [
    *(pytest.param(row, id=f"{row.file} {row.entry}") for row in SOME),
    *(pytest.param(row, id=f"{row.file} {row.entry}", marks=pytest.mark.slow) for row in REST),
])
def test_the_file_conforms(row: Row, tmp_path: Path) -> None:
    """Lanes, axes, directions, magnitudes and frequencies are those of the table."""
    path = tmp_path / "mine.toml"
    path.write_text(table_file(row.measured, 'measured: "it"'))
    assert () == conform(load(str(path)).layout, row.measured).differences


def test_lanes_that_never_turn_may_be_multiplied(tmp_path: Path) -> None:
    """Two of them stand as a pair without a turn."""
    table = entry(8, 4, "half", powers(100, 4, 2)) | {"scale": {"1.5": [4, 5, 6, 7], "1.0": [0, 1, 2, 3]}}
    measured = decode("made", table, "made")
    path = tmp_path / "mine.toml"
    path.write_text(table_file(measured, "made"))
    assert () == conform(load(str(path)).layout, measured).differences


def test_a_pair_of_two_magnitudes_is_refused() -> None:
    """A layout has one magnitude a pair; the file would be another kernel."""
    table = entry(4, 4, "half", powers(100, 4, 2)) | {"scale": {"1.5": [0, 1], "1.0": [2, 3]}}
    with pytest.raises(InputError, match=r"multiplied by 1\.5 and 1"):
        table_file(decode("made", table, "made"), "made")
