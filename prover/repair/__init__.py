"""What follows from a verdict that two layouts differ: by how much they do."""
