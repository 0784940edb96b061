"""The reports of the kit: one form a module. Each is made from verdicts alone."""
