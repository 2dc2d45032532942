"""Indirect quotations by a source: laut X, X zufolge, nach Angaben von X, so X, demnach."""

from __future__ import annotations

from wortlaut.extractors.quotes_de.clauses import Sentence
from wortlaut.extractors.quotes_de.drafts import Draft, trimmed
from wortlaut.extractors.quotes_de.indirect import frame_end
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.nouns import Phrase, full_phrase, noun_phrase, with_apposition
from wortlaut.extractors.quotes_de.verbs import FIN, verb_readings

_THOUGHT = frozenset("Meinung Ansicht Auffassung Einschätzung Überzeugung Schätzung Schätzungen".split())


def from_sources(sentence: Sentence) -> list[Draft]:
    """Quotations by a source phrase: laut X, X zufolge, nach Angaben von X, so X, demnach."""
    low = sentence.words.low
    places = (i for i in range(sentence.start, sentence.stop) if low[i] in _TRIGGERS)
    drafts = (_TRIGGERS[low[i]](sentence, i) for i in places if i not in sentence.inside)
    return [draft for draft in drafts if draft]


def _source(
    sentence: Sentence, rule: str, start: int, end: int, cue: tuple[int, ...], speaker: Phrase, medium: str
) -> Draft | None:
    relative = (s for s in sentence.segments if s.kind == "rel" and s.start < start and end <= s.end)
    begin = next((segment.start for segment in relative), sentence.start)
    content = trimmed(sentence.words, begin, start) + trimmed(sentence.words, end, sentence.stop)
    if not content or sum(b - a for a, b in content) < 3:
        return None
    return Draft("indirect", rule, medium, content, cue, speaker, None, ((start, end),))


def is_source(word: str) -> bool:
    """Whether a noun names what somebody said or wrote (``Angaben``, ``Polizeiangaben``)."""
    return word in WORDS["source"] or word.lower().endswith(tuple(WORDS["source_tail"]))


def _laut(sentence: Sentence, i: int) -> Draft | None:
    phrase = full_phrase(sentence.words, i + 1, sentence.stop)
    if phrase is None:
        return None
    phrase = with_apposition(sentence, phrase)
    return _source(sentence, "indirect-laut", i, phrase.end, (i,), phrase, "speech/writing")


def _nach(sentence: Sentence, i: int) -> Draft | None:
    words = sentence.words
    phrase = full_phrase(words, i + 1, sentence.stop)
    if phrase and _has_source_head(sentence, phrase):
        if i and words.low[i - 1] == "je":
            return None
        return _source(sentence, "indirect-nach", i, phrase.end, (i,), phrase, _nach_medium(sentence, phrase))
    before = _phrase_before(sentence, i)
    if before and any(w in WORDS["source"] for w in words.form[before.start : before.end]):
        return _source(
            sentence, "indirect-nach", before.start, i + 1, (i,), before, _nach_medium(sentence, before)
        )
    return None


def _nach_medium(sentence: Sentence, phrase: Phrase) -> str:
    told = _THOUGHT.isdisjoint(sentence.words.form[phrase.start : phrase.end])
    return "speech/writing" if told else "speech/thought"


def _has_source_head(sentence: Sentence, phrase: Phrase) -> bool:
    """Whether the first noun of the phrase, before its genitives, is a source noun."""
    form, low = sentence.words.form, sentence.words.low
    nouns = (k for k in range(phrase.start, phrase.end) if form[k][0].isupper())
    k = next((k for k in nouns if low[k] not in WORDS["determiner"]), -1)
    return k >= 0 and (is_source(form[k]) or (k < phrase.head and is_source(form[phrase.head])))


def _phrase_before(sentence: Sentence, i: int) -> Phrase | None:
    """The longest noun phrase that ends right before token ``i``."""
    words = sentence.words
    best = None
    for start in range(i - 1, max(sentence.start, i - 14) - 1, -1):
        if words.form[start] in ",;:":
            break
        if verb_readings(words.low[start]) & FIN:
            continue
        phrase = noun_phrase(words, start, i)
        governed = start > sentence.start and words.low[start - 1] in WORDS["preposition"]
        if phrase and phrase.end == i and (not governed or words.low[start] == "den"):
            best = phrase
    return best


def _zufolge(sentence: Sentence, i: int) -> Draft | None:
    phrase = _phrase_before(sentence, i)
    if phrase is None:
        return None
    return _source(sentence, "indirect-zufolge", phrase.start, i + 1, (i,), phrase, "speech/writing")


def _gemaess(sentence: Sentence, i: int) -> Draft | None:
    phrase = full_phrase(sentence.words, i + 1, sentence.stop)
    if phrase is None or not _has_source_head(sentence, phrase):
        return None
    return _source(sentence, "indirect-gemäß", i, phrase.end, (i,), phrase, "speech/writing")


def _so(sentence: Sentence, i: int) -> Draft | None:
    words = sentence.words
    index = next((n for n, segment in enumerate(sentence.segments) if segment.start == i), 0)
    segment = sentence.segments[index]
    phrase = noun_phrase(words, i + 1, segment.end) if index else None
    if phrase is None or (segment.kind not in ("bare", "inf") and segment.verb < phrase.end):
        return None
    goes_on = phrase.end < segment.end and segment.verb >= 0
    if (
        phrase.oblique
        or words.low[phrase.start] in ("viele", "viel")
        or (goes_on and words.low[phrase.end] not in WORDS["preposition"])
    ):
        return None
    stop, rest = frame_end(sentence, index)
    content = trimmed(words, sentence.start, i - 1) + rest
    if not content:
        return None
    speaker, frame = with_apposition(sentence, phrase), ((i - 1, stop),)
    return Draft("indirect", "indirect-so", "speech/writing", content, (i,), speaker, None, frame)


def _demnach(sentence: Sentence, i: int) -> Draft | None:
    words = sentence.words
    if i != sentence.start and (words.form[i - 1] == "," or words.low[i - 1] in ("ist", "sind", "und")):
        return None
    content = trimmed(words, sentence.start, i) + trimmed(words, i + 1, sentence.stop)
    if not content or words.form[i + 1] == ",":
        return None
    speaker = Phrase(i, i + 1, i)
    return Draft(
        "indirect", "indirect-demnach", "speech/writing", content, (i,), speaker, None, ((i, i + 1),)
    )


def _wonach(sentence: Sentence, i: int) -> Draft | None:
    words = sentence.words
    if i == sentence.start or words.form[i - 1] != ",":
        return None
    content = trimmed(words, i + 1, sentence.stop)
    if not content:
        return None
    before, frame = _phrase_before(sentence, i - 1), ((sentence.start, i + 1),)
    return Draft("indirect", "indirect-wonach", "speech/writing", content, (i,), before, None, frame)


_TRIGGERS = {
    "laut": _laut,
    "nach": _nach,
    "zufolge": _zufolge,
    "gemäß": _gemaess,
    "so": _so,
    "demnach": _demnach,
    "wonach": _wonach,
}
