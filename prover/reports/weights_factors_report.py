"""Tensors of frequency factors: made for a repair, or held against a config; as JSON types and as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prover.claims.relation import Outcome
from prover.exact.display import number_json, told
from prover.exact.text import rational_text
from prover.reports.repair_report import changes_text, outcome_of, repair_json, repair_text
from prover.reports.text import counted, labelled_text, plain
from prover.sources.llama.factors import FREQS
from prover.weights.factors.factor_rules import Rule, Wanted
from prover.weights.factors.factor_tensors import Made
from prover.weights.factors.held_factors import Held, HeldFile, State

SCHEMA = "rope-prover/weights-factors/1"
HELD_SCHEMA = "rope-prover/weights-factors-held/1"
JSON = dict[str, Any]
SHOWN = 3
ROWS_DONE = ("those of the GGUF file are taken as llama.cpp's converter moves them for SOURCE; a file that another "
             "program made may have them elsewhere")
GRAPHS = ("kernels of ggml take factors, but in llama.cpp they get them only where the graph of the architecture has "
          "the tensor, and graphs with M-RoPE have none (ggml-org/llama.cpp@0c1e57098 src/models, ggml_rope_multi). "
          "--into refuses a file in which it would do nothing")


@dataclass(frozen=True, slots=True)
class Written:
    """What was made. `into`: the GGUF file that it is a copy of, if any; `parts`: those that the tensor reaches."""

    path: str
    into: str = ""
    replaced: bool = False
    parts: tuple[str, ...] = ()


def besides_text(made: Made) -> str:
    """What must be changed as well, in words; empty if the tensor is enough."""
    return changes_text(made.repair, made.besides) if made.repair is not None and made.besides else ""


def made_headline(made: Made, outcome: Outcome) -> str:
    """The answer in a sentence, which says first where a tensor alone is not enough."""
    count, besides = len(made.values), besides_text(made)
    rounded = ", but for their rounding to float32" if made.is_rounded else ""
    if made.repair is not None and besides:
        return (f"NOT ENOUGH ALONE: the target must also have {besides}; then these {count} factors make it compute "
                f"the source{rounded}.")
    if made.repair is not None:
        return f"ENOUGH ALONE: with these {count} factors the target computes the source{rounded}."
    if outcome is Outcome.EQUIVALENT:
        return "NO FACTORS NEEDED: the target computes the source as it is."
    if outcome is Outcome.CONVERTIBLE:
        found = made.repairs.found
        assert found is not None
        return f"NO FACTORS NEEDED: the target computes the source with {changes_text(found, found.kinds)}."
    proved = "proved" if outcome is Outcome.DIFFERENT else "which does not prove that there are none"
    return f"NO FACTORS: none were found with which the target computes the source ({proved})."


def made_json(made: Made, outcome: Outcome, exit_code: int, written: Written | None) -> JSON:
    """Everything that is known; only JSON types."""
    return {
        "schema": SCHEMA,
        "verdict": outcome.value,
        "headline": made_headline(made, outcome),
        "enough_alone": made.repair is not None and not made.besides,
        "must_change_as_well": besides_text(made) or None,
        "rows_as_converted": made.has_rows,
        "findings": [f"{each.code} {each.text}" for each in made.findings],
        "tensor": {"name": FREQS, "dtype": "F32", "values": [rational_text(value) for value in made.values]}
        if made.values else None,
        "written": written and {
            "file": written.path, "copy_of": written.into or None, "replaced": written.replaced,
            "parts": list(written.parts) or None,
        },
        "found": repair_json(made.repairs, outcome_of(made.repairs), exit_code, ""),
        "exit_code": exit_code,
    }


def made_text(found: JSON, certificate_path: str | None) -> str:
    """Plain text: the headline and what was written, and then the repair."""
    rows = []
    if found["must_change_as_well"]:
        rows.append(("besides", f"{found['must_change_as_well']}: see below"))
    if found["tensor"]:
        rows.append(("tensor", f"{FREQS}, {len(found['tensor']['values'])} numbers in float32; the angle of pair j is "
                               "divided by number j"))
    rows += [("finding", text) for text in found["findings"]]
    if found["rows_as_converted"]:
        rows.append(("rows", ROWS_DONE))
    written = found["written"]
    if written and written["copy_of"]:
        how = "in place of the one that was in it" if written["replaced"] else "which it did not have"
        rows.append(("written", f"{written['file']}: a copy of {written['copy_of']} with the tensor, {how}; all keys "
                                "and other tensors are as they were"))
        rows.append(("reaches", f"{', '.join(written['parts'])}: computes TARGET with these factors (proved)"))
    elif written:
        rows += [("written", written["file"]), ("in GGUF", GRAPHS)]
    elif found["tensor"]:
        rows.append(("written", "nothing: give --out"))
    head = labelled_text(found["headline"], rows) if rows else f"{found['headline']}\n"
    return f"{head}\n{repair_text(found['found'], certificate_path)}"


_STATES = {
    State.RIGHT: "right: every number is the float32 nearest to the exact one",
    State.ROUNDED: "rounded: every number is one that float32 arithmetic of the rule may end at",
    State.WRONG: "WRONG",
    State.LENGTH: "WRONG LENGTH",
    State.MISSING: "MISSING: the config asks for it, and it is not in the file",
    State.UNASKED: "NOT ASKED FOR: it is in the file, and llama.cpp divides angles by it",
    State.IDLE: "without effect",
    State.NOT_TAKEN: "NOT TAKEN: the config asks for it, and llama.cpp would not use it",
    State.UNSEEN: "not seen: what is in the file cannot be told",
}


def held_headline(found: HeldFile) -> str:
    """The answer in a sentence, with the first thing that is wrong."""
    bad = next((each for each in found.tensors if each.outcome is found.outcome), None)
    if found.outcome is Outcome.UNDECIDED and bad is not None:
        return f"NOT DECIDED: {bad.name} is not seen, so that it is not known whether its factors are right."
    if found.outcome is Outcome.DIFFERENT and bad is not None:
        cause = f": {bad.told[0]}" if bad.told else ""
        return f"WRONG FACTORS: {bad.name} is {_short(bad)}{cause}."
    if found.rule is None:
        return "AS ASKED FOR: the config asks for no factors, and the file has none that do anything."
    is_rounded = any(each.state is State.ROUNDED for each in found.tensors)
    how = "but for the rounding of float32 arithmetic" if is_rounded else "to the last bit"
    return f"AS ASKED FOR: the factors in the file are those of the config's rule {found.rule.name}, {how}."


def _short(held: Held) -> str:
    if held.state is State.WRONG:
        first = held.wrong[0]
        return f"wrong in {len(held.wrong)} of {len(held.steps)} numbers, from pair {first} on"
    if held.state is State.LENGTH:
        return f"{len(held.stored)} numbers long, where {len(held.wanted)} are needed"
    return str(held.state.value)


def held_json(found: HeldFile, exit_code: int) -> JSON:
    """Everything that is known; only JSON types."""
    return {
        "schema": HELD_SCHEMA,
        "verdict": found.outcome.value,
        "headline": held_headline(found),
        "config": found.config.file,
        "file": found.file.file,
        "architecture": found.architecture,
        "rule": found.rule and _rule_json(found.rule),
        "parts_without_factors": list(found.unscaled),
        "tensors": [_held_json(held) for held in found.tensors],
        "refused_by_llama_cpp": found.refused or None,
        "findings": list(found.file.findings),
        "exit_code": exit_code,
    }


def _rule_json(rule: Rule) -> JSON:
    return {"name": rule.name, "part": rule.part, "pairs": rule.pairs, "head_dim": rule.lanes}


def _held_json(held: Held) -> JSON:
    is_compared = bool(held.steps)
    return {
        "name": held.name,
        "state": held.state.value,
        "likely": list(held.told),
        "stored": len(held.stored),
        "wanted": len(held.wanted),
        "first_wrong": held.wrong[0] if held.wrong else None,
        "wrong": list(held.wrong),
        "most_steps": max((abs(step) for step in held.steps if step is not None), default=None),
        "numbers": [
            {"pair": pair, "stored": rational_text(held.stored[pair]), "exact": number_json(want.value),
             "float32": rational_text(want.nearest), "steps": held.steps[pair], "right": pair not in held.wrong}
            for pair, want in enumerate(held.wanted)
        ] if is_compared else None,
    }


def held_text(found: HeldFile) -> str:
    """Plain text, a tensor a line, and the first numbers that are wrong."""
    rule = found.rule
    told = "none" if rule is None else f"{rule.name} ({rule.part}, {counted(rule.pairs, 'pair')})"
    rows = [("config", f"{found.config.file}: asks for {told}"), ("file", f"{found.file.file} ({found.architecture})")]
    if found.rule is not None and found.unscaled:
        rows.append(("parts", f"without factors in the config: {', '.join(found.unscaled)}. 'rope-prover diff' tells "
                              "whether llama.cpp divides their angles as well"))
    for held in found.tensors:
        rows += _held_rows(held)
    if found.refused:
        rows.append(("refused", f"by llama.cpp: {found.refused}"))
    rows += [("finding", text) for text in found.file.findings]
    rows.append(("held", "the numbers of the tensors alone; 'rope-prover diff CONFIG FILE' decides on the whole model"))
    return labelled_text(plain(held_headline(found), 1000), rows)


def _held_rows(held: Held) -> Iterator[tuple[str, str]]:
    yield "tensor", f"{held.name}: {_STATES[held.state]}"
    if held.state in (State.WRONG, State.LENGTH):
        yield "", _short(held)
    if held.steps and not held.wrong:
        off = sum(1 for step in held.steps if step)
        most = max(abs(step) for step in held.steps if step is not None)
        yield "", (f"{len(held.steps)} numbers, {off} of them off, by at most {most} float32 steps" if off else
                   f"{len(held.steps)} numbers, none of them off")
    for text in held.told:
        yield ("likely" if held.wrong else ""), text
    for pair in held.wrong[:SHOWN]:
        yield "", _number_text(pair, held, held.wanted[pair])
    if len(held.wrong) > SHOWN:
        yield "", f"and {len(held.wrong) - SHOWN} more (all in --json)"


def _number_text(pair: int, held: Held, want: Wanted) -> str:
    step = held.steps[pair]
    off = "" if step is None else f", {abs(step)} float32 steps {'above' if step > 0 else 'below'}"
    return (f"pair {pair}: {float(held.stored[pair]):.9g}, expected {float(want.nearest):.9g} "
            f"(exactly {told(number_json(want.value))}){off}")
