"""Answers as one HTML file: nothing is fetched, and without scripts nothing but convenience is lost."""
