"""Whatever form spans come in, the numbers are the same; what holds no spans is refused with its place."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2, Entities

from wortlaut import score
from wortlaut.errors import DataError, UnknownNameError, WortlautError
from wortlaut.scoring.inputs import read_side

LABELS = ("PER", "LOC", "ORG|x", "A_&b")

Rows = list[list[tuple[int, int, str]]]


def generated(rng: random.Random, documents: int = 12) -> tuple[Rows, Rows]:
    """Flat spans of each document, and predictions that hit, miss and mislabel them."""
    gold: Rows = []
    predicted: Rows = []
    for _ in range(documents):
        cuts = sorted(rng.sample(range(40), 2 * rng.randrange(6)))
        spans = [(a, b, rng.choice(LABELS)) for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
        gold.append(spans)
        found = [span for span in spans if rng.random() < 0.7]
        predicted.append([(a, b, c if rng.random() < 0.7 else rng.choice(LABELS)) for a, b, c in found])
    return gold, predicted


def columns(rows: Rows, name: Callable[[int], Any] = lambda i: f"d{i:02}") -> dict[str, list[Any]]:
    flat = [(name(i), *span) for i, spans in enumerate(rows) for span in spans]
    return {key: [row[at] for row in flat] for at, key in enumerate(("document", "start", "end", "label"))}


def numbers(gold: Any, predicted: Any, **options: Any) -> list[dict[str, Any]]:
    """All that a result holds, under a schema that compares spans and one that pairs them."""
    results = score(gold, predicted, schema=["strict", "type"], intervals=False, allow_empty=True, **options)
    return [result.to_dict() for result in results.values()]


def _numpy(table: dict[str, list[Any]]) -> Any:
    return {key: np.asarray(column) for key, column in table.items()}


def _arrow(table: dict[str, list[Any]]) -> Any:
    import pyarrow as pa

    return pa.table(table)


def _chunked(table: dict[str, list[Any]]) -> Any:
    """Chunks with dictionaries of their own, cut out of a longer table: no chunk starts at offset 0."""
    import pyarrow as pa

    size = len(table["start"])
    longer = pa.table({key: [column[0], *column, column[-1]] for key, column in table.items()})
    for key in ("document", "label"):
        at = longer.column_names.index(key)
        longer = longer.set_column(at, key, longer[key].dictionary_encode())
    parts = [longer.slice(1 + begin, min(5, size - begin)) for begin in range(0, size, 5)]
    return pa.concat_tables(parts)


def _pandas(table: dict[str, list[Any]]) -> Any:
    import pandas

    return pandas.DataFrame(table)


def _pandas_categories(table: dict[str, list[Any]]) -> Any:
    import pandas

    frame = pandas.DataFrame(table).astype({"document": "category", "label": "category"})
    return frame.sample(frac=1.0, random_state=3)  # rows shuffled, the index along with them


def _polars(table: dict[str, list[Any]]) -> Any:
    import polars

    return polars.DataFrame(table).with_columns(polars.col("label").cast(polars.Categorical))


def _structured(table: dict[str, list[Any]]) -> Any:
    kinds = [("document", "U8"), ("start", "i4"), ("end", "u2"), ("label", "U8")]
    return np.asarray(list(zip(*table.values(), strict=True)), dtype=kinds)


def _dataset(table: dict[str, list[Any]]) -> Any:
    from datasets import Dataset

    return Dataset.from_dict(table)


def _dataset_shuffled(table: dict[str, list[Any]]) -> Any:
    """Rows that must not be seen stand before the selected ones; the labels are class labels."""
    from datasets import ClassLabel, Dataset

    size = len(table["start"])
    doubled = {key: column + column for key, column in table.items()}
    data = Dataset.from_dict(doubled).cast_column("label", ClassLabel(names=sorted(LABELS)))
    return data.select(range(size, 2 * size)).shuffle(seed=5)


TABLES = [
    _numpy,
    _arrow,
    _chunked,
    _pandas,
    _pandas_categories,
    _polars,
    _structured,
    _dataset,
    _dataset_shuffled,
]


@pytest.mark.parametrize("form", TABLES, ids=lambda form: form.__name__.strip("_"))
def test_a_table_of_any_kind_gives_the_numbers_of_lists(form: Callable[..., Any]) -> None:
    rng = random.Random(1)
    for _ in range(2):
        gold, predicted = generated(rng)
        expected = numbers(gold, predicted)
        assert numbers(form(columns(gold)), form(columns(predicted))) == expected
        # One side in another form than the other.
        assert numbers(form(columns(gold)), columns(predicted)) == expected


def test_lists_of_any_kind_give_the_same_numbers() -> None:
    rng = random.Random(2)
    for _ in range(5):
        gold, predicted = generated(rng)
        expected = numbers(gold, predicted)
        as_mappings = [[{"start": a, "end": b, "label": c} for a, b, c in row] for row in gold]
        with_spans = [[{"spans": [[a, b]], "label": c, "score": 0.5} for a, b, c in row] for row in predicted]
        assert numbers(as_mappings, with_spans) == expected
        assert numbers([list(map(list, row)) for row in gold], predicted) == expected
        assert numbers(iter(gold), (row for row in predicted)) == expected
        assert numbers([set(row) for row in gold], tuple(map(tuple, predicted))) == expected
        numpy_numbers = [[(np.int32(a), np.int64(b), np.str_(c)) for a, b, c in row] for row in gold]
        assert numbers(numpy_numbers, predicted) == expected


def test_the_order_of_rows_does_not_matter_and_duplicates_count() -> None:
    rng = random.Random(3)
    gold, predicted = generated(rng)
    predicted[0] = predicted[0] * 2
    table = columns(predicted)
    order = rng.sample(range(len(table["start"])), len(table["start"]))
    shuffled = {key: [column[i] for i in order] for key, column in table.items()}
    assert numbers(columns(gold), shuffled) == numbers(gold, predicted)
    doubled = score([[(0, 3, "A")]], [[(0, 3, "A"), (0, 3, "A")]], intervals=False)
    assert (doubled.correct, doubled.gold, doubled.predicted) == (1, 1, 2)


@pytest.mark.parametrize(
    "name",
    [
        str,
        int,
        lambda i: i - 6,
        lambda i: i * 10**17,
        lambda i: np.iinfo(np.int64).min + i * 3,
        float,
        lambda i: i % 2 == 0,
    ],
    ids=["strings", "ints", "negative", "huge", "smallest", "floats", "booleans"],
)
def test_documents_may_be_named_by_anything(name: Callable[[int], Any]) -> None:
    gold, predicted = generated(random.Random(4), documents=2)
    gold[1], predicted[1] = [*gold[1], (50, 60, "PER")], [*predicted[1], (50, 60, "PER")]
    gold[0], predicted[0] = [*gold[0], (50, 60, "PER")], [*predicted[0], (50, 60, "LOC")]
    expected = numbers(gold, predicted)
    assert numbers(columns(gold, name), columns(predicted, name)) == expected
    assert numbers(_arrow(columns(gold, name)), _pandas(columns(predicted, name))) == expected


def test_offsets_and_documents_that_do_not_fit_one_key_of_63_bits() -> None:
    """Document, start and length have 62 bits each here; the rows are told apart all the same."""
    far = 2**62
    rng = random.Random(5)
    for _ in range(5):
        gold, predicted = generated(rng)
        expected = numbers(gold, predicted)

        def stretched(rows: Rows) -> Any:
            table = _numpy(columns(rows, lambda i: i * (far // 16)))
            return {**table, "start": table["start"] * (far // 64), "end": table["end"] * (far // 64)}

        assert numbers(stretched(gold), stretched(predicted)) == expected


def test_fragments_in_a_column_equal_fragments_in_mappings() -> None:
    rng = random.Random(6)
    for _ in range(6):
        sides, tables = [], []
        for _ in range(2):
            lists, rows = [], []
            for document in range(5):
                spans = []
                for number in range(rng.randrange(4)):
                    cuts = sorted(rng.sample(range(14), 2 * rng.randint(1, 3)))
                    pieces = list(zip(cuts[::2], cuts[1::2], strict=True))
                    label = rng.choice("AB")
                    spans.append({"spans": pieces, "label": label})
                    mark = None if len(pieces) == 1 and rng.random() < 0.5 else f"f{number}"
                    rows += [(f"d{document}", a, b, label, mark) for a, b in pieces]
                lists.append(spans)
            rng.shuffle(rows)
            names = ("document", "start", "end", "label", "fragment")
            sides.append(lists)
            tables.append({key: [row[at] for row in rows] for at, key in enumerate(names)})
        if all(table["start"] for table in tables):
            assert numbers(*tables) == numbers(*sides)
            assert numbers(*map(_arrow, tables)) == numbers(*sides)
            assert numbers(*map(_pandas, tables)) == numbers(*sides)


def test_fragments_that_touch_are_one() -> None:
    whole = score([[{"spans": [[0, 3], [3, 5]], "label": "A"}]], [[(0, 5, "A")]], intervals=False)
    assert whole.f1 == 1.0


# Tags


def bio(length: int, spans: list[tuple[int, int, str]], scheme: str) -> list[str]:
    """Tags of spans; IOB1 opens with B only where the span before it touches and has the same label."""
    tags = ["O"] * length
    before = (-1, -1, "")
    for a, b, label in sorted(spans):
        inner, last, single, first = {
            "BIO": "IIBB",
            "IOB1": "II" + 2 * ("B" if before[1:] == (a, label) else "I"),
            "IOBES": "IESB",
            "BILOU": "ILUB",
        }[scheme]
        row = [single] if b - a == 1 else [first, *inner * (b - a - 2), last]
        tags[a:b] = [f"{role}-{label}" for role in row]
        before = (a, b, label)
    return tags


@pytest.mark.parametrize("scheme", ["BIO", "IOB1", "IOBES", "BILOU"])
def test_tags_of_every_scheme_give_the_numbers_of_spans(scheme: str) -> None:
    from datasets import ClassLabel, Dataset, Features, Sequence

    rng = random.Random(7)
    for _ in range(3):
        gold, predicted = generated(rng)
        expected = numbers(gold, predicted)
        tags = [[bio(40, row, scheme) for row in rows] for rows in (gold, predicted)]
        assert numbers(*tags) == expected
        assert numbers(np.asarray(tags[0]), np.asarray(tags[1], object)) == expected
        for both in ((tags[0], predicted), (gold, tags[1]), (tags[0], columns(predicted))):
            with pytest.raises(DataError, match="tags, which count tokens"):
                numbers(*both)
    names = sorted({tag for rows in tags for row in rows for tag in row})
    features = Features({"ner_tags": Sequence(ClassLabel(names=names))})
    ids = [[[names.index(tag) for tag in row] for row in rows] for rows in tags]
    data = [Dataset.from_dict({"ner_tags": rows}, features=features) for rows in ids]
    order = rng.sample(range(len(gold)), len(gold))
    assert numbers(*data) == expected
    assert numbers(*(one.select(order) for one in data)) == expected
    assert numbers(Dataset.from_dict({"tags": tags[0]}), tags[1]) == expected


def read(rows: list[list[str]], scheme: str | None = None) -> list[tuple[int, int, int, str]]:
    side = read_side(rows, "gold", scheme=scheme)
    spans = side.spans
    fields = (spans.document, spans.start, spans.end, spans.label)
    return [
        (d, start, end, side.labels[label])
        for d, start, end, label in zip(*(field.tolist() for field in fields), strict=True)
    ]


def random_tags(rng: random.Random, roles: str, length: int) -> list[str]:
    drawn = rng.choices(roles, k=length)
    return [role if role == "O" else f"{role}-{rng.choice(['A', 'B', 'per-x'])}" for role in drawn]


@pytest.mark.parametrize("roles", ["BIO", "BBIIIOO", "IO", "BIESO", "BILUO"])
def test_well_and_ill_formed_tags_are_read_as_seqeval_reads_them(roles: str) -> None:
    rng = random.Random(roles)
    lengths = [rng.choice([0, 1, 2, 3, 5, 8, 30]) for _ in range(2000)] + [20_000]
    rows = [random_tags(rng, roles, length) for length in lengths]
    # seqeval's default mode knows L and U as E and S only.
    known = [[tag.replace("L-", "E-").replace("U-", "S-") for tag in row] for row in rows]
    theirs = [(i, a, b + 1, label) for i, row in enumerate(known) for label, a, b in get_entities(row)]
    assert read(rows) == sorted(theirs)


@pytest.mark.parametrize("roles", ["BIO", "BBIIIOO", "IO"])
def test_strict_iob2_reads_tags_as_seqeval_does(roles: str) -> None:
    rng = random.Random(roles)
    rows = [random_tags(rng, roles, rng.choice([0, 1, 2, 3, 5, 8, 30])) for _ in range(2000)]
    entities = Entities(rows, IOB2).entities
    theirs = [(i, one.start, one.end, one.tag) for i, row in enumerate(entities) for one in row]
    assert read(rows, "IOB2") == sorted(theirs)


def test_what_reading_ill_formed_tags_did_is_noted() -> None:
    rows = [["B-A", "O", "I-A", "I-B"]]
    assert any("2 I tags" in note for note in score(rows, rows, intervals=False).notes)
    strict = score(rows, rows, scheme="IOB2", intervals=False)
    assert strict.gold == 1
    assert any("2 tags that are part of no IOB2 chunk" in note for note in strict.notes)
    assert not score([["I-A", "O"]], [["I-A", "O"]], intervals=False).notes  # IOB1 has no B to miss


def class_labels(values: list[Any], names: list[str], column: str = "ner_tags") -> Any:
    """A dataset as training makes it: its numbers need not be of a class."""
    import pyarrow as pa
    from datasets import ClassLabel, Dataset, DatasetInfo, Features, Sequence, Value

    label = ClassLabel(names=names)
    features = {column: Sequence(label)} if column == "ner_tags" else {column: label}
    table = {column: values}
    if column == "label":
        features |= {name: Value("int64") for name in ("document", "start", "end")}
        at = range(len(values))
        table |= {"document": [0 for _ in at], "start": [*at], "end": [one + 1 for one in at]}
    return Dataset(pa.table(table), info=DatasetInfo(features=Features(features)))


def test_class_labels_without_a_class_are_no_label_or_do_not_count() -> None:
    names = ["O", "B-PER", "I-PER", "B-LOC"]
    gold = class_labels([[1, -100, 2, -1, 3]], names)
    found = [["B-PER", "B-LOC", "I-PER", "O", "O"]]
    side = read_side(gold, "gold")
    assert (side.spans.start.tolist(), side.spans.end.tolist()) == ([0, 3], [2, 4])
    for predicted in (found, class_labels([[1, 3, 2, 0, 0]], names), [["B-PER", "I-PER", "O", "O"]]):
        result = score(gold, predicted, intervals=False)
        assert (result.gold, result.predicted, result.precision) == (2, 1, 1.0)
    spans = class_labels([0, -1, 1, -100], ["PER", "LOC"], "label")
    result = score(spans, spans, intervals=False)
    assert (result.gold, sorted(result.per_label)) == (2, ["LOC", "PER"])
    assert any("gold: 2 spans without a label" in note for note in result.notes)
    with pytest.raises(DataError, match=r"gold, column ner_tags, row 1, tag 0: 7 is no class label"):
        score(class_labels([[0], [7]], names), found)
    with pytest.raises(DataError, match=r"gold, column label, row 1: -2 is no class label"):
        score(class_labels([0, -2], ["PER", "LOC"], "label"), found)


# spaCy


def test_spacy_documents_and_examples() -> None:
    import spacy
    from spacy.training import Example

    nlp = spacy.blank("de")
    gold, predicted = generated(random.Random(8))
    sides: list[list[Any]] = []
    for rows in (gold, predicted):
        docs = []
        for row in rows:
            doc = nlp(" ".join("abcdefghij" * 4))  # 40 tokens of one character
            doc.set_ents([doc.char_span(2 * a, 2 * b - 1, label) for a, b, label in row])
            docs.append(doc)
        sides.append(docs)
    expected = numbers(gold, predicted)
    assert numbers(*sides) == expected
    assert numbers([list(doc.ents) for doc in sides[0]], sides[1]) == expected
    examples = [Example(p, g) for g, p in zip(*sides, strict=True)]
    assert numbers(examples, None) == expected
    # A prediction over other tokens keeps its characters; nothing is aligned away.
    other = spacy.tokens.Doc(nlp.vocab, ["a b", "c"])
    other.set_ents([spacy.tokens.Span(other, 0, 1, "PER")])
    result = score([nlp("a b c")], [other], intervals=False)
    assert (result.gold, result.predicted) == (0, 1)


# Empty


@pytest.mark.parametrize(
    "nothing",
    [
        {"document": [], "start": [], "end": [], "label": []},
        _numpy({"document": [], "start": [], "end": [], "label": []}),
        _arrow(columns([[(0, 1, "A")]])).slice(0, 0),
        _pandas(columns([[(0, 1, "A")]])).iloc[:0],
        _dataset(columns([[(0, 1, "A")]])).select([]),
    ],
    ids=["lists", "numpy", "arrow", "pandas", "dataset"],
)
def test_empty_tables(nothing: Any) -> None:
    table = columns([[(0, 1, "A")], [(0, 1, "B")]])
    both, right, left = (
        score(g, p, schema=["strict", "partial", "character"], errors=True, allow_empty=True)
        for g, p in ((nothing, nothing), (nothing, table), (table, nothing))
    )
    for result in both.values():
        assert (result.precision, result.recall, result.f1, result.macro.f1) == (None, None, None, None)
    for result in right.values():
        assert (result.precision, result.recall, result.f1) == (0.0, None, 0.0)
    for result in left.values():
        assert (result.precision, result.recall, result.f1) == (None, 0.0, 0.0)


def test_empty_lists() -> None:
    for nothing in ([], [[], []], [[]], [["O"]]):
        with pytest.raises(DataError, match="nothing to score: there"):
            score(nothing, nothing)
        assert score(nothing, nothing, allow_empty=True).f1 is None
    assert score([[], []], [[(0, 1, "A")], []]).f1 == 0.0
    found = score([["O", "O"]], [["O", "B-A"]])
    assert found.f1 == 0.0 and "The gold has no spans." in found.notes


# Documents


def test_documents_without_spans_count_as_units() -> None:
    gold, predicted = columns([[(0, 1, "A")], [(0, 1, "A")]]), columns([[(0, 1, "A")], []])
    few = score(gold, predicted)
    many = score(gold, predicted, documents=[f"d{i:02}" for i in range(40)])
    assert few.f1 == many.f1
    assert few.notes == ()
    assert not many.notes
    assert few.f1_interval is not None and many.f1_interval is not None
    assert score(gold, predicted, documents=iter(["d00", "d01"])).f1 == few.f1


def test_unknown_documents_are_an_error_or_spurious() -> None:
    gold, predicted = columns([[(0, 1, "A")]]), columns([[(0, 1, "A")], [(0, 1, "A")]])
    with pytest.raises(DataError, match=r"predicted has spans for 1 documents .* 'd01'"):
        score(gold, predicted, documents=["d00"])
    result = score(gold, predicted, documents=["d00"], unknown_documents="spurious", intervals=False)
    assert (result.correct, result.gold, result.predicted) == (1, 1, 2)
    with pytest.raises(DataError, match="gold has spans"):
        score(predicted, gold, documents=["d00"], unknown_documents="spurious")


# Refused

GOOD = columns([[(0, 3, "PER"), (5, 9, "LOC")], [(0, 2, "PER")]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": [0, True, 0]}, r"gold, column start, row 1: True is no whole number"),
        ({"start": [0, 5.5, 0]}, r"column start, row 1: 5\.5 is no whole number"),
        ({"start": [0, float("nan"), 0]}, r"column start, row 1: nan is no whole number"),
        ({"start": [0, None, 0]}, r"column start, row 1: None is no whole number"),
        ({"start": ["0", "5", "0"]}, r"column start, row 0: '0' is no whole number"),
        ({"end": [3, 2**70, 2]}, r"column end, row 1: 1180591620717411303424 is no whole number"),
        ({"end": np.asarray([3, 2**63 + 9, 2], np.uint64)}, r"column end, row 1: .* does not fit"),
        ({"end": [3, 5, 2]}, r"gold, row 1: \[5, 5\) is empty, reversed or negative"),
        ({"start": [-1, 5, 0]}, r"gold, row 0: \[-1, 3\) is empty, reversed or negative"),
        ({"start": [[0], [5], [0]]}, r"column start: has 2 dimensions, not one"),
        ({"start": [0, 5]}, r"columns of different lengths \(document 3, start 2, end 3, label 3\)"),
        ({"label": ["PER", None, "PER"]}, r"column label, row 1: has an empty value"),
        ({"label": ["PER", 3, "PER"]}, r"column label: cannot be read as one kind of values"),
        ({"document": ["a", None, "b"]}, r"column document, row 1: has an empty value"),
        ({"document": [1.0, float("nan"), 2.0]}, r"column document, row 1: has an empty value"),
        ({"document": [7, "a", 3]}, r"column document: cannot be read as one kind of values"),
        ({"document": [2**70, 1, 1]}, r"column document: cannot be read as one kind of values"),
        ({"document": [1, 1, 2]}, r"names documents as 1, predicted as 'd00'"),
        ({"score": [0.1, float("nan"), 0.2]}, r"column score, row 1: holds a value that is not a finite"),
        ({"score": [0.1, None, 0.2]}, r"column score, row 1: holds a value that is not a finite"),
        ({"score": [0.1, "x", 0.2]}, r"column score: holds something that is not a number"),
        ({"score": [0.1]}, r"column score has 1 rows, start has 3"),
        ({"fragment": [1, 1, 1]}, r"gold, row 1: fragments of one span have different labels"),
        ({"fragment": [1]}, r"column fragment has 1 rows, start has 3"),
        ({"fragment": [[1], [1], [2]]}, r"column fragment: holds lists"),
        (
            {"document": ["d00"] * 3, "label": ["A"] * 3, "fragment": [1, 2, 1]},
            r"row 2: fragments of one span overlap at 0",
        ),
    ],
)
def test_a_column_that_cannot_be_read_is_refused_by_row(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        score({**GOOD, **change}, GOOD)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("abc", r"abc: no such file or folder"),
        (None, r"predicted is missing"),
        (3, r"gold is int"),
        ({"document": [1], "start": [0], "end": [1]}, r"gold has no column label; it has document, start"),
        ([(0, 3, "PER")], r"\(0, 3, 'PER'\) holds int, no spans and no tags"),
        (["B-PER", "O"], r"item 0: 'B-PER' is neither a list of spans nor a list of tags"),
        ([[(0, 3, "PER")], None], r"gold, item 1: None is neither"),
        ([iter([(0, 3, "PER")])], r"item 0: <list_iterator .* is neither"),
        ([[None]], r"\[None\] holds NoneType"),
        ([[], [(1, 2)]], r"gold, document 1: \(1, 2\) is no span"),
        ([[(0, 1, "A"), None]], r"gold, document 0: None is no span"),
        ([[(5, 3, "A")]], r"\[5, 3\) is empty, reversed"),
        ([[(0, 2**65, "A")]], r"column end, row 0: 36893488147419103232 is no whole number"),
        ([[(False, True, "A")]], r"False is no whole number"),
        ([[(0, 1, None)]], r"column label, row 0: has an empty value"),
        ([[{"start": 0, "end": 3, "labl": "A"}]], r"unknown key of a span 'labl'\n  Did you mean label\?"),
        ([[{"start": 0, "end": 3}]], r"is no span"),
        ([[{"start": 0, "label": "A"}]], r"column end, row 0: None"),
        ([[{"start": 0, "end": 3, "spans": [[1, 2]], "label": "A"}]], r"is no span"),
        ([[{"spans": [], "label": "A"}]], r"is no span"),
        ([[{"spans": 5, "label": "A"}]], r"is no span"),
        ([[{"spans": [[1, 2, 3]], "label": "A"}]], r"is no span"),
        ([[{"spans": [[1, 5], [3, 7]], "label": "A"}]], r"fragments of one span overlap at 3"),
        ([[{"start": "1", "end": 3, "label": "A"}]], r"'1' is no whole number"),
        ([["B-A", "X-A"]], r"gold: 'X-A' is no tag"),
        ([["B-A", None]], r"gold: None is no tag"),
        ([["B-A", "Bogus"]], r"'Bogus' is no tag"),
    ],
)
def test_what_holds_no_spans_is_refused(data: Any, message: str) -> None:
    with pytest.raises(WortlautError, match=message):
        score(data, data)


def test_sides_that_do_not_fit_each_other_are_refused() -> None:
    with pytest.raises(DataError, match="gold has 1 documents, predicted has 2"):
        score([[(0, 1, "A")]], [[(0, 1, "A")], []])
    with pytest.raises(DataError, match="sentence 1: gold has 2 tags, predicted has 1"):
        score([["O"], ["B-A", "I-A"]], [["O"], ["B-A"]])
    with pytest.raises(DataError, match="sentence 0: gold has 0 tags, predicted has 1"):
        score([[]], [["B-A"]])
    with pytest.raises(DataError, match="different kinds"):
        score(GOOD, [[(0, 1, "A")]])
    with pytest.raises(DataError, match="documents names documents"):
        score([[(0, 1, "A")]], [[(0, 1, "A")]], documents=["a"])
    with pytest.raises(DataError, match="predicted is missing"):
        score([[(0, 1, "A")]])
    with pytest.raises(DataError, match="twice in documents"):
        score(GOOD, GOOD, documents=["d00", "d01", "d00"])
    with pytest.raises(DataError, match="'E-A' is no IOB2 tag"):
        score([["B-A", "E-A"]], [["B-A", "I-A"]], scheme="IOB2")


def test_a_streamed_dataset_is_refused() -> None:
    with pytest.raises(DataError, match=r"streamed dataset\n  Load it with streaming=False"):
        score(_dataset(GOOD).to_iterable_dataset(), GOOD)


@pytest.mark.parametrize(
    "options",
    [
        {"samples": -1},
        {"seed": -1},
        {"confidence": 2},
        {"interval_method": "x"},
        {"unknown_documents": "x"},
        {"scheme": "IOBX"},
    ],
    ids=str,
)
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(WortlautError):
        score([["B-A"]], [["B-A"]], **options)


def test_a_table_of_fragments_may_be_empty() -> None:
    nothing = {name: [] for name in ("document", "start", "end", "label", "fragment")}
    assert score(nothing, nothing, intervals=False, allow_empty=True).f1 is None


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="strict"):
        score(GOOD, GOOD, schema="strickt")
    with pytest.raises(UnknownNameError, match="conll4"):
        score(GOOD, GOOD, labels="conll")


def test_labels_with_special_characters_survive_every_table() -> None:
    gold, predicted = generated(random.Random(9))
    result = score(gold, predicted)
    assert r"ORG\|x" in result.to_markdown()
    assert all(line.count(" | ") == 7 for line in result.to_markdown().splitlines() if line[:1] == "|")
    assert r"A\_\&b" in result.to_latex()
    assert "A_&amp;b" in result._repr_html_()
    assert set(result.to_pandas()["label"]) == {*LABELS, "micro", "macro"}
