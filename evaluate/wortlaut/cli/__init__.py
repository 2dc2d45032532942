"""The command line: thin commands over plain functions. Exit codes: :mod:`wortlaut.cli.ending`."""

from __future__ import annotations

import atexit
import gc
import warnings
from typing import Annotated, Any

import typer

from wortlaut.cli.common import app, print_notes, say
from wortlaut.cli.ending import ended
from wortlaut.errors import EarlyNote
from wortlaut.version import VERSION

# Their commands join the application, in the order of the help.
from wortlaut.cli import scores, audit, plan, show, stress, gate, bench, corpus, probes, extract  # isort: skip # noqa: F401


def main() -> None:
    """The entry point."""
    # A start makes many objects that stay. To look for cycles among them took a fifth of it.
    gc.set_threshold(10_000)
    atexit.register(gc.freeze)
    shown = warnings.showwarning

    def told(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if issubclass(category, EarlyNote):
            print_notes([str(message)])
        else:
            shown(message, category, *place, **more)

    warnings.showwarning = told
    ended(app)


def _version(asked: bool) -> None:
    if asked:
        say(f"wortlaut {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Who said what, in exactly which words, and how well a program finds that out."""
