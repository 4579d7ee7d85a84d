"""Verdicts: decided, certified, checked, confirmed, and only then said."""
