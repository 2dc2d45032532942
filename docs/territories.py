"""Writes the list of countries and regions that comes with the package.

    python -m pip install babel==2.18.0
    python docs/territories.py > evaluate/wortlaut/extractors/data/territories.txt

Their German names in CLDR, in its order. ``~`` marks adjectives that change with the case, as in
``places.txt``: CLDR's form is one of several (Vereinigte Staaten, Dominikanische Republik).
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import version

from babel import Locale

#: CLDR names these too, and they are no places.
NO_TERRITORY = frozenset(("EU", "EZ", "UN", "XA", "XB", "ZZ", "001", "QO"))

HEAD = """\
# Countries and regions, one name a line. ~ stands for the endings -e, -en, -er, -es, -em of an adjective.
# Source: Unicode CLDR (https://cldr.unicode.org), Copyright © 2004-2025 Unicode, Inc., under the Unicode
# License v3 (https://www.unicode.org/license.txt). Taken from Babel {version} by docs/territories.py, which
# left out what is no place, and marked the adjectives.
"""


def main() -> None:
    names = (name for code, name in Locale("de").territories.items() if code not in NO_TERRITORY)
    marked = (re.sub(r"(isch|igt|lich)(e|es|er)(?= )", r"\1~", name) for name in names)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write(HEAD.format(version=version("babel")) + "".join(f"{name}\n" for name in marked))


if __name__ == "__main__":
    main()
