"""Quotation marks: which sign opens, which closes, and what lies between them.

One pass with a stack. The same sign opens in one language and closes in another (``“``) or goes both
ways (``"``, ``»``), so a sign is read by what stands beside it and by what is open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Which signs close what a sign opened.
CLOSERS = {
    "„": '“”"‟',
    "“": '”"',
    "”": "”",
    '"': '"“”',
    "»": "«",
    "«": "»",
    "‚": "‘’'",
    "‘": "’'",
    "'": "'’",
    "›": "‹",
    "‹": "›",
}
_MARK = re.compile("[„“”‟\"»«‚‘’'›‹]|\n")
_MARK_SIGN = re.compile('[„“”"»«]')
_FAR = 3000
_OPENERS_ONLY = frozenset("„‚")
_SINGLE = frozenset("‚‘’'›‹")
_BEFORE_OPENING = frozenset("([{–—-/„“\"»«‚‘'›‹:")
_AFTER_SENTENCE = re.compile(r"[.!?…](?=\s|$)")
#: No text nests deeper; without a bound, a text of opening marks would cost quadratic time.
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Quoted:
    """A stretch between quotation marks, marks included: of characters, or of tokens.

    ``depth`` 0 is the outermost.
    """

    start: int
    end: int
    depth: int
    closed: bool = True


def find_quoted(text: str) -> list[Quoted]:
    """Every quoted stretch, sorted by start, the outer before the inner."""
    found: list[Quoted] = []
    stack: list[tuple[str, int]] = []
    open_until = -1
    for match in _MARK.finditer(text):
        sign, at = match.group(), match.start()
        if sign == "\n":
            if stack and at > open_until and not _reopens(text, at, stack[0][0]):
                open_until = _closed_later(text, at, stack[0][0])
                if open_until < at:
                    found += _unclosed(text, stack, at)
                    stack = []
        elif not (stack and _continues_paragraph(text, at, sign, stack)):
            level = _closes(text, at, sign, stack)
            if level is not None:
                found.append(Quoted(stack[level][1], at + 1, level))
                del stack[level:]
            elif _opens(text, at, sign) and len(stack) < _DEPTH:
                stack.append((sign, at))
    found += _unclosed(text, stack, len(text))
    return sorted(found, key=lambda quoted: (quoted.start, -quoted.end))


def _closes(text: str, at: int, sign: str, stack: list[tuple[str, int]]) -> int | None:
    """The level of the stack that the sign closes."""
    spaced, inner = text[at - 1].isspace(), text[at + 1 : at + 2].isalnum()
    single = sign in _SINGLE and (inner or spaced)
    if sign in _OPENERS_ONLY or single or (spaced and inner and sign != "“"):
        return None
    for level in range(len(stack) - 1, -1, -1):
        opener, start = stack[level]
        if sign in CLOSERS[opener] and at > start + 1:
            return level
        if opener not in _SINGLE and sign in _SINGLE:
            return None
    return None


def _opens(text: str, at: int, sign: str) -> bool:
    before, after = text[at - 1 : at] or " ", text[at + 1 : at + 2] or " "
    if sign in _OPENERS_ONLY:
        return not after.isspace() or sign == "„"
    return sign in CLOSERS and (before.isspace() or before in _BEFORE_OPENING) and not after.isspace()


def _reopens(text: str, at: int, opener: str) -> bool:
    """Whether the next paragraph begins with the mark that is still open: the quotation goes on."""
    return opener not in _SINGLE and text[at : at + 8].lstrip().startswith(opener)


def _closed_later(text: str, at: int, opener: str) -> int:
    """Where a later paragraph closes the quotation before any new one begins; -1 if none does."""
    following = _MARK_SIGN.search(text, at, at + _FAR) if opener in "„»" else None
    if not following or following.group() not in CLOSERS[opener]:
        return -1
    opens = following.group() == '"' and text[following.start() - 1].isspace()
    return -1 if opens else following.start()


def _continues_paragraph(text: str, at: int, sign: str, stack: list[tuple[str, int]]) -> bool:
    return sign == stack[0][0] and text[max(0, at - 8) : at].rstrip(" \t").endswith("\n")


def _unclosed(text: str, stack: list[tuple[str, int]], limit: int) -> list[Quoted]:
    """What was opened and never closed ends with its sentence; a lone single mark is an apostrophe."""
    found = []
    for level, start in ((level, start) for level, (sign, start) in enumerate(stack) if sign in "„»«"):
        sentence = _AFTER_SENTENCE.search(text, start, limit)
        shown = text[start : sentence.end() if sentence else limit].rstrip()
        if len(shown) > 1:
            found.append(Quoted(start, start + len(shown), level, closed=False))
    return found
