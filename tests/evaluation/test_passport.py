"""A passport says what its counts say, and no number in it can be another one."""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from command import run
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from made import Made, corpus
from shared import ROOT
from strategies import annotations, corpora, examples

from wortlaut.corpus.load import Corpus, load_corpus
from wortlaut.errors import DataError, UnknownNameError, WortlautError
from wortlaut.evaluation import passport as made
from wortlaut.evaluation.evaluate import Evaluation, evaluate, load_evaluation, score_files
from wortlaut.evaluation.passport import passport, verify
from wortlaut.formats import native, predictions
from wortlaut.model import Annotations, Document, Entity, Quote, Span
from wortlaut.reports.schemas import schema

ONE, TWO = Made({"d01": [0]}, ["d02"]), Made(label="LOC", spurious=["d00"])
SEVERAL = {"runs": [Made({"d01": [0]}), Made({"d03": [1]}, ["d02"]), Made()], "other": TWO}
#: Evaluations of every kind: what is passed to :func:`evaluate`, and how many documents there are.
KINDS: dict[str, tuple[Any, dict[str, Any], int]] = {
    "sentences": ([ONE, TWO], {"schema": ["strict", "partial", "overlap@0.5", "fuzzy"]}, 3),
    "documents": ([ONE, TWO, "nobody:has_this"], {"by": ["length", "document"], "labels": "conll4"}, 12),
    "other scorers": ([ONE], {"schema": ["nervaluate", "seqeval", "hipe", "conlleval", "multiset"]}, 12),
    "drawn": ([ONE, TWO], {"samples": 20, "seed": 3, "labels": {"LOC": None}}, 12),
    "runs": (SEVERAL, {"by": ["length"]}, 12),
    "no items": ([ONE, TWO], {"items": False}, 12),
}


def written(folder: Path, *evaluations: Evaluation) -> Path:
    """The passport of what a file holds of the evaluations."""
    read = [Evaluation.from_dict(json.loads(json.dumps(one.to_dict()))) for one in evaluations]
    (folder / made.NAME).write_text(json.dumps(passport(read)), "utf-8")
    return folder / made.NAME


def of_kind(kind: str) -> Evaluation:
    extractors, options, documents = KINDS[kind]
    return evaluate(extractors, corpus(documents), on_error="keep", **options)


LONG = [pytest.param(kind, marks=[pytest.mark.long] * (kind not in ("drawn", "runs"))) for kind in KINDS]


@pytest.mark.parametrize("kind", LONG)
def test_a_passport_holds(kind: str, tmp_path: Path) -> None:
    path = written(tmp_path, of_kind(kind))
    Draft202012Validator(schema("passport")).validate(json.loads(path.read_text()))
    verdict = verify(path)
    assert not verdict.fails
    assert len(verdict.holds) == (2 if kind == "other scorers" else 3)


@pytest.mark.long
def test_several_corpora_hold_and_no_name_is_in_it(tmp_path: Path) -> None:
    refs = ("gold", "probes?seed=7&size=4&half=test&only=er-sie")
    path = written(tmp_path, *(evaluate(["quotes-de", "quotes-simple"], ref) for ref in refs))
    verdict = verify(path, "gold")
    assert not verdict.fails
    assert "gold has these 1 document" in verdict.holds
    text = path.read_text()
    assert json.loads(text)["tests"]["format"] == "wortlaut-corpora-comparison/1"
    names = {cluster.name for document in load_corpus("gold") for cluster in document.clusters} - {None}
    assert len(names) > 5
    assert not [name for name in names if name in text]


class Answers:
    finds = ("entities", "quotes", "clusters")

    def __init__(self, found: dict[str, Annotations]) -> None:
        self.spec, self.found = "answers", found

    def extract(self, texts: Any) -> Iterator[Annotations]:
        yield from (self.found[text.id] for text in texts)


@pytest.mark.long
@given(gold=corpora(), more=st.data(), runs=st.integers(1, 2))
@examples(4)
def test_the_passport_of_any_evaluation_holds(
    gold: tuple[Document, ...], more: st.DataObject, runs: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    each = [Answers({one.id: more.draw(annotations(one.text)) for one in gold}) for _ in range(runs)]
    whole = evaluate({"a": each}, Corpus.of("made", gold), allow_empty=True)
    if whole.systems[0].results:
        verdict = verify(written(tmp_path_factory.mktemp("any"), whole))
        assert not verdict.fails


def test_runs_of_which_one_has_a_score_more_hold(tmp_path: Path) -> None:
    linked = Annotations((Entity(Span.of(0, 1), "PER", qid="Q1"),))
    runs = [Answers({"a": found}) for found in (Annotations(), linked)]
    whole = evaluate({"a": runs}, Corpus.of("made", [Document("a", "A", linked)]))
    assert not verify(written(tmp_path, whole)).fails


def leaves(data: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else None
    if inner is None:
        yield place
    for key, value in inner or ():
        yield from leaves(value, (*place, key))


def changed(data: dict[str, Any], place: tuple[Any, ...], change: Callable[[Any], Any]) -> dict[str, Any]:
    data = copy.deepcopy(data)
    within = data
    for key in place[:-1]:
        within = within[key]
    within[place[-1]] = change(within[place[-1]])
    return data


def other(value: Any) -> Any:
    """Another value of the kind: the last bit of a number, the last letter of a text."""
    if isinstance(value, bool) or value is None:
        return not value
    return value + 1 if isinstance(value, int) else value + 2e-9 if isinstance(value, float) else value + "x"


def refused(path: Path) -> bool:
    try:
        return bool(verify(path).fails)
    except DataError:
        return True


#: So many leaves of each kind are tried.
EACH = 12
#: What follows from nothing else in the file: its digest says that it is another passport, the corpus and the
#: predictions whether it is true. Which document has a count is said again by the sums of units, if by any.
FREE = (
    r"environment|corpora \d+ (digests|corpus (name|hash)"
    r"|settings (by|projection)|systems \d+ (runs \d+ )?(name|answers)"
    r"|systems .* counts (documents |pooled )?labels \S+ \d+ 4)"
)


def test_another_leaf_is_another_digest(tmp_path: Path) -> None:
    data = json.loads(written(tmp_path, of_kind("drawn")).read_text())
    places = [place for place in leaves(data) if place != ("digest",)]
    assert len(places) > 500
    assert all(made._digest(changed(data, place, other)) != data["digest"] for place in places[::9])


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_signed_anew_follows_from_the_counts(kind: str, tmp_path: Path) -> None:
    path = written(tmp_path, of_kind(kind))
    data = json.loads(path.read_text())
    passed, places = set(), list(leaves(data))
    for place in places[:: max(1, len(places) // EACH)]:
        forged = changed(data, place, other)
        path.write_text(json.dumps({**forged, "digest": made._digest(forged)}), "utf-8")
        if not refused(path):
            passed.add(" ".join(map(str, place)))
    assert not {one for one in passed if not re.match(FREE, one)}


#: The counts of a score.
COUNTS = ("corpora", 0, "systems", 0, "scores", "entities", "strict", "counts")
TEXT = "Anna sah Bonn. Caro sah Kiel."


def document(id: str, *labels: str, text: str = TEXT) -> Document:
    places = [Span.of(0, 4), Span.of(9, 13), Span.of(15, 19), Span.of(24, 28)]
    quote = Quote("1", "direct", Span.of(0, 13), speaker=Span.of(15, 19), cue=Span.of(20, 23))
    entities = tuple(Entity(*pair) for pair in zip(places, labels, strict=False))
    return Document(id, text, Annotations(entities, (quote,) if len(labels) > 2 else ()))


GOLD = [document("a", "PER", "LOC", "PER"), document("b", "PER", "LOC"), document("c", "LOC", "LOC", "PER")]
FOUND = [document("a", "PER", "LOC", "LOC"), document("b", "PER"), document("c", "PER", "LOC", "PER")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, two files of predictions, and the passport of their scores."""
    folder = tmp_path_factory.mktemp("whole")
    native.write(folder / "gold", GOLD)
    predictions.write(folder / "p.jsonl", FOUND)
    predictions.write(folder / "q.jsonl", GOLD)
    written(
        folder,
        score_files(f"native:{folder}/gold", [f"{folder}/p.jsonl", f"{folder}/q.jsonl"], schema="strict"),
    )
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_corpus_and_predictions_are_counted_again(folder: Path) -> None:
    verdict = verify(folder, "native:gold", ["p.jsonl", "q=q.jsonl"])
    assert not verdict.fails
    assert len(verdict.holds) == 6
    assert verdict.unchecked == ["who made the predictions, and how: no passport can show it"]


@pytest.mark.parametrize(
    ("gold", "given", "message"),
    [
        ([*GOLD[:2], document("c", "PER", "LOC", "PER")], [], "document c has other annotations"),
        ([*GOLD[:2], document("c", "PER", text=TEXT + " Ja.")], [], "document c has another text"),
        (GOLD[:2], [], "document c is missing"),
        (GOLD, ["p=q.jsonl"], "systems, p, scores, entities, strict, precision: is 0.714"),
    ],
)
def test_another_corpus_and_other_predictions_are_refused(
    gold: list[Document], given: list[str], message: str, folder: Path
) -> None:
    shutil.rmtree("gold")
    native.write(Path("gold"), gold)
    assert [line for line in verify(folder, "native:gold", given).fails if message in line]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: {**data, "format": "other/1"}, "is no passport"),
        (lambda data: {**data, "corpora": []}, "is no whole passport: it is of no corpus"),
        (lambda data: {key: data[key] for key in data if key != "tests"}, "it lacks tests"),
        (lambda data: changed(data, ("corpora", 0, "version"), lambda _: "9.0.0"), "made by version 9.0.0"),
        (lambda data: changed(data, ("corpora", 0, "systems"), lambda _: []), "no system has scores"),
    ],
)
def test_what_is_no_passport_of_this_version_is_refused(
    change: Callable[[dict[str, Any]], dict[str, Any]], message: str, folder: Path
) -> None:
    data = json.loads((folder / made.NAME).read_text())
    (folder / made.NAME).write_text(json.dumps(change(data)))
    with pytest.raises(DataError, match=message):
        verify(folder)


@pytest.mark.parametrize(
    ("place", "change", "message"),
    [
        (("approved",), lambda _: True, "approved: is true; the content gives nothing"),
        (("approved",), lambda _: None, "approved: is null; the content gives nothing"),
        (("corpora", 0, "approved"), lambda _: None, "approved: is null; the counts give nothing"),
        (("corpora", 0, "corpus", "hash"), lambda one: one + "\n", "against its pattern"),
        (("corpora", 0, "corpus", "hash"), lambda one: one + "x", "against its pattern"),
        (("corpora", 0, "digests", "a", 0), lambda _: "another", "against its pattern"),
        (("corpora", 0, "systems", 0, "answers", 0), lambda _: "another", "against its pattern"),
        (
            ("corpora", 0, "named", 0),
            lambda _: "z at 0",
            "named are other documents than those of the digests",
        ),
        (
            ("corpora", 0, "named"),
            lambda one: one[::-1],
            "named are other documents than those of the digests",
        ),
        (("corpora", 0, "systems", 0, "answers"), lambda _: [], "has digests without answers of p"),
        (("corpora", 0, "settings", "seed"), lambda _: 5, "the jackknife draws nothing"),
        (("corpora", 0, "settings", "confidence"), lambda _: 1.0, "against its exclusiveMaximum 1"),
        (COUNTS, lambda one: {**one, "averages": [*one["averages"]] * 2}, "averages: is "),
        (COUNTS, lambda one: {**one, "scale": 0}, "scale is 0, against its minimum 1"),
    ],
)
def test_what_no_count_gives_fits_what_stands_beside_it(
    place: tuple[Any, ...], change: Callable[[Any], Any], message: str, folder: Path
) -> None:
    data = json.loads((folder / made.NAME).read_text())
    inner = data
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = change(inner.get(place[-1]) if isinstance(inner, dict) else inner[place[-1]])
    (folder / made.NAME).write_text(json.dumps({**data, "digest": made._digest(data)}))
    try:
        told = verify(folder).fails
    except WortlautError as error:
        told = [str(error)]
    assert [line for line in told if message in line]


def test_a_number_beyond_those_of_a_file_is_refused(folder: Path) -> None:
    text = (folder / made.NAME).read_text()
    (folder / made.NAME).write_text(re.sub(r'"f1": [0-9.]+', '"f1": 1e999', text, count=1))
    with pytest.raises(DataError, match="f1 is inf, not number"):
        verify(folder)


def test_a_score_that_was_left_out_is_told_by_the_predictions(folder: Path) -> None:
    data = json.loads((folder / made.NAME).read_text())
    del data["corpora"][0]["systems"][0]["scores"]["cues"]
    data["tests"] = made._followed([Evaluation.from_dict(one) for one in data["corpora"]])["tests"]
    (folder / made.NAME).write_text(json.dumps({**data, "digest": made._digest(data)}))
    assert not verify(folder).fails
    (told,) = verify(folder, "native:gold", ["p=p.jsonl"]).fails
    assert "systems, p, scores, cues: is nothing; the predictions give {" in told


def test_a_key_that_stands_twice_is_refused(folder: Path) -> None:
    text = (folder / made.NAME).read_text()
    (folder / made.NAME).write_text(text.replace('"f1": ', '"f1": 1.0, "f1": ', 1))
    with pytest.raises(DataError, match="'f1' stands twice"):
        verify(folder)


def test_a_result_without_counts_or_with_other_numbers_makes_none() -> None:
    with pytest.raises(
        DataError, match="lacks the counts of each document: a result of --samples 0 has none"
    ):
        passport([evaluate(ONE, corpus(3), samples=0)])
    old = ROOT / "tests/cases/old/evaluation.json"
    with pytest.raises(DataError, match="an earlier version wrote none"):
        passport([load_evaluation(old)])
    data = changed(
        of_kind("drawn").to_dict(), ("systems", 0, "scores", "entities", "strict", "f1"), lambda _: 0.5
    )
    with pytest.raises(DataError, match=r"strict, f1 is 0\.5, and the counts give"):
        passport([Evaluation.from_dict(data)])


def test_predictions_need_their_corpus_and_their_system(folder: Path) -> None:
    with pytest.raises(DataError, match="predictions are counted against a corpus"):
        verify(folder, None, ["p.jsonl"])
    with pytest.raises(UnknownNameError, match="unknown system of the passport 'r'"):
        verify(folder, "native:gold", ["r=p.jsonl"])


def test_a_changed_name_ends_with_1_and_no_passport_with_2(folder: Path) -> None:
    path = folder / made.NAME
    path.write_text(path.read_text().replace('"p"', '"the best"'))
    done = run("verify", made.NAME, cwd=folder)
    assert (done.returncode, "does not hold: passport.json: digest: is " in done.stdout) == (1, True)
    assert run("verify", "p.jsonl", cwd=folder).returncode == 2
