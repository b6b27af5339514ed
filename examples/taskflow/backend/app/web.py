# SPDX-License-Identifier: Apache-2.0
"""The API."""

import logging
import threading
import time
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from . import accounts, database
from .assistant import Assistant, NoAnswer
from .database import Task, User
from .logs import say
from .settings import Settings

BODY_MAX = 64 * 1024
TRIES_PER_MINUTE = 10  # to sign in to one account


def text(most: int, least: int = 1):
    """A line of text, blanks around it left out."""
    return Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, min_length=least, max_length=most, pattern=r"^[^\x00-\x1f\x7f]*$"
        ),
    ]


class Account(BaseModel):
    name: text(64)
    password: Annotated[str, StringConstraints(min_length=8, max_length=200)]


class NewTask(BaseModel):
    title: text(200)


class TaskChange(BaseModel):
    title: text(200) | None = None
    done: bool | None = None


class TaskView(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    title: str
    done: bool


class Question(BaseModel):
    question: text(1000)


class Parts:
    """What the requests share, and in which of its states the process is."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = database.connect(settings.database_url)
        self.assistant = Assistant(settings)
        self.started = threading.Event()
        self.stopping = threading.Event()

    def start(self) -> None:
        """Until the database lets us make our tables."""
        while not self.stopping.is_set():
            try:
                database.make_tables(self.engine)
                self.started.set()
                return say(logging.INFO, "started")
            except Exception as error:
                say(logging.WARNING, "cannot start yet", error, because=database.why(error))
            self.stopping.wait(2)

    def close(self) -> None:
        self.stopping.set()
        self.assistant.close()
        self.engine.dispose()


def parts_of(request: Request) -> Parts:
    return request.app.state.parts


def session_of(parts: Annotated[Parts, Depends(parts_of)]):
    with Session(parts.engine) as session:
        yield session


Shared = Annotated[Parts, Depends(parts_of)]
Database = Annotated[Session, Depends(session_of, scope="function")]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


def signed_in(parts: Shared, session: Database, credentials: Credentials) -> int:
    secret = parts.settings.better_auth_secret
    user, number = (credentials and accounts.session_of(secret, credentials.credentials)) or (None, None)
    known = session.get(User, user) if user is not None else None
    if known is None or known.session != number:
        raise HTTPException(401, "not signed in", {"WWW-Authenticate": "Bearer"})
    return user


UserId = Annotated[int, Depends(signed_in)]
probes = APIRouter()
api = APIRouter(prefix="/api")


@probes.get("/health")
async def health() -> dict:
    """The process answers: for nothing else should it be killed."""
    return {"status": "ok"}


@probes.get("/startup")
async def startup(request: Request) -> dict:
    if not parts_of(request).started.is_set():
        raise HTTPException(503, "the database has no tables yet")
    return {"status": "ok"}


@probes.get("/ready")
def ready(parts: Shared) -> dict:
    """Requests may be sent here."""
    if parts.stopping.is_set():
        raise HTTPException(503, "stopping")
    if not parts.started.is_set() or not database.answers(parts.engine):
        raise HTTPException(503, "the database does not answer")
    return {"status": "ok"}


@api.post("/sign-up", status_code=201)
def sign_up(account: Account, parts: Shared, session: Database) -> dict:
    user = User(name=account.name, password=accounts.hash_password(account.password))
    session.add(user)
    try:
        session.commit()
    except IntegrityError:
        raise HTTPException(409, "this name is taken") from None
    return {"token": accounts.make_token(parts.settings.better_auth_secret, user.id)}


@api.post("/sign-in")
def sign_in(account: Account, parts: Shared, session: Database) -> dict:
    user = database.account_to_try(session, account.name)
    if user and user.tries > TRIES_PER_MINUTE:
        raise HTTPException(429, "too many attempts, wait a minute", {"Retry-After": "60"})
    # The hash takes its time: no connection is held meanwhile.
    if not accounts.is_password(account.password, user.password if user else None):
        raise HTTPException(401, "the name or the password is wrong")
    return {"token": accounts.make_token(parts.settings.better_auth_secret, user.id, user.session)}


@api.post("/sign-out", status_code=204)
def sign_out(user: UserId, session: Database) -> None:
    """Everywhere: no token that the user has been given counts any more."""
    session.execute(update(User).where(User.id == user).values(session=User.session + 1))
    session.commit()


@api.get("/tasks")
def list_tasks(user: UserId, session: Database) -> list[TaskView]:
    return session.scalars(select(Task).where(Task.user_id == user).order_by(Task.id)).all()


@api.post("/tasks", status_code=201)
def add_task(new: NewTask, user: UserId, session: Database) -> TaskView:
    task = Task(user_id=user, title=new.title)
    session.add(task)
    session.commit()
    return task


def own_task(task_id: int, user: UserId, session: Database) -> Task:
    """Another's task is not there."""
    task = session.get(Task, task_id) if 0 < task_id < 2**31 else None
    if task is None or task.user_id != user:
        raise HTTPException(404, "no such task")
    return task


OwnTask = Annotated[Task, Depends(own_task)]


@api.patch("/tasks/{task_id}")
def change_task(change: TaskChange, task: OwnTask, session: Database) -> TaskView:
    for name, value in change.model_dump(exclude_none=True).items():
        setattr(task, name, value)
    session.commit()
    return task


@api.delete("/tasks/{task_id}", status_code=204)
def delete_task(task: OwnTask, session: Database) -> None:
    session.delete(task)
    session.commit()


@api.post("/chat")
def chat(asked: Question, user: UserId, parts: Shared, session: Database) -> dict:
    open_tasks = select(Task.title).where(Task.user_id == user, Task.done.is_(False)).order_by(Task.id)
    titles = list(session.scalars(open_tasks.limit(50)))
    session.close()  # the answer takes its time: no connection is held meanwhile
    try:
        return {"answer": parts.assistant.ask(asked.question, titles)}
    except NoAnswer as error:
        say(logging.WARNING, "no answer", because=str(error))
        raise HTTPException(502, str(error)) from None


async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Which field and why. FastAPI would also repeat what was sent: a password, perhaps."""
    wrong = [f"{'.'.join(map(str, e['loc'][1:]))}: {e['type']}" for e in error.errors()]
    return JSONResponse({"detail": "; ".join(wrong)}, 422)


class Gate:
    """Around each request: bounds its body, logs it, and ends connections while the process is stopping."""

    def __init__(self, app, parts: Parts) -> None:
        self.app, self.parts = app, parts

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began, status = time.monotonic(), 500
        headers = dict(scope["headers"])
        size = headers.get(b"content-length", b"0")

        async def answer(message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self.parts.stopping.is_set():
                    message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        try:
            if b"transfer-encoding" in headers or not size.isdigit() or int(size) > BODY_MAX:
                refusal = JSONResponse({"detail": "the body is too large, or of no stated length"}, 413)
                await refusal(scope, receive, answer)
            else:
                await self.app(scope, receive, answer)
        except Exception as error:
            say(logging.ERROR, "failed", error, because=database.why(error))
            if status == 500:
                await JSONResponse({"detail": "something went wrong here"}, 500)(scope, receive, answer)
        finally:
            self._log(scope, status, began)

    def _log(self, scope, status: int, began: float) -> None:
        # The route as it was declared: a path that was sent may hold anything.
        path = getattr(scope.get("route"), "path", "unknown")
        level = logging.DEBUG if path in ("/health", "/ready", "/startup") else logging.INFO
        milliseconds = round((time.monotonic() - began) * 1000)
        say(level, "request", method=scope["method"], path=path, status=status, milliseconds=milliseconds)


def make_app(settings: Settings) -> FastAPI:
    parts = Parts(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI):
        threading.Thread(target=parts.start, daemon=True).start()
        yield
        parts.close()

    app = FastAPI(
        title="TaskFlow",
        servers=[{"url": settings.backend_url}],
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        exception_handlers={RequestValidationError: invalid},
    )
    app.state.parts = parts
    app.include_router(probes)
    app.include_router(api)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[settings.frontend_url],
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type"],
    )
    app.add_middleware(Gate, parts=parts)
    return app
