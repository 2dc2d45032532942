"""Conversion: every format gives back what it was given, less what it reports; on disk all or nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from roundtrips import assert_exact, difference, joined, kinds, written
from shared import shared_data
from strategies import corpora

from wortlaut.convert import _save, convert
from wortlaut.corpus.load import gold_root
from wortlaut.corpus.validate import validate
from wortlaut.document import Annotations, Document, Entity, Span
from wortlaut.errors import DataError, MissingFileError, UnknownNameError, WortlautError
from wortlaut.formats import WRITERS, detect, reader, writer
from wortlaut.formats.columns import token_view

#: Formats whose texts are laid out anew from tokens: compared without white space.
TOKENS = {"conll", "hipe", "conllu"}
#: How many examples each gets; 40 where not said.
EXAMPLES = {"dataset": 10, "docbin": 15}


@pytest.fixture(autouse=True)
def _only_with_its_library(request):
    if "inception" in request.node.name:
        pytest.importorskip("cassis", reason="the extra [inception] is not installed")


@pytest.mark.parametrize("format", sorted(set(WRITERS) - {"germeval"}))
def test_what_is_read_back_is_what_was_written_less_what_was_reported(format):
    @settings(
        max_examples=EXAMPLES.get(format, 40),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(corpora(controls=True))
    def check(documents):
        assert_exact(format, documents, squeeze=format in TOKENS)

    check()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpora(controls=True))
def test_germeval_parts_documents_and_keeps_what_it_does_not_report(documents):
    """Every sentence is a document there: what all of them hold together is compared."""
    after, losses = written("germeval", documents)
    reported = kinds(losses)
    kept = [document for document in documents if token_view(document).words]
    assert reported["document"] == len(documents) - len(kept)
    bare = [replace(d, annotations=Annotations(d.entities), meta=()) for d in kept]
    found = difference(joined(bare), joined(after))
    assert found == +Counter({kind: n for kind, n in reported.items() if kind.startswith("entity")})
    assert reported["quote"] == sum(len(document.quotes) for document in kept)
    assert reported["cluster"] == sum(len(document.clusters) for document in kept)
    views = list(map(token_view, kept))
    assert reported["document.bounds"] == sum(len(view.sentences) > 1 for view in views)
    assert len(after) == sum(len(view.sentences) for view in views)


@pytest.mark.parametrize("scheme", ["IOB1", "IOB2", "BIOES", "BILOU"])
def test_conll_has_every_scheme(scheme):
    text = "Anna Krug Ben Holm Wien"
    entities = [Entity(Span.of(0, 9), "PER"), Entity(Span.of(10, 18), "PER"), Entity(Span.of(19, 23), "LOC")]
    (after,), losses = written("conll", [Document("a", text, Annotations(tuple(entities)))], scheme=scheme)
    assert after.entities == tuple(entities) and dict(after.meta)["scheme"] == scheme and not losses


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.jsonl"
    writer("predictions")(path, [Document("a", "Süden"), Document("b", "Norden")])
    return path


def test_a_path_whose_format_shows_is_enough(source, tmp_path):
    done = convert(source, tmp_path / "out", "dataset")
    assert (done.format, done.documents, done.losses) == ("dataset", 2, ())
    back = convert(tmp_path / "out", tmp_path / "back.jsonl", "predictions")
    assert back.documents == 2 and (tmp_path / "back.jsonl").read_bytes() == source.read_bytes()


def test_strict_writes_nothing_where_something_would_be_lost(tmp_path):
    with pytest.raises(DataError, match=r"\d+ losses, the first: meta"):
        convert("gold", tmp_path / "out.jsonl", "predictions", strict=True)
    assert list(tmp_path.iterdir()) == []
    assert convert("gold", tmp_path / "out", "dataset", strict=True).losses == ()


def test_what_is_there_is_replaced_only_when_asked(source, tmp_path):
    out = tmp_path / "out.jsonl"
    out.write_text("mine")
    with pytest.raises(DataError, match="is there already"):
        convert(source, out, "predictions")
    assert out.read_text() == "mine"
    convert(source, out, "predictions", force=True)
    assert out.read_bytes() == source.read_bytes()


def test_a_folder_of_something_else_is_never_replaced(source, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("mine")
    with pytest.raises(DataError, match="holds something else"):
        convert(source, out, "dataset", force=True)
    assert (out / "thesis.tex").read_text() == "mine"
    (out / "thesis.tex").unlink()
    convert(source, out, "dataset", force=True)
    convert(source, out, "dataset", force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out"]


def test_broken_input_leaves_nothing_behind(source, tmp_path):
    with source.open("a") as file:
        file.write('{"id": "c", "text": "x", "entities": [{"start": 0, "end": 9, "label": "PER"}]}\n')
    with pytest.raises(DataError, match=r"in\.jsonl:3: .* ends after the text"):
        convert(source, tmp_path / "out", "dataset")
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_predictions_without_texts_say_so(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"id": "a"}\n')
    with pytest.raises(DataError, match=r"in\.jsonl:1: the line has no text"):
        convert(tmp_path / "in.jsonl", tmp_path / "out", "dataset")


def test_half_a_surrogate_pair_is_refused(tmp_path):
    with pytest.raises(DataError, match="half a surrogate pair"):
        _save(tmp_path / "x", writer("predictions"), [Document("a", "\ud83d")], {}, False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "out", "to", "error", "message"),
    [
        ("gold", "out.jsonl", None, DataError, "the format does not show"),
        ("gold", "out.jsonl", "predictoins", UnknownNameError, "Did you mean predictions"),
        ("gold", "out.jsonl", "predictions?schema=BIO", UnknownNameError, "option of predictions"),
        ("gold", "none/out.jsonl", "predictions", MissingFileError, "its folder is not there"),
        ("nowhere", "out.jsonl", "predictions", MissingFileError, "no such file"),
        ("hipe:nowhere", "out.jsonl", "predictions", WortlautError, "no such file"),
    ],
)
def test_what_cannot_be_done_is_told(source, out, to, error, message, tmp_path):
    with pytest.raises(error, match=message):
        convert(source, tmp_path / out, to)
    assert list(tmp_path.iterdir()) == []


def test_the_gold_comes_out_as_the_files_that_it_is_read_from(tmp_path):
    convert("gold", tmp_path / "out", "native", strict=True)
    for file in (tmp_path / "out").rglob("*.*"):
        assert file.read_bytes() == (gold_root() / file.relative_to(tmp_path / "out")).read_bytes()
    assert validate([tmp_path / "out"]) == []


#: What each format is called where it stands: folders for those that are one.
NAMES = {
    "predictions": "x.jsonl", "doccano": "x.jsonl", "prodigy": "x.jsonl", "label-studio": "x.json",
    "docbin": "x.spacy", "conll": "x.conll", "conllu": "x.conllu", "germeval": "x.tsv", "hipe": "x.tsv",
}  # fmt: skip


@pytest.mark.parametrize("format", WRITERS)
def test_what_is_written_is_recognised_and_replaced(format, tmp_path):
    out = tmp_path / NAMES.get(format, "x")
    convert("gold", out, format)
    assert detect(out) == format
    again = convert(out, tmp_path / "again", "dataset")
    assert again.documents >= 1
    convert("gold", out, format, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([out.name, "again"])


@pytest.mark.parametrize(
    ("corpus", "format"),
    [
        ("germeval2014", "germeval"),
        ("hipe2020-de", "hipe"),
        ("uner-german-pud", "conll"),
        ("german-news-quotation-2024/data/dev", "german-news-quotation"),
        ("litbank-brat", "brat"),
    ],
)
def test_corpora_of_others_come_back_equal(corpus, format):
    documents = list(islice(reader(format)(shared_data(corpus)), 3))
    for name in ("dataset", "label-studio", "prodigy", "web-annotation", "tei", format):
        if name != "germeval":
            assert_exact(name, documents, squeeze=name in TOKENS)
    assert not kinds(written("dataset", documents)[1])
    losses = set(kinds(written(format, documents)[1]))
    assert losses <= {"document.id", "meta"}, losses
    # The project's own files hold its own labels.
    assert_exact("native", documents)
    assert_exact("predictions", documents)
