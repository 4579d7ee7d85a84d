"""A certificate's story, told from the certificate alone: its tables, what holds of them, what fails and why.

Names in a certificate are what its maker calls things; nothing here takes them for more. Numbers are worked out by
the checker's arithmetic.
"""

from __future__ import annotations

from typing import Any

from prover.checker import _STORED, MEANINGS, _Numbers
from prover.exact.display import show_pairs
from prover.reports.checked_report import stored_text
from prover.reports.idiom import find_idiom
from prover.reports.text import counted, labelled_text, plain

JSON = dict[str, Any]
DIGITS = 40
MAX_LISTED = 32
_WORDS = {(1, 0): "adjacent pairing (2j, 2j + 1)", (0, 1): "half pairing (j, j + n/2)"}


def names_text(root: JSON) -> str:
    """What the certificate calls its layouts and feeds, quoted."""
    source, target = (f"'{plain(root[side]['name'], 200)}'" for side in ("source", "target"))
    feeds = ", ".join(f"'{plain(feed['name'], 200)}'" for feed in root["feeds"])
    return f"{source} -> {target} under feed {feeds}"


def story(root: JSON, holds: str | None, fails: str | None) -> list[tuple[str, str]]:
    """Label and text, line by line, of an accepted certificate."""
    rows = [("calls", f"{names_text(root)}; the certificate's own names, which nothing checks: only 'check --against "
             "SOURCE TARGET' compares the tables with layouts of these names")]
    rows += [(side, _layout_text(root[side])) for side in ("source", "target")]
    if _bare(root["source"]) == _bare(root["target"]):
        rows.append(("tables", "the two are the same table"))
    rows += [("feed", _feed_text(feed)) for feed in root["feeds"]]
    if kinds := stored_text(root):
        rows.append(("stored", f"{{...}} stands for any real that rounds to the number in it: {kinds}"))
    if holds:
        rows.append(("holds", f"'{holds}': {MEANINGS[holds]}{_choice_text(root)}{_permutation_text(root)}"))
    if fails:
        rows.append(("fails", f"'{fails}': it is not so that {MEANINGS[fails]}. {_refutation_text(root)}"))
    return [*rows, ("digest", root["digest"])]


def story_json(root: JSON, holds: str | None, fails: str | None, file: str) -> JSON:
    """The story as JSON types. `file`: where the certificate stands."""
    told = [{"about": label, "text": text} for label, text in story(root, holds, fails)]
    return {"schema": "rope-prover/explain/1", "file": file or None, "names_checked": False, "story": told}


def story_text(root: JSON, holds: str | None, fails: str | None, file: str) -> str:
    """The story for a terminal."""
    return labelled_text(f"accepted {plain(file, 1400)}".strip(), story(root, holds, fails))


def _bare(layout: JSON) -> JSON:
    return {key: value for key, value in layout.items() if key != "name"}


def _layout_text(layout: JSON) -> str:
    pairs = layout["pairs"]
    places = f"{counted(layout['positions'], 'position')} on {', '.join(map(plain, layout['axes']))}"
    parts = [f"{counted(layout['width'], 'lane')}, {places}"]
    parts.append(f"{counted(len(pairs), 'pair')}{_pairing(layout)}" if pairs else "no pair turns")
    moved = [i for i, pair in enumerate(pairs) if pair["read"] != pair["write"]]
    if moved:
        parts.append(f"pairs {show_pairs(moved)} are written to other lanes than they are read from")
    still = [lane for lane, _ in layout["passes"]]
    if still:
        parts.append(f"lanes {show_pairs(still)} pass")
    if pairs:
        parts.append(f"axes by pair {_strip(pairs)}")
        parts.append(f"angle of pair 0: {_angle_text(pairs[0])}; of pair {len(pairs) - 1}: {_angle_text(pairs[-1])}")
    twisted = [i for i, pair in enumerate(pairs) if len(_angles(pair)) > 1]
    if twisted:
        parts.append(f"several angles in pairs {show_pairs(twisted)}, such as {_angle_text(pairs[twisted[0]])}")
    sizes = sorted({pair["magnitude"] for pair in pairs} - {"1"})
    if sizes:
        parts.append(f"magnitudes {', '.join(f'{plain(size, 60)} ({_about(size)})' for size in sizes[:4])}")
    return "; ".join(parts)


def _pairing(layout: JSON) -> str:
    """The pairing by its name, where the lanes follow one."""
    pairs = [pair["read"] for pair in layout["pairs"]]
    start, count = min(min(pair) for pair in pairs), len(pairs)
    lanes = "" if not start and 2 * count == layout["width"] else f" of lanes {start} to {start + 2 * count - 1}"
    for (step, apart), words in _WORDS.items():
        first = [start + (2 * j if step else j) for j in range(count)]
        if pairs == [[a, a + 1 if not apart else a + count] for a in first]:
            return f" in {words}{lanes}"
    return ", pair by pair"


def _angles(pair: JSON) -> list[JSON]:
    second = pair["angle"] if pair["second_angle"] is None else pair["second_angle"]
    four = [pair["angle"], pair.get("sine_angle", pair["angle"]), pair.get("second_sine_angle", second), second]
    if four[0] == four[1] and four[2] == four[3]:
        return [four[0]] if four[0] == four[3] else [four[0], four[3]]
    return four


def _strip(pairs: list[JSON]) -> str:
    letters = []
    for pair in pairs:
        axes = {axis for angle in _angles(pair) for axis in angle if axis != "1"}
        letters.append(axes.pop()[:1] if len(axes) == 1 else "+" if axes else ".")
    return plain("".join(letters))


def _angle_text(pair: JSON) -> str:
    texts = [_turn_text(angle) for angle in _angles(pair)]
    if len(texts) == 4:
        return f"cos {texts[0]}, sin {texts[1]} | sin {texts[2]}, cos {texts[3]}"
    return " | ".join(texts)


def _turn_text(angle: JSON) -> str:
    parts = [f"{_about(text)}{'' if axis == '1' else f' * {plain(axis)}'}" for axis, text in sorted(angle.items())]
    return " + ".join(parts) or "0"


def _about(text: str) -> str:
    """A number as it stands if it is short, else about how much it is."""
    numbers = _Numbers()
    numbers.stored = True
    low, _ = numbers.evaluate(numbers.read(text), DIGITS)
    return text if len(text) <= 12 and "*" not in text else f"about {low / 10**DIGITS:.6g}"


def _feed_text(feed: JSON) -> str:
    def form(value: JSON) -> str:
        return " + ".join(plain(c) if factor == "1" and c != "1" else factor if c == "1" else f"{factor}*{plain(c)}"
                          for c, factor in sorted(value.items())) or "0"

    sides = [", ".join(f"{plain(axis)} = {form(value)}" for axis, value in sorted(feed[side].items()))
             for side in ("source", "target")]
    both = sides[0] if sides[0] == sides[1] else f"source {sides[0]}; target {sides[1]}"
    return f"called '{plain(feed['name'], 200)}': {both}"


def _choice_text(root: JSON) -> str:
    choice = root["holds"].get("choice", {})
    told = [f"{plain(name, 80)} = {plain(value, 80)}" for name, value in sorted(choice.items())[:4]]
    more = [f"{len(choice) - 4} more"] if len(choice) > 4 else []
    others = len(set(_STORED.findall(" ".join(root["holds"].get("numbers", {}))))) - len(choice)
    if others > 0:
        more.append(f"{others} such that {others} numbers of pairs come out as they are to")
    return f". The choice: {'; '.join([*told, *more])}" if told or more else ""


def _permutation_text(root: JSON) -> str:
    rows = root["holds"]["permutation"]
    if rows == list(range(len(rows))):
        return ""
    idiom = find_idiom(rows)
    listed = f"permutation = {rows}" if len(rows) <= MAX_LISTED else ""
    code = [f"W_target = {idiom.code('numpy', len(rows))}"] if idiom else []
    shown = "; ".join([*([listed] if listed else []), *code]) or "its rows are in the certificate"
    return f". For the rows W of one head: {shown}"


def _refutation_text(root: JSON) -> str:
    fails = root["fails"]
    if fails["kind"] == "trace":
        at = " and ".join(_place(part) for part in fails["position"])
        what = "trace" if fails["power"] < 0 else f"trace weighted by magnitude**{2 * fails['power'] + 2}"
        reach = "no linear map" if fails["power"] < 0 else "no permutation"
        return (f"At {at} the {what} is in {_interval(fails['source'])} for the source and in "
                f"{_interval(fails['target'])} for the target; {reach} changes it")
    a, b = fails["lanes"]
    tokens = [_place(token["position"]) for token in fails["tokens"]]
    if fails["kind"] == "not-relative":
        return (f"With q one-hot at lane {a} and k at lane {b}, the {fails['side']}'s score is in "
                f"{_interval(fails['first'])} at q({tokens[0]}), k({tokens[1]}) and in {_interval(fails['second'])} at "
                f"q({tokens[2]}), k({tokens[3]}), although the differences are equal; the other side is a rotation")
    what = (f"output lane {a} of x one-hot at lane {b}, at {tokens[0]}," if fails["kind"] == "entry" else
            f"the score of q one-hot at lane {a} ({tokens[0]}) and k at lane {b} ({tokens[1]})")
    sides = f"in {_interval(fails['source'])} for the source and in {_interval(fails['target'])} for the target"
    return f"{what[0].upper()}{what[1:]} is {sides}"


def _place(position: JSON) -> str:
    named = {("offset" if name == "1" else plain(name)): value for name, value in position.items()}
    return ", ".join(f"{name}={value}" for name, value in sorted(named.items())) or "no coordinate"


def _interval(ends: list[str]) -> str:
    return f"[{ends[0]}, {ends[1]}]"
