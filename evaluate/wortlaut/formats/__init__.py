"""File formats: one module each, with ``read(path) -> Iterator[Document]``, imported only when used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import cast

from wortlaut.document import Document
from wortlaut.errors import unknown_name

Reader = Callable[[Path], Iterator[Document]]

#: What a corpus can be read from: name → module.
READERS = {
    "native": "wortlaut.formats.native",
    "german-news-quotation": "wortlaut.formats.german_news_quotation",
    "germeval": "wortlaut.formats.germeval",
    "hipe": "wortlaut.formats.hipe",
    "conll": "wortlaut.formats.conll",
    "brat": "wortlaut.formats.brat",
}


def reader(name: str) -> Reader:
    """The ``read`` function of the format ``name``; an :class:`UnknownNameError` with near names otherwise."""
    if name not in READERS:
        raise unknown_name("format", name, READERS)
    return cast(Reader, import_module(READERS[name]).read)
