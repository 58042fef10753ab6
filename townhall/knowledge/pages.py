"""The town's pages: Markdown files with a short front matter, cut into passages at `##`.

A mistake in a page raises `TownConfigError` with file and line, as elsewhere in the town's folder.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from townhall.town import TownConfigError

FOLDER = "knowledge"
FENCE = "---"
KEYS = ("title", "source", "updated")
TITLE_LIMIT_CHARS = 200
SOURCE_LIMIT_CHARS = 500
_CODE_FENCE = re.compile(r"^\s*(```|~~~)")


@dataclass(frozen=True)
class Section:
    """A part of a page under one `##` heading; the part before the first has none."""

    heading: str
    text: str


@dataclass(frozen=True)
class Page:
    """One page. `path` is relative to the town's folder, `digest` changes with any byte of it."""

    path: str
    title: str
    source: str
    updated: date
    sections: tuple[Section, ...]
    digest: str


def page_files(folder: Path) -> list[Path]:
    """Return the page files of a town's folder, in the order of their names."""
    return sorted((folder / FOLDER).glob("*.md"))


def read_pages(folder: Path) -> tuple[Page, ...]:
    """Return every page of a town's folder; TownConfigError for the first one with a mistake."""
    return tuple(read_page(path) for path in page_files(folder))


def read_page(path: Path) -> Page:
    """Return the page in one file."""
    name = f"{FOLDER}/{path.name}"
    content = path.read_bytes()
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TownConfigError(f"{name}:{line}: not UTF-8 text; save it as UTF-8") from error
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise TownConfigError(f"{name}:{line}: not text; a page is Markdown")
    front, body_start = _front_matter(name, lines)
    sections = _sections(lines[body_start:])
    if not sections:
        raise TownConfigError(f"{name}:{body_start + 1}: the page has no text")
    return Page(
        path=name,
        title=front["title"],
        source=front["source"],
        updated=date.fromisoformat(front["updated"]),
        sections=sections,
        digest=hashlib.sha256(content).hexdigest(),
    )


def _front_matter(name: str, lines: list[str]) -> tuple[dict[str, str], int]:
    """Return the keys and the index of the first line after the front matter."""
    if not lines or lines[0].rstrip() != FENCE:
        raise TownConfigError(f"{name}:1: a page begins with {FENCE}, then {', '.join(KEYS)}")
    found: dict[str, str] = {}
    for index, line in enumerate(lines[1:], start=1):
        if line.rstrip() == FENCE:
            missing = [key for key in KEYS if key not in found]
            if missing:
                raise TownConfigError(f"{name}:{index + 1}: {missing[0]}: this key is missing")
            return found, index + 1
        if line.strip() and not line.lstrip().startswith("#"):
            key, value = _entry(f"{name}:{index + 1}", line)
            if key in found:
                raise TownConfigError(f"{name}:{index + 1}: {key}: this key is there twice")
            found[key] = value
    raise TownConfigError(f"{name}:{len(lines)}: the front matter has no closing {FENCE}")


def _entry(where: str, line: str) -> tuple[str, str]:
    key, colon, rest = line.partition(":")
    key = key.strip()
    value = rest.strip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1].strip()
    if not colon:
        raise TownConfigError(f"{where}: write `key: value`, one on each line")
    if key not in KEYS:
        raise TownConfigError(f"{where}: {key}: unknown key. Allowed: {', '.join(KEYS)}")
    if reason := _mistake(key, value):
        raise TownConfigError(f"{where}: {key}: {reason}")
    return key, value


def _mistake(key: str, value: str) -> str | None:
    """Return what is wrong with a value of the front matter, if anything is."""
    if not value:
        return "this value is empty"
    if key == "title" and len(value) > TITLE_LIMIT_CHARS:
        return f"a title has at most {TITLE_LIMIT_CHARS} characters"
    if key == "source" and not re.fullmatch(rf"https?://\S{{1,{SOURCE_LIMIT_CHARS}}}", value):
        return f'"{value}" is not an address; write one that begins with https://'
    if key == "updated" and not _is_date(value):
        return f'"{value}" is not a date; write one such as 2026-03-10'
    return None


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None


def _sections(lines: list[str]) -> tuple[Section, ...]:
    sections: list[Section] = []
    heading, text, in_code = "", list[str](), False
    for line in lines:
        in_code ^= _CODE_FENCE.match(line) is not None
        if not in_code and line.startswith("## "):
            sections.append(Section(heading, "\n".join(text).strip()))
            heading, text = line[3:].strip().rstrip("#").rstrip(), []
        else:
            text.append(line)
    sections.append(Section(heading, "\n".join(text).strip()))
    return tuple(section for section in sections if section.text)
