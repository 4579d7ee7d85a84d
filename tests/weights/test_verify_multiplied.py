"""Targets that are louder, held against a source: what was multiplied rightly, and each wrong way of doing it."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from generated import LLAMA, llama_shapes, random_arrays, read_arrays, write_model
from made_layers import Made, lay, made, right
from saved_models import save_folder

from prover import permute_weights, verify_weights
from prover.repair.check_permutation import State
from prover.sources.reading import read_side
from prover.weights.audited.question import Question
from prover.weights.audited.verify import verify_layer
from prover.weights.moved.witness import needs
from prover.weights.stored.lines import rounded

FACTOR = Fraction(100, 119)  # the target multiplies by 1.19
ROWS = (0, 4, 1, 5, 2, 6, 3, 7)
LOUD = "ggml/normal:head_dim=8:attn_factor=1.19"


@pytest.fixture(scope="module")
def asked() -> Question:
    """Half pairs on disk, louder adjacent ones in the kernel."""
    (need,) = needs(read_side("ggml/neox:head_dim=8"), read_side(LOUD))
    return Question(need, 8)


def times(values: np.ndarray, *factors: Fraction) -> np.ndarray:
    """Each float32 number times a factor and rounded, once for each factor."""
    for factor in factors:
        products = [Fraction(value) * factor for value in values.reshape(-1).tolist()]
        doubles = np.array([float(product) for product in products])
        found = doubles.astype(np.float32)
        # By way of float64 it is another number only where that is rounded to the middle of two float32 numbers.
        middles = np.abs(found - doubles) >= np.spacing(np.abs(found)).astype(np.float64) / 2 * (1 - 2.0**-20)
        assert all(Fraction(doubles[at]) == products[at] for at in np.flatnonzero(middles))
        values = found.reshape(values.shape)
    return values


def louder(m: Made, *factors: Fraction, roles: str = "qk", tables: str = "biases lora") -> Made:
    """The rows of these roles moved and multiplied, and what goes with them."""
    turned = right(m, ROWS)
    changed = {role: times(getattr(turned, role), *factors) for role in roles}
    for name in tables.split():
        table = getattr(turned, name)
        changed[name] = {r: times(x, *factors) if r in roles else x for r, x in table.items()}
    return turned.with_(**changed)


def told(source, target, question: Question) -> dict[tuple[str, str], tuple[str, ...]]:
    """What is not right."""
    return {(item.role.value, item.kind.value): (item.state.value, *(fault.value for fault in item.faults))
            for item in verify_layer(question, source, target, 0) if item.state is not State.RIGHT}


def whole() -> Made:
    return made(4, 2, bias=True, lora=True)


@pytest.mark.parametrize("packing", ["separate", "fused", "grouped"])
def test_right(packing: str, asked: Question) -> None:
    """Each number is the rounded product: right, in any packing, and told as such."""
    found = verify_layer(asked, lay(whole()), lay(louder(whole(), FACTOR), packing), 0)
    assert {State.RIGHT} == {item.state for item in found}
    assert {"each number times its factor, rounded once"} == {item.why for item in found if item.role.value in "qk"}


def test_one_number_off_is_not_right(asked: Question) -> None:
    """The neighbour of one number leaves it open."""
    target = louder(whole(), FACTOR)
    target.q[1, 2, 3] = np.nextafter(target.q[1, 2, 3], np.float32(9))
    found = verify_layer(asked, lay(whole()), lay(target), 0)
    assert State.RIGHT not in {item.state for item in found if (item.role.value, item.kind.value) == ("q", "weight")}


WRONG = {
    "moved alone": (lambda m: right(m, ROWS), {"q": "needs factors", "k": "needs factors"}),
    "twice": (lambda m: louder(m, FACTOR, FACTOR), {"q": "multiplied twice", "k": "multiplied twice"}),
    "inverse": (lambda m: louder(m, 1 / FACTOR), {"q": "divided", "k": "divided"}),
    "q alone": (lambda m: louder(m, FACTOR, roles="q"), {"k": "needs factors"}),
    "k alone": (lambda m: louder(m, FACTOR, roles="k"), {"q": "needs factors"}),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_ways(name: str, asked: Question) -> None:
    """Each is wrong, by its name, and of the weights those that are."""
    change, expected = WRONG[name]
    found = told(lay(whole()), lay(change(whole())), asked)
    assert {role: ("wrong", fault) for role, fault in expected.items()} == {
        role: faults for (role, kind), faults in found.items() if kind == "weight"}


def test_q_with_the_square_alone_is_not_called_wrong(asked: Question) -> None:
    """Scores take the product of both factors, so that it does not matter which side has it."""
    target = right(whole(), ROWS)
    target = target.with_(q=times(target.q, FACTOR, FACTOR))
    assert "wrong" not in {faults[0] for (_, kind), faults in told(lay(whole()), lay(target), asked).items()
                           if kind == "weight"}


@pytest.mark.parametrize(("one", "other"), [("q", "k"), ("k", "q")])
def test_what_may_make_up_for_the_other_leaves_it_open(one: str, other: str, asked: Question) -> None:
    """One side has the square, as far as can be told, and a number that is off: what it is times is not known.

    The other, which moved and was not multiplied, is not wrong by itself. Where no side was multiplied it is.
    """
    m = whole().with_(biases={}, lora={})
    square = right(m, ROWS)
    square = square.with_(**{one: times(getattr(square, one), FACTOR, FACTOR)})
    getattr(square, one)[1, 2, 3] *= np.float32(1 + 2.0**-14)
    found = told(lay(m), lay(square), asked)
    assert ("undecided", "needs factors") == found[other, "weight"]
    assert ("undecided", "unrelated") == found[one, "weight"]
    assert ("wrong", "needs factors") == told(lay(m), lay(right(m, ROWS)), asked)[other, "weight"]


def test_v_is_not_multiplied(asked: Question) -> None:
    """With o as it was, what comes out is another."""
    target = louder(whole(), FACTOR)
    target = target.with_(v=times(target.v, FACTOR))
    assert ("wrong", "v multiplied") == told(lay(whole()), lay(target), asked)["v", "weight"]


@pytest.mark.parametrize(("table", "kind"), [("biases", "bias"), ("lora", "lora_B")])
def test_what_goes_with_the_rows_is_multiplied_too(table: str, kind: str, asked: Question) -> None:
    """A bias or an adapter that only moved, or stayed, or was multiplied twice."""
    m, target = whole(), louder(whole(), FACTOR)
    for values, expected in (
        (right(m, ROWS), "needs factors"), (m, "forgotten"), (louder(m, FACTOR, FACTOR), "multiplied twice"),
    ):
        beside = {**getattr(target, table), "q": getattr(values, table)["q"]}
        found = told(lay(m), lay(target.with_(**{table: beside})), asked)
        assert {("q", kind): ("wrong", expected)} == found


def test_a_scale_of_rows_takes_the_factor(asked: Question) -> None:
    """Weights with scales only move; the scales are multiplied, or it is told that they are not."""
    m = made(4, 2, scales=True)
    target = right(m, ROWS)
    scaled = target.with_(scales={r: times(x, FACTOR) if r in "qk" else x for r, x in target.scales.items()})
    assert {} == told(lay(m), lay(scaled), asked)
    assert "wrong" in {faults[0] for faults in told(lay(m), lay(target), asked).values()}


def test_behind_a_norm_or_in_what_was_not_read_nothing_is_right(asked: Question) -> None:
    """What may stand between is not passed over."""
    source, target = lay(whole()), lay(louder(whole(), FACTOR))
    for flags in ({"is_linear": False}, {"may_scale": False, "is_linear": False}):
        states = {item.state for item in verify_layer(asked, source, target, 0, **flags)}
        assert State.UNDECIDED in states
        assert State.WRONG not in states
    gains = made(4, 2, gains="head")
    assert State.UNDECIDED in {item.state for item in verify_layer(asked, lay(gains), lay(louder(gains, FACTOR)), 0)}


def test_other_types_than_the_source_s_are_left_open(asked: Question) -> None:
    """One rounding is right; to another type there may have been two."""
    m = whole()
    target = louder(m, FACTOR)
    half = target.with_(**{role: rounded(getattr(target, role), "BF16") for role in "qkv"})
    found = told(lay(m), lay(half, dtype="BF16"), asked)
    assert {"undecided"} == {faults[0] for (role, kind), faults in found.items() if role in "qk" and kind == "weight"}


@pytest.mark.parametrize("dtype", ["F32", "BF16", "F16"])
def test_what_permute_writes_is_right(tmp_path, dtype: str) -> None:
    """From folder to folder, by the manifest and without one, and backwards it is not."""
    change = (lambda x: np.where(np.abs(x) < 1e-2, np.float32(0.5), x)) if dtype == "F16" else (lambda x: x)
    layers = [made(seed=seed, bias=True) for seed in range(2)]
    layers = [m.with_(**{role: rounded(change(getattr(m, role)), dtype) for role in "qkvo"},
                      biases={r: rounded(change(x), dtype) for r, x in m.biases.items()}) for m in layers]
    source = save_folder(tmp_path / "hf", layers, dtype=dtype)
    out = tmp_path / "out"
    assert 0 == permute_weights(str(source), target=LOUD, out=str(out)).exit_code
    found = verify_weights(str(source), str(out))
    assert ("right", 0, ()) == (found.verdict, found.exit_code, found.faults)
    assert "are moved and multiplied as the target needs them, each number rounded once, and all" in found.headline
    assert "times 100/119" in " ".join(str(found).split())
    assert found.certificates
    (out / "rope-prover.json").unlink()
    assert "right" == verify_weights(str(source), str(out), meant_for=LOUD).verdict
    assert "wrong" == verify_weights(str(source), str(source), meant_for=LOUD).verdict
    assert "right" != verify_weights(str(source), str(out), meant_for="ggml/normal:head_dim=8").verdict


def test_yarn_whose_loudness_is_given_is_right(tmp_path) -> None:
    """A folder whose config has YaRN's own factor, for one that says attention_factor 1."""
    yarn = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}
    model = write_model(tmp_path / "model", LLAMA | {"rope_scaling": yarn}, random_arrays(llama_shapes(LLAMA)))
    other = tmp_path / "other.json"
    other.write_text(json.dumps(LLAMA | {"rope_scaling": yarn | {"attention_factor": 1.0}}))
    permute_weights(str(model), target=str(other), out=str(tmp_path / "out"))
    assert "right" == verify_weights(str(model), str(tmp_path / "out")).verdict
    assert "wrong" == verify_weights(str(model), str(model), meant_for=str(other)).verdict


LATENT = {
    "model_type": "deepseek_v3", "architectures": ["DeepseekV3ForCausalLM"], "hidden_size": 16,
    "num_attention_heads": 2, "num_key_value_heads": 2, "num_hidden_layers": 1, "q_lora_rank": 6, "kv_lora_rank": 4,
    "qk_nope_head_dim": 4, "qk_rope_head_dim": 8, "v_head_dim": 4, "rope_theta": 10000.0,
    "max_position_embeddings": 128, "vocab_size": 16, "intermediate_size": 32, "first_k_dense_replace": 1,
}


def test_latent_attention(tmp_path) -> None:
    """The lanes that turn, of q and of the k that all heads share; where the softmax differs too nothing is done."""
    at = "model.layers.0.self_attn."
    shapes = {"q_a_proj": (6, 16), "q_a_layernorm": (6,), "q_b_proj": (24, 6), "kv_a_proj_with_mqa": (12, 16),
              "kv_a_layernorm": (4,), "kv_b_proj": (16, 4), "o_proj": (16, 8)}
    yarn = {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "mscale": 1.0, "mscale_all_dim": 1.0}
    arrays = random_arrays({f"{at}{name}.weight": shape for name, shape in shapes.items()})
    model = write_model(tmp_path / "model", LATENT | {"rope_scaling": yarn}, arrays)
    louder_one, other = tmp_path / "louder.json", tmp_path / "other.json"
    louder_one.write_text(json.dumps(LATENT | {"rope_scaling": yarn | {"attention_factor": 1.5}}))
    other.write_text(json.dumps(LATENT | {"rope_scaling": {**yarn, "mscale_all_dim": 0.0, "attention_factor": 1.5}}))
    refused = permute_weights(str(model), target=str(other))
    assert (1, True) == (refused.exit_code, "softmax factor" in str(refused))
    out = tmp_path / "out"
    assert 0 == permute_weights(str(model), target=str(louder_one), out=str(out)).exit_code
    after = read_arrays(out)
    for name, array in arrays.items():
        rows = {"q_b_proj": [*range(4, 12), *range(16, 24)], "kv_a_proj_with_mqa": [*range(4, 12)]}.get(
            name.removeprefix(at).removesuffix(".weight"), [])
        expected = array.copy()
        for row in rows:
            expected[row] = [float(Fraction(value) * Fraction(2, 3)) for value in array[row].tolist()]
        assert np.array_equal(expected, after[name])
    assert "right" == verify_weights(str(model), str(out), meant_for=str(louder_one)).verdict
    assert "wrong" == verify_weights(str(model), str(model), meant_for=str(louder_one)).verdict
    assert "undecided" == verify_weights(str(model), str(out)).verdict  # the manifest says nothing of the softmax
