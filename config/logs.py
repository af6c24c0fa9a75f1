"""Logs: one line of JSON per event, with secrets, addresses and the contents of e-mails taken out."""

from __future__ import annotations

import logging.config
import re
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

HIDDEN = "[hidden]"
SECRET_KEYS = re.compile(
    r"pass(word)?|secret|token|cookie|authorization|api_?key|csrf|session|body|subject|recipient|e?mail|content|iban",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"[^\s<>\"'(),:;@]+@[^\s<>\"'(),:;@]+\.[^\s<>\"'(),:;@]+")
CREDENTIALS = re.compile(r"(?<=://)[^\s/@]+(?=@)")
SIGNED_LINK = re.compile(r"(/p/(?:[a-z]{1,12}/)?|/order/)[^\s/?\"']+")


def hide(text: str) -> str:
    """Take e-mail addresses, the credentials of URLs and the secrets of public links out of `text`."""
    return SIGNED_LINK.sub(rf"\1{HIDDEN}", ADDRESS.sub(HIDDEN, CREDENTIALS.sub(HIDDEN, text)))


def _hidden(key: str, value: object) -> object:
    if key != "event" and SECRET_KEYS.search(key) and not isinstance(value, bool | int | float | None):
        return HIDDEN
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, dict):
        return {name: _hidden(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden("", inner) for inner in value]
    return value


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace secret and personal values of a log event, whoever wrote it."""
    for key in list(event):
        if not key.startswith("_"):
            event[key] = _hidden(key, event[key])
    return event


SHARED_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    redact,
]


def log_config(*, debug: bool) -> dict[str, Any]:
    """Return the settings of the standard library's logging; `debug` shows more, for people instead of machines."""
    last = structlog.dev.ConsoleRenderer() if debug else structlog.processors.JSONRenderer(ensure_ascii=False)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "kontor": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED_PROCESSORS,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "kontor"}},
        "root": {"handlers": ["stderr"], "level": "INFO" if debug else "WARNING"},
        "loggers": {
            "kontor": {"level": "DEBUG" if debug else "INFO"},
            # config.errors logs an unforeseen error itself, once and with its reference
            "django.request": {"level": "ERROR" if debug else "CRITICAL"},
            "kombu.connection": {"level": "ERROR"},
            "waitress": {"level": "WARNING"},
            "fontTools": {"level": "ERROR"},
            "weasyprint": {"level": "ERROR"},
        },
    }


def configure(config: dict[str, Any]) -> None:
    """Switch logging on, for structlog and for libraries that use the standard library's."""
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            *SHARED_PROCESSORS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
