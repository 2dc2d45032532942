"""Answers in words without offsets: their bounds by every placement, scorers of words by their scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from random_words import case, formula, hits, reached

import wortlaut
from wortlaut import Corpus, Document, Evaluation, compare, evaluate
from wortlaut.corpus.load import load_corpus
from wortlaut.errors import DataError, ExtractorError
from wortlaut.evaluation.scorer import Found, Scoring, Source
from wortlaut.evaluation.systems import Scored, System
from wortlaut.extractors import resolve, run
from wortlaut.extractors.grounding import Grounder
from wortlaut.model import Annotations, Entity, Quote, Span, Text
from wortlaut.model.batch import Batch
from wortlaut.records.annotations import parse
from wortlaut.scoring.engine import result_of
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.metrics import WORDS
from wortlaut.scoring.metrics._metric import Words
from wortlaut.scoring.metrics._words import tally_of
from wortlaut.scoring.result import Result
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.scoring.words import placed


def test_bounds_are_those_of_all_placements_and_every_value_between_is_reached() -> None:
    random = Random(15)
    for _ in range(120):
        one = case(random)
        found = placed(Grounder(one.text), one.answers, one.gold, one.fixed, shared=one.shared)
        low, high = hits(one, found.low), hits(one, found.high)
        assert reached(one) == set(range(low, high + 1)), one
        if one.plain:
            assert (low, high) == formula(one), one


CASES = json.loads((Path(__file__).parents[1] / "cases/scoring/words.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_scorers_of_words_give_their_authors_numbers(case: dict[str, Any]) -> None:
    """What their published scripts say (UniversalNER 844e0e1, GoLLIE 164c611, lm-eval 4e7e0d4)."""
    documents = [
        Words(one["text"], *([tuple(answer) for answer in one[side]] for side in ("gold", "predicted")))
        for one in case["documents"]
    ]
    size = len(documents)
    tally = tally_of(WORDS[case["schema"]], documents, np.arange(size), size)
    result = result_of(tally, Signature(schemas=(case["schema"],), resampling=Resampling(samples=0)))
    found = (result.precision, result.recall, result.f1)
    assert [
        value for value, expected in zip(found, case["expect"], strict=True) if expected is not None
    ] == pytest.approx([value for value in case["expect"] if value is not None], abs=1e-8)


TEXT = "Karl Wenz traf Ute. „Nein“, sagte Karl Wenz. „Ja“, sagte sie. Kiel schwieg, sagte Wenz."


def at(words: str, after: int = 0) -> Span:
    start = TEXT.index(words, after)
    return Span.of(start, start + len(words))


WENZ, WENZ2 = at("Karl Wenz"), at("Karl Wenz", 9)


def document(id: str) -> Document:
    names = (Entity(WENZ, "PER"), Entity(at("Ute"), "PER"), Entity(at("Kiel"), "LOC"))
    quotes = (
        Quote("1", "direct", at("„Nein“"), cue=at("sagte"), speaker=WENZ2),
        Quote("2", "direct", at("„Ja“"), cue=at("sagte", 35), speaker=at("sie")),
    )
    return Document(id, TEXT, Annotations(names, quotes))


CORPUS = Corpus.of("c", [document(id) for id in "abcdefghijkl"])


class Says:
    """Answers the same about every document."""

    def __init__(self, **said: Any) -> None:
        self.said = said
        self.finds = tuple(said)

    def extract(self, texts: Sequence[Text]) -> list[Any]:
        return [self.said for _ in texts]


def name(text: str, label: str = "PER", **more: int) -> dict[str, Any]:
    return {"text": text, "label": label, **more}


def scored(said: Mapping[str, Any], **options: Any) -> Scored:
    (system,) = evaluate({"X": Says(**said)}, CORPUS, samples=20, **options).systems
    return system


@pytest.mark.parametrize(
    ("names", "low", "high"),
    [
        ([name("Karl Wenz")], 0, 1),  # the gold has one of two places
        ([name("Karl Wenz"), name("Karl Wenz")], 1, 1),
        ([name("Karl\nWenz")], 0, 1),  # white space is one space
        ([name("Ute")], 1, 1),
        ([name("Ute", "LOC")], 0, 0),
        ([name("KIEL", "LOC")], 0, 0),  # case counts
        ([name("Wen")], 0, 0),  # inside of a word
        ([name("Karl Wenz"), name("Karl Wenz", start=0, end=9)], 1, 1),  # the other place is left
        ([name("Karl Wenz"), name("Karl Wenz", start=34, end=43)], 1, 1),
        ([name("Karl Wenz"), name("Karl Wenz", "LOC", start=0, end=9)], 0, 1),
    ],
)
def test_strict_is_a_range(names: list[dict[str, Any]], low: int, high: int) -> None:
    result = scored({"entities": names}).scores["entities"]["strict"]
    assert (result.correct, result.upper.correct if result.upper else result.correct) == (12 * low, 12 * high)
    assert (result.predicted, result.gold) == (12 * len(names), 36)
    assert result.precision == low / len(names) and result.recall == low / 3
    if result.upper:
        assert result.upper.precision == high / len(names) and result.upper.recall == high / 3
        ends = [score(placed_at(names, span)) for span in (WENZ2, WENZ)]
        assert [result.f1, result.upper.f1] == [end.f1 for end in ends]
        assert result.f1_interval == (ends[0].f1_interval[0], ends[1].f1_interval[1])


def placed_at(names: list[dict[str, Any]], place: Span) -> list[Any]:
    return [
        {"start": place.start, "end": place.end, "label": one["label"]} if "start" not in one else one
        for one in names
    ]


def score(names: list[Any]) -> Result:
    return scored({"entities": names}).scores["entities"]["strict"]


def test_what_has_no_bounds_is_not_scored_and_that_is_said() -> None:
    said = {"entities": [name("Karl Wenz"), name("Bonn", "LOC")]}
    system = scored(said, schema=["strict", "partial", "seqeval", "set"], by=["length"])
    assert list(system.scores["entities"]) == ["strict", "set"]
    assert not system.breakdowns and not system.judged
    first, second = system.notes
    assert "24 answers in words" in first and "12 not in the text" in first
    assert "not scored without offsets: partial, seqeval, --by length" in second
    with pytest.raises(DataError, match=r"nothing to score[\s\S]*partial"):
        scored(said, schema=["partial"])


def test_labels_are_mapped_before_words_are_placed() -> None:
    said = {
        "entities": [name("Karl Wenz", "PERSON"), name("Karl Wenz"), name("Kiel", "GPE"), name("Po", "LOC")]
    }
    system = scored(said, labels={"predicted": {"PERSON": "PER"}, "LOC": None})
    result = system.scores["entities"]["strict"]
    assert (result.correct, result.upper, result.gold, result.predicted) == (12, None, 24, 36)
    assert any("GPE 12" in note for note in system.notes)
    assert any("36 answers in words" in note and "not in the text" not in note for note in system.notes)


def test_a_result_with_bounds_reads_back_from_its_file() -> None:
    whole = evaluate({"X": Says(entities=[name("Karl Wenz")])}, CORPUS, samples=20)
    data = json.loads(json.dumps(whole.to_dict()))
    again = Evaluation.from_dict(data)
    assert json.loads(json.dumps(again.to_dict())) == data
    result = again.systems[0].scores["entities"]["strict"]
    assert result.upper_sums is not None and result.upper_sums[:, 2].sum() == 12
    assert "0.000–0.333" in str(again) or "0.000–0.500" in str(again)


def test_one_document_in_words_makes_bounds_of_all_in_one_chunk_or_in_many() -> None:
    answers = [Annotations((Entity(WENZ, "PER"),)) for _ in CORPUS.documents]
    answers[0] = parse({"id": "a", "entities": [name("Karl Wenz")]}, text=TEXT, words=True)[1]
    documents = Batch.of(CORPUS.documents)
    scoring = Scoring(Source.of(CORPUS, True).gold, ("strict", "partial"), None, Resampling(samples=0))
    for size in (12, 1, 5):
        parts = []
        for first in range(0, 12, size):
            rows = np.arange(first, min(12, first + size))
            found = documents.answered(answers).take(rows)
            parts.append(scoring.part(first, documents.take(rows), found, None, ["entities"]))
        ((key, result),) = scoring.scored(System("X"), Found(parts, ["entities"])).results.items()
        assert key.schema == "strict"
        assert (result.correct, result.upper and result.upper.correct) == (11, 12)


def quote(content: str, cue: str | None = None, speaker: str | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "direct", "content": content, "cue": cue, "speaker": speaker, **more}


@pytest.mark.parametrize(
    ("quotes", "expect"),
    [
        # Two quotes have cues with the same word, and a third place has it, too.
        ([quote("„Nein“", "sagte")], {"quotes": (1, 1), "cues": (0, 1)}),
        ([quote("„Nein“", "sagte"), quote("„Ja“", "sagte")], {"quotes": (2, 2), "cues": (0, 2)}),
        ([quote("„Nein“"), quote("„Nein“")], {"quotes": (1, 1), "cues": (0, 0)}),
        ([quote('"Nein"', type="indirect")], {"quotes": (0, 0), "cues": (0, 0)}),
        ([quote('"Nein"', speaker="Karl Wenz")], {"quotes": (1, 1), "cues": (0, 0)}),
        ([quote("Vielleicht", "meinte")], {"quotes": (0, 0), "cues": (0, 0)}),
        # Content with offsets, words for the cue; a cue with offsets takes its gold.
        ([quote([[20, 26]], "sagte"), quote([[45, 49]], [[51, 56]])], {"quotes": (2, 2), "cues": (1, 2)}),
    ],
)
def test_parts_of_quotes_may_be_words(quotes: list[Any], expect: dict[str, tuple[int, int]]) -> None:
    system = scored({"quotes": quotes})
    found = {key: result for key, result in system.results.items() if key.task in expect}
    assert {
        key.task: (result.correct / 12, (result.upper or result).correct / 12)
        for key, result in found.items()
    } == expect
    assert {key.schema for key in system.results} == {"strict"}
    assert not any(key.task in ("speakers", "joint") or key.setting for key in system.results)
    assert any("not scored without offsets: what is no span" in note for note in system.notes)


def test_words_of_quotes_are_compared_with_those_of_their_quote() -> None:
    said = [quote("„Nein“", "sagte", "Karl Wenz"), quote("„Ja“", "rief", "sie"), quote("Jein", "sagte")]
    system = scored({"quotes": said}, schema=["set", "multiset"])
    counts = {key.layer: (r.correct, r.predicted, r.gold) for key, r in system.results.items()}
    assert counts == {
        "quotes": (24, 36, 24),
        "cues": (12, 36, 24),
        "speakers": (24, 24, 24),
        "joint": (12, 36, 24),
    }
    placed = [{"type": "direct", "content": [[20, 26]], "cue": [[28, 33]], "speaker": [[34, 43]]}]
    whole = scored({"quotes": placed}, schema=["strict", "multiset"])
    assert whole.scores["joint"]["strict"].correct == whole.scores["joint"]["multiset"].correct == 12


def test_a_difference_holds_wherever_the_words_stand() -> None:
    def one(*names: dict[str, Any]) -> Says:
        return Says(entities=[*names])

    whole = evaluate(
        {
            "range": one(name("Karl Wenz"), name("Kiel", "LOC")),
            "more": one(name("Karl Wenz"), name("Ute"), name("Kiel", "LOC")),
            "below": one(name("Kiel", "LOC", start=at("Kiel").start, end=at("Kiel").end), name("Bonn")),
            "least": one(name("Bonn")),
        },
        CORPUS,
        schema="strict",
    )
    rows = {(row.a, row.b): row for row in compare(whole, samples=10, trials=200).rows}
    f1 = {one.name: one.scores["entities"]["strict"] for one in whole.systems}
    apart = rows["range", "least"].test
    assert apart.f1 == f1["range"].f1 and apart.p < 0.05  # the lower end against 0
    same = rows["range", "more"].test
    assert (same.f1, same.interval, same.p) == (0, None, 1)
    assert f1["more"].f1 < f1["range"].upper.f1 < f1["more"].upper.f1
    touching = rows["range", "below"].test
    assert touching.f1 == pytest.approx(f1["range"].f1 - f1["below"].f1) == 0


def test_both_ends_of_several_runs_are_means() -> None:
    runs = [Says(entities=[name("Karl Wenz")]), Says(entities=[name("Karl Wenz"), name("Ute")])]
    evaluation = evaluate({"X": runs}, CORPUS, schema="strict", samples=0)
    result = evaluation.systems[0].scores["entities"]["strict"]
    assert (result.correct, result.upper and result.upper.correct) == (6, 18)
    assert [(run.correct, run.upper and run.upper.correct) for run in result.runs] == [(0, 12), (12, 24)]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ({"entities": [name(" ")]}, "entity 1: text is empty"),
        ({"entities": [{"text": 5, "label": "PER"}]}, "text is a number, not a string"),
        ({"entities": [{"text": "Ute"}]}, "entity 1 has no label"),
        ({"entities": [{"text": None, "label": "PER"}]}, "entity 1 has no start and no end"),
        ({"entities": [name("Ute", start=3)]}, "entity 1 has no end"),
        ({"entities": [name("Ute", start=0, end=3)]}, "covers 'Kar', its text is 'Ute'"),
        ({"quotes": [quote("")]}, "quote 1: content is empty"),
        ({"quotes": [quote("Ja", speaker="\ud800")]}, "lone surrogate"),
        ({"quotes": [quote("Ja", type="shouted")]}, "unknown quote type"),
    ],
)
def test_broken_words_are_told(line: dict[str, Any], what: str) -> None:
    with pytest.raises(DataError, match=what):
        parse({"id": "a", **line}, text=TEXT, words=True)


def test_words_need_a_text_and_are_no_annotations(tmp_path: Path) -> None:
    line = {"id": "a", "text": TEXT, "entities": [name("Ute")]}
    (tmp_path / "p.jsonl").write_text(json.dumps(line), "utf-8")
    with pytest.raises(DataError, match="the text in which they stand is not known"):
        parse({"id": "a", "entities": [name("Ute")]}, text="", words=True)
    with pytest.raises(DataError, match=r"no start and no end[\s\S]*Words alone can be scored"):
        load_corpus(f"predictions:{tmp_path / 'p.jsonl'}")
    with pytest.raises(ExtractorError, match=r"words without offsets \(a\)"):
        run(resolve(f"preds:{tmp_path / 'p.jsonl'}"), [Document("a", TEXT)])


def test_python_takes_words(tmp_path: Path) -> None:
    rows = [[("Karl Wenz", "PER")] for _ in CORPUS.documents]
    result = wortlaut.score(CORPUS, rows, samples=0)
    assert (result.f1, result.upper and result.upper.f1) == (0, 0.5)
    both = wortlaut.score(CORPUS, [[name(*row[0])] for row in rows], schema=["strict", "set"], samples=0)
    assert both["strict"].upper == result.upper and both["set"].f1 == 0.5
    for wrong in (rows[:1], [[("", "PER")], *rows[1:]], [[("Ute", 3)], *rows[1:]]):
        with pytest.raises(DataError):
            wortlaut.score(CORPUS, wrong)
    (system,) = wortlaut.evaluate(lambda text: [name("Karl Wenz")], CORPUS, samples=0).systems
    assert system.scores["entities"]["strict"].upper == result.upper
    with pytest.raises(DataError, match="the gold has no texts"):
        wortlaut.score([[(0, 3, "PER")]], rows[:1])
