"""Terms as text of the expression language, with no more parentheses than it takes to read the same term back."""

from __future__ import annotations

from fractions import Fraction

from prover.language.term import Kind, Term, constant

CHOICE, OR, AND, NOT, COMPARISON, SUM, PRODUCT, MINUS, POWER, ATOM = range(10)
MAX_DIGITS = 40
_COMPARISONS: dict[Kind, str] = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
_FUNCTIONS: dict[Kind, str] = {
    "floor": "floor", "ceil": "ceil", "abs": "abs", "log": "log", "smallest": "min", "largest": "max",
    "lowest": "min", "highest": "max", "total": "sum", "length": "len",
}
_WORDS: dict[Kind, str] = {"pi": "pi", "index": "j"}
_TRUTHS: dict[Kind, str] = {"true": "0 == 0", "false": "0 == 1"}


def term_text(term: Term) -> str:
    """The text of a term; what `parse` or `parse_condition` made is read back as the same term.

    >>> from prover.language.expression import parse
    >>> term_text(parse("base**( -2*j/n ) - (1-j)//2", ["base", "n"], []))
    'base**(-2*j/n) - (1 - j)//2'
    """
    return _text(term)[0]


def _at(term: Term, level: int) -> str:
    """The text as an operand that binds as strongly as `level` at least."""
    text, own = _text(term)
    return text if own >= level else f"({text})"


def _text(term: Term) -> tuple[str, int]:
    """The text, and how strongly it binds."""
    kind, args = term.kind, term.args
    if (value := term.number) is not None:
        return _number(value)
    if kind == "name":
        return str(term.value), ATOM
    if kind in _WORDS:
        return _WORDS[kind], ATOM
    if kind in _TRUTHS:
        return _TRUTHS[kind], COMPARISON
    if kind in _COMPARISONS:
        return f"{_at(args[0], SUM)} {_COMPARISONS[kind]} {_at(args[1], SUM)}", COMPARISON
    match kind:
        case "choice":
            return f"{_at(args[1], OR)} if {_at(args[0], OR)} else {_at(args[2], CHOICE)}", CHOICE
        case "or":
            return " or ".join(_at(part, AND) for part in args), OR
        case "and":
            return " and ".join(_at(part, NOT) for part in args), AND
        case "not":
            return f"not {_at(args[0], NOT)}", NOT
        case "add":
            return _sum(args), SUM
        case "mul":
            return _product(args)
        case "mod":
            return f"{_at(args[0], PRODUCT)} % {_at(args[1], MINUS)}", PRODUCT
        case "pow":
            return _power(*args)
        case "item":
            return f"{args[0].value}[{_at(args[1], CHOICE)}]", ATOM
    if kind == "floor" and (parts := _quotient(args[0].args)):
        return f"{_at(parts[0], PRODUCT)}//{_at(parts[1], MINUS)}", PRODUCT
    return f"{_FUNCTIONS[kind]}({', '.join(_at(part, CHOICE) for part in args)})", ATOM


def _sum(args: tuple[Term, ...]) -> str:
    text = _at(args[0], SUM)
    for part in args[1:]:
        value = part.number
        if value is not None and value < 0:
            text += f" - {_at(constant(-value), PRODUCT)}"
        elif part.kind == "mul" and len(part.args) == 2 and part.args[0].whole == -1 and part.args[1].number is None:
            text += f" - {_at(part.args[1], PRODUCT)}"
        else:
            text += f" + {_at(part, PRODUCT)}"
    return text


def _product(args: tuple[Term, ...]) -> tuple[str, int]:
    if len(args) == 2 and args[0].whole == -1 and args[1].number is None and not _quotient(args):
        return f"-{_at(args[1], MINUS)}", MINUS
    if parts := _quotient(args):
        return f"{_at(parts[0], PRODUCT)}/{_at(parts[1], MINUS)}", PRODUCT
    return "*".join([_at(args[0], PRODUCT), *(_at(part, MINUS) for part in args[1:])]), PRODUCT


def _quotient(args: tuple[Term, ...]) -> tuple[Term, Term] | None:
    """What a / b is read as: a * b**-1, but for two numbers."""
    if len(args) != 2 or args[1].kind != "pow" or args[1].args[1].whole != -1:
        return None
    above, below = args[0], args[1].args[0]
    return None if above.number is not None and below.number else (above, below)


def _power(base: Term, exponent: Term) -> tuple[str, int]:
    if exponent.number == Fraction(1, 2):
        return f"sqrt({_at(base, CHOICE)})", ATOM
    return f"{_at(base, ATOM)}**{_at(exponent, MINUS)}", POWER


def _number(value: Fraction) -> tuple[str, int]:
    if value < 0:
        text, level = _number(-value)
        return f"-{text}", min(level, MINUS)
    if value.denominator == 1:
        return _whole(value.numerator)
    above, below = _whole(value.numerator), _whole(value.denominator)
    return f"{above[0]}/{below[0]}", PRODUCT


def _whole(value: int) -> tuple[str, int]:
    """Digits as long as the language takes them; longer ones as a sum of parts."""
    digits = str(value)
    if len(digits) <= MAX_DIGITS:
        return digits, ATOM
    bare = digits.rstrip("0")
    zeros = len(digits) - len(bare)
    if len(bare) <= MAX_DIGITS:
        return f"{bare}e{zeros}", ATOM
    head, tail = divmod(value, 10**MAX_DIGITS)
    return f"({_whole(head)[0]}*1e{MAX_DIGITS} + {_whole(tail)[0]})", ATOM
