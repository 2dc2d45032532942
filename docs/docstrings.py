"""How mkdocstrings reads the docstrings of the code (``extensions`` in mkdocs.yml)."""

from __future__ import annotations

import re
from typing import Any

import griffe


class Docstrings(griffe.Extension):
    """Prose behind a section stands before it, examples are code, roles (``:class:`…` ``) are links."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            prose: list[str] = []
            sections: list[str] = []
            for part in obj.docstring.value.split("\n\n"):
                heading = re.match(r"\w+\n-+$", part, re.M)
                entry = part.startswith(" ") or re.match(r"[^\n]+\n\s", part)
                code = f"```pycon\n{part}\n```" if part.startswith(">>> ") else part
                (sections if heading or (sections and entry) else prose).append(code)
            obj.docstring.value = re.sub(
                r":[a-z]+:`~?([\w.]+)`",
                r'<autoref optional identifier="\1"><code>\1</code></autoref>',
                "\n\n".join([*prose, *sections]),
            )
