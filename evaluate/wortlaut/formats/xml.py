"""What XML can hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wortlaut.model import Document

#: XML 1.0, section 2.2: everything but these may stand in a document.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
FORBIDDEN = "it holds a character that XML forbids"


def can_hold(document: Document) -> bool:
    """Whether the text and every string of the annotations can stand in an XML file."""
    return not any(map(_FORBIDDEN.search, _strings(document)))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _strings(item)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _strings(getattr(value, name))
