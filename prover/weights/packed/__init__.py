"""Which rows of which tensors are lanes of which head of q, k, v and o."""
