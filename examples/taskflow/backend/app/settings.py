# SPDX-License-Identifier: Apache-2.0
"""The settings: read once, at start. What is wrong with them is said of all of them, never with a value."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

EXIT_STATUS = 78  # EX_CONFIG of sysexits.h


class BadSettings(Exception):
    """Holds a line that names every setting that is missing or wrong."""


class _Wrong(Exception):
    pass


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known or any(c.isspace() for c in text):
        raise _Wrong("must be an address as in https://host:port/path")
    if "@" in parts.netloc:
        raise _Wrong("must hold no user and no password")
    return text.rstrip("/")


def _log_level(text: str) -> str:
    if text.lower() not in ("debug", "info", "warning", "error"):
        raise _Wrong("must be debug, info, warning or error")
    return text.upper()


def _model(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise _Wrong("must be a model's name")
    return text


def _seconds(text: str) -> float:
    if not text.isdecimal() or int(text) > 300:
        raise _Wrong("must be a number of seconds up to 300")
    return float(text)


def _database(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername != "postgresql" or not (url.username and url.host and url.database):
        raise _Wrong("must be as postgresql://user:password@host:port/database")
    return url.set(drivername="postgresql+psycopg")


def _signing_secret(text: str) -> bytes:
    if len(text) < 32:
        raise _Wrong("must have 32 characters or more")
    return text.encode()


def _key(text: str) -> str:
    # It becomes a header: a line break in it would be an error that shows it.
    if not text.isascii() or not text.isprintable() or " " in text:
        raise _Wrong("must be ASCII without blanks and line breaks")
    return text


@dataclass(frozen=True)
class Settings:
    frontend_url: str
    backend_url: str
    log_level: str
    drain_seconds: float
    openai_base_url: str
    openai_model: str
    database_url: URL = field(repr=False)
    better_auth_secret: bytes = field(repr=False)
    openai_api_key: str = field(repr=False)


# Name: what reads it, and its value where none is given.
_CONFIG: dict[str, tuple[Callable, str | None]] = {
    "FRONTEND_URL": (_web_address, None),
    "BACKEND_URL": (_web_address, None),
    "LOG_LEVEL": (_log_level, "info"),
    "DRAIN_SECONDS": (_seconds, "5"),
    "OPENAI_BASE_URL": (_web_address, None),
    "OPENAI_MODEL": (_model, "gpt-4o-mini"),
}
_SECRETS: dict[str, tuple[Callable, str | None]] = {
    "DATABASE_URL": (_database, None),
    "BETTER_AUTH_SECRET": (_signing_secret, None),
    "OPENAI_API_KEY": (_key, None),
}


def _from_file(folder: str | None, name: str) -> str | None:
    """DATABASE_URL is read from the file database-url, if the folder has it."""
    if not folder:
        return None
    try:
        return Path(folder, name.lower().replace("_", "-")).read_bytes().decode()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _Wrong(f"has a file that cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _Wrong("has a file that is not UTF-8") from None


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """A secret's file below SETTINGS_DIR comes before its variable. Empty is as good as missing."""
    values, wrong = {}, []
    for name, (read, default) in (_CONFIG | _SECRETS).items():
        try:
            text = _from_file(environment.get("SETTINGS_DIR"), name) if name in _SECRETS else None
            text = text or environment.get(name) or default
            if not text:
                raise _Wrong("is missing")
            values[name.lower()] = read(text)
        except _Wrong as error:
            wrong.append(f"'{name}' {error}")
    if wrong:
        raise BadSettings("settings: " + ", ".join(wrong))
    return Settings(**values)
