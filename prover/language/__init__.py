"""The expression language of layout files: read, evaluated, substituted, printed, translated to SMT-LIB."""
