"""JSON of an answer as blocks of a report, a module for each kind of answer."""
