"""Systems on the same corpus are compared pair by pair; what differs in its basis is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from wortlaut import score
from wortlaut.corpus.load import Corpus
from wortlaut.errors import ComparisonError, DataError, MissingFileError, UnknownNameError
from wortlaut.evaluation.comparison import compare
from wortlaut.evaluation.corpora import Better, compare_corpora
from wortlaut.evaluation.evaluate import evaluate, load_evaluation
from wortlaut.evaluation.files import of_several
from wortlaut.model import Annotations, Cluster, Document, Entity, Quote, Span, Text
from wortlaut.scoring.compare import holm

NAMES = ("Anna", "Bonn", "Caro", "Dorf")


def corpus(documents: int = 12, turned: bool = False) -> Corpus:
    """Documents of four names each, two of them persons."""
    rows = []
    for number in range(documents):
        text = " ".join(NAMES)
        entities = tuple(
            Entity(Span.of(5 * i, 5 * i + 4), "PER" if i % 2 == 0 else "LOC") for i in range(len(NAMES))
        )
        rows.append(Document(f"d{number:02}", text, Annotations(entities=entities)))
    return Corpus.of("made", reversed(rows) if turned else rows)


class Finder:
    """Finds the names that stand at the places given, in every n-th document all of them."""

    finds = ("entities",)

    def __init__(self, spec: str, places: Sequence[int], every: int = 0, extra: bool = False) -> None:
        self.spec, self.places, self.every, self.extra = spec, places, every, extra

    def extract(self, texts: Sequence[Text]) -> list[Annotations]:
        answers = []
        for text in texts:
            places = range(4) if self.every and int(text.id[1:]) % self.every == 0 else self.places
            found = [Entity(Span.of(5 * i, 5 * i + 4), "PER" if i % 2 == 0 else "LOC") for i in places]
            if self.extra:
                found.append(Entity(Span.of(0, 9), "PER"))
            answers.append(Annotations(entities=tuple(found)))
        return answers


def result(*finders: Any, **options: Any) -> dict[str, Any]:
    """The plain form of an evaluation, through JSON as the command line has it."""
    made = evaluate(list(finders), options.pop("corpus", corpus()), samples=200, **options)
    data: dict[str, Any] = json.loads(json.dumps(made.to_dict()))
    return data


def test_flips_are_the_gold_items_found_by_one_and_the_wrong_ones_avoided() -> None:
    data = result(Finder("a", [0, 1]), Finder("b", [0, 2], extra=True))
    row = compare({"x": data}, trials=500).rows[0]
    assert (row.layer, row.schema, row.a, row.b) == ("entities", "strict", "a", "b")
    found = {(flip.document, flip.spans, flip.label, flip.text, flip.kind, flip.right) for flip in row.flips}
    expected = set()
    for number in range(12):
        document = f"d{number:02}"
        expected |= {
            (document, ((5, 9),), "LOC", "Bonn", "found", "a"),
            (document, ((10, 14),), "PER", "Caro", "found", "b"),
            (document, ((0, 9),), "PER", "", "not spurious", "a"),
        }
    assert found == expected
    assert row.test.differing == 12


def test_the_order_of_systems_and_of_documents_changes_signs_at_most() -> None:
    one, other = Finder("a", [0, 1, 2], every=3), Finder("b", [0, 1], every=2)
    forward = compare({"x": result(one, other)}, trials=500)
    backward = compare({"x": result(other, one)}, trials=500)
    for row, back in zip(forward.rows, backward.rows, strict=True):
        assert row.test.f1 is not None and back.test.f1 == -row.test.f1
        assert row.p_holm == back.p_holm
        assert set(row.flips) == set(back.flips)
    apart = compare(
        {"x": result(one), "y": result(other, corpus=corpus(turned=True))},
        trials=500,
    )
    assert apart.rows == forward.rows


def test_a_system_against_itself_is_no_different() -> None:
    data = result(Finder("a", [0, 1]), Finder("a", [0, 1]))
    comparison = compare({"x": data}, trials=500)
    assert {row.b for row in comparison.rows} == {"a (2)"}
    for row in comparison.rows:
        assert (row.test.f1, row.test.p_randomisation, row.p_holm, row.flips) == (0.0, 1.0, 1.0, ())


def test_three_systems_are_compared_pair_by_pair_and_adjusted_together() -> None:
    systems = [Finder("a", [0, 1, 2]), Finder("b", [0, 1], every=2), Finder("c", [3])]
    comparison = compare({"x": result(*systems)}, trials=2000)
    pairs = [(row.schema, row.a, row.b) for row in comparison.rows]
    assert len(pairs) == len(set(pairs)) == 2 * 3
    raw = [row.test.p_randomisation for row in comparison.rows]
    assert all(
        row.p_holm is not None and row.p_holm >= p for row, p in zip(comparison.rows, raw, strict=True)
    )  # type: ignore[operator]
    assert min(row.p_holm for row in comparison.rows) == pytest.approx(6 * min(raw))  # type: ignore[type-var, operator]


@pytest.mark.parametrize(
    ("asked", "pairs", "schemas"),
    [
        ({"schema": "strict"}, ["ab", "ac", "bc"], ["strict"]),
        ({"against": "b"}, ["ab", "cb"], ["strict", "partial"]),
        ({"layer": ["entities"], "schema": ["partial"], "against": "c"}, ["ac", "bc"], ["partial"]),
    ],
    ids=str,
)
def test_what_is_asked_for_is_the_family_that_p_values_are_adjusted_over(
    asked: dict[str, Any], pairs: list[str], schemas: list[str]
) -> None:
    systems = [Finder("a", [0, 1, 2]), Finder("b", [0, 1], every=2), Finder("c", [3])]
    found = compare({"x": result(*systems)}, trials=100, **asked)
    assert [(row.a + row.b, row.schema) for row in found.rows] == [(p, s) for p in pairs for s in schemas]
    raw = [row.test.p_randomisation or 0 for row in found.rows]
    assert [row.p_holm for row in found.rows] == holm(raw)
    assert found.against == asked.get("against")
    with_one = f" with {found.against}" if found.against else ""
    family = f"{len(raw)} tests: {len(pairs)} pairs{with_one}, entities {', '.join(schemas)}"
    assert f"Holm over {family}" in str(found) and json.loads(json.dumps(found.to_dict()))


class Teller:
    """Finds the quotes and clusters of the gold, in every n-th document none."""

    finds = ("quotes", "clusters")

    def __init__(self, spec: str, every: int) -> None:
        self.spec, self.every = spec, every

    def extract(self, texts: Sequence[Text]) -> list[Annotations]:
        return [TOLD if int(text.id[1:]) % self.every else Annotations() for text in texts]


TOLD = Annotations(
    quotes=(Quote("1", "direct", Span.of(0, 4), cue=Span.of(5, 9), addressee=Span.of(10, 14)),),
    clusters=(Cluster("c", "Anna", mentions=(Span.of(0, 4), Span.of(10, 14))),),
)


def test_what_tables_show_only_with_all_is_compared_where_it_is_named() -> None:
    documents = [Document(f"d{i:02}", " ".join(NAMES), TOLD) for i in range(12)]
    made = evaluate([Teller("a", 99), Teller("b", 3)], Corpus.of("told", documents))
    usual = compare(made, trials=200)
    # The CoNLL average is shown; the three that it is the mean of can be tested.
    assert {row.schema for row in usual.rows if row.layer == "clusters"} == {"muc", "b3", "ceafe"}
    assert "addressees" not in {row.layer for row in usual.rows}
    (note,) = (note for note in usual.notes if "--all" in note)
    assert note.startswith("8 scores not compared") and "addressees" in note and "clusters" in note
    (named,) = compare(made, schema="mor", trials=200).rows
    assert named.layer == "clusters" and named.p_holm == named.test.p
    every = compare(made, layer=["clusters", "addressees"], trials=200)
    assert {row.schema for row in every.rows} >= {"muc", "ceafm", "mor", "strict"}
    assert not any("--all" in note for note in every.notes)


def test_an_item_is_one_whatever_schemas_say_so_and_stands_in_its_text() -> None:
    made = evaluate([Finder("a", [0]), Finder("b", [0, 2], extra=True)], corpus(), samples=10)
    for one in (made, made.to_dict()):
        ((place, items),) = compare(one, trials=10).flipped().items()
        shown = [(flip.kind, flip.excerpt, schemas) for flip, schemas in items.items()][:3]
        assert (place, len(items)) == (("entities", "a", "b"), 36)
        # What overlaps is half right under partial.
        assert shown == [
            ("not spurious", "⟦Anna Bonn⟧ Caro Dorf", ["strict"]),
            ("found", "Anna ⟦Bonn⟧ Caro Dorf", ["partial"]),
            ("found", "Anna Bonn ⟦Caro⟧ Dorf", ["strict", "partial"]),
        ]
    old = made.to_dict()
    del old["excerpts"]
    assert {flip.excerpt for row in compare(old, trials=10).rows for flip in row.flips} == {""}


def test_the_same_name_in_two_files_is_told_apart_by_the_file() -> None:
    comparison = compare(
        {"old.json": result(Finder("ner", [0])), "new.json": result(Finder("ner", [0, 1]))}, trials=200
    )
    assert {(row.a, row.b) for row in comparison.rows} == {("ner (old.json)", "ner (new.json)")}
    assert all(row.test.f1 < 0 for row in comparison.rows)  # type: ignore[operator]


def test_results_of_score_are_compared() -> None:
    gold = [[(0, 4, "PER"), (5, 9, "LOC")]] * 12
    one, other = (score(gold, [row[:n] for row in gold], schema=["strict", "type"]) for n in (1, 2))
    told = compare({"one": one, "other": other}, trials=100)
    assert [(row.schema, row.a, row.b, row.test.f1) for row in told.rows] == [
        (schema, "one", "other", pytest.approx(-1 / 3)) for schema in ("strict", "type")
    ]
    assert [row.a for row in compare(one["strict"], other["strict"], trials=100).rows] == ["1"]
    assert "spans, differences of F1" in str(told)


def test_results_on_another_basis_are_refused() -> None:
    base = result(Finder("a", [0]))
    other = Corpus.of("made", [replace(one, text=f"{one.text}.") for one in corpus().documents])
    with pytest.raises(ComparisonError, match="x and y differ in corpus hash"):
        compare({"x": base, "y": result(Finder("b", [0]), corpus=other)})
    with pytest.raises(ComparisonError, match=r"differ in schemas .* schema:strict\+partial and schema:type"):
        compare({"x": base, "y": result(Finder("b", [0]), schema=["type"])})
    with pytest.raises(ComparisonError, match="differ in schemas and projection"):
        compare({"x": base, "y": result(Finder("b", [0]), labels="coarse")})
    with pytest.raises(ComparisonError, match="1 system with scores is not enough"):
        compare({"x": base})
    with pytest.raises(ComparisonError, match="1 or more"):
        compare({"x": result(Finder("a", [0]), Finder("b", [1]))}, samples=0)
    two = result(Finder("a", [0]), Finder("b", [1]))
    for asked, error in (
        ({"layer": "entites"}, "unknown layer of these results 'entites'\n  Did you mean entities"),
        ({"schema": ["type"]}, "unknown schema of these results 'type'\n  Known: partial, strict"),
        ({"against": "c"}, "unknown system 'c'\n  Known: a, b"),
    ):
        with pytest.raises(UnknownNameError, match=error):
            compare(two, **asked)  # type: ignore[arg-type]
    with pytest.raises(ComparisonError, match="json is given 2 times"):
        compare("r.json", Path("r.json"))


@pytest.mark.long
def test_who_is_not_compared_is_told_and_nothing_to_compare_says_what_to_do() -> None:
    class Broken(Finder):
        def extract(self, texts: Sequence[Text]) -> list[Annotations]:
            raise ValueError("no")

    class Quotes(Finder):
        finds = ("quotes",)

    quotes = (Quote("q1", "direct", Span.of(0, 4)),)
    held = Corpus.of(
        "quoted", [replace(one, annotations=replace(one.annotations, quotes=quotes)) for one in corpus()]
    )
    bare = Corpus.of("bare", [Document(one.id, one.text) for one in corpus()])
    a, b, q = Finder("a", [0]), Finder("b", [1]), Quotes("q", [])
    for data, what, *hints in (
        (
            result(a, q, Broken("broken", []), corpus=held, on_error="keep"),
            "nothing to compare",
            "broken has no scores, and is not compared: broken: raised ValueError: no",
            "a and q have no layer in common",
            "wortlaut evaluate -e A -e B --json FILE",
        ),
        (result(a, q), "1 system with scores is not enough", "q has no scores", "Give two results"),
        (
            result(Finder("a", []), Finder("b", []), corpus=bare, allow_empty=True),
            "nothing to compare",
            "F1 is undefined in every pair",
        ),
    ):
        with pytest.raises(ComparisonError, match=what) as error:
            compare(data)
        assert all(hint in error.value.hint for hint in hints), error.value.hint
    told = compare(result(a, b, q, corpus=held), layer="entities", trials=10).notes
    assert "q has none of the scores asked for, and is not compared" in told


def test_what_cannot_be_tested_is_noted() -> None:
    class Quotes:
        spec, finds = "q", ("quotes",)

        def extract(self, texts: Sequence[Text]) -> list[Annotations]:
            return [Annotations() for _ in texts]

    comparison = compare({"x": result(Finder("a", [0]), Finder("b", [1]), Quotes())}, trials=100)
    assert {(row.a, row.b) for row in comparison.rows} == {("a", "b")}
    data = json.loads(
        json.dumps(evaluate([Finder("a", [0]), Finder("b", [1])], corpus(), samples=0).to_dict())
    )
    with pytest.raises(ComparisonError, match="nothing to compare") as error:
        compare({"x": data})
    assert "entities, strict: not tested: scored with --samples 0" in error.value.hint
    for schemas in (["strict", "set"], ["set"]):
        few = result(Finder("a", [0]), Finder("b", [1]), schema=schemas, corpus=corpus(2))
        with pytest.raises(ComparisonError) as error:
            compare(few, schema="set")
        assert "entities, set: not tested: it is no sum over sentences" in error.value.hint


def test_few_documents_are_said_to_be_no_evidence() -> None:
    comparison = compare({"x": result(Finder("a", [0]), Finder("b", [1]), corpus=corpus(2))}, trials=100)
    assert comparison.unit == "sentence"
    assert "no evidence about other texts" in comparison.notes[0]


def test_files_that_are_no_results(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with pytest.raises(MissingFileError, match="no such file"):
        load_evaluation(path)
    for content, message in (
        (b"{", r"r.json:1: is not JSON"),
        (b"\xff", r"r.json:1: is not UTF-8"),
        (b"[1]", "is no result of"),
        (b'{"format": "wortlaut-evaluation/2"}', "is no result of"),
        (b'{"format": "wortlaut-evaluation/1", "corpus": {}}', "lacks signature, resampling, items, systems"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=message):
            load_evaluation(path)
    with pytest.raises(DataError, match="is a folder, not a file"):
        load_evaluation(tmp_path)


def test_a_p_value_is_never_shown_as_zero() -> None:
    from wortlaut.reports.cells import p_value, short

    assert [short(p_value(p)) for p in (0.0004, 0.001, 0.5, 1.0, None)] == [
        "<.001",
        ".001",
        ".500",
        "1.000",
        "–",
    ]


def named_corpus(name: str, documents: int = 12) -> Corpus:
    return Corpus.of(name, [replace(one, id=f"{name[0]}{one.id[1:]}") for one in corpus(documents)])


@cache
def scored_on(name: str, schema: str) -> str:
    finders = (Finder("a", [0, 1, 2]), Finder("b", [0, 1], every=2), Finder("c", [3]))
    return json.dumps(result(*finders, corpus=named_corpus(name), schema=schema.split()))


def on_corpora(*names: str, schema: str = "strict partial") -> list[dict[str, Any]]:
    return [json.loads(scored_on(name, schema)) for name in names]


def test_several_corpora_are_compared_each_and_together(tmp_path: Path) -> None:
    results = on_corpora("news", "web", "books")
    # Another order of systems and results of one corpus apart change nothing.
    results[1]["systems"].reverse()
    apart = [{**results[2], "systems": [system]} for system in results[2]["systems"]]
    path = tmp_path / "two.json"
    path.write_text(json.dumps(of_several(results[:2])), "utf-8")
    told = compare_corpora(path, *apart, schema="strict", trials=2000)
    alone = compare(results[0], schema="strict", trials=2000)
    assert (told.corpora[0].rows, told.corpora[0].corpus) == (alone.rows, "news")
    assert [one.corpus for one in told.corpora] == ["news", "web", "books"]
    assert [(pair.a, pair.b, tuple(pair.corpora)) for pair in told.pairs] == [
        (*names, ("news", "web", "books")) for names in ("ab", "ac", "bc")
    ]
    pair = told.pairs[1]
    assert pair.difference == pytest.approx(alone.rows[1].test.f1)
    assert pair.a_better == Better(3, ("news", "web", "books")) and pair.b_better == Better(0, ())
    assert [pair.p_holm for pair in told.pairs] == holm([pair.p for pair in told.pairs])
    (ranks,) = told.ranks
    assert (ranks.systems, ranks.ranks, ranks.corpora) == (("a", "b", "c"), (1.5, 1.5, 3), 3)
    against = compare_corpora(path, against="c", trials=10)
    assert against.ranks[0].systems == ("a", "b", "c")
    assert "Holm over 4 tests: 2 pairs with c, entities strict, partial" in str(against)
    named = compare_corpora({"x": results[0], "y": results[1], "z": apart}, schema="strict", trials=2000)
    assert [replace(pair, corpora={}) for pair in named.pairs[1:2]] == [
        replace(pair, corpora={}, a_better=Better(3, ("x", "y", "z")))
    ]
    for text in (str(told), told.to_latex(), told._repr_html_(), told.to_pandas().to_string()):
        assert "mean" in text or "difference" in text
    assert "a is better than c: entities strict on all 3 corpora" in str(told)


@pytest.mark.long
def test_what_is_not_on_several_corpora_is_told() -> None:
    news, web, books = on_corpora("news", "web", "books")
    alone = {**web, "systems": web["systems"][:1]}
    told = compare_corpora(news, books, alone, trials=10)
    assert "web is left out: 1 system with scores is not enough to compare" in told.notes
    assert any("Two corpora say little" in note for note in told.notes)
    fewer = {**web, "systems": web["systems"][1:]}
    told = compare_corpora(news, fewer, trials=10)
    assert "entities, strict: a and b are both scored on news only" in told.notes
    assert ([pair.a + pair.b for pair in told.pairs], told.ranks) == (["bc", "bc"], ())
    other = result(Finder("x", [0]), Finder("y", [1]), corpus=named_corpus("other"))
    versions = result(Finder("a", [0]), Finder("b", [1]), corpus=named_corpus("news", 13))
    (unlike,) = on_corpora("web", schema="type")
    for results, error in (
        ([news], "one corpus is not several"),
        ([news, alone], "1 corpus with two systems is not several"),
        ([{**news, "systems": news["systems"][:1]}, alone], "1 system with scores is not enough"),
        ([news, other], "no two systems have a score in common on two corpora"),
        ([news, versions], "one corpus is not several"),  # two golds of it
        ([news, unlike], "the results on news and web differ in schemas and projection"),
    ):
        with pytest.raises(ComparisonError, match=error):
            compare_corpora(*results, trials=10)
    with pytest.raises(UnknownNameError, match="unknown system 'z'"):
        compare_corpora(news, web, against="z")


def test_files_of_several_corpora_that_are_none(tmp_path: Path) -> None:
    news, web, fewer = on_corpora("news", "web", "news")
    del fewer["items"]["entities"]["strict"][0]
    path = tmp_path / "r.json"
    for content, kind, message in (
        (of_several([news, web, news]), ComparisonError, "has two results on the same texts: news, news"),
        (of_several([]), DataError, "r.json: the result lacks corpora"),
        (of_several([news, {"format": "x"}]), DataError, "r.json, corpus 2: is no result of"),
        (
            of_several([web, fewer]),
            DataError,
            "corpus 2: is no whole result: 47 items and 48 hits in entities",
        ),
    ):
        path.write_text(json.dumps(content), "utf-8")
        with pytest.raises(kind, match=message):
            compare_corpora(path)
    path.write_text(json.dumps(of_several([news, web])), "utf-8")
    with pytest.raises(DataError, match=r"holds results on 2 corpora\n.*compare_corpora"):
        load_evaluation(path)
    with pytest.raises(ComparisonError, match=r"corpus hash(.|\n)*compare_corpora"):
        compare(news, web)


def test_a_margin_is_about_the_second_or_about_those_compared_with_one() -> None:
    data = result(Finder("all", range(4)), Finder("half", [0, 1]), schema="strict")
    (row,) = compare({"x": data}, trials=200, margin=0.9).rows
    assert row.margin is not None
    assert (row.margin.new, row.margin.verdict) == ("half", "no loss above the margin")
    assert row.margin.loss == row.test.f1 == pytest.approx(1 / 3)
    (row,) = compare({"x": data}, trials=200, margin=0.1).rows
    assert row.margin is not None and row.margin.verdict == "worse"
    (row,) = compare({"x": data}, trials=200, margin=0.1, against="half").rows
    assert row.margin is not None and row.test.f1 is not None
    assert (row.margin.new, row.margin.verdict) == ("all", "no loss above the margin")
    assert row.margin.loss == -row.test.f1
    for margin in (-0.1, 0, 1, 2, float("nan")):
        with pytest.raises(ComparisonError, match="a margin of"):
            compare({"x": data}, margin=margin)
