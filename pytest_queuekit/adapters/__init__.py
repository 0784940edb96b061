"""The queues that the kit can reach without an adapter of the user's: one queue library a file.

An adapter's module imports its library, so it is imported only when its name is asked for:
`catalogue` lists the names, `resolve` turns one into the queue under test.
"""

from __future__ import annotations
