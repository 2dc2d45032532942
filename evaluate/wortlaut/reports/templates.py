"""Pages and pictures from the templates beside this module: every text is escaped, nothing is loaded."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any

from wortlaut.reports.escapes import terminal


def asset(name: str) -> str:
    """A file of this package."""
    return files("wortlaut.reports").joinpath(name).read_text("utf-8")


def policy_hash(source: str) -> str:
    """What a Content-Security-Policy calls a script, or a style, that may run: ``sha256-…``."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def fill(name: str, **values: Any) -> str:
    """The template with its values, hidden characters shown as in a terminal. ``n`` writes a coordinate."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        # What is marked as safe is HTML or JSON of ours.
        finalize=lambda value: terminal(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["n"] = lambda value: f"{value:.1f}".removesuffix(".0")
    environment.globals["policy_hash"] = policy_hash
    return environment.from_string(asset(name)).render(values)
