"""Meta's apply_rotary_emb with its precompute_freqs_cis. Source: meta-llama/llama-models 0.3.0,
llama_models/llama3/model.py, and for a scaling whose constants are not those of that file llama_models/llama4/model.py.
"""

from __future__ import annotations

from typing import Any

from prover.measure.probe import Kernel
from prover.measure.upstream.software import Software, Values
from prover.measure.upstream.taken import in_torch, taken, whole_head

CELLS = 64  # more than any position that is probed
OWN = (8, 4)  # factor and high_freq_factor of Llama 3.1


def _llama(values: Values) -> Kernel:
    scaled = values.flag("use_scaled_rope")
    factors = tuple(values.number(name) for name in ("factor", "high_freq_factor")) if scaled else OWN
    first = factors == OWN
    model = taken(f"llama_models/llama{3 if first else 4}/model.py", "apply_scaling", "precompute_freqs_cis",
                  "reshape_for_broadcast", "apply_rotary_emb")
    table = model.precompute_freqs_cis(
        whole_head(values), CELLS, values.number("theta"), scaled, *(() if first else factors))

    def turn(x: Any, place: tuple[int, ...]) -> Any:
        return model.apply_rotary_emb(x, x, table[[place[0]]])[0]

    return in_torch(turn)


_LLAMA = "meta/llama"
SOFTWARE = Software(
    ("llama-models", "torch"), {_LLAMA: _llama},
    (_LLAMA, f"{_LLAMA}:theta=500000:use_scaled_rope=true",
     f"{_LLAMA}:head_dim=64:theta=500000:use_scaled_rope=true:factor=16:high_freq_factor=1.5"),
    bare=("llama-models",),
)
