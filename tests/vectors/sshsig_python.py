#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signs and verifies across with sshsig_tool, by the ssh-keygen and the ssh-agent of the system.

usage: sshsig_python.py SSHSIG_TOOL
"""

import os
import pathlib
import re
import secrets
import signal
import subprocess
import sys
import tempfile

NAMESPACES = ("tfsecrets-sealed", "tfsecrets-roster")
SIZES = (0, 1, 100, 70_000)
ROUNDS = 5
PASSPHRASE = "correct horse"
SECONDS = 60


def expect(is_so, what):
    if not is_so:
        sys.exit(f"sshsig_python: {what}")


def run(*command, given=b"", **others):
    return subprocess.run(command, input=given, capture_output=True, timeout=SECONDS, **others)


def output(*command, given=b"", **others):
    result = run(*command, given=given, **others)
    expect(result.returncode == 0, f"{command[0]} {command[1]}: {result.stderr.decode()}")
    return result.stdout


def refused(rule, *command, given=b"", **others):
    result = run(*command, given=given, **others)
    said = result.stderr.decode().rstrip("\n")
    expect(
        (result.returncode, result.stdout, said) == (1, b"", rule),
        f"must be refused with '{rule}', said '{said}', status {result.returncode}",
    )


class Key:
    def __init__(self, directory, name, kind="ed25519", passphrase=""):
        self.file = directory / name
        output("ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", name, "-f", self.file)
        self.public = " ".join((directory / f"{name}.pub").read_text().split()[:2])
        self.fingerprint = output("ssh-keygen", "-l", "-f", self.file).decode().split()[1]

    def sign(self, namespace, message, *options):
        return output(
            "ssh-keygen", "-q", "-Y", "sign", "-f", self.file, "-n", namespace, *options, given=message
        )


def openssh_verifies(directory, key, namespace, message, signature):
    (directory / "allowed").write_text(f"alice {key.public}\n")
    (directory / "signature").write_bytes(signature)
    return run(
        *("ssh-keygen", "-q", "-Y", "verify", "-f", directory / "allowed", "-I", "alice"),
        *("-n", namespace, "-s", directory / "signature"),
        given=message,
    ).returncode == 0


def altered(message):
    place = secrets.randbelow(len(message) or 1)
    return message[:place] + b"#" + message[place:]


def check_both_ways(tool, directory, key, namespace, message):
    other = NAMESPACES[1 - NAMESPACES.index(namespace)]
    theirs = key.sign(namespace, message)
    ours = output(tool, "sign", key.file, namespace, given=message)
    # Ed25519 draws nothing at random, so that the two agree in every byte.
    expect(ours == theirs, "sshsig_tool and ssh-keygen sign differently")
    expect(openssh_verifies(directory, key, namespace, message, ours), "ssh-keygen refuses ours")
    expect(not openssh_verifies(directory, key, other, message, ours), "another namespace")
    expect(not openssh_verifies(directory, key, namespace, altered(message), ours), "an altered text")

    file = directory / "theirs"
    file.write_bytes(theirs)
    told = output(tool, "verify", file, namespace, given=message).decode().strip()
    expect(told == key.fingerprint, "sshsig_tool names another signer")
    refused(f"SSH signature: its namespace is not '{other}'", tool, "verify", file, other, given=message)
    refused("the signature does not hold", tool, "verify", file, namespace, given=altered(message))


def check_public(tool, key):
    told = output(tool, "public", key.file).decode().splitlines()
    expect(told == [key.public, key.fingerprint], "sshsig_tool has another public key or fingerprint")


def check_others(tool, directory, key):
    """What OpenSSH can do and the formats do not allow."""
    file = directory / "other"
    file.write_bytes(key.sign(NAMESPACES[0], b"x", "-O", "hashalg=sha256"))
    refused("SSH signature: its hash is not sha512", tool, "verify", file, NAMESPACES[0], given=b"x")
    for kind in ("rsa", "ecdsa"):
        other = Key(directory, kind, kind)
        file.write_bytes(other.sign(NAMESPACES[0], b"x"))
        refused(
            "SSH signature: is not by an ssh-ed25519 key",
            *(tool, "verify", file, NAMESPACES[0]),
            given=b"x",
        )
        refused(
            "OpenSSH private key: is not an Ed25519 key (ssh-keygen -t ed25519 makes one)",
            *(tool, "public", other.file),
        )


def with_agent(directory, work):
    """work(environment), with an agent that is ended by its own process id."""
    told = output("ssh-agent", "-s", "-a", directory / "agent").decode()
    process = int(re.search(r"SSH_AGENT_PID=(\d+)", told).group(1))
    try:
        work(dict(os.environ, SSH_AUTH_SOCK=str(directory / "agent")))
    finally:
        os.kill(process, signal.SIGTERM)


def check_agent(tool, directory, environment):
    key = Key(directory, "protected", passphrase=PASSPHRASE)
    public = key.public.split()[1]
    refused(
        "OpenSSH private key: is protected by a passphrase; give its .pub file and sign with "
        "ssh-agent, or use an age identity (tfsecrets keygen)",
        *(tool, "public", key.file),
    )
    rule = "ssh-agent: does not have this key (ssh-add adds it), or did not want to sign"
    refused(rule, tool, "agent", public, NAMESPACES[0], given=b"x", env=environment)
    ask = directory / "ask"
    ask.write_text(f"#!/bin/sh\necho '{PASSPHRASE}'\n")
    ask.chmod(0o700)
    output(
        *("ssh-add", "-q", key.file),
        env=dict(environment, SSH_ASKPASS=str(ask), SSH_ASKPASS_REQUIRE="force", DISPLAY=":0"),
    )
    for namespace in NAMESPACES:
        for size in SIZES:
            message = secrets.token_bytes(size)
            ours = output(tool, "agent", public, namespace, given=message, env=environment)
            expect(openssh_verifies(directory, key, namespace, message, ours), "by the agent")
    output("ssh-add", "-q", "-x", env=dict(environment, SSH_ASKPASS=str(ask), SSH_ASKPASS_REQUIRE="force"))
    refused(rule, tool, "agent", public, NAMESPACES[0], given=b"x", env=environment)


def check_no_agent(tool, directory, key):
    public = key.public.split()[1]
    environment = dict(os.environ)
    environment.pop("SSH_AUTH_SOCK", None)
    rule = "ssh-agent: is not running here ($SSH_AUTH_SOCK is not set)"
    refused(rule, tool, "agent", public, NAMESPACES[0], env=environment)
    nowhere = directory / "nowhere"
    rule = f"ssh-agent: cannot connect to '{nowhere}': No such file or directory"
    refused(rule, tool, "agent", public, NAMESPACES[0], env=dict(environment, SSH_AUTH_SOCK=str(nowhere)))


def main():
    tool = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        for number in range(ROUNDS):
            key = Key(directory, f"key-{number}")
            check_public(tool, key)
            for namespace in NAMESPACES:
                for size in SIZES:
                    check_both_ways(tool, directory, key, namespace, secrets.token_bytes(size))
        check_others(tool, directory, key)
        check_no_agent(tool, directory, key)
        with_agent(directory, lambda environment: check_agent(tool, directory, environment))
    count = ROUNDS * len(NAMESPACES) * len(SIZES)
    print(f"sshsig: {count} signatures each way between sshsig_tool and ssh-keygen, and by ssh-agent")


if __name__ == "__main__":
    main()
