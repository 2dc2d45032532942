"""Takes a secret out of what others send back, in whatever form it comes."""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape
from typing import Any

#: Shorter ones are placeholders (``none``, ``EMPTY``) for endpoints without keys, and ordinary words.
SHORTEST = 6
#: What Base64 has in addresses.
_ADDRESS = {"+": "-", "/": "_"}


def secret(key: str) -> re.Pattern[str]:
    """What finds the key in a text, as it is or escaped.

    That is: as strings of JSON can have it, encoded once or several times (``\\u0073k``, ``\\/``), as
    parts of addresses (``%2F``) and of HTML (``&#47;``), and in Base64, alone or inside something longer.
    """
    key = re.sub(r"\\+", r"\\", key.strip())  # how many of them there are, an escaped form does not tell
    if len(key) < SHORTEST:
        return re.compile(r"(?!)")
    plain = "".join(map(_forms, key))
    # Base64 has three forms of it, by where in a group of three bytes it begins; at both ends one or two
    # characters depend on the neighbours, too.
    raw = key.encode()
    encoded = (b64encode(bytes(n) + raw).decode()[-(-8 * n // 6) : 8 * (n + len(raw)) // 6] for n in range(3))
    base64 = "|".join("".join(map(_forms, part)) for part in encoded)
    edge = r"(?:\\{1,16}+[uUxX]0{0,6}[0-9a-fA-F]{2}|%(?:25){0,4}[0-9a-fA-F]{2}|[\w+/-]){0,2}"
    return re.compile(f"{plain}|{edge}(?:{base64}){edge}=*", re.ASCII)


def masked(value: Any, secret: re.Pattern[str]) -> Any:
    """A text, or what was read from JSON, with an ellipsis in place of the secret in each of its strings."""
    if isinstance(value, str):
        return secret.sub("…", value)
    if isinstance(value, list):
        return [masked(item, secret) for item in value]
    return {name: masked(item, secret) for name, item in value.items()} if isinstance(value, dict) else value


def _forms(character: str) -> str:
    """The forms of one character, as a pattern that is tried in bounded time at each place."""
    number = ord(character)
    digits = "".join(f"[{digit}{digit.upper()}]" for digit in f"{number:02x}")
    plain = "|".join(
        map(re.escape, sorted({character, escape(character), _ADDRESS.get(character, character)}))
    )
    return (
        rf"(?:\\{{1,16}}+[uUxX]0{{0,6}}{digits}"
        rf"|%(?:25){{0,4}}{digits}"
        rf"|&(?:amp;){{0,4}}#(?:0{{0,6}}{number}|[xX]0{{0,6}}{digits});"
        + (r"|\\{1,16}+)" if character == "\\" else rf"|\\{{0,16}}+(?:{plain}))")
    )
