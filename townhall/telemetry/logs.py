"""Structured logs, pretty or JSON, with the ids of request, session, turn and trace.

Never log the text of a message, a reply, a tool's arguments or a token: ids and figures only.
"""

import logging
import sys
import traceback

import structlog
from structlog.stdlib import BoundLogger
from structlog.typing import EventDict, Processor

from townhall.settings import Settings

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def get_logger(name: str) -> BoundLogger:
    """Return the logger called `name`, such as `townhall.turns`."""
    logger: BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def configure_logs(settings: Settings) -> None:
    """Send our logs and those of the libraries to stderr, in one format."""
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _where_it_failed,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("townhall").setLevel(settings.log_level.upper())
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(logging.INFO)
    # Our own request line carries the ids; the SDK logs what models and tools say.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("openai.agents").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _where_it_failed(_logger: object, _method: str, event: EventDict) -> EventDict:
    # An exception's own text, and the values of variables, may be what a resident wrote.
    error = event.pop("exc_info", None)
    if isinstance(error, tuple):
        error = error[1]
    chain = []
    while isinstance(error, BaseException):
        frames = "".join(traceback.format_tb(error.__traceback__))
        chain.append(f"{frames}{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or error.__context__
    if chain:
        event["exception"] = "\ncaused by\n".join(chain)
    return event
