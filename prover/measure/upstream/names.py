"""The software that is measured at SPECs, and the module here that builds its kernels."""

MODULES = {
    "onnx": "onnx_reference",
    "onnxruntime": "onnx_runtime",
    "llama-cpp": "llama_cpp_graph",
    "mlx": "mlx_rope",
    "mlx-lm": "mlx_lm_rope",
    "x-transformers": "x_transformers_rope",
    "rotary-embedding-torch": "rotary_embedding_torch_rope",
    "timm": "timm_rope",
    "diffusers": "diffusers_rope",
    "vllm": "vllm_rope",
    "sglang": "sglang_rope",
}
BY_THEMSELVES = ("vllm", "sglang")  # no extras: what they need depends on the machine


def how_to_install(name: str) -> str:
    """A line for a shell."""
    return f"pip install {name}" if name in BY_THEMSELVES else f"pip install 'rope-prover[{name}]'"
