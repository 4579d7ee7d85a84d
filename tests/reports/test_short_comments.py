"""Comments on theorems, rewrites, bits and converters are short, for every shipped file and however wide the head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import prover
from markdown_reader import raw_html, shown_text, tables, tokens
from prover.claims.solver import make_solver
from prover.proof_files import bitwise_file, converter_file, rewrite_file, theorem_file
from prover.reports.bitwise_report import bitwise_document, bitwise_json
from prover.reports.document import Document
from prover.reports.document_markdown import markdown
from prover.reports.permutation_report import permutation_document, permutation_json
from prover.reports.rewrite_report import rewrite_document, rewrite_json
from prover.reports.theorem_report import theorem_document, theorem_json
from prover.resources import PROOFS, shipped_proofs
from sampling import few

MOST_LINES = 60
WIDE = "head_dim=65536"
KINDS: dict[str, tuple[Any, str, Any, Any]] = {     # folder: what runs its files, what makes its JSON, its document
    "theorems": (theorem_file, "theorem_json", theorem_json, theorem_document),
    "rewrites": (rewrite_file, "rewrite_json", rewrite_json, rewrite_document),
    "bitwise": (bitwise_file, "bitwise_json", bitwise_json, bitwise_document),
    "converters": (converter_file, "permutation_json", permutation_json,
                   lambda held: permutation_document(permutation_json(held), None)),
}


def require_short(text: str) -> None:
    """One heading with a word first, few lines, narrow tables, and no markup of others."""
    found = tokens(text)
    assert ["heading_open"] == [token.type for token in found if token.type == "heading_open"]
    assert "heading_open" == found[0].type
    assert shown_text(text)[:1].isupper()
    assert text.count("\n") < MOST_LINES
    assert [] == raw_html(text)
    assert all(len(rows[0]) <= 3 for rows in tables(text))


def run_file(kind: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Document]:
    """The documents of all answers that a file of proofs asks for."""
    module, name, to_json, document = KINDS[kind]
    documents = []

    def told(*found: Any) -> Any:
        documents.append(document(*found))
        return to_json(*found)

    monkeypatch.setattr(module, name, told)
    run = "run_converter_file" if kind == "converters" else f"run_{kind.removesuffix('s')}"
    solver = make_solver(None, False)
    rest: dict[str, tuple[Any, ...]] = {"converters": (False,)}
    assert () == getattr(module, run)(path, *rest.get(kind, (False, solver))).problems
    return documents


def proofs(kind: str) -> dict[str, tuple[str, Path]]:
    """The shipped files of a kind."""
    is_one = {"theorems": theorem_file.is_theorem, "rewrites": rewrite_file.is_rewrite,
              "bitwise": bitwise_file.is_bitwise, "converters": converter_file.is_converter_file}[kind]
    return {path.stem: (kind, path) for path in shipped_proofs() if is_one(path)}


ALL = {name: each for kind in KINDS for name, each in proofs(kind).items()}


def test_every_kind_has_files() -> None:
    """All four are sampled from."""
    assert set(KINDS) == {kind for kind, _ in ALL.values()}
    assert len(ALL) > 20
    assert PROOFS in next(iter(ALL.values()))[1].parents


@pytest.mark.parametrize(("kind", "path"), few(ALL, 6))
def test_shipped_answer_as_a_comment(kind: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a shipped file asks is told in a comment that is read on a phone."""
    documents = run_file(kind, path, monkeypatch)
    assert documents
    for document in documents:
        require_short(markdown(document))


@pytest.mark.slow
def test_the_widest_head() -> None:
    """32768 pairs whose rows are moved; 32768 more lines would be too many."""
    require_short(prover.prove(f"transformers/half:{WIDE}", f"transformers/adjacent:{WIDE}").to_markdown())


@pytest.mark.parametrize("width", [64, 4096])
def test_a_wrong_permutation_of_a_wide_head(width: int) -> None:
    """The rows that are right come as code, not one by one, however many there are and in whatever order."""
    specs = f"ggml/normal:head_dim={width}", f"ggml/neox:head_dim={width}"
    rows = [(index * 5 + 3) % width for index in range(width)]
    found = prover.check_permutation(*specs, ",".join(map(str, rows)))
    assert "wrong" == found.verdict
    require_short(found.to_markdown())
