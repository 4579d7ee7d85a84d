"""What --call and --init may hold: a small language, read and never evaluated."""

from __future__ import annotations

import pytest

from prover.errors import InputError
from prover.functions.calls import parse_call
from prover.functions.guesses import guess_calls
from prover.functions.reference import parse_reference


@pytest.mark.parametrize(("text", "read"), [
    ("f(x, p)", "f(x, p)"),
    ("f(x, positions)", "f(x, p)"),
    ("apply(x, cos(p), sin(p))", "f(x, cos, sin)"),
    ("f(q[b, h, t, d], k[b,h,t,d], cos[1,t,d], sin=sin[1,t,d], unsqueeze_dim=1)",
     "f(q[b, h, t, d], k[b, h, t, d], cos[1, t, d], sin=sin[1, t, d], unsqueeze_dim=1)"),
    ("f(x[t, hd], position, -1.5, True, None, mode='neox')",
     "f(x[t, hd], position, -1.5, True, None, mode='neox')"),
    ("f(x, freqs_cis[n, f], p[t])", "f(x, freqs_cis[n, f], p[t])"),
])
def test_calls(text: str, read: str) -> None:
    """Names, axes, keywords, numbers."""
    assert read == str(parse_call(text))


@pytest.mark.parametrize(("text", "message"), [
    ("", "cannot be read"), ("f(", "cannot be read"), ("x", "is no call"), ("f(p)", "has no vectors"),
    ("f(x, __import__('os'))", "is no table at the positions"), ("f(x, os.system)", "nothing that can be made"),
    ("f(x, y)", "'y' is nothing that can be made"), ("f(x, [p])", "nothing that can be made"),
    ("f(x, exp(p))", "'exp' is no table"), ("f(x, cos(q))", "is no table at the positions"),
    ("f(*x)", "nothing that can be made"), ("f(**x)", "is no call"), ("f(x[t, t, d])", "are no axes"),
    ("f(x[z, d])", "are no axes"), ("f(x[t, h])", "Expected d .or hd."), ("f(x, p[h])", "Expected t"),
    ("f(x, cos[t, f])", "Expected t or n, and d"), ("f(x, seq_len[t])", "it is a number"),
    ("f(x, 1 + 1j)", "nothing that can be made"), (f"f(x{', 1' * 20})", "has 21 arguments"),
    (f"f(x, {'1' * 600})", "is 606 characters long"), ("f(x, " + "(" * 200 + ")" * 200 + ")", "nothing|cannot be read"),
])
def test_what_is_no_call(text: str, message: str) -> None:
    """Refused with the place and what was expected."""
    with pytest.raises(InputError, match=message):
        parse_call(text)


@pytest.mark.parametrize(
    "init", ["Other(1)", "Rope(os)", "Rope(*a)", "Rope(**a)", "Rope", "Rope(", "Rope(1j)", "Rope(b'')"]
)
def test_what_makes_no_object(init: str) -> None:
    """Only literals that come through unchanged."""
    with pytest.raises(InputError, match="--init"):
        parse_reference("own.ropes::Rope.rotate", init)


def test_an_object_is_made_of_literals() -> None:
    """Positional and named ones."""
    found = parse_reference("own.ropes::Rope", "Rope(64, scaling={'factor': 8.0}, on=True)")
    assert ((64,), (("scaling", {"factor": 8.0}), ("on", True))) == (found.values, found.named)


def parameter(name: str, required: bool = True, kind: str = "POSITIONAL_OR_KEYWORD") -> dict[str, object]:
    """One parameter as the other process tells it."""
    return {"name": name, "kind": kind, "required": required, "annotation": ""}


@pytest.mark.parametrize(("parameters", "first"), [
    ([parameter("x"), parameter("positions")], "f(x, p)"),
    ([parameter("q"), parameter("k"), parameter("cos"), parameter("sin"), parameter("position_ids", False)],
     "f(q, k, cos, sin)"),
    ([parameter("positions"), parameter("query"), parameter("key")], "f(p, q, k)"),
    ([parameter("x"), parameter("rope_cache"), parameter("interleaved", False)], "f(x, freqs_cis)"),
    ([parameter("x"), parameter("input_pos", False, "KEYWORD_ONLY")], "f(x, input_pos=p)"),
    ([parameter("args", False, "VAR_POSITIONAL")], "f(x, p)"),
    ([parameter("hidden_states"), parameter("offset", False)], "f(x, p)"),
])
def test_guesses(parameters: list[dict[str, object]], first: str) -> None:
    """The first call that names suggest."""
    assert first == str(guess_calls(parameters)[0])
