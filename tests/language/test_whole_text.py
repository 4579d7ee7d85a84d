"""A text is read whole: the catalogue's expressions with lines broken, and every field with a foreign character."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from prover.commands.cli import run_command
from prover.errors import ExpressionError, InputError
from prover.language import expression
from prover.language.tokens import MAX_LENGTH, tokens, words
from prover.layouts import family_file
from prover.layouts.layout_tables import choice_rules, raw_layout
from prover.layouts.loading import load
from prover.layouts.spec import catalogue
from prover.theorems.symbolic import read_hypotheses, symbolic_layout
from prover.theorems.variables import find_variables

Call = tuple[str, str, frozenset[str], frozenset[str], bool]


@cache
def calls() -> tuple[Call, ...]:
    """Every text that is parsed for the layouts of the catalogue, each rule once, with the names it may use."""
    found: dict[Call, None] = {}
    seen: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("parse", "parse_condition"):
            original = getattr(expression, name)

            def recorded(
                text: str, numbers: Collection[str], lists: Collection[str], index: bool = name == "parse",
                name: str = name, original: Any = original,
            ) -> Any:
                used = {*words(text)}
                found[name, text, frozenset(used & {*numbers}), frozenset(used & {*lists}), index] = None
                return original(text, numbers, lists, index=index)

            patch.setattr(family_file, name, recorded)
        for layout, path in catalogue().items():
            rules = [
                ({name: word}, rule)
                for name, choice in raw_layout(path).choose.items() for word, rule in choice_rules(choice).items()
            ]
            for choices, rule in [({}, ""), *rules]:
                if rule not in seen:
                    family_file._assemble(family_file.read_layout(path, choices), layout)
                seen |= {rule} - {""}
    return tuple(found)


def broken(text: str) -> Iterator[str]:
    """The text with a line broken at every place at once, then at each place alone."""
    parts = [token for _, token in tokens(text)]
    yield "\n".join(parts)
    for place in range(1, len(parts)):
        yield "".join(parts[:place]) + "\n" + "".join(parts[place:])


def test_the_catalogue_has_expressions() -> None:
    """The texts are found: some hundred of them, conditions among them."""
    assert len(calls()) > 500
    assert {"parse", "parse_condition"} == {call[0] for call in calls()}


@pytest.mark.parametrize("part", range(8))
def test_lines_broken_anywhere_change_nothing(part: int) -> None:
    """Each expression of the catalogue with lines broken at every place is the same expression."""
    for name, text, numbers, lists, index in calls()[part::8]:
        read = getattr(expression, name)
        whole = read(text, numbers, lists, index=index)
        for variant in broken(text):
            if len(variant) <= MAX_LENGTH:
                assert whole == read(variant, numbers, lists, index=index), variant


def test_tokens_are_the_text() -> None:
    """What a text is cut into is the text again, whatever it holds."""
    for _, text, *_ in calls():
        assert text == "".join(token for _, token in tokens(text))


LAYOUT = {
    "width": "2*n",
    "axes": '["t", "h"]',
    "n": "3",
    "require": "n >= 1",
    "let": "10000**(-j/n)",
    "initial": "0",
    "step": "carried + 1",
    "count": "n",
    "first": "2*j",
    "second": "2*j + 1",
    "write_first": "2*j",
    "angle": "t*rate",
    "magnitude": "1",
    "holds": "n < 100",
    "when": "n > 50",
    "feed": "p",
    "fed": "n*p",
}


def write(path: Path, **changes: str) -> Path:
    """A layout file with a text in every kind of field."""
    f = LAYOUT | changes
    path.write_text(f'''
title = "written"
axes = {f["axes"]}
width = """{f["width"]}"""
[parameters]
n = {{ default = """{f["n"]}""", require = """{f["require"]}""" }}
[let]
rate = """{f["let"]}"""
[state]
carried = {{ initial = """{f["initial"]}""", step = """{f["step"]}""" }}
[pairs]
count = """{f["count"]}"""
first = """{f["first"]}"""
second = """{f["second"]}"""
write_first = """{f["write_first"]}"""
angle = """{f["angle"]}"""
magnitude = """{f["magnitude"]}"""
[[requirements]]
holds = """{f["holds"]}"""
text = "n is {{n}}"
[[warnings]]
when = """{f["when"]}"""
text = "n is {{n}}"
[feeds.text]
t = """{f["feed"]}"""
h = """{f["fed"]}"""
''', encoding="utf-8")
    return path


FIELDS = {
    "width": "width",
    "n": "parameters.n.default",
    "require": "parameters.n.require",
    "let": "let.rate",
    "initial": "state.carried.initial",
    "step": "state.carried.step",
    "count": "pairs.count",
    "first": "pairs.first",
    "second": "pairs.second",
    "write_first": "pairs.write_first",
    "angle": "pairs.angle",
    "magnitude": "pairs.magnitude",
    "holds": "requirements.holds",
    "when": "warnings.when",
    "feed": "feeds.text.t",
    "fed": "feeds.text.h",
}


@pytest.mark.parametrize("mark", ["# more\n + 1", "\\\\\\n", "; 1", "\\u037e", "\\f"], ids=ascii)
@pytest.mark.parametrize(("field", "where"), FIELDS.items(), ids=FIELDS)
def test_every_field_is_read_whole(field: str, where: str, mark: str, tmp_path: Path) -> None:
    """A character outside the language is refused in every field, with file, field and column."""
    text = LAYOUT[field]
    path = write(tmp_path / "layout.toml", **{field: text + mark})
    with pytest.raises(ExpressionError) as caught:
        load(str(path))
    told = str(caught.value)
    assert all(part in told for part in (str(path), where, f"column {len(text) + 1}: ", "is no character of the"))


def test_the_plain_file_loads(tmp_path: Path) -> None:
    """Negative control: the same file without a foreign character is a layout."""
    assert 3 == len(load(str(write(tmp_path / "layout.toml"))).layout.pairs)


def test_a_comment_does_not_hide_an_axis(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second axis behind a comment is no pure time layout: refused, never certified as the first line."""
    sides = [
        write(tmp_path / "commented.toml", angle="t*10000**(-j/2) # time\n+ h*10000**(-j/2)"),
        write(tmp_path / "time.toml", angle="t*10000**(-j/2)"),
    ]
    assert InputError.exit_code == run_command(["prove", *map(str, sides)])
    assert "line 1, column 17: '#' is no character" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["a {n", "a n}", "{{n}}", "{n}{"])
def test_a_brace_on_its_own_is_refused(text: str, tmp_path: Path) -> None:
    """A warning's text with a place that is not closed is a fault, not a text with a brace in it."""
    path = write(tmp_path / "layout.toml")
    path.write_text(path.read_text().replace("n is {n}", text))
    with pytest.raises(InputError, match=r"requirements\.holds"):
        load(str(path))


@pytest.mark.parametrize(
    "text",
    ["n_rot > 3 # or n_rot < 2", "n_rot > 3\\\n", "n_rot > 3; n_rot", "n_rot >\u00a03", "\uff4e_rot > 3"],
    ids=ascii,
)
def test_hypotheses_are_read_whole(text: str) -> None:
    """A hypothesis with a character outside the language is refused."""
    specs = ("ggml/normal", "ggml/neox")
    variables = find_variables(["n_rot"], specs)
    layouts = [symbolic_layout(spec, variables) for spec in specs]
    with pytest.raises(ExpressionError, match="is no character of the language"):
        read_hypotheses([text], variables, layouts)


@pytest.mark.parametrize("value", ["64#", "64,,", "6_4", "\uff16\uff14", "64\u00a0", "64;", "64\x0c"], ids=ascii)
def test_values_of_specs_are_read_whole(value: str) -> None:
    """A value with something beside its number is refused."""
    with pytest.raises(InputError):
        load(f"ggml/neox:n_rot={value}")


def test_a_feed_has_no_coordinates_but_its_names(tmp_path: Path) -> None:
    """1e2*p is over p alone: the e of a number is no coordinate, and no parameter of that name."""
    path = write(tmp_path / "layout.toml", feed="1e2*p", fed="n*1e2*p")
    from prover.claims.claim import make_claim

    loaded = load(str(path))
    claim = make_claim(loaded, loaded, ["text"])
    assert ("p",) == claim.feeds[0].coordinates
    assert [100, 300] == [claim.feeds[0].source[axis][1]["p"].rational for axis in (1, 0)]
