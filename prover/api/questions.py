"""Questions that are decided: from specs to frozen answers. Nothing that decides is imported before it is needed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from prover.api.answers import JSON, Answer, Checked, Layout, Proof, Texts, several
from prover.api.arguments import DEFAULT_POSITIONS, RelationName, allowed, is_identical, loaded_told, spec_of
from prover.api.functions import Called, recognised
from prover.errors import InputError

if TYPE_CHECKING:
    from prover.claims.solver import Solver
    from prover.repair.asked import Cause
    from prover.reports.cause_report import Keys
    from prover.reports.document import Document
    from prover.sources.model import Finding
    from prover.theorems.for_all import Theorem
    from prover.verdicts.verdict import Verdict

_OF_THEOREM = re.compile(r'"schema"\s*:\s*"rope-prover/theorem-certificate/')
_OF_BITS = re.compile(r'"schema"\s*:\s*"rope-prover/bitwise-certificate/')
Found = TypeVar("Found")


def prove(
    source: str | Layout, target: str | Layout, *, feeds: Texts = (), axes: str | None = None,
    relation: RelationName | None = None, smtlib: str | None = None, cvc5: bool = False, exact: bool = False,
    ulps: int = 0, positions: int = DEFAULT_POSITIONS, call: str | None = None, init: str | None = None,
    head_dim: int | None = None, seconds: float | None = None, longest: int | None = None,
) -> Proof:
    """Do weights made for `source` work in a kernel that computes `target`?

    `feeds`: what each axis gets, as for the command, one or several; free if empty. `axes`: which axis of the source is
    which of the target, "row=h,col=w". `relation`: what may be done to the weights; nothing if None. `smtlib`: a folder
    for the questions put to Z3. `cvc5`: whether a second solver is asked. `exact`: whether stored numbers, as in
    base=f32(11158840), are only themselves; else they stand for what rounds to them, or to one of the `ulps` next
    numbers on either side, where no exact answer holds. `positions`: up to which distance between two tokens it is told
    by how much the two differ, where they do. A side may be a function, "rope.py::apply_rope", which is run, measured
    and recognised; the last five are for it, as for `measure_function`. Raises ProverError.

    >>> prove("ggml/imrope", "ggml/imrope").verdict
    'equivalent'
    >>> proof = prove("ggml/normal:head_dim=8", "ggml/neox:head_dim=8")
    >>> proof.verdict, proof.relation, proof.permutation
    ('convertible', 'permutation', (0, 2, 4, 6, 1, 3, 5, 7))
    >>> prove("ggml/normal:head_dim=8", "ggml/neox:head_dim=8", relation="permutation").verdict
    'equivalent'
    >>> check(proof.certificate)
    <accepted: 'permutation' holds and 'equal-scores' fails>
    """
    from prover.claims.properties import about_under
    from prover.claims.solver import make_solver
    from prover.layouts.axes import axes_feeds
    from prover.layouts.opened import require_ulps
    from prover.repair.cause import causes
    from prover.repair.size import require_positions
    from prover.reports.cause_report import causes_json, fingerprint_json
    from prover.reports.render import render_text
    from prover.reports.report import differences, outline
    from prover.verdicts.as_stored import prove_loaded

    if exact and ulps:
        raise InputError("--exact and --ulps are two answers to one question", advice="Give one of them")
    require_ulps(ulps)
    require_positions(positions)
    solver = make_solver(smtlib, cvc5)
    (source, told), (target, also) = _sides((source, target), Called(call, init, head_dim, seconds, longest))
    (first, found_first), (second, found_second) = (loaded_told(side) for side in (source, target))
    told, also = (*told, *found_first), (*also, *found_second)
    fed = axes_feeds(axes, several(feeds))
    verdict = prove_loaded(first, second, fed, allowed(relation), solver, None if exact else ulps)
    about = about_under(first, verdict.claim, "source"), about_under(second, verdict.claim, "target")
    facts = causes(first, second, verdict, fed, None if exact else ulps)
    keys = _keys(facts, source, target)
    found = outline(verdict, *about, positions, (told, also)) | {
        "second_opinion": solver.agreement or None, "causes": causes_json(facts, keys, is_whole=False),
        "fingerprint": None if facts else fingerprint_json(verdict),  # a text tells it in the place of causes
    }

    @cache
    def whole() -> dict[str, Any]:
        return found | {"differences": differences(verdict), "causes": causes_json(facts, keys),
                        "fingerprint": fingerprint_json(verdict)}

    pairs = found["differing_pairs"]
    return Proof(
        verdict.exit_code, lambda: dict(whole()), lambda path: render_text(found, path),
        found["verdict"], found["headline"], verdict.certificate,
        found["relation"], found["refuted"], tuple(found["witness"]["permutation"]) if found["witness"] else None,
        (tuple(pairs["source"]), tuple(pairs["target"])), _document=lambda path: _document(whole(), path),
        _page=lambda words, path: _page(whole(), verdict, words, path),
    )


def _document(found: JSON, path: str | None) -> Document:
    from prover.reports.documents.verdict import verdict_document

    return verdict_document(found, path)


def _page(found: JSON, verdict: Verdict, words: str, path: str | None) -> str:
    from prover.reports.html.verdict_page import verdict_page

    return verdict_page(found, verdict, words, path)


def _sides(
    sides: tuple[str | Layout, str | Layout], called: Called
) -> list[tuple[str | Layout, tuple[Finding, ...]]]:
    """Both sides, functions as what they are recognised as, of heads as wide as the other side's."""
    from prover.functions.reference import is_reference

    are_functions = [isinstance(side, str) and is_reference(side) and not side.endswith("::") for side in sides]
    if called.is_said and not any(are_functions):
        raise InputError("--call, --init, --head-dim, --seconds, --longest are for a function, and neither side is one",
                         advice="Name one as file.py::function")
    found: list[tuple[str | Layout, tuple[Finding, ...]]] = []
    for side, other, is_function, other_is in zip(sides, sides[::-1], are_functions, are_functions[::-1], strict=True):
        if not is_function:
            found.append((side, ()))
            continue
        width = called.head_dim if called.head_dim or other_is else loaded_told(other)[0].layout.width
        spec, finding = recognised(str(side), replace(called, head_dim=width))
        found.append((spec, (finding,)))
    return found


def _keys(facts: Sequence[Cause], source: str | Layout, target: str | Layout) -> list[Keys]:
    """What a person would write in the models that the two sides name, if there is a cause to be told."""
    from prover.reports.cause_report import NO_KEYS, Keys
    from prover.sources.named import named_part
    from prover.sources.written import origins, written_keys

    named = [named_part(side) if facts and isinstance(side, str) else None for side in (source, target)]
    return [Keys(origins(*each), written_keys(*each)) if each else NO_KEYS for each in named]


def prove_bits(
    source: str, target: str, *, feeds: Texts = (), axes: str | None = None, smtlib: str | None = None,
    cvc5: bool = False,
) -> Answer:
    """Do two kernels with a [recipe] give the same bits?"""
    from prover.bits.bitwise import compare_bits
    from prover.bits.certificate import evidence_of
    from prover.claims.relation import EXIT_CODES
    from prover.claims.solver import make_solver
    from prover.layouts.axes import axes_feeds
    from prover.reports.bitwise_report import bitwise_document, bitwise_json, bitwise_text

    found = compare_bits(spec_of(source), spec_of(target), axes_feeds(axes, several(feeds)), make_solver(smtlib, cvc5))
    evidence = evidence_of(found)
    return Answer(
        EXIT_CODES[found.outcome], lambda: bitwise_json(found, evidence),
        lambda path: bitwise_text(found, evidence, path), found.outcome.value, _first_line(bitwise_text(found)),
        evidence.certificate, _document=lambda path: bitwise_document(found, evidence, path),
    )


def prove_for_all(
    source: str, target: str, names: Texts, *, where: Texts = (), feeds: Texts = (),
    axes: str | None = None, relation: RelationName | None = None, smtlib: str | None = None, cvc5: bool = False,
) -> Answer:
    """The same for all values of the parameters `names`, one text with commas or several. `where`: what may be assumed.

    >>> prove_for_all("ggml/normal:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "n_rot,base").verdict
    'convertible'
    """
    from prover.claims.solver import make_solver
    from prover.layouts.axes import axes_feeds
    from prover.theorems.for_all import state_theorem

    solver = make_solver(smtlib, cvc5)
    return _theorem(state_theorem(
        spec_of(source), spec_of(target), ",".join(several(names)), several(where), axes_feeds(axes, several(feeds)),
        allowed(relation), solver,
    ), solver)


def solve(
    source: str, target: str, over: Texts, *, where: Texts = (), feeds: Texts = (),
    axes: str | None = None, up_to: int = 6, relation: Literal["identical"] | None = None, smtlib: str | None = None,
    cvc5: bool = False, track: Callable[[Sequence[str]], Iterator[str]] = iter,
) -> Answer:
    """For which values of the parameters `over`, one text with commas or several, are two layouts equal?

    `relation`: "identical" asks where they are the same kernel lane by lane, whatever a change of weights would do.
    `up_to`: where no condition is found, parameters from 0 to this are tried one by one, with `track` around them.
    """
    from prover.claims.solver import make_solver
    from prover.layouts.axes import axes_feeds
    from prover.theorems.for_all import solve_for

    fed = axes_feeds(axes, several(feeds))
    solver = make_solver(smtlib, cvc5)
    names = ",".join(several(over))
    return _theorem(solve_for(
        spec_of(source), spec_of(target), names, several(where), fed, solver, up_to, track,
        identity=is_identical(relation),
    ), solver)


def rewrite(
    old: str, new: str, names: Texts = (), *, where: Texts = (), smtlib: str | None = None,
    cvc5: bool = False,
) -> Answer:
    """Is a kernel's loop the same as its rewrite at every pair, for all sizes?"""
    from prover.claims.relation import EXIT_CODES
    from prover.claims.solver import make_solver
    from prover.reports.rewrite_report import rewrite_document, rewrite_json, rewrite_text
    from prover.theorems.evidence import evidence_of
    from prover.theorems.rewrite import check_rewrite

    solver = make_solver(smtlib, cvc5)
    found = check_rewrite(old, new, several(names), several(where), solver)
    evidence = evidence_of(found, solver)
    return Answer(
        EXIT_CODES[found.outcome], lambda: rewrite_json(found, evidence),
        lambda path: rewrite_text(found, evidence, path), found.outcome.value, _first_line(rewrite_text(found)),
        evidence.certificate, _document=lambda path: rewrite_document(found, evidence, path),
    )


def check(
    certificate: str, *, against: tuple[str, str] | None = None, feeds: Texts = (), axes: str | None = None,
    cvc5: bool = False,
) -> Checked:
    """Run the small independent checker on a certificate's text; the answer is true if it was accepted.

    A theorem's goes to the checker of theorems, which asks Z3, and with `cvc5` that solver too; one about bits to the
    checker of bits.

    What is proved is of the tables in it; the names in it are its maker's. `against`: two specs; then the tables and
    feeds must be those of these layouts under `feeds` and `axes`, as `prove` takes them.

    >>> check("{}")
    <rejected: expected exactly the fields digest fails feeds holds schema source target>
    """
    from prover import checker

    if not isinstance(certificate, str):
        raise InputError("expected the text of a certificate", where="check")
    if against is not None and (isinstance(against, str) or len(against) != 2):
        raise InputError("expected two specs, of the source and of the target", where="against")
    if _OF_THEOREM.search(certificate):
        return _check_theorem(certificate, against, axes, several(feeds), cvc5)
    if _OF_BITS.search(certificate):
        return _check_bits(certificate, against, axes, several(feeds))
    try:
        holds, fails = checker.check(certificate)
    except checker.Rejected as rejected:
        return Checked(False, None, None, str(rejected))
    root = json.loads(certificate)
    if against is not None:
        from prover.layouts.axes import axes_feeds
        from prover.layouts.loading import load
        from prover.verdicts.as_stored import claim_of
        from prover.verdicts.certificate import difference

        source, target = (load(spec_of(spec)) for spec in against)
        fault = difference(root, claim_of(root, source, target, axes_feeds(axes, several(feeds))))
        if fault:
            return Checked(False, None, None, fault)
    return Checked(True, holds, fails, "", against is not None, root)


def coq_file(certificate: str) -> str:
    """The theorem of an accepted certificate as a Coq file, with its proof; `coqc` is what checks it.

    Raises UndecidedError for a theorem of a kind that Coq files are not made of.
    """
    from prover.theorems.coq_file import coq_file

    return coq_file(certificate)


def _check_theorem(
    text: str, against: tuple[str, str] | None, axes: str | None, feeds: Sequence[str], cvc5: bool
) -> Checked:
    """What the checker of theorems says; what no solver shows is not accepted, and not known to be wrong."""
    from prover.claims.solver import make_solver
    from prover.theorems.certificate import difference
    from prover.theorems.evidence import accepted

    found = _accepted(lambda: accepted(text, make_solver(None, cvc5)))
    if isinstance(found, Checked):
        return found
    root = json.loads(text)
    answer = root["answer"]
    fails = None if answer["scope"] == "always" else answer["elsewhere"]
    return _told_against(
        Checked(True, answer["relation"], fails, "", against is not None, root, found), against,
        lambda specs, named: difference(root, specs, named), axes, feeds,
    )


def _check_bits(text: str, against: tuple[str, str] | None, axes: str | None, feeds: Sequence[str]) -> Checked:
    """What the checker of bits says; what is beyond it is not accepted, and not known to be wrong."""
    from prover.bits.certificate import accepted, difference

    found = _accepted(lambda: accepted(text))
    if isinstance(found, Checked):
        return found
    root = json.loads(text)
    holds, fails = ("bitwise", None) if found.bits == "equal" else (None, "bitwise")
    return _told_against(
        Checked(True, holds, fails, "", against is not None, root, _bits=found), against,
        lambda specs, named: difference(root, specs, named), axes, feeds,
    )


def _accepted(ask: Callable[[], Found]) -> Found | Checked:
    """What a checker found, or that it rejects the certificate, or cannot show what it states."""
    from prover.errors import EXIT_UNDECIDED, EvidenceError, UndecidedError

    try:
        return ask()
    except EvidenceError as fault:
        return Checked(False, None, None, fault.message.partition(": ")[2])
    except UndecidedError as fault:
        return Checked(False, None, None, fault.message, _exit=EXIT_UNDECIDED)


def _told_against(
    found: Checked, against: tuple[str, str] | None,
    difference: Callable[[tuple[str, str], Sequence[str]], str | None], axes: str | None, feeds: Sequence[str],
) -> Checked:
    """What was found, unless the certificate is about others than the two specs."""
    from prover.layouts.axes import axes_feeds

    if against is None:
        return found
    source, target = map(spec_of, against)
    apart = difference((source, target), axes_feeds(axes, feeds))
    return Checked(False, None, None, apart) if apart else found


def _theorem(found: Theorem, solver: Solver) -> Answer:
    """The answer with the certificate of the theorem, or of the one case that is known to differ."""
    from prover.claims.relation import EXIT_CODES
    from prover.reports.theorem_report import headline, theorem_document, theorem_json, theorem_text
    from prover.theorems.evidence import evidence_of

    evidence = evidence_of(found, solver)
    smallest = found.smallest.verdict.certificate if found.smallest is not None else None
    return Answer(
        EXIT_CODES[found.outcome], lambda: theorem_json(found, evidence),
        lambda path: theorem_text(found, evidence, path), found.outcome.value, headline(found),
        evidence.certificate or smallest, _document=lambda path: theorem_document(found, evidence, path),
    )


def _first_line(text: str) -> str:
    return text.splitlines()[0].partition(": ")[2]
