"""Training data: the same splits for everybody, no near copy on both sides, and spaCy trains on it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import replace

import pytest

from wortlaut.corpus.load import Corpus
from wortlaut.corpus.splits import near_copies, split
from wortlaut.errors import DataError, UnknownNameError
from wortlaut.model import Annotations, Document, Entity, Span
from wortlaut.release.training import _sides, export

NAMES = ("Anna Weiß", "Bert Muster", "Carla Klein", "Dora Groß")
VERBS = "sagte dachte meinte schrieb rief las sang".split()
THINGS = "Brücke Straße Schule Stadt Wiese Halle Bühne Kirche Mühle Gasse".split()


def made_up(id, seed, sentences=8):
    chance = random.Random(seed)
    text, entities = "", []
    for _ in range(sentences):
        name = chance.choice(NAMES)
        entities.append(Entity(Span.of(len(text), len(text) + len(name)), "PER"))
        text += (
            f"{name} {chance.choice(VERBS)} über die {chance.choice(THINGS)} und die {chance.choice(THINGS)} "
        )
        text += f"am Tag {chance.randint(1, 999)}. "
    return Document(id, text.rstrip(), Annotations(tuple(entities)))


@pytest.fixture(scope="module")
def documents():
    return [made_up(f"d{number}", number) for number in range(30)]


def test_splits_do_not_depend_on_order_or_company(documents):
    sides, near = split(documents)
    assert near == [] and set(sides.values()) == {"train", "dev", "test"}
    assert split(documents[::-1])[0] == sides
    more, _ = split([*documents, *(made_up(f"n{number}", 100 + number) for number in range(30))])
    assert {id: side for id, side in more.items() if id in sides} == sides


def test_splits_that_the_corpus_declares_are_those_of_the_training_data(documents):
    def parts(*sides):
        declared = zip(documents, sides * 30, strict=False)
        said = [replace(document, meta=(("split", side),)) for document, side in declared]
        found, _ = _sides(said)
        return {(dict(one.meta)["split"], found[one.id]) for one in said}

    all_three = {("train", "train"), ("validation", "dev"), ("test", "test")}
    assert parts("train", "validation", "test") == all_three
    assert parts("train", "train", "test") == {("train", "train"), ("train", "dev"), ("test", "test")}
    assert _sides(documents) == split(documents)


def test_near_copies_stand_on_one_side(documents):
    texts = {document.id: document.text for document in documents}
    # A copy with an additional sentence, a part of one, and another text.
    copies = [
        Document("a-copy", texts["d0"] + " Nachtrag der Redaktion vom Abend."),
        Document("a-part", " ".join(texts["d1"].split()[:40])),
        Document("z-copy", texts["d0"].replace("sagte", "meinte")),
    ]
    found = {(pair.first, pair.second) for pair in near_copies([*documents, *copies])}
    assert {("d0", "a-copy"), ("d1", "a-part"), ("d0", "z-copy"), ("a-copy", "z-copy")} == found
    sides, _ = split([*documents, *copies])
    assert sides["d0"] == sides["a-copy"] == sides["z-copy"] and sides["d1"] == sides["a-part"]


@pytest.mark.parametrize("number", range(3, 12))
def test_every_split_has_a_document(number):
    sides, _ = split([made_up(f"x{index}", index) for index in range(number)])
    assert set(sides.values()) == {"train", "dev", "test"}


def test_what_cannot_be_split_is_refused(documents, tmp_path):
    with pytest.raises(DataError, match="one document cannot be split"):
        export("spacy", "gold", tmp_path / "out")
    copies = [Document(f"c{number}", documents[0].text) for number in range(9)]
    with pytest.raises(DataError, match="9 documents, of which some are near copies, cannot be split"):
        split(copies)
    with pytest.raises(UnknownNameError):
        export("flair", Corpus.of("x", documents), tmp_path / "out")
    (tmp_path / "voll").mkdir()
    (tmp_path / "voll/x").write_text("x")
    with pytest.raises(DataError, match="not overwritten"):
        export("spacy", Corpus.of("x", documents), tmp_path / "voll")
    assert [path.name for path in tmp_path.iterdir()] == ["voll"]


def test_spans_that_fit_no_token_are_reported(documents, tmp_path):
    text = "Der CDU-Chef kam nach Ulm und ging wieder."
    lost = Document(
        "lost",
        text,
        Annotations(
            (
                Entity(Span.of(4, 12), "ORGpart"),
                Entity(Span.of(4, 7), "ORG", level=2),
                Entity(Span.of(22, 25), "LOC"),
            )
        ),
    )
    exported = export("spacy", Corpus.of("x", [*documents, lost]), tmp_path / "out")
    assert [(loss.kind, loss.count) for loss in exported.losses] == [("entity", 1)]
    assert "'CDU'" in exported.losses[0].examples[0]
    report = "\n".join(exported.lines())
    assert "not in the data: 1 × entity" in report and "1 nested names" in report


@pytest.mark.long
def test_spacy_trains_on_it_and_the_model_is_evaluated(documents, tmp_path):
    from wortlaut.evaluation.evaluate import evaluate
    from wortlaut.formats import reader, writer

    corpus = Corpus.of("made-up", documents)
    exported = export("spacy", corpus, tmp_path / "data")
    assert sum(exported.documents.values()) == len(documents)
    described = json.loads((tmp_path / "data/splits.json").read_text("utf-8"))
    assert described["hash"] == corpus.hash
    held_out = []
    for name, count in exported.documents.items():
        read = list(reader("docbin")(tmp_path / f"data/{name}.spacy"))
        assert len(read) == count and {described["documents"][one.id] for one in read} == {name}
        held_out += read if name != "train" else []
    assert "wortlaut.ents_scorer.v1" in (tmp_path / "data/config.cfg").read_text("utf-8")
    # The command that the report names, with as few steps as will do.
    (command,) = [line for line in exported.lines() if line.startswith("train: ")]
    words = command.removeprefix("train: python ").replace("MODEL", str(tmp_path / "model")).split()
    few = ["--training.max_steps", "40", "--training.eval_frequency", "20"]
    done = subprocess.run(
        [sys.executable, *words, *few], capture_output=True, text=True, cwd=tmp_path, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    writer("dataset")(tmp_path / "held-out", held_out)
    spec = f"spacy:{tmp_path / 'model/model-best'}"
    (system,) = evaluate([spec], str(tmp_path / "held-out"), samples=0).systems
    assert system.failed is None
    scores = system.scores["entities"]["strict"]
    assert scores.gold == sum(len(document.entities) for document in held_out) > 0
    # Four names in every sentence: forty steps are enough to find most of them.
    assert scores.f1 is not None and scores.f1 > 0.5
