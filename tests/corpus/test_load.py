"""One reference names any corpus; what is wrong with it is said, not skipped."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from shared import ROOT

from wortlaut.corpus.load import Corpus, corpus_hash, gold_root, load_corpus, stream_corpus
from wortlaut.errors import DataError, MissingFileError, UnknownNameError, WortlautError
from wortlaut.model import Annotations, Document, Entity, Quote, Span

CLEAN = ROOT / "tests/cases/validate/clean"
ENTITIES = (Entity(Span.of(0, 4), "PER"), Entity(Span.of(5, 9), "LOC"))


def test_gold():
    corpus = load_corpus("gold")
    assert corpus.name == "gold" and corpus.documents
    for document in corpus.documents:
        assert document.text == (ROOT / f"seeds/{document.id}.txt").read_text("utf-8")
        assert document.entities and document.quotes and document.clusters
    assert gold_root() == ROOT


def test_gold_needs_no_heavy_import():
    code = (
        "import sys; from wortlaut.corpus.load import load_corpus; load_corpus();"
        "print(sorted({'datasets', 'pyarrow', 'numpy', 'spacy'} & set(sys.modules)))"
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
    monkeypatch.setattr("wortlaut.corpus.load._documents", lambda *_: iter([wrong]))
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
