"""A permutation held against what two layouts need: as JSON types, as text and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from prover.checker import digest
from prover.claims.relation import EXIT_CODES, Outcome
from prover.errors import EXIT_INTERNAL
from prover.exact.display import number_json
from prover.repair.check_permutation import Held, Part, State
from prover.repair.permutation_text import READINGS
from prover.repair.size_names import COLUMNS, USUAL_COLUMNS
from prover.repair.slips import Kind, Rows, Slip
from prover.reports.document import Block, Code, Document, Folded, Paragraph, labelled
from prover.reports.documents.fitting import Room, fitted
from prover.reports.explain import explanation, headline
from prover.reports.idiom import Idiom, find_idiom
from prover.reports.report import relation_word
from prover.reports.stored_report import stored_json
from prover.reports.text import counted, far_words, labelled_text, plain, written_words
from prover.reports.weight_code import row_factors, weight_code
from prover.sources.findings import incomplete
from prover.sources.model import Finding
from prover.verdicts.verdict import Verdict

JSON = dict[str, Any]
SCHEMA = "rope-prover/permutation/1"
CONVENTION = "row i of the result is row rows[i] of what was there: W_new = W[rows], rows counted from 0"
MAX_LISTED = 5
FREE = frozenset((name, USUAL_COLUMNS) for name in COLUMNS)
EXITS = {State.RIGHT: Outcome.EQUIVALENT, State.WRONG: Outcome.DIFFERENT, State.UNDECIDED: Outcome.UNDECIDED}


def permutation_json(held: Held, told: tuple[Sequence[Finding], Sequence[Finding]] = ((), ())) -> JSON:
    """Everything that is known. `told`: of each side that is a part of a model, what was found of it."""
    verdict, needed = held.verdict, _needed(held)
    claim = held.bare.claim
    sides = {"source": held.source, "target": held.target}
    warnings = {
        side: [*loaded.about.warnings, *(f"{each.code} {each.text}" for each in found)]
        for (side, loaded), found in zip(sides.items(), told, strict=True)
    }
    return {
        "schema": SCHEMA,
        "verdict": held.state.value,
        "headline": _headline(held, needed),
        **{side: loaded.layout.name for side, loaded in sides.items()},
        "titles": {side: loaded.about.title for side, loaded in sides.items()},
        "warnings": warnings,
        "as_far_as": {side: codes for side, found in zip(sides, told, strict=True) if (codes := incomplete(found))},
        "feeds": [feed.name for feed in claim.feeds],
        "width": claim.source.width,
        "convention": CONVENTION,
        "given": _given(held),
        "matrices": [_part(held, part) for part in held.parts],
        "not_told": held.left_out or None,
        "unlike_heads": held.unlike and {"q": held.unlike[0], "k": held.unlike[1]},
        "needed": needed,
        "without": {
            "relation": relation_word(held.bare),
            "refuted": held.bare.fails and held.bare.fails.value,
            "headline": headline(held.bare),
            "certificate": _digest(held.bare),
        },
        "with": headline(verdict) if verdict is not None and not held.hopeless else None,
        "relation": verdict and relation_word(verdict),
        "refuted": verdict and verdict.fails and verdict.fails.value,
        "as_stored": verdict and verdict.as_stored and stored_json(verdict.as_stored),
        "strength": verdict.strength.value if verdict else (
            "none needed" if held.state is State.WRONG else "none"
        ),
        "explanation": _why(held),
        "certificate": verdict and _digest(verdict),
        "exit_code": exit_code(held),
    }


def exit_code(held: Held) -> int:
    """0 right, 1 wrong, 3 undecided; 4 if kernels that were run do not show what was proved."""
    verdict = held.verdict
    passed = held.bare.confirmation.passed and (verdict is None or verdict.confirmation.passed)
    return EXIT_CODES[EXITS[held.state]] if passed else EXIT_INTERNAL


def _digest(verdict: Verdict) -> str | None:
    return verdict.certificate and digest(json.loads(verdict.certificate))


def _given(held: Held) -> JSON:
    given, converter = held.given, held.given.converter
    return {
        "kind": given.kind,
        "text": given.shown,
        "converter": converter and {
            "name": converter.name, "what": converter.what, "q": converter.text("q"), "k": converter.text("k"),
            "sources": [str(source) for source in converter.source],
        },
    }


def _part(held: Held, part: Part) -> JSON:
    matrix, verdict = part.move.matrix, part.verdict
    needed = _whole(held, part)
    wrong = [i for i, row in enumerate(part.move.rows) if needed is not None and row != needed[i]]
    return {
        "matrix": matrix.name,
        "heads": matrix.heads,
        "rows": matrix.rows,
        "verdict": part.state.value,
        "alike": part.is_alike,
        "permutation": list(part.moves[0] or ()) if part.is_alike else list(part.move.rows),
        "read_as": part.move.reading or None,
        "names": dict(part.move.sizes),
        "slips": [
            {"kind": slip.kind.value, **_about(slip), "text": _slip_text(slip, part)} for slip in part.slips
        ],
        "only_factors_missing": part.moves_well,
        "rows_unlike_needed": len(wrong) if needed is not None and part.state is State.WRONG else None,
        "first_unlike": [
            {"row": i, "is": part.move.rows[i], "needed": needed[i]} for i in wrong[:MAX_LISTED]
        ] if needed is not None and part.state is State.WRONG else [],
        "settled_by_head": part.head,
        "relation": verdict and relation_word(verdict),
        "refuted": verdict and verdict.fails and verdict.fails.value,
        "certificate": verdict and _digest(verdict),
    }


def _about(slip: Slip) -> JSON:
    match slip.kind:
        case Kind.HEADS:
            return {"heads": slip.heads, "width": slip.width, "lanes": list(slip.lanes), "needed": list(slip.needed),
                    "inverse": slip.is_inverse}
        case Kind.EXTENT:
            return {"lanes": list(slip.lanes), "needed": list(slip.needed), "inverse": slip.is_inverse}
        case Kind.CROSSING:
            return {"rows": list(slip.rows)}
    return {}


def _whole(held: Held, part: Part) -> Rows | None:
    """What every row of the matrix has to be, if that is known."""
    if held.needed is None or held.hopeless:
        return None
    width = part.move.matrix.width
    return tuple(head * width + row for head in range(part.move.matrix.heads) for row in held.needed)


def _needed(held: Held) -> JSON | None:
    if held.needed is None or held.hopeless:
        return None
    holds = held.bare.decision.holds
    assert holds is not None
    factors = row_factors(held.bare.claim, holds)
    idiom = find_idiom(held.needed)
    moves = held.needed != tuple(range(len(held.needed)))
    return {
        "permutation": list(held.needed),
        "factors": [{"rows": [list(span) for span in f.rows], **number_json(f.value)} for f in factors] or None,
        "expression": _expression(idiom, len(held.needed)) if moves else None,
        "code": {
            library: weight_code(library, held.needed, idiom, factors) for library in ("numpy", "torch")
        } if moves or factors else None,
    }


def _expression(idiom: Idiom | None, width: int) -> str | None:
    """One expression over a whole matrix, where it is a plain one."""
    if idiom is None or (idiom.start, idiom.stop) != (0, width) or idiom.flipped or idiom.order != (1, 0):
        return None
    first, second = idiom.shape
    return f"W.reshape(heads, {first}, {second}, -1).swapaxes(1, 2).reshape(W.shape)"


def _headline(held: Held, needed: JSON | None) -> str:
    source, target = plain(held.source.layout.name, 120), plain(held.target.layout.name, 120)
    of = f"{_names(held.parts)}: " if held.left_out else ""
    match held.state:
        case State.UNDECIDED:
            return f"{of}neither that it is right nor that it is wrong was shown."
        case State.RIGHT:
            stays = all(part.move.rows == tuple(range(len(part.move.rows))) for part in held.parts)
            how = "with rows left where they are, which this does," if stays else "with rows moved this way"
            rest = f" Of {held.left_out} nothing is told: these are not its rows." if held.left_out else ""
            return f"{of}{how} {target} computes what {source} does.{rest}"
    if held.hopeless:
        return f"nothing that is done to the rows could be right. {headline(held.bare)}"
    wrong = [part for part in held.parts if part.state is State.WRONG]
    if not wrong:
        told = "".join(f" Of {part.move.matrix.name}: {_slip_text(slip, part)}." for part in held.parts
                       for slip in part.slips)
        return f"rows of q and of k that meet move differently, and they have to move alike.{told}"
    right = [part for part in held.parts if part.state is State.RIGHT]
    named = f"{_names(right)} is right, {_names(wrong)} is wrong: " if right else of
    return f"{named}{_what(held, wrong[0], needed)}"


def _names(parts: Sequence[Part]) -> str:
    return " and ".join("the rows of a head" if part.move.matrix.name == "head" else part.move.matrix.name
                        for part in parts)


def _what(held: Held, part: Part, needed: JSON | None) -> str:
    write, code = (needed or {}).get("expression"), (needed or {}).get("code")
    instead = f"; write {write}" if write else "; the code below is right" if code else ""
    if part.moves_well:
        return "the rows move as they have to, but moving is not enough: they have to be multiplied by factors too."
    also = " Moving rows alone is never enough here: factors are needed too." if held.needs_factors else ""
    if part.slips:
        return f"{'; '.join(_slip_text(slip, part) for slip in part.slips)}{instead}.{also}"
    if not part.is_alike:
        return f"rows move differently in different heads, in head {part.head} wrongly{instead}.{also}"
    return f"with rows moved this way the scores differ{instead}.{also}"


def _slip_text(slip: Slip, part: Part) -> str:
    matrix = part.move.matrix
    turned = "the inverse of " if slip.is_inverse else ""
    match slip.kind:
        case Kind.NOT_NEEDED:
            return "no row has to be moved: it was done already, or it is not needed; leave the rows as they are"
        case Kind.NOTHING:
            return "it moves no row, and rows have to move"
        case Kind.INVERSE:
            return "this is the inverse of a right one: gather and scatter are mixed up, or source and target are"
        case Kind.TWICE:
            return "this is a right one applied twice"
        case Kind.HEADS:
            span = "" if slip.lanes == (0, slip.width) else f", {_span(slip.lanes, slip.width)}"
            whole = (f", and {_span(slip.needed, matrix.width)} have to move, not all" if slip.is_whole(matrix.width)
                     else "")
            return (f"this is {turned}the one for {slip.heads} head{'s' * (slip.heads > 1)} of {slip.width}{span}; "
                    f"here {'it is' if matrix.heads == 1 else 'they are'} {matrix.heads} of {matrix.width}{whole}")
        case Kind.EXTENT:
            return (f"this is {turned}a right one but for its lanes: it moves {_span(slip.lanes, matrix.width)}, and "
                    f"{_span(slip.needed, matrix.width)} have to move")
        case Kind.CROSSING:
            count = len(slip.rows)
            return f"it moves {count} row{'s' * (count > 1)} from one head to another"


def _span(lanes: tuple[int, int], width: int) -> str:
    if lanes == (0, width):
        return f"all {width} lanes of a head"
    return f"lanes {lanes[0]} to {lanes[1] - 1}" if lanes[0] else f"the first {lanes[1]} lanes of {width}"


def _why(held: Held) -> str:
    """What shows it: the counterexample, or two sentences where it needs no kernel."""
    verdict = held.verdict
    if held.state is State.WRONG and verdict is not None:
        part = next((each for each in held.parts if each.verdict is verdict), None)
        if part is None:
            return explanation(verdict)
        where = "" if part.is_alike else f"In head {part.head} of {part.move.matrix.name}: "
        return f"{where}{explanation(verdict)} Lanes are numbered as before the move."
    if held.state is State.WRONG:
        for part in held.parts:
            crossing = next((slip for slip in part.slips if slip.kind is Kind.CROSSING), None)
            if crossing is not None:
                width, row = part.move.matrix.width, crossing.rows[0]
                was = part.move.rows[row]
                return (f"Row {row} of the result, in head {row // width}, is row {was} of what was there, in head "
                        f"{was // width}: for weights in which only that row is not zero, the scores of head "
                        f"{row // width} are zero in the source and not in the target.")
        if held.unlike is not None:
            return (f"Head {held.unlike[0]} of q meets head {held.unlike[1]} of k. At one token a score joins lane a "
                    "of q with lane a of k and no other, so a lane that has moved differently in both is lost.")
    if held.state is State.UNDECIDED:
        return headline(verdict) if verdict is not None else (
            "A layout here is no rotation, and rows of several heads are mixed, or move differently in q and k; of "
            "that nothing is proved."
        )
    return ""


def permutation_text(found: JSON, path: str | None) -> str:
    """Plain text: the headline, a label a line, and the code that is right where it is wrong."""
    text = labelled_text(_first_line(found, found["verdict"].upper()), _rows(found, path))
    code = _code(found)
    return text + (f"\n# Rows as they have to move, as Python to paste:\n\n{code['numpy']}" if code else "")


def permutation_document(found: JSON, path: str | None) -> Document:
    """A pull-request comment."""
    return fitted(lambda room: _blocks(found, path, room))


def _blocks(found: JSON, path: str | None, room: Room) -> Document:
    code = _code(found)
    blocks: tuple[Block, ...] = ()
    if code:
        torch = Folded("The same in torch", (Code(code["torch"]),)) if room.spare else Paragraph(
            "The same in torch is in --json.")
        blocks = Code(code["numpy"]), torch
    return (*labelled(_first_line(found, found["verdict"].capitalize()), _rows(found, path)), *blocks)


def _code(found: JSON) -> JSON | None:
    code: JSON | None = found["needed"] and found["needed"]["code"]
    return code if found["verdict"] == "wrong" else None


def _first_line(found: JSON, word: str) -> str:
    stored = found["as_stored"]
    if any(part["read_as"] == READINGS["heads"] for part in found["matrices"]):
        word += " over the lanes of each head, not the columns of a matrix"
    word += far_words(found["as_far_as"])
    if stored and stored["found"] == "choice":
        word += f", as stored in {stored['format']}"
    return f"{word}: {found['headline']}"


def _rows(found: JSON, path: str | None) -> list[tuple[str, str]]:
    rows = [(side, f"{found[side]}  ({found['titles'][side]})") for side in ("source", "target")]
    rows.append(("feeds", ", ".join(found["feeds"])))
    rows += _given_rows(found)
    for part in found["matrices"]:
        rows.append((part["matrix"], _part_text(part, found["unlike_heads"] is not None)))
    if found["needed"]:
        text = _listed(found["needed"]["permutation"])
        text += f" in each head: {found['needed']['expression']}" if found["needed"]["expression"] else " in each head"
        rows.append(("needed", text + ("; and factors" if found["needed"]["factors"] else "")))
    rows.append(("without", f"rows left as they are: {found['without']['headline']}"))
    if found["with"]:
        rows.append(("with", f"rows moved: {found['with']}"))
    rows += [("why", found["explanation"])] if found["explanation"] else []
    rows += [("stored", found["as_stored"]["text"])] if found["as_stored"] else []
    rows += [("warning", f"{side}: {text}") for side in ("source", "target") for text in found["warnings"][side]]
    proof = f"{found['certificate']}, accepted by the checker{written_words(path)}" if found["certificate"] else (
        "no certificate: what is said under why is enough" if found["verdict"] == "wrong" else "none was found"
    )
    return [*rows, ("proof", proof)]


def _given_rows(found: JSON) -> list[tuple[str, str]]:
    given, parts = found["given"], found["matrices"]
    rows = [("given", f"{given['kind']}: {given['text']}" if given["kind"] != "list" or given["text"] != "a list" else
             "a list of rows")]
    if given["converter"]:
        rows = [("given", f"{given['text']}: {given['converter']['what']}")]
        rows += [("source of", source) for source in given["converter"]["sources"]]
        texts = dict.fromkeys(" ".join(given["converter"][name].split()) for name in "qk")
        rows += [("does", text) for text in texts]
    readings = dict.fromkeys(part["read_as"] for part in parts if part["read_as"])
    rows += [("read as", reading) for reading in readings]
    names = [
        f"{', '.join(_name_text(name, value) for name, value in part['names'].items())}"
        + (f" for {part['matrix']}" if len(parts) > 1 else "")
        for part in parts if part["names"]
    ]
    rows += [("names", "; ".join(names))] if names else []
    return [*rows, ("means", CONVENTION)]


def _name_text(name: str, value: int) -> str:
    """Of columns there may be any number: those of the weights are not known."""
    return f"{name} = {value}{' (columns, of which any number does)' if (name, value) in FREE else ''}"


def _part_text(part: JSON, is_alone: bool) -> str:
    """`is_alone`: what is right of it need not be so of both matrices together."""
    rows = _listed(part["permutation"])
    each = " in each head" if part["heads"] > 1 else ""
    word = part["verdict"] + (" by itself" if is_alone and part["verdict"] == "right" else "")
    text = f"{word}: {rows}{each if part['alike'] else ' of the whole matrix'}"
    if part["heads"] > 1:
        text += f"; {counted(part['heads'], 'head')}, {counted(part['rows'], 'row')}"
    if part["rows_unlike_needed"]:
        first = part["first_unlike"][0]
        text += (f"; {part['rows_unlike_needed']} of {part['rows']} rows are not as below, the first is row "
                 f"{first['row']}: {first['is']} in place of {first['needed']}")
    return text


def _listed(values: Sequence[int]) -> str:
    shown = map(str, values) if len(values) <= 16 else [*map(str, values[:8]), "...", *map(str, values[-2:])]
    return f"rows {', '.join(shown)}"

