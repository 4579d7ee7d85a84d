"""Statements for all sizes, and loops that carry a value from pair to pair."""
