"""The pages that are made from the repository when the documentation is built (a hook of MkDocs).

Each comes from one place: layouts from the catalogue, commands from their help, codes from models/readings, the
mathematics from proofs/README.md and proofs/coq, the changes from CHANGELOG.md. A link that such a text has into the
repository becomes its path, since the site holds pages only.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from lane_picture import in_words, lane_picture
from measured_example import Example, measured_example
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import prover
from prover.commands.cli import cli

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"\[(`?[^\]]*?`?)\]\((?!https?:|#)([^)]*)\)")
THEOREM = re.compile(
    r"(?:\(\*\*((?:(?!\*\)).)*)\*\)\s*)?^(Theorem|Lemma|Corollary) (\w+)(.*?)\.\s*\nProof", re.MULTILINE | re.DOTALL)
RESTS_ON = {
    "measured": "Held against tables measured from the project's own kernel as it ran.",
    "source": "Held against a kernel written by hand from the source that it cites. The kernel itself was not run.",
    "documentation": "Held against a kernel written by hand from the documentation that it cites. "
                     "Neither source nor kernel was seen.",
    "given": "What its parameters give; no kernel stands behind it.",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to those of `docs`."""
    for path, text in pages():
        files.append(File.generated(config, path, content=text))
    return files


def pages() -> Iterator[tuple[str, str]]:
    """Path below `docs` and text of each generated file: Markdown, and pictures."""
    yield from layout_pages()
    yield "reference/commands.md", commands_page()
    yield "reference/codes.md", codes_page()
    yield "reference/python.md", python_page()
    yield "reference/layout-files.md", from_repository("models/README.md")
    yield "reference/changes.md", from_repository("CHANGELOG.md")
    yield "theory/mathematics.md", with_coq_links(from_repository("proofs/README.md"))
    yield "theory/coq.md", coq_page()


def from_repository(path: str) -> str:
    """A Markdown file of the repository, its links to other files told as paths."""
    folder = Path(path).parent

    def told(link: re.Match[str]) -> str:
        target = (ROOT / folder / link[2].partition("#")[0]).resolve()
        name = target.relative_to(ROOT).as_posix() if target.is_relative_to(ROOT) else link[2]
        return link[1] if link[1].strip("`") in (name, Path(name).name) else f"{link[1]} (`{name}`)"

    return LINK.sub(told, (ROOT / path).read_text())


def layout_pages() -> Iterator[tuple[str, str]]:
    """A page for each layout, and the catalogue that leads to them."""
    catalogue = ["# Layouts", "", "What ships, project by project. **m**: measured from the running kernel; "
                 "**s**: written from cited source; **d**: from documentation alone; **g**: a table that you give.", ""]
    project = ""
    for name in prover.layout_names():
        layout = prover.show(name).to_json()
        page = f"{file_name(name)}.md"
        if project != (project := name.split("/")[0]):
            catalogue += ["", f"## {project}", ""]
        catalogue.append(f"- [`{name}`]({page}) **{layout['evidence']['kind'][0]}** {plain(layout['title'])}")
        example = measured_example(layout) if layout["must_be_given"] else None
        scene = prover.draw(example.spec if example else name).to_json()
        yield f"reference/layouts/{file_name(name)}.svg", lane_picture(scene)
        yield f"reference/layouts/{page}", layout_page(name, layout, picture(name, scene, example))
    yield "reference/layouts/index.md", "\n".join(catalogue) + "\n"


def file_name(name: str) -> str:
    """The name of a layout's page and of its picture, without their endings."""
    return name.replace("/", "--")


def layout_page(name: str, layout: dict[str, Any], drawn: list[str]) -> str:
    """What a layout is, as it is `drawn`, what it rests on, its sources, parameters and formula."""
    evidence = layout["evidence"]
    lines = [f"# {name}", "", plain(layout["title"]), "", plain(layout["note"]), "", *drawn,
             "```console", f"$ rope-prover show {name}", "```", "",
             "## What it rests on", "", RESTS_ON[evidence["kind"]], ""]
    lines += [f"- {plain(table['software'])}: {table['entries']} settings, `tests/measured/{table['table']}`"
              for table in evidence["tables"]]
    lines += ["", "## Sources", "", *(f"- {plain(source)}" for source in dict.fromkeys(layout["sources"])), ""]
    lines += [*with_defaults(layout), "## Parameters", "",
              *(parameter(key, value) for key, value in layout["parameters"].items()), ""]
    lines += ["## Formula, for pair j", ""]
    for block in layout["formula"]["blocks"]:
        lines += ["```text", *(f"{key} = {value}" for key, value in block.items()), "```", ""]
    where = layout["formula"]["where"]
    lines += ["where", "", "```text", *(f"{key} = {value}" for key, value in where.items()), "```", ""] if where else []
    return "\n".join(lines)


def with_defaults(layout: dict[str, Any]) -> list[str]:
    """What is so of a layout where nothing is given, or what has to be given."""
    if layout["must_be_given"]:
        return [f"Has to be given: {', '.join(f'`{name}`' for name in layout['must_be_given'])}.", ""]
    properties, pairs = layout["properties"], layout["layout"]
    return ["## With its defaults", "",
            f"- a rotation: {'yes' if properties['is_rotation'] else 'no'}",
            "- scores depend only on differences of positions: "
            f"{'yes' if properties['depends_only_on_differences'] else 'no'}",
            f"- {pairs['width']} lanes, {len(pairs['pairs'])} pairs, axes {', '.join(pairs['axes'])}",
            *(f"- warning: {plain(warning)}" for warning in layout["warnings"]), ""]


def picture(name: str, scene: dict[str, Any], example: Example | None) -> list[str]:
    """A layout drawn with its defaults, or as an example has it, and folded as a terminal shows it."""
    spec = example.spec if example else name
    drawn = prover.draw(spec).to_text().rstrip().splitlines()
    return [f"![{plain(name)}: {plain(in_words(scene))}]({file_name(name)}.svg)", "",
            *([example.caption, ""] if example else []),
            *(f"{plain(note)}\n" for note in scene["strips"][0]["notes"]),
            '??? note "As a terminal shows it"', "", "    ```console", f"    $ rope-prover draw {spec}",
            *(f"    {line}" if line else "" for line in drawn), "    ```", "",
            f"Into a file: {'the same' if example else f'`rope-prover draw {name}`'} with `--out picture.svg`.", ""]


def parameter(name: str, facts: dict[str, Any]) -> str:
    """One parameter as an item: kind, default, meaning, requirement, and the words of a choice."""
    default = f", `{facts['default']}` unless given" if facts["default"] not in (None, "") else ""
    require = f"; with `{facts['require']}`" if facts["require"] else ""
    words = facts.get("words") or {}
    lines = [f"- `{name}`: {plain(facts['meaning'])} ({facts['kind']}{default}{require})"]
    lines += [f"    - `{word}`: {plain(told['means'])}" for word, told in words.items()]
    return "\n".join(lines)


def commands_page() -> str:
    """Every command with its help, as printed."""
    lines = ["# Commands", "", "What `--help` prints. Exit codes stand under `rope-prover`.", ""]
    for names, command in commands(("rope-prover",), cli):
        context = click.Context(command, info_name=" ".join(names), max_content_width=80)
        lines += [f"## {' '.join(names)}", "", "```text", command.get_help(context), "```", ""]
    return "\n".join(lines)


def commands(names: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """A command and those below it, with their names."""
    yield names, command
    if isinstance(command, click.Group):
        for name, below in sorted(command.commands.items()):
            yield from commands((*names, name), below)


def codes_page() -> str:
    """The codes that are told beside a model's layouts."""
    lines = ["# Codes", "", "What is told of a model beside its layouts. `rope-prover explain RP105` prints one.", ""]
    for code, facts in tomllib.loads((ROOT / "models/readings/findings.toml").read_text()).items():
        lines += [f"## {code}: {facts['title']}", "", plain(facts["meaning"]), "", f"*{plain(facts['advice'])}*", ""]
    return "\n".join(lines)


def python_page() -> str:
    """What `prover.__all__` has, from its docstrings."""
    shown = [name for name in prover.__all__ if not name.startswith("__")]
    lines = ["# Python", "", "What is not here is private. Answers are frozen; each has `to_text()`, `to_json()`, and "
             "where there is a verdict `to_markdown()`.", ""]
    return "\n".join([*lines, *(f"::: prover.{name}\n" for name in shown), "::: prover.testing\n"])


def with_coq_links(text: str) -> str:
    """A text whose names of Coq statements lead to these; the strict build fails where one is not there."""
    rooms = "|".join(path.stem for path in (ROOT / "proofs/coq").glob("*.v"))
    return re.sub(rf"`((?:{rooms})\.(\w+))`", lambda name: f"[{name[0]}](coq.md#{coq_anchor(name[1])})", text)


def coq_anchor(name: str) -> str:
    """Where a statement FILE.NAME stands on its page."""
    return name.replace(".", "-").lower()


def coq_page() -> str:
    """The statements that Coq checks, file by file, with the comment above each."""
    lines = ["# Proved in Coq", "", "Statements as they stand in `proofs/coq`; their proofs are there. "
             "`bash proofs/coq/check.sh` compiles them and compares the axioms. What each is for, and what stays on "
             "paper, is in [the mathematics](mathematics.md#proved-in-coq-and-on-paper).", ""]
    for path in sorted((ROOT / "proofs/coq").glob("*.v")):
        lines += [f"## {path.stem}", ""]
        for comment, kind, name, statement in THEOREM.findall(path.read_text()):
            full = f"{path.stem}.{name}"
            lines += [f"### {full} {{ #{coq_anchor(full)} }}", "", plain(" ".join(comment.split())), "", "```coq",
                      f"{kind} {name}{statement}.", "```", ""]
    return "\n".join(lines)


def plain(text: str) -> str:
    """Text that Markdown shows as it stands."""
    return re.sub(r"([\\`*_<>\[\]#|])", r"\\\1", text)
