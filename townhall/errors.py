"""Every kind of failure that a caller may see, with its HTTP status and its code.

    TownHallError
    ├── InvalidHost, MalformedJson                                   400
    ├── TokenRequired, TokenInvalid, TokenExpired                    401
    ├── CrossOrigin, UserIdMismatch, RoleRequired                    403
    ├── NotFound                                                     404
    ├── MethodNotAllowed                                             405
    ├── RequestTimeout                                               408
    ├── TurnInProgress                                               409
    ├── EventsExpired                                                410
    ├── BodyTooLarge                                                 413
    ├── UnsupportedMediaType                                         415
    ├── ValidationFailed, IdempotencyKeyReused                       422
    ├── RateLimited                                                  429
    ├── InternalError                                                500
    ├── DeskOpening, ShuttingDown, DatabaseUnavailable, IdentityUnavailable       503
    └── ProviderError: the model's server failed
        ├── ProviderRateLimited, ProviderUnavailable, ProviderTimeout, ProviderProtocol
        └── TurnTooLong

`routes/errors.py` turns any of them into a problem object; nothing else does. A `detail` is for
the reader of the answer: it never carries input, exception text or secrets.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong with the input: where (a JSON pointer) and why."""

    pointer: str
    reason: str


class TownHallError(Exception):
    """A failure with a name; subclasses set `status`, `code`, `title` and `retryable`."""

    status = 500
    code = "internal"
    title = "Something went wrong"
    retryable = False

    def __init__(
        self,
        detail: str = "",
        *,
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors
        self.retry_after = retry_after


class InvalidHost(TownHallError):
    """The Host header is missing, doubled or not a host name."""

    status, code, title = 400, "invalid-host", "The Host header is not valid"


class MalformedJson(TownHallError):
    """The body is not JSON."""

    status, code, title = 400, "malformed-json", "The body is not valid JSON"


class TokenRequired(TownHallError):
    """The caller is unknown and the request is not the developer's own."""

    status, code, title = 401, "token-required", "A token is required"


class TokenInvalid(TownHallError):
    """The token is not one of ours."""

    status, code, title = 401, "token-invalid", "The token is not valid"


class TokenExpired(TownHallError):
    """The token was ours, and its time is over."""

    status, code, title = 401, "token-expired", "The token has expired"


class CrossOrigin(TownHallError):
    """A page of another site sent the request."""

    status, code, title = 403, "cross-origin", "Requests from that origin are not allowed"


class UserIdMismatch(TownHallError):
    """The `user_id` given is not the caller's."""

    status, code, title = 403, "user-id-mismatch", "That user_id is not yours"


class RoleRequired(TownHallError):
    """The caller is known, and may not do this."""

    status, code, title = 403, "role-required", "That is not for you"


class NotFound(TownHallError):
    """Unknown, or somebody else's: the caller cannot tell which."""

    status, code, title = 404, "not-found", "Not found"


class MethodNotAllowed(TownHallError):
    """The path exists, the method does not."""

    status, code, title = 405, "method-not-allowed", "Method not allowed"


class RequestTimeout(TownHallError):
    """The body did not come in time."""

    status, code, title = 408, "request-timeout", "The body did not arrive in time"
    retryable = True


class TurnInProgress(TownHallError):
    """Too many messages wait in this session."""

    status, code, title = 409, "turn-in-progress", "Earlier messages are still being answered"
    retryable = True


class EventsExpired(TownHallError):
    """The turn ended long ago and its events are gone; its text is in the transcript."""

    status, code, title = 410, "events-expired", "The events of this turn are no longer kept"


class BodyTooLarge(TownHallError):
    """The body is over the limit."""

    status, code, title = 413, "body-too-large", "The body is too large"


class UnsupportedMediaType(TownHallError):
    """The body is not declared as JSON."""

    status, code, title = 415, "media-type", "Send the body as application/json"


class ValidationFailed(TownHallError):
    """The body, the query or the path breaks a rule; `errors` says which."""

    status, code, title = 422, "validation", "The request is not valid"


class IdempotencyKeyReused(TownHallError):
    """The key came before with another body."""

    status, code = 422, "idempotency-key-reused"
    title = "That Idempotency-Key was used for another request"


class RateLimited(TownHallError):
    """The caller, or everybody at its address together, asks too often."""

    status, code, title = 429, "rate-limited", "Too many requests"
    retryable = True


class InternalError(TownHallError):
    """A bug of ours."""

    retryable = True


class ShuttingDown(TownHallError):
    """The process is about to end and takes no new work."""

    status, code, title = 503, "shutting-down", "The server is restarting"
    retryable = True


class DeskOpening(TownHallError):
    """The process has just started and still loads what the first turn needs."""

    status, code, title = 503, "desk-opening", "The desk is being opened"
    retryable = True


class DatabaseUnavailable(TownHallError):
    """The database does not answer, or not with our schema."""

    status, code, title = 503, "database-unavailable", "The database is not available"
    retryable = True


class IdentityUnavailable(TownHallError):
    """The identity provider's keys are needed to judge a token and cannot be had."""

    status, code, title = 503, "identity-unavailable", "Sign-in is not available"
    retryable = True


class ProviderError(TownHallError):
    """The model's server failed; seen only inside a stream."""

    status, code, title = 502, "provider-unavailable", "The assistant is not available"
    retryable = True


class ProviderUnavailable(ProviderError):
    """The model's server refused, broke the connection or answered 5xx."""


class ProviderRateLimited(ProviderError):
    """The model's server answered 429."""

    code, title = "provider-rate-limited", "The assistant is busy"


class ProviderTimeout(ProviderError):
    """The model's server was silent for too long."""

    status, code, title = 504, "provider-timeout", "The assistant took too long to answer"


class ProviderProtocol(ProviderError):
    """The model's server sent something that is not its protocol."""

    code, title = "provider-protocol", "The assistant's answer could not be read"


class TurnTooLong(ProviderError):
    """The whole turn took longer than allowed."""

    status, code, title = 504, "turn-too-long", "The answer took too long"


@dataclass(frozen=True)
class Problem:
    """A failure as RFC 9457 says it; the same object on the wire and in streams."""

    status: int
    code: str
    title: str
    detail: str
    retryable: bool
    instance: str = ""
    retry_after: int | None = None
    errors: tuple[FieldError, ...] = field(default=())

    @classmethod
    def of(cls, error: TownHallError, instance: str = "") -> "Problem":
        """Return what may be told about `error`; `instance` is the path or turn it is about."""
        return cls(
            status=error.status,
            code=error.code,
            title=error.title,
            detail=error.detail,
            retryable=error.retryable,
            instance=instance,
            retry_after=error.retry_after,
            errors=error.errors,
        )

    def as_json(self) -> dict[str, object]:
        """Return the problem object; `retry_after` and `errors` only where they say something."""
        body: dict[str, object] = {
            "type": f"urn:townhall:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "instance": self.instance,
            "retryable": self.retryable,
        }
        if self.retry_after is not None:
            body["retry_after"] = self.retry_after
        if self.errors:
            body["errors"] = [{"pointer": e.pointer, "reason": e.reason} for e in self.errors]
        return body
