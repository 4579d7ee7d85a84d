"""Input from strangers: one clear message, the right exit code, little work, little memory, nothing executed.

Every command runs in a child process under limits (see hostile/limited.py), which measures it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from markdown_reader import raw_html, tables, tokens
from prover.checker import canonical, digest
from prover.commands.cli import run_command
from sampling import few

CALLS = 6_000_000
PROOF_CALLS = 16_000_000
MEMORY = 300 * 10**6
MESSAGE = 1500

Text = str | bytes


@dataclass(frozen=True)
class Answer:
    """What one command line came to."""

    code: int
    stdout: str
    stderr: str
    calls: int
    memory: int

    @property
    def faults(self) -> list[str]:
        """What no input may ever cause."""
        found = [word for word in ("Traceback", "internal failure", "Warning") if word in self.stderr]
        found += [f"{self.calls} calls"] if self.calls >= CALLS else []
        found += [f"{self.memory >> 20} MB"] if self.memory >= MEMORY else []
        odd = sorted({c for c in self.stdout + self.stderr if not c.isprintable() and c != "\n"})
        return [*found, *(f"control character {c!a}" for c in odd)]

    @property
    def faults_but_work(self) -> list[str]:
        """For input that is no mistake and takes a proof's work to decide."""
        return [fault for fault in self.faults if not fault.endswith(" calls")]

    def refused(self, *parts: str, code: int = 2, lines: int = 1) -> list[str]:
        """What is wrong with this answer as a refusal whose message holds all of `parts`."""
        found = [f"exit code {self.code}"] if self.code != code else []
        found += ["standard output is not empty"] if self.stdout else []
        found += ["the message is not one line"] if self.stderr.count("\n") != lines else []
        found += ["the message is too long"] if len(self.stderr) > MESSAGE else []
        found += [f"no '{part}' in: {self.stderr[:300]}" for part in parts if part not in self.stderr]
        return found + self.faults


Run = Callable[..., Answer]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """A function that runs one command line under limits."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8:strict", "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("ROPE_PROVER_DEBUG", None)
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "hostile" / "limited.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    requests, answers = server.stdin, server.stdout

    def run_limited(*arguments: str | Path) -> Answer:
        requests.write(json.dumps([str(argument) for argument in arguments]) + "\n")
        requests.flush()
        return Answer(**json.loads(answers.readline()))

    yield run_limited
    requests.close()
    answers.close()
    server.wait()


def write(path: Path, content: Text) -> Path:
    """The path, after the content was written there."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def layout(
    angle: str = "p", *, width: str | int = 8, count: str | int = 4, first: str = "j", second: str = "j + 4",
    title: str = "a layout", axes: str = '["p"]', top: str = "", tables: str = "", pairs: str = "",
) -> str:
    """The text of a layout file: four half pairs of eight lanes unless said otherwise."""
    fields = {"count": count, "first": first, "second": second, "angle": angle}
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in fields.items())
    return (f"title = {json.dumps(title)}\naxes = {axes}\nwidth = {json.dumps(width)}\n{top}\n{tables}\n"
            f"[pairs]\n{lines}\n{pairs}\n")


def parameter(text: str, name: str = "k") -> str:
    """A parameter table."""
    return f"[parameters]\n{name} = {{ {text} }}\n"


def lets(**texts: str) -> str:
    """A table of let names."""
    return "[let]\n" + "".join(f"{name} = {json.dumps(text)}\n" for name, text in texts.items())


CODE = "__import__('pathlib').Path('executed').touch()"
LIST = parameter("default = [1, 2]")
SUMS = "*".join(f"({p} + sqrt({p}))" for p in (2, 3, 5, 7, 11, 13, 17, 19))

BAD_LAYOUTS: dict[str, tuple[Text, tuple[str, ...]]] = {
    # the file
    "empty": ("", ("missing required field 'title'",)),
    "binary": (bytes(range(256)) * 20, ("is not UTF-8 text",)),
    "UTF-16": (layout().encode("utf-16"), ("is not UTF-8 text",)),
    "zero bytes": (b"\0" * 100, ("is not TOML", "line 1")),
    "too large": ("#" * (1 << 20) + "\n", ("is larger than 1048576 bytes",)),
    "not TOML": ("title = \n", ("is not TOML", "line 1, column 9")),
    "no end": ('title = "x', ("is not TOML", "Unterminated string")),
    "key twice": (layout(pairs='count = "1"'), ("is not TOML", "line 11")),
    "table twice": (layout(pairs="[pairs]"), ("is not TOML", "line")),
    "nested arrays": ("x = " + "[" * 100_000, ("nested too deeply",)),
    "nested tables": ("x = " + "{a = " * 50_000, ("nested too deeply",)),
    "dotted key": ("x" + ".x" * 200_000 + " = 1\n", ("a dotted key has more than 64 parts",)),
    "dotted table": ("[x" + ".x" * 200_000 + "]\n", ("a dotted key has more than 64 parts",)),
    "number too long": ("title = " + "1" * 5000, ("number too long",)),
    # fields
    "unknown field": ("bogus = 1\n" + layout(), ("unknown field 'bogus'", "Fields here: title, axes")),
    "unknown field of pairs": (layout(pairs="bogus = 1"), ("pairs", "unknown field 'bogus'", "write_first")),
    "missing field": ('title = "x"\naxes = ["p"]\nwidth = 8\n', ("it has no pairs",)),
    "missing field of pairs": ('title="x"\naxes=["p"]\nwidth=8\n[pairs]\ncount=1\n', ("pairs", "field 'first'")),
    "title number": (layout().replace('"a layout"', "5"), ("title", "Expected 'str', got 'int'")),
    "axes text": (layout(axes='"p"'), ("axes", "Expected 'array', got 'str'")),
    "axis number": (layout(axes="[1]"), ("axes[", "Expected 'str', got 'int'")),
    "width list": (layout().replace("width = 8", "width = [8]"), ("width", "Expected 'int | str', got 'array'")),
    "count true": (layout().replace("count = 4", "count = true"), ("pairs.count", "got 'bool'")),
    "pairs number": ('title="x"\naxes=["p"]\nwidth=8\npairs=1\n', ("pairs", "got 'int'")),
    "date": (layout(pairs="magnitude = 1979-05-27"), ("pairs.magnitude", "got 'date'")),
    "positions": (layout(top='positions = "complex"'), ("positions", "'complex'")),
    "NaN": (layout(pairs="magnitude = nan"), ("pairs.magnitude", "unknown name 'nan'")),
    "infinity": (layout(pairs="magnitude = -inf"), ("pairs.magnitude", "column 2", "unknown name 'inf'")),
    "NaN in a list": (layout(tables=parameter("default = [nan]")), ("parameters.k.default", "'nan' is not a number")),
    "infinite default": (layout(tables=parameter("default = inf")), ("parameters.k.default", "'inf'")),
    "huge hexadecimal": (layout(pairs="magnitude = 0x" + "f" * 5000), ("pairs.magnitude",)),
    "huge hexadecimal default": (layout(tables=parameter("default = 0x" + "f" * 5000)), ("parameters.k.default",)),
    "huge hexadecimal in a list": (layout(tables=parameter("default = [0x" + "f" * 5000 + "]")),
                                   ("parameters.k.default",)),
    "long whole number": (layout(pairs="magnitude = " + "1" * 4000), ("pairs.magnitude", "more than 40 digits")),
    "source field": (layout(pairs="[[source]]\nrepo = 1"), ("source", "Expected 'str'")),
    # expressions
    "code": (layout(f"p*{CODE}"), ("pairs.angle", "column 14", "\"'\" is no character of the language", "floor ceil")),
    "code in width": (layout(width=CODE), ("width", "column 12", "\"'\" is no character of the language")),
    "code in a let name": (layout("p*x", tables=lets(x=CODE)), ("let.x", "\"'\" is no character of the language")),
    "code in a default": (layout(tables=parameter(f"default = {json.dumps(CODE)}")), ("parameters.k.default",)),
    "code in a requirement": (layout(tables=parameter(f"default = 1, require = {json.dumps(CODE)}")),
                              ("parameters.k.require", "\"'\" is no character of the language")),
    "attribute": (layout("p.__class__"), ("pairs.angle", "column 2: '.' is no character of the language")),
    "lambda": (layout("(lambda: p)()"), ("pairs.angle", "column 8: ':' is no character of the language")),
    "comprehension": (layout("sum([p for p in k])", tables=LIST), ("pairs.angle", "sum() takes one list")),
    "f-string": (layout("p*f'{p}'"), ("pairs.angle", "column 4", "\"'\" is no character of the language")),
    "walrus": (layout("(x := p)"), ("pairs.angle", "column 4: ':' is no character of the language")),
    "starred": (layout("max(*k)", tables=LIST), ("pairs.angle", "column 5", "is not allowed")),
    "string": (layout("p*'abc'"), ("pairs.angle", "column 3", "\"'\" is no character of the language")),
    "string with an escape": (layout("p*'\\d'"), ("pairs.angle", "column 3", "\"'\" is no character of the language")),
    "unknown function": (layout("sin(p)"), ("pairs.angle", "call of 'sin' is not allowed")),
    "unknown name": (layout("p*bogus"), ("pairs.angle", "column 3: unknown name 'bogus'", "Known names: j, pi")),
    "axis outside the angle": (layout(pairs='magnitude = "p"'), ("pairs.magnitude", "unknown name 'p'")),
    "null byte": (layout("p\0"), ("pairs.angle", "null")),
    "statement": (layout("import os"), ("pairs.angle", "not an expression", "column")),
    "too long": (layout("p + " * 2000 + "p"), ("pairs.angle", "at most 4000")),
    "brackets": (layout("(" * 1900 + "p" + ")" * 1900), ("pairs.angle", "nested")),
    "minus chain": (layout("-" * 3900 + "p"), ("pairs.angle", "nested")),
    "plus chain": (layout("p" + "+p" * 1900), ("pairs.angle", "too large")),
    "not chain": (layout("p if " + "not " * 900 + "j > 1 else 0"), ("pairs.angle", "nested 60 deep")),
    "index chain": (layout("k[" * 1000 + "0" + "]" * 1000, tables=LIST), ("pairs.angle", "nested")),
    "huge power": (layout("p*2**1000000"), ("angle", "has more than 65536 bits")),
    "sum of huge powers": (layout("p*(2**1000000 + 3**1000000)"), ("angle",)),
    "product of huge powers": (layout("p*" + "*".join(f"{q}**1000000" for q in (2, 3, 5, 7, 11, 13))), ("angle",)),
    "tower": (layout("p*(2**1000000)**1000000"), ("angle",)),
    "tower of let names": (layout("p*z", tables=lets(x="2**1000", y="2**x", z="2**y")), ("in 'y'", "bits")),
    "root of a negative number": (layout("p*2*(-1)**(1/2)"), ("angle", "negative")),
    "root in a let name": (layout("p*x", tables=lets(x="(-1)**(1/2)*2")), ("x", "negative")),
    "division by zero": (layout("p/0"), ("pairs, angle at j=0", "division by zero")),
    "division by zero later": (layout("p/(j - 2)"), ("pairs, angle at j=2", "zero")),
    "modulo zero": (layout("p*(3 % j)"), ("pairs, angle at j=0", "division by zero")),
    "irrational exponent": (layout("p*2**sqrt(2)"), ("pairs, angle at j=0", "not a rational number")),
    "log of zero": (layout("p*log(j)"), ("pairs, angle at j=0", "not positive")),
    "large root": (layout("p*sqrt(10**100 + 7)"), ("pairs, angle at j=0", "bits")),
    # linearity
    "square of the position": (layout("p*p"), ("pairs, angle at j=0", "must be linear in")),
    "whole part of the position": (layout("p//2"), ("pairs, angle at j=0", "must be linear in")),
    "position modulo": (layout("p % 2"), ("pairs, angle at j=0", "must be linear in")),
    "product of positions": (layout("p*q", axes='["p", "q"]'), ("pairs, angle at j=0", "must be linear")),
    "position in a condition": (layout("p if p > 3 else 0"), ("pairs, angle at j=0", "must be linear in")),
    "smaller position": (layout("min(p, 1)"), ("pairs, angle at j=0", "must be linear in")),
    # names
    "circle": (layout("p*a", tables=lets(a="b", b="c", c="a")), ("'a' is defined by itself: a -> b -> c -> a",)),
    "own circle": (layout("p*a", tables=lets(a="a + 1")), ("'a' is defined by itself: a -> a",)),
    "circle of defaults": (layout(tables='[parameters]\na = { default = "b" }\nb = { default = "a" }\n'),
                           ("'a' is defined by itself: a -> b -> a",)),
    **{f"name {name}": (layout(tables=parameter("default = 1", json.dumps(name))), (f"'{name}' cannot be a name",))
       for name in ("j", "pi", "floor", "if", "or", "lambda", "True", "None", "in", "is", "class", "a b", "1x", "é",
                    "a.b", "x" * 41, "")},
    "let name j": (layout(tables=lets(j="1")), ("'j' cannot be a name", "Names are letters, digits and _")),
    "axis j": (layout("j", axes='["j"]'), ("'j' cannot be a name",)),
    "axis twice": (layout(axes='["p", "p"]'), ("the name 'p' is defined twice",)),
    "axis and parameter": (layout(tables=parameter("default = 1", "p")), ("the name 'p' is defined twice",)),
    "too many names": (layout(tables=lets(**{f"x{i}": "1" for i in range(300)})), ("names are defined; at most 200",)),
    # parameters
    "requirement fails": (layout(tables=parameter("default = 1, require = 'k > 5', meaning = 'it'")),
                          ("k=1 does not meet its requirement 'k > 5'", "k is: it")),
    "requirement is a number": (layout(tables=parameter("default = 1, require = 'k + 1'")),
                                ("parameters.k.require", "column 1", "not a condition")),
    "requirement unbalanced": (layout(tables=parameter("default = 1, require = 'k > 0) else 0 if (1 > 0'")),
                               ("parameters.k.require",)),
    "requirement column": (layout(tables=parameter("default = 1, require = 'k > 0 and bogus > 1'")),
                           ("parameters.k.require", "column 11: unknown name 'bogus'")),
    "requirement per pair": (layout(tables=parameter("default = 1, require = 'j > 0'")),
                             ("parameters.k.require", "the pair index j has no value here")),
    "list requirement": (layout(tables=parameter("default = [1], require = 'k > 0'")),
                         ("parameters.k.require", "'k' is a list, expected a number")),
    "list default of text": (layout(tables=parameter("list = true, default = 1")), ("parameters.k.default", "list")),
    "list as number": (layout("p*k", tables=LIST), ("pairs.angle", "column 3", "'k' is a list, expected a number")),
    "number as list": (layout("p*k[0]", tables=parameter("default = 1")), ("pairs.angle", "'k[0]' is not allowed")),
    "index too large": (layout("p*k[j]", tables=LIST), ("pairs, angle at j=2", "k[2] does not exist: k has 2")),
    "negative index": (layout("p*k[-1]", tables=LIST), ("pairs, angle at j=0", "k[-1] does not exist")),
    "fractional index": (layout("p*k[1/2]", tables=LIST), ("pairs, angle at j=0", "k[1/2] does not exist")),
    "slice": (layout("p*k[0:1]", tables=LIST), ("pairs.angle", "column 6: ':' is no character of the language")),
    "not whole": (layout(tables=parameter("default = '1/2', whole = true")), ("k=0.5: expected whole numbers",)),
    # rules
    "rule path": (layout(top='rules = ["../x"]'), ("'../x' is not the name of a rule",)),
    "rule absolute": (layout(top='rules = ["/etc/passwd"]'), ("'/etc/passwd' is not the name of a rule",)),
    "rule dots": (layout(top='rules = ["ggml/../ggml/window"]'), ("is not the name of a rule",)),
    "rule unknown": (layout(top='rules = ["pairing/haf"]'),
                     ("there is no rule 'pairing/haf'", "Did you mean pairing/half")),
    "two pairings": (layout(top='rules = ["pairing/half", "pairing/adjacent"]'),
                     ("let name 'first_lane' is defined by rule 'pairing/adjacent' too",)),
    "like itself": ('title = "x"\nlike = "./bad.toml"\n', ("there is no layout './bad.toml'",)),
    "like a list": ('title = "x"\nlike = ["ggml/neox"]\n', ("there is no layout",)),
    "state without step": (layout(tables="[state.s]\ninitial = 0\n"), ("field 'step'",)),
    "state of itself only": (layout(tables='[state.s]\ninitial = "s"\nstep = "s"\n').replace("j", "j*(s*0 + 1)", 1),
                             ("bad.toml",)),
    "state that grows": (layout("s*p", width=800, count=400, second="j + 400",
                                tables='[state.s]\ninitial = 2\nstep = "s*s*s*s"\n'), ("more than 1600 bits",)),
    "warning without a condition": (layout(tables='[[warnings]]\nwhen = "1"\ntext = "x"\n'), ("warnings.when",)),
    "warning of the moon": (layout(tables='[[warnings]]\nwhen = "1 > 0"\ntext = "{moon}"\n'), ("moon",)),
    "requirement that fails": (layout(tables='[[requirements]]\nholds = "1 > 2"\ntext = "one is not more"\n'),
                               ("one is not more",)),
    "rule overridden": (layout(top='rules = ["ggml/window"]', tables=parameter("default = 1", "n_rot")),
                        ("parameter 'n_rot' is defined by rule 'ggml/window' too",)),
    "choice path": (layout(tables='[choose.k]\ndefault = "a"\nrules = { a = "../x" }\n'), ("'../x' is not the name",)),
    "choice file path": (layout(tables='[choose.k]\ndefault = "a"\nrules = "../../x"\n'), ("'../../x' is not the",)),
    "choice default": (layout(tables='[choose.k]\ndefault = "b"\nrules = { a = "pairing/half" }\n'),
                       ("k=b is not known", "Choose one of a")),
    # lanes and sizes
    "width 0": (layout(width=0), ("width is 0, expected 1 to 131072",)),
    "negative width": (layout(width=-8), ("width is -8, expected 1 to 131072",)),
    "half a lane": (layout(width="17/2"), ("width is 8.5, expected a whole number",)),
    "irrational width": (layout(width="sqrt(70)"), ("width is", "expected a whole number")),
    "billion lanes": (layout(width=10**9, count=5 * 10**8), ("width is 1000000000, expected 1 to 131072",)),
    "immense width": (layout(width="10**4000"), ("width", "more than 1600 bits")),
    "width by pair": (layout(width="8 + j"), ("width", "j")),
    "count by pair": (layout(count="4 + j"), ("count", "j")),
    "default by pair": (layout(tables=parameter("default = '4 + j'")), ("parameters.k.default", "j")),
    "million pairs": (layout(count=10**6), ("pairs", "count is 1000000, expected 0 to 4")),
    "much work": (layout("p" + "".join(f"*(j + {k})" for k in range(1, 45)), width=1 << 16, count=1 << 15,
                         second="j + 65536"), ("32768 pairs of", "more than")),
    "negative count": (layout(count=-1), ("pairs", "count is -1, expected 0 to 4")),
    "half a pair": (layout(count="7/2"), ("pairs", "count is 3.5, expected a whole number")),
    "odd width": (layout(width=7), ("count is 4, expected 0 to 3",)),
    "lane read twice": (layout(first="0"), ("pair 1 would read lane 0, as pair 0 does",)),
    "pair of one lane": (layout(second="j"), ("pair 0 would read lane 0, as pair 0 does",)),
    "lane outside": (layout(second="j + 5"), ("pair 3 would read lane 8; the head has lanes 0 to 7",)),
    "negative lane": (layout(first="j - 1"), ("pair 0 would read lane -1",)),
    "half lane": (layout(first="j/2"), ("first at j=1 is 0.5, expected a lane number",)),
    "lane written twice": (layout(pairs='write_first = "j + 4"\nwrite_second = "j + 3"'),
                           ("pair 1 would write lane 4, as pair 0 does",)),
    "read, not written": (layout(width=16, pairs='write_first = "j + 8"\nwrite_second = "j + 12"'),
                          ("lane 0 is read but never written",)),
    "magnitude 0": (layout(pairs="magnitude = 0"), ("pair 0 has magnitude 0; it must lie from 1e-100 to 1e100",)),
    "negative magnitude": (layout(pairs='magnitude = "j - 1/2"'), ("pair 0 has magnitude -1/2",)),
    "list magnitude": (layout(tables=LIST, pairs='magnitude = "k"'), ("pairs.magnitude", "'k' is a list")),
    "feed name": (layout(pairs='[feeds]\n"a\\u001b|" = { p = "p" }'), ("cannot be the name of a feed",)),
    "feed list": (layout(pairs='[feeds]\ntext = { p = ["p"] }'), ("feeds", "got 'array'")),
}


@pytest.mark.parametrize(("content", "parts"), BAD_LAYOUTS.values(), ids=BAD_LAYOUTS)
def test_bad_layout_files(run: Run, tmp_path: Path, content: Text, parts: tuple[str, ...]) -> None:
    """Each layout file is refused with a message that names the file, the place and the mistake."""
    assert [] == run("show", write(tmp_path / "bad.toml", content)).refused("bad.toml", *parts)


@pytest.mark.parametrize("field", ["width", "pairs.angle", "let", "require", "feed", "spec", "choice"])
def test_nothing_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    """Code in any field or argument leaves no trace."""
    monkeypatch.chdir(tmp_path)
    texts = {"width": layout(width=CODE), "pairs.angle": layout(f"p*{CODE}"), "let": layout(tables=lets(x=CODE)),
             "require": layout(tables=parameter(f"default = 1, require = {json.dumps(CODE)}"))}
    write(tmp_path / "bad.toml", texts.get(field, layout()))
    code = CODE.replace(":", "")
    arguments = {"feed": ["prove", "bad.toml", "bad.toml", "--feed", f"p={code}"],
                 "spec": ["show", f"ggml/neox:base={code}"], "choice": ["show", f"transformers/half:rope_type={code}"]}
    assert (2, ["bad.toml"]) == (run_command(arguments.get(field, ["show", "bad.toml"])), os.listdir(tmp_path))


HEAVY: dict[str, str] = {
    "condition of many conditionals": layout("p if " + " + ".join(f"(1 if j > {k} else 2)" for k in range(40))
                                             + " > 3 else 0"),
    "product of many conditionals": layout("p*" + "*".join(f"(1 if j > {k} else 2)" for k in range(60))),
    "quotient of many conditionals": layout("p/" + "/".join(f"(1 if j > {k} else 2)" for k in range(60))),
    "nested conditions": layout("p*" + "(1 if " * 25 + "j" + " > 1 else 2)" * 25),
    "long chain of let names": layout(
        "p*x190", tables=lets(x0="1", **{f"x{i}": f"x{i - 1} + 1" for i in range(1, 191)})),
    "deep chain of let names": layout("p*x190", tables=lets(
        x0="1", **{f"x{i}": "abs(" * 40 + f"x{i - 1}" + " + 1)" * 40 for i in range(1, 191)})),
    "doubling let names": layout(
        "p*x99", tables=lets(x0="j + 1", **{f"x{i}": f"x{i - 1}*x{i - 1}" for i in range(1, 100)})),
    "sum of 256 roots": layout("p*x", tables=lets(x=SUMS)),
    "square of 256 roots": layout("p*x*x", tables=lets(x=SUMS)),
    "powers of 256 roots": layout("p" + "*x" * 20, tables=lets(x=f"(j + 1)*{SUMS}")),
    "root of roots": layout("p*" + "sqrt(1 + " * 25 + "sqrt(2)" + ")" * 25),
    "logarithm of logarithms": layout("p*" + "log(100 + " * 25 + "1" + ")" * 25),
    "large prime factors": layout("p*sqrt((10**28 + 331)*(10**28 + 397)*(j + 1))"),
    "many blocks": layout().split("[pairs]")[0]
    + '[[pairs]]\ncount = 0\nfirst = "j"\nsecond = "j"\nangle = "p"\n' * 16_000,
    "many sources": layout(pairs='[[source]]\nrepo = "a"\npath = "b"\nsymbol = "c"\n' * 10_000),
    "number before a word": layout("p if 1if j else 0 else 2"),
    "names without lanes": layout(width=1, count=0),
    "no axes": layout("1", axes="[]"),
    "largest numbers": layout("p*1e400"),
    "smallest numbers": layout("p*1e-400", pairs="magnitude = '1e-400'"),
    "double negation": layout("p if " + "not " * 50 + "j > 1 else 0"),
    "comparison chain": layout("p if " + "j < " * 300 + "9 else 0"),
}


@pytest.mark.parametrize("content", HEAVY.values(), ids=HEAVY)
def test_heavy_layout_files(run: Run, tmp_path: Path, content: str) -> None:
    """Each layout file is shown or refused, quickly and quietly."""
    answer = run("show", write(tmp_path / "heavy.toml", content))
    other = {0: answer.stderr, 2: answer.stdout}.get(answer.code, "failed")
    assert ("", []) == (other, answer.faults)


BAD_SPECS: dict[str, tuple[str, tuple[str, ...]]] = {
    "unknown layout": ("ggml/nox", ("there is no layout 'ggml/nox'", "Did you mean ggml/neox", "rope-prover list")),
    "last part of names": ("longrope", ("Did you mean llama-cpp/longrope or sglang/longrope or vllm/longrope?",)),
    "comma": ("ggml/neox,n_rot=64", ("there is no layout 'ggml/neox,n_rot=64'", "Parameters stand behind colons")),
    "comma after a file": ("./mine.toml,n=64", ("there is no layout './mine.toml,n=64'", "Parameters stand behind")),
    "parameter alone": ("n_rot=64", ("there is no layout 'n_rot=64'", "Parameters stand behind colons")),
    "space": ("ggml/neox n_rot=64", ("Parameters stand behind colons, such as ggml/neox:n_rot=64",)),
    "empty": ("", ("there is no layout ''",)),
    "path": ("../ggml/neox", ("there is no layout '../ggml/neox'",)),
    "rule": ("rules/frequency/default", ("there is no layout 'rules/frequency/default'",)),
    "terminal escape": ("\x1b[31mred\x07", ("there is no layout",)),
    "not UTF-8": ("\udcff.toml", ("no such file",)),
    "no equals sign": ("ggml/neox:base", ("'base' is not a parameter", "Write NAME=VALUE")),
    "no value": ("ggml/neox:base=", ("'base=' is not a parameter",)),
    "no name": ("ggml/neox:=3", ("'=3' is not a parameter",)),
    "two colons": ("ggml/neox::", ("'' is not a parameter",)),
    "twice": ("ggml/neox:base=2:base=2", ("parameter 'base' is given twice",)),
    "unknown parameter": ("ggml/neox:zz=1", ("unknown parameter 'zz'", "This layout has attn_factor, base")),
    "list for a number": ("ggml/neox:base=1,2", ("'base' takes one number, got a list of 2",)),
    "number for a list": ("ggml/mrope:sections=5", ("sections=5 does not meet its requirement",)),
    "empty entry": ("ggml/mrope:sections=1,,2", ("parameter sections", "'' is not a number")),
    "only commas": ("ggml/mrope:sections=,,", ("parameter sections", "'' is not a number")),
    "word": ("ggml/neox:base=ten", ("parameter base", "'ten' is not a number")),
    "code": ("ggml/neox:base=__import__('os')", ("parameter base", "is not a number")),
    "NaN": ("ggml/neox:base=nan", ("parameter base", "'nan' is not a number")),
    "infinity": ("ggml/neox:base=inf", ("parameter base", "'inf' is not a number")),
    "hexadecimal": ("ggml/neox:base=0x10", ("parameter base", "'0x10' is not a number")),
    "Arabic digits": ("ggml/neox:head_dim=٦٤", ("parameter head_dim", "is not a number")),
    "huge exponent": ("ggml/neox:base=1e401", ("parameter base", "exponents up to 400")),
    "division by zero": ("ggml/neox:base=1/0", ("parameter base", "'1/0' is not a number")),
    "many digits": ("ggml/neox:base=" + "9" * 100, ("parameter base", "at most 40 digits")),
    "large base": ("ggml/neox:base=1e400", ("base", "bits")),
    "base 0": ("ggml/neox:base=0", ("base=0 does not meet its requirement 'base > 1'", "base is: freq_base")),
    "negative base": ("ggml/neox:base=-10000", ("base=-10000 does not meet its requirement",)),
    "odd width": ("ggml/neox:head_dim=7", ("head_dim=7 does not meet its requirement 'head_dim % 2 == 0",)),
    "odd rotated width": ("ggml/neox:n_rot=63", ("n_rot=63 does not meet", "here head_dim=128")),
    "rotated width too large": ("ggml/neox:n_rot=130", ("n_rot=130 does not meet", "here head_dim=128")),
    "width 0": ("ggml/neox:head_dim=0", ("head_dim=0 does not meet its requirement",)),
    "half width": ("ggml/neox:head_dim=64.5", ("head_dim=", "does not meet its requirement")),
    "billion lanes": ("ggml/neox:head_dim=1000000000", ("width is 1000000000, expected 1 to 131072",)),
    "million pairs": ("ggml/neox:head_dim=2000000", ("width is 2000000, expected 1 to 131072",)),
    "most lanes": ("ggml/neox:head_dim=262144", ("width is 262144, expected 1 to 131072",)),
    "too few sections": ("ggml/mrope:sections=1,2", ("sections=1,2 does not meet its requirement 'len(",)),
    "sections 0": ("ggml/mrope:sections=0,0,0,0", ("sections=0,0,0,0 does not meet its requirement",)),
    "sections too large": ("ggml/mrope:sections=100,20,20,0", ("sections=100,20,20,0 does not meet",)),
    "negative section": ("ggml/mrope:sections=-1,20,20,0", ("sections=-1,20,20,0 does not meet",)),
    "half a section": ("ggml/mrope:sections=1.5,20,20,0", ("expected whole numbers, got 1.5",)),
    "rope type": ("transformers/half:rope_type=bogus", ("rope_type=bogus is not known", "Choose one of default")),
    "rope type path": ("transformers/half:rope_type=../x", ("rope_type=../x is not known",)),
    "magnitude 0": ("generic/table:magnitude=0", ("magnitude=0 does not meet its requirement 'magnitude > 0'",)),
    "many parameters": ("ggml/neox:" + ":".join(f"a{i}=1" for i in range(15_000)), ("a0",)),
    "long list": ("generic/table:frequencies=" + ",".join(["1"] * 60_000) + ",0x",
                  ("parameter frequencies", "more than 32768 entries")),
}


@pytest.mark.parametrize(("spec", "parts"), BAD_SPECS.values(), ids=BAD_SPECS)
@pytest.mark.parametrize("command", few(["show", "prove"]))
def test_bad_specs(run: Run, command: str, spec: str, parts: tuple[str, ...]) -> None:
    """Each spec is refused with a message that names it and the mistake, whichever command reads it."""
    answer = run("show", spec) if command == "show" else run("prove", "ggml/neox", spec)
    assert [] == answer.refused("spec '", *parts)


PATHS: dict[str, Callable[[Path], Path]] = {
    "missing": lambda folder: folder / "none.toml",
    "missing folder": lambda folder: folder / "no" / "none.toml",
    "folder": lambda folder: make(folder / "folder.toml", lambda path: path.mkdir()),
    "named pipe": lambda folder: make(folder / "pipe.toml", os.mkfifo),
    "link to itself": lambda folder: make(folder / "loop.toml", lambda path: path.symlink_to(path)),
    "link to a device": lambda folder: make(folder / "zero.toml", lambda path: path.symlink_to("/dev/zero")),
    "name too long": lambda folder: folder / ("a" * 5000 + ".toml"),
    "below a file": lambda folder: make(folder / "file", lambda path: path.touch()) / "x.toml",
}
REASONS = {"missing": "no such file", "missing folder": "no such file", "folder": "is a directory",
           "named pipe": "not a regular file", "link to a device": "not a regular file"}


def make(path: Path, create: Callable[[Path], object]) -> Path:
    """The path, after something was created there."""
    create(path)
    return path


@pytest.mark.parametrize("command", ["show", "check", "run"])
@pytest.mark.parametrize("name", PATHS)
def test_bad_paths(run: Run, tmp_path: Path, name: str, command: str) -> None:
    """A path that is no regular file is refused at once, and the message says what it is."""
    path = PATHS[name](tmp_path)
    answer = run(command, path)
    assert [] == Answer(answer.code, answer.stdout, answer.stderr.replace(str(path), path.name[:40]), answer.calls,
                        answer.memory).refused(path.name[:40], REASONS.get(name, ""))


BAD_FEEDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "square": ("t=p*p,h=p,w=p,e=0", ("must be linear in",)),
    "whole part": ("t=p//2,h=p,w=p,e=0", ("must be linear in",)),
    "product": ("t=p*q,h=p,w=p,e=0", ("must be linear",)),
    "open axis": ("t=p", ("axis 'e' of ggml/imrope gets no position", "Add e=")),
    "unknown axis": ("zz=p", ("neither layout has an axis 'zz'", "Axes: e, h, t, w")),
    "unknown name": ("bogus", ("the source ggml/imrope has no feed 'bogus'", "It has audio, image, text")),
    "empty": ("", ("has no feed ''",)),
    "no position": ("t=,h=p", ("'t=' is not AXIS=POSITION", "Write t=p,h=p,w=p,e=0")),
    "no axis": ("=p", ("'=p' is not AXIS=POSITION",)),
    "space for a comma": ("t=p h=p", ("'t=p h=p' is more than one axis", "Write commas between")),
    "semicolon": ("t=p;h=p", ("'t=p;h=p' is more than one axis", "Write commas between")),
    "no comma": ("t=p h=p w=p e=0", ("feed",)),
    "two signs": ("t==p,h=p,w=p,e=0", ("column 1: '=' is no character of the language",)),
    "axis twice": ("t=p,t=p", ("axis 't' is given twice",)),
    "code": ("t=__import__('os'),h=p,w=p,e=0", ("column 12", "\"'\" is no character of the language")),
    "irrational": ("t=sqrt(2)*p,h=p,w=p,e=0", ("axis t: 'sqrt(2)*p' is not a rational multiple",)),
    "pi": ("t=pi*p,h=p,w=p,e=0", ("axis t: 'pi*p' is not a rational multiple",)),
    "division by zero": ("t=p/0,h=p,w=p,e=0", ("axis t", "division by zero")),
    "pair index": ("t=j,h=j,w=j,e=j", ("j",)),
    "pair index times position": ("t=j*p,h=p,w=p,e=0", ("j",)),
    "keyword": ("t=lambda,h=p,w=p,e=0", ("not an expression",)),
    "list": ("t=p[0],h=p,w=p,e=0", ("'p[0]' is not allowed",)),
    "terminal escape": ("t=p\x1b[31m,h=p,w=p,e=0", ("column 2: U+001B is no character of the language",)),
    "not UTF-8": ("t=\udcff,h=p,w=p,e=0", ("feed",)),
    "too long": ("t=" + "p+" * 3000 + "p,h=p,w=p,e=0", ("at most 4000",)),
    "many coordinates": ("t=" + "+".join(f"a{i}" for i in range(400)) + ",h=p,w=p,e=0", ("coordinates; at most 8",)),
}


@pytest.mark.parametrize(("feed", "parts"), BAD_FEEDS.values(), ids=BAD_FEEDS)
def test_bad_feeds(run: Run, feed: str, parts: tuple[str, ...]) -> None:
    """Each feed is refused with a message that quotes it and says what is wrong."""
    assert [] == run("prove", "ggml/imrope", "ggml/mrope", "--feed", feed).refused("feed '", *parts)


FILE_FEEDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "unknown axis": ('{ p = "p", zz = "p" }', ("'zz'",)),
    "code": (f"{{ p = {json.dumps(CODE)} }}", ("\"'\" is no character of the language",)),
    "not linear": ('{ p = "p*p" }', ("must be linear in",)),
    "open axis": ("{}", ("axis 'p'", "gets no position")),
    "pair index": ('{ p = "j" }', ("j",)),
}


@pytest.mark.parametrize(("table", "parts"), FILE_FEEDS.values(), ids=FILE_FEEDS)
def test_bad_feeds_in_files(run: Run, tmp_path: Path, table: str, parts: tuple[str, ...]) -> None:
    """Each feed of a layout file is refused with a message that names the file and the feed."""
    path = write(tmp_path / "bad.toml", layout(pairs=f"[feeds]\ntext = {table}\n"))
    assert [] == run("prove", path, path, "--feed", "text").refused("bad.toml", "text", *parts)


ODD_FEEDS = ["t=1,h=2,w=3,e=4", "t=0,h=0,w=0,e=0", "t=1e300*p,h=p,w=p,e=0", "t=p+1e300,h=p,w=p,e=0",
             "t=1e-300*p,h=p,w=p,e=0", "t=1e400*p,h=p,w=p,e=0", "t=p/2,h=p,w=p,e=0", "t=p if 1 > 0 else q,h=p,w=p,e=0"]


@pytest.mark.parametrize("feed", few(ODD_FEEDS, 3))
def test_odd_feeds(run: Run, feed: str) -> None:
    """A feed that is constant or very large is decided, left open or refused, never a failure."""
    answer = run("prove", "ggml/imrope", "ggml/mrope", "--feed", feed)
    assert (True, []) == (answer.code in (0, 1, 2, 3, 5) and answer.calls < PROOF_CALLS, answer.faults_but_work)


ODD_NUMBERS = {
    "1e400 and 1e-400": ("frequencies=1e400", "frequencies=1e-400"),
    "1e300 and 1e-300": ("frequencies=1e300", "frequencies=1e-300"),
    "1e-300 and 2e-300": ("frequencies=1e-300", "frequencies=2e-300"),
    "1e-400 and 2e-400": ("frequencies=1e-400", "frequencies=2e-400"),
    "1e400 and itself": ("frequencies=1e400", "frequencies=1e400"),
    "1e40 and next": ("frequencies=1e39", "frequencies=1000000000000000000000000000000000000001"),
    "magnitude 1e400": ("magnitude=1e400", "magnitude=1"),
    "magnitude 1e-400": ("magnitude=1e-400", "magnitude=1"),
    "magnitude 1e-50": ("magnitude=1e-50", "magnitude=1"),
    "magnitude 1e100": ("magnitude=1e100", "magnitude=1"),
}


@pytest.mark.parametrize(("source", "target"), few(ODD_NUMBERS, 3))
def test_odd_numbers(run: Run, source: str, target: str) -> None:
    """Numbers beyond floating point are decided, left open or refused, never a failure."""
    answer = run("prove", f"generic/table:{source}", f"generic/table:{target}")
    assert (True, []) == (answer.code in (0, 1, 2, 3, 5) and answer.calls < PROOF_CALLS, answer.faults_but_work)


PAIRS_OF_LAYOUTS: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "axes": (["ggml/neox", "ggml/mrope"], ("the axes do not match", "'e' only in the target", "--feed text")),
    "widths": (["ggml/neox", "ggml/neox:head_dim=64"], ("different widths: source 128, target 64 lanes",)),
    "same feed twice": (["ggml/neox", "ggml/neox", "--feed", "text", "--feed", "text"], ("feed is given twice",)),
    "too many feeds": (["ggml/neox", "ggml/neox", *(x for i in range(17) for x in ("--feed", f"p=p+{i}"))],
                       ("17 feeds; at most 8",)),
}


@pytest.mark.parametrize(("arguments", "parts"), PAIRS_OF_LAYOUTS.values(), ids=PAIRS_OF_LAYOUTS)
def test_layouts_that_cannot_be_compared(run: Run, arguments: list[str], parts: tuple[str, ...]) -> None:
    """Two layouts that do not fit together are refused with the reason on both sides."""
    assert [] == run("prove", *arguments).refused(*parts)


def claim(
    top: str = "", source: str = "ggml/normal", target: str = "ggml/neox",
    expect: str = 'verdict = "equivalent"\nrelation = "permutation"',
) -> str:
    """The text of a claim file."""
    return (f'title = "a claim"\nsource = {json.dumps(source)}\ntarget = {json.dumps(target)}\n{top}\n'
            f"[expect]\n{expect}\n")


BAD_CLAIMS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "empty": ("", ("missing required field 'title'", "Fields: title, source, target")),
    "binary": (bytes(range(256)), ("is not UTF-8 text",)),
    "not TOML": ("title", ("is not TOML", "Expected '='")),
    "no expectation": (claim().partition("[expect]")[0], ("missing required field 'expect'",)),
    "unknown field": (claim("bogus = 1"), ("unknown field 'bogus'",)),
    "unknown verdict": (claim(expect='verdict = "yes"\nrelation = "none"'), ("expect.verdict", "'yes'")),
    "unknown relation": (claim('relation = "magic"'), ("relation", "'magic'")),
    "pairs text": (claim(expect='verdict = "equivalent"\nrelation = "none"\npairs = ["a"]'), ("expect.pairs",)),
    "unknown layout": (claim(target="ggml/zz"), ("spec 'ggml/zz'", "there is no layout 'ggml/zz'")),
    "unknown feed": (claim('feeds = ["bogus"]'), ("feed 'bogus'", "has no feed 'bogus'")),
    "zero byte in a path": (claim(target="a\0.toml"), ("null byte",)),
    "long name": (claim(target="a" * 900_000), ("there is no layout",)),
    "long path": (claim(target="a" * 900_000 + ".toml"), ("spec 'aaa",)),
    "many parameters": (claim(target="ggml/neox:" + ":".join(f"a{i}=1" for i in range(60_000))), ("a0",)),
    "long list": (claim(target="generic/table:frequencies=" + ",".join(["1"] * 400_000)),
                  ("parameter frequencies", "more than 32768 entries")),
    "dotted key": ("x" + ".x" * 200_000 + " = 1\n", ("a dotted key has more than 64 parts",)),
    "layout file": (layout(), ("unknown field",)),
}


@pytest.mark.parametrize(("content", "parts"), BAD_CLAIMS.values(), ids=BAD_CLAIMS)
def test_bad_claim_files(run: Run, tmp_path: Path, content: Text, parts: tuple[str, ...]) -> None:
    """Each claim file is refused with a message that names the file and the mistake."""
    assert [] == run("run", write(tmp_path / "bad.toml", content)).refused("bad.toml", *parts)


def test_unknown_proof(run: Run) -> None:
    """An unknown proof name is answered with the command that has the known ones, and what a file's name ends in."""
    assert [] == run("run", "bogus").refused("there is no proof 'bogus'", "'rope-prover list'", "ends in .toml")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A valid certificate that the permutation between NORMAL and NEOX holds on eight lanes."""
    path = tmp_path_factory.mktemp("certificate") / "valid.json"
    run_command(["prove", "ggml/normal:head_dim=8", "ggml/neox:head_dim=8", "--certificate", str(path)])
    return path.read_text()


def forged(certificate: str, **changes: Any) -> str:
    """The certificate with fields replaced and the digest made to fit; a__0__b stands for [a][0][b]."""
    body = json.loads(certificate)
    del body["digest"]
    for place, value in changes.items():
        *outer, last = place.split("__")
        inner = body
        for key in outer:
            inner = inner[int(key) if key.isdigit() else key]
        inner[last] = value
    return canonical(body | {"digest": digest(body)})


BAD_CERTIFICATES: dict[str, Callable[[str], Text]] = {
    "empty": lambda text: "",
    "truncated": lambda text: text[:-100],
    "not JSON": lambda text: "hello",
    "TOML": lambda text: layout(),
    "null": lambda text: "null",
    "list": lambda text: "[]",
    "number": lambda text: "1e999999",
    "zero bytes": lambda text: "\0\0",
    "deep": lambda text: "[" * 200_000,
    "deep objects": lambda text: '{"a":' * 200_000,
    "long number": lambda text: "1" * 10_000,
    "two in one": lambda text: text + text,
    "indented": lambda text: json.dumps(json.loads(text), indent=1),
    "only a digest": lambda text: '{"digest": "sha256:0"}',
    "other digest": lambda text: text.replace("sha256:", "sha256:0", 1),
    "other schema": lambda text: forged(text, schema="other/1"),
    "name is a number": lambda text: forged(text, source__name=5),
    "name is a list": lambda text: forged(text, source__name=["a"]),
    "feed name is a number": lambda text: forged(text, feeds__0__name=5),
    "width is true": lambda text: forged(text, source__width=True, target__width=True),
    "width is huge": lambda text: forged(text, source__width=10**12, target__width=10**12),
    "no pairs": lambda text: forged(text, source__pairs=[]),
    "pairs is a number": lambda text: forged(text, source__pairs=5),
    "negative magnitude": lambda text: forged(text, source__pairs__0__magnitude="-1"),
    "nested magnitude": lambda text: forged(text, source__pairs__0__magnitude="1*" + "(1*" * 2000 + "2" + ")" * 2000),
    "tower": lambda text: forged(text, source__pairs__0__magnitude="1*2^" + "9" * 3000 + "/7"),
    "many roots": lambda text: forged(
        text, source__pairs__0__magnitude=" + ".join(f"1*{q}^1/3" for q in range(2, 1500))),
    "many factors": lambda text: forged(
        text, source__pairs__0__magnitude="1*" + "*".join(f"{q}^63/2" for q in range(2, 1500))),
    "name is an escape": lambda text: forged(text, source__name="\x1b[31mred\n", holds__relation="magic"),
}


@pytest.mark.parametrize("forge", BAD_CERTIFICATES.values(), ids=BAD_CERTIFICATES)
def test_bad_certificates(run: Run, tmp_path: Path, certificate: str, forge: Callable[[str], Text]) -> None:
    """Each certificate is rejected with exit code 4 and one line that names the file and says why."""
    path = write(tmp_path / "bad.json", forge(certificate))
    assert [] == run("check", path).refused("REJECTED", "bad.json: ", code=4)


def test_binary_certificate(run: Run, tmp_path: Path) -> None:
    """A certificate that is no text at all is unreadable input."""
    assert [] == run("check", write(tmp_path / "bad.json", bytes(range(256)))).refused("is not UTF-8 text")


def test_certificate_too_large(run: Run, tmp_path: Path) -> None:
    """A certificate above the limit is unreadable input."""
    path = tmp_path / "bad.json"
    with path.open("wb") as stream:
        stream.truncate((1 << 26) + 1)
    assert [] == run("check", path).refused("bad.json", "is larger than 67108864 bytes")


def test_certificate_missing_beside_a_good_one(run: Run, tmp_path: Path, certificate: str) -> None:
    """Each file is told: the one that is accepted, and in one line of its own the one that cannot be read."""
    answer = run("check", write(tmp_path / "a.json", certificate), tmp_path / "b.json")
    assert (2, [], 1) == (answer.code, answer.faults, answer.stderr.count("\n"))
    assert ("accepted" in answer.stdout, "b.json: no such file" in answer.stderr) == (True, True)


def test_truncated_certificate_beside_a_claim(run: Run, tmp_path: Path, certificate: str) -> None:
    """A stored certificate that the checker rejects ends `run` with exit code 4 and the reason."""
    write(tmp_path / "k.json", certificate[:-100])
    answer = run("run", write(tmp_path / "k.toml", claim()))
    told = "k.json: the checker rejects the evidence: " in answer.stdout + answer.stderr
    assert (4, [], True) == (answer.code, answer.faults, told)


def test_certificate_of_another_claim(run: Run, tmp_path: Path, certificate: str) -> None:
    """A stored certificate that proves something else is rejected as evidence for this claim."""
    write(tmp_path / "k.json", certificate)
    answer = run("run", write(tmp_path / "k.toml", claim()))
    assert (4, [], True) == (answer.code, answer.faults, "a certificate of something else" in answer.stdout)


def test_certificate_folder_beside_a_claim(run: Run, tmp_path: Path) -> None:
    """A folder where a certificate would be stored is left alone."""
    (tmp_path / "k.json").mkdir()
    stated = claim(expect='verdict = "convertible"\nrelation = "permutation"')
    answer = run("run", "--update", write(tmp_path / "k.toml", stated))
    assert ([], ["k.json", "k.toml"]) == (answer.refused("k.json"), sorted(os.listdir(tmp_path)))


TARGETS: dict[str, tuple[str, str]] = {
    "missing folder": ("no/such.json", "its folder does not exist"),
    "folder": ("folder", "irectory"),
    "folder with a slash": ("folder/", "irectory"),
    "named pipe": ("pipe", "not a regular file"),
    "link to a device": ("device", "not a regular file"),
    "below a file": ("file/x.json", "its folder does not exist"),
    "name too long": ("a" * 300, "cannot be written"),
    "empty": ("", "certificate"),
}


@pytest.mark.parametrize(("target", "part"), TARGETS.values(), ids=TARGETS)
def test_certificate_that_cannot_be_written(run: Run, tmp_path: Path, target: str, part: str) -> None:
    """Writing to what is no regular file is refused and changes nothing in the folder."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "device").symlink_to("/dev/null")
    os.mkfifo(tmp_path / "pipe")
    write(tmp_path / "file", "old")
    before = _state(tmp_path)
    answer = run("prove", "ggml/normal", "ggml/neox", "--certificate", f"{tmp_path}/{target}" if target else "")
    assert ([], before) == (answer.refused(part), _state(tmp_path))


def _state(folder: Path) -> list[tuple[str, int, str]]:
    """Name, kind and content of everything below a folder."""
    return sorted((str(path.relative_to(folder)), path.lstat().st_mode, path.read_text() if path.is_file() else "")
                  for path in folder.rglob("*"))


FAILING = {
    "unknown layout": ["prove", "ggml/normal", "ggml/zz"],
    "different axes": ["prove", "ggml/normal", "ggml/mrope"],
    "bad feed": ["prove", "ggml/normal", "ggml/neox", "--feed", "p=p*p"],
    "bad relation": ["prove", "ggml/normal", "ggml/neox", "--relation", "magic"],
}


@pytest.mark.parametrize("arguments", FAILING.values(), ids=FAILING)
def test_certificate_unchanged_on_failure(run: Run, tmp_path: Path, arguments: list[str]) -> None:
    """A command that fails leaves an existing certificate as it was and no file beside it."""
    path = write(tmp_path / "old.json", "old")
    before = _state(tmp_path)
    answer = run(*arguments, "--certificate", path)
    assert (2, "", before) == (answer.code, answer.stdout, _state(tmp_path))


def test_layout_is_not_overwritten_by_its_certificate(run: Run, tmp_path: Path) -> None:
    """The certificate may not take the place of a layout file that the proof was made from."""
    path = write(tmp_path / "mine.toml", layout())
    answer = run("prove", path, "ggml/neox:head_dim=8", "--certificate", path)
    assert (2, layout()) == (answer.code, path.read_text())


EVIL = "a\x1b[31mb\x07c\rd\ne\u202ef\u200bg\x9bh|i`j<script>*k*[l](http://x)![m](http://y)</details>@n"
EVIL_LAYOUT = layout(
    title=EVIL, top=f"note = {json.dumps(EVIL)}", tables=parameter(f"default = 1, meaning = {json.dumps(EVIL)}"),
    pairs=f'[feeds]\ntext = {{ p = "p\\n" }}\n[[source]]\nrepo = {json.dumps(EVIL)}\npath = "p"\nsymbol = "s"\n',
)
EVIL_NAME = "evil|`<script>*k*@n.toml"
SHOWN = {
    "show": ["show", "evil.toml"],
    "show as JSON": ["show", "evil.toml", "--json"],
    "equivalent": ["prove", "evil.toml", "evil.toml"],
    "different": ["prove", "evil.toml", "ggml/neox:head_dim=8"],
    "different in Markdown": ["prove", "evil.toml", "ggml/neox:head_dim=8", "--format", "markdown"],
    "different as JSON": ["prove", "evil.toml", "ggml/neox:head_dim=8", "--json"],
    "evil feed": ["prove", "evil.toml", "evil.toml", "--feed", EVIL],
    "evil written feed": ["prove", "evil.toml", "evil.toml", "--feed", f"p={EVIL}"],
    "evil path": ["prove", EVIL_NAME, "ggml/neox:head_dim=8"],
    "evil path in Markdown": ["prove", EVIL_NAME, "ggml/neox:head_dim=8", "--format", "markdown"],
    "evil parameter": ["show", "evil.toml:k=x"],
    "evil claim": ["run", "claim\x07.toml"],
    "evil claim in Markdown": ["run", "claim\x07.toml", "--format", "markdown"],
    "evil certificate path": ["prove", "evil.toml", "evil.toml", "--certificate", "out\x07.json"],
    "evil certificate": ["check", "evil.json"],
    "evil argument": ["show", "a", "b\x07"],
}


@pytest.fixture
def evil_folder(tmp_path: Path, certificate: str) -> Path:
    """A folder with a layout, a claim and a certificate full of control characters and markup."""
    write(tmp_path / "evil.toml", EVIL_LAYOUT)
    write(tmp_path / EVIL_NAME, EVIL_LAYOUT)
    write(tmp_path / "claim\x07.toml", claim().replace('"a claim"', json.dumps(EVIL)))
    write(tmp_path / "evil.json", forged(certificate, source__name=EVIL, feeds__0__name=EVIL))
    return tmp_path


def _placed(arguments: list[str], folder: Path) -> list[str]:
    names = (EVIL_NAME, "evil.toml", "evil.json", "claim\x07.toml", "out\x07.json")
    return [f"{folder}/{word}" if word.startswith(names) else word for word in arguments]


@pytest.mark.parametrize("arguments", SHOWN.values(), ids=SHOWN)
def test_control_characters(run: Run, evil_folder: Path, arguments: list[str]) -> None:
    """No control character of a file, a name or an argument reaches the terminal."""
    assert [] == run(*_placed(arguments, evil_folder)).faults


MARKDOWN = ("different in Markdown", "evil path in Markdown", "evil claim in Markdown")


@pytest.mark.parametrize("name", MARKDOWN)
def test_markup(run: Run, evil_folder: Path, name: str) -> None:
    """No markup of a title or a name is live in Markdown, and every table keeps its cells."""
    answer = run(*_placed(SHOWN[name], evil_folder))
    live = {token.type for token in tokens(answer.stdout)} & {"em_open", "link_open", "image", "s_open"}
    assert (True, set(), []) == ("script" in answer.stdout, live, raw_html(answer.stdout))
    assert all(len({*map(len, rows)}) == 1 for rows in tables(answer.stdout))
