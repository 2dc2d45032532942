"""A corpus scored chunk by chunk, from folders of any size: the numbers of one go, and nothing lost."""

from __future__ import annotations

import json
import os
import random
import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import examples
from test_evaluation import validator

from wortlaut.corpus.load import Corpus, corpus_hash
from wortlaut.errors import DataError, UnknownNameError
from wortlaut.evaluation import scorer
from wortlaut.evaluation.comparison import compare
from wortlaut.evaluation.evaluate import Evaluation, evaluate
from wortlaut.evaluation.scorer import Source
from wortlaut.extractors import resolve
from wortlaut.formats import dataset, shards
from wortlaut.model import ROLES, Annotations, Cluster, Document, Entity, Quote, Span, Text
from wortlaut.model.batch import Batch
from wortlaut.records.annotations import record
from wortlaut.scoring import engine
from wortlaut.scoring.metrics import GIVEN, OURS, QUOTES

WORDS = "Anna sah Bonn , und Otto Muster sagte es .".split()
#: Every schema that counts spans.
SCHEMAS = tuple(name.replace("@T", "@0.8") for name in OURS)
NAMES = {"c1": "Anna", "c2": "Otto Muster", "c3": "Muster"}


def text(rng: random.Random) -> str:
    sentences = [" ".join(rng.choices(WORDS, k=rng.randint(3, 9))) for _ in range(rng.randint(1, 5))]
    return ". ".join(sentences) + "."


def span(rng: random.Random, size: int, pieces: int = 2) -> Span:
    cuts = sorted(rng.sample(range(size + 1), 2 * rng.randint(1, pieces)))
    return Span.joined(zip(cuts[::2], cuts[1::2], strict=True))


def annotations(rng: random.Random, size: int) -> Annotations:
    """Nested, overlapping and discontinuous spans, ambiguous names, mentions in several clusters."""
    entities = tuple(
        Entity(
            span(rng, size),
            rng.choice(("PER", "LOC", "ORG")),
            rng.randint(1, 2),
            entity=rng.choice((None, *NAMES)),
        )
        for _ in range(rng.randint(0, 4))
    )
    quotes = tuple(
        Quote(
            f"q{i}",
            rng.choice(("direct", "indirect", "free indirect")),
            span(rng, size),
            rng.choice((None, "speech", "writing")),
            **{role: span(rng, size) if rng.random() < 0.6 else None for role in ROLES},
            speaker_entity=rng.choice((None, *NAMES, "Muster")),
        )
        for i in range(rng.randint(0, 3))
    )
    clusters = tuple(
        Cluster(id, name, "PER", mentions=tuple(span(rng, size) for _ in range(rng.randint(0, 2))))
        for id, name in NAMES.items()
    )
    return Annotations(entities, quotes, clusters)


def flat(rng: random.Random, size: int) -> Annotations:
    """Entities of one level that do not overlap: what other scorers take."""
    cuts = sorted(rng.sample(range(size + 1), 6))
    pairs = [pair for pair in zip(cuts[::2], cuts[1::2], strict=True) if rng.random() < 0.7]
    return Annotations(tuple(Entity(Span.of(*p), rng.choice(("PER", "LOC", "ORG"))) for p in pairs))


@dataclass(frozen=True)
class Case:
    """Documents in an order of their own, and what was found in each."""

    documents: tuple[Document, ...]
    found: Mapping[str, Annotations]

    @property
    def corpus(self) -> Corpus:
        return Corpus.of("made", self.documents)


def case(seed: int, count: int, made: Any = annotations) -> Case:
    rng = random.Random(seed)
    documents, found = [], {}
    for i in range(count):
        words, id = text(rng), f"d{i:02}"
        gold = made(rng, len(words))
        # Now and then a right answer, which chance would not give.
        found[id] = gold if rng.random() < 0.4 else made(rng, len(words))
        documents.append(Document(id, words, gold, (("desk", rng.choice(("a", "b"))),)))
    rng.shuffle(documents)
    return Case(tuple(documents), found)


@dataclass
class Answers:
    """Gives what the case says was found, and attributes given quotes to themselves."""

    case: Case
    finds: Sequence[str] = ("entities", "quotes", "clusters")
    spec: str = "answers"

    def extract(self, texts: Sequence[Text]) -> list[Annotations]:
        return [self.case.found[text.id] for text in texts]

    def attribute(self, texts: Sequence[Text], quotes: Sequence[Sequence[Quote]]) -> list[list[Quote]]:
        return [[replace(q, speaker=q.content, speaker_entity="Muster") for q in of] for of in quotes]


@contextmanager
def chunks_at(borders: Sequence[int]) -> Iterator[None]:
    """Chunks of a corpus begin at these documents."""

    def chunks(self: Source) -> Iterator[tuple[int, Batch]]:
        whole = Batch.joined([*self.opened()])
        edges = sorted({0, len(whole), *(b for b in borders if b < len(whole))})
        yield from ((a, whole.take(np.arange(a, b))) for a, b in pairwise(edges))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Source, "chunks", chunks)
        yield


def plain(evaluation: Evaluation, *, items: bool = True) -> dict[str, Any]:
    """Everything that is told, without single items if those are not kept."""
    told = evaluation.to_dict()
    if not items:
        told["items"] = None
        told.pop("named", None)
        told.pop("excerpts", None)
        told.pop("digests", None)
        told["notes"] = [note for note in told["notes"] if "--items" not in note]
        for system in told["systems"]:
            system.pop("answers", None)
            for by_schema in system["scores"].values():
                for result in by_schema.values():
                    result.pop("hits", None)
                    result.pop("wrong", None)
    return told


cases = st.tuples(st.integers(0, 2**32), st.integers(1, 13), st.lists(st.integers(0, 12)), st.booleans())


@examples(3)
@given(cases)
@example((7, 13, [3, 8], True))
@example((8, 13, [1, 2, 12], False))
@example((42268485, 5, [3, 2], False))
@pytest.mark.long
def test_chunks_and_their_order_change_no_number(drawn: tuple[int, int, list[int], bool]) -> None:
    seed, count, borders, items = drawn
    one = case(seed, count)
    arguments: dict[str, Any] = {
        "schema": (*SCHEMAS, *QUOTES),
        "by": ("level", "length", "document", "meta:desk"),
        "samples": 40,
    }
    extractors = [Answers(one), Answers(one, ("entities",), "entities only")]
    with chunks_at([]):
        whole = evaluate(extractors, one.corpus, items=True, **arguments)
    with chunks_at(borders):
        parts = evaluate(extractors, one.corpus, items=items, **arguments)
    assert not any(system.failed for system in whole.systems)
    assert plain(parts, items=items) == plain(whole, items=items)
    assert whole.corpus.hash == parts.corpus.hash
    assert bool(parts.corpus.documents) == items


@examples(10)
@given(cases)
@example((7, 13, [3, 8], True))
@example((268435457, 1, [], False))  # nothing on either side
def test_other_scorers_see_the_entities_of_all_chunks(drawn: tuple[int, int, list[int], bool]) -> None:
    seed, count, borders, items = drawn
    one = case(seed, count, flat)
    arguments: dict[str, Any] = {"schema": GIVEN, "samples": 40, "allow_empty": True}
    with chunks_at([]):
        whole = evaluate(Answers(one), one.corpus, items=True, **arguments)
    with chunks_at(borders):
        parts = evaluate(Answers(one), one.corpus, items=items, **arguments)
    assert plain(parts, items=items) == plain(whole, items=items)


def test_labels_that_only_some_chunks_have_are_the_same_labels() -> None:
    one = case(5, 12)
    projection = {"PER": "person", "LOC": "place", "ORG": None}
    with chunks_at([]):
        whole = evaluate(Answers(one), one.corpus, labels=projection, samples=40)
    with chunks_at(range(12)):
        parts = evaluate(Answers(one), one.corpus, labels=projection, samples=40)
    assert plain(parts) == plain(whole)
    assert any("left out" in note for note in whole.notes)
    assert list(whole.systems[0].scores["entities"]["strict"].per_label) == ["person", "place"]


class Late:
    """Like a function: which layers it looks for shows when it first finds something."""

    spec = "late"

    def __init__(self, one: Case, first: int) -> None:
        self._case, self._first, self._seen = one, first, 0
        self.finds: set[str] = set()

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        for text in texts:
            self._seen += 1
            found = self._case.found[text.id] if self._seen > self._first else Annotations()
            self.finds |= {layer for layer in ("entities", "quotes", "clusters") if getattr(found, layer)}
            yield found


def test_a_layer_that_is_found_late_was_missed_before() -> None:
    one = case(7, 12)
    by_id = replace(one, documents=tuple(sorted(one.documents, key=lambda d: d.id)))
    with chunks_at([]):
        whole = evaluate(Late(one, 6), by_id.corpus, by=["level"], samples=20)
    with chunks_at(range(12)):
        parts = evaluate(Late(one, 6), by_id.corpus, by=["level"], samples=20)
    assert plain(parts) == plain(whole)
    assert {"entities", "quotes", "clusters"} <= whole.systems[0].scores.keys()


def stored(folder: Path, documents: Sequence[Document]) -> str:
    folder.mkdir()
    dataset.write(folder / "corpus", documents)
    return str(folder / "corpus")


def line(id: str, found: Annotations) -> str:
    return json.dumps(record(id, found)) + "\n"


@examples(4)
@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(0, 25), max_size=5))
@pytest.mark.long
def test_a_folder_of_files_in_any_order_scores_as_one_file(
    seed: int, cuts: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("folder")
    one = case(seed, 25)
    lines = [line(id, found) for id, found in one.found.items()]
    random.Random(seed).shuffle(lines)
    (folder / "all.jsonl").write_text("".join(lines))
    (folder / "parts").mkdir()
    for number, (a, b) in enumerate(pairwise(sorted({0, len(lines), *cuts}))):
        (folder / "parts" / f"{number}.jsonl").write_text("\n" * number + "".join(lines[a:b]))
    whole = evaluate(f"preds:{folder}/all.jsonl", one.corpus, samples=40)
    with chunks_at(cuts):
        parts = evaluate(f"preds:{folder}/parts", one.corpus, samples=40)
    told = [plain(evaluation) for evaluation in (whole, parts)]
    for row in told:
        assert "failed" not in row["systems"][0]
        row["systems"][0]["name"] = "preds"
    assert told[0] == told[1]


def extraction(folder: Path, one: Case, size: int = 10, failed: Sequence[str] = ()) -> str:
    """The folder that ``wortlaut extract`` would write."""
    made = []
    (folder / "shards").mkdir(parents=True)
    for number, first in enumerate(range(0, len(one.documents), size)):
        part = one.documents[first : first + size]
        ids = [document.id for document in part]
        table = shards.shard_table(
            ids,
            [sha256(document.text.encode()).hexdigest() for document in part],
            ["it broke" if id in failed else None for id in ids],
            [shards.annotation_columns([None if id in failed else one.found[id] for id in ids])],
        )
        data = shards.shard_bytes(table)
        count = sum(id in failed for id in ids)
        shard = shards.Shard(number, len(part), count, len(data), sha256(data).hexdigest(), "")
        (folder / shard.name).write_bytes(data)
        made.append(shard)
    ran = shards.Ran("made", {}, ("entities", "quotes", "clusters"))
    manifest = shards.Manifest(ran, "made", size, tuple(made), "0" * 64)
    (folder / shards.MANIFEST).write_text(manifest.to_json())
    return f"preds:{folder}"


def test_an_extraction_scores_as_the_extractor_did(tmp_path: Path) -> None:
    one = case(11, 47)
    plainly = replace(Answers(one), spec="x")
    plainly.attribute = None  # type: ignore[assignment,method-assign]
    whole = plain(evaluate(plainly, one.corpus, samples=40))
    parts = plain(evaluate(extraction(tmp_path / "out", one), one.corpus, samples=40))
    parts["systems"][0]["name"] = "x"
    assert parts == whole


def test_quarantined_documents_count_as_nothing_found_and_that_is_said(tmp_path: Path) -> None:
    one = case(12, 30)
    spec = extraction(tmp_path / "out", one, failed=["d03", "d07", "d21"])
    empty = replace(one, found={**one.found, **dict.fromkeys(("d03", "d07", "d21"), Annotations())})
    plainly = Answers(empty)
    plainly.attribute = None  # type: ignore[assignment,method-assign]
    (system,) = evaluate(spec, one.corpus, samples=40).systems
    (expected,) = evaluate(plainly, one.corpus, samples=40).systems
    assert system.scores == expected.scores
    assert system.notes == ("3 documents in quarantine count as nothing found: failures.jsonl says why.",)


def failure(spec: str, corpus: Corpus) -> str:
    (system,) = evaluate(spec, corpus, samples=0, on_error="keep").systems
    assert system.failed is not None
    return system.failed


def test_what_is_missing_strange_double_or_of_another_text_is_named(tmp_path: Path) -> None:
    one = case(13, 30)
    ordered = sorted(one.documents, key=lambda d: d.id)
    one = replace(one, documents=tuple(ordered))
    less = replace(one, documents=one.documents[:12])
    spec = extraction(tmp_path / "less", less)
    assert "no row for document 'd12'; 'd11' before it is in shards/00001.parquet" in failure(
        spec, one.corpus
    )
    spec = extraction(tmp_path / "more", one)
    told = failure(spec, less.corpus)
    assert "documents that the corpus does not have: 'd12' (shards/00001.parquet)" in told
    assert "and 8 more" in told
    spec = extraction(tmp_path / "twice", replace(one, documents=(*one.documents, one.documents[4])))
    told = failure(spec, one.corpus)
    assert "document 'd04' is already in shards/00000.parquet" in told and "shards/00003.parquet" in told
    other = replace(one.documents[15], text=one.documents[15].text + " Ja.")
    changed = Corpus.of("made", (*one.documents[:15], other, *one.documents[16:]))
    told = failure(extraction(tmp_path / "other", one), changed)
    assert "document 'd15' was extracted from another text" in told and "shards/00001.parquet" in told


def test_a_damaged_shard_and_one_of_another_size_are_named(tmp_path: Path) -> None:
    one = case(14, 20)
    spec = extraction(tmp_path / "out", one)
    file = tmp_path / "out" / "shards" / "00001.parquet"
    whole = file.read_bytes()
    file.write_bytes(whole[:-100])
    assert "shards/00001.parquet: is damaged" in failure(spec, one.corpus)
    file.write_bytes(whole)
    manifest = tmp_path / "out" / shards.MANIFEST
    manifest.write_text(manifest.read_text().replace('"documents": 10, ', '"documents": 11, ', 1))
    assert "shards/00000.parquet: holds 10 documents, not the 11" in failure(spec, one.corpus)


def test_an_extraction_that_is_not_complete_is_refused(tmp_path: Path) -> None:
    one = case(15, 20)
    spec = extraction(tmp_path / "out", one)
    manifest = tmp_path / "out" / shards.MANIFEST
    manifest.write_text(manifest.read_text().replace(f'"{"0" * 64}"', "null"))
    assert "not complete" in failure(spec, one.corpus)


def test_lines_of_a_folder_are_named_by_file_and_number(tmp_path: Path) -> None:
    one = case(16, 12)
    lines = [line(id, found) for id, found in one.found.items()]
    (tmp_path / "a.jsonl").write_text("".join(lines[:6]))
    (tmp_path / "b.jsonl").write_text("".join([*lines[6:], lines[2]]))
    told = failure(f"preds:{tmp_path}", one.corpus)
    assert "document 'd02' is already in a.jsonl, line 3" in told and f"{tmp_path}/b.jsonl:7" in told
    (tmp_path / "b.jsonl").write_text("".join(lines[6:-1]) + line("x", Annotations()))
    told = failure(f"preds:{tmp_path}", one.corpus)
    assert "no line for document 'd11'; 'd10' before it is in b.jsonl, line 5" in told
    told = failure(f"preds:{tmp_path}?missing=empty", one.corpus)
    assert "a document that the corpus does not have: 'x' (b.jsonl, line 6)" in told
    (tmp_path / "empty").mkdir()
    assert "neither predictions" in failure(f"preds:{tmp_path}/empty", one.corpus)


def test_ids_with_the_same_hash_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wortlaut.extractors.preds._keys", lambda ids: array("q", [7] * len(ids)))
    one = case(17, 12)
    (tmp_path / "a.jsonl").write_text("".join(line(id, found) for id, found in one.found.items()))
    made = resolve(f"preds:{tmp_path}")
    texts = [Text(document.text, document.id) for document in one.documents]
    assert list(made.extract(texts)) == [one.found[text.id] for text in texts]


@pytest.mark.long
def test_a_large_corpus_is_read_as_a_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = case(18, 24)
    ref = stored(tmp_path / "stored", one.documents)
    kept = evaluate(Answers(one), ref, samples=40)
    assert kept.corpus.documents and kept.systems[0].found
    monkeypatch.setattr(scorer, "KEPT_CHARACTERS", 1000)
    monkeypatch.setattr(scorer, "CHUNK_DOCUMENTS", 7)
    told: list[tuple[str, int, int]] = []
    streamed = evaluate(Answers(one), ref, samples=40, progress=lambda *row: told.append(row))
    assert plain(streamed, items=False) == plain(kept, items=False)
    assert not streamed.corpus.documents and not streamed.systems[0].found
    assert not streamed.systems[0].judged
    assert streamed.documents == 24 and told[-1] == ("answers", 24, 24)
    assert any("--items" in note for note in streamed.notes)
    assert plain(evaluate(Answers(one), ref, samples=40, items=True)) == plain(kept)
    data = json.loads(json.dumps(streamed.to_dict()))
    assert data["items"] is None and not list(validator("evaluation").iter_errors(data))


def test_chunks_end_after_so_many_documents_or_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    one = case(19, 20)
    source = Source.of(one.corpus, False)
    monkeypatch.setattr(scorer, "CHUNK_DOCUMENTS", 6)
    assert [(first, len(chunk)) for first, chunk in source.chunks()] == [(0, 6), (6, 6), (12, 6), (18, 2)]
    monkeypatch.setattr(scorer, "CHUNK_CHARACTERS", 1)
    assert [first for first, _ in source.chunks()] == list(range(20))


def test_systems_of_a_streamed_corpus_are_compared_without_the_list_of_items() -> None:
    one = case(20, 30)
    found = {id: Annotations(one.found[id].entities[:1]) for id in one.found}
    both = [Answers(one, spec="a"), Answers(replace(one, found=found), spec="b")]
    kept = compare(evaluate(both, one.corpus, samples=40, items=True), samples=50, trials=50)
    streamed = compare(evaluate(both, one.corpus, samples=40, items=False), samples=50, trials=50)
    assert [(row.layer, row.schema, row.test, row.p_holm) for row in streamed.rows] == [
        (row.layer, row.schema, row.test, row.p_holm) for row in kept.rows
    ]
    assert any(row.flips for row in kept.rows) and not any(row.flips for row in streamed.rows)
    assert any("--items" in note for note in streamed.notes) and not any("--items" in n for n in kept.notes)


@pytest.mark.parametrize("change", ["less", "more", "other"])
def test_a_corpus_that_changes_while_it_is_scored_is_refused(change: str) -> None:
    one = case(22, 12)
    source = Source.of(one.corpus, False)
    documents = {
        "less": one.documents[:-1],
        "more": (*one.documents, replace(one.documents[0], id="new")),
        "other": (*one.documents[:-1], replace(one.documents[-1], id="new")),
    }[change]
    with pytest.raises(DataError, match="has changed while it was scored"):
        list(replace(source, opened=lambda: [Batch.of(documents)]).chunks())


def test_a_corpus_that_columns_hold_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.conll"
    for most, alike in ((scorer._READ_ONCE, True), (0, False)):
        monkeypatch.setattr(scorer, "_READ_ONCE", most)
        file.write_text("Bonn B-LOC\n\nKöln B-LOC\n")
        source = Source.of(f"conll:{file}", False)
        file.write_text("Bonn B-LOC\n\nUlm O\n")
        assert ([text for _, batch in source.chunks() for text in batch.texts] == ["Bonn", "Köln"]) is alike


def test_the_hash_of_a_stream_is_that_of_the_corpus(tmp_path: Path) -> None:
    one = case(23, 300)
    assert Source.of(stored(tmp_path / "a", one.documents), False).gold.hash == corpus_hash(one.documents)


def test_an_extractor_that_fails_in_a_later_chunk_has_no_scores_and_is_closed() -> None:
    one = case(24, 12)
    closed = []

    class Broken(Answers):
        def extract(self, texts: Sequence[Text]) -> list[Annotations]:
            if any(text.id == "d09" for text in texts):
                raise KeyError("boom")
            return super().extract(texts)

        def close(self) -> None:
            closed.append(self.spec)

    with chunks_at([3, 8]):
        first, last = evaluate(
            [Broken(one, spec="broken"), Answers(one)], one.corpus, samples=0, on_error="keep"
        ).systems
    assert first.failed is not None and "boom" in first.failed and not first.scores
    assert last.failed is None and last.scores
    assert closed == ["broken"]


def test_many_labels_have_scores_but_no_intervals_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    one = case(25, 40)
    before = evaluate(Answers(one), one.corpus, by=["document"], samples=40).systems[0]
    monkeypatch.setattr(engine, "_MANY_LABELS", 10)
    monkeypatch.setattr(engine, "_LABEL_CELLS", 100)
    after = evaluate(Answers(one), one.corpus, by=["document"], samples=40).systems[0]
    assert after.scores["entities"] == before.scores["entities"]
    old, new = (system.breakdowns["entities"]["document"]["strict"] for system in (before, after))
    assert (new.f1, new.macro and new.macro.f1) == (old.f1, old.macro and old.macro.f1)
    assert new.f1_interval is not None
    assert {label: row.f1 for label, row in new.per_label.items()} == {
        label: row.f1 for label, row in old.per_label.items()
    }
    assert all(row.f1_interval is None for row in new.per_label.values())
    assert any("no intervals for each of" in note for note in new.notes)
    assert np.array_equal(new.per_unit, old.per_unit)


@pytest.fixture(scope="module")
def cores() -> Iterator[None]:
    """Ray on two cores of this machine."""
    ray = pytest.importorskip("ray", reason="ray is not installed: python -m pip install 'wortlaut[ray]'")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # Workers unpickle what this module made, and find it where pytest put it.
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
        try:
            yield
        finally:
            ray.shutdown()


@pytest.mark.parametrize(
    ("spec", "workers"), [("preds:x.conll", (1, 1)), ("preds:x.jsonl?missing=empty", None)]
)
def test_a_file_that_is_matched_as_a_whole_has_one_actor(
    spec: str, workers: tuple[int, int] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others would miss the documents of its chunks, and count in its order anew."""
    (tmp_path / "x.conll").write_text("Uhl B-PER\n")
    (tmp_path / "x.jsonl").write_text("")
    monkeypatch.chdir(tmp_path)
    asked: list[tuple[int, int] | None] = []

    def on_actors(work: Any, chunks: Any, cluster: Any, **more: Any) -> list[Any]:
        asked.append(cluster.workers)
        raise DataError("seen")

    monkeypatch.setattr("wortlaut.running.on_ray.on_actors", on_actors)
    with pytest.raises(DataError, match="seen"):
        evaluate(spec, Corpus.of("made", [Document("a", "Uhl")]), engine="ray")
    assert asked == [workers]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray", "ignore::FutureWarning:ray")
@pytest.mark.usefixtures("cores")
@pytest.mark.parametrize("items", [True, False])
@pytest.mark.long
def test_ray_scores_as_one_process_does(items: bool, tmp_path: Path) -> None:
    one = case(26, 60)
    extractor = Answers(one) if items else extraction(tmp_path / "out", one, failed=["d03", "d44"])
    arguments: dict[str, Any] = {"schema": ("strict", "partial", "spkatt"), "by": ["level"], "samples": 40}
    here = evaluate(extractor, one.corpus, items=items, **arguments)
    with chunks_at(range(0, 60, 9)):
        there = evaluate(extractor, one.corpus, items=items, engine="ray", **arguments)
    assert here.systems[0].failed is None
    assert plain(there) == plain(here)
    assert there.systems[0].found == here.systems[0].found


@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray", "ignore::FutureWarning:ray")
@pytest.mark.usefixtures("cores")
@pytest.mark.long
def test_errors_come_back_from_ray(tmp_path: Path) -> None:
    one = case(27, 30)
    spec = extraction(tmp_path / "out", replace(one, documents=one.documents[:20]))

    class Leaving(Answers):
        def extract(self, texts: Sequence[Text]) -> list[Annotations]:
            os._exit(3)

    with chunks_at(range(0, 30, 7)):
        systems = evaluate([spec, Leaving(one)], one.corpus, samples=0, engine="ray", on_error="keep").systems
    told = [str(system.failed) for system in systems]
    assert "no row for document" in told[0]
    assert "a worker failed" in told[1]


def test_without_ray_its_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    one = case(28, 3)
    monkeypatch.setitem(sys.modules, "ray", None)
    (system,) = evaluate(Answers(one), one.corpus, samples=0, engine="ray", on_error="keep").systems
    assert system.failed is not None and "wortlaut[ray]" in system.failed
    with pytest.raises(UnknownNameError, match="unknown engine 'rey'"):
        evaluate(Answers(one), one.corpus, engine="rey")
