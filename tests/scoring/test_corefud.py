"""``corefud``: the CorefUD scorer's numbers, where they are not its own, and what it needs of the gold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from wortlaut.errors import DataError
from wortlaut.evaluation.evaluate import score_files
from wortlaut.formats import writer
from wortlaut.model import Annotations, Cluster, Document, Head, Span
from wortlaut.model.columns import TokenTable
from wortlaut.scoring.engine import result_of
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.metrics import CLUSTERS
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.scoring.units import document_units

CASES = json.loads((Path(__file__).parent.parent / "cases/quotes_scoring/corefud.json").read_text("utf-8"))
SCHEMAS = {"head": "corefud", "partial": "corefud@partial", "exact": "corefud@exact"}


def _annotations(clusters: list, heads: bool = True) -> Annotations:
    """Words of two characters."""
    mentions = [[(Span.joined((2 * w, 2 * w + 2) for w in m), h) for m, h in c] for c in clusters]
    return Annotations(
        clusters=tuple(Cluster(f"e{i}", "", mentions=tuple(m for m, _ in c)) for i, c in enumerate(mentions)),
        heads=tuple(Head(m, Span.of(2 * h, 2 * h + 2)) for c in mentions for m, h in c) if heads else (),
    )


def _results(gold: Annotations, predicted: Annotations, words: int, schema: str) -> dict:
    start = np.arange(words) * 2
    tokens = TokenTable(np.zeros(words, np.int64), start, start + 2)
    sides = Sides([gold], [predicted], document_units(1), tokens)
    signature = Signature(schemas=(schema,), resampling=Resampling(samples=0))
    tallies = CLUSTERS[schema].tallies(sides)
    return {key.schema.rpartition("/")[2]: result_of(tally, signature) for key, tally in tallies.items()}


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["id"])
@pytest.mark.parametrize("mode", SCHEMAS)
def test_the_scorers_own_numbers(case: dict, mode: str) -> None:
    gold, predicted = _annotations(case["gold"]), _annotations(case["predicted"])
    found = _results(gold, predicted, case["words"], SCHEMAS[mode])
    for name, expected in case["expect"][mode].items():
        one = found[name]
        if name == "conll":
            assert (one.f1 or 0) == pytest.approx(expected, abs=1e-9)
        else:
            scores = [score or 0 for score in (one.precision, one.recall, one.f1)]
            assert scores == pytest.approx(expected, abs=1e-9), name


def test_clusters_of_one_are_said_to_be_left_out() -> None:
    gold, predicted = (_annotations(CASES["cases"][6][side]) for side in ("gold", "predicted"))
    assert CASES["cases"][6]["id"] == "alone"
    for one in _results(gold, predicted, 8, "corefud").values():
        assert one.notes == ("1 gold and 2 predicted clusters of one mention are left out",)
        assert (one.precision, one.recall, one.f1) == (1.0, 1.0, 1.0)


def test_gold_with_a_mention_in_two_clusters_is_right_against_itself() -> None:
    # The script counts the mention of word 0 in both clusters and looks it up in the last alone: B³ 7/9.
    twice = _annotations([[[[0], 0], [[2], 2], [[4], 4]], [[[0], 0], [[6], 6], [[8], 8]]])
    twice = Annotations(clusters=twice.clusters, heads=tuple(dict.fromkeys(twice.heads)))
    found = _results(twice, twice, 10, "corefud")
    assert found["b3"].f1 == 1.0
    assert found["b3"].notes == ("1 predicted mentions stand in two clusters: counted in the first one",)


def test_a_head_that_is_not_known() -> None:
    gold = _annotations([[[[0, 1, 2], 2], [[5], 5]]])
    bare = _annotations([[[[1, 2], 2], [[5], 5]]], heads=False)
    # The first word is not the head; a mention of one word needs none.
    found = _results(gold, bare, 6, "corefud")["muc"]
    assert found.f1 == 0.0
    assert found.notes == (
        "1 predicted mentions of several words have no head: the first word is taken for it",
    )
    assert _results(gold, bare, 6, "corefud@partial")["muc"].f1 == 1.0
    assert _results(gold, bare, 6, "corefud@partial")["muc"].notes == ()
    for schema in ("corefud", "corefud@partial"):
        with pytest.raises(DataError, match=f"the gold has no heads of mentions, which {schema} needs"):
            _results(bare, gold, 6, schema)
    assert _results(bare, bare, 6, "corefud@exact")["muc"].f1 == 1.0
    # One that is missing among others is the first word, as in the script.
    some = Annotations(clusters=gold.clusters, heads=gold.heads[1:])
    assert "1 gold mentions" in _results(some, gold, 6, "corefud")["muc"].notes[0]


@pytest.mark.parametrize("keep", [True, False])
def test_files_are_scored_and_a_gold_without_heads_is_named(tmp_path: Path, keep: bool) -> None:
    text = "Der alte Mann sah seine Frau . Er ging ."
    spans = [Span.of(0, 13), Span.of(31, 33)]
    cluster = Cluster("e", "Mann", mentions=tuple(spans))
    heads = (Head(spans[0], Span.of(9, 13)), Head(spans[1], spans[1]))
    whole = Document("d", text, Annotations(clusters=(cluster,), heads=heads if keep else ()))
    part = Cluster("x", "x", mentions=(Span.of(4, 13), spans[1]))
    found = Annotations(clusters=(part,), heads=(Head(Span.of(4, 13), Span.of(9, 13)),))
    writer("conllu")(tmp_path / "gold.conllu", iter([whole]))
    writer("conllu")(tmp_path / "found.conllu", iter([whole.with_annotations(found)]))
    names = str(tmp_path / "gold.conllu"), str(tmp_path / "found.conllu")
    if keep:
        scores = score_files(*names, schema=["corefud"], samples=0).systems[0].scores["clusters"]
        assert list(scores) == [
            f"corefud/{m}" for m in ("conll", "muc", "b3", "ceafe", "ceafm", "blanc", "lea", "mor")
        ]
        assert scores["corefud/conll"].f1 == 1.0
    else:
        with pytest.raises(
            DataError, match=r"document d: the gold has no heads.*\n.*corefud@exact needs none"
        ):
            score_files(*names, schema=["corefud"], samples=0)
        (one,) = score_files(*names, schema="every", samples=0).systems
        assert "not scored under corefud: the gold has no heads of mentions, which corefud needs" in one.notes
        assert (
            "corefud@exact/conll" in one.scores["clusters"] and "corefud/conll" not in one.scores["clusters"]
        )
