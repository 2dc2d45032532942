from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wortlaut.corpus.load import digest, digests, load_corpus, stream_batches
from wortlaut.formats import table
from wortlaut.model import Annotations, Document, Entity, Span
from wortlaut.model.batch import Batch

LINES = """-DOCSTART- O

Die O
"Neue" B-ORG
Presse\\\\ I-ORG

Żółw B-PER
lacht O

-DOCSTART- O

nichts O

-DOCSTART- O

Bonn B-LOC
Bonn B-LOC
"""


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Batch]:
    """The documents of a file in several batches, made of columns."""
    monkeypatch.setattr(table, "_BLOCK", 90)
    (tmp_path / "a.conll").write_text(LINES, encoding="utf-8")
    batches = list(stream_batches(f"conll:{tmp_path}/a.conll"))
    assert len(batches) > 1 and not any(batch.whole for batch in batches)
    return batches


def others() -> Batch:
    """Documents that columns do not hold: levels, scores, links, fragments, quotes."""
    text = "Anna Maria Wenz und Bonn"
    parted = Entity(Span(((0, 4), (11, 15))), "PER", level=2)
    documents = [
        Document("x", text, Annotations((Entity(Span.of(20, 24), "LOC", score=0.5), parted)), (("a", "b"),)),
        Document("y", text, Annotations((Entity(Span.of(0, 4), "PER", qid="Q1"),))),
    ]
    return Batch.of([*documents, *(replace(one, id=one.id + "2") for one in load_corpus("gold"))])


def test_documents_come_back_from_columns_joined_and_taken(read: list[Batch]) -> None:
    batches = [*read, others()]
    documents = [one for batch in batches for one in batch.documents()]
    whole = Batch.joined(batches)
    assert whole.documents() == documents and len(whole) == len(documents)
    order = np.asarray([4, 1, 0, 1, len(documents) - 1], np.int64)
    taken = whole.take(order)
    assert taken.documents() == [documents[i] for i in order.tolist()]
    assert taken.sizes()["entities"] == sum(len(documents[i].entities) for i in order.tolist())
    assert Batch.of(documents).take(order).documents() == taken.documents()
    # Columns hold every entity, those of documents about which there is more to say, too.
    spans = zip(whole.entities.document.tolist(), whole.entities.ranges(), strict=True)
    assert list(spans) == [(i, e.span.fragments) for i, one in enumerate(documents) for e in one.entities]


def test_the_hash_of_columns_is_that_of_their_documents(read: list[Batch]) -> None:
    for batch in (*read, others(), Batch.joined([*read, others()])):
        assert digests(batch) == b"".join(map(digest, batch.documents()))


def test_scores_in_columns_stay_where_other_batches_have_none(read: list[Batch]) -> None:
    scored = read[0]
    scored = replace(scored, entities=replace(scored.entities, score=np.full(len(scored.entities), 0.5)))
    assert {one.score for one in scored.documents()[0].entities} == {0.5}
    for batches in ([scored, *read[1:]], [scored, scored]):
        documents = [one for batch in batches for one in batch.documents()]
        assert Batch.joined(batches).documents() == documents
    assert digests(scored) == b"".join(map(digest, scored.documents()))
