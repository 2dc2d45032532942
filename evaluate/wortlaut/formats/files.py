"""The files of a format: which are read, their lines and names, texts beside annotations, joining.

An export may be made in parts, each of them whole. A format that can be joined has ``join(path, parts)``: it
makes of them what one ``write`` of all documents would give. The parts stay as they are, so that joining can
be broken off and done again.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count
from pathlib import Path

from wortlaut.errors import DataError, MissingFileError
from wortlaut.formats import FORMATS
from wortlaut.formats.losses import Losses
from wortlaut.io.reading import check_readable, read_text, unpacked
from wortlaut.model import Document

#: Bytes of a name, without what is put behind it.
_LONGEST = 200


def find(path: Path, *formats: str, named: bool = False) -> list[Path]:
    """``path`` itself, or every file below it that is called as those of ``formats`` are, sorted.

    ``named``: document ids are made from the names of the files, so no two may have the same.
    """
    if not path.is_dir():
        check_readable(path, "Name a file or a folder that is there.")
        return [path]
    suffixes = tuple(chain.from_iterable(FORMATS[name].suffixes for name in formats))
    found = sorted(
        Path(folder, name)
        for folder, _, names in os.walk(path)
        for name in names
        if name.removesuffix(".gz").endswith(suffixes)
    )
    if not found:
        raise MissingFileError(
            f"the folder holds no file that ends in {' or '.join(suffixes)}", where=str(path)
        )
    seen: dict[str, Path] = {}
    for file in found if named else ():
        if (other := seen.setdefault(unpacked(file).stem, file)) is not file:
            raise DataError(
                f"has the same name as {other}, and document ids are made from it",
                where=str(file),
                hint="Rename one of them, or read them one at a time.",
            )
    return found


class Names:
    """Gives every document id a file name of its own: the id itself where that can be one."""

    def __init__(self, allowed: str = r"\w.\- ()") -> None:
        self._forbidden = re.compile(f"[^{allowed}]")
        self._taken: set[str] = set()

    def name(self, id: str) -> str:
        """The id with ``_`` for what may not be in a name; a number behind it where the name is taken."""
        name = self._forbidden.sub("_", id)
        if name[:1] in (".", " ", ""):
            name = f"_{name.removeprefix(' ')}"
        name = name.encode()[:_LONGEST].decode(errors="ignore").rstrip(" ")
        forms = chain([name], (f"{name}-{number}" for number in count(2)))
        free = next(form for form in forms if form.casefold() not in self._taken)
        self._taken.add(free.casefold())
        return free


def write_folder(
    path: Path,
    documents: Iterable[Document],
    losses: Losses,
    contents: Callable[[Document, str, Losses], dict[str, str]],
    *,
    names: Names | None = None,
) -> Losses:
    """Write the folder ``path``, which must not be there, with the files of each document.

    ``contents`` gives them for a document and the name of its files: suffix → text, whose line ends stay.
    """
    names = names or Names()
    path.mkdir()
    for document in documents:
        name = names.name(document.id)
        for suffix, text in contents(document, name, losses).items():
            (path / f"{name}{suffix}").write_bytes(text.encode("utf-8"))
    return losses


def text_beside(
    file: Path,
    name: str,
    *,
    mark: bool = False,
    hint: str = "The text of the annotations stands beside them.",
) -> str:
    """The text called ``name``, or that and ``.gz``, which the annotations in ``file`` are about.

    ``mark``: a byte order mark is read, too.
    """
    path = file.parent / name
    if not path.exists() and (packed := file.parent / f"{name}.gz").exists():
        path = packed
    return read_text(path, hint, mark=mark)


def link_or_copy(file: Path, path: Path) -> None:
    """``file`` under another name, without a second copy of its bytes where the file system can do that."""
    try:
        path.hardlink_to(file)
    except OSError:
        shutil.copyfile(file, path)


def concatenate(
    path: Path, parts: Sequence[Path], *, head: bytes = b"", between: bytes = b"", tail: bytes = b""
) -> None:
    """One file after the other; what each begins and ends with stands there once, ``between`` between two."""
    if len(parts) == 1:
        link_or_copy(parts[0], path)
        return
    with path.open("wb") as file:
        file.write(head)
        for number, part in enumerate(parts):
            content = part.read_bytes()
            file.write((between if number else b"") + content[len(head) : len(content) - len(tail)])
        file.write(tail)
