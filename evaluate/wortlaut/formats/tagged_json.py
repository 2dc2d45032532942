"""JSON with tokens and their tags, a sentence a line or in one list: as on the Hugging Face Hub. Read only.

``{"tokens": ["Anna", "lacht"], "ner_tags": ["B-PER", "O"]}``; ``tags`` and ``labels`` are taken for
``ner_tags``, and another key by ``tagged-json?tags=fine_ner_tags:FILE``. Tags are strings in any scheme, or
numbers, whose names must be given: those of a corpus in :data:`NAMES`, ``?labels=wikineural``, or others in
their order, ``?labels=O,B-PER,I-PER``. -1 and -100 are tags of nothing.

The text is the tokens with a space between; ``id``, or the file's name and a number, is the id; ``meta``
holds ``tokens``, and each further value as a string (``lang``). WikiNEuRal (Tedeschi et al. 2021), MultiNERD
(Tedeschi & Navigli 2022) and Few-NERD (Ding et al. 2021) are published so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError, unknown_name
from wortlaut.formats import files, jsonl
from wortlaut.formats.columns import IO, SCHEMES, decode, lay_out, pack, scheme_of
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import unpacked
from wortlaut.model import Annotations, Document, Entity, Span


def _bio(labels: str) -> tuple[str, ...]:
    return ("O", *chain.from_iterable((f"B-{label}", f"I-{label}") for label in labels.split()))


#: Corpus → the names of its numbers, from 0 on.
NAMES = {
    "conll2003": _bio("PER ORG LOC MISC"),
    "wikineural": _bio("PER ORG LOC MISC"),
    "multinerd": _bio("PER ORG LOC ANIM BIO CEL DIS EVE FOOD INST MEDIA MYTH PLANT TIME VEHI"),
    "wikiann": _bio("PER ORG LOC"),
    "few-nerd": ("O", "art", "building", "event", "location", "organization", "other", "person", "product"),
}
_TAGS = ("ner_tags", "tags", "labels")


def read(
    path: Path,
    *,
    tags: str = "",
    labels: str | tuple[str, ...] = "",
    scheme: str = "",
    losses: Losses | None = None,
) -> Iterator[Document]:
    """Every sentence of a ``.json`` or ``.jsonl`` file or of a folder of them."""
    if scheme and scheme not in (*SCHEMES, IO):
        raise unknown_name("tag scheme", scheme, (*SCHEMES, IO))
    names = tuple(labels.split(",")) if isinstance(labels, str) and labels else tuple(labels)
    if len(names) == 1:
        if names[0] not in NAMES:
            raise unknown_name("set of labels", names[0], NAMES)
        names = NAMES[names[0]]
    for file in files.find(path, "tagged-json", named=True):
        rows = []
        for number, (where, item) in enumerate(jsonl.values(file), 1):
            with tolerated(losses, "document"):
                rows.append((number, where, *_sentence(item, tags, names, where)))
        known = scheme or scheme_of([tag for *_, row, _ in rows for tag in (*row, "O")])
        for number, where, tokens, row, rest in rows:
            with tolerated(losses, "document"):
                yield _document(f"{unpacked(file).stem}-{number:06d}", tokens, row, rest, known, where)


def _sentence(
    item: Any, key: str, names: Sequence[str], where: str
) -> tuple[list[str], list[str], dict[str, Any]]:
    """Tokens, tags, and what else there is."""
    keys = (key,) if key else _TAGS
    found = next((name for name in keys if isinstance(item, dict) and name in item), None)
    if found is None or not isinstance(item.get("tokens"), list) or not isinstance(item[found], list):
        hint = 'Expected {"tokens": ["Anna"], "ner_tags": ["B-PER"]}; other tags: tagged-json?tags=KEY:FILE.'
        raise DataError(f"holds no tokens with {' or '.join(keys)}", where=where, hint=hint)
    tokens, tags = item["tokens"], item[found]
    if len(tokens) != len(tags):
        raise DataError(f"has {len(tokens)} tokens and {len(tags)} tags", where=where)
    if strange := [token for token in tokens if not isinstance(token, str) or not token.strip()]:
        raise DataError(f"{strange[0]!r} is no token", where=where)
    named = [tag if isinstance(tag, str) else _name(tag, names, where) for tag in tags]
    return tokens, named, {name: value for name, value in item.items() if name not in ("tokens", found)}


def _name(tag: object, names: Sequence[str], where: str) -> str:
    if isinstance(tag, bool) or not isinstance(tag, int):
        raise DataError(f"{tag!r} is no tag", where=where)
    if tag in (-100, -1):
        return "O"
    if not names:
        hint = f"Name them in their order: tagged-json?labels=O,B-PER,I-PER:FILE, or as {', '.join(NAMES)}."
        raise DataError("its tags are numbers, whose names are not known", where=where, hint=hint)
    if not 0 <= tag < len(names):
        raise DataError(f"{tag} is no tag: they go from 0 to {len(names) - 1}", where=where)
    return names[tag]


def _document(
    name: str, tokens: Sequence[str], tags: Sequence[str], rest: dict[str, Any], scheme: str, where: str
) -> Document:
    text, offsets = lay_out((token, " ") for token in tokens)
    if scheme == IO:
        tags, scheme = [tag if tag == "O" else f"I-{tag}" for tag in tags], "IOB1"
    phrases, broken = decode(tags, lambda index: f"{where}, token {index + 1}", scheme)
    entities = (Entity(Span.of(offsets[a][0], offsets[b - 1][1]), label) for a, b, label in phrases)
    meta = {"tokens": pack(offsets)} | ({"repaired_tags": str(broken)} if broken else {})
    meta |= {key: str(value) for key, value in rest.items() if key != "id" and value is not None}
    id = rest.get("id")
    return Document(
        name if id in (None, "") else str(id), text, Annotations(tuple(entities)), tuple(meta.items())
    )
