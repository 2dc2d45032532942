"""What BookNLP writes: ``NAME.quotes``, beside it ``NAME.tokens`` and ``NAME.entities``. Read only.

*Unverified*: built from its documentation and its source; only ``.quotes`` and ``.entities`` of a real run
could be had. Columns are found by their names in the first line. Tokens count from 0 through the document,
``mention_end`` and the like are inclusive; ``byte_onset`` and ``byte_offset`` count characters.

The text is ``NAME.txt`` where it lies beside, else put together from the tokens where they stand: a space for
each character between two, line feeds between paragraphs. For ``score`` it must be that of the gold.

A quote is direct, its mention the speaker, ``char_id`` the cluster. Entities are as in
:mod:`wortlaut.formats.litbank`; without ``.entities`` there are none. Lost are lemmas, parts of speech,
dependencies, events, supersenses and the ``.book`` file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from wortlaut.errors import DataError
from wortlaut.formats import files
from wortlaut.formats.columns import pack
from wortlaut.formats.litbank import Mention, coreference
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import read_text, unpacked
from wortlaut.model import Annotations, Document, Quote, Span

_TOKENS = ("paragraph_ID", "token_ID_within_document", "byte_onset", "byte_offset", "word")
_ENTITIES = ("start_token", "end_token", "text", "COREF", "prop", "cat")
_QUOTES = ("quote_start", "quote_end", "quote", "mention_start", "mention_end", "char_id")
#: How it writes white space within a token.
_SPACES = str.maketrans({" ": "S", "\n": "N", "\r": "N", "\t": "T"})
#: What BookNLP writes where there is nothing.
_NONE = ("", "None", "-1")


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """A document of each ``.quotes`` file."""
    for file in files.find(path, "booknlp", named=True):
        with tolerated(losses, "document"):
            yield _document(file)


def _document(file: Path) -> Document:
    stem = unpacked(file).stem
    tokens = file.parent / f"{stem}.tokens"
    beside = [one for one in (file.parent / f"{stem}.txt", file.parent / f"{stem}.txt.gz") if one.is_file()]
    text = files.text_beside(file, f"{stem}.txt") if beside else ""
    places: list[tuple[int, int]] = []
    words: list[str] = []
    last = 0
    for where, row in _rows(tokens, _TOKENS):
        paragraph, number, start, end = (_number(cell, where) for cell in row[:4])
        if number != len(places):
            raise DataError(f"is token {number} where {len(places)} should be", where=where)
        if not (places[-1][1] if places else 0) <= start < end or end - start != len(row[4]):
            raise DataError(f"[{start}, {end}) is no place for {row[4][:60]!r} here", where=where)
        if not beside:
            if start - len(text) > 1_000_000:
                raise DataError(f"begins at {start}, far from the token before it", where=where)
            broken = bool(places) and paragraph != last
            text += ("\n" if broken else " ") * (start - len(text)) + row[4]
        elif text[start:end].translate(_SPACES) != row[4]:
            what = f"the text at [{start}, {end}) is {text[start:end][:60]!r}, not {row[4][:60]!r}"
            raise DataError(what, where=where, hint=f"Is {stem}.txt what BookNLP read?")
        last = paragraph
        places.append((start, end))
        words.append(row[4])

    def span(first: str, last: str, said: str | None, where: str) -> Span:
        start, stop = _number(first, where), _number(last, where)
        if not start <= stop < len(places):
            raise DataError(f"tokens {start} to {stop} are not in the document", where=where)
        if said is not None and " ".join(words[start : stop + 1]) != said:
            what = f"its tokens are {' '.join(words[start : stop + 1])[:60]!r}, not {said[:60]!r}"
            raise DataError(what, where=where, hint=f"Is {tokens.name} of the same run?")
        return Span.of(places[start][0], places[stop][1])

    mentions = []
    entities = file.parent / f"{stem}.entities"
    for where, row in _rows(entities, _ENTITIES) if entities.exists() else ():
        begin, stop, said, cluster, kind, label = row
        known = None if cluster in _NONE else cluster
        mentions.append(Mention(span(begin, stop, said, where), label, kind, known))
    quotes = []
    for number, (where, row) in enumerate(_rows(file, _QUOTES), 1):
        content = span(row[0], row[1], row[2], where)
        speaker = None if row[3] in _NONE else span(row[3], row[4], None, where)
        who = None if row[5] in _NONE else row[5]
        quotes.append(Quote(f"q{number}", "direct", content, speaker=speaker, speaker_entity=who))
    found, clusters = coreference(mentions, text)
    return Document(stem, text, Annotations(found, tuple(quotes), clusters), (("tokens", pack(places)),))


def _rows(file: Path, columns: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Where each row is, and its cells in these columns."""
    hint = "BookNLP writes .tokens, .entities and .quotes into one folder."
    head, *lines = read_text(file, hint).split("\n")
    names = head.rstrip("\r").split("\t")
    if missing := [name for name in columns if name not in names]:
        raise DataError(f"has no column {missing[0]!r}", where=f"{file}:1", hint=hint)
    order = [names.index(name) for name in columns]
    for number, line in enumerate(lines, 2):
        cells = line.rstrip("\r").split("\t")
        if cells != [""]:
            if len(cells) != len(names):
                what = f"has {len(cells)} columns, the first line {len(names)}"
                raise DataError(what, where=f"{file}:{number}", hint="Was it cut short?")
            yield f"{file}:{number}", [cells[place] for place in order]


def _number(cell: str, where: str) -> int:
    if not (cell.isascii() and cell.isdigit() and len(cell) < 10):
        raise DataError(f"{cell[:40]!r} is no number of a token or place", where=where)
    return int(cell)
