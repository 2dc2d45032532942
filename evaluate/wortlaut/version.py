"""The version of this package, which results, signatures and cards name, and of what it rests on."""

import sys

VERSION = "1.0.0"
#: The earliest version that scores as this one does: what changed in any later one is in CHANGELOG.md.
SCORES_SINCE = "1.0.0"
#: Distributions whose version is noted where the run has loaded them.
_NOTED = ("HanTa", "gliner", "openai", "quotect", "spacy", "torch", "transformers")


def environment() -> dict[str, str]:
    """Versions of what takes part in a run."""
    import platform
    from importlib import metadata

    noted = ("numpy", "scikit-learn", *(name for name in _NOTED if name in sys.modules))
    return {
        "platform": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "wortlaut": VERSION,
    } | {name: metadata.version(name) for name in noted}
