"""One file a document: names that every file system takes."""

from __future__ import annotations

import re

#: Bytes of a name, without what is put behind it.
_LONGEST = 200


class Names:
    """Gives every document id a file name of its own: the id itself where that can be one."""

    def __init__(self, allowed: str = r"\w.\- ()") -> None:
        self._forbidden = re.compile(f"[^{allowed}]")
        self._taken: set[str] = set()

    def name(self, id: str) -> str:
        """The id with ``_`` for what may not be in a name; a number behind it where the name is taken."""
        name = self._forbidden.sub("_", id)
        if name[:1] in (".", " ", ""):
            name = f"_{name[1:]}" if name[:1] == " " else f"_{name}"
        name = name.encode()[:_LONGEST].decode(errors="ignore").rstrip(" ")
        number, free = 1, name
        while free.casefold() in self._taken:
            number += 1
            free = f"{name}-{number}"
        self._taken.add(free.casefold())
        return free
