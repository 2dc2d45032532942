"""hub:NAME: any dataset, streamed, by known columns or by a mapping file; errors name the columns."""

from __future__ import annotations

import json

import pytest
from shared import ROOT

from wortlaut.corpus.hub import documents
from wortlaut.corpus.load import load_corpus, stream_corpus
from wortlaut.errors import DataError, MissingFileError, UnknownNameError

TAGS = ["O", "B-PER", "I-PER", "B-LOC"]
TOKENS = [
    {"doc": "eins", "words": ["Anna", "Weiß", "mag", "Ulm", "."], "ner": [1, 2, 0, 3, 0]},
    {"doc": "zwei", "words": ["Regen"], "ner": [0]},
]
SPANS = [
    {
        "body": "🙂 Anna Weiß mag die Uni Ulm.",
        "found": [
            {"begin": 2, "stop": 11, "type": "PER"},
            {"begin": 20, "stop": 27, "type": "ORG"},
            {"begin": 24, "stop": 27, "type": "LOC"},
        ],
    }
]
MAPPING = {"text": "body", "spans": "found", "start": "begin", "end": "stop", "label": "type"}


def folder(path, rows, split="test", features=None):
    """A dataset folder as datasets itself writes Parquet, with the features in its metadata."""
    from datasets import Dataset

    (path / "data").mkdir(parents=True, exist_ok=True)
    Dataset.from_list(rows, features=features).to_parquet(path / f"data/{split}-00000-of-00001.parquet")
    return path


def features():
    from datasets import ClassLabel, Features, Sequence, Value

    return Features(
        {"doc": Value("string"), "words": Sequence(Value("string")), "ner": Sequence(ClassLabel(names=TAGS))}
    )


def found(corpus):
    return [
        [(entity.span.text(document.text), entity.label, entity.level) for entity in document.entities]
        for document in corpus.documents
    ]


def mapped(path, mapping):
    (path / "columns.json").write_text(json.dumps(mapping), "utf-8")
    return f"columns={path / 'columns.json'}"


def test_our_own_layout_is_recognised():
    assert load_corpus(f"hub:{ROOT / 'corpus'}").hash == load_corpus("gold").hash


def test_tokens_and_tags_with_the_labels_that_the_dataset_declares(tmp_path):
    place = folder(tmp_path / "data-set", TOKENS, features=features())
    corpus = load_corpus(f"hub:{place}?{mapped(tmp_path, {'id': 'doc', 'tokens': 'words', 'tags': 'ner'})}")
    assert [document.id for document in corpus.documents] == ["eins", "zwei"]
    assert corpus.documents[0].text == "Anna Weiß mag Ulm ."
    assert found(corpus) == [[("Anna Weiß", "PER", 1), ("Ulm", "LOC", 1)], []]


def test_tokens_and_tags_with_labels_from_the_mapping(tmp_path):
    place = folder(tmp_path / "data-set", TOKENS)
    mapping = {"tokens": "words", "tags": "ner"}
    with pytest.raises(DataError, match="1 is no label") as caught:
        load_corpus(f"hub:{place}?{mapped(tmp_path, mapping)}")
    assert "test row 1" in caught.value.where and "labels" in caught.value.hint
    corpus = load_corpus(f"hub:{place}?{mapped(tmp_path, mapping | {'labels': TAGS})}")
    assert found(corpus) == [[("Anna Weiß", "PER", 1), ("Ulm", "LOC", 1)], []]
    assert [document.id for document in corpus.documents] == ["test-1", "test-2"]


def test_texts_and_spans_nested_beyond_the_bmp(tmp_path):
    place = folder(tmp_path / "data-set", SPANS)
    corpus = load_corpus(f"hub:{place}?{mapped(tmp_path, MAPPING)}")
    assert found(corpus) == [[("Anna Weiß", "PER", 1), ("Uni Ulm", "ORG", 1), ("Ulm", "LOC", 2)]]


def test_usual_names_need_no_mapping(tmp_path):
    rows = [{"text": "Anna mag Ulm.", "entities": [{"start": 0, "end": 4, "label": "PER"}]}]
    assert found(load_corpus(f"hub:{folder(tmp_path / 'a', rows)}")) == [[("Anna", "PER", 1)]]
    rows = [{"tokens": ["Anna", "geht"], "ner_tags": ["B-PER", "O"]}]
    assert found(load_corpus(f"hub:{folder(tmp_path / 'b', rows)}")) == [[("Anna", "PER", 1)]]


def test_splits(tmp_path):
    place = tmp_path / "data-set"
    for split, text in (("train", "Anna"), ("test", "Bert")):
        folder(place, [{"text": text, "entities": []}], split)
    texts = {document.id: document.text for document in stream_corpus(f"hub:{place}")}
    assert texts == {"train-1": "Anna", "test-1": "Bert"}
    assert [one.text for one in documents(f"hub:{place}?split=test")] == ["Bert"]
    with pytest.raises(UnknownNameError, match="unknown split 'tset'") as caught:
        load_corpus(f"hub:{place}?split=tset")
    assert "test" in caught.value.hint


def test_errors_name_the_columns(tmp_path):
    place = folder(tmp_path / "data-set", SPANS)
    with pytest.raises(DataError, match="none that are known") as caught:
        load_corpus(f"hub:{place}")
    assert "The columns are body, found." in caught.value.hint
    with pytest.raises(DataError, match=r"no column 'boby' \(for text\)") as caught:
        load_corpus(f"hub:{place}?{mapped(tmp_path, MAPPING | {'text': 'boby'})}")
    assert "The columns are body, found." in caught.value.hint
    with pytest.raises(DataError, match="start and end of a span are not offsets") as caught:
        load_corpus(f"hub:{place}?{mapped(tmp_path, {'text': 'body', 'spans': 'found'})}")
    assert "begin, stop, type" in caught.value.hint


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ("[", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"text": 3}', "text must be a text"),
        ('{"spans": "x"}', "neither text nor tokens"),
        ('{"tekst": "x"}', "unknown key 'tekst'"),
        ('{"tokens": "x", "tags": "y", "scheme": "BIO"}', "unknown scheme"),
    ],
)
def test_broken_mappings(tmp_path, mapping, told):
    (tmp_path / "columns.json").write_text(mapping)
    with pytest.raises((DataError, UnknownNameError), match=told):
        load_corpus(f"hub:{tmp_path}?columns={tmp_path / 'columns.json'}")


def test_broken_rows(tmp_path):
    cases = [
        ({"text": "Anna", "entities": [{"start": 0, "end": 9, "label": "PER"}]}, "outside the text"),
        ({"text": "Anna", "entities": [{"start": 2, "end": 2, "label": "PER"}]}, "empty"),
        ({"text": None, "entities": [{"start": 2, "end": 2, "label": "PER"}]}, "not a text"),
        ({"tokens": ["a", "b"], "ner_tags": ["O"]}, "as long as"),
        ({"tokens": ["a"], "ner_tags": ["X-PER"]}, "no tag"),
        ({"tokens": [""], "ner_tags": ["O"]}, "not a word"),
    ]
    for number, (row, told) in enumerate(cases):
        with pytest.raises(DataError, match=told) as caught:
            load_corpus(f"hub:{folder(tmp_path / str(number), [row])}")
        assert "test row 1" in caught.value.where


def test_what_is_not_there(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="cannot read it"):
        load_corpus(f"hub:{tmp_path}")
    with pytest.raises(DataError, match="no dataset is named"):
        load_corpus("hub:")
    with pytest.raises(MissingFileError):
        load_corpus(f"hub:{tmp_path}?columns=nirgends.json")
    with pytest.raises(UnknownNameError, match="option of hub"):
        load_corpus(f"hub:{tmp_path}?splits=test")
