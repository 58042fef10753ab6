"""Who a request acts for."""

import re
import uuid
from dataclasses import dataclass
from typing import Literal

from townhall.errors import UserIdMismatch

STAFF_PREFIX = "staff:"
ANONYMOUS_PREFIX = "anonymous-"
# What a provider may call a person. It begins like an id of ours, so never like "(local)"; the
# rest is wider than ours, because providers write "auth0|5f7c".
SUBJECT = re.compile(r"[A-Za-z0-9][\x21-\x7e]{0,127}", re.ASCII)

CallerKind = Literal["local", "anonymous", "resident", "staff"]


@dataclass(frozen=True)
class Caller:
    """Who a request acts for. A local caller is the developer: every session, no fixed user."""

    kind: CallerKind
    user_id: str | None

    @property
    def principal(self) -> str:
        """The name under which idempotency keys, limits and history entries are kept."""
        # No user can be called "(local)": ids have no parentheses.
        return self.user_id or f"({self.kind})"

    def acting_as(self, user_id: str | None) -> str | None:
        """Return the user that the caller acts as, given the `user_id` that it named.

        None: a local caller who named nobody. UserIdMismatch if the name is not the caller's.
        """
        if self.kind == "local":
            return user_id
        if user_id is not None and user_id != self.user_id:
            raise UserIdMismatch("Leave user_id out, or send the one that the token was made for.")
        return self.user_id


def new_anonymous_user() -> str:
    """Return a fresh user id for somebody who did not say who they are."""
    return f"{ANONYMOUS_PREFIX}{uuid.uuid4()}"


def is_ours_alone(user_id: str) -> bool:
    """Whether only tokens of ours may name this user: no identity provider is believed it."""
    return user_id.startswith((STAFF_PREFIX, ANONYMOUS_PREFIX))
