"""Counts where the guidelines follow the two annotation schemes and where they depart from them.

    python docs/departures.py DATA

``DATA`` holds ``germeval2014/NER-de-dev.tsv`` (GermEval 2014) and ``german-news-quotation-2024/data/train``
(German news quotation corpus). What is printed is the table in ``annotations/guidelines.md``; a test compares
the two. The test parts of both corpora are not looked at.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from wortlaut.corpus.load import load_corpus
from wortlaut.model import Document, Quote, Span
from wortlaut.text.segments import sentences

AUXILIARY = r"(?:habe|hat|haben|hatten?|sei|seien|ist|sind|war|waren|wird|wurden?|werden|worden)"
CORRELATE = r"(?:dar(?:an|auf|über|um|in)|da(?:von|vor|für|mit|zu|gegen|nach))"
NEGATION = r"(?:nicht|nie|kein\w*)"
INSTITUTION = r"(?:Weiße[ns]? Haus|Élysée|Downing Street|Kreml)"
BODY = (
    r"\b[A-ZÄÖÜ]{2,}-[\w-]*(?:[Kk]ommission|[Ff]raktion|[Ff]ührung|[Kk]onzern|[Bb]üro|[Tt]ribunal|[Rr]at"
    r"|[Pp]arlament|[Vv]ersammlung|[Gg]ericht)(?:shof)?(?:e?s)?\b"
)
SAID = (
    r"\b(?:Angaben?|Aussagen?|Worten|Ansicht|Meinung|Auffassung|Einschätzung|Darstellung|Auskunft"
    r"|Informationen|Mitteilung|Bericht\w*|Überzeugung|Schätzung)\b"
)
MINISTRY = r"\w*[Mm]inisterium\b"


def main(data: Path) -> None:
    names = load_corpus(f"germeval:{data / 'germeval2014/NER-de-dev.tsv'}").documents
    texts = load_corpus(f"german-news-quotation:{data / 'german-news-quotation-2024/data/train'}").documents
    print("| rule | counted | count | here |")
    print("| --- | --- | ---: | --- |")
    for row in (*_of_names(names), *_of_quotes([(d, quote) for d in texts for quote in d.quotes])):
        print(f"| {' | '.join(row)} |")


def _of_names(documents: tuple[Document, ...]) -> Iterator[tuple[str, str, str, str]]:
    unions = [
        entity.label == "ORGpart"
        for document in documents
        for entity in document.entities
        if _words(document, entity.span) == "EU-Kommission"
    ]
    yield "G-ENT-07", "`EU-Kommission` is ORGpart", _share(unions), "departs: ORG"
    bodies = [label == "ORGpart" for document in documents for label in _labels(document, BODY)]
    yield "G-ENT-07", "a body with an abbreviation before it is ORGpart", _share(bodies), "departs: ORG"
    tagged = [label for document in documents for label in _labels(document, MINISTRY)]
    yield "G-ENT-10", "a ministry is no name", _share([not label for label in tagged]), "follows"
    houses = [label == "LOC" for document in documents for label in _labels(document, INSTITUTION)]
    yield "G-ENT-12", "a building that stands for an institution is LOC", _share(houses), "departs: ORG"


def _neighbours(quotes: list[tuple[Document, Quote]]) -> Iterator[tuple[Document, Quote, Quote]]:
    """Quotes of a document with nothing but space between them."""
    ordered = sorted(quotes, key=lambda pair: (pair[0].id, pair[1].content.start))
    for (d, one), (e, other) in pairwise(ordered):
        if d is e and not d.text[one.content.end : other.content.start].strip():
            yield d, one, other


def _of_quotes(quotes: list[tuple[Document, Quote]]) -> Iterator[tuple[str, str, str, str]]:
    reported = [(d, quote) for d, quote in quotes if quote.type == "reported"]
    free = [(d, quote) for d, quote in quotes if quote.type == "free indirect"]
    evidential = [_has(r"(?:soll|solle|sollen|will|wollen)", _words(d, quote.content)) for d, quote in free]
    yield "G-QUO-09", "a free indirect quote has `soll` or `will`", _share(evidential), "follows"
    kinds = ("free indirect", "indirect/free indirect")
    whole = [d for d, quote in quotes if quote.type in kinds and len(sentences(_words(d, quote.content))) > 1]
    split = [d for d, one, other in _neighbours(quotes) if one.type == other.type and one.type in kinds]
    yield (
        "G-QUO-05",
        "sentences that go on are one quote",
        _share([True] * len(whole) + [False] * len(split)),
        "follows",
    )
    stops = [_words(d, quote.content).endswith(".") for d, quote in reported]
    yield "G-CON-05", "a reported quote ends with the full stop", _share(stops), "follows"
    cueless = [quote.cue is None for _, quote in reported]
    yield "G-CUE-07", "a reported quote has no cue", _share(cueless), "departs: it has one"
    framed = [
        (_words(d, quote.frame), _words(d, quote.cue)) for d, quote in quotes if quote.frame and quote.cue
    ]
    for rule, what, word, here in (
        ("G-CUE-01", "`wie` in the frame is in the cue", "[Ww]ie", "departs: out"),
        ("G-CUE-01", "a negation in the frame is in the cue", NEGATION, "follows: out"),
        ("G-CUE-02", "an auxiliary in the frame is in the cue", AUXILIARY, "follows: in"),
        ("G-CUE-03", "a correlate in the frame is in the cue", CORRELATE, "follows: in"),
    ):
        each = [(found, cue) for frame, cue in framed for found in re.findall(rf"\b{word}\b", frame)]
        yield rule, what, _share([found in cue.split() for found, cue in each]), here
    for place, here in (("behind", "departs: out"), ("before", "out; the data are divided")):
        began = [
            re.search(r"\b[Ww]ie\b", cue) is not None
            for quote, frame, cue in [
                (q, _words(d, q.frame), _words(d, q.cue)) for d, q in quotes if q.frame and q.cue
            ]
            if re.match(r",?\s*[Ww]ie\b", frame)
            if (quote.frame.start < quote.content.start) == (place == "before")
        ]
        yield "G-CUE-01", f"`wie` that begins a frame {place} the content is in the cue", _share(began), here
    nouns = [
        quote.speaker is not None and re.search(SAID, _words(d, quote.speaker)) is not None
        for d, quote in quotes
        if quote.frame and quote.cue and re.search(SAID, _words(d, quote.frame))
        if re.search(r"\b(?:nach|laut|zufolge|gemäß)\b", _words(d, quote.cue), re.IGNORECASE)
    ]
    yield "G-CUE-01", "the noun of `nach Angaben` is in the speaker", _share(nouns), "departs: in the cue"
    expletives = [
        _has("[Ee]s", _words(d, quote.cue))
        for d, quote in quotes
        if quote.frame and quote.cue
        if re.search(r"\b[Ee]s h(?:eißt|ieß)\b|\bh(?:eißt|ieß) es\b", _words(d, quote.frame))
    ]
    yield "G-CUE-01", "`es` of `es heißt` is in the cue", _share(expletives), "departs: out"
    bare = [quote for _, quote in quotes if quote.type == "direct" and not quote.frame and not quote.cue]
    speaking = [quote.speaker is not None for quote in bare]
    yield "G-SPK-04", "a direct quote without frame and cue has a speaker", _share(speaking), "follows"
    commas = [
        quote.frame.start == quote.content.end
        for d, quote in quotes
        if quote.type == "direct" and not quote.content.discontinuous and quote.frame
        if quote.frame.start >= quote.content.start and d.text[quote.content.end :].startswith(",")
    ]
    yield "G-FRM-02", "the comma between direct quote and frame is in the frame", _share(commas), "follows"


def _labels(document: Document, pattern: str) -> Iterator[str]:
    """The label of the outermost name around each match, or nothing."""
    for match in re.finditer(pattern, document.text):
        around = [e for e in document.entities if e.span.start <= match.start() and match.end() <= e.span.end]
        yield around[0].label if around else ""


def _words(document: Document, span: Span) -> str:
    return " ".join(document.text[start:end] for start, end in span)


def _has(pattern: str, words: str) -> bool:
    return re.search(rf"\b{pattern}\b", words) is not None


def _share(found: list[bool]) -> str:
    return f"{sum(found)} of {len(found)}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
