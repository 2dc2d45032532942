"""Dataset folders: everything goes in, everything comes out, in datasets too."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from roundtrips import assert_exact, kinds, written
from strategies import corpora, examples

from wortlaut.annotations.lines import canonical
from wortlaut.corpus.load import load_corpus, stream_corpus
from wortlaut.errors import DataError
from wortlaut.formats import dataset, writer
from wortlaut.model import Annotations, Document, Entity, Span


# Each example starts datasets anew, which takes a tenth of a second.
@examples(15)
@given(corpora(controls=True))
@pytest.mark.long
def test_nothing_but_heads_is_lost(documents):
    assert_exact("dataset", documents)
    after, losses = written("dataset", documents)
    assert kinds(losses) == +Counter(head=sum(len(d.annotations.heads) for d in documents))
    assert [d.annotations for d in after] == [canonical(d.annotations) for d in documents]
    assert [d.meta for d in after] == [d.meta for d in documents]


def test_the_folder_is_a_corpus_and_a_dataset(tmp_path):
    from datasets import load_dataset

    gold = load_corpus("gold")
    writer("dataset")(tmp_path / "out", gold.documents)
    assert load_corpus(tmp_path / "out").hash == gold.hash
    rows = load_dataset(str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "cache"))
    assert rows[0]["entities"][0]["spans"][0]["text"] == "Südkoreanische"


CARDS = {
    "a field that is none": ("dtype: int32", "dtype: int33", "datasets cannot read the folder"),
    "a split of two names": ("split: train", "split: a b", "datasets cannot read the folder"),
    "a table that is not there": ("train-*", "test-*", "datasets cannot read the folder"),
    "another configuration": ("config_name: documents", "config_name: texts", "no configuration 'documents'"),
    "by hand": ("\n  - split: train\n    path: data/documents/train-*.parquet", " data/*/*.parquet", None),
}


@pytest.mark.long
@pytest.mark.parametrize("case", CARDS)
def test_a_card_that_is_not_ours_is_read_by_datasets(tmp_path, case):
    before, after, error = CARDS[case]
    writer("dataset")(tmp_path / "out", [Document("a", "Text")])
    card = tmp_path / "out" / "README.md"
    assert dataset._written(tmp_path / "out")
    text = card.read_text("utf-8")
    assert before in text
    card.write_text(text.replace(before, after), "utf-8")
    assert not dataset._written(tmp_path / "out")
    if error is None:
        assert [document.id for document in load_corpus(tmp_path / "out")] == ["a"]
    else:
        with pytest.raises(DataError, match=error):
            load_corpus(tmp_path / "out")


def test_rows_of_several_groups_keep_their_order(tmp_path, monkeypatch):
    monkeypatch.setattr("wortlaut.formats.dataset._ROWS", 2)
    documents = [Document(str(number), f"Text {number}") for number in range(5)]
    assert [d.id for d in written("dataset", documents)[0]] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row.update(text="Anna in Ulm"), "checksum is that of another text"),
        (lambda row: row["entities"][1].update(label=None), "entity 2: label is empty"),
        (lambda row: row["entities"][1].update(level=0), "entity 2: level is 0"),
        (lambda row: row["entities"][1]["spans"][0].update(end=11), r"\[8, 11\) is not 'Bonn' in the text"),
        (lambda row: row["entities"][0].update(spans=[]), "a span needs at least one fragment"),
        (lambda row: row.update(quotes=None), "the row is not a document"),
        (lambda row: row.update(id="1"), "'1' stands twice"),
    ],
)
def test_a_broken_row_is_refused_behind_the_documents_before_it(change, message, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    entities = (Entity(Span.of(0, 4), "PER"), Entity(Span.of(8, 12), "LOC"))
    documents = [Document(str(number), "Anna in Bonn", Annotations(entities)) for number in range(4)]
    writer("dataset")(tmp_path / "out", documents)
    (file,) = (tmp_path / "out").rglob("*.parquet")
    table = pq.read_table(file)
    rows = table.to_pylist()
    change(rows[2])
    pq.write_table(pa.Table.from_pylist(rows, table.schema), file)
    read = stream_corpus(tmp_path / "out")
    assert [next(read), next(read)] == documents[:2]
    with pytest.raises(DataError, match=message):
        next(read)


def test_datasets_does_not_give_the_rows_of_an_older_conversion(tmp_path):
    from shutil import rmtree

    from datasets import load_dataset

    texts = []
    for text in ("früher", "später"):
        rmtree(tmp_path / "out", ignore_errors=True)
        writer("dataset")(tmp_path / "out", [Document("eins", text)])
        rows = load_dataset(str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "cache"))
        texts.append(rows[0]["text"])
    assert texts == ["früher", "später"]
