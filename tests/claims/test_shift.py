"""By what a cache may be shifted, against kernels in NumPy."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prover.claims.properties import Properties, properties
from prover.claims.shift import Change
from prover.exact.number import ONE, ZERO
from prover.kernels.kernel import make_kernel
from prover.layouts.layout import Layout
from prover.layouts.loading import load
from prover.reports.shift_report import shift_text

PAIR = 'title = "pair"\naxes = ["x", "y"]\nwidth = "2"\n[pairs]\ncount = "1"\nfirst = "0"\nsecond = "1"\n'
ONE_EACH = 'angle = "x + y/3"\nsine_angle = "y/3 + 2*x"\nsecond_sine_angle = "x + y/3"\nsecond_angle = "2*x + y/3"\n'


def found_of(spec: str, *feeds: str) -> Properties:
    """What is told of a layout under feeds."""
    loaded = load(spec)
    return properties(loaded.family, loaded.layout, feeds)


def shifting(layout: Layout, changes: tuple[Change, ...]) -> Layout:
    """The layout changed as it is said that the shifting kernel must be."""
    pairs = layout.pairs
    if Change.LANES in changes:
        pairs = tuple(replace(pair, read=pair.write) for pair in pairs)
    if Change.MAGNITUDE in changes:
        pairs = tuple(replace(pair, magnitude=ONE) for pair in pairs)
    if Change.PHASE in changes:
        pairs = tuple(pair.with_angles(lambda angle: replace(angle, phase=ZERO)) for pair in pairs)
    return replace(layout, pairs=pairs)


def is_shifted(layout: Layout, changes: tuple[Change, ...], position: np.ndarray, step: np.ndarray) -> bool:
    """Whether keys at a position that are rotated by the step are those at the place where it leads to."""
    keys = make_kernel(layout).apply(np.eye(layout.width), position)
    moved = make_kernel(shifting(layout, changes)).apply(keys, step)
    return bool(np.allclose(moved, make_kernel(layout).apply(np.eye(layout.width), position + step), atol=1e-9))


@pytest.mark.parametrize(
    ("spec", "feeds", "steps", "changes"),
    [
        ("ggml/imrope", (), ["1000", "0100", "0010", "0001"], ()),
        ("ggml/imrope", ("text",), ["1110"], ()),
        ("ggml/imrope", ("audio",), ["1111"], ()),
        ("ggml/imrope", ("text", "image"), ["1110"], ()),
        ("ggml/imrope", ("text", "audio"), [], ()),
        ("ggml/imrope:n_rot=64:sections=11,11,10,0", ("text", "audio"), ["111"], ()),
        ("ggml/imrope:n_rot=64:sections=11,11,10,0", (), ["100", "010", "001"], ()),
        ("transformers/half:rope_type=yarn:factor=16", (), ["1"], (Change.MAGNITUDE,)),
        ("transformers/half", ("p=p + 7", "p=2*p"), ["1"], (Change.PHASE,)),
        ("transformers/adjacent-to-half", (), ["1"], (Change.LANES,)),
    ],
)
def test_the_steps_of_a_cache(spec: str, feeds: tuple[str, ...], steps: list[str], changes: tuple[Change, ...]) -> None:
    """The steps that are told shift keys, as a kernel with the changes does it; without them it is another key."""
    found = found_of(spec, *feeds).shift
    layout = load(spec).layout
    assert (steps, changes) == (["".join(map(str, row)) for row in found.steps], found.changes)
    draw = np.random.default_rng(1)
    places = [layout.axes.index(axis) for axis in found.axes]
    for row in found.steps:
        position, step = draw.integers(0, 50, len(layout.axes)).astype(float), np.zeros(len(layout.axes))
        step[places] = [7 * float(each) for each in row]
        step[[i for i in range(len(step)) if i not in places]] = 1000.0
        own = tuple(change for change in changes if change is not Change.PHASE)  # that of a feed is none of the kernel
        assert is_shifted(layout, changes, position, step)
        assert is_shifted(layout, (), position, step) is not bool(own)


@pytest.mark.parametrize(
    ("spec", "feeds", "takes"),
    [
        ("ggml/imrope", ("text",), False),
        ("ggml/imrope", ("audio",), True),
        ("ggml/imrope:n_rot=64:sections=11,11,10,0", ("text",), True),
        ("ggml/mrope:sections=16,24,24,0", ("text",), True),
        ("ggml/mrope:sections=16,16,16,16", ("text",), False),
    ],
)
def test_one_number_for_all_axes(spec: str, feeds: tuple[str, ...], takes: bool) -> None:
    """In NumPy: a key of text turned once more as ggml/neox does is the later one unless a pair turns with e."""
    found = found_of(spec, *feeds).shift
    assert takes is found.takes_one_number
    layout = load(spec).layout
    still = 5.0 if feeds == ("audio",) else 0.0
    before, after = (np.array([p, p, p, p if still else 0.0]) for p in (5.0, 12.0))
    plain = make_kernel(load(f"ggml/neox:head_dim=128:n_rot={2 * len(layout.pairs)}").layout)
    keys = make_kernel(layout).apply(np.eye(layout.width), before)
    moved = plain.apply(keys, np.array([7.0]))
    assert takes is bool(np.allclose(moved, make_kernel(layout).apply(np.eye(layout.width), after), atol=1e-9))


def test_lanes_with_angles_of_their_own_are_shifted_where_they_turn_alike(tmp_path: Path) -> None:
    """In NumPy: a pair whose lanes turn by x + y/3 and 2x + y/3 is no rotation, and steps on y shift it even so."""
    path = tmp_path / "pair.toml"
    path.write_text(PAIR + ONE_EACH)
    found = found_of(str(path))
    assert (False, (0,), ((Fraction(0), Fraction(1)),)) == (found.is_rotation, found.shift.blocked, found.shift.steps)
    layout = load(str(path)).layout
    for step, shifted in (((0.0, 4.0), True), ((4.0, 0.0), False), ((-1.0, 4.0), False)):
        assert shifted is is_shifted(layout, (), np.array([2.0, 3.0]), np.array(step))


def test_a_phase_of_the_layout_is_left_out_of_the_shift(tmp_path: Path) -> None:
    """In NumPy: rotating again adds the phase once more, rotating without it does not; steps keep their ratio."""
    path = tmp_path / "pair.toml"
    path.write_text(PAIR + 'angle = "x + y/3 + 1"\n[feeds]\nboth = { x = "p", y = "p/2 + 4" }\n')
    found = found_of(str(path), "both")
    assert (((Fraction(1), Fraction(1, 2)),), (Change.PHASE,)) == (found.shift.steps, found.shift.changes)
    layout = load(str(path)).layout
    at, step = np.array([2.0, 3.0]), np.array([6.0, 3.0])
    assert [True, False] == [is_shifted(layout, changes, at, step) for changes in (found.shift.changes, ())]
    assert shift_text(found).startswith("x by s, y by 1/2*s, by rotating again, not with the same kernel but with one "
                                        "without the phase")


@pytest.mark.parametrize(
    ("spec", "feeds", "told"),
    [
        ("ggml/imrope:n_rot=64:sections=11,11,10,0", (),
         "a step of its own on each of t, h and w, by rotating again with the same kernel; no pair turns with e, so "
         "any step there changes nothing; one number for all axes is the same step on t, h and w"),
        ("ggml/imrope", ("text",),
         "the same step on t, h and w, none on e, by rotating again with the same kernel; one number for all axes is "
         "none of these"),
        ("ggml/imrope", ("text", "audio"), "no step moves what these feeds put on the axes alike"),
        ("transformers/half:rope_type=yarn:factor=16", (),
         "any step on p, by rotating again, not with the same kernel but with one with cos and sin without the factor "
         "1 + 2/5*log(2) (about 1.27726)"),
        ("transformers/hunyuan-vl", (), "pairs 0-63 are no rotation, and no steps are known"),
    ],
)
def test_the_words(spec: str, feeds: tuple[str, ...], told: str) -> None:
    """'The same step on t, h and w' is an answer, 'yes' is not."""
    assert told == shift_text(found_of(spec, *feeds))
