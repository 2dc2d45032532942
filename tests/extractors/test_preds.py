"""preds:FILE: what another program found."""

from __future__ import annotations

import hashlib
import json
import pickle
from array import array
from pathlib import Path

import pytest

from wortlaut.errors import DataError
from wortlaut.extractors import resolve, run
from wortlaut.model import Annotations, Document, Entity, Span

DOCUMENTS = [Document("a", "Yoon in Seoul"), Document("b", "Nichts")]
YOON = {"start": 0, "end": 4, "label": "PER", "text": "Yoon"}


def written(folder: Path, *records: dict[str, object]) -> str:
    path = folder / "p.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return str(path)


def test_in_the_order_of_the_corpus(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"Yoon in Seoul").hexdigest()
    path = written(tmp_path, {"id": "b"}, {"id": "a", "sha256": digest, "entities": [YOON]})
    made = resolve(f"preds:{path}")
    assert made.finds == ("entities",)
    assert run(made, DOCUMENTS, batch_size=1) == [Annotations((Entity(Span.of(0, 4), "PER"),)), Annotations()]


def test_a_document_without_a_line(tmp_path: Path) -> None:
    path = written(tmp_path, {"id": "a", "quotes": []})
    with pytest.raises(DataError, match="no line for document 'b'"):
        run(resolve(f"preds:{path}"), DOCUMENTS)
    assert run(resolve(f"preds:{path}?missing=empty"), DOCUMENTS) == [Annotations(), Annotations()]


def test_lines_for_documents_that_are_not_there(tmp_path: Path) -> None:
    path = written(tmp_path, {"id": "a"}, {"id": "x"}, {"id": "b"}, {"id": "y"})
    with pytest.raises(DataError) as caught:
        run(resolve(f"preds:{path}"), DOCUMENTS)
    assert "'x' (line 2), 'y' (line 4)" in caught.value.what
    assert caught.value.where == f"{path}:2"


def test_of_ids_that_stand_twice_the_first_to_do_so_is_named(tmp_path: Path) -> None:
    ids = [*"abcdefgh", *"hgfedcba"]
    with pytest.raises(DataError, match="document 'h' is already in line 8") as caught:
        resolve(f"preds:{written(tmp_path, *({'id': id} for id in ids))}")
    assert caught.value.where.endswith("p.jsonl:9")


def test_another_process_with_other_hashes_finds_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = pickle.dumps(resolve(f"preds:{written(tmp_path, {'id': 'b'}, {'id': 'a', 'entities': [YOON]})}"))
    monkeypatch.setattr("wortlaut.extractors.preds._keys", lambda ids: array("q", map(len, ids)))
    assert [len(found.entities) for found in run(pickle.loads(packed), DOCUMENTS)] == [1, 0]


def test_the_wrong_text(tmp_path: Path) -> None:
    path = written(tmp_path, {"id": "b"}, {"id": "a", "entities": [{**YOON, "start": 1, "end": 5}]})
    with pytest.raises(DataError) as caught:
        run(resolve(f"preds:{path}"), DOCUMENTS)
    assert caught.value.where == f"{path}:2"
    assert "covers 'oon '" in caught.value.what


def test_an_empty_file_has_found_nothing_of_anything(tmp_path: Path) -> None:
    made = resolve(f"preds:{written(tmp_path)}?missing=empty")
    assert run(made, DOCUMENTS) == [Annotations(), Annotations()]
    assert made.finds == ("entities", "quotes", "clusters")
