"""What others wrote, made safe for where it is shown: one function for each target."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from functools import lru_cache

#: What may be hidden: not ASCII, Latin letters, typographic quotes and dashes, which most texts consist of.
_SUSPECT = re.compile("[^\n\t -~\xa0-\xac\xae-\u02ff\u2010-\u2027]")
#: Those that many texts have go by their names.
_NAMED = {"\t": "⟨TAB⟩", "\r": "⟨CR⟩", "\xad": "⟨SHY⟩"}
#: Where GitHub Actions sees a command: two colons that begin a line, and an older form anywhere.
_COMMAND = re.compile(r"(?m)^(\s*):(?=:)|#(?=#\[)")
_MARKDOWN = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": " "} | {mark: f"\\{mark}" for mark in "\\`*_[]|#~$"}
)
_LATEX = str.maketrans(
    {
        "\n": " ",
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\symbol{34}",
        # At the beginning of a row they would belong to the command that ends the row before.
        "[": "{[}",
        "*": "{*}",
        "–": "--",
        "\u2060": "{}",
        "−": "$-$",
        "±": r"$\pm$",
        "≥": r"$\geq$",
    }
)
_WORKFLOW = str.maketrans({"%": "%25", "\n": "%0A"})
_PROPERTY = str.maketrans({":": "%3A", ",": "%2C"})


def _hidden(character: str) -> bool:
    """Whether it cannot be seen, or moves others.

    Those are controls, formats (joiners, soft hyphens, directions), line and paragraph separators,
    surrogates, and what Unicode does not assign.
    """
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")


@lru_cache(maxsize=4096)
def _code(character: str) -> str:
    return json.dumps(character)[1:-1] if _hidden(character) else character


def terminal(text: str) -> str:
    r"""``\u001b`` for a character that is hidden, as in JSON; line ends and tabs stay.

    JSON stays JSON of the same value.
    """
    return text if text.isprintable() else _SUSPECT.sub(lambda found: _code(found[0]), text)


def log(text: str) -> str:
    """Text for a terminal, in a job of GitHub Actions without what would be a command to it."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return text
    return _COMMAND.sub(lambda found: r"\u0023" if found[1] is None else rf"{found[1]}\u003a", text)


def workflow_command(kind: str, title: str, message: str) -> str:
    """``::error title=…::message``, which GitHub Actions shows beside a job."""
    title, message = (terminal(part).translate(_WORKFLOW) for part in (title, message))
    return f"::{kind} title={title.translate(_PROPERTY)}::{message}"


def markdown(text: str) -> str:
    """One line without mark-up of Markdown or HTML, for a cell of a table, too."""
    return terminal(text).translate(_MARKDOWN)


def markdown_code(text: str) -> str:
    """A code span of Markdown."""
    text = terminal(text).replace("\n", " ")
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " * ("`" in text)
    return f"{fence}{space}{text}{space}{fence}"


def markdown_comment(text: str) -> str:
    """What a reader of the source sees, and nobody else; two hyphens would end it."""
    return f"<!-- {re.sub('-(?=-)', '- ', terminal(text)).replace(chr(10), ' ')} -->"


def latex(text: str) -> str:
    """Text of LaTeX without commands, on one line."""
    # Two hyphens are two, not a dash.
    return re.sub("-(?=-)", "-\u2060", terminal(text)).translate(_LATEX)


def latex_signature(text: str) -> str:
    """A signature as text of LaTeX, which is broken between its parts."""
    return re.sub(r"(\\textbar\{\}|[:,+])", r"\1\\allowbreak{}", latex(text))


def latex_comment(text: str) -> str:
    return "% " + terminal(text).replace("\n", " ")


def visible(character: str) -> str:
    """``⟨U+202E⟩`` for a character that is hidden, in a text that is set in lanes, a page or a figure."""
    return (_NAMED.get(character) or f"⟨U+{ord(character):04X}⟩") if _hidden(character) else character


def all_visible(text: str) -> str:
    return text if text.isprintable() else "".join(map(visible, text))
