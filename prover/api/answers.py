"""What the API gives: frozen, typed, with a `repr` that a person can read. Each is what a command prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from prover.errors import EXIT_INTERNAL, EXIT_OK

if TYPE_CHECKING:
    from prover.bits_checker import Accepted as AcceptedBits
    from prover.layouts.layout import Pair
    from prover.layouts.loading import Loaded
    from prover.reports.document import Document
    from prover.theorem_checker import Accepted

JSON = dict[str, Any]
Texts = str | Sequence[str]  # one text, or several
MOST_PICTURES = 4  # of a model in a notebook


def several(texts: Texts) -> tuple[str, ...]:
    """One text or several, as several."""
    return (texts,) if isinstance(texts, str) else tuple(texts)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Report:
    """Something to be read: as text or as JSON types. `exit_code`: the command's."""

    exit_code: int
    _json: Callable[[], JSON] = field(compare=False)
    _text: Callable[[str | None], str] = field(compare=False)
    _document: Callable[[str | None], Document] | None = field(compare=False, default=None, kw_only=True)
    _page: Callable[[str, str | None], str] | None = field(compare=False, default=None, kw_only=True)

    def __repr__(self) -> str:
        lines = self.to_text().split("\n")
        return f"<report: {next((line.strip() for line in lines if line.strip()), 'empty')}>"

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        """For notebooks: the text."""
        from html import escape

        return f"<pre>{escape(self.to_text())}</pre>"

    def _repr_markdown_(self) -> str:
        """For notebooks and converters of them that take no HTML."""
        return self.to_markdown()

    def to_json(self) -> JSON:
        """Everything that is known, as JSON types; what --json prints."""
        return self._json()

    def to_text(self, certificate_path: str | None = None) -> str:
        """The same for a terminal. `certificate_path`: where a certificate was written, if one was."""
        return self._text(certificate_path)

    def to_markdown(self, certificate_path: str | None = None) -> str:
        """The same for a comment on a pull request."""
        from prover.reports.document_markdown import markdown

        return markdown(self.document(certificate_path))

    def document(self, certificate_path: str | None = None) -> Document:
        """The same as blocks, which Markdown and HTML are made of; the text in one block where it has no others."""
        from prover.reports.document import Code

        if self._document is None:
            return (Code(self.to_text(certificate_path), "text"),)
        return self._document(certificate_path)

    def to_html(self, certificate_path: str | None = None) -> str:
        """The same as a page: one file that fetches nothing."""
        from prover.reports.document_html import body
        from prover.reports.html.document_page import document_page

        blocks = self.document(certificate_path)
        if self._page is not None:
            return self._page(body(blocks), certificate_path)
        return document_page(blocks, getattr(self, "certificate", None), certificate_path)


@dataclass(frozen=True, slots=True, repr=False)
class Answer(Report):
    """What came of a question.

    `verdict`: equivalent, convertible, different or undecided. `headline`: the answer in a sentence. `certificate`: the
    evidence, as text that `check` accepts; None where there is none. An answer has no truth value, since a word among
    four is asked for.
    """

    verdict: str
    headline: str
    certificate: str | None

    def __repr__(self) -> str:
        return f"<{self.verdict}: {self.headline}>"

    def __bool__(self) -> bool:
        raise TypeError("an answer is neither true nor false: compare its verdict, such as == 'equivalent'")


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
class Permutation(Answer):
    """What came of a permutation of rows; `verdict` is right, wrong or undecided.

    `rows`: of each matrix, row i of the result is what was row rows[i]. `needed`: a right one for the rows of a head,
    apart from factors, if that is known. `slips`: what it is, where undoing that makes it right.
    """

    rows: tuple[tuple[int, ...], ...] = ()
    needed: tuple[int, ...] | None = None
    slips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Difference(Report):
    """What came of two models: `verdict` is the worst of their parts. `certificates`: file name and text of each."""

    verdict: str
    certificates: tuple[tuple[str, str], ...]

    def to_html(self, certificate_path: str | None = None) -> str:
        """The same as a page, with its certificates to save: one file that fetches nothing."""
        from prover.reports.html.document_page import many_page

        return many_page(self.document(certificate_path), self.certificates, "--certificate")

    def __repr__(self) -> str:
        from prover.reports.text import counted

        return f"<{self.verdict}: {counted(len(self.certificates), 'certificate')}>"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ModelReport(Report):
    """What is in a model. `specs`: the address and the layout of each part with RoPE."""

    specs: tuple[tuple[str, str], ...]

    def _repr_html_(self) -> str:
        """For notebooks: the text, and a picture of each layout, up to some; how many are left out is said."""
        from html import escape

        from prover.api.pictures import draw
        from prover.errors import ProverError
        from prover.reports.text import counted, plain

        names: dict[str, list[str]] = {}
        for address, spec in self.specs:
            names.setdefault(spec, []).append(address)
        shown = [f"<pre>{escape(self.to_text())}</pre>"]
        for spec, parts in list(names.items())[:MOST_PICTURES]:
            shown.append(f"<h4>{escape(plain(', '.join(parts)))}</h4>")
            try:
                shown.append(draw(spec)._repr_html_())
            except ProverError as fault:
                shown.append(f"<p>{escape(plain(str(fault)))}</p>")
        left = len(names) - MOST_PICTURES
        return "\n".join([*shown, *([f"<p>{counted(left, 'more layout')} not drawn</p>"] if left > 0 else [])])


@dataclass(frozen=True, slots=True, repr=False)
class Audit(Report):
    """What came of many models under many engines. `certificates`: file name and text of each."""

    certificates: tuple[tuple[str, str], ...]
    _sarif: Callable[[], JSON] = field(compare=False)
    has_certificates: bool = field(compare=False, default=False, kw_only=True)

    def to_html(self, certificate_path: str | None = None) -> str:
        """The same as a page, with the certificates that were kept to save: one file that fetches nothing."""
        from prover.reports.html.document_page import document_page, many_page

        blocks = self.document(certificate_path)
        if not self.has_certificates:
            return document_page(blocks)
        return many_page(blocks, self.certificates, "--certificate")

    def to_sarif(self) -> JSON:
        """What is not equivalent or not read, at the lines of the configs' keys, as SARIF 2.1.0."""
        return self._sarif()

    def to_svg(self) -> str:
        """The table as a picture, SVG. Raises InputError without matplotlib."""
        return self._picture("svg").decode("utf-8")

    def to_png(self) -> bytes:
        """The table as a picture, PNG. Raises InputError without matplotlib."""
        return self._picture("png")

    def _picture(self, kind: Literal["svg", "png"]) -> bytes:
        from prover.reports.pictures.matrix import matrix_figure
        from prover.reports.pictures.plotting import rendered

        return rendered(lambda: matrix_figure(self.to_json()), kind)


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
        from prover.reports.text import counted

        return (f"<layout {self.spec}: {counted(self.width, 'lane')}, {counted(len(self.pairs), 'pair')}, "
                f"axes {', '.join(self.axes)}>")

    def _repr_html_(self) -> str:
        """For notebooks: its picture, or that as text where matplotlib is not installed."""
        from prover.api.pictures import draw

        return draw(self)._repr_html_()

    def to_json(self, feeds: Texts = ()) -> JSON:
        """Formula, parameters, properties under `feeds`, and every pair with exact numbers and floats."""
        from prover.reports.show import show_json

        return show_json(self._loaded, several(feeds))

    def to_text(self, feeds: Texts = (), every_pair: bool = False) -> str:
        """The same for a terminal."""
        from prover.reports.show import show_text

        return show_text(self._loaded, every_pair, several(feeds))

    def to_html(self, feeds: Texts = (), every_pair: bool = False) -> str:
        """The same as a page, with the pairs to look at: one file that fetches nothing."""
        from prover.reports.html.show_page import show_page

        return show_page(self._loaded, several(feeds), every_pair)


@dataclass(frozen=True, slots=True, repr=False)
class Checked:
    """What the checker makes of one certificate: the relation that `holds` and the one that `fails`, or why neither.

    Of a theorem `holds` is what holds where its condition does, and `fails` what fails elsewhere. `names_checked`:
    whether its tables, or its layouts, were held against those of specs; the names in it are its maker's.
    """

    accepted: bool
    holds: str | None
    fails: str | None
    reason: str
    names_checked: bool = False
    _root: JSON = field(compare=False, default_factory=dict)
    _theorem: Accepted | None = field(compare=False, default=None)
    _bits: AcceptedBits | None = field(compare=False, default=None, kw_only=True)
    _exit: int = field(compare=False, default=EXIT_INTERNAL)

    def __repr__(self) -> str:
        return f"<accepted: {self.proved}>" if self.accepted else f"<rejected: {self.reason}>"

    def __bool__(self) -> bool:
        return self.accepted

    @property
    def proved(self) -> str:
        """Which relation holds and which fails, in words."""
        if self._theorem is not None:
            from prover.reports.theorem_checked import proved_text

            return proved_text(self._root)
        if self._bits is not None:
            from prover.reports.bits_checked import bits_proved_text

            return bits_proved_text(self._root)
        said = [f"'{self.holds}' holds"] if self.holds else []
        said += [f"'{self.fails}' fails"] if self.fails else []
        return " and ".join(said)

    @property
    def exit_code(self) -> int:
        """0 if it was accepted, 4 if not; 3 if it may be right, and no solver shows a part of it."""
        return EXIT_OK if self.accepted else self._exit

    def to_json(self) -> JSON:
        """What was accepted, or why it was not, as JSON types."""
        from prover.reports.checked_report import checked_json

        if not self.accepted:
            return {"accepted": False, "reason": self.reason, "exit_code": self.exit_code}
        if self._theorem is not None:
            from prover.reports.theorem_checked import theorem_checked_json

            about = theorem_checked_json(self._root, self._theorem)
        elif self._bits is not None:
            from prover.reports.bits_checked import bits_checked_json

            about = bits_checked_json(self._root)
        else:
            about = checked_json(self._root)
        return {"accepted": True, "exit_code": self.exit_code, "holds": self.holds, "fails": self.fails, **about,
                "names_checked": self.names_checked}

    def to_text(self) -> str:
        """The same in a line."""
        from prover.reports.checked_report import tables_text

        if not self.accepted or self._theorem is not None or self._bits is not None:
            return self.proved if self.accepted else self.reason
        return f"{self.proved} for {tables_text(self._root)}"

    def explain(self, certificate_path: str = "") -> Report:
        """The story of a certificate from the certificate alone: its tables, what holds of them, what fails and why."""
        from prover.reports.certificate_report import story_json, story_text

        if not self.accepted:
            return Report(self.exit_code, self.to_json, lambda _: f"rejected: {self.reason}\n")
        if self._theorem is not None:
            from prover.reports.theorem_checked import theorem_story_json, theorem_story_text

            theorem = self._root, self._theorem, certificate_path
            return Report(self.exit_code, lambda: theorem_story_json(*theorem), lambda _: theorem_story_text(*theorem))
        if self._bits is not None:
            from prover.reports.bits_checked import bits_story_json, bits_story_text

            bits = self._root, self._bits, certificate_path
            return Report(self.exit_code, lambda: bits_story_json(*bits), lambda _: bits_story_text(*bits))
        about = self._root, self.holds, self.fails, certificate_path
        return Report(self.exit_code, lambda: story_json(*about), lambda _: story_text(*about))


@dataclass(frozen=True, slots=True, repr=False)
class Classes(Report):
    """The catalogue in classes of equal layouts: specs, the first of each class the one that the others equal.

    `certificates`: the evidence of each member but the first, under a name for its file.
    """

    classes: tuple[tuple[str, ...], ...]
    certificates: tuple[tuple[str, str], ...]

    def to_html(self, certificate_path: str | None = None) -> str:
        """The same as a page, with its certificates to save: one file that fetches nothing."""
        from prover.reports.html.document_page import many_page

        return many_page(self.document(certificate_path), self.certificates, "--certificates")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Measured(Report):
    """Tables read out of live kernels; `to_json` has the format that `conform` reads."""

    _compare: Callable[[], Report] = field(compare=False)

    def compare(self) -> Report:
        """Each kernel beside its layout of the catalogue, a line each."""
        return self._compare()
