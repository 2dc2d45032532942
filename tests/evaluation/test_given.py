"""Whatever people have is scored against whatever else they have, or they are told why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import pandas as pd
import pytest
import spacy
from spacy.training import Example

import wortlaut
from wortlaut import Annotations, Corpus, Document, Entity, Quote, Span, WortlautError

TEXTS = {"a": "Karl Wenz singt in Bonn.", "b": "Nichts."}
#: One of each kind says PER and LOC, the other PER alone.
SPANS = {"gold": [[(0, 9, "PER"), (19, 23, "LOC")], []], "found": [[(0, 9, "PER")], []]}
TAGS = {"gold": "B-LOC", "found": "O"}


def docs(spans: list[Any], group: str = "") -> list[Any]:
    made = [spacy.blank("de")(text) for text in TEXTS.values()]
    for doc, own in zip(made, spans, strict=True):
        doc.ents = [doc.char_span(*span) for span in own]
        if group:
            doc.spans[group] = doc.ents
    return made


def table(spans: list[Any]) -> dict[str, list[Any]]:
    rows = [(id, *span) for id, own in zip(TEXTS, spans, strict=True) for span in own]
    return dict(zip(("document", "start", "end", "label"), map(list, zip(*rows, strict=True)), strict=True))


def things(side: str, folder: Path) -> dict[str, Any]:
    """The same in every form: with texts or named documents, and lists without names."""
    spans = SPANS[side]
    corpus = Corpus.from_spans(TEXTS, spans)
    conll = folder / f"{side}.conll"
    conll.write_text(f"Karl B-PER\nWenz I-PER\nsingt O\nin O\nBonn {TAGS[side]}\n. O\n\nNichts O\n. O\n\n")
    preds = folder / f"{side}.jsonl"
    found = ", ".join(f'{{"start": {a}, "end": {b}, "label": "{c}"}}' for a, b, c in spans[0])
    preds.write_text(f'{{"id": "a", "entities": [{found}]}}\n{{"id": "b", "entities": []}}\n')
    items = [[{"start": a, "end": b, "label": c} for a, b, c in own] for own in spans]
    return {
        "corpus": corpus,
        "documents": list(corpus),
        "path": preds,
        "name": str(conll),
        "format": f"conll:{conll}",
        "spaCy": docs(spans),
        "dataset": datasets.Dataset.from_dict({"text": [*TEXTS.values()], "spans": items}),
        "table": table(spans),
        "pandas": pd.DataFrame(table(spans)),
        "list": spans,
        "groups": [list(doc.spans["sc"]) for doc in docs(spans, "sc")],
    }


#: What has the ids that the tables name.
NAMED = {"table", "pandas", "path", "corpus", "documents"}


@pytest.mark.parametrize("all_kinds", [False, pytest.param(True, marks=pytest.mark.long)])
def test_kinds_are_scored_against_others(tmp_path: Path, all_kinds: bool) -> None:
    gold, found = things("gold", tmp_path), things("found", tmp_path)
    for one, left in gold.items():
        for other, right in found.items():
            if not all_kinds and "corpus" not in (one, other):
                continue
            if {one, other} & {"table", "pandas"} and not {one, other} <= NAMED:
                continue
            result = wortlaut.score(left, right, samples=0)
            assert (result.correct, result.gold, result.predicted) == (1, 2, 1), (one, other)
            assert not result.notes, (one, other)


GOLD = Corpus.from_spans(TEXTS, SPANS["gold"])
TAGGED = [["B-PER", "I-PER", "O", "O", "B-LOC", "O"], ["O", "O"]]
QUOTES = Document("a", TEXTS["a"], Annotations(quotes=(Quote("q1", "direct", Span.of(0, 4)),)))


@pytest.mark.parametrize(
    ("gold", "found", "told"),
    [
        (GOLD, TAGGED, "predicted holds tags, which count tokens, and gold holds spans"),
        (TAGGED, GOLD, "gold holds tags"),
        (TAGGED, SPANS["found"], "gold holds tags"),
        (table(SPANS["gold"]), TAGGED, "predicted holds tags"),
        (GOLD, [[]], "gold has 2 documents, predicted has 1"),
        (GOLD, [[(0, 99, "PER")], []], "predicted, document a: [0, 99) ends outside the text, which has 24"),
        (
            GOLD,
            {"document": ["b"], "start": [0], "end": [9], "label": ["X"]},
            "document b: [0, 9) ends outside",
        ),
        (GOLD, {"document": ["c"], "start": [0], "end": [9], "label": ["X"]}, "such as 'c'"),
        (GOLD, GOLD[:1], "lacks document 'b'"),
        (
            GOLD,
            Corpus.from_spans({"a": "Karl!", "b": ""}, [[], []]),
            "the text is not that of the gold",
        ),
        (GOLD, "nirgends.conll", "no such file or folder"),
        (QUOTES, QUOTES, "no span on either side"),
        (3, GOLD, "gold is int, which holds no spans"),
    ],
)
def test_what_does_not_go_together_is_told(gold: Any, found: Any, told: str) -> None:
    with pytest.raises(WortlautError) as caught:
        wortlaut.score(gold, found)
    assert told in str(caught.value)


def test_what_is_not_scored_is_noted() -> None:
    name = Annotations((Entity(Span.of(0, 9), "PER"),), QUOTES.quotes)
    result = wortlaut.score(QUOTES.with_annotations(name), [[(0, 9, "PER")]])
    assert result.correct == 1
    assert result.notes[0] == "gold: not scored here are 1 quote; wortlaut.evaluate scores all layers"
    examples = [Example(doc, doc) for doc in docs(SPANS["gold"], "sc")]
    for given in ([examples], [[one.reference for one in examples], Corpus.from_spans(TEXTS, [[], []])]):
        assert "not the span groups sc" in wortlaut.score(*given).notes[0]


def test_sentences_that_are_drawn_are_noted_where_there_are_intervals(tmp_path: Path) -> None:
    path = tmp_path / "x.conll"
    path.write_text("Uhl B-PER\n\nOtt B-PER\n")
    for side in (path, wortlaut.load_corpus(f"conll:{path}")):
        result = wortlaut.score(side, path, samples=100)
        assert result.notes[0].startswith("Each document is one sentence: intervals")
        by = wortlaut.breakdown(side, path, "text", samples=100)
        assert result.notes[0] in by.notes and not wortlaut.score(side, path, intervals=False).notes
    assert result.notes[0] not in wortlaut.score(GOLD, GOLD, samples=100).notes
    meta = (("tokens", "0:3 3:4 5:8"), ("sentences", "0:4 5:8"))  # two sentences in one line
    name = Annotations((Entity(Span.of(0, 3), "PER"),))
    two = Corpus.of("two", [Document(id, "Uhl. Ott", name, meta) for id in map(str, range(12))])
    assert not wortlaut.score(two, two).notes


def test_breakdowns_and_curves_take_documents() -> None:
    for found in (docs(SPANS["found"]), SPANS["found"], table(SPANS["found"]), GOLD):
        by = wortlaut.breakdown(GOLD, found, "surface", seen=["Bonn"])
        recall = {name: score.recall for name, score in by.per_label.items()}
        assert recall == {"seen": found is GOLD, "unseen": 1}
    assert wortlaut.breakdown(GOLD, GOLD, "level").per_label["1"].correct == 2
    with pytest.raises(WortlautError, match="Did you mean metonymy"):
        wortlaut.breakdown(GOLD, GOLD, "metonym")
    scored = Annotations((Entity(Span.of(0, 9), "PER", score=0.5),))
    assert wortlaut.curves(GOLD[:1], [GOLD["a"].with_annotations(scored)]).best_threshold == 0.5


def test_the_signature_names_the_gold_that_holds_texts() -> None:
    gold = Corpus.from_spans({"a": "Karl lebt in Bonn."}, [[(0, 4, "PER")]])
    for predicted in (gold, [[(0, 4, "PER")]], [[("Karl", "PER")]]):
        told = str(wortlaut.score(gold, predicted).signature)
        assert told.startswith(f"wortlaut|corpus:spans@{gold.hash[:12]}|layer:spans|")
    assert str(wortlaut.score([["B-A"]], [["B-A"]], scheme="IOB2").signature).startswith(
        "wortlaut|layer:spans|schema:strict|scheme:IOB2|"
    )
