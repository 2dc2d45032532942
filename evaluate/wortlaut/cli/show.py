"""The command that shows a text with what the gold and the systems say about it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from wortlaut.cli.common import JsonFile, app, print_notes, print_parts, write_json
from wortlaut.errors import WortlautError, unknown_name
from wortlaut.io.reading import exists, read_text, unpacked
from wortlaut.model import LAYERS, Annotations, Document, Text
from wortlaut.records.record import as_dict

#: So many ids are compared with one that is unknown.
_NEAR = 20_000


@app.command(rich_help_panel="Score and compare")
def show(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[DOC]", help="A document's id, or a text file. Default: the only document of the corpus."
        ),
    ] = None,
    corpus: Annotated[
        str | None,
        typer.Option(
            "--corpus", metavar="REF", help="Where the document is. Default: gold. DOC is an id then."
        ),
    ] = None,
    extractor: Annotated[
        list[str] | None,
        typer.Option(
            "--extractor",
            "-e",
            metavar="SPEC",
            help="Whose findings to show; repeat it. Default: none, and for a text file the built-in ones.",
        ),
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            "--layer", metavar="NAME", help="entities, quotes or clusters; repeat it. Default: the first two."
        ),
    ] = None,
    displacy: Annotated[
        bool, typer.Option("--displacy", help="Print what spacy.displacy.render(…, manual=True) takes.")
    ] = False,
    json_file: JsonFile = None,
) -> None:
    """Show a text with the gold and what extractors find, in lanes below its lines."""
    if displacy and json_file is not None:
        raise WortlautError("--json and --displacy are two outputs", hint="Name one of them.")
    layers = tuple(layer or LAYERS[:2])
    for one in layers:
        if one not in LAYERS:
            raise unknown_name("layer", one, LAYERS)
    from wortlaut.reports import lanes

    if corpus is None and name is not None and exists(Path(name)):
        document, gold, specs = _read_text(Path(name)), None, extractor or _built_in()
    else:
        document, specs = _find(name, corpus or "gold"), extractor or []
        gold = lanes.Lane("gold", document.annotations)
    systems = [lanes.Lane(spec, *_run(spec, document)) for spec in specs]
    every = [gold, *systems] if gold else systems
    if json_file is not None:
        write_json(json_file, as_dict(lanes.shown(document, gold, every)))
    if displacy:
        made, lost = lanes.displacy(document, every, layers)
        write_json(Path("-"), made)
        print_notes(lost)
    elif json_file != Path("-"):
        # Without a terminal, COLUMNS says how wide the text is set, else it is 80.
        width = shutil.get_terminal_size((80, 24)).columns
        print_parts(lanes.lane_view(document, gold, systems, layers, width), soft_wrap=True)


def _find(name: str | None, ref: str) -> Document:
    from wortlaut.corpus.load import stream_corpus

    ids = []
    for document in stream_corpus(ref):
        if document.id == name:
            return document
        ids.append(document.id)
    if name is None and len(ids) == 1:
        return document
    if name is None:
        some = ", ".join(ids[:5])
        raise WortlautError(f"{ref} has {len(ids)} documents", hint=f"Name one of them: {some}, …")
    files = [path.name for path in Path().glob("*.txt")] if ref == "gold" else []
    # Near names are looked for among as many as take no time.
    error = unknown_name("document", name, [*ids[:_NEAR], *files], where=ref)
    if len(error.hint) > 500:
        error.hint = f"It has {len(ids)} documents, such as {ids[0]}."
    if Path(name).is_file():
        error.hint = "A text file is shown without --corpus."
    elif Path(name).suffix or len(Path(name).parts) > 1:
        error.hint += " There is no such file, either."
    raise error


def _read_text(path: Path) -> Document:
    """The text as an extractor gets it: lines end in LF, without a byte order mark."""
    return Document(unpacked(path).stem, read_text(path).replace("\r\n", "\n"))


def _built_in() -> list[str]:
    """Those that can run here; what is left out is told."""
    from wortlaut.evaluation.evaluate import built_in

    names, notes = built_in()
    print_notes(notes)
    return names


def _run(spec: str, document: Document) -> tuple[Annotations, tuple[str, ...]]:
    """What the extractor finds in the text, and what it looks for."""
    from wortlaut.extractors import resolve
    from wortlaut.extractors.run import checked_batch, close

    extractor = resolve(spec)
    try:
        # One document of many: what an extractor has left over for others is no error here.
        (found,) = checked_batch(extractor, [Text(document.text, document.id)])
    finally:
        close(extractor)
    return found, tuple(extractor.finds)
