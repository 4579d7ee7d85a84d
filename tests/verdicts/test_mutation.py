"""Every field of every pair, changed: no change goes unnoticed but those that mathematics makes invisible.

What each change must lead to follows from the kernel's formula, not from the search: M = K(p)^T K(p') keeps
frequencies up to sign, forgets phases and the write order, and counts magnitudes squared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import pytest

from prover.claims.claim import Claim, make_claim
from prover.claims.relation import Relation
from prover.errors import InputError
from prover.exact.angle import Angle
from prover.exact.number import ONE, PI, ZERO, Exact, exact, power
from prover.layouts.family import MORE_ANGLES
from prover.layouts.feed import resolve_feeds
from prover.layouts.layout import Layout, Pair
from prover.layouts.loading import Loaded, load
from prover.verdicts.verdict import prove

pytestmark = pytest.mark.slow

LAYOUTS = (
    "ggml/normal:head_dim=8:n_rot=6",
    "ggml/neox:head_dim=8:n_rot=4:offset=2",
    "ggml/imrope:head_dim=8:sections=2,1,1,0",
    "ggml/mrope:head_dim=8:sections=2,1,1,0:base=150000",
    "transformers/half:head_dim=6",
    "transformers/adjacent-to-half:qk_nope_head_dim=2:qk_rope_head_dim=6",
    "transformers/nanochat:head_dim=6:rope_theta=11158840",
    "transformers/proportional:head_dim=8:partial_rotary_factor=0.5",
)

THIRD, HALF_TURN, TURN = exact(Fraction(1, 3)), PI, PI * exact(2)
SQRT_2 = power(exact(2), Fraction(1, 2))

Ends = tuple[Relation | None, Relation | None]
IDENTICAL: Ends = (Relation.IDENTICAL, None)
EQUAL_SCORES: Ends = (Relation.EQUAL_SCORES, Relation.IDENTICAL)
PERMUTATION: Ends = (Relation.PERMUTATION, Relation.EQUAL_SCORES)
PAIR_MAP: Ends = (Relation.PAIR_MAP, Relation.PERMUTATION)
NONE: Ends = (None, Relation.LINEAR)


@dataclass(frozen=True)
class Mutation:
    """A change of one pair, what it leads to if the pair turns, and if its frequency is zero."""

    apply: Callable[[Pair], Pair]
    turning: Ends
    still: Ends
    still_real: Ends | None = None


def refrequent(angle: Angle, change: Callable[[Exact], Exact]) -> Angle:
    """The angle with its first frequency changed; one without any gets it on axis p."""
    name, value = angle.frequencies[0] if angle.frequencies else ("p", ZERO)
    return Angle.of({**dict(angle.frequencies), name: change(value)}, angle.phase)


def rephased(angle: Angle, by: Exact) -> Angle:
    return replace(angle, phase=angle.phase + by)


def with_angle(change: Callable[[Angle], Angle]) -> Callable[[Pair], Pair]:
    return lambda pair: replace(pair, angle=change(pair.angle))


def with_second(change: Callable[[Angle], Angle]) -> Callable[[Pair], Pair]:
    return lambda pair: replace(pair, second_angle=change(pair.angle))


def with_sine(change: Callable[[Angle], Angle]) -> Callable[[Pair], Pair]:
    return lambda pair: replace(pair, sine_angle=change(pair.angle))


MUTATIONS: dict[str, Mutation] = {
    "nothing": Mutation(lambda pair: replace(pair), IDENTICAL, IDENTICAL),
    "frequency doubled": Mutation(with_angle(lambda a: refrequent(a, lambda f: f + f)), NONE, IDENTICAL),
    "frequency raised by a third": Mutation(with_angle(lambda a: refrequent(a, lambda f: f + THIRD)), NONE, NONE),
    "frequency raised by a millionth of a millionth": Mutation(
        with_angle(lambda a: refrequent(a, lambda f: f + exact(Fraction(1, 10**12)))), NONE, NONE
    ),
    "frequency times the root of 2": Mutation(
        with_angle(lambda a: refrequent(a, lambda f: f * SQRT_2)), NONE, IDENTICAL
    ),
    "frequency zero": Mutation(with_angle(lambda a: refrequent(a, lambda f: ZERO)), NONE, IDENTICAL),
    "frequency negated": Mutation(with_angle(lambda a: refrequent(a, lambda f: -f)), PERMUTATION, IDENTICAL),
    "frequency a whole turn more": Mutation(
        with_angle(lambda a: refrequent(a, lambda f: f + TURN)), IDENTICAL, IDENTICAL, NONE
    ),
    "frequency half a turn more": Mutation(with_angle(lambda a: refrequent(a, lambda f: f + HALF_TURN)), NONE, NONE),
    "phase": Mutation(with_angle(lambda a: rephased(a, THIRD)), EQUAL_SCORES, EQUAL_SCORES),
    "phase half a turn": Mutation(with_angle(lambda a: rephased(a, HALF_TURN)), EQUAL_SCORES, EQUAL_SCORES),
    "phase a whole turn": Mutation(with_angle(lambda a: rephased(a, TURN)), IDENTICAL, IDENTICAL),
    "second angle equal to the first": Mutation(with_second(lambda a: a), IDENTICAL, IDENTICAL),
    "second angle a whole turn more": Mutation(with_second(lambda a: rephased(a, TURN)), IDENTICAL, IDENTICAL),
    "second angle doubled": Mutation(with_second(lambda a: refrequent(a, lambda f: f + f)), NONE, IDENTICAL),
    "second angle raised by a third": Mutation(with_second(lambda a: refrequent(a, lambda f: f + THIRD)), NONE, NONE),
    "sine angle equal to the angle": Mutation(with_sine(lambda a: a), IDENTICAL, IDENTICAL),
    "sine angle a whole turn more": Mutation(with_sine(lambda a: rephased(a, TURN)), IDENTICAL, IDENTICAL),
    "sine angle doubled": Mutation(with_sine(lambda a: refrequent(a, lambda f: f + f)), NONE, IDENTICAL),
    "sine angle raised by a third": Mutation(with_sine(lambda a: refrequent(a, lambda f: f + THIRD)), NONE, NONE),
    "sine angle negated": Mutation(with_sine(lambda a: -a), PERMUTATION, IDENTICAL),
    "both cosines negated": Mutation(
        lambda pair: replace(pair, angle=-pair.angle, sine_angle=pair.angle), IDENTICAL, IDENTICAL
    ),
    "second sine angle raised by a third": Mutation(
        lambda pair: replace(pair, second_sine_angle=refrequent(pair.angle, lambda f: f + THIRD)), NONE, NONE
    ),
    "magnitude": Mutation(lambda pair: replace(pair, magnitude=pair.magnitude * exact(2)), PAIR_MAP, PAIR_MAP),
    "magnitude by a millionth": Mutation(
        lambda pair: replace(pair, magnitude=pair.magnitude + exact(Fraction(1, 10**6))), PAIR_MAP, PAIR_MAP
    ),
    "read and write swapped": Mutation(
        lambda pair: replace(pair, read=pair.read[::-1], write=pair.write[::-1]), PERMUTATION, IDENTICAL
    ),
    "read swapped": Mutation(lambda pair: replace(pair, read=pair.read[::-1]), PERMUTATION, EQUAL_SCORES),
    "write swapped": Mutation(lambda pair: replace(pair, write=pair.write[::-1]), EQUAL_SCORES, EQUAL_SCORES),
    "read and write swapped, frequency negated": Mutation(
        lambda pair: replace(
            pair, read=pair.read[::-1], write=pair.write[::-1], angle=refrequent(pair.angle, lambda f: -f)
        ),
        IDENTICAL,
        IDENTICAL,
    ),
}


@cache
def loaded(spec: str) -> Loaded:
    return load(spec)


def layout_of(spec: str, positions: str) -> Layout:
    assert positions in ("integer", "real")
    return replace(loaded(spec).layout, positions=positions)  # type: ignore[arg-type]


def ends(spec: str, source: Layout, target: Layout) -> Ends:
    """The lowest rung that holds and the highest that fails, proved in both directions."""
    family = loaded(spec).family
    feeds = resolve_feeds([], family, family)
    there = prove(Claim(source, target, feeds))
    back = prove(Claim(target, source, feeds))
    assert (there.holds, there.fails) == (back.holds, back.fails)
    return there.holds, there.fails


def mutate(layout: Layout, index: int, change: Callable[[Pair], Pair]) -> Layout:
    pairs = [change(pair) if number == index else pair for number, pair in enumerate(layout.pairs)]
    return replace(layout, pairs=tuple(pairs))


SITES = [(spec, index) for spec in LAYOUTS for index in range(len(load(spec).layout.pairs))]
SITE_IDS = [f"{spec}, pair {index}" for spec, index in SITES]


@pytest.mark.parametrize("name", MUTATIONS)
@pytest.mark.parametrize(("spec", "index"), SITES, ids=SITE_IDS)
def test_a_changed_pair_is_noticed(spec: str, index: int, name: str) -> None:
    """A change of one pair leads to what its mathematics says, in both directions, at whole positions."""
    original = layout_of(spec, "integer")
    mutation = MUTATIONS[name]
    expected = mutation.turning if original.pairs[index].angle.frequencies else mutation.still
    axis = original.axes[0]
    changed = mutate(original, index, lambda pair: _on_axis(mutation.apply(pair), axis))
    assert expected == ends(spec, original, changed)


def _on_axis(pair: Pair, axis: str) -> Pair:
    """Frequencies that a change put on axis p, on an axis that the layout has."""
    def moved(angle: Angle) -> Angle:
        return Angle.of({axis if n == "p" else n: f for n, f in angle.frequencies}, angle.phase)

    more = {name: moved(a) for name in MORE_ANGLES if (a := getattr(pair, name)) is not None}
    return replace(pair, angle=moved(pair.angle), **more)


REAL = [name for name in MUTATIONS if "turn" in name] + ["nothing", "frequency negated", "phase", "magnitude"]


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("spec", ["ggml/imrope:head_dim=8:sections=2,1,1,0", "transformers/half:head_dim=6"])
def test_real_positions_see_whole_turns(spec: str, name: str) -> None:
    """At real positions a whole turn per step is a difference, and nothing else changes."""
    original = layout_of(spec, "real")
    expected = NONE if name == "frequency a whole turn more" else MUTATIONS[name].turning
    assert expected == ends(spec, original, mutate(original, 1, MUTATIONS[name].apply))


def test_a_second_angle_half_a_turn_on_is_not_identical() -> None:
    """The second lane negated leaves scores alone, but two angles are no rotation: only identity is refuted."""
    spec = "generic/table:frequencies=1"
    original = layout_of(spec, "integer")
    changed = mutate(original, 0, with_second(lambda angle: rephased(angle, HALF_TURN)))
    assert (None, Relation.IDENTICAL) == ends(spec, original, changed)


Exchange = Callable[[Pair, Pair], tuple[Pair, Pair]]

EXCHANGES: dict[str, tuple[Exchange, Ends]] = {
    "frequencies": (lambda a, b: (replace(a, angle=b.angle), replace(b, angle=a.angle)), PERMUTATION),
    "lanes": (
        lambda a, b: (replace(a, read=b.read, write=b.write), replace(b, read=a.read, write=a.write)),
        PERMUTATION,
    ),
    "lanes and frequencies": (lambda a, b: (b, a), IDENTICAL),
    "written lanes": (lambda a, b: (replace(a, write=b.write), replace(b, write=a.write)), EQUAL_SCORES),
    "second lanes": (
        lambda a, b: (
            replace(a, read=(a.read[0], b.read[1]), write=(a.write[0], b.write[1])),
            replace(b, read=(b.read[0], a.read[1]), write=(b.write[0], a.write[1])),
        ),
        PERMUTATION,
    ),
    "second lanes written": (
        lambda a, b: (
            replace(a, write=(a.write[0], b.write[1])),
            replace(b, write=(b.write[0], a.write[1])),
        ),
        EQUAL_SCORES,
    ),
    "the magnitude of the first, doubled on both sides but at another pair": (
        lambda a, b: (replace(a, magnitude=exact(2)), b),
        PAIR_MAP,
    ),
    "one frequency twice": (lambda a, b: (a, replace(b, angle=a.angle)), NONE),
    "one frequency twice, the other way": (lambda a, b: (a, replace(b, angle=-a.angle)), NONE),
}


@pytest.mark.parametrize("name", EXCHANGES)
@pytest.mark.parametrize("spec", LAYOUTS)
def test_two_pairs_that_exchange_a_field(spec: str, name: str) -> None:
    """Two neighbouring pairs of different frequency that exchange a field lead to what mathematics says."""
    original = layout_of(spec, "integer")
    exchange, expected = EXCHANGES[name]
    pairs = exchange(*original.pairs[:2])
    assert expected == ends(spec, original, replace(original, pairs=(*pairs, *original.pairs[2:])))


LAYOUT_FIELDS: dict[str, tuple[Callable[[Layout], Layout], Ends]] = {
    "name": (lambda layout: replace(layout, name="another"), IDENTICAL),
    "order of pairs": (lambda layout: replace(layout, pairs=layout.pairs[::-1]), IDENTICAL),
    "order of passes": (lambda layout: replace(layout, passes=layout.passes[::-1]), IDENTICAL),
    "passes written elsewhere": (
        lambda layout: replace(
            layout,
            passes=tuple((a, b) for (a, _), (_, b) in zip(layout.passes, layout.passes[::-1], strict=True)),
        ),
        EQUAL_SCORES,
    ),
    "two passes turn by nothing": (
        lambda layout: replace(layout, pairs=(*layout.pairs, _pair_of_passes(layout, ZERO, ONE)), passes=()),
        IDENTICAL,
    ),
    "two passes turn": (
        lambda layout: replace(layout, pairs=(*layout.pairs, _pair_of_passes(layout, THIRD, ONE)), passes=()),
        NONE,
    ),
    "two passes grow": (
        lambda layout: replace(layout, pairs=(*layout.pairs, _pair_of_passes(layout, ZERO, SQRT_2)), passes=()),
        PAIR_MAP,
    ),
    "a pair passes": (
        lambda layout: replace(
            layout, pairs=layout.pairs[1:], passes=(*layout.passes, *((lane, lane) for lane in layout.pairs[0].read))
        ),
        NONE,
    ),
}


def _pair_of_passes(layout: Layout, frequency: Exact, magnitude: Exact) -> Pair:
    (a, _), (b, _) = layout.passes
    return Pair((a, b), (a, b), Angle.of({layout.axes[0]: frequency}), None, magnitude)


@pytest.mark.parametrize("name", LAYOUT_FIELDS)
@pytest.mark.parametrize("spec", ["ggml/normal:head_dim=8:n_rot=6", "ggml/neox:head_dim=8:n_rot=6:offset=2"])
def test_a_changed_layout_is_noticed(spec: str, name: str) -> None:
    """A change of a layout beside its pairs leads to what its mathematics says."""
    original = layout_of(spec, "integer")
    change, expected = LAYOUT_FIELDS[name]
    assert expected == ends(spec, original, change(original))


@pytest.mark.parametrize("spec", LAYOUTS)
def test_layouts_of_different_widths(spec: str) -> None:
    """A layout of another width never becomes a claim."""
    original = layout_of(spec, "integer")
    width = original.width
    other = replace(original, width=width + 1, passes=(*original.passes, (width, width)))
    with pytest.raises(InputError, match="different widths"):
        make_claim(loaded(spec), replace(loaded(spec), layout=other), [])


@pytest.mark.parametrize("spec", LAYOUTS)
def test_layouts_for_different_kinds_of_position(spec: str) -> None:
    """Without pi in a frequency, integer positions decide what real ones do; with pi nothing is claimed."""
    original = loaded(spec)
    real = replace(original, layout=layout_of(spec, "real"))
    assert make_claim(original, original, []) == make_claim(original, real, []) == make_claim(real, original, [])
    first, *rest = real.layout.pairs
    turned = replace(first, angle=first.angle.scaled(PI))
    with_pi = replace(real, layout=replace(real.layout, pairs=(turned, *rest)))
    with pytest.raises(InputError, match="pi is in a frequency"):
        make_claim(original, with_pi, [])


@pytest.mark.parametrize(("spec", "index"), SITES, ids=SITE_IDS)
def test_a_pair_moved_to_another_axis(spec: str, index: int) -> None:
    """A pair that follows another axis is a difference unless it turns with no axis or there is but one."""
    original = layout_of(spec, "integer")
    frequencies = original.pairs[index].angle.frequencies
    order = dict(zip(original.axes, (*original.axes[1:], original.axes[0]), strict=True))
    moved = Angle.of({order[axis]: frequency for axis, frequency in frequencies})
    expected = NONE if frequencies and len(original.axes) > 1 else IDENTICAL
    assert expected == ends(spec, original, mutate(original, index, lambda pair: replace(pair, angle=moved)))
