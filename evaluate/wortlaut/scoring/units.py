"""What a bootstrap draws: documents or, where they are few, sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wortlaut.model.columns import Ints
from wortlaut.scoring.uncertainty import FEW_DOCUMENTS


@dataclass(frozen=True)
class Units:
    """The drawn units of a corpus, numbered through all documents.

    ``document`` and ``start`` hold where each unit begins, sorted; a span belongs to the unit in
    which it starts.
    """

    kind: str
    document: Ints
    start: Ints

    def __len__(self) -> int:
        return len(self.document)

    def of(self, document: Ints, start: Ints) -> Ints:
        """The unit of each position, shape as ``document``."""
        if self.kind == "document":
            return document
        width = int(max(self.start.max(initial=0), start.max(initial=0))) + 1
        place = np.searchsorted(self.document * width + self.start, document * width + start, side="right")
        return (place - 1).astype(np.int64)


def document_units(documents: int) -> Units:
    return Units("document", np.arange(documents, dtype=np.int64), np.zeros(documents, np.int64))


def unplaced(kind: str, count: int) -> Units:
    """As many units, of which a result that was read back does not say where they begin."""
    return Units(kind, np.zeros(count, np.int64), np.arange(count, dtype=np.int64))


def units_of(sentence_starts: Sequence[Sequence[int]]) -> Units:
    """Documents if there are at least ten, else sentences, from the starts of each document's sentences."""
    documents = len(sentence_starts)
    return sentence_units(sentence_starts) if documents < FEW_DOCUMENTS else document_units(documents)


def sentence_units(sentence_starts: Sequence[Sequence[int]]) -> Units:
    """The sentences of all documents, from the starts of each document's."""
    # Whatever stands before the first sentence belongs to it.
    starts = [[0, *list(row)[1:]] for row in sentence_starts]
    document = np.repeat(np.arange(len(starts), dtype=np.int64), [len(row) for row in starts])
    return Units("sentence", document, np.asarray([s for row in starts for s in row], np.int64))
