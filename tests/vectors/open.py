#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""open.py IDENTITY ENVIRONMENT: prints the sealed values of an environment, NAME=VALUE, without tfsecrets.

Stock ssh-keygen verifies the signatures, stock age opens the environment's key, Python's cryptography (48 or
later) opens the values. IDENTITY is an age identity file; run it where tfsecrets.yaml is. Pins are not looked at.
"""
import base64, glob, hashlib, re, subprocess, sys, tempfile
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

identity, environment = sys.argv[1:]


def read(name):
    return open(name, "rb").read()


# the one of these members whose signature it is
def signer(namespace, members, signed, armor):
    for member in members:
        with tempfile.NamedTemporaryFile("w") as allowed, tempfile.NamedTemporaryFile() as file:
            print(member, keys[member], file=allowed, flush=True), file.write(armor), file.flush()
            command = ["ssh-keygen", "-Y", "verify", "-f", allowed.name, "-I", member, "-n", namespace, "-s", file.name]
            if subprocess.run(command, input=signed, capture_output=True).returncode == 0:
                return member
    sys.exit(f"{namespace}: signed by none of {members}")


# the chain of rosters: each names the one before and is signed by that one's admins, the first by its own
previous, keys, admins, threshold = "-", None, None, None
for serial in range(1, 1 + len(glob.glob("tfsecrets/roster/*"))):
    body, armors = read(f"tfsecrets/roster/{serial:04}").split(b"\nend\n")
    body, roster = body + b"\nend\n", body.decode() + "\n"
    assert f"\nserial {serial}\nprevious {previous}\n" in roster, "the chain is broken"
    named = {n: k for n, k in re.findall(r"^member (\S+) .*?(ssh-ed25519 \S+)$", roster, re.M)}
    asked = re.findall("^admin (.*)", roster, re.M), int(re.search("^threshold (.*)", roster, re.M)[1])
    if serial == 1:
        keys, (admins, threshold) = named, asked
    signers = {signer("tfsecrets-roster", admins, body, armor) for armor in re.findall(b"(?s)-----BEGIN.*?END.*?-\n", armors)}
    assert len(signers) >= threshold, "a roster lacks signatures"
    previous, keys, (admins, threshold) = hashlib.sha256(body).hexdigest(), named, asked
part = roster.split(f"\nenvironment {environment}\n")[1].split("\nenvironment ")[0]

# the environment's private key: Bech32 inside an age file
key_file = read(f"tfsecrets/{environment}/key.age")
assert f"\nwrapped {hashlib.sha256(key_file).hexdigest()}\n" in part, "key.age is not the roster's"
lines = subprocess.run(["age", "-d", "-i", identity], input=key_file, check=True, stdout=subprocess.PIPE).stdout.decode().split("\n")
digits = ["qpzry9x8gf2tvdw0s3jn54khce6mua7l".index(c) for c in lines[4].split("1", 1)[1].lower()[:-6]]
bits = "".join(f"{digit:05b}" for digit in digits)[:256]
private = X25519PrivateKey.from_private_bytes(int(bits, 2).to_bytes(32, "big"))
suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)

# the values: signed by a sealer over every byte before the signature, bound to the twelve header lines
for name in sorted(glob.glob(f"tfsecrets/{environment}/sealed/*")):
    signed, armor = re.fullmatch(b"(?s)(.*?)(-----BEGIN.*)", read(name)).groups()
    signer("tfsecrets-sealed", re.findall("^sealer (.*)", part, re.M), signed, armor)
    header, (kind, *box) = b"".join(signed.splitlines(True)[:12]), signed.splitlines()[12:]
    if kind == b"value":
        info = b"tfsecrets/v1/sealed" + hashlib.sha256(header).digest()
        plain = suite.decrypt(base64.b64decode(b"".join(box)), private, info=info)
        value = plain[5 : 5 + int.from_bytes(plain[1:5], "big")]
        sys.stdout.buffer.write(name.split("/")[-1].encode() + b"=" + value + b"\n")
