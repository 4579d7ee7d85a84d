"""Tables read out of real kernels, and layouts held against them."""
