"""Sentences that report without a cue's clause: free indirect speech, and reported speech acts."""

from __future__ import annotations

from wortlaut.extractors.quotes_de.clauses import Sentence
from wortlaut.extractors.quotes_de.cues import Cue
from wortlaut.extractors.quotes_de.drafts import Draft
from wortlaut.extractors.quotes_de.indirect import has_subjunctive
from wortlaut.extractors.quotes_de.lexicon import WORDS


def free_indirect(sentence: Sentence, quoted_before: bool) -> Draft | None:
    """A main clause in the subjunctive of reported speech, or with ``soll`` after a quotation."""
    for segment in sentence.segments:
        if segment.kind not in ("main", "first"):
            continue
        if has_subjunctive(sentence, segment.start, segment.end, both=quoted_before):
            content = ((sentence.start, sentence.end),)
            return Draft(
                "indirect/free indirect", "free-subjunctive", "speech/writing", content, carried=True
            )
        if quoted_before and sentence.words.low[segment.verb] in WORDS["reportative"]:
            content = ((sentence.start, sentence.end),)
            return Draft("free indirect", "free-sollen", "speech/writing", content, carried=True)
        return None
    return None


def reported(sentence: Sentence, cues: list[Cue]) -> Draft | None:
    """A speech act told by a verb with its object: ``X kritisierte die Entscheidung``."""
    for cue in cues:
        if "n" not in cue.entry.uses or cue.passive or cue.speaker is None:
            continue
        if sentence.segments[cue.segment].kind not in ("main", "first"):
            continue
        content = ((sentence.start, sentence.end),)
        return Draft("reported", "reported", cue.entry.medium, content, speaker=cue.speaker)
    return None
