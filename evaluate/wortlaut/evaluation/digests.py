"""What was scored, in a few characters: text and gold of each document, and all that a system found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Annotated

from wortlaut.annotations.lines import format_lines
from wortlaut.corpus.load import digests
from wortlaut.model import Annotations, Document
from wortlaut.model.batch import Batch
from wortlaut.records.record import Must

_Short = Annotated[str, Must(pattern="^[0-9a-f]{12}$")]
#: Document → 48 bits of SHA-256 of its text, and of its id, text and annotations.
Digests = Mapping[str, tuple[_Short, _Short]]


def of_documents(documents: Sequence[Document]) -> Digests:
    """The digests of each document."""
    batch = Batch.of(documents)
    whole = digests(batch).hex()
    return {
        id: (sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12], whole[64 * i : 64 * i + 12])
        for i, (id, text) in enumerate(zip(batch.ids, batch.texts, strict=True))
    }


def of_answers(found: Iterable[Annotations]) -> str:
    """SHA-256 of what was found in each document, in their order, whatever the system's own scores."""
    hashed = sha256()
    for one in found:
        bare = replace(
            one,
            entities=tuple(replace(entity, score=None) for entity in one.entities),
            quotes=tuple(replace(quote, score=None) for quote in one.quotes),
        )
        words = sorted(map(repr, one.unplaced))
        hashed.update("\n".join([*format_lines(bare, ""), *words, "\n"]).encode("utf-8", "surrogatepass"))
    return hashed.hexdigest()
