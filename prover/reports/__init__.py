"""Verdicts, theorems, rewrites and layouts as JSON types, text and Markdown."""
