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
}
