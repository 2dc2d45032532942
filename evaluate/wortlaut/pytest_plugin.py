"""The pytest plugin: a mark that names an extractor and a corpus, and the fixture ``quality``.

It imports pytest and nothing else until a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from wortlaut.gate.quality import Quality

#: The name of the mark.
MARK = "wortlaut"
_USAGE = '@pytest.mark.wortlaut(extractor="SPEC", corpus="gold")'
#: How many wrong items of each score a failing test shows.
_SHOWN = 20

_cache = pytest.StashKey[dict[str, Any]]()
_given = pytest.StashKey["Quality"]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{MARK}(extractor, corpus='gold', schema=('strict', 'partial'), labels=None, only=None): what the"
        " fixture quality runs and scores, once a session.",
    )


@pytest.fixture
def quality(request: pytest.FixtureRequest) -> Quality:
    """The scores of the extractor that the nearest mark ``wortlaut`` names."""
    mark = request.node.get_closest_marker(MARK)
    if mark is None:
        pytest.fail(f"the fixture quality needs a mark: {_USAGE}", pytrace=False)
    try:
        wanted = _wanted(*mark.args, **mark.kwargs)
    except TypeError as error:
        told = str(error).removeprefix("_wanted() ")
        pytest.fail(f"the mark wortlaut: {told}. Write {_USAGE}", pytrace=False)
    from wortlaut.errors import WortlautError
    from wortlaut.evaluation.evaluate import evaluate
    from wortlaut.gate.quality import Quality
    from wortlaut.reports.escapes import terminal

    extractor, corpus = wanted["extractor"], wanted["corpus"]
    # Objects are kept by identity: the session holds them, so that no other gets their number.
    key = repr({k: v if isinstance(v, str | tuple | dict | None) else id(v) for k, v in wanted.items()})
    done = request.config.stash.setdefault(_cache, {})
    if key not in done:
        try:
            # A list, or a mapping, gives the runs of one system.
            several = isinstance(extractor, list | tuple | dict)
            evaluation = evaluate(
                extractor if several else [extractor],
                corpus,
                schema=wanted["schema"],
                labels=wanted["labels"],
                only=wanted["only"],
                items=True,
                isolate=True,
                on_error="keep",
            )
            first, *others = evaluation.systems
            failed = next((run.failed for run in (first, *first.runs) if run.failed is not None), None)
            if others:
                failed = f"{len(others) + 1} systems are named, and a test is about one, or runs of one name"
        except WortlautError as error:
            evaluation, failed = None, str(error)
        done[key] = (wanted, evaluation, failed)
    _, evaluation, failed = done[key]
    if evaluation is None or failed is not None:
        pytest.fail(terminal(f"{extractor} on {corpus}: {failed}"), pytrace=False)
    # Each test has a view of its own, which notes what it looked at.
    view = Quality(evaluation, request.config.rootpath)
    request.node.stash[_given] = view
    return view


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failing test shows the wrong items of the scores that it looked at."""
    view = item.stash.get(_given, None)
    if view is None or call.when != "call" or call.excinfo is None:
        return (yield)
    from wortlaut.reports.escapes import terminal

    error = call.excinfo.value
    error.args = tuple(terminal(part) if isinstance(part, str) else part for part in error.args)
    report = yield
    if report.failed:
        for layer, schema in dict.fromkeys(view.looked_at):
            lines = list(view.errors(layer, schema))
            more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
            if lines:
                title = f"{view.system.name}: {layer}, {schema}: {len(lines)} wrong items"
                report.sections.append((terminal(title), terminal("\n".join([*lines[:_SHOWN], *more]))))
    return report


def _wanted(
    extractor: object,
    corpus: object = "gold",
    *,
    schema: str | tuple[str, ...] | list[str] = ("strict", "partial"),
    labels: str | Mapping[str, Any] | None = None,
    only: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The arguments of the mark, spelled out."""
    names = (schema,) if isinstance(schema, str) else tuple(schema)
    place = str(corpus) if isinstance(corpus, Path) else corpus
    projected = dict(labels) if isinstance(labels, Mapping) else labels
    return {
        "extractor": extractor,
        "corpus": place,
        "schema": names,
        "labels": projected,
        "only": only and tuple(only),
    }
