# SPDX-License-Identifier: Apache-2.0
"""Passwords, and the tokens that stand for a signed-in user."""

import base64
import hashlib
import hmac
import json
import os
import threading
import time

SESSION_SECONDS = 12 * 3600

# One hash takes 16 MiB: so many at once fit into the memory that a pod is given.
_hashing = threading.BoundedSemaphore(2)


def _scrypt(password: str, salt: bytes) -> bytes:
    with _hashing:
        return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=5, dklen=32)


def hash_password(password: str) -> str:
    salt = os.urandom(16)
    return f"{salt.hex()}:{_scrypt(password, salt).hex()}"


_NOBODY = f"{bytes(16).hex()}:{bytes(32).hex()}"


def is_password(password: str, stored: str | None) -> bool:
    """Takes as long for an account that is not there."""
    salt, known = (bytes.fromhex(part) for part in (stored or _NOBODY).split(":"))
    return hmac.compare_digest(_scrypt(password, salt), known) and stored is not None


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signature(secret: bytes, claims: str) -> str:
    return _encode(hmac.digest(secret, b"taskflow session\0" + claims.encode(), "sha256"))


def make_token(secret: bytes, user_id: int, session: int = 0, now: float | None = None) -> str:
    expires = int(time.time() if now is None else now) + SESSION_SECONDS
    claims = _encode(json.dumps({"user": user_id, "session": session, "expires": expires}).encode())
    return f"{claims}.{_signature(secret, claims)}"


def session_of(secret: bytes, token: str) -> tuple[int, int] | None:
    """The user whom the token was made for and the number of the session, if we made it and it has not expired."""
    claims, _, signature = token.partition(".")
    if not hmac.compare_digest(_signature(secret, claims).encode(), signature.encode()):
        return None
    known = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return (known["user"], known["session"]) if known["expires"] > time.time() else None
