"""Headers of safetensors files: what is read, and what is refused with which words."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from prover.errors import InputError
from prover.weights.stored.dtypes import BITS
from prover.weights.stored.safetensors_file import MAX_HEADER, read_safetensors
from prover.weights.stored.tensors import Tensor
from weights.checkpoint_files import entry, safetensors, with_header


def read(folder: Path, data: bytes) -> tuple[Tensor, ...]:
    """What is read of a file of these bytes."""
    file = folder / "model.safetensors"
    file.write_bytes(data)
    return read_safetensors(file)


def header(folder: Path, entries: Any, data: bytes = b"") -> tuple[Tensor, ...]:
    """What is read of a file with this header."""
    return read(folder, with_header(entries if isinstance(entries, bytes) else json.dumps(entries).encode(), data))


def test_every_type(tmp_path: Path) -> None:
    """Eight numbers of each type, in the order of their places and not of their names."""
    tensors = {f"{99 - number} {dtype}": (dtype, [2, 4], bytes(bits)) for number, (dtype, bits) in
               enumerate(BITS.items())}
    found = read(tmp_path, safetensors(tensors))
    assert [(name, dtype, (2, 4), len(data)) for name, (dtype, _, data) in tensors.items()] == [
        (each.name, each.dtype, each.shape, each.size) for each in found
    ]


def test_metadata_and_odd_names(tmp_path: Path) -> None:
    """Texts under __metadata__, or null; names with escapes, dots and other alphabets; no dimension, and none long."""
    tensors = {"a\"b\\c": ("F32", [], bytes(4)), "ä.ü": ("F16", [0, 3], b""), "": ("I8", [1], b"x")}
    for metadata in (None, {}, {"format": "pt", "a": "{\"b\": [1]}"}):
        assert [(), (0, 3), (1,)] == [each.shape for each in read(tmp_path, safetensors(tensors, metadata))]
    (found,) = header(tmp_path, {"__metadata__": None, "q": entry("I8", [1], 0, 1)}, b"x")
    assert found.name == "q"
    assert header(tmp_path, b" {} ") == ()


Q = entry("F32", [2, 2], 0, 16)
WRONG: list[tuple[str, Any, int, str]] = [
    ("hole", {"q": Q, "k": entry("F32", [1], 20, 24)}, 24, r"k: leaves a hole .* at byte 20 of the data, expected 16"),
    ("hole first", {"q": entry("F32", [1], 4, 8)}, 8, r"q: leaves a hole .* at byte 4 of the data, expected 0"),
    ("overlap", {"q": Q, "k": entry("F32", [4], 12, 28)}, 28,
     r"k: overlaps the tensor before it: .* expected 16\. The file is damaged"),
    ("same place", {"q": Q, "k": Q}, 16, r"overlaps the tensor before it"),
    ("backwards", {"q": entry("F32", [0], 0, 0), "k": entry("F32", [1], 0, -4)}, 0, r"k: is no entry"),
    ("end before begin", {"q": entry("I8", [4], 0, 4), "k": entry("I8", [0], 4, 3)}, 4, r"k: ends at byte 3, before"),
    ("data missing", {"q": Q}, 15, r"is of \d+ bytes, and its tensors end at byte \d+\. Is the file cut off"),
    ("data left", {"q": Q}, 17, r"its tensors end at byte"),
    ("data without tensors", {}, 1, r"its tensors end at byte"),
    ("wrong size", {"q": entry("F32", [2, 2], 0, 8)}, 8, r"q: is given 8 bytes, and 4 numbers of type F32 take 16"),
    ("unknown type", {"q": entry("F12", [2], 0, 3)}, 3, r"q: is of type F12, expected one of F4, .*\. Save it in one"),
    ("lower case", {"q": entry("f32", [2], 0, 8)}, 8, r"q: is of type f32, expected"),
    ("within a byte", {"q": entry("F4", [3], 0, 2)}, 2, r"q: has 3 numbers of 4 bits, which end within a byte"),
    ("huge shape", {"q": entry("I8", [2**40, 2**40], 0, 0)}, 0, r"q: has an impossibly large shape"),
    ("huge then 0", {"q": entry("I8", [2**40, 2**40, 0], 0, 0)}, 0, r"q: has an impossibly large shape"),
    ("beyond 64 bits", {"q": entry("I8", [2**64], 0, 2**64)}, 0, r"q: has an impossibly large shape"),
    ("negative", {"q": entry("I8", [-1], 0, 1)}, 1, r"q: is no entry of a tensor: .*>= 0"),
    ("minus 0", b'{"q":{"dtype":"I8","shape":[-0],"data_offsets":[0,0]}}', 0, r"q: holds -0"),
    ("decimal", b'{"q":{"dtype":"I8","shape":[1.0],"data_offsets":[0,1]}}', 1, r"q: is no entry"),
    ("exponent", b'{"q":{"dtype":"I8","shape":[1e0],"data_offsets":[0,1]}}', 1, r"q: is no entry"),
    ("text", {"q": entry("I8", ["1"], 0, 1)}, 1, r"q: is no entry of a tensor: Expected int, got str"),
    ("true", {"q": entry("I8", [True], 0, 1)}, 1, r"q: is no entry"),
    ("three offsets", {"q": {**Q, "data_offsets": [0, 8, 16]}}, 16, r"q: is no entry"),
    ("no shape", {"q": {"dtype": "F32", "data_offsets": [0, 4]}}, 4, r"q: is no entry of a tensor: .*shape.*Its "),
    ("more members", {"q": {**Q, "device": "cpu"}}, 16, r"q: is no entry of a tensor: .*device"),
    ("member twice", b'{"q":{"dtype":"I8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1, r"q: has a member .*tw"),
    ("tensor twice", b'{"q":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"q":{"dtype":"I8","shape":[1],'
                     b'"data_offsets":[0,1]}}', 1, r"q: stands twice in the header"),
    ("number as metadata", {"__metadata__": {"a": 1}}, 0, r"expected a text, got b'1"),
    ("list as metadata", {"__metadata__": ["a"]}, 0, r"expected an object, __metadata__"),
    ("metadata twice", b'{"__metadata__":{},"__metadata__":{}}', 0, r"__metadata__: stands twice"),
    ("key of metadata twice", b'{"__metadata__":{"a":"1","a":"2"}}', 0, r"a: stands twice in __metadata__"),
    ("a list", b"[]", 0, r"expected an object, the header"),
    ("no JSON", b"\x80\x02}q\x01", 0, r"expected an object, the header"),
    ("nothing", b"", 0, r"ends where an object, the header was expected"),
    ("two objects", b"{}{}", 0, r"expected nothing more"),
    ("comma at the end", b'{"q":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},}', 1, r"expected a text"),
    ("no UTF-8", b'{"\xff":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1, r"expected a text in UTF-8"),
    ("half a surrogate", b'{"\\ud800":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1, r"a text in UTF-8"),
    ("long name", {"q" * 5000: Q}, 16, r"expected a text of at most 4096 bytes"),
    ("deep list", b'{"q":' + b"[" * 10**6, 0, r"expected an object of at most 4096 bytes"),
    ("deep objects", b'{"q":' * 10**5, 0, r"expected an object of at most 4096 bytes"),
    ("deep shape", b'{"q":{"dtype":"I8","data_offsets":[0,1],"shape":' + b"[" * 3000 + b"]" * 9 + b"}}", 1, r"no ent"),
    ("many members", b"{" + b'"":[],' * 10**6 + b"}", 0, r"expected an object of at most 4096 bytes"),
]


@pytest.mark.parametrize(("entries", "data", "message"), [each[1:] for each in WRONG], ids=[each[0] for each in WRONG])
def test_wrong_headers(entries: Any, data: int, message: str, tmp_path: Path) -> None:
    """Each is refused with the file, the tensor and the words, whatever its size in little memory."""
    content = with_header(entries if isinstance(entries, bytes) else json.dumps(entries).encode(), bytes(data))
    tracemalloc.start()
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path, content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "model.safetensors" in caught.value.where
    assert peak < 3 * len(content) + 10**6


@pytest.mark.parametrize(("data", "message"), [
    (b"", "is of 0 bytes, and the length of its header takes 8"),
    (b"\x08\0\0\0\0\0\0", "is of 7 bytes"),
    (with_header(b"{}", length=2**63), f"a header of {2**63} bytes, expected at most {MAX_HEADER}"),
    (with_header(b"{}", length=2**64 - 1), "Is it a safetensors file?"),
    (with_header(b"{}", length=MAX_HEADER + 1), f"a header of {MAX_HEADER + 1} bytes"),
    (with_header(b"{}", length=MAX_HEADER), f"is of 16 bytes, and its header ends at byte {MAX_HEADER + 8}"),
    (with_header(b"{}", length=9), "is of 16 bytes, and its header ends at byte 17"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a Git LFS pointer.* Run git lfs pull"),
], ids=["empty", "seven bytes", "2^63", "2^64-1", "beyond 100 MB", "100 MB", "one byte more", "LFS pointer"])
def test_wrong_lengths(data: bytes, message: str, tmp_path: Path) -> None:
    """The length is held against the file before anything is read."""
    with pytest.raises(InputError, match=message):
        read(tmp_path, data)


def test_every_cut(tmp_path: Path) -> None:
    """A file that ends anywhere too early is refused."""
    whole = safetensors({"q": ("F32", [2], bytes(8)), "k": ("I8", [3], bytes(3))}, {"format": "pt"})
    for length in range(len(whole)):
        with pytest.raises(InputError):
            read(tmp_path, whole[:length])


def test_a_directory(tmp_path: Path) -> None:
    """A directory of that name."""
    (tmp_path / "x.safetensors").mkdir()
    with pytest.raises(InputError, match=r"x\.safetensors: is a directory, expected a file"):
        read_safetensors(tmp_path / "x.safetensors")
