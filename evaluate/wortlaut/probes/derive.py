"""A template with its slots filled becomes a text with its gold: both come out of one walk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wortlaut.errors import DataError
from wortlaut.model import ENTITY_LABELS, Annotations, Cluster, Entity, Quote, Span, holders
from wortlaut.probes import morphology as german
from wortlaut.probes.forms import Filled, begins_outside, render, words_of
from wortlaut.probes.templates import (
    Bracket,
    Capitals,
    Head,
    Mention,
    Name,
    Node,
    Part,
    Slot,
    Template,
    Words,
)

_TYPES = {"person": "PER", "someone": "PER", "group": "GROUP", "body": "ORG", "org": "ORG"} | dict.fromkeys(
    ("country", "city", "place"), "LOC"
)
#: Roles whose span is a mention.
_MENTIONED = ("speaker", "addressee")


@dataclass(slots=True)
class _Walk:
    """What one walk over the nodes has written and recorded."""

    template: Template
    filled: Mapping[str, Filled]
    text: list[str] = field(default_factory=list)
    length: int = 0
    capitals: bool = False
    names: list[tuple[Name, int, Span]] = field(default_factory=list)
    mentions: list[tuple[str, Span]] = field(default_factory=list)
    parts: dict[tuple[str, str], list[tuple[int, int]]] = field(default_factory=dict)

    def write(self, nodes: Sequence[Node], depth: int = 1) -> None:
        for node in nodes:
            if isinstance(node, Words):
                self.text.append(node.text.upper() if self.capitals else node.text)
                self.length += len(self.text[-1])
            elif isinstance(node, Slot):
                self._check(node.name, known=self.filled)
                self.write(render(node, dict(self.filled), self.template.where), depth)
            else:
                before = self.capitals
                first, rest = self._before(node)
                self.write(first, depth)
                start = self.length
                self.capitals |= Capitals() in node.heads
                inner = any(isinstance(head, Name) for head in node.heads)
                self.write(rest, depth + inner)
                self.capitals = before
                for head in node.heads:
                    self._record(head, depth, start)

    def _before(self, node: Bracket) -> tuple[list[Node], list[Node]]:
        """The preposition that a form begins with, which a mention leaves out, and what is in the bracket."""
        slot = node.nodes[0] if node.nodes else None
        marks = any(
            isinstance(head, Mention) or getattr(head, "role", "") in _MENTIONED for head in node.heads
        )
        if (
            not marks
            or not isinstance(slot, Slot)
            or slot.name not in self.filled
            or not begins_outside(slot)
        ):
            return [], [*node.nodes]
        first, *rest = render(slot, dict(self.filled), self.template.where)
        return [first], [*rest, *node.nodes[1:]]

    def _record(self, head: Head, depth: int, start: int) -> None:
        if start == self.length:
            raise DataError("a bracket holds nothing", where=self.template.where)
        if isinstance(head, Part):
            self._check(head.quote, known=self.template.quotes)
            self.parts.setdefault((head.quote, head.role), []).append((start, self.length))
            return
        if isinstance(head, Capitals):
            return
        for who in head.who.split("+"):
            self._check(who, known=[*self.filled, *self.template.clusters, *_free(head)])
        if isinstance(head, Name):
            self.names.append((head, depth, Span.of(start, self.length)))
        else:
            self.mentions.append((head.who, Span.of(start, self.length)))

    def _check(self, name: str, known: Iterable[str]) -> None:
        if name not in known:
            hint = (
                f"Declared are: {', '.join([*self.filled, *self.template.quotes, *self.template.clusters])}."
            )
            raise DataError(f"nothing is called {name!r} here", where=self.template.where, hint=hint)


def _free(head: Mention | Name) -> list[str]:
    """A name may stand for a cluster that nothing declares: it is called by its words."""
    return [head.who] if isinstance(head, Name) and head.who == head.who.lower() else []


def derive(template: Template, side: int, filled: Mapping[str, Filled]) -> tuple[str, Annotations]:
    """The text of one side with its annotations. Raises a DataError where the template does not fit."""
    walk = _Walk(template, filled)
    for one in filled.values():
        one.used.clear()
    walk.write(template.sides[side])
    text = "".join(walk.text)
    if fault := re.search(r"  | [.,;:!?]|^\s|\s$|,,|\.\.(?!\.)", text):
        around = text[max(0, fault.start() - 20) : fault.end() + 20]
        raise DataError(f"spaces or marks stand wrong in {around!r}", where=template.where)
    quotes = _quotes(walk, text)
    speaking = {said.speaker for key, said in template.quotes.items() if (key, "") in walk.parts}
    clusters = _clusters(walk, text, speaking)
    ids = {key: cluster.id for key, cluster in clusters.items()}
    entities = [
        Entity(span, head.label, depth, ids[head.who], clusters[head.who].qid, head.metonymy)
        for head, depth, span in walk.names
        if depth <= 2
    ]
    if unknown := {entity.label for entity in entities} - {*ENTITY_LABELS}:
        raise DataError(f"no labels: {unknown}", where=template.where)
    made = Annotations(
        tuple(sorted(entities, key=lambda one: (one.span.start, -one.span.end))),
        tuple(replace(quote, speaker_entity=ids.get(quote.speaker_entity or "")) for quote in quotes),
        tuple(sorted(clusters.values(), key=lambda one: one.id)),
    )
    return text, made


def _joined(fragments: list[tuple[int, int]], text: str) -> Span:
    """Fragments with nothing or a space between them are one (G-GEN-02)."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(fragments):
        # A bracket may take in the space beside it; a span does not (G-GEN-03).
        start += len(text[start:end]) - len(text[start:end].lstrip())
        end -= len(text[start:end]) - len(text[start:end].rstrip())
        if merged and not text[merged[-1][1] : start].strip(" "):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return Span(tuple(merged))


def _quotes(walk: _Walk, text: str) -> list[Quote]:
    """The quotes of this side, numbered as G-QUO-08 says, each in the smallest that holds it (G-NST-01)."""
    spans = {key: _joined(parts, text) for key, parts in walk.parts.items()}
    made: dict[str, Quote] = {}
    for id, said in walk.template.quotes.items():
        if (id, "") not in spans:
            if any(quote == id for quote, _ in spans):
                raise DataError(f"{id} has roles, but no content", where=walk.template.where)
            continue
        medium = said.medium
        if medium in walk.filled:
            medium = walk.filled[medium].row["medium"]
        roles = {role: spans.get((id, role)) for role in ("cue", "speaker", "addressee", "frame")}
        if said.carried:
            roles["speaker"] = spans.get((said.carried, "speaker"))
        if said.speaker and said.attribution != "implicit" and roles["speaker"] is None:
            raise DataError(f"{id} has a speaker, but no [{id}.speaker …]", where=walk.template.where)
        made[id] = Quote(
            id,
            said.type,
            spans[id, ""],
            {"open": "speech/writing"}.get(medium, medium),
            speaker_entity=said.speaker or None,
            attribution=said.attribution,
            **roles,  # type: ignore[arg-type]
        )
    order = sorted(made, key=lambda id: (made[id].content.start, -made[id].content.end, id))
    number = {id: f"q{i:02d}" for i, id in enumerate(order, 1)}
    around = holders([made[id].content for id in order])
    return [
        replace(made[id], id=number[id], parent=number[order[others[0]]] if others else None)
        for id, others in zip(order, around, strict=True)
    ]


def _clusters(walk: _Walk, text: str, speaking: set[str]) -> dict[str, Cluster]:
    """The clusters of this side by their slots: names, persons, and whoever speaks (G-COR-04)."""
    spoken = [
        (said.speaker, _joined(walk.parts[id, "speaker"], text))
        for id, said in walk.template.quotes.items()
        if said.speaker and (id, "") in walk.parts and (id, "speaker") in walk.parts
    ]
    named = {head.who for head, depth, _ in walk.names if depth <= 2}
    mentions: dict[str, set[Span]] = {}
    for who, span in [*walk.mentions, *spoken]:
        mentions.setdefault(who, set()).add(span)
    made: dict[str, Cluster] = {}
    for who in sorted({*named, *mentions, *filter(None, speaking)}):
        if who not in named and not (who in speaking or _is_person(walk, who)):
            continue
        name, type, aliases, known = _called(walk, who, text)
        own = mentions.get(who, set()) if who in speaking or type == "PER" else set()
        names = {span for head, _, span in walk.names if head.who == who}
        # A phrase inside a longer one of the same is part of it (G-COR-05).
        own = {one for one in own if one not in names and not _inside(one, own)}
        # A capital without its state has the state's id (G-COR-11).
        state = who in walk.filled and walk.filled[who].kind == "country"
        id = walk.filled[who].row["name"] if state else name
        slug = re.sub(r"[^a-z0-9]+", "-", german.plain_letters(id)).strip("-") or "x"
        made[who] = Cluster(
            _unused(slug, {one.id for one in made.values()}),
            name,
            type,
            named=known,
            qid=None if known else "NIL",
            aliases=tuple(aliases),
            mentions=tuple(sorted(own)),
        )
    return _distinct(made)


def _inside(one: Span, others: set[Span]) -> bool:
    """Whether a longer phrase holds it."""
    return any(len(other) > len(one) and other.contains(one) for other in others)


def _unused(slug: str, taken: set[str]) -> str:
    number = 2
    new = slug
    while new in taken:
        new, number = f"{slug}-{number}", number + 1
    return new


def _distinct(made: dict[str, Cluster]) -> dict[str, Cluster]:
    """An alias belongs to one cluster only (G-COR-08)."""
    count: dict[str, int] = {}
    for cluster in made.values():
        for name in {cluster.name, *cluster.aliases}:
            count[name] = count.get(name, 0) + 1
    return {
        who: replace(
            cluster, aliases=tuple(a for a in cluster.aliases if count[a] == 1 and a != cluster.name)
        )
        for who, cluster in made.items()
    }


def _is_person(walk: _Walk, who: str) -> bool:
    if who in walk.filled:
        return walk.filled[who].kind in ("person", "someone")
    return who in walk.template.clusters and walk.template.clusters[who].type == "PER"


def _called(walk: _Walk, who: str, text: str) -> tuple[str, str, list[str], bool]:
    """Name, type and aliases of a cluster, and whether it is a named one."""
    if who in walk.template.clusters:
        known = walk.template.clusters[who]
        name, *more = (_words(walk, nodes) for nodes in (known.name, *known.aliases))
        return name, known.type, more, known.named
    if "+" in who:
        parts = [_called(walk, each, text) for each in who.split("+")]
        return " und ".join(part[0] for part in parts), "GROUP", [], all(part[3] for part in parts)
    if who not in walk.filled:
        head, span = next((head, span) for head, _, span in walk.names if head.who == who)
        return span.text(text), head.label[:3], [], True
    one = walk.filled[who]
    labels = {head.label[:3] for head, _, _ in walk.names if head.who == who}
    type = labels.pop() if len(labels) == 1 else _TYPES.get(one.kind, "OTH")
    if one.kind == "person":
        assert one.role is not None
        role = one.role[one.gender]
        last, full = one.row["name"], f"{one.first} {one.row['name']}"
        name = full if "full" in one.used else last if one.used != {"first"} else one.first
        aliases = [last] if name == full else []
        if "role" in one.used:
            aliases += [role, f"{role} {full}", f"{role} {last}"]
        return name, type, aliases, True
    if one.kind == "someone":
        return one.row[one.gender], type, [], False
    if one.kind in ("group", "body"):
        return one.row["nom"], type, [], False
    if one.kind == "country":
        state = [f"{one.row['adj']}e Regierung"] if one.row["adj"] else []
        capital = one.row["capital"]
        name = one.row["name"]
        if "capital" in one.used and not re.search(rf"\b{re.escape(name)}", text):
            return capital, type, [name, *state], True
        return name, type, [*state, *filter(None, [capital])], True
    return one.row["name"], type, [], True


def _words(walk: _Walk, nodes: Sequence[Node]) -> str:
    """The words of nodes with slots, for the name of a cluster."""
    filled, where = dict(walk.filled), walk.template.where
    return "".join(
        words_of(render(node, filled, where)) if isinstance(node, Slot) else words_of([node])
        for node in nodes
    )
