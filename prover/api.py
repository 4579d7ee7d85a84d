"""The Python API: from specs to frozen answers. `import prover` offers what is listed here in `__all__`.

An answer says its verdict word and exit code, and gives everything else as JSON types, as text or as Markdown;
it is what the command of the same name prints. Nothing that decides is imported before a function needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from prover.errors import EXIT_INTERNAL, EXIT_OK, InputError, ProverError

if TYPE_CHECKING:
    from prover.claims.relation import Relation
    from prover.layouts.layout import Pair
    from prover.layouts.loading import Loaded
    from prover.proof_files.result import ProofResult
    from prover.theorems.for_all import Theorem

__all__ = [
    "Answer", "Checked", "Layout", "Proof", "ProverError", "check", "load", "prove", "prove_bits", "prove_for_all",
    "rewrite", "run", "show", "solve",
]

JSON = dict[str, Any]
Texts = str | Sequence[str]  # one text, or several
RelationName = Literal["identical", "equal-scores", "permutation", "pair-map", "linear"]


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came of a question.

    `verdict`: equivalent, convertible, different or undecided. `headline`: the answer in a sentence. `exit_code`: the
    command's. `certificate`: the evidence, as text that `check` accepts; None where there is none. An answer has no
    truth value, since a word among four is asked for.
    """

    verdict: str
    headline: str
    exit_code: int
    certificate: str | None
    _json: Callable[[], JSON] = field(compare=False)
    _text: Callable[[str | None], str] = field(compare=False)
    _markdown: Callable[[str | None], str] | None = field(compare=False, default=None)

    def __repr__(self) -> str:
        return f"<{self.verdict}: {self.headline}>"

    def __bool__(self) -> bool:
        raise TypeError("an answer is neither true nor false: compare its verdict, such as == 'equivalent'")

    def to_json(self) -> JSON:
        """Everything that is known, as JSON types; what --json prints."""
        return self._json()

    def to_text(self, certificate_path: str | None = None) -> str:
        """The answer for a terminal. `certificate_path`: where the certificate was written, if it was."""
        return self._text(certificate_path)

    def to_markdown(self, certificate_path: str | None = None) -> str:
        """The same for a review; the text where no Markdown is made."""
        return (self._markdown or self._text)(certificate_path)


@dataclass(frozen=True, slots=True, repr=False)
class Proof(Answer):
    """An answer about two layouts at given numbers.

    `relation`: the lowest that holds, "none", or None if unknown. `refuted`: the highest that fails. `permutation`:
    W_target_rows = W_source_rows[permutation] in each head, if one is enough or needed. `differing_pairs`: indices of
    pairs that differ lane by lane, of the source and of the target.
    """

    relation: str | None = None
    refuted: str | None = None
    permutation: tuple[int, ...] | None = None
    differing_pairs: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())


@dataclass(frozen=True, slots=True, repr=False)
class Layout:
    """A layout at the parameters of a spec; its pairs are exact. `warnings`: what its kernel does in silence."""

    spec: str
    title: str
    width: int
    axes: tuple[str, ...]
    pairs: tuple[Pair, ...]
    warnings: tuple[str, ...]
    _loaded: Loaded = field(compare=False)

    def __repr__(self) -> str:
        return (f"<layout {self.spec}: {self.width} lanes, {len(self.pairs)} pairs, "
                f"axes {', '.join(self.axes)}>")

    def to_json(self, feeds: Texts = ()) -> JSON:
        """Formula, parameters, properties under `feeds`, and every pair with exact numbers and floats."""
        from prover.reports.show import show_json

        return show_json(self._loaded, _several(feeds))

    def to_text(self, feeds: Texts = (), every_pair: bool = False) -> str:
        """The same for a terminal."""
        from prover.reports.show import show_text

        return show_text(self._loaded, every_pair, _several(feeds))


@dataclass(frozen=True, slots=True, repr=False)
class Checked:
    """What the checker makes of one certificate: the relation that `holds` and the one that `fails`, or why neither."""

    accepted: bool
    holds: str | None
    fails: str | None
    reason: str

    def __repr__(self) -> str:
        if not self.accepted:
            return f"<rejected: {self.reason}>"
        said = [f"'{self.holds}' holds"] if self.holds else []
        said += [f"'{self.fails}' fails"] if self.fails else []
        return f"<accepted: {' and '.join(said)}>"

    def __bool__(self) -> bool:
        return self.accepted

    @property
    def exit_code(self) -> int:
        """0 if it was accepted, 4 if not."""
        return EXIT_OK if self.accepted else EXIT_INTERNAL


def load(spec: str) -> Layout:
    """The layout that a spec names. Raises ProverError with what is wrong and what to do.

    >>> load("ggml/imrope:n_rot=64:sections=11,11,10,0")
    <layout ggml/imrope:n_rot=64:sections=11,11,10,0: 128 lanes, 32 pairs, axes t, h, w, e>
    >>> load("ggml/imrope").pairs[1].read
    (1, 65)
    """
    from prover.layouts.loading import load as load_spec

    loaded = load_spec(spec)
    layout = loaded.layout
    return Layout(spec, loaded.about.title, layout.width, layout.axes, layout.pairs, loaded.about.warnings, loaded)


def show(spec: str, feeds: Texts = (), every_pair: bool = False) -> str:
    """A layout's formula, parameters, properties and pairs as text; without pairs where parameters must be given.

    >>> print(show("ggml/neox:head_dim=4").splitlines()[0])
    ggml/neox:head_dim=4  (ggml NEOX)
    """
    from prover.layouts.loading import outline
    from prover.reports.show import outline_text

    about = outline(spec)
    if about.missing and not feeds:
        return outline_text(about)
    return load(spec).to_text(feeds, every_pair)


def show_data(spec: str, feeds: Texts = ()) -> JSON:
    """What `show` tells, as JSON types."""
    from prover.layouts.loading import outline
    from prover.reports.show import outline_json

    about = outline(spec)
    return outline_json(about) if about.missing and not feeds else load(spec).to_json(feeds)


def prove(
    source: str | Layout, target: str | Layout, *, feeds: Texts = (), axes: str | None = None,
    relation: RelationName | None = None, smtlib: str | None = None, cvc5: bool = False,
) -> Proof:
    """Do weights made for `source` work in a kernel that computes `target`?

    `feeds`: what each axis gets, as for the command, one or several; free if empty. `axes`: which axis of the source is
    which of the target, "row=h,col=w". `relation`: what may be done to the weights; nothing if None. `smtlib`: a folder
    for the questions put to Z3. `cvc5`: whether a second solver is asked. Raises ProverError.

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
    from prover.claims.claim import make_claim
    from prover.claims.properties import about_under
    from prover.claims.solver import make_solver
    from prover.layouts.axes import axes_feeds
    from prover.reports.render import render_markdown, render_text
    from prover.reports.report import report
    from prover.verdicts.verdict import prove as decide

    first, second = (_loaded(side) for side in (source, target))
    solver = make_solver(smtlib, cvc5)
    claim = make_claim(first, second, axes_feeds(axes, _several(feeds)))
    verdict = decide(claim, _relation(relation), solver)
    about = about_under(first, verdict.claim, "source"), about_under(second, verdict.claim, "target")
    found = report(verdict, *about) | {"second_opinion": solver.agreement or None}
    pairs = found["differing_pairs"]
    return Proof(
        found["verdict"], found["headline"], verdict.exit_code, verdict.certificate,
        lambda: dict(found), lambda path: render_text(found, path), lambda path: render_markdown(found, path),
        found["relation"], found["refuted"], tuple(found["witness"]["permutation"]) if found["witness"] else None,
        (tuple(pairs["source"]), tuple(pairs["target"])),
    )


def prove_bits(
    source: str, target: str, *, feeds: Texts = (), axes: str | None = None, smtlib: str | None = None,
    cvc5: bool = False,
) -> Answer:
    """Do two kernels with a [recipe] give the same bits?"""
    from prover.bits.bitwise import compare_bits
    from prover.claims.relation import EXIT_CODES
    from prover.claims.solver import make_solver
    from prover.layouts.axes import axes_feeds
    from prover.reports.bitwise_report import bitwise_json, bitwise_markdown, bitwise_text

    found = compare_bits(source, target, axes_feeds(axes, _several(feeds)), make_solver(smtlib, cvc5))
    return Answer(
        found.outcome.value, _first_line(bitwise_text(found)), EXIT_CODES[found.outcome], None,
        lambda: bitwise_json(found), lambda _: bitwise_text(found), lambda _: bitwise_markdown(found),
    )


def prove_for_all(
    source: str, target: str, names: str, *, where: Texts = (), feeds: Texts = (),
    axes: str | None = None, relation: RelationName | None = None, smtlib: str | None = None, cvc5: bool = False,
) -> Answer:
    """The same for all values of the parameters in `names`, with commas between. `where`: what may be assumed of them.

    >>> prove_for_all("ggml/normal:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "n_rot,base").verdict
    'convertible'
    """
    from prover.claims.solver import make_solver
    from prover.layouts.axes import axes_feeds
    from prover.theorems.for_all import state_theorem

    return _theorem(state_theorem(
        source, target, names, _several(where), axes_feeds(axes, _several(feeds)), _relation(relation),
        make_solver(smtlib, cvc5),
    ))


def solve(
    source: str, target: str, over: str, *, where: Texts = (), feeds: Texts = (),
    axes: str | None = None, up_to: int = 6, smtlib: str | None = None, cvc5: bool = False,
    track: Callable[[Sequence[str]], Iterator[str]] = iter,
) -> Answer:
    """For which values of the parameters in `over` are two layouts equal?

    `up_to`: where no condition is found, parameters from 0 to this are tried one by one, with `track` around them.
    """
    from prover.claims.solver import make_solver
    from prover.layouts.axes import axes_feeds
    from prover.theorems.for_all import solve_for

    fed = axes_feeds(axes, _several(feeds))
    return _theorem(solve_for(source, target, over, _several(where), fed, make_solver(smtlib, cvc5), up_to, track))


def rewrite(
    old: str, new: str, names: Texts = (), *, where: Texts = (), smtlib: str | None = None,
    cvc5: bool = False,
) -> Answer:
    """Is a kernel's loop the same as its rewrite at every pair, for all sizes?"""
    from prover.claims.relation import EXIT_CODES
    from prover.claims.solver import make_solver
    from prover.reports.rewrite_report import rewrite_json, rewrite_text
    from prover.theorems.rewrite import check_rewrite

    found = check_rewrite(old, new, _several(names), _several(where), make_solver(smtlib, cvc5))
    return Answer(
        found.outcome.value, _first_line(rewrite_text(found)), EXIT_CODES[found.outcome], None,
        lambda: rewrite_json(found), lambda _: rewrite_text(found),
    )


def check(certificate: str) -> Checked:
    """Run the small independent checker on a certificate's text; the answer is true if it was accepted.

    >>> check("{}")
    <rejected: expected exactly the fields digest fails feeds holds schema source target>
    """
    from prover import checker

    try:
        holds, fails = checker.check(certificate)
    except checker.Rejected as fault:
        return Checked(False, None, None, str(fault))
    return Checked(True, holds, fails, "")


def run(
    names: Texts = (), *, update: bool = False, jobs: int | None = None, smtlib: str | None = None,
    cvc5: bool = False,
) -> Iterator[ProofResult]:
    """Files of proofs, by shipped name or path, all shipped ones if none is named: each result in order, once known.

    `jobs`: how many are proved at once; as many as there are cores if None.
    """
    from prover.proof_files.finding import find_proofs
    from prover.proof_files.running import Way, run_files, usual_jobs

    yield from run_files(find_proofs(_several(names)), Way(update, smtlib, cvc5), jobs or usual_jobs())


def _several(texts: Texts) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts)


def _relation(name: RelationName | None) -> Relation | None:
    from prover.claims.relation import Relation

    if name is None:
        return None
    names = [relation.value for relation in Relation]
    if name not in names:
        raise InputError(
            f"there is no relation '{str(name)[:60]}'", where="relation",
            advice=f"Relations: {', '.join(names)}. For bits there is prove_bits",
        )
    return Relation(name)


def _loaded(side: str | Layout) -> Loaded:
    from prover.layouts.loading import load as load_spec

    return side._loaded if isinstance(side, Layout) else load_spec(side)


def _theorem(found: Theorem) -> Answer:
    from prover.claims.relation import EXIT_CODES
    from prover.reports.theorem_report import headline, theorem_json, theorem_markdown, theorem_text

    smallest = found.smallest.verdict.certificate if found.smallest is not None else None
    return Answer(
        found.outcome.value, headline(found), EXIT_CODES[found.outcome], smallest,
        lambda: theorem_json(found), lambda _: theorem_text(found), lambda _: theorem_markdown(found),
    )


def _first_line(text: str) -> str:
    return text.splitlines()[0].partition(": ")[2]


