"""Exact numbers, their enclosures, angles over axes, and how they are printed."""
