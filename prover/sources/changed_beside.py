"""What acts on scores beside a layout once parameters of the layout are changed.

Keys that a layout's parameters are read from are read for the factor of the softmax as well. Which they are is said by
`Beside.law`; what comes of others is held against what is known of the side as it is, and is unknown where it differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from prover.errors import InputError
from prover.layouts.spec import parse_spec, parse_stored
from prover.sources.beside import TENTH, Beside, Given, Law, SoftmaxFactor, Unknown

# Parameters that go into the factor of the softmax, or turn it on and off, under the names that layouts have for them.
_GOES_IN = {
    Law.NONE: frozenset[str](),
    Law.ALL_DIM: frozenset({"rope_type", "factor", "mscale_all_dim"}),
    Law.OWN: frozenset({"arch", "freq_scale", "ext_factor", "attn_factor", "yarn_attn_factor", "yarn_log_multiplier"}),
}
_GOES_IN[Law.TENTH] = _GOES_IN[Law.OWN]
_GOES_IN[Law.UNTOLD] = _GOES_IN[Law.ALL_DIM] | _GOES_IN[Law.OWN]
_LENGTHS = frozenset({"original_max_position_embeddings", "max_position_embeddings", "n_ctx_orig"})
_UNKNOWN = Unknown("it may change with the parameters that the layout is given", is_there=True)


def beside_changed(beside: Beside, before: str, after: str) -> Beside:
    """What is beside a layout of the SPEC `before` once it is the SPEC `after`."""
    first, second = (parse_spec(text.removesuffix(" (rows moved)")) for text in (before, after))
    old, new = dict(first.values), dict(second.values)
    changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    query, softmax = beside.query, beside.softmax
    if query is not None and (changed & _LENGTHS or first.name != second.name) and not _is_unsaid(query):
        query = _UNKNOWN
    goes_in = _GOES_IN[beside.law]
    if not goes_in and softmax is not None and not _is_unsaid(softmax):
        goes_in = _GOES_IN[Law.UNTOLD]
    if changed & goes_in or (goes_in and first.name != second.name):
        is_known = first.name == second.name and _softmax(beside.law, old) == softmax
        softmax = _softmax(beside.law, new) if is_known else _UNKNOWN
    return replace(beside, query=query, softmax=softmax)


def _is_unsaid(value: object) -> bool:
    return isinstance(value, Unknown) and not value.is_there


def _softmax(law: Law, values: Mapping[str, str]) -> SoftmaxFactor | Unknown | None:
    """The factor by the parameters of a layout."""
    try:
        if law is Law.ALL_DIM:
            return _by_all_dim(values)
        return _by_scale(law, values) if law in (Law.OWN, Law.TENTH) else _UNKNOWN
    except InputError:
        return _UNKNOWN  # whoever loads the layout is told


def _by_all_dim(values: Mapping[str, str]) -> SoftmaxFactor | Unknown | None:
    """The factor of transformers' latent attentions: (1 + mscale_all_dim/10*log(factor))**2, with YaRN alone here."""
    kind = values.get("rope_type", "default")
    if kind == "default":
        return None
    if not kind.endswith("yarn"):
        return _UNKNOWN
    all_dim, factor = _given(values, "mscale_all_dim", 0), _given(values, "factor", 1)
    if all_dim.number == 0 or factor.number <= 1:
        return None
    if all_dim.number < 0 or "factor" not in values or all_dim.is_stored or factor.is_stored:
        return _UNKNOWN
    return SoftmaxFactor((Given(all_dim.number / 10),), factor)


def _by_scale(law: Law, values: Mapping[str, str]) -> SoftmaxFactor | Unknown | None:
    """The factor of llama.cpp's latent attentions, which is read here where YaRN is on."""
    scale, multiplier = _given(values, "freq_scale", 1), _given(values, "yarn_log_multiplier", 0)
    if scale.number == 1:
        return None
    is_on = _given(values, "ext_factor", 0).number != 0
    if not is_on or not 0 < scale.number < 1 or "attn_factor" in values or multiplier.number < 0:
        return _UNKNOWN
    weight = multiplier if law is Law.OWN and multiplier.number else TENTH
    return SoftmaxFactor((weight,), Given(1 / scale.number))


def _given(values: Mapping[str, str], name: str, absent: int) -> Given:
    """The number of a parameter. Raises InputError where it is none."""
    if name not in values:
        return Given(Fraction(absent))
    number, formats = parse_stored(values[name])
    if not isinstance(number, Fraction):
        raise InputError("is a list, expected one number", where=f"parameter {name}")
    return Given(number, formats != (None,))
