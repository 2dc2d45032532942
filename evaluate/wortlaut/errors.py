"""What went wrong, where, and what to do: every error that a user can cause."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

#: No word of a message is longer.
_ENDLESS = re.compile(r"(\S{80})\S{420,}")


class WortlautError(Exception):
    """A problem with the input, told to the reader: what, where, what to do.

    The command line prints it without a traceback and exits with code 2.
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        # What a file holds, and an error repeats, can be of any length.
        self.what, self.hint = (_ENDLESS.sub(r"\1…", text) for text in (what, hint))
        self.where = where
        super().__init__(self.what)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}" + (f"\n  {self.hint}" if self.hint else "")

    def __reduce__(self) -> tuple[object, ...]:
        return rebuild, (type(self), self.what, self.where, self.hint)


class DataError(WortlautError, ValueError):
    """A file, an annotation or a prediction that breaks a rule."""


class MissingFileError(WortlautError, FileNotFoundError):
    """A file or folder that is not there."""

    # OSError formats its own arguments; ours are already a sentence.
    __str__ = WortlautError.__str__


class UnknownNameError(WortlautError, LookupError):
    """A name that nothing answers to, with the nearest ones that something does."""


class MissingExtraError(WortlautError, ImportError):
    """An optional dependency that is not installed, with the command that installs it."""

    __str__ = WortlautError.__str__


class ExtractorError(WortlautError, RuntimeError):
    """An extractor that broke, or returned something that is not an annotation."""


class ComparisonError(WortlautError, ValueError):
    """Two results that must not be compared."""


def rebuild(cls: type[WortlautError], what: str, where: str, hint: str) -> WortlautError:
    """An error that was pickled."""
    return cls(what, where=where, hint=hint)


def counted(count: int, one: str, many: str | None = None) -> str:
    """``1 document``, ``2 documents``: for sentences with a number."""
    return f"{count} {one if count == 1 else many or one + 's'}"


class EarlyNote(UserWarning):
    """What is seen before anything runs, and may be meant so; the command line shows it as a note."""


def listed(items: Sequence[str], most: int) -> str:
    """``a, b and 3 more``: at most so many of the items."""
    return ", ".join(items[:most]) + (f" and {len(items) - most} more" if len(items) > most else "")


@contextmanager
def raised_as(kind: type[WortlautError], what: str, where: str, hint: str = "") -> Iterator[None]:
    """Whatever other people's code raises inside is told as ``kind``; our own errors get their place."""
    try:
        yield
    except WortlautError as error:
        error.where = error.where or where
        raise
    # A program that calls sys.exit() must not end ours.
    except (Exception, SystemExit) as error:
        raise kind(f"{what} {type(error).__name__}: {error}", where=where, hint=hint) from error


def unknown_name(kind: str, name: str, known: Iterable[str], *, where: str = "") -> UnknownNameError:
    """An :class:`UnknownNameError` that offers the nearest of the ``known`` names."""
    from difflib import get_close_matches

    known = sorted(known)
    near = get_close_matches(name, known, n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known)}."
    return UnknownNameError(f"unknown {kind} {name!r}", where=where, hint=hint)
