"""The command that makes probes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer

from wortlaut.cli.common import app, print_parts, say
from wortlaut.cli.corpus import loss_lines
from wortlaut.errors import counted


@app.command(rich_help_panel="Make a corpus")
def probes(
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Makes fresh items. Default: the frozen release.")
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(metavar="N", min=2, help="Items a phenomenon and sides a contrast. Default: 40."),
    ] = None,
    half: Annotated[
        str, typer.Option(metavar="NAME", help="development or test: they share no words and no templates.")
    ] = "",
    only: Annotated[str, typer.Option(metavar="NAME", help="A phenomenon, a contrast, or a template.")] = "",
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT", help="Write them: a folder, or a file of a known format."),
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="FORMAT", help="Default: as OUT ends; of a folder, native.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT.")] = False,
) -> None:
    """Make short German news items whose gold comes out of their construction; without -o list them."""
    from wortlaut.corpus.load import load_corpus
    from wortlaut.reports.probes import catalogue
    from wortlaut.running.convert import convert

    options = {"seed": seed, "size": size, "half": half, "only": only}
    query = urlencode({name: value for name, value in options.items() if value not in (None, "")})
    ref = f"probes?{query}" if query else "probes"
    if out is None:
        print_parts(catalogue(load_corpus(ref)))
        return
    made = convert(ref, out, to or (None if out.suffix else "native"), force=force)
    say(*loss_lines(made.losses), f"wrote {out} ({made.format}, {counted(made.documents, 'document')})")
