"""Types of the numbers in tensors: how many bits each has, by the names that files give them in capitals.

The plain types are those of safetensors (huggingface/safetensors v0.8.0, safetensors/src/tensor.rs `Dtype`,
`Dtype::bitsize`); GGUF has the same names for those it shares, and its blocks are in `prover.sources.gguf_types`.
"""

from __future__ import annotations

BITS = {
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "BOOL": 8, "U8": 8, "I8": 8,
    "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64, "C64": 64,
}
