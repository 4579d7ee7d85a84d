"""What classes of llama.cpp's converter do to a config before they write keys, by the names that the table calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prover.sources.converting.values import given_head
from prover.sources.converting.work import Work


def _no_eagle(work: Work) -> None:
    if "draft_vocab_size" in work.hparams and work.hparams["num_hidden_layers"] == 1:
        raise work.stop("an EAGLE-3 draft needs its target's config")


def _no_mistral4(work: Work) -> None:
    if work.hparams.get("model_type") == "mistral4":
        raise work.stop("mistral4 is converted by another class, which is not known here")


def _no_softcap(work: Work) -> None:
    if work.hparams.get("attn_logit_softcapping") is not None:
        raise work.stop("attn_logit_softcapping is given")


def _no_groups(work: Work) -> None:
    heads = work.must("num_attention_heads")
    if work.hparams.get("num_key_value_heads", heads) not in (heads, None):
        raise work.refuse("it moves rows of k across halves of heads where there are fewer of them than of q")


def _groups(work: Work) -> None:
    work.must("num_attention_heads") // work.must("num_key_value_heads")


def _drop_head(work: Work) -> None:
    if work.hparams.pop("head_dim", None):
        work.findings.append("head_dim is not read: the width of a head is hidden_size // num_attention_heads")


def _nextn(work: Work) -> None:
    work.blocks = work.must("num_hidden_layers") + (work.hparams.get("num_nextn_predict_layers", 0) or 0)


def _qwen_mtp(work: Work) -> None:
    more = work.hparams.get("mtp_num_hidden_layers", 0)
    if more == 0:
        more = 1
        work.findings.append("how many layers predict further tokens only the checkpoint says: taken to be 1")
    work.blocks = work.must("num_hidden_layers") + more


def _one_kv(work: Work) -> None:
    work.hparams["num_key_value_heads"] = 1


def _cohere_context(work: Work) -> None:
    work.hparams["max_position_embeddings"] = work.must("model_max_length", "max_position_embeddings")


def _lfm_kv(work: Work) -> None:
    heads = work.must("num_key_value_heads")
    work.hparams["num_key_value_heads"] = [heads if each != "conv" else 0 for each in work.must("layer_types")]


def _lfm_moe_kv(work: Work) -> None:
    heads = work.must("num_key_value_heads")
    work.hparams["num_key_value_heads"] = [
        heads if each == "full_attention" else 0 for each in work.must("layer_types")
    ]


def _granite_hybrid(work: Work) -> None:
    """GraniteHybridModel: which layers have attention, and without any other layer an architecture of its own."""
    if types := work.hparams.get("layer_types"):
        found = [layer for layer, each in enumerate(types) if each == "attention"]
    else:
        found = work.hparams.get("attn_layer_indices", [])
        if not found:
            period, offset = work.hparams.get("attn_layer_period"), work.hparams.get("attn_layer_offset")
            if not period or offset is None:
                raise work.stop("nothing says which layers have attention")
            found = [layer for layer in range(work.blocks) if layer % period == offset]
    work.attention_layers = tuple(found)
    work.has_recurrent = any(layer not in found for layer in range(work.blocks))
    if not work.has_recurrent:
        has_experts = work.find("num_experts_per_tok", "num_experts_per_token")
        work.arch = "granitemoe" if has_experts else "granite"


def _nemotron_h(work: Work) -> None:
    """NemotronHModel: layers by a pattern of letters or of names; experts make another architecture."""
    is_moe = "num_experts_per_tok" in work.hparams
    work.arch = "nemotron_h_moe" if is_moe else "nemotron_h"
    if (names := work.hparams.get("layers_block_type")) is not None:
        work.blocks = work.hparams["num_hidden_layers"] = len(names)
    pattern = work.hparams.get("hybrid_override_pattern") or work.hparams.get("layers_block_type")
    if pattern is not None and len(pattern) != work.blocks:
        raise work.stop("the pattern of layers is not as long as num_hidden_layers")
    wanted = ("*",) if isinstance(pattern, str) else ("attention", "full_attention")
    found = [layer for layer, each in enumerate(pattern or ()) if each in wanted]
    work.has_recurrent = any(layer not in found for layer in range(work.blocks))
    work.head_width = given_head(work)
    more = work.hparams.get("num_nextn_predict_layers", 0) or 0
    if is_moe and more > 0:
        if more != 1:
            raise work.stop("num_nextn_predict_layers is above 1")
        found.append(work.blocks)
        work.blocks += 1
    work.attention_layers = tuple(found)


def _deepseek_v4(work: Work) -> None:
    """DeepseekV4Model: rope_scaling is put over rope_parameters that name no rule."""
    scaling = work.given.get("rope_scaling")
    if work.full().get("rope_type") is None and scaling is not None:
        work.rope.update({"rope_type": scaling["type"], **scaling} if scaling.get("type") is not None else scaling)
    work.blocks = work.must("num_hidden_layers")


# What NomicBertModel asserts of a config; the biases of its projections go with the experts.
_NOMIC = {
    "causal": False, "prenorm": False, "rotary_emb_fraction": 1, "rotary_emb_interleaved": False,
    "rotary_emb_scale_base": None,
}


def _nomic(work: Work) -> None:
    """NomicBertModel: the length that the model was trained for in place of the one that it is told to take."""
    is_moe = bool(work.hparams.get("moe_every_n_layers"))
    work.arch = "nomic-bert-moe" if is_moe else "nomic-bert"
    lengths = work.must("n_positions"), work.hparams.get("max_trained_positions", 2048)
    if lengths not in ((8192, 2048), (2048, 2048)):
        raise work.stop("n_positions and max_trained_positions are not those of a known model")
    work.hparams["n_positions"] = 2048 if lengths[0] == 8192 else 512
    biases = dict.fromkeys(("qkv_proj_bias", "mlp_fc1_bias", "mlp_fc2_bias"), is_moe)
    for key, value in (_NOMIC | biases | {"activation_function": "gelu" if is_moe else "swiglu"}).items():
        if work.must(key) != value:
            raise work.stop(f"{key} is not {value}")


def _mimo(work: Work) -> None:
    for one, other in (("swa_head_dim", "head_dim"), ("swa_num_attention_heads", "num_attention_heads"),
                       ("swa_v_head_dim", "v_head_dim")):
        if work.must(one) != work.must(other):
            raise work.stop(f"{one} and {other} differ")
    work.blocks = work.must("num_hidden_layers") + 3


BEFORE: Mapping[str, Callable[[Work], None]] = {
    "no_eagle": _no_eagle,
    "no_mistral4": _no_mistral4,
    "no_softcap": _no_softcap,
    "no_groups": _no_groups,
    "groups": _groups,
    "drop_head": _drop_head,
    "nextn": _nextn,
    "qwen_mtp": _qwen_mtp,
    "one_kv": _one_kv,
    "cohere_context": _cohere_context,
    "lfm_kv": _lfm_kv,
    "lfm_moe_kv": _lfm_moe_kv,
    "granite_hybrid": _granite_hybrid,
    "nemotron_h": _nemotron_h,
    "deepseek_v4": _deepseek_v4,
    "nomic": _nomic,
    "mimo": _mimo,
}
# What runs when the converter makes the model, before it makes tensors of factors.
EARLY = (
    "no_eagle", "no_mistral4", "nextn", "qwen_mtp", "cohere_context", "granite_hybrid", "nemotron_h", "deepseek_v4",
    "nomic", "mimo",
)
