"""A small feature of each of the five teams, 02 to 06, with its suite.

The features use the public API and the fixtures, as any team would.
"""
