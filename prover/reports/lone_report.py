"""One checkpoint alone: what its tensors show without another copy of them, and how far that goes."""

from __future__ import annotations

from typing import Any

from prover.errors import EXIT_UNDECIDED
from prover.reports.document import Document, labelled
from prover.reports.text import counted, labelled_text
from prover.weights.audited.lanes import head_count, label
from prover.weights.audited.verify import ranges
from prover.weights.audited.verifying import Opened, layers_of
from prover.weights.moved.manifest import NAME
from prover.weights.moved.permuted import misfits, model_of, read_manifest
from prover.weights.packed.slots import Kind, Role, Slot

JSON = dict[str, Any]
SCHEMA = "rope-prover/weights-alone/1"
FAR = ("in which order their rows stand is not seen in one checkpoint. Shapes are the same in every order, and trained "
       "numbers show no order that could be proved, so that none is guessed")
READS = ("names, shapes and types of tensors, the config, and the manifest if there is one; no weight is looked at. "
         "The layouts are what a kernel computes by the config, and need not be what the rows were made for")


def lone_json(found: Opened) -> JSON:
    """What fits, and what cannot be told."""
    parts = []
    for part, layers in layers_of(found.slots):
        own = [slot for slot in found.slots.slots if slot.part == part]
        parts.append({
            "part": part, "layers": list(layers),
            "layouts": {each.address: each.spec for each in found.own.parts if each.name == part and each.spec},
            "tensors": [text for role in (Role.Q, Role.K, Role.V, Role.O) for text in _shapes(own, role)],
        })
    count = len(found.slots.slots)
    return {
        "schema": SCHEMA,
        "verdict": "undecided",
        "headline": f"{counted(count, 'tensor')} fit{'s' if count == 1 else ''} the heads that the config says; {FAR}",
        "path": str(found.checkpoint.root),
        "format": found.checkpoint.format.value,
        "architecture": found.slots.architecture,
        "engine": found.own.engine,
        "parts": parts,
        "barriers": [{"part": each.part, "layers": list(each.layers), "relation": each.relation, "why": each.why,
                      "source": each.source} for each in found.slots.barriers],
        "manifest": _manifest(found),
        "exit_code": EXIT_UNDECIDED,
    }


def _manifest(found: Opened) -> JSON | None:
    """What a manifest beside the weights says, and whether these files are those that it was written with."""
    manifest = read_manifest(found.checkpoint)
    if manifest is None:
        return None
    said = model_of(manifest, found.checkpoint, found.own)
    return {"meant_for": list(dict.fromkeys(f"{part.address} for {part.spec}" for part in said.parts if part.spec)),
            "misfits": list(misfits(manifest, found.checkpoint))}


def _manifest_text(manifest: JSON) -> str:
    if manifest["misfits"]:
        return f"{NAME} beside it is not about these files: {'; '.join(manifest['misfits'])}"
    return (f"{NAME} beside it was written with these very files, by their SHA-256, and says that their rows were "
            f"moved for {'; '.join(manifest['meant_for'])}. Whether they stood right before is not in it")


def _shapes(slots: list[Slot], role: Role) -> list[str]:
    """What there is of a role, layers of one shape together."""
    runs: dict[str, list[int]] = {}
    for slot in slots:
        blocks = [block for block in slot.blocks if block.role is role]
        if not blocks:
            continue
        heads = head_count((block.head, 0) for block in blocks)
        widths = sorted({block.width for block in blocks})
        kind, ending = label(slot)
        name = role.value if kind is Kind.WEIGHT else f"{role.value}'s {kind.value}{f' ({ending})' if ending else ''}"
        shared = " shared by all heads" if blocks[0].head is None else ""
        text = (f"{name}: {heads} head{'s' * (heads > 1)} of {' and '.join(map(str, widths))} lanes{shared}, "
                f"{slot.tensor.dtype}{', in each rank' if slot.rank is not None else ''}")
        runs.setdefault(text, []).append(slot.layer)
    return [f"{text}, layers {ranges(layers)}" for text, layers in runs.items()]


def lone_text(alone: JSON) -> str:
    """Plain text."""
    return labelled_text(f"UNDECIDED: {alone['headline']}.", _rows(alone))


def lone_document(alone: JSON) -> Document:
    """A pull-request comment."""
    return labelled(f"Undecided: {alone['headline']}.", _rows(alone))


def _rows(alone: JSON) -> list[tuple[str, str]]:
    rows = [("model", f"{alone['path']}  ({alone['format']}; {alone['architecture']}, as {alone['engine']} has it)")]
    for part in alone["parts"]:
        rows += [(part["part"][:9], f"{address}: {spec}") for address, spec in part["layouts"].items()]
        rows += [("", text) for text in part["tensors"]]
    rows += [("barrier", f"{each['part']}: {each['why']}") for each in alone["barriers"]]
    rows += [("manifest", _manifest_text(alone["manifest"]))] if alone["manifest"] else []
    return [*rows, ("reads", READS), ("advice", "Hold it against the checkpoint that it was made from, for each row: "
                                                "rope-prover weights verify SOURCE TARGET")]
