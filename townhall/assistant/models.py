"""Which model answers: hosted, the built-in clerk, or echo. All are an `agents.Model`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from json import JSONDecodeError
from urllib.parse import urlsplit

import aiohttp
import openai
from agents import (
    MaxTurnsExceeded,
    Model,
    ModelBehaviorError,
    ModelSettings,
    OpenAIChatCompletionsModel,
)
from agents.models import get_default_model
from agents.retry import (
    ModelRetryBackoffSettings,
    ModelRetrySettings,
    RetryDecision,
    RetryPolicyContext,
)

from townhall.assistant.arguments import ReadableModel
from townhall.assistant.context import TurnContext
from townhall.assistant.responses import ResponsesModel
from townhall.clerk.speech import Answer, BuiltInModel, Item
from townhall.errors import (
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
    TurnTooLong,
)
from townhall.settings import Settings
from townhall.town import Town

CONNECT_SECONDS = 5.0
RETRIES = 2
RETRY_AFTER_SECONDS = 8.0  # a server that asks for more patience gets none: the clerk takes over
RETRIED_STATUS = frozenset({408, 409, 429})  # and every 5xx


@dataclass(frozen=True)
class ModelChoice:
    """The model of this process: its name for people, and how to get it for a turn."""

    name: str
    make: Callable[[TurnContext], Model]
    is_hosted: bool = False
    is_assistant: bool = True  # echo is none: it repeats the words and nothing else
    close: Callable[[], Awaitable[None]] | None = None


def _clerk(context: TurnContext) -> Model:
    from townhall.clerk.model import ClerkModel

    return ClerkModel(context.town, context.now)


CLERK = ModelChoice("clerk", _clerk)


def warm_up_clerk(town: Town) -> None:
    """Load what the clerk needs (about 1.5 s), so that no resident waits for it. Blocks."""
    from townhall.clerk.model import ClerkModel

    said = {"role": "user", "content": "Last Friday at 3 pm somebody broke a bench in the park."}
    ClerkModel(town, datetime.now(town.zone)).answer([said], [])


class EchoModel(BuiltInModel):
    """Repeats the message; for a first `curl` and for tests of the wire."""

    name = "echo"

    def answer(self, items: Sequence[Item], tools: Sequence[str]) -> Answer:
        """Return the last message as it was written."""
        said = [item.get("content") for item in items if item.get("role") == "user"]
        return Answer(text=str(said[-1]) if said else "")


def pick_model(settings: Settings) -> ModelChoice:
    """Return the model that the settings ask for."""
    name = settings.model_name
    if name == "echo":
        echo = EchoModel()
        return ModelChoice("echo", lambda _: echo, is_assistant=False)
    if name == "clerk":
        return CLERK
    return _hosted(settings, name or get_default_model())


def provider_error(error: Exception) -> ProviderError | None:
    """Return what `error` means if the model's server is to blame for it, else None."""
    match error:
        case openai.RateLimitError():
            return ProviderRateLimited("The assistant is busy. Please try again in a moment.")
        case openai.APITimeoutError() if _lost_connection(error):
            return ProviderUnavailable("The assistant cannot be reached. Please try again.")
        case openai.APITimeoutError() | TimeoutError():
            return ProviderTimeout("The assistant did not answer in time. Please try again.")
        case openai.APIError():
            return ProviderUnavailable("The assistant cannot be reached. Please try again.")
        case MaxTurnsExceeded():
            return TurnTooLong("The assistant took too many steps. Please try again.")
        case ModelBehaviorError() | JSONDecodeError():
            return ProviderProtocol("The assistant's answer was cut short. Please try again.")
    return None


def _lost_connection(error: Exception) -> bool:
    # The client's transport calls a refused or broken connection a time-out too.
    cause = error.__cause__ and error.__cause__.__cause__
    return isinstance(cause, aiohttp.ClientConnectionError) and not isinstance(
        cause, aiohttp.ServerTimeoutError
    )


def _hosted(settings: Settings, name: str) -> ModelChoice:
    key = settings.openai_api_key
    client = openai.AsyncOpenAI(
        # A server of one's own needs no key, the client insists on one.
        api_key=key.get_secret_value() if key else "none",
        base_url=settings.openai_base_url,
        # How long it may be silent is decided in turns/run.py; who retries, in `_retry`.
        timeout=openai.Timeout(settings.turn_seconds, connect=CONNECT_SECONDS),
        max_retries=0,
        # Its parser is in C and gives at once what came at once; see assistant/responses.py.
        http_client=openai.DefaultAioHttpClient(),
    )
    model: Model = (
        ResponsesModel(model=name, openai_client=client)
        if _model_api(settings) == "responses"
        else OpenAIChatCompletionsModel(model=name, openai_client=client)
    )
    readable = ReadableModel(model)
    return ModelChoice(name, lambda _: readable, is_hosted=True, close=client.close)


def _model_api(settings: Settings) -> str:
    if settings.model_api is not None:
        return settings.model_api
    base = settings.openai_base_url
    is_openai = base is None or urlsplit(base).hostname == "api.openai.com"
    # Nearly every other server speaks Chat Completions; few speak Responses.
    return "responses" if is_openai else "chat"


def _retry(failed: RetryPolicyContext) -> RetryDecision:
    error = failed.normalized
    status = error.status_code or 0
    is_passing = status in RETRIED_STATUS or status >= 500
    if not (is_passing or error.is_network_error or error.is_timeout):
        return RetryDecision(retry=False)
    delay = error.retry_after
    if delay is not None and delay > RETRY_AFTER_SECONDS:
        return RetryDecision(retry=False)
    return RetryDecision(retry=True, delay=delay)


# store: what residents write is kept in the town's database, not at the provider's.
HOSTED_SETTINGS = ModelSettings(
    store=False,
    retry=ModelRetrySettings(
        max_retries=RETRIES,
        backoff=ModelRetryBackoffSettings(
            initial_delay=0.25, max_delay=2, multiplier=2, jitter=True
        ),
        policy=_retry,
    ),
)
