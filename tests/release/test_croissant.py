"""Croissant: valid for MLCommons' own reader, which reads the records by it."""

from __future__ import annotations

import json
import logging

import pytest
from shared import ROOT

from wortlaut.corpus.load import load_corpus
from wortlaut.release import croissant

CORPUS = ROOT / "corpus"
DATA = json.loads((CORPUS / croissant.FILE).read_text("utf-8"))


@pytest.fixture(scope="module")
def dataset():
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed (extra test)")
    logging.getLogger("absl").setLevel(logging.ERROR)
    return mlcroissant.Dataset(CORPUS / croissant.FILE)


def test_it_is_valid(dataset):
    issues = dataset.metadata.ctx.issues
    assert not issues.errors and not issues.warnings


def test_records_are_read_by_it(dataset):
    (document,) = load_corpus("gold").documents
    (row,) = dataset.records("documents")
    assert row["documents/text"].decode("utf-8") == document.text
    labels = [entity["documents/entities/label"].decode() for entity in row["documents/entities"]]
    starts = [entity["documents/entities/spans_first_start"] for entity in row["documents/entities"]]
    assert sorted(zip(starts, labels, strict=True)) == sorted(
        (entity.span.start, entity.label) for entity in document.entities
    )
    quotes = list(dataset.records("quotes"))
    assert len(quotes) == len(document.quotes)
    for quote in quotes:
        for part in quote["quotes/content"]:
            start, end = part["quotes/content/start"], part["quotes/content/end"]
            assert document.text[start:end] == part["quotes/content/text"].decode("utf-8")


def test_the_licence_of_the_annotations_is_not_granted_for_the_texts():
    """Where the texts are a third party's, the metadata as a whole name no licence that allows something."""
    assert DATA["license"] == "unknown" and "creativecommons" not in json.dumps(DATA)
    assert "third-party" in DATA["usageInfo"] and "nothing here grants any right" in DATA["usageInfo"]
    assert "nothing here grants any right" in (ROOT / "NOTICE").read_text("utf-8")


def test_the_rai_fields_say_how_it_was_made():
    assert "http://mlcommons.org/croissant/RAI/1.0" in DATA["conformsTo"]
    assert "Language models" in DATA["rai:machineAnnotationTools"][0]
    assert "No human expert" in DATA["rai:dataAnnotationAnalysis"][0]
    assert len(DATA["rai:dataLimitations"]) > 1
    for name in ("dataCollection", "dataAnnotationProtocol", "dataUseCases", "personalSensitiveInformation"):
        assert DATA[f"rai:{name}"]


def test_it_names_the_tables_as_they_are():
    content = (CORPUS / croissant.FILE).read_text("utf-8")
    manifest = json.loads((CORPUS / "manifest.json").read_text("utf-8"))
    files = {name: entry["sha256"] for name, entry in manifest["files"].items()}
    assert list(croissant.check(content, files)) == []
    (problem,) = croissant.check(content, files | {"data/neu.parquet": "0"})
    assert problem.what == "data/neu.parquet is not named"
    name = next(name for name in files if name.endswith(".parquet"))
    (problem,) = croissant.check(content, files | {name: "0"})
    assert problem.what == f"{name} differs"
    (problem,) = croissant.check(content.replace('"cr:column"', '"cr:columns"'), files)
    assert "context" in problem.what
    (problem,) = croissant.check("{", files)
    assert "cannot be read" in problem.what
