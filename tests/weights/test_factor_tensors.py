"""The tensor of a repair: as safetensors, in a copy of a GGUF file, and what is refused."""

from __future__ import annotations

import json
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import prover
from prover.errors import InputError
from prover.sources.gguf_file import read_gguf
from prover.weights.factors.factor_tensors import make_factors
from weights.converted import factors, write_config, write_gguf

LLAMA, PHI, EXAONE = "meta-llama-3.1-8b", "phi-3.5-vision-instruct-ttmetal", "exaone-4.5-33b"
FREQS = "rope_freqs.weight"
SMALL = ("ggml/imrope:head_dim=16:n_rot=16:sections=3,3,2,0", "ggml/mrope:head_dim=16:n_rot=16:sections=3,3,2,0")


def read_safetensors(path: Path) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """By the format's description: a length, JSON, and the bytes; each tensor's numbers, all of which are F32."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    head = json.loads(data[8 : 8 + length])
    about, rest = head.pop("__metadata__"), data[8 + length :]
    found = {}
    for name, each in head.items():
        first, last = each["data_offsets"]
        assert ("F32", [(last - first) // 4]) == (each["dtype"], each["shape"])
        found[name] = list(struct.unpack(f"<{(last - first) // 4}f", rest[first:last]))
    assert 0 == (8 + length) % 8
    assert len(rest) == max(each["data_offsets"][1] for each in head.values())
    return about, found


def _mrope(x: np.ndarray, at: tuple[int, ...], sections: tuple[int, ...], divisors: list[float], mixed: bool
           ) -> np.ndarray:
    """ggml's rotation with sections, by hand: pair j is lanes j and j + 8, and turns by an axis's position."""
    half, total = len(x) // 2, sum(sections)
    out = x.copy()
    for j in range(half):
        place = j % total
        if mixed:   # ggml_mrope_cache_init with is_imrope
            axis = (1 if place % 3 == 1 and place < 3 * sections[1] else 2 if place % 3 == 2 and place < 3 * sections[2]
                    else 0 if place % 3 == 0 and place < 3 * sections[0] else 3)
        else:
            axis = next(number for number in range(4) if place < sum(sections[: number + 1]))
        angle = at[axis] * 10000.0 ** (-2 * j / len(x)) / divisors[j]
        a, b = x[j], x[j + half]
        out[j], out[j + half] = a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)
    return out


def test_imrope_on_the_kernel_of_mrope(tmp_path: Path) -> None:
    """The numbers that are in the file, with the rows and sections that are told, give the source's scores."""
    answer = prover.make_factors(*SMALL, out=str(tmp_path / "f.safetensors"))
    about, tensors = read_safetensors(tmp_path / "f.safetensors")
    repair = answer.to_json()["found"]["repair"]
    (changed,) = [each["needed"] for each in repair["parameters"]] or ["3,3,2,0"]
    sections, rows, divisors = tuple(map(int, changed.split(","))), repair["permutation"], tensors[FREQS]
    own, ones = (3, 3, 2, 0), [1.0] * 8
    generator = np.random.default_rng(5)
    for _ in range(20):
        q, k = generator.normal(size=(2, 16))
        here, there = generator.integers(0, 40, size=(2, 4)).tolist()
        wanted = _mrope(q, here, own, ones, True) @ _mrope(k, there, own, ones, True)
        found = _mrope(q[rows], here, sections, divisors, False) @ _mrope(k[rows], there, sections, divisors, False)
        assert found == pytest.approx(wanted, abs=1e-4)
        as_it_is = _mrope(q, here, own, ones, False) @ _mrope(k, there, own, ones, False)
        assert abs(as_it_is - wanted) > 1e-4
    assert ("convertible", 5) == (answer.verdict, answer.exit_code)
    assert answer.headline.startswith("NOT ENOUGH ALONE: the target must also have rows of W_q and W_k moved")
    assert ("no", SMALL[0]) == (about["enough_alone"], about["source"])
    assert about["must_change_as_well"].startswith("rows of W_q and W_k moved")
    assert all(isinstance(value, str) for value in about.values())


def test_the_certificate_is_the_one_that_the_file_names(tmp_path: Path) -> None:
    """Its digest stands in the file, and the checker accepts it."""
    answer = prover.make_factors(*SMALL, out=str(tmp_path / "f.safetensors"))
    about, _ = read_safetensors(tmp_path / "f.safetensors")
    assert about["certificate"] == answer.to_json()["found"]["repair"]["certificate"]
    assert prover.check(answer.certificate or "").accepted


def test_moved_rows_are_not_told_as_a_tensor() -> None:
    """Where a permutation does, or nothing has to change, no factors are needed, and no file is made."""
    answer = prover.make_factors("ggml/normal:n_rot=64", "ggml/neox:n_rot=64")
    assert ("convertible", None) == (answer.verdict, answer.to_json()["tensor"])
    assert "NO FACTORS NEEDED: the target computes the source with rows of W_q and W_k moved." == answer.headline
    answer = prover.make_factors("ggml/neox:n_rot=64", "ggml/neox:n_rot=64")
    assert (0, "NO FACTORS NEEDED: the target computes the source as it is.") == (answer.exit_code, answer.headline)


def test_another_base_is_made_up_for_by_factors() -> None:
    """Though a parameter would do as well: a tensor is what was asked for."""
    answer = prover.make_factors("ggml/neox:head_dim=8:n_rot=8:base=160000", "ggml/neox:head_dim=8:n_rot=8:base=10000")
    assert ["1", "2", "4", "8"] == answer.to_json()["tensor"]["values"]     # 16**(j/4)
    assert "ENOUGH ALONE: with these 4 factors the target computes the source." == answer.headline
    assert 5 == answer.exit_code, "nothing was written"


def test_no_factors_help() -> None:
    """A pair that the source does not turn: proved."""
    answer = prover.make_factors("ggml/neox:n_rot=64", "ggml/neox:n_rot=128", allow=["permutation", "factors"])
    assert ("different", 1) == (answer.verdict, answer.exit_code)
    assert "NO FACTORS: none were found with which the target computes the source (proved)." == answer.headline


# What cannot be asked for, and what is said.
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another ending": ({"out": "f.bin"}, "--out f.bin: expected a name that ends with .safetensors"),
    "a GGUF file without one to copy": ({"out": "f.gguf"}, "A copy of a GGUF file with the tensor in it is made with"),
    "a copy without a name": ({"into": "m.gguf"}, "--into: needs a name for the copy"),
    "a copy under the name of a tensor": ({"into": "m.gguf", "out": "f.safetensors"}, "ends with .gguf"),
    "half of nothing": ({"partial": True}, "--partial: is about --into"),
    "no factors allowed": ({"allow": "permutation"}, "--allow: leaves out factors, which are what is asked for"),
    "another word": ({"allow": ["factors", "magic"]}, "'magic' is nothing that can be changed"),
    "no folder": ({"out": "no/f.safetensors"}, "cannot be written: No such file or directory"),
}


@pytest.mark.parametrize(("given", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_made_is_refused(
    given: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do, and no file."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        prover.make_factors(*SMALL, **given)
    assert message in str(caught.value)
    assert [] == list(tmp_path.iterdir())


def test_a_tensor_that_is_not_needed_is_not_written(tmp_path: Path) -> None:
    """A file was asked for, and there is none to make."""
    with pytest.raises(InputError, match=r"is not made\. NO FACTORS NEEDED: the target computes the source as it is"):
        prover.make_factors("ggml/neox", "ggml/neox", out=str(tmp_path / "f.safetensors"))
    assert [] == list(tmp_path.iterdir())


def test_a_kernel_that_takes_none_is_refused() -> None:
    """With where that is seen."""
    with pytest.raises(InputError, match="takes no frequency factors: the graph of this architecture calls"):
        prover.make_factors("ggml/imrope", "llama-cpp/mrope", allow="factors")


def test_a_file_is_not_overwritten(tmp_path: Path) -> None:
    """Nor is it when a copy is made."""
    out = tmp_path / "f.safetensors"
    out.write_bytes(b"precious")
    with pytest.raises(InputError, match="is there already"):
        prover.make_factors(*SMALL, out=str(out))
    assert b"precious" == out.read_bytes()


# Into GGUF files: the keys are those that llama.cpp's converter wrote.


def test_llama_31_in_a_file_without_factors(tmp_path: Path) -> None:
    """The factors of the config, in a file of a converter that left them out: alone enough, and then as asked for."""
    config, bare = write_config(tmp_path, LLAMA), write_gguf(tmp_path / "bare.gguf", LLAMA, {})
    out = tmp_path / "copy.gguf"
    assert 1 == prover.check_factors(str(config), str(bare)).exit_code
    answer = prover.make_factors(str(config), str(bare), into=str(bare), out=str(out))
    assert ("equivalent", 0) == (answer.verdict, answer.exit_code)
    assert {"file": str(out), "copy_of": str(bare), "replaced": False, "parts": ["text"]} == answer.to_json()["written"]
    assert answer.to_json()["rows_as_converted"]
    found = read_gguf(out)
    assert read_gguf(bare).keys == found.keys
    values = (found.tensors or {})[FREQS].values or ()
    ours = struct.unpack("<64f", factors(LLAMA)[FREQS])
    assert [float(value) for value in values] == pytest.approx(ours, rel=3 * 2**-23)
    checked = prover.check_factors(str(config), str(out))
    assert (0, "right") == (checked.exit_code, checked.to_json()["tensors"][0]["state"])
    assert "equivalent" == prover.diff(str(config), str(out)).verdict
    assert "different" == prover.diff(str(config), str(bare)).verdict


def test_a_tensor_for_a_file_says_how_its_rows_are_taken(tmp_path: Path) -> None:
    """In the text, and in the tensor's own file."""
    config, bare = write_config(tmp_path, LLAMA), write_gguf(tmp_path / "bare.gguf", LLAMA, {})
    answer = prover.make_factors(str(config), str(bare), out=str(tmp_path / "f.safetensors"))
    about, tensors = read_safetensors(tmp_path / "f.safetensors")
    assert ("yes", "taken as llama.cpp's converter moves them for the source", 64) == (
        about["enough_alone"], about["rows"], len(tensors[FREQS]))
    assert "are taken as llama.cpp's converter moves them for SOURCE" in " ".join(answer.to_text().split())


def test_wrong_factors_are_replaced(tmp_path: Path) -> None:
    """Those of Llama 3.2 in a file of Llama 3.1."""
    config = write_config(tmp_path, LLAMA)
    wrong = write_gguf(tmp_path / "wrong.gguf", LLAMA, {FREQS: factors("sophgo-llama3")[FREQS]})
    out = tmp_path / "copy.gguf"
    answer = prover.make_factors(str(config), str(wrong), into=str(wrong), out=str(out))
    assert answer.to_json()["written"]["replaced"]
    assert "in place of the one that was in it" in " ".join(answer.to_text().split())
    assert 0 == prover.check_factors(str(config), str(out)).exit_code


def test_rows_that_are_not_known_to_be_moved_are_told(tmp_path: Path) -> None:
    """From a layout and not the config, the file's rows are nobody's: the copy is half of it."""
    bare, out = write_gguf(tmp_path / "bare.gguf", LLAMA, {}), tmp_path / "copy.gguf"
    source = ("transformers/half:head_dim=128:rope_theta=500000:rope_type=llama3:factor=8:low_freq_factor=1:"
              "high_freq_factor=4:original_max_position_embeddings=8192")
    with pytest.raises(InputError, match="alone is not enough: the target must also have rows of W_q and W_k moved"):
        prover.make_factors(source, str(bare), into=str(bare), out=str(out))
    assert not out.exists()
    answer = prover.make_factors(source, str(bare), into=str(bare), out=str(out), partial=True)
    assert ("convertible", 5) == (answer.verdict, answer.exit_code)
    assert answer.to_text().startswith("NOT ENOUGH ALONE: ")
    assert out.exists()


@pytest.mark.parametrize(("name", "message"), [
    ("ipex-qwen2", "takes no frequency factors: the graph of this architecture gets no factors"),
    ("ksana-qwen2-vl-tiny", "takes no frequency factors: the graph of this architecture calls ggml_rope_multi without"),
    (PHI, "llama.cpp's graph of 'phi3' takes no rope_freqs.weight: it would do nothing in the file"),
])
def test_a_graph_that_takes_no_such_tensor(name: str, message: str, tmp_path: Path) -> None:
    """It would do nothing, or is read under other names."""
    model = write_gguf(tmp_path / "model.gguf", name, {})
    with pytest.raises(InputError) as caught:
        prover.make_factors("ggml/neox:head_dim=8:n_rot=8:base=160000", "ggml/neox:head_dim=8:n_rot=8",
                            into=str(model), out=str(tmp_path / "copy.gguf"))
    assert message in str(caught.value)
    assert ["model.gguf"] == [path.name for path in tmp_path.iterdir()]


def test_another_number_of_factors(tmp_path: Path) -> None:
    """llama.cpp refuses a tensor that is not half as long as the lanes that turn."""
    model = write_gguf(tmp_path / "model.gguf", LLAMA, {})
    with pytest.raises(InputError, match=r"rope_freqs.weight: expected 64 numbers, got shape \[4\]"):
        prover.make_factors("ggml/normal:head_dim=8:n_rot=8:base=160000", "ggml/normal:head_dim=8:n_rot=8",
                            into=str(model), out=str(tmp_path / "copy.gguf"))


def test_another_kernel_than_the_file_s(tmp_path: Path) -> None:
    """Factors for base 10000 in a file of base 500000, whose pairs are adjacent and not half a head apart."""
    model = write_gguf(tmp_path / "model.gguf", LLAMA, {})
    for target in ("ggml/normal:base=10000", "ggml/neox:base=500000"):
        with pytest.raises(InputError, match=r"#text: with the tensor it is (different|convertible), as against"):
            prover.make_factors(target.replace("base=", "base=16"), target, into=str(model),
                                out=str(tmp_path / "copy.gguf"))


def test_layers_that_do_not_turn_are_not_reached(tmp_path: Path) -> None:
    """EXAONE's full-attention layers have no RoPE, and the others are what the tensor is for."""
    config, model = write_config(tmp_path, EXAONE), write_gguf(tmp_path / "model.gguf", EXAONE, {})
    answer = prover.make_factors(f"{config}#text/sliding", f"{model}#text/sliding", into=str(model),
                                 out=str(tmp_path / "copy.gguf"))
    assert ("equivalent", ["text/sliding_attention"]) == (answer.verdict, answer.to_json()["written"]["parts"])


def test_the_model_itself_is_not_overwritten(tmp_path: Path) -> None:
    """As the copy of itself."""
    config, bare = write_config(tmp_path, LLAMA), write_gguf(tmp_path / "bare.gguf", LLAMA, {})
    before = bare.read_bytes()
    with pytest.raises(InputError, match="is the file itself, which is never changed"):
        prover.make_factors(str(config), str(bare), into=str(bare), out=str(bare))
    assert before == bare.read_bytes()


def test_exact_numbers_and_float32() -> None:
    """Every number is the float32 nearest to the exact factor: of 16**(1/8), by hand."""
    made = make_factors("ggml/neox:head_dim=16:n_rot=16:base=160000", "ggml/neox:head_dim=16:n_rot=16")
    expected = [Fraction(float(np.float32(16.0 ** (j / 8)))) for j in range(8)]
    assert (expected, True) == (list(made.values), made.is_rounded)
