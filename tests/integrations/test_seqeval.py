"""wortlaut.seqeval against known answers, and against seqeval 1.2.2 where it is installed."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wortlaut import seqeval as ours

GOLD = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-ORG", "I-ORG", "O"]]
FOUND = [["B-PER", "I-PER", "O", "O"], ["O", "I-ORG", "I-ORG", "O"]]
#: Tags of one sentence, and the spans that each reading finds: label, first and last token.
READINGS: list[tuple[str | None, str, list[tuple[str, int, int]]]] = [
    (None, "I-A I-B B-B E-B S-B", [("A", 0, 0), ("B", 1, 1), ("B", 2, 3), ("B", 4, 4)]),
    (None, "U-A O L-A O", [("A", 0, 0), ("A", 2, 2)]),
    (None, "B-A U-A L-A O", [("A", 0, 2)]),
    (None, "PER PER LOC O", [("ER", 0, 1), ("OC", 2, 2)]),
    (None, "O-A U-A I-A O", [("A", 0, 2)]),
    ("IOB1", "I-A B-A I-A O B-A", [("A", 0, 0), ("A", 1, 2)]),
    ("IOB2", "I-A B-A I-A I-B B-B", [("A", 1, 2), ("B", 4, 4)]),
    ("IOE1", "I-A E-A I-A O E-A", [("A", 0, 1), ("A", 2, 2)]),
    ("IOE2", "I-A E-A E-A I-A O", [("A", 0, 1), ("A", 2, 2)]),
    ("IOBES", "B-A E-A S-B B-A I-A O I-A E-A", [("A", 0, 1), ("B", 2, 2)]),
    ("BILOU", "B-A L-A U-B B-A I-A O I-A L-A", [("A", 0, 1), ("B", 2, 2)]),
]


@pytest.mark.filterwarnings("ignore:.*seems not to be NE tag")
@pytest.mark.parametrize(("scheme", "tags", "spans"), READINGS)
def test_what_a_reading_finds(scheme: str | None, tags: str, spans: list[tuple[str, int, int]]) -> None:
    row = tags.split()
    if scheme is None:
        assert ours.get_entities(row) == spans
    found = ours.precision_recall_fscore_support([row], [row], scheme=scheme, zero_division=0)
    assert found[3].tolist() == [
        sum(span[0] == label for span in spans) for label in sorted({label for label, _, _ in spans})
    ]


@pytest.mark.filterwarnings("ignore:(Mean of empty|invalid value):RuntimeWarning")
def test_known_numbers() -> None:
    assert ours.f1_score(GOLD, FOUND) == 0.8
    assert ours.f1_score(GOLD, FOUND, mode="strict", scheme="IOB2", sample_weight=[1, 2]) == 0.5
    assert ours.f1_score(GOLD, FOUND, mode="strict") == 0.8  # no scheme, so seqeval's default mode
    p, r, f, support = ours.precision_recall_fscore_support(GOLD, FOUND, average="micro", beta=2)
    assert (p, r, f, support) == (1.0, 2 / 3, 5 * (2 / 3) / (4 + 2 / 3), 3)
    assert ours.get_entities(GOLD) == [("PER", 0, 1), ("LOC", 3, 3), ("ORG", 6, 7)]
    infinite = ours.precision_recall_fscore_support(GOLD, FOUND, average="micro", beta=np.inf)
    assert infinite[2] == 2 / 3
    assert ours.accuracy_score(GOLD, FOUND) == 6 / 8
    assert ours.performance_measure(GOLD, FOUND) == {"TP": 3, "FP": 1, "FN": 1, "TN": 3}
    nothing = ours.classification_report([["O"]], [["O"]], output_dict=True, zero_division=1, mode=None)
    assert nothing["micro avg"] == {"precision": 1.0, "recall": 1.0, "f1-score": 1.0, "support": 0}  # type: ignore[index]


def test_warnings_name_the_line_of_the_caller() -> None:
    from sklearn.exceptions import UndefinedMetricWarning

    undefined = (
        "{} ill-defined and being set to 0.0 {}. Use `zero_division` parameter to control this behavior."
    )
    cases: list[tuple[Callable[[], Any], type[Warning], str]] = [
        (
            lambda: ours.precision_score([["B-A"]], [["O"]]),
            UndefinedMetricWarning,
            undefined.format("Precision is", "due to no predicted samples"),
        ),
        (
            lambda: ours.recall_score([["B-A"]], [["B-B"]], average="macro"),
            UndefinedMetricWarning,
            undefined.format("Recall is", "in labels with no true samples"),
        ),
        (
            lambda: ours.f1_score([["O"]], [["O"]]),
            UndefinedMetricWarning,
            undefined.format("F-score is", "due to no true nor predicted samples"),
        ),
        (
            lambda: ours.classification_report([["B-A"]], [["O"]]),
            UndefinedMetricWarning,
            undefined.format("Precision and F-score are", "due to no predicted samples"),
        ),
        (lambda: ours.get_entities(["PER"]), UserWarning, "PER seems not to be NE tag."),
        (lambda: ours.f1_score([["PER"]], [["PER"]]), UserWarning, "PER seems not to be NE tag."),
    ]
    for call, kind, message in cases:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            call()
        assert {(one.category, str(one.message)) for one in heard} == {(kind, message)}
        line = call.__code__.co_firstlineno  # type: ignore[attr-defined]
        assert {(one.filename, one.lineno) for one in heard} == {(__file__, line)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ours.precision_score([["B-A"]], [["O"]], zero_division=1) == 1.0
        assert ours.recall_score([["B-A"]], [["O"]]) == 0.0


STRICT = {"mode": "strict", "scheme": "IOB2"}


@pytest.mark.parametrize(
    ("gold", "found", "options", "kind", "message"),
    [
        ([["O"]], [["O", "O"]], {}, ValueError, "sentence 0: y_true has 1 tags, y_pred has 2"),
        ([["O"]], [["O"], ["O"]], {}, ValueError, "y_true has 1 sentences, y_pred has 2"),
        (["B-A"], ["B-A"], {}, TypeError, "lists of lists"),
        ([("B-A",)], [["B-A"]], {}, TypeError, "lists of lists"),
        ([["B-A"]], [["B-A"]], {"average": "samples"}, ValueError, "average is 'samples'"),
        ([[""]], [["O"]], {}, IndexError, "index out of range"),
        ([[None]], [["O"]], {}, AttributeError, "NoneType"),
        ([["S-A"]], [["S-A"]], STRICT, ValueError, "sentence 0: 'S-A' is no IOB2 tag"),
        ([["X-A"]], [["X-A"]], STRICT, KeyError, "'X-A' has none of the letters"),
        ([["B-A"]], [["B-A"]], {"mode": "strict", "scheme": "IOB"}, LookupError, "IOB2"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*seems not to be NE tag")
def test_what_is_refused(
    gold: Any, found: Any, options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        ours.f1_score(gold, found, **options)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([["O"]], {}, "neither side has a span"),
        ([["O"]], {"mode": "strict"}, "no scheme has just these letters: O"),
        ([["B-A", "E-A", "L-A"]], {"mode": "strict"}, "no scheme has just these letters: B, E, L"),
    ],
)
def test_a_report_of_nothing_or_of_no_scheme_is_refused(
    rows: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ours.classification_report(rows, rows, **options)


# Against seqeval itself

LETTERS = ("BIO", "BIIOO", "BIESO", "BILUO", "IO", "IEO", "OOOB", "BIOESULX.", "S", "U", "SO")
ODD = ("", "PER", ".", "-", "?", "XO", "B", "I", "-X-", "O-A", "B-", "-B")


def drawn_tag(rng: random.Random, letters: str, *, suffix: bool, odd: bool) -> str:
    letter = rng.choice(letters)
    if letter == "O" and rng.random() < 0.95:
        return "O"
    if odd and rng.random() < 0.03:
        return rng.choice(ODD)
    label = rng.choice(["A", "B", "per-x", "_", ""]) if odd else rng.choice("AB")
    hyphen = rng.choice(["-", "-", "-", "_", "", "--"]) if odd else "-"
    return label + hyphen + letter if suffix else letter + hyphen + label


def drawn_sides(rng: random.Random, *, suffix: bool) -> tuple[Any, Any]:
    """Gold and predicted tags, well-formed or not, now and then of shapes that no score can take."""
    letters, odd = rng.choice(LETTERS), rng.random() < 0.4

    def tag() -> str:
        return drawn_tag(rng, letters, suffix=suffix, odd=odd)

    gold: Any = [[tag() for _ in range(rng.choice([0, 1, 3, 6, 12]))] for _ in range(rng.randint(0, 4))]
    found: Any = [[one if rng.random() < 0.7 else tag() for one in row] for row in gold]
    spoilt = rng.choices(["no", "short", "row", "tuples", "flat", "none"], [40, 1, 1, 1, 1, 1])[0]
    if spoilt == "short":
        found = found[1:]
    elif spoilt == "row" and found:
        found[0] = found[0][1:]
    elif spoilt == "tuples":
        gold = [tuple(row) for row in gold]
    elif spoilt == "flat":
        gold = [one for row in gold for one in row]
    elif spoilt == "none" and found and found[0]:
        found[0][0] = rng.choice([None, 3])
    return gold, found


def heard(call: Callable[..., Any], *given: Any, **options: Any) -> tuple[Any, set[tuple[Any, str]]]:
    """What a call returns or raises, and its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = call(*given, **options)
        except Exception as error:
            value = error
    own = {one.filename for one in caught if one.category is not RuntimeWarning}
    assert own <= {__file__} or not call.__module__.startswith("wortlaut")
    return value, {(one.category, str(one.message)) for one in caught}


def same(mine: Any, theirs: Any) -> bool:
    if isinstance(theirs, Exception):
        # An error of ours may be a subclass, such as DataError of ValueError.
        return isinstance(mine, type(theirs))
    if isinstance(theirs, dict):
        return list(mine) == list(theirs) and all(same(mine[key], theirs[key]) for key in theirs)
    if isinstance(theirs, (str, list)):
        return bool(mine == theirs)
    if isinstance(theirs, tuple):
        return all(map(same, mine, theirs))
    return bool(np.array_equal(mine, theirs, equal_nan=True))


def check_against_seqeval(seed: int, cases: int) -> int:
    """Every function with drawn tags and options: the same value to the last bit, warnings, kind of error."""
    pytest.importorskip("seqeval", reason="seqeval is not installed")
    from seqeval import scheme as schemes
    from seqeval.metrics import sequence_labeling as theirs
    from seqeval.metrics import v1

    rng = random.Random(seed)
    scored = 0
    for _ in range(cases):
        suffix = rng.random() < 0.3
        gold, found = drawn_sides(rng, suffix=suffix)
        name = rng.choice(sorted(ours.STRICT))
        average = rng.choice([None, "micro", "macro", "weighted", "samples"])
        options = {"suffix": suffix, "zero_division": rng.choice(["warn", 0, 1])}
        beta = {"average": average, "beta": rng.choice([1.0, 2, 0.5, np.inf, -1, 0])}
        mode = {"mode": rng.choice([None, "strict"]), "sample_weight": rng.choice([None, [1]])}
        shape = {"digits": rng.choice([2, 3, 14]), "output_dict": rng.random() < 0.5}
        strict = getattr(schemes, name)
        chosen = rng.choice([None, strict])
        calls: list[tuple[str, Any, dict[str, Any]]] = [
            ("precision_recall_fscore_support", theirs, beta | options),
            ("precision_recall_fscore_support", v1, beta | options | {"scheme": strict}),
            ("classification_report", theirs, shape | mode | options | {"scheme": chosen}),
            ("accuracy_score", theirs, {}),
            ("performance_measure", theirs, {}),
        ]
        for function in ("precision_score", "recall_score", "f1_score"):
            calls.append((function, theirs, {"average": average, "scheme": chosen} | mode | options))
        for function, module, asked in calls:
            mine, my_warnings = heard(getattr(ours, function), gold, found, **asked)
            expected, warned = heard(getattr(module, function), gold, found, **asked)
            assert same(mine, expected), (function, gold, found, asked, mine, expected)
            if not isinstance(expected, Exception):
                scored += 1
                assert my_warnings == warned, (function, gold, found, asked)
        for side in (gold, *gold[:1]):
            mine, my_warnings = heard(ours.get_entities, side, suffix)
            expected, warned = heard(theirs.get_entities, side, suffix)
            assert same(mine, expected), (side, suffix, mine, expected)
            assert my_warnings == warned or isinstance(expected, Exception)
    return scored


def test_a_few_drawn_cases_are_as_in_seqeval() -> None:
    assert check_against_seqeval(13, 12) > 30


@pytest.mark.long
def test_thousands_of_drawn_cases_are_as_in_seqeval() -> None:
    assert check_against_seqeval(14, 3000) > 12_000
