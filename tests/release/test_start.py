"""`wortlaut init`: a folder that can be filled, and nothing in it replaced."""

from __future__ import annotations

import re

import pytest

from wortlaut.annotations.labels import GERMEVAL, read_labels
from wortlaut.errors import DataError
from wortlaut.release.card import read_statement
from wortlaut.release.start import start


def test_it_declares_what_is_asked_for_and_stays(tmp_path):
    root = tmp_path / 'Müllers: "korpus"'
    started = start(root, ["PERSON", "LOC"])
    labels = read_labels(root)
    assert labels.meanings == (("PERSON", ""), ("LOC", dict(GERMEVAL.meanings)["LOC"]))
    assert read_statement(root) == {"pretty_name": root.name} and not started.kept
    for name in (
        "README.md",
        "annotations/guidelines.md",
        "tools/label-studio.xml",
        "tools/brat/annotation.conf",
    ):
        assert "PERSON" in (root / name).read_text("utf-8")
    assert all((root / name).is_dir() for name in ("seeds", "annotations/gold", "annotations/layers"))
    before = {path: path.read_bytes() for path in started.written}
    again = start(root)
    assert again.kept == started.written and not again.written
    assert {path: path.read_bytes() for path in again.kept} == before
    with pytest.raises(DataError, match="declares labels already"):
        start(root, ["WERK"])


def test_after_a_change_of_the_labels_the_tools_are_written_anew(tmp_path):
    start(tmp_path)
    assert read_labels(tmp_path) == GERMEVAL
    path = tmp_path / "annotations/labels.yaml"
    path.write_text(path.read_text("utf-8") + "  WERK: ein Titel\n", "utf-8")
    (tmp_path / "tools/label-studio.xml").unlink()
    assert [one.name for one in start(tmp_path).written] == ["label-studio.xml"]
    assert 'value="WERK"' in (tmp_path / "tools/label-studio.xml").read_text("utf-8")


def test_what_cannot_be_a_label_leaves_nothing(tmp_path):
    for names in (["A B"], ["O"], [""], ["speaker"]):
        with pytest.raises(DataError, match=re.escape(repr(names[0]))):
            start(tmp_path / "x", names)
    assert not (tmp_path / "x").exists()
