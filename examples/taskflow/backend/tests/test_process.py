# SPDX-License-Identifier: Apache-2.0
"""Probes, logs and the end of the process."""

import signal
import threading

import httpx
import psycopg
from app.database import why
from conftest import KEY, PASSWORD, SIGNING, wait_until


def because(backend):
    return {line["because"] for line in backend.lines() if line["message"] == "cannot start yet"}


def requests(backend):
    return [(line["method"], line["path"], line["status"]) for line in backend.lines() if line["message"] == "request"]


def test_a_wrong_password_is_told_without_it(postgres, start):
    backend = start(DATABASE_URL=postgres.url(password="hunter2"))
    wait_until(lambda: because(backend))
    assert because(backend) == {"the user or the password is wrong"}
    assert [backend.status(p) for p in ("/health", "/startup", "/ready")] == [200, 503, 503]
    for value in ("hunter2", str(postgres.port), "127.0.0.1", "postgresql"):
        assert value not in backend.logs()


def test_why_there_is_no_connection(postgres, start):
    refused = start()
    unknown = start(DATABASE_URL="postgresql://taskflow:hunter2@no-such-host.invalid/x")
    missing = start(DATABASE_URL=postgres.url("no_such_database"))
    for backend, cause in ((refused, "nothing listens at that host and port"),
                           (unknown, "the host's name is not known"),
                           (missing, "there is no such database or user")):
        wait_until(lambda b=backend: because(b))
        assert because(backend) == {cause}
        assert "hunter2" not in backend.logs() and "no-such" not in backend.logs()


def test_an_error_without_a_known_cause():
    assert why(ValueError("password authentication failed")) == "not known"


def test_a_database_that_goes_and_comes_back(postgres, start):
    backend = start(DATABASE_URL=postgres.url())
    wait_until(lambda: backend.status("/ready") == 200)
    user = backend.sign_up()
    postgres.stop()
    try:
        assert [backend.status(p) for p in ("/health", "/startup", "/ready")] == [200, 200, 503]
        answer = backend.client.get("/api/tasks?key=hunter2", headers=user)
        assert (answer.status_code, answer.json()) == (500, {"detail": "something went wrong here"})
    finally:
        postgres.start()
    wait_until(lambda: backend.status("/ready") == 200)
    assert backend.client.get("/api/tasks", headers=user).json() == []
    failed = next(line for line in backend.lines() if line["message"] == "failed")
    assert failed["error"][0] == "OperationalError"
    assert any(place.startswith("web.py:") for places in failed["at"] for place in places)
    for value in (PASSWORD, SIGNING, KEY, user["Authorization"][7:], "hunter2", "127.0.0.1", "SELECT"):
        assert value not in backend.logs()


def test_no_value_is_in_the_logs_of_ordinary_requests(backend):
    user = backend.sign_up("grace-in-the-logs", "password-in-the-logs")
    backend.client.post("/api/tasks", headers=user, json={"title": "title-in-the-logs"})
    backend.client.get("/api/path-in-the-logs?query=in-the-logs", headers=user)
    backend.client.post("/api/chat", headers=user, json={"question": "question-in-the-logs"})
    for value in ("in-the-logs", PASSWORD, SIGNING, KEY, user["Authorization"][7:]):
        assert value not in backend.logs()
    wait_until(lambda: requests(backend)[-1] == ("POST", "/api/chat", 200))
    assert requests(backend)[-3:-1] == [("POST", "/api/tasks", 201), ("GET", "unknown", 404)]


def test_a_stop_finishes_what_was_asked_and_is_not_ready_before(postgres, openai, start):
    backend = start(DATABASE_URL=postgres.url(), OPENAI_BASE_URL=openai)
    wait_until(lambda: backend.status("/ready") == 200)
    user, answers = backend.sign_up(), []

    def ask():
        url = backend.url + "/api/chat"
        answers.append(httpx.post(url, headers=user, json={"question": "take 4"}, timeout=30))

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until(lambda: backend.client.get("/api/tasks", headers=user).status_code == 200)
    backend.process.send_signal(signal.SIGTERM)
    wait_until(lambda: any(line["message"] == "stopping" for line in backend.lines()))
    # Not ready, but it serves on; and it ends each connection with its answer.
    ready = backend.client.get("/ready")
    assert (ready.status_code, ready.headers["connection"]) == (503, "close")
    assert backend.client.get("/api/tasks", headers=user).status_code == 200
    assert backend.process.wait(30) == 0
    asking.join()
    assert answers[0].status_code == 200
    assert backend.lines()[-1]["message"] == "stopped"


def test_two_that_start_together_make_the_tables_once(postgres, start):
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE together")
    both = [start(DATABASE_URL=postgres.url("together")) for _ in range(2)]
    wait_until(lambda: all(b.status("/startup") == 200 for b in both))
    assert not any(because(b) for b in both)
