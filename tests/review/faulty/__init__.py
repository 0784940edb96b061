"""The features of the five teams, with every fault that the text can show.

They are read and never run; a comment in the line tells what is to be found there.
"""
