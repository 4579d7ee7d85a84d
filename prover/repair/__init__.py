"""What follows from a verdict that two layouts differ: from what, by how much, and what repairs it."""
