"""The codes, one module each; `catalogue.py` lists them in order."""
