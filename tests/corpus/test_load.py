"""One reference names any corpus; what is wrong with it is said, not skipped."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from datasets import ClassLabel, Dataset, Features, Sequence, Value
from shared import ROOT

from wortlaut import score
from wortlaut.corpus.load import Corpus, corpus_hash, gold_root, load_corpus, stream_corpus
from wortlaut.errors import DataError, MissingFileError, UnknownNameError, WortlautError
from wortlaut.model import Annotations, Document, Entity, Quote, Span
from wortlaut.model.batch import Batch

CLEAN = ROOT / "tests/cases/validate/clean"
ENTITIES = (Entity(Span.of(0, 4), "PER"), Entity(Span.of(5, 9), "LOC"))


def test_gold():
    corpus = load_corpus("gold")
    assert corpus.name == "gold" and corpus.documents
    for document in corpus.documents:
        assert document.text == (ROOT / f"seeds/{document.id}.txt").read_text("utf-8")
        assert document.entities and document.quotes and document.clusters
    assert gold_root() == ROOT


def test_a_corpus_is_a_sequence_of_documents():
    documents = tuple(Document(id, f"Karl in {id}", Annotations(ENTITIES[:1])) for id in ("a", "b", "c"))
    corpus = Corpus.of("made", documents)
    assert len(corpus) == 3 and tuple(corpus) == documents and next(reversed(corpus)).id == "c"
    assert corpus[0] is corpus["a"] and corpus[-1] is documents[2]
    assert corpus[1:] == Corpus.of("made", documents[1:]) and documents[0] not in corpus[1:]
    assert "b" in corpus and documents[1] in corpus and "d" not in corpus
    assert repr(corpus).startswith("<Corpus 'made': 3 documents, 3 entities, 0 quotes, 0 clusters, ")
    with pytest.raises(UnknownNameError, match="no document 'd'"):
        corpus["d"]
    with pytest.raises(IndexError):
        corpus[3]


def test_tables_of_a_corpus():
    text = "Er kommt, sagt Karl, an. Bonn"
    parted = Entity(Span(((0, 2), (15, 19))), "PER")
    quote = Quote("q1", "direct", Span.of(0, 8), cue=Span.of(10, 14))
    document = Document("a", text, Annotations((parted, Entity(Span.of(25, 29), "LOC")), (quote,)))
    corpus = Corpus.of("made", [document, Document("b", "x", meta=(("source", "s"),))])
    entities = corpus.to_pandas()
    assert entities["text"].tolist() == ["Er", "Karl", "Bonn"] and "qid" not in entities
    assert score(entities, entities).correct == 2
    (row,) = corpus.to_pandas("quotes").to_dict("records")
    assert (row["content"], row["cue"], row["cue_start"], row["cue_end"]) == ("Er kommt", "sagt", 10, 14)
    assert corpus.to_pandas("documents")["entities"].tolist() == [2, 0]
    with pytest.raises(UnknownNameError, match="entities"):
        corpus.to_pandas("entity")


def _doc(text, *ents, **groups):
    doc = spacy.blank("de")(text)
    doc.ents = [doc.char_span(*ent) for ent in ents]
    for key, spans in groups.items():
        doc.spans[key] = [doc.char_span(*span) for span in spans]
    return doc


def _dataset(**columns):
    tags = {"ner_tags": Sequence(ClassLabel(names=["O", "B-PER", "B-LOC"]))}
    return Dataset.from_dict(columns).cast(Features({"tokens": Sequence(Value("string")), **tags}))


SPANS = [{"start": 0, "end": 4, "label": "PER"}, {"start": 5, "end": 9, "label": "LOC"}]
MADE = {
    "spans": lambda: Corpus.from_spans(["Karl Bonn"], [[(0, 4, "PER"), SPANS[1]]]),
    "tags": lambda: Corpus.from_tags([["Karl", "Bonn"]], [["B-PER", "B-LOC"]]),
    "iob1": lambda: Corpus.from_tags([["Karl", "Bonn"]], [["I-PER", "I-LOC"]], "IOB1"),
    "spacy": lambda: Corpus.from_spacy([_doc("Karl Bonn", (0, 4, "PER"), sc=[(5, 9, "LOC")])], "sc"),
    "dataset": lambda: Corpus.from_dataset(_dataset(tokens=[["Karl", "Bonn"]], ner_tags=[[1, 2]])),
    "columns": lambda: Corpus.from_dataset(
        Dataset.from_dict({"body": ["Karl Bonn"], "e": [SPANS]}), {"text": "body", "spans": "e"}
    ),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_what_people_have_is_a_corpus(make):
    (document,) = make()
    assert (document.id, document.text, document.entities) == ("0", "Karl Bonn", ENTITIES)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Corpus.from_spans(["a"], []), "1 documents, but spans of 0"),
        (lambda: Corpus.from_spans(["a"], [[(0, 3, "X")]]), "outside the text"),
        (lambda: Corpus.from_tags([["a"]], [["B-X", "O"]]), "not as long as each other"),
        (lambda: Corpus.from_tags([["a"]], [["X"]]), "'X' is no tag"),
        (lambda: Corpus.from_tags([["a"]], [["O"]], "BIO2"), "unknown tag scheme"),
        (lambda: Corpus.from_spans([], []), "no documents"),
        (lambda: Corpus.from_dataset([{"text": "a"}]), "datasets"),
        (lambda: Corpus.from_spacy(["a"]), "no spaCy document"),
        (lambda: Corpus.from_spacy([_doc("a")], "sc"), "no span group 'sc'"),
        (lambda: Corpus.from_spacy([_doc("a b", sc=[(0, 1, "X")])]), "spans_key"),
    ],
)
def test_what_is_no_corpus_is_told(make, told):
    with pytest.raises(WortlautError) as caught:
        make()
    assert told in str(caught.value)


def test_gold_needs_no_heavy_import():
    code = (
        "import sys; from wortlaut.corpus.load import load_corpus; load_corpus();"
        "print(sorted({'datasets', 'pyarrow', 'sklearn', 'spacy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_native_reference():
    corpus = load_corpus(f"native:{CLEAN}")
    (document,) = corpus.documents
    assert corpus.name == f"native:{CLEAN}"
    assert document.id == "brief" and len(document.quotes) == 2
    assert list(stream_corpus(f"native:{CLEAN}/annotations/gold/brief.jsonl")) == [document]


@pytest.mark.parametrize(
    ("ref", "hint"),
    [("golt", "gold"), ("nativ:x", "native"), ("brtt:x", "brat"), ("nirgends/hier", "gold"), ("", "gold")],
)
def test_unknown_references_get_near_names(ref, hint):
    with pytest.raises(UnknownNameError) as caught:
        load_corpus(ref)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("ref", "error"),
    [
        ("native:nirgends", MissingFileError),
        ("native:", MissingFileError),
        (str(CLEAN / "seeds/brief.txt"), DataError),
        (str(CLEAN), DataError),
        (f"native:{CLEAN.parent / 'O04'}", DataError),
        (f"native:{CLEAN.parent / 'R01'}", WortlautError),
    ],
)
def test_what_cannot_be_loaded(ref, error):
    with pytest.raises(error) as caught:
        load_corpus(ref)
    assert caught.value.where


def test_an_empty_folder_is_an_empty_corpus(tmp_path):
    with pytest.raises(DataError, match="no documents"):
        load_corpus(f"native:{tmp_path}")


def test_a_document_that_stands_twice(tmp_path):
    shutil.copytree(CLEAN, tmp_path, dirs_exist_ok=True)
    shutil.copy(tmp_path / "annotations/gold/brief.jsonl", tmp_path / "annotations/gold/kopie.jsonl")
    with pytest.raises(DataError, match="'brief' stands twice"):
        load_corpus(f"native:{tmp_path}")


def test_offsets_outside_the_text(monkeypatch):
    wrong = Document("eins", "Anna sagt.", Annotations(quotes=(Quote("q", "direct", Span.of(5, 11)),)))
    monkeypatch.setattr("wortlaut.corpus.load._batches", lambda *_: iter([Batch.of([wrong])]))
    with pytest.raises(DataError) as caught:
        load_corpus("gold")
    assert "document eins, quote q, content" in caught.value.where


def test_streaming_gives_documents_before_the_broken_one(tmp_path):
    shutil.copytree(CLEAN, tmp_path, dirs_exist_ok=True)
    (tmp_path / "annotations/gold/zettel.jsonl").write_text("{\n")
    documents = stream_corpus(f"native:{tmp_path}")
    assert next(documents).id == "brief"
    with pytest.raises(DataError) as caught:
        next(documents)
    assert caught.value.where.endswith("zettel.jsonl:1")


def test_hash_is_of_the_content_alone():
    one = Document("eins", "Anna Ulm", Annotations(ENTITIES))
    two = Document("zwei", "Anna Ulm", Annotations(ENTITIES))
    assert corpus_hash([one, two]) == corpus_hash([two, one])
    assert corpus_hash([one]) == corpus_hash([Document("eins", "Anna Ulm", Annotations(ENTITIES[::-1]))])
    assert corpus_hash([one]) == corpus_hash(
        [Document("eins", "Anna Ulm", Annotations(ENTITIES), (("a", "b"),))]
    )
    others = [
        two,
        Document("eins", "Anna Ulm.", Annotations(ENTITIES)),
        Document("eins", "Anna Ulm", Annotations(ENTITIES[:1])),
        Document("eins", "Anna Ulm", Annotations((Entity(Span.of(0, 4), "ORG"), ENTITIES[1]))),
    ]
    assert len({corpus_hash([document]) for document in [one, *others]}) == 5
    assert Corpus.of("x", [one]).hash == corpus_hash([one])


def test_a_path_object_is_a_folder_not_a_format(tmp_path):
    with pytest.raises(UnknownNameError):
        load_corpus(Path("native:x"))


def test_a_file_without_its_format_is_named_with_what_it_looks_like(tmp_path):
    (tmp_path / "gold.conll").write_text("Ulm B-LOC\n")
    (tmp_path / "notes.txt").write_text("Ulm\n")
    for name, told in (("gold.conll", f"Write conll:{tmp_path}"), ("notes.txt", "Say in which format")):
        with pytest.raises(DataError, match="named with its format") as error:
            load_corpus(str(tmp_path / name))
        assert error.value.hint.startswith(told)
