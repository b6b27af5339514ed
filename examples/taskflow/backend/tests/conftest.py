# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL of its own for the run, a service in place of OpenAI's, and the backend as a process."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psycopg
import pytest

BACKEND = Path(__file__).parent.parent
STUB = BACKEND.parents[2] / "tests/taskflow/openai"
KEY = "sk-" + secrets.token_hex(20)
SIGNING = secrets.token_hex(24)
PASSWORD = secrets.token_hex(12)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


class Postgres:
    """Started on a loopback port. It refuses to run as root: root is another user there."""

    def __init__(self, folder: Path) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        self.bin = found[-1] if found else Path(shutil.which("initdb")).parent
        self.folder, self.port = folder, free_port()
        self.user = ["unshare", "--user", "--map-user=65534", "--"] if os.geteuid() == 0 else []
        secret = folder.with_suffix(".password")
        secret.write_text(PASSWORD)
        self._run("initdb", "-D", folder, "-U", "taskflow", "-A", "scram-sha-256", f"--pwfile={secret}",
                  "--no-sync", "--encoding=UTF8", "--locale=C")
        self.start()
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE taskflow")

    def _run(self, program, *words):
        done = subprocess.run([*self.user, self.bin / program, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout

    def start(self):
        options = f"-h 127.0.0.1 -p {self.port} -k '' -c fsync=off"
        self._run("pg_ctl", "-D", self.folder, "-w", "-l", self.folder.with_suffix(".log"), "-o", options, "start")

    def stop(self):
        self._run("pg_ctl", "-D", self.folder, "-w", "-m", "immediate", "stop")

    def url(self, database="taskflow", password=PASSWORD):
        return f"postgresql://taskflow:{password}@127.0.0.1:{self.port}/{database}"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    server = Postgres(tmp_path_factory.mktemp("postgres") / "data")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def openai(tmp_path_factory):
    keys = tmp_path_factory.mktemp("openai") / "keys"
    keys.write_text(KEY + "\n")
    stub = subprocess.Popen([sys.executable, STUB, "--port", "0", "--keys", keys], stdout=subprocess.PIPE, text=True)
    port = stub.stdout.readline().split()[1]
    yield f"http://127.0.0.1:{port}/v1"
    stub.kill()
    stub.wait()


def environment(**changes):
    """All that the backend is told; None leaves one out."""
    said = {
        "FRONTEND_URL": "https://taskflow.example.com",
        "BACKEND_URL": "https://api.taskflow.example.com",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "LOG_LEVEL": "debug",
        "DRAIN_SECONDS": "1",
        "DATABASE_URL": "postgresql://taskflow:nothing@127.0.0.1:9/taskflow",
        "BETTER_AUTH_SECRET": SIGNING,
        "OPENAI_API_KEY": KEY,
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return {name: str(value) for name, value in (said | changes).items() if value is not None}


class Backend:
    """python -m app, on a port of its own: the address that it listens on is a constant of the program."""

    def __init__(self, folder: Path, **changes) -> None:
        self.port = free_port()
        self.output = folder / f"backend-{self.port}"
        start = f"import sys, app.__main__ as m; m.PORT = {self.port}; sys.exit(m.main())"
        with open(self.output, "w", encoding="utf-8") as output:
            self.process = subprocess.Popen([sys.executable, "-c", start], cwd=BACKEND, stdout=output,
                                            stderr=subprocess.STDOUT, env=environment(**changes))
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, timeout=30)
        wait_until(lambda: self.status("/health") == 200 or self.process.poll() is not None)

    def status(self, path):
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(self.url + path, timeout=10).status_code

    def logs(self):
        return self.output.read_text(encoding="utf-8")

    def lines(self):
        return [json.loads(line) for line in self.logs().splitlines()]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.client.close()
        return self.process.wait(40)

    def sign_up(self, name=None, password="a long enough one"):
        name = name or secrets.token_hex(6)
        token = self.client.post("/api/sign-up", json={"name": name, "password": password}).json()["token"]
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def start(tmp_path):
    """start(NAME=VALUE...) starts one more backend."""
    started = []

    def one_more(**changes):
        started.append(Backend(tmp_path, **changes))
        return started[-1]

    yield one_more
    for backend in started:
        backend.process.kill()
        backend.process.wait()


@pytest.fixture(scope="session")
def backend(postgres, openai, tmp_path_factory):
    one = Backend(tmp_path_factory.mktemp("backend"), DATABASE_URL=postgres.url(), OPENAI_BASE_URL=openai)
    wait_until(lambda: one.status("/ready") == 200)
    yield one
    assert one.stop() == 0
