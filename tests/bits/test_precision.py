"""Working precision: bounds and runs against kernels written out in fractions, and what is refused."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from pathlib import Path

import mpmath
import numpy as np
import pytest

import prover
from prover.bits import precision as module
from prover.bits.error_run import tried_positions
from prover.bits.precision import FORMATS, KERNELS, Precision, Row, measure_precision
from prover.bits.rounding import largest_position_error, largest_rounding_error, ulp
from prover.commands.cli import run_command
from prover.errors import EvidenceError, InputError
from prover.exact.storing import format_of
from prover.layouts.loading import load
from sampling import few

Capture = pytest.CaptureFixture[str]
TENTH = Fraction(1, 10)
# Bits of the significand, the exponent of the least number, the largest number.
SHAPES = {
    "float32": (24, -149, (2**24 - 1) * Fraction(2) ** 104),
    "bfloat16": (8, -133, 255 * Fraction(2) ** 120),
    "float16": (11, -24, Fraction(65504)),
}
mpmath.mp.dps = 60
SLACK = 1 + mpmath.mpf("1e-40")  # the digits that are worked with here


def rounded(value: Fraction | mpmath.mpf, name: str) -> Fraction:
    """The nearest number of a format, ties to even, in whole numbers; finite ones only."""
    bits, lowest, largest = SHAPES[name]
    if isinstance(value, mpmath.mpf):
        value = to_fraction(value)
    size = abs(value)
    exponent = max(lowest, size.numerator.bit_length() - size.denominator.bit_length() - bits)
    while size >= Fraction(2) ** (exponent + bits):
        exponent += 1
    units, rest = divmod(size, Fraction(2) ** exponent)
    half = Fraction(2) ** exponent / 2
    units += rest > half or (rest == half and units % 2 == 1)
    found = units * Fraction(2) ** exponent
    assert found <= largest
    return -found if value < 0 else found


def to_fraction(value: mpmath.mpf) -> Fraction:
    sign, mantissa, exponent, _ = value._mpf_
    return (-1) ** sign * int(mantissa) * Fraction(2) ** int(exponent)


def to_mpf(value: Fraction) -> mpmath.mpf:
    return mpmath.mpf(value.numerator) / value.denominator


@pytest.mark.parametrize(("name", "code"), [("float32", ">f"), ("float16", ">e")])
def test_the_tests_own_rounding(name: str, code: str) -> None:
    """It is that of the C conversions that `struct` has."""
    generator = np.random.default_rng(5)
    values = (generator.normal(size=500) * 10.0 ** generator.integers(-7, 4, 500)).tolist()
    for value in values:
        assert struct.unpack(code, struct.pack(code, value))[0] == float(rounded(Fraction(value), name))


class Loop:
    """One pair of a kernel in fractions: frequency base**(-2j/n), in one format. `power`: what pow gives for j."""

    def __init__(self, name: str, base: int, width: int, j: int, magnitude: str = "1", by: int = 0) -> None:
        self.name, self.base, self.width, self.j, self.by = name, base, width, j, by
        self.magnitude = mpmath.mpf(magnitude)
        self.frequency = mpmath.mpf(base) ** (mpmath.mpf(-2 * j) / width)

    def power(self, j: int) -> Fraction:
        """The rounded power of rounded operands, moved by `by` places in the last of its digits."""
        exponent = rounded(Fraction(-2 * j, self.width), self.name)
        exactly = mpmath.mpf(int(rounded(Fraction(self.base), self.name))) ** to_mpf(exponent)
        if not exponent:
            return Fraction(1)
        near = rounded(exactly, self.name)
        bits, lowest, _ = SHAPES[self.name]
        step = Fraction(2) ** max(int(mpmath.floor(mpmath.log(exactly, 2))) + 1 - bits, lowest)
        # A pow that is an ulp off at most may give either neighbour on the far side of the exact power.
        return near + step if self.by > 0 and to_mpf(near) < exactly else (
            near - step if self.by < 0 and to_mpf(near) > exactly else near
        )

    def angle(self, kernel: str, part: str, position: int) -> mpmath.mpf:
        """The angle that comes out."""
        near = rounded(Fraction(position), self.name)
        if part == "positions":
            return to_mpf(near) * self.frequency
        if kernel == "recurrence":
            for _ in range(self.j):
                near = rounded(near * self.power(1), self.name)
            return to_mpf(near)
        frequency = self.power(self.j) if kernel == "power" else rounded(self.frequency, self.name)
        return to_mpf(position * frequency if part == "frequencies" else rounded(near * frequency, self.name))

    def turned_back(self, kernel: str, part: str, position: int) -> tuple[mpmath.mpf, mpmath.mpc]:
        """What the angle is off by, and the point (cos, sin) as computed, turned back by the exact angle."""
        exactly = position * self.frequency
        if part != "tables":
            off = self.angle(kernel, part, position) - exactly
            return off, mpmath.expj(off)
        entries = mpmath.cos(exactly), mpmath.sin(exactly)
        cos, sin = (to_mpf(rounded(self.magnitude * entry, self.name)) for entry in entries)
        point = mpmath.mpc(cos, sin) * mpmath.expj(-exactly) / self.magnitude
        return mpmath.arg(point), point


VARIANTS = [
    (kernel, part) for kernel, parts in module.PARTS.items() for part in parts
]
SMALL = {   # spec, base, width, magnitude
    "plain": ("ggml/neox:head_dim=8", 10000, 8, "1"),
    "another base": ("transformers/adjacent:head_dim=6:rope_theta=700", 700, 6, "1"),
    "loud": ("ggml/neox:head_dim=4:attn_factor=1.3", 10000, 4, "1.3"),
    "soft": ("ggml/neox:head_dim=4:attn_factor=0.5", 10000, 4, "0.5"),
    "subnormal": ("ggml/neox:head_dim=8:base=60000", 60000, 8, "1"),
}


def rows(spec: str, last: int, formats: tuple[str, ...] = FORMATS) -> Iterator[tuple[str, str, str, Row]]:
    """Every row of every variant."""
    for variant in measure_precision(load(spec), last, TENTH, formats, KERNELS).variants:
        for row in variant.rows:
            yield variant.format, variant.kernel, variant.part, row


@pytest.mark.parametrize(("spec", "base", "width", "magnitude"), few(SMALL))
def test_runs_are_those_of_kernels_in_fractions(spec: str, base: int, width: int, magnitude: str) -> None:
    """The largest errors of angle and score, and the first one above a tenth, are found, and are below the bounds."""
    last = 300
    checked = 0
    for name, kernel, part, row in rows(spec, last):
        loop = Loop(name, base, width, row.turn.pair, magnitude)
        every = [loop.turned_back(kernel, part, position) for position in range(last + 1)]
        what = f"{name} {kernel} {part} {row.turn.pair}"
        largest = max(abs(off) for off, _ in every)
        assert row.bound is not None, what
        assert row.measured.angle is not None, what
        assert row.measured.position is not None, what
        assert largest <= to_mpf(row.bound) * SLACK, what
        assert abs(largest - to_mpf(row.measured.angle)) <= largest * mpmath.mpf("1e-6"), what
        assert abs(every[row.measured.position][0]) * SLACK >= to_mpf(row.measured.angle), what
        above = [position for position, (off, _) in enumerate(every) if abs(off) > SLACK / 10]
        assert (above[0] if above else None) == row.measured.first, what
        # A score of q and k in the worst direction, at any two positions.
        points = np.array([complex(point - 1) for _, point in every])
        scores = np.abs(np.conj(points)[:, None] + points + np.conj(points)[:, None] * points) * float(magnitude) ** 2
        assert row.score_bound is not None, what
        assert row.measured.score is not None, what
        assert float(scores.max()) <= float(row.score_bound) * (1 + 1e-12) + 1e-15, what
        assert float(row.measured.score) <= float(scores.max()) * (1 + 1e-6) + 1e-15, what
        assert float(row.measured.score) >= 0.9 * float(scores.max()), what
        checked += 1
    assert width // 2 * len(FORMATS) * len(VARIANTS) == checked


@pytest.mark.parametrize("name", FORMATS)
def test_bounds_hold_for_a_pow_that_is_an_ulp_off(name: str) -> None:
    """A pow that gives the farther neighbour errs more than the run, and still no more than is proved."""
    moved = 0
    for _, kernel, part, row in rows("ggml/neox:head_dim=12:base=5000", 100, (name,)):
        if kernel != "table":
            loops = [Loop(name, 5000, 12, row.turn.pair, by=by) for by in (1, -1)]
            largest = max(abs(loop.turned_back(kernel, part, p)[0]) for loop in loops for p in range(101))
            assert row.bound is not None
            assert row.measured.angle is not None
            assert largest <= to_mpf(row.bound) * SLACK, (kernel, part, row.turn.pair)
            moved += largest > to_mpf(row.measured.angle) * mpmath.mpf("1.01")
    assert moved


@pytest.mark.parametrize("spec", [f"{name}:head_dim=128" for name in ("transformers/half", "ggml/neox")])
@pytest.mark.parametrize(("last", "wanted"), [(512, 0.626), (2048, 2.505)])
def test_bfloat16_frequencies_are_off_by_what_was_measured(spec: str, last: int, wanted: float) -> None:
    """Modalities#462: 0.626 rad at position 512 and 2.505 at 2048, base 10000, 128 lanes; the bound is hardly more."""
    found = measure_precision(load(spec), last, TENTH, ("bfloat16",))
    (variant,) = (v for v in found.variants if v.part == "frequencies")
    worst = max(variant.rows, key=lambda row: row.bound or 0)
    assert worst.bound is not None
    assert worst.measured.angle is not None
    assert (wanted, last) == (round(float(worst.measured.angle), 3), worst.measured.position)
    assert wanted - 0.0005 <= worst.bound <= 2 * worst.measured.angle


@pytest.mark.parametrize("name", FORMATS)
def test_the_largest_error_of_a_position(name: str) -> None:
    """As trying all positions gives it, up to each last one."""
    bits = SHAPES[name][0]
    start = 0 if bits < 24 else 2**24 - 5
    largest = Fraction(0)
    for last in range(start, start + 3000):
        largest = max(largest, abs(rounded(Fraction(last), name) - last))
        assert largest == largest_position_error(format_of(name), last)


def test_positions_that_float16_does_not_have() -> None:
    """65519 is the last one that rounds to 65504, and 65520 is infinite; from there on there is no bound."""
    kind = format_of("float16")
    assert (16, None) == (largest_position_error(kind, 65519), largest_position_error(kind, 65520))
    found = measure_precision(load("ggml/neox:head_dim=4"), 65520, Fraction(100), ("float16",))
    positions = next(v for v in found.variants if v.part == "positions").rows[0]
    assert (None, None, 65520) == (positions.bound, positions.measured.angle, positions.measured.first)
    assert 65520 == positions.first_bound


def test_frequencies_and_tables_that_float16_does_not_have(tmp_path: Path) -> None:
    """A million is infinite there: no bound, nothing found, and from position 0 on; bfloat16 has it nearly."""
    path = tmp_path / "one.toml"
    path.write_text(PAIR.replace("ANGLE", "h*10**6") + 'magnitude = "10**6"\n')
    found = measure_precision(load(str(path)), 20, Fraction(10**6), ("float16", "bfloat16"))
    for variant in found.variants:
        row = variant.rows[0]
        known = (row.bound, row.score_bound, row.measured.angle, row.measured.score)
        if variant.format == "float16" and variant.part != "positions":
            assert ((None,) * 4, 0, 0) == (known, row.first_bound, row.measured.first), variant.part
        else:
            assert None not in known
    # 999424 is the bfloat16 nearest to a million: 576 radians a step, eleven thousand at position 20.
    frequencies = next(v.rows[0] for v in found.variants if (v.format, v.part) == ("bfloat16", "frequencies"))
    assert (Fraction(11520),) * 2 == (frequencies.bound, frequencies.measured.angle)


@pytest.mark.parametrize("name", FORMATS)
def test_rounding_errors_are_bounded(name: str) -> None:
    """No number up to a size moves by more than is said of the size; some moves nearly as much; ulps are steps."""
    generator = np.random.default_rng(7)
    kind = format_of(name)
    for exponent in [*generator.integers(kind.lowest, 14, 60).tolist(), kind.lowest - 2]:
        size = Fraction(float(generator.uniform(1, 2))) * Fraction(2) ** exponent
        most = largest_rounding_error(kind, size)
        tried = [size * Fraction(i, 97) for i in range(98)]
        assert max(abs(rounded(value, name) - value) for value in tried) <= most
        assert most <= ulp(kind, size) / 2
    for power in (-3, 0, 2):
        below = largest_rounding_error(kind, Fraction(2) ** power)
        assert Fraction(2) ** (power - kind.bits - 1) == below
        assert Fraction(2) ** (power + 1 - kind.bits) == ulp(kind, Fraction(2) ** power)


def test_axes_and_magnitudes() -> None:
    """Each pair has its own axis; twice the magnitude makes scores four times as far off, and no angle."""
    pairs = [row.turn.axis for row in first_rows("ggml/imrope:head_dim=16:sections=2,3,3,0")]
    assert ["t", "h", "w", "t", "h", "w", "e", "h"] == pairs
    plain, loud = (first_rows(f"ggml/neox:head_dim=8{more}") for more in ("", ":attn_factor=2"))
    for one, two in zip(plain, loud, strict=True):
        assert (one.bound, one.measured.angle) == (two.bound, two.measured.angle)
        assert one.score_bound is not None
        assert two.score_bound is not None
        assert abs(4 * one.score_bound - two.score_bound) <= two.score_bound / 10**15


def first_rows(spec: str) -> tuple[Row, ...]:
    """Those of bfloat16 frequencies."""
    found = measure_precision(load(spec), 300, TENTH, ("bfloat16",))
    return next(v.rows for v in found.variants if v.part == "frequencies")


def test_what_bounds_say_of_first_positions() -> None:
    """The least position at which the bound is above the radian: one before, it is not."""
    before = after = 0
    for spec, last in (("ggml/neox:head_dim=8", 400),):
        for name, kernel, part, row in rows(spec, last):
            if row.first_bound in (None, 0):
                continue
            assert row.first_bound is not None
            for at in (row.first_bound - 1, row.first_bound):
                again = next(
                    r for n, k, p, r in rows(spec, max(at, 1), (name,))
                    if (k, p, r.turn.pair) == (kernel, part, row.turn.pair)
                )
                assert again.bound is not None
                before += at < row.first_bound and again.bound <= TENTH
                after += at == row.first_bound and again.bound > TENTH
    assert before == after > 5


def test_an_error_of_just_the_radian_is_not_above_it() -> None:
    """Frequency 1/10 at position 257, which bfloat16 has not: off by 1/10 exactly, and proved to be no more."""
    found = measure_precision(load("ggml/neox:head_dim=8"), 258, TENTH, ("bfloat16",))
    row = next(v.rows[1] for v in found.variants if v.part == "positions")
    assert (TENTH, TENTH, None, None) == (row.bound, row.measured.angle, row.first_bound, row.measured.first)


def test_tried_positions() -> None:
    """All of them while they are few; else the first ones, the last ones and others, and it is told."""
    assert list(range(1001)) == tried_positions(1000, 64).tolist()
    many = tried_positions(2**31 - 1, 4096)
    assert (0, 2**31 - 1) == (many[0], many[-1])
    assert {2**24, 2**24 + 1, 3 * 2**24, 2**31 - 2} <= set(many.tolist())
    assert len(many) < 8192
    found = measure_precision(load("ggml/neox:head_dim=4"), 2**31 - 1, TENTH, ("bfloat16",))
    assert found.tried < 2**31
    text = prover.precision("ggml/neox:head_dim=4", 2**31 - 1, formats="bfloat16").to_text()
    assert f"{found.tried} of all 2147483648 positions" in " ".join(text.split())


def test_a_run_above_its_bound_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound that the run exceeds is an internal failure and no answer."""
    monkeypatch.setattr(module, "frequency_bound", lambda near: lambda last: module.positions_bound(
        format_of("float32"), load_turn())(last))
    with pytest.raises(EvidenceError, match="the run errs by more"):
        measure_precision(load("ggml/neox:head_dim=8"), 100, TENTH, ("bfloat16",))


def load_turn() -> module.Turn:
    """Some pair."""
    return module.turns_of(load("ggml/neox:head_dim=8"))[1]


REFUSED: dict[str, tuple[Callable[[], Precision | prover.Report], str]] = {
    "coordinates": (lambda: ask("dinov3/rope"), "positions that are no whole numbers"),
    "no rotation": (lambda: ask("transformers/vjepa2"), "pair 0 is no rotation"),
    "linear scaling and a power": (
        lambda: ask("ggml/neox:freq_scale=0.25", kernels=("power",)), "the first frequency is 0.25, not 1"),
    "llama3 and a recurrence": (
        lambda: ask("transformers/half:rope_type=llama3:factor=8:low_freq_factor=1:high_freq_factor=4"
                    ":original_max_position_embeddings=8192", kernels=("recurrence",)),
        "they are no powers of one base"),
    "10**30": (lambda: ask("ggml/neox", 10**30), "expected a whole number from 1 to 2147483647"),
    "10**5000": (lambda: ask("ggml/neox", 10**5000), "more than 40 digits"),
    "zero": (lambda: ask("ggml/neox", 0), "is 0, expected a whole number"),
    "negative": (lambda: ask("ggml/neox", -3), "is -3, expected a whole number"),
    "a fraction": (lambda: ask("ggml/neox", 0.5), "is 0.5, expected a whole number"),  # type: ignore[arg-type]
    "true": (lambda: ask("ggml/neox", True), "is True, expected a whole number"),
    "an unknown format": (lambda: ask("ggml/neox", formats=("bf16",)), "There are float32, bfloat16, float16"),
    "an unknown kernel": (lambda: ask("ggml/neox", kernels=("sin",)), "There are table, power, recurrence"),
    "no kernel": (lambda: ask("ggml/neox", kernels=()), "none is given"),
    "no number": (lambda: prover.precision("ggml/neox", 10, radian="x"), "expected a positive number of radians"),
    "nan": (lambda: prover.precision("ggml/neox", 10, radian=float("nan")), "expected a positive number of radians"),
    "no radian": (lambda: prover.precision("ggml/neox", 10, radian=0), "expected radians from 1e-30 to 1e6"),
    "a huge radian": (lambda: prover.precision("ggml/neox", 10, radian="1e999"), "expected radians from 1e-30"),
}


def ask(
    spec: str, last: int = 100, formats: tuple[str, ...] = FORMATS, kernels: tuple[str, ...] = ("table",)
) -> Precision:
    """A question."""
    return measure_precision(load(spec), last, TENTH, formats, kernels)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    """What cannot be asked is an InputError that says what can."""
    question, part = REFUSED[name]
    with pytest.raises(InputError) as caught:
        question()
    assert part in str(caught.value)


PAIR = """
title = "one"
axes = ["h", "w"]
width = "2"
[pairs]
count = "1"
first = "0"
second = "1"
angle = "ANGLE"
"""


@pytest.mark.parametrize(("angle", "part"), [
    ("h + w/2", "turns with several axes at once"), ("h + 1/3", "turns with a phase"),
    ("0*h", "has no pair that turns"), ("h*10**31", "at most 1e30"),
])
def test_pairs_that_are_refused(tmp_path: Path, angle: str, part: str) -> None:
    """A pair of which it is not said how a kernel adds up its angle, or that does not turn at all."""
    path = tmp_path / "one.toml"
    path.write_text(PAIR.replace("ANGLE", angle))
    with pytest.raises(InputError, match=part):
        ask(str(path))


def test_a_pair_that_turns_backwards_errs_as_one_that_turns_forwards(tmp_path: Path) -> None:
    """The sign of a frequency is no matter of precision."""
    path = tmp_path / "one.toml"
    found = []
    for angle in ("h/3", "-h/3"):
        path.write_text(PAIR.replace("ANGLE", angle))
        found.append([(row.bound, row.measured.angle) for v in ask(str(path)).variants for row in v.rows])
    assert found[0] == found[1]


@pytest.mark.parametrize("arguments", [
    ["--positions", "1" + "0" * 30], ["--positions", "0"], ["--positions", "-1"], ["--positions", "x"],
    ["--format", "bf16"], ["--kernel", "sin"], ["--radian", "-1"], ["--radian", "inf"], ["--radian", "."],
])
def test_bad_usage(arguments: list[str], capsys: Capture) -> None:
    """Each is exit code 2 and says which option."""
    assert 2 == run_command(["precision", "ggml/neox:head_dim=8", *arguments])
    assert arguments[0].strip("-") in capsys.readouterr().err


def test_command(capsys: Capture) -> None:
    """The command prints what the API gives; with --pairs every pair; bounds are rounded up, runs down."""
    arguments = ["precision", "ggml/neox:head_dim=8", "--positions", "512", "--format", "bfloat16", "--kernel", "power"]
    asked = {"formats": "bfloat16", "kernels": "power"}
    report = prover.precision("ggml/neox:head_dim=8", 512, **asked)   # type: ignore[arg-type]
    assert 0 == run_command(arguments)
    assert report.to_text() == capsys.readouterr().out
    assert 0 == run_command([*arguments, "--pairs"])
    told = capsys.readouterr().out
    assert 2 == told.count("\n   3     p  ")
    assert "Assumed of pow: it is at most one ulp off" in " ".join(told.split())
    assert 0 == run_command([*arguments, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found == report.to_json()
    assert ("rope-prover/precision/1", 512, 513, "0.1") == (
        found["schema"], found["positions"], found["positions_run"], found["radian"])
    assert {"base": "10000", "exponent_per_step": "1/4"} == found["series"]
    for variant, row in product(found["variants"], range(4)):
        pair = variant["pairs"][row]
        assert pair["angle"]["measured"] <= pair["angle"]["bound"] <= variant["worst"]["angle"]["bound"]
        assert pair["score"]["measured"] <= pair["score"]["bound"]
