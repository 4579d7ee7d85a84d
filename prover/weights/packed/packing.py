"""How the rows of a tensor are laid out: a small text, such as `heads*(q + k + v)`, and the heads' blocks that it says.

Rows follow one another as the text has them: a sum is one thing after another, a number in front of a `*` says how
often what is behind it is repeated. The names q, k, v and o are the lanes of one head, and stand for blocks;
`k[nope, k]` are its lanes from nope to the last. Any other name is a width: of rows of no head, or how often.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prover.errors import ExpressionError, InputError
from prover.language.tokens import tokens
from prover.weights.packed.slots import Block, Role

MAX_TEXT = 400
MAX_NESTING = 8
MAX_BLOCKS = 1 << 16
MAX_ROWS = 1 << 31
ROLES = {role.value: role for role in Role}
ADVICE = "Rows are written as heads*q, heads*q + kv_heads*k + kv_heads*v, kv_heads*(group*q + k + v), lora + k[nope, k]"

Widths = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Lanes:
    """Lanes of one head, from `first` up to `end`; widths by name or as numbers, "" for the head's own ends."""

    role: Role
    first: str
    end: str


@dataclass(frozen=True, slots=True)
class Plain:
    """Rows that belong to no head."""

    width: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """What is repeated `count` times; once, in brackets, if that is empty."""

    count: str
    inner: Sum


@dataclass(frozen=True, slots=True)
class Sum:
    """Rows one after another."""

    terms: tuple[Lanes | Plain | Repeated, ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """How many rows a text says there are, and the blocks among them, in order of their first rows."""

    rows: int
    blocks: tuple[Block, ...]


def pack(text: str, widths: Widths) -> Packed:
    """The rows that a text says. `widths`: the number behind a name. Raises InputError with text and place."""
    sum_ = read_rows(text)
    found: list[Block] = []
    counts: dict[tuple[Role, int, int], int] = {}
    rows = _lay(sum_, widths, 0, False, found, counts, text)
    return Packed(rows, tuple(found))


def names(text: str) -> tuple[str, ...]:
    """The names of widths in a text, each once."""
    return tuple(dict.fromkeys(word for kind, word in tokens(text) if kind == "name"))


def read_rows(text: str) -> Sum:
    """A text's parts. Raises InputError with text and place."""
    if len(text) > MAX_TEXT:
        raise _wrong(text[:60], f"has {len(text)} characters; at most {MAX_TEXT}")
    try:
        words = [(kind, word) for kind, word in tokens(text) if kind != "space"]
    except ExpressionError as fault:
        raise _wrong(text, str(fault.message)) from None
    reader = _Reader(text, words)
    found = reader.sum_(0)
    if reader.place < len(words):
        raise reader.unexpected("+, * or the end")
    return found


@dataclass(slots=True)
class _Reader:
    text: str
    words: list[tuple[str, str]]
    place: int = 0

    def sum_(self, depth: int) -> Sum:
        if depth > MAX_NESTING:
            raise _wrong(self.text, f"is nested deeper than {MAX_NESTING}")
        terms = [self.product(depth)]
        while self.take("+"):
            terms.append(self.product(depth))
        return Sum(tuple(terms))

    def product(self, depth: int) -> Lanes | Plain | Repeated:
        if self.take("("):
            inner = self.sum_(depth + 1)
            self.need(")")
            return Repeated("", inner)
        word = self.word()
        if self.take("*"):
            if word in ROLES:
                raise _wrong(self.text, f"'{word}' is no number of times")
            return Repeated(word, Sum((self.product(depth + 1),)))
        if word not in ROLES:
            return Plain(word)
        if not self.take("["):
            return Lanes(ROLES[word], "", "")
        first = self.word()
        self.need(",")
        end = self.word()
        self.need("]")
        return Lanes(ROLES[word], first, end)

    def word(self) -> str:
        if self.place < len(self.words):
            kind, word = self.words[self.place]
            if kind == "name" or (kind == "number" and word.isdigit() and len(word) < 10):
                self.place += 1
                return word
        raise self.unexpected("a name or a whole number")

    def take(self, sign: str) -> bool:
        there = self.place < len(self.words) and self.words[self.place][1] == sign
        self.place += there
        return there

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise self.unexpected(sign)

    def unexpected(self, expected: str) -> InputError:
        got = f"'{self.words[self.place][1][:40]}'" if self.place < len(self.words) else "the end"
        return _wrong(self.text, f"expected {expected}, got {got}")


def _lay(
    sum_: Sum, widths: Widths, start: int, repeats: bool, found: list[Block],
    counts: dict[tuple[Role, int, int], int], text: str,
) -> int:
    """The row behind the last of a sum that starts at `start`; its blocks are put into `found`."""
    for term in sum_.terms:
        if isinstance(term, Plain):
            start += _number(term.width, widths)
        elif isinstance(term, Lanes):
            lanes = _lanes(term, widths, text)
            head = None
            if repeats:
                key = (term.role, lanes.start, lanes.stop)
                head = counts.get(key, 0)
                counts[key] = head + 1
            if len(lanes):
                found.append(Block(term.role, head, start, len(lanes), lanes.start))
            if len(found) > MAX_BLOCKS:
                raise _wrong(text, f"says more than {MAX_BLOCKS} blocks")
            start += len(lanes)
        else:
            start = _repeat(term, widths, start, repeats, found, counts, text)
        if start > MAX_ROWS:
            raise _wrong(text, f"says more than {MAX_ROWS} rows")
    return start


def _repeat(
    term: Repeated, widths: Widths, start: int, repeats: bool, found: list[Block],
    counts: dict[tuple[Role, int, int], int], text: str,
) -> int:
    count = _number(term.count, widths) if term.count else 1
    for done in range(count):
        before, blocks = start, len(found)
        start = _lay(term.inner, widths, start, repeats or bool(term.count), found, counts, text)
        if len(found) == blocks:  # what holds no block need not be gone through again
            return start + (start - before) * (count - done - 1)
    return start


def _lanes(term: Lanes, widths: Widths, text: str) -> range:
    width = widths(term.role.value)
    first = _number(term.first, widths) if term.first else 0
    end = _number(term.end, widths) if term.end else width
    if not 0 <= first <= end <= width:
        raise _wrong(text, f"lanes {first} to {end} do not lie in a head of {width}")
    return range(first, end)


def _number(word: str, widths: Widths) -> int:
    return int(word) if word.isdigit() else widths(word)


def _wrong(text: str, why: str) -> InputError:
    return InputError(f"rows '{text}': {why}", advice=ADVICE)

