#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second implementation of crypto/FORMAT.md, made from that page: what can be verified without a key, and opening.

verify.py [--against REVISION] [DIRECTORY]		prints what it finds; exit status 3 when that is anything
verify.py --open IDENTITY ENVIRONMENT [DIRECTORY]	prints the values, NAME=VALUE; exit status 4 when it refuses

It stands on Python's cryptography (Debian's 38 is enough), on PyYAML for the two files that people write, on git for
revisions, and on age for one thing: opening key.age with an identity. It shares no code with anything else here.
"""
import base64, calendar, contextlib, datetime, functools, hashlib, hmac, os, re, stat, subprocess, sys, tempfile
import yaml
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NUMBER_MAX = 2**32 - 1
LINE_MAX, SEALED_MAX, KEY_MAX, ROSTER_MAX, VALUE_MAX = 1024, 2 << 20, 256 << 10, 1 << 20, 1 << 20
LEAP_MAX = 1000
SETTING = "[A-Za-z_][A-Za-z0-9_]{0,127}"
LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
MEMBER = "[a-z0-9][a-z0-9._-]{0,62}"
CLUSTER = "[0-9a-f-]{1,63}"


class Refused(Exception):
    pass


# --- files -------------------------------------------------------------------------------------------------


class Folder:
    """A work tree, or a revision of it: regular files and directories, nothing else."""

    def __init__(self, root):
        self.root = root

    def look(self, path):
        """None: nothing is there. Every part on the way must be what it seems."""
        parts, mode = path.split("/"), None
        for depth in range(1, len(parts) + 1):
            try:
                mode = os.lstat(os.path.join(self.root, *parts[:depth])).st_mode
            except FileNotFoundError:
                return None
            if depth < len(parts) and not stat.S_ISDIR(mode):
                raise Refused(f"{'/'.join(parts[:depth])}: is not a directory")
        return mode

    def names(self, path):
        mode = self.look(path)
        if mode is None:
            return []
        if not stat.S_ISDIR(mode):
            raise Refused(f"{path}: is not a directory")
        return sorted(os.listdir(f"{self.root}/{path}"))

    def read(self, path, maximum):
        mode = self.look(path)
        if mode is None:
            return None
        if not stat.S_ISREG(mode):
            raise Refused(f"{path}: is not a regular file")
        if os.path.getsize(f"{self.root}/{path}") > maximum:
            raise Refused(f"{path}: is too large")
        with open(f"{self.root}/{path}", "rb") as file:
            return file.read()


@contextlib.contextmanager
def at_revision(root, revision):
    with tempfile.TemporaryDirectory() as directory:
        archive = subprocess.run(["git", "-C", root, "archive", revision], check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", directory], input=archive, check=True)
        yield Folder(directory)


# --- encodings -----------------------------------------------------------------------------------------------


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def base64_canonical(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = None
    if data is None or base64.b64encode(data).decode() != text:
        raise ValueError("not canonical base64")
    return data


def base64_lines(lines, columns):
    """Full lines but the last, which has something in it."""
    if not lines or any(len(line) != columns for line in lines[:-1]) or not 0 < len(lines[-1]) <= columns:
        raise ValueError(f"not base64 in lines of {columns}")
    return base64_canonical("".join(lines))


CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def polymod(values):
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> i & 1 else 0
    return check


def bech32(text, prefix):
    """32 bytes; prefix is lower case for a public key, upper case for a private one."""
    head, _, digits = text.rpartition("1")
    if head != prefix or text != (text.upper() if prefix.isupper() else text.lower()):
        raise ValueError("another kind of key")
    values = [CHARSET.find(digit) for digit in digits.lower()]
    prefix = prefix.lower()
    if len(values) != 58 or -1 in values or polymod([ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values) != 1:
        raise ValueError("not Bech32 of 32 bytes")
    number = int("".join(f"{value:05b}" for value in values[:-6]), 2)
    if number & 15:
        raise ValueError("padding bits that are not zero")
    return (number >> 4).to_bytes(32, "big")


# --- keys -------------------------------------------------------------------------------------------------------

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
ORDER = 2**252 + 27742317777372353535851937790883648493


def ed_add(a, b):
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2
    return (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def ed_multiply(number, point):
    result = 0, 1
    while number:
        if number & 1:
            result = ed_add(result, point)
        point, number = ed_add(point, point), number >> 1
    return result


@functools.lru_cache(None)
def is_good_ed25519(key):
    """A canonical point of the group of prime order, and not its neutral element."""
    number = int.from_bytes(key, "little")
    sign, y = number >> 255, number & ~(1 << 255)
    if y >= P:
        return False
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return False
    point = (P - x if x & 1 != sign else x), y
    return point != (0, 1) and ed_multiply(ORDER, point) == (0, 1)


def is_good_x25519(key):
    try:
        X25519PrivateKey.from_private_bytes(b"\1" * 32).exchange(X25519PublicKey.from_public_bytes(key))
    except ValueError:
        return False
    return True


def strings(data, count):
    """SSH's wire format: so many strings, and what is left."""
    found = []
    for _ in range(count):
        length = int.from_bytes(data[:4], "big")
        if len(data) < 4 + length:
            raise ValueError("cut off")
        found.append(data[4 : 4 + length])
        data = data[4 + length :]
    return found, data


def ssh_key(blob):
    (kind, key), rest = strings(blob, 2)
    if kind != b"ssh-ed25519" or rest or len(key) != 32 or not is_good_ed25519(key):
        raise ValueError("not a valid ssh-ed25519 key")
    return key


def wire(key):
    return b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + key


def fingerprint(key):
    return "SHA256:" + base64.b64encode(hashlib.sha256(wire(key)).digest()).decode().rstrip("=")


def recipient(text):
    if text.startswith("ssh-ed25519 "):
        return "ssh", ssh_key(base64_canonical(text[12:]))
    key = bech32(text, "age")
    if not is_good_x25519(key):
        raise ValueError("a key of low order")
    return "age", key


# --- text -----------------------------------------------------------------------------------------------------------


class Lines:
    """A strict text: hands out its lines, one by one, and names the line in what it refuses."""

    def __init__(self, data, file):
        self.file, self.number, self.offset = file, 0, 0
        if not data.endswith(b"\n"):
            self.number = data.count(b"\n") + 1
            self.refuse("the last line has no line feed")
        self.data = data
        self.lines = data[:-1].split(b"\n")
        for self.number, line in enumerate(self.lines, 1):
            self.check(line)
        self.number = 0

    def check(self, line):
        if re.match(rb"<{7}|>{7}|\|{7}|={7}", line):
            self.refuse("a merge conflict was left here")
        if len(line) > LINE_MAX:
            self.refuse("a line that is too long")
        if not line:
            self.refuse("an empty line")
        if any(byte < 0x20 or byte > 0x7E for byte in line):
            self.refuse("a byte that is not printable ASCII")
        if line[:1] == b" " or line[-1:] == b" " or b"  " in line:
            self.refuse("blanks")

    def refuse(self, rule):
        raise Refused(f"{self.file}:{self.number}: {rule}")

    def peek(self):
        return self.lines[self.number].decode() if self.number < len(self.lines) else ""

    def next(self):
        line = self.peek()
        self.number += 1
        if not line:
            self.refuse("cut off")
        self.offset += len(line) + 1
        return line

    def literal(self, text):
        if self.next() != text:
            self.refuse(f"expected '{text}'")

    def field(self, name, pattern=".+"):
        line = self.next()
        if not line.startswith(name + " ") or not re.fullmatch(pattern, line[len(name) + 1 :]):
            self.refuse(f"'{name}'")
        return line[len(name) + 1 :]

    def many(self, name, pattern):
        """A sorted list without duplicates, perhaps an empty one."""
        found = []
        while self.peek().startswith(name + " "):
            found.append(self.field(name, pattern))
            if found[:-1] and found[-2].encode() >= found[-1].encode():
                self.refuse(f"'{name}' is not sorted, or stands there twice")
        return found

    def number_of(self, name, minimum):
        text = self.field(name, "0|[1-9][0-9]{0,9}")
        if not minimum <= int(text) <= NUMBER_MAX:
            self.refuse(f"'{name}' is not a number from {minimum}")
        return int(text)

    def time(self, name):
        text = self.field(name, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
        try:
            when = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
        except ValueError:
            self.refuse(f"'{name}' is not a time")
        if when.year < 1970:
            self.refuse(f"'{name}' is before 1970")
        return calendar.timegm(when.timetuple())

    def key(self, name, read, text=None):
        try:
            return read(self.field(name) if text is None else text)
        except ValueError as problem:
            self.refuse(f"'{name}': {problem}")

    def signature(self, namespace):
        """(key, signature) of the armored block that stands here."""
        self.literal("-----BEGIN SSH SIGNATURE-----")
        lines = []
        while self.peek() and not self.peek().startswith("-----"):
            lines.append(self.next())
        try:
            data = base64_lines(lines, 70)
            if data[:10] != b"SSHSIG\0\0\0\1":
                raise ValueError("not an SSH signature, version 1")
            (key, space, reserved, algorithm, signature), rest = strings(data[10:], 5)
            (kind, value), more = strings(signature, 2)
            if space != namespace.encode():
                raise ValueError(f"its namespace is not '{namespace}'")
            if (reserved, algorithm, kind, len(value), rest, more) != (b"", b"sha512", b"ssh-ed25519", 64, b"", b""):
                raise ValueError("not ssh-ed25519 over sha512")
            found = ssh_key(key), value
        except ValueError as problem:
            self.refuse(f"the signature: {problem}")
        self.literal("-----END SSH SIGNATURE-----")
        return found


def is_signed(signature, namespace, message):
    key, value = signature
    string = lambda data: len(data).to_bytes(4, "big") + data
    text = b"SSHSIG" + string(namespace.encode()) + string(b"") + string(b"sha512") + string(hashlib.sha512(message).digest())
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(value, text)
    except InvalidSignature:
        return False
    return True


# --- rosters --------------------------------------------------------------------------------------------------------


class Roster:
    def __init__(self, data, file):
        lines = Lines(data, file)
        self.file = file
        lines.literal("tfsecrets roster v1")
        self.project = lines.field("project-id", "[0-9a-f]{32}")
        self.serial = lines.number_of("serial", 1)
        self.previous = lines.field("previous", "[0-9a-f]{64}|-")
        if (self.previous == "-") != (self.serial == 1):
            lines.refuse("'previous' is '-' exactly at serial 1")
        self.threshold = lines.number_of("threshold", 1)
        self.members = {}
        while lines.peek().startswith("member "):
            self.read_member(lines)
        self.admins = self.named(lines, "admin")
        self.environments = {}
        while lines.peek().startswith("environment "):
            self.read_environment(lines)
        lines.literal("end")
        self.body = data[: lines.offset]
        self.hash = sha256(self.body)
        self.signatures = []
        while lines.peek():
            self.signatures.append(lines.signature("tfsecrets-roster"))

    def read_member(self, lines):
        key = r"ssh-ed25519 [A-Za-z0-9+/=]+|age1\S+|-"
        match = re.fullmatch(f"({MEMBER}) ({key}) (ssh-ed25519 [A-Za-z0-9+/=]+|-)", lines.field("member"))
        if not match or (match[2], match[3]) == ("-", "-"):
            lines.refuse("'member' is not NAME RECIPIENT SIGNING")
        name = match[1]
        if self.members and max(name_.encode() for name_ in self.members) >= name.encode():
            lines.refuse("members are not sorted, or one stands there twice")
        reads = None if match[2] == "-" else lines.key("member", recipient, match[2])
        signs = None if match[3] == "-" else lines.key("member", recipient, match[3])[1]
        self.members[name] = reads, signs

    def named(self, lines, role):
        names = lines.many(role, MEMBER)
        for name in names:
            if name not in self.members:
                lines.refuse(f"'{role}' names '{name}', who is not a member")
        return names

    def read_environment(self, lines):
        name = lines.field("environment", LABEL)
        if name == "roster":
            lines.refuse("'roster' is a reserved name")
        if self.environments and max(self.environments) >= name:
            lines.refuse("environments are not sorted, or one stands there twice")
        part = dict(name=name, epoch=lines.number_of("epoch", 1), key=lines.key("key", lambda text: bech32(text, "tfsecrets")))
        if not is_good_x25519(part["key"]):
            lines.refuse("'key' is of low order")
        part["wrapped"] = lines.field("wrapped", "[0-9a-f]{64}")
        part["readers"], part["sealers"] = self.named(lines, "reader"), self.named(lines, "sealer")
        part["removed"] = lines.number_of("removed", 0)
        part["clusters"], part["namespaces"] = lines.many("cluster", CLUSTER), lines.many("namespace", LABEL)
        self.environments[name] = part

    def recipients(self, environment):
        return [self.members[name][0] for name in self.environments[environment]["readers"]]

    def signer(self, key):
        return next((name for name, (_, signs) in self.members.items() if signs == key), None)

    def refuse(self, rule):
        raise Refused(f"{self.file}: {rule}")

    def check_within(self):
        for at, what in ((0, "recipient"), (1, "signing key")):
            keys = [member[at] for member in self.members.values() if member[at]]
            if len(set(keys)) != len(keys):
                self.refuse(f"two members have the same {what}")
        if any(not self.members[name][1] for name in self.admins):
            self.refuse("an admin has no signing key")
        if self.threshold > len(self.admins):
            self.refuse("the threshold is greater than the number of admins")
        keys = [part["key"] for part in self.environments.values()]
        if len(set(keys)) != len(keys):
            self.refuse("two environments have the same key")
        for part in self.environments.values():
            if not part["readers"] or None in self.recipients(part["name"]):
                self.refuse("an environment without a reader, or a reader without a recipient")
            if any(not self.members[name][1] for name in part["sealers"]):
                self.refuse("a sealer has no signing key")
            if part["removed"] > part["epoch"]:
                self.refuse("'removed' is greater than 'epoch'")
            if self.serial == 1:
                self.check_new(part)

    def check_new(self, part):
        if (part["epoch"], part["removed"]) != (1, 0):
            self.refuse("a new environment starts with epoch 1 and removed 0")

    def check_step(self, chain):
        before = chain[-1]
        if self.project != before.project or self.previous != before.hash:
            self.refuse("does not follow the roster before")
        used = [part for roster in chain for part in roster.environments.values()]
        for name, part in self.environments.items():
            old = before.environments.get(name)
            if (old is None or old["key"] != part["key"]) and part["key"] in [one["key"] for one in used]:
                self.refuse(f"'{name}': its key was used before")
            if old is None:
                self.check_new(part)
                if name in [one["name"] for one in used]:
                    self.refuse(f"'{name}' is the name of an environment that was dropped")
            else:
                self.check_environment_step(old, part, before.recipients(name))

    def check_environment_step(self, old, part, readers):
        step = part["epoch"] - old["epoch"]
        if step not in (0, 1):
            self.refuse("the epoch may stay or grow by one")
        if (part["key"] != old["key"]) != (step == 1):
            self.refuse("the key changes exactly when the epoch does")
        is_removal = step == 1 and part["removed"] == part["epoch"]
        if part["removed"] != old["removed"] and not is_removal:
            self.refuse("'removed' only ever becomes a new epoch")
        if not set(readers) <= set(self.recipients(part["name"])) and not is_removal:
            self.refuse("a reader left, so a new epoch must begin and be 'removed'")

    def check_signatures(self, judge):
        """How many admins of judge signed it; anything else that signed is refused."""
        keys = [judge.members[name][1] for name in judge.admins]
        at = -1
        for number, signature in enumerate(self.signatures, 1):
            if signature[0] not in keys:
                self.refuse(f"signature {number} is not by an admin of roster {judge.serial}")
            if keys.index(signature[0]) <= at:
                self.refuse(f"signature {number} stands there twice or out of order")
            if not is_signed(signature, "tfsecrets-roster", self.body):
                self.refuse(f"signature {number} does not verify")
            at = keys.index(signature[0])
        return len(self.signatures)


class Chain:
    """The rosters in force, the last of them last; and what is proposed, with what is wrong with it."""

    def __init__(self, tree):
        names = tree.names("tfsecrets/roster")
        self.rosters, self.proposed, self.problem = [], None, None
        if not names:
            raise Refused("tfsecrets/roster: there is no roster")
        for name in names:
            if not re.fullmatch(r"\d{4}|[1-9]\d{4,}", name) or int(name) < 1:
                raise Refused(f"tfsecrets/roster/{name}: is not the name of a roster")
        for serial in range(1, len(names) + 1):
            self.add(tree, serial, serial == len(names))

    def add(self, tree, serial, is_last):
        file = f"tfsecrets/roster/{serial:04}"
        data = tree.read(file, ROSTER_MAX)
        if data is None:
            raise Refused(f"{file}: is missing")
        roster = Roster(data, file)
        if roster.serial != serial:
            roster.refuse("'serial' is not the file's name")
        judge = self.rosters[-1] if self.rosters else roster
        is_complete = roster.check_signatures(judge) >= judge.threshold
        try:
            roster.check_within()
            if self.rosters:
                roster.check_step(self.rosters)
        except Refused as problem:
            if is_complete or not is_last or not self.rosters:
                raise
            self.problem = str(problem)
        if is_complete:
            self.rosters.append(roster)
        elif is_last and self.rosters:
            self.proposed = roster
        else:
            roster.refuse("lacks signatures")

    def hold(self, pins):
        for project, serial, hash_ in pins:
            if project != self.current.project:
                raise Refused(f"{self.current.file}: is of another project than tfsecrets/pins has")
            if serial <= len(self.rosters) and self.rosters[serial - 1].hash != hash_:
                raise Refused(f"tfsecrets/roster/{serial:04}: is a fork: tfsecrets/pins has another")
        serials = [serial for _, serial, _ in pins]
        if serials and max(serials) > self.current.serial and self.current.serial not in serials:
            raise Refused(f"{self.current.file}: was never verified by this clone, which knows later ones")

    @property
    def current(self):
        return self.rosters[-1]

    def key_of(self, environment, epoch):
        found = [roster.environments[environment]["key"] for roster in self.rosters if roster.environments.get(environment, {}).get("epoch") == epoch]
        return found[-1] if found else None


def pins_of(root):
    """The clone's, for a root that is the top of its work tree."""
    common = subprocess.run(["git", "-C", root, "rev-parse", "--git-common-dir"], capture_output=True, text=True)
    file = os.path.join(root, common.stdout.strip(), "tfsecrets/pins")
    if common.returncode or not os.path.exists(file):
        return []
    pins = []
    with open(file) as lines:
        for line in lines:
            path, _, pin = line.rstrip("\n").rpartition(" ")
            match = re.fullmatch("([0-9a-f]{32}):([1-9][0-9]{0,9}):([0-9a-f]{64})", pin)
            if not match or not path:
                raise Refused(f"{file}: not a pin")
            if path == ".":
                pins.append((match[1], int(match[2]), match[3]))
    return pins


# --- keys of environments -----------------------------------------------------------------------------------------


def unpadded(text, length):
    data = base64_canonical(text + "=" * (-len(text) % 4))
    if "=" in text or len(data) != length:
        raise ValueError(f"not {length} bytes in base64 without padding")


def stanzas(data):
    """(type, tag or None) of each stanza of an armored age file; all its stanzas wrap a file key of 16 bytes."""
    lines = data.decode("ascii").split("\n")
    if lines[0] != "-----BEGIN AGE ENCRYPTED FILE-----" or lines[-2:] != ["-----END AGE ENCRYPTED FILE-----", ""]:
        raise ValueError("not an armored age file")
    header, found, at = base64_lines(lines[1:-2], 64).split(b"\n"), [], 1
    if header[0] != b"age-encryption.org/v1":
        raise ValueError("not age, version 1")
    while header[at].startswith(b"-> "):
        kind, *arguments = header[at][3:].decode("ascii").split(" ")
        for text, length in zip(arguments, (32,) if kind == "X25519" else (4, 32), strict=True):
            unpadded(text, length)
        unpadded(header[at + 1].decode("ascii"), 32)
        found.append((kind, arguments[0] if kind == "ssh-ed25519" else None))
        at += 2
    if not header[at].startswith(b"--- "):
        raise ValueError("no MAC")
    unpadded(header[at][4:].decode("ascii"), 32)
    if len(b"\n".join(header[at + 1 :])) < 32:
        raise ValueError("no payload")
    return found


def check_key_file(data, roster, environment):
    file = f"tfsecrets/{environment}/key.age"
    if data is None:
        raise Refused(f"{file}: is missing")
    if sha256(data) != roster.environments[environment]["wrapped"]:
        raise Refused(f"{file}: is not the file that the roster names")
    try:
        found = stanzas(data)
    except (ValueError, IndexError) as problem:
        raise Refused(f"{file}: {problem}")
    expected = []
    for kind, key in roster.recipients(environment):
        tag = base64.b64encode(hashlib.sha256(wire(key)).digest()[:4]).decode().rstrip("=")
        expected.append(("X25519", None) if kind == "age" else ("ssh-ed25519", tag))
    if found != expected:
        raise Refused(f"{file}: its stanzas are not one for each reader, in their order")


def open_key_file(data, chain, environment, identity):
    """The private keys of this epoch and the one before, by epoch."""
    file, roster = f"tfsecrets/{environment}/key.age", chain.current
    check_key_file(data, roster, environment)
    done = subprocess.run(["age", "-d", "-i", identity], input=data, capture_output=True)
    if done.returncode:
        raise Refused(f"{file}: age does not open it")
    lines = Lines(done.stdout, file)
    epoch = roster.environments[environment]["epoch"]
    lines.literal("tfsecrets environment key v1")
    for name, value in (("project-id", roster.project), ("environment", environment), ("epoch", str(epoch))):
        lines.literal(f"{name} {value}")
    keys = {epoch: lines.key("key", lambda text: bech32(text, "TFSECRETS-ENV-KEY-"))}
    if epoch == 1:
        lines.literal("previous -")
    else:
        keys[epoch - 1] = lines.key("previous", lambda text: bech32(text, "TFSECRETS-ENV-KEY-"))
    if lines.peek():
        lines.refuse("a line too many")
    for of, key in keys.items():
        if public_of(key) != chain.key_of(environment, of):
            raise Refused(f"{file}: the key of epoch {of} is not the roster's")
    return keys


def public_of(private):
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


# --- values -----------------------------------------------------------------------------------------------------------


def pad(length):
    e = length.bit_length() - 1
    step = max(64, 1 << max(0, e - e.bit_length()))
    return -(-length // step) * step


class Sealed:
    def __init__(self, data, file):
        lines = Lines(data, file)
        self.file, self.hash = file, sha256(data)
        lines.literal("tfsecrets sealed v1")
        self.project = lines.field("project-id", "[0-9a-f]{32}")
        self.environment = lines.field("environment", LABEL)
        self.setting = lines.field("setting", SETTING)
        self.epoch, self.generation = lines.number_of("epoch", 1), lines.number_of("generation", 1)
        self.previous = lines.field("previous", "[0-9a-f]{64}|-")
        if (self.previous == "-") != (self.generation == 1):
            lines.refuse("'previous' is '-' exactly at generation 1")
        self.changed = lines.number_of("changed", 1)
        if self.changed > self.epoch:
            lines.refuse("'changed' is greater than 'epoch'")
        self.changed_at = lines.time("changed-at")
        self.value_id = lines.field("value-id", "[0-9a-f]{32}")
        lines.time("sealed-at")
        sealed_by = lines.field("sealed-by", "SHA256:[A-Za-z0-9+/]{43}")
        self.header = data[: lines.offset]
        self.is_unset = lines.peek() == "unset"
        self.box = self.read_box(lines)
        self.signed = data[: lines.offset]
        self.signature = lines.signature("tfsecrets-sealed")
        if lines.peek():
            lines.refuse("something follows the signature")
        if fingerprint(self.signature[0]) != sealed_by:
            lines.refuse("'sealed-by' is not the key that made the signature")

    def read_box(self, lines):
        if self.is_unset:
            lines.literal("unset")
            return None
        lines.literal("value")
        text = []
        while lines.peek() and not lines.peek().startswith("-----"):
            text.append(lines.next())
        try:
            box = base64_lines(text, 64)
        except ValueError as problem:
            lines.refuse(f"the value is {problem}")
        length = len(box) - 48
        if not 64 <= length <= pad(5 + VALUE_MAX) or pad(length) != length:
            lines.refuse("the value has a length that no padded value has")
        return box

    def refuse(self, rule):
        raise Refused(f"{self.file}: {rule}")

    def check(self, roster, environment, name):
        part = roster.environments[environment]
        if (self.project, self.environment, self.setting) != (roster.project, environment, name):
            self.refuse("was sealed for another place")
        if self.epoch > part["epoch"] or self.epoch < part["epoch"] - 1:
            self.refuse("is of an epoch that is not known any more, or not yet")
        if not is_signed(self.signature, "tfsecrets-sealed", self.signed):
            self.refuse("the signature does not verify")
        if roster.signer(self.signature[0]) not in part["sealers"]:
            self.refuse("pending: not sealed by a sealer")
        if self.epoch < part["epoch"]:
            self.refuse("is of the epoch before: reseal it")

    def open(self, private):
        altered = Refused(f"{self.file}: altered, or sealed to another key")
        try:
            plain = hpke_open(private, b"tfsecrets/v1/sealed" + hashlib.sha256(self.header).digest(), self.box)
        except (InvalidTag, ValueError):
            raise altered
        length = int.from_bytes(plain[1:5], "big")
        if plain[0] != 1 or length > VALUE_MAX or pad(5 + length) != len(plain) or any(plain[5 + length :]):
            raise altered
        return plain[5 : 5 + length]


def hpke_open(private, info, box):
    """RFC 9180: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305; aad is empty."""
    mac = lambda key, data: hmac.new(key, data, hashlib.sha256).digest()
    kem, suite = b"KEM\0\x20", b"HPKE\0\x20\0\x01\0\x03"

    def extract(of, salt, label, ikm):
        return mac(salt or bytes(32), b"HPKE-v1" + of + label + ikm)

    def expand(of, key, label, context, length):
        return mac(key, length.to_bytes(2, "big") + b"HPKE-v1" + of + label + context + b"\1")[:length]

    enc, ciphertext = box[:32], box[32:]
    shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(enc))
    secret = expand(kem, extract(kem, b"", b"eae_prk", shared), b"shared_secret", enc + public_of(private), 32)
    context = b"\0" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    base = extract(suite, secret, b"secret", b"")
    key, nonce = expand(suite, base, b"key", context, 32), expand(suite, base, b"base_nonce", context, 12)
    return ChaCha20Poly1305(key).decrypt(nonce, ciphertext, b"")


# --- a repository ---------------------------------------------------------------------------------------------------


class Repository:
    def __init__(self, root):
        self.root, self.tree = root, Folder(root)
        self.chain = Chain(self.tree)
        self.chain.hold(pins_of(root))
        self.roster = self.chain.current
        schema = yaml.load(self.tree.read("tfsecrets.yaml", ROSTER_MAX), yaml.BaseLoader)
        self.settings, self.environments = schema["settings"], schema["environments"]

    def is_ignored(self, path):
        return subprocess.run(["git", "-C", self.root, "check-ignore", "-q", "--", path], capture_output=True).returncode == 0

    def plain(self, environment):
        text = self.tree.read(f"tfsecrets/{environment}/config.yaml", ROSTER_MAX)
        return yaml.load(text, yaml.BaseLoader) or {} if text is not None else {}

    def needs(self, name, environment):
        setting = self.settings[name]
        if setting.get("optional") == "true" or "default" in setting:
            return False
        return environment in setting.get("required-in", [environment])

    def sealed(self, environment, name):
        """A verified file; None: there is none."""
        file = f"tfsecrets/{environment}/sealed/{name}"
        data = self.tree.read(file, SEALED_MAX)
        if data is None:
            return None
        value = Sealed(data, file)
        value.check(self.roster, environment, name)
        return value

    def value_of(self, environment, name, plain):
        """What a setting has: a verified Sealed, a plain text, or None."""
        kind = self.settings[name]["kind"]
        file = f"tfsecrets/{environment}/config.yaml"
        if kind == "secret" and name in plain:
            raise Refused(f"{file}: the secret '{name}' stands there in the clear")
        value = self.sealed(environment, name)
        if kind == "config" and value is not None:
            value.refuse("was sealed, so it is a secret")
        if value is not None and not value.is_unset:
            return value
        if name in plain:
            return plain[name]
        if self.needs(name, environment):
            raise Refused(f"'{name}' has no value in '{environment}'")
        return None

    def open(self, environment, identity):
        """Every value of an environment, or none."""
        plain, opened = self.plain(environment), {}
        values = {name: self.value_of(environment, name, plain) for name in self.settings}
        keys = open_key_file(self.tree.read(f"tfsecrets/{environment}/key.age", KEY_MAX), self.chain, environment, identity)
        for name, value in values.items():
            if value is not None:
                opened[name] = value.open(keys[value.epoch]) if isinstance(value, Sealed) else value.encode()
        return opened

    # What `check` finds.

    def findings(self):
        found = []

        def take(function, *arguments):
            try:
                return function(*arguments)
            except Refused as problem:
                found.append(str(problem))

        if self.chain.proposed:
            found.append(f"{self.chain.proposed.file}: is proposed")
        if self.chain.problem:
            found.append(self.chain.problem)
        found += [f"tfsecrets.yaml: the roster has no environment '{name}'" for name in self.environments if name not in self.roster.environments]
        known = {"roster", ".journal", *self.roster.environments}
        found += self.strays("tfsecrets", known)
        for name in self.roster.environments:
            self.look_at_environment(name, found, take)
        return found

    def strays(self, folder, known):
        return [f"{folder}/{name}: does not belong there" for name in self.tree.names(folder) if name not in known and not self.is_ignored(f"{folder}/{name}")]

    def look_at_environment(self, environment, found, take):
        folder = f"tfsecrets/{environment}"
        take(lambda: check_key_file(self.tree.read(f"{folder}/key.age", KEY_MAX), self.roster, environment))
        known = {"config.yaml", "key.age", "sealed"} | ({"key.age.proposed"} if self.chain.proposed else set())
        found += take(self.strays, folder, known) or []
        names = take(self.tree.names, f"{folder}/sealed") or []
        files = [name for name in names if re.fullmatch(SETTING, name)]
        found += [f"{folder}/sealed/{name}: is not the name of a setting" for name in names if name not in files and not self.is_ignored(f"{folder}/sealed/{name}")]
        if len({name.lower() for name in files}) != len(files):
            found.append(f"{folder}/sealed: two names differ only in letter case")
        plain = take(self.plain, environment) or {}
        found += [f"{folder}/config.yaml: '{name}' is no setting" for name in plain if name not in self.settings]
        for name in files:
            if name not in self.settings:
                value = take(self.sealed, environment, name)
                if value is not None and not value.is_unset:
                    found.append(f"{value.file}: no such setting")
        if environment in self.environments and (files or plain):
            for name in self.settings:
                take(self.value_of, environment, name, plain)

    # What `check --against` finds besides.

    def against(self, revision):
        with at_revision(self.root, revision) as before:
            chain = Chain(before)
            last = chain.current
            if last.serial > len(self.chain.rosters):
                yield f"{last.file}: is gone since {revision}"
            elif self.chain.rosters[last.serial - 1].hash != last.hash:
                yield f"{last.file}: is a fork of {revision}'s"
            for environment in last.environments:
                if environment in self.roster.environments:
                    yield from self.compare_environment(before, environment)

    def compare_environment(self, before, environment):
        plain = self.plain(environment)
        for name in before.names(f"tfsecrets/{environment}/sealed"):
            file = f"tfsecrets/{environment}/sealed/{name}"
            old = Sealed(before.read(file, SEALED_MAX), file)
            if name in plain:
                yield f"{file}: was sealed, and stands in the clear in config.yaml"
            if self.settings.get(name, {}).get("kind") == "config":
                yield f"tfsecrets.yaml: '{name}' was sealed, so it cannot be config"
            try:
                data = self.tree.read(file, SEALED_MAX)
                now = Sealed(data, file) if data is not None else None
            except Refused:
                continue
            if now is None:
                if not old.is_unset or name in self.settings:
                    yield f"{file}: is gone"
            else:
                yield from compare(old, now)


def compare(old, now):
    step, is_same = now.generation - old.generation, old.value_id == now.value_id
    if step < 0:
        yield f"{now.file}: an older value was put back"
    elif step == 0:
        if old.hash != now.hash:
            yield f"{now.file}: other bytes under the same generation"
    else:
        if step == 1 and now.previous != old.hash:
            yield f"{now.file}: 'previous' is not the file that it replaces"
        if step > LEAP_MAX:
            yield f"{now.file}: leaps by {step} generations"
        if is_same != (old.changed_at == now.changed_at) or now.changed_at < old.changed_at:
            yield f"{now.file}: value-id and changed-at do not change together, forwards"
        if now.epoch < old.epoch:
            yield f"{now.file}: its epoch went back"
        allowed = {old.changed}
        if not is_same:
            allowed |= {now.epoch} if step == 1 else set(range(1, now.epoch + 1))
        if now.changed not in allowed:
            yield f"{now.file}: 'changed' is neither what it was nor its own epoch"


def verify(root, revision=None):
    """What is found, as texts that begin with a file."""
    try:
        repository = Repository(root)
        return repository.findings() + (list(repository.against(revision)) if revision else [])
    except Refused as problem:
        return [str(problem)]


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--open"]:
        identity, environment, root = (arguments[1:] + ["."])[:3]
        try:
            for name, value in sorted(Repository(root).open(environment, identity).items()):
                sys.stdout.buffer.write(name.encode() + b"=" + value + b"\n")
        except Refused as problem:
            print(problem, file=sys.stderr)
            sys.exit(4)
        return
    revision = arguments.pop(0) and arguments.pop(0) if arguments[:1] == ["--against"] else None
    found = verify(*(arguments or ["."]), revision)
    print("\n".join(found) or "nothing is found")
    sys.exit(3 if found else 0)


if __name__ == "__main__":
    main()
