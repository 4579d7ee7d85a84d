"""A config of a model that no reading knows, as the layout that its owner says it has."""

from __future__ import annotations

from fractions import Fraction

from prover.errors import InputError, ProverError
from prover.layouts.loading import load, outline
from prover.sources.beside import UNSAID
from prover.sources.config_json import ROPE_KEYS
from prover.sources.keys import Keys, list_text, number_text
from prover.sources.model import Finding, Model, Part, Value

INSIDE = ("text_config", "llm_config", "thinker_config", "language_config")
ROPES = ("rope_parameters", "rope_scaling")
# A layout's own name of a parameter, and what configs call it.
USUAL = {"head_size": "head_dim", "dims": "head_dim", "base": "rope_theta", "n_dims": "rotary_dim",
         "rotary_embedding_base": "rotary_base"}
RULE = "rope_type"
GIVEN = "the given layout"


def as_layout(keys: Keys, spec: str, option: str = "--as") -> Model:
    """A model of one part with the layout of a SPEC; what that does not give is taken from keys of the same name.

    `option`: what the SPEC was given by. Raises InputError where the layout needs what neither has, or lacks the rule
    that the config names.
    """
    scopes = _scopes(keys)
    name, _, written = spec.partition(":")
    values = [Value(key, value, "the SPEC") for key, _, value in (
        each.partition("=") for each in written.split(":") if each)]
    given = {value.name for value in values}
    choices = [choice for choice, _ in outline(spec).words]
    rule = _find(scopes, RULE)
    if rule is not None and rule.text != "default" and RULE not in choices:
        raise InputError(f"'{rule.text[:40]}' is a rule that this layout has not", where=f"{keys.where}, {rule.origin}",
                         advice=f"Give a layout that has it: 'rope-prover list {rule.text[:20]}'")
    values += [found for choice in choices if choice not in given and (found := _find(scopes, choice)) is not None]
    about = outline(Part("text", None, name, tuple(values)).spec or name)
    defaults = []
    for parameter in about.family.parameters:
        if parameter.name in given:
            continue
        usual = USUAL.get(parameter.name, parameter.name)
        found = _find(scopes, parameter.name, usual) or (
            _quotient(scopes, parameter.name) if usual == "head_dim" else None)
        if found is not None:
            values.append(found)
        elif parameter.name in about.missing or usual == "head_dim":
            raise InputError(f"{parameter.name} is neither in the SPEC nor in the config", where=keys.where,
                             advice=f"Give it: {option} {spec[:80]}:{parameter.name}=...")
        elif parameter.name in (*USUAL, *USUAL.values()):
            defaults.append(parameter.name)
    part = Part("text", None, name, tuple(values), beside=UNSAID)
    try:
        load(str(part.spec))
    except ProverError as fault:
        raise fault.inside(keys.where) from None
    taken = {value.origin.rpartition(".")[2] for value in values} | given
    left = [key for key in ROPE_KEYS for scope in scopes if key in scope.table and key not in taken]
    told = [Finding("RP015", "the layout is the one that was given, for all layers: nothing is known of the model type"
                    + (f"; {', '.join(defaults)}: as the layout has it by default" if defaults else ""))]
    if left:
        told.append(Finding("RP002", f"not read: {', '.join(dict.fromkeys(left))}"))
    kind = keys.table.get("model_type")
    return Model(keys.where, kind if isinstance(kind, str) else "no model_type", GIVEN, spec, (part,),
                 tuple(told))


def _scopes(keys: Keys) -> tuple[Keys, ...]:
    """Where keys are looked for: RoPE's own objects before the text part, and that before the top."""
    inner = [found for name in INSIDE if (found := keys.object(name)) is not None][:1]
    levels = [*inner, keys]
    return (*(rope for level in levels for name in ROPES if (rope := level.object(name)) is not None), *levels)


def _find(scopes: tuple[Keys, ...], name: str, usual: str = "") -> Value | None:
    """The value of the first key of one of these names as a SPEC writes it, and where it stands."""
    names = [name, usual, "type" if name == RULE else ""]
    for scope in scopes:
        for key in filter(None, names):
            text = _text(scope.table.get(key))
            if text is not None:
                place = scope.where.partition(", ")[2]
                return Value(name, text, f"{place}.{key}" if place else key)
    return None


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | Fraction):
        return number_text(Fraction(value))
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(
        isinstance(each, int | Fraction) and not isinstance(each, bool) for each in value
    ):
        return f"[{list_text([Fraction(each) for each in value])}]"
    return None


def _quotient(scopes: tuple[Keys, ...], name: str) -> Value | None:
    for scope in scopes:
        if scope.is_given("hidden_size") and scope.is_given("num_attention_heads"):
            width = scope.whole("hidden_size") // scope.whole("num_attention_heads")
            return Value(name, str(width), "hidden_size // num_attention_heads")
    return None
