"""The items of the checklist, a module each; `catalogue.py` has them in order."""
