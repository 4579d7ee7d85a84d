"""Expressions as Coq text: whole numbers in Z with Z.div, Z.modulo and Int_part, which round down, all others in R.

What has no form here that Coq's lia, ring and field can work on is refused, never written as something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from math import lcm

from prover.errors import UndecidedError
from prover.language.term import Kind, Term, constant, product_of, sum_of

Z_COMPARISONS: Mapping[Kind, str] = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=", "ne": "<>"}
_TESTS: Mapping[Kind, str] = {"lt": "<?", "le": "<=?", "gt": ">?", "ge": ">=?", "eq": "=?"}
# Of numbers that need not be whole: the test of the file, whether its two are exchanged, whether the answer is negated.
REAL_TESTS: Mapping[Kind, tuple[str, bool, bool]] = {
    "lt": ("is_less", False, False), "le": ("is_less", True, True), "gt": ("is_less", True, False),
    "ge": ("is_less", False, True), "eq": ("is_same", False, False),
}


def refused(what: str) -> UndecidedError:
    """The error of what Coq files cannot say so far."""
    return UndecidedError(f"no Coq file is made of it: {what}", advice="The certificate is what proves it")


@dataclass(slots=True)
class Printer:
    """Terms to text. `is_whole`: of a name; `call`: a name with its arguments.

    `needed`: what has to hold so that each expression has a value, as propositions, in the order met; where
    `is_guarded`, under the conditions of the choices around it.
    """

    is_whole: Callable[[str], bool]
    call: Callable[[str], str]
    needed: dict[str, Term] = field(default_factory=dict)
    is_guarded: bool = False
    guards: list[Term] = field(default_factory=list)

    def whole(self, term: Term) -> bool:
        """Whether the form of a term shows that it is a whole number."""
        match term.kind:
            case "number":
                return term.whole is not None
            case "index" | "floor" | "ceil":
                return True
            case "name":
                return self.is_whole(str(term.value))
            case "add" | "mul" | "mod" | "smallest" | "largest" | "abs":
                return all(map(self.whole, term.args))
            case "choice" | "item":
                return all(map(self.whole, term.args[1:]))
            case "pow":
                exponent = term.args[1].whole
                return exponent is not None and exponent >= 0 and self.whole(term.args[0])
        return False

    def integer(self, term: Term) -> str:
        """A whole number, in Z_scope; what is no atom stands in parentheses."""
        if not self.whole(term):
            raise refused("a number has to be whole whose form does not show it")
        match term.kind:
            case "number":
                return str(term.whole) if (term.whole or 0) >= 0 else f"({term.whole})"
            case "index":
                return "j"
            case "name":
                return self.call(str(term.value))
            case "add":
                return self._sum(term, self.integer)
            case "mul":
                a, b = term.args
                if a.whole == -1:
                    return f"(- {self.integer(b)})"
                return _infix(self.integer(a), "*", self.integer(b))
            case "mod":
                return _infix(self.integer(term.args[0]), "mod", self.divisor(term.args[1]))
            case "pow":
                return f"({self.integer(term.args[0])} ^ {self.integer(term.args[1])})"
            case "floor" | "ceil" if self.whole(term.args[0]):
                return self.integer(term.args[0])
            case "floor":
                return self._rounded(term.args[0])
            case "ceil":
                return f"(- {self._rounded(self._opposite(term.args[0]))})"
            case "abs":
                return f"(Z.abs {self.integer(term.args[0])})"
            case "smallest" | "largest":
                word = "Z.min" if term.kind == "smallest" else "Z.max"
                return _folded(word, [self.integer(each) for each in term.args])
            case "choice":
                test, then, other = term.args
                first = self.integer(then)
                first = first if then.kind == "choice" else bare(first)
                return f"(if {bare(self.test(test))} then {first} else {bare(self.integer(other))})"
            case "item":
                return self._item(term, self.integer)
        raise refused(f"'{term.kind}' of whole numbers")

    def _sum(self, term: Term, text: Callable[[Term], str]) -> str:
        """a + b, or a - b where b is -1 times something."""
        left, right = term.args
        minus = right.kind == "mul" and right.args[0].whole == -1
        return _infix(text(left), "-", text(right.args[1])) if minus else _infix(text(left), "+", text(right))

    def _item(self, term: Term, text: Callable[[Term], str]) -> str:
        """One of several, by an index that has to be one of their places."""
        index, (*before, last) = self.integer(term.args[0]), term.args[1:]
        self.needed[f"0 <= {index} < {len(before) + 1}"] = term
        cases = "".join(f"if ({index} =? {place})%Z then {bare(text(each))} else " for place, each in enumerate(before))
        return f"({cases}{bare(text(last))})"

    def _opposite(self, term: Term) -> Term:
        """-1 times a number; a quotient of whole numbers stays one."""
        if term.kind == "mul":
            left, right = term.args
            if left.number is not None and self.whole(right):
                return product_of(constant(-left.number), right)
            if right.kind == "pow" and right.args[1].whole == -1 and self.whole(left) and self.whole(right.args[0]):
                return product_of(product_of(constant(-1), left), right)
        return product_of(constant(-1), term)

    def _rounded(self, term: Term) -> str:
        """A number rounded down: a quotient of whole numbers in Z, another one by Coq's Int_part."""
        if term.kind == "mul":
            left, right = term.args
            if right.kind == "pow" and right.args[1].whole == -1 and self.whole(left) and self.whole(right.args[0]):
                return _infix(self.integer(left), "/", self.divisor(right.args[0]))
            if left.number is not None and self.whole(right):
                part = left.number
                upper = product_of(constant(part.numerator), right) if part.numerator != 1 else right
                return _infix(self.integer(upper), "/", str(part.denominator))
        found = self._over(term)
        return f"(Int_part {self.real(term)})" if found is None else _infix(found[0], "/", str(found[1]))

    def _over(self, term: Term) -> tuple[str, int] | None:
        """A sum of whole numbers with rational factors as one whole number and the positive divisor of all."""
        parts = _summands(term)
        if not all(self.whole(part) for _, part in parts):
            return None
        divisor = lcm(*(factor.denominator for factor, _ in parts))
        total = constant(0)
        for factor, part in parts:
            own = product_of(constant(factor * divisor), part) if factor * divisor != 1 else part
            total = own if total.number == 0 else sum_of(total, own)
        return self.integer(total), divisor

    def divisor(self, term: Term) -> str:
        """A divisor of a whole number, which has to be positive."""
        text = self.integer(term)
        if term.whole is not None and term.whole <= 0:
            raise refused("a divisor that is not positive")
        if term.whole is None:
            self._need(f"0 < {text}", term)
        return text

    def real(self, term: Term) -> str:
        """A number in R_scope; what is no atom stands in parentheses."""
        if term.number is not None:
            return _fraction(term.number)
        if self.whole(term):
            return f"(IZR {self.integer(term)})"
        match term.kind:
            case "pi":
                return "PI"
            case "name":
                return self.call(str(term.value))
            case "add":
                return self._sum(term, self.real)
            case "mul":
                left, right = term.args
                if right.kind == "pow" and right.args[1].whole == -1:
                    return _infix(self.real(left), "/", self._divisor(right.args[0]))
                return _infix(self.real(left), "*", self.real(right))
            case "pow":
                return self._power(*term.args)
            case "log":
                return f"(ln {self._positive(term.args[0])})"
            case "abs":
                return f"(Rabs {self.real(term.args[0])})"
            case "smallest" | "largest":
                word = "Rmin" if term.kind == "smallest" else "Rmax"
                return _folded(word, [self.real(each) for each in term.args])
            case "choice":
                test, then, other = term.args
                said, first, second = self.test(test), self._under(test, then), self._under(_not(test), other)
                return f"(if {said}%Z then {bare(first)} else {bare(second)})"
            case "item":
                return self._item(term, self.real)
        raise refused(f"'{term.kind}' of numbers that need not be whole")

    def _under(self, guard: Term, term: Term) -> str:
        """A number that is computed only where a condition holds."""
        self.guards.append(guard)
        text = self.real(term)
        self.guards.pop()
        return text

    def _need(self, text: str, term: Term) -> None:
        guards = self.guards if self.is_guarded else []
        plain = Printer(self.is_whole, self.call)   # what the conditions need is met where they are printed as tests
        said = "".join(f"{plain.proposition(guard)} -> " for guard in guards)
        self.needed[f"({said}{text})" if said else text] = term

    def _power(self, base: Term, exponent: Term) -> str:
        if exponent.whole == -1:
            return f"(/ {self._divisor(base)})"
        if exponent.whole is not None and exponent.whole >= 0:
            return f"({self.real(base)} ^ {exponent.whole})"
        return f"(Rpower {self._positive(base)} {self.real(exponent)})"

    def _divisor(self, term: Term) -> str:
        """One that is chosen need not be positive."""
        if term.kind != "choice" or self.whole(term):
            return self._positive(term)
        text = self.real(term)
        self._need(f"({text} <> 0)%R", term)
        return text

    def _positive(self, term: Term) -> str:
        text = self.real(term)
        if term.number is not None:
            if term.number <= 0:
                raise refused("a base or divisor that is not positive")
        elif self.whole(term):
            self._need(f"0 < {self.integer(term)}", term)
        else:
            self._need(f"(0 < {text})%R", term)
        return text

    def test(self, term: Term) -> str:
        """A condition on whole numbers that is computed: a bool in Z_scope."""
        match term.kind:
            case "and" | "or":
                return "(" + (" && " if term.kind == "and" else " || ").join(map(self.test, term.args)) + ")"
            case "not":
                return f"(negb {self.test(term.args[0])})"
            case "ne":
                return f"(negb {self.test(Term('eq', term.args))})"
            case kind if kind in _TESTS and not all(map(self.whole, term.args)):
                word, is_turned, is_negated = REAL_TESTS[kind]
                first, second = map(self.real, reversed(term.args) if is_turned else term.args)
                return f"(negb ({word} {first} {second}))" if is_negated else f"({word} {first} {second})"
            case kind if kind in _TESTS:
                return _infix(self.integer(term.args[0]), _TESTS[kind], self.integer(term.args[1]))
        raise refused(f"a choice by '{term.kind}'")

    def proposition(self, term: Term) -> str:
        """A condition as a Prop, in Z_scope."""
        match term.kind:
            case "and" | "or":
                return "(" + (" /\\ " if term.kind == "and" else " \\/ ").join(map(self.proposition, term.args)) + ")"
            case "not":
                return f"(~ {self.proposition(term.args[0])})"
            case kind if kind in Z_COMPARISONS:
                a, b = term.args
                if self.whole(a) and self.whole(b):
                    return _infix(self.integer(a), Z_COMPARISONS[kind], self.integer(b))
                return _infix(self.real(a), Z_COMPARISONS[kind], self.real(b)) + "%R"
        raise refused(f"a hypothesis with '{term.kind}'")


_OPPOSITE: Mapping[Kind, Kind] = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}


def _not(test: Term) -> Term:
    return Term(_OPPOSITE[test.kind], test.args) if test.kind in _OPPOSITE else Term("not", (test,))


def _folded(word: str, parts: list[str]) -> str:
    last = parts[-1]
    for part in reversed(parts[:-1]):
        last = f"({word} {part} {last})"
    return last


def _summands(term: Term) -> list[tuple[Fraction, Term]]:
    """The parts of a sum, each with the number in front of it."""
    if term.kind == "add":
        return [each for part in term.args for each in _summands(part)]
    if term.kind == "mul" and term.args[0].number is not None:
        return [(term.args[0].number * factor, part) for factor, part in _summands(term.args[1])]
    if term.kind == "mul" and term.args[1].kind == "pow" and term.args[1].args[1].whole == -1:
        divisor = term.args[1].args[0].number
        if divisor:
            return [(factor / divisor, part) for factor, part in _summands(term.args[0])]
    return [(Fraction(1), term)]


def _fraction(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value) if value >= 0 else f"({value})"
    return f"({value.numerator} / {value.denominator})"


def bare(text: str) -> str:
    """Text without the parentheses around all of it."""
    return text[1:-1] if text.startswith("(") and text.endswith(")") and not _levels(text[1:-1]) & {"end"} else text


def on_lines(text: str) -> str:
    """Text with the cases of its outermost choice on lines of their own."""
    own = text[:text.find("if ")].count("(")
    parts = text.split(" else ")
    depths = accumulate(part.count("(") - part.count(")") for part in parts[:-1])
    return parts[0] + "".join(
        ("\n  else " if depth == own else " else ") + part for depth, part in zip(depths, parts[1:], strict=True)
    )


_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "mod": 2}   # comparisons bind least


def _infix(left: str, sign: str, right: str) -> str:
    """left sign right in parentheses, and the two without those that the order of operations makes idle."""
    binding = _BINDING.get(sign, 0)
    return f"({_operand(left, binding)} {sign} {_operand(right, binding + (binding > 0))})"


def _operand(text: str, binding: int) -> str:
    inner = bare(text)
    if inner == text or inner.startswith(("-", "if ")):
        return text
    words = _levels(inner)
    return inner if all(_BINDING.get(word, 3) >= max(binding, 1) for word in words) else text


def _levels(text: str) -> set[str]:
    """The words of a text that stand outside all parentheses; "end" among them if one closes that was not opened."""
    depth, outside = 0, ""
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return {"end"}
        outside += sign if depth == 0 else ""
    return set(outside.split())
