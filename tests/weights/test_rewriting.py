"""One file copied a piece at a time, held against moving rows of the whole at once."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

import numpy as np
import pytest

from prover.errors import InputError
from prover.weights.moved import pieces as cutting
from prover.weights.moved import rewriting
from prover.weights.moved.pieces import layout_of
from prover.weights.moved.plan import Move
from prover.weights.moved.rewriting import rewrite
from prover.weights.packed.slots import Block, Kind, Role, Slot
from prover.weights.stored.tensors import Tensor

HEAD = (0, 4, 1, 5, 2, 6, 3, 7)
FILE = Path("x")


def move(name: str, offset: int, heads: int, width: int, head: tuple[int, ...] = HEAD) -> Move:
    """A tensor of so many heads, whose rows have so many bytes."""
    rows = heads * len(head)
    blocks = tuple(Block(Role.Q, number, number * len(head), len(head)) for number in range(heads))
    tensor = Tensor(name, "U8", (rows, width), FILE, offset, rows * width)
    return Move(Slot("text", 0, Kind.WEIGHT, tensor, rows, blocks), blocks, head)


@pytest.mark.parametrize(("piece", "at_once"), [(1, 1 << 20), (3, 7), (40, 1 << 20), (1 << 20, 1 << 20), (64, 10)])
def test_pieces_of_any_size_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, at_once: int
) -> None:
    """Small pieces, pieces that are larger than the file, and heads that do not fit into memory at once."""
    monkeypatch.setattr(cutting, "PIECE", piece)
    monkeypatch.setattr(cutting, "AT_ONCE", at_once)
    data = np.random.default_rng(5).bytes(1000)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(data)
    moves = [move("b", 400, 3, 7), move("a", 13, 4, 5)]
    expected = bytearray(data)
    for offset, heads, width in ((400, 3, 7), (13, 4, 5)):
        for head in range(heads):
            start = offset + head * 8 * width
            for row, old in enumerate(HEAD):
                expected[start + row * width : start + (row + 1) * width] = data[
                    start + old * width : start + (old + 1) * width]
    told: list[int] = []
    done = rewrite(source, target, moves, told.append)
    assert bytes(expected) == target.read_bytes()
    assert (1000, hashlib.sha256(data).hexdigest(), hashlib.sha256(expected).hexdigest()) == (
        done.size, done.before, done.after)
    assert 1000 == sum(told)
    assert ["source", "target"] == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize("at_once", [10, 1 << 20])
def test_rows_in_reverse_up_to_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    """The last row that is read is not the file's last one."""
    monkeypatch.setattr(cutting, "AT_ONCE", at_once)
    (tmp_path / "source").write_bytes(bytes(range(20)))
    done = rewrite(tmp_path / "source", tmp_path / "target", [move("a", 4, 1, 2, (7, 6, 5, 4, 3, 2, 1, 0))])
    expected = bytes([0, 1, 2, 3, 18, 19, 16, 17, 14, 15, 12, 13, 10, 11, 8, 9, 6, 7, 4, 5])
    assert expected == (tmp_path / "target").read_bytes()
    assert (hashlib.sha256(bytes(range(20))).hexdigest(), hashlib.sha256(expected).hexdigest()) == (
        done.before, done.after)


@pytest.mark.parametrize("each", [1, 100])
def test_what_is_brought_to_disk_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, each: int) -> None:
    """However often, the same bytes come out; where that fails it is told as a fault of what is written."""
    monkeypatch.setattr(cutting, "PIECE", 10)
    monkeypatch.setattr(rewriting, "SYNC_EACH", each)
    (tmp_path / "source").write_bytes(bytes(range(250)))
    rewrite(tmp_path / "source", tmp_path / "target", [])
    assert bytes(range(250)) == (tmp_path / "target").read_bytes()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(rewriting, "_DATA", full)
    with pytest.raises(InputError, match=r"other\.part: cannot be written: No space left on device"):
        rewrite(tmp_path / "source", tmp_path / "other", [])
    assert ["source", "target"] == sorted(path.name for path in tmp_path.iterdir())


def test_rows_of_a_piece_come_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces follow one another without a gap, and are cut where no row crosses."""
    monkeypatch.setattr(cutting, "PIECE", 60)
    pieces = layout_of(1000, [move("a", 13, 20, 5)], FILE)
    assert [0, *(piece.stop for piece in pieces)] == [*(piece.start for piece in pieces), 1000]
    for piece in pieces:
        if piece.rows is not None:
            assert list(range(len(piece.rows))) == sorted(piece.rows.tolist())
            assert piece.stop - piece.start <= 60


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_a_tensor_without_bytes_shares_none(names: str) -> None:
    """Where it begins another begins too, whichever of the two is named first."""
    moves = {"a": move("a", 50, 2, 0), "b": move("b", 50, 2, 5)}
    pieces = layout_of(1000, [moves[name] for name in names], FILE)
    assert [50, 80, 870] == [sum(piece.stop - piece.start for piece in pieces if lo <= piece.start < hi)
                             for lo, hi in ((0, 50), (50, 130), (130, 1000))]
    assert [50] == [piece.start for piece in pieces if piece.rows is not None and piece.stop > piece.start]


def test_tensors_that_share_bytes_are_refused() -> None:
    """Two names of the same rows would be moved twice; one that ends behind the file is cut off."""
    with pytest.raises(InputError, match="shares its bytes"):
        layout_of(1000, [move("a", 0, 2, 5), move("b", 40, 2, 5)], FILE)
    with pytest.raises(InputError, match="ends at byte 100"):
        layout_of(100, [move("a", 50, 2, 5)], FILE)


def test_a_file_that_is_as_it_was_has_one_digest(tmp_path: Path) -> None:
    """Without moves the same bytes come out; an empty file too."""
    for data in (b"", b"tokens"):
        (tmp_path / "source").write_bytes(data)
        done = rewrite(tmp_path / "source", tmp_path / "target", [])
        assert data == (tmp_path / "target").read_bytes()
        assert done.before == done.after == hashlib.sha256(data).hexdigest()
        (tmp_path / "target").unlink()


def test_modes_are_kept(tmp_path: Path) -> None:
    """A script stays executable, and what was read-only can be written."""
    (tmp_path / "source").write_bytes(b"#!")
    (tmp_path / "source").chmod(0o555)
    rewrite(tmp_path / "source", tmp_path / "target", [])
    assert 0o755 == (tmp_path / "target").stat().st_mode & 0o777
