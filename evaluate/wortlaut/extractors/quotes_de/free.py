"""Sentences that report without a cue's clause: free indirect speech, and reported speech acts."""

from __future__ import annotations

import re

from wortlaut.extractors.quotes_de.clauses import Segment, Sentence, has_subjunctive
from wortlaut.extractors.quotes_de.cues import Cue
from wortlaut.extractors.quotes_de.drafts import Draft
from wortlaut.extractors.quotes_de.lexicon import WORDS

#: Who tells it all speaks for himself.
_OWN = frozenset({"ich", "wir", "mir"})


def free_indirect(sentence: Sentence, quoted_before: bool) -> Draft | None:
    """A main clause in the subjunctive of reported speech, or with ``soll`` after a quotation."""
    words = sentence.words
    own = [k for k in range(sentence.start, sentence.stop) if words.low[k] in _OWN]
    if not sentence.inside.issuperset(own):
        return None
    mains = [segment for segment in sentence.segments if segment.kind in ("main", "first")]
    for segment in mains:
        goes_on = quoted_before and segment is sentence.segments[0]
        if has_subjunctive(sentence, segment.start, segment.end, both=goes_on):
            return _free(sentence, segment if segment is not mains[0] else None, "free-subjunctive")
        if goes_on and words.low[segment.verb] in WORDS["reportative"]:
            return _free(sentence, None, "free-sollen")
    return None


def _free(sentence: Sentence, segment: Segment | None, rule: str) -> Draft:
    """The sentence, or its part from ``segment`` on, up to a colon in front of marks."""
    start = segment.start if segment else sentence.start
    colons = (part.end + 1 for part in sentence.segments if part.end > start and part.after == ":")
    end = next((colon for colon in colons if colon in sentence.inside), sentence.end)
    kind = "indirect/free indirect" if rule == "free-subjunctive" else "free indirect"
    return Draft(kind, rule, "speech/writing", ((start, end),), carried=True)


def reported(sentence: Sentence, cues: list[Cue]) -> Draft | None:
    """A speech act told by a verb with its object: ``X kritisierte die Entscheidung``."""
    if any(k in sentence.inside for k in range(sentence.start, sentence.end)):
        return None
    for cue in cues:
        segment = sentence.segments[cue.segment]
        tells = "o" in cue.entry.uses and not cue.passive and cue.speaker is not None
        if tells and segment.kind in ("main", "first") and _has_object(sentence, segment, cue):
            joined = cue.verb > segment.start + 1 and sentence.words.low[cue.verb - 1] in (
                "und",
                "aber",
                "sowie",
            )
            content = ((cue.verb if joined else sentence.start, sentence.end),)
            return Draft("reported", "reported", cue.entry.medium, content, speaker=cue.speaker)
    return None


def _has_object(sentence: Sentence, segment: Segment, cue: Cue) -> bool:
    """Whether the clause has the preposition that the verb's adverb stands for: davon, von."""
    preposition = re.sub("^dar?", "", cue.entry.adverb)
    forms = {preposition, preposition + "m", "vom" if preposition == "von" else "zum", "zur"}
    low = sentence.words.low
    return not cue.entry.adverb or any(low[k] in forms for k in range(segment.start, segment.end))
