"""Carrying gold over edits: what is dropped, why, and what follows from it."""

from __future__ import annotations

from dataclasses import replace

from wortlaut.annotations.carry import edited
from wortlaut.model import Annotations, Cluster, Document, Entity, Quote, Span
from wortlaut.text.edits import Edit

TEXT = "„Ja“, sagte Anna von Bonn. Nein."


def at(words: str) -> Span:
    return Span.of(TEXT.index(words), TEXT.index(words) + len(words))


DOCUMENT = Document(
    "d",
    TEXT,
    Annotations(
        (
            Entity(at("Anna von Bonn"), "PER", entity="anna"),
            Entity(at("Bonn"), "LOC", level=2, entity="bonn"),
        ),
        (
            Quote(
                "q1",
                "direct",
                at("„Ja“"),
                cue=at("sagte"),
                speaker=at("Anna von Bonn"),
                speaker_entity="anna",
            ),
            Quote("q2", "indirect", at("Ja"), speaker_entity="someone", parent="q1"),
        ),
        (
            Cluster("anna", "Anna von Bonn", mentions=(at("Anna"),)),
            Cluster("bonn", "Bonn"),
            Cluster("idle", "nobody"),
        ),
    ),
)


def test_surfaces_change_as_their_characters_do() -> None:
    after = edited(
        DOCUMENT, [Edit(at("na von").start, at("na ").end - 1, "ne"), Edit(0, 0, "Hier: ")]
    ).document
    assert [entity.span.text(after.text) for entity in after.entities] == ["Anne von Bonn", "Bonn"]
    assert after.quotes[0].speaker == after.entities[0].span


def test_an_edit_that_crosses_a_boundary_drops_the_annotation() -> None:
    after = edited(DOCUMENT, [Edit(at("von Bo").start, at("von Bo").end, "zu Ko")])
    assert len(after.document.entities) == 1, "the whole name is carried, the inner one is not"
    assert after.dropped == (
        "entity LOC 'Bonn': an edit crosses its boundary",
        "cluster bonn: nothing refers to it any more",
    )


def test_an_inner_name_goes_with_its_outer_one() -> None:
    after = edited(DOCUMENT, [Edit(at("te An").start, at("te An").end, "te Su")])
    assert after.document.entities == ()
    assert after.dropped[:2] == (
        "entity PER 'Anna von Bonn': an edit crosses its boundary",
        "entity LOC 'Bonn': the name that it is part of is dropped",
    )
    assert any(line.startswith("quote q1 '„Ja“': its cue") for line in after.dropped)


def test_a_dropped_parent_is_told() -> None:
    after = edited(DOCUMENT, [Edit(at("gte A").start, at("gte A").end, "x")])
    assert [(quote.id, quote.parent) for quote in after.document.quotes] == [("q2", None)]
    assert "quote q2: its parent q1 is dropped, it now has none" in after.dropped
    kept = after.kept.of(DOCUMENT.annotations)
    assert [(quote.id, quote.parent) for quote in kept.quotes] == [("q2", None)]


def test_nothing_is_left_of_what_is_deleted_and_white_space_is_no_edge() -> None:
    start = at("von").start
    after = edited(DOCUMENT, [Edit(start, at("Bonn").end, "")])
    assert "entity LOC 'Bonn': nothing of it is left" in after.dropped
    assert after.document.entities[0].span.text(after.document.text) == "Anna"


def test_two_that_become_one_are_told() -> None:
    twice = replace(
        DOCUMENT,
        annotations=Annotations(
            (),
            (Quote("a", "direct", at("„Ja“")), Quote("b", "direct", at("Ja"))),
            (Cluster("x", "x", mentions=(at("Anna"), at("Anna von"))),),
        ),
    )
    marks = [Edit(0, 1, ""), Edit(3, 4, ""), Edit(at(" von").start, at(" von").end, "")]
    after = edited(twice, marks)
    assert after.dropped == (
        "quote b 'Ja': it coincides with a",
        "mention of x 'Anna von': it coincides with another one",
    )


def test_names_follow_their_spelling() -> None:
    after = edited(DOCUMENT, [], names=str.upper).document
    assert [cluster.name for cluster in after.clusters] == ["ANNA VON BONN", "BONN", "NOBODY"]
    assert [quote.speaker_entity for quote in after.quotes] == ["anna", "SOMEONE"]
