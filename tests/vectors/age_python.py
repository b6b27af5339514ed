#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Encrypts and decrypts across with age_tool, by the age, age-keygen and ssh-keygen of the system.

usage: age_python.py AGE_TOOL
"""

import os
import pathlib
import pty
import re
import secrets
import select
import subprocess
import sys
import tempfile

CHUNK = 64 * 1024
SIZES = (0, 1, 31, 1000, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17)
ALTERATIONS = 40
PASSPHRASE = "correct horse, battery"
SECONDS = 60

REFUSED = re.compile("age (armor|header|payload): |no identity opens it")


def expect(is_so, what):
    if not is_so:
        sys.exit(f"age_python: {what}")


def run(*command, given=b""):
    return subprocess.run(command, input=given, capture_output=True, timeout=SECONDS)


def output(*command, given=b""):
    result = run(*command, given=given)
    expect(result.returncode == 0, f"{command[0]} {command[1]}: {result.stderr.decode()}")
    return result.stdout


class Person:
    """An identity: what age is told, what age_tool is told, and the recipient."""

    def __init__(self, file, word, recipient):
        self.file, self.word, self.recipient = str(file), str(word), recipient


def age_person(directory, name):
    file = directory / name
    output("age-keygen", "-o", file)
    word = file.read_text().splitlines()[-1]
    return Person(file, word, output("age-keygen", "-y", file).decode().strip())


def ssh_person(directory, name):
    file = directory / name
    output("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a comment", "-f", file)
    public = (directory / f"{name}.pub").read_text().split()
    return Person(file, file, f"{public[0]} {public[1]}")


def to_each(people):
    return [word for person in people for word in ("-r", person.recipient)]


def altered(file):
    place = secrets.randbelow(len(file))
    return file[:place] + bytes([file[place] ^ 1 << secrets.randbelow(8)]) + file[place + 1 :]


def check_refused(tool, file, person, what):
    result = run(tool, "decrypt", person.word, given=file)
    said = result.stderr.decode()
    expect(result.returncode == 1 and not result.stdout, f"{what}: age_tool opened it")
    expect(REFUSED.match(said), f"{what}: age_tool said '{said}'")


def check_both_ways(tool, people, plain):
    for armor in ([], ["-a"]):
        file = output("age", "-e", *armor, *to_each(people), given=plain)
        for person in people:
            opened = output(tool, "decrypt", person.word, given=file)
            expect(opened == plain, "age_tool read another text from age")
    file = output(tool, "encrypt", *[person.recipient for person in people], given=plain)
    expect(file.startswith(b"-----BEGIN AGE ENCRYPTED FILE-----\n"), "age_tool writes no armor")
    for person in people:
        expect(output("age", "-d", "-i", person.file, given=file) == plain, "age read another text")


def check_strangers(tool, people, stranger):
    ours = output(tool, "encrypt", *[person.recipient for person in people], given=b"x")
    result = run("age", "-d", "-i", stranger.file, given=ours)
    expect(result.returncode != 0 and not result.stdout, "age opened it with another key")
    theirs = output("age", "-e", *to_each(people), given=b"x")
    result = run(tool, "decrypt", stranger.word, given=theirs)
    expect((result.returncode, result.stderr) == (1, b"no identity opens it\n"), "a stranger's key")


def check_alterations(tool, person):
    plain = secrets.token_bytes(500)
    for armor in ([], ["-a"]):
        file = output("age", "-e", *armor, "-r", person.recipient, given=plain)
        for _ in range(ALTERATIONS):
            # The last line end of armor may turn into another blank.
            check_refused(tool, altered(file[:-1] if armor else file), person, "an altered file")
        check_refused(tool, file[: len(file) // 2], person, "half a file")


def check_stanzas(tool, people, stranger):
    """What age wrote to the same recipients passes too: the check is of the format, not of the writer."""
    recipients = [person.recipient for person in people]
    for file in (
        output(tool, "encrypt", *recipients, given=b"x"),
        output("age", "-e", "-a", *to_each(people), given=b"x"),
    ):
        output(tool, "check", *recipients, given=file)
        for wrong in (recipients[:-1], recipients + [stranger.recipient], recipients[1:] + recipients[:1]):
            result = run(tool, "check", *wrong, given=file)
            expect(result.returncode == 1, "age_tool took the stanzas for those of others")


def check_recipients(tool, people):
    for person in people:
        told = output(tool, "recipient", person.word).decode().strip()
        expect(told == person.recipient, "age_tool has another recipient for an identity")


def encrypt_with_passphrase(source, target):
    """age asks for a passphrase, and for the same again, on a terminal only."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvp("age", ["age", "-p", "-a", "-o", str(target), str(source)])
    answers, said = 0, b""
    while True:
        ready, _, _ = select.select([terminal], [], [], SECONDS)
        expect(ready, f"age said nothing any more after: {said.decode(errors='replace')}")
        try:
            part = os.read(terminal, 1000)
        except OSError:
            break
        if not part:
            break
        said += part
        if answers < 2 and len(re.findall(rb"passphrase[^\n]*: ", said)) > answers:
            answers += 1
            os.write(terminal, PASSPHRASE.encode() + b"\n")
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(terminal)
    expect(status == 0 and answers == 2, f"age -p: {said.decode(errors='replace')}")


def check_passphrase(tool, directory, person):
    target = directory / "protected"
    encrypt_with_passphrase(person.file, target)
    file = target.read_bytes()
    opened = output(tool, "passphrase", PASSPHRASE, given=file)
    expect(opened == pathlib.Path(person.file).read_bytes(), "age -p: read another text")
    result = run(tool, "passphrase", PASSPHRASE + "!", given=file)
    expect(
        (result.returncode, result.stdout, result.stderr) == (1, b"", b"no identity opens it\n"),
        "another passphrase",
    )
    check_refused(tool, file, person, "a file behind a passphrase, with a key")


def main():
    tool = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        people = [
            age_person(directory, "alice"),
            ssh_person(directory, "bob"),
            age_person(directory, "carol"),
        ]
        strangers = [age_person(directory, "mallory"), ssh_person(directory, "trudy")]
        check_recipients(tool, people + strangers)
        for size in SIZES:
            check_both_ways(tool, people, secrets.token_bytes(size))
        check_both_ways(tool, people[:1], b"one reader")
        check_both_ways(tool, people[1:2], b"one reader, with an SSH key")
        for stranger in strangers:
            check_strangers(tool, people, stranger)
            check_stanzas(tool, people, stranger)
        for person in people[:2]:
            check_alterations(tool, person)
        check_passphrase(tool, directory, people[0])
    print(f"age: {len(SIZES) + 2} texts each way between age_tool and age, and a file behind a passphrase")


if __name__ == "__main__":
    main()
