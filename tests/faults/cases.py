# SPDX-License-Identifier: Apache-2.0
"""Commands under a fault, each with what it starts from, and those of them that need a git history."""
import os
import subprocess

from project import NEW, OLD, SECRET, expect, template


class Case:
    """A command, what it starts from, the values before and after, where secrets may stand in the clear."""

    def __init__(self, name, command, start, before, after, given="", plain=(), plain_before=(), again=0, secrets=None,
                 found=None, roster=None):
        self.found = found  # what `check` finds as long as all is old
        self.name, self.command, self.start, self.given = name, command, start, given
        self.before, self.after, self.again = before, after, again
        self.plain, self.plain_before = plain, plain_before
        self.roster = roster  # the file that tells old from new where no value does
        self.secrets = secrets or [values[name] for values in (OLD, NEW) for name in SECRET]


def git(project, *command, status=0):
    done = subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *command], cwd=project.root,
                          env=project.environment(), capture_output=True, text=True, check=False)
    expect(done.returncode == status, f"git {command[0]} ended with {done.returncode}: {done.stderr}")


def committed(project, name, value):
    if name:
        project.done("-q", "set", "--env", "prod", name, given=value)
    git(project, "add", "-A")
    git(project, "commit", "-qm", "values")


def cases_with_git(scratch):
    """A value of somebody who is no sealer, one of history, two sides of a merge."""
    changed = OLD | {"DATABASE_URL": NEW["DATABASE_URL"]}
    pending = template(scratch, "pending", OLD)
    pending.done("-q", "keygen", "-o", "../stranger")
    pending.done("-q", "set", "--env", "prod", "DATABASE_URL", "--identity", "../stranger", given=NEW["DATABASE_URL"])
    os.unlink(pending.base + "/stranger")
    yield Case("accept", ["seal", "--env", "prod", "--accept"], pending, "pending", changed, found="pending: sealed by")
    past = template(scratch, "past", OLD)
    # One commit: git writes a list of several in as many pieces as it likes, so that calls could not be counted.
    committed(past, None, None)
    past.done("-q", "set", "--env", "prod", "DATABASE_URL", given=NEW["DATABASE_URL"])
    yield Case("revert", ["revert", "--env", "prod", "DATABASE_URL", "--to", "HEAD"], past, changed, OLD)
    sides = template(scratch, "sides", OLD)
    git(sides, "checkout", "-qb", "main")
    committed(sides, None, None)
    git(sides, "checkout", "-qb", "side")
    committed(sides, "DATABASE_URL", NEW["DATABASE_URL"])
    git(sides, "checkout", "-q", "main")
    committed(sides, "DATABASE_URL", OLD["DATABASE_URL"] + "/ours")
    git(sides, "merge", "-q", "side", status=1)
    yield Case("resolve", ["resolve", "--env", "prod", "DATABASE_URL", "--theirs"], sides, "in conflict", changed,
               found="a merge conflict was left here")
