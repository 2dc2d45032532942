"""Splits as a corpus declares them: every document in one, near copies never in two."""

from __future__ import annotations

from itertools import product

import pytest

from wortlaut.corpus.splits import DECLARED, SHARES, read_splits, split
from wortlaut.errors import WortlautError
from wortlaut.model import Document

TEXTS = {
    "brief": "Der Bürgermeister hat gestern den neuen Deich bei Emden für alle eröffnet.",
    "kopie": "Der Bürgermeister hat gestern den neuen Deich bei Emden für alle eröffnet, hieß es.",
    "rede": "Heute regnet es in Ulm, und niemand geht ohne Schirm aus dem Haus.",
    "glosse": "Über Hunde lässt sich streiten, über Katzen nur mit großer Vorsicht.",
}
DOCUMENTS = [Document(id, text) for id, text in TEXTS.items()]


def declared(root, content):
    (root / DECLARED).parent.mkdir(exist_ok=True)
    (root / DECLARED).write_text(content, "utf-8")
    return root


def test_without_a_file_all_of_it_is_test(tmp_path):
    assert read_splits(tmp_path, DOCUMENTS) == (dict.fromkeys(TEXTS, "test"), [])


def test_documents_by_name(tmp_path):
    sides, _ = read_splits(declared(tmp_path, "train: [brief, kopie, rede]\ntest:\n- glosse\n"), DOCUMENTS)
    assert sides == {"brief": "train", "kopie": "train", "rede": "train", "glosse": "test"}


def test_shares_keep_near_copies_together_and_leave_no_split_empty(tmp_path):
    root = declared(tmp_path, "train: .8\nvalidation: 0.1\ntest: .1\n")
    sides, near = read_splits(root, DOCUMENTS)
    assert sides["brief"] == sides["kopie"] and {*sides.values()} == {"train", "validation", "test"}
    assert [(pair.first, pair.second) for pair in near] == [("brief", "kopie")]
    assert read_splits(root, DOCUMENTS[::-1])[0] == sides, "by the id, not by the order"
    assert {name.replace("dev", "validation") for name in split(DOCUMENTS)[0].values()} == {*sides.values()}


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        ("train: [brief, kopie]\ntest: [rede]\n", "", "1 document in no split: glosse"),
        ("train: [brief, kopie, rede]\ntest: [rede, glosse]\n", ":2", "rede is in train already"),
        ("train: [brief, kopie, rede]\ntest: [glossse]\n", ":2", "unknown document 'glossse'"),
        ("train: [brief, rede]\ntest: [kopie, glosse]\n", "", "brief is in train and kopie in test"),
        ("train: [brief, kopie, rede, glosse]\ndev: []\n", ":2", "unknown split 'dev'"),
        ("train: [brief, kopie, rede, glosse]\ntest: []\n", ":2", "test has no documents"),
        ("train: [brief, kopie, rede, glosse]\ntest: .2\n", ":2", "test has no documents"),
        ("train: .8\ntest: .1\n", "", "make 0.9, not 1"),
        ("train: 8\ntest: 2\n", ":1", "train cannot be '8'"),
        ("- train\n", ":1", "no mapping"),
    ],
)
def test_what_is_no_split_is_told(tmp_path, content, line, what):
    with pytest.raises(WortlautError, match=what) as error:
        read_splits(declared(tmp_path, content), DOCUMENTS)
    assert error.value.where == f"{tmp_path / DECLARED}{line}" and error.value.hint


def test_no_split_is_empty_wherever_the_documents_fall():
    for names in product("abcde", repeat=3):
        documents = [Document("".join(names[:n]) + str(n), f"Wort{n} " * 9 + str(names)) for n in range(4)]
        assert {*split(documents)[0].values()} == {*SHARES}
