"""What an export could not carry: counted by kind and reason, with examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wortlaut.model import Cluster, Document, Entity, Quote, Span

#: How many examples are kept of each kind and reason.
EXAMPLES = 3
NO_PLACE = "the format has no place for it"


@dataclass(frozen=True, slots=True)
class Loss:
    """``count`` things of one ``kind`` that ``format`` has no place for, and why.

    A kind names a whole (``document``, ``text``, ``entity``, ``quote``, ``cluster``, ``mention``, ``meta``)
    or a field of one that is kept (``entity.qid``, ``quote.cue``, ``document.id``).
    """

    format: str
    kind: str
    reason: str
    count: int
    examples: tuple[str, ...]


class Losses:
    """Collects losses while an export runs; iterates over them as :class:`Loss`, sorted."""

    def __init__(self, format: str) -> None:
        self.format = format
        self._found: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = {}

    def add(
        self, kind: str, document: Document, reason: str, what: str = "", span: Span | None = None
    ) -> None:
        """One more loss of ``kind``; ``what`` and ``span`` show which, in the examples."""
        count, examples = self._found.get((kind, reason), (0, ()))
        if len(examples) < EXAMPLES:
            place = f" [{span.start}, {span.end}) {_short(span.text(document.text))}" if span else ""
            examples += (f"{document.id}{place}{f' {what}' if what else ''}",)
        self._found[kind, reason] = count + 1, examples

    def add_all(
        self,
        document: Document,
        *,
        entities: Iterable[Entity] = (),
        quotes: Iterable[Quote] = (),
        clusters: Iterable[Cluster] = (),
    ) -> None:
        """What the format has no place for."""
        for entity in entities:
            self.add("entity", document, NO_PLACE, entity.label, entity.span)
        for quote in quotes:
            self.add("quote", document, NO_PLACE, quote.id, quote.content)
        for cluster in clusters:
            self.add("cluster", document, NO_PLACE, cluster.id)

    def include(self, kind: str, reason: str, count: int, examples: Sequence[str]) -> None:
        """What was lost in another part of the same export."""
        known, shown = self._found.get((kind, reason), (0, ()))
        self._found[kind, reason] = known + count, (*shown, *examples)[:EXAMPLES]

    def __iter__(self) -> Iterator[Loss]:
        for (kind, reason), (count, examples) in sorted(self._found.items()):
            yield Loss(self.format, kind, reason, count, examples)

    def __len__(self) -> int:
        """How many kinds of loss there are; zero is none."""
        return len(self._found)


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:24]} … {text[-12:]}")
