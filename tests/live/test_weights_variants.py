"""Wrong permutations made by hand in saved models of transformers: other logits, and `weights verify` names each.

Which rows of which tensor are which lanes of which head is written here for each model, apart from the package.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import other_rotation as other
import pytest
from test_weights_models import OTHER, SAME, build, gap, one_thread, rope, text_inputs

from prover import permute_weights, verify_weights

pytestmark = [pytest.mark.live, pytest.mark.usefixtures(one_thread.__name__)]

Rows = tuple[int, ...]
Blocks = tuple[tuple[str, int, int, int], ...]  # role, first row, first lane, width
Turns = Mapping[str, Rows]  # of a role: row i of all its heads is row rows[i] of before
TURNED = ("q", "k")


def heads(role: str, count: int, width: int, first: int = 0, step: int = 0) -> Blocks:
    """Heads one after another, or `step` rows apart."""
    return tuple((role, first + head * (step or width), 0, width) for head in range(count))


@dataclass(frozen=True)
class Case:
    """A model, its tensors and what is to compute with it. `rotated`: the first lane that turns and the end.

    `tensors`: rows by the end of a tensor's name; for o they are columns. `gains`: norms of one head, or of all lanes
    of a role.
    """

    kind: str
    width: int
    q_heads: int
    kv_heads: int
    tensors: Mapping[str, Blocks]
    more: dict[str, Any] = field(default_factory=dict)
    rotated: tuple[int, int] = (0, 0)
    gains: Mapping[str, str] = field(default_factory=dict)
    is_adjacent: bool = False
    to: str = ""

    @property
    def target(self) -> str:
        return self.to or ("transformers/half" if self.is_adjacent else "transformers/adjacent")

    @property
    def other(self) -> str:
        return "half" if self.is_adjacent else "adjacent"

    @property
    def lanes(self) -> tuple[int, int]:
        return self.rotated if self.rotated[1] else (0, self.width)

    def count(self, role: str) -> int:
        return self.q_heads if role == "q" else self.kv_heads

    def move(self, first: int, end: int) -> Rows:
        """A head whose lanes from `first` to `end` go to the other pairing, the others staying."""
        half = (end - first) // 2
        to_adjacent = [first + j + part * half for j in range(half) for part in (0, 1)]
        order = np.argsort(np.array(to_adjacent)) + first if self.is_adjacent else to_adjacent
        return (*range(first), *map(int, order), *range(end, max(self.width, end)))


def whole(rows: Sequence[int], count: int) -> Rows:
    """The same in each of so many heads."""
    return tuple(head * len(rows) + row for head in range(count) for row in rows)


def llama(q: int, k: int, width: int, bias: bool = False) -> dict[str, Blocks]:
    """Separate projections."""
    found = {"q_proj.weight": heads("q", q, width), "k_proj.weight": heads("k", k, width),
             "v_proj.weight": heads("v", k, width), "o_proj.weight": heads("o", q, width)}
    return found | ({f"{role}_proj.bias": found[f"{role}_proj.weight"] for role in "qkv"} if bias else {})


def fused(width: int) -> Blocks:
    """GPT-NeoX: q, k and v of a head, four times."""
    return tuple(block for at, role in enumerate("qkv") for block in heads(role, 4, width, at * width, 3 * width))


def grouped(width: int) -> Blocks:
    """Falcon: two heads of q with their k and v, twice."""
    return tuple(
        block for group in range(2) for at, role in ((0, "q"), (2, "k"), (3, "v"))
        for block in heads(role, 2 if role == "q" else 1, width, (4 * group + at) * width)
    )


TWO = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2}
NORMS = {"q_norm.weight": "q", "k_norm.weight": "k"}
CASES = {
    "llama": Case("llama", 16, 8, 2, llama(8, 2, 16), {"num_hidden_layers": 2}),
    "qwen2": Case("qwen2", 16, 4, 2, llama(4, 2, 16, True), TWO),
    "qwen3": Case("qwen3", 16, 4, 2, llama(4, 2, 16), TWO, gains=NORMS),
    "glm-4": Case("glm4", 32, 8, 2, llama(8, 2, 32, True), {
        "num_hidden_layers": 2, "attention_bias": True, "head_dim": 32}, (0, 16), is_adjacent=True),
    "gpt-neox": Case("gpt_neox", 32, 4, 4, {"query_key_value.weight": fused(32), "query_key_value.bias": fused(32),
                                            "dense.weight": heads("o", 4, 32)},
                     {"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 128,
                      **rope(partial_rotary_factor=0.5)}, (0, 16)),
    "phi-3": Case("phi3", 16, 4, 2, {
        "qkv_proj.weight": (*heads("q", 4, 16), *heads("k", 2, 16, 64), *heads("v", 2, 16, 96)),
        "o_proj.weight": heads("o", 4, 16)}, TWO),
    "falcon": Case("falcon", 16, 4, 2, {"query_key_value.weight": grouped(16),
                                        "self_attention.dense.weight": heads("o", 4, 16)},
                   {"num_hidden_layers": 2, "num_attention_heads": 4, "new_decoder_architecture": True,
                    "num_kv_heads": 2}),
    "cohere": Case("cohere", 16, 4, 2, llama(4, 2, 16), {**TWO, "use_qk_norm": True}, gains=NORMS, is_adjacent=True),
    "olmo 2": Case("olmo2", 16, 4, 2, llama(4, 2, 16), TWO, gains=NORMS),
}


def turned(case: Case, tensors: Mapping[str, Any], turns: Turns, followers: Turns, layer: str) -> dict[str, Any]:
    """The tensors of a layer with rows moved: weights as `turns` say, biases and gains as `followers`."""
    found = dict(tensors)
    for name, array in tensors.items():
        if f".{layer}." not in name:
            continue
        for ending, blocks in case.tensors.items():
            if name.endswith(ending):
                found[name] = _moved(array, blocks, followers if ending.endswith("bias") else turns)
        for ending, role in case.gains.items():
            if name.endswith(ending) and role in followers:
                rows = followers[role][: array.size]  # of one head, or of all
                found[name] = array.reshape(-1)[list(rows)].reshape(array.shape)
    return found


def _moved(array: Any, blocks: Blocks, turns: Turns) -> Any:
    """One tensor; of o the columns."""
    found = array.copy()
    for role, rows in turns.items():
        lanes = [first + step for name, first, _, width in blocks if name == role for step in range(width)]
        if lanes and role == "o":
            found[:, lanes] = array[:, lanes][:, list(rows)]
        elif lanes:
            found[lanes] = array[lanes][list(rows)]
    return found


def right_turns(case: Case) -> dict[str, Rows]:
    """What q and k need, every head of them."""
    return {role: whole(case.move(*case.lanes), case.count(role)) for role in TURNED}


@dataclass(frozen=True)
class Variant:
    """A wrong way to move: what is moved how, what that is called, and the role that is at fault first.

    `goes`: as biases and gains move.
    """

    name: str
    faults: tuple[str, ...]
    turns: Turns
    goes: Turns
    role: str = "q"


def variants(case: Case) -> Iterator[Variant]:
    """All that can be made of a model's heads."""
    right, width = right_turns(case), case.width
    head = np.array(case.move(*case.lanes))
    for name, rows in (("missing", np.arange(width)), ("inverse", np.argsort(head)), ("applied twice", head[head])):
        wrong = {role: whole(rows.tolist(), case.count(role)) for role in TURNED}
        yield Variant(name, (name,), wrong, wrong if name != "missing" else right)
    is_whole = case.lanes == (0, width)
    if is_whole and case.kv_heads != case.q_heads:
        lanes = whole(_cut(case, case.kv_heads * width // case.q_heads), case.q_heads)
        yield Variant("wrong head count", ("wrong head count",), {**right, "k": lanes}, {**right, "k": lanes}, "k")
        narrow = whole(_cut(case, width // 2), 2 * case.q_heads)
        yield Variant("wrong head width", ("wrong head width",), {**right, "q": narrow}, {**right, "q": narrow})
    if not is_whole:
        wrong = {role: whole(case.move(0, width), case.count(role)) for role in TURNED}
        yield Variant("whole head", ("whole head",), wrong, wrong)
    yield Variant("applied to v", ("applied to v",), {**right, "v": right["k"]}, right, "v")
    yield Variant("applied to o", ("applied to o",), {**right, "o": right["q"]}, right, "o")
    for role in TURNED:
        stayed = {each: rows for each, rows in right.items() if each != role}
        if case.gains or any(ending.endswith("bias") for ending in case.tensors):
            yield Variant(f"forgotten of {role}", ("forgotten",), right, stayed, role)


def _cut(case: Case, width: int) -> Rows:
    """A head of another width, all of whose lanes go to the other pairing."""
    half = width // 2
    to_adjacent = [j + part * half for j in range(half) for part in (0, 1)]
    return tuple(int(row) for row in (np.argsort(to_adjacent) if case.is_adjacent else to_adjacent))


@pytest.mark.parametrize("name", CASES)
def test_each_wrong_variant_is_found_and_named(name: str, tmp_path: Path) -> None:
    """The second layer is wrong: other logits, its name, and the layer; right by hand is what the tool makes."""
    case, inputs, model = CASES[name], text_inputs(), tmp_path / "model"
    expected, _ = other.logits(build(model, case.kind, **case.more), inputs)
    tensors, right = other.read(model), right_turns(case)
    good = turned(case, turned(case, tensors, right, right, "0"), right, right, "1")
    permute_weights(str(model), target=case.target, out=str(tmp_path / "out"))
    made = other.read(tmp_path / "out")
    assert all(np.array_equal(good[each], made[each]) for each in {*good, *made})
    assert gap(other.logits(other.load(tmp_path / "out"), inputs, case.other)[0], expected) < SAME
    found = verify_weights(str(model), str(tmp_path / "out"), meant_for=case.target)
    assert ("right", ()) == (found.verdict, found.faults)
    first = turned(case, tensors, right, right, "0")
    for variant in variants(case):
        folder = other.write(tmp_path / variant.name.replace(" ", "-"), model,
                             turned(case, first, variant.turns, variant.goes, "1"))
        assert gap(other.logits(other.load(folder), inputs, case.other)[0], expected) > OTHER, variant.name
        found = verify_weights(str(model), str(folder), meant_for=case.target)
        assert (variant.name, "wrong", variant.faults) == (variant.name, found.verdict, found.faults)
        assert found.headline.startswith(f"layer 1, {variant.role}"), found.headline


PROJECTIONS = ("q_proj", "k_proj", "v_proj")


def with_scales(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Projections as bytes with a scale for each row, as compressed-tensors has them."""
    found = dict(tensors)
    for name, array in tensors.items():
        if name.split(".")[-2] in PROJECTIONS:
            scale = np.abs(array).max(axis=1, keepdims=True) / 127
            found[name] = np.rint(array / scale).astype(np.int8)
            found[f"{name}_scale"] = scale
    return found


def with_layers(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """An adapter beside the weights, neither merged: the names of peft's own layers."""
    random, found = np.random.default_rng(4), {}
    for name, array in tensors.items():
        module = name.removesuffix(".weight")
        if name.split(".")[-2] not in PROJECTIONS:
            found[name] = array
            continue
        found[f"{module}.base_layer.weight"] = array
        found[f"{module}.lora_A.default.weight"] = random.normal(0, 0.3, (4, array.shape[1]))
        found[f"{module}.lora_B.default.weight"] = random.normal(0, 0.3, (len(array), 4))
    return found


def plain(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """One weight for each projection, as transformers computes with it: scaled, or with the product of its adapter."""
    found = {}
    for name, array in tensors.items():
        if name.endswith(".base_layer.weight"):
            module = name.removesuffix(".base_layer.weight")
            a, b = (tensors[f"{module}.lora_{side}.default.weight"] for side in "AB")
            found[f"{module}.weight"] = array + b @ a
        elif f"{name}_scale" in tensors:
            found[name] = array * tensors[f"{name}_scale"]
        elif "lora_" not in name and not name.endswith("_scale"):
            found[name] = array
    return found


@pytest.mark.parametrize(("make", "ending"), [(with_scales, "weight_scale"), (with_layers, "lora_B.default.weight")])
def test_scales_and_adapters_go_with_their_rows(make: Any, ending: str, tmp_path: Path) -> None:
    """Llama with 8 heads and 2: moved by the tool and put together by hand; those of q or of k alone are forgotten."""
    case, inputs = CASES["llama"], text_inputs()
    build(tmp_path / "plain", case.kind, **case.more)
    model = other.write(tmp_path / "model", tmp_path / "plain", make(other.read(tmp_path / "plain")))

    def answer(name: str, tensors: Mapping[str, Any], pairing: str) -> Any:
        folder = other.write(tmp_path / name, tmp_path / "plain", plain(tensors))
        return other.logits(other.load(folder), inputs, pairing)[0]

    before = other.read(model)
    expected = answer("before", before, "")
    told = permute_weights(str(model), target=case.target, out=str(tmp_path / "out"))
    assert str(tmp_path / "out") == told.written, told.headline
    after = other.read(tmp_path / "out")
    assert gap(answer("after", after, case.other), expected) < SAME
    found = verify_weights(str(model), str(tmp_path / "out"), meant_for=case.target)
    assert ("right", ()) == (found.verdict, found.faults)
    for role in TURNED:
        stayed = {name for name in before if name.endswith(f"{role}_proj.{ending}") and ".1." in name}
        forgotten = {name: before[name] if name in stayed else array for name, array in after.items()}
        assert gap(answer(f"without-{role}", forgotten, case.other), expected) > OTHER
        folder = other.write(tmp_path / f"forgotten-{role}", tmp_path / "plain", forgotten)
        found = verify_weights(str(model), str(folder), meant_for=case.target)
        assert ("wrong", ("forgotten",)) == (found.verdict, found.faults)
        assert found.headline.startswith(f"layer 1, {role}'s "), found.headline
