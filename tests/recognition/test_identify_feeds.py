"""Tables measured under a feed: their axes are the token's coordinates, and layouts are pulled back first."""

from __future__ import annotations

from itertools import product

import pytest

from fresh_kernels import table as made_of
from identify_kernels import powers
from measured_specs import FED, MEASURED
from prover.errors import InputError
from prover.layouts.feed import layout_under
from prover.layouts.loading import load
from prover.layouts.spec import parse_spec
from prover.measure.conform import conform
from prover.measure.measured import decode, read_measured
from prover.recognition.facts import period
from prover.recognition.identified import identify, layout_key
from prover.reports.identify_report import Origin, identify_json, identify_text

ENTRIES = [(file, entry) for file, entries in FED.items() for entry in entries]


@pytest.mark.parametrize(("file", "entry"), ENTRIES)
def test_the_layout_is_found_under_its_feed(file: str, entry: str) -> None:
    """It is among those told, as itself, and every one that is told first conforms when it is read again."""
    spec, feed = FED[file][entry]
    measured = read_measured(MEASURED / "fed" / f"{file}.json")[entry]
    found = identify(measured, file, feed)
    loaded = load(spec)
    expected = layout_under(feed, loaded.family, loaded.layout)
    assert layout_key(expected) in {layout_key(fit.layout) for fit in found.fits}
    assert parse_spec(spec).name in {fit.offer.name for fit in found.fits}
    for group in found.groups:
        told = load(group[0].spec)
        assert conform(layout_under(feed, told.family, told.layout), measured).conforms


@pytest.mark.parametrize("base", [10000, 300])
def test_a_base_under_a_written_feed(base: int) -> None:
    """Two axes that hold a + b and a - b: a base other than the default is solved though no pair has one axis."""
    own = powers(base, 16, 8)
    pairs = [(2 * j, 2 * j + 1) for j in range(16)]
    entry = made_of(32, pairs, [(0, float(f)) for f in (*own, *own)], ["a", "b"])
    entry["pairs"] = [
        [a, b, [0, 1], None, [size, size if j < 8 else -size]] for j, (a, b, _, _, size) in enumerate(entry["pairs"])
    ]
    found = identify(decode("made", entry, "made"), "", "x=a + b,y=a - b")
    assert found.groups
    assert base == found.base
    assert not identify(decode("made", entry, "made")).groups


def test_no_layout_takes_such_a_feed() -> None:
    """A name that nobody has is refused; under positions that are doubled a layout halves them again."""
    measured = read_measured(MEASURED / "fed" / "sglang.json")["mrope_text_64"]
    with pytest.raises(InputError, match="no layout of the catalogue takes the feed 'nonsense'"):
        identify(measured, "", "nonsense")
    doubled = identify(measured, "", "t=2*p,h=2*p,w=2*p")
    halved = [fit for fit in doubled.fits if fit.offer.name == "megatron/mrope"]
    assert [2] == [fit.given["seq_len_interpolation_factor"] for fit in halved]
    assert "sglang/mrope" not in {fit.offer.name for fit in doubled.fits}


def test_what_is_said() -> None:
    """Without a feed it is said that none was; under one, that sections cannot be told."""
    file = "sglang.json"
    table = read_measured(MEASURED / "fed" / file)["mrope_text_64"]
    without = " ".join(identify_text(identify(table), Origin(file), every=False).split())
    assert "none is said: each layout was held with its own axes" in without
    found = identify(table, "sglang", "text")
    text = identify_text(found, Origin(file), every=False)
    assert text.startswith("under feed text: half pairing, all 64 lanes, base 10000: sglang/mrope:")
    assert "which of the axes that get one position turns which pair" in " ".join(text.split())
    assert "text" == identify_json(found, Origin(file))["feed"]


def test_the_shortest_run() -> None:
    """As the definition has it, for every run of two axes of up to nine pairs."""
    for size in range(1, 10):
        for letters in product("hw", repeat=size):
            shortest = next(n for n in range(1, size + 1) if all(a == b for a, b in zip(letters, letters[n:])))  # noqa: B905
            assert shortest == period(letters)
    assert 2**14 == period(["h"] * (2**14 - 1) + ["w"])
