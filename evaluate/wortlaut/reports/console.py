"""Rich without mark-up: what is printed is text, and nothing in it moves the cursor, colours or links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text as RichText

from wortlaut.reports.escapes import terminal


class Text(RichText):
    """Words made safe before they are measured and wrapped."""

    def __init__(self, text: str = "", style: str = "", **options: Any) -> None:
        super().__init__(terminal(text), style, **options)


class Console(RichConsole):
    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render_str(self, text: str, **options: Any) -> RichText:
        return super().render_str(terminal(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Whatever was drawn, a net below :class:`Text`; what Rich itself controls stays."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=terminal(segment.text))
