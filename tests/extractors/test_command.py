"""cmd:COMMAND: programs that answer, and programs that do not."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from wortlaut.errors import ExtractorError
from wortlaut.extractors import resolve, run
from wortlaut.extractors.command import Command
from wortlaut.model import Annotations, Document, Entity, Span, Text

DOCUMENTS = [Document(f"d{number}", f"Yoön „{number}“ \U0001f600") for number in range(5)]
READ = "import json, sys, time\nfor line in sys.stdin:\n    d = json.loads(line)\n"
ANSWER = '    print(json.dumps({"id": d["id"], "entities": [{"start": 0, "end": 4, "label": "PER"}]}))\n'


def program(folder: Path, body: str) -> str:
    path = folder / "a program.py"
    path.write_text(body, encoding="utf-8")
    return f"cmd:{shlex.quote(sys.executable)} {shlex.quote(str(path))}"


def test_one_process_over_all_batches(tmp_path: Path) -> None:
    body = (
        "import os\n"
        + READ
        + (
            '    print(json.dumps({"id": d["id"], "entities": [{"start": 0, "end": len(d["text"]),'
            ' "label": str(os.getpid()), "text": d["text"]}]}, ensure_ascii=False))\n'
        )
    )
    made = resolve(program(tmp_path, body))
    found = run(made, DOCUMENTS, batch_size=2)
    assert [one.entities[0].span for one in found] == [Span.of(0, len(d.text)) for d in DOCUMENTS]
    assert len({one.entities[0].label for one in found}) == 1
    assert made.finds == ("entities",)
    again = run(made, DOCUMENTS[:1])
    assert again[0].entities[0].label != found[0].entities[0].label


def test_big_texts_do_not_block(tmp_path: Path) -> None:
    # It answers with as much as it gets, before it reads on: both pipes are full.
    body = READ + '    print(json.dumps({"id": d["id"], "text": d["text"], "quotes": []}))\n'
    big = [Document(f"d{number}", "Wörter " * 200_000) for number in range(4)]
    assert run(resolve(program(tmp_path, body) + "?timeout=60"), big) == [Annotations()] * 4


def test_a_program_that_reads_nothing_before_it_answers_all(tmp_path: Path) -> None:
    body = 'import sys\nfor n in range(3): print(\'{"id": "d%d"}\' % n)\nsys.stdin.read()\n'
    big = [Document(f"d{number}", "Wörter " * 50_000) for number in range(3)]
    assert run(resolve(program(tmp_path, body) + "?timeout=60"), big) == [Annotations()] * 3


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("import sys\nsys.exit(3)\n", "ended with exit code 3 before it answered document 'd0'"),
        ("import sys\nsys.stderr.write('no weights\\n')\nsys.exit(1)\n", "| no weights"),
        (READ + ANSWER + "    if d['id'] == 'd2': raise KeyError('model')\n", "| KeyError: 'model'"),
        (
            READ + ANSWER + "    if d['id'] == 'd2': break\n",
            "ended with exit code 0 before it answered document 'd3'",
        ),
        (READ + "    print('Loading model')\n", "printed no JSON object for document 'd0': 'Loading model'"),
        (READ + "    print()\n", "printed no JSON object for document 'd0': ''"),
        (READ + "    sys.stdout.buffer.write(b'\\xff\\n')\n", "not UTF-8"),
        (READ + '    print(\'{"id": "d1"}\')\n', "answered for document 'd1' when it was asked for 'd0'"),
        (READ + "    print('{\"entities\": []}')\n", "answered for document None"),
        (READ + ANSWER + ANSWER, "answered for document 'd0' when it was asked for 'd1'"),
        (READ + ANSWER + "print('done')\n", "printed a line too many: 'done'"),
        (READ + ANSWER + "sys.exit(5)\n", "ended with exit code 5"),
        (READ + ANSWER.replace("4,", "99,"), "document d0: entity 1: [0, 99) ends after the text"),
    ],
)
def test_programs_that_fail(tmp_path: Path, body: str, message: str) -> None:
    spec = program(tmp_path, body)
    with pytest.raises(ExtractorError) as caught:
        run(resolve(spec + "?timeout=30"), DOCUMENTS)
    assert message in str(caught.value)
    assert "a program.py" in caught.value.where


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (READ + "    time.sleep(60)\n", "said nothing for 1 seconds while document 'd0' was awaited"),
        ("import json, sys\nsys.stdin.read()\n", "flush its output"),
        (READ + ANSWER + "time.sleep(60)\n", "said nothing for 1 seconds while its end was awaited"),
        (
            "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])\n",
            "said nothing for 1 seconds",
        ),
    ],
)
def test_programs_that_hang_are_ended(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(ExtractorError) as caught:
        run(resolve(program(tmp_path, body) + "?timeout=1"), DOCUMENTS)
    assert message in str(caught.value)


def test_no_such_program() -> None:
    with pytest.raises(ExtractorError, match="cannot be started: No such file"):
        run(resolve("cmd:no-such-program-here --x"), DOCUMENTS)


def test_the_program_is_ended_when_the_caller_stops(tmp_path: Path) -> None:
    made = Command(program(tmp_path, READ + ANSWER).removeprefix("cmd:"), 30)
    answers = made.extract([Text(document.text, document.id) for document in DOCUMENTS])
    assert next(answers) == Annotations((Entity(Span.of(0, 4), "PER"),))
    process = made._process
    assert process is not None and process.poll() is None
    made.close()
    assert process.poll() is not None
