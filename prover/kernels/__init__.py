"""NumPy kernels made from layouts, and what they confirm of a proof."""
