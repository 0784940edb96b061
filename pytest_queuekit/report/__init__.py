"""What the kit tells: one form of report a module. Each is made from verdicts alone."""
