"""Keys of GGUF metadata, read with the types that llama.cpp asks for; those that nothing took are told."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from prover.errors import InputError
from prover.sources.keys import number_text
from prover.sources.metadata import UNTOLD, Metadata, Scalar, Stored
from prover.sources.model import Finding

ARCHITECTURE = "general.architecture"
WHOLE = ("u32",)
FLOAT = ("f32",)
ELEMENTS = ("bool", "u32", "i32")


@dataclass(frozen=True, slots=True)
class Known:
    """A number, and the key or default that it was taken from. `is_stored`: the key holds it as a float32."""

    number: Fraction
    origin: str
    is_stored: bool = False

    @property
    def whole(self) -> int:
        """The number where it is known to be whole."""
        return int(self.number)

    @property
    def text(self) -> str:
        """The number as a spec has it: one that is stored stands for all that round to it."""
        text = number_text(self.number)
        return f"f32({text})" if self.is_stored and self.number > 0 else text


@dataclass(frozen=True, slots=True)
class Header:
    """The keys of one architecture; `taken` grows as they are read, `findings` as something is to be said of one."""

    metadata: Metadata
    name: str
    taken: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def __contains__(self, key: str) -> bool:
        return self.full(key) in self.metadata.keys

    def full(self, key: str) -> str:
        """The key as the file has it, behind the architecture's name."""
        return f"{self.name}.{key}"

    def whole(self, key: str, default: Known | None = None, least: int = 0) -> Known:
        """A u32. Raises InputError if it is not there and has no default, or is another type."""
        found = self._scalar(key, WHOLE, default)
        if found is None:
            assert default is not None
            return default
        if not isinstance(found, int) or isinstance(found, bool) or not least <= found < 1 << 31:
            raise self.wrong(key, f"a whole number from {least} on")
        return Known(Fraction(found), key)

    def number(self, key: str, default: Known | None = None) -> Known:
        """An f32, exactly. Raises InputError if it is not there and has no default, or is another type."""
        found = self._scalar(key, FLOAT, default)
        if found is None:
            assert default is not None
            return default
        if isinstance(found, bool | str):
            raise self.wrong(key, "a number")
        stored = self._stored(key)
        return Known(Fraction(found), key, stored.kind == "f32" and not stored.is_rounded)

    def flag(self, key: str, default: bool) -> bool:
        """A bool. Raises InputError for another type."""
        found = self._scalar(key, ("bool",), Known(Fraction(default), "default"))
        if found is None:
            return default
        if not isinstance(found, bool):
            raise self.wrong(key, "true or false")
        return found

    def text(self, key: str, default: str) -> str:
        """A text. Raises InputError for another type."""
        found = self._scalar(key, ("str",), Known(Fraction(0), "default"))
        if found is None:
            return default
        if not isinstance(found, str):
            raise self.wrong(key, "a text")
        return found

    def is_array(self, key: str) -> bool:
        """Whether the key is there and an array."""
        return key in self and isinstance(self._stored(key).value, tuple)

    def array(self, key: str) -> tuple[int, ...]:
        """The whole numbers of an array, which must be there, as far as the source shows them; bools are 0 and 1."""
        if not self.is_array(key):
            raise self.absent(key, kind="array ") if key not in self else self.wrong(key, "an array")
        self.taken.add(key)
        stored = self._stored(key)
        assert isinstance(stored.value, tuple)
        if stored.kind not in ("", *ELEMENTS) or not all(isinstance(each, int) for each in stored.value):
            raise self.wrong(key, "an array of bool, u32 or i32")
        return tuple(int(each) for each in stored.value)

    def cut(self, key: str) -> int:
        """How many elements of an array the source leaves out."""
        return self._stored(key).cut if key in self else 0

    def per_layer(self, key: str, count: int | None) -> tuple[int, ...] | int | None:
        """One number for all layers, or one for each; None if the key is not there. Raises InputError."""
        if not self.is_array(key):
            return self.whole(key).whole if key in self else None
        values = self.array(key)
        if count is not None and self.cut(key) != UNTOLD and len(values) + self.cut(key) != count:
            raise InputError(f"has {len(values) + self.cut(key)} entries, expected one for each of the {count} layers",
                             where=self.where(key))
        return values

    def tell(self, code: str, text: str) -> None:
        """Keep what is to be said, once."""
        finding = Finding(code, text)
        if finding not in self.findings:
            self.findings.append(finding)

    def unread(self) -> Iterator[Finding]:
        """What is to be said of keys that have to do with RoPE and were not taken."""
        own = dict.fromkeys(key for key in self.metadata.keys if key.startswith(f"{self.name}.rope."))
        left = [key for key in own if key.removeprefix(f"{self.name}.") not in self.taken]
        left += [key for key in self.metadata.keys if ".rope." in key and key not in own
                 and not key.startswith(("clip.", "tokenizer.", "general."))]
        if left:
            yield Finding("RP002", f"not read: {', '.join(left)[:800]}")

    def where(self, key: str) -> str:
        """The file and the key in it, as errors name them."""
        return f"{self.metadata.file}, {self.full(key)}"

    def wrong(self, key: str, expected: str) -> InputError:
        """The error that a key is not what was expected."""
        return InputError(f"expected {expected}, got {_told(self._stored(key))}", where=self.where(key))

    def absent(self, key: str, *others: str, kind: str = "", advice: str = "") -> InputError:
        """The error that a key is not there and has to be; `others` are not there either."""
        more = f" (nor {' nor '.join(others)})" if others else ""
        return InputError(f"the {kind}key is not in the file{more}, and llama.cpp has no default for it",
                          where=self.where(key), advice=advice)

    def _stored(self, key: str) -> Stored:
        return self.metadata.keys[self.full(key)]

    def _scalar(self, key: str, kinds: tuple[str, ...], default: Known | None) -> Scalar | None:
        self.taken.add(key)
        if key not in self:
            if default is None:
                raise self.absent(key)
            if not self.metadata.has_all_keys:
                self.tell("RP104", f"{key} is not in the text, which does not tell all keys: the default is taken")
            return None
        stored = self._stored(key)
        if isinstance(stored.value, tuple) or stored.kind not in ("", *kinds):
            raise self.wrong(key, f"{kinds[0]}, as llama.cpp asks for")
        if stored.is_rounded:
            self.tell("RP103", f"{key} was printed with few digits: the file may hold another number")
        return stored.value


def _told(stored: Stored) -> str:
    kind = f"{stored.kind} " if stored.kind else ""
    if isinstance(stored.value, tuple):
        size = "" if stored.cut == UNTOLD else f"{len(stored.value) + stored.cut} "
        return f"an array of {size}{stored.kind}".strip()
    if isinstance(stored.value, bool):
        return kind + str(stored.value).lower()
    return kind + (number_text(stored.value) if isinstance(stored.value, Fraction) else str(stored.value))[:40]


def open_header(metadata: Metadata, known: Collection[str]) -> Header:
    """The keys of the architecture that a file names.

    A log that lost the name still shows it: every key of a model starts with it. Raises InputError if none is to be
    found among those known.
    """
    stored = metadata.keys.get(ARCHITECTURE)
    if stored is not None:
        if not isinstance(stored.value, str) or stored.kind not in ("", "str"):
            raise InputError(f"expected a text, got {_told(stored)}", where=f"{metadata.file}, {ARCHITECTURE}")
        return Header(metadata, stored.value)
    named = {key.partition(".")[0] for key in metadata.keys} & set(known)
    if len(named) != 1:
        raise InputError("the key is not in the file: without it llama.cpp knows no key of the model",
                         where=f"{metadata.file}, {ARCHITECTURE}")
    (name,) = named
    told = f"{ARCHITECTURE} is not here, and llama.cpp refuses a file without it: the keys are those of {name}"
    return Header(metadata, name, findings=[Finding("RP102", told)])
