"""The extras of the package: what each enables, and what it costs.

What is in each stands in pyproject.toml alone. Sizes are what was installed besides the package itself on Linux with
Python 3.11, dependencies included, in 10**6 bytes; those with torch are with torch 2.13.0 for a CPU.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extra:
    """`name`: as in rope-prover[name]. `megabytes`: about how much it takes on disk. `enables`: in words.

    `enables` is empty for an extra that brings the software of its name, to be measured.
    """

    name: str
    megabytes: int
    enables: str = ""


EXTRAS = (
    Extra("cvc5", 46, "a second solver for every question: --cvc5"),
    Extra("dask", 38, "audits over the workers of a Dask cluster"),
    Extra("diffusers", 870),
    Extra("draw", 95, "pictures as SVG and PNG: draw --out"),
    Extra("ggml", 106),
    Extra("live", 1300, "transformers and what is below, in the versions that the layouts were held to"),
    Extra("llama-cpp", 114),
    Extra("megatron-core", 800),
    Extra("mlx", 37),
    Extra("mlx-lm", 230),
    Extra("numba", 209, "rotations of whole sequences in compiled code: Rotation.rotate(x, compiled=True)"),
    Extra("onnx", 30),
    Extra("onnxruntime", 84),
    Extra("rotary-embedding-torch", 785),
    Extra("timm", 830),
    Extra("tinygrad", 41),
    Extra("weights", 8, "the numbers of quantised GGUF tensors, for weights verify"),
    Extra("x-transformers", 790),
)
