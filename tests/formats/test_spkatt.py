"""SpkAtt-2023: cue and particle, split, parents and flags; and what the public train and dev splits hold."""

from __future__ import annotations

import json
import shutil

import pytest
from roundtrips import kinds
from shared import ROOT, shared_data

from wortlaut.formats import detect
from wortlaut.formats.columns import tokens, unpack
from wortlaut.formats.losses import Losses
from wortlaut.formats.spkatt import read

SOUND = ROOT / "tests/cases/formats/spkatt/sound.json"


def test_roles_tokens_sentences_and_split(tmp_path):
    (tmp_path / "dev/task1").mkdir(parents=True)
    shutil.copy(SOUND, tmp_path / "dev/task1")
    assert detect(tmp_path) == "spkatt"
    (document,) = read(tmp_path)
    text = document.text
    assert text.startswith("Wir lehnen diesen Umbau ab ,\nsagt Frau Uhl") and "_ gern" in text
    first, second, third = document.quotes
    assert first.cue is not None and first.cue.text(text) == "lehnen … ab"
    assert second.speaker is not None and second.speaker.text(text) == "Frau Uhl"
    assert (first.medium, first.note, first.addressee, second.cue and second.cue.text(text)) == (
        None,
        None,
        None,
        "sagt",
    )
    assert not third.content.discontinuous  # over the end of a sentence
    meta = dict(document.meta)
    assert meta["split"] == "dev"
    surfaces = [text[start:end] for start, end in tokens(document) or ()]
    assert len(surfaces) == 23 and surfaces[4] == "ab"
    assert [text[start:end][-1] for start, end in unpack(meta["sentences"])] == [",", ".", "."]


def test_parents_are_derived_and_flags_that_differ_are_kept(tmp_path):
    path = tmp_path / "x.json"
    events = [
        {"Message": ["0:0", "0:1"], "IsNested": True, "HasNested": True},
        {"Message": ["0:1"], "IsNested": True, "HasNested": False},
    ]
    path.write_text(
        json.dumps({"Annotations": events, "Sentences": [{"SentenceId": 0, "Tokens": ["Uhl", "kam"]}]})
    )
    (document,) = read(path)
    assert [(one.parent, one.note) for one in document.quotes] == [(None, "isNested=true"), ("0", None)]


#: Documents, sentences, tokens, quotes with a cue, speaker, addressee; what is left out.
TASK1 = {
    "train": (
        (177, 9093, 148254, 3242, 3242, 2391, 347),
        {"event without a Message": 2157, "role Topic": 238, "role Medium": 181, "role Evidence": 77},
    ),
    "dev": (
        (18, 927, 14519, 290, 290, 189, 37),
        {"event without a Message": 225, "role Topic": 23, "role Medium": 17, "role Evidence": 8},
    ),
}
TASK2 = {
    "train": ((700, None, None, 2877, 2016, 2696, 240), {}),
    "dev": ((150, None, None, 653, 445, 610, 50), {}),
}


@pytest.mark.long
@pytest.mark.parametrize("split", ["train", "dev"])
@pytest.mark.parametrize(
    ("corpus", "task", "counts"),
    [("spkatt-2023", "task1", TASK1), ("news-speaker-attribution-2023", "task2", TASK2)],
)
def test_the_splits_load_completely(corpus, task, counts, split):
    losses = Losses("spkatt")
    documents = list(read(shared_data(corpus) / "data" / split / task, losses=losses))
    quotes = [quote for document in documents for quote in document.quotes]
    sizes = [
        sum(len(unpack(dict(document.meta)[key])) for document in documents)
        for key in ("sentences", "tokens")
    ]
    roles = [
        sum(quote.role(role) is not None for quote in quotes) for role in ("cue", "speaker", "addressee")
    ]
    expected, lost = counts[split]
    found = (len(documents), *sizes, len(quotes), *roles)
    assert [one for one, known in zip(found, expected, strict=True) if known is not None] == [
        known for known in expected if known is not None
    ]
    assert kinds(losses) == lost and {dict(document.meta)["split"] for document in documents} == {split}
