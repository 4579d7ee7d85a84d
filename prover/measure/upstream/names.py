"""The software that is measured at SPECs, and the module here that builds its kernels."""

MODULES = {
    "onnx": "onnx_reference",
    "onnxruntime": "onnx_runtime",
    "mlx": "mlx_rope",
    "mlx-lm": "mlx_lm_rope",
    "x-transformers": "x_transformers_rope",
    "rotary-embedding-torch": "rotary_embedding_torch_rope",
    "timm": "timm_rope",
    "diffusers": "diffusers_rope",
    "megatron-core": "megatron_rope",
    "torchtitan": "torchtitan_rope",
    "torchtune": "torchtune_rope",
    "litgpt": "litgpt_rope",
    "llama-models": "llama_models_rope",
    "executorch": "executorch_rope",
    "litert-torch": "litert_torch_rope",
    "keras-hub": "keras_hub_rope",
    "tinygrad": "tinygrad_rope",
    "roformer": "roformer_rope",
    "torchscale": "torchscale_rope",
}
