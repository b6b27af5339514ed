# SPDX-License-Identifier: Apache-2.0
"""What a user can do, and what others cannot."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from app import accounts
from app.web import TRIES_PER_MINUTE
from conftest import KEY, SIGNING


@pytest.fixture
def client(backend):
    return backend.client


@pytest.fixture
def user(backend):
    return backend.sign_up()


def test_a_task_is_added_listed_finished_and_deleted(client, user):
    added = client.post("/api/tasks", headers=user, json={"title": "  water the plants "})
    task = added.json()
    assert added.status_code == 201 and task == {"id": task["id"], "title": "water the plants", "done": False}
    path = f"/api/tasks/{task['id']}"
    assert client.patch(path, headers=user, json={"done": True}).json() == task | {"done": True}
    assert client.patch(path, headers=user, json={"title": "water them"}).json()["done"] is True
    assert [t["title"] for t in client.get("/api/tasks", headers=user).json()] == ["water them"]
    assert client.delete(path, headers=user).status_code == 204
    assert client.get("/api/tasks", headers=user).json() == []
    assert client.delete(path, headers=user).status_code == 404


def test_another_users_task_is_not_there(backend, client, user):
    task = client.post("/api/tasks", headers=user, json={"title": "mine"}).json()
    other = backend.sign_up()
    path = f"/api/tasks/{task['id']}"
    assert client.get("/api/tasks", headers=other).json() == []
    assert client.patch(path, headers=other, json={"done": True}).status_code == 404
    assert client.delete(path, headers=other).status_code == 404
    assert client.get("/api/tasks", headers=user).json() == [task]


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, "two\nlines", "nul\x00", 7, None])
def test_a_bad_title_is_refused(client, user, title):
    assert client.post("/api/tasks", headers=user, json={"title": title}).status_code == 422
    assert client.get("/api/tasks", headers=user).json() == []


def test_half_a_character_is_refused(client, user):
    half = rb'{"title": "\ud800", "question": "\ud800", "name": "\ud800", "password": "\ud800-long-enough"}'
    headers = user | {"Content-Type": "application/json"}
    for path in ("tasks", "chat", "sign-up", "sign-in"):
        assert client.post(f"/api/{path}", headers=headers, content=half).status_code == 422


@pytest.mark.parametrize("number", ["0", "-1", "2147483648", "99999999999999999999"])
def test_a_number_that_no_task_has(client, user, number):
    assert client.delete(f"/api/tasks/{number}", headers=user).status_code == 404


def test_sign_in_takes_the_right_password_only(client):
    account = {"name": "ada", "password": "correct horse"}
    assert client.post("/api/sign-up", json=account).status_code == 201
    assert client.post("/api/sign-up", json=account).status_code == 409
    token = client.post("/api/sign-in", json=account).json()["token"]
    assert client.get("/api/tasks", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    wrong = client.post("/api/sign-in", json=account | {"password": "correct house"})
    nobody = client.post("/api/sign-in", json=account | {"name": "no one"})
    assert (wrong.status_code, wrong.json()) == (nobody.status_code, nobody.json())
    assert wrong.status_code == 401


def test_signing_out_withdraws_every_token(client):
    account = {"name": "grace", "password": "correct horse"}
    first = client.post("/api/sign-up", json=account).json()["token"]
    second = client.post("/api/sign-in", json=account).json()["token"]

    def tasks(token):
        return client.get("/api/tasks", headers={"Authorization": f"Bearer {token}"}).status_code

    assert (tasks(first), tasks(second)) == (200, 200)
    assert client.post("/api/sign-out", headers={"Authorization": f"Bearer {first}"}).status_code == 204
    assert (tasks(first), tasks(second)) == (401, 401)
    assert client.post("/api/sign-out", headers={"Authorization": f"Bearer {first}"}).status_code == 401
    assert tasks(client.post("/api/sign-in", json=account).json()["token"]) == 200


def test_passwords_cannot_be_tried_by_the_thousand(backend, client, postgres):
    account = {"name": "mallory's aim", "password": "correct horse"}
    client.post("/api/sign-up", json=account)

    def sign_in(password):
        return client.post("/api/sign-in", json=account | {"password": password})

    with ThreadPoolExecutor(8) as pool:
        answers = [answer.status_code for answer in pool.map(sign_in, ["wrong horse"] * 25)]
    assert sorted(answers) == [401] * TRIES_PER_MINUTE + [429] * (25 - TRIES_PER_MINUTE)
    right = sign_in("correct horse")
    assert (right.status_code, right.headers["retry-after"]) == (429, "60")
    assert right.json() == {"detail": "too many attempts, wait a minute"}
    # Others are not kept from signing in by it, and a minute later nobody is.
    assert backend.sign_up()
    with psycopg.connect(postgres.url()) as connection:
        connection.execute("UPDATE users SET tries_since = tries_since - interval '61 seconds'")
    assert sign_in("correct horse").status_code == 200


def test_two_that_want_the_same_name_at_once(client):
    account = {"name": "twice", "password": "correct horse"}
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: client.post("/api/sign-up", json=account).status_code, range(4))
    assert sorted(answers) == [201, 409, 409, 409]


def forged(expires):
    claims = base64.urlsafe_b64encode(json.dumps({"user": 1, "expires": expires}).encode()).rstrip(b"=").decode()
    return claims + "." + accounts.make_token(b"another secret", 1).partition(".")[2]


@pytest.mark.parametrize("token", [
    ".", "x", "ü.ü", forged(2**40),
    accounts.make_token(b"another secret", 1),
    accounts.make_token(SIGNING.encode(), 2**31 - 1),
    accounts.make_token(SIGNING.encode(), 1, now=time.time() - accounts.SESSION_SECONDS - 1),
])
def test_a_token_that_is_not_ours_or_too_old(client, user, token):
    header = {"Authorization": f"Bearer {token}".encode()}
    for method, path in (("GET", "/api/tasks"), ("POST", "/api/tasks"), ("POST", "/api/chat")):
        assert client.request(method, path, headers=header, json={"title": "x", "question": "x"}).status_code == 401
    assert client.get("/api/tasks").status_code == 401


def test_the_assistant_is_told_the_open_tasks(client, user):
    client.post("/api/tasks", headers=user, json={"title": "done already"})
    first = client.get("/api/tasks", headers=user).json()[0]["id"]
    client.patch(f"/api/tasks/{first}", headers=user, json={"done": True})
    client.post("/api/tasks", headers=user, json={"title": "buy milk"})
    answer = client.post("/api/chat", headers=user, json={"question": "what first?"})
    assert answer.json() == {"answer": "Start with “buy milk”: it has waited the longest."}


@pytest.mark.parametrize(("question", "detail"), [
    ("fail with 500", "the assistant failed with status 500"),
    ("fail with 302", "the assistant failed with status 302"),
    ("fail with 403", "the assistant did not accept our key"),
    ("no sense", "the assistant's answer makes no sense"),
    ("echo the key", "the assistant's answer makes no sense"),
])
def test_what_the_assistant_does_wrong_is_not_passed_on(backend, client, user, question, detail):
    answer = client.post("/api/chat", headers=user, json={"question": question})
    assert (answer.status_code, answer.json()) == (502, {"detail": detail})
    assert KEY not in answer.text + backend.logs()
    said = [line | {"time": ""} for line in backend.lines()]
    assert {"time": "", "level": "warning", "message": "no answer", "because": detail} in said


def test_a_refused_field_is_named_and_not_repeated(client):
    answer = client.post("/api/sign-up", json={"name": "eve", "password": "hunter2"})
    assert (answer.status_code, answer.json()) == (422, {"detail": "password: string_too_short"})
    answer = client.post("/api/sign-up", content=b'{"password": "hunter2', headers={"Content-Type": "application/json"})
    assert answer.status_code == 422 and "hunter2" not in answer.text


def test_a_body_that_is_too_large_or_of_no_stated_length(client, user):
    assert client.post("/api/tasks", headers=user, content=b"x" * 65537).status_code == 413
    assert client.post("/api/tasks", headers=user, content=iter([b"{}"])).status_code == 413


def test_a_browser_may_call_from_the_frontend_only(client):
    def allowed(origin):
        asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        return client.options("/api/tasks", headers=asks).headers.get("access-control-allow-origin")

    assert allowed("https://taskflow.example.com") == "https://taskflow.example.com"
    assert allowed("https://evil.example.com") is None
