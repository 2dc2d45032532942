"""Attributions of sources, cues and contents (PolNeAR, Citron, PARC) as quotes.

The source is the speaker; several sources, and several contents, are one span of several fragments. The
schemes know no types of quotation, so ``type`` is derived: ``direct`` where no letter or digit of the content
stands outside of double quotation marks, the first of which may also stand right before it; else
``indirect``, with what PARC's authors call mixed. ``parent`` is derived, too: the quote with the smallest
content that holds this one and is larger. Lost, and counted, are attributions without a content.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from wortlaut.model import Quote, Span, holders

#: From a mark to the one that closes it, or, where a paragraph goes on, to the end.
_QUOTED = re.compile(r"""(?:"[^"]*"?|“[^”]*”?|„[^“”]*[“”]?|«[^»]*»?|``(?:(?!'').)*(?:'')?)""", re.DOTALL)
_WORD = re.compile(r"[^\W_]")
Role = Iterable[tuple[int, int]]
NO_CONTENT = "attribution without a content"


def quotes(
    text: str, attributions: Mapping[str, Mapping[str, Role]], unread: Counter[str]
) -> tuple[Quote, ...]:
    """The quotes of attributions: id → role (``content``, ``cue``, ``speaker``) → its places.

    What has no content is counted in ``unread``. Places must be in the text.
    """
    found = list(_quotes(text, attributions))
    unread[NO_CONTENT] += len(attributions) - len(found)
    around = holders([quote.content for quote in found])
    return tuple(
        replace(quote, parent=found[others[0]].id if others else None)
        for quote, others in zip(found, around, strict=True)
    )


def _quotes(text: str, attributions: Mapping[str, Mapping[str, Role]]) -> Iterator[Quote]:
    for id, roles in attributions.items():
        spans: dict[str, Any] = {role: Span.joined(places) for role in roles if (places := [*roles[role]])}
        if "content" in spans:
            yield Quote(id, "direct" if _is_direct(spans["content"], text) else "indirect", **spans)


def _is_direct(content: Span, text: str) -> bool:
    before = text[: content.start].endswith(('"', "“", "„", "«", "``"))
    return not _WORD.search(
        _QUOTED.sub("", text[content.start - before : content.start] + content.text(text))
    )
