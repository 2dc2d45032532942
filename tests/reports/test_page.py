"""The page as a file: what it holds, what it may load, how large it is, and that its colours can be read."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from made import Made, corpus
from page_cases import (
    TEXT,
    Answering,
    chained,
    documents,
    first,
    gold,
    on_two_corpora,
    spoken_of,
    two_systems,
)
from shared import ROOT

import wortlaut
from wortlaut.corpus.load import Corpus
from wortlaut.evaluation.evaluate import Evaluation, evaluate
from wortlaut.model import Annotations, Cluster, Document, Entity, Span, Text, Unplaced
from wortlaut.reports.page import report_page
from wortlaut.reports.page_mentions import Mentions
from wortlaut.scoring.metrics import ceafe
from wortlaut.scoring.metrics._clusters import clusters_of, paired
from wortlaut.scoring.task import PAIR_CLASSES

ASSETS = {
    name: (files("wortlaut.reports") / "page" / name).read_text("utf-8") for name in ("page.css", "page.js")
}
CLASSES = (*PAIR_CLASSES, "missed", "spurious")


def data(page: str, name: str) -> Any:
    match = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert match
    return json.loads(match[1])


@cache
def shipped() -> Evaluation:
    return evaluate(["gazetteer", "quotes-de"], samples=20)


# What it holds


@pytest.mark.parametrize("make", [shipped, two_systems])
@pytest.mark.long
def test_the_errors_of_the_page_are_those_of_the_scores(make: Any) -> None:
    evaluation = make()
    page = report_page(evaluation)
    rows, strings = data(page, "documents"), data(page, "summary")["strings"]
    compared = 0
    for i, system in enumerate(evaluation.systems):
        for layer, results in system.scores.items():
            errors = results["strict"].errors if "strict" in results else None
            if errors is None or layer.endswith("@matched"):
                continue
            found: Counter[str] = Counter()
            for row in rows:
                one = row["f"][i]
                if layer == "entities":
                    found.update(CLASSES[int(digit)] for digit in one["c"])
                    found["spurious"] += sum(wrong[1] < 0 for wrong in one["w"])
                else:
                    found.update(CLASSES[kind] for kind in one["p"].get(layer, [])[2::3])
            assert {name: found[name] for name in CLASSES} == dict(errors), (system.name, layer)
            for kind in ("missed", "spurious"):
                counts = [row["counts"][i] for row in strings if (row["layer"], row["kind"]) == (layer, kind)]
                # Quotes have those that come twice.
                assert sum(counts) == found[kind] or layer == "quotes"
            compared += 1
    assert compared >= 5


def test_the_known_errors_stand_in_their_places() -> None:
    page = report_page(two_systems(1))
    summary, (row,) = data(page, "summary"), data(page, "documents")
    names = summary["names"]
    assert [(names[e[0]], TEXT[e[1] : e[2]]) for e in row["e"]] == [
        ("PER", "Karl Renner"),
        ("LOC", "Wien"),
        ("PER", "Anna Sacher"),
        ("ORG", "Universität Wien"),
        ("LOC", "Wien"),
    ]
    one, two = row["f"]
    assert [CLASSES[int(digit)] for digit in one["c"]] == [
        "missed",
        "correct",
        "correct",
        "boundary_smaller",
        "correct",
    ]
    assert [(names[w[0]], w[1], TEXT[w[2] : w[3]]) for w in one["w"]] == [
        ("OTH", -1, "Montag"),
        ("ORG", 3, "Universität"),
    ]
    assert [CLASSES[int(digit)] for digit in two["c"]] == [
        "correct",
        "label",
        "correct",
        "correct",
        "correct",
    ]
    # Gold quote, found quote, class.
    assert one["p"]["quotes"] == [0, 0, CLASSES.index("correct"), 1, 1, CLASSES.index("correct")]
    assert one["p"]["speakers"] == [0, 0, CLASSES.index("label"), 1, 1, CLASSES.index("correct")]
    assert two["p"]["quotes"] == [0, 0, CLASSES.index("boundary_smaller"), 1, -1, CLASSES.index("missed")]
    assert two["p"]["cues"] == [0, -1, CLASSES.index("missed"), 1, -1, CLASSES.index("missed")]


def test_mentions_stand_with_whose_they_are_and_whom_they_are_taken_for() -> None:
    system = Answering("chains", chained, ("entities", "clusters"))
    page = report_page(evaluate(system, documents({"d": TEXT}, spoken_of), samples=0))
    summary, (row,) = data(page, "summary"), data(page, "documents")
    names = summary["clusters"]
    assert [(names[m[0]], TEXT[m[1] : m[2]]) for m in row["m"]] == [
        ("Anna Sacher", "Der Sprecher"),
        ("Karl Renner", "Karl Renner"),
        ("Anna Sacher", "Anna Sacher"),
        ("Karl Renner", "Karl Renner"),
    ]
    (one,) = row["f"]
    assert [CLASSES[int(digit)] for digit in one["k"]] == ["missed", "correct", "correct", "label"]
    assert [(names[v[0]], v[1], TEXT[v[2] : v[3]]) for v in one["v"]] == [
        ("Wien", -1, "Wien"),
        ("Anna Sacher", -1, "Universität Wien"),
        ("Anna Sacher", 3, "Karl Renner"),
    ]
    missed = {"layer": "clusters", "kind": "missed", "text": "Der Sprecher", "counts": [1]}
    assert missed in summary["strings"]


def test_every_mention_is_in_one_class_and_right_where_ceafe_pairs_the_clusters() -> None:
    rng = random.Random(3)
    spans = [Span.of(i, i + 1) for i in range(0, 24, 2)]
    for _ in range(40):
        sides = []
        for size in (rng.randint(1, 5), rng.randint(1, 5)):
            drawn = [(span, rng.randrange(size)) for span in spans if rng.random() < 0.7]
            own = [tuple(span for span, at in drawn if at == k) for k in range(size)]
            named = (Cluster(f"c{k}", "x", mentions=mentions) for k, mentions in enumerate(own))
            sides.append(Annotations(clusters=tuple(named)))
        found, answers = Mentions().found(*sides)
        clusters = [clusters_of(side)[0] for side in sides]
        sizes = [sum(map(len, side)) for side in clusters]
        assert sorted(g for g, _, _ in answers if g >= 0) == [*range(sizes[0])]
        assert sorted(f for _, f, _ in answers if f >= 0) == [*range(sizes[1])] == [*range(len(found))]
        pairs = paired(*clusters, ceafe.similar)
        shared = sum(len({*clusters[0][i]} & {*clusters[1][j]}) for i, j, _ in pairs)
        assert sum(kind == CLASSES.index("correct") for *_, kind in answers) == shared


def test_people_count_their_quotes_over_all_documents() -> None:
    people = {row[0]: row[1:] for row in data(report_page(two_systems(12)), "summary")["people"]}
    # Of each system: found as theirs, given to somebody else, missed, put into their mouth.
    assert people["Anna Sacher"] == [12, [[0, 12, 0, 0], [12, 0, 0, 0]]]
    assert people["Karl Renner"] == [12, [[12, 0, 0, 12], [0, 0, 12, 0]]]


def test_scores_have_their_intervals_and_signature() -> None:
    evaluation = two_systems()
    summary = data(report_page(evaluation), "summary")
    assert summary["signature"] == str(evaluation.signature)
    assert summary["corpus"]["hash"] == evaluation.corpus.hash
    for row in summary["scores"]:
        result = evaluation.systems[row["system"]].scores[row["layer"]][row["schema"]]
        assert row["f"] == pytest.approx(result.f1, abs=1e-6)
        assert (row["i"] is None) == (result.f1_interval is None)
        assert row["layer"] == "speakers" or re.split("[@/]", row["schema"])[0] in summary["says"]
    assert len(summary["scores"]) == sum(len(r) for s in evaluation.systems for r in s.scores.values())


def test_labels_are_those_of_the_projection() -> None:
    page = report_page(evaluate([Answering("a", first)], documents({"d": TEXT}), labels="conll4"))
    assert data(page, "summary")["names"] == ["LOC", "MISC", "ORG", "PER"]


def test_curves_where_every_span_has_a_score() -> None:
    curves = data(report_page(two_systems()), "summary")["curves"]
    assert [(curve["layer"], curve["system"]) for curve in curves] == [("entities", 0)]
    assert all(0 <= value <= 1 for point in curves[0]["points"] for value in point)


def test_a_system_that_failed_is_named_with_its_reason() -> None:
    evaluation = evaluate(
        [Answering("a", first), "no-such-extractor"], documents({"d": TEXT}), samples=0, on_error="keep"
    )
    systems = data(report_page(evaluation), "summary")["systems"]
    assert systems[1]["failed"] == evaluation.systems[1].failed
    assert systems[0]["failed"] is None


def test_without_the_annotations_the_scores_remain() -> None:
    evaluation = two_systems(1)
    bare = replace(evaluation, systems=tuple(replace(s, found=()) for s in evaluation.systems))
    page = report_page(bare)
    assert data(page, "documents")[0]["f"] == [{}, {}]
    assert len(data(page, "summary")["scores"]) > 10


# Letters


def test_letters_tell_apart_what_the_paired_test_tells_apart() -> None:
    made = corpus(40)
    poor = Made({f"d{i:02}": [0, 1, 2] for i in range(40)}, spec="poor")
    evaluation = evaluate([poor, Made(spec="best"), Made({"d00": [0]}, spec="near")], made, samples=10)
    summary = data(report_page(evaluation), "summary")
    letters = {row["system"]: row["letters"] for row in summary["scores"] if row["schema"] == "strict"}
    assert letters == {0: "b", 1: "a", 2: "a"}
    best = [row["system"] for row in summary["scores"] if row["schema"] == "strict" and row["best"]]
    assert best == [1, 2], "the best, and who is not told from it"
    assert "6 tests" in summary["letters"]["how"]


@pytest.mark.parametrize(
    ("evaluation", "why"),
    [
        (lambda: two_systems(1), "one document cannot show"),
        (lambda: two_systems(9), "9 documents cannot show"),
        (lambda: two_systems(12, samples=0), "without resampling"),
        (lambda: evaluate([Made()], corpus(12), samples=10), "one system"),
    ],
)
def test_without_enough_evidence_there_are_no_letters_but_a_reason(evaluation: Any, why: str) -> None:
    summary = data(report_page(evaluation()), "summary")
    assert why in summary["letters"]["why"]
    assert {(row["letters"], row["best"]) for row in summary["scores"]} == {("", False)}


# What it may do


def test_the_policy_allows_the_one_script_and_the_one_style() -> None:
    page = report_page(two_systems(1))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)

    def quoted(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert rules == {
        "default-src": "'none'",
        "script-src": quoted(script),
        "style-src": quoted(style),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert page.index("Content-Security-Policy") < page.index("<style>")


def test_the_script_parses_no_markup_and_runs_no_text() -> None:
    banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser"
    banned += r"|fetch\(|XMLHttp|import\("
    assert re.findall(banned, ASSETS["page.js"]) == []
    assert re.findall(r"https?://[^\s\"']*", ASSETS["page.js"]) == ["http://www.w3.org/2000/svg"]
    assert re.findall(r"url\(|@import", ASSETS["page.css"]) == []


HOSTILE = (
    "</script><script>alert(1)</script> ]]> <!-- <b>x</b> &amp; \u202eevil\u202c \x00\x07 \ud83d\u2028 ' \" `"
)


def test_no_text_leaves_its_element() -> None:
    text = f"Anna {HOSTILE} Bonn"
    made = documents({HOSTILE: text}, lambda _: Annotations((Entity(Span.of(0, 4), "PER"),)))
    named = Answering(HOSTILE, lambda _: Annotations((Entity(Span.of(0, 4), "PER"),)), ("entities",))
    page = report_page(evaluate([named], replace(made, name=HOSTILE, hash="0" * 64), samples=0))
    page.encode()  # a lone surrogate cannot be written
    assert page.count("<script") == 3
    assert page.count("</script") == 3
    assert "alert(1)</" not in page
    (row,) = data(page, "documents")
    assert (row["id"], row["t"]) == (HOSTILE, text)


# How large it is


def test_documents_that_do_not_fit_are_left_out_and_counted() -> None:
    evaluation = two_systems(40)
    whole = report_page(evaluation)
    limit = len(whole.encode()) - 5_000
    page = report_page(evaluation, limit=limit)
    assert len(page.encode()) <= limit
    summary = data(page, "summary")
    shown = [row["id"] for row in data(page, "documents")]
    assert summary["documents"]["all"] == 40
    assert summary["documents"]["shown"] == len(shown) < 40
    assert len(shown) > 20
    assert sorted(shown + summary["documents"]["left_out"]) == [f"d{i:02}" for i in range(40)]
    # No score depends on it, and neither do the counts of people.
    whole_summary = data(whole, "summary")
    assert {**summary, "documents": 0} == {**whole_summary, "documents": 0}


def test_a_sample_that_favours_no_end_of_the_corpus() -> None:
    evaluation = two_systems(40)
    limit = len(report_page(evaluation).encode()) - 8_000
    shown = [int(row["id"][1:]) for row in data(report_page(evaluation, limit=limit), "documents")]
    assert min(shown) < 10 < 30 < max(shown)
    assert shown == sorted(shown)


# That it can be read


def colours() -> dict[str, tuple[str, str]]:
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", ASSETS["page.css"])
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


SIGNS = ("ok", "label", "bound", "both", "miss", "spur")
TEXTS = [(ink, ground) for ink in ("ink", "soft", "accent", *SIGNS) for ground in ("paper", "panel")]
TEXTS += [(sign, f"{sign}-bg") for sign in SIGNS]
TEXTS += [("ink", f"{sign}-bg") for sign in SIGNS] + [("soft", f"{sign}-bg") for sign in SIGNS]
TEXTS += [("ink", "gold-bg"), ("ink", "mark"), ("soft", "mark"), ("soft", "gold-bg")]
TEXTS += [(sign, "mark") for sign in SIGNS]
LINES = [(line, ground) for line in ("control", "accent", *SIGNS) for ground in ("paper", "panel")]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_have_the_contrast_of_wcag_aa(theme: str) -> None:
    known, column = colours(), ("light", "dark").index(theme)
    assert len(known) >= 20
    poor = {}
    for pairs, least in ((TEXTS, 4.5), (LINES, 3.0)):
        for a, b in pairs:
            ratio = contrast(known[a][column], known[b][column])
            if ratio < least:
                poor[a, b] = round(ratio, 2)
    assert poor == {}


# The option


@pytest.mark.long
def test_the_command_writes_the_page(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from wortlaut.cli import main; main()", "evaluate", "-e", "gazetteer"]
    environment = {"PYTHONPATH": str(ROOT / "evaluate"), "PATH": ""}

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *more],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    done = run("--html", "report.html")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert data((tmp_path / "report.html").read_text("utf-8"), "summary")["corpus"]["name"] == "gold"
    for file, message in (("-", "a page cannot be printed"), ("no/report.html", "its folder is not there")):
        done = run("--html", file)
        assert done.returncode == 2
        assert message in done.stderr


def test_an_empty_side_makes_a_page() -> None:
    silent = Answering("silent", lambda _: Annotations())
    page = report_page(evaluate([silent], documents({"d": TEXT}), samples=0))
    assert data(page, "documents")[0]["f"][0]["c"] == "66666"
    bare = evaluate([silent], documents({"d": TEXT}, lambda _: Annotations()), samples=0, allow_empty=True)
    assert data(report_page(bare), "documents")[0]["e"] == []
    assert gold().quotes[0].content.discontinuous


@pytest.mark.long
def test_a_page_without_texts_is_told_to_be_one(tmp_path: Path) -> None:
    command = "from wortlaut.cli import main; main()"
    options = ["-e", "gazetteer", "--samples", "0", "--no-items", "--html", "page.html"]
    done = subprocess.run(
        [sys.executable, "-c", command, "evaluate", *options], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stderr == "note: page.html has scores and no texts: that is --no-items\n"


def test_without_kept_texts_the_scores_and_letters_remain() -> None:
    made = corpus(40)
    poor = Made({f"d{i:02}": [0, 1, 2] for i in range(40)}, spec="poor")
    summary, rows = (
        data(report_page(evaluate([poor, Made(spec="best")], made, samples=10, items=False)), name)
        for name in ("summary", "documents")
    )
    assert rows == []
    assert summary["documents"] == {"all": 40, "kept": 0, "shown": 0, "left_out": []}
    assert {row["system"]: row["letters"] for row in summary["scores"]} == {0: "b", 1: "a"}


def test_speakers_that_the_gold_does_not_name_are_compared_by_their_spans() -> None:
    def nameless(annotations: Annotations) -> Annotations:
        quotes = tuple(replace(quote, speaker_entity=None) for quote in annotations.quotes)
        return Annotations(annotations.entities, quotes)

    corpus_ = documents({"d": TEXT}, lambda text: nameless(gold(text)))
    page = report_page(evaluate([Answering("a", lambda text: nameless(first(text)))], corpus_, samples=0))
    (row,), summary = data(page, "documents"), data(page, "summary")
    assert row["f"][0]["p"]["speakers"] == [0, 0, CLASSES.index("label"), 1, 1, CLASSES.index("correct")]
    assert [quote[6:] for quote in row["q"]] == [[-2, "Anna Sacher"], [-2, "Karl Renner"]]
    assert summary["unsaid"] == 2


def test_a_system_in_words_has_a_range_and_no_list_of_errors() -> None:
    class Words:
        finds = ("entities",)

        def extract(self, texts: list[Text]) -> list[Annotations]:
            return [Annotations(unplaced=(Unplaced("PER", (("entity", "Karl"),)),)) for _ in texts]

    one = Document("a", "Karl und Karl.", Annotations((Entity(Span.of(0, 4), "PER"),)))
    evaluation = evaluate({"X": Words()}, Corpus.of("c", [one]), samples=0)
    summary = data(report_page(evaluation), "summary")
    (row,) = summary["scores"]
    assert row["words"] and row["f"] == 0 and row["u"] == {"p": 1, "r": 1, "f": 1}
    assert not summary["errors"] and not summary["strings"]


def test_several_corpora_stand_on_one_page_with_what_they_say_together() -> None:
    page = report_page(*on_two_corpora())
    told = data(page, "corpora")
    assert (told["keys"], told["names"]) == (["conll-a-conll", "b"], ["conll:a.conll", "b"])
    (pair,) = told["pairs"]
    assert (pair["place"], pair["a"], pair["b"]) == ("entities\nstrict", "first", "second")
    assert pair["runs"] == pytest.approx([-0.2, -0.2]) and pair["cells"][3:] == ["0/2", "2/2"]
    assert "| b | entities | strict | second |" in told["tables"]["scores"]["Markdown"]
    assert "mean" in told["tables"]["pairs"]["Markdown"]
    assert [data(page, name)["corpus"]["name"] for name in ("summary", "summary1")] == told["names"]
    assert [row["id"] for row in data(page, "documents1")] == [f"b{i:02}" for i in range(10)]


@pytest.mark.long
def test_a_page_of_corpora_is_as_large_as_one_and_agrees_with_compare() -> None:
    one, other = on_two_corpora()
    (pair,) = data(report_page(one, other), "corpora")["pairs"]
    (compared,) = wortlaut.compare_corpora(one, other, layer="entities").pairs
    assert (pair["f"], pair["i"]) == (compared.difference, list(compared.interval))
    limit = len(report_page(one, other).encode()) - 2_000
    page = report_page(one, other, limit=limit)
    shown = [data(page, f"summary{n}")["documents"]["shown"] for n in ("", 1)]
    assert len(page.encode()) <= limit and 0 < shown[0] < 24 and shown[1] == 10, "what is small stays whole"


@pytest.mark.long
@pytest.mark.parametrize(
    ("pick", "why"),
    [
        (lambda one, _: (one, one), "two of them have the same texts"),
        (
            lambda one, other: (one, replace(other, systems=other.systems[:1])),
            "b is left out: 1 system with scores",
        ),
        (
            lambda one, other: (one, replace(other, corpus=replace(other.corpus, name=one.corpus.name))),
            "hash",
        ),
    ],
)
def test_corpora_that_say_nothing_together_are_shown_with_the_reason(pick: Any, why: str) -> None:
    told = data(report_page(*pick(*on_two_corpora())), "corpora")
    assert why in told["why"] + "".join(told["notes"]) and told["pairs"] == [] and len({*told["keys"]}) == 2
