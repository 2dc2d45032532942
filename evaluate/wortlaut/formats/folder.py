"""A folder with a file a document: names that every file system takes, texts beside annotations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, count
from pathlib import Path

from wortlaut.errors import DataError, MissingFileError
from wortlaut.model import Document

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
        forms = chain([name], (f"{name}-{number}" for number in count(2)))
        free = next(form for form in forms if form.casefold() not in self._taken)
        self._taken.add(free.casefold())
        return free


def named(documents: Iterable[Document], names: Names | None = None) -> Iterator[tuple[str, Document]]:
    """Each document with the name of its file, without a suffix."""
    names = names or Names()
    return ((names.name(document.id), document) for document in documents)


def read_text(path: Path, hint: str = "") -> str:
    """The text that stands beside its annotations."""
    if not path.is_file():
        raise MissingFileError("the text of the annotations is not there", where=str(path))
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"is not UTF-8: {error.reason}", where=str(path), hint=hint) from None


def write(folder: Path, name: str, text: str) -> None:
    """A file of the folder, its line ends as they are."""
    (folder / name).write_bytes(text.encode("utf-8"))
