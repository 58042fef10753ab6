"""Pages are read strictly: a mistake is shown with its file and its line."""

from datetime import date
from pathlib import Path

import pytest

from townhall.knowledge.pages import Section, read_page, read_pages
from townhall.town import TownConfigError

GOOD = """---
# who keeps it: the clerk
title: "Water: bills"
source: https://town.example/water?lang=en#bills
updated: 2026-02-05
---
In short.

## Paying ##
Pay here.

```
## not a heading
```
### Smaller
Still paying.

## Empty

## Last
The end.
"""


def page_at(folder: Path, content: str | bytes) -> Path:
    """Write one page into a town's folder and return its path."""
    path = folder / "knowledge" / "water.md"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_page_is_cut_at_its_headings(tmp_path: Path) -> None:
    """Front matter and sections are read; a heading in code or without text makes no section."""
    page = read_page(page_at(tmp_path, GOOD))
    assert page.path == "knowledge/water.md"
    assert page.title == "Water: bills"
    assert page.source == "https://town.example/water?lang=en#bills"
    assert page.updated == date(2026, 2, 5)
    assert page.sections == (
        Section("", "In short."),
        Section("Paying", "Pay here.\n\n```\n## not a heading\n```\n### Smaller\nStill paying."),
        Section("Last", "The end."),
    )


def test_windows_files_read_the_same(tmp_path: Path) -> None:
    """A byte order mark and carriage returns change nothing but the digest."""
    plain = read_page(page_at(tmp_path, GOOD))
    windows = read_page(page_at(tmp_path, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()))
    assert windows.sections == plain.sections
    assert windows.digest != plain.digest


def test_a_town_without_pages_has_none(tmp_path: Path) -> None:
    """A folder without pages is no mistake."""
    assert read_pages(tmp_path) == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# Water", "1: a page begins with ---, then title, source, updated"),
        ("", "1: a page begins with ---, then title, source, updated"),
        (
            GOOD.replace("updated: 2026-02-05\n---\n", ""),
            "5: write `key: value`, one on each line",
        ),
        ("---\ntitle: Water\n", "2: the front matter has no closing ---"),
        (GOOD.replace("updated: 2026-02-05\n", ""), "5: updated: this key is missing"),
        (
            GOOD.replace("updated", "date"),
            "5: date: unknown key. Allowed: title, source, updated",
        ),
        (GOOD.replace("updated:", "title:"), "5: title: this key is there twice"),
        (GOOD.replace('"Water: bills"', ""), "3: title: this value is empty"),
        (
            GOOD.replace("2026-02-05", "5 February"),
            '5: updated: "5 February" is not a date; write one such as 2026-03-10',
        ),
        (
            GOOD.replace("2026-02-05", "2026-02-30"),
            '5: updated: "2026-02-30" is not a date; write one such as 2026-03-10',
        ),
        (
            GOOD.replace("https://town.example/water?lang=en#bills", "town.example/"),
            '4: source: "town.example/" is not an address; write one that begins with https://',
        ),
        (GOOD.replace("Water: bills", "W" * 201), "3: title: a title has at most 200 characters"),
        (GOOD[: GOOD.index("In short")], "7: the page has no text"),
        (GOOD.encode() + b"\n\xff", "23: not UTF-8 text; save it as UTF-8"),
        (GOOD + "\0", "22: not text; a page is Markdown"),
    ],
)
def test_a_mistake_is_shown_in_its_place(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    """Each mistake stops the reading with file, line and what is allowed."""
    with pytest.raises(TownConfigError) as caught:
        read_page(page_at(tmp_path, content))
    assert str(caught.value) == f"knowledge/water.md:{message}"
