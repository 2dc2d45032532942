"""Files that are packed, marked, or none: how they are opened."""

from __future__ import annotations

import gzip
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from wortlaut.cli.common import check_standard_input
from wortlaut.corpus.load import annotated_batches, load_corpus
from wortlaut.errors import DataError, MissingFileError, WortlautError
from wortlaut.evaluation.evaluate import evaluate, score_files
from wortlaut.formats import detect
from wortlaut.io import reading
from wortlaut.running.convert import convert

TEXT = "Ä sagt: „Ja.“\nB nicht.\n"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_what_is_packed_or_marked_is_read(tmp_path: Path, packed: bool, mark: bytes) -> None:
    data = mark + TEXT.encode()
    path = tmp_path / "anything"
    path.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    assert reading.read_text(path) == TEXT
    assert [line for _, line in reading.lines(path)] == TEXT.splitlines()
    with reading.opened(path) as file:
        place = file.tell() + len(file.readline())
        file.seek(place)
        assert file.read() == b"B nicht.\n"


@pytest.mark.parametrize(
    ("content", "what", "where"),
    [
        ("Ja\nÄ.".encode("cp1252"), "at byte 1 of the line", ":2"),
        ("Ä".encode("utf-16"), "is not UTF-8", ":1"),
        (gzip.compress(TEXT.encode() * 9, mtime=0)[:-9], "cannot be unpacked", ""),
        (gzip.compress(TEXT.encode(), mtime=0)[:5], "cannot be unpacked", ""),
    ],
)
def test_what_is_no_text_is_told(tmp_path: Path, content: bytes, what: str, where: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        reading.read_text(path)
    assert what in caught.value.what and caught.value.where == f"{path}{where}" and caught.value.hint


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ('{"a":\n ' + "9" * 5000 + "}", "a number of 5,000 digits", 2),
        ("[" * 100_000, "nested too deeply", 1),
        ('{"a": 1,\n}', "is not JSON", 2),
        ("", "is not JSON", 1),
    ],
)
def test_json_that_cannot_be_read_is_told_with_its_line(
    tmp_path: Path, text: str, what: str, line: int
) -> None:
    (tmp_path / "x").write_text(text)
    with pytest.raises(DataError, match=what) as caught:
        reading.read_json(tmp_path / "x")
    assert caught.value.where == f"{tmp_path / 'x'}:{line}" and caught.value.hint


def test_what_is_no_file_is_told_and_hangs_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name, kind, what in (
        ("none", MissingFileError, "no such file"),
        ("pipe", DataError, "is a pipe"),
        (".", DataError, "is a folder"),
        ("/dev/zero", DataError, "is a device"),
        ("loop", DataError, "cannot be read"),
        (b"\xff".decode(errors="surrogateescape"), DataError, "not UTF-8"),
    ):
        with pytest.raises(kind, match=what) as caught:
            reading.opened(tmp_path / name)
        assert isinstance(caught.value, WortlautError) and caught.value.hint


GOLD = "Karl B-PER\nWenz I-PER\nsingt O\n\nBonn B-LOC\n. O\n\n"


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], None]]:
    """Standard input with these bytes."""

    def give(data: bytes) -> None:
        reading._standard_input.cache_clear()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    yield give
    reading._standard_input.cache_clear()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_a_file_wherever_one_is_named(
    given: Callable[[bytes], None], pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    (tmp_path / "gold.conll").write_text(GOLD)
    gold = load_corpus(f"conll:{tmp_path}/gold.conll")
    given(pack(GOLD.encode()))
    corpus = load_corpus("conll:-")
    assert [one.text for one in corpus] == [one.text for one in gold] and corpus[0].id == "stdin-000001"
    (batch,) = annotated_batches("-")
    assert [one.annotations for one in batch.documents()] == [one.annotations for one in gold]
    for evaluation in (
        score_files("-", str(tmp_path / "gold.conll"), samples=0),
        score_files(str(tmp_path / "gold.conll"), "CRF=-", samples=0),
        evaluate("CRF=preds:-", gold, samples=0),
    ):
        assert evaluation.systems[0].scores["entities"]["strict"].correct == 2
    convert("-", tmp_path / "out.jsonl", "predictions")
    given((tmp_path / "out.jsonl").read_bytes())
    assert evaluate("preds:-", corpus, samples=0).systems[0].scores["entities"]["strict"].f1 == 1
    assert detect(Path("-")) == "predictions"


@pytest.mark.parametrize(
    ("text", "name"),
    [("[\n", "label-studio"), ('{"text": "a", "spans": []}\n{"', "prodigy"), ("TOKEN\tNE-X\n", "hipe")],
)
def test_the_format_of_standard_input_shows_in_its_content(
    given: Callable[[bytes], None], text: str, name: str
) -> None:
    given(text.encode())
    assert detect(Path("-")) == name


def test_standard_input_is_missed_where_there_is_none(
    given: Callable[[bytes], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    given(b"")
    with open(os.devnull) as nothing:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", nothing)
        with pytest.raises(DataError, match="there is no standard input here"):
            load_corpus("conll:-")
    given(b"Karl\xff B-PER\n")
    with pytest.raises(DataError, match="-:1: is not UTF-8"):
        load_corpus("conll:-")


@pytest.mark.parametrize(
    ("args", "twice"),
    [
        (["score", "-", "-"], True),
        (["score", "-", "CRF=-"], True),
        (["evaluate", "--corpus", "conll:-", "-e", "preds:-"], True),
        (["evaluate", "--corpus=conll:-", "-e", "preds:conll:-"], True),
        (["score", "gold.conll", "-", "--json", "-"], False),
        (["score", "gold.conll", "-", "--json=-", "--labels", "DATE=-"], False),
        (["evaluate", "--corpus", "conll:-", "-e", "cmd:tag -"], False),
    ],
)
def test_standard_input_is_named_once(args: list[str], twice: bool) -> None:
    with pytest.raises(WortlautError, match="named twice") if twice else nullcontext():
        check_standard_input(args)
