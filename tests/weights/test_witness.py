"""What layers need: rows from the proof, whatever a converter would have done on the way."""

import json

from prover.claims.relation import Outcome, Relation
from prover.sources.reading import read_side
from prover.weights.moved.witness import needs

LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "num_attention_heads": 8,
         "num_key_value_heads": 2, "num_hidden_layers": 2, "rope_theta": 10000.0, "max_position_embeddings": 2048,
         "vocab_size": 100}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 8192, "low_freq_factor": 1.0,
          "high_freq_factor": 4.0}
HALF_TO_ADJACENT = (0, 4, 1, 5, 2, 6, 3, 7)


def _config(tmp_path, **keys):
    (tmp_path / "config.json").write_text(json.dumps({**LLAMA, **keys}))
    return str(tmp_path)


def test_rows_for_another_pairing(tmp_path):
    """Half pairs on disk need their rows moved for a kernel of adjacent pairs."""
    (need,) = needs(read_side(_config(tmp_path)), read_side("ggml/normal:head_dim=8:base=10000"))
    assert (HALF_TO_ADJACENT, Relation.PERMUTATION) == (need.rows, need.relation)


def test_no_converter_stands_between(tmp_path):
    """What llama.cpp's converter would move is still to be moved where weights meet its kernel as they are."""
    folder = _config(tmp_path)
    (need,) = needs(read_side(folder), read_side(folder, "llama.cpp"))
    assert need.rows == HALF_TO_ADJACENT


def test_same_pairing_stays(tmp_path):
    """Where the scores are equal as they are, no row moves."""
    folder = _config(tmp_path)
    (need,) = needs(read_side(folder), read_side(folder, "vllm"))
    assert (Outcome.EQUIVALENT, False) == (need.outcome, need.moves)


def test_another_base_has_no_rows(tmp_path):
    """Nothing is moved where nothing helps."""
    (need,) = needs(read_side(_config(tmp_path)), read_side("ggml/normal:head_dim=8:base=20000"))
    assert (Outcome.DIFFERENT, None) == (need.outcome, need.rows)


def test_last_digits_of_stored_numbers_move_no_row(tmp_path):
    """Factors that a converter rounded leave the rows as they would be, and it is said by how much they are off."""
    folder = _config(tmp_path, rope_scaling=LLAMA3, head_dim=128, rope_theta=500000.0)
    (need,) = needs(read_side(folder), read_side(folder, "llama.cpp"))
    assert tuple(lane for pair in range(64) for lane in (pair, pair + 64)) == need.rows
    assert need.ulps > 0


def test_what_loading_moves_is_not_moved_before(tmp_path):
    """vllm 0.33.0's Llama4ForCausalLM.permute_qk_weight_for_rotary moves published rows: none is moved before."""
    text = {"model_type": "llama4_text", "hidden_size": 64, "num_attention_heads": 8, "num_key_value_heads": 2,
            "head_dim": 8, "num_hidden_layers": 4, "rope_theta": 500000.0, "max_position_embeddings": 4096,
            "no_rope_layers": [1, 1, 1, 0], "vocab_size": 100, "attn_temperature_tuning": False}
    config = {"model_type": "llama4", "architectures": ["Llama4ForConditionalGeneration"], "text_config": text}
    (tmp_path / "config.json").write_text(json.dumps(config))
    found = list(needs(read_side(str(tmp_path)), read_side(str(tmp_path), "vllm")))
    assert [False] * len(found) == [need.moves for need in found]
    assert {Outcome.EQUIVALENT} == {need.outcome for need in found if need.meeting.source.name == "text"}
