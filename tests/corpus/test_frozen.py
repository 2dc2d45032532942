"""Frozen versions of the gold: one name, one hash, for good."""

from __future__ import annotations

import shutil

import pytest
from shared import ROOT

from wortlaut.corpus import frozen
from wortlaut.corpus.load import load_corpus
from wortlaut.errors import DataError, UnknownNameError


def test_the_gold_is_its_newest_version():
    """A changed gold needs a new version: a heading in annotations/CHANGELOG.md and a line in frozen.json."""
    newest = frozen.version(ROOT)
    assert list(frozen.versions())[-1] == newest
    assert frozen.versions()[newest] == load_corpus("gold").hash
    changelog = (ROOT / frozen.CHANGELOG).read_text("utf-8")
    for version, digest in frozen.versions().items():
        assert f"\n## {version} (20" in changelog and f"Hash `{digest}`." in changelog


def test_a_version_loads_by_name():
    loaded = load_corpus("gold@1.1.0")
    assert loaded.hash == frozen.versions()["1.1.0"] and loaded.name == "gold@1.1.0"


def test_a_version_that_is_not_known_lists_those_that_are():
    with pytest.raises(UnknownNameError, match=r"unknown version of the gold '9\.9\.9'") as caught:
        load_corpus("gold@9.9.9")
    assert "1.0.0" in caught.value.hint


def test_an_older_version_is_told_to_be_elsewhere():
    with pytest.raises(DataError, match=r"not 1\.0\.0: its hash is") as caught:
        load_corpus("gold@1.0.0")
    assert "The gold here is 1.1.0" in caught.value.hint


def test_a_changed_gold_is_refused(tmp_path, monkeypatch):
    for name in ("seeds", "annotations/gold"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.setattr("wortlaut.corpus.load.gold_root", lambda: tmp_path)
    assert load_corpus("gold@1.1.0").documents
    (path,) = (tmp_path / "annotations/gold").glob("*.jsonl")
    path.write_text(path.read_text("utf-8").replace('"type": "reported"', '"type": "indirect"', 1), "utf-8")
    with pytest.raises(DataError, match=r"not 1\.1\.0: its hash is") as caught:
        load_corpus("gold@1.1.0")
    assert "The gold here is changed. Known versions: 1.0.0, 1.1.0" in caught.value.hint
    assert load_corpus("gold").documents


def test_evaluate_refuses_it_too(monkeypatch):
    from wortlaut.evaluation.evaluate import evaluate

    with pytest.raises(UnknownNameError):
        evaluate(["gazetteer"], "gold@2.0.0", samples=0)


def test_versions_of_a_repository(tmp_path):
    assert frozen.version(tmp_path) == frozen.UNVERSIONED
    (tmp_path / "annotations").mkdir()
    path = tmp_path / frozen.CHANGELOG
    path.write_text("# Changes\n\n## 1.2.3 (2026)\n\nMore.\n\n## 1.2.2\n")
    assert (frozen.version(tmp_path), frozen.published(tmp_path)) == ("1.2.3", None)
    path.write_text("## 1.2.3 (2026-11-28)\n\n## 1.2.2 (2026-11-24)\n")
    assert (frozen.version(tmp_path), frozen.published(tmp_path)) == ("1.2.3", "2026-11-28")
    path.write_text("## 1.2.3 (2026-11-31)\n")
    with pytest.raises(DataError, match="2026-11-31 is no day"):
        frozen.published(tmp_path)
    path.write_text("# Changes\n\nNone.\n")
    with pytest.raises(DataError, match="names no version"):
        frozen.version(tmp_path)
