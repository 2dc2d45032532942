"""Who said what, in exactly which words, and how well a program finds that out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from wortlaut.rendering import render_by
from wortlaut.version import VERSION

__version__ = VERSION
# What shows a value stands above it: here alone are both known.
render_by("wortlaut.reports.values")

if TYPE_CHECKING:
    from wortlaut.corpus.load import Corpus, load_corpus, stream_corpus
    from wortlaut.errors import WortlautError
    from wortlaut.evaluation.audit import Audit, audit
    from wortlaut.evaluation.comparison import Comparison, compare
    from wortlaut.evaluation.corpora import CorporaComparison, compare_corpora
    from wortlaut.evaluation.evaluate import Evaluation, evaluate, load_evaluation
    from wortlaut.evaluation.plan import Plan, plan
    from wortlaut.evaluation.scores import breakdown, curves, score
    from wortlaut.model import Annotations, Cluster, Document, Entity, Head, Quote, Span, Text
    from wortlaut.reports.values import show
    from wortlaut.scoring.compare import PairedTest, paired_test
    from wortlaut.scoring.curves import Curves
    from wortlaut.scoring.metrics import SCHEMAS
    from wortlaut.scoring.over_runs import over_runs
    from wortlaut.scoring.result import Result, Results, Score

#: Name → where it lives: imported when first used, so that `import wortlaut` stays light.
_HOMES = {
    "SCHEMAS": "scoring.metrics",
    "Annotations": "model",
    "Cluster": "model",
    "CorporaComparison": "evaluation.corpora",
    "Comparison": "evaluation.comparison",
    "Corpus": "corpus.load",
    "Curves": "scoring.curves",
    "Document": "model",
    "Entity": "model",
    "Evaluation": "evaluation.evaluate",
    "Head": "model",
    "PairedTest": "scoring.compare",
    "Plan": "evaluation.plan",
    "Quote": "model",
    "Result": "scoring.result",
    "Results": "scoring.result",
    "Score": "scoring.result",
    "Span": "model",
    "Text": "model",
    "WortlautError": "errors",
    "breakdown": "evaluation.scores",
    "Audit": "evaluation.audit",
    "audit": "evaluation.audit",
    "compare": "evaluation.comparison",
    "compare_corpora": "evaluation.corpora",
    "curves": "evaluation.scores",
    "evaluate": "evaluation.evaluate",
    "load_corpus": "corpus.load",
    "load_evaluation": "evaluation.evaluate",
    "over_runs": "scoring.over_runs",
    "paired_test": "scoring.compare",
    "plan": "evaluation.plan",
    "score": "evaluation.scores",
    "show": "reports.values",
    "stream_corpus": "corpus.load",
}

__all__ = [
    "SCHEMAS",
    "Annotations",
    "Audit",
    "Cluster",
    "Comparison",
    "CorporaComparison",
    "Corpus",
    "Curves",
    "Document",
    "Entity",
    "Evaluation",
    "Head",
    "PairedTest",
    "Plan",
    "Quote",
    "Result",
    "Results",
    "Score",
    "Span",
    "Text",
    "WortlautError",
    "audit",
    "breakdown",
    "compare",
    "compare_corpora",
    "curves",
    "evaluate",
    "load_corpus",
    "load_evaluation",
    "over_runs",
    "paired_test",
    "plan",
    "score",
    "show",
    "stream_corpus",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'wortlaut' has no attribute {name!r}")
    return getattr(import_module(f"wortlaut.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*_HOMES, "__version__"])
