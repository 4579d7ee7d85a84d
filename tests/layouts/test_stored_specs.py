"""What a SPEC says of stored numbers, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from prover.errors import InputError
from prover.layouts.loading import load
from prover.layouts.opened import open_layout
from prover.layouts.spec import parse_stored, parse_value

FORMS: dict[str, tuple[object, tuple[str | None, ...]]] = {
    "f32(11158840)": (Fraction(11158840), ("float32",)),
    "f64(1/8)": (Fraction(1, 8), ("float64",)),
    "f16(0)": (Fraction(0), ("float16",)),
    "bf16(-1.5)": (Fraction(-3, 2), ("bfloat16",)),
    "10000": (Fraction(10000), (None,)),
    "[f32(1.5),8]": ((Fraction(3, 2), Fraction(8)), ("float32", None)),
    "f32(1.5),f16(8)": ((Fraction(3, 2), Fraction(8)), ("float32", "float16")),
    "f32([1,2,8])": ((Fraction(1), Fraction(2), Fraction(8)), ("float32",) * 3),
    "f32([])": ((), ()),
    "true": (Fraction(1), (None,)),
}


@pytest.mark.parametrize("text", FORMS)
def test_values(text: str) -> None:
    """A stored number is the number that it is, with its format beside it, around an entry or a whole list."""
    value, formats = parse_stored(text)
    assert FORMS[text] == (value, tuple(form and form.name for form in formats))
    assert value == parse_value(text)


BAD = {
    "f32(0.1)": ("0.1 is no float32", "nearest is f32(13421773/134217728)"),
    "f32(16777217)": ("16777217 is no float32", "nearest is f32(16777216)"),
    "f16(70000)": ("70000 is no float16", "nearest is f16(65504)"),
    "f32([1,0.3])": ("0.3 is no float32", "nearest"),
    "f8(1)": ("'f8' is no format of stored numbers", "f16, bf16, f32, f64"),
    "f32(one)": ("'one' is not a number", "decimal"),
    "f32(": ("is not a number", "decimal"),
    "f32(f32(1))": ("is not a number", "decimal"),
    "[f32(1),f32(0.1)]": ("0.1 is no float32", "nearest"),
}


@pytest.mark.parametrize("text", BAD)
def test_refused(text: str) -> None:
    """A number that its format does not have cannot be what is stored; the message says which one is nearest."""
    with pytest.raises(InputError) as caught:
        load(f"ggml/neox:head_dim=4:freq_factors={text}")
    assert [] == [part for part in BAD[text] if part not in str(caught.value)]


def test_a_layout_file_has_no_stored_numbers() -> None:
    """Only the values of a SPEC are stored; an expression that says f32(1) is refused."""
    with pytest.raises(InputError):
        load("generic/table:frequencies=f32(pi)")


def test_open_numbers_stand_in_the_layout() -> None:
    """Pairs turn by powers of the open numbers, and their magnitude is one."""
    loaded = load("ggml/neox:head_dim=4:base=f32(10000):freq_factors=[f32(1),3]:attn_factor=f32(1.5)")
    opened = open_layout(loaded, "source", 2)
    base, factor = "{float32:10000:2:source.base}", "{float32:1:2:source.freq_factors.0}"
    assert [f"1*{factor}^-1", f"1/3*{base}^-1/2"] == [str(pair.angle["p"]) for pair in opened.layout.pairs]
    assert {"1*{float32:3/2:2:source.attn_factor}"} == {str(pair.magnitude) for pair in opened.layout.pairs}
    assert ("source.base", "source.freq_factors.0", "source.attn_factor") == tuple(n.name for n in opened.numbers)
    assert () == opened.exactly


YARN = "transformers/half:head_dim=64:rope_type=yarn:factor=32:original_max_position_embeddings=4096"


@pytest.mark.parametrize(("spec", "expected"), [
    ("ggml/neox:head_dim=8:ext_factor=f32(0):n_ctx_orig=4096", ("ext_factor",)),
    ("ggml/neox:head_dim=8:freq_scale=f32(1)", ()),
    (f"{YARN}:rope_theta=f32(10000)", ()),
])
def test_what_is_taken_exactly(spec: str, expected: tuple[str, ...]) -> None:
    """Zero, and what a branch or a whole part depends on otherwise than alike, only stands for itself."""
    assert expected == open_layout(load(spec), "source", 0).exactly
