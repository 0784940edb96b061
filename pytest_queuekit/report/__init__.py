"""The reports of the kit, one form in each module. Each is made from verdicts alone."""
