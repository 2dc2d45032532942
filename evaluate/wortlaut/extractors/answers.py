"""A folder of a model's answers, which cost money to have again.

What an answer says is as private as its text: folders and files are for their owner only. An entry names
the request that it answers; one that is damaged, or stands where the answer to another request belongs, is
not used.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wortlaut.errors import ExtractorError, raised_as
from wortlaut.extractors.replies import MalformedError
from wortlaut.io.files import replace_file
from wortlaut.text.digests import text_hash

_HINT = "Name a folder of your own by ?cache=, or write ?cache=off."


@dataclass(frozen=True)
class Answers:
    """Kept by the hash of all that they depend on."""

    folder: Path

    def lock_out(self) -> None:
        """Let nobody but the owner read what is here, from older versions too. Raises ExtractorError."""
        with raised_as(ExtractorError, "the cache cannot be kept private:", str(self.folder), _HINT):
            if not self.folder.is_dir():
                _make_private(self.folder)
            # The folder itself may hold other things; everything of ours lies in those below it.
            for folder in self.folder.glob("[0-9a-f][0-9a-f]"):
                _make_private(folder)

    def get(self, request: str) -> str | None:
        """The answer, if there is one. Raises MalformedError: it is damaged, or says it answers another."""
        place = self._place(request)
        if not place.is_file():
            return None
        try:
            entry = json.loads(place.read_bytes())
            said = str(entry["answer"])
            intact = entry["request"] == request and entry["sha256"] == text_hash(said)
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            intact = False
        if not intact:
            raise MalformedError("the cache holds another answer")
        return said

    def put(self, request: str, said: str, about: Mapping[str, Any]) -> None:
        """Keep the answer, and ``about`` it what a reader of the file may ask. Raises ExtractorError."""
        place = self._place(request)
        entry = {"request": request, **about, "sha256": text_hash(said), "answer": said}
        data = json.dumps(entry, ensure_ascii=False) + "\n"
        with raised_as(ExtractorError, "cannot be written:", str(place), _HINT):
            _make_private(place.parent)
            replace_file(place, data.encode("utf-8", "surrogatepass"), private=True)

    def _place(self, request: str) -> Path:
        return self.folder / request[:2] / f"{request}.json"


def default_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "wortlaut" / "llm"


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o777 != 0o700:
        folder.chmod(0o700)
