"""The features of the five teams, with a fault for every check.

They are read and never run; a comment in the line tells what is to be found there.
"""
