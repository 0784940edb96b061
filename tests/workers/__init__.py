"""What five teams build on the queue, each with its suite: Workers 02 to 06.

They use what is public, and the fixtures, as any team would.
"""
