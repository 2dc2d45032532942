"""Other annotation schemes: what is annotated in ours, as it would be annotated there.

A rule changes what our guidelines decide otherwise than the published data do, and leaves what follows these
data as it is. What it changes, what it cannot decide and what the scheme has no place for is counted.
``docs/schemes.md`` has the counts in the data that each rule comes from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from wortlaut.errors import WortlautError, counted, unknown_name
from wortlaut.formats import detect, names_format
from wortlaut.formats.losses import Losses
from wortlaut.io.reading import exists
from wortlaut.model import LAYERS, Annotations, Document, Entity, Quote, Span
from wortlaut.model.batch import Batch

#: What a rule gives for what it leaves to the reader: the data are divided.
_OPEN = ", left as it is"
_NO_PLACE = "the scheme has no place for it"


@dataclass(frozen=True, slots=True)
class Rule:
    """``departs`` is the id of the rule of our guidelines, ``says`` what the scheme does instead.

    ``change`` gives the fields of an entity or quote that get another value, from the text and what is
    annotated; none where the rule does not apply.
    """

    departs: str
    says: str
    change: Callable[[str, Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Scheme:
    """``layer`` is what it annotates, ``lacks`` are the fields that it has not.

    ``format`` is that of its corpus: what is read from it follows the scheme already.
    """

    format: str
    layer: str
    rules: tuple[Rule, ...]
    lacks: tuple[str, ...]


# ---------------------------------------------------------------- GermEval 2014

#: An abbreviation before the kind of body: the kinds in GermEval's development file, and rat, parlament,
#: versammlung, gericht, which name bodies of unions in the same way.
_BODY = re.compile(
    r"[A-ZÄÖÜ]{2,}-[\w-]*(?:kommission|fraktion|führung|konzern|büro|tribunal|rat|parlament|versammlung"
    r"|gericht(?:shof)?)(?:e?s)?",
    re.IGNORECASE,
)
_HOUSE = re.compile(
    r"wei(?:ß|ss)e[ns]? haus(?:es)?|kremls?|élysée(?:s|-palast(?:e?s)?)?|downing street", re.IGNORECASE
)


def _compound(text: str, entity: Entity) -> Mapping[str, Any]:
    words = entity.span.text(text)
    return {"label": "ORGpart"} if entity.label == "ORG" and _BODY.fullmatch(words) else {}


def _house(text: str, entity: Entity) -> Mapping[str, Any]:
    words = entity.span.text(text)
    return {"label": "LOC"} if entity.label == "ORG" and _HOUSE.fullmatch(words) else {}


# ---------------------------------------------------------------- German news quotation

_WORD = re.compile(r"\w+(?:-\w+)*")
_SOURCES = ("nach", "laut", "zufolge", "gemäß")
_ARTICLE = re.compile(r"d(?:er|ie|as|es|em|en)|(?:k?ein|sein|ihr)e?[rmns]?", re.IGNORECASE)
_WIE = re.compile(r",?\s*(wie)\b", re.IGNORECASE)
_ES = re.compile(r"\b(es)\s+h(?:eißt|ieß|eiße)\b|\bh(?:eißt|ieß|eiße)\s+(es)\b", re.IGNORECASE)


def _reported(text: str, quote: Quote) -> Mapping[str, Any]:
    return {"cue": None} if quote.type == "reported" and quote.cue is not None else {}


def _source(text: str, quote: Quote) -> Mapping[str, Any]:
    """``Nach Angaben`` + ``eines Sprechers`` becomes ``Nach`` + ``Angaben eines Sprechers``."""
    if quote.cue is None or quote.frame is None:
        return {}
    words = [(a + m.start(), a + m.end()) for a, b in quote.cue for m in _WORD.finditer(text[a:b])]
    sources = [one for one in words if text[slice(*one)].lower() in _SOURCES]
    nouns = [one for one in words if one not in sources]
    said = [text[a:b] for a, b in nouns if not _ARTICLE.fullmatch(text[a:b])]
    if len(sources) != 1 or not said or not all(word[0].isupper() for word in said):
        return {}
    (source,), whole = sources, [*nouns, *(quote.speaker or ())]
    low, high = min(start for start, _ in whole), max(end for _, end in whole)
    begin = next((a for a, b in quote.frame if a <= low < b), low)
    if source[1] <= low:
        low = source[1] + len(text[source[1] : low]) - len(text[source[1] : low].lstrip())
    elif high <= source[0] and not {*",:"} & {*text[begin:low]}:
        low = begin
    else:
        return {}
    return {"cue": Span.of(*source), "speaker": Span.of(low, high)}


def _wie_behind(text: str, quote: Quote) -> Mapping[str, Any]:
    found = _wie(text, quote)
    if not found or quote.cue is None or quote.frame is None or quote.frame.start < quote.content.start:
        return {}
    return {"cue": _spaced(text, [*quote.cue, *found])}


def _wie_before(text: str, quote: Quote) -> Mapping[str, Any]:
    before = quote.frame is not None and quote.frame.start < quote.content.start
    return {"cue": quote.cue} if before and _wie(text, quote) else {}


def _wie(text: str, quote: Quote) -> list[tuple[int, int]]:
    """The word that begins a frame, where it is not in the cue."""
    if quote.cue is None or quote.frame is None:
        return []
    found = _WIE.match(text, quote.frame.start)
    return [found.span(1)] if found and not quote.cue.overlap(Span.of(*found.span(1))) else []


def _expletive(text: str, quote: Quote) -> Mapping[str, Any]:
    if quote.cue is None:
        return {}
    found = _ES.search(text, max(0, quote.cue.start - 4), quote.cue.end + 4)
    place = found and found.span(found.lastindex or 0)
    if not place or quote.cue.overlap(Span.of(*place)):
        return {}
    return {"cue": _spaced(text, [*quote.cue, place])}


def _spaced(text: str, fragments: Iterable[tuple[int, int]]) -> Span:
    """The span of these; a space alone splits none."""
    parts = sorted(fragments)
    spaces = [(a, b) for (_, a), (b, _) in pairwise(parts) if a < b and not text[a:b].strip()]
    return Span.joined([*parts, *spaces])


SCHEMES = {
    "germeval2014": Scheme(
        "germeval",
        "entities",
        (
            Rule("G-ENT-07", "a compound that names a body by an abbreviation is ORGpart", _compound),
            Rule("G-ENT-12", "a building that stands for an institution is LOC", _house),
        ),
        ("entity", "qid", "metonymy"),
    ),
    "german-news-quotation": Scheme(
        "german-news-quotation",
        "quotes",
        (
            Rule("G-CUE-07", "a reported quote has no cue", _reported),
            Rule("G-CUE-01", "the noun of nach Angaben belongs to the speaker", _source),
            Rule("G-CUE-01", "wie in a frame behind the content is in the cue", _wie_behind),
            Rule("G-CUE-01", f"wie in a frame before the content{_OPEN}: the data are divided", _wie_before),
            Rule("G-CUE-01", "es is in the cue es heißt", _expletive),
        ),
        ("speaker_entity", "attribution"),
    ),
}


def check_scheme(name: str | None) -> str | None:
    """The name. Raises UnknownNameError, which lists them."""
    if name is not None and name not in SCHEMES:
        raise unknown_name("annotation scheme", name, SCHEMES)
    return name


def follows(name: str, ref: str) -> bool:
    """Whether what stands there is in the format of the scheme's own corpus, and so in the scheme already."""
    if names_format(ref):
        return ref.partition(":")[0].partition("?")[0] == SCHEMES[name].format
    with suppress(WortlautError):
        return bool(ref) and exists(Path(ref)) and detect(Path(ref)) == SCHEMES[name].format
    return False


def shown(name: str, ref: str, batches: Iterable[Batch], changes: Losses | None = None) -> Iterable[Batch]:
    """The documents of ``ref`` as the scheme annotates them, by :func:`in_scheme` where they do not yet.

    Raises UnknownNameError.
    """
    if follows(str(check_scheme(name)), ref):
        return batches
    return (in_scheme(name, batch, changes) for batch in batches)


def in_scheme(name: str, batch: Batch, changes: Losses | None = None) -> Batch:
    """The documents as the scheme annotates them; ``changes`` counts what differs from what was given.

    A change is told of the field that it changes, ``entity.label``, ``quote.cue``, and once of its
    ``document``. What the scheme does not annotate is left out, and answers in words without offsets stay.
    """
    scheme, found, whole = SCHEMES[name], [], Losses(name) if changes is None else changes
    for document in batch.documents():
        found.append(_annotations(scheme, document, own := Losses(name)))
        for change in own:
            whole.include(change.kind, change.reason, change.count, change.examples)
        for reason in {change.reason for change in own}:
            whole.add("document", document, reason)
    return replace(batch.answered(found), tokens=batch.tokens, columns=batch.columns, meta=batch.meta)


def _annotations(scheme: Scheme, document: Document, changes: Losses) -> Annotations:
    kept: dict[str, Any] = dict.fromkeys(LAYERS, ())
    for layer in LAYERS:
        kind = {"entities": "entity", "quotes": "quote", "clusters": "cluster"}[layer]
        found = getattr(document, layer)
        if layer == scheme.layer:
            kept[layer] = tuple(_one(scheme, document, kind, one, changes) for one in found)
        else:
            changes.add_all(document, **{layer: found}, reason=_NO_PLACE)
    own = [one for one in document.annotations.unplaced if one.layer == scheme.layer]
    for said in own:
        changes.add("answer", document, f"words without offsets{_OPEN}", said.label)
    return Annotations(**kept, unplaced=tuple(own))


def _one(scheme: Scheme, document: Document, kind: str, one: Any, changes: Losses) -> Any:
    span = one.span if isinstance(one, Entity) else one.content
    for rule in scheme.rules:
        new = dict(rule.change(document.text, one))
        if new and rule.departs in (one.note or "") and any(getattr(one, key) != new[key] for key in new):
            new["note"] = None  # it says why our rule holds
        for field in new:
            changes.add(f"{kind}.{field}", document, f"{rule.departs}, {rule.says}", span=span)
        one = replace(one, **new)
    gone = [field for field in scheme.lacks if getattr(one, field) is not None]
    for field in gone:
        changes.add(f"{kind}.{field}", document, _NO_PLACE, span=span)
    return replace(one, **dict.fromkeys(gone))


def notes(name: str, who: str, changes: Losses | None) -> Iterator[str]:
    """What a reader must know of annotations that are shown in a scheme: a line for each reason.

    None stands for what follows it already.
    """
    if changes is None:
        yield f"{who}, as {name}: left as it is, the format {SCHEMES[name].format} is that scheme's own"
        return
    kinds: dict[str, dict[str, int]] = {}
    for change in changes:
        kinds.setdefault(change.reason, {})[change.kind] = change.count
    for why, what in kinds.items():
        documents = counted(what.pop("document"), "document")
        told = ", ".join(f"{kind} ({count})" for kind, count in what.items())
        yield f"{who}, as {name}: {why}: {told}, in {documents}"
    if not kinds:
        yield f"{who}, as {name}: nothing to change"
