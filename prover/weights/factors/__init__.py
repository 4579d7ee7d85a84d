"""Tensors of frequency factors: made for a repair, and held against what a config asks for."""
