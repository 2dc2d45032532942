"""Puts tests/ on the path, for the modules that tests of several folders import, and sets up Hypothesis.

The quick tests see the same examples in every run. ``HYPOTHESIS_PROFILE=long`` draws new and more ones; what
fails is printed with its example and a line ``@reproduce_failure``: keep it as an ``@example`` of the test.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))

settings.register_profile(
    "quick",
    max_examples=16,
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    # What a busy machine fails, what texts of this size are said to be, and folders that examples share.
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
settings.register_profile("long", settings.get_profile("quick"), max_examples=18, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: no collection of garbage needs to go through it again."""
    gc.collect()
    gc.freeze()
