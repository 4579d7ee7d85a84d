"""What Coq files say of whole numbers, read out of their text and held against the layouts by brute force.

The axes that pairs turn by are written here from ggml's rope kernels (ggml-cpu/ops.cpp, rope_yarn over sectors).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise, product
from typing import Any

import pytest

from prover.resources import PROOFS
from prover.theorems.coq_file import coq_file

T, H, W, E = 1, 2, 3, 4   # as the files number the positions
_SIGNS = {"=?": "==", "<?": "<", ">=?": ">=", "&&": " and ", "mod": "%", "/": "//", "/\\": " and ", "\\/": " or ",
          "=": "==", "<>": "!="}


class Text:
    """The definitions of one theorem's file as Python, at values of its variables."""

    def __init__(self, name: str, **values: int) -> None:
        text = made(name)
        self.names: dict[str, Any] = {**values, "zmax": max}
        for found, argument, body in re.findall(r"^Definition (\w+'?)(?: \((\w+) : Z\))? : Z :=\s(.*?)\.$", text,
                                                re.MULTILINE | re.DOTALL):
            source = f"lambda {argument}: {python(body)}" if argument else python(body)
            self.names[found.replace("'", "_")] = eval(source, self.names)
        self.condition = re.search(r"Definition condition : Prop :=(.*?)\.$", text, re.MULTILINE | re.DOTALL)

    def __getitem__(self, name: str) -> Callable[[int], int]:
        return self.names[name]  # type: ignore[no-any-return]

    def holds(self) -> bool:
        """Whether the condition does."""
        assert self.condition
        return bool(eval(python(self.condition[1]), self.names))


@cache
def made(name: str) -> str:
    """The file of a shipped theorem."""
    return coq_file((PROOFS / "theorems" / f"{name}.json").read_text())


def python(text: str) -> str:
    """A Coq expression in Z, or a proposition about Z, as a Python expression."""
    words = re.findall(r"[A-Za-z_][\w.]*'?|\d+|=\?|<\?|>=\?|&&|/\\|\\/|<>|>=|<=|[-+*/()=<>]", text)
    words = [word.replace("Z.max", "zmax").replace("'", "_") for word in words]
    done, rest = _expression(words)
    assert not rest, rest
    return done


def _expression(words: list[str]) -> tuple[str, list[str]]:
    """Up to a closing parenthesis or the next then or else."""
    parts: list[str] = []
    while words and words[0] not in (")", "then", "else"):
        word, *words = words
        if word == "if":
            test, words = _expression(words)
            then, words = _expression(words[1:])
            other, words = _expression(words[1:])
            parts.append(f"(({then}) if ({test}) else ({other}))")
        elif word == "(":
            inner, (_, *words) = _expression(words)
            parts.append(f"({inner})")
        elif re.fullmatch(r"(source|target)_\w+", word) and words[:1] in (["j"], ["lane"]):
            parts.append(f"{word}({words[0]})")
            words = words[1:]
        else:
            parts.append(_SIGNS.get(word, word))
    return " ".join(parts), words


def imrope(j: int, sections: tuple[int, ...]) -> int:
    """The axis of IMROPE's pair."""
    sector = j % sum(sections)
    for axis, remainder in ((H, 1), (W, 2), (T, 0)):
        if sector % 3 == remainder and sector < 3 * sections[axis - 1]:
            return axis
    return E


def mrope(j: int, sections: tuple[int, ...]) -> int:
    """The axis of MROPE's pair: one section behind another."""
    return [axis for axis, width in zip((T, H, W, E), sections, strict=True) for _ in range(width)][j % sum(sections)]


def split(pairs: int) -> Iterator[tuple[int, ...]]:
    """All sections of this many pairs, some on t, h or w."""
    yield from (each for each in product(range(pairs + 1), repeat=4) if sum(each) == pairs and any(each[:3]))


def named(**lists: tuple[int, ...]) -> dict[str, int]:
    """Entries of lists by their names in the files."""
    return {f"{name}_{i}": each for name, own in lists.items() for i, each in enumerate(own)}


@pytest.mark.parametrize("pairs", [1, 2, 3, 4, 5])
def test_the_condition_is_where_all_pairs_turn_alike(pairs: int) -> None:
    """IMROPE and MROPE of the same sections: the condition, and the positions, at each pair of all sections."""
    for sections in split(pairs):
        text = Text("theorem-4-imrope-mrope-free", n_rot=2 * pairs, head_dim=2 * pairs, **named(sections=sections))
        axes = [(imrope(j, sections), mrope(j, sections)) for j in range(pairs)]
        assert axes == [(text["source_position"](j), text["target_position"](j)) for j in range(pairs)]
        assert text.holds() == all(one == other for one, other in axes)


@pytest.mark.parametrize("pairs", [1, 2, 3, 4])
def test_other_sections(pairs: int) -> None:
    """Of MROPE's sections: the positions as the file has them, and a pair that differs wherever one has two pairs."""
    for sections, parts in product(split(pairs), repeat=2):
        axes = [(imrope(j, sections), mrope(j, parts)) for j in range(pairs)]
        assert max(parts[:3]) <= 1 or any(one != other for one, other in axes)
        text = Text("theorem-4-imrope-mrope-other-sections", n_rot=2 * pairs, head_dim=2 * pairs,
                    **named(sections=sections, parts=parts))
        assert axes == [(text["source_position"](j), text["target_position"](j)) for j in range(pairs)]


@pytest.mark.parametrize("pairs", [4, 5, 6, 7])
def test_only_sections_of_one(pairs: int) -> None:
    """Parts that start over: none but 1,1,1,0 turns as IMROPE does at pairs 1, 2 and 3."""
    sections = ((pairs + 2) // 3, 0, pairs // 3, 0)
    for h, parts in product(range(3), product(range(4), repeat=4)):
        own = (sections[0], h, sections[2], pairs)
        if any(parts[:3]) and parts != (1, 1, 1, 0):
            assert any(imrope(j, own) != mrope(j, parts) for j in (1, 2, 3))
            text = Text("theorem-15-imrope-mrope-only-111", n_rot=2 * pairs, head_dim=99,
                        **named(sections=own, parts=parts))
            assert [(imrope(j, own), mrope(j, parts)) for j in range(pairs)] == [
                (text["source_position"](j), text["target_position"](j)) for j in range(pairs)]


@pytest.mark.parametrize("pairs", range(1, 14))
def test_order_and_permutation(pairs: int) -> None:
    """As many pairs on t, h and w in turn, sorted by axis: the pairs of IMROPE in the order that the file gives."""
    in_order = [j for axis in (0, 1, 2) for j in range(pairs) if j % 3 == axis]
    text = Text("theorem-15-imrope-mrope-factors", n_rot=2 * pairs, head_dim=2 * pairs + 2)
    assert in_order == [text["order"](j) for j in range(pairs)]
    rows = in_order + [pairs + j for j in in_order] + [2 * pairs, 2 * pairs + 1]
    assert rows == [text["permutation"](lane) for lane in range(2 * pairs + 2)]
    assert all(one % 3 <= other % 3 for one, other in pairwise(in_order))


@pytest.mark.parametrize("head_dim", range(6, 60, 2))
def test_tables_cut_at_thirds(head_dim: int) -> None:
    """Wan's axes, and the columns of its tables that each pair takes: alike at all pairs where the condition holds.

    diffusers 0.35.2, models/transformers/transformer_wan.py: WanRotaryPosEmbed makes tables of time, height and width
    and cuts them again at thirds of the head; apply_rotary_emb takes even columns of cosines, odd ones of sines.
    """
    space, third = 2 * (head_dim // 6), head_dim // 3
    made = "t" * (head_dim - 2 * space) + "h" * space + "w" * space
    cut = "t" * (head_dim - 2 * third) + "h" * third + "w" * third
    text = Text("theorem-8-wan-slices", head_dim=head_dim)

    def axis(column: int) -> str:
        return "t" if column < text["target_cut_h"] else "h" if column < text["target_cut_w"] else "w"

    for j in range(head_dim // 2):
        assert made[2 * j:2 * j + 2] == 2 * "thw"[text["source_axis"](j)]
        assert cut[2 * j:2 * j + 2] == axis(text["target_column"](j)) + axis(text["target_after"](j))
    assert text.holds() == (made == cut)
