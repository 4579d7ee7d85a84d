"""Random loops that carry counts and products from pair to pair, beside closed forms and other loops."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from exact_layouts import File, NoValue, Number, Unjudged, allowed, is_met, lowest
from prover.claims.relation import Outcome
from prover.claims.solver import Solver
from prover.errors import InputError, UndecidedError
from prover.theorems.rewrite import Rewrite, check_rewrite
from prover.theorems.words import shown
from random_layouts import FEEDS, Case, a_case, changed, fixed_values, heads, points, specs_of, text_of

N_REQUIRED = ("n >= 1", "n >= 1", "n >= 0", "n > 1")
BASE_REQUIRED = ("base > 1", "base > 0", "base > 0", "base != 0", "base >= 1")
STARTS = ("0", "0", "0", "1", "m", "s[0]", "-1", "s[1] - 1", "n")
COUNTERS = (
    "c + 1", "c + 1", "0 if c + 1 == sum(s) else c + 1", "0 if c + 1 >= s[0] else c + 1",
    "c + 1 if j + 1 < s[0] else c", "(c + 1) % sum(s)", "0 if (j + 1) % sum(s) == 0 else c + 1",
    "0 if j + 1 == s[0] else c + 1", "c - 1 if c > 0 else s[0]", "0 if (j + 1) % sum(s) == s[0] else c + 1", "c + 2",
    "c + 1 if j % 2 == 1 else c", "max(c - 1, 0)", "min(c + 1, m)", "0 if c == m else c + 1", "(j + 1)//2",
    "s[0] if j + 1 == s[1] else c + 1", "c + 1 if c < s[0] else 0", "-c", "1 - c",
    "0 if j + 1 == s[0] or j + 1 == s[0] + s[1] else c + 1",
    "0 if (j + 1) % sum(s) == s[0] or (j + 1) % sum(s) == 0 else c + 1",
)
COUNTED = (
    "j", "j", "j % sum(s)", "j % s[0]", "min(j, s[0])", "j % sum(s)", "j if j < s[0] else j - s[0]",
    "(j % (s[0] + 1))", "2*j", "j//2", "j if j < s[0] else j - s[0] if j < s[0] + s[1] else j - s[0] - s[1]", "m",
    "0", "(j % sum(s) if j % sum(s) < s[0] else j % sum(s) - s[0])", "j % (m + 1)", "min(j, m)", "-j", "j % 2",
    "m + j", "n - 1 - j", "max(s[0] - j, 0)", "s[0] + j", "(m + j) % sum(s)",
)
PRODUCTS = (
    "x*B", "x*B", "x/B", "I if (j + 1) % sum(s) == 0 else x*B", "I if j + 1 == s[0] else x*B",
    "x*B if j + 1 < s[0] else x", "I if c == 0 else x*B", "1 if (j + 1) % sum(s) == s[0] else x*B",
    "x*B**2 if j % 2 == 0 else x", "I if c + 1 == sum(s) else x*B", "B**c if j % 2 == 0 else x*B",
    "B if j + 1 == m else x*B", "I if (j + 1) % sum(s) == 0 or (j + 1) % sum(s) == s[0] else x*B", "1/x", "x*x",
    "x*B**(c + 1)", "-x", "x*B if c < s[0] else I", "B**m if j + 1 == s[0] else x*B", "x*q",
    "I if (j + 1) % sum(s) == 0 else 1 if (j + 1) % sum(s) == s[0] else x*B", "0 if j + 1 == s[0] else x*B", "x + B",
    "x*B*(1 if j + 1 != s[0] else B)",
)
BEGINS = ("1", "1", "1", "B", "1/B", "2", "q", "B**m", "1/2", "0", "-1", "3", "B**s[0]")
LOOP_FACTORS = (
    "base", "base", "base**(-2/n)", "base**(-1/n)", "1/2", "2", "q", "(1/base)", "base**2", "3/2", "sqrt(base)",
)
CHOSEN = (
    "t*V", "t*V", "t*V if K < s[0] else h*V", "t*V if K < s[0] else h*V if K < s[0] + s[1] else t*W",
    "t*V if K % 2 == 0 else h*W", "h*W if K == 0 else t*V", "t*V if K >= m else h*V", "(t if K < s[0] else h)*V",
)


def random_loop(choose: random.Random) -> Case:
    """A loop beside a closed form or another loop."""
    factor, choice = choose.choice(LOOP_FACTORS), choose.choice(CHOSEN)
    counters = [(choose.choice(STARTS), choose.choice(COUNTERS))]
    begin, step = choose.choice(BEGINS), choose.choice(PRODUCTS)
    names = choose.choice(("n,s,base", "n,s", "n,m,base", "n,m", "n,m,s,base", "n,s,q", "n", "s,base"))
    has_counter = "c" in step or choose.random() < 0.4
    sides = []
    for k in range(2):
        if k and choose.random() < 0.5:
            begin, step = _other_loop(choose, begin, step)
        if k and choose.random() < 0.4:
            counters = [(counters[0][0], changed(choose, counters[0][1]))]
        states: dict[str, tuple[str, str]] = {}
        value, count = "x", choose.choice(COUNTED)
        if k and choose.random() < 0.5:
            value = choose.choice(COUNTED)
            value = f"B**({value})" if choose.random() < 0.8 else f"B**({value} + {choose.choice(('1', 'm', '-1'))})"
            value = f"{begin}*{value}" if choose.random() < 0.3 else value
            if choose.random() < 0.3:
                count, has_counter = "c", True
        else:
            states["x"] = (begin, step)
            if has_counter:
                count = choose.choice(("c", "c", count))
        if has_counter:
            states = {"c": counters[0], **states}
        other = choose.choice((value, "base**j", value))
        text = choice.replace("V", value).replace("W", other).replace("K", f"({count})")
        put = {}
        for name, (first, following) in states.items():
            one, two = (e.replace("I", f"({begin})").replace("B", f"({factor})") for e in (first, following))
            put[name] = one, two
        sides.append(File({}, "2*n", "n", text.replace("B", f"({factor})"), states=put))
    case = a_case(choose, ("t", "t"), ("j", "j"), "n", names)
    parameters = {**case.source.parameters, "n": ("4", True, False, choose.choice(N_REQUIRED))}
    if "base" in names:
        parameters["base"] = ("3", False, False, choose.choice(BASE_REQUIRED))
    width = choose.choice(("2*n", "2*n", "2*n + 1"))
    if width == "2*n" and "n >= 0" in str(parameters["n"]):
        width = "2*n + 1"
    magnitudes = case.source.magnitude if choose.random() < 0.3 else "1"
    files = [replace(side, parameters=parameters, width=width, magnitude=_put_count(magnitudes, "n")) for side in sides]
    return replace(case, source=files[0], target=files[1], ask="rewrite", feed=FEEDS[0])


def _put_count(text: str, count: str) -> str:
    return re.sub(r"\bC\b", f"({count})", text).replace("x", "j")


def _other_loop(choose: random.Random, begin: str, step: str) -> tuple[str, str]:
    kind = choose.random()
    if kind < 0.3:
        return choose.choice(BEGINS), step
    if kind < 0.6:
        return begin, choose.choice(PRODUCTS)
    return begin, changed(choose, step)


def ask_rewrite(case: Case, folder: Path) -> Rewrite | None:
    """What the package says of a rewrite; None where it refuses."""
    specs = specs_of(case, folder)
    try:
        return check_rewrite(*specs, case.names.split(","), [case.where] if case.where else [], Solver())
    except (InputError, UndecidedError):
        return None


def wrong_rewrite(case: Case, found: Rewrite) -> tuple[str, int]:
    """The same of a rewrite: right at every pair, or different at the parameters that are named."""
    tried = 0
    if found.outcome is Outcome.EQUIVALENT:
        wheres = [shown(c, found.variables) for c, _ in found.statement.where]
        for values in points(case, case.names, ""):
            try:
                if not all(is_met(text, values) for text in wheres):
                    continue
                sides = heads(case, values)
            except (NoValue, Unjudged):
                continue
            tried += 1
            if lowest(*sides) != "identical":
                return f"right, but not at {text_of(values)}", tried
    if found.outcome is Outcome.DIFFERENT and found.difference is not None:
        values = fixed_values()
        for name, text in re.findall(r"(\w+)=([-\d/,]+?)(?:, |$)", found.difference.text):
            numbers = [Number.of(Fraction(part)) for part in text.split(",")]
            values[name] = numbers if name in ("s", "f") else numbers[0]
        try:
            if not (allowed(case.source, values) and allowed(case.target, values)
                    and (not case.where or is_met(case.where, values))):
                return f"different where it is not allowed: {text_of(values)}", 1
            if lowest(*heads(case, values)) == "identical":
                return f"different, but not at {text_of(values)}", 1
        except NoValue:
            return f"different where there are no layouts: {text_of(values)}", 1
        except Unjudged:
            return "", tried
        tried += 1
    return "", tried
