#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""open.py IDENTITY ENVIRONMENT SETTING: prints a sealed value, without tfsecrets.

Stock age opens the environment's key, stock ssh-keygen verifies the signature, Python's cryptography (48 or
later) opens the value. IDENTITY is an age identity file; run it where tfsecrets.yaml is.
"""
import base64, glob, hashlib, re, subprocess, sys, tempfile
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

identity, environment, setting = sys.argv[1:]
file = open(f"tfsecrets/{environment}/sealed/{setting}", "rb").read()
roster = open(max(glob.glob("tfsecrets/roster/[0-9]*"), key=lambda name: int(name.split("/")[-1]))).read()

# who signed: a sealer's signing key, over every byte before the signature
signed, signature = file[: file.index(b"-----BEGIN")], file[file.index(b"-----BEGIN") :]
sealers = re.findall("^sealer (.*)", roster.split(f"\nenvironment {environment}\n")[1].split("\nenvironment ")[0], re.M)
with tempfile.NamedTemporaryFile("w") as allowed, tempfile.NamedTemporaryFile() as armor:
    for name, key in re.findall(r"^member (\S+) .*?(ssh-ed25519 \S+)$", roster, re.M):
        allowed.write(f"sealer {key}\n" if name in sealers else "")
    allowed.flush(), armor.write(signature), armor.flush()
    subprocess.run(["ssh-keygen", "-Y", "verify", "-f", allowed.name, "-I", "sealer", "-n", "tfsecrets-sealed",
                    "-s", armor.name], input=signed, check=True, stdout=subprocess.DEVNULL)

# the environment's private key: Bech32 inside an age file
lines = subprocess.run(["age", "-d", "-i", identity, f"tfsecrets/{environment}/key.age"], check=True,
                       capture_output=True, text=True).stdout.splitlines()
digits = ["qpzry9x8gf2tvdw0s3jn54khce6mua7l".index(c) for c in lines[4].split("1", 1)[1].lower()[:-6]]
bits = "".join(f"{digit:05b}" for digit in digits)[:256]
suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)

# the value: bound to the twelve header lines
header, box = b"".join(signed.splitlines(True)[:12]), b"".join(signed.splitlines()[13:])
plain = suite.decrypt(base64.b64decode(box), X25519PrivateKey.from_private_bytes(int(bits, 2).to_bytes(32, "big")),
                      info=b"tfsecrets/v1/sealed" + hashlib.sha256(header).digest())
sys.stdout.buffer.write(plain[5 : 5 + int.from_bytes(plain[1:5], "big")])
