"""What tests of access stand on beside a desk."""

from collections.abc import AsyncIterator

import pytest

from tests.access.provider import Provider, identity_provider


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[Provider]:
    """A provider that runs for the whole file."""
    async with identity_provider() as running:
        yield running
