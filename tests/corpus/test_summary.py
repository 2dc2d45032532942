"""The counts of a corpus."""

from __future__ import annotations

import json

from summary import summary

from wortlaut.model import Annotations, Cluster, Document, Entity, Quote, Span


def test_every_count():
    whole, part = Span.of(0, 9), Span(((0, 2), (5, 7)))
    first = Document(
        "a",
        "x" * 10,
        Annotations(
            entities=(
                Entity(whole, "ORG", 1, qid="Q64", metonymy="LOC"),
                Entity(part, "LOC", 2, qid="NIL"),
                Entity(Span.of(3, 4), "ORG", 1),
            ),
            quotes=(
                Quote("1", "direct", whole, "speech", cue=part, speaker=part, frame=part),
                Quote("2", "indirect", part, None, parent="1", addressee=part),
                Quote("3", "indirect", part, "none"),
            ),
            clusters=(Cluster("c", "C", mentions=(whole, part)),),
        ),
        meta=(("repaired_tags", "2"),),
    )
    counted = summary(document for document in (first, Document("b", "yy")))
    assert counted == {
        "documents": 2,
        "characters": 12,
        "clusters": 1,
        "mentions": 2,
        "repaired_tags": 2,
        "entities": {
            "total": 3,
            "discontinuous": 1,
            "linked": 1,
            "nil": 1,
            "metonymic": 1,
            "by_level": {"1": {"ORG": 2}, "2": {"LOC": 1}},
        },
        "quotes": {
            "total": 3,
            "discontinuous": 2,
            "nested": 2,
            "with_parent": 1,
            "by_type": {"direct": 1, "indirect": 2},
            "by_medium": {"": 1, "none": 1, "speech": 1},
            "without": {"cue": 2, "speaker": 2, "addressee": 2, "frame": 2},
        },
    }
    assert json.loads(json.dumps(counted)) == counted


def test_nothing_counts_nothing():
    assert summary([])["documents"] == 0
    assert summary([])["quotes"]["without"] == {"cue": 0, "speaker": 0, "addressee": 0, "frame": 0}
