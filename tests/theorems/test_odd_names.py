"""Parameters with names that questions use for themselves: the answer is the same, but for the names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from conftest import symbolic_file
from plain_loops import Loop
from prover.claims.relation import Relation
from prover.claims.solver import Solver
from prover.files import typed_toml
from prover.language.formula import formula
from prover.language.smt import INT, Translator
from prover.language.symbolic import INDEX
from prover.language.symbols import axis_symbol, carried_symbol, constant_names, index_symbol, parameter_symbol
from prover.layouts.layout_file import LayoutText, read_layout
from prover.layouts.spec import parse_spec
from prover.proof_files.rewrite_file import RewriteFile
from prover.proof_files.theorem_file import read_theorem
from prover.reports.rewrite_report import rewrite_json
from prover.reports.theorem_report import theorem_json
from prover.resources import PROOFS
from prover.theorems.for_all import state_theorem
from prover.theorems.rewrite import check_rewrite
from sampling import few

ODD = (
    "i", "lane", "other_lane", "partner_1", "mod", "div", "let", "Int", "true", "old_c", "sections_0", "remainder_0",
    "c", "p", "ite", "to_real", "select", "item", "choice", "held", "_x", "E", "S", "forall", "total",
)
WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
Rename = Callable[[str], str]


def renaming(names: dict[str, str]) -> Rename:
    """Names in a text replaced, each whole."""
    return lambda text: WORD.sub(lambda found: names.get(found[0], found[0]), text)


def layout_file(path: Path, raw: LayoutText, rename: Rename) -> str:
    """A layout without rules as a file of its own, with names replaced in all its texts."""
    def table(name: str, rows: dict[str, object]) -> str:
        return "".join([f"[{name}]\n", *(f"{key} = {_toml(value, rename)}\n" for key, value in rows.items())])

    parts = [f'title = "renamed"\naxes = {_toml(list(raw.axes), rename)}\nwidth = {_toml(raw.width, rename)}\n']
    for name, parameter in raw.parameters.items():
        rows = {k: v for k, v in msgspec.to_builtins(parameter).items() if k != "meaning" and v is not None and v != ""}
        rows["list"] = rows.pop("is_list") if "is_list" in rows else rows.get("list", False)
        parts.append(table(f"parameters.{rename(name)}", {k: v for k, v in rows.items() if v is not False}))
    parts.append(table("let", {rename(name): text for name, text in raw.lets.items()}))
    for name, state in raw.states.items():
        parts.append(table(f"state.{rename(name)}", msgspec.to_builtins(state)))
    for block in raw.blocks:
        parts.append(table("pairs", {k: v for k, v in msgspec.to_builtins(block).items() if v is not None}))
    for requirement in raw.requirements:
        parts.append("[[requirements]]\n" + f'holds = {_toml(requirement.holds, rename)}\ntext = "it must"\n')
    for name, feed in raw.feeds.items():
        parts.append(table(f"feeds.{name}", dict(feed)))
    path.write_text("\n".join(parts))
    return str(path)


def _toml(value: object, rename: Rename) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_toml(part, rename) for part in value)}]"
    return str(value) if isinstance(value, int | float) else f'"""{rename(str(value))}"""'


def renamed_spec(spec: str, path: Path, rename: Rename) -> str:
    """The spec of a copy of its layout under other names."""
    found = parse_spec(spec)
    copy = layout_file(path, read_layout(found.path, {}), rename)
    return ":".join([copy, *(f"{rename(name)}={rename(text)}" for name, text in found.values)])


# One group of odd names for the parameters of each shipped statement that is quick.
SHIPPED = {
    "theorem-1-normal-to-neox": ("i", "lane", "mod", "c"),
    "theorem-2-imrope-mrope-text-all-axes": ("partner_1", "div", "Int", "let"),
    "theorem-6-partial-full": ("remainder_0", "other_lane", "ite", "true"),
    "theorem-7-linear-scaling": ("true", "select", "to_real", "forall"),
    "rewrite-1-counter": ("i", "old_turn", "mod", "let"),
    "rewrite-2-running-product": ("power", "i", "Int", "c"),
    "rewrite-4-vision-products": ("power_t", "div", "lane"),
    "rewrite-3-vision-chain-empty": ("run_t", "div", "lane", "c"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "odd"), SHIPPED.items(), ids=SHIPPED)
def test_shipped_statements_under_odd_names(name: str, odd: tuple[str, ...], tmp_path: Path) -> None:
    """The answer to a shipped statement does not depend on what its parameters are called."""
    path = PROOFS / "theorems" / f"{name}.toml"
    answers = []
    stated = typed_toml(path, RewriteFile) if name.startswith("rewrite") else read_theorem(path)
    # A state that the new name is that of gets another one.
    names = dict(zip(stated.for_all, odd, strict=False))
    again = {**{new: f"{new}_too" for new in odd}, **names}
    for rename, back in ((renaming({}), renaming({})), (renaming(again), renaming({n: o for o, n in again.items()}))):
        where = [rename(text) for text in stated.where]
        variables = [rename(text) for text in stated.for_all]
        if isinstance(stated, RewriteFile):
            specs = [str(path.parent / s) if ".toml" in s else s for s in (stated.old, stated.new)]
            specs = [renamed_spec(s, tmp_path / f"{n}.toml", rename) for n, s in enumerate(specs)]
            found = rewrite_json(check_rewrite(specs[0], specs[1], variables, where, Solver()))
            first = found["first_difference"] or {}
            texts = [*found["invariant"], first.get("parameters", "")]
            answers.append((found["verdict"], [back(t) for t in texts]))
        else:
            sides = enumerate((stated.source, stated.target))
            specs = [renamed_spec(s, tmp_path / f"{n}.toml", rename) for n, s in sides]
            theorem = state_theorem(
                specs[0], specs[1], ",".join(variables), where, stated.feeds,
                Relation(stated.relation) if stated.relation else None, Solver(),
            )
            found = theorem_json(theorem)
            answers.append((found["scope"], found["relation"], sorted(map(back, found["condition"])), found["differ"]))
    assert answers[0] == answers[1]


STATEMENTS = {
    "a bound": ("(t if j < sections[0] else h)*base**(-2*j/n_rot)", "t*base**(-2*j/n_rot)"),
    "two bounds": ("(t if j % 3 == 1 and j < 3*sections[0] else h)*base**(-2*j/n_rot)",
                   "(t if j % 3 == 1 else h)*base**(-2*j/n_rot)"),
}


@pytest.fixture(scope="module")
def plain_answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The answers with plain names."""
    folder = tmp_path_factory.mktemp("plain")
    return {name: solved(angles, {}, folder) for name, angles in STATEMENTS.items()}


def solved(angles: tuple[str, str], odd: dict[str, str], folder: Path) -> object:
    """Scope, relation and condition of a statement under other names, told in the plain ones."""
    rename, back = renaming(odd), renaming({new: old for old, new in odd.items()})
    specs = []
    for name, angle in zip(("old", "new"), angles, strict=True):
        path = folder / f"{name}.toml"
        symbolic_file(path, angle, "2*j", "2*j + 1")
        path.write_text(rename(path.read_text()))
        specs.append(str(path))
    variables = rename("n_rot,base,sections")
    found = theorem_json(state_theorem(specs[0], specs[1], variables, [], [], Relation.LINEAR, Solver()))
    return found["scope"], found["relation"], sorted(map(back, found["condition"]))


@pytest.mark.parametrize("first", few(range(0, len(ODD), 3), 3))
def test_conditions_under_odd_names(first: int, plain_answers: dict[str, object], tmp_path: Path) -> None:
    """solve gives the same condition, with the names in it as they are written."""
    name = list(STATEMENTS)[first % 2]
    odd = dict(zip(("n_rot", "base", "sections"), (*ODD, *ODD)[first:first + 3], strict=True))
    assert plain_answers[name] == solved(STATEMENTS[name], odd, tmp_path)


def test_a_parameter_called_like_a_carried_value(tmp_path: Path) -> None:
    """old_c < 50 says nothing of the c that the old loop carries: at 51 pairs the two differ."""
    old = Loop((("c < 50", "t", "1"), ("", "h", "1")), (("c", "0", "c + 1"),))
    specs = []
    for name, loop in (("old", old), ("new", Loop((("", "t", "1"),)))):
        path = tmp_path / f"{name}.toml"
        loop.write(path)
        path.write_text(path.read_text().replace("m = {", "old_c = {").replace("m >= 0", "old_c < 50"))
        specs.append(str(path))
    found = check_rewrite(specs[0], specs[1], ["n", "old_c"], [], Solver())
    assert ("different", 50) == (found.outcome.value, found.difference and found.difference.pair)


def test_a_let_called_like_the_others_parameter(tmp_path: Path) -> None:
    """A let name of the target keeps its own value, though a parameter of the source is called the same."""
    text = 'title = "x"\naxes = ["t"]\nwidth = "8"\n{more}\n[pairs]\ncount = "4"\nfirst = "2*j"\nsecond = "2*j + 1"\n' \
           'angle = "t*2**(k - j)"\n'
    (tmp_path / "old.toml").write_text(text.format(more="[parameters]\nk = { default = 3, whole = true }"))
    (tmp_path / "new.toml").write_text(text.format(more="[let]\nk = 3"))
    specs = [str(tmp_path / f"{name}.toml") for name in ("old", "new")]
    found = theorem_json(state_theorem(specs[0], specs[1], "k", [], [], Relation.LINEAR, Solver()))
    assert "sometimes" == found["scope"]
    assert [3] == [k for k in range(8) if all(eval(text, {"k": k}) for text in found["condition"])]
    assert "different" == check_rewrite(specs[0], specs[1], ["k"], [], Solver()).outcome.value


def test_the_sum_of_a_list_is_written_only_where_it_is_one(tmp_path: Path) -> None:
    """2*sections[0] + sections[1] is not written as twice the sum."""
    specs = [symbolic_file(tmp_path / f"{name}.toml", angle, "2*j", "2*j + 1") for name, angle in (
        ("old", "(t if j < 2*sections[0] + sections[1] else h)*base**(-2*j/n_rot)"), ("new", "t*base**(-2*j/n_rot)"))]
    found = theorem_json(state_theorem(specs[0], specs[1], "n_rot,base,sections", [], [], Relation.LINEAR, Solver()))
    assert ["2*sections[0] + sections[1] >= n_rot//2"] == found["condition"]


def test_made_symbols_are_no_parameters() -> None:
    """Symbols of different kinds differ though their names are the same, and so do their constants."""
    kinds = [parameter_symbol("i", True), index_symbol("i"), axis_symbol("i"), carried_symbol("i", "old", True)]
    kinds += [parameter_symbol("i of old", True), parameter_symbol("i", False), INDEX, parameter_symbol("j", True)]
    assert len(set(kinds)) == len(kinds)
    names = constant_names(kinds)
    assert len(set(names.values())) == len(kinds)
    assert all(re.fullmatch(r"\|\w+ [^|\\]+\|", name) for name in names.values())


def test_a_made_symbol_is_shown_apart_from_a_parameter() -> None:
    """Beside a parameter called lane the lane has a prime."""
    lane, parameter = index_symbol("lane"), parameter_symbol("lane", True)
    assert "lane//2" == formula(lane // 2).strip("()")
    assert "lane" == formula(parameter)
    assert {"lane", "lane'"} == set(formula(lane + 2*parameter).replace("2*", "").split(" + "))


def test_constants_are_quoted() -> None:
    """No constant of a question is a word that a person has chosen as it stands."""
    symbols = [parameter_symbol(name, True) for name in ODD]
    translator = Translator.of(dict.fromkeys(symbols, INT))
    assert {f"(declare-const |parameter {name}| Int)" for name in ODD} == set(translator.declarations())
