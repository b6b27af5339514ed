#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seals and opens across with hpke_tool, by Python's cryptography (48 or later).

usage: hpke_python.py HPKE_TOOL
"""

import secrets
import subprocess
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

ROUNDS = 200
INFO_MAX = 64
PLAIN_MAX = 2000
REFUSED = "refused: altered, or sealed to another key"

SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


class Tool:
    def __init__(self, path):
        self.process = subprocess.Popen(
            [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, verb, *arguments):
        words = [verb] + [argument.hex() or "-" for argument in arguments]
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def expect(is_so, what):
    if not is_so:
        sys.exit(f"hpke_python: {what}")


def answer_bytes(answer):
    expect(answer and not answer.startswith("refused"), f"hpke_tool said '{answer}'")
    return b"" if answer == "-" else bytes.fromhex(answer)


def altered(box):
    place = secrets.randbelow(len(box))
    return box[:place] + bytes([box[place] ^ 1 << secrets.randbelow(8)]) + box[place + 1 :]


def is_refused(private, box, info):
    try:
        SUITE.decrypt(box, private, info)
    except InvalidTag:
        return True
    return False


def exchange(tool, round_number):
    private = X25519PrivateKey.generate()
    private_bytes = private.private_bytes_raw()
    public = private.public_key()
    info = secrets.token_bytes(secrets.randbelow(INFO_MAX + 1))
    plain = secrets.token_bytes(secrets.randbelow(PLAIN_MAX) if round_number else 0)

    theirs = answer_bytes(tool.ask("seal", public.public_bytes_raw(), info, plain))
    expect(SUITE.decrypt(theirs, private, info) == plain, "read another text from hpke_tool")
    expect(is_refused(private, altered(theirs), info), "opened an altered box")

    ours = SUITE.encrypt(plain, public, info)
    expect(len(ours) == len(theirs), "the boxes differ in length")
    opened = answer_bytes(tool.ask("open", private_bytes, info, ours))
    expect(opened == plain, "hpke_tool read another text")
    answer = tool.ask("open", private_bytes, info, altered(ours))
    expect(answer == REFUSED, f"an altered box: hpke_tool said '{answer}'")
    answer = tool.ask("open", private_bytes, info + b"x" if len(info) < INFO_MAX else b"", ours)
    expect(answer == REFUSED, f"another info: hpke_tool said '{answer}'")


def main():
    tool = Tool(sys.argv[1])
    for round_number in range(ROUNDS):
        exchange(tool, round_number)
    expect(tool.close() == 0, "hpke_tool failed")
    print(f"hpke: {ROUNDS} boxes each way between hpke_tool and Python's cryptography")


if __name__ == "__main__":
    main()
