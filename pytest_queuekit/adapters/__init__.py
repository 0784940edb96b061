"""The adapters that a user can name: built in, published by a package, or in a module.

`catalogue` lists the built-in names and `published` those of installed packages; `resolve` turns a
name into the queue under test. One queue library is one module here. It imports its library, so the
kit imports it only when a user gives its name.
"""

from __future__ import annotations
