"""The clerk's sentences by language, from `wording/*.toml`; English stands in for missing ones."""

import tomllib
from datetime import date
from functools import lru_cache
from pathlib import Path

from babel.dates import format_date

_FOLDER = Path(__file__).with_name("wording")
FALLBACK = "en"
_LOCALES = {"tl": "fil"}  # Filipino goes by another code in the locale data


class Wording:
    """The sentences of one language, with the town's contact already known."""

    def __init__(self, language: str, known: dict[str, str]) -> None:
        self.is_spoken = language in spoken_languages()
        self._sentences = _sentences(FALLBACK) | (_sentences(language) if self.is_spoken else {})
        self._known = known
        self._locale = _LOCALES.get(language, language) if self.is_spoken else FALLBACK

    def say(self, key: str, **values: object) -> str:
        """Return the sentence under `key` with its {braces} filled in."""
        return self._sentences[key].format_map({**self._known, **values})

    def day(self, day: date) -> str:
        """Return `day` as people write it: "Friday, March 6, 2026"."""
        return format_date(day, format="full", locale=self._locale)


@lru_cache(maxsize=1)
def spoken_languages() -> frozenset[str]:
    """Return the codes of the languages that have a file of sentences."""
    return frozenset(path.stem for path in _FOLDER.glob("*.toml"))


@lru_cache(maxsize=16)
def _sentences(language: str) -> dict[str, str]:
    text = (_FOLDER / f"{language}.toml").read_text(encoding="utf-8")
    return {key: str(sentence) for key, sentence in tomllib.loads(text).items()}
