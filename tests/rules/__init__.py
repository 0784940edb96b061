"""Tests of the rules: the catalogue as data, and each rule against a queue."""
