"""``preds:FILE.jsonl``: what another program found, read from a file of predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from wortlaut.document import LAYERS, Annotations, Text
from wortlaut.errors import DataError
from wortlaut.formats import predictions


class Predictions:
    """Looks each document up by its id; finds the layers that the file has keys for."""

    def __init__(self, path: str, missing: Literal["error", "empty"]) -> None:
        self.path = path
        self._missing = missing
        self._lines = {name: (where, record) for where, name, record in predictions.read_records(path)}
        given = {key for _, record in self._lines.values() for key in record}
        # A file without any of the keys says that nothing was found, of anything.
        self.finds = tuple(layer for layer in LAYERS if layer in given) or LAYERS

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        for text in texts:
            if text.id in self._lines:
                where, record = self._lines[text.id]
                yield predictions.parse(record, where=where, text=text)[1]
            elif self._missing == "empty":
                yield Annotations()
            else:
                raise DataError(
                    f"no line for document {text.id!r}",
                    where=self.path,
                    hint="Add the line, or count it as nothing found: ?missing=empty.",
                )

    def finish(self, ids: Sequence[str]) -> None:
        """Raises DataError when the file speaks of documents that the corpus does not have."""
        known = set(ids)
        unknown = [(where, name) for name, (where, _) in self._lines.items() if name not in known]
        if unknown:
            shown = ", ".join(
                f"{name!r} (line {where.rpartition(':')[2]})" for where, name in unknown[:10]
            ) + (f" and {len(unknown) - 10} more" if len(unknown) > 10 else "")
            raise DataError(
                f"{'documents' if len(unknown) > 1 else 'a document'} that the corpus does not have: {shown}",
                where=unknown[0][0],
                hint="Remove the lines, or evaluate on the corpus they were made for.",
            )


def create(path: str, missing: Literal["error", "empty"] = "error") -> Predictions:
    return Predictions(path, missing)
