"""Redewiedergabe: what its columns mean here, what is lost, what is refused, and what the release holds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from shared import ROOT, shared_data

from wortlaut.errors import DataError
from wortlaut.formats import annotators, detect, reader
from wortlaut.formats.losses import Losses

SOUND = ROOT / "tests" / "cases" / "formats" / "redewiedergabe" / "sound.tsv"
BODY = (
    "<TEI><text><body><p>\n  »Thu' es«, <seg>rieth Anna ihm</seg>zu, ›»und glaube nie!« \n   Sie schwieg; "
    "20 000 Thaler seien wenig Krug &amp; Co.</p></body></text></TEI>"
)
#: Type, medium, content, cue, speaker, frame, parent, note.
QUOTES = {
    "1": ("direct", "speech", "» Thu' es « … » und glaube nie ! «", "rieth … zu", "Anna",
          ", rieth Anna ihm zu ,", None, None),
    "3": ("reported", "speech/thought", "glaube nie", "glaube", "", "", "1", "nonfact border=state"),
    "2": ("indirect/free indirect", "writing", "seien wenig", "", "Anna", "Sie schwieg", None, None),
    "3.2": ("direct", "thought", "&", "glaube", "", "", None, "freeIndirect prag"),
}  # fmt: skip
ONCE = dict.fromkeys(("lemma", "morphology", "normalised token", "part of speech", "white space"), 1)


def laid(folder: Path, text: str) -> Path:
    (folder / "tsv").mkdir(parents=True)
    path = folder / "tsv" / "t.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def quotes(document):
    def shown(span):
        return span.text(document.text) if span else ""

    return {
        q.id: (
            q.type,
            q.medium,
            shown(q.content),
            shown(q.cue),
            shown(q.speaker),
            shown(q.frame),
            q.parent,
            q.note,
        )
        for q in document.quotes
    }


def test_columns_are_quotes_and_what_has_no_place_is_told():
    (document,) = reader("redewiedergabe", losses := Losses("redewiedergabe"))(SOUND)
    assert quotes(document) == QUOTES
    assert {loss.kind: loss.count for loss in losses} == ONCE | {
        "footnote": 1, "frame of no quote": 1, "further type of a quote": 1, "intexpr of no quote": 1,
        "speaker of no quote": 1,
    }  # fmt: skip
    assert detect(SOUND) == "redewiedergabe"


def test_the_text_is_that_of_the_xml_beside_and_the_tokens_are_the_corpus_s_own(tmp_path, monkeypatch):
    path = laid(tmp_path, SOUND.read_text())
    (tmp_path / "xml").mkdir()
    (tmp_path / "xml" / "t.xml").write_text(BODY, encoding="utf-8")
    (tmp_path / "tsv" / "metadata.tsv").write_text("file\tyear\tfictional\nt.tsv\t1851\tyes\n")
    (document,) = reader("redewiedergabe")(tmp_path)
    assert document.text.startswith(
        "»Thu' es«, rieth Anna ihm zu, ›»und glaube nie!«\nSie schwieg; 20 000 Thaler"
    )
    meta = dict(document.meta)
    assert (document.id, meta["year"], meta["fictional"]) == ("t", "1851", "yes")
    words = [document.text[slice(*map(int, one.split(":")))] for one in meta["tokens"].split()]
    assert words == [
        line.partition("\t")[0].replace("&amp;", "&") for line in SOUND.read_text().splitlines()[1:]
    ]
    assert {id: len(one[2]) for id, one in quotes(document).items()} == {"1": 29, "3": 10, "2": 11, "3.2": 1}
    monkeypatch.chdir(path.parent)
    assert [one.text for one in reader("redewiedergabe")(Path("t.tsv"))] == [document.text]
    (tmp_path / "xml" / "t.xml").write_text(BODY.replace("nie", "nicht"), encoding="utf-8")
    with pytest.raises(
        DataError, match=r"xml/t.xml: does not hold token 14 of the columns, 'nie', behind"
    ) as told:
        list(reader("redewiedergabe")(path))
    assert told.value.hint


def test_texts_with_one_type_alone(tmp_path):
    path = laid(tmp_path, "tok\tcat\nSie\tx\nsagt\tindirect\nja\tindirect\n,\tx\nnein\tindirect\n")
    (document,) = reader("redewiedergabe")(path)
    assert [document.text[slice(*q.content.fragments[0])] for q in document.quotes] == ["sagt ja", "nein"]


def test_each_annotator_is_a_layer(tmp_path):
    for name in ("mars", "venus", "consensus"):
        laid(tmp_path / name, SOUND.read_text())
    with pytest.raises(DataError, match=r"no folder of .mars."):
        list(reader("redewiedergabe?annotator=mars")(tmp_path))
    (tmp_path / "annotators_per_file.tsv").write_text("sample\tmars\nt.tsv\tx\n")
    assert list(annotators(f"redewiedergabe:{tmp_path}")) == ["mars", "venus"]
    for name in ("mars", "consensus"):
        assert [document.id for document in reader(f"redewiedergabe?annotator={name}")(tmp_path)] == ["t"]
    for spec in ("redewiedergabe", "redewiedergabe?annotator=pluto"):
        with pytest.raises(DataError) as told:
            list(reader(spec)(tmp_path))
        assert "there are mars, venus, consensus" in str(told.value.hint)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tok\t", "token\t", r"t.tsv:1: has no heading of Redewiedergabe"),
        ("\tnote\n", "\n", r"t.tsv:2: has 11 columns, and the heading 10"),
        ("direct.speech.1\t", "direct.speech\t", r"t.tsv:2: 'direct.speech' is no annotation"),
        ("direct.speech.1\t", "said.speech.1\t", r"t.tsv:2: 'said' is no type"),
        ("writing", "print", r"t.tsv:23: 'print' is no medium"),
        ("speaker.1_2", "speaker.a", r"t.tsv:8: 'speaker.a' is no speaker"),
        ("frame.1\t", "speaker.1\t", r"t.tsv:6: 'speaker.1' is no frame"),
        ("Anna\tAnna", "\tAnna", r"t.tsv:8: has no token"),
        ("Co.\tCo.\tco.", "Co.\tCo", r"t.tsv:27: has 10 columns, and the heading 11"),
    ],
)
def test_what_is_refused(tmp_path, old, new, message):
    path = laid(tmp_path, SOUND.read_text().replace(old, new, 1))
    with pytest.raises(DataError, match=message) as told:
        list(reader("redewiedergabe")(path))
    assert told.value.hint or "token" in message


def test_a_text_without_tokens_is_left_out_leniently(tmp_path):
    laid(tmp_path, SOUND.read_text().partition("\n")[0] + "\n")
    with pytest.raises(DataError, match=r"t.tsv:1: holds no tokens"):
        list(reader("redewiedergabe")(tmp_path))
    losses = Losses("redewiedergabe")
    losses.lenient = True
    assert list(reader("redewiedergabe", losses)(tmp_path)) == []
    assert [loss.count for loss in losses] == [1]


@pytest.mark.long
def test_the_release_holds_what_its_documentation_counts():
    documents = list(reader("redewiedergabe")(shared_data("redewiedergabe") / "data" / "main"))
    runs = Counter[str]()
    for quote in (quote for document in documents for quote in document.quotes):
        runs[quote.type] += len(quote.content.fragments)
    assert len(documents) == 838
    assert sum(len(dict(document.meta)["tokens"].split()) for document in documents) == 486_929
    assert sum(int(dict(document.meta)["cabtokens"]) for document in documents) == 489_459
    published = {"direct": 4166, "indirect": 2669, "free indirect": 136, "reported": 5431}
    published["indirect/free indirect"] = 131
    assert all(abs(runs[kind] - count) <= 2 for kind, count in published.items())
