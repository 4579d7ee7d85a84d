"""Formal proofs about RoPE layouts."""

__version__ = "0.1.0"
