"""Names and quotes that TEI marks in the text itself: what :mod:`wortlaut.formats.tei` reads without
``standOff``.

The text is that of ``text``, its white space as one space and as one line feed around what stands in a
block (``p``, ``head``, ``l``, …); ``lb`` and the like are a space, and nothing with ``break="no"``. Of a
``choice`` the text as it is printed is read (``orig``, ``sic``, ``abbr``). Notes, figures' descriptions,
running heads, deletions and indexes (``listPerson``) are left out.

``persName`` is PER, ``placeName`` and its like LOC, ``orgName`` ORG; ``name`` and ``rs`` as their ``type``
says (person, place, org, else the type itself; OTH without). ``ref``, ``key``, ``corresp`` name the
cluster, or its Wikidata id. An ``rs`` that is a pronoun, or has no capital, is no name: a mention of the
cluster that it names. ``said``, ``q`` and ``quote`` are quotes: direct, indirect where
``direct="false"``; ``who`` says who speaks, ``type`` or ``aloud`` the medium; ``next`` leads to the rest
of one that is broken off. A ``q`` of another type (a foreign or distinct word) is none. What is marked
beside that (dates, parts of names, notes, …) is counted by its element. Described in the TEI guidelines,
chapters 3.3, 3.6 and 13 (tei-c.org).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from wortlaut.formats.graph import CONTINUED, MENTION, PARENT, Edge, Graph, Node
from wortlaut.model import Span
from wortlaut.text.words import PRONOUNS

_WORDS = re.compile(r"\s+|\S+")
_WIKIDATA = re.compile(r"wikidata\.org/(?:wiki|entity)/(Q[1-9][0-9]*)")
_ID = "{http://www.w3.org/XML/1998/namespace}id"
_PLACES = ("geogName", "settlement", "country", "region", "district", "bloc", "geogFeat")
_LABELS = {"persName": "PER", "placeName": "LOC", "orgName": "ORG", "eventName": "OTH", "objectName": "OTH"}
_TYPES = dict.fromkeys(("person", "pers", "per", "character"), "PER") | {
    **dict.fromkeys(("place", "loc", "location", "geo", "city", "country", "region", "settlement"), "LOC"),
    **dict.fromkeys(("org", "organisation", "organization", "institution"), "ORG"),
}
_QUOTES = ("said", "q", "quote")
_MEDIA = {
    "spoken": "speech",
    "thought": "thought",
    "written": "writing",
    "true": "speech",
    "false": "thought",
}
_NO_QUOTES = ("soCalled", "foreign", "distinct", "term", "emph", "mentioned")
_BLOCKS = {
    *(
        "p",
        "ab",
        "head",
        "div",
        "l",
        "lg",
        "item",
        "list",
        "row",
        "cell",
        "sp",
        "speaker",
        "stage",
        "body",
        "front",
    ),
    *(
        "back",
        "group",
        "opener",
        "closer",
        "salute",
        "signed",
        "dateline",
        "byline",
        "titlePart",
        "docTitle",
        "trailer",
    ),
    *(
        "div1",
        "div2",
        "div3",
        "div4",
        "div5",
        "div6",
        "div7",
        "table",
        "argument",
        "epigraph",
        "postscript",
        "cit",
    ),
}
_BREAKS = {"lb", "pb", "cb", "gb", "milestone"}
_LEFT_OUT = {"note", "figDesc", "fw", "del", "corr", "reg", "expan", "teiHeader", "surplus", "standOff"} | {
    f"list{what}" for what in ("Person", "Place", "Org", "Bibl", "Event", "Object", "Nym")
}
#: What may stand in a text without a meaning of its own here; anything else is counted.
_PLAIN = {
    *(
        *_BLOCKS,
        *_BREAKS,
        "hi",
        "seg",
        "s",
        "w",
        "pc",
        "c",
        "choice",
        "orig",
        "sic",
        "abbr",
        "anchor",
        "text",
    ),
    *(
        "emph",
        "add",
        "unclear",
        "supplied",
        "gap",
        "figure",
        "graphic",
        "ref",
        "ptr",
        "space",
        "floatingText",
    ),
    "subst",
}


@dataclass(slots=True)
class _Open:
    """An element that is read: where it begins, as soon as there is a character in it."""

    element: Element
    name: str
    start: int = -1


class _Text:
    """The text as far as it is read, and the white space that is written when something follows."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.size, self.gap, self.glued = 0, "", False

    def add(self, text: str | None) -> int:
        """Where the first character of it stands that is no white space; -1 where there is none."""
        first = -1
        for part in _WORDS.findall(text or ""):
            if part.isspace():
                self.gap = self.gap or ("" if self.glued else " ")
                continue
            gap = self.gap if self.size else ""
            self.pieces += (gap, part)
            first = self.size + len(gap) if first < 0 else first
            self.size += len(gap) + len(part)
            self.gap, self.glued = "", False
        return first


def inline(root: Element) -> tuple[str, Graph, Counter[str]]:
    """Text, names and quotes of a ``text`` element, and how often what else is marked in it."""
    text = _Text()
    stack: list[_Open] = []
    done: list[tuple[_Open, Span, str]] = []
    unread: Counter[str] = Counter()
    for kind, element in _walk(root):
        name, first = _local(element), -1
        if kind == "start":
            if label := _label(element, name, stack):
                stack.append(_Open(element, label))
            elif name not in _PLAIN:
                unread[f"element {name}"] += 1
            if name in _BREAKS:
                text.glued = element.get("break") == "no"
                text.gap = "" if text.glued else text.gap or " "
        elif kind == "end" and stack and stack[-1].element is element:
            one = stack.pop()
            around = next((id(outer.element) for outer in reversed(stack) if outer.name in _QUOTES), 0)
            if one.start < 0:
                unread["element without a text"] += 1
            else:
                done.append((one, Span.of(one.start, text.size), str(around or "")))
        elif kind == "out":
            unread[f"element {name}"] += 1
        if kind in ("start", "end") and name in _BLOCKS:
            text.gap = "\n"
        if kind in ("start", "tail"):
            first = text.add(element.text if kind == "start" else element.tail)
        for one in stack if first >= 0 else ():
            one.start = first if one.start < 0 else one.start
    whole = "".join(text.pieces)
    return whole, _graph(done, whole, unread), +unread


def _graph(done: list[tuple[_Open, Span, str]], text: str, unread: Counter[str]) -> Graph:
    nodes: list[Node] = []
    edges: list[Edge] = []
    clusters: dict[str, dict[str, object]] = {}
    mentioned: list[str] = []
    ids = {f"#{one.element.get(_ID)}": str(id(one.element)) for one, *_ in done}
    for one, span, around in sorted(done, key=lambda item: (item[1].start, -item[1].end)):
        element, own = one.element, str(id(one.element))
        values: dict[str, object] = {}
        if one.name not in _QUOTES:
            who = next(filter(None, (_target(element.get(key)) for key in ("ref", "key", "corresp"))), "")
            if _local(element) == "rs" and _is_no_name(span.text(text)):
                if who and not _WIKIDATA.search(who):
                    mentioned.append(who)
                    nodes.append(Node(own, MENTION, span, {"cluster": who}))
                else:
                    unread["rs that is no name"] += 1
                continue
            if found := _WIKIDATA.search(who):
                values["qid"] = found[1]
            elif who:
                values["entity"] = who
                clusters.setdefault(who, {"id": who, "name": span.text(text), "type": one.name})
            nodes.append(Node(own, one.name, span, values))
            continue
        if medium := _MEDIA.get(element.get("type") or element.get("aloud") or ""):
            values["medium"] = medium
        if who := _target(element.get("who")):
            mentioned.append(who)
            values["speaker_entity"] = who
        edges += [Edge(PARENT, own, around)] if around else []
        if (following := ids.get(element.get("next", ""))) and following != own:
            edges.append(Edge(CONTINUED, own, following))
        kind = "quote-indirect" if element.get("direct") == "false" else "quote-direct"
        nodes.append(Node(own, kind, span, values))
    for who in mentioned:
        clusters.setdefault(who, {"id": who, "name": who})
    return Graph(nodes, edges, list(clusters.values()))


def _walk(root: Element) -> Iterator[tuple[str, Element]]:
    """Each element as it begins and ends, and its tail; those left out are named only."""
    stack = [("start", root)]
    while stack:
        kind, element = stack.pop()
        if kind == "start" and _local(element) in _LEFT_OUT:
            yield "out", element
            continue
        yield kind, element
        if kind == "start":
            stack.append(("end", element))
            for child in reversed(element):
                stack += (("tail", child), ("start", child))


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _label(element: Element, name: str, stack: list[_Open]) -> str:
    """The label of a name, the name of an element that is a quote, or nothing."""
    if name in _QUOTES:
        return "" if element.get("type") in _NO_QUOTES else name
    if name in ("name", "rs"):
        kind = element.get("type", "")
        return _TYPES.get(kind.casefold(), kind or "OTH")
    if name in _PLACES:
        return "" if any(_local(one.element) == "placeName" for one in stack) else "LOC"
    return _LABELS.get(name, "")


def _is_no_name(words: str) -> bool:
    return words == words.lower() or words.casefold() in PRONOUNS


def _target(pointer: str | None) -> str:
    """The first that a pointer names."""
    return (pointer or "").split(" ")[0].removeprefix("#")
