"""Tensors of factors on ggml itself: its own reader of GGUF files, and its kernels; needs a library."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

import prover
from prover.errors import InputError
from prover.measure.ggml import find_library, rope_ggml
from sources.gguf_writer import floats
from weights.converted import write_config, write_gguf
from weights.test_factor_tensors import read_safetensors

pytestmark = pytest.mark.live
FREQS = "rope_freqs.weight"


@pytest.fixture(scope="module")
def library() -> Path:
    """A ggml library, or a skip that says what to give."""
    try:
        return find_library(None)
    except InputError as fault:
        pytest.skip(str(fault))


class _Params(ctypes.Structure):
    _fields_ = (("no_alloc", ctypes.c_bool), ("ctx", ctypes.c_void_p))


def test_ggml_reads_a_copy_with_factors(tmp_path: Path, library: Path) -> None:
    """gguf_init_from_file takes the copy, and finds the tensor's bytes where it says they are."""
    base = library.with_name(library.name.replace("-cpu", "-base"))
    gguf = ctypes.CDLL(str(base if base.is_file() else library))
    gguf.gguf_init_from_file.restype = ctypes.c_void_p
    gguf.gguf_init_from_file.argtypes = [ctypes.c_char_p, _Params]
    for name, kind in (("find_tensor", ctypes.c_int64), ("get_n_tensors", ctypes.c_int64), ("get_n_kv", ctypes.c_int64),
                       ("get_data_offset", ctypes.c_size_t), ("get_tensor_offset", ctypes.c_size_t)):
        function = getattr(gguf, f"gguf_{name}")
        function.restype = kind
        function.argtypes = [ctypes.c_void_p, *{"find_tensor": [ctypes.c_char_p],
                                                "get_tensor_offset": [ctypes.c_int64]}.get(name, [])]
    gguf.gguf_free.argtypes = [ctypes.c_void_p]
    config = write_config(tmp_path, "meta-llama-3.1-8b")
    bare = write_gguf(tmp_path / "bare.gguf", "meta-llama-3.1-8b", {"output_norm.weight": floats(*range(7))})
    out = tmp_path / "copy.gguf"
    answer = prover.make_factors(str(config), str(bare), into=str(bare), out=str(out))
    values = list(map(_number, answer.to_json()["tensor"]["values"]))
    keys = []
    for path, count in ((bare, 1), (out, 2)):
        found = gguf.gguf_init_from_file(str(path).encode(), _Params(True, None))
        assert found
        assert count == gguf.gguf_get_n_tensors(found)
        keys.append(gguf.gguf_get_n_kv(found))
        place = gguf.gguf_find_tensor(found, FREQS.encode())
        assert (place >= 0) is (path == out)
        if path == out:
            start = gguf.gguf_get_data_offset(found) + gguf.gguf_get_tensor_offset(found, place)
            assert floats(*values) == out.read_bytes()[start : start + 4 * 64]
        gguf.gguf_free(found)
    assert keys[0] == keys[1]


def _number(text: str) -> float:
    above, _, below = text.partition("/")
    return int(above) / int(below or 1) if "." not in text else float(text)


def test_imrope_on_mrope_s_kernel(tmp_path: Path, library: Path) -> None:
    """Both kernels run: with the file's numbers, the rows and the sections that are told the scores are the same."""
    source, target = "ggml/imrope:sections=24,20,20,0", "ggml/mrope:sections=24,20,20,0"
    answer = prover.make_factors(source, target, out=str(tmp_path / "f.safetensors"))
    repair = answer.to_json()["found"]["repair"]
    divisors = read_safetensors(tmp_path / "f.safetensors")[1][FREQS]
    (sections,) = (each["needed"] for each in repair["parameters"])
    changed = f"ggml/mrope:sections={sections}:freq_factors=[{','.join(map(_decimal, divisors))}]"
    q, k = np.random.default_rng(3).normal(size=(2, 4, 128)).astype(np.float32)
    rows = repair["permutation"]
    places = ((0, 0, 0, 0), (5, 3, 2, 1)), ((40, 17, 8, 3), (1, 2, 3, 4)), ((900, 30, 20, 7), (880, 5, 9, 2))
    for here, there in places:
        wanted = _scores(source, q, k, here, there, library)
        found = _scores(changed, q[:, rows], k[:, rows], here, there, library)
        # Angles up to 900 in float32, whose powers are made by 64 multiplications, on scores of size 11 or so.
        assert np.abs(found - wanted).max() < 900 * 70 * 2**-24 * 128
        assert np.abs(_scores(target, q, k, here, there, library) - wanted).max() > 1


def _decimal(number: float) -> str:
    return np.format_float_positional(number, trim="-")


def _scores(spec: str, q: np.ndarray, k: np.ndarray, here: tuple[int, ...], there: tuple[int, ...], library: Path
            ) -> np.ndarray:
    turned = rope_ggml(spec, q, tuple(map(float, here)), library), rope_ggml(spec, k, tuple(map(float, there)), library)
    return np.asarray((turned[0] * turned[1]).sum(axis=-1))
