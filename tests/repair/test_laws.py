"""Causes that no parameter says: each fault made on purpose gets its name, and what is named is right in plain floats.

The faults are made in the tables of layouts of the catalogue, and what a cause says is done to tables of floats, both
apart from the laws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from string import Formatter

import numpy as np
import numpy.typing as npt
import pytest

from conftest import spec_of
from prover import checker, prove
from prover.claims.relation import Outcome, Relation
from prover.errors import InputError
from prover.exact.angle import Angle
from prover.exact.number import Exact, exact, power
from prover.kernels.kernel import to_float
from prover.language.evaluation import names_in
from prover.layouts.layout import Layout, Pair, build_layout
from prover.layouts.loading import Loaded, load
from prover.repair.asked import Cause
from prover.repair.axis_laws import axis_pattern
from prover.repair.cause import causes
from prover.repair.facts import described, spec_with
from prover.repair.laws import FIXED, Applied, Law, expressions_of, laws
from prover.reports.cause_report import causes_text, fingerprint_json
from prover.verdicts.as_stored import prove_loaded

YARN = "rope_type=yarn:factor=4:original_max_position_embeddings=64"
PLAIN = {
    "ggml/neox:head_dim=16:n_rot=8": (10000, 8), "ggml/normal:head_dim=12": (10000, 12),
    "transformers/half:head_dim=16:rope_theta=500000": (500000, 16),
    "vllm/rope:head_size=16:rotary_dim=12": (10000, 12),
    "megatron/rope:kv_channels=16:rotary_percent=0.5:rotary_base=10000": (10000, 8),
    "litgpt/rope:head_size=16:rotary_percentage=0.25": (10000, 4),
    "maxtext/rope:head_dim=16": (10000, 16), "torchtune/rope:head_dim=16": (10000, 16),
    "mlx/rope:dims=8:head_dim=16": (10000, 8), "gpt-neox/rope:head_dim=16:rotary_ndims=8": (10000, 8),
}
SCALED = (f"transformers/half:head_dim=16:{YARN}", "ggml/neox:head_dim=16:attn_factor=1.5:freq_scale=0.25",
          f"vllm/rope:head_size=16:{YARN}", f"transformers/half:head_dim=16:{YARN}:attention_factor=2")
AXES = ("ggml/mrope:head_dim=24:sections=5,4,3,0", "ggml/imrope:head_dim=24:sections=5,4,3,0",
        "vllm/mrope:head_size=24:mrope_section=6,3,3", "ggml/mrope:head_dim=24:sections=4,4,4,0")


def faulted(loaded: Loaded, change: Callable[[int, Pair], Pair | None]) -> Loaded:
    """The layout with every pair changed, or without it."""
    old = loaded.layout
    pairs = tuple(new for j, pair in enumerate(old.pairs) if (new := change(j, pair)) is not None)
    return replace(loaded, layout=build_layout("made on purpose", old.width, old.axes, old.positions, pairs))


def turned(change: Callable[[int, Exact], Exact]) -> Callable[[int, Pair], Pair]:
    """Every frequency changed."""
    return lambda j, pair: pair.with_angles(
        lambda angle: Angle.of({axis: change(j, f) for axis, f in angle.frequencies}, angle.phase)
    )


def sized(change: Callable[[Exact], Exact]) -> Callable[[int, Pair], Pair]:
    """Every magnitude changed."""
    return lambda _, pair: replace(pair, magnitude=change(pair.magnitude))


def placed(lanes: Callable[[int], tuple[int, int]]) -> Callable[[int, Pair], Pair]:
    """Every pair on other lanes."""
    return lambda j, pair: replace(pair, read=lanes(j), write=lanes(j))


def base(value: Fraction, lanes: int, j: int, shift: int = 0) -> Exact:
    """The frequency of a pair in plain RoPE."""
    return power(exact(value), Fraction(-2 * (j + shift), lanes))


def faults_of(spec: str) -> Iterator[tuple[str, Callable[[int, Pair], Pair | None], str]]:
    """Names of faults, how they are made, and the cause that has to be among those told."""
    layout = load(spec).layout
    pairs, width = layout.pairs, layout.width
    count, low = len(pairs), min(pair.read[0] for pair in pairs)
    yield "direction", turned(lambda j, f: -f), "direction"
    for scale in (Fraction(2), Fraction(1, 4)):
        yield f"positions times {scale}", turned(lambda j, f, s=scale: f * exact(s)), "scale of positions"  # type: ignore[misc]
    for size in (Fraction(3, 2),):
        yield f"factor times {size}", sized(lambda m, s=size: m * exact(s)), "factor of cos and sin"  # type: ignore[misc]
    yield "factor squared", sized(lambda m: m * m), "factor of cos and sin"
    yield "factor rooted", sized(lambda m: power(m, Fraction(1, 2))), "factor of cos and sin"
    yield "factor lost", sized(lambda m: exact(1)), "factor of cos and sin"
    yield "adjacent", placed(lambda j: (low + 2 * j, low + 2 * j + 1)), "pairing"
    yield "half", placed(lambda j: (low + j, low + j + count)), "pairing"
    yield "split", placed(lambda j: (j, j + width // 2)), "pairing"
    yield "last lanes", lambda j, p: replace(
        p, read=tuple(a + width - 2 * count for a in p.read), write=tuple(a + width - 2 * count for a in p.write)  # type: ignore[arg-type]
    ), "place of the rotated lanes"
    yield "fewer pairs", lambda j, p: p if j < count - 1 else None, "number of rotated pairs"
    if spec in PLAIN:
        theta, lanes = PLAIN[spec]
        yield "base", turned(lambda j, f: base(Fraction(20000), lanes, j)), "base of the frequencies"
        yield "whole head", turned(lambda j, f: base(Fraction(theta), width, j)), "denominator of the exponent"
        yield "one more", turned(lambda j, f: base(Fraction(theta), lanes, j, 1)), "off by one in the exponent"
        yield "one less", turned(lambda j, f: base(Fraction(theta), lanes, j, -1)), "off by one in the exponent"
        yield "whole exponents", turned(lambda j, f: exact(1)), "exponent rounded to a whole number"
        yield "half of it rotated", lambda j, p: turned(lambda j, f: base(Fraction(theta), count, j))(j, p) if (
            j < count // 2) else None, "number of rotated pairs"
    if spec in AXES:
        used = {axis for pair in pairs for axis, _ in pair.angle.frequencies}
        for order in list(permutations(sorted(used)))[1:]:
            new = dict(zip(sorted(used), order, strict=True))
            yield f"axes {order}", with_axes(lambda j, a, n=new: n[a]), "order of axes"  # type: ignore[misc]
        yield "axes in chunks", with_axes(lambda j, a: "t" if j < 6 else "h" if j < 9 else "w"), "axis per pair"
        yield "axes in turns", with_axes(lambda j, a: "thw"[j % 3]), (
            "bounds of the sections" if "imrope" in spec else "axis per pair")


def with_axes(change: Callable[[int, str], str]) -> Callable[[int, Pair], Pair]:
    """Every pair with another axis."""
    return lambda j, pair: replace(pair, angle=Angle.of({change(j, a): f for a, f in pair.angle.frequencies}))


def fits(spec: str, change: Callable[[int, Pair], Pair | None]) -> bool:
    """Whether the head has the lanes."""
    try:
        faulted(load(spec), change)
    except InputError:
        return False
    return True


CASES = {f"{spec}, {name}": (spec, change, expected) for spec in (*PLAIN, *SCALED, *AXES)
         for name, change, expected in faults_of(spec) if fits(spec, change)}


@dataclass(frozen=True)
class Table:
    """A layout as floats: a row for each pair, (first lane, second lane), frequency on each axis, magnitude."""

    width: int
    lanes: list[tuple[int, int]]
    turns: npt.NDArray[np.float64]
    sizes: npt.NDArray[np.float64]

    def score(self, p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The matrix between q at 0 and k at p."""
        found = np.eye(self.width)
        for (a, b), turn, size in zip(self.lanes, self.turns @ p, self.sizes, strict=True):
            c, s = np.cos(turn) * size**2, np.sin(turn) * size**2
            found[[a, a, b, b], [a, b, a, b]] = c, -s, s, c
        return found

    def classes(self) -> npt.NDArray[np.float64]:
        """What a permutation of lanes leaves: frequencies up to sign, with magnitudes."""
        rows = [[*(turn * np.sign(turn[np.abs(turn) > 0][0])), size]
                for turn, size in zip(self.turns, self.sizes, strict=True)]
        return np.array(sorted(rows))


def table(layout: Layout) -> Table:
    """The floats of a layout, its axes sorted."""
    turns = [[to_float(pair.angle[axis]) for axis in sorted(layout.axes)] for pair in layout.pairs]
    return Table(layout.width, [pair.read for pair in layout.pairs], np.array(turns),
                 np.array([to_float(pair.magnitude) for pair in layout.pairs]))


def number(law: Applied, name: str) -> float:
    """A value that a cause tells."""
    return float(Fraction(dict(law.values)[name].partition(" (")[0]))


def repaired(law: Applied, side: Table, other: Table, axes: list[str]) -> Table:
    """What a cause says is to be done, done to floats."""
    count, width, needed = len(side.lanes), side.width, len(other.lanes)
    j = np.arange(count)[:, None]
    low = min(min(each) for each in side.lanes)
    match law.name, law.change:
        case "direction", _:
            return replace(side, turns=-side.turns)
        case "scale of positions", text if "of axis" in text:
            place = axes.index(dict(law.values)["axis"])
            turns = side.turns.copy()
            turns[:, place] *= number(law, "times")
            return replace(side, turns=turns)
        case "scale of positions", _:
            return replace(side, turns=side.turns * number(law, "c"))
        case "base of the frequencies", _:
            if "each axis" in law.fault:
                turns = (side.turns != 0).astype(float)
                j, count = (np.cumsum(turns, axis=0) - 1) * turns, np.maximum(turns.sum(axis=0), 1)
            return replace(side, turns=side.turns * number(law, "c") ** (-j / count))
        case "denominator of the exponent", text:
            old = {2 * count: width, width: 2 * count}[int(text.rpartition(" ")[2])]
            return replace(side, turns=side.turns ** (old / float(text.rpartition(" ")[2])))
        case "off by one in the exponent", text:
            step = side.turns[1].sum() / side.turns[0].sum()
            return replace(side, turns=side.turns * (step if "more" in text else 1 / step))
        case "exponent rounded to a whole number", _:
            return replace(side, turns=np.ones_like(side.turns))
        case "factor of cos and sin", _ if law.law.on == "source":
            return replace(side, sizes=side.sizes ** 2)
        case "factor of cos and sin", text:
            size = other.sizes[0] if "by it" not in text else np.sqrt(side.sizes[0]) if "once" in text else (
                side.sizes[0] ** 2)
            return replace(side, sizes=np.full(count, size))
        case "pairing", "pair adjacent lanes":
            return replace(side, lanes=[(low + 2 * i, low + 2 * i + 1) for i in range(count)])
        case "pairing", text if "each axis" in text:
            owner = np.argmax(side.turns != 0, axis=1).tolist()
            blocks = {axis: owner.count(axis) for axis in dict.fromkeys(owner)}
            starts = {axis: low + 2 * sum(list(blocks.values())[:place]) for place, axis in enumerate(blocks)}
            own = [owner[:i].count(axis) for i, axis in enumerate(owner)]
            return replace(side, lanes=[(starts[a] + k, starts[a] + k + blocks[a])
                                        for a, k in zip(owner, own, strict=True)])
        case "pairing", text:
            apart = int(text.rpartition(" ")[2])
            return replace(side, lanes=[(low + i, low + i + apart) for i in range(count)])
        case "place of the rotated lanes", text:
            by = int(text.split()[3]) - low
            return replace(side, lanes=[(a + by, b + by) for a, b in side.lanes])
        case "number of rotated pairs", text:
            turns = side.turns[:needed] ** (count / needed if "exponents" in text else 1)
            return replace(side, lanes=side.lanes[:needed], turns=turns, sizes=side.sizes[:needed])
        case "order of axes", _:
            new = {part.split(" where ")[1].rpartition(" by ")[2]: part.split("by ")[1].split(" ")[0]
                   for part in law.fault.partition(" turns ")[2].split(" and ")}
            turns = np.zeros_like(side.turns)
            for place, axis in enumerate(axes):
                turns[:, axes.index(new.get(axis, axis))] = side.turns[:, place]
            return replace(side, turns=turns)
        case "axes that should not be there", text:
            turns = np.zeros_like(side.turns)
            turns[:, axes.index(text.rpartition(" ")[2])] = side.turns.sum(axis=1)
            return replace(side, turns=turns)
        case "axis per pair" | "axes that are dropped" | "bounds of the sections", _:
            return replace(side, turns=np.where(other.turns != 0, side.turns.sum(axis=1, keepdims=True), 0))
    raise AssertionError(law)


def is_right(cause: Cause, source: Layout, target: Layout) -> bool:
    """Whether floats show what is told: the changed side and the other are the same, up to a permutation at most."""
    ours, theirs = table(source), table(target)
    for law in cause.laws:
        if law.law.on == "source":
            ours = repaired(law, ours, theirs, sorted(source.axes))
        else:
            theirs = repaired(law, theirs, ours, sorted(source.axes))
    if cause.relation is Relation.PERMUTATION:
        return np.allclose(ours.classes(), theirs.classes(), rtol=1e-9)
    places = np.random.default_rng(0).integers(1, 50, (4, len(source.axes))).astype(float)
    return all(np.allclose(ours.score(p), theirs.score(p), rtol=0, atol=1e-9 * ours.sizes.max() ** 2) for p in places)


@pytest.mark.parametrize("name", CASES)
def test_each_fault_gets_its_name_and_no_wrong_one_is_told(name: str) -> None:
    """Where the fault makes a difference its cause is among those told, and floats show that each of them is one."""
    spec, change, expected = CASES[name]
    source = load(spec)
    target = faulted(source, change)
    verdict = prove_loaded(source, target)
    told = causes(source, target, verdict)
    if verdict.outcome is Outcome.EQUIVALENT:
        assert () == told
        return
    assert expected in [law.name for cause in told for law in cause.laws]
    assert [] == [cause for cause in told if not is_right(cause, source.layout, target.layout)]
    assert [cause.relation.value for cause in told] == [checker.check(str(cause.certificate))[0] for cause in told]


def told(source: Loaded, target: Loaded, feeds: tuple[str, ...] = (), limit: Relation | None = None) -> list[list[str]]:
    """The names of the laws of each cause."""
    found = causes(source, target, prove_loaded(source, target, feeds, limit), feeds)
    return [[law.name for law in cause.laws] for cause in found]


def plain(width: int, lanes: int, theta: int = 10000) -> Loaded:
    """Plain RoPE by halves."""
    return load(f"ggml/neox:head_dim={width}:n_rot={lanes}:base={theta}")


def test_one_pair_has_no_base_and_its_direction_alone() -> None:
    """A base cannot be seen in pair 0; with its lanes exchanged it turns the other way."""
    one = plain(2, 2)
    assert Outcome.EQUIVALENT is prove_loaded(one, plain(2, 2, 20000)).outcome
    assert [] == told(one, plain(2, 2, 20000))
    assert [["direction"]] == told(one, faulted(one, turned(lambda j, f: -f)))
    assert [["direction"]] == told(one, faulted(one, placed(lambda j: (1, 0))))
    assert [["scale of positions"]] == told(one, faulted(one, turned(lambda j, f: f * exact(2))))


def test_exchanged_lanes_are_a_direction() -> None:
    """The same lanes in the other order are the same pairing."""
    for spec in ("ggml/neox:head_dim=16:n_rot=8", "ggml/normal:head_dim=16"):
        one = load(spec)
        target = faulted(one, lambda _, p: replace(p, read=p.read[::-1], write=p.write[::-1]))
        assert [["direction"]] == told(one, target)


def test_a_factor_of_one_has_no_square() -> None:
    """Where 1 would be squared nothing is named, and a factor in the target alone is just that."""
    one = plain(8, 8)
    assert [] == told(one, faulted(one, sized(lambda m: m * m)))
    louder = faulted(one, sized(lambda m: exact(Fraction(3, 2))))
    (cause,) = causes(one, louder, prove_loaded(one, louder))
    assert ["the target multiplies by 1.5, the source by nothing"] == [law.fault for law in cause.laws]
    (back,) = causes(louder, one, prove_loaded(louder, one))
    assert "it is lost" in back.laws[0].fault


def test_halves_of_the_head_are_those_of_the_rotated_lanes_where_all_are() -> None:
    """One pairing that two laws make is told once; so are the two denominators not told at all."""
    whole = plain(16, 16)
    assert [["pairing"]] == told(whole, faulted(whole, placed(lambda j: (2 * j, 2 * j + 1))))
    shifted = faulted(whole, turned(lambda j, f: base(Fraction(10000), 16, j, 1)))
    assert "denominator of the exponent" not in [name for names in told(whole, shifted) for name in names]


def test_either_is_told_where_several_laws_are_causes() -> None:
    """Half the exponent of base 10000 is base 100: both are named, and neither is wrong."""
    source = plain(16, 8)
    target = faulted(source, turned(lambda j, f: base(Fraction(10000), 16, j)))
    found = causes(source, target, prove_loaded(source, target))
    assert [["denominator of the exponent"], ["base of the frequencies"]] == [
        [law.name for law in cause.laws] for cause in found]
    assert "with exponents 2j/8, the target's base is 100, the source's 10000" == found[1].laws[0].fault
    assert ["either ", "or "] == [text[:len(start)] for text, start in zip(
        causes_text(found), ("either ", "or "), strict=True)]


@pytest.mark.parametrize("sections", ["4,4,4,0", "6,6,0,0", "12,0,0,0"])
def test_equal_and_empty_sections(sections: str) -> None:
    """With sections of one size, or empty ones, what is told of axes is still right."""
    source = load(f"ggml/mrope:head_dim=24:sections={sections}")
    for new in ("thw", "wht", "hhw"):
        target = faulted(source, with_axes(lambda j, a, n=new: n["thw".index(a)]))  # type: ignore[misc]
        verdict = prove_loaded(source, target)
        for cause in causes(source, target, verdict):
            assert is_right(cause, source.layout, target.layout)


def test_two_laws_together() -> None:
    """Another pairing and the other direction; a lost factor and another scale of positions."""
    source = plain(16, 8)
    both = faulted(faulted(source, placed(lambda j: (2 * j, 2 * j + 1))), turned(lambda j, f: -f))
    assert [["pairing", "direction"]] == told(source, both)
    louder = faulted(source, sized(lambda m: exact(2)))
    faster = faulted(source, turned(lambda j, f: f * exact(3)))
    assert [["factor of cos and sin", "scale of positions"]] == told(louder, faster)


def test_a_law_and_a_parameter() -> None:
    """Another base under another pairing that has no word here, where no permutation is allowed."""
    source, target = load("ggml/normal:head_dim=16:base=1e6"), load("ggml/neox:head_dim=16")
    (cause,) = causes(source, target, prove_loaded(source, target, (), Relation.IDENTICAL))
    assert ([("base", "1e6")], ["pairing"]) == (
        [each for fact in cause.facts for each in fact.needed], [law.name for law in cause.laws])
    assert cause.spec is None
    assert "identical" == checker.check(str(cause.certificate))[0]


TABLES = {  # lanes of pair j, and the entries of a table of 4 angles that its two lanes take
    "adjacent angles for halves": (lambda j: (j, j + 4), [0, 0, 1, 1, 2, 2, 3, 3], "twice in a row"),
    "angles of halves for adjacent lanes": (lambda j: (2 * j, 2 * j + 1), [0, 1, 2, 3, 0, 1, 2, 3], "then all again"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_the_other_pairing(name: str) -> None:
    """It is no rotation, and its cause is told all the same."""
    lanes, entries, words = TABLES[name]
    source = faulted(plain(8, 8), placed(lanes))
    pairs = source.layout.pairs

    def mixed(j: int, pair: Pair) -> Pair:
        first, second = (pairs[entries[lane]].angle for lane in pair.read)
        return replace(pair, angle=first, second_angle=second)

    target = faulted(source, mixed)
    (cause,) = causes(source, target, prove_loaded(source, target))
    assert ["table of cos and sin"] == [law.name for law in cause.laws]
    assert words in cause.laws[0].fault
    assert Relation.IDENTICAL is cause.relation
    assert "identical" == checker.check(str(cause.certificate))[0]


def test_frequencies_in_reverse() -> None:
    """The slowest pair first: a permutation makes up for it, and where none may be made it is told."""
    source = plain(8, 8)
    pairs = source.layout.pairs
    target = faulted(source, lambda j, p: replace(p, angle=pairs[3 - j].angle))
    assert [["order of the frequencies"]] == told(source, target)


def test_positions_that_begin_elsewhere() -> None:
    """It is seen only where outputs have to be the same, lane by lane."""
    source = plain(16, 8)
    later = faulted(source, lambda j, p: replace(p, angle=Angle(p.angle.frequencies, p.angle.frequencies[0][1])))
    assert [] == told(source, later)
    assert [["first position"]] == told(source, later, limit=Relation.IDENTICAL)


@pytest.mark.parametrize(("axes", "expected"), [
    ("ttthhw", "axes in chunks (t 3, h 2, w 1 pairs)"), ("tttt", "axes in chunks (t 4 pairs)"),
    ("tthtthtth", "axes in chunks (t 2, h 1 pairs, again and again)"),
    ("thwthw", "axes that take turns, t, h, w (t 2, h 2, w 2 pairs)"),
    ("thwthwtttt", "axes that take turns, t, h, w (t 6, h 2, w 2 pairs)"),
    ("thwthwteet", "axes that take turns, t, h, w (t 4, h 2, w 2, e 2 pairs)"),
    ("ththth", "axes that take turns, t, h (t 3, h 3 pairs)"),
    ("thtttwth", None), ("tthhtw", None), ("thwhtw", None), ("", None),
])
def test_patterns_of_axes(axes: str, expected: str | None) -> None:
    """Chunks and turns are known, with bounds and again and again, and what is neither has no name."""
    assert expected == axis_pattern(axes)


THREE = "transformers/mrope-chunked:head_dim=16:mrope_section=4,2,2"
HALF = "transformers/half:head_dim=16"


@pytest.mark.parametrize(("source", "target", "feed", "words"), [
    (THREE, HALF, "t=t,h=h,w=w,p=t", "by p (as t), the source has axes in chunks (t 4, h 2, w 2 pairs): "
                                     "h and w are dropped"),
    (THREE, HALF, "t=t,h=h,w=w,p=w", "by p (as w), the source has axes in chunks (t 4, h 2, w 2 pairs): t and h are"),
    (THREE, HALF, "t=t,h=h,w=w,p=p", "turns every pair by p, the source has axes in chunks"),
    (HALF, THREE, "t=t,h=h,w=w,p=h", "turn every pair by h; then the two are identical"),
])
def test_axes_that_one_side_has_alone(source: str, target: str, feed: str, words: str) -> None:
    """Dropped axes, or axes that should not be there, with the one axis that is left as it is fed."""
    (cause,) = prove(source, target, feeds=(feed,)).to_json()["causes"]
    assert words in cause["text"]


IMROPE, OPENVINO = (f"ggml/{name}:n_rot=128:sections=24,20,20,0" for name in ("imrope", "imrope-openvino"))
STRIDE3, NEOX = "transformers/mrope-stride3:mrope_section=24,20,20:rope_theta=10000", "ggml/neox:n_rot=128"
TEXT, STILL = "t=p,h=p,w=p,e=0", "pairs 61-62 by e, which the feed leaves at 0"


@pytest.mark.parametrize(("source", "target", "feed", "words"), [
    (IMROPE, NEOX, TEXT, f"the target turns every pair by p, the source turns {STILL}: e is dropped;"),
    (NEOX, IMROPE, TEXT, f"the target turns {STILL}, the source turns every pair by p;"),
    (IMROPE, NEOX, "t=t,h=h,w=w,e=0,p=t",
     "by p (as t), the source has axes that take turns, t, h, w (t 22, h 20, w 20, e 2 pairs): h and w and e are"),
    (THREE, HALF, "t=p,h=p,w=w,p=p", "turns every pair by p, the source turns pairs 6-7 by w: w is dropped"),
])
def test_axes_that_the_feed_gives_the_same_are_no_part_of_it(source: str, target: str, feed: str, words: str) -> None:
    """The table of proofs/04-imrope-to-neox-text: of three axes that are p on text nothing is dropped."""
    (cause,) = prove(source, target, feeds=(feed,)).to_json()["causes"]
    assert words in cause["text"]
    assert "identical" == cause["then"]


@pytest.mark.parametrize("feed", ["image", "text"])
@pytest.mark.parametrize(("source", "target", "words"), [
    (IMROPE, STRIDE3, "pairs 61-62, past the bounds of the sections, turn by e (which the feed leaves at 0) in the "
                      "source, by t in the target"),
    (STRIDE3, IMROPE, "turn by t in the source, by e (which the feed leaves at 0) in the target"),
    (IMROPE, OPENVINO, "the target takes turns throughout and turns pairs 61-62 by h and w, as if the sections had no "
                       "bounds; the source, past their bounds, by e"),
    (OPENVINO, IMROPE, "the target keeps to the bounds of the sections, past which it turns pairs 61-62 by e"),
])
def test_bounds_of_the_sections(source: str, target: str, feed: str, words: str) -> None:
    """Of 64 pairs in turns of three, h and w have 21 each, the last of them past 20: ggml takes e, transformers t."""
    if feed == "image" or OPENVINO not in (source, target):
        (cause,) = prove(source, target, feeds=(feed,)).to_json()["causes"]
        assert cause["text"].startswith("bounds of the sections: ")
        assert words in cause["text"]
        assert "identical" == cause["then"]


@pytest.mark.parametrize(("source", "target"), [
    (IMROPE, "ggml/mrope:n_rot=128:sections=24,20,20,0"), (IMROPE, "ggml/imrope:n_rot=128:sections=20,22,22,0"),
])
def test_other_sections_are_no_lost_bounds(source: str, target: str) -> None:
    """Chunks, or other sections that are kept to, have another cause."""
    causes = prove(source, target, feeds=("image",)).to_json()["causes"]
    assert causes
    assert "bounds of the sections" not in [law["what"] for cause in causes for law in cause["laws"]]


def test_sections_over_lanes() -> None:
    """HunYuan-VL doubles the sections and lays them over the lanes: the table of proofs/09-hunyuan-vl-to-chunked."""
    sides = "transformers/hunyuan-vl:rope_type=default:mrope_section=16,16,16,16", "ggml/mrope:sections=16,16,16,16"
    for source, target, who in ((*sides, "source"), (*sides[::-1], "target")):
        (cause,) = prove(source, target, feeds=("hunyuan-vl",)).to_json()["causes"]
        words = "has axes in chunks (p 32, w 32, h 32, image 32 lanes), so that the two lanes of a pair turn by"
        assert f"the {who} {words} different axes: it is no rotation" in cause["text"]
        assert "identical" == cause["then"]


def test_nothing_is_told_of_axes_that_get_what_the_other_side_has_not() -> None:
    """Where no axis of the target gets the source's position none can be named."""
    assert [] == told(load(HALF), load(THREE), ("t=t,h=h,w=w,p=p",))


def test_other_frequencies_are_no_dropped_axes() -> None:
    """Axes that count their pairs for themselves have other frequencies than one axis: dropping is not all."""
    source = load("transformers/vision-separate:head_dim=16")
    assert [] == told(source, load(HALF), ("x=x,y=y,p=x",))


def test_a_number_that_is_no_ratio_is_no_scale() -> None:
    """All pairs faster by a root: that is no scale that somebody wrote, and nothing is named."""
    source = plain(16, 8)
    target = faulted(source, turned(lambda j, f: f * power(exact(2), Fraction(1, 2))))
    assert [] == told(source, target)
    assert "turn faster in the target, 1.414 times" in str(fingerprint_json(prove_loaded(source, target)))


def test_what_is_told_where_no_cause_is_found(tmp_path: Path) -> None:
    """The fingerprint, in the text and as JSON, and that it proves nothing."""
    other = tmp_path / "other.toml"
    other.write_text('title = "other"\naxes = ["p"]\nwidth = "8"\n[pairs]\ncount = "4"\nfirst = "j"\nsecond = "j + 4"\n'
                     'angle = "p*10000**(-2*j/8)/(1 if j < 2 else j*1.5)"\n')
    proof = prove("ggml/neox:head_dim=8", str(other))
    found = proof.to_json()
    assert [] == found["causes"]
    marks = [{"kind": "slower", "pairs": [2, 3], "times": [3.0, 4.5]}, {"kind": "same", "pairs": [0, 1], "times": None}]
    assert marks == found["fingerprint"]["marks"]
    words = ("no single cause found, which does not prove that there is none: pairs 2-3 turn slower in the target, 3 "
             "to 4.5 times; pairs 0-1 are the same")
    assert words in " ".join(proof.to_text().split())
    assert words in proof.to_markdown()


def test_a_law_is_told(tmp_path: Path) -> None:
    """Text, JSON and Markdown have the fault, the change and the certificate."""
    other = tmp_path / "other.toml"
    other.write_text('title = "other"\naxes = ["p"]\nwidth = "8"\n[pairs]\ncount = "4"\nfirst = "j"\nsecond = "j + 4"\n'
                     'angle = "-p*10000**(-2*j/8)"\n')
    proof = prove("ggml/neox:head_dim=8", str(other))
    words = ("direction: the target turns the other way; to be changed in the target's kernel: negate the sines (or "
             "exchange the two lanes of each pair); then the two are identical (proved)")
    assert words in " ".join(proof.to_text().split())
    assert words in proof.to_markdown()
    (cause,) = proof.to_json()["causes"]
    assert ([], "direction", None) == (cause["facts"], cause["laws"][0]["what"], cause["spec"])
    assert cause["certificate"].startswith("sha256:")


POOL = (
    "ggml/neox:head_dim=16", "ggml/normal:head_dim=16:base=1e6", "transformers/nanochat:head_dim=16",
    "mlx-lm/reversed:head_dim=16", "torchscale/rope:head_dim=16", f"transformers/half:head_dim=16:{YARN}",
    "transformers/vision-alternating:head_dim=16", "diffusers/lumina:head_dim=16", "diffusers/hunyuan-dit:head_dim=16",
    "sglang/vision:head_dim=16", "llama-cpp/vision-2d:head_dim=16", "liger/qwen2vl-mrope:head_dim=16",
    "diffusers/hunyuan-image:head_dim=16",
    "mlx-vlm/mrope:head_dim=16", "sglang/mrope-glm:head_size=16", "gpt-neox/rope:head_dim=16:rotary_ndims=8",
)


@pytest.mark.parametrize("source", POOL)
def test_nothing_wrong_is_told_of_layouts_of_the_catalogue(source: str) -> None:
    """Floats show of each cause that it is one, whatever two layouts with the same axes are compared."""
    ours = load(source)
    for target in POOL:
        theirs = load(target)
        if target != source and {*ours.layout.axes} == {*theirs.layout.axes}:
            for cause in causes(ours, theirs, prove_loaded(ours, theirs)):
                changed = load(spec_with(described(ours if cause.is_lost else theirs), cause.facts))
                both = (changed, theirs) if cause.is_lost else (ours, changed)
                assert is_right(cause, both[0].layout, both[1].layout)


KNOWN = {"source", "target", "magnitude", "needed_magnitude", "pattern", "needed_pattern", "axis", "own_axis",
         "dropped", "differing", "which", "needed_axis", "new_axis", "times", "format", *FIXED}


@pytest.mark.parametrize("law", laws(), ids=lambda law: f"{law.name}: {law.change[:30]}")
def test_the_words_of_each_law_can_be_filled(law: Law) -> None:
    """Each name in them is one that has a value, each cause that it yields to is there, and it changes something."""
    told = {name for name, _ in law.tells}
    for text in (law.fault, law.unread, law.change):
        assert {name for _, name, *_ in Formatter().parse(text) if name} <= KNOWN | told
    assert {*law.yields_to} <= {each.name for each in laws()}
    assert law.fields
    assert bool(law.c) == any("c" in names_in(each) for each in (
        expressions_of(law).frequency, expressions_of(law).phase, expressions_of(law).magnitude) if each is not None)


@pytest.mark.parametrize(("source", "target"), [
    ("transformers/proportional", "transformers/half:head_dim=512:partial_rotary_factor=0.25"),
    ("transformers/half:head_dim=512:partial_rotary_factor=0.25", "transformers/proportional"),
])
def test_pairs_that_never_turn_are_not_counted(source: str, target: str) -> None:
    """Gemma 4's other 192 pairs have frequency 0: their number is no cause, the denominator of the exponent is."""
    told = [law["what"] for cause in prove(source, target).to_json()["causes"] for law in cause["laws"]]
    assert (told[0], "number of rotated pairs" in told) == ("denominator of the exponent", False)


@pytest.mark.parametrize(("source", "target"), [
    ("transformers/half:head_dim=16:rope_type=linear:factor=8", "tests/linear-inside"),
    ("transformers/half:head_dim=64:rope_theta=150000:rope_type=yarn:factor=32:original_max_position_embeddings=4096",
     "tests/factor-inside"),
])
def test_a_factor_inside_the_power(source: str, target: str) -> None:
    """(factor*base)**x where factor*base**x is meant: of linear scaling, and of the pairs that YaRN scales."""
    (cause,) = prove(source, spec_of(target)).to_json()["causes"]
    assert ("factor inside the power", "identical") == (cause["laws"][0]["what"], cause["then"])


def test_a_minus_sign_that_is_lacking_is_no_base() -> None:
    """1/10000 as a base says the same, and nobody means it."""
    causes = prove("transformers/half:head_dim=64", "tests/small_layouts/growing.toml:n=64").to_json()["causes"]
    assert ["sign of the exponent"] == [law["what"] for cause in causes for law in cause["laws"]]


@pytest.mark.parametrize(("source", "target", "words"), [
    ("transformers/half", "generic/nope", "turns none of the source's 64 pairs"),
    ("generic/nope", "transformers/half", "turns 64 pairs, the source none"),
])
def test_a_side_that_turns_nothing(source: str, target: str, words: str) -> None:
    """Layers without RoPE, on either side."""
    assert words in prove(source, target).to_json()["causes"][0]["text"]
