"""What makes two layouts differ, and what repairs it."""
