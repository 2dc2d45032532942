"""After an edit of a text the annotations move along, what cannot is named, and nothing is half done."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from command import run
from hypothesis import given
from hypothesis import strategies as st
from shared import ROOT
from strategies import annotations

from wortlaut.annotations import reanchor as module
from wortlaut.annotations.file import read_documents
from wortlaut.annotations.reanchor import _moved, reanchor
from wortlaut.annotations.validate import validate
from wortlaut.errors import DataError
from wortlaut.records.annotations import check as check_annotations

CLEAN = ROOT / "tests/cases/validate/clean"
SAID = "Anna sagte: „Ja.“ Bert schwieg, und Anna ging."
WORDS = st.sampled_from(("", " ", "Anna", " nie mehr ", "?\n", "„"))
TEXT = (CLEAN / "seeds/brief.txt").read_text("utf-8")


@pytest.fixture
def root(tmp_path):
    """The repository with its gold, and the same as a layer."""
    shutil.copytree(CLEAN, tmp_path / "root")
    gold = (tmp_path / "root/annotations/gold/brief.jsonl").read_text("utf-8")
    layer = tmp_path / "root/annotations/layers/a/brief.jsonl"
    layer.parent.mkdir(parents=True)
    layer.write_text(gold.replace('"layer": "gold"', '"layer": "a"'), "utf-8")
    return tmp_path / "root"


def surfaces(root):
    (document,) = read_documents(root / "annotations/gold")
    return [span.text(document.text) for _, span in document.annotations.spans()]


def edit(root, *pairs):
    text = TEXT
    for old, new in pairs:
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    (root / "seeds/brief.txt").write_text(text, "utf-8", newline="\n")
    return text


CASES = [
    # edits, what covers other words, what is left out
    ([("Präsidentin", "Ein Vorspann.\n\nDie Präsidentin")], [], []),
    ([("am Montag ", "")], [], []),
    (
        [("Anna Muster", "Anna Mustermann")],
        ["entity PER 'Anna Muster' is now 'Anna Mustermann', [12, 27)", "quote q1, speaker"],
        [],
    ),
    ([("Wir bauen die Brücke", "Wir bauen jetzt die Brücke")], ["quote q1, content"], []),
    ([("Neustadt", "Neustatt")], ["entity LOC 'Neustadt' is now 'Neustatt', [43, 51)"], []),
    ([("Neustadt", "Bonn")], [], ["entity LOC 'Neustadt': nothing of it is left"]),
    ([("Sie fügte", "Darauf fügte sie")], [], ["quote q2, its speaker", "mention of anna-muster 'Sie'"]),
    (
        [(" Der Bund Neustädter Bürger dankte ihr.", "")],
        [],
        ["entity ORG", "entity LOCderiv", "cluster bund"],
    ),
]


@pytest.mark.parametrize(("pairs", "changed", "dropped"), CASES)
def test_what_moves_and_what_does_not(root, pairs, changed, dropped):
    before = surfaces(root)
    edit(root, *pairs)
    assert {one.rule for one in validate([root])} >= {"R02", "R11"}
    gold, layer = reanchor(root, lambda: ["etwas anderes", TEXT])
    assert (gold.path.parent.name, layer.path.parent.name) == ("gold", "a")
    assert (gold.spans, gold.changed, gold.dropped) == (layer.spans, layer.changed, layer.dropped)
    for wanted, told in ((changed, gold.changed), (dropped, gold.dropped)):
        assert len(told) == len(wanted) and all(map(str.startswith, told, wanted)), told
    assert [one for one in validate([root]) if one.severity == "error"] == []
    if not changed and not dropped:
        assert surfaces(root) == before
    assert reanchor(root, lambda: pytest.fail("no text is needed")) == []


def test_the_text_as_it_was_must_be_there(root):
    edit(root, ("Montag", "Dienstag"))
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with pytest.raises(DataError, match="as it was is needed") as error:
        reanchor(root, lambda: ["etwas anderes"])
    assert "git show HEAD:seeds/brief.txt" in error.value.hint
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_all_files_or_none(root, monkeypatch, fails_at):
    edit(root, ("Montag", "Dienstag"))
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    real, calls = module.write_whole, []

    def sometimes(path, data):
        calls.append(path)
        if len(calls) == fails_at:
            raise OSError("disk full")
        real(path, data)

    monkeypatch.setattr(module, "write_whole", sometimes)
    with pytest.raises(OSError, match="disk full"):
        reanchor(root, lambda: [TEXT])
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


@pytest.mark.long
@given(
    # Files of a layer have no heads.
    annotations(SAID).map(lambda said: replace(said, heads=())),
    st.lists(st.tuples(st.integers(0, len(SAID)), st.integers(0, 9), WORDS), max_size=3),
)
def test_whatever_was_edited_what_is_left_stands_in_the_text(said, edits):
    """And nothing is lost without a word: as many spans as before, or a reason for each that is not there."""
    new = SAID
    for start, length, word in edits:
        new = new[:start] + word + new[start + length :]
    moved, changed, dropped = _moved(said, SAID, new)
    check_annotations(moved, new)
    assert len(changed) <= sum(1 for _ in moved.spans())
    if not dropped:
        assert sum(1 for _ in moved.spans()) == sum(1 for _ in said.spans())
    if new == SAID:
        assert (moved, changed, dropped) == (said, (), ())


@pytest.mark.long
def test_the_command(root):
    edit(root, ("Sie fügte", "Darauf fügte sie"))
    (root.parent / "alt").mkdir()
    (root.parent / "alt/brief.txt").write_text(TEXT, "utf-8")
    assert run("reanchor", cwd=root).returncode == 2
    done = run("reanchor", "--before", "../alt", cwd=root)
    assert done.returncode == 1 and "left out: mention of anna-muster" in done.stdout
    done = run("reanchor", cwd=root)
    assert done.returncode == 0 and "nothing to move" in done.stdout
    assert run("build", cwd=root).returncode == 0
    path = root / "seeds/brief.txt"
    path.write_text(path.read_text("utf-8").replace("Montag", "Dienstag"), "utf-8")
    done = run("reanchor", cwd=root)  # the dataset has the text as it was
    assert done.returncode == 0 and "0 left out" in done.stdout and "left out:" not in done.stdout
