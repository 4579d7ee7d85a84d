"""Overrides of a config on the command line, held against the code and rotary classes of vLLM 0.33.0 and SGLang 0.5.23.

vllm_overrides_truth.json and sglang_overrides_truth.json say how they were made.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from test_engine_sglang import TRUTH as SGLANG_BASE
from test_engine_sglang import turns_as_object as turns_in_sglang
from test_engine_vllm import TRUTH as BASE
from test_engine_vllm import turns_as

from prover.errors import InputError
from prover.sources.arguments import split_arguments
from prover.sources.model import Model
from prover.sources.reading import read_model

TRUTH: dict[str, Any] = json.loads((Path(__file__).parent / "vllm_overrides_truth.json").read_text())
KIND = "model_type"
# What vLLM runs and this reading refuses: the top of the file and the command line both with a part.
UNREAD_ALL = {"part at the top above that of the file"}
# More of these: a part of the rotated slice, which no layout says, and parameters that a class does not look at.
UNREAD = {
    ("deepseek_v2", "part at the top"), ("deepseek_v3", "part at the top"),
    *(("dbrx", case) for case in TRUTH["cases"]),
}


def read(tmp_path: Path, keys: dict[str, Any], over: dict[str, Any], more: str = "") -> Model:
    """A config under --hf-overrides."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(keys))
    return read_model(f"{path} --hf-overrides {shlex.quote(json.dumps(over))} {more}".strip())


def config(kind: str, case: str) -> dict[str, Any]:
    """The config of a row."""
    layers = {"layer_types": BASE["layers"][kind]} if kind in BASE["layers"] else {}
    return {KIND: kind, **BASE["base"], **BASE["extra"].get(kind, {}), **layers, **TRUTH["cases"][case][0]}


@pytest.mark.parametrize("kind", TRUTH["rows"])
def test_a_model_type_under_every_override(kind: str, tmp_path: Path) -> None:
    """Each layer has the rotary object that vLLM makes, and what it breaks off at is refused."""
    for case, layers in TRUTH["rows"][kind].items():
        try:
            model = read(tmp_path, config(kind, case), TRUTH["cases"][case][1])
        except InputError:
            assert (kind, case) in UNREAD or case in UNREAD_ALL
            continue
        for part in model.parts:
            for layer in part.layers or () if part.spec is not None else ():
                turns_as(str(part.spec), TRUTH["rotary"][layers[str(layer)]])
    for case in TRUTH["broken"].get(kind, ()):
        with pytest.raises(InputError):
            read(tmp_path, config(kind, case), TRUTH["cases"][case][1])


def codes(model: Model) -> list[str]:
    """What is told."""
    return [finding.code for finding in model.findings]


def text_spec(model: Model) -> str:
    """The layout of the first part that turns."""
    return next(str(part.spec) for part in model.parts if part.spec is not None)


YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 262144}
ROPE = {"rope_type": "default", "rope_theta": 10000000, "partial_rotary_factor": 0.25, "mrope_section": [11, 11, 10],
        "mrope_interleaved": True}
QWEN35 = {
    "model_type": "qwen3_5",
    "text_config": {
        "model_type": "qwen3_5_text", "hidden_size": 5120, "num_attention_heads": 24, "head_dim": 256,
        "num_hidden_layers": 4, "max_position_embeddings": 262144, "rope_parameters": ROPE,
    },
}


def test_an_override_of_the_outer_config_reaches_no_part(tmp_path: Path) -> None:
    """rope_parameters at the top of a model with a text_config are put where nothing reads them."""
    model = read(tmp_path, QWEN35, {"rope_parameters": YARN})
    assert "rope_type" not in text_spec(model)
    assert "RP204" in codes(model)


def test_an_override_inside_is_merged(tmp_path: Path) -> None:
    """_update_nested goes into rope_parameters, so that the base, the part and the sections stay."""
    model = read(tmp_path, QWEN35, {"text_config": {"rope_parameters": YARN}})
    spec = text_spec(model)
    assert "base=10000000" in spec
    assert "mrope_section=11,11,10" in spec
    assert "rotary_dim=64" in spec
    assert "rope_type=yarn" in spec
    assert spec == text_spec(read(tmp_path, QWEN35, {"text_config": {"rope_scaling": YARN}}))


def test_a_dotted_flag_is_the_same_override(tmp_path: Path) -> None:
    """--hf-overrides.a.b is put into the object."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(QWEN35))
    dotted = "--hf-overrides.text_config.rope_parameters"
    model = read_model(f"{path} {dotted}.rope_type yarn {dotted}.factor 4.0 "
                       f"{dotted}.original_max_position_embeddings=262144")
    assert text_spec(read(tmp_path, QWEN35, {"text_config": {"rope_parameters": YARN}})) == text_spec(model)


def test_what_an_override_drops_is_told(tmp_path: Path) -> None:
    """MixtralAttention passes config.rope_parameters on, where get_rope takes 10000 for a base that is not there."""
    mixtral = {**BASE["base"], KIND: "mixtral", "rope_theta": 1000000.0}
    model = read(tmp_path, mixtral, {"rope_scaling": YARN})
    assert ":base=10000:" in text_spec(model)
    assert ["RP206"] == codes(model)
    assert "10000 instead of 1000000" in model.findings[0].text


def test_the_length_of_the_engine_chooses_the_factors_of_longrope(tmp_path: Path) -> None:
    """--max-model-len stands above what the config has."""
    lists = {"rope_type": "longrope", "short_factor": [1.0] * 32, "long_factor": [2.0] * 32,
             "original_max_position_embeddings": 4096}
    keys = {**BASE["base"], KIND: "phi3", "max_position_embeddings": 131072, "rope_scaling": lists,
            "original_max_position_embeddings": 4096}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(keys))
    assert "max_model_len=4096" in text_spec(read_model(str(path), "vllm"))
    assert "max_model_len=32768" in text_spec(read_model(f"{path} --max-model-len 32768"))


REFUSED = {
    "not an object": ("llama", {"rope_parameters": None}, "not known here"),
    "both names": ("llama", {"rope_parameters": YARN, "rope_scaling": YARN}, "two names"),
    "model type": ("llama", {"model_type": "qwen2"}, "--as TYPE"),
    "worked in": ("llama", {"hidden_size": 1024}, "worked into other keys"),
    "no part": ("llama", {"text_config": {"rope_theta": 5.0}}, "config of a part must be in the file"),
    "transformers' own": ("olmo2", {"rope_parameters": YARN}, "transformers' own class"),
    "no rule": ("qwen2", {"rope_scaling": {"type": "yarn", "factor": 4.0}}, "type is its old name"),
    "no base": ("granite", {"rope_scaling": YARN}, "Repeat the base"),
    "unknown rule": ("llama", {"rope_scaling": {**YARN, "rope_type": "su"}}, "'su' is no rope_type"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_override_that_is_refused(case: str, tmp_path: Path) -> None:
    """What vLLM breaks off at, and what it does that is not known."""
    kind, over, said = REFUSED[case]
    with pytest.raises(InputError, match=said):
        read(tmp_path, {**BASE["base"], KIND: kind}, over)


LINES = {
    "--hf-over '{}'": "not known here",
    "--json-mod '{}'": "not known here",
    "--json_model_override_args '{}'": "refused by SGLang",
    "--json-model-override-args.rope_parameters.factor 4": "refused by SGLang",
    "--hf-overrides '{}' --hf-overrides.a 1": "replace the object",
    "--hf-overrides.rope_parameters.mrope_section+ 16": "with a +",
    "--hf-overrides.rope_parameters.rope_theta '5000.0, \"b\": 2' --hf-overrides.rope_parameters.rope_type default":
        "expected a number",
    "--temp 0": "no flag that has to do with RoPE",
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_is_refused(line: str, tmp_path: Path) -> None:
    """Beginnings of flags, spellings that a parser does not have, and forms that are not read."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**BASE["base"], KIND: "llama"}))
    with pytest.raises(InputError, match=LINES[line].replace("+", r"\+")):
        read_model(f"{path} {line}")


def test_a_part_inside_of_a_config_is_not_guessed(tmp_path: Path) -> None:
    """vLLM puts it onto the part's config after it has moved keys into the parameters."""
    with pytest.raises(InputError, match="not known here"):
        read(tmp_path, QWEN35, {"text_config": {"partial_rotary_factor": 0.5}})


def test_an_override_of_a_part_whose_keys_stand_at_the_top(tmp_path: Path) -> None:
    """Whether it reaches the config that is made of them is not known."""
    with pytest.raises(InputError, match="whose keys stand at the top"):
        read(tmp_path, {**BASE["base"], KIND: "qwen2_vl"}, {"rope_parameters": YARN})


def test_a_name_of_blanks_is_refused_at_once() -> None:
    """Looking for arguments takes no longer than the name is long."""
    assert ("a" + " " * 120_000 + "x", "") == split_arguments("a" + " " * 120_000 + "x")


def test_arguments_of_another_engine(tmp_path: Path) -> None:
    """An engine that has no such flag says which it has; broken JSON is told."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**BASE["base"], KIND: "llama", "architectures": ["LlamaForCausalLM"]}))
    with pytest.raises(InputError, match="no flag of vllm"):
        read_model(f"{path} --rope-scale 4", "vllm")
    with pytest.raises(InputError, match="no flag of mlx-lm"):
        read_model(f"{path} --rope-scale 4", "mlx-lm")
    with pytest.raises(InputError, match="--hf-overrides"):
        read_model(f"{path} --hf-overrides '{{'")
    assert read_model(f"{path} --rope-scale 4").engine.startswith("llama.cpp 0c1e57098 --rope-scale 4")


SGLANG: dict[str, Any] = json.loads((Path(__file__).parent / "sglang_overrides_truth.json").read_text())
# What is refused under SGLang: parts, since its classes differ in whose config they read, and parameters that a class
# takes from elsewhere.
SGLANG_UNREAD = {"dbrx", "gptj", "llama4_text", "gemma3_text", "gemma3n_text", *SGLANG_BASE["nested"]}
SGLANG_UNREAD_CASES = {
    *(("phi3", case) for case in ("yarn merges", "yarn with a base", "two", "type alone")),
    *((kind, case) for kind in ("qwen3_next", "falcon_h1", "granitemoehybrid", "afmoe")
      for case in ("type alone", "a factor alone")),
}


def sglang(tmp_path: Path, kind: str, case: str) -> Model:
    """A config under --json-model-override-args, which stands under text_config where the model has one."""
    file, over = SGLANG["cases"][case]
    keys = {**SGLANG_BASE["base"], **SGLANG_BASE["extra"].get(kind, {}), **file}
    inner = SGLANG_BASE["nested"].get(kind)
    path = tmp_path / "config.json"
    path.write_text(json.dumps({KIND: kind, "text_config": {KIND: inner, **keys}} if inner else {KIND: kind, **keys}))
    given = {"text_config": over} if inner else over
    return read_model(f"{path} --json-model-override-args {shlex.quote(json.dumps(given))}")


@pytest.mark.parametrize("kind", SGLANG["rows"])
def test_a_model_type_of_sglang_under_every_override(kind: str, tmp_path: Path) -> None:
    """Each layer has the rotary object that SGLang makes; what it breaks off at is refused."""
    for case, layers in SGLANG["rows"][kind].items():
        try:
            model = sglang(tmp_path, kind, case)
        except InputError:
            assert kind in SGLANG_UNREAD or (kind, case) in SGLANG_UNREAD_CASES
            continue
        for part in model.parts:
            for layer in part.layers or () if part.spec is not None and part.name == "text" else ():
                turns_in_sglang(str(part.spec), json.dumps(SGLANG["rotary"][layers[str(layer)]]))
    for case in SGLANG["broken"].get(kind, ()):
        with pytest.raises(InputError):
            sglang(tmp_path, kind, case)
