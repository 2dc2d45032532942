"""Other evaluations of quotes: the corpus's own numbers, ties, tokens and what each leaves out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from quote_building import annotations, peer_scores, quote_scores, scores
from shared import shared_data

from wortlaut.formats import german_news_quotation, spkatt
from wortlaut.formats.columns import tokens as tokens_of
from wortlaut.model import Annotations, Document, Quote, Span
from wortlaut.model.columns import TokenTable
from wortlaut.scoring.metrics import QUOTES
from wortlaut.scoring.metrics._tokens_of_quotes import positions
from wortlaut.scoring.units import document_units

CASES = Path(__file__).parent.parent / "cases/quotes_scoring"
_PARTS = ("content", "cue", "speaker", "addressee", "frame")


def _disturbed(document: Document, tokens: list[tuple[int, int]]) -> Annotations:
    """Drops each fifth quote, doubles some, shifts roles by up to three tokens, and turns the order round."""
    table = TokenTable(*_columns([tokens]))
    quotes: list[Quote] = []
    for k, quote in enumerate(document.quotes):
        if k % 5 == 4:
            continue
        for copy in range(1 + (k % 7 == 3)):
            roles: dict[str, Span | None] = {}
            for r, role in enumerate(_PARTS):
                by = (k * 3 + r * 5 + copy * 2) % 7 - 3 if (k + r) % 3 else 0
                ids = [i + by for i in positions(table, 0, quote.role(role)) if 0 <= i + by < len(tokens)]
                if role == "content" and not ids:
                    ids = [0]
                roles[role] = Span.joined(tokens[i] for i in ids) if ids else None
            content = roles.pop("content")
            assert content is not None
            kind = "direct" if k % 6 == 5 else quote.type
            medium = "writing" if k % 4 == 1 else quote.medium
            quotes.append(Quote(f"{quote.id}-{copy}", kind, content, medium, **roles))
    return Annotations(quotes=tuple(quotes[::-1]))


def _columns(documents: list[list[tuple[int, int]]]) -> list[np.ndarray]:
    rows = [(i, start, end) for i, tokens in enumerate(documents) for start, end in tokens]
    return list(np.asarray(rows, np.int64).reshape(-1, 3).T.copy())


@pytest.fixture(scope="module")
def dev_split() -> tuple[list[Annotations], list[Annotations], TokenTable]:
    """The dev split of German news quotation, the same disturbed, and its tokens."""
    folder = shared_data("german-news-quotation-2024") / "data/dev"
    documents = list(german_news_quotation.read(folder))
    files = [json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))]
    by_name = {
        file["documentName"]: [(t["charBegin"], t["charEnd"]) for t in file["tokens"]] for file in files
    }
    tokens = [by_name[document.id] for document in documents]
    predicted = [_disturbed(document, own) for document, own in zip(documents, tokens, strict=True)]
    return [one.annotations for one in documents], predicted, TokenTable(*_columns(tokens))


def test_german_news_quotation_equals_the_published_evaluation_on_its_dev_split(dev_split) -> None:
    gold, predicted, tokens = dev_split
    results = peer_scores("german-news-quotation", gold, predicted, document_units(len(gold)), tokens)
    expected = json.loads((CASES / "german_news_quotation.json").read_text("utf-8"))["expect"]
    assert results.keys() == expected.keys()
    for layer, values in expected.items():
        assert scores(results[layer]["german-news-quotation"]) == pytest.approx(values, abs=1e-9), layer


@pytest.mark.parametrize("schema", ["spkatt-simplified", "citron", "ggt"])
def test_other_protocols_equal_the_published_scripts_on_the_same_split(schema: str, dev_split) -> None:
    gold, predicted, tokens = dev_split
    change = _nested if schema == "spkatt-simplified" else _in_one_piece
    sides = [[Annotations(quotes=change(one.quotes)) for one in side] for side in (gold, predicted)]
    results = peer_scores(schema, *sides, document_units(len(gold)), tokens)
    expected = json.loads((CASES / "scripts.json").read_text("utf-8"))["expect"][schema]
    assert expected
    for key, values in expected.items():
        layer, name = key.split(" ")
        assert scores(results[layer][name]) == pytest.approx(values, abs=1e-9), key


def _nested(quotes: Sequence[Quote]) -> tuple[Quote, ...]:
    """With the parents that follow from the contents."""
    derived = german_news_quotation.nesting([quote.content for quote in quotes])
    return tuple(
        replace(quote, parent=None if at is None else quotes[at].id)
        for quote, (at, _) in zip(quotes, derived, strict=True)
    )


def _in_one_piece(quotes: Sequence[Quote]) -> tuple[Quote, ...]:
    """Every part from its first to its last character: these scripts know no gaps in cues and quotes."""
    spans = [
        {role: span and Span.of(span.start, span.end) for role in _PARTS for span in [quote.role(role)]}
        for quote in quotes
    ]
    return tuple(replace(quote, **own) for quote, own in zip(quotes, spans, strict=True))


def test_spkatt_roles_equal_the_published_script_on_task_1() -> None:
    documents = list(spkatt.read(shared_data("spkatt-2023") / "data/dev/task1"))
    tokens = [list(tokens_of(document) or ()) for document in documents]
    predicted = [_moved(document, own) for document, own in zip(documents, tokens, strict=True)]
    results = peer_scores(
        "spkatt",
        [document.annotations for document in documents],
        predicted,
        document_units(len(documents)),
        TokenTable(*_columns(tokens)),
    )["roles"]["spkatt"]
    expected = json.loads((CASES / "spkatt.json").read_text("utf-8"))["expect"]
    for label, values in expected.items():
        assert scores(results, None if label == "all" else label) == pytest.approx(values, abs=1e-9), label


def _moved(document: Document, tokens: list[tuple[int, int]]) -> Annotations:
    """Shifts roles, drops some, and gives each fifth quote a cue of its own that is nobody else's."""
    table = TokenTable(*_columns([tokens]))
    taken = set().union(*(positions(table, 0, quote.cue) for quote in document.quotes))
    free = iter(i for i in range(len(tokens)) if i not in taken)
    quotes = []
    for k, quote in enumerate(document.quotes):
        spans: dict[str, Span | None] = {}
        for r, role in enumerate(("content", "speaker", "addressee")):
            by = (k * 3 + r * 5) % 7 - 3 if (k + r) % 3 else 0
            ids = [i + by for i in positions(table, 0, quote.role(role)) if 0 <= i + by < len(tokens)]
            kept = ids if role == "content" or k % 4 else []
            spans[role] = Span.joined(tokens[i] for i in kept) if kept else None
        spans["cue"] = quote.cue if k % 5 else Span.of(*tokens[next(free)])
        content = spans.pop("content") or quote.content
        quotes.append(Quote(quote.id, quote.type, content, **spans))
    return Annotations(quotes=tuple(quotes[::-1]))


def test_spkatt_takes_the_alignment_of_cues_with_the_best_joint_f1() -> None:
    """Against all alignments, one by one: Rehbein et al. 2023, section 5.2."""
    random = np.random.default_rng(17)

    def some(size: int) -> list[list[int]]:
        return [[int(i), int(i) + 1] for i in random.choice(6, size, replace=False)]

    for _ in range(16):
        gold, predicted = (
            [
                {"type": "direct", "content": some(2), "cue": some(2), "speaker": some(1)}
                for _ in range(random.integers(1, 4))
            ]
            for _ in range(2)
        )
        measured = quote_scores([annotations(gold)], [annotations(predicted)], document_units(1), ["spkatt"])[
            "joint"
        ]["spkatt"]
        sides = [
            [[{i for i, _ in row[part]} for part in row if part != "type"] for row in side]
            for side in (gold, predicted)
        ]
        shared = max(_aligned(*sides), default=0)
        assert scores(measured)[:2] == pytest.approx((shared / len(predicted) / 5, shared / len(gold) / 5))


def _aligned(gold: list[list[set[int]]], predicted: list[list[set[int]]]) -> list[int]:
    """How many tokens each alignment shares."""
    if not gold:
        return [0]
    found = _aligned(gold[1:], predicted)
    for i, row in enumerate(predicted):
        if gold[0][1] & row[1]:
            here = sum(len(g & p) for g, p in zip(gold[0], row, strict=True))
            found += [here + rest for rest in _aligned(gold[1:], [*predicted[:i], *predicted[i + 1 :]])]
    return found


def test_pairs_without_shared_content_are_said() -> None:
    gold = annotations([{"type": "direct", "content": [[0, 5]], "cue": [[5, 6]]}])
    predicted = annotations([{"type": "direct", "content": [[10, 15]], "cue": [[5, 6]]}])
    measured = quote_scores([gold], [predicted], document_units(1), ["german-news-quotation"])
    averages = {layer: rows["german-news-quotation"].headline for layer, rows in measured.items()}
    assert (averages["cues"], averages["types"]) == ("pairs", "micro")
    assert measured["cues"]["german-news-quotation"].notes == (
        "1 pairs share no content, as the original assigns them;"
        " 1 of them earn credit for a role or the type",
    )


def test_a_quote_without_medium_is_no_item_of_the_media() -> None:
    gold = annotations([{"type": "direct", "content": [[0, 5]], "medium": "speech"}])
    predicted = annotations([{"type": "direct", "content": [[0, 5]]}])
    measured = quote_scores([gold], [predicted], document_units(1), ["german-news-quotation"])
    assert scores(measured["media"]["german-news-quotation"]) == (None, 0.0, 0.0)


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("schema", sorted(QUOTES))
def test_one_empty_side_is_zero_and_undefined(schema: str, side: int) -> None:
    full = annotations([{"type": "direct", "content": [[0, 5]], "cue": [[5, 6]], "speaker": [[6, 7]]}])
    sides = [[full], [Annotations()]] if side == 0 else [[Annotations()], [full]]
    found = quote_scores(*sides, document_units(1), [schema])
    for name, measured in found["quotes" if schema == "ggt" else "joint"].items():
        expected = (None, 0.0, 0.0) if side == 0 else (0.0, None, 0.0)
        assert scores(measured) == expected, name


@pytest.mark.parametrize("schema", ["spkatt", "parc", "citron"])
def test_quotes_without_a_cue_are_left_out_and_said(schema: str) -> None:
    gold = annotations(
        [{"type": "direct", "content": [[0, 5]], "cue": [[5, 6]]}, {"type": "direct", "content": [[8, 9]]}]
    )
    measured = quote_scores([gold], [gold], document_units(1), [schema])["joint"][schema]
    assert scores(measured) == (1.0, 1.0, 1.0)
    assert measured.notes == ("left out: 1 gold and 1 predicted quotes without a cue",)


def test_quotes_on_one_cue_are_told_apart_by_their_content() -> None:
    rows = [
        {"type": "indirect", "content": [[0, 20]], "cue": [[30, 31]], "speaker": [[31, 33]]},
        {"type": "direct", "content": [[5, 10]], "cue": [[30, 31]], "speaker": [[31, 33]]},
    ]
    gold, predicted = annotations(rows), annotations(rows[::-1])
    results = quote_scores([gold], [predicted], document_units(1), ["spkatt", "parc"])
    assert scores(results["joint"]["spkatt"]) == scores(results["joint"]["parc"]) == (1.0, 1.0, 1.0)


def test_a_span_covers_every_token_that_it_touches() -> None:
    tokens = TokenTable(*_columns([[(0, 3), (4, 8)], [(0, 2), (2, 4), (5, 6)]]))
    assert positions(tokens, 0, Span.of(2, 5)) == {0, 1}
    assert positions(tokens, 1, Span(((0, 1), (5, 6)))) == {0, 2}
    assert positions(tokens, 1, Span.of(4, 5)) == frozenset()
    assert positions(tokens, 1, None) == frozenset()


def test_content_without_a_token_is_no_crash() -> None:
    tokens = TokenTable(*_columns([[(0, 2)]]))
    gold = annotations([{"type": "direct", "content": [[2, 3]], "cue": [[0, 2]]}])
    for schema in QUOTES:
        measured = quote_scores([gold], [gold], document_units(1), [schema], tokens=tokens)
        found = {layer: scores(by[schema])[2] for layer, by in measured.items() if schema in by}
        if "cues" in found:
            assert found["cues"] == found["joint"] == 1.0
