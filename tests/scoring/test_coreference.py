"""Coreference scores against the published test cases of the reference scorers, and what must not matter."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quote_building import coreference_scores

from wortlaut.model import Annotations, Cluster, Entity, Span
from wortlaut.model.columns import TokenTable
from wortlaut.scoring.counts import Counts, macro_average, precision_recall_f1
from wortlaut.scoring.engine import result_of
from wortlaut.scoring.keys import ScoreKey, Signature
from wortlaut.scoring.metrics import COREFERENCE
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.scoring.units import document_units, units_of

CASES = json.loads(
    (Path(__file__).parent.parent / "cases/quotes_scoring/coreference.json").read_text("utf-8")
)
#: Letters of the cases → spans; a capital B overlaps b without being it.
_PLACE = {c: i * 10 for i, c in enumerate("abcdefghijklmnopqrstuvwxyz0123456789ACDEFGHIJ")}


def _span(mention: str) -> Span:
    return (
        Span.of(_PLACE["b"] + 2, _PLACE["b"] + 7)
        if mention == "B"
        else Span.of(_PLACE[mention], _PLACE[mention] + 5)
    )


def _annotations(clusters: list[str], prefix: str = "e") -> Annotations:
    return Annotations(
        clusters=tuple(
            Cluster(f"{prefix}{i}", f"{prefix}{i}", mentions=tuple(_span(m) for m in cluster))
            for i, cluster in enumerate(clusters)
        )
    )


def _prf(gold: list[Annotations], predicted: list[Annotations]) -> dict[str, tuple[float | None, ...]]:
    units = document_units(len(gold))
    return {
        name: _scores(measured.scored.counts, of=macro_average if name == "blanc" else _pooled)
        for name, measured in coreference_scores(gold, predicted, units).items()
        if name != "conll"
    }


def _pooled(totals, scale: int):
    return precision_recall_f1(totals.sum(axis=0), scale)


def _scores(counts: Counts, of) -> tuple[float | None, ...]:
    values = of(counts.totals(), counts.scale)
    return tuple(None if value != value else float(value) for value in values)


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["id"])
def test_published_cases(case: dict) -> None:
    scores = _prf([_annotations(case["gold"])], [_annotations(case["predicted"], "p")])
    for name in scores.keys() & case.keys():
        recall, precision = (None if value is None else float(Fraction(value)) for value in case[name])
        assert scores[name][:2] == pytest.approx((precision, recall), abs=1e-9), name


def test_every_published_case_has_a_value() -> None:
    assert all(set(case) & set(COREFERENCE) for case in CASES["cases"])


def test_conll_is_the_mean_of_three() -> None:
    # TC-A-4: MUC 1/3; B³ R 5/9, P 17/42; CEAF-e R 11/15, P 11/20. F1: 1/3, 340/726, 22/35.
    measured = coreference_scores(
        [_annotations(["a", "bc", "def"])], [_annotations(["a", "bcx", "dy", "z"])], document_units(1)
    )["conll"]
    assert measured.headline == "macro"
    result = result_of(measured, Signature(schemas=("conll",), resampling=Resampling(samples=0)))
    expected = (Fraction(1, 3) + Fraction(340, 726) + Fraction(22, 35)) / 3
    assert result.f1 == pytest.approx(float(expected), abs=1e-9)


def test_mentions_that_overlap_share_tokens_whatever_their_cluster() -> None:
    # Tokens of two characters: gold has 3 and 2 of them, found are 2, 1, 4 and 1; 2 and 2 are shared.
    def side(*clusters: list[tuple[int, int]]) -> list[Annotations]:
        made = [Cluster(f"e{i}", "", mentions=tuple(Span.of(*m) for m in c)) for i, c in enumerate(clusters)]
        return [Annotations(clusters=tuple(made))]

    gold, found = side([(0, 6), (10, 14)]), side([(2, 6)], [(4, 6), (10, 18)], [(30, 32)])
    start = np.arange(0, 40, 2)
    tokens = TokenTable(np.zeros(20, np.int64), start, start + 2)
    for table, unit in ((tokens, 1), (None, 2)):
        sides = Sides(gold, found, document_units(1), table)
        measured = COREFERENCE["mor"].tallies(sides)[ScoreKey("clusters", "mor")]
        assert measured.counts.totals().tolist() == [[5 * unit, 8 * unit, 4 * unit, 4 * unit]]


def test_a_token_that_two_fragments_touch_is_shared_once() -> None:
    def clusters(*fragments: tuple[int, int]) -> Annotations:
        return Annotations(clusters=(Cluster("x", "X", mentions=(Span(fragments),)),))

    words = TokenTable(np.asarray([0, 0]), np.asarray([0, 10]), np.asarray([9, 15]))  # two words
    gold, found = [clusters((0, 3), (5, 15))], [clusters((0, 2), (4, 6), (7, 9))]
    measured = COREFERENCE["mor"].tallies(Sides(gold, found, document_units(1), words))
    assert measured[ScoreKey("clusters", "mor")].counts.totals().tolist() == [[2, 1, 1, 1]]


def test_blanc_says_which_pairs_the_gold_lacks() -> None:
    # TC-N-3: one mention a cluster, so no pair is coreferent.
    gold, found = [_annotations(list("abcdef"))], [_annotations(["ab", "cde", "f"])]
    measured = coreference_scores(gold, found, document_units(1))["blanc"]
    result = result_of(measured, Signature(schemas=("blanc",), resampling=Resampling(samples=0)))
    assert list(result.per_label) == ["non-coreferent"]
    assert "the gold has no coreferent items: the score is that of the others alone" in result.notes


def test_entities_with_a_clusters_id_are_its_mentions() -> None:
    by_entities = Annotations(
        entities=tuple(Entity(_span(m), "PER", entity="x") for m in "abc"), clusters=(Cluster("x", "X"),)
    )
    assert _prf([by_entities], [_annotations(["abc"])])["lea"] == (1.0, 1.0, 1.0)


def test_a_mention_in_two_clusters_is_said() -> None:
    measured = coreference_scores([_annotations(["ab"])], [_annotations(["ab", "bc"])], document_units(1))
    assert measured["b3"].notes == ("1 predicted mentions stand in two clusters: counted in the first one",)


def test_a_cluster_counts_in_the_unit_of_its_first_mention() -> None:
    units = units_of([[0, 15]])  # a stands in the first sentence; b and c in the second
    measured = coreference_scores([_annotations(["ab", "c"])], [_annotations(["ab", "c"])], units)["b3"]
    assert measured.counts.per_unit()[:, 0].tolist() == [2, 1]


partitions = st.lists(st.integers(0, 4), min_size=0, max_size=12).map(
    lambda groups: [
        "".join(m for m, g in zip("abcdefghijkl", groups, strict=False) if g == group and group)
        for group in range(5)
    ]
)


@given(partitions)
def test_gold_against_itself_is_perfect_where_defined(clusters: list[str]) -> None:
    scores = _prf([_annotations(clusters)], [_annotations(clusters, "p")])
    assert all(values in ((1.0, 1.0, 1.0), (None, None, None)) for values in scores.values())


@given(partitions, partitions, partitions, st.randoms())
def test_order_and_ids_do_not_matter(a: list[str], b: list[str], c: list[str], random) -> None:
    shuffled = random.sample(b, len(b))
    assert _prf([_annotations(a)], [_annotations(b)]) == _prf(
        [_annotations(a, "z")], [_annotations(shuffled, "q")]
    )
    there = _prf([_annotations(a), _annotations(c)], [_annotations(b), _annotations(a)])
    assert there == _prf([_annotations(c), _annotations(a)], [_annotations(a), _annotations(b)])


def _both_kinds(clusters: list[str]) -> bool:
    """Are there two mentions of one cluster, and two of two?"""
    return sum(map(bool, clusters)) > 1 and any(len(cluster) > 1 for cluster in clusters)


@given(partitions, partitions)
def test_swapping_the_sides_swaps_precision_and_recall(a: list[str], b: list[str]) -> None:
    there, back = _prf([_annotations(a)], [_annotations(b)]), _prf([_annotations(b)], [_annotations(a)])
    for name, (precision, recall, f1) in there.items():
        if name == "blanc" and not (_both_kinds(a) and _both_kinds(b)):
            continue  # it drops the kind of pairs that the gold lacks
        assert back[name] == pytest.approx((recall, precision, f1), abs=1e-12)


@given(partitions, partitions)
def test_a_doubled_corpus_scores_the_same(a: list[str], b: list[str]) -> None:
    once = _prf([_annotations(a)], [_annotations(b)])
    twice = _prf([_annotations(a)] * 2, [_annotations(b)] * 2)
    for name in once:
        assert twice[name] == pytest.approx(once[name], abs=1e-12)
