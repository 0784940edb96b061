"""A static review of code that builds on the reference queue, against the checklist.

The review never imports or runs the code. It reads each file into a `Module`: the syntax tree, the
SQL in it, and the origin of each connection. A check is a function from a module to matches.
Precision goes before reach: a check does not judge code that it cannot follow.
"""
