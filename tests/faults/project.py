# SPDX-License-Identifier: Apache-2.0
"""A scratch project for the tests of faults: made once, copied for each of them, looked at afterwards."""
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(os.environ["TFSECRETS"])
SHIMS = os.path.join(os.environ["TOOLS"], "faults")
FULL = bool(os.environ.get("FAULTS_FULL"))
IS_SANITIZED = b"__asan_init" in open(PROGRAM, "rb").read()

OLD = {
    "DATABASE_URL": "postgresql://taskflow:old-4c1f6d0a9b@db.internal/taskflow",
    "OPENAI_API_KEY": "sk-old-4fQ9tWz7LrXcV2bN8mKj5HgD1sAaPpOo",
    "FRONTEND_URL": "https://old.example.org",
}
NEW = {
    "DATABASE_URL": "postgresql://taskflow:new-8e2b5a7c31@db.internal/taskflow",
    "OPENAI_API_KEY": "sk-new-9bT3vKq8ZbN1fTgR5hXsL0pJmC7dUeA2",
    "FRONTEND_URL": "https://new.example.org",
}
SECRET = ("DATABASE_URL", "OPENAI_API_KEY")

SCHEMA = """\
version: 1
project: taskflow
environments:
  prod: {}
settings:
  FRONTEND_URL: {kind: config, type: url, optional: true}
  DATABASE_URL: {kind: secret, type: url, schemes: [postgresql], optional: true}
  OPENAI_API_KEY: {kind: secret, optional: true}
"""


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def expect(holds, what):
    if not holds:
        raise Failed(what)


def dotenv(values):
    return "".join(f"{name}={value}\n" for name, value in values.items())


class Project:
    """A directory with a home and a project in it, of which any number of copies can be made."""

    def __init__(self, base, git=True):
        self.base, self.home, self.root = base, base + "/home", base + "/taskflow"
        os.makedirs(self.home)
        os.makedirs(self.root)
        if git:
            subprocess.run(["git", "init", "-q", "--template="], cwd=self.root, check=True, env=self.environment())

    @classmethod
    def copy(cls, other, base):
        new = cls.__new__(cls)
        new.base, new.home, new.root = base, base + "/home", base + "/taskflow"
        shutil.copytree(other.base, base, symlinks=True)
        return new

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("XDG_", "TFSECRETS_", "GIT_", "FAULTS_", "SSH_"))}
        return kept | {"HOME": self.home, "GIT_CONFIG_NOSYSTEM": "1"} | more

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w") as file:
            file.write(text)

    def read(self, name):
        with open(os.path.join(self.root, name)) as file:
            return file.read()

    def run(self, *command, given="", prefix=(), timeout=120, **variables):
        return subprocess.run([*prefix, PROGRAM, *command], cwd=self.root, input=given, text=True, timeout=timeout,
                              capture_output=True, env=self.environment(**variables))

    def fault(self, calls, at=0, how="", log="", shim="calls"):
        """The variables that ask for it."""
        more = {"LD_PRELOAD": f"{SHIMS}/{shim}.so", "FAULTS_CALLS": calls, "FAULTS_AT": str(at), "FAULTS_HOW": str(how)}
        if log:
            more["FAULTS_LOG"] = log
        if IS_SANITIZED:
            more["ASAN_OPTIONS"] = "verify_asan_link_order=0"
        return more

    def faulty(self, *command, given="", **fault):
        return self.run(*command, given=given, **self.fault(**fault))

    def done(self, *command, **how):
        result = self.run(*command, **how)
        expect(result.returncode == 0, f"'{' '.join(command)}' ended with {result.returncode}: {result.stderr}")
        return result

    def values(self):
        """All values of prod, opened; None: there is no project yet."""
        if not os.path.exists(self.root + "/tfsecrets.yaml"):
            return None
        values = {}
        rendered = json.loads(self.done("render", "--env", "prod", "--reveal", "-o", "json").stdout)
        for item in rendered.get("items", [rendered]):
            encoded = item.get("data", {})
            if item["kind"] == "Secret":
                encoded = {name: base64.b64decode(value).decode() for name, value in encoded.items()}
            values |= encoded | item.get("stringData", {})
        return values

    def files(self):
        for folder, _, names in os.walk(self.base):
            for name in names:
                yield os.path.join(folder, name)

    @staticmethod
    def logged(log):
        """(number, call, path) of each line that a shim has written."""
        with open(log) as lines:
            found = [line.rstrip("\n").split(" ", 2) for line in lines]
        os.unlink(log)
        return [(int(number), call, path) for number, call, path in found]

    def leftovers(self):
        return [path for path in self.files() if re.search(r"/\.journal|\.tfsecrets-", path)]

    def plain_copies(self, texts, allowed=()):
        """The files that hold one of the texts, but for the paths (relative to the project) that may."""
        may = {os.path.join(self.root, name) for name in allowed}
        found = []
        for path in self.files():
            if path not in may:
                with open(path, "rb") as file:
                    content = file.read()
                found += [path for text in texts if text.encode() in content]
        return found


def template(scratch, name, values=None, schema=SCHEMA):
    """A project that is founded and has these values."""
    project = Project(os.path.join(scratch, name))
    project.write("tfsecrets.yaml", schema)
    project.done("-q", "init", "--name", "alice")
    if values:
        project.write(".env", dotenv(values))
        project.done("-q", "seal", "--env", "prod", "--from", ".env")
        os.unlink(project.root + "/.env")
    return project


def team(scratch, name):
    """alice's project with these OLD values, in which bob reads and seals; his identity lies in the home."""
    project = template(scratch, name, OLD)
    bob = project.home + "/bob"
    keys = project.done("keygen", "--output", bob).stdout
    project.write("bob.pub", keys)
    project.done("-q", "member", "add", "bob", "--keys", "bob.pub", "--env", "prod", "--read", "--seal")
    os.unlink(project.root + "/bob.pub")
    return project, bob


class Scratch:
    def __enter__(self):
        self.path = tempfile.mkdtemp()
        return self.path

    def __exit__(self, *_):
        subprocess.run(["chmod", "-R", "u+w", self.path], check=False)
        shutil.rmtree(self.path)


class Report:
    """TAP, a line for each test."""

    def __init__(self):
        self.count = self.failed = 0

    def test(self, title, body, *args):
        self.count += 1
        try:
            said = body(*args)
            print(f"ok {self.count} {title}" + (f": {said}" if said else ""), flush=True)
        except Skipped as why:
            print(f"ok {self.count} {title} # skip {why}", flush=True)
        except Failed as failure:
            self.failed += 1
            print(f"not ok {self.count} {title}\n#   " + str(failure).replace("\n", "\n#   "), flush=True)

    def end(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)
