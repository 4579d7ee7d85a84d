"""Software whose rotary kernels are built at the parameters of a SPEC and run on basis vectors, a module each."""
