"""The same five features, each written with faults that the review must name.

They are read and never run; a comment in the line tells what is to be found there.
"""
