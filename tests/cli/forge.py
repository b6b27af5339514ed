#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an attacker with a key of his own can make: the formats of crypto/FORMAT.md by a second hand.

forge.py sealed FILE [FIELD=VALUE…] [--as IDENTITY] [--namespace NAME] [--plain HEX] [--enc HEX]
	a sealed file with other fields, signed anew; the box stays, unless --plain seals another frame
forge.py roster FILE --as IDENTITY…		signs a roster's body anew
forge.py wrap DIRECTORY ENVIRONMENT --as IDENTITY [FIELD=VALUE…] [--to RECIPIENT…]
	key.age with other content, or to others, and the roster's `wrapped` and signature with it
forge.py rotate ENVIRONMENT --as IDENTITY [--removed]
	a new epoch: another key in key.age, which keeps the one before, and the roster that says so; values stay
forge.py signing IDENTITY			the identity's signing key, as a roster has it
forge.py environment-key			a fresh one: public, private
"""
import argparse, base64, glob, hashlib, re, subprocess, sys
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BEGIN, END = b"-----BEGIN SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n"
SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


def bech32_decode(text):
    digits = [ALPHABET.index(c) for c in text.lower().rsplit("1", 1)[1][:-6]]
    bits = "".join(f"{digit:05b}" for digit in digits)[:256]
    return int(bits, 2).to_bytes(32, "big")


def bech32_encode(hrp, data):
    bits = "".join(f"{byte:08b}" for byte in data) + "0000"
    digits = [int(bits[i : i + 5], 2) for i in range(0, 260, 5)]

    def polymod(values):
        check = 1
        for value in values:
            top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
            for i, generator in enumerate([0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3]):
                check ^= generator if top >> i & 1 else 0
        return check

    expanded = [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp]
    checksum = polymod(expanded + digits + [0] * 6) ^ 1
    digits += [checksum >> 5 * (5 - i) & 31 for i in range(6)]
    return hrp + "1" + "".join(ALPHABET[digit] for digit in digits)


def secret_of(identity):
    return bech32_decode(re.search("^AGE-SECRET-KEY-1\\S+", open(identity).read(), re.M).group())


def recipient_of(identity):
    public = X25519PrivateKey.from_private_bytes(secret_of(identity)).public_key()
    return bech32_encode("age", public.public_bytes(Encoding.Raw, PublicFormat.Raw))


def signer_of(identity):
    seed = HKDF(hashes.SHA256(), 32, b"tfsecrets/v1/signing-key", b"ed25519").derive(secret_of(identity))
    return Ed25519PrivateKey.from_private_bytes(seed)


def string(data):
    return len(data).to_bytes(4, "big") + data


def wire(signer):
    return string(b"ssh-ed25519") + string(signer.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def lines(data, columns):
    text = base64.b64encode(data)
    return b"".join(text[i : i + columns] + b"\n" for i in range(0, len(text), columns))


def sign(identity, namespace, message):
    signer = signer_of(identity)
    tail = string(namespace.encode()) + string(b"") + string(b"sha512")
    signature = signer.sign(b"SSHSIG" + tail + string(hashlib.sha512(message).digest()))
    blob = b"SSHSIG" + (1).to_bytes(4, "big") + string(wire(signer)) + tail
    return BEGIN + lines(blob + string(string(b"ssh-ed25519") + string(signature)), 70) + END


def fingerprint(identity):
    digest = hashlib.sha256(wire(signer_of(identity))).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def with_fields(text, changes):
    for change in changes:
        name, value = change.split("=", 1)
        text, count = re.subn(f"^{name} .*$", lambda _: f"{name} {value}", text, count=1, flags=re.M)
        assert count == 1, f"no field {name}"
    return text


def last_roster(root):
    return max(glob.glob(f"{root}/tfsecrets/roster/[0-9]*"), key=lambda name: int(name.split("/")[-1]))


def public_key(root, environment):
    part = open(last_roster(root)).read().split(f"\nenvironment {environment}\n")[1]
    return bech32_decode(re.search("^key (\\S+)", part, re.M).group(1))


def sealed(file, *change, by=None, namespace="tfsecrets-sealed", plain=None, reseal=None, enc=None, unset=False):
    """Changes fields; signs anew when it is given an identity; plain and reseal put another box there."""
    text = open(file, "rb").read()
    signed = text[: text.index(BEGIN)].decode().split("\n")
    header, box = "\n".join(signed[:12]) + "\n", "\n".join(signed[12:])
    if by and not any(one.startswith("sealed-by=") for one in change):
        change += ("sealed-by=" + fingerprint(by),)
    header = with_fields(header, change)
    if plain is not None or reseal is not None:
        environment = re.search("^environment (.*)", header, re.M).group(1)
        frame = bytes.fromhex(plain) if plain is not None else framed(reseal.encode())
        info = b"tfsecrets/v1/sealed" + hashlib.sha256(header.encode()).digest()
        key = X25519PublicKey.from_public_bytes(public_key(".", environment))
        box = "value\n" + lines(SUITE.encrypt(frame, key, info=info), 64).decode()
    if enc is not None:
        data = base64.b64decode(box.split("\n", 1)[1])
        box = "value\n" + lines(bytes.fromhex(enc) + data[32:], 64).decode()
    if unset:
        box = "unset\n"
    message = (header + box).encode()
    armor = sign(by, namespace, message) if by else text[text.index(BEGIN) :]
    open(file, "wb").write(message + armor)


def pad(length):
    e = length.bit_length() - 1
    step = max(64, 1 << max(0, e - e.bit_length()))
    return -(-length // step) * step


def framed(value):
    frame = b"\1" + len(value).to_bytes(4, "big") + value
    return frame.ljust(pad(len(frame)), b"\0")


def sign_roster(file, identities, namespace="tfsecrets-roster"):
    text = open(file, "rb").read()
    body = text[: text.index(b"\nend\n") + 5]
    open(file, "wb").write(body + b"".join(sign(identity, namespace, body) for identity in identities))


def age(plain, recipients):
    command = ["age", "-a"] + [word for recipient in recipients for word in ("-r", recipient)]
    return subprocess.run(command, input=plain.encode(), check=True, capture_output=True).stdout


def key_lines(environment, identity):
    command = ["age", "-d", "-i", identity, f"tfsecrets/{environment}/key.age"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def wrap(environment, identity, change=(), to=None):
    armored = age(with_fields(key_lines(environment, identity), change), to or [recipient_of(identity)])
    open(f"tfsecrets/{environment}/key.age", "wb").write(armored)
    roster = last_roster(".")
    before, after = open(roster).read().split(f"\nenvironment {environment}\n")
    after = re.sub("^wrapped .*", "wrapped " + hashlib.sha256(armored).hexdigest(), after, count=1, flags=re.M)
    open(roster, "w").write(before + f"\nenvironment {environment}\n" + after)
    sign_roster(roster, [identity])


def signing(identity):
    return "ssh-ed25519 " + base64.b64encode(wire(signer_of(identity))).decode()


def environment_key():
    """A fresh one: public, private."""
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return bech32_encode("tfsecrets", public), bech32_encode("tfsecrets-env-key-", private.private_bytes_raw()).upper()


def forge_rotate(arguments):
    environment, identity = arguments.environment, arguments.identity[0]
    file = f"tfsecrets/{environment}/key.age"
    plain = subprocess.run(["age", "-d", "-i", identity, file], check=True, capture_output=True, text=True).stdout
    old, epoch = re.search("^key (.*)", plain, re.M).group(1), int(re.search("^epoch (.*)", plain, re.M).group(1)) + 1
    public, private = environment_key()
    plain = with_fields(plain, [f"key={private}", f"previous={old}", f"epoch={epoch}"])
    armored = subprocess.run(["age", "-a", "-r", recipient_of(identity)], input=plain.encode(), check=True, capture_output=True).stdout
    open(file, "wb").write(armored)
    roster = last_roster(".")
    text = open(roster, "rb").read()
    body = text[: text.index(b"\nend\n") + 5]
    serial = int(roster.split("/")[-1]) + 1
    body = with_fields(body.decode(), [f"serial={serial}", f"previous={hashlib.sha256(body).hexdigest()}"])
    before, after = body.split(f"\nenvironment {environment}\n")
    changes = [f"epoch={epoch}", f"key={public}", f"wrapped={hashlib.sha256(armored).hexdigest()}"]
    after = with_fields(after, changes + ([f"removed={epoch}"] if arguments.removed else []))
    new = f"tfsecrets/roster/{serial:04}"
    open(new, "w").write(before + f"\nenvironment {environment}\n" + after)
    sign_roster(new, arguments.identity[:1])


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    for name, places in (("sealed", ["file"]), ("roster", ["file"]), ("wrap", ["environment"]), ("rotate", ["environment"])):
        command = commands.add_parser(name)
        for place in places:
            command.add_argument(place)
        command.add_argument("change", nargs="*")
        command.add_argument("--as", dest="identity", action="append")
        for option in ("--namespace", "--plain", "--reseal", "--enc"):
            command.add_argument(option)
        command.add_argument("--to", action="append")
        command.add_argument("--unset", action="store_true")
        command.add_argument("--removed", action="store_true")
    commands.add_parser("signing").add_argument("file")
    commands.add_parser("environment-key")
    arguments = parser.parse_args()
    if arguments.command == "sealed":
        sealed(
            arguments.file,
            *arguments.change,
            by=arguments.identity and arguments.identity[0],
            namespace=arguments.namespace or "tfsecrets-sealed",
            plain=arguments.plain,
            reseal=arguments.reseal,
            enc=arguments.enc,
            unset=arguments.unset,
        )
    elif arguments.command == "roster":
        sign_roster(arguments.file, arguments.identity, arguments.namespace or "tfsecrets-roster")
    elif arguments.command == "wrap":
        wrap(arguments.environment, arguments.identity[0], arguments.change, arguments.to)
    elif arguments.command == "rotate":
        forge_rotate(arguments)
    elif arguments.command == "signing":
        print(signing(arguments.file))
    else:
        print(*environment_key(), sep="\n")


if __name__ == "__main__":
    main()
