"""Two checkpoints held against each other: how rows moved, and whether that is right."""
