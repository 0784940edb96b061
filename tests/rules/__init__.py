"""Tests of the rules: of the catalogue as data, and of how a rule is put to a queue."""
