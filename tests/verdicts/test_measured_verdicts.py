"""Pairwise verdicts measured on transformers' own kernels, each with the permutation that was run there.

`tests/measured/verdicts.json`: element p[i] of layout b plays the role of element i of layout a.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import prove_specs
from prover import checker
from prover.claims.evidence import Witness
from prover.claims.relation import Outcome, Relation
from prover.layouts.loading import load
from prover.verdicts.certificate import write_certificate
from prover.verdicts.verdict import Verdict

MEASURED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "measured" / "verdicts.json").read_text()
)

_FULL, _PART = "head_dim=64", "head_dim=64:partial_rotary_factor=0.5"
_THREE = "mrope_section=8,4,4"
LAYOUTS: dict[str, dict[str, str]] = {
    "1-D, width 64, base 1e4, full rotary": {
        "llama": f"transformers/half:{_FULL}",
        "cohere": f"transformers/adjacent:{_FULL}",
        "ernie4_5": f"transformers/adjacent:{_FULL}",
        "roformer": f"transformers/adjacent:{_FULL}",
        "llama4_text": f"transformers/adjacent:{_FULL}",
        "qwen2_5_omni_dit_head0": "transformers/adjacent-to-half:qk_nope_head_dim=0:qk_rope_head_dim=64",
        "nanochat": f"transformers/nanochat:{_FULL}",
        "linear_factor_2": f"transformers/half:{_FULL}:rope_type=linear:factor=2",
        "gemma4_style_proportional_0.5": f"transformers/proportional:{_PART}",
    },
    "1-D, width 64, base 1e4, half of the head rotated": {
        "glm4": f"transformers/adjacent:{_PART}",
        "glm4_moe": f"transformers/half:{_PART}",
        "nemotron": f"transformers/half:{_PART}",
        "persimmon": f"transformers/half:{_PART}",
        "proportional_0.5": f"transformers/proportional:{_PART}",
    },
    "3 axes (t,h,w), width 128, base 1e4": {
        "qwen2_vl[16,24,24]": "transformers/mrope-chunked:mrope_section=16,24,24",
        "qwen2_vl[24,20,20]": "transformers/mrope-chunked:mrope_section=24,20,20",
        "paddleocr_vl[16,24,24]": "transformers/mrope-chunked:mrope_section=16,24,24",
        "qwen3_vl[24,20,20]": "transformers/mrope-stride3:mrope_section=24,20,20",
        "ernie4_5_vl[22,22,20]": "transformers/mrope-ernie:mrope_section=22,22,20",
    },
    "3 axes, width 64, base 1e4, half of the head rotated, sections [8,4,4]": {
        "glm4v": f"transformers/mrope-chunked:pairing=adjacent:{_PART}:{_THREE}",
        "glm4v_moe": f"transformers/mrope-chunked:{_PART}:{_THREE}",
        "qwen3_5": f"transformers/mrope-stride3:{_PART}:{_THREE}",
    },
    "2 axes (h,w), width 64, base 1e4": {
        "qwen2_vl_vision": f"transformers/vision-chunked:{_FULL}",
        "kimi_k25_vision": f"transformers/vision-alternating:{_FULL}",
        "step3p7_vision": f"transformers/vision-w-first:{_FULL}",
        "inkling2_vision": f"transformers/vision-w-first-adjacent:{_FULL}",
        "gemma4_vision": f"transformers/vision-separate:{_FULL}",
        "pixtral_vision": f"transformers/pixtral:{_FULL}",
        "neomme(row=h,col=w)": f"transformers/row-column:{_FULL}",
    },
}
# How the towers name the same two positions.
PLACES = {"h": "h", "w": "w", "x": "w", "y": "h", "row": "h", "col": "w"}


def proved(row: dict[str, Any]) -> Verdict:
    """The verdict on a measured pair of kernels, at the same places of the grid."""
    specs = [LAYOUTS[row["group"]][row[side]] for side in "ab"]
    axes = {axis for spec in specs for axis in load(spec).layout.axes}
    feed = ",".join(f"{axis}={PLACES[axis]}" for axis in sorted(axes)) if axes <= PLACES.keys() else ""
    return prove_specs(*specs, [feed] if feed else [])


ROWS = MEASURED
IDS = [f"{row['a']} and {row['b']}" for row in ROWS]


def test_every_group_is_a_table_of_rows() -> None:
    """No measured group is left out."""
    assert {row["group"] for row in MEASURED} == set(LAYOUTS)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_verdict(row: dict[str, Any]) -> None:
    """Equal kernels are equivalent if nothing had to move and else convertible; others are different."""
    verdict = proved(row)
    moved = row["equivalent"] and row["permutation_a_to_b"] != list(range(verdict.claim.source.width))
    expected = Outcome.DIFFERENT if not row["equivalent"] else Outcome.CONVERTIBLE if moved else Outcome.EQUIVALENT
    assert expected == verdict.outcome


@pytest.mark.parametrize("row", [row for row in ROWS if row["equivalent"]],
                         ids=[i for i, row in zip(IDS, ROWS, strict=True) if row["equivalent"]])
def test_measured_permutation_is_a_witness(row: dict[str, Any]) -> None:
    """The checker accepts the permutation that was run on the real kernels."""
    claim = proved(row).claim
    permutation = [0] * claim.source.width
    for source, target in enumerate(row["permutation_a_to_b"]):
        permutation[target] = source
    text = write_certificate(claim, Witness(Relation.PERMUTATION, tuple(permutation)), None)
    assert ("permutation", None) == checker.check(text)
