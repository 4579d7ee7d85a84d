"""Checkpoints: the tensors of q and k, what has to be done to their rows, and what was done."""
