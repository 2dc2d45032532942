"""Indirect quotations by a source: laut X, X zufolge, nach Angaben von X, so X, demnach."""

from __future__ import annotations

from itertools import takewhile

from wortlaut.extractors.quotes_de.clauses import Sentence
from wortlaut.extractors.quotes_de.drafts import Draft, Range, trimmed
from wortlaut.extractors.quotes_de.indirect import frame_end
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.nouns import Phrase, full_phrase, noun_phrase, with_apposition
from wortlaut.extractors.quotes_de.verbs import FIN, verb_readings

_THOUGHT = frozenset("Meinung Ansicht Auffassung Einschätzung Überzeugung Schätzung Schätzungen".split())


def from_sources(sentence: Sentence) -> list[Draft]:
    """Quotations by a source phrase: laut X, X zufolge, nach Angaben von X, so X, demnach."""
    low = sentence.words.low
    places = [i for i in range(sentence.start, sentence.stop) if low[i] in _TRIGGERS]
    drafts = (_TRIGGERS[low[i]](sentence, i) for i in places if i not in sentence.inside)
    return [draft for draft in drafts if draft]


def _by_source(sentence: Sentence, rule: str, i: int, source: Phrase) -> Draft | None:
    """The clause around the source, of which the word at ``i`` is the sign."""
    start, end = min(i, source.start), max(i + 1, source.end)
    relative = (s for s in sentence.segments if s.kind == "rel" and s.start < start and end <= s.end)
    begin = next((segment.start for segment in relative), sentence.start)
    content = trimmed(sentence.words, begin, start) + trimmed(sentence.words, end, sentence.stop)
    told = rule != "indirect-nach" or _THOUGHT.isdisjoint(sentence.words.form[source.start : source.end])
    long = sum(last - first for first, last in content) >= 3
    return _draft(rule, content, i, source, (start, end), "writing" if told else "thought") if long else None


def _draft(
    rule: str, content: tuple[Range, ...], i: int, speaker: Phrase | None, frame: Range, how: str = "writing"
) -> Draft | None:
    return (
        Draft("indirect", rule, f"speech/{how}", content, (i,), speaker, None, (frame,)) if content else None
    )


def is_source(word: str) -> bool:
    """Whether a noun names what somebody said or wrote (``Angaben``, ``Polizeiangaben``)."""
    return word in WORDS["source"] or word.lower().endswith(tuple(WORDS["source_tail"]))


def _laut(sentence: Sentence, i: int) -> Draft | None:
    phrase = full_phrase(sentence.words, i + 1, sentence.stop)
    return _by_source(sentence, "indirect-laut", i, with_apposition(sentence, phrase)) if phrase else None


def _nach(sentence: Sentence, i: int) -> Draft | None:
    words = sentence.words
    phrase = full_phrase(words, i + 1, sentence.stop)
    if phrase and _has_source_head(sentence, phrase):
        is_said = not i or words.low[i - 1] != "je"
    else:
        phrase = _phrase_before(sentence, i)
        is_said = phrase is not None and not WORDS["source"].isdisjoint(words.form[phrase.start : phrase.end])
    return _by_source(sentence, "indirect-nach", i, phrase) if phrase and is_said else None


def _has_source_head(sentence: Sentence, phrase: Phrase) -> bool:
    """Whether the first noun of the phrase, before its genitives, is a source noun."""
    form, low = sentence.words.form, sentence.words.low
    nouns = (k for k in range(phrase.start, phrase.end) if form[k][0].isupper())
    k = next((k for k in nouns if low[k] not in WORDS["determiner"]), -1)
    return k >= 0 and (is_source(form[k]) or (k < phrase.head and is_source(form[phrase.head])))


def _phrase_before(sentence: Sentence, i: int) -> Phrase | None:
    """The longest noun phrase that ends right before token ``i``."""
    words = sentence.words
    near = range(i - 1, max(sentence.start, i - 14) - 1, -1)
    best = None
    for start in takewhile(lambda start: words.form[start] not in ",;:", near):
        phrase = None if verb_readings(words.low[start]) & FIN else noun_phrase(words, start, i)
        governed = start > sentence.start and words.low[start - 1] in WORDS["preposition"]
        if phrase and phrase.end == i and (not governed or words.low[start] == "den"):
            best = phrase
    return best


def _zufolge(sentence: Sentence, i: int) -> Draft | None:
    phrase = _phrase_before(sentence, i)
    return _by_source(sentence, "indirect-zufolge", i, phrase) if phrase else None


def _gemaess(sentence: Sentence, i: int) -> Draft | None:
    phrase = full_phrase(sentence.words, i + 1, sentence.stop)
    named = phrase and _has_source_head(sentence, phrase)
    return _by_source(sentence, "indirect-gemäß", i, phrase) if phrase and named else None


def _so(sentence: Sentence, i: int) -> Draft | None:
    words = sentence.words
    index = next((n for n, segment in enumerate(sentence.segments) if segment.start == i), 0)
    segment = sentence.segments[index]
    phrase = noun_phrase(words, i + 1, segment.end) if index else None
    if phrase is None or (segment.kind not in ("bare", "inf") and segment.verb < phrase.end):
        return None
    goes_on = phrase.end < segment.end and segment.verb >= 0
    bare = not goes_on or words.low[phrase.end] in WORDS["preposition"]
    if phrase.oblique or words.low[phrase.start] in ("viele", "viel") or not bare:
        return None
    stop, rest = frame_end(sentence, index)
    content = trimmed(words, sentence.start, i - 1) + rest
    return _draft("indirect-so", content, i, with_apposition(sentence, phrase), (i - 1, stop))


def _demnach(sentence: Sentence, i: int) -> Draft | None:
    words = sentence.words
    content = trimmed(words, sentence.start, i) + trimmed(words, i + 1, sentence.stop)
    inner = i != sentence.start and (words.form[i - 1] == "," or words.low[i - 1] in ("ist", "sind", "und"))
    if inner or not content or words.form[i + 1] == ",":
        return None
    return _draft("indirect-demnach", content, i, Phrase(i, i + 1, i), (i, i + 1))


def _wonach(sentence: Sentence, i: int) -> Draft | None:
    words = sentence.words
    if i == sentence.start or words.form[i - 1] != ",":
        return None
    content, before = trimmed(words, i + 1, sentence.stop), _phrase_before(sentence, i - 1)
    return _draft("indirect-wonach", content, i, before, (sentence.start, i + 1))


_TRIGGERS = {
    "laut": _laut,
    "nach": _nach,
    "zufolge": _zufolge,
    "gemäß": _gemaess,
    "so": _so,
    "demnach": _demnach,
    "wonach": _wonach,
}
