"""PubTator: a title and an abstract, and a line of tabs for each name in them. Read only.

``ID|t|TITLE`` and ``ID|a|ABSTRACT``, or other letters, are one text, with a line feed between two; then
``ID<tab>START<tab>END<tab>TEXT<tab>TYPE<tab>IDENTIFIER`` for each name, and a blank line behind a
document. Offsets are code points, or else UTF-16 units or bytes, told by the texts as in
:mod:`wortlaut.formats.bioc`. The identifier is the cluster that a name belongs to, unless it is empty,
``-`` or ``-1``. Lost are relations (lines of other columns), and further columns of a name, such as the
parts of a composite one. Described at ncbi.nlm.nih.gov/research/pubtator3/tutorial and in the readme of
the BC5CDR corpus.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from wortlaut.errors import DataError
from wortlaut.formats import files
from wortlaut.formats.bioc import Mention, placed
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import lines
from wortlaut.model import Document

HEAD = re.compile(r"([^|\t\n]+)\|[a-z]\|")
_NUMBER = re.compile(r"[0-9]{1,15}")


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """Every document of a file, or of a folder of them."""
    for file in files.find(path, "pubtator"):
        yield from _documents(file, losses)


def _documents(path: Path, losses: Losses | None) -> Iterator[Document]:
    texts: list[tuple[int | None, str]] = []
    mentions: list[Mention] = []
    unread: Counter[str] = Counter()
    name, first, found = "", 0, False
    for number, line in (*lines(path), (0, "")):
        where = f"{path}:{number}"
        text, row = HEAD.match(line), line.split("\t")
        if texts and (not line.strip() or (text and text[1] != name)):
            with tolerated(losses, "document"):
                yield placed(name, texts, mentions, f"{path}:{first}", (), +unread, losses)
            texts, mentions, unread = [], [], Counter()
        if text:
            name, first, found = text[1], first if texts else number, True
            texts.append((None if texts else 0, line[text.end() :]))
        elif texts and row[0] == name and len(row) >= 5 and all(map(_NUMBER.fullmatch, row[1:3])):
            places = [(int(row[1]), int(row[2]))]
            identifier = row[5].strip() if len(row) > 5 else ""
            unread["further column of a name"] += any(row[6:])
            known = identifier if identifier not in ("-", "-1") else ""
            with tolerated(losses, "span"):
                if not row[4]:
                    raise DataError("has no type", where=where)
                mentions.append(Mention(where, places, row[3], row[4], known))
        elif texts and row[0] == name and len(row) >= 3 and not _NUMBER.fullmatch(row[1]):
            unread["relation"] += 1
        elif line.strip():
            hint = "Expected ID|t|TITLE, ID|a|ABSTRACT, or ID, START, END, TEXT, TYPE and IDENTIFIER by tabs."
            with tolerated(losses, "line"):
                raise DataError("is no line of PubTator", where=where, hint=hint)
    if not found:
        raise DataError("holds no document of PubTator", where=str(path), hint="It begins with ID|t|TITLE.")
