"""Words and patterns that the clerk reads by, from `vocabulary/*.toml`.

A list is a set of alternatives, and so are the keys of a table. In a pattern `<<name>>` stands for
the list, table or pattern of that name in the same file. All else is the syntax of `re`.
"""

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

_INSERTED = re.compile(r"<<(\w+)>>")


class Vocabulary:
    """The entries of one file."""

    def __init__(self, name: str) -> None:
        path = Path(__file__).with_name("vocabulary") / f"{name}.toml"
        self._entries = tomllib.loads(path.read_text(encoding="utf-8"))

    def words(self, key: str) -> frozenset[str]:
        """Return the list `key` as words to look up."""
        return frozenset(self._entries[key])

    def sequence(self, key: str) -> tuple[str, ...]:
        """Return the list `key` in its order."""
        return tuple(self._entries[key])

    def table(self, key: str) -> dict[str, Any]:
        """Return the table `key`: what each word stands for."""
        return dict(self._entries[key])

    def tables(self, key: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """Return the kind and the compiled pattern of each table in the list `key`, in order."""
        return tuple(
            (each["kind"], re.compile(self._expanded(each["pattern"])))
            for each in self._entries[key]
        )

    def pattern(self, key: str, flags: int = 0) -> re.Pattern[str]:
        """Return the list or pattern `key`, compiled."""
        return re.compile(self._source(key), flags)

    def patterns(self, key: str, flags: int = 0) -> tuple[re.Pattern[str], ...]:
        """Return each pattern of the list `key`, compiled; the first that fits decides."""
        return tuple(re.compile(self._expanded(each), flags) for each in self._entries[key])

    def _source(self, key: str) -> str:
        entry = self._entries[key]
        if isinstance(entry, str):
            return self._expanded(entry)
        # The longest first: "in front of" before "in".
        alternatives = sorted(entry, key=len, reverse=True)
        return f"(?:{'|'.join(map(self._expanded, alternatives))})"

    def _expanded(self, text: str) -> str:
        return _INSERTED.sub(lambda match: self._source(match.group(1)), text)


@lru_cache(maxsize=16)
def load_vocabulary(name: str) -> Vocabulary:
    """Return the vocabulary in `vocabulary/<name>.toml`, read once."""
    return Vocabulary(name)
