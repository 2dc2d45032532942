"""The data statement tells how the corpus was made: every number and claim in it is counted here."""

from __future__ import annotations

import re
from operator import attrgetter

import pytest
from shared import ROOT

from wortlaut.annotations.diff import read_layer
from wortlaut.model import ENTITY_LABELS, QUOTE_TYPES
from wortlaut.release.card import read_statement

((A,), (B,), (GOLD,)) = (read_layer(name, ROOT).documents.values() for name in ("a", "b", "gold"))
STATED = {
    name: " ".join(" ".join(value if isinstance(value, list) else [value]).split())
    for name, value in read_statement(ROOT).items()
}
NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
ALWAYS = ("type", "content", "speaker", "addressee")


def same(one, other, kind, *fields):
    """How many annotations of two documents agree in all of these fields."""
    sides = [[attrgetter(*fields)(item) for item in getattr(each, kind)] for each in (one, other)]
    return sum(min(sides[0].count(key), sides[1].count(key)) for key in set(sides[0]))


def given(document, kind, field):
    return sum(getattr(item, field) is not None for item in getattr(document, kind))


def only_of_adjudication():
    """What the gold says and neither layer does: metonymy, links, medium, attribution, parent, clusters."""
    fields = [("entities", "metonymy"), ("clusters", "qid"), ("quotes", "medium"), ("quotes", "attribution")]
    fields.append(("quotes", "parent"))
    assert not any(given(layer, *field) for layer in (A, B) for field in fields)
    assert not A.clusters
    return [given(GOLD, *field) for field in fields]


METONYMY, LINKS, MEDIUM, ATTRIBUTION, PARENT = only_of_adjudication()
NIL = sum(cluster.qid == "NIL" for cluster in GOLD.clusters)
CLUSTERS = len(GOLD.clusters)
NEW = len({cluster.id for cluster in GOLD.clusters} - {cluster.id for cluster in B.clusters})
LABELS = NUMBERS[len({entity.label for entity in GOLD.entities})]
TYPES = NUMBERS[len({quote.type for quote in GOLD.quotes})]
COUNTED = {
    "annotators": (
        f"metonymy ({METONYMY} names), links ({LINKS} of {CLUSTERS} clusters, {NIL} of them NIL)",
        f"medium and attribution ({MEDIUM} quotes each)",
        f"parent ({PARENT}) and {NEW} of the {CLUSTERS} clusters",
        f"equal to it in all {len(GOLD.entities)} names with label and level",
        f"and in all {len(GOLD.quotes)} quotes but for one cue and one frame, both of q12",
        f"With layer a it shares {same(GOLD, A, 'entities', 'span', 'label', 'level')} names, and"
        f" {same(GOLD, A, 'quotes', 'type', 'content')} quotes in type and content",
    ),
    "limitations": (
        f"{LABELS.capitalize()} of the {NUMBERS[len(ENTITY_LABELS)]} labels",
        f"{TYPES} of the {NUMBERS[len(QUOTE_TYPES)]} types of quote occur",
    ),
}


@pytest.mark.parametrize("part", COUNTED)
def test_numbers_of_the_statement_are_counted(part):
    for phrase in COUNTED[part]:
        assert phrase in STATED[part]


def test_the_gold_is_layer_b_but_for_one_cue_and_one_frame():
    assert same(GOLD, B, "entities", "span", "label", "level") == len(GOLD.entities) == len(B.entities)
    assert same(GOLD, B, "quotes", *ALWAYS) == len(GOLD.quotes) == len(B.quotes)
    for field in ("cue", "frame"):
        (other,) = [
            quote
            for quote, theirs in zip(GOLD.quotes, B.quotes, strict=True)
            if getattr(quote, field) != getattr(theirs, field)
        ]
        assert other.id == "q12" and getattr(other, field) is None
    assert not given(A, "quotes", "frame")


def test_what_the_statement_says_that_the_text_lacks():
    assert not any(quote.content.discontinuous or quote.speaker is None for quote in GOLD.quotes)
    assert "split" not in STATED["curation_rationale"] and "de-DE" not in " ".join(STATED.values())
    assert any(quote.parent for quote in GOLD.quotes) and any(entity.level == 2 for entity in GOLD.entities)


def test_the_guidelines_cite_the_article():
    """So that agreement on it says nothing about another text."""
    words = re.search(r"in more than (\d+) examples", STATED["annotators"])
    assert words is not None
    assert (ROOT / "annotations/guidelines.md").read_text("utf-8").count("†") > int(words[1])
