"""Two layouts under the same feeds: units, comparison, matching, refutation, evidence, relations."""
