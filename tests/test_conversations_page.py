"""docs/conversations.md shows what the clerk says today."""

from docs.make_conversations import PAGE, conversations


async def test_page_is_what_the_clerk_says() -> None:
    """Playing the conversations again gives the page; `make conversations` writes it anew."""
    assert await conversations() == PAGE.read_text(encoding="utf-8")
