"""Conversion: every format gives back what it was given, less what it reports; on disk all or nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from roundtrips import assert_exact, difference, joined, kinds, squeezed, written
from shared import ROOT, shared_data
from strategies import ODD_LABELS, corpora, examples

from wortlaut.corpus.load import gold_root
from wortlaut.errors import DataError, MissingFileError, UnknownNameError, WortlautError
from wortlaut.formats import FORMATS, WRITTEN, detect, joiner, quick_count, reader, writer
from wortlaut.formats.columns import token_view
from wortlaut.model import ENTITY_LABELS, Annotations, Document, Entity, Quote, Span
from wortlaut.release.checks import validate
from wortlaut.running.convert import convert

#: Formats whose texts are laid out anew from tokens: compared without white space.
TOKENS = {"conll", "hipe", "conllu"}
#: What is in the files of formats whose documents are quickly counted.
COUNTED = ("line", "document")
#: How many examples each gets; 30 where not said.
EXAMPLES = {"dataset": 10, "docbin": 15}
#: Names of white space, in whole or in part, before a name that is kept without its note.
WHITE = (
    Document(
        "a",
        "\t\t…",
        Annotations(
            (
                Entity(Span.of(0, 1), "PER"),
                Entity(Span.of(0, 1), "PERderiv"),
                Entity(Span(((0, 1), (2, 3))), "PER"),
                Entity(Span.of(2, 3), "PER", note="x"),
            )
        ),
    ),
)


@pytest.fixture(autouse=True)
def _only_with_its_library(request):
    if "inception" in request.node.name:
        pytest.importorskip("cassis", reason="the extra [inception] is not installed")


@pytest.mark.parametrize("format", sorted(set(WRITTEN) - {"germeval"}))
@pytest.mark.long
def test_what_is_read_back_is_what_was_written_less_what_was_reported(format):
    @examples(EXAMPLES.get(format, 30))
    @given(corpora(controls=True, labels=(*ENTITY_LABELS, *ODD_LABELS)))
    @example(WHITE)
    def check(documents):
        # Of two heads that white space alone tells apart, which one is kept cannot be seen.
        heads = [[d.annotations.heads, {*squeezed(d).annotations.heads}] for d in documents]
        assume(format not in TOKENS or all(len(own) == len(seen) for own, seen in heads))
        assert_exact(format, documents, squeeze=format in TOKENS)

    check()


@given(corpora(controls=True))
def test_germeval_parts_documents_and_keeps_what_it_does_not_report(documents):
    """Every sentence is a document there: what all of them hold together is compared."""
    after, losses = written("germeval", documents)
    reported = kinds(losses)
    kept = [document for document in documents if token_view(document).words]
    assert reported["document"] == len(documents) - len(kept)
    bare = joined([replace(d, annotations=Annotations(d.entities), meta=()) for d in kept])
    # Of two that white space alone tells apart, which one is kept cannot be seen.
    assume(len({(one.span, one.label) for one in bare.entities}) == len(bare.entities))
    found = difference(bare, joined(after))
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


def test_half_a_surrogate_pair_is_refused(source, tmp_path, monkeypatch):
    half = [Document("a", "\ud83d")]
    monkeypatch.setattr("wortlaut.running.convert.stream_corpus", lambda *_, **__: iter(half))
    with pytest.raises(DataError, match="half a surrogate pair"):
        convert(source, tmp_path / "x", "predictions")
    assert list(tmp_path.iterdir()) == [source]


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


def test_the_page_has_every_format():
    page = (ROOT / "docs/formats.md").read_text("utf-8")
    written, read = (
        re.findall(r"^\| `([^`]+)` \|", page.partition(head)[2].partition("\n\n")[0], re.M)
        for head in ("| `--to` |", "| read |")
    )
    assert sorted(written) == sorted(WRITTEN) and sorted(read) == sorted(set(FORMATS) - set(WRITTEN))


#: What each format that is one file is called where it stands; the others are folders.
NAMES = {name: f"x{known.suffixes[0]}" for name, known in FORMATS.items() if known.holds in ("file", "line")}


@pytest.mark.parametrize("format", WRITTEN)
def test_what_is_written_is_recognised_and_replaced(format, tmp_path):
    out = tmp_path / NAMES.get(format, "x")
    convert("gold", out, format)
    assert detect(out) == format
    again = convert(out, tmp_path / "again", "dataset")
    assert again.documents >= 1
    beside = convert("gold", out, format, force=True).beside
    there = {out, tmp_path / "again", *([beside] if beside else [])}
    assert {*tmp_path.iterdir()} == there


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


# Large corpora: parts, and going on


@pytest.fixture
def large(tmp_path, monkeypatch):
    """350 documents with names and quotes, in parts of 80."""
    monkeypatch.setattr("wortlaut.running.convert.DOCUMENTS", 80)
    path = tmp_path / "large.jsonl"
    writer("predictions")(path, many(350))
    return path


@pytest.fixture
def parted(tmp_path, monkeypatch):
    """50 of them, in three parts."""
    monkeypatch.setattr("wortlaut.running.convert.DOCUMENTS", 20)
    path = tmp_path / "parted.jsonl"
    writer("predictions")(path, many(50))
    return path


def many(count):
    for number in range(count):
        text = f"Anna Krug sagte: „Es sind {number}.“ Danach ging Ben Holm\u00a0🙂 in Wien weiter."
        names = [
            Entity(Span.of(0, 9), "PER"),
            Entity(Span.of(text.index("Wien"), text.index("Wien") + 4), "LOC"),
        ]
        quote = Quote("q1", "direct", Span.of(text.index("„"), text.index("“") + 1), speaker=Span.of(0, 9))
        yield Document(f"d{number:04}", text, Annotations(tuple(names), (quote,)))


JOINED = sorted(filter(joiner, WRITTEN))


def contents(path):
    """Of a file, or of every file of a folder but the names of its parts."""
    if path.is_file():
        return path.read_bytes()
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*.*")}


@pytest.mark.parametrize("format", JOINED)
def test_parts_become_what_one_write_gives(format, parted, tmp_path):
    """With the same losses. A dataset has a file for each part, which holds the same documents."""
    out, whole = tmp_path / NAMES.get(format, "x"), tmp_path / "whole" / NAMES.get(format, "x")
    whole.parent.mkdir()
    done = convert(parted, out, format)
    losses = list(writer(format)(whole, many(50)))
    assert list(done.losses) == losses and done.documents == 50
    assert list(reader(format)(out)) == list(reader(format)(whole))
    if format not in ("dataset", "docbin"):
        assert contents(out) == contents(whole)
    beside = [done.beside.name] if done.beside else []
    there = sorted(["parted.jsonl", "whole", out.name, *beside])
    assert sorted(path.name for path in tmp_path.iterdir()) == there


def test_a_docbin_that_is_no_spacy_file_is_a_folder_of_them(parted, tmp_path):
    convert(parted, tmp_path / "x", "docbin")
    files = sorted(path.name for path in (tmp_path / "x").iterdir())
    assert files == ["00000.spacy", "00001.spacy", "00002.spacy"]
    assert detect(tmp_path / "x") == "docbin"
    assert [d.id for d in reader("docbin")(tmp_path / "x")] == [d.id for d in many(50)]


def test_long_documents_make_smaller_parts(parted, tmp_path, monkeypatch):
    monkeypatch.setattr("wortlaut.running.convert.CHARACTERS", 1000)
    convert(parted, tmp_path / "x", "docbin")
    assert len(list((tmp_path / "x").iterdir())) == 4
    assert len(list(reader("docbin")(tmp_path / "x"))) == 50


KILLED = """
import os, signal, sys
from pathlib import Path
import wortlaut.running.convert
wortlaut.running.convert.DOCUMENTS = 80
def progress(what, done, total):
    assert total == 350
    if done == 300:
        os.kill(os.getpid(), signal.SIGKILL)
wortlaut.running.convert.convert(sys.argv[1], Path(sys.argv[2]), sys.argv[3], progress=progress)
"""


@pytest.mark.parametrize("format", ["dataset", "conll?scheme=BILOU"])
def test_what_was_killed_goes_on(format, large, tmp_path):
    out = tmp_path / "out"
    killed = [sys.executable, "-c", KILLED, str(large), str(out), format]
    assert subprocess.run(killed, check=False).returncode == -signal.SIGKILL
    assert not out.exists() and (tmp_path / ".out.parts").is_dir()
    with pytest.raises(WortlautError, match="broken off after 240 documents") as refused:
        convert(large, out, format)
    assert "--resume" in refused.value.hint
    written = []
    done = convert(large, out, format, resume=True, progress=lambda _, n, total: written.append((n, total)))
    assert (done.documents, done.before, written[-1]) == (350, 240, (300, 350))
    convert(large, tmp_path / "again", format, resume=True)
    assert contents(out) == contents(tmp_path / "again")
    assert done.losses == convert(large, tmp_path / "third", format).losses
    assert not list(tmp_path.glob(".*"))


def interrupt(source, out, format="dataset", at=200):
    def progress(_, done, total):
        if done == at:
            raise KeyboardInterrupt

    with pytest.raises((WortlautError, KeyboardInterrupt)) as stopped:
        convert(source, out, format, progress=progress)
    return stopped.value


def test_what_was_interrupted_says_how_to_go_on(large, tmp_path, monkeypatch):
    told = interrupt(large, tmp_path / "out")
    assert "interrupted" in str(told) and "--resume" in str(told)
    assert convert(large, tmp_path / "out", "dataset", resume=True).before == 160
    # Before the first part is whole there is nothing to go on from.
    monkeypatch.setattr("wortlaut.running.convert.DOCUMENTS", 300)
    assert isinstance(interrupt(large, tmp_path / "second"), KeyboardInterrupt)
    assert not list(tmp_path.glob(".*"))


def test_another_source_or_format_is_not_gone_on_with(large, tmp_path):
    out = tmp_path / "out"
    interrupt(large, out)
    with pytest.raises(WortlautError, match="its format was dataset"):
        convert(large, out, "predictions", resume=True)
    other = tmp_path / "other.jsonl"
    other.write_bytes(large.read_bytes())
    with pytest.raises(WortlautError, match=r"its source was predictions:.*large\.jsonl"):
        convert(other, out, "dataset", resume=True)
    stat = large.stat()
    large.write_bytes(large.read_bytes().replace(b"Es sind 7.", b"Es war 77."))
    with pytest.raises(WortlautError, match="the source has changed since"):
        convert(large, out, "dataset", resume=True)
    # Nor where size and time are as they were.
    os.utime(large, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(WortlautError, match="does not give the documents that it gave before"):
        convert(large, out, "dataset", resume=True)
    assert not out.exists()


def test_two_runs_do_not_write_the_same(large, tmp_path):
    def second(_, done, total):
        with pytest.raises(WortlautError, match="another run is writing it"):
            convert(large, tmp_path / "out", "dataset", resume=True)

    assert convert(large, tmp_path / "out", "dataset", progress=second).documents == 350


def test_formats_of_a_file_a_document_begin_again(large, tmp_path):
    with pytest.raises(DataError, match="a conversion to brat begins again") as refused:
        convert(large, tmp_path / "out", "brat", resume=True)
    assert "These go on: dataset, predictions" in refused.value.hint
    assert isinstance(interrupt(large, tmp_path / "out", "brat"), KeyboardInterrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["large.jsonl"]


def test_what_was_there_comes_back_where_the_last_step_fails(parted, tmp_path, monkeypatch):
    """Within the run that could not put the new folder in place, and in the next one after a kill."""
    out = tmp_path / "out"
    convert(parted, out, "brat")
    before, rename = contents(out), Path.rename

    def broken(path, target):
        if target == out and path.parent.name != ".out.parts":
            raise OSError("no place")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", broken)
    monkeypatch.setattr("wortlaut.io.folders._exchanged", lambda one, other: False)
    with pytest.raises(WortlautError, match="cannot be written: no place"):
        convert(parted, out, "brat", force=True)
    assert contents(out) == before
    (tmp_path / ".out.parts").mkdir()
    rename(out, tmp_path / ".out.parts/old")
    parted.write_text("{")
    with pytest.raises(DataError, match="broken JSON"):
        convert(f"predictions:{parted}", out, "brat")
    assert contents(out) == before


def test_a_link_leads_to_what_is_written(source, tmp_path):
    (tmp_path / "target.jsonl").write_text("old")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "target.jsonl")
    convert(source, tmp_path / "link.jsonl", "predictions", force=True)
    assert (tmp_path / "link.jsonl").is_symlink()
    assert (tmp_path / "target.jsonl").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("format", [*(name for name in WRITTEN if FORMATS[name].holds in COUNTED), "dataset"])
def test_the_bar_knows_how_many_there_are(format, parted, tmp_path):
    if format == "inception":
        pytest.importorskip("cassis", reason="the extra [inception] is not installed")
    out = tmp_path / NAMES.get(format, "x")
    convert(parted, out, format)
    assert quick_count(format, out) == 50
