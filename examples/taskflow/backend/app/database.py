# SPDX-License-Identifier: Apache-2.0
"""Accounts and tasks in PostgreSQL."""

from datetime import datetime, timedelta

from sqlalchemy import DateTime, ForeignKey, Row, String, case, create_engine, func, text, update
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

_LOCK = 0x7461736B  # any number that all replicas agree on


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    password: Mapped[str]
    session: Mapped[int] = mapped_column(default=0)  # tokens with another number have been withdrawn
    tries: Mapped[int] = mapped_column(default=0)  # to sign in, in the minute since tries_since
    tries_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Task(Base):
    __tablename__ = "tasks"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    done: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


def connect(url: URL) -> Engine:
    """Connects when first asked to; a connection that broke meanwhile is replaced unseen."""
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=5,
        pool_timeout=5,
        pool_recycle=300,
        hide_parameters=True,
        connect_args={"connect_timeout": 3, "options": "-c statement_timeout=10000"},
    )


def make_tables(engine: Engine) -> None:
    """Makes what is not there. Replicas that start together wait for each other."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        Base.metadata.create_all(connection)


def account_to_try(session: Session, name: str) -> Row | None:
    """The account of that name. The attempt to sign in is counted before its password is looked at, so that
    many at once get no more of them than one after the other."""
    recent = User.tries_since > func.now() - timedelta(minutes=1)
    counted = {
        User.tries: case((recent, User.tries + 1), else_=1),
        User.tries_since: case((recent, User.tries_since), else_=func.now()),
    }
    columns = (User.id, User.password, User.session, User.tries)
    account = session.execute(update(User).where(User.name == name).values(counted).returning(*columns)).one_or_none()
    session.commit()
    return account


def answers(engine: Engine) -> bool:
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except Exception:
        return False
    return True


# What the server or its library says when no connection comes about, and what we make of it: the text
# itself names host and user.
_CAUSES = {
    "password authentication failed": "the user or the password is wrong",
    "no password supplied": "the user or the password is wrong",
    "pg_hba.conf": "the server does not let this user in from here",
    "does not exist": "there is no such database or user",
    "resolve host": "the host's name is not known",
    "Name or service not known": "the host's name is not known",
    "connection refused": "nothing listens at that host and port",
    "is unreachable": "there is no way to that host",
    "timeout expired": "no answer in time",
    "permission denied": "the user may not do this",
}


def why(error: Exception) -> str:
    said = str(error.orig).lower() if isinstance(error, DBAPIError) else ""
    return next((cause for part, cause in _CAUSES.items() if part.lower() in said), "not known")
