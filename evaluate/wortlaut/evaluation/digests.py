"""What was scored, in a few characters: text and gold of each document, and all that a system found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from hashlib import sha256
from operator import attrgetter
from typing import Annotated

from wortlaut.annotations.lines import format_lines
from wortlaut.model import Annotations, Document, Entity
from wortlaut.records.record import Must

_Short = Annotated[str, Must(pattern="^[0-9a-f]{12}$")]
#: Document → 48 bits of SHA-256 of its text, and of its annotations.
Digests = Mapping[str, tuple[_Short, _Short]]
#: The same of what a system found in each document, in their order.
Answers = Sequence[_Short]

_MORE = [one for one in fields(Entity) if one.name not in ("span", "label", "level", "score", "note")]
_more, _NO_MORE = attrgetter(*(one.name for one in _MORE)), tuple(one.default for one in _MORE)


def of_documents(documents: Sequence[Document]) -> Digests:
    """The digests of each document."""
    return {one.id: (short_hash([one.text]), short_hash(_lines(one.annotations))) for one in documents}


def of_answers(found: Iterable[Annotations]) -> Answers:
    """What tells whether another system found the same in a document, whatever the systems' own scores."""
    return [short_hash(_lines(one)) for one in found]


def short_hash(lines: Iterable[str]) -> str:
    return sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _lines(annotations: Annotations) -> Iterator[str]:
    """One for each annotation, without notes and the system's own scores; in an order that they decide."""
    special = []
    plain = []
    # Entities are many, and most have a span and a label alone.
    for one in annotations.entities:
        if _more(one) == _NO_MORE:
            plain.append(repr((one.span.fragments, one.label, one.level)))
        else:
            special.append(replace(one, score=None, note=None))
    yield from sorted(plain)
    quotes = tuple(replace(one, score=None, note=None) for one in annotations.quotes)
    clusters = tuple(replace(one, note=None) for one in annotations.clusters)
    yield from format_lines(Annotations(tuple(special), quotes, clusters), "")
    yield from sorted(map(repr, (*annotations.unplaced, *annotations.heads)))
