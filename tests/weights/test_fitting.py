"""What weights are to fit: SPECs for parts, filled up from the model's own only where that is told; and the config."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from generated import LLAMA

from prover.errors import InputError
from prover.sources.reading import read_model
from prover.weights.moved.config_text import config_of_target
from prover.weights.moved.fitting import Target, read_target
from prover.weights.moved.witness import needs

GEMMA3 = {"model_type": "gemma3_text", "hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2,
          "num_hidden_layers": 12, "head_dim": 16, "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0,
          "max_position_embeddings": 2048, "vocab_size": 10}
QWEN2_VL = {
    "model_type": "qwen2_vl", "architectures": ["Qwen2VLForConditionalGeneration"],
    "text_config": {"model_type": "qwen2_vl_text", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2,
                    "num_key_value_heads": 2, "rope_theta": 1000000.0, "vocab_size": 10,
                    "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]}, "max_position_embeddings": 2048},
    "vision_config": {"model_type": "qwen2_vl", "depth": 2, "embed_dim": 32, "num_heads": 2, "hidden_size": 64},
}


def target_of(folder: Path, config: dict[str, Any], *to: str, engine: str = "") -> Target:
    """The target for a model with this config."""
    (folder / "config.json").write_text(json.dumps(config))
    own = read_model(str(folder))
    return read_target(own, own, str(folder), to, engine)


def specs(target: Target) -> list[tuple[str, str | None]]:
    """Address and layout of each part."""
    return [(part.address, part.spec) for part in target.model.parts]


def test_a_layout_is_filled_part_by_part(tmp_path: Path) -> None:
    """Gemma 3's sliding and full layers have bases of their own; each gets its own."""
    found = target_of(tmp_path, GEMMA3, "ggml/normal")
    assert [("text/sliding_attention", "ggml/normal:head_dim=16:base=10000"),
            ("text/full_attention", "ggml/normal:head_dim=16:base=1000000")] == specs(found)
    assert "text/sliding_attention: base=10000, the model's own (rope_local_base_freq)" in found.filled


def test_what_is_given_is_not_filled(tmp_path: Path) -> None:
    """A base that stands in the SPEC stays."""
    found = target_of(tmp_path, LLAMA, "ggml/normal:base=500")
    assert [("text", "ggml/normal:base=500:head_dim=8")] == specs(found)
    assert ("text: head_dim=8, the model's own (head_dim)",) == found.filled


def test_what_turns_in_part_is_filled_from_the_layout(tmp_path: Path) -> None:
    """GPT-NeoX turns a quarter of 16 lanes; ggml's n_rot says it in lanes."""
    config = {"model_type": "gpt_neox", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2,
              "rotary_pct": 0.25, "rotary_emb_base": 10000, "max_position_embeddings": 2048, "vocab_size": 10}
    assert [("text", "ggml/normal:head_dim=16:base=10000:n_rot=4")] == specs(target_of(tmp_path, config, "ggml/normal"))


def test_what_has_no_parameter_is_told(tmp_path: Path) -> None:
    """Llama 3's rule has none in ggml's layout: it is said, and the proof then finds the two different."""
    rule = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192}
    found = target_of(tmp_path, LLAMA | {"rope_scaling": rule}, "ggml/normal")
    (left,) = [each for each in found.filled if "not taken over" in each]
    assert "rope_type=llama3, factor=8" in left


def test_parts_have_targets_of_their_own(tmp_path: Path) -> None:
    """The tower alone, and the text alone; of what nothing is said nothing is in the target."""
    assert [("vision", "transformers/vision-adjacent:head_dim=16:rope_theta=10000")] == specs(
        target_of(tmp_path, QWEN2_VL, "vision=transformers/vision-adjacent"))
    both = target_of(tmp_path, QWEN2_VL, "vision=transformers/vision-adjacent", "transformers/mrope-chunked")
    assert ["vision", "text"] == [part.address for part in both.model.parts]


def test_a_part_of_another_config(tmp_path: Path) -> None:
    """MODEL#PART stands for the part as it is; values behind it are put on top."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text(json.dumps(LLAMA | {"rope_theta": 500.0}))
    assert [("text", "transformers/half:head_dim=8:rope_theta=500")] == specs(
        target_of(tmp_path, LLAMA, f"{other}#text"))
    assert [("text", "transformers/half:head_dim=8:rope_theta=7")] == specs(
        target_of(tmp_path, LLAMA, f"{other}/config.json#text:rope_theta=7"))
    assert [("text", "transformers/half:head_dim=8:rope_theta=9")] == specs(
        target_of(tmp_path, LLAMA, f"{other}/config.json:rope_theta=9"))
    assert [("text", "transformers/half:head_dim=8:rope_theta=500")] == specs(target_of(tmp_path, LLAMA, str(other)))


def test_what_cannot_be_filled_says_what_was_taken(tmp_path: Path) -> None:
    """ggml's sections are four: the error tells what came from the model, and that it may be given."""
    with pytest.raises(InputError, match=r"taken was .*sections=2,3,3, the model's own"):
        target_of(tmp_path, QWEN2_VL, "ggml/mrope")


@pytest.mark.parametrize(("to", "told"), [
    (("audio=ggml/normal",), "there is no part 'audio'"), (("ggml/normal", "ggml/neox"), "is given twice"),
    ((), "is not given"), (("text=ggml/nothing",), "there is no layout"),
])
def test_targets_that_are_none(tmp_path: Path, to: tuple[str, ...], told: str) -> None:
    """Each with what to write."""
    with pytest.raises(InputError, match=told):
        target_of(tmp_path, LLAMA, *to)


@pytest.mark.parametrize(("to", "told"), [
    (("text/sliding_attention=ggml/normal", "text/sliding_attention=ggml/neox"), "text/sliding_attention is to be"),
    (("text/sliding_attention=ggml/normal", "text/sliding_attention=ggml/normal"), "text/sliding_attention is to be"),
    (("text=ggml/normal", "text/full_attention=ggml/neox"), "full_attention is to be, as text and as text/full_att"),
    (("text/full_attention=ggml/neox", "text=ggml/normal"), "full_attention is to be, as text/full_attention and as t"),
])
def test_a_part_is_given_once(tmp_path: Path, to: tuple[str, ...], told: str) -> None:
    """Of two SPECs for one part none is taken, whatever the part is called."""
    with pytest.raises(InputError, match=told) as fault:
        target_of(tmp_path, GEMMA3, *to)
    assert "--to" == fault.value.where
    assert 2 == fault.value.exit_code


def test_the_rest_beside_a_part(tmp_path: Path) -> None:
    """A SPEC without a part is for what no other is for."""
    found = target_of(tmp_path, GEMMA3, "ggml/normal", "text/full_attention=ggml/neox")
    assert {("text/full_attention", "ggml/neox:head_dim=16:base=1000000"),
            ("text/sliding_attention", "ggml/normal:head_dim=16:base=10000")} == set(specs(found))


DEEPSEEK = {"model_type": "deepseek_v3", "hidden_size": 16, "num_attention_heads": 2, "num_key_value_heads": 2,
            "num_hidden_layers": 2, "q_lora_rank": 6, "kv_lora_rank": 5, "qk_nope_head_dim": 4, "qk_rope_head_dim": 8,
            "v_head_dim": 4, "vocab_size": 10, "rope_theta": 10000.0, "max_position_embeddings": 64}


@pytest.mark.parametrize(("text", "flag", "expected"), [
    ('{\n  "a": 1,\n  "rope_interleave": true\n}', False, '{\n  "a": 1,\n  "rope_interleave": false\n}'),
    ('{\n  "a": 1\n}', False, '{\n  "rope_interleave": false,\n  "a": 1\n}'),
    ('{\n  "a": 1,\n  "rope_interleave": false\n}', True, '{\n  "a": 1,\n  "rope_interleave": true\n}'),
])
def test_a_flag_is_turned_over_in_its_place(tmp_path: Path, text: str, flag: bool, expected: str) -> None:
    """The rest of the config is the same text; a flag that is not there is put in front."""
    body = json.dumps(DEEPSEEK)[1:-1]
    (tmp_path / "config.json").write_text(text.replace('"a": 1', body))
    other = tmp_path / "other.json"
    other.write_text(json.dumps(DEEPSEEK | {"rope_interleave": flag}))
    source, target = read_model(str(tmp_path)), read_model(str(other))
    moved = [need for need in needs(source, target) if need.moves]
    assert moved
    found = config_of_target((tmp_path / "config.json").read_bytes(), "config.json", target, moved, "")
    assert expected.replace('"a": 1', body) == found.text


def test_a_config_that_cannot_say_it_stays(tmp_path: Path) -> None:
    """No key of a Llama's config says the pairing, and a flag of others is not put there."""
    target = target_of(tmp_path, LLAMA, "ggml/normal")
    source = read_model(str(tmp_path))
    moved = list(needs(source, target.model))
    found = config_of_target((tmp_path / "config.json").read_bytes(), "config.json", target.model, moved, "")
    assert found.text is None
    assert "no key of it says which lanes are paired" in found.words
