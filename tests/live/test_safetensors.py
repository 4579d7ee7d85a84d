"""The reader of safetensors headers against the library itself, over headers changed at random."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from prover.errors import InputError
from prover.weights.stored.dtypes import BITS
from prover.weights.stored.safetensors_file import read_safetensors
from weights.checkpoint_files import entry, with_header

pytestmark = pytest.mark.live

SEED = 12
HEADERS = 2000
# What is refused here and not by the library; each stands in the reader's first lines.
STRICTER = ("stands twice", "is no entry of a tensor: Object contains unknown field", "without objects inside")
ODD: tuple[Any, ...] = (
    None, True, False, "", "F32", "f32", "BOOL", -1, 0, 1, 3, 2**31, 2**63, 2**64 - 1, 2**64, 1.0, 0.5, [], {}, [0],
    [1, 2], [2**32, 2**32], [0, 0, 0], {"a": "b"}, {"dtype": "I8", "shape": [0], "data_offsets": [0, 0]},
)
PIECES = (
    b"{", b"}", b"[", b"]", b",", b":", b'"', b" ", b"\n", b"\t", b"\x00", b"\x0b", b"\\", b"\\u0041", b"\\ud800", b"-",
    b"-0", b"0", b"1", b".0", b"e0", b"E1", b"null", b"true", b"\xff", b"\xc3\xa4", b"NaN", b"/**/",
    b'"__metadata__":{},', b'"x":{"dtype":"I8","shape":[0],"data_offsets":[0,0]},', b'"__metadata__":null,',
    b"\xef\xbb\xbf",
)


def some_header(chance: random.Random) -> tuple[bytes, int]:
    """A right header of up to four tensors in any order, and how many bytes of weights belong to it."""
    entries: list[tuple[str, Any]] = []
    place = 0
    for number in range(chance.randrange(5)):
        dtype = chance.choice(list(BITS))
        shape = [chance.choice((0, 1, 2, 3, 8)) for _ in range(chance.randrange(4))]
        count = 1
        for length in shape:
            count *= length
        size = count * BITS[dtype] // 8
        entries.append((f"t{number}", entry(dtype, shape, place, place + size)))
        place += size
    if chance.random() < 0.3:
        entries.append(("__metadata__", {"format": "pt"}))
    chance.shuffle(entries)
    return json.dumps(dict(entries)).encode(), place


def changed(header: bytes, chance: random.Random) -> bytes:
    """The header with a value, some bytes or nothing changed."""
    way = chance.randrange(5)
    if way == 0:
        return header
    if way == 1:
        found = json.loads(header)
        if found:
            name = chance.choice(list(found))
            if found[name] and chance.random() < 0.8 and isinstance(found[name], dict):
                member = chance.choice(list(found[name]))
                value = found[name][member]
                if isinstance(value, list) and value and chance.random() < 0.7:
                    value[chance.randrange(len(value))] = chance.choice((*ODD, value[0] + 1, value[-1] - 1))
                else:
                    found[name][member] = chance.choice(ODD)
            else:
                found[name] = chance.choice(ODD)
        return json.dumps(found).encode()
    for _ in range(chance.choice((1, 1, 2, 3))):
        at = chance.randrange(len(header) + 1)
        removed = chance.choice((0, 0, 1, 1, 2, 8))
        added = b"" if way == 2 else chance.choice(PIECES)
        header = header[:at] + added + header[at + removed:]
    return header


def test_headers_changed_at_random(tmp_path: Path) -> None:
    """Read by one and refused by the other only where the reader says that it is stricter; the same tensors if read."""
    safetensors = pytest.importorskip("safetensors")
    chance = random.Random(SEED)
    file = tmp_path / "model.safetensors"
    read = refused = 0
    for _ in range(HEADERS):
        header, size = some_header(chance)
        header = changed(header, chance)
        file.write_bytes(with_header(header, bytes(max(size + chance.choice((0, 0, 0, 0, 0, 0, 0, 0, 1, -1)), 0))))
        try:
            with safetensors.safe_open(file, framework="np") as opened:
                slices = {name: opened.get_slice(name) for name in opened.keys()}  # noqa: SIM118 - it is no mapping
                expected = {name: (each.get_dtype(), tuple(each.get_shape())) for name, each in slices.items()}
        except Exception:  # the library raises all kinds
            expected = None
        try:
            found = {each.name: (each.dtype, each.shape) for each in read_safetensors(file)}
        except InputError as fault:
            found, told = None, str(fault)
        if found is None and expected is not None:
            assert any(reason in told for reason in STRICTER), (header, told)
        else:
            assert expected == found, header
        read += found is not None
        refused += expected is None
    assert min(read, refused) > HEADERS // 5


@pytest.mark.parametrize("header", [
    b'{"q":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"q":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
    b'{"q":{"dtype":"I8","shape":[1],"data_offsets":[0,1],"device":"cpu"}}',
    b'{"q":{"dtype":"I8","shape":[1],"data_offsets":[0,1],"more":{}}}',
    b'{"__metadata__":{"a":"1","a":"2"},"q":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}',
])
def test_headers_that_only_the_library_reads(header: bytes, tmp_path: Path) -> None:
    """Where the reader is stricter than the library, and the words that say so."""
    safetensors = pytest.importorskip("safetensors")
    file = tmp_path / "model.safetensors"
    file.write_bytes(with_header(header, b"x"))
    with safetensors.safe_open(file, framework="np") as opened:
        assert list(opened.keys()) == ["q"]
    with pytest.raises(InputError) as caught:
        read_safetensors(file)
    assert any(reason in str(caught.value) for reason in STRICTER)
