"""German quotations by rules: direct, indirect, reported and free indirect, with cue, speaker and frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from wortlaut.extractors.plain import view
from wortlaut.model import Annotations, Quote, Text

#: What each rule finds, in one line.
RULES = {
    "direct-colon": "marked stretch behind a colon",
    "direct-cue-after": "marked stretch followed by a cue verb: „…“, sagte X",
    "direct-split": "two marked stretches of one sentence that a narrator interrupts",
    "direct-source": "marked stretch that makes up all of a sentence with a source phrase: „…“, so X",
    "direct-nested": "marked stretch inside an indirect or reported quotation",
    "direct-in-clause": "marked stretch in the clause of a cue verb: nannte dies „…“",
    "direct-alone": "a sentence that is nothing but a marked clause; the speaker carries over",
    "direct-long": "a long marked clause without a cue",
    "direct-fragment": "words that begin in lower case, in a sentence that speaks of somebody's words",
    "direct-unclosed": "a mark that is never closed; the quotation ends with its sentence",
    "indirect-dass": "clause with dass behind a cue",
    "indirect-question": "clause with ob or a question word behind a cue",
    "indirect-infinitive": "infinitive with zu behind a cue",
    "indirect-verb-second": "verb-second clause behind a cue",
    "indirect-cue-after": "clause before a cue: …, sagte X",
    "indirect-wie": "sentence with wie X mitteilte",
    "indirect-laut": "sentence with laut X",
    "indirect-nach": "sentence with nach Angaben von X, nach Meinung von X, or X nach",
    "indirect-zufolge": "sentence with X zufolge",
    "indirect-gemäß": "sentence with gemäß X",
    "indirect-so": "sentence with so X",
    "indirect-demnach": "sentence that begins with demnach",
    "indirect-wonach": "clause with wonach",
    "indirect-noun": "clause that a noun announces: die Behauptung, dass …; ist der Meinung, …",
    "indirect-attitude": "clause that an adjective announces: ist sicher, dass …",
    "free-subjunctive": "main clause in the subjunctive of reported speech, no cue",
    "free-sollen": "main clause with soll behind a quotation",
    "attribution-around": "a given quotation, attributed by the cue or the colon beside it",
    "attribution-carried": "a given quotation without a cue; the speaker carries over",
    "reported": "cue verb with a noun phrase as its object",
}


class QuotesDe:
    """The extractor: rules only, no model, deterministic."""

    finds = ("quotes", "clusters")

    def __init__(self, explain: bool = False) -> None:
        self.explain = explain

    def extract(self, texts: Sequence[Text]) -> Iterable[Annotations]:
        from wortlaut.extractors.quotes_de.pipeline import quotes_of

        for text in texts:
            seen = view(text)
            found = seen.back(quotes_of(seen.text))
            if self.explain:
                quotes = tuple(replace(quote, note=RULES[quote.rule or ""]) for quote in found.quotes)
                found = replace(found, quotes=quotes)
            yield found

    def attribute(
        self, texts: Sequence[Text], quotes: Sequence[Sequence[Quote]]
    ) -> Iterable[Sequence[Quote]]:
        """The given quotes, with what is known of them but id, type and content filled in."""
        from wortlaut.extractors.quotes_de.attribution import attribute_text

        for text, given in zip(texts, quotes, strict=True):
            seen = view(text)
            contents = [seen.seen(quote.content) for quote in given]
            visible = [
                replace(quote, content=content)
                for quote, content in zip(given, contents, strict=True)
                if content is not None
            ]
            answers = iter(attribute_text(seen.text, visible))
            yield [
                quote if content is None else replace(seen.quote_back(next(answers)), content=quote.content)
                for quote, content in zip(given, contents, strict=True)
            ]


def create(explain: bool | str = False) -> QuotesDe:
    """The extractor; with ``explain`` each quote's note says what its rule does."""
    return QuotesDe(explain in (True, "true", "True", "1", "yes"))


__all__ = ["RULES", "QuotesDe", "create"]
