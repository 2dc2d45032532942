"""Predictions as JSON Lines, one document a line: what other programs hand in.

The published schema is ``schemas/predictions.schema.json``. The parser accepts nothing the schema
refuses, and refuses more: what a schema cannot say (order of offsets, the text they point into).
"""

from __future__ import annotations

import hashlib
import json
import math
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from wortlaut.errors import DataError, MissingFileError
from wortlaut.formats.losses import Losses
from wortlaut.formats.parts import concatenate
from wortlaut.model import (
    ATTRIBUTIONS,
    LAYERS,
    QUOTE_TYPES,
    ROLES,
    Annotations,
    Cluster,
    Document,
    Entity,
    Quote,
    Span,
)

DOCUMENT_KEYS = ("id", "text", "sha256", *LAYERS)
ENTITY_KEYS = (
    *("start", "end", "spans", "label", "level", "text", "score"),
    *("entity", "qid", "metonymy", "note"),
)
QUOTE_KEYS = (
    *("id", "type", "medium", "content", *ROLES, "speaker_entity", "attribution", "parent"),
    *("score", "rule", "note"),
)
CLUSTER_KEYS = ("id", "name", "type", "named", "qid", "aliases", "mentions", "note")


def parse(record: object, *, where: str = "", text: str | None = None) -> tuple[str, Annotations]:
    """The document id and the annotations of one line.

    ``where`` is put before an error. With ``text``, offsets, ``text`` and ``sha256`` are checked
    against it. A quote without an id gets ``q`` and its place in the list. Raises DataError.
    """
    document = _object(record, DOCUMENT_KEYS, "the line", where)
    name = _required(document, "id", "the line", where)
    _check_text(document, text, where)
    size = None if text is None else len(text)
    entities = [
        _entity(item, f"entity {number}", where, size, text)
        for number, item in enumerate(_list(document, "entities", "the line", where), 1)
    ]
    clusters = [
        _cluster(item, f"cluster {number}", where, size)
        for number, item in enumerate(_list(document, "clusters", "the line", where), 1)
    ]
    _distinct([cluster.id for cluster in clusters], "cluster", where)
    quotes = _quotes(_list(document, "quotes", "the line", where), where, size)
    return name, Annotations(tuple(entities), quotes, tuple(clusters))


def read_records(path: Path | str) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Where (``FILE:LINE``), the document id and the JSON object of each line, in file order.

    Blank lines are passed over. Raises DataError for what is no JSON object with an id of its own.
    """
    path = Path(path)
    seen: dict[str, int] = {}
    try:
        lines = path.open("rb")
    except OSError as error:
        raise MissingFileError(
            f"no predictions at {path}: {error.strerror}", hint="Check the path after preds:."
        ) from None
    with lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            where = f"{path}:{number}"
            record = loads(line, where)
            name = record_id(record, where)
            if name in seen:
                _fail(
                    f"document {name!r} is already in line {seen[name]}",
                    where,
                    "Keep one line for each document.",
                )
            seen[name] = number
            yield where, name, record


def record_id(record: Mapping[str, object], where: str) -> str:
    """The document id of a line. Raises DataError."""
    return _required(record, "id", "the line", where)


def read_predictions(path: Path | str, texts: Mapping[str, str] | None = None) -> list[Document]:
    """The documents of the file, checked against their ``texts`` where given, else against those in it.

    One that has its text in neither has an empty one.
    """
    documents = []
    for where, name, item in read_records(path):
        text = (texts or {}).get(name) or _string(item, "text", "the line", where)
        documents.append(Document(name, text or "", parse(item, where=where, text=text)[1]))
    return documents


def read(path: Path) -> Iterator[Document]:
    """The documents of a file whose lines all hold their ``text``."""
    for where, _, item in read_records(path):
        text = _string(item, "text", "the line", where)
        if text is None:
            _fail(
                "the line has no text",
                where,
                "A document needs its text: write it into each line, or score the file as it is.",
            )
        name, annotations = parse(item, where=where, text=text)
        yield Document(name, text, annotations)


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write one line a document, with its text. What is lost is ``meta``."""
    losses = Losses("predictions")
    with path.open("w", encoding="utf-8", newline="\n") as lines:
        for document in documents:
            for key, _ in document.meta:
                losses.add("meta", document, "the format has no place for it", key)
            line = record(document.id, document.annotations)
            line = {"id": line.pop("id"), "text": document.text, **line}
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
    return losses


join = concatenate


def record(name: str, annotations: Annotations) -> dict[str, object]:
    """The JSON object of one line; :func:`parse` gives the same annotations back."""
    return {
        "id": name,
        "entities": [_entity_record(entity) for entity in annotations.entities],
        "quotes": [_quote_record(quote) for quote in annotations.quotes],
        "clusters": [_cluster_record(cluster) for cluster in annotations.clusters],
    }


def loads(line: bytes | str, where: str) -> dict[str, object]:
    """The JSON object in ``line``: UTF-8, no key twice, no NaN. Raises DataError."""
    try:
        text = line.decode("utf-8") if isinstance(line, bytes) else line
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_distinct_keys)
    except UnicodeDecodeError as error:
        _fail(f"not UTF-8: {error.reason} at byte {error.start + 1} of the line", where, "Save it as UTF-8.")
    except RecursionError:
        _fail("nested too deeply to be read", where, 'Each line is {"id": …, …}.')
    except ValueError as error:
        if text.startswith("\ufeff"):
            name = where.rpartition(":")[0]
            mend = f"Remove it: tail -c +4 '{name}' > COPY" if name else "Remove it."
            _fail("begins with a byte order mark", where, mend)
        _fail(f"broken JSON: {error}", where, "Each line must be one complete JSON object.")
    if not isinstance(value, dict):
        _fail(f"expected a JSON object, found {_kind(value)}", where, 'Each line is {"id": …, …}.')
    return value


def _entity(item: object, at: str, where: str, size: int | None, text: str | None) -> Entity:
    entity = _object(item, ENTITY_KEYS, at, where)
    if "spans" in entity:
        if "start" in entity or "end" in entity:
            _fail(f"{at} has both spans and start/end", where, "Give one of the two.")
        span = _span(entity["spans"], f"{at}, spans", where, size)
    else:
        missing = [key for key in ("start", "end") if key not in entity]
        if missing:
            _fail(f"{at} has no {' and no '.join(missing)}", where, "Give start and end, or spans.")
        span = _span([[entity["start"], entity["end"]]], at, where, size)
    surface = _string(entity, "text", at, where)
    if surface is not None and text is not None and surface != span.text(text):
        _wrong_surface(surface, span, text, at, where)
    level = entity.get("level", 1)
    if type(level) is not int or level < 1:
        _fail(
            f"{at}: level is {_shown(level)}", where, "The level is 1 (outer), 2 (nested inside) or deeper."
        )
    return Entity(
        span,
        _required(entity, "label", at, where),
        level,
        entity=_string(entity, "entity", at, where),
        qid=_string(entity, "qid", at, where),
        metonymy=_string(entity, "metonymy", at, where),
        score=_score(entity, at, where),
        note=_string(entity, "note", at, where),
    )


def _quotes(items: list[object], where: str, size: int | None) -> tuple[Quote, ...]:
    objects = [_object(item, QUOTE_KEYS, f"quote {n}", where) for n, item in enumerate(items, 1)]
    ids = [_string(item, "id", f"quote {n}", where) or f"q{n}" for n, item in enumerate(objects, 1)]
    _distinct(ids, "quote", where)
    quotes = []
    for number, (item, name) in enumerate(zip(objects, ids, strict=True), 1):
        at = f"quote {number}"
        if item.get("content") is None:
            _fail(f"{at} has no content", where, "Give content as a list of [start, end].")
        spans = {
            role: _span(item[role], f"{at}, {role}", where, size)
            for role in ("content", *ROLES)
            if item.get(role) is not None
        }
        quotes.append(
            Quote(
                name,
                _one_of(_required(item, "type", at, where), QUOTE_TYPES, "quote type", at, where),
                spans["content"],
                medium=_string(item, "medium", at, where),
                cue=spans.get("cue"),
                speaker=spans.get("speaker"),
                addressee=spans.get("addressee"),
                frame=spans.get("frame"),
                speaker_entity=_string(item, "speaker_entity", at, where),
                attribution=_attribution(item, at, where),
                parent=_string(item, "parent", at, where),
                score=_score(item, at, where),
                rule=_string(item, "rule", at, where),
                note=_string(item, "note", at, where),
            )
        )
    _check_parents(quotes, where)
    return tuple(quotes)


def _check_parents(quotes: Sequence[Quote], where: str) -> None:
    parents = {quote.id: quote.parent for quote in quotes}
    for quote in quotes:
        seen = {quote.id}
        parent = quote.parent
        while parent is not None:
            if parent not in parents:
                _fail(f"quote {quote.id}: its parent {parent!r} is no quote of this document", where)
            if parent in seen:
                _fail(f"quote {quote.id} is nested in itself", where, "Parents must not form a circle.")
            seen.add(parent)
            parent = parents[parent]


def _attribution(item: Mapping[str, object], at: str, where: str) -> str | None:
    value = _string(item, "attribution", at, where)
    return None if value is None else _one_of(value, ATTRIBUTIONS, "attribution", at, where)


def _cluster(item: object, at: str, where: str, size: int | None) -> Cluster:
    cluster = _object(item, CLUSTER_KEYS, at, where)
    named = cluster.get("named", True)
    if not isinstance(named, bool):
        _fail(f"{at}: named is {_shown(named)}, not true or false", where)
    aliases = _list(cluster, "aliases", at, where)
    return Cluster(
        _required(cluster, "id", at, where),
        _required(cluster, "name", at, where),
        type=_string(cluster, "type", at, where),
        named=named,
        qid=_string(cluster, "qid", at, where),
        aliases=tuple(
            _required({"alias": alias}, "alias", f"{at}, alias {number}", where)
            for number, alias in enumerate(aliases, 1)
        ),
        mentions=tuple(
            _span(mention, f"{at}, mention {number}", where, size)
            for number, mention in enumerate(_list(cluster, "mentions", at, where), 1)
        ),
        note=_string(cluster, "note", at, where),
    )


def _span(value: object, at: str, where: str, size: int | None) -> Span:
    if not isinstance(value, list | tuple) or not value:
        _fail(
            f"{at}: {_shown(value)} is no span", where, "A span is a list of [start, end], with one or more."
        )
    fragments: list[tuple[int, int]] = []
    last = -1
    for fragment in value:
        if not isinstance(fragment, list | tuple) or len(fragment) != 2:
            _fail(f"{at}: {_shown(fragment)} is not [start, end]", where, "A span is a list of [start, end].")
        start, end = fragment
        # bool is an int to Python, and 3.0 is none to an offset.
        if type(start) is not int or type(end) is not int:
            _fail(f"{at}: {_shown(fragment)} is not two whole numbers", where, "Offsets count characters.")
        shown = f"[{start}, {end})"
        if start < 0:
            _fail(f"{at}: {shown} starts before the text", where, "Offsets count from 0.")
        if start == end:
            _fail(f"{at}: {shown} is empty", where, "The end is the offset after the last character.")
        if start > end:
            _fail(f"{at}: {shown} is reversed", where, "The start comes before the end.")
        if size is not None and end > size:
            _fail(
                f"{at}: {shown} ends after the text, which has {size} characters",
                where,
                "Offsets count characters (Unicode code points), not bytes or UTF-16 units.",
            )
        if start <= last:
            _fail(
                f"{at}: {shown} overlaps, touches or precedes the fragment before it",
                where,
                "Sort the fragments and join those that touch.",
            )
        last = end
        fragments.append((start, end))
    return Span(tuple(fragments))


def _check_text(document: Mapping[str, object], text: str | None, where: str) -> None:
    given = _string(document, "text", "the line", where)
    digest = _string(document, "sha256", "the line", where)
    if text is None:
        return
    if given is not None and given != text:
        same = next((how for how, variant in _variants(text) if variant == given), None)
    elif digest is not None and digest.lower() != _sha256(text):
        same = next((how for how, variant in _variants(text) if _sha256(variant) == digest.lower()), None)
    else:
        return
    _fail(
        f"prediction for the wrong text: the {'text' if given not in (None, text) else 'sha256'} of document "
        f"{document['id']!r} is not that of the corpus",
        where,
        f"It is the corpus's text {same}: offsets differ. Run the system on the corpus's own text."
        if same
        else "Run the system on this corpus's text.",
    )


def _variants(text: str) -> Iterator[tuple[str, str]]:
    """The text as other programs may have stored it: the difference in words, and the text."""
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        normal = unicodedata.normalize(form, text)
        yield f"in {form}", normal
        yield f"in {form} with CRLF line ends", normal.replace("\n", "\r\n")
        yield f"in {form} with a byte order mark", "\ufeff" + normal
    yield "with CRLF line ends", text.replace("\n", "\r\n")
    yield "with LF line ends", text.replace("\r\n", "\n")
    yield "without the white space around it", text.strip()
    yield "with a line end more", text + "\n"


def _wrong_surface(surface: str, span: Span, text: str, at: str, where: str) -> NoReturn:
    found = span.text(text)
    if unicodedata.normalize("NFC", surface) == unicodedata.normalize("NFC", found):
        hint = (
            "The two are the same under NFC normalisation: the text was given to the system in another form."
        )
    else:
        place = text.find(surface)
        hint = f"{surface!r} stands at [{place}, {place + len(surface)}). " if place >= 0 else ""
        hint += "Offsets count characters (Unicode code points) of the corpus's own text."
    _fail(
        f"prediction for the wrong text: {at} at [{span.start}, {span.end}) covers {found!r}, "
        f"its text is {surface!r}",
        where,
        hint,
    )


def _object(value: object, keys: Sequence[str], at: str, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        _fail(f"{at} is {_kind(value)}, not an object", where)
    for key in value:
        if key not in keys:
            near = get_close_matches(str(key), keys, n=3, cutoff=0.6)
            _fail(
                f"{at} has an unknown key {key!r}",
                where,
                f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(keys)}.",
            )
    return value


def _list(value: Mapping[str, object], key: str, at: str, where: str) -> list[object]:
    items = value.get(key, [])
    if not isinstance(items, list | tuple):
        _fail(f"{at}: {key} is {_kind(items)}, not a list", where)
    return list(items)


def _required(value: Mapping[str, object], key: str, at: str, where: str) -> str:
    if key not in value:
        _fail(f"{at} has no {key}", where)
    text = _string(value, key, at, where)
    if not text:
        _fail(f"{at}: {key} is empty", where)
    return text


def _string(value: Mapping[str, object], key: str, at: str, where: str) -> str | None:
    text = value.get(key)
    if text is None:
        return None
    if not isinstance(text, str):
        _fail(f"{at}: {key} is {_kind(text)}, not a string", where)
    if not text.isascii():
        lone = next((c for c in text if "\ud800" <= c <= "\udfff"), None)
        if lone:
            _fail(
                f"{at}: {key} holds the lone surrogate U+{ord(lone):04X}",
                where,
                "It is half a character: the program that wrote it cut UTF-16 in the middle.",
            )
    return text


def _score(value: Mapping[str, object], at: str, where: str) -> float | None:
    score = value.get("score")
    if score is None:
        return None
    try:
        number = float(score) if type(score) in (int, float) else math.nan  # type: ignore[arg-type]
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        _fail(f"{at}: score is {_shown(score)}, not a finite number", where)
    return number


def _one_of(value: str, known: Sequence[str], kind: str, at: str, where: str) -> str:
    if value not in known:
        near = get_close_matches(value, known, n=2, cutoff=0.6)
        _fail(
            f"{at}: unknown {kind} {value!r}",
            where,
            f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known)}.",
        )
    return value


def _distinct(ids: Sequence[str], kind: str, where: str) -> None:
    seen: dict[str, int] = {}
    for number, name in enumerate(ids, 1):
        if name in seen:
            _fail(f"{kind} {number} has the id {name!r} of {kind} {seen[name]}", where)
        seen[name] = number


def _distinct_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return names.get(type(value), "an object" if isinstance(value, Mapping) else type(value).__name__)


def _shown(value: object) -> str:
    """The value as JSON, cut to what fits into a message."""
    shown = json.dumps(value, default=repr)
    return shown if len(shown) <= 60 else shown[:57] + "…"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _fail(what: str, where: str, hint: str = "") -> NoReturn:
    raise DataError(what, where=where, hint=hint)


def _entity_record(entity: Entity) -> dict[str, object]:
    if entity.span.discontinuous:
        place: dict[str, object] = {"spans": [list(fragment) for fragment in entity.span]}
    else:
        place = {"start": entity.span.start, "end": entity.span.end}
    return place | _present(
        label=entity.label,
        level=entity.level,
        entity=entity.entity,
        qid=entity.qid,
        metonymy=entity.metonymy,
        score=entity.score,
        note=entity.note,
    )


def _quote_record(quote: Quote) -> dict[str, object]:
    return _present(
        id=quote.id,
        type=quote.type,
        medium=quote.medium,
        **{
            role: span and [list(fragment) for fragment in span]
            for role in ("content", *ROLES)
            for span in [quote.role(role)]
        },
        speaker_entity=quote.speaker_entity,
        attribution=quote.attribution,
        parent=quote.parent,
        score=quote.score,
        rule=quote.rule,
        note=quote.note,
    )


def _cluster_record(cluster: Cluster) -> dict[str, object]:
    return _present(
        id=cluster.id,
        name=cluster.name,
        type=cluster.type,
        named=cluster.named,
        qid=cluster.qid,
        aliases=list(cluster.aliases),
        mentions=[[list(fragment) for fragment in span] for span in cluster.mentions],
        note=cluster.note,
    )


def _present(**values: object) -> dict[str, object]:
    return {key: value for key, value in values.items() if value is not None}
