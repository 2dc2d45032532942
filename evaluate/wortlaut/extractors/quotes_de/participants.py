"""Who says it and to whom: subject, agent, source and addressee of a clause, by case and place."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import replace

from wortlaut.extractors.quotes_de.clauses import Segment, Sentence, finite_verb
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.names import can_speak
from wortlaut.extractors.quotes_de.nouns import Phrase, full_phrase, is_noun, noun_phrase, with_apposition
from wortlaut.extractors.quotes_de.tokens import Words
from wortlaut.extractors.quotes_de.verbs import CueVerb

_AGENT = frozenset({"von", "vom", "durch", "seitens", "in", "im"})
_SOURCE = frozenset("in im bei beim auf aus von seitens vonseiten".split())
_IN_FRONT = WORDS["coordinator"] | {"auch", "so", "zudem", "außerdem"}
_BEFORE_SUBJECT = frozenset().union(
    *(WORDS[section] for section in ("coordinator", "subordinator", "object", "adverb"))
)
#: No subject stands further from its verb, in words that the rules look at.
_REACH = 24
_AUDIENCE = frozenset(
    "Presse Journalisten Reportern Medien Medienvertretern Parlament Kongress Anhängern".split()
)


def participants(
    sentence: Sentence, segment: Segment, entry: CueVerb, verb: int, passive: bool
) -> tuple[Phrase | None, Phrase | None]:
    """Who says it and to whom, by case and place around the verb."""
    words = sentence.words
    if entry.lemma == "heißen":
        # What names the source: in dem Bericht, beim Sender.
        return next((phrase for _, phrase in _governed(words, segment, _SOURCE)), None), None
    if "p" in entry.uses:
        return None, None
    subject = find_subject(sentence, segment, verb)
    if entry.lemma == "zitieren":
        # The subject of the passive, else the object behind the subject.
        quoted = subject and not passive and full_phrase(words, max(verb + 1, subject.end), segment.end)
        return quoted or subject, None
    if passive:
        whom = subject or noun_phrase(words, segment.start, verb)
        return _agent(sentence, segment), whom if entry.uses & {"a", "d"} else None
    addressee = _addressee(sentence, segment, entry, verb, subject)
    if subject and addressee is None and entry.lemma in ("vor|werfen", "unterstellen", "vor|halten"):
        return _split_dative(words, subject)
    return subject, addressee


def _split_dative(words: Words, subject: Phrase) -> tuple[Phrase, Phrase | None]:
    """``wirft die OSZE der Kommission vor``: what looks like a genitive is the dative."""
    for k in range(subject.end - 1, subject.start, -1):
        if words.low[k] == "der":
            return replace(subject, end=k), Phrase(k, subject.end, subject.end - 1)
    return subject, None


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
    if phrase := _subject_in_front(sentence, segment.start, verb):
        return phrase

    def passed(k: int) -> bool:
        return (k in sentence.inside and words.form[k] not in '„"»') or low[k] in WORDS["adverb"]

    subjects = (
        phrase
        for phrase in _free_phrases(words, verb + 1, segment.end, passed)
        if low[phrase.start] not in WORDS["object"] and not _no_subject(words, phrase)
    )
    subject = next(subjects, None)
    return with_apposition(sentence, subject) if subject else _shared_subject(sentence, segment, verb)


def _free_phrases(words: Words, k: int, end: int, passed: Callable[[int], bool]) -> Iterator[Phrase]:
    """The noun phrases from ``k`` on that no preposition governs, and the pronouns of an object."""
    tried = 0
    while k < end and tried < _REACH:
        governed = words.low[k] in WORDS["preposition"]
        if passed(k):
            phrase = None
        elif words.low[k] in WORDS["object"]:
            phrase = Phrase(k, k + 1, k, pronoun=True)
        else:
            phrase = noun_phrase(words, k + governed, end)
            tried += 1
        if phrase and not governed:
            yield phrase
        k = phrase.end if phrase else k + 1


def _no_subject(words: Words, phrase: Phrase) -> bool:
    """Whether the phrase stands in another case, is an empty ``es``, or says when."""
    timed = not WORDS["time_noun"].isdisjoint(words.form[phrase.start : phrase.end])
    return phrase.oblique or timed or words.low[phrase.head] == "es"


def _shared_subject(sentence: Sentence, segment: Segment, verb: int) -> Phrase | None:
    """The subject of a clause that ``und`` joins to the one before it: ``Er kam und sagte``."""
    low = sentence.words.low
    joined = low[verb - 1] in ("und", "aber", "sowie") or low[segment.start] in ("und", "aber")
    parts = (p for p in sentence.segments if p.start <= segment.start and 0 <= p.verb < verb)
    first = next(parts, None) if joined or segment.kind == "first" else None
    return find_subject(sentence, first, first.verb) if first and first.kind in ("main", "first") else None


def able_subject(sentence: Sentence, segment: Segment) -> Phrase | None:
    """The subject of a clause, if there is one that can speak."""
    subject = find_subject(sentence, segment, segment.verb) if segment.verb >= 0 else None
    return subject if subject and can_speak(sentence.words, subject) else None


def _subject_in_front(sentence: Sentence, start: int, verb: int) -> Phrase | None:
    """The noun phrase that begins the clause, with its apposition; a relative clause may follow it."""
    words = sentence.words
    while start < verb and words.low[start] in _IN_FRONT:
        start += 1
    phrase = noun_phrase(words, start, verb)
    if phrase is None or _no_subject(words, phrase):
        return None
    if phrase.end < verb and words.form[phrase.end] == ",":
        inner = full_phrase(words, phrase.end + 1, verb)
        close = next((k for k in range(phrase.end + 1, verb) if words.form[k] == ","), verb)
        apposed = inner and finite_verb(words, phrase.end + 1, close, sentence.inside) < 0
        return Phrase(phrase.start, close, phrase.head) if apposed else phrase
    return phrase if _only_adverbs(words, phrase.end, verb) else None


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
    words, low, k = sentence.words, sentence.words.low, segment.start
    if segment.kind == "rel":
        return None if low[k] in ("den", "dem") else noun_phrase(words, k + 1, verb)
    while k < verb and low[k] in _BEFORE_SUBJECT:
        k += 1
    sourced = low[verb] in ("hervorgeht", "ergab", "verlautet", "verlautete")
    while k < verb:
        governed = low[k] in WORDS["preposition"]
        phrase = noun_phrase(words, k + governed, segment.end if governed else verb)
        if phrase and (sourced if governed else not phrase.oblique):
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


def _governed(words: Words, segment: Segment, prepositions: Container[str]) -> Iterator[tuple[int, Phrase]]:
    """Each of the prepositions in the segment with the noun phrase behind it."""
    for k in range(segment.start, segment.end - 1):
        if words.low[k] in prepositions and (phrase := full_phrase(words, k + 1, segment.end)):
            yield k, phrase


def _addressee(
    sentence: Sentence, segment: Segment, entry: CueVerb, verb: int, subject: Phrase | None
) -> Phrase | None:
    words, low = sentence.words, sentence.words.low
    places = (k for k in range(segment.start, segment.end - 1) if low[k] in ("gegenüber", "vor", "an"))
    for k in (k for k in places if k not in sentence.inside):
        phrase = noun_phrase(words, k + 1, segment.end)
        audience = phrase and k > segment.start and words.form[phrase.head] in _AUDIENCE
        if phrase and (audience or low[k] == "gegenüber"):
            return phrase
    if not entry.uses & {"a", "d"}:
        return None

    def passed(k: int) -> bool:
        known = subject is not None and subject.start <= k < subject.end
        return known or k in sentence.inside or low[k] in WORDS["adverb"] or low[k] == "sich"

    for phrase in _free_phrases(words, verb + 1, segment.end, passed):
        dative = low[phrase.start] in WORDS["dative"] or low[phrase.start] not in WORDS["determiner"]
        named = subject and ("a" in entry.uses or dative) and is_noun(words, phrase.head)
        if named or low[phrase.start] in WORDS["object"]:
            return phrase
    return None
