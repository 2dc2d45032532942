"""Breakdowns of entities, quotes and their roles: their groups make up the whole, counted by hand, too."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from rich.table import Table

from wortlaut.corpus.load import Corpus
from wortlaut.errors import WortlautError
from wortlaut.evaluation.breakdowns import BREAKDOWNS, FIRST, LACKING, layers_of
from wortlaut.evaluation.evaluate import Evaluation, evaluate
from wortlaut.model import Annotations, Cluster, Document, Entity, Quote, Span, Text
from wortlaut.reports.terminal import evaluation_view
from wortlaut.scoring.breakdown import DISTANCES, LENGTHS, classes
from wortlaut.scoring.forms import form, names_in
from wortlaut.scoring.result import Result

EVERY = (*BREAKDOWNS, "meta:year")
SCHEMAS = ("strict", "partial", "type", "overlap@0.5", "fuzzy", "token")
#: Seed, schemas and breakdowns of a case.
CASES = [
    (1, ("strict", "token"), ("speaker-form", "distance", "meta:year")),
    pytest.param((2, SCHEMAS, EVERY), marks=pytest.mark.long),
    pytest.param((3, SCHEMAS, EVERY), marks=pytest.mark.long),
]


def random_span(rng: random.Random, size: int, parts: int = 1) -> Span:
    starts = sorted(rng.sample(range(0, size - 4, 4), parts))
    return Span(tuple((start, start + rng.randint(1, 3)) for start in starts))


def random_annotations(rng: random.Random, text: str, seed: int) -> Annotations:
    # Both sides draw much alike, so that many items are hit and many nearly.
    near = random.Random(seed)
    quotes = []
    for i in range(near.randint(0, 4)):
        span = random_span(near, len(text), near.choice((1, 1, 2)))
        roles = {role: random_span(near, len(text)) for role in ("cue", "speaker") if near.random() < 0.7}
        kind, medium = (
            near.choice(("direct", "indirect", "free indirect")),
            near.choice((None, "speech", "writing")),
        )
        if rng.random() < 0.3:
            kind, roles = "reported", {}
        if rng.random() < 0.8:
            quotes.append(
                Quote(f"q{i}", kind, span, medium=medium, **roles, speaker_entity=near.choice(("Wenz", None)))
            )
    entities = [
        Entity(random_span(near, len(text)), near.choice(("PER", "LOCderiv")), near.randint(1, 2))
        for _ in range(4)
    ]
    return Annotations(tuple(e for e in entities if rng.random() < 0.8), tuple(quotes))


def corpus(seed: int) -> tuple[Corpus, dict[str, Annotations]]:
    rng = random.Random(seed)
    words = ("Er", "sie", "Karl", "Wenz", "der", "Rat", "sagt", ",", "von", "Bonn", "„ja“")
    documents, found = [], {}
    for i in range(8):
        text = " ".join(rng.choice(words) for _ in range(40))
        meta = (("year", str(2000 + i % 3)),) if i % 4 else ()
        one = random_annotations(rng, text, 100 * seed + i)
        documents.append(Document(f"d{i}", text, one, meta))
        found[f"d{i}"] = random_annotations(rng, text, 100 * seed + i)
    return Corpus.of("made", documents), found


class Given:
    spec, finds = "given", ("entities", "quotes")

    def __init__(self, found: dict[str, Annotations]) -> None:
        self.found = found

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        return (self.found[text.id] for text in texts)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case[0])
def case(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Corpus, Evaluation]:
    seed, schemas, by = request.param
    gold, found = corpus(seed)
    seen = tmp_path_factory.mktemp("seen") / "seen.conll"
    seen.write_text("Karl B-PER\n\nEr B-PER\n")
    return gold, evaluate(Given(found), gold, schema=schemas, by=by, seen=f"conll:{seen}", samples=0)


def sums(result: Result) -> tuple[float, float, int, int]:
    """Credit of either side, gold and found items, of the groups together."""
    rows = result.per_label.values()
    hit = sum((row.recall or 0) * row.gold for row in rows)
    return (
        hit,
        sum(row.correct for row in rows),
        sum(row.gold for row in rows),
        sum(row.predicted for row in rows),
    )


def test_the_groups_of_every_layer_breakdown_and_schema_make_up_the_whole(
    case: tuple[Corpus, Evaluation],
) -> None:
    (system,) = case[1].systems
    tried = Counter[str]()
    for layer, results in system.scores.items():
        for schema, whole in results.items():
            for by in case[1].by:
                if schema == "token":
                    assert schema not in system.breakdowns[layer].get(by, {})
                    continue
                of = "entities" if layer == "entities" else "quotes"
                assert (by in system.breakdowns[layer]) == (of in layers_of(by))
                if of in layers_of(by):
                    result = system.breakdowns[layer][by][schema]
                    expected = ((whole.recall or 0) * whole.gold, whole.correct, whole.gold, whole.predicted)
                    assert sums(result) == pytest.approx(expected), (layer, by, schema)
                    tried[layer] += len(result.per_label) > 1
    assert {"entities", "quotes", "cues", "speakers", "joint", "cues@matched"} <= {
        one for one in tried if tried[one]
    }


def test_the_groups_are_those_that_one_counts_by_hand(case: tuple[Corpus, Evaluation]) -> None:
    gold, evaluation = case
    (system,) = evaluation.systems

    def named(size: int, ends: Sequence[int]) -> str:
        return next(
            (name for name, end in zip(classes(ends), ends, strict=False) if size <= end), classes(ends)[-1]
        )

    def tokens(text: str, start: int, end: int) -> int:
        return sum(a < end and start < b for a, b in (m.span() for m in re.finditer(r"\w+|[^\w\s]", text)))

    def distance(quote: Quote, text: str) -> str:
        if quote.speaker is None:
            return "no speaker"
        gaps = [(min(b, d), max(a, c)) for a, b in quote.content for c, d in quote.speaker]
        start, end = min(gaps, key=lambda gap: max(gap[1] - gap[0], 0))
        return named(tokens(text, start, end) if start < end else 0, DISTANCES)

    rows = [(document, quote) for document in gold.documents for quote in document.quotes]
    wanted = {
        "type": [quote.type for _, quote in rows],
        "medium": [quote.medium or LACKING for _, quote in rows],
        "document": [document.id for document, _ in rows],
        "meta:year": [dict(document.meta).get("year", LACKING) for document, _ in rows],
        "length": [named(len(quote.content), LENGTHS) for _, quote in rows],
        "length-tokens": [named(sum(tokens(d.text, *part) for part in q.content), LENGTHS) for d, q in rows],
        "distance": [distance(quote, document.text) for document, quote in rows],
        "speaker-form": [form(quote.speaker, one.text, names_in(one, True)) for one, quote in rows],
    }
    for by in wanted.keys() & set(evaluation.by):
        groups = wanted[by]
        counted = {
            name: row.gold for name, row in system.breakdowns["quotes"][by]["strict"].per_label.items()
        }
        assert {name: n for name, n in counted.items() if n} == Counter(groups), by
        first = [name for name in FIRST.get(by, ()) if name in counted]
        assert [*counted] == [*first, *sorted(counted.keys() - set(first))]


def test_breakdowns_come_back_from_json_with_their_layer(case: tuple[Corpus, Evaluation]) -> None:
    written = case[1].to_dict()
    assert Evaluation.from_dict(written).to_dict() == written
    assert {"quotes", "cues", "speakers", "entities"} <= written["systems"][0]["breakdowns"].keys()


#: A speaker's mention in the text, with names in braces; what it is called.
MENTIONS = [
    ("{Karl Wenz}", "name"),
    ("Der Sprecher {Karl Wenz}", "name"),
    ("{Adele Wenz}, Sprecherin des {Weißen Hauses}", "name"),
    ("Der Sprecher des {Außenministeriums}, {Karl Wenz}", "name"),
    ("die Zeitung {Le Monde}", "name"),
    ("{Mexikos} Minister {Karl Wenz}", "name"),
    ("{Karl Wenz} von der {SPD}", "name"),
    ("{Kreml} und {Karl Wenz}", "name"),
    ("{Wenz} selbst", "name"),
    ("„{Le Monde}“", "name"),
    ("Angaben von {AFP} und {Reuters}", "role"),
    ("Berichte der Zeitung „{Le Monde}“", "role"),
    ("Angaben des Amtes ({USGS})", "role"),
    ("Politiker wie {Wenz}", "role"),
    ("Das Büro des Präsidenten {Karl Wenz}", "role"),
    ("ein Sprecher von {Wenz}", "role"),
    ("{Wenz’} enger Vertrauter", "role"),
    ("die {SPD}-Chefin", "role"),
    ("die {russische} Regierung", "role"),
    ("Analysten", "role"),
    ("Er", "pronoun"),
    ("sie selbst", "pronoun"),
    ("Beide", "pronoun"),
]


@pytest.mark.parametrize(("marked", "expected"), MENTIONS)
def test_what_a_speaker_is_called(marked: str, expected: str) -> None:
    text, names = re.sub(r"[{}]", "", marked), []
    for i, match in enumerate(re.finditer(r"\{([^}]*)\}", marked)):
        start = match.start() - 2 * i
        names.append(Entity(Span.of(start, start + len(match[1])), "PER"))
    one = Document("d", text, Annotations(tuple(names)))
    assert form(Span.of(0, len(text)), text, names_in(one, True)) == expected


def test_names_come_from_clusters_and_speakers_where_no_entity_is_marked() -> None:
    text = "Die Chefin Wenz und der Rat sagen es."
    quote = Quote("q1", "direct", Span.of(0, 3), speaker=Span.of(0, 15))
    known = (Annotations(quotes=(quote,), clusters=(Cluster("w", "Ada Wenz", named=True),)),)
    known += (Annotations(quotes=(Quote("q1", "direct", Span.of(0, 3), speaker_entity="Ada Wenz"),)),)
    for one in known:
        names = names_in(Document("d", text, one), False)
        assert [form(Span.of(*span), text, names) for span in ((0, 15), (20, 27))] == ["name", "role"]
    assert names_in(Document("d", text, Annotations(quotes=(quote,))), False) is None
    assert form(Span.of(0, 15), text, None) == "name or role"
    assert form(None, text, None) == "none"


def test_a_breakdown_of_what_the_gold_lacks_is_said_and_a_misspelt_one_refused() -> None:
    gold, found = corpus(1)
    bare = Corpus.of("made", [one.with_annotations(Annotations(one.entities)) for one in gold.documents])
    evaluation = evaluate(Given(found), bare, by=["speaker-form"], samples=0)
    assert "Nothing by speaker-form: the gold has no quotes." in evaluation.notes
    with pytest.raises(WortlautError, match="speakerform") as caught:
        evaluate(Given(found), bare, by=["speakerform"])
    assert "speaker-form" in caught.value.hint


def test_a_group_without_p_or_r_says_why() -> None:
    quote = Quote("q1", "direct", Span.of(0, 3))
    gold = Corpus.of("made", [Document("d", "Ja ja.", Annotations(quotes=(quote,)))])
    given = Given({"d": Annotations(quotes=(replace(quote, type="indirect"),))})
    (system,) = evaluate(given, gold, schema="exact", by=["type"], samples=0).systems
    result = system.breakdowns["quotes"]["type"]["exact"]
    assert {name: (row.precision, row.recall, row.f1) for name, row in result.per_label.items()} == {
        "direct": (None, 1.0, None),
        "indirect": (1.0, None, None),
    }
    assert result.notes == (
        "no P (nor F1 where R is not 0): nothing found is of the group direct",
        "no R (nor F1 where P is not 0): the gold has nothing of the group indirect",
    )


def test_the_terminal_shows_the_largest_of_many_groups_and_says_how_many_there_are() -> None:
    name = Entity(Span.of(0, 2), "PER")
    texts = [Document(f"d{i:02}", "Er.", Annotations((name,) * (1 + (i == 7)))) for i in range(60)]
    given = Given({one.id: one.annotations for one in texts})
    evaluation = evaluate(given, Corpus.of("made", texts), by=["document"], schema="exact", samples=0)
    for everything, expected in ((False, 40), (True, 60)):
        tables = [
            part for part in evaluation_view(evaluation, everything=everything) if isinstance(part, Table)
        ]
        groups = list(tables[-1].columns[0].cells)
        assert len([group for group in groups if re.fullmatch(r"d\d\d", str(group))]) == expected
        assert ("20 more: --all, --json" in groups) is not everything
        assert "d07" in groups
