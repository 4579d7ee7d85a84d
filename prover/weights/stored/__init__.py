"""Checkpoints as they are stored: files, the tensors in them, their bytes and numbers."""
