"""A corpus has the labels that it declares: checks, tags, card and Croissant follow them."""

from __future__ import annotations

import json
import shutil
from collections import Counter

import pytest
import yaml
from shared import ROOT

from wortlaut.annotations.grow import NewLayer, check, relabelled, take, write
from wortlaut.annotations.labels import GERMEVAL, LABELS, Labels, read_labels
from wortlaut.annotations.validate import validate
from wortlaut.errors import WortlautError
from wortlaut.model import ENTITY_LABELS, Annotations, Cluster, Document, Entity, Span
from wortlaut.release.build import build

TEXT = "Am Rhein las Karl Wenz aus Fausts Erde.\n"
OWN = "levels: 3\nlabels:\n  FIGUR: wer in einem Werk vorkommt | auch Tiere\n  WERK: ein Titel\n  NO:\n"


def declared(root, content):
    (root / "annotations").mkdir(parents=True, exist_ok=True)
    (root / LABELS).write_text(content, "utf-8")
    return root


def test_without_a_file_the_twelve_each_with_what_it_means(tmp_path):
    assert read_labels(tmp_path) is GERMEVAL
    assert GERMEVAL.names == ENTITY_LABELS and all(meaning for _, meaning in GERMEVAL.meanings)
    assert GERMEVAL.kinds == ("PER", "LOC", "ORG", "OTH", "GROUP")
    assert [GERMEVAL.kind(label) for label in ("LOCderiv", "ORGpart", "XYZpart")] == ["LOC", "ORG", "XYZpart"]


def test_what_stands_there_is_what_is_meant(tmp_path):
    """Also where YAML would read ``NO`` as false."""
    labels = read_labels(declared(tmp_path, OWN))
    assert labels == Labels(
        (("FIGUR", "wer in einem Werk vorkommt | auch Tiere"), ("WERK", "ein Titel"), ("NO", "")), 3
    )
    assert read_labels(declared(tmp_path, "labels: {}")).names == ()


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        ("labels: [PER]", ":1", "no mapping"),
        ("", "", "no mapping"),
        ("levels: 2\n", "", "no labels"),
        ("labels:\n  PER: x\n  PER: y\n", ":3", "'PER' stands twice"),
        ("labels:\n  PER: x\nlevel: 2\n", ":3", "unknown key 'level'"),
        ("labels:\n  PER: [x]\n", ":2", "no text"),
        ("labels:\n  O: x\n", ":2", "tag of what is no name"),
        ("labels:\n  'A B': x\n", ":2", "'A B'"),
        ("labels:\n  PER: x\nlevels: 0\n", ":3", "levels cannot be '0'"),
        ("labels:\n  PER: 'x\n", ":3", "not YAML"),
        ("labels: &a\n  PER: *a\n", ":1", "alias"),
        pytest.param("[" * 1000 + "]" * 1000, "", "not YAML", marks=pytest.mark.long),
    ],
)
def test_a_broken_file_is_told_with_its_line(tmp_path, content, line, what):
    with pytest.raises(WortlautError, match=what) as error:
        read_labels(declared(tmp_path, content))
    assert error.value.where == f"{tmp_path / LABELS}{line}" and error.value.hint


@pytest.fixture
def root(tmp_path):
    """A corpus with its own labels, three levels deep."""
    (tmp_path / "werk.txt").write_bytes(TEXT.encode())
    root = declared(tmp_path / "korpus", OWN)
    at = TEXT.index("Fausts Erde")
    said = Annotations(
        (
            Entity(Span.of(at, at + 11), "WERK"),
            Entity(Span.of(at, at + 6), "FIGUR", 2),
            Entity(Span.of(at, at + 5), "NO", 3),
        )
    )
    write(check([tmp_path / "werk.txt"], root, {}), root, [NewLayer("a", "wir", [said])])
    gold = (root / "annotations/layers/a/werk.jsonl").read_text("utf-8").replace('"a"', '"gold"', 1)
    (root / "annotations/gold/werk.jsonl").write_text(gold, "utf-8")
    return root


def test_other_labels_are_refused_with_those_there_are(root):
    for label in ("PER", "WERKE"):
        with pytest.raises(WortlautError, match=f"'{label}'") as error:
            take(
                [Document("werk", TEXT, Annotations((Entity(Span.of(13, 22), label),)))],
                root,
                layer="b",
                annotator="b",
            )
        assert ("WERK" in error.value.hint) and LABELS in error.value.hint
    declared(root, "labels: {FIGUR: x, WERK: x, NO: x}\n")
    assert ("S02", 4) in {(one.rule, one.line) for one in validate([root])}


def test_labels_of_others_are_mapped_and_what_is_left_out_is_counted():
    said = Annotations(
        (
            Entity(Span.of(0, 4), "PER", entity="a", metonymy="LOC"),
            Entity(Span.of(5, 8), "LOC", entity="b"),
            Entity(Span.of(9, 12), "WERK"),
        ),
        clusters=(Cluster("a", "A", "PER"), Cluster("b", "B", "LOC")),
    )
    gone = Counter()
    found = relabelled(said, {"PER": "FIGUR", "WERK": "WERK"}.get, gone)
    assert [(one.label, one.metonymy) for one in found.entities] == [("FIGUR", None), ("WERK", None)]
    assert found.clusters == (Cluster("a", "A", "FIGUR"),) and gone == {"LOC": 1}


def test_levels_are_checked_one_below_the_other(root):
    path = root / "annotations/gold/werk.jsonl"
    path.write_text(path.read_text("utf-8").replace('"level": 2', '"level": 1'), "utf-8")
    rules = {one.rule for one in validate([path])}
    assert {"S12", "S13"} <= rules and "S01" not in rules


def test_the_dataset_has_these_labels(root):
    report = build(root)
    assert {loss.reason for loss in report.losses} >= {"nested deeper than two levels"}
    card = (root / "corpus/README.md").read_text("utf-8")
    assert "| label | what it is | outer (level 1) | inner (level 2) | level 3 |" in card
    assert "| FIGUR | wer in einem Werk vorkommt / auch Tiere | 0 | 1 | 0 |" in card
    head = yaml.safe_load(card.split("---\n")[1])
    features = {f["name"]: f for f in head["dataset_info"][1]["features"]}
    tags = ["O", "B-FIGUR", "I-FIGUR", "B-WERK", "I-WERK", "B-NO", "I-NO"]
    names = features["ner_tags"]["list"]["dtype"]["class_label"]["names"]
    assert list(names.values()) == tags
    croissant = json.loads((root / "corpus/croissant.json").read_text("utf-8"))
    assert [row["tags/name"] for row in croissant["recordSet"][0]["data"]] == tags


def test_the_gold_needs_no_file(tmp_path):
    """The shipped corpus and every rule of the catalogue stand on the twelve."""
    shutil.copytree(ROOT / "tests/cases/validate/clean", tmp_path / "clean")
    assert not validate([tmp_path / "clean"])
    declared(tmp_path / "clean", "labels: {PER: x}\n")
    assert {one.rule for one in validate([tmp_path / "clean"])} >= {"S01", "S07"}
