"""Direct quotations: which marked stretches are speech, and who says them."""

from __future__ import annotations

from dataclasses import replace

from wortlaut.extractors.quotes_de.clauses import FINAL, Sentence
from wortlaut.extractors.quotes_de.cues import Cue
from wortlaut.extractors.quotes_de.drafts import Draft, Range
from wortlaut.extractors.quotes_de.indirect import is_purpose
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.marks import Quoted
from wortlaut.extractors.quotes_de.nouns import Phrase, is_adjective, is_noun, noun_phrase
from wortlaut.extractors.quotes_de.participants import able_subject, find_subject
from wortlaut.extractors.quotes_de.verbs import FIN, verb_readings

#: Verbs that with ``als`` say how somebody calls a thing, and those that do so with a preposition.
_NAMES = frozenset({"bezeichnen", "charakterisieren", "beschreiben", "titulieren"})
_SPEAKS_OF = frozenset({("sprechen", "von"), ("warnen", "vor")})


def from_marks(
    sentence: Sentence, marked: list[Quoted], cues: list[Cue], indirect: list[Draft]
) -> list[Draft]:
    """The direct quotations among the marked stretches of a sentence."""
    found: list[Draft] = []
    for quote in marked:
        draft = _classify(sentence, quote, cues, indirect)
        if draft and found and _goes_on(sentence, found[-1], draft):
            found[-1] = replace(found[-1], rule="direct-split", content=found[-1].content + draft.content)
        elif draft:
            found.append(draft)
    return found


def _goes_on(sentence: Sentence, before: Draft, draft: Draft) -> bool:
    """Whether a narrator only interrupts: „Der Deich hält“, sagte X, „das verspreche ich.“"""
    form = sentence.words.form
    end, start = before.content[-1][1], draft.content[0][0]
    return (
        before.rule == "direct-cue-after"
        and form[end] == form[start - 1] == ","
        and form[start + 1][0].islower()
        and any(end < k < start for k in before.cue)
    )


def _classify(sentence: Sentence, quote: Quoted, cues: list[Cue], indirect: list[Draft]) -> Draft | None:
    words = sentence.words
    content: Range = (quote.start, quote.end)
    size = quote.end - quote.start
    if (size < 3 and quote.closed) or quote.depth:
        return None
    base = Draft("direct", "direct-unclosed" if not quote.closed else "", "speech", (content,))
    before, index = _before(sentence, quote), _segment_of(sentence, quote)
    colon = before == ":"
    if colon and _glossed(sentence, quote, cues):
        return None
    speech, title = is_clause(sentence, quote), is_title(sentence, quote)
    if colon and not (title and not _cue_in(cues, index - 1)):
        return _after_colon(sentence, replace(base, rule=base.rule or "direct-colon"), quote, cues)
    short = words.form[quote.start] in "'’‘‚›‹" and (not speech or size < 5)
    if short or any(_holds(draft.speaker, quote) for draft in indirect):
        return None
    after = _cue_after(sentence, quote, cues)
    comma = quote.end < sentence.stop and words.form[quote.end] == ","
    if (
        after
        and not _holds(after.speaker, quote)
        and after.entry.lemma != "nennen"
        and (comma or _speaks(words.low, after))
        and (not title or (comma and before in ("", ":")))
    ):
        return _attributed_after(sentence, replace(base, rule=base.rule or "direct-cue-after"), after, quote)
    holder = _holder(quote, indirect)
    if holder and holder.content == (content,):
        return replace(holder, type="direct", rule=base.rule or "direct-source")
    said_as = _naming(sentence, quote, cues)
    cue = said_as or _cue_in(cues, index)
    general = (
        not said_as and cue and (cue.passive or cue.speaker is None or words.low[cue.speaker.head] == "man")
    )
    valued = said_as or (
        cue and not general and "q" in cue.entry.uses and before in ("als", "ein", "eine", "einen", "einer")
    )
    said = (holder and holder.cue) or (cue and not general and not cue.entry.uses.isdisjoint("cqno"))
    if title and not valued and not (said and _is_phrase(sentence, quote)):
        return None
    if cue and (
        _holds(cue.speaker, quote) or (not holder and is_purpose(sentence, sentence.segments[cue.segment]))
    ):
        return None
    if holder:
        return replace(holder, type="direct", rule="direct-nested", content=(content,))
    if cue is None and before == "," and speech:
        cue = _cue_in(cues, index - 1)
    if cue and (cue.entry.uses & {"c", "q", "n", "z"}):
        return _attributed_inside(sentence, replace(base, rule="direct-in-clause"), cue, quote)
    if speech and quote.start == sentence.start and quote.end >= sentence.stop:
        return replace(base, rule="direct-alone", carried=True)
    lower = words.form[quote.start + 1].islower()
    if (lower and size > (6 if speech else 10)) or (speech and size > 7):
        speaker = able_subject(sentence, sentence.segments[index])
        return replace(base, rule="direct-long", speaker=speaker, carried=speaker is None)
    return _fragment(sentence, quote, base, [cue for cue in cues if _speaks(words.low, cue)], indirect)


def _glossed(sentence: Sentence, quote: Quoted, cues: list[Cue]) -> bool:
    """Whether the colon stands in a bracket without a cue: a motto, a title, a translation."""
    form = sentence.words.form
    brackets = (k for k in range(quote.start - 1, sentence.start - 1, -1) if form[k] in "()[]")
    k = next(brackets, -1)
    return k >= 0 and form[k] in "([" and not any(k < cue.verb < quote.start for cue in cues)


def _speaks(low: list[str], cue: Cue) -> bool:
    """Whether a verb right behind the marks, without a comma, can be about words at all."""
    return not cue.entry.uses <= {"g", "x", "p"} and not (cue.speaker and low[cue.speaker.head] == "man")


def _naming(sentence: Sentence, quote: Quoted, cues: list[Cue]) -> Cue | None:
    """The verb that gives somebody's word for a thing: bezeichnete es als „…“, sprach von „…“."""
    low = sentence.words.low
    k = quote.start - 1
    while k > sentence.start and (low[k] in WORDS["determiner"] or is_adjective(sentence.words, k)):
        k -= 1
    if k <= sentence.start:
        return None
    for cue in reversed(cues):
        if (
            low[k] == "als"
            and cue.entry.lemma in _NAMES
            and (cue.verb < k or cue.segment == _segment_of(sentence, quote))
        ):
            return cue if cue.speaker or _is_phrase(sentence, quote) else None
        if (cue.entry.lemma, low[k]) in _SPEAKS_OF and cue.speaker and cue.verb < k:
            return None if any(cue.verb < other.verb < k for other in cues) else cue
    return None


def _fragment(
    sentence: Sentence, quote: Quoted, base: Draft, cues: list[Cue], indirect: list[Draft]
) -> Draft | None:
    """A few words that begin in lower case are somebody's where the sentence speaks of somebody's words."""
    size = quote.end - quote.start - 2
    if not sentence.words.form[quote.start + 1][0].islower() or size < (2 if indirect or cues else 4):
        return None
    if indirect:
        return replace(indirect[-1], type="direct", rule="direct-fragment", content=base.content)
    fragment = replace(base, rule="direct-fragment", carried=True)
    return _attributed_inside(sentence, fragment, cues[-1], quote) if cues else fragment


def _before(sentence: Sentence, quote: Quoted) -> str:
    """The word of the sentence before the marks, if there is one."""
    return sentence.words.form[quote.start - 1] if quote.start > sentence.start else ""


def _holds(phrase: Phrase | None, quote: Quoted) -> bool:
    """Whether the quote is part of the phrase: the name of a newspaper, not its words."""
    return phrase is not None and phrase.start <= quote.start and quote.end <= phrase.end


def is_clause(sentence: Sentence, quote: Quoted) -> bool:
    """Whether the stretch holds a finite verb or ends like a sentence."""
    words = sentence.words
    return words.form[quote.end - 2] in FINAL or any(
        verb_readings(words.low[i]) & FIN and (words.form[i][0].islower() or i == quote.start + 1)
        for i in range(quote.start + 1, quote.end - 1)
    )


def is_title(sentence: Sentence, quote: Quoted) -> bool:
    """Whether the stretch is a name or a title: capitalised, short, no clause, or named as one."""
    words, before, first = sentence.words, _before(sentence, quote), quote.start + 1
    size = quote.end - quote.start - 2
    clause = is_clause(sentence, quote)
    upper = words.form[first][0].isupper()
    named = bool(before) and is_noun(words, quote.start - 1)
    told = (
        (before in WORDS["title_noun"] and not (clause and size > 5))
        or _follows_maxim(sentence, quote)
        or (named and size < 4 and upper and not clause)
    )
    short = size < 6 and not (words.low[first] in WORDS["determiner"] and size > 3)
    return told or (short and not (clause and size > 2) and (upper or words.form[first][0].isdigit()))


def _follows_maxim(sentence: Sentence, quote: Quoted) -> bool:
    """Whether the stretch is the wording of a maxim: ``das Prinzip, „…“``."""
    form = sentence.words.form
    behind = quote.start - 2 >= sentence.start and form[quote.start - 1] == ","
    return behind and form[quote.start - 2] in WORDS["maxim"]


def _in_medium(sentence: Sentence, quote: Quoted) -> bool:
    """Whether a preposition and an article stand before the marks, as before a newspaper's name."""
    low = sentence.words.low
    k = quote.start - 2
    return (
        k >= sentence.start
        and low[k] in ("in", "für", "gegenüber")
        and low[k + 1] in ("der", "die", "das", "dem")
    )


def _is_phrase(sentence: Sentence, quote: Quoted) -> bool:
    """Whether a capitalised stretch is a phrase, not a name: ``Gefahr für Leib und Leben``."""
    words, before = sentence.words, _before(sentence, quote)
    named = (
        before in WORDS["title_noun"]
        or (before and is_noun(words, quote.start - 1))
        or _follows_maxim(sentence, quote)
        or _in_medium(sentence, quote)
    )
    inner = range(quote.start + 2, quote.end - 1)
    return not named and len(inner) > 1 and any(words.form[k].islower() for k in inner)


def _segment_of(sentence: Sentence, quote: Quoted) -> int:
    segments = enumerate(sentence.segments)
    return next((index for index, one in segments if one.start <= quote.start < one.end), 0)


def _cue_in(cues: list[Cue], index: int) -> Cue | None:
    return next((cue for cue in reversed(cues) if cue.segment == index), None)


def _cue_after(sentence: Sentence, quote: Quoted, cues: list[Cue]) -> Cue | None:
    """The cue whose verb follows the closing mark, with or without a comma."""
    low, k = sentence.words.low, quote.end
    k += k < sentence.stop and low[k] == ","
    k += k < sentence.stop and low[k] == "so"
    wie = k < sentence.stop and low[k] == "wie"
    starts = [segment.start for segment in sentence.segments]
    leading = (
        cue
        for cue in cues
        if k in (cue.verb, cue.tokens[0]) or (wie and cue.verb > k and starts[cue.segment] == k)
    )
    return next(leading, None)


def attributed(sentence: Sentence, draft: Draft, quote: Quoted, cues: list[Cue]) -> Draft | None:
    """The draft of a stretch that is known to be a quotation, attributed by what stands around it."""
    if after := _cue_after(sentence, quote, cues):
        return _attributed_after(sentence, draft, after, quote)
    if _before(sentence, quote) == ":":
        return _after_colon(sentence, draft, quote, cues)
    cue = _cue_in(cues, _segment_of(sentence, quote)) or (cues[-1] if cues else None)
    return _attributed_inside(sentence, draft, cue, quote) if cue else None


def _attributed_after(sentence: Sentence, draft: Draft, cue: Cue, quote: Quoted) -> Draft:
    """The frame reaches from the comma behind the quote to the next quote or the end of the sentence."""
    end = next((k for k in range(quote.end, sentence.stop) if k in sentence.inside), sentence.stop)
    return _attributed(sentence, draft, cue, ((sentence.start, quote.start), (quote.end, end)))


def _attributed_inside(sentence: Sentence, draft: Draft, cue: Cue, quote: Quoted) -> Draft:
    """The frame is the sentence without the quote, up to the end of the quote's clause."""
    end = sentence.segments[_segment_of(sentence, quote)].end
    return _attributed(sentence, draft, cue, ((sentence.start, quote.start), (quote.end, end)))


def _attributed(sentence: Sentence, draft: Draft, cue: Cue, frame: tuple[Range, ...]) -> Draft:
    return replace(
        draft,
        medium=cue.entry.medium,
        cue=tuple(sorted({*cue.tokens, *_cue_words(sentence, draft.content[0][0])})),
        speaker=cue.speaker,
        addressee=cue.addressee,
        frame=frame,
        carried=cue.speaker is None and not cue.passive,
    )


def _cue_words(sentence: Sentence, start: int) -> tuple[int, ...]:
    """What belongs to the cue right before the marks: ``als`` or ``mit den Worten``."""
    low = sentence.words.low
    k = start - 1
    if k >= sentence.start and low[k] == ":":
        end = k - (low[k - 1] == "zitiert")
        return tuple(range(end - 3, end)) if low[end - 3 : end] == ["mit", "den", "worten"] else ()
    while k > sentence.start and low[k] in WORDS["determiner"]:
        k -= 1
    return (k,) if k > sentence.start and low[k] == "als" else ()


def _after_colon(sentence: Sentence, draft: Draft, quote: Quoted, cues: list[Cue]) -> Draft:
    """What follows a colon is said by the subject of the clause before it."""
    index = _segment_of(sentence, quote)
    frame = ((sentence.start, quote.start),)
    near = _cue_in(cues, index - 1) if index else None
    if cue := near or next((cue for cue in reversed(cues) if cue.verb < quote.start), None):
        return _attributed(sentence, draft, cue, frame)
    mains = [segment for segment in sentence.segments[:index] if segment.kind in ("main", "first")]
    subject = find_subject(sentence, mains[-1], mains[-1].verb) if mains else None
    speaker = subject if mains else noun_phrase(sentence.words, sentence.start, quote.start - 1)
    return replace(draft, speaker=speaker, frame=frame, carried=speaker is None)


def _holder(quote: Quoted, drafts: list[Draft]) -> Draft | None:
    """The innermost indirect quotation that holds the stretch."""
    holders = (
        draft
        for draft in drafts
        if any(start <= quote.start and quote.end <= end for start, end in draft.content)
    )
    return min(holders, key=lambda draft: sum(end - start for start, end in draft.content), default=None)
