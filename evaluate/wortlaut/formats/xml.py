"""What XML can hold, and reading it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from xml.etree import ElementTree

from wortlaut.errors import DataError
from wortlaut.formats.losses import Losses
from wortlaut.io.reading import read_bytes
from wortlaut.model import Document

#: XML 1.0, section 2.2: everything but these may stand in a document.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def root(file: Path) -> ElementTree.Element:
    """The root of an XML file. Raises DataError with the line."""
    try:
        return ElementTree.fromstring(read_bytes(file))
    except ElementTree.ParseError as error:
        raise DataError(f"is not XML: {error}", where=f"{file}:{error.position[0]}") from None
    except (LookupError, ValueError) as error:
        raise DataError(f"its encoding cannot be read: {error}", where=f"{file}:1") from None


def holdable(documents: Iterable[Document], losses: Losses) -> Iterator[Document]:
    """Those whose text and strings of annotations can stand in an XML file; the others are lost."""
    for document in documents:
        if any(map(_FORBIDDEN.search, _strings(document))):
            losses.add("document", document, "it holds a character that XML forbids")
        else:
            yield document


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif hasattr(value, "__dataclass_fields__"):
        yield from _strings(tuple(getattr(value, name) for name in value.__dataclass_fields__))
    elif isinstance(value, tuple):
        yield from chain.from_iterable(map(_strings, value))
