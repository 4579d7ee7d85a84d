"""Questions to solvers: SMT-LIB 2 text that any solver reads, asked of Z3 and, if wanted, of cvc5.

Each question goes to a fresh solver under a budget of work, not of time. Most want no more than a word and are
easy: they go to Z3's plain solver first, in a context that is made once and left as it was by each. The second solver
gets the same text; if one says sat and the other unsat, one of them is wrong and nothing may be concluded.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from tempfile import mkdtemp
from textwrap import wrap
from typing import TYPE_CHECKING

from prover.errors import EvidenceError, InputError, UndecidedError
from prover.files import refuse_dangling, require_writable, write_text

if TYPE_CHECKING:
    import z3

WORK_BUDGET = 200_000_000
EASY_BUDGET = 500_000
SECOND_BUDGET = 500_000
WHOLE_BUDGET = 10 * WORK_BUDGET
MAX_QUESTIONS = 20_000

_VALUE = re.compile(r"\((\|[^|]*\||\w+)\s+(\(- (\d+)\)|\d+)\)")

_NUMBER = re.compile(r"\((\|[^|]*\||\w+)\s+(\(-\s+)?(?:\(/\s+)?([\d.]+)(?:\s+([\d.]+))?\)*")


@dataclass(frozen=True, slots=True)
class Question:
    """SMT-LIB 2 declarations, assertions and one check.

    `values`: the constants that a model is asked for. `budget`: the work after which Z3 gives up. `logic`: what SMT-LIB
    calls the kind of formulas. `of_word`: nothing but the word is asked for, and those values. `hints`: constants whose
    values in a model are welcome where they are easy to have; they may be others in another run. `any_model`: that goes
    for `values` too, which are among the hints.

    `name` is the stem of its file; `asks` and `proves` are sentences for a reader of the text.
    """

    name: str
    asks: str
    proves: str
    body: str
    values: tuple[str, ...] = ()
    budget: int = WORK_BUDGET
    logic: str = "ALL"
    of_word: bool = False
    hints: tuple[str, ...] = ()
    any_model: bool = False

    @property
    def digest(self) -> bytes:
        """One of 32 bytes for all that the answer depends on."""
        rest = (self.values, self.budget, self.logic, self.of_word, self.hints, self.any_model)
        return hashlib.sha256(f"{rest}\n{self.body}".encode()).digest()

    @property
    def text(self) -> str:
        """The whole of it, with its comment and its budget."""
        comment = [f"; {line}" for part in (self.asks, self.proves) for line in wrap(part, 96)]
        return "\n".join([
            *comment,
            f"(set-option :reproducible-resource-limit {self.budget})",
            "(set-option :produce-models true)",
            "(set-option :produce-unsat-cores true)",
            f"(set-logic {self.logic})",
            self.body.rstrip(),
            "",
        ])


@dataclass(frozen=True, slots=True)
class Answer:
    """`word`: sat, unsat or unknown. `detail`: the model, the core, or why it is unknown. `work`: Z3's own count."""

    word: str
    detail: str
    work: int = 0

    def numbers(self) -> dict[str, Fraction]:
        """The rational numbers of a model asked for by name."""
        return {
            name: Fraction(-1 if minus else 1) * Fraction(above) / Fraction(below or 1)
            for name, minus, above, below in _NUMBER.findall(self.detail)
        }

    def core(self, label: str) -> tuple[int, ...]:
        """The numbers of the assertions named |LABEL NUMBER| that an unsatisfiable core has."""
        return tuple(sorted(int(number) for number in re.findall(rf"\|{label} (\d+)\|", self.detail)))

    def values(self) -> dict[str, int]:
        """The whole numbers of a model asked for by name."""
        return {name: -int(minus) if minus else int(plain) for name, plain, minus in _VALUE.findall(self.detail)}


@dataclass(slots=True)
class Solver:
    """Asks Z3, and keeps a record: name, Z3's word and cvc5's of each question.

    `directory`: where every question is written. `second`: whether cvc5 is asked too. `work`: that of all questions.
    """

    directory: Path | None = None
    second: bool = False
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    work: int = 0
    _easy: EasySolver | None = field(default=None, repr=False, compare=False)
    _known: dict[bytes, Answer] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_recorded(self) -> bool:
        """Whether questions are written or put to a second solver, so that none is left out."""
        return self.directory is not None or self.second

    def ask(self, question: Question) -> Answer:
        """The answer.

        Raises EvidenceError if the two solvers contradict each other, UndecidedError once all questions
        together have taken the work that is allowed.
        """
        if self.work > WHOLE_BUDGET or len(self.asked) >= MAX_QUESTIONS:
            raise UndecidedError(
                f"{len(self.asked)} questions have taken all the work that is allowed",
                advice=f"The next one is saved in {self.save(question)}; give numbers to some parameters",
            )
        if self.directory is not None:
            write_text(self.directory / f"{len(self.asked):04d}-{question.name}.smt2", question.text)
        # What was asked before is not asked again: its answer is the same, but for numbers that are mere hints.
        key = question.digest
        answer = None if self.is_recorded else self._known.get(key)
        if answer is None:
            answer = self._known[key] = self._easily(question) or ask_z3(question)
            self.work += answer.work
        other = ask_cvc5(question) if self.second else ""
        self.asked.append((question.name, answer.word, other))
        if {answer.word, other} == {"sat", "unsat"}:
            raise EvidenceError(
                f"Z3 says {answer.word} and cvc5 says {other} to the question '{question.name}'",
                advice="One of the solvers is wrong; save the question with --smtlib and report it",
            )
        return answer

    def _easily(self, question: Question) -> Answer | None:
        """The answer if the word is all that is needed, and easy to find."""
        if not question.of_word:
            return None
        if self._easy is None:
            self._easy = EasySolver()
        found = self._easy.ask(question)
        self.work += found.work
        if found.word == "unknown":
            self._easy = None   # what is left of a question that was given up stays in its context
        is_enough = found.word == "unsat" or (found.word == "sat" and (not question.values or question.any_model))
        return replace(found, work=0) if is_enough else None

    def save(self, question: Question) -> str:
        """Write a question that was left open, and give the path."""
        folder = self.directory or Path(mkdtemp(prefix="rope-prover-"))
        path = folder / f"open-{question.name}.smt2"
        write_text(path, question.text)
        return str(path)

    @property
    def opinions(self) -> tuple[int, int]:
        """On how many questions the second solver agreed, and how many it was asked."""
        return (sum(first == second for _, first, second in self.asked), len(self.asked)) if self.second else (0, 0)

    @property
    def agreement(self) -> str:
        """What the second solver said, in a sentence; empty if it was not asked."""
        return agreement_text(*self.opinions)


def agreement_text(same: int, asked: int) -> str:
    """What the second solver said to `asked` questions, in a sentence; empty if there were none."""
    left = f"; it left {asked - same} open" if asked > same else ""
    return f"cvc5 agrees with Z3 on {same} of {asked} questions{left}" if asked else ""


def make_solver(directory: str | None, second: bool) -> Solver:
    """A solver as the command line asks for it. Raises InputError if it is not to be had."""
    if second:
        try:
            import cvc5  # noqa: F401
        except ImportError:
            raise InputError("cvc5 is not installed", advice="Run: pip install 'rope-prover[cvc5]'") from None
    if directory is None:
        return Solver(None, second)
    path = Path(directory)
    refuse_dangling(path)
    if path.exists() and not path.is_dir():
        raise InputError("is no folder", where=directory, advice="Name a folder for the questions")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise InputError(f"cannot be made: {fault.strerror}", where=directory, advice="Name another folder") from None
    require_writable(path)
    return Solver(path, second)


class EasySolver:
    """Z3's plain solver for words alone, in one context, where each question stands alone: to make one takes longer.

    What a model or a core has in it depends on what was in a context before; whether there is one does not.
    """

    def __init__(self) -> None:
        import z3

        self.context: z3.Context = z3.Context()
        self.work = 0
        # Above a push there is no choosing among strategies, which takes longer than most questions.
        self._said(f"{_seeds(0)}\n(push)")

    def ask(self, question: Question) -> Answer:
        """The word and the work; unknown where it is not easy, or no question. After that it is to be asked no more."""
        import z3

        budget = min(question.budget, EASY_BUDGET)
        try:
            # A pop takes back what the question before declared; to reset takes longer than most questions.
            word = self._said(f"(pop)\n(set-option :reproducible-resource-limit {budget})\n(push)\n{question.body}")
            before, self.work = self.work, _work(self._said("(get-info :rlimit)"))
            values = f"(get-value ({' '.join(question.hints)}))" if word == "sat" and question.hints else ""
            detail = self._said(values) if values else ""
        except z3.Z3Exception:
            return Answer("unknown", "", budget)
        return Answer(word if word in ("sat", "unsat") else "unknown", detail, self.work - before)

    def _said(self, text: str) -> str:
        import z3

        return str(z3.Z3_eval_smtlib2_string(self.context.ref(), text)).strip()


def _seeds(seed: int) -> str:
    return "\n".join(f"(set-option :{part}.random_seed {seed})" for part in ("smt", "sat"))


def _work(said: str) -> int:
    return int(said.strip("()\n ").split()[-1])


def ask_z3(question: Question, seed: int = 0) -> Answer:
    """Z3's answer in a fresh context."""
    import z3

    context = z3.Context()
    # Z3 keeps seeds set from a text for the whole process, so each question sets its own.
    text = f"{_seeds(seed)}\n{question.text}"
    word = z3.Z3_eval_smtlib2_string(context.ref(), text).strip()
    if word not in ("sat", "unsat", "unknown"):
        raise EvidenceError(f"Z3 cannot read the question '{question.name}': {word[:300]}")
    if word == "sat":
        more = f"(get-value ({' '.join(question.values)}))" if question.values else "(get-model)"
    else:
        more = "(get-unsat-core)" if word == "unsat" else "(get-info :reason-unknown)"
    detail = z3.Z3_eval_smtlib2_string(context.ref(), more)
    work = z3.Z3_eval_smtlib2_string(context.ref(), "(get-info :rlimit)")
    return Answer(word, detail, _work(work))


def ask_cvc5(question: Question) -> str:
    """cvc5's answer to the same text: sat, unsat or unknown."""
    import cvc5

    text = question.text.replace(str(question.budget), str(SECOND_BUDGET), 1)
    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    symbols = cvc5.SymbolManager(manager)
    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, question.name)
    said = ""
    try:
        while not (command := parser.nextCommand()).isNull():
            said += str(command.invoke(solver, symbols))
    except RuntimeError as fault:
        raise EvidenceError(f"cvc5 cannot read the question '{question.name}': {str(fault)[:300]}") from None
    word = said.strip().splitlines()[-1] if said.strip() else ""
    return word if word in ("sat", "unsat") else "unknown"
