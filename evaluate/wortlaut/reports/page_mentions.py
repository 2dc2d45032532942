"""The mentions of a report: whose they are in the gold, and whom a system takes them for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wortlaut.model import Annotations, Span
from wortlaut.reports.aligned import CORRECT, LABEL, MISSED, SPURIOUS
from wortlaut.scoring.metrics import ceafe
from wortlaut.scoring.metrics._clusters import clusters_by_id, paired

#: A mention and the id of its cluster.
_Mention = tuple[Span, str]


@dataclass(frozen=True)
class Mentions:
    """Mentions by what their clusters are called: names are numbered through all documents."""

    numbers: dict[str, int] = field(default_factory=dict)

    def gold(self, annotations: Annotations) -> list[tuple[int, Span]]:
        """Name and span of each mention, in text order."""
        names = _names(annotations)
        return [(self._number(names[id]), span) for span, id in _mentions(annotations)]

    def found(
        self, gold: Annotations, found: Annotations
    ) -> tuple[list[tuple[int, Span]], list[tuple[int, int, int]]]:
        """The same of what was found, and number in the gold, number here, class of every mention.

        A mention is the gold's where the characters are equal, and right where the one's cluster answers the
        other's: one to one, as CEAF-e pairs them. A cluster that answers one of the gold has its name.
        """
        sides = [clusters_by_id(one)[0] for one in (gold, found)]
        ids = [list(one) for one in sides]
        clusters, answering = (list(one.values()) for one in sides)
        pairs = paired(clusters, answering, ceafe.similar)
        whose = {ids[1][j]: ids[0][i] for i, j, _ in pairs}
        names = _names(found) | {id: _names(gold)[other] for id, other in whose.items()}
        wanted, here = _mentions(gold), _mentions(found)
        place = {span: i for i, (span, _) in enumerate(wanted)}
        answers = []
        for f, (span, id) in enumerate(here):
            g = place.pop(span, -1)
            right = g >= 0 and whose.get(id) == wanted[g][1]
            answers.append((g, f, SPURIOUS if g < 0 else CORRECT if right else LABEL))
        answers += [(g, -1, MISSED) for g in place.values()]
        return [(self._number(names[id]), span) for span, id in here], answers

    def _number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


def _names(annotations: Annotations) -> dict[str, str]:
    """What each cluster is called: by its id where it has no name."""
    ids = dict.fromkeys(clusters_by_id(annotations)[0])
    return {id: id for id in ids} | {one.id: one.name for one in annotations.clusters}


def _mentions(annotations: Annotations) -> Sequence[_Mention]:
    clusters, _ = clusters_by_id(annotations)
    rows = [(span, id) for id, spans in clusters.items() for span in spans]
    return sorted(rows, key=lambda row: (row[0].start, -row[0].end, row[0]))
