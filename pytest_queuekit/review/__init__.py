"""The checklist for code that builds on the queue, as a static review.

Nothing of what is reviewed is imported or run. A file is read into a `Module`: its syntax tree,
the SQL in it, and where each connection comes from. A check is a function from a module to
findings. Precision goes before reach: what a check cannot follow, it does not judge.
"""
