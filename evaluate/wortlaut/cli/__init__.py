"""The command line: thin commands over plain functions. Exit codes: :mod:`wortlaut.cli.ending`."""

from __future__ import annotations

import atexit
import gc
import sys
import warnings
from copy import copy
from typing import Annotated, Any

import typer
from typer.main import get_command_name
from typer.models import CommandInfo

from wortlaut.cli.common import app, print_notes, say
from wortlaut.cli.ending import ended
from wortlaut.errors import EarlyNote
from wortlaut.version import VERSION

# Their commands join the application, in the order of the help.
from wortlaut.cli import scores, atlas, passport, audit, plan, show, stress, gate, history  # isort: skip # noqa: F401
from wortlaut.cli import bench, corpus, probes, extract  # isort: skip # noqa: F401


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
    chosen = copy(app)
    chosen.registered_commands = [one for one in app.registered_commands if _name(one) in sys.argv[1:2]]
    # To make all thirty commands takes a while.
    ended(chosen if chosen.registered_commands else app)


def _name(command: CommandInfo) -> str | None:
    return command.name or (command.callback and get_command_name(command.callback.__name__))


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
