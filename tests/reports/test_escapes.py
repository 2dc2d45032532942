"""What others wrote, in a terminal, a table, a log and a file: shown, and nothing else."""

import json
from collections.abc import Callable
from io import StringIO

import pytest
from rich.table import Table

from wortlaut.reports import escapes
from wortlaut.reports.console import Console, Text

KNOWN: list[tuple[Callable[[str], str], str, str]] = [
    (escapes.terminal, "\x1b[31m\x07\x7f\x9b2J", r"\u001b[31m\u0007\u007f\u009b2J"),
    (escapes.terminal, "\u202egnp\u2066\u2028\u200b\ufeff\xad", r"\u202egnp\u2066\u2028\u200b\ufeff\u00ad"),
    (escapes.terminal, "zwei\nZeilen\tund\rein \x08Ende", r"zwei" "\nZeilen\tund" r"\rein \bEnde"),
    (escapes.terminal, "\udcff \U000e0001", r"\udcff \udb40\udc01"),
    (escapes.terminal, "„Größe“ – 1\xa0€ [link=x]😀[/] Ж 漢", "„Größe“ – 1\xa0€ [link=x]😀[/] Ж 漢"),
    (escapes.markdown, "a|b`c*_[x](y)\n<b>&~$\x1b", r"a\|b\`c\*\_\[x\](y) &lt;b&gt;&amp;\~\$\\u001b"),
    (escapes.markdown_code, "a\nb", "`a b`"),
    (escapes.markdown_code, "a`` `b", "``` a`` `b ```"),
    (escapes.latex, "50 % \\input{x}\n\n$_^", r"50 \% \textbackslash{}input\{x\}  \$\_\textasciicircum{}"),
    (escapes.latex_comment, "a\n\\input{x}\r\\y", r"% a \input{x}\r\y"),
    (escapes.visible, "\u202e", "⟨U+202E⟩"),
    (escapes.log, "::error::x", "::error::x"),
]  # fmt: skip


@pytest.mark.parametrize(("escape", "text", "shown"), KNOWN)
def test_known_answers(escape: Callable[[str], str], text: str, shown: str) -> None:
    assert escape(text) == shown


def test_every_character_is_shown_or_hidden_and_json_keeps_its_value() -> None:
    text = "".join(map(chr, range(0x3000))) + '"\\\U000e0001\ufffe'
    written = escapes.terminal(json.dumps(text, ensure_ascii=False))
    assert json.loads(written) == text and written.isprintable() is False  # spaces other than ' '
    assert {c for c in written if not c.isprintable()} <= set(" \xa0\u1680\u2000\u2001\u2002\u2003\u2004"
        "\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000")  # fmt: skip


def test_a_job_of_github_takes_no_commands_but_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert escapes.log("a::b\n  ::add-mask::x\n::y") == "a::b\n  \\u003a:add-mask::x\n\\u003a:y"
    assert json.loads(escapes.log('"##[error]"')) == "##[error]"
    assert escapes.workflow_command("error", "a,b:c\n", "100%\r\n::x") == (
        r"::error title=a%2Cb%3Ac%0A::100%25\r%0A::x"
    )


def test_rich_gets_words_without_mark_up_and_measures_what_is_shown() -> None:
    file = StringIO()
    table = Table("[red]\x1b", "[/]")
    table.add_row("[link=https://example.org]x[/link] :smile:\x9b", Text("\x1b]0;title\x07"))
    Console(file=file, width=80).print(table)
    lines = file.getvalue().splitlines()
    assert len(set(map(len, lines))) == 1, "borders stand below each other"
    assert r"[red]\u001b" in lines[1] and "[/]" in lines[1]
    assert r"[link=https://example.org]x[/link] :smile:\u009b" in lines[3]
    assert r"\u001b]0;title\u0007" in lines[3]


def test_what_escapes_a_cell_is_caught_as_it_is_drawn() -> None:
    file = StringIO()
    words = Text("safe")
    words.append("\x1b[2J")
    Console(file=file, width=80, force_terminal=True).print(words, style="red")
    assert file.getvalue() == "\x1b[31msafe\\u001b[2J\x1b[0m\n"
