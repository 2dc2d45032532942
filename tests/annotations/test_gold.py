"""The shipped seed, the layers, the gold and the adjudication agree with each other."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from wortlaut.corpus.load import load_corpus
from wortlaut.scoring.people import Resolver, people_of

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = "000_8f5cd11ad6069882"
ROLES = ("content", "cue", "speaker", "addressee", "frame")
FILES = {
    "gold": ROOT / f"annotations/gold/{DOCUMENT}.jsonl",
    "a": ROOT / f"annotations/layers/a/{DOCUMENT}.jsonl",
    "b": ROOT / f"annotations/layers/b/{DOCUMENT}.jsonl",
}
TEXT = (ROOT / f"seeds/{DOCUMENT}.txt").read_bytes().decode("utf-8")
ADJUDICATION = (ROOT / f"annotations/adjudication/{DOCUMENT}.md").read_text(encoding="utf-8")
GUIDELINES = (ROOT / "annotations/guidelines.md").read_text(encoding="utf-8")
RULE = re.compile(r"G-[A-Z]{3}-\d\d")

Line = dict[str, Any]
Fragments = tuple[tuple[int, int], ...]


def lines(layer: str, kind: str | None = None) -> list[Line]:
    read: list[Line] = [json.loads(line) for line in FILES[layer].read_text(encoding="utf-8").splitlines()]
    return [line for line in read if kind is None or line["kind"] == kind]


def fragments(value: list[list[Any]] | None) -> Fragments:
    return tuple((start, end) for start, end, _ in value or [])


def characters(value: list[list[Any]]) -> set[int]:
    return {offset for start, end in fragments(value) for offset in range(start, end)}


def test_seed_matches_its_provenance() -> None:
    provenance = [
        json.loads(line) for line in (ROOT / "seeds/provenance.jsonl").read_text("utf-8").splitlines()
    ]
    assert {row["id"] for row in provenance} == {path.stem for path in (ROOT / "seeds").glob("*.txt")}
    for row in provenance:
        raw = (ROOT / f"seeds/{row['id']}.txt").read_bytes()
        assert row["sha256"] == hashlib.sha256(raw).hexdigest()
        assert row["characters"] == len(raw.decode("utf-8"))


@pytest.mark.parametrize("layer", FILES)
def test_header_names_the_text(layer: str) -> None:
    header = lines(layer)[0]
    assert (header["kind"], header["document"], header["layer"]) == ("document", DOCUMENT, layer)
    assert header["sha256"] == hashlib.sha256(TEXT.encode("utf-8")).hexdigest()
    assert header["characters"] == len(TEXT)


@pytest.mark.parametrize("layer", FILES)
def test_every_fragment_shows_the_text_it_covers(layer: str) -> None:
    checked = 0
    for line in lines(layer):
        for key in ("span", *ROLES):
            last = -1
            for start, end, surface in line.get(key, []):
                assert last < start < end <= len(TEXT)
                assert TEXT[start:end] == surface == surface.strip()
                last, checked = end, checked + 1
    assert checked > 50


@pytest.mark.parametrize("layer", FILES)
def test_lines_are_sorted_and_not_repeated(layer: str) -> None:
    read = lines(layer)
    kinds = [line["kind"] for line in read]
    assert kinds == sorted(kinds, key=["document", "cluster", "mention", "entity", "quote"].index)
    clusters = [line["id"] for line in read if line["kind"] == "cluster"]
    mentions = [(line["cluster"], fragments(line["span"])) for line in read if line["kind"] == "mention"]
    entities = [
        (line["span"][0][0], -line["span"][-1][1], line["level"], line["label"])
        for line in read
        if line["kind"] == "entity"
    ]
    quotes = [
        (line["content"][0][0], -line["content"][-1][1], line["id"])
        for line in read
        if line["kind"] == "quote"
    ]
    for ordered in (clusters, mentions, entities, quotes):
        assert ordered == sorted(set(ordered))


@pytest.mark.parametrize(
    ("layer", "counts"),
    [
        ("a", {"entity": 55, "quote": 14, "cluster": 0}),
        ("b", {"entity": 54, "quote": 16, "cluster": 11}),
        ("gold", {"entity": 54, "quote": 16, "cluster": 26}),
    ],
)
def test_counts(layer: str, counts: dict[str, int]) -> None:
    assert {kind: len(lines(layer, kind)) for kind in counts} == counts


@pytest.mark.parametrize("layer", ["b", "gold"])
def test_references_resolve(layer: str) -> None:
    clusters = {line["id"] for line in lines(layer, "cluster")}
    assert {line["cluster"] for line in lines(layer, "mention")} <= clusters
    assert {line["speaker_entity"] for line in lines(layer, "quote")} <= clusters


def test_every_gold_entity_has_a_cluster_and_its_link() -> None:
    links = {line["id"]: line.get("qid") for line in lines("gold", "cluster")}
    for line in lines("gold", "entity"):
        assert line.get("qid") == links[line["entity"]], line
    used = {line["entity"] for line in lines("gold", "entity")}
    used |= {line["speaker_entity"] for line in lines("gold", "quote")}
    assert used == set(links)
    unnamed = {line["id"] for line in lines("gold", "cluster") if not line.get("named", True)}
    assert unnamed == {cluster for cluster, qid in links.items() if qid == "NIL"}


def test_an_alias_belongs_to_one_gold_cluster() -> None:
    names = [name for line in lines("gold", "cluster") for name in {line["name"], *line.get("aliases", [])}]
    assert len(names) == len(set(names))


def test_every_gold_speaker_is_a_mention_of_who_speaks() -> None:
    known = {(line["cluster"], fragments(line["span"])) for line in lines("gold", "mention")}
    known |= {(line["entity"], fragments(line["span"])) for line in lines("gold", "entity")}
    for line in lines("gold", "quote"):
        assert (line["speaker_entity"], fragments(line["speaker"])) in known, line["id"]


def test_every_gold_speaker_is_right_by_the_name_that_the_text_gives() -> None:
    """A state by its capital, too; what only refers back (`Der Sprecher`) is no name."""
    (document,) = load_corpus("gold").documents
    resolver = Resolver(people_of(document.annotations))
    for quote in document.quotes:
        assert quote.speaker is not None and quote.speaker_entity is not None
        name = document.text[quote.speaker.start : quote.speaker.end]
        found = {resolver.people[i].id for i in resolver.by_name(name)}
        assert found <= {quote.speaker_entity}, (quote.id, name)
    for id, name in (("nordkorea", "Pjöngjang"), ("sprecher-buero-yoon", "ein Sprecher von Yoons Büro")):
        assert {resolver.people[i].id for i in resolver.by_name(name)} == {id}


def test_inner_names_lie_in_outer_ones() -> None:
    outer = [line for line in lines("gold", "entity") if line["level"] == 1]
    inner = [line for line in lines("gold", "entity") if line["level"] == 2]
    assert inner
    for line in inner:
        assert any(characters(line["span"]) < characters(other["span"]) for other in outer), line
    covered = [offset for line in outer for offset in characters(line["span"])]
    assert len(covered) == len(set(covered))


def test_parent_is_the_smallest_quote_around() -> None:
    quotes = {line["id"]: characters(line["content"]) for line in lines("gold", "quote")}
    for line in lines("gold", "quote"):
        around = [other for other in quotes if quotes[line["id"]] < quotes[other]]
        smallest = min(around, key=lambda other: len(quotes[other]), default=None)
        assert line.get("parent") == smallest, line["id"]


def test_the_marked_passages_are_the_direct_quotes() -> None:
    marked = [match.span() for match in re.finditer("„[^“]*“", TEXT)]
    direct = [fragments(line["content"]) for line in lines("gold", "quote") if line["type"] == "direct"]
    assert len(marked) == 7
    assert direct == [(span,) for span in marked]


def rows() -> list[set[tuple[int, int]]]:
    """The offsets in each row of the adjudication's tables."""
    pairs = re.compile(r"\[(\d+), (\d+)\)")
    return [
        {(int(start), int(end)) for start, end in pairs.findall(row)}
        for row in ADJUDICATION.splitlines()
        if row.startswith("|")
    ]


def paired() -> list[tuple[Line, Line]]:
    """Quotes of the same type that share most of their content; an empty line where one has none."""
    left = {line["id"]: line for line in lines("b", "quote")}
    pairs: list[tuple[Line, Line]] = []
    for line in lines("a", "quote"):
        same_type = [other for other in left.values() if other["type"] == line["type"]]
        shared = {
            other["id"]: len(characters(line["content"]) & characters(other["content"]))
            for other in same_type
        }
        best = max(shared, key=lambda other: shared[other], default=None)
        pairs.append((line, left.pop(best)) if best and shared[best] else (line, {}))
    return pairs + [({}, line) for line in left.values()]


def differences() -> list[set[tuple[int, int]]]:
    """The offsets of each span that only one layer has, one item a span and role."""
    found = []
    names = [
        {(fragments(line["span"]), line["label"], line["level"]) for line in lines(layer, "entity")}
        for layer in ("a", "b")
    ]
    found += [set(span) for span, _, _ in names[0] ^ names[1]]
    for one, other in paired():
        for role in ROLES:
            if fragments(one.get(role)) != fragments(other.get(role)):
                found.append({*fragments(one.get(role)), *fragments(other.get(role))})
    mentions = [
        {(line["cluster"], fragments(line["span"])) for line in lines(layer, "mention")}
        for layer in ("a", "b")
    ]
    return found + [set(span) for _, span in mentions[0] ^ mentions[1]]


def test_every_difference_between_the_layers_is_adjudicated() -> None:
    listed = rows()
    found = differences()
    assert len(found) > 40
    missing = [sorted(difference) for difference in found if not any(difference <= row for row in listed)]
    assert not missing


def test_every_cited_guideline_exists_and_is_defined_once() -> None:
    defined = re.findall(r'<a id="(G-[A-Z]{3}-\d\d)"></a>', GUIDELINES)
    assert len(defined) == len(set(defined))
    cited = set(RULE.findall(ADJUDICATION)) | set(RULE.findall(GUIDELINES))
    cited |= set(RULE.findall(FILES["gold"].read_text(encoding="utf-8")))
    assert cited <= set(defined)
