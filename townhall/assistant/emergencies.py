"""The book of emergencies: the rules and the words of emergencies.toml, ready for the gate."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, reduce
from operator import or_
from pathlib import Path

from townhall.assistant.phrases import PhraseBook

_DATA = Path(__file__).with_name("emergencies.toml")


@dataclass(frozen=True)
class Rule:
    """Bits of classes: one of each of `terms` must be there; the others take it back."""

    kind: str
    terms: tuple[int, ...]
    unless: int
    unless_near: int
    never_with: int

    def is_met_by(self, bits: int) -> bool:
        """Whether one of each of the terms is among `bits`."""
        for term in self.terms:  # noqa: SIM110 - the hot loop: all() takes three times as long
            if not bits & term:
                return False
        return True


@dataclass(frozen=True)
class WordList:
    """A language: its phrases, of which class, and its everyday words."""

    classes: Mapping[str, Sequence[str]]
    cue_bits: Mapping[str, int]
    context_bits: Mapping[str, int]
    common: frozenset[str]
    borrows: tuple[str, ...]

    @cached_property
    def cues(self) -> PhraseBook:
        """The phrases of the rules."""
        return PhraseBook(self.classes, self.cue_bits)

    @cached_property
    def context(self) -> PhraseBook:
        """All other phrases."""
        return PhraseBook(self.classes, self.context_bits)


@dataclass(frozen=True)
class Book:
    """All rules and languages; three classes of phrases by their bits: see emergencies.toml."""

    rules: tuple[Rule, ...]
    lists: Mapping[str, WordList]
    spoken_in: Mapping[str, Sequence[str]]
    replies: Mapping[str, str]
    harmless: int
    now: int
    still: int

    def lists_for(self, language: str) -> list[WordList]:
        """Return the word list of `language` and those that it borrows from."""
        own = self.lists[language]
        return [own, *(self.lists[name] for name in own.borrows)]


@cache
def load_book() -> Book:
    """Return the book, read once in a process."""
    data = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    words: dict[str, dict[str, str]] = data["words"]
    names = sorted({name for classes in words.values() for name in classes})
    bit_of = {name: 1 << at for at, name in enumerate(names)}
    rules = tuple(
        _read_rule(alarm, when, bit_of) for alarm in data["alarms"] for when in alarm["when"]
    )
    terms = any_of(term for rule in rules for term in rule.terms)
    lists = {language: _read_list(classes, bit_of, terms) for language, classes in words.items()}
    spoken_in: defaultdict[str, list[str]] = defaultdict(list)
    for language, own in lists.items():
        for word in own.common.union(*(lists[name].common for name in own.borrows)):
            spoken_in[word].append(language)
    return Book(
        rules=rules,
        lists=lists,
        spoken_in=spoken_in,
        replies=data["replies"],
        harmless=bit_of["harmless"],
        now=bit_of["now"],
        still=bit_of["still"],
    )


def _read_rule(alarm: Mapping[str, Sequence[str]], when: str, bit_of: Mapping[str, int]) -> Rule:
    def bits(names: Sequence[str]) -> int:
        return any_of(bit_of[name] for name in names)

    return Rule(
        kind=str(alarm["kind"]),
        terms=tuple(bits(term.strip().split("|")) for term in when.split("+")),
        unless=bits(alarm.get("unless", ())),
        unless_near=bits(alarm.get("unless_near", ())),
        never_with=bits(alarm.get("never_with", ())),
    )


def _read_list(words: Mapping[str, str], bit_of: Mapping[str, int], terms: int) -> WordList:
    classes = {
        name: [phrase for phrase in re.split(r"\s*[,\n]\s*", phrases) if phrase.strip()]
        for name, phrases in words.items()
        if name not in ("common", "borrows")
    }
    return WordList(
        classes=classes,
        cue_bits={name: bit for name, bit in bit_of.items() if bit & terms},
        context_bits={name: bit for name, bit in bit_of.items() if not bit & terms},
        common=frozenset(words["common"].split()),
        borrows=tuple(words.get("borrows", "").split()),
    )


def any_of(bits: Iterable[int]) -> int:
    """Return all of `bits` together."""
    return reduce(or_, bits, 0)
