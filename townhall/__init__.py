"""Digital Town Hall: a front desk for a town that anyone can self-host."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from townhall.app import create_app
    from townhall.settings import Settings

__version__ = "0.1.0"
__all__ = ["Settings", "__version__", "create_app"]

_HOMES = {"create_app": "townhall.app", "Settings": "townhall.settings"}


def __getattr__(name: str) -> object:
    # The application imports the agents SDK, which takes seconds: only who asks for it pays.
    if name not in _HOMES:
        raise AttributeError(f"module 'townhall' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
