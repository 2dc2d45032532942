"""Quote scores: worked examples of the documentation, and what must not matter."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quote_building import (
    PEERS,
    SPAN_SCHEMAS,
    all_scores,
    annotations,
    corpora,
    documents,
    quote_scores,
    scores,
)

from wortlaut.model import Annotations
from wortlaut.model.columns import TokenTable
from wortlaut.scoring.metrics import QUOTES, Property
from wortlaut.scoring.quotes_table import pair_quotes, quotes_of, table
from wortlaut.scoring.units import document_units, units_of

ROOT = Path(__file__).parent.parent.parent
WORKED = json.loads((ROOT / "tests/cases/quotes_scoring/worked.json").read_text("utf-8"))["cases"]
#: The peers that may cross quotes with the same content, whose roles differ.
CROSSING = ("german-news-quotation", "spkatt-simplified")


def _scored(gold: list[Annotations], predicted: list[Annotations], *schemas: str):
    names = schemas or (*SPAN_SCHEMAS, *PEERS)
    return quote_scores(gold, predicted, document_units(len(gold)), names)


def _promises(name: str, promise: Property) -> bool:
    """Whether another evaluation does; ours all do."""
    peer = QUOTES.get(name.partition("@")[0])
    return peer is None or promise in peer.holds


@pytest.mark.parametrize("case", WORKED, ids=lambda case: case["id"])
def test_worked_examples(case: dict) -> None:
    results = _scored([annotations(case["gold"], case.get("clusters", ()))], [annotations(case["predicted"])])
    for key, expected in case["expect"].items():
        layer, name, *label = key.split(" ", 2)
        p, r = (None if value is None else float(Fraction(value)) for value in expected)
        measured = scores(results[layer][name], *label)
        assert measured[:2] == pytest.approx((p, r), abs=1e-9), key
        if p is not None and r is not None:
            f1 = 2 * p * r / (p + r) if p + r else 0.0
            assert measured[2] == pytest.approx(f1, abs=1e-9), key


def test_the_documentation_shows_every_worked_example_and_no_other() -> None:
    shown = re.findall(r"`\[([\w-]+)\]`", (ROOT / "docs/metrics-quotes.md").read_text("utf-8"))
    assert sorted(set(shown)) == sorted(case["id"] for case in WORKED)
    scored = {key.split(" ")[1].partition("@")[0] for case in WORKED for key in case["expect"]}
    assert scored >= set(PEERS)


@given(st.lists(documents(), min_size=1, max_size=3))
def test_gold_against_itself_is_perfect(gold: list[Annotations]) -> None:
    results = quote_scores(
        gold, gold, document_units(len(gold)), (*SPAN_SCHEMAS, *PEERS), given=quotes_of(gold)
    )
    found = all_scores(results)
    for (layer, name), values in found.items():
        if name not in CROSSING or layer in ("quotes", "types", "media"):
            assert values in ((1.0, 1.0, 1.0), (None, None, None)), (layer, name)
    assert ("speakers", "strict@gold") in found


def _shuffled(gold: list[Annotations], predicted: list[Annotations], random) -> tuple[list, list]:
    order = random.sample(range(len(gold)), len(gold))

    def mixed(side: list[Annotations]) -> list[Annotations]:
        return [
            replace(side[i], quotes=tuple(random.sample(side[i].quotes, len(side[i].quotes)))) for i in order
        ]

    return mixed(gold), mixed(predicted)


def _renamed(gold: list[Annotations], predicted: list[Annotations], random) -> tuple[list, list]:
    def renamed(side: list[Annotations], prefix: str) -> list[Annotations]:
        new: Callable[[str | None], str | None] = lambda id: None if id is None else prefix + id  # noqa: E731
        return [
            Annotations(
                tuple(replace(e, entity=new(e.entity)) for e in one.entities),
                tuple(replace(q, id=prefix + q.id, speaker_entity=new(q.speaker_entity)) for q in one.quotes),
                tuple(replace(c, id=prefix + c.id) for c in one.clusters),
            )
            for one in side
        ]

    return renamed(gold, "g-"), renamed(predicted, "p-")


def _doubled(gold: list[Annotations], predicted: list[Annotations], random) -> tuple[list, list]:
    return gold * 2, predicted * 2


@pytest.mark.parametrize("change", [_shuffled, _renamed, _doubled], ids=lambda change: change.__name__[1:])
@given(corpora, st.randoms(use_true_random=False))
@pytest.mark.long
def test_what_does_not_matter(change, sides, random) -> None:
    before = all_scores(_scored(*sides))
    after = all_scores(_scored(*change(*sides, random)))
    assert before.keys() == after.keys()
    for key, values in before.items():
        if _promises(key[1], Property.ORDERLESS) or change is _doubled:
            assert after[key] == pytest.approx(values, abs=1e-12), key


@given(corpora)
def test_swapping_the_sides_swaps_precision_and_recall(sides) -> None:
    gold, predicted = ([replace(a, clusters=(), entities=()) for a in side] for side in sides)
    there, back = all_scores(_scored(gold, predicted)), all_scores(_scored(predicted, gold))
    for (layer, name), (precision, recall, f1) in there.items():
        # Whom a name means is asked of the gold's people, so entities have a direction.
        if _promises(name, Property.SYMMETRIC) and not name.startswith("entity"):
            assert back[layer, name] == pytest.approx((recall, precision, f1), abs=1e-12), (layer, name)


@given(corpora)
def test_counts_are_possible_and_strict_is_the_hardest(sides) -> None:
    results = _scored(*sides)
    for by_name in results.values():
        for measured in by_name.values():
            sums = measured.counts.totals()
            assert sums.shape == (len(measured.labels), 4) and (sums >= 0).all()
            assert (sums[:, 2:] <= sums[:, :2] * measured.counts.scale).all()
    for layer, easier in (("speakers", "overlap"), ("joint", "overlap"), ("quotes", "type")):
        hits = [results[layer][name].counts.totals()[:, 2].sum() for name in ("strict", easier)]
        assert hits[0] <= hits[1]


@given(corpora)
def test_sentences_add_up_to_documents(sides) -> None:
    gold, predicted = sides
    whole = quote_scores(gold, predicted, document_units(len(gold)), (*SPAN_SCHEMAS, *PEERS))
    parts = quote_scores(gold, predicted, units_of([[0, 10, 20, 30]] * len(gold)), (*SPAN_SCHEMAS, *PEERS))
    for layer, by_name in whole.items():
        for name, measured in by_name.items():
            other = parts[layer][name].counts
            assert (other.totals() == measured.counts.totals()).all()
            assert (other.per_unit().reshape(-1, 4, 4).sum(axis=1) == measured.counts.per_unit()).all()


def test_everything_counts_where_the_content_starts() -> None:
    gold = [annotations([{"type": "direct", "content": [[12, 18]], "cue": [[2, 5]], "speaker": [[6, 9]]}])]
    results = quote_scores(gold, gold, units_of([[0, 10]]), (*SPAN_SCHEMAS, *PEERS))
    for layer, by_name in results.items():
        for name, measured in by_name.items():
            if measured.counts.gold.sum():
                assert measured.counts.per_unit()[0].sum() == 0, (layer, name)


@given(documents(), documents())
def test_pairs_are_the_best_of_all_one_to_one_ones(gold: Annotations, predicted: Annotations) -> None:
    units = document_units(1)
    g, p = table([gold.quotes], units), table([predicted.quotes], units)
    nobody = [np.full(len(side), -1, np.int64) for side in (g, p)]
    paired = pair_quotes(g, p, *nobody)
    assert len(set(paired.gold.tolist())) == len(paired.gold)
    assert len(set(paired.predicted.tolist())) == len(paired.predicted)

    def weight(i: int, j: int) -> float:
        a, b = g.quotes[i], p.quotes[j]
        shared = a.content.overlap(b.content)
        if not shared:
            return 0.0
        return 2 * shared / (len(a.content) + len(b.content)) + 0.01 * (a.type == b.type)

    pairs = list(zip(paired.gold.tolist(), paired.predicted.tolist(), strict=True))
    assert all(weight(i, j) > 0 for i, j in pairs)
    short, long = sorted((len(g), len(p)))
    every = (
        sum(weight(i, j) if len(g) <= len(p) else weight(j, i) for i, j in enumerate(chosen))
        for chosen in permutations(range(long), short)
    )
    assert sum(weight(i, j) for i, j in pairs) == pytest.approx(max(every), abs=1e-4)


def test_tokens_decide_what_a_shared_space_is_worth() -> None:
    # Two tokens, [0,4) and [5,9). The cues share the space between them only.
    tokens = TokenTable(np.zeros(2, np.int64), np.asarray([0, 5]), np.asarray([4, 9]))
    rows = {"type": "direct", "content": [[20, 30]]}
    gold, predicted = annotations([{**rows, "cue": [[0, 5]]}]), annotations([{**rows, "cue": [[4, 9]]}])
    results = quote_scores([gold], [predicted], document_units(1), ("type", "fuzzy"), tokens=tokens)
    for layer in ("cues", "cues@matched"):
        assert scores(results[layer]["type"])[2] == 1.0
        assert scores(results[layer]["fuzzy"])[2] == 0.0


def test_tokens_of_the_right_document_are_used_on_matched_quotes() -> None:
    # The same offsets are one token in the first document and two in the second.
    tokens = TokenTable(np.asarray([0, 1, 1]), np.asarray([0, 0, 2]), np.asarray([4, 2, 4]))
    gold = annotations([{"type": "direct", "content": [[20, 30]], "cue": [[0, 4]]}])
    predicted = annotations([{"type": "direct", "content": [[20, 30]], "cue": [[0, 2]]}])
    results = quote_scores([gold] * 2, [predicted] * 2, document_units(2), ("token",), tokens=tokens)
    for layer in ("cues", "cues@matched"):
        assert scores(results[layer]["token"])[:2] == (1.0, pytest.approx(2 / 3))


def test_empty_documents_score_undefined() -> None:
    results = _scored([Annotations()], [Annotations()])
    assert set(all_scores(results).values()) == {(None, None, None)}


def test_only_peers_asked_for_gives_only_theirs() -> None:
    gold = [annotations([{"type": "direct", "content": [[0, 5]]}])]
    results = _scored(gold, gold, "german-news-quotation")
    assert {name for by_name in results.values() for name in by_name} == {"german-news-quotation"}
    assert set(results) == {
        "quotes", "cues", "speakers", "addressees", "frames", "roles", "joint", "types", "media"
    }  # fmt: skip


def test_a_type_of_another_corpus_has_a_label_of_its_own() -> None:
    gold = [annotations([{"type": "mixed", "content": [[0, 5]]}])]
    results = _scored(gold, gold, "strict", "german-news-quotation")
    assert scores(results["quotes"]["strict"], "mixed") == (1.0, 1.0, 1.0)
    assert scores(results["types"]["german-news-quotation"], "mixed") == (1.0, 1.0, 1.0)


def test_errors_are_classed() -> None:
    gold = [
        annotations([{"type": "direct", "content": [[0, 10]]}, {"type": "direct", "content": [[20, 30]]}])
    ]
    predicted = [annotations([{"type": "direct", "content": [[0, 8]]}])]
    errors = _scored(gold, predicted, "strict")["quotes"]["strict"].errors
    assert errors is not None
    assert {kind: count for kind, count in errors.items() if count} == {"boundary_smaller": 1, "missed": 1}
