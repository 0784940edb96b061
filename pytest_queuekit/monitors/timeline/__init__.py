"""What monitors read out of a history: certain knowledge, and the bounds of what is not certain.

An operation took effect at one instant between its start and its end. Where that leaves two
answers, everything here gives the one that accuses nobody.
"""
