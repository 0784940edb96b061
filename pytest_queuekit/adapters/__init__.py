"""The adapters that a user can name: built in, published by a package, or in a module.

`catalogue` lists the built-in names and `published` those of installed packages; `resolve` turns
any of them into the queue under test. One queue library is one module here. It imports its
library, so it is imported only when its name is given.
"""

from __future__ import annotations
