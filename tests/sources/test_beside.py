"""What acts on scores beside the layout: scales of queries and factors of the softmax, held against each other.

Scales at positions are those that the functions of transformers 5.24.0 gave (get_llama_4_attn_scale of Ministral 3 and
4, Llama4TextAttention with a cache of so many tokens) and the arithmetic of llm_graph_input_attn_temp::set_input of
llama.cpp 0c1e57098, compiled; factors those of yarn_apply_mscale.
"""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_truth import metadata_of

from prover.api import audit, diff
from prover.claims.relation import Outcome, Relation, outcome
from prover.exact.display import nearest
from prover.sources.arguments import Arguments
from prover.sources.beside import Beside, Given, QueryScale, SoftmaxFactor, Unknown, hold, together
from prover.sources.comparing import Compared, compare
from prover.sources.llama_cpp import read_llama_cpp
from prover.sources.metadata import Metadata
from prover.sources.model import Model
from prover.sources.reading import read_model

TENTH = Given(Fraction(1, 10))
STORED_TENTH = Given(Fraction(float(np.float32(0.1))), is_stored=True)
ROPE = {"rope_type": "yarn", "rope_theta": 1e6, "factor": 16.0, "original_max_position_embeddings": 8192,
        "beta_fast": 32.0, "beta_slow": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0}
SIZES = {"hidden_size": 256, "num_attention_heads": 4, "num_key_value_heads": 4, "head_dim": 64, "num_hidden_layers": 4,
         "max_position_embeddings": 131072, "vocab_size": 100, "intermediate_size": 256, "rms_norm_eps": 1e-6}
MINISTRAL = SIZES | {"model_type": "ministral3", "architectures": ["Ministral3ForCausalLM"],
                     "rope_parameters": ROPE | {"llama_4_scaling_beta": 0.1}}
LLAMA4 = SIZES | {"model_type": "llama4_text", "rope_theta": 500000.0, "attention_chunk_size": 8192}
DEEPSEEK = {
    "model_type": "deepseek_v3", "hidden_size": 256, "num_attention_heads": 4, "num_hidden_layers": 2,
    "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "max_position_embeddings": 163840, "rope_theta": 10000.0,
    "rope_scaling": {"type": "yarn", "factor": 40.0, "original_max_position_embeddings": 4096, "beta_fast": 32.0,
                     "beta_slow": 1.0, "mscale": 0.707, "mscale_all_dim": 0.707},
}
FILE = {"context_length": 131072, "embedding_length": 256, "block_count": 4, "attention.head_count": 4}
MISTRAL3 = FILE | {
    "rope.freq_base": 1e6, "rope.dimension_count": 64, "rope.scaling.type": "yarn", "rope.scaling.factor": 16.0,
    "rope.scaling.original_context_length": 8192, "rope.scaling.yarn_log_multiplier": 1.0,
    "attention.temperature_scale": 0.1,
}
DEEPSEEK2 = FILE | {
    "block_count": 2, "attention.key_length": 576, "attention.key_length_mla": 192, "rope.dimension_count": 64,
    "rope.scaling.type": "yarn", "rope.scaling.factor": 40.0, "rope.scaling.original_context_length": 4096,
}


def config(folder: Path, content: dict[str, Any]) -> str:
    """A file with this config."""
    path = folder / "config.json"
    path.write_text(json.dumps(content))
    return str(path)


def file_of(name: str, keys: dict[str, Any]) -> Metadata:
    """A GGUF file with these keys and no tensors of factors."""
    return metadata_of(name, {f"{name}.{key}": value for key, value in keys.items()}, {})


def besides(model: Model) -> list[Beside]:
    """What is beside the layouts of a model's parts."""
    return [part.beside for part in model.parts]


def rows(source: Model, target: Model, limit: Relation | None = None, ulps: int | None = 0) -> list[Compared]:
    """Both models side by side."""
    return list(compare(source, target, limit, ulps))


@pytest.mark.parametrize(
    ("scale", "values"),
    [
        (QueryScale(TENTH, 8192),
         {0: 1, 8191: 1, 8192: 1.06931471824646, 16383: 1.06931471824646, 16384: 1.1098612546920776,
          100000: 1.2564949989318848}),
        (QueryScale(TENTH, 8192, 1),
         {0: 1, 8190: 1, 8191: 1.06931471824646, 16382: 1.06931471824646, 16383: 1.1098612546920776}),
    ],
    ids=["Ministral 3 and 4", "Llama 4"],
)
def test_a_scale_is_what_the_function_gives(scale: QueryScale, values: dict[int, float]) -> None:
    """Llama 4 adds 1 to the position, Ministral 3 does not: its steps come one token later."""
    for position, value in values.items():
        found = nearest(scale.at(position))
        assert found is not None
        assert math.isclose(value, found, rel_tol=1e-7)


@pytest.mark.parametrize(
    ("kind", "scale"),
    [(MINISTRAL, QueryScale(TENTH, 8192)),
     (MINISTRAL | {"rope_parameters": None}, QueryScale(TENTH, 16384)),
     (MINISTRAL | {"rope_parameters": ROPE | {"llama_4_scaling_beta": 0}}, None)],
    ids=["as given", "the config class's own", "no rise"],
)
def test_transformers_scales_queries_of_ministral_3(kind: dict[str, Any], scale: QueryScale, tmp_path: Path) -> None:
    """rope_parameters has the rise and the length; the config class has 0.1 and 16384."""
    assert [Beside(scale)] == besides(read_model(config(tmp_path, kind)))


@pytest.mark.parametrize(
    ("more", "scale"),
    [({}, QueryScale(TENTH, 8192, 1)), ({"attn_scale": 0.2, "floor_scale": 4096}, QueryScale(Given(Fraction(1, 5)),
                                                                                             4096, 1)),
     ({"attn_temperature_tuning": False}, None)],
)
def test_transformers_scales_queries_of_llama_4_without_rope(
    more: dict[str, Any], scale: QueryScale | None, tmp_path: Path,
) -> None:
    """Each fourth layer has no RoPE, and a scale unless attn_temperature_tuning is false."""
    assert [Beside(), Beside(scale)] == besides(read_model(config(tmp_path, LLAMA4 | more)))


@pytest.mark.parametrize(
    ("rope", "value"),
    [({"rope_type": "yarn", "factor": 40, "mscale_all_dim": 1.0}, 1.8738542070926265),
     ({"rope_type": "yarn", "factor": 40, "mscale_all_dim": 0.707}, 1.5896261651208736),
     ({"rope_type": "default", "factor": 40, "mscale_all_dim": 1.0}, None),
     ({"rope_type": "yarn", "factor": 1, "mscale_all_dim": 1.0}, None),
     ({"rope_type": "yarn", "factor": 40}, None)],
)
def test_transformers_scales_the_softmax_of_deepseek(rope: dict[str, Any], value: float | None, tmp_path: Path) -> None:
    """yarn_apply_mscale multiplies the scale by the square of 0.1*mscale_all_dim*log(factor) + 1."""
    (found,) = besides(read_model(config(tmp_path, DEEPSEEK | {"rope_scaling": rope})))
    if value is None:
        assert found.softmax is None
        return
    assert isinstance(found.softmax, SoftmaxFactor)
    assert math.isclose(value, nearest(found.softmax.value) or 0, rel_tol=1e-12)


def llama_cpp_factor(arch: str, kind: str, factor: float, multiplier: float) -> float:
    """What llama.cpp multiplies 1/sqrt(width) with, step by step: llama_context.cpp, then the graph of deepseek2."""
    def mscale_of(scale: float, mscale: float) -> float:
        return 1.0 if scale <= 1 else 0.1 * mscale * math.log(scale) + 1

    multiplier /= 0.1
    attention = 1.0
    if kind == "yarn":
        if multiplier:
            mscale = multiplier if arch == "deepseek2" and abs(multiplier - 1) > 1e-6 else 1.0
            attention = mscale_of(factor, mscale) / mscale_of(factor, multiplier)
        else:
            attention = mscale_of(factor, 1.0)
        attention *= 1 / (1 + 0.1 * math.log(factor))
    original = attention * (1 + 0.1 * math.log(factor))
    return float((original * (1 + 0.1 * multiplier * math.log(factor))) ** 2)


@pytest.mark.parametrize("arch", ["deepseek2", "deepseek32", "mistral4"])
@pytest.mark.parametrize("kind", ["yarn", "linear"])
@pytest.mark.parametrize("multiplier", [0.0, 0.1, 0.0707, 0.2])
def test_llama_cpp_scales_the_softmax(arch: str, kind: str, multiplier: float) -> None:
    """Of mscale and mscale_all_dim only the first is left over, which is the second in deepseek2 alone."""
    more = {"rope.scaling.type": kind} | ({"rope.scaling.yarn_log_multiplier": multiplier} if multiplier else {})
    indexer = {"attention.indexer.key_length": 128} if arch == "deepseek32" else {}
    found = read_llama_cpp(file_of(arch, DEEPSEEK2 | more | indexer)).parts[0].beside.softmax
    assert isinstance(found, SoftmaxFactor)
    expected = llama_cpp_factor(arch, kind, 40.0, multiplier)
    assert math.isclose(expected, nearest(found.value) or 0, rel_tol=1e-6)


def test_llama_cpp_scales_queries() -> None:
    """The rise is a float32; Llama 4's numbers stand in the code, and with them the 1 that is added to the position."""
    (ministral,) = besides(read_llama_cpp(file_of("mistral3", MISTRAL3)))
    assert QueryScale(STORED_TENTH, 8192) == ministral.query
    assert [None, QueryScale(STORED_TENTH, 8192, 1)] == [
        each.query for each in besides(read_llama_cpp(file_of("llama4", FILE)))]
    mistral4 = DEEPSEEK2 | {"attention.temperature_scale": 0.1, "attention.temperature_length": 4096}
    assert QueryScale(STORED_TENTH, 4096) == read_llama_cpp(file_of("mistral4", mistral4)).parts[0].beside.query
    without = {key: value for key, value in mistral4.items() if key != "attention.temperature_length"}
    found = read_llama_cpp(file_of("mistral4", without)).parts[0].beside.query
    assert isinstance(found, Unknown)
    assert found.is_there


def test_a_command_line_does_not_reach_the_scale_of_queries() -> None:
    """load_arch_hparams of mistral3 takes n_ctx_orig_yarn of the file, which --yarn-orig-ctx does not change."""
    found = read_llama_cpp(file_of("mistral3", MISTRAL3), Arguments("llama.cpp", (("--yarn-orig-ctx", "4096"),)))
    assert [QueryScale(STORED_TENTH, 8192)] == [each.query for each in besides(found)]
    absent = {key: value for key, value in MISTRAL3.items() if key != "rope.scaling.original_context_length"}
    assert [QueryScale(STORED_TENTH, 131072)] == [
        each.query for each in besides(read_llama_cpp(file_of("mistral3", absent)))]


EQUAL, APART, ASIDE, OPEN = Outcome.EQUIVALENT, Outcome.DIFFERENT, Outcome.CONVERTIBLE, Outcome.UNDECIDED
SCALE = QueryScale(TENTH, 8192)


@pytest.mark.parametrize(
    ("target", "outcome", "told"),
    [
        (SCALE, EQUAL, "equal: 1 + 0.1*log(1 + floor(p/8192))"),
        (QueryScale(STORED_TENTH, 8192), EQUAL, "equal"),
        (QueryScale(TENTH, 8192, 1), APART, "at position 8191 "),
        (QueryScale(TENTH, 8193, 1), APART, "at position 16384 "),
        (QueryScale(STORED_TENTH, 8193, 1), APART, "at position 16384 "),
        (QueryScale(Given(Fraction(1, 5)), 8192), APART, "at position 8192 "),
        (QueryScale(TENTH, 4096), APART, "at position 4096 "),
        (None, APART, "at position 8192 queries are multiplied by 1 + 1/10*log(2) (about 1.06931) and by 1"),
        (Unknown("it is not in the log"), OPEN, "target not known, it is not in the log"),
    ],
)
def test_two_scales(target: QueryScale | Unknown | None, outcome: Outcome, told: str) -> None:
    """The first position at which they differ is named; brute force over positions finds no earlier one."""
    for sides in ((SCALE, target), (target, SCALE)):
        (found,) = hold(Beside(sides[0]), Beside(sides[1]), None, 0)
        assert outcome is found.outcome
        if sides[0] is SCALE:
            assert told in found.text
    if outcome is APART:
        position = int(found.text.partition("at position ")[2].split()[0])
        values = [[1.0 if each is None else value_at(each, p) for each in (SCALE, target)
                   if not isinstance(each, Unknown)] for p in range(position + 1)]
        assert [position] == [p for p, (a, b) in enumerate(values) if abs(a - b) > 1e-6]


def value_at(scale: QueryScale, position: int) -> float:
    """The scale in floats."""
    return 1 + float(scale.rise.number) * math.log(1 + math.floor((position + scale.offset) / scale.length))


def test_taken_exactly_a_stored_number_is_itself() -> None:
    """The float32 nearest to 0.1 is not 0.1."""
    (found,) = hold(Beside(SCALE), Beside(QueryScale(STORED_TENTH, 8192)), None, None)
    assert found.outcome is APART


def test_what_neither_side_is_known_to_have_is_not_told() -> None:
    """A log that does not tell all keys is no doubt where the other side scales nothing, and one where it does."""
    unknown = Beside(Unknown("the log is cut"), Unknown("the log is cut"))
    assert () == hold(Beside(), unknown, None, 0)
    assert () == hold(unknown, unknown, None, 0)
    other = Beside(Unknown("of another kind", is_there=True))
    assert [OPEN] == [each.outcome for each in hold(other, Beside(), None, 0)]
    assert [OPEN] == [each.outcome for each in hold(other, other, None, 0)]


def test_another_formula_is_compared_with_itself_alone(tmp_path: Path) -> None:
    """Beam multiplies queries of layers without RoPE by (1 + (p + 1)/2048)**0.1 (compute_attention_scaling)."""
    beam = SIZES | {"model_type": "beam", "num_hidden_layers": 6}
    (beside,) = [each for each in besides(read_model(config(tmp_path, beam))) if each.query is not None]
    assert "(1 + (p + 1)/2048)**0.1" == str(beside.query)
    assert [[EQUAL], [OPEN], [OPEN]] == [
        [each.outcome for each in hold(*sides, None, 0)]
        for sides in ((beside, beside), (beside, Beside()), (Beside(SCALE), beside))]


@pytest.mark.parametrize("limit", [None, *Relation])
def test_a_factor_of_the_softmax_goes_into_the_rows_of_q(limit: Relation | None) -> None:
    """It is a map of each pair: what the asker allows decides, while nothing makes up for another scale of queries."""
    factor = SoftmaxFactor((TENTH,), Given(Fraction(40)))
    (found,) = hold(Beside(softmax=factor), Beside(), limit, 0)
    wide = {None: ASIDE, Relation.PAIR_MAP: EQUAL, Relation.LINEAR: EQUAL}
    assert wide.get(limit, APART) is found.outcome
    assert "scores are multiplied by 1.87385 and by 1" in found.text
    (query,) = hold(Beside(SCALE), Beside(), limit, 0)
    assert query.outcome is APART


@pytest.mark.parametrize("limit", [None, *Relation])
def test_magnitudes_may_be_what_a_factor_of_the_softmax_lacks(limit: Relation | None) -> None:
    """Scores times 2 beside the layout, and magnitudes of sqrt(2) in it, are one kernel: not told as a difference."""
    held = hold(Beside(softmax=SoftmaxFactor((TENTH,), Given(Fraction(40)))), Beside(), limit, 0)
    alone = outcome(Relation.PAIR_MAP, Relation.PERMUTATION, limit)
    wide = limit in (Relation.PAIR_MAP, Relation.LINEAR)
    assert (EQUAL if wide else OPEN) is together(alone, Relation.PAIR_MAP, held)
    assert held[0].outcome is together(EQUAL, Relation.EQUAL_SCORES, held)
    assert APART is together(APART, None, held)
    scale = hold(Beside(SCALE), Beside(), limit, 0)
    assert APART is together(alone, Relation.PAIR_MAP, (*held, *scale))


@pytest.mark.parametrize(
    ("change", "word", "told"),
    [
        ({}, EQUAL, "equal: 1 + 0.1*log(1 + floor(p/8192))"),
        ({"attention.temperature_scale": None}, APART, "target none: at position 8192 "),
        ({"attention.temperature_scale": 0.2}, APART, "at position 8192 "),
        ({"rope.scaling.original_context_length": 4096}, APART, "at position 4096 "),
    ],
)
def test_a_config_and_a_gguf_file(change: dict[str, Any], word: Outcome, told: str, tmp_path: Path) -> None:
    """A file without attention.temperature_scale is not the model, though its heads turn alike."""
    keys = {key: value for key, value in {**MISTRAL3, **change}.items() if value is not None}
    (row,) = rows(read_model(config(tmp_path, MINISTRAL)), read_llama_cpp(file_of("mistral3", keys)))
    assert (word, ASIDE if word is EQUAL else word) == (row.beside[0].outcome, row.outcome)  # its rows are moved
    assert told in row.beside[0].text


@pytest.mark.parametrize(
    ("multiplier", "word"), [(0.0707, EQUAL), (0.1, ASIDE), (None, ASIDE)], ids=["as given", "of 1", "lost"])
def test_deepseek_and_a_gguf_file(multiplier: float | None, word: Outcome, tmp_path: Path) -> None:
    """mscale_all_dim 0.707 is 0.0707 in a GGUF file; with another, the softmax is another by a constant factor."""
    keys = DEEPSEEK2 | ({} if multiplier is None else {"rope.scaling.yarn_log_multiplier": multiplier})
    (row,) = rows(read_model(config(tmp_path, DEEPSEEK)), read_llama_cpp(file_of("deepseek2", keys)))
    (held,) = row.beside
    assert word is held.outcome


@pytest.mark.parametrize(
    ("engine", "exit_code", "told"),
    [
        ("llama.cpp", 0, "query scale: equal: 1 + 0.1*log(1 + floor(p/8192))"),
        ("mlx-lm", 0, "query scale: equal"),
        ("vllm", 1, "target none: at position 8192 "),
        ("sglang", 1, "target 1 + 0.1*log(1 + floor(p/16384)): at position 8192 "),
    ],
)
def test_ministral_3_under_engines(engine: str, exit_code: int, told: str, tmp_path: Path) -> None:
    """vLLM looks for llama_4_scaling at the top; SGLang takes the length from the top, 16384 where nothing is there."""
    found = diff(config(tmp_path, MINISTRAL), engine=engine)
    assert exit_code == found.exit_code
    assert told in found.to_text()
    assert ("EQUIVALENT" if not exit_code else "DIFFERENT") == found.to_text().partition(":")[0]
    (cell,) = audit(config(tmp_path, MINISTRAL), engines=engine, jobs=1).to_json()["models"][0]["cells"].values()
    assert ("different" if exit_code else "equivalent") == cell["verdict"]
    assert bool(exit_code) is any("query scale: different" in reason for reason in cell["reasons"])


@pytest.mark.parametrize(
    ("engine", "word"), [("llama.cpp", "equivalent"), ("sglang", "equivalent"), ("vllm", "undecided")])
def test_llama_4_under_engines(engine: str, word: str, tmp_path: Path) -> None:
    """vLLM turns the scale on by the length of the context that it is started with, which a config does not say."""
    path = config(tmp_path, {"model_type": "llama4", "text_config": LLAMA4})
    target = read_llama_cpp(file_of("llama4", FILE)) if engine == "llama.cpp" else read_model(path, engine)
    found = rows(read_model(path), target)
    assert [word] == [row.outcome.value for row in found if row.is_same_without]


@pytest.mark.parametrize(
    ("engine", "more", "value"),
    [
        ("vllm", {}, 1.5896261651208736),
        ("vllm", {"attention_factor": 1.0}, None),
        ("sglang", {}, 1.5896261651208736),
        ("sglang", {"apply_yarn_scaling": False}, None),
        ("mlx-lm", {}, 1.5896261651208736),
        ("mlx-lm", {"type": "default"}, 1.5896261651208736),
        ("transformers", {"type": "default"}, None),
    ],
)
def test_deepseek_under_engines(engine: str, more: dict[str, Any], value: float | None, tmp_path: Path) -> None:
    """vLLM leaves the softmax alone where attention_factor is 1 (deepseek_llama_scaling), mlx-lm asks for no type."""
    kind = DEEPSEEK | {"rope_scaling": {**DEEPSEEK["rope_scaling"], **more}}
    (found,) = besides(read_model(config(tmp_path, kind), engine))
    assert (value is None) is (found.softmax is None)
    if isinstance(found.softmax, SoftmaxFactor):
        assert math.isclose(value or 0, nearest(found.softmax.value) or 0, rel_tol=1e-12)


@pytest.mark.parametrize("width", [2, 6])
def test_nothing_makes_up_for_another_scale(width: int) -> None:
    """In NumPy: of fixed maps A and B the determinants of scores stay in one ratio, that of the two scales does not."""
    draw = np.random.default_rng(3)
    a, b, turn = (draw.normal(size=(width, width)) for _ in range(3))
    turn = np.linalg.qr(turn)[0]

    def ratio(scales: tuple[float, float]) -> float:
        first, later = (np.linalg.det(scale * a.T @ turned @ b)
                        for scale, turned in zip(scales, (np.eye(width), turn), strict=True))
        return float(abs(later / first))

    assert math.isclose(1, ratio((1, 1)), rel_tol=1e-9)
    assert math.isclose(1.0693147**width, ratio((1, 1.0693147)), rel_tol=1e-9)


def test_a_spec_does_not_say_what_is_beside(tmp_path: Path) -> None:
    """Against a model that scales queries a SPEC of the same layout leaves it undecided; against others it does not."""
    spec = read_model(config(tmp_path, MINISTRAL)).parts[0].spec
    assert "UNDECIDED" == diff(str(spec), config(tmp_path, MINISTRAL)).to_text().partition(":")[0]
    plain = SIZES | {"model_type": "llama", "rope_theta": 1e6}
    assert "EQUIVALENT" == diff("transformers/half:head_dim=64:rope_theta=1e6",
                                config(tmp_path, plain)).to_text().partition(":")[0]


def test_a_text_that_does_not_tell_all_keys(tmp_path: Path) -> None:
    """Whether attention.temperature_scale is in the file cannot be told, and the config has its like."""
    keys = {key: value for key, value in MISTRAL3.items() if key != "attention.temperature_scale"}
    whole = file_of("mistral3", keys)
    text = Metadata(whole.file, whole.keys, whole.tensors, has_all_keys=False)
    (row,) = rows(read_model(config(tmp_path, MINISTRAL)), read_llama_cpp(text))
    assert (ASIDE, OPEN) == (row.alone, row.outcome)
