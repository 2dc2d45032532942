"""German news quotation corpus: roles as token sets, repairs, parents, and the published counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shared import shared_data
from summary import summary

from wortlaut.errors import DataError
from wortlaut.formats.columns import tokens, unpack
from wortlaut.formats.german_news_quotation import read
from wortlaut.model import Span

CASE = Path(__file__).parents[1] / "cases" / "formats" / "german_news_quotation" / "bridge.pretty.json"


@pytest.fixture(scope="module")
def bridge():
    (document,) = read(CASE)
    return document


def test_roles(bridge):
    text = bridge.text
    assert bridge.id == "1 - Brücke im Mai (2024-05-01)"
    assert text.startswith("😀 Die Bürgermeisterin")
    direct, indirect, free, reported = bridge.quotes
    assert (direct.id, direct.type, direct.medium) == ("0", "direct", "speech/writing")
    assert direct.content.text(text) == "„Wir bauen bald!“"
    assert direct.speaker is not None and direct.speaker.text(text) == "Die Bürgermeisterin"
    assert direct.addressee is None
    assert (indirect.type, indirect.medium) == ("indirect", "speech")
    assert indirect.content.text(text) == "dass die Brücke … im Mai fertig sei"
    assert indirect.cue is not None and indirect.cue.text(text) == "fuhr fort"
    assert indirect.frame is not None and indirect.frame.text(text) == "Ihr Stellvertreter fuhr fort, … ."
    assert (free.type, free.medium, free.speaker) == ("indirect/free indirect", "none", None)
    assert (reported.type, reported.medium) == ("reported", "thought/writing")
    assert reported.addressee == direct.speaker


def test_a_span_split_between_adjacent_tokens_is_one_fragment_and_repairs_are_counted(bridge):
    assert not bridge.quotes[0].content.discontinuous
    meta = dict(bridge.meta)
    assert (meta["merged_spans"], meta["unsorted_roles"]) == ("1", "1")


def test_parents_are_derived_and_flags_that_say_more_are_kept(bridge):
    assert [quote.parent for quote in bridge.quotes] == [None, None, "1", "1"]
    assert [quote.note for quote in bridge.quotes] == [None, None, "hasNested=true", "hasNested=true"]


def test_tokens_and_sentences_are_kept(bridge):
    surfaces = [bridge.text[start:end] for start, end in tokens(bridge)]
    assert surfaces[:5] == ["😀", "Die", "Bürgermeisterin", "sagte", "laut"] and len(surfaces) == 32
    sentences = [bridge.text[start:end] for start, end in unpack(dict(bridge.meta)["sentences"])]
    assert [sentence[-6:] for sentence in sentences] == ["bald!“", "g sei."]


def broken(tmp_path, change):
    data = json.loads(CASE.read_text(encoding="utf-8"))
    change(data)
    path = tmp_path / "x.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def utf16(data):
    for token in data["tokens"][1:]:
        token["charBegin"] += 1
        token["charEnd"] += 1


CHANGES = {
    "utf-16 offsets": (utf16, r"\$\.tokens\[1\]: the text at .*\n.*UTF-16"),
    "token text": (lambda d: d["tokens"][2].update(text="Bürgermeister"), r"\$\.tokens\[2\]: the text at"),
    "token id": (lambda d: d["tokens"][2].update(id=7), r"\$\.tokens\[2\]: has id 7"),
    "ids and spans": (
        lambda d: d["annotations"][0]["cue"]["tokenIds"].append(4),
        r"\$\.annotations\[0\]\.cue: tokenIds and spans name different tokens",
    ),
    "characters": (
        lambda d: d["annotations"][0]["cue"]["spans"][0].update(charEnd=3),
        r"\$\.annotations\[0\]\.cue\.spans\[0\]: characters .* are not those of its tokens",
    ),
    "no such token": (
        lambda d: d["annotations"][0]["cue"]["spans"][0].update(end=99),
        r"cue\.spans\[0\]: tokens \[3, 99\) are not in the document",
    ),
    "text": (
        lambda d: d["annotations"][1]["quote"].update(text="dass"),
        r"\[1\]\.quote: the text of its spans",
    ),
    "type": (lambda d: d["annotations"][1].update(type="Free"), r"\[1\]: unknown type 'Free'.*\n.*Direct"),
    "medium": (lambda d: d["annotations"][1].update(medium="Song"), "unknown medium 'Song'"),
    "missing": (lambda d: d["annotations"][1].pop("speaker"), r"\[1\]: has no 'speaker' of type dict"),
    "empty": (
        lambda d: d["annotations"][1].update(quote={"spans": [], "text": "", "tokenIds": []}),
        "a quote without content",
    ),
    "same id": (lambda d: d["annotations"][1].update(id=0), "two annotations have the same id"),
    "sentence": (lambda d: d["sentences"][0].update(charEnd=2), r"\$\.sentences\[0\]: characters"),
    "surrogate": (lambda d: d.update(originalText="\ud83d"), "half a surrogate pair"),
    "no text": (lambda d: d.pop("originalText"), r"\$: has no 'originalText'"),
    "kind of token": (lambda d: d["tokens"].append(1), r"\$\.tokens\[\d+\]: has no 'charBegin' of type int"),
    "kind of offset": (lambda d: d["tokens"][1].update(charEnd=3.0), r"\[1\]: has no 'charEnd' of type int"),
    "kind of ids": (
        lambda d: d["annotations"][0]["cue"].update(tokenIds=["3"]),
        r"\$\.annotations\[0\]\.cue: tokenIds and spans name different tokens",
    ),
    "half a character": (lambda d: d["tokens"][1].update(id="\ud83d"), r"\[1\]: has no 'id' of type int"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_broken_files_are_refused_with_their_path(tmp_path, name):
    change, message = CHANGES[name]
    with pytest.raises(DataError, match=message):
        list(read(broken(tmp_path, change)))


def test_what_python_alone_decodes_is_read(tmp_path):
    path = broken(tmp_path, lambda d: d.update(extra=[float("nan"), "\ud83d"]))
    assert [one.annotations for one in read(path)] == [one.annotations for one in read(CASE)]


def test_what_is_not_json_is_refused_with_its_line(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{\n"a": }', encoding="utf-8")
    with pytest.raises(DataError, match=r"x\.json:2: is not JSON"):
        list(read(path))
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(DataError, match=r"\$: has no 'originalText'"):
        list(read(path))


#: Counted by the reader. The last row is what the corpus's authors publish for all three splits, so
#: the difference is what the test split, which is not here, must hold.
#:          documents quotes discontinuous with-merged nested no-speaker no-addressee
COUNTS = {
    "train": (700, 2877, 228, 248, 299, 183, 2637),
    "dev": (150, 653, 53, 56, 73, 43, 603),
    "all": (998, 4182, None, 361, 436, 276, 3845),
}
TYPES = {
    "train": {
        "direct": 604, "indirect": 1541, "reported": 297, "free indirect": 119, "indirect/free indirect": 316,
    },
    "dev": {
        "direct": 136, "indirect": 335, "reported": 91, "free indirect": 27, "indirect/free indirect": 64,
    },
}  # fmt: skip


@pytest.mark.parametrize("split", ["train", "dev"])
@pytest.mark.long
def test_the_corpus_loads_completely_with_its_own_counts(split):
    folder = shared_data("german-news-quotation-2024") / "data" / split
    documents = list(read(folder))
    counted = summary(documents)
    quotes = counted["quotes"]
    raw = [
        annotation
        for path in sorted(folder.glob("*.json"))
        for annotation in json.loads(path.read_text(encoding="utf-8"))["annotations"]
    ]
    # The authors count a quote as discontinuous by the length of "spans", where some touch.
    apart = sum(len(annotation["quote"]["spans"]) > 1 for annotation in raw)
    flagged = sum(annotation["isNested"] for annotation in raw)
    assert (
        counted["documents"],
        quotes["total"],
        quotes["discontinuous"],
        apart,
        flagged,
        quotes["without"]["speaker"],
        quotes["without"]["addressee"],
    ) == COUNTS[split]
    assert quotes["by_type"] == dict(sorted(TYPES[split].items()))
    # Two quotes of dev have the same, discontinuous content and are not flagged as nested.
    assert quotes["nested"] == flagged + {"train": 0, "dev": 2}[split]
    assert {dict(document.meta)["split"] for document in documents} == {split}


@pytest.mark.long
def test_every_role_is_the_token_set_of_the_file():
    folder = shared_data("german-news-quotation-2024") / "data" / "dev"
    for path, document in zip(sorted(folder.glob("*.json")), read(folder), strict=True):
        data = json.loads(path.read_text(encoding="utf-8"))
        offsets = tokens(document)
        for annotation, quote in zip(data["annotations"], document.quotes, strict=True):
            for role, field in (
                ("quote", "content"),
                ("cue", "cue"),
                ("speaker", "speaker"),
                ("frame", "frame"),
            ):
                span = quote.role(field)
                inside = {
                    i for i, (start, end) in enumerate(offsets) if span and span.overlap(Span.of(start, end))
                }
                assert inside == set(annotation[role]["tokenIds"]), (path.name, quote.id, role)


def test_what_the_test_split_must_hold_is_like_the_other_two():
    here = [sum(values) for values in zip(COUNTS["train"], COUNTS["dev"], strict=True)]
    there = [None if whole is None else whole - part for whole, part in zip(COUNTS["all"], here, strict=True)]
    assert there == [148, 652, None, 57, 64, 50, 605]
    for column in (3, 4, 5, 6):
        share = here[column] / here[1]
        assert there[column] is not None and abs(there[column] / 652 - share) < 0.02
