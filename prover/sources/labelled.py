"""RoPE parameters that are neither one object nor one for each layer type.

Under labels that several layer types share, with a head whose last lanes turn: DeepSeek-V4. In lists with an entry for
each layer: Step 3.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from prover.errors import InputError
from prover.sources.keys import Keys, number_text
from prover.sources.model import Finding, Value
from prover.sources.readings import LayerRope, Reading

PART = "partial_rotary_factor"
LANES = "qk_rope_head_dim"


def labels(entry: Reading) -> tuple[str, ...]:
    """The labels that the parameters may stand under."""
    return tuple(dict.fromkeys(row.label for row in entry.by_type.values()))


def given(keys: Keys) -> Keys | None:
    """The parameters of the file. Raises InputError."""
    return keys.object("rope_scaling") or keys.object("rope_parameters")


def is_under_labels(keys: Keys, entry: Reading) -> bool:
    """Whether the file has parameters for each label, which are then taken as they are. Raises InputError."""
    found = given(keys)
    return found is not None and all(isinstance(found.table.get(label), dict) for label in labels(entry))


def has_own_magnitude(keys: Keys, entry: Reading) -> bool:
    """Whether yarn has the magnitude 1 where the file gives none. Raises InputError."""
    return entry.ropes == "labelled" and not is_under_labels(keys, entry)


def labelled_rope(keys: Keys, entry: Reading, row: LayerRope, findings: list[Finding]) -> Keys:
    """The parameters of one label. Without labels, those of the file are for the layer types that are scaled.

    Raises InputError.
    """
    found = given(keys)
    if found is not None and is_under_labels(keys, entry):
        inner = found.object(row.label)
        if inner is None or not inner.is_given("rope_theta"):
            raise InputError("is not in the file, and its value is not guessed",
                             where=f"{found.where}, {row.label}, rope_theta")
        if "truncate" in found or "truncate" in inner:
            findings.append(Finding("RP003", f"not read in {found.where.rpartition(', ')[2]}: truncate"))
        return Keys({key: value for key, value in inner.table.items() if key != "truncate"}, inner.where)
    if found is None or not row.scaled:
        return Keys({}, f"{keys.where}, the default of {entry.types[0]}")
    table: dict[str, Any] = {
        key: value for key, value in found.table.items() if key not in (*labels(entry), "truncate", "rope_theta", PART)
    }
    dropped = [key for key in ("truncate", "rope_theta") if key in found]
    if dropped:
        findings.append(Finding("RP003", f"not read in {found.where.rpartition(', ')[2]}: {', '.join(dropped)}"))
    return Keys(table, found.where)


def tail(keys: Keys, entry: Reading, rope: Keys) -> tuple[Value, Value]:
    """The lanes before those that turn, and these. Raises InputError."""
    head = keys.whole("head_dim")
    source = "default"
    part: float | Fraction = Fraction(entry.partial or 1)
    if is_under_labels(keys, entry):
        source, part = f"{rope.where.rpartition(', ')[2]}.{PART}", 1
        if PART in rope:
            part = rope.number(PART)
        elif keys.is_given(PART):
            source, part = PART, keys.number(PART)
    elif keys.is_given(PART):
        source, part = PART, keys.number(PART)
    elif keys.is_given(LANES):
        source, part = LANES, keys.whole(LANES) / head  # as upstream has it, in floats
    lanes = int(head * float(part))
    if not 0 < lanes <= head:
        raise InputError(f"expected a part of the head, got {number_text(Fraction(part))[:40]}",
                         where=f"{keys.where}, {source}")
    return (Value("qk_nope_head_dim", str(head - lanes), f"{keys.origin('head_dim')} - {LANES}"),
            Value(LANES, str(lanes), source))


def ratio_types(keys: Keys, key: str, names: Mapping[str, str], count: int) -> tuple[str, ...]:
    """Layer types by numbers, each of which stands for one; more of them than layers are cut off. Raises InputError."""
    numbers = [number_text(each) for each in keys.numbers(key)]
    if len(numbers) < count or not set(numbers) <= names.keys():
        raise keys.wrong(key, f"at least {count} of the numbers {', '.join(names)}")
    return tuple(names[each] for each in numbers[:count])


def listed_rope(keys: Keys, entry: Reading, kind: str, first: int, findings: list[Finding]) -> Keys:
    """The parameters of one layer type, `first` being the first of its layers.

    rope_parameters if it has an object for every type, else what the lists say of that layer, with rope_scaling on
    types that are scaled. Raises InputError.
    """
    parameters = keys.object("rope_parameters")
    there = set(keys.texts("layer_types")) if keys.is_given("layer_types") else {kind}
    inner = parameters.object(kind) if parameters else None
    if parameters and inner is not None and all(isinstance(parameters.table.get(each), dict) for each in there):
        if PART in keys or "rope_theta" not in inner:
            raise InputError("is not in the file, and its value is not guessed", where=f"{inner.where}, rope_theta")
        return inner
    if parameters is not None:
        findings.append(Finding("RP003", "rope_parameters is not read without an object for every layer type"))
    table: dict[str, Any] = {"rope_type": "default"}
    for key, name in (("rope_theta", "rope_theta"), ("partial_rotary_factors", PART)):
        if not isinstance(keys.table.get(key), list):
            continue
        values = keys.numbers(key)
        if len(values) <= first:
            raise keys.wrong(key, f"a list of more than {first} numbers")
        table[name] = values[first]
    scaling = keys.object("rope_scaling") if entry.by_type[kind].scaled else None
    if scaling is not None:
        table |= scaling.table
        if "rope_type" not in scaling and scaling.table.get("type", "default") != "default":
            findings.append(Finding("RP011", f"rope_scaling has type, not rope_type: {entry.types[0]} takes default"))
    return Keys(table, scaling.where if scaling is not None else f"{keys.where}, rope_parameters by layer")
