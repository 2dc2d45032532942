"""Who says it and to whom: subject, agent, source and addressee of a clause, by case and place."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace

from wortlaut.extractors.quotes_de.clauses import Segment, Sentence, finite_verb
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.nouns import Phrase, full_phrase, is_noun, noun_phrase, with_apposition
from wortlaut.extractors.quotes_de.tokens import Words
from wortlaut.extractors.quotes_de.verbs import CueVerb

_AGENT = frozenset({"von", "vom", "durch", "seitens", "in", "im"})
_SOURCE = frozenset("in im bei beim auf aus von seitens vonseiten".split())
_AUDIENCE = frozenset(
    "Presse Journalisten Reportern Medien Medienvertretern Parlament Kongress Anhängern".split()
)


def participants(
    sentence: Sentence, segment: Segment, entry: CueVerb, verb: int, passive: bool
) -> tuple[Phrase | None, Phrase | None]:
    """Who says it and to whom, by case and place around the verb."""
    if entry.lemma == "heißen":
        return _source_phrase(sentence, segment), None
    if "p" in entry.uses:
        return None, None
    subject = find_subject(sentence, segment, verb)
    if entry.lemma == "zitieren":
        return _quoted_person(sentence, segment, verb, subject, passive), None
    if passive:
        whom = subject or noun_phrase(sentence.words, segment.start, verb)
        return _agent(sentence, segment), whom if entry.uses & {"a", "d"} else None
    addressee = _addressee(sentence, segment, entry, verb, subject)
    if subject and addressee is None and entry.lemma in ("vor|werfen", "unterstellen", "vor|halten"):
        return _split_dative(sentence.words, subject)
    return subject, addressee


def _split_dative(words: Words, subject: Phrase) -> tuple[Phrase, Phrase | None]:
    """``wirft die OSZE der Kommission vor``: what looks like a genitive is the dative."""
    for k in range(subject.end - 1, subject.start, -1):
        if words.low[k] == "der":
            return replace(subject, end=k), Phrase(k, subject.end, subject.end - 1)
    return subject, None


def _quoted_person(
    sentence: Sentence, segment: Segment, verb: int, subject: Phrase | None, passive: bool
) -> Phrase | None:
    """Who is quoted: the subject of the passive, else the object behind the subject."""
    if passive or subject is None:
        return subject
    at = max(verb + 1, subject.end)
    return full_phrase(sentence.words, at, segment.end) or subject


def find_subject(sentence: Sentence, segment: Segment, verb: int) -> Phrase | None:
    """The subject of the clause around ``verb``: before it if the clause begins with it, else behind."""
    words, low = sentence.words, sentence.words.low
    if segment.kind in ("wie", "dass", "sub", "question", "rel"):
        return _verb_final_subject(sentence, segment, verb)
    if verb + 1 < segment.end and low[verb + 1] in ("er", "sie", "man", "wir", "ich"):
        return Phrase(verb + 1, verb + 2, verb + 1, pronoun=True)
    joined = verb > segment.start + 1 and low[verb - 1] in ("und", "aber", "sowie")
    if joined and (shared := _shared_subject(sentence, segment, verb)):
        return shared
    if phrase := _subject_in_front(sentence, _skip_lead(words, segment.start, verb), verb):
        return phrase
    k = verb + 1
    while k < segment.end:
        if (
            (k in sentence.inside and words.form[k] not in '„"»')
            or low[k] in WORDS["object"]
            or low[k] in WORDS["adverb"]
        ):
            k += 1
        elif low[k] in WORDS["preposition"]:
            inner = noun_phrase(words, k + 1, segment.end)
            k = max(k + 1, inner.end if inner else k + 1)
        else:
            phrase = noun_phrase(words, k, segment.end)
            if phrase is None:
                k += 1
            elif phrase.oblique or low[phrase.head] == "es" or _is_time(words, phrase):
                k = phrase.end
            else:
                return with_apposition(sentence, phrase)
    return _shared_subject(sentence, segment, verb)


def _shared_subject(sentence: Sentence, segment: Segment, verb: int) -> Phrase | None:
    """The subject of a clause that ``und`` joins to the one before it: ``Er kam und sagte``."""
    words = sentence.words
    joined = words.low[verb - 1] in ("und", "aber", "sowie") or words.low[segment.start] in ("und", "aber")
    if not joined and segment.kind != "first":
        return None
    parts = (p for p in sentence.segments if p.start <= segment.start and 0 <= p.verb < verb)
    first = next(parts, None)
    return find_subject(sentence, first, first.verb) if first and first.kind in ("main", "first") else None


def _is_time(words: Words, phrase: Phrase) -> bool:
    return not WORDS["time_noun"].isdisjoint(words.form[phrase.start : phrase.end])


def _subject_in_front(sentence: Sentence, start: int, verb: int) -> Phrase | None:
    """The noun phrase that begins the clause, with its apposition; a relative clause may follow it."""
    words = sentence.words
    phrase = noun_phrase(words, start, verb)
    if phrase is None or phrase.oblique or _is_time(words, phrase) or words.low[phrase.head] == "es":
        return None
    if phrase.end < verb and words.form[phrase.end] == ",":
        inner = full_phrase(words, phrase.end + 1, verb)
        close = next((k for k in range(phrase.end + 1, verb) if words.form[k] == ","), verb)
        if inner and finite_verb(words, phrase.end + 1, close, sentence.inside) < 0:
            return Phrase(phrase.start, close, phrase.head)
        return phrase
    return phrase if _only_adverbs(words, phrase.end, verb) else None


def _skip_lead(words: Words, start: int, verb: int) -> int:
    while start < verb and (
        words.low[start] in WORDS["coordinator"] or words.low[start] in ("auch", "so", "zudem", "außerdem")
    ):
        start += 1
    return start


def _only_adverbs(words: Words, start: int, end: int) -> bool:
    k = start
    while k < end:
        governed = noun_phrase(words, k + 1, end) if words.low[k] in WORDS["preposition"] else None
        if words.low[k] in WORDS["adverb"] or words.low[k] in WORDS["object"]:
            k += 1
        elif governed:
            k = governed.end
        else:
            return False
    return True


def _verb_final_subject(sentence: Sentence, segment: Segment, verb: int) -> Phrase | None:
    words = sentence.words
    k = segment.start
    if segment.kind == "rel":
        return None if words.low[k] in ("den", "dem") else noun_phrase(words, k + 1, verb)
    while (
        k < verb
        and words.low[k] in WORDS["coordinator"] | WORDS["subordinator"] | WORDS["object"] | WORDS["adverb"]
    ):
        k += 1
    while k < verb:
        if words.low[k] in WORDS["preposition"]:
            inner = noun_phrase(words, k + 1, segment.end)
            if inner and words.low[verb] in ("hervorgeht", "ergab", "verlautet", "verlautete"):
                return inner
            k = inner.end if inner else k + 1
            continue
        phrase = noun_phrase(words, k, verb)
        if phrase and not phrase.oblique:
            return phrase
        k = phrase.end if phrase else k + 1
    return None


def _agent(sentence: Sentence, segment: Segment) -> Phrase | None:
    """The agent of a passive: what ``von`` or ``durch`` governs, or the text in which it stands."""
    words = sentence.words
    for k, phrase in _governed(words, segment, _AGENT):
        nouns = words.form[phrase.start : phrase.end]
        written = words.low[k] not in ("in", "im") or not WORDS["written"].isdisjoint(nouns)
        if written and k not in sentence.inside and words.form[phrase.head] not in WORDS["not_name"]:
            return phrase
    return None


def _source_phrase(sentence: Sentence, segment: Segment) -> Phrase | None:
    """What ``heißt es`` names as its source: ``in dem Bericht``, ``beim Sender``."""
    return next((phrase for _, phrase in _governed(sentence.words, segment, _SOURCE)), None)


def _governed(words: Words, segment: Segment, prepositions: Container[str]) -> Iterator[tuple[int, Phrase]]:
    """Each of the prepositions in the segment with the noun phrase behind it."""
    for k in range(segment.start, segment.end - 1):
        if words.low[k] in prepositions and (phrase := full_phrase(words, k + 1, segment.end)):
            yield k, phrase


def _addressee(
    sentence: Sentence, segment: Segment, entry: CueVerb, verb: int, subject: Phrase | None
) -> Phrase | None:
    words, low = sentence.words, sentence.words.low
    for k in range(segment.start, segment.end - 1):
        if low[k] not in ("gegenüber", "vor", "an") or k in sentence.inside:
            continue
        phrase = noun_phrase(words, k + 1, segment.end)
        before = k > segment.start and phrase is not None and words.form[phrase.head] in _AUDIENCE
        if phrase and (before or low[k] == "gegenüber"):
            return phrase
    if not entry.uses & {"a", "d"}:
        return None
    k = verb + 1
    while k < segment.end:
        if subject and subject.start <= k < subject.end:
            k = subject.end
        elif k in sentence.inside or low[k] in WORDS["adverb"] or low[k] == "sich":
            k += 1
        elif low[k] in WORDS["object"]:
            return Phrase(k, k + 1, k, pronoun=True)
        elif low[k] in WORDS["preposition"]:
            inner = noun_phrase(words, k + 1, segment.end)
            k = max(k + 1, inner.end if inner else k + 1)
        else:
            phrase = noun_phrase(words, k, segment.end)
            if phrase is None:
                k += 1
                continue
            dative = low[phrase.start] in WORDS["dative"] or low[phrase.start] not in WORDS["determiner"]
            if subject and ("a" in entry.uses or dative) and is_noun(words, phrase.head):
                return phrase
            k = phrase.end
    return None
