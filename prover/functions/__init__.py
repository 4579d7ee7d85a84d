"""A person's own rotary function: run in a process of its own, under limits, and measured into a table."""
