"""Whom a predicted speaker means, and what each variant and setting of the speaker scores counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from quote_building import annotations, cluster, quote_scores, scores

from wortlaut.errors import ExtractorError
from wortlaut.model import Annotations, Cluster, Entity, Quote, Span
from wortlaut.scoring.people import Resolver, normalised, people_of
from wortlaut.scoring.tally import Tally
from wortlaut.scoring.units import document_units

NAMES = json.loads((Path(__file__).parent.parent / "cases/quotes_scoring/names.json").read_text("utf-8"))


def _speakers(
    gold: Annotations, predicted: Annotations, given: list[Quote] | None = None
) -> dict[str, Tally]:
    return quote_scores(
        [gold], [predicted], document_units(1), ["strict"], given=None if given is None else [given]
    )["speakers"]


def _resolver() -> Resolver:
    return Resolver(people_of(Annotations(clusters=tuple(cluster(row) for row in NAMES["clusters"]))))


@pytest.mark.parametrize("case", NAMES["cases"], ids=lambda case: f"{case['name']!r}: {case['why']}")
def test_names(case: dict) -> None:
    resolver = _resolver()
    expected = case["means"] if isinstance(case["means"], list) else [case["means"]] if case["means"] else []
    assert sorted(resolver.people[i].id for i in resolver.by_name(case["name"])) == sorted(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Die  Bundeskanzlerin", "bundeskanzlerin"),
        ("der Sprecher", "sprecher"),
        ("Präsident der EU", "präsident der eu"),
        ("Sprecherin Angela Merkels", "sprecherin angela merkels"),
        ("US-Präsident Joe Biden", "joe biden"),
        ("„Herr Prof. Dr. Müller“", "müller"),
        ("Straße", "strasse"),
    ],
)
def test_normalised(name: str, expected: str) -> None:
    assert normalised(name) == expected


def _said_by(entity: str | None, speaker: Span | None = None) -> Annotations:
    return Annotations(quotes=(Quote("q", "direct", Span.of(0, 10), speaker=speaker, speaker_entity=entity),))


def _gold(*clusters: Cluster, entity: str = "a", entities: tuple[Entity, ...] = ()) -> Annotations:
    return Annotations(entities, _said_by(entity).quotes, clusters)


def test_an_ambiguous_name_is_listed_and_not_guessed() -> None:
    gold = _gold(Cluster("a", "Anna Weber"), Cluster("b", "Jens Weber"))
    measured = _speakers(gold, _said_by("Weber"))["entity"]
    assert scores(measured) == (0.0, 0.0, 0.0)
    assert scores(measured, "unknown") == (0.0, None, 0.0)
    assert measured.notes == (
        "1 ambiguous speakers count as unknown: document 1: 'Weber' could be Anna Weber or Jens Weber",
    )


def test_a_span_settles_an_ambiguous_name() -> None:
    gold = _gold(
        Cluster("a", "Anna Weber", mentions=(Span.of(20, 30),)),
        Cluster("b", "Jens Weber", mentions=(Span.of(40, 50),)),
        Cluster("c", "Otto Muster", mentions=(Span.of(24, 30),)),
    )
    measured = _speakers(gold, _said_by("Weber", Span.of(24, 30)))["entity"]
    assert scores(measured) == (1.0, 1.0, 1.0) and not measured.notes


def test_a_span_means_the_mention_that_it_shares_most_with() -> None:
    # The office of the president: [20,50) names the office, [30,50) inside it the president.
    gold = _gold(
        Cluster("a", "Büro", type="ORG", mentions=(Span.of(20, 50),)),
        Cluster("b", "Präsident"),
        entities=(Entity(Span.of(30, 50), "PER", entity="b"),),
    )
    assert scores(_speakers(gold, _said_by(None, Span.of(22, 50)))["entity"]) == (1.0, 1.0, 1.0)
    assert scores(_speakers(gold, _said_by(None, Span.of(32, 50)))["entity"])[2] == 0.0
    other = _gold(*gold.clusters, entity="b", entities=gold.entities)
    assert scores(_speakers(other, _said_by(None, Span.of(32, 50)))["entity"], "Präsident") == (1.0, 1.0, 1.0)


def test_equal_shares_of_two_people_are_ambiguous() -> None:
    gold = _gold(
        Cluster("a", "Anna", mentions=(Span.of(20, 24),)), Cluster("b", "Berta", mentions=(Span.of(26, 30),))
    )
    measured = _speakers(gold, _said_by(None, Span.of(20, 30)))["entity"]
    assert scores(measured)[2] == 0.0
    assert measured.notes == (
        "1 ambiguous speakers count as unknown: document 1: the speaker at 20 could be Anna or Berta",
    )


@pytest.mark.parametrize(
    "predicted",
    [
        Cluster("x", "Anna Weber"),
        Cluster("x", "Frau Weber", aliases=("Anna Weber",)),
        Cluster("x", "x", mentions=(Span.of(21, 30), Span.of(60, 62))),
        Cluster("b", "unnamed", mentions=(Span.of(20, 30),)),
    ],
    ids=["name", "alias", "mentions", "an id that the gold has for another"],
)
def test_predicted_clusters_are_found_by_name_then_mentions(predicted: Cluster) -> None:
    gold = _gold(
        Cluster("a", "Anna Weber", mentions=(Span.of(20, 30),)),
        Cluster("b", "Jens Weber", mentions=(Span.of(40, 50), Span.of(61, 69))),
    )
    found = Annotations(quotes=_said_by(predicted.id).quotes, clusters=(predicted,))
    assert scores(_speakers(gold, found)["entity"]) == (1.0, 1.0, 1.0)


def test_two_clusters_of_one_name_are_told_apart_by_their_mentions() -> None:
    gold = _gold(
        Cluster("a", "Weber", mentions=(Span.of(20, 30),)), Cluster("b", "Weber", mentions=(Span.of(40, 50),))
    )
    right = Annotations(
        quotes=_said_by("x").quotes, clusters=(Cluster("x", "Weber", mentions=(Span.of(20, 29),)),)
    )
    wrong = Annotations(
        quotes=_said_by("x").quotes, clusters=(Cluster("x", "Weber", mentions=(Span.of(40, 49),)),)
    )
    assert scores(_speakers(gold, right)["entity"])[2] == 1.0
    assert scores(_speakers(gold, wrong)["entity"])[2] == 0.0


def test_gold_that_names_nobody_leaves_the_entity_variant_out_and_says_so() -> None:
    gold = _said_by(None, Span.of(12, 20))
    found = _speakers(gold, gold)
    assert set(found) == {"strict", "overlap", "strict@matched", "overlap@matched"}
    assert found["strict"].notes == ("entity: left out, the gold names no speaker",)


@pytest.mark.parametrize(("span", "told"), [(None, True), (Span.of(12, 20), False)])
def test_gold_that_names_speakers_without_a_span_says_what_to_read(span: Span | None, told: bool) -> None:
    found = _speakers(_said_by("Anna", span), _said_by(None))
    note = (
        "the gold names the speakers of 1 quotes but marks none in the text, so that marking none is right: "
        "read speakers, entity"
    )
    assert [note in found[variant].notes for variant in ("strict", "overlap@matched", "entity")] == [
        told, told, False,
    ]  # fmt: skip
    sides = [_said_by("Anna", span)], [_said_by(None)]
    joint = quote_scores(*sides, document_units(1), ["strict"])["joint"]
    assert [note in joint[variant].notes for variant in ("strict", "overlap")] == [told, told]


def test_a_gold_quote_that_does_not_say_who_is_left_out_with_its_answer() -> None:
    rows = [
        {"type": "direct", "content": [[0, 10]], "speaker_entity": "Anna"},
        {"type": "direct", "content": [[20, 30]], "speaker": [[30, 33]]},
    ]
    gold = annotations(rows)
    predicted = annotations([rows[0], {**rows[1], "speaker_entity": "Anna"}])
    measured = _speakers(gold, predicted)["entity"]
    assert scores(measured) == (1.0, 1.0, 1.0)
    assert measured.counts.totals().sum(axis=0).tolist() == [1, 1, 1, 1]
    assert measured.notes == ("1 gold quotes have a speaker but do not say who it is: left out",)


def test_one_person_counts_under_one_name_in_all_documents() -> None:
    sides = [
        Annotations(quotes=_said_by(id).quotes, clusters=(Cluster(id, "Anna Weber"),))
        for id in ("a", "other")
    ]
    measured = quote_scores(sides, sides, document_units(2), ["strict"])["speakers"]["entity"]
    assert measured.counts.totals()[measured.labels.index("Anna Weber")].tolist() == [2, 2, 2, 2]


def test_a_person_of_another_document_is_not_meant() -> None:
    gold = [_gold(Cluster("a", "Anna Weber")), _gold(Cluster("a", "Otto Muster"))]
    found = quote_scores(gold, [_said_by("Otto Muster")] * 2, document_units(2), ["strict"])["speakers"]
    assert scores(found["entity"], "Otto Muster") == (1.0, 1.0, 1.0)
    assert scores(found["entity"], "Anna Weber") == (None, 0.0, 0.0)


def test_given_the_gold_quotes_every_one_counts_whatever_was_found() -> None:
    gold = annotations(
        [
            {"type": "direct", "content": [[0, 10]], "speaker": [[10, 14]], "speaker_entity": "Anna"},
            {"type": "direct", "content": [[20, 30]], "speaker": [[30, 34]], "speaker_entity": "Otto"},
            {"type": "direct", "content": [[40, 50]]},
        ]
    )
    answers = annotations(
        [
            {"type": "direct", "content": [[0, 10]], "speaker": [[10, 14]]},
            {"type": "direct", "content": [[20, 30]], "speaker": [[32, 36]], "speaker_entity": "Anna"},
            {"type": "direct", "content": [[40, 50]], "speaker": [[30, 34]]},
        ]
    )
    found = _speakers(gold, Annotations(), list(answers.quotes))
    assert scores(found["strict@gold"])[0] == pytest.approx(1 / 3)
    assert scores(found["overlap@gold"])[0] == pytest.approx(2 / 3)
    assert scores(found["entity@gold"])[:2] == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert scores(found["strict"]) == (None, 0.0, 0.0)
    assert scores(found["strict@matched"]) == (None, None, None)


def test_given_quotes_may_name_the_predicted_clusters() -> None:
    gold = _gold(Cluster("a", "Anna Weber"))
    predicted = Annotations(clusters=(Cluster("p1", "Anna Weber"),))
    assert scores(_speakers(gold, predicted, list(_said_by("p1").quotes))["entity@gold"])[2] == 1.0


@pytest.mark.parametrize(
    "given", [[], [[]], [[Quote("q", "direct", Span.of(0, 9))]]], ids=["documents", "quotes", "content"]
)
def test_answers_that_do_not_fit_the_quotes_given_are_an_error(given: list[list[Quote]]) -> None:
    gold = [_said_by("Anna")]
    with pytest.raises(ExtractorError, match=r"documents|did not return the quotes"):
        quote_scores(gold, gold, document_units(1), ["strict"], given=given)


def test_equal_quotes_of_different_people_pair_by_the_person() -> None:
    row = {"type": "direct", "content": [[0, 10]], "speaker": [[10, 13]]}
    gold = annotations([{**row, "speaker_entity": "Anna"}, {**row, "speaker_entity": "Otto"}])
    predicted = annotations([{**row, "speaker_entity": "Herr Otto"}, {**row, "speaker_entity": "Frau Anna"}])
    assert scores(_speakers(gold, predicted)["entity"]) == (1.0, 1.0, 1.0)
