"""Files that state what is to be proved and what is expected to come of it."""
