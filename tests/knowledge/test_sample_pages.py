"""The sample town's pages agree with one another and with town.toml, and keep their style."""

import re
from collections.abc import Iterator

import pytest

from townhall.knowledge.pages import Page, page_files, read_page, read_pages
from townhall.town import SAMPLE, load_town

PAGES = read_pages(SAMPLE)
PHONE = re.compile(r"\(045\) 555 \d{4}")
EMAIL = re.compile(r"[\w.]+@[\w.]*\w")
DIRECTORY = "knowledge/phone-directory.md"


def text_of(page: Page) -> str:
    """Return the text of the whole page without its headings."""
    return "\n".join(section.text for section in page.sections)


@pytest.fixture(params=page_files(SAMPLE), ids=lambda path: str(path.stem))
def page(request: pytest.FixtureRequest) -> Page:
    """Each page in turn."""
    return read_page(request.param)


def test_a_page_is_short_and_sectioned(page: Page) -> None:
    """A page has 120 to 350 words, an introduction and at least three sections."""
    words = sum(len(f"{section.heading} {section.text}".split()) for section in page.sections)
    assert 120 <= words <= 350
    assert page.sections[0].heading == ""
    assert len(page.sections) >= 4


def test_a_page_is_recent_and_ours(page: Page) -> None:
    """A page has its own address at the town's site and was updated in the last years."""
    assert page.source.startswith("https://riverbend.example/")
    assert [other.source for other in PAGES].count(page.source) == 1
    assert [other.title for other in PAGES].count(page.title) == 1
    assert page.updated.year in (2025, 2026)


def test_a_page_speaks_plainly(page: Page) -> None:
    """No exclamation marks, no other currency, no real addresses."""
    text = text_of(page)
    assert "!" not in text
    assert not re.search(r"[$€£]|PHP|pesos", text)
    assert all(host.endswith(".example") for host in re.findall(r"https?://([\w.-]+)", text))
    assert all(address.endswith("@riverbend.example") for address in EMAIL.findall(text))


def test_phone_numbers_are_in_the_directory(page: Page) -> None:
    """Every number on any page is one of the directory's, and every number is a 555 number."""
    directory = {number for other in PAGES if other.path == DIRECTORY for number in numbers(other)}
    assert {*numbers(page)} <= directory
    assert "555 0" not in PHONE.sub("", text_of(page))


def test_rooms_and_numbers_belong_to_one_office() -> None:
    """A room of the town hall always goes with the same phone number as in the directory."""
    pairs = re.compile(r"room (\d{3})[^:.]{0,30}?[:,(] ?(\(045\) 555 \d{4})")
    directory = dict(pairs.findall(text_of(next(p for p in PAGES if p.path == DIRECTORY))))
    assert len(directory) >= 14
    for page in PAGES:
        for room, number in pairs.findall(text_of(page)):
            assert directory[room] == number, (page.path, room)


def test_the_pages_agree_with_the_configuration() -> None:
    """The front desk's number, address and e-mail, and the emergency numbers, are the town's."""
    town = load_town(None)
    everything = "\n".join(map(text_of, PAGES))
    directory = next(text_of(page) for page in PAGES if page.path == DIRECTORY)
    assert town.contact.email in directory
    assert f"call {town.emergency.number}" in directory
    assert town.contact.address.removesuffix(", Riverbend") in everything
    for number in (town.contact.phone, *(other.number for other in town.emergency.others)):
        assert number in directory


def numbers(page: Page) -> Iterator[str]:
    """Yield the phone numbers of a page."""
    yield from PHONE.findall(text_of(page))
