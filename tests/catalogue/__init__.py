"""The catalogue against kernels written by hand: one row per layout, in files named by ecosystem.

A row is a spec and what upstream code does to one head, transcribed into NumPy from the source that
the layout file cites and from nothing of ours.
"""
