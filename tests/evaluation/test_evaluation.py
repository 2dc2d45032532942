"""Extractors are run and scored; one that fails takes nobody else's scores with it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from wortlaut import score
from wortlaut.corpus.load import Corpus
from wortlaut.errors import DataError, UnknownNameError, WortlautError
from wortlaut.evaluation.evaluate import evaluate, score_files
from wortlaut.model import Annotations, Document, Entity, Quote, Span, Text
from wortlaut.reports.schemas import schema
from wortlaut.reports.terminal import evaluation_view


def validator(name: str) -> Draft202012Validator:
    described = schema(name)
    Draft202012Validator.check_schema(described)
    return Draft202012Validator(described)


def document(name: str, text: str = "Anna sah Bonn. Caro sah Bonn.") -> Document:
    entities = (Entity(Span.of(0, 4), "PER"), Entity(Span.of(9, 13), "LOC"), Entity(Span.of(15, 19), "PER"))
    quote = Quote("q1", "indirect", Span.of(5, 13), cue=Span.of(5, 8), speaker=Span.of(0, 4))
    return Document(name, text, Annotations(entities=entities, quotes=(quote,)))


def corpus(documents: int = 3) -> Corpus:
    return Corpus.of("made", [document(f"d{i:02}") for i in range(documents)])


class Answers:
    """Gives each document what ``answer`` returns for its number."""

    def __init__(self, spec: str, finds: Sequence[str], answer: Any) -> None:
        self.spec, self.finds, self.answer = spec, tuple(finds), answer

    def extract(self, texts: Sequence[Text]) -> Any:
        for text in texts:
            yield self.answer(int(text.id[1:]))


GOLD = Answers("gold", ["entities", "quotes"], lambda i: document("d").annotations)
PERSON = Answers("person", ["entities"], lambda i: {"entities": [{"start": 0, "end": 4, "label": "PER"}]})


def raising(i: int) -> Any:
    if i == 1:
        raise KeyError("boom")
    return Annotations()


BROKEN = Answers("broken", ["entities"], raising)


def leaving(i: int) -> Any:
    raise SystemExit(3)


@pytest.mark.parametrize("answer", [raising, leaving], ids=["raises", "exits"])
def test_what_the_others_found_is_scored_when_one_fails_in_the_middle(answer: Any) -> None:
    broken = Answers("broken", ["entities"], answer)
    first, failed, last = evaluate([PERSON, broken, GOLD], corpus(), samples=0, on_error="keep").systems
    assert failed.scores == {} and failed.failed is not None and failed.failed.startswith("broken: raised")
    assert (first.scores["entities"]["strict"].correct, first.failed) == (3, None)
    assert last.scores["entities"]["strict"].f1 == 1.0
    assert last.scores["quotes"]["strict"].f1 == 1.0


def test_the_json_form_is_as_its_schema_says() -> None:
    evaluation = evaluate(
        [PERSON, BROKEN, GOLD, PERSON],
        corpus(),
        schema=["strict", "partial", "token", "overlap@0.5", "seqeval", "nervaluate", "hipe"],
        samples=50,
        on_error="keep",
    )
    data = json.loads(json.dumps(evaluation.to_dict(), allow_nan=False))
    errors = [f"{list(e.absolute_path)}: {e.message}" for e in validator("evaluation").iter_errors(data)]
    assert not errors
    assert [system["name"] for system in data["systems"]] == ["person", "broken", "gold", "person (2)"]
    strict = data["systems"][0]["scores"]["entities"]["strict"]
    assert strict["hits"] == "100" * 3
    assert strict["wrong"] == []
    assert data["items"]["entities"]["strict"][0] == ["d00", [[0, 4]], "PER", "Anna"]
    assert np.asarray(strict["units"]["sums"]).sum(axis=0).tolist() == [9, 3, 3, 3]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "x"),
        (("corpus", "hash"), "xyz"),
        (("corpus", "documents"), -1),
        (("signature",), "x"),
        (("systems", 0, "extra"), 1),
        (("systems", 0, "scores", "entities", "strict", "f1"), 1.5),
        (("systems", 0, "scores", "entities", "strict", "f1_interval"), [0.1]),
        (("systems", 0, "scores", "entities", "strict", "extra"), 1),
        (("systems", 0, "scores", "entities", "strict", "per_label", "PER", "gold"), -1),
        (("systems", 0, "scores", "entities", "strict", "hits"), "x"),
        (("items", "entities", "strict", 0), ["d00"]),
    ],
    ids=str,
)
def test_the_schema_refuses_what_no_evaluation_writes(path: tuple[Any, ...], value: Any) -> None:
    data = json.loads(json.dumps(evaluate(PERSON, corpus(), samples=20).to_dict()))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert list(validator("evaluation").iter_errors(data))


def test_scores_are_those_of_wortlaut_score() -> None:
    evaluation = evaluate(PERSON, corpus(12), samples=300, seed=4)
    ours = evaluation.systems[0].scores["entities"]["strict"]
    gold = [[(e.span.start, e.span.end, e.label) for e in d.entities] for d in corpus(12).documents]
    plain = score(gold, [[(0, 4, "PER")]] * 12, samples=300, seed=4)
    assert (ours.precision, ours.recall, ours.f1) == (plain.precision, plain.recall, plain.f1)
    assert ours.f1_interval == plain.f1_interval


def test_the_same_seed_and_any_order_of_documents_give_the_same_intervals() -> None:
    mixed = Answers("mixed", ["entities"], lambda i: document("d").annotations if i % 3 else Annotations())
    documents = corpus(15).documents
    one = evaluate(mixed, Corpus.of("made", documents))
    turned = evaluate(mixed, Corpus.of("made", documents[::-1]))
    assert one.to_dict() == turned.to_dict()
    other = evaluate(mixed, Corpus.of("made", documents), seed=1)
    assert one.systems[0].scores["entities"]["strict"] != other.systems[0].scores["entities"]["strict"]


@pytest.mark.parametrize(("documents", "unit"), [(1, "sentence"), (9, "sentence"), (10, "document")])
def test_fewer_than_ten_documents_are_resampled_by_sentence_and_that_is_said(
    documents: int, unit: str
) -> None:
    evaluation = evaluate(PERSON, corpus(documents), samples=50)
    assert f"resample:{unit},50,seed 0" in str(evaluation.signature)
    assert any("sentences" in note for note in evaluation.notes) == (unit == "sentence")
    assert len(evaluation.units) == (2 * documents if unit == "sentence" else documents)


def test_one_sentence_has_no_interval() -> None:
    one = Corpus.of("made", [document("d00", "Anna sah Bonn und Caro auch")])
    result = evaluate(PERSON, one).systems[0].scores["entities"]["strict"]
    assert result.f1_interval is None
    assert any("no interval" in note for note in result.notes)


def test_a_percentile_interval_covers_as_often_as_it_says() -> None:
    """Recall of 60 documents, one name each, found with chance 0.7: 95% intervals hold it in 89% to 99%."""
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(200):
        found = rng.random(60) < 0.7
        gold = [[(0, 1, "A")]] * 60
        result = score(gold, [[(0, 1, "A")] if hit else [] for hit in found], samples=400)
        assert result.recall_interval is not None
        covered += result.recall_interval[0] <= 0.7 <= result.recall_interval[1]
    assert 178 <= covered <= 198


def test_bca_is_that_of_scipy() -> None:
    from scipy.stats import bootstrap

    rng = np.random.default_rng(12)
    hits, gold = [], []
    for _ in range(40):
        gold.append(int(rng.integers(1, 5)))
        hits.append(int(rng.binomial(gold[-1], 0.8)))
    rows = [[(i, i + 1, "A") for i in range(n)] for n in gold]
    ours = score(
        rows, [row[:k] for row, k in zip(rows, hits, strict=True)], samples=9000, interval_method="bca"
    )
    theirs = bootstrap(
        (np.asarray(hits), np.asarray(gold)),
        lambda h, g, axis: h.sum(axis=axis) / g.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=9000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert ours.recall_interval == pytest.approx((theirs.low, theirs.high), abs=0.006)


def made(text: str = "Anna sah Bonn. Caro sah Bonn.", **layers: Any) -> Corpus:
    return Corpus.of("made", [Document(f"d{i:02}", text, Annotations(**layers)) for i in range(2)])


NOTHING = Answers("nothing", ["entities"], lambda i: Annotations())
QUOTED = {"quotes": (Quote("q1", "indirect", Span.of(5, 13)),)}


@pytest.mark.parametrize(
    ("corpus", "found", "score", "note"),
    [
        (made(), PERSON, (0.0, None, 0.0), "The gold has no entities: what is found is spurious (2)."),
        (corpus(), NOTHING, (None, 0.0, 0.0), "No entities were found."),
        (made(), NOTHING, None, "nothing to score: there is no span on either side"),
        (made(**QUOTED), PERSON, None, r"what the gold has \(2 quotes\) was not looked for"),
    ],
)
def test_nothing_is_never_scored_as_nothing(corpus: Corpus, found: Any, score: Any, note: str) -> None:
    if score is None:
        with pytest.raises(DataError, match=note):
            evaluate(found, corpus, samples=0)
        return
    system = evaluate(found, corpus, samples=0).systems[0]
    strict = system.scores["entities"]["strict"]
    assert (strict.precision, strict.recall, strict.f1) == score
    assert note in system.notes


def test_found_layers_that_the_corpus_lacks_are_noted() -> None:
    system = evaluate([PERSON, GOLD], made(**QUOTED), samples=0).systems[0]
    assert system.scores == {}
    assert system.notes == ("The corpus has no entities; 2 found ones are not scored.",)


def test_nothing_has_undefined_scores_where_that_is_asked_for() -> None:
    for empty in (made(), Corpus("none", (), "0" * 64)):
        evaluation = evaluate(NOTHING, empty, allow_empty=True)
        assert evaluation.systems[0].scores["entities"]["strict"].f1 is None
        validator("evaluation").validate(json.loads(json.dumps(evaluation.to_dict())))


def test_misspelt_schemas_and_empty_corpora_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="strict"):
        evaluate(PERSON, corpus(), schema=["strickt"])
    with pytest.raises(DataError, match="no documents"):
        evaluate(PERSON, Corpus("none", (), "0" * 64))


# Two files


def lines(path: Path, *records: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return str(path)


def test_what_a_reader_leaves_out_is_noted(tmp_path: Path) -> None:
    task = {"text": "Anna sah Bonn.", "spans": [{"start": 0, "end": 4, "label": "PER"}]}
    path = lines(tmp_path / "a.jsonl", task, {"text": "Nichts.", "answer": "ignore"})
    for evaluation in (score_files(path, path), evaluate(f"preds:{path}", f"prodigy:{path}")):
        for notes in (evaluation.notes, evaluation.systems[0].notes):
            assert any("a.jsonl: left out, its answer is 'ignore': task (1)" in note for note in notes)


def test_clusters_are_scored_or_noted(tmp_path: Path) -> None:
    only = {"id": "d", "text": "Anna lacht. Sie geht."}
    cluster = {"id": "k", "name": "Anna", "type": "PER", "mentions": [[[0, 4]], [[12, 15]]]}
    person = {"start": 0, "end": 4, "label": "PER"}
    path = lines(tmp_path / "only.jsonl", {**only, "clusters": [cluster]})
    evaluation = score_files(path, path, samples=0)
    assert evaluation.systems[0].scores["clusters"]["conll"].f1 == 1.0
    assert "conll" in "".join(str(cell) for part in evaluation_view(evaluation) for cell in cells(part))
    both = lines(tmp_path / "both.jsonl", {**only, "clusters": [cluster], "entities": [person]})
    names = lines(tmp_path / "names.jsonl", {**only, "entities": [person]})
    (system,) = score_files(both, names, samples=0).systems
    assert system.notes == ("The gold has clusters (1), the file has none: they are not scored.",)


def cells(part: Any) -> list[Any]:
    return [cell for column in getattr(part, "columns", ()) for cell in column.cells]


def test_predictions_are_checked_against_the_text_of_the_gold(tmp_path: Path) -> None:
    name = "000_8f5cd11ad6069882"
    outside = {"start": 0, "end": 50_000, "label": "LOC"}
    with pytest.raises(DataError, match=r"outside\.jsonl:1: entity 1: \[0, 50000\) ends after the text"):
        score_files("gold", lines(tmp_path / "outside.jsonl", {"id": name, "entities": [outside]}))
    with pytest.raises(DataError, match="wrong text"):
        score_files("gold", lines(tmp_path / "sha.jsonl", {"id": name, "sha256": "00", "entities": []}))
    with pytest.raises(DataError, match="has 1 document not in the gold, such as 'zz'"):
        score_files("gold", lines(tmp_path / "more.jsonl", {"id": name}, {"id": "zz"}))
    right = {"start": 0, "end": 14, "label": "LOCderiv"}
    good = score_files("gold", lines(tmp_path / "good.jsonl", {"id": name, "entities": [right]}), samples=0)
    assert good.systems[0].scores["entities"]["strict"].correct == 1


def test_two_files_of_predictions_are_matched_by_id_in_any_order(tmp_path: Path) -> None:
    one = {"id": "a", "entities": [{"start": 0, "end": 4, "label": "PER"}]}
    two = {"id": "b", "entities": [{"start": 2, "end": 4, "label": "LOC"}]}
    gold = lines(tmp_path / "gold.jsonl", one, two)
    turned = score_files(gold, lines(tmp_path / "turned.jsonl", two, one), samples=100)
    assert turned.systems[0].scores["entities"]["strict"].f1 == 1.0
    assert turned.units.kind == "document"  # no text, so no sentences
    with pytest.raises(DataError, match="lacks document 'b'"):
        score_files(gold, lines(tmp_path / "less.jsonl", one))


def test_two_files_whose_texts_differ_are_told_where(tmp_path: Path) -> None:
    gold, other = tmp_path / "gold.conll", tmp_path / "other.conll"
    gold.write_text("Anna\tB-PER\nsah\tO\n\nSie\tO\nsang\tO\nlaut\tO\n")
    other.write_text(gold.read_text().replace("sang", "sank"))
    with pytest.raises(DataError, match="'gold-000002', line 1, character 7: 'sang' there, 'sank' here"):
        score_files(str(gold), str(other))
    other.write_text(gold.read_text().replace("laut\tO\n", ""))
    with pytest.raises(DataError, match="'gold-000002', line 1, character 8: ' laut' there, '' here"):
        score_files(str(gold), str(other))
    one, two = ({"id": "a", "text": f"Anna\nsah {name}.", "entities": []} for name in ("Ben", "Bea"))
    files = (f"predictions:{lines(tmp_path / f'{n}.jsonl', record)}" for n, record in enumerate((one, two)))
    with pytest.raises(DataError, match=r"1\.jsonl:1: prediction for the wrong text"):
        score_files(*files)


@pytest.mark.parametrize("wrong", [{"schema": ["strickt"]}, {"labels": "conl4"}, {"by": ["lenght"]}])
def test_misspelt_options_are_told_before_the_corpus_is_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown (schema|label projection|breakdown)"):
        evaluate("gazetteer", "predictions:not-there.jsonl", **wrong)


def test_asking_for_the_scores_of_a_system_that_failed_tells_why() -> None:
    (system,) = evaluate("gazeteer", corpus(), samples=0, on_error="keep").systems
    assert not system.scores
    with pytest.raises(WortlautError, match="Did you mean gazetteer"):
        system.scores["entities"]


def test_no_extractor_at_all_is_an_error() -> None:
    with pytest.raises(WortlautError, match="no extractor is named"):
        evaluate([], corpus())


def test_the_pace_leaves_out_the_first_batch_and_what_was_read_from_a_file(tmp_path: Path) -> None:
    """40 documents are a batch of 32, with which a model may load, and one of 8."""
    forty = corpus(40)
    length = len(forty.documents[0].text)

    def slow(i: int) -> Annotations:
        time.sleep(0.3 if i == 0 else 0.001)
        return Annotations()

    path = tmp_path / "found.jsonl"
    path.write_text("".join(f'{{"id": "{d.id}", "entities": []}}\n' for d in forty.documents), "utf-8")
    timed, read, short = (
        evaluate(one, given, samples=0).systems[0]
        for one, given in (
            (Answers("slow", ["entities"], slow), forty),
            (f"preds:{path}", forty),
            (GOLD, corpus(32)),
        )
    )
    assert timed.pace is not None
    characters, seconds = timed.pace
    assert characters == 8 * length
    assert seconds >= 0.008
    assert read.pace is None and short.pace is None
    assert "pace" not in timed.to_dict()
