"""Whatever holds spans, as columns: tables, lists of spans, tag sequences, spaCy documents, datasets."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from operator import itemgetter
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from wortlaut.errors import DataError, unknown_name
from wortlaut.formats.tags import STRICT, chunks, coded
from wortlaut.model.columns import Bools, Fragments, Ints, Spans, empty_spans, first_row, run_starts

#: The columns of a table of spans; the last three may be absent.
COLUMNS = ("document", "start", "end", "label", "level", "score", "fragment")
_SPAN_KEYS = ("start", "end", "spans", "label", "score")
#: The columns of a dataset that hold tags.
TAGS = ("ner_tags", "tags")
_SHAPES = (
    "Give a Corpus, the name of a file, a table or mapping with the columns document, start, end, label; "
    "a list of spans for each document; a list of tags for each sentence; spaCy documents; or a "
    "datasets.Dataset."
)


@dataclass(frozen=True)
class Side:
    """Gold or predicted spans with names beside the numbers.

    ``documents`` names what ``spans.document`` indexes; ``None`` when the input is a sequence of
    ``size`` documents without names. ``notes`` say what the reading of the input did. ``groups`` names
    what ``spans.group`` indexes: the values of the column asked for. ``lengths`` are the tokens of each
    sentence, for tags; ``ignored`` those with the tokens that do not count, and which these are, with a
    position after each sentence.
    """

    spans: Spans
    labels: tuple[str, ...]
    documents: Sequence[Hashable] | None
    size: int
    notes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    lengths: Ints | None = None
    ignored: tuple[Ints, Bools] | None = None


def read_side(
    data: Any,
    what: str,
    *,
    scheme: str | None = None,
    column: str | None = None,
    gold: Side | None = None,
) -> Side:
    """Columns from any supported input; ``what`` (gold, predicted) names it in errors. Raises DataError.

    ``column`` is a further column of a table, kept as the group of each span. ``gold`` is the other side
    of predicted tags: what does not count there does not here.
    """
    if type(data).__module__.split(".")[0] == "datasets" and not isinstance(data, Mapping):
        return _from_dataset(data, what, scheme, column, gold)
    data = data if isinstance(data, Mapping) else _opened(data)
    if isinstance(data, Mapping):
        return _from_columns(data, what, column)
    if column is not None:
        raise DataError(f"{what} is no table, so it has no column {column!r}", hint=near(column))
    if isinstance(data, (str, bytes)) or not isinstance(data, Iterable):
        raise DataError(f"{what} is {type(data).__name__}, which holds no spans", hint=_SHAPES)
    rows = data if isinstance(data, Sequence) else list(data)
    strange = {kind for kind in set(map(type, rows)) if issubclass(kind, str) or not hasattr(kind, "__len__")}
    if strange:
        at = next(at for at, row in enumerate(rows) if type(row) in strange)
        raise DataError(
            f"{rows[at]!r} is neither a list of spans nor a list of tags",
            where=f"{what}, item {at}",
            hint=_SHAPES,
        )
    first = next((row for row in rows if len(row)), None)
    if first is None:
        return Side(empty_spans(), (), None, len(rows), lengths=np.zeros(len(rows), np.int64))
    if hasattr(first, "ents") and hasattr(first, "text"):
        side = _from_spans(
            [[(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents] for doc in rows], what
        )
        return replace(side, notes=(*side.notes, *group_notes(rows, what)))
    item = next(iter(first))
    if isinstance(item, str):
        return _from_tags(rows, what, scheme, gold)
    if isinstance(item, (Mapping, tuple, list)) or hasattr(item, "label_"):
        return _from_spans(rows, what)
    raise DataError(f"{what}: {first!r:.80} holds {type(item).__name__}, no spans and no tags", hint=_SHAPES)


def group_notes(docs: Iterable[Any], what: str) -> Iterator[str]:
    """A note where spaCy documents have spans beside their ``ents``."""
    groups = sorted({key for doc in docs for key, group in doc.spans.items() if len(group)})
    if groups:
        yield (
            f"{what}: only doc.ents are scored, not the span groups {', '.join(groups)}; for those give"
            f" [doc.spans[{groups[0]!r}] for doc in docs]"
        )


def tags_of(what: str) -> DataError:
    """What is raised where one side alone holds tags."""
    other = "gold" if what == "predicted" else "predicted"
    return DataError(
        f"{what} holds tags, which count tokens, and {other} holds spans, which count characters",
        hint="Give tags on both sides, or spans: Corpus.from_tags(tokens, tags) makes spans of tags.",
    )


def near(column: str, *there: object) -> str:
    """What spans can be grouped by, beside the columns that are there, where one is meant."""
    hint = unknown_name("column", column, ["length", "document", "surface", *map(str, there)]).hint
    return hint if hint.startswith("Did you mean") else ""


# Tables


def _opened(data: Any) -> Any:
    """Columns of a table; else the data itself."""
    if hasattr(data, "__arrow_c_stream__"):
        import pyarrow as pa

        return _arrays(pa.table(data))
    if hasattr(data, "__dataframe__"):
        from pyarrow.interchange import from_dataframe

        return _arrays(from_dataframe(data))
    if isinstance(data, np.ndarray) and data.dtype.names:
        return {name: data[name] for name in data.dtype.names}
    return data


def _arrays(table: Any) -> dict[str, Any]:
    return dict(zip(table.column_names, table.columns, strict=True))


def _from_dataset(data: Any, what: str, scheme: str | None, column: str | None, gold: Side | None) -> Side:
    """A ``datasets.Dataset``: span columns, or the tags in ``ner_tags`` or ``tags``.

    Of class labels -1 is no label, and -100 does not count, as in training.
    """
    if not hasattr(data, "__getitem__") or not hasattr(data, "__len__"):
        raise DataError(f"{what} is a streamed dataset", hint="Load it with streaming=False.")
    names = set(data.column_names)
    if {"document", "start", "end", "label"} <= names:
        # with_format, not .data: after shuffle or select the index mapping must be followed.
        columns = _arrays(data.with_format("arrow")[:])
        known = getattr(data.features["label"], "names", None)
        if known is None:
            return _from_columns(columns, what, column)
        labels = _class_names(columns["label"].to_pylist(), known, f"{what}, column label, row ", None)
        kept = np.asarray([label is not None for label in labels], np.bool_)
        columns = {name: values.filter(kept) for name, values in columns.items()}
        columns["label"] = np.asarray([label for label in labels if label is not None], np.str_)
        side = _from_columns(columns, what, column)
        left = len(kept) - int(kept.sum())
        notes = (f"{what}: {left} spans without a label (-1 or -100) are left out",) if left else ()
        return replace(side, notes=(*side.notes, *notes))
    tags = next((name for name in TAGS if name in names), None)
    if tags is None:
        raise DataError(
            f"{what} is a dataset with the columns {', '.join(sorted(names))}",
            hint="It needs document, start, end, label; or ner_tags (or tags), one list of tags a sentence.",
        )
    listed = data.features[tags]  # datasets 3 says [feature] of a list that a card declares
    known = getattr(listed[0] if isinstance(listed, list) else listed.feature, "names", None)
    rows = data.with_format(None)[tags]
    if known is None:
        return read_side(list(rows), what, scheme=scheme, column=column, gold=gold)
    if column is not None:
        raise DataError(f"{what} is no table, so it has no column {column!r}", hint=near(column))
    named = [
        _class_names(row, known, f"{what}, column {tags}, row {at}, tag ", "O") for at, row in enumerate(rows)
    ]
    return _from_tags(named, what, scheme, gold, ignore=True)


def _class_names(
    values: Sequence[int], names: Sequence[str], where: str, missing: str | None
) -> list[str | None]:
    """The names of class labels: ``missing`` for -1, None for -100."""
    known: dict[int, str | None] = {**dict(enumerate(names)), -1: missing, -100: None}
    try:
        return [known[value] for value in values]
    except KeyError as error:
        at = next(at for at, value in enumerate(values) if value not in known)
        raise DataError(
            f"{values[at]} is no class label",
            where=f"{where}{at}",
            hint=f"They go from 0 to {len(names) - 1}.",
        ) from error


def _from_columns(columns: Mapping[str, Any], what: str, column: str | None = None) -> Side:
    missing = [name for name in COLUMNS[:4] if name not in columns]
    if missing:
        raise DataError(
            f"{what} has no column {', '.join(missing)}; it has {', '.join(map(str, columns))}", hint=_SHAPES
        )
    start, end = (_integers(columns[name], f"{what}, column {name}") for name in ("start", "end"))
    document, documents = _coded(columns["document"], f"{what}, column document")
    label, labels = _coded(columns["label"], f"{what}, column label")
    sizes = {"document": len(document), "start": len(start), "end": len(end), "label": len(label)}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise DataError(f"{what}: columns of different lengths ({told})")
    if (row := first_row((start < 0) | (start >= end))) is not None:
        raise DataError(
            f"[{start[row]}, {end[row]}) is empty, reversed or negative",
            where=f"{what}, row {row}",
            hint="Offsets are half-open: start is the first character, end the one after the last.",
        )
    if column is not None and column not in columns:
        has = ", ".join(map(str, columns))
        raise DataError(f"{what} has no column {column!r}; it has {has}", hint=near(column, *columns))
    level, score, fragment = (columns.get(name) for name in COLUMNS[4:])
    level = None if level is None else _integers(level, f"{what}, column level")
    score = None if score is None else _numbers(score, f"{what}, column score")
    fragment = None if fragment is None else _listed(fragment)
    group, kinds = (None, ()) if column is None else _coded(columns[column], f"{what}, column {column}")
    more = {"level": level, "score": score, "fragment": fragment, column: group}
    for name, values in more.items():
        if values is not None and len(values) != len(start):
            raise DataError(f"{what}: the column {name} has {len(values)} rows, start has {len(start)}")
    spans = Spans(document, start, end, label, document, level=level, score=score, group=group)
    if fragment:
        spans = _gather_fragments(spans, fragment, what)
    return Side(spans, tuple(map(str, labels)), documents, len(documents), groups=tuple(map(str, kinds)))


def _gather_fragments(spans: Spans, values: Sequence[Any], what: str) -> Spans:
    """Rows of one document with the same value in ``fragment`` become one span; empty values stay alone."""
    empty = (
        value is None or value == -1 or (isinstance(value, float) and np.isnan(value)) for value in values
    )
    alone = np.fromiter(empty, bool, len(values))
    codes: dict[Hashable, int] = {}
    try:
        code = np.asarray([codes.setdefault(value, len(codes)) for value in values], np.int64)
    except TypeError as error:
        raise DataError(
            "holds lists", where=f"{what}, column fragment", hint="Give a number or a string for each span."
        ) from error
    key = spans.document * (len(codes) + len(spans)) + np.where(
        alone, len(codes) + np.arange(len(spans)), code
    )
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    of = of.reshape(-1).astype(np.int64)
    order = np.lexsort((spans.start, of))
    span, start, end = of[order], spans.start[order], spans.end[order]
    new = run_starts(span)
    overlaps = np.r_[False, start[1:] < end[:-1]] & ~new
    if (at := first_row(overlaps)) is not None:
        raise DataError(
            f"fragments of one span overlap at {start[at]}", where=f"{what}, row {int(order[at])}"
        )
    if (row := first_row(spans.label != spans.label[first[of]])) is not None:
        raise DataError("fragments of one span have different labels", where=f"{what}, row {row}")
    touching = np.r_[False, start[1:] == end[:-1]] & ~new
    begins, heads = np.flatnonzero(~touching), np.flatnonzero(new)
    pieces = Fragments(span[begins], start[begins], np.maximum.reduceat(end, begins))
    several = len(begins) > len(heads)
    return replace(
        spans.take(first.astype(np.int64)),
        start=start[heads],
        end=np.maximum.reduceat(end, heads),
        fragments=pieces if several else None,
    )


def _listed(column: Any) -> list[Any]:
    values = column.to_pylist() if hasattr(column, "to_pylist") else np.asarray(column).tolist()
    return cast(list[Any], values)


def _array(column: Any, where: str) -> NDArray[Any]:
    values = np.asarray(column)
    if values.ndim != 1:
        raise DataError(f"has {values.ndim} dimensions, not one", where=where)
    return values


def _integers(column: Any, where: str) -> Ints:
    values = _array(column, where)
    kind = values.dtype.kind
    if kind == "f" and (np.abs(values) < 2**53).all() and (values % 1 == 0).all():
        return values.astype(np.int64)
    # NumPy would make a number of True where it stands beside numbers.
    if kind not in "iu" or (isinstance(column, list) and bool in set(map(type, column))):
        listed = column if isinstance(column, list) else values.tolist()
        for row, value in enumerate(listed):
            whole = isinstance(value, (int, np.integer)) or (isinstance(value, float) and value % 1 == 0)
            if not whole or isinstance(value, bool) or not abs(value) < 2**53:
                raise DataError(f"{value!r} is no whole number below 2**53", where=f"{where}, row {row}")
    return _signed(values, where)


def _signed(values: NDArray[Any], where: str) -> Ints:
    if values.dtype.kind == "u" and len(values) and int(values.max()) > np.iinfo(np.int64).max:
        row = int(values.argmax())
        raise DataError(f"{values[row]} does not fit into 64 bits with a sign", where=f"{where}, row {row}")
    return values.astype(np.int64, copy=False)


def _numbers(column: Any, where: str) -> NDArray[np.float64]:
    try:
        values = np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("holds something that is not a number", where=where) from error
    if (row := first_row(~np.isfinite(values))) is not None:
        raise DataError("holds a value that is not a finite number", where=f"{where}, row {row}")
    return values


def _coded(column: Any, where: str) -> tuple[Ints, Sequence[Hashable]]:
    """Codes of a column of names or numbers, and what they stand for, sorted."""
    import pyarrow as pa

    if not hasattr(column, "dictionary_encode"):
        values = _array(column, where)
        if values.dtype.kind in "iu":
            return _coded_integers(_signed(values, where))
        if values.dtype.kind == "f" and (row := first_row(np.isnan(values))) is not None:
            raise DataError("has an empty value", where=f"{where}, row {row}")
        try:
            column = pa.array(column if values.dtype.kind in "OU" and isinstance(column, list) else values)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError) as error:
            raise DataError(f"cannot be read as one kind of values: {error}", where=where) from error
    if pa.types.is_integer(column.type) and not column.null_count:
        # A dictionary of a million numbers costs far more than the numbers.
        return _coded_integers(_signed(np.asarray(column), where))
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        parts = encoded.unify_dictionaries().chunks
        encoded = pa.concat_arrays(parts or [pa.array([], column.type).dictionary_encode()])
    if encoded.null_count:
        row = encoded.is_null().to_numpy(zero_copy_only=False).argmax()
        raise DataError("has an empty value", where=f"{where}, row {int(row)}")
    names = encoded.dictionary.to_pylist()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    order = sorted(np.flatnonzero(np.bincount(codes)).tolist(), key=names.__getitem__)
    rank = np.zeros(len(names), np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], tuple(names[i] for i in order)


class Numbers(Sequence[int]):
    """Sorted integers as a sequence, without a Python object for each of a million."""

    def __init__(self, values: Ints) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, at: Any) -> Any:
        return self.values[at].tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self.values if dtype is None else self.values.astype(dtype, copy=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Numbers) and np.array_equal(self.values, other.values)


def _coded_integers(values: Ints) -> tuple[Ints, Sequence[Hashable]]:
    if not len(values):
        return values, ()
    low, high = int(values.min()), int(values.max())
    if high - low < 4 * len(values) + 1024:
        shifted = values - low
        present = np.zeros(high - low + 1, np.bool_)
        present[shifted] = True
        if present.all():
            return shifted, range(low, high + 1)
        return (np.cumsum(present) - 1)[shifted], Numbers(np.flatnonzero(present) + low)
    names, codes = np.unique(values, return_inverse=True)
    return codes.reshape(-1).astype(np.int64), Numbers(names)


# Lists of spans


def _from_spans(rows: Sequence[Any], what: str) -> Side:
    """One list of spans a document: ``(start, end, label)``, or mappings as in the predictions format."""
    counts = np.fromiter((len(row) for row in rows), np.int64, len(rows))
    document = np.repeat(np.arange(len(rows), dtype=np.int64), counts)
    items = list(chain.from_iterable(rows))
    if set(map(type, items)) <= {tuple} and set(map(len, items)) <= {3}:
        # One pass a field: tuples of three are what every peer takes, and there may be millions.
        fields = (document, *(_field(items, place) for place in range(3)))
        columns = dict(zip(COLUMNS, fields, strict=False))
    else:
        flat = [
            (number, start, end, label, score, at)
            for at, (number, item) in enumerate(zip(document.tolist(), items, strict=True))
            for fragments, label, score in [_span_item(item, f"{what}, document {number}")]
            for start, end in fragments
        ]
        names = ("document", "start", "end", "label", "score", "fragment")
        columns = dict(zip(names, map(list, zip(*flat, strict=True)), strict=True))
        if None in columns["score"]:
            del columns["score"]
    side = _from_columns(columns, what)
    # Documents are numbered by their position, the empty ones too.
    number = np.asarray(side.documents, np.int64)[side.spans.document]
    spans = replace(side.spans, document=number, unit=number)
    return replace(side, spans=spans, documents=None, size=len(rows))


def _field(items: Sequence[Any], place: int) -> Any:
    """One field of all tuples: an array if every value is an int, else the list, for the checks to refuse."""
    values = list(map(itemgetter(place), items))
    if set(map(type, values)) <= {int}:
        with suppress(OverflowError):
            return np.fromiter(values, np.int64, len(values))
    return values


def _span_item(item: Any, where: str) -> tuple[list[tuple[int, int]], str, float | None]:
    if hasattr(item, "label_") and hasattr(item, "start_char"):
        return [(item.start_char, item.end_char)], item.label_, None
    if isinstance(item, Mapping):
        unknown = sorted(set(item) - {*_SPAN_KEYS, "level", "text", "entity_group", "word"})
        if unknown:
            raise unknown_name("key of a span", unknown[0], _SPAN_KEYS, where=where)
        # As a pipeline of Hugging Face returns it.
        item = {"label": item["entity_group"], **item} if "entity_group" in item else item
        fragments: Any = item["spans"] if "spans" in item else [(item.get("start"), item.get("end"))]
        if (
            "label" not in item
            or ("spans" in item) == bool({"start", "end"} & set(item))
            or not isinstance(fragments, Sequence)
            or not fragments
            or not all(isinstance(pair, Sequence) and len(pair) == 2 for pair in fragments)
        ):
            raise DataError(
                f"{dict(item)!r} is no span",
                where=where,
                hint='A span is {"start": 0, "end": 5, "label": "PER"}, or has "spans": [[0, 5], [7, 9]].',
            )
        return [(start, end) for start, end in fragments], item["label"], item.get("score")
    if isinstance(item, Sequence) and not isinstance(item, str) and len(item) == 3:
        return [(item[0], item[1])], item[2], None
    raise DataError(f"{item!r} is no span", where=where, hint="A span is (start, end, label), or a mapping.")


# Tag sequences


_TAG = re.compile(r"O|([BIELSU])(?:[-_](.*))?", re.DOTALL)


def _from_tags(
    rows: Sequence[Sequence[Any]], what: str, scheme: str | None, gold: Side | None, *, ignore: bool = False
) -> Side:
    """Tags of one sentence each as spans over token positions.

    Chunks are found as conlleval finds them (Tjong Kim Sang & Buchholz 2000): an ``I`` after ``O`` or
    another label opens one, and L and U are E and S. With a ``scheme`` they are as in seqeval's strict mode.
    With ``ignore`` None is a token that does not count, as those that do not in ``gold`` do not here.
    """
    if scheme is not None and scheme not in STRICT:
        raise unknown_name("tag scheme", scheme, STRICT)
    try:
        tags = coded(rows)
    except TypeError as error:
        raise DataError("holds something that is not a tag", where=what) from error
    out = np.zeros(len(tags.code), np.bool_)
    if ignore and None in tags.names:
        out |= tags.code == tags.names.index(None)
    whole = tags.lengths
    if gold is not None and gold.ignored is not None and np.array_equal(gold.ignored[0], whole):
        out |= gold.ignored[1]
    if out.any():
        lengths = whole - np.bincount(tags.sentence[out], minlength=len(whole))
        tags = replace(tags, code=tags.code[~out], lengths=lengths)
    parsed = [("O", None) if ignore and tag is None else _parsed(tag, what, scheme) for tag in tags.names]
    first, stop, label, labels = chunks(tags, parsed, scheme)
    letter = np.asarray([letter for letter, _ in parsed])
    left = int(np.count_nonzero((letter != "O")[tags.code]) - (stop - first).sum())
    broken = np.count_nonzero((letter == "I")[tags.code[first]]) if "B" in letter else 0
    notes: tuple[str, ...] = ()
    if left:
        notes = (f"{what}: {left} tags that are part of no {scheme} chunk are not counted",)
    elif broken and scheme is None:
        notes = (f"{what}: {broken} I tags with no B before them open a span (as in conlleval)",)
    sentence = tags.sentence[first]
    base = (np.cumsum(tags.lengths + 1) - tags.lengths - 1)[sentence]
    spans = Spans(sentence, first - base, stop - base, label, sentence)
    ignored = (whole, out) if out.any() else None
    return Side(spans, labels, None, len(rows), notes, lengths=tags.lengths, ignored=ignored)


def _parsed(tag: Any, what: str, scheme: str | None) -> tuple[str, str | None]:
    """The letter of a tag, as the scheme has it, and its label."""
    match = _TAG.fullmatch(tag) if isinstance(tag, str) else None
    if match is None:
        hint = (
            "Tags are O, or one of B I E S L U with a label, such as B-PER." if isinstance(tag, str) else ""
        )
        raise DataError(f"{tag!r} is no tag", where=what, hint=hint)
    letter = match[1]
    if letter is None:
        return "O", None
    if scheme is None:
        letter = {"L": "E", "U": "S"}.get(letter, letter)
    elif letter not in scheme:
        raise DataError(f"{tag!r} is no {scheme} tag", where=what, hint="Leave scheme out for other schemes.")
    return letter, match[2] or "_"
