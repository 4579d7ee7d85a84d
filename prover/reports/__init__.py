"""Verdicts, theorems, rewrites and layouts as JSON types, text, Markdown and HTML."""
