"""What parameters of any project stand for, by one name each: from aliases.toml and roles.toml."""

from __future__ import annotations

from functools import cache

from prover.layouts.aliases import aliases

# The name by which a thing goes here, and names of it that are no other spelling elsewhere.
_THINGS: dict[str, tuple[str, ...]] = {
    "head_dim": ("qk_head_dim",),
    "n_rot": (),
    "base": (),
    "sections": ("axes_dims_rope", "axes_dim", "rope_axes_dim", "axes_dims", "axes_dim_rope", "xdrope_section"),
    "partial_rotary_factor": (),
    "offset": ("qk_nope_head_dim", "start_index"),
    "factor": ("rotary_interpolation_factor",),
    "freq_scale": (),
    "original_max_position_embeddings": ("pretrained_max_position_embeddings",),
    "max_position_embeddings": ("max_context_len",),
    "beta_fast": (),
    "beta_slow": (),
    "ext_factor": (),
    "attention_factor": ("attention_scaling", "magnitude", "rope_scaling_attention_factor"),
    "low_freq_factor": ("dynamic_low_freq_factor",),
    "high_freq_factor": ("dynamic_high_freq_factor",),
    "alpha": ("theta_rescale_factor", "rotary_base_rescale_factor"),
    "num_attention_heads": (),
    "truncate": (),
    "mscale": (),
    "mscale_all_dim": (),
    "short_factor": ("rope_scaling_short_factor",),
    "long_factor": ("rope_scaling_long_factor",),
}


@cache
def things() -> dict[str, str]:
    """From a parameter's name to the thing that it stands for."""
    found: dict[str, str] = {}
    for thing, more in _THINGS.items():
        names = {thing, *more}
        for alias in aliases():
            if thing in alias.names and not (alias.choice or alias.thing.startswith("the width of all")):
                names |= set(alias.names)
        for name in names:
            found.setdefault(name, thing)
    return found
