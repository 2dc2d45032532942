"""What an extractor is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from wortlaut.model import Annotations, Text


class Extractor(Protocol):
    """Texts in, annotations out.

    ``finds`` names the layers it looks for (a subset of :data:`wortlaut.model.LAYERS`) and is
    read after the run. ``extract`` gives one answer for each text, in order: annotations, or a
    mapping in the predictions format. What it says of a text must not depend on the other texts.

    An extractor that can say who spoke given quotes has ``attribute(texts, quotes)`` as well: for each
    text it gets its quotes with id, type and content only, and gives back the same quotes, in order, with
    the roles and ``speaker_entity`` filled in.

    Two more methods are called where they exist: ``finish(ids)``, once after the last document, with
    the ids of all, to raise if something is left over; and ``close()``, at the end in any case.
    ``notes``, where it exists, is read after that: sentences that stand with the scores. ``texts_at_once``,
    where it exists, says how many texts it is best given at a time, if more than 32.
    """

    @property
    def finds(self) -> Collection[str]: ...

    def extract(self, texts: Sequence[Text]) -> Iterable[Annotations | Mapping[str, object]]: ...
