"""Agreement: published and hand-computed figures, what must hold for any layers, and the real ones."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import ROOT

from wortlaut.annotations.diff import Layer, read_layer
from wortlaut.annotations.validate import layer_hashes
from wortlaut.errors import DataError
from wortlaut.evaluation.agreement import agree, kappa, to_dict
from wortlaut.model import Annotations, Document, Entity, Quote, Span
from wortlaut.model.columns import Spans
from wortlaut.records.record import plain
from wortlaut.scoring.unitized import alpha, continua, disagreements
from wortlaut.scoring.units import Units, document_units

CASES = json.loads((ROOT / "tests/cases/agreement/alpha_u.json").read_text("utf-8"))["cases"]
TEXT = "Anna Weiß und Bert Maier sprachen in Ulm mit Karl."


def table(rows):
    document, start, end, label = np.asarray(rows, np.int64).reshape(-1, 4).T.copy()
    return Spans(document, start, end, label, np.zeros(len(document), np.int64))


def alpha_u(first, second, lengths, units=None):
    """α_U of rows ``(document, start, end, label)``, with one label or more."""
    data = continua(table(first), table(second), np.asarray(lengths), units or document_units(len(lengths)))
    weights = np.ones((1, len(data.sizes)))
    labels = max((row[3] for row in (*first, *second)), default=0) + 1
    whole, each = alpha(data, weights, labels)
    return whole[0], each[0]


def layer(name, *entities, quotes=(), text=TEXT, id="brief"):
    found = tuple(
        Entity(Span.of(text.index(s), text.index(s) + len(s)), label, *level) for s, label, *level in entities
    )
    meta = (("layer", name), ("annotator", f"wer {name} war"))
    return Layer(name, {id: Document(id, text, Annotations(found, tuple(quotes)), meta)})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_alpha_is_as_published_or_computed_by_hand(case):
    rows = [[(0, *unit) for unit in case[side]] for side in ("first", "second")]
    data = continua(*map(table, rows), np.asarray([case["length"]]), document_units(1))
    observed, expected = disagreements(data, np.ones((1, 1)))
    within = case["within"]
    assert observed[0] == pytest.approx(case["observed"], abs=within)
    if "expected" in case:
        assert expected[0] == pytest.approx(case["expected"], abs=within)
        whole, each = alpha(data, np.ones((1, 1)), case["labels"])
        assert whole[0] == pytest.approx(case["alpha"], abs=within)
        assert each[0] == pytest.approx(case["alphas"], abs=within)


def test_nested_units_of_one_label_have_a_continuum_each():
    """The outer and the inner units are compared among themselves, as if they had different labels."""
    first = [(0, 0, 40, 0), (0, 10, 20, 0)]
    second = [(0, 0, 38, 0), (0, 12, 20, 0)]
    whole, each = alpha_u(first, second, [100])
    apart, _ = alpha_u([(0, 0, 40, 0), (0, 10, 20, 1)], [(0, 0, 38, 0), (0, 12, 20, 1)], [100])
    assert whole == each[0] == pytest.approx(apart)


def test_alpha_of_documents_does_not_depend_on_their_order_and_gaps_do_not_cross_them():
    first, second = [(0, 5, 9, 0), (1, 0, 4, 0)], [(0, 5, 8, 0)]
    swapped = [[(1 - d, *rest) for d, *rest in rows] for rows in (first, second)]
    assert alpha_u(first, second, [20, 30])[0] == pytest.approx(alpha_u(*swapped, [30, 20])[0])
    # Unit 4 in document 0 (gaps 5 11, 5 12) and document 1 (gap 26, whole gap 30); unit 3 likewise.
    places = {4: (2 + 8 + 2 + 9) + (23 + 27), 3: (3 + 9 + 3 + 10) + (24 + 28)}
    same = 2 / 3 * (2 * (2 * 64 - 48 + 4) + (2 * 27 - 27 + 3))
    wanted = 2 / 50 * (same + 2 * 16 * places[4] + 9 * places[3]) / (100 * 99 - 12 - 12 - 6)
    data = continua(table(first), table(second), np.asarray([20, 30]), document_units(2))
    observed, expected = disagreements(data, np.ones((1, 2)))
    assert observed[0, 0] == pytest.approx((1 + 16) / 50**2)
    assert expected[0, 0] == pytest.approx(wanted)


def test_drawing_a_document_twice_is_the_figure_of_two_copies():
    first, second = [(0, 5, 9, 0), (0, 12, 15, 1)], [(0, 5, 8, 0)]
    copies = [rows + [(1, *rest) for _, *rest in rows] for rows in (first, second)]
    data = continua(table(first), table(second), np.asarray([20]), document_units(1))
    assert alpha(data, np.full((1, 1), 2.0), 2)[0][0] == pytest.approx(alpha_u(*copies, [20, 20])[0])


def test_sentences_share_out_a_document_and_change_no_figure():
    first, second = [(0, 5, 9, 0), (0, 12, 28, 1)], [(0, 5, 8, 0), (0, 14, 28, 1)]
    units = Units("sentence", np.asarray([0, 0, 0]), np.asarray([0, 10, 20]))
    assert alpha_u(first, second, [30], units)[0] == pytest.approx(alpha_u(first, second, [30])[0])
    assert continua(table(first), table(second), np.asarray([30]), units).sizes.tolist() == [10, 10, 10]


ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 20), st.integers(1, 9), st.integers(0, 2)), max_size=6
).map(lambda rows: sorted({(d, s, s + n, label) for d, s, n, label in rows}))


@given(ROWS, ROWS)
def test_alpha_is_symmetric_at_most_one_and_one_for_equals(first, second):
    ours, theirs = alpha_u(first, second, [30, 40])[0], alpha_u(second, first, [30, 40])[0]
    assert ours == pytest.approx(theirs, nan_ok=True)
    assert not ours > 1
    if first:
        assert alpha_u(first, first, [30, 40])[0] == 1
    if not first and not second:
        assert np.isnan(ours)


@given(st.lists(st.integers(0, 6), min_size=9, max_size=9))
def test_kappa_is_that_of_scikit_learn(cells):
    from sklearn.metrics import cohen_kappa_score

    cells = np.asarray(cells, np.float64)
    ours = kappa(cells.reshape(3, 3))
    if np.isnan(ours):
        rows, columns = cells.reshape(3, 3).sum(axis=1), cells.reshape(3, 3).sum(axis=0)
        assert cells.sum() == 0 or (rows * columns).sum() == cells.sum() ** 2
    else:
        truth, guess = np.divmod(np.arange(9), 3)
        assert ours == pytest.approx(cohen_kappa_score(truth, guess, sample_weight=cells))


def test_every_figure_of_two_small_layers_by_hand():
    """11 tokens: Anna Weiß und Bert Maier sprachen in Ulm mit Karl and the full stop."""
    first = layer("a", ("Anna Weiß", "PER"), ("Bert Maier", "PER"), ("Ulm", "LOC"))
    second = layer("b", ("Anna Weiß", "PER"), ("Bert", "PER"), ("Ulm", "ORG"))
    (found,) = agree([first, second], samples=0)
    row = found.rows["entities"]
    assert (found.tokens, found.documents, row.first, row.second) == (11, 1, 3, 3)
    value = {name: figure.value for name, figure in row.figures.items()}
    assert value["strict"] == pytest.approx(1 / 3)  # Anna Weiß
    assert value["partial"] == pytest.approx((1 + 1 + 0.5) / 3)
    # a: PER 4, LOC 1, O 6. b: PER 3, ORG 1, O 7. Same: PER 3, O 6.
    assert value["kappa"] == pytest.approx((9 / 11 - (12 + 42) / 121) / (1 - (12 + 42) / 121))
    # Of the 5 marked ones, a has PER 4 and LOC 1, b has PER 3, ORG 1 and O 1; 3 are the same.
    assert value["kappa_marked"] == pytest.approx((3 / 5 - 12 / 25) / (1 - 12 / 25))
    labels = found.rows["entities"].labels
    assert list(labels) == ["PER", "LOC", "ORG"]
    assert labels["PER"].figures["strict"].value == pytest.approx(1 / 2)
    assert labels["PER"].figures["kappa"].value == pytest.approx((10 / 11 - 68 / 121) / (1 - 68 / 121))
    assert labels["LOC"].figures["kappa"].value == 0
    assert all(figure.interval is None for figure in row.figures.values())


def test_a_token_under_two_names_is_a_category_of_its_own():
    text = "Universität Ulm rief."
    first = layer("a", ("Universität Ulm", "ORG"), ("Ulm", "LOC", 2), text=text)
    second = layer("b", ("Universität Ulm", "ORG"), text=text)
    (found,) = agree([first, second], samples=0)
    # Universität: ORG, ORG. Ulm: ORG+LOC, ORG. rief, full stop: O, O.
    assert found.rows["entities"].figures["kappa"].value == pytest.approx((3 / 4 - 6 / 16) / (1 - 6 / 16))


def test_what_one_layer_has_nowhere_has_no_figure_and_is_told():
    quote = Quote("q1", "direct", Span.of(0, 9), cue=Span.of(25, 33))
    bare = replace(quote, cue=None)
    (found,) = agree([layer("a", quotes=[quote]), layer("b", quotes=[bare])])
    assert (found.rows["cues"].first, found.rows["cues"].second) == (1, 0)
    assert all(figure.value is None for figure in found.rows["cues"].figures.values())
    assert any(note.startswith("b has no cues") for note in found.notes)
    assert "frames" not in found.rows and found.rows["quotes"].figures["alpha_u"].value == 1


def test_what_is_compared_more_closely():
    """The level counts; fragments side by side are one; a quote is right with type, cue and speaker."""
    said = Quote("q1", "direct", Span.of(0, 9), cue=Span(((25, 33), (34, 36))), speaker=Span.of(0, 9))
    sides = [
        layer("a", ("Anna Weiß", "PER"), ("Ulm", "LOC"), quotes=[said]),
        layer("b", ("Anna Weiß", "PER"), ("Ulm", "LOC", 2), quotes=[replace(said, cue=Span.of(25, 36))]),
    ]
    (found,) = agree(sides, samples=0)
    rows = {name: row.figures["strict"].value for name, row in found.rows.items()}
    assert (rows["entities"], rows["entities, with level"]) == (1, 0.5)
    assert (rows["cues"], rows["cues, joined"], rows["joint"], rows["joint, cues joined"]) == (0, 1, 0, 1)
    assert "cues, joined" not in agree([sides[0], layer("b", ("Ulm", "LOC"))], samples=0)[0].rows


def many(name, count, keep):
    documents = {}
    for number in range(count):
        one = layer(name, ("Anna Weiß", "PER"), *([("Ulm", "LOC")] if keep(number) else []))
        documents[f"d{number}"] = replace(one.documents["brief"], id=f"d{number}")
    return Layer(name, documents)


@pytest.mark.parametrize(("count", "unit"), [(9, "sentence"), (10, "document")])
def test_documents_are_drawn_where_there_are_ten_else_sentences_and_it_is_said(count, unit):
    (found,) = agree([many("a", count, lambda n: True), many("b", count, lambda n: n % 3)], samples=200)
    assert (found.unit, found.units) == (unit, count)
    assert any("sentences of" in note for note in found.notes) == (unit == "sentence")
    for name, figure in found.rows["entities"].figures.items():
        if unit == "sentence" and name not in ("strict", "partial"):
            assert figure.interval is None, name  # it would say nothing
            continue
        low, high = figure.interval
        assert low <= figure.value <= high and low < high, name


def test_the_order_of_layers_and_documents_changes_no_figure():
    one, other = many("a", 12, lambda n: True), many("b", 12, lambda n: n % 3)
    backwards = Layer("a", dict(reversed(one.documents.items())))
    (found,), (again,) = agree([one, other]), agree([other, backwards])
    for name, figure in found.rows["entities"].figures.items():
        assert plain(again.rows["entities"].figures[name], 6) == plain(figure, 6)


def test_three_layers_are_three_pairs():
    found = agree([layer(name, ("Ulm", "LOC")) for name in "abc"], samples=0)
    assert [pair.layers for pair in found] == [("a", "b"), ("a", "c"), ("b", "c")]


@pytest.mark.parametrize(
    ("layers", "what"),
    [
        ([layer("a", ("Ulm", "LOC"))], "two layers"),
        ([layer("a"), layer("b", id="karte")], "no document in common"),
        ([layer("a"), layer("b", text=TEXT[:-1])], "different texts"),
    ],
)
def test_layers_that_cannot_be_compared(layers, what):
    with pytest.raises(DataError, match=what):
        agree(layers)


def test_the_figures_of_the_repository_are_those_of_its_layers():
    """The file that the card shows holds what is measured now, of the layers as they are now."""
    written = json.loads((ROOT / "annotations/agreement.json").read_text("utf-8"))
    found = to_dict(agree([read_layer(name, ROOT) for name in "ab"], samples=0), layer_hashes(ROOT))
    assert written["sources"] == found["sources"] and len(found["sources"]) == 2
    for name, row in found["pairs"][0]["rows"].items():
        there = written["pairs"][0]["rows"][name]
        for key, figure in row.items():
            if key in ("first", "second"):
                assert there[key] == figure
            elif key != "labels":
                assert there[key]["value"] == pytest.approx(figure["value"], abs=1e-6)
    # 53 names with the same span and label (annotations/adjudication), of 55 and 54.
    assert found["pairs"][0]["rows"]["entities"]["strict"]["value"] == pytest.approx(2 * 53 / 109, abs=1e-6)


def test_gamma():
    pytest.importorskip("pygamma_agreement")
    first, second = (layer(n, ("Anna Weiß", "PER"), ("Bert Maier", "PER"), ("Ulm", "LOC")) for n in "ab")
    (same,) = agree([first, second], samples=0, gamma=True)
    assert same.rows["entities"].figures["gamma"].value == pytest.approx(1)
    other = layer("b", ("Anna Weiß", "PER"), ("Bert", "PER"), ("Ulm", "ORG"))
    figures = [
        agree([first, other], samples=0, gamma=True)[0].rows["entities"].figures["gamma"] for _ in range(2)
    ]
    assert figures[0] == figures[1] and figures[0].value < 1


def test_gamma_is_that_of_the_package():
    """Of the quotes of the two layers of the seed article, put into its own container one by one."""
    pygamma_agreement = pytest.importorskip("pygamma_agreement")
    from pyannote.core import Segment

    continuum = pygamma_agreement.Continuum()
    layers = [read_layer(name, ROOT) for name in "ab"]
    for one in layers:
        for document in one.documents.values():
            for quote in document.quotes:
                for start, end in quote.content:
                    continuum.add(one.name, Segment(start, end), quote.type)
    np.random.seed(0)
    own = continuum.compute_gamma(pygamma_agreement.CombinedCategoricalDissimilarity()).gamma
    (found,) = agree(layers, samples=0, gamma=True)
    assert found.rows["quotes"].figures["gamma"].value == pytest.approx(float(own), abs=1e-4)


@pytest.mark.parametrize("count", [3, pytest.param(65, marks=pytest.mark.long)])
def test_agreement_lists_them_in_their_order(count):
    labels = [f"L{n}" for n in range(count)]
    said = Annotations(tuple(Entity(Span.of(0, 4), label) for label in reversed(labels)))
    documents = {"werk": Document("werk", TEXT, said, (("layer", "x"),))}
    (found,) = agree([Layer("a", documents), Layer("b", documents)], labels=labels, samples=0)
    assert list(found.rows["entities"].labels) == labels
    assert {row.figures["kappa"].value for row in found.rows["entities"].labels.values()} == {1.0}
