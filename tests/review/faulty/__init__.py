"""The features of the five teams, with a fault for every check.

They are read and never run; a comment in each line names its finding.
"""
