"""Dataset folders: everything goes in, everything comes out, in datasets too."""

from __future__ import annotations

import pytest
from hypothesis import given
from roundtrips import assert_exact, kinds, written
from strategies import corpora, examples

from wortlaut.annotations.lines import canonical
from wortlaut.corpus.load import load_corpus
from wortlaut.errors import DataError
from wortlaut.formats import writer
from wortlaut.model import Document


# Each example starts datasets anew, which takes a tenth of a second.
@examples(15)
@given(corpora(controls=True))
@pytest.mark.long
def test_nothing_is_lost(documents):
    assert_exact("dataset", documents)
    after, losses = written("dataset", documents)
    assert not kinds(losses)
    assert [d.annotations for d in after] == [canonical(d.annotations) for d in documents]
    assert [d.meta for d in after] == [d.meta for d in documents]


def test_the_folder_is_a_corpus_and_a_dataset(tmp_path):
    from datasets import load_dataset

    gold = load_corpus("gold")
    writer("dataset")(tmp_path / "out", gold.documents)
    assert load_corpus(tmp_path / "out").hash == gold.hash
    rows = load_dataset(str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "cache"))
    assert rows[0]["entities"][0]["spans"][0]["text"] == "Südkoreanische"


def test_rows_of_several_groups_keep_their_order(tmp_path, monkeypatch):
    monkeypatch.setattr("wortlaut.formats.dataset._ROWS", 2)
    documents = [Document(str(number), f"Text {number}") for number in range(5)]
    assert [d.id for d in written("dataset", documents)[0]] == ["0", "1", "2", "3", "4"]


def test_a_text_that_is_not_the_one_of_its_checksum_is_refused(tmp_path):
    import pyarrow.parquet as pq

    writer("dataset")(tmp_path / "out", [Document("a", "Text")])
    (file,) = (tmp_path / "out").rglob("*.parquet")
    table = pq.read_table(file)
    pq.write_table(table.set_column(1, "text", [["Test"]]), file)
    with pytest.raises(DataError, match="checksum is that of another text"):
        load_corpus(tmp_path / "out")


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
