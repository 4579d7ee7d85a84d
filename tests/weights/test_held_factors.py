"""Factors in a GGUF file against the config: the converter's own are as asked for, and every slip is named."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from prover.claims.relation import Outcome
from prover.errors import InputError
from prover.sources.gguf import read_metadata
from prover.sources.gguf_file import read_gguf
from prover.sources.reading import read_model
from prover.weights.factors.held_factors import Held, HeldFile, State, hold_factors
from sources.gguf_writer import U32, floats, gguf
from weights.converted import factors, published, write_config, write_gguf

LLAMA, PHI = "meta-llama-3.1-8b", "phi-3.5-vision-instruct-ttmetal"
FREQS, LONG, SHORT = "rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"


def _numbers(data: bytes) -> list[float]:
    return list(struct.unpack(f"<{len(data) // 4}f", data))


def _held(folder: Path, name: str, tensors: dict[str, bytes] | None = None, **keys: object) -> HeldFile:
    config = read_model(str(write_config(folder, name, **keys)))
    return hold_factors(config, read_gguf(write_gguf(folder / "model.gguf", name, tensors)))


def _only(found: HeldFile) -> Held:
    (held,) = found.tensors
    return held


@pytest.mark.parametrize("name", [LLAMA, "sophgo-llama3", "exaone-4.5-33b", "gemma-4-31b-it-nvfp4", PHI,
                                  "isim-llama-4-scout-17b-16e-instruct-fp8-dynamic", "neuron-llama3.2-1b-chunked"])
def test_what_the_converter_wrote_is_as_asked_for(name: str, tmp_path: Path) -> None:
    """Right to the last bit, or within what float32 arithmetic gives."""
    found = _held(tmp_path, name)
    assert Outcome.EQUIVALENT == found.outcome
    assert {State.RIGHT, State.ROUNDED} >= {held.state for held in found.tensors}
    assert factors(name).keys() == {held.name for held in found.tensors}


def test_all_published_files_are_as_asked_for(tmp_path: Path) -> None:
    """Every published config that both read: where no factors are asked for, there are none.

    Apertus asks for them in transformers 5.24.0, and not in 4.57.6, with which the converter was run.
    """
    told: dict[str, Outcome] = {}
    for name in published():
        with contextlib.suppress(InputError):  # a model type that transformers does not have
            config = read_model(str(write_config(tmp_path, name)))
            told[name] = hold_factors(config, read_gguf(write_gguf(tmp_path / "model.gguf", name))).outcome
    wrong = {name for name, outcome in told.items() if outcome is Outcome.DIFFERENT}
    assert len(told) > 60
    assert {"apertus-8b-pretrain"} == wrong


@pytest.mark.parametrize(("name", "state", "most"), [
    (LLAMA, State.ROUNDED, 3), ("gemma-4-31b-it-nvfp4", State.RIGHT, 0), (PHI, State.RIGHT, 0),
])
def test_steps(name: str, state: State, most: int, tmp_path: Path) -> None:
    """How far off the numbers are is told in float32 steps."""
    for held in _held(tmp_path, name).tensors:
        assert (state, most) == (held.state, max(abs(step or 0) for step in held.steps))
        assert () == held.wrong


def _each(change: Callable[[float], float]) -> Callable[[list[float]], list[float]]:
    return lambda numbers: list(map(change, numbers))


def _bits(number: float, mask: int) -> float:
    """A number cut to fewer bits, rounded to the nearest."""
    (bits,) = struct.unpack("<I", struct.pack("<f", number))
    return float(struct.unpack("<f", struct.pack("<I", bits + ((~mask & 0xFFFFFFFF) + 1 >> 1) & mask))[0])


def _llama3(original: float = 8192, factor: float = 8, base: float = 500000, width: int = 128) -> list[float]:
    """llama3's rule in Python's floats."""
    found = []
    for lane in range(0, width, 2):
        turns = original * base ** (-lane / width) / (2 * 3.141592653589793)
        smooth = (turns - 1) / 3
        found.append(factor if turns < 1 else 1 if turns > 4 else 1 / ((1 - smooth) / factor + smooth))
    return found


SLIPS: dict[str, tuple[Callable[[list[float]], list[float]], int, str]] = {
    "inverted": (_each(lambda number: 1 / number), 29, "inverted: each number is 1 over the factor"),
    "all 1": (_each(lambda _: 1), 29, "all numbers are 1: nothing is scaled"),
    "in reverse": (lambda numbers: numbers[::-1], 0, "in reverse order"),
    "half precision": (_each(lambda number: struct.unpack("<e", struct.pack("<e", number))[0]), 29,
                       "rounded to float16 on their way"),
    "bfloat16": (_each(lambda number: _bits(number, 0xFFFF0000)), 29, "rounded to bfloat16 on their way"),
    "the long length": (lambda _: _llama3(original=131072), 29,
                        "made for original_max_position_embeddings 131072, where the config says 8192"),
    "Llama 3.2's factor": (lambda _: _llama3(factor=32), 29, "made for factor 32, where the config says 8"),
    "the default base": (lambda _: _llama3(base=10000), 29, "made for rope_theta 10000, where the config says 500000"),
}


@pytest.mark.parametrize(("change", "first", "message"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_named(
    change: Callable[[list[float]], list[float]], first: int, message: str, tmp_path: Path
) -> None:
    """What was done to Llama 3.1's numbers, and from which pair on it shows."""
    held = _only(_held(tmp_path, LLAMA, {FREQS: floats(*change(_numbers(factors(LLAMA)[FREQS])))}))
    assert (State.WRONG, first) == (held.state, held.wrong[0])
    assert (message,) == tuple(told[:len(message)] for told in held.told)


def test_one_number_that_is_off(tmp_path: Path) -> None:
    """A single wrong factor is found, and nothing is guessed."""
    numbers = _numbers(factors(LLAMA)[FREQS])
    numbers[31] *= 1.0001
    held = _only(_held(tmp_path, LLAMA, {FREQS: floats(*numbers)}))
    assert (State.WRONG, (31,), ()) == (held.state, held.wrong, held.told)


@pytest.mark.parametrize("number", [0.0, -1.0, -0.0, 1e-45, 3e38])
def test_a_number_that_is_no_factor(number: float, tmp_path: Path) -> None:
    """Zero, a negative number, the least and the greatest."""
    numbers = _numbers(factors(LLAMA)[FREQS])
    numbers[63] = number
    held = _only(_held(tmp_path, LLAMA, {FREQS: floats(*numbers)}))
    assert (State.WRONG, (63,)) == (held.state, held.wrong)


LISTS = {
    "exchanged": ({LONG: SHORT, SHORT: LONG}, {LONG, SHORT}, "the long and the short factors are exchanged"),
    "long twice": ({LONG: LONG, SHORT: LONG}, {SHORT}, "the long factors stand here too"),
    "short twice": ({LONG: SHORT, SHORT: SHORT}, {LONG}, "the short factors stand here too"),
}


@pytest.mark.parametrize(("places", "wrong", "message"), LISTS.values(), ids=LISTS)
def test_long_and_short(places: dict[str, str], wrong: set[str], message: str, tmp_path: Path) -> None:
    """Phi-3.5's own lists in the wrong places."""
    own = factors(PHI)
    found = _held(tmp_path, PHI, {name: own[other] for name, other in places.items()})
    assert Outcome.DIFFERENT == found.outcome
    assert wrong == {held.name for held in found.tensors if held.state is State.WRONG}
    assert {message} == {held.told[0] for held in found.tensors if held.name in wrong}


def test_missing(tmp_path: Path) -> None:
    """The config scales, and the file has nothing: what an old converter left out."""
    found = _held(tmp_path, LLAMA, {})
    assert (State.MISSING, Outcome.DIFFERENT) == (_only(found).state, found.outcome)
    found = _held(tmp_path, PHI, {LONG: factors(PHI)[LONG]})
    assert {LONG: State.RIGHT, SHORT: State.MISSING} == {held.name: held.state for held in found.tensors}


def test_there_without_being_asked_for(tmp_path: Path) -> None:
    """The config does not scale, and the graph would take the factors."""
    found = _held(tmp_path, LLAMA, rope_scaling=None)
    assert (State.UNASKED, Outcome.DIFFERENT) == (_only(found).state, found.outcome)
    found = _held(tmp_path, LLAMA, {FREQS: floats(*[1] * 64)}, rope_scaling=None)
    assert (State.IDLE, Outcome.EQUIVALENT) == (_only(found).state, found.outcome)


def test_none_asked_for_and_none_there(tmp_path: Path) -> None:
    """Nothing to hold is as asked for."""
    found = _held(tmp_path, LLAMA, {}, rope_scaling=None)
    assert ((), Outcome.EQUIVALENT) == (found.tensors, found.outcome)


def test_a_graph_that_takes_none(tmp_path: Path) -> None:
    """Factors in a file of qwen2, whose graph passes none, do nothing: the config's scaling is lost."""
    config = read_model(str(write_config(tmp_path, LLAMA)))
    path = write_gguf(tmp_path / "model.gguf", "ipex-qwen2", {FREQS: factors(LLAMA)[FREQS]})
    found = hold_factors(config, read_gguf(path))
    assert (State.NOT_TAKEN, Outcome.DIFFERENT) == (_only(found).state, found.outcome)
    assert ("llama.cpp's graph of this architecture takes no factors",) == _only(found).told


def test_lists_that_the_graph_does_not_take(tmp_path: Path) -> None:
    """A llama file takes the two lists only where rope.scaling.type says longrope."""
    found = _held(tmp_path, LLAMA, {FREQS: factors(LLAMA)[FREQS], LONG: floats(1, 2)})
    assert {FREQS: State.ROUNDED, LONG: State.IDLE} == {held.name: held.state for held in found.tensors}


def test_made_for_the_whole_head(tmp_path: Path) -> None:
    """Half of the head turns, and there is a number for every two of its lanes."""
    path = write_gguf(tmp_path / "model.gguf", LLAMA)
    config = read_model(str(write_config(tmp_path, LLAMA, model_type="nemotron", partial_rotary_factor=0.5)))
    held = _only(hold_factors(config, read_gguf(path)))
    assert State.LENGTH == held.state
    assert ("one for every two of the head's 128 lanes, of which 64 turn",
            "the numbers are those of a head of which 128 lanes turn") == held.told


@pytest.mark.parametrize(("count", "told"), [(128, ("one for each lane that turns, and one for each pair is needed",)),
                                             (63, ()), (1, ())])
def test_another_length(count: int, told: tuple[str, ...], tmp_path: Path) -> None:
    """Too many numbers, or too few."""
    held = _only(_held(tmp_path, LLAMA, {FREQS: floats(*[2] * count)}))
    assert (State.LENGTH, told) == (held.state, held.told)


def test_a_file_that_is_cut_off_is_undecided(tmp_path: Path) -> None:
    """Before the numbers of the tensor."""
    path = write_gguf(tmp_path / "model.gguf", LLAMA)
    path.write_bytes(path.read_bytes()[:-200])
    found = hold_factors(read_model(str(write_config(tmp_path, LLAMA))), read_gguf(path))
    assert (State.UNSEEN, Outcome.UNDECIDED) == (_only(found).state, found.outcome)


def test_a_part_that_is_not_there_is_undecided(tmp_path: Path) -> None:
    """Of a split file, whose factors may be in the other part."""
    path = write_gguf(tmp_path / "model-00001-of-00002.gguf", LLAMA, {}, ("split.count", U32, 2), ("split.no", U32, 0))
    found = hold_factors(read_model(str(write_config(tmp_path, LLAMA))), read_gguf(path))
    assert (State.UNSEEN, Outcome.UNDECIDED) == (_only(found).state, found.outcome)


def test_factors_in_another_part(tmp_path: Path) -> None:
    """Of a split file whose parts are all there."""
    split = (("split.count", U32, 2),)
    path = write_gguf(tmp_path / "model-00001-of-00002.gguf", LLAMA, {}, *split, ("split.no", U32, 0))
    (tmp_path / "model-00002-of-00002.gguf").write_bytes(
        gguf([*split, ("split.no", U32, 1)], [(FREQS, [64], 0, factors(LLAMA)[FREQS])]))
    found = hold_factors(read_model(str(write_config(tmp_path, LLAMA))), read_gguf(path))
    assert (State.ROUNDED, Outcome.EQUIVALENT) == (_only(found).state, found.outcome)


def test_a_loader_s_log_is_undecided(tmp_path: Path) -> None:
    """It tells keys, and no numbers of tensors."""
    log = tmp_path / "log.txt"
    log.write_text("llama_model_loader: - kv   0:       general.architecture str              = llama\n")
    found = hold_factors(read_model(str(write_config(tmp_path, LLAMA))), read_metadata(log))
    assert (State.UNSEEN, Outcome.UNDECIDED) == (_only(found).state, found.outcome)


@pytest.mark.parametrize("keys", [
    {"factor": 1e60}, {"factor": 1e-60}, {"low_freq_factor": 1e-40}, {"original_max_position_embeddings": 10**30},
    {"high_freq_factor": 1e300},
])
def test_a_rule_with_wild_numbers_is_refused(keys: dict[str, float], tmp_path: Path) -> None:
    """Numbers that no float32 arithmetic lasts through."""
    rule = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192, **keys}
    with pytest.raises(InputError, match=r"llama3|out of bounds"):
        _held(tmp_path, LLAMA, rope_scaling=rule)


@pytest.mark.parametrize("keys", [
    {"factor": 1e9}, {"factor": 0.001}, {"low_freq_factor": 3.9999999}, {"low_freq_factor": 4.0},
    {"low_freq_factor": 5.0}, {"high_freq_factor": 1e9, "low_freq_factor": 1e-9}, {"high_freq_factor": 1e-9},
])
def test_a_rule_with_odd_numbers_is_held(keys: dict[str, float], tmp_path: Path) -> None:
    """Ends that meet or are exchanged, factors that are huge or below 1: each number is right or wrong."""
    rule = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192, **keys}
    held = _only(_held(tmp_path, LLAMA, rope_scaling=rule))
    assert (State.WRONG, 64) == (held.state, len(held.steps))
    made = {FREQS: floats(*(float(want.nearest) for want in held.wanted))}
    assert State.RIGHT == _only(_held(tmp_path, LLAMA, made, rope_scaling=rule)).state


def test_the_base_of_the_file_is_a_likely_one(tmp_path: Path) -> None:
    """Factors made for the base that the file has, where the config has another."""
    folder = tmp_path
    config = read_model(str(write_config(folder, LLAMA)))
    stored = write_gguf(folder / "model.gguf", "sophgo-llama3", {FREQS: floats(*_llama3(base=250000))})
    stored.write_bytes(stored.read_bytes().replace(struct.pack("<f", 500000), struct.pack("<f", 250000)))
    held = _only(hold_factors(config, read_gguf(stored)))
    assert ("made for rope_theta 250000, where the config says 500000",) == held.told
