"""Certificates of theorems, written out by hand from the rules of the catalogue, for the tests of their checker."""

from __future__ import annotations

import hashlib
import json
from typing import Any

SCHEMA = "rope-prover/theorem-certificate/1"
JSON = Any


def canonical(value: JSON) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True) + "\n"


def sealed(root: JSON) -> str:
    """The text of a certificate, with the digest of what it holds."""
    rest = {key: value for key, value in root.items() if key != "digest"}
    return canonical({**rest, "digest": "sha256:" + hashlib.sha256(canonical(rest).encode()).hexdigest()})


def parameter(
    name: str, require: str | None = None, value: JSON = None, whole: bool = False, entries: int | None = None
) -> JSON:
    return {"name": name, "whole": whole, "entries": entries, "value": value, "require": require}


def variable(name: str, whole: bool = True, entries: int | None = None) -> JSON:
    return {"name": name, "whole": whole, "entries": entries}


def layout(
    name: str,
    axes: list[str],
    parameters: list[JSON],
    let: dict[str, str],
    pairs: dict[str, str],
    require: tuple[str, ...] = (),
    states: tuple[tuple[str, str, str], ...] = (),
    width: str = "head_dim",
) -> JSON:
    return {
        "name": name,
        "axes": axes,
        "positions": "integer",
        "width": width,
        "parameters": parameters,
        "require": list(require),
        "let": [list(each) for each in let.items()],
        "states": [list(each) for each in states],
        "pairs": {"write_first": pairs["first"], "write_second": pairs["second"], "magnitude": "1", **pairs},
    }


def feed(name: str, source: dict[str, dict[str, str]], target: dict[str, dict[str, str]], *coordinates: str) -> JSON:
    return {"name": name, "coordinates": list(coordinates), "source": source, "target": target}


def free(*axes: str) -> JSON:
    own = {axis: {axis: "1"} for axis in axes}
    return feed("free", own, own, *axes)


def on(axes: list[str], fed: list[str]) -> dict[str, dict[str, str]]:
    return {axis: {c: "1"} if c != "0" else {} for axis, c in zip(axes, fed, strict=True)}


ALWAYS = {"scope": "always", "condition": [], "elsewhere": "linear"}


def theorem(
    variables: list[JSON],
    source: JSON,
    target: JSON,
    feeds: list[JSON],
    answer: JSON,
    evidence: JSON,
    where: tuple[str, ...] = (),
) -> JSON:
    """A certificate without its digest; evidence that is not given is the plainest."""
    plain = {"order": "j", "sign": 1, "permutation": None, "refutation": None, "invariant": [], "instances": []}
    return {
        "schema": SCHEMA,
        "variables": variables,
        "where": list(where),
        "feeds": feeds,
        "source": source,
        "target": target,
        "answer": answer,
        "evidence": {**plain, **evidence},
    }


# ---- ggml

AXES = ["t", "h", "w", "e"]
WINDOW = [
    ("head_dim", "head_dim % 2 == 0 and head_dim > 0"),
    ("n_rot", "n_rot % 2 == 0 and n_rot > 0 and n_rot <= head_dim"),
    ("offset", "offset % 2 == 0 and offset >= 0 and offset + n_rot <= head_dim"),
]
SCALING = [
    ("base", "base > 1"),
    ("freq_scale", "freq_scale > 0"),
    ("attn_factor", "attn_factor > 0"),
    ("ext_factor", "ext_factor >= 0"),
    ("n_ctx_orig", "n_ctx_orig > 0 or ext_factor == 0 and n_ctx_orig >= 0"),
    ("beta_fast", "beta_fast > 0"),
    ("beta_slow", "beta_slow > 0"),
]
DEFAULT = {
    "offset": "0",
    "freq_scale": "1",
    "attn_factor": "1",
    "ext_factor": "0",
    "n_ctx_orig": "0",
    "beta_fast": "32",
    "beta_slow": "1",
}
ADJACENT = {"first_lane": "start + 2*j", "second_lane": "start + 2*j + 1"}
HALF = {"first_lane": "start + j", "second_lane": "start + j + n_rot//2"}
FREQUENCY = {
    "low": "max(0, floor(n_rot*log(n_ctx_orig/(beta_fast*2*pi))/(2*log(base))))",
    "high": "min(n_rot - 1, ceil(n_rot*log(n_ctx_orig/(beta_slow*2*pi))/(2*log(base))))",
    "ramp": "ext_factor*(1 - min(1, max(0, (j - low)/max(0.001, high - low))))",
    "factor": "freq_factors[j] if len(freq_factors) > 0 else 1",
    "extrapolated": "base**(-2*exponent/n_rot)/factor",
    "frequency": "extrapolated*(freq_scale*(1 - ramp) + ramp) if ext_factor != 0 else freq_scale*extrapolated",
    "magnitude": "attn_factor*(1 + log(1/freq_scale)/10) if ext_factor != 0 else attn_factor",
}
SECTORS = {
    "sector": "j % sum(sections)",
    "start_h": "sections[0]",
    "start_w": "sections[0] + sections[1]",
    "start_e": "sections[0] + sections[1] + sections[2]",
}
SECTIONS = (
    "len(sections) == 4 and min(sections) >= 0 and max(sections[0], sections[1], sections[2]) > 0 "
    "and sum(sections) <= head_dim"
)
MROPE_ANGLE = "(t if sector < start_h else h if sector < start_w else w if sector < start_e else e) * frequency"
IMROPE_ANGLE = """
(h if sector % 3 == 1 and sector < 3*sections[1] else
 w if sector % 3 == 2 and sector < 3*sections[2] else
 t if sector % 3 == 0 and sector < 3*sections[0] else e) * frequency"""
IMROPE_COUNTER = IMROPE_ANGLE.replace("sector % 3", "turn")


def ggml(
    name: str,
    pairing: dict[str, str],
    variables: str,
    angle: str = "p*frequency",
    states: tuple[tuple[str, str, str], ...] = (),
    sections: bool = False,
    more: dict[str, str] | None = None,
    **values: str,
) -> JSON:
    """A layout of ggml; parameters named in `variables` are the variables of that name, others have these values."""
    names = [*WINDOW, *SCALING]
    own = {**DEFAULT, "head_dim": "128", "n_rot": "head_dim", "base": "10000", **values}
    parameters = [
        parameter(
            each,
            require,
            None if each in variables.split() else own[each],
            each in ("head_dim", "n_rot", "offset") and each in variables.split(),
        )
        for each, require in names
    ]
    parameters.append(
        parameter(
            "freq_factors",
            "len(freq_factors) == 0 or len(freq_factors) >= n_rot//2 and min(freq_factors) > 0",
            [],
            entries=0,
        )
    )
    if sections:
        given = values.get("sections")
        parameters.append(parameter("sections", SECTIONS, given and given.split(), True, 4))
    let = {"start": "offset", "exponent": "j", **pairing, **(SECTORS if sections else {}), **FREQUENCY, **(more or {})}
    pairs = {
        "count": "n_rot//2",
        "first": "first_lane",
        "second": "second_lane",
        "angle": angle,
        "magnitude": "magnitude",
    }
    return layout(name, AXES if sections else ["p"], parameters, let, pairs, states=states)


def neox(variables: str, **values: str) -> JSON:
    return ggml("ggml/neox", HALF, variables, **values)


def imrope(variables: str, **values: str) -> JSON:
    return ggml("ggml/imrope", HALF, variables, IMROPE_ANGLE, sections=True, **values)


def mrope(variables: str, **values: str) -> JSON:
    return ggml("ggml/mrope", HALF, variables, MROPE_ANGLE, sections=True, **values)


SIZES = [variable("head_dim"), variable("n_rot"), variable("base", False)]
WITH_SECTIONS = [*SIZES, variable("sections", True, 4)]
NAMES, MORE = "head_dim n_rot base", "head_dim n_rot base sections"
TURNS = ["3*sections[0] >= n_rot//2", "3*sections[1] + 1 >= n_rot//2", "3*sections[2] + 2 >= n_rot//2"]
AT = {"head_dim": "8", "n_rot": "8", "base": "10000"}


def normal_to_neox() -> JSON:
    lanes = (
        "offset + 2*((lane - offset) % (n_rot//2)) + (lane - offset)//(n_rot//2) "
        "if lane >= offset and lane < offset + n_rot else lane"
    )
    names = f"{NAMES} offset"
    return theorem(
        [*SIZES, variable("offset")],
        ggml("ggml/normal", ADJACENT, names),
        neox(names),
        [free("p")],
        {**ALWAYS, "relation": "permutation"},
        {"permutation": lanes, "points": {"holds": {**AT, "offset": "0"}, "fails": None}},
    )


def partial_full() -> JSON:
    return theorem(
        SIZES,
        neox("head_dim base", n_rot="head_dim"),
        neox(NAMES),
        [free("p")],
        {"scope": "never", "condition": [], "relation": None, "elsewhere": "linear"},
        {"refutation": {"rule": "counts", "witness": []}, "points": {"holds": None, "fails": {**AT, "n_rot": "4"}}},
        ("n_rot < head_dim",),
    )


def imrope_neox_text() -> JSON:
    text = feed("text", on(AXES, ["p", "p", "p", "0"]), on(["p"], ["p"]), "p")
    rows = [[TURNS[0], "3*sections[0]"], [TURNS[1], "3*sections[1] + 1"], [TURNS[2], "3*sections[2] + 2"]]
    return theorem(
        WITH_SECTIONS,
        imrope(MORE),
        neox(NAMES),
        [text],
        {"scope": "sometimes", "condition": TURNS, "relation": "identical", "elsewhere": "linear"},
        {
            "refutation": {"rule": "own-index", "witness": rows},
            "points": {
                "holds": {**AT, "sections": ["2", "1", "1", "0"]},
                "fails": {**AT, "sections": ["1", "2", "1", "0"]},
            },
        },
        ("sum(sections) >= n_rot//2",),
    )


def linear_scaling() -> JSON:
    return theorem(
        [*SIZES, variable("freq_scale", False)],
        neox(NAMES, freq_scale="1"),
        neox(f"{NAMES} freq_scale"),
        [free("p")],
        {"scope": "never", "condition": [], "relation": None, "elsewhere": "linear"},
        {
            "refutation": {"rule": "edge", "witness": []},
            "points": {"holds": None, "fails": {**AT, "freq_scale": "1/2"}},
        },
        ("freq_scale != 1",),
    )


def half(variables: str, **values: str) -> JSON:
    """transformers/half with rope_type default."""
    own = {"head_dim": "128", "partial_rotary_factor": "1", "rope_theta": "10000", **values}
    requirements = {
        "head_dim": "head_dim % 2 == 0 and head_dim > 0",
        "rope_theta": "rope_theta > 1",
        "partial_rotary_factor": "floor(head_dim*partial_rotary_factor) % 2 == 0 and "
        "partial_rotary_factor > 0 and partial_rotary_factor <= 1",
    }
    parameters = [
        parameter(
            name,
            require,
            None if name in variables.split() else own[name],
            name == "head_dim" and name in variables.split(),
        )
        for name, require in requirements.items()
    ]
    let = {
        "start": "0",
        "n_rot": "floor(head_dim*partial_rotary_factor)",
        "exponent": "j",
        **HALF,
        "unscaled": "rope_theta**(-2*exponent/n_rot)",
    }
    return layout(
        "transformers/half",
        ["p"],
        parameters,
        let,
        {"count": "n_rot//2", "first": "first_lane", "second": "second_lane", "angle": "p*unscaled"},
    )


def wrong_base() -> JSON:
    return theorem(
        [variable("n_rot"), variable("base", False), variable("rope_theta", False)],
        neox("n_rot base", head_dim="n_rot"),
        half("rope_theta", head_dim="n_rot"),
        [free("p")],
        {"scope": "sometimes", "condition": ["n_rot == 2"], "relation": "identical", "elsewhere": "linear"},
        {
            "refutation": {"rule": "edge", "witness": []},
            "points": {
                "holds": {"n_rot": "2", "base": "10000", "rope_theta": "500"},
                "fails": {"n_rot": "4", "base": "10000", "rope_theta": "500"},
            },
        },
        ("base != rope_theta",),
    )


SIXTHS = {
    "start": "0",
    "n_rot": "head_dim",
    "space_dim": "2*(head_dim//6)",
    "time_dim": "head_dim - 2*space_dim",
    "axis": "0 if j < time_dim//2 else 1 if j < (time_dim + space_dim)//2 else 2",
    "axis_dim": "time_dim if axis == 0 else space_dim",
    "exponent": "j if axis == 0 else j - time_dim//2 if axis == 1 else j - (time_dim + space_dim)//2",
    "frequency": "theta**(-2*exponent/axis_dim)",
    **ADJACENT,
}
THIRDS = {
    **SIXTHS,
    "third": "head_dim//3",
    "cut_h": "head_dim - 2*third",
    "cut_w": "cut_h + third",
    "column": "2*j",
    "after": "2*j + 1",
}


def wan() -> JSON:
    parameters = [
        parameter("head_dim", "head_dim % 2 == 0 and head_dim >= 6", whole=True),
        parameter("theta", "theta > 1"),
    ]
    pairs = {"count": "n_rot//2", "first": "first_lane", "second": "second_lane"}
    cut = "(t if {0} < cut_h else h if {0} < cut_w else w) * frequency"
    source = layout("diffusers/wan", ["t", "h", "w"], parameters, SIXTHS, {**pairs, "angle": "axes[axis]*frequency"})
    target = layout(
        "diffusers/wan:slices=thirds",
        ["t", "h", "w"],
        parameters,
        THIRDS,
        {**pairs, "angle": cut.format("column"), "sine_angle": cut.format("after")},
    )
    clause = "(head_dim % 6 == 0 or head_dim % 6 == 2)"
    return theorem(
        [variable("head_dim"), variable("theta", False)],
        source,
        target,
        [free("t", "h", "w")],
        {"scope": "sometimes", "condition": [clause], "relation": "identical", "elsewhere": "identical"},
        {
            "refutation": {"rule": "lanes", "witness": [[clause, "(head_dim - 2*(head_dim//3))//2"]]},
            "points": {"holds": {"head_dim": "8", "theta": "10000"}, "fails": {"head_dim": "10", "theta": "10000"}},
        },
    )


def imrope_mrope_free() -> JSON:
    conditions = ["sections[0] == 1", "sections[1] <= sections[0]", "sections[2] <= sections[1]"]
    rows = [
        [conditions[0], "0"],
        [conditions[0], "1"],
        [conditions[1], "2"],
        [conditions[2], "1"],
        [conditions[2], "3"],
        [conditions[2], "2"],
    ]
    return theorem(
        WITH_SECTIONS,
        imrope(MORE),
        mrope(MORE),
        [free(*AXES)],
        {"scope": "sometimes", "condition": conditions, "relation": "identical", "elsewhere": "linear"},
        {
            "refutation": {"rule": "own-index", "witness": rows},
            "points": {
                "holds": {**AT, "sections": ["1", "1", "1", "1"]},
                "fails": {**AT, "sections": ["2", "1", "1", "0"]},
            },
        },
        ("sum(sections) == n_rot//2",),
    )


def imrope_counter() -> JSON:
    old = ggml(
        "rewrites/imrope-counter",
        HALF,
        MORE,
        IMROPE_COUNTER,
        sections=True,
        states=(("turn", "0", "0 if (j + 1) % sum(sections) == 0 or turn == 2 else turn + 1"),),
    )
    rule = {"side": "source", "state": "turn", "when": "0 == 0", "value": "(j % sum(sections)) % 3"}
    return theorem(
        WITH_SECTIONS,
        old,
        imrope(MORE),
        [free(*AXES)],
        {**ALWAYS, "relation": "identical"},
        {"invariant": [rule], "points": {"holds": {**AT, "sections": ["2", "1", "1", "0"]}, "fails": None}},
    )


def running_product() -> JSON:
    old = ggml("rewrites/running-product", HALF, NAMES, "p*power", states=(("power", "1", "power*base**(-2/n_rot)"),))
    rule = {"side": "source", "state": "power", "when": "0 == 0", "value": "base**(-2*j/n_rot)"}
    return theorem(
        SIZES,
        old,
        neox(NAMES),
        [free("p")],
        {**ALWAYS, "relation": "identical"},
        {"invariant": [rule], "points": {"holds": AT, "fails": None}},
    )


RUN = "0 if {test} else run_{axis} + 1"
VISION_EXPONENT = """
sector if sector < start_h else
(j if start_h == 0 else sector - start_h) if sector < start_w else
(j if start_w == 0 or start_w == start_h else sector - start_w) if sector < start_e else
j if start_e == 0 or start_e == start_h or start_e == start_w else sector - start_e"""


def vision(name: str, angle: str, states: tuple[tuple[str, str, str], ...] = ()) -> JSON:
    own = {"head_dim": "head_dim % 4 == 0 and head_dim > 0", "base": "base > 1"}
    parameters = [parameter(key, require, whole=key == "head_dim") for key, require in own.items()]
    parameters += [
        parameter("n_rot", "2*n_rot == head_dim", "head_dim//2"),
        parameter("sections", SECTIONS, None, True, 4),
    ]
    let = {
        **SECTORS,
        "next": "(j + 1) % sum(sections)",
        "exponent": VISION_EXPONENT,
        "frequency": "base**(-2*exponent/n_rot)",
    }
    return layout(
        name,
        AXES,
        parameters,
        let,
        {"count": "n_rot", "first": "j", "second": "j + n_rot", "angle": angle},
        states=states,
    )


def vision_chain() -> JSON:
    starts = {"h": "sections[0]", "w": "sections[0] + sections[1]", "e": "sections[0] + sections[1] + sections[2]"}
    states = (
        ("run_t", "0", RUN.format(test="next == 0", axis="t")),
        ("run_h", "0", RUN.format(test="next != 0 and next == start_h", axis="h")),
        ("run_w", "0", RUN.format(test="next != 0 and next != start_h and next == start_w", axis="w")),
        (
            "run_e",
            "0",
            RUN.format(test="next != 0 and next != start_h and next != start_w and next == start_e", axis="e"),
        ),
    )
    angle = (
        "(t*base**(-2*run_t/n_rot) if sector < start_h else h*base**(-2*run_h/n_rot) if sector < start_w else "
        "w*base**(-2*run_w/n_rot) if sector < start_e else e*base**(-2*run_e/n_rot))"
    )
    sector, h, w, e = "(j % sum(sections))", starts["h"], starts["w"], starts["e"]

    def rule(state: str, when: str, value: str) -> JSON:
        return {"side": "source", "state": state, "when": when, "value": value}

    invariant = [
        rule("run_t", "0 == 0", sector),
        rule("run_h", f"{h} == 0", "j"),
        rule("run_h", f"{h} <= {sector}", f"{sector} - ({h})"),
        rule("run_w", f"{w} == 0 or {w} == {h}", "j"),
        rule("run_w", f"{w} <= {sector}", f"{sector} - ({w})"),
        rule("run_e", f"{e} == 0 or {e} == {h} or {e} == {w}", "j"),
        rule("run_e", f"{e} <= {sector}", f"{sector} - ({e})"),
    ]
    return theorem(
        [variable("head_dim"), variable("base", False), variable("sections", True, 4)],
        vision("rewrites/vision-chain", angle, states),
        vision("ggml/vision", MROPE_ANGLE),
        [free(*AXES)],
        {**ALWAYS, "relation": "identical"},
        {
            "invariant": invariant,
            "points": {"holds": {"head_dim": "8", "base": "10000", "sections": ["1", "1", "1", "1"]}, "fails": None},
        },
    )


WRITTEN = {
    each.__name__: each
    for each in (
        normal_to_neox,
        partial_full,
        imrope_neox_text,
        linear_scaling,
        wrong_base,
        wan,
        imrope_mrope_free,
        imrope_counter,
        running_product,
        vision_chain,
    )
}
