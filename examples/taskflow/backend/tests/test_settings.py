# SPDX-License-Identifier: Apache-2.0
"""What the settings may be, and how the process ends when they are not."""

import subprocess
import sys

import pytest
from app.settings import BadSettings, read_settings
from conftest import BACKEND, environment

REQUIRED = ["FRONTEND_URL", "BACKEND_URL", "OPENAI_BASE_URL", "DATABASE_URL", "BETTER_AUTH_SECRET", "OPENAI_API_KEY"]
BAD = [
    ("FRONTEND_URL", "taskflow.example.com"),
    ("FRONTEND_URL", "https://user:hunter2@taskflow.example.com"),
    ("BACKEND_URL", "https://host:port/"),
    ("LOG_LEVEL", "hunter2"),
    ("DRAIN_SECONDS", "-1"),
    ("DRAIN_SECONDS", "hunter2"),
    ("OPENAI_BASE_URL", "https://api.example.com/v1\nhunter2: 1"),
    ("OPENAI_MODEL", "hunter2\n"),
    ("DATABASE_URL", "hunter2"),
    ("DATABASE_URL", "mysql://taskflow:hunter2@db/taskflow"),
    ("DATABASE_URL", "postgresql://taskflow:hunter2@db:port/taskflow"),
    ("DATABASE_URL", "postgresql://taskflow:hunter2@db"),
    ("BETTER_AUTH_SECRET", "hunter2-of-31-characters-is-one-"[:31]),
    ("OPENAI_API_KEY", "hunter2\n"),
    ("OPENAI_API_KEY", "hunter2 hunter2"),
    ("OPENAI_API_KEY", "hunter2é"),
]


def run(**changes):
    return subprocess.run([sys.executable, "-m", "app"], cwd=BACKEND, env=environment(**changes), capture_output=True,
                          text=True, timeout=60)


def test_missing_ones_are_all_named_at_once():
    done = run(**{name: None for name in REQUIRED})
    assert done.returncode == 78 and done.stdout == ""
    assert done.stderr == "settings: " + ", ".join(f"'{name}' is missing" for name in REQUIRED) + "\n"


@pytest.mark.parametrize("name", REQUIRED)
def test_an_empty_one_is_missing(name):
    done = run(**{name: ""})
    assert (done.returncode, done.stderr) == (78, f"settings: '{name}' is missing\n")


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_one_is_named_and_not_shown(name, value):
    done = run(**{name: value})
    assert done.returncode == 78
    assert done.stderr.startswith(f"settings: '{name}' must ") and done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr + done.stdout


def test_a_file_comes_before_its_variable(tmp_path):
    (tmp_path / "openai-api-key").write_text("from-the-file")
    settings = read_settings(environment(SETTINGS_DIR=tmp_path))
    assert settings.openai_api_key == "from-the-file"
    assert settings.better_auth_secret.decode() == environment()["BETTER_AUTH_SECRET"]


def test_all_secrets_can_be_files(tmp_path):
    secrets = {name: environment()[name] for name in ("DATABASE_URL", "BETTER_AUTH_SECRET", "OPENAI_API_KEY")}
    for name, value in secrets.items():
        (tmp_path / name.lower().replace("_", "-")).write_text(value)
    assert read_settings(environment(SETTINGS_DIR=tmp_path, **dict.fromkeys(secrets))) == read_settings(environment())


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "database-url").mkdir()
    (tmp_path / "openai-api-key").write_bytes(b"hunter2\xff")
    with pytest.raises(BadSettings) as error:
        read_settings(environment(SETTINGS_DIR=tmp_path))
    assert "'DATABASE_URL' has a file that cannot be read: Is a directory" in str(error.value)
    assert "'OPENAI_API_KEY' has a file that is not UTF-8" in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_password_may_hold_any_character():
    url = read_settings(environment(DATABASE_URL="postgresql://u:p%40%2F%3A%25@db:1/x")).database_url
    assert url.password == "p@/:%"


def test_secrets_are_not_in_what_is_printed_of_settings():
    shown = repr(read_settings(environment()))
    assert not any(environment()[name] in shown for name in ("DATABASE_URL", "BETTER_AUTH_SECRET", "OPENAI_API_KEY"))
    assert "nothing" not in shown
