"""A TOML file of the town with the line of every key: a mistake can be shown in its place."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli  # four times as fast as tomllib, and the server's start waits for it

KeyPath = tuple[int | str, ...]
_TABLE = re.compile(r"^\s*(\[\[?)\s*([\w.\-]+)\s*\]\]?")
_KEY = re.compile(r'^\s*"?([\w\-]+)"?\s*=')
_ITEM = re.compile(r"^\s*(?:[{\"']|\d)")


@dataclass(frozen=True)
class TownFile:
    """The parsed data of one file, and its text to find lines in."""

    name: str
    data: dict[str, Any]
    lines: dict[KeyPath, int]

    @classmethod
    def parse(cls, name: str, text: str) -> "TownFile":
        """Return the file called `name` with that text; ValueError, readable, if it is no TOML."""
        try:
            data = tomli.loads(text)
        except tomli.TOMLDecodeError as error:
            raise ValueError(f"not valid TOML: {error}") from error
        return cls(name, data, _lines(text))

    def line_of(self, path: KeyPath) -> int:
        """Return the line of the key at `path`, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_text(path: Path) -> str:
    """Return what is in the file; OSError or ValueError with a readable message if it cannot."""
    if not path.is_file():
        raise FileNotFoundError("the file is missing; copy it from the sample town")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("the file is not UTF-8 text; save it as UTF-8") from error


def _lines(text: str) -> dict[KeyPath, int]:
    """Map the path of each table, key and line-initial array item to its line, from 1."""
    found: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    key: KeyPath | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if heading := _TABLE.match(line):
            table = _table_path(heading.group(2), heading.group(1) == "[[", counts)
            found.setdefault(table, number)
            key = None
        elif named := _KEY.match(line):
            key = (*table, named.group(1))
            found.setdefault(key, number)
        elif key is not None and _ITEM.match(line):
            index = counts.get(key, 0)
            counts[key] = index + 1
            found[(*key, index)] = number
    return found


def _table_path(name: str, is_array: bool, counts: dict[KeyPath, int]) -> KeyPath:
    path: KeyPath = ()
    parts = name.split(".")
    for depth, part in enumerate(parts, start=1):
        path = (*path, part)
        if is_array and depth == len(parts):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path
