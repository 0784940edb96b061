"""The rules, with one family per module; `catalogue` lists them all."""
