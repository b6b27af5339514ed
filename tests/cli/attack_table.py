#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The attacks: what somebody who can write to the repository puts there, who refuses it, and with which words.

attack_table.py make BASE			one valid repository, from which every row starts
attack_table.py run BASE SECTION		applies each attack of a section to a copy of its own, and looks
attack_table.py table				SECURITY.md's table
attack_table.py sections			their names

A row names the message of `check`, of `check --against HEAD`, and of what uses values (get, exec, render, apply);
None: that one must not object, since the attack is not to be seen from there. late: apply looks at key.age only where a
target wants a value. Whatever refuses must show no
value, change nothing, and start nothing. check ends with 3, what uses values with 4.
"""
import base64, contextlib, glob, hashlib, os, re, shutil, subprocess, sys

import forge

PROGRAM = os.environ.get("TFSECRETS", "")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SEALED = "tfsecrets/prod/sealed/DATABASE_URL"
OTHER = "tfsecrets/prod/sealed/BETTER_AUTH_SECRET"
UNSET = "tfsecrets/prod/sealed/OPENAI_API_KEY"  # a tombstone
DEV = "tfsecrets/dev/sealed/DATABASE_URL"
KEY = "tfsecrets/prod/key.age"
FIRST, SECOND, THIRD = (f"tfsecrets/roster/000{serial}" for serial in (1, 2, 3))
VALUE = "postgresql://taskflow:s3cr3t-in-the-url@db.internal:5432/taskflow"
SECRETS = (VALUE, "s3cr3t-in-the-url", "first-in-the-url", "Yw3vKq8ZbN1fTgR5hXsL0pJmC7dUeA2o", "sk-proj-4fQ9tWz7LrXcV2bN8mKj5HgD1sAaPpOo")
ALTERED = "opening 'DATABASE_URL': altered, or sealed to another key"
UNSIGNED = f"{SEALED}: the signature does not verify"
ROWS = []


def identity(name):
    return os.environ["HOME"] + f"/{name}"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def edit(path, pattern, to):
    """Replaces what pattern finds first; an edit that changes nothing is no attack."""
    before = read(path)
    after = re.sub(pattern, to, before, count=1, flags=re.M)
    assert after != before, f"{path}: nothing is changed by {pattern}"
    write(path, after)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def body(roster):
    text = read(roster)
    return text[: text.index(b"\nend\n") + 5]


def in_git(revision, path):
    return subprocess.run(["git", "show", f"{revision}:{path}"], check=True, capture_output=True).stdout


def tfsecrets(*words, given=None, check=False):
    return subprocess.run([PROGRAM, *words], input=given, stdin=subprocess.DEVNULL if given is None else None, capture_output=True, check=check, timeout=60)


def sealers(*names):
    return [identity(name) for name in names]


def forged(path, *fields, by="alice", **how):
    forge.sealed(path, *fields, by=by and identity(by), **how)


def in_part(text, environment, pattern, to):
    """The same edit in the lines of one environment."""
    head, mark, part = text.partition(b"\nenvironment " + environment + b"\n")
    after = re.sub(pattern, to, part, count=1, flags=re.M)
    assert after != part, f"nothing is changed by {pattern}"
    return head + mark + after


def follow(*edits, by=("alice", "carol"), prod=(), name=THIRD):
    """The next roster, changed, and signed by these."""
    before = body(forge.last_roster("."))
    serial = int(re.search(rb"^serial (\d+)", before, re.M).group(1)) + 1
    text = re.sub(rb"^serial .*\nprevious .*", b"serial %d\nprevious %s" % (serial, sha256(before).encode()), before, flags=re.M)
    for pattern, to in edits:
        after = re.sub(pattern, to, text, count=1, flags=re.M)
        assert after != text, f"nothing is changed by {pattern}"
        text = after
    for pattern, to in prod:
        text = in_part(text, b"prod", pattern, to)
    write(name, text)
    forge.sign_roster(name, sealers(*by))


def wrapped(content):
    return rb"^wrapped .*", b"wrapped " + sha256(content).encode()


def new_epoch(*edits, name=THIRD, removed=False):
    """A rotation by the book: the key.age and the roster of the next epoch of prod."""
    part = read(forge.last_roster(".")).split(b"\nenvironment prod\n")[1]
    epoch = int(re.search(rb"^epoch (\d+)", part, re.M).group(1)) + 1
    public, private = forge.environment_key()
    lines = forge.key_lines("prod", identity("alice")).splitlines()
    old = lines[4].removeprefix("key ")
    plain = forge.with_fields("\n".join(lines) + "\n", [f"epoch={epoch}", f"key={private}", f"previous={old}"])
    key_age = forge.age(plain, [forge.recipient_of(identity(name)) for name in ("alice", "carol")])
    write(KEY, key_age)
    prod = [(rb"^epoch .*", b"epoch %d" % epoch), (rb"^key .*", b"key " + public.encode()), wrapped(key_age)]
    follow(prod=prod + ([(rb"^removed .*", b"removed %d" % epoch)] if removed else []) + list(edits), name=name)


def member(name, recipient=True, signs=True):
    return f"member {name} {forge.recipient_of(identity(name)) if recipient else '-'} {forge.signing(identity(name)) if signs else '-'}".encode()


def bob():
    """The edit that makes him a member."""
    return rb"^(member alice .*)", rb"\1\n" + member("bob")


def attack(section, name, rule, check=None, against=None, use=None, variants=None, **more):
    """One row. use defaults to check's message. variants: each is an attack of its own, with its own copy: (arguments…),
    or a dictionary of arguments and the messages."""

    def add(function):
        ROWS.append(dict(section=section, name=name, rule=rule, check=check, against=against, use=use, variants=variants or [()], function=function, **more))
        return function

    return add


GIVES = object()  # what uses values goes on, with the right value


# --- nothing attacked ------------------------------------------------------------------------------------------


@attack("control", "nothing is attacked", "everything passes", use=GIVES, control=True)
def nothing():
    pass


@attack("control", "a sealer seals by other means", "everything passes: what forges, forges well", use=GIVES, gives="postgresql://a:b@c/d", control=True)
def sealed_by_hand():
    forged(SEALED, "generation=4", "previous=" + sha256(read(SEALED)), "value-id=" + "7" * 32, "changed-at=2099-01-01T00:00:00Z", "changed=2", reseal="postgresql://a:b@c/d")


@attack("control", "a roster follows by the rules", "everything passes", use=GIVES, control=True)
def roster_follows():
    follow(bob())


@attack("control", "an epoch follows by the rules, all is sealed anew", "everything passes", use=GIVES, control=True)
def epoch_follows():
    new_epoch()
    tfsecrets("-q", "seal", "-e", "prod", check=True)


@attack("control", "the environment's key is rotated by two admins", "everything passes", use=GIVES, control=True)
def rotated():
    tfsecrets("-q", "rotate", "-e", "prod", "--yes", check=True)
    tfsecrets("-q", "roster", "sign", "--yes", "--identity", identity("carol"), check=True)
    assert b"\nepoch 3\n" in read(THIRD)


# --- values ------------------------------------------------------------------------------------------------


def box_of_other():
    (head, _), (_, box) = (read(path).split(b"\nvalue\n") for path in (SEALED, OTHER))
    return head + b"\nvalue\n" + box


@attack("values", "two ciphertexts swapped", "the signature covers header and ciphertext", check=UNSIGNED)
def swapped():
    write(SEALED, box_of_other())


@attack("values", "two ciphertexts swapped, signed by a sealer", "the ciphertext opens under its own header only", against="was changed without a new generation", use=ALTERED)
def swapped_and_signed():
    write(SEALED, box_of_other())
    forged(SEALED)


@attack("values", "a file copied to another environment", "the header names the environment", check=f"{SEALED}: was sealed for another environment")
def of_another_environment():
    shutil.copy(DEV, SEALED)


@attack("values", "all of another environment copied over", "the header names the environment", check=f"{SEALED}: was sealed for another environment")
def all_of_another_environment():
    shutil.copytree("tfsecrets/dev/sealed", "tfsecrets/prod/sealed", dirs_exist_ok=True)


@attack("values", "a file of another environment, header rewritten and signed by a sealer", "the ciphertext opens under its own header only", against="an older value was put back (HEAD)", use=ALTERED)
def of_another_environment_signed():
    shutil.copy(DEV, SEALED)
    forged(SEALED, "environment=prod", "epoch=2")


@attack("values", "a file of another project", "the header names the project by a random id", check=f"{SEALED}: was sealed for another project")
def of_another_project():
    shutil.copy(f"../other/{SEALED}", SEALED)


@attack("values", "a file under another name", "the header names the setting", check=f"{SEALED}: was sealed for another setting", variants=[(shutil.copy, OTHER, SEALED), (edit, SEALED, b"^setting .*", b"setting BETTER_AUTH_SECRET")])
def under_another_name(do, *arguments):
    do(*arguments)


def becomes_config(name):
    edit("tfsecrets.yaml", rb"^  %s:\n    kind: secret" % name, b"  %s:\n    kind: config" % name)


@attack("values", "`kind` flipped to config", "what is sealed is a secret, whatever the schema says", check=f"{SEALED}: was sealed, so it is a secret, but tfsecrets.yaml", against="'DATABASE_URL' was sealed in HEAD, so it cannot be config", use="'DATABASE_URL' is sealed, so it is a secret, but tfsecrets.yaml")
def kind_flipped():
    becomes_config(b"DATABASE_URL")


@attack("values", "`kind` flipped, the file replaced by a plain value", "what was sealed never becomes plain", against="'DATABASE_URL' was sealed in HEAD and stands there in the clear", use=GIVES, gives="postgresql://db/x", is_plain=True, cluster="a value that is no secret any more, or is gone, is refused")
def kind_flipped_and_plain():
    os.remove(SEALED)
    os.remove(DEV)
    edit("tfsecrets.yaml", b"^  dev: {}\n", b"")
    becomes_config(b"DATABASE_URL")
    with open("tfsecrets/prod/config.yaml", "a") as file:
        file.write("DATABASE_URL: 'postgresql://db/x'\n")


@attack("values", "a secret put into config.yaml in the clear", "a secret is taken from its sealed file only", check="'DATABASE_URL' stands there in the clear")
def in_the_clear():
    with open("tfsecrets/prod/config.yaml", "a") as file:
        file.write(f"DATABASE_URL: '{VALUE}'\n")


@attack("values", "an old file put back", "generations never fall", against=f"{SEALED}: an older value was put back (HEAD)", use=GIVES, gives="postgresql://taskflow:first-in-the-url@db.internal:5432/taskflow", cluster="an older value is refused, whatever the repository says; --allow-rollback takes it")
def put_back():
    write(SEALED, in_git("HEAD~1", SEALED))


@attack("values", "all old files put back", "generations never fall", against=f"{SEALED}: an older value was put back (HEAD)", use=GIVES, gives="postgresql://taskflow:first-in-the-url@db.internal:5432/taskflow", cluster="an older value is refused, whatever the repository says; --allow-rollback takes it")
def all_put_back():
    for path in glob.glob("tfsecrets/*/sealed/*"):
        write(path, in_git("HEAD~1", path))


@attack("values", "a file deleted", "a required setting has a value; a file is never deleted", check="'DATABASE_URL' has no value in 'prod'", against=f"{SEALED}: the file is gone; 'tfsecrets unset' keeps a tombstone (HEAD)")
def deleted():
    os.remove(SEALED)


@attack("values", "a tombstone deleted", "a tombstone stays while its setting does", against=f"{UNSET}: the file is gone; 'tfsecrets unset' keeps a tombstone (HEAD)", use=GIVES, cluster="a tombstone that was deleted is missed at the target")
def tombstone_deleted():
    os.remove(UNSET)


@attack("values", "a tombstone replaced by an old value", "generations never fall", against=f"{UNSET}: an older value was put back (HEAD)", use=GIVES, cluster="a tombstone replaced by an older value is refused at the target")
def tombstone_replaced():
    write(UNSET, in_git("HEAD~1", UNSET))


@attack(
    "values",
    "a field of the header altered by hand",
    "the signature covers the header",
    check=UNSIGNED,
    variants=[("generation", "4"), ("generation", "2"), ("changed", "1"), ("changed-at", "2020-01-01T00:00:00Z"), ("value-id", "0" * 32), ("sealed-at", "2020-01-01T00:00:00Z"), ("previous", "0" * 64)],
)
def field_altered(name, value):
    forged(SEALED, f"{name}={value}", by=None)


@attack(
    "values",
    "a field altered, signed again by a sealer",
    "the ciphertext opens under its own header only",
    use=ALTERED,
    variants=[
        dict(field="generation=4", against="'previous' is not the file that it replaces"),
        dict(field="changed=1", against="was changed without a new generation"),
        dict(field="changed-at=2020-01-01T00:00:00Z", against="was changed without a new generation"),
        dict(field="value-id=" + "0" * 32, against="was changed without a new generation"),
    ],
)
def field_altered_and_signed(field):
    forged(SEALED, field)


@attack("values", "the epoch altered", "only the epoch of the roster and the one before are known", check=f"{SEALED}: is of an epoch that the roster does not know")
def epoch_to_come():
    forged(SEALED, "epoch=3")


@attack("values", "a file of the epoch before", "is resealed before it is used", check=f"{SEALED}: of epoch 1, but 'prod' is at 2; reseal it", against=f"{SEALED}: an older value was put back (HEAD)")
def epoch_before():
    write(SEALED, in_git("HEAD~2", SEALED))


@attack("values", "a file two epochs back", "its key is gone", check=f"{SEALED}: is of an epoch that ended long ago")
def two_epochs_back():
    new_epoch()
    tfsecrets("-q", "seal", "-e", "prod", check=True)
    write(SEALED, in_git("HEAD~2", SEALED))


@attack("values", "the signature stripped", "every value is signed", check=f"{SEALED}:17: the file was cut off in the value")
def signature_stripped():
    write(SEALED, read(SEALED).split(b"-----BEGIN")[0])


@attack("values", "signed again by another sealer", "`sealed-by` is the key that signed", check=f"{SEALED}:18: 'sealed-by' is not the key that made the signature")
def adopted():
    forged(SEALED, re.search("^(sealed-by) (.*)", read(SEALED).decode(), re.M).expand(r"\1=\2"), by="carol")


@attack("values", "the same, with `sealed-by` rewritten", "the author is part of what the ciphertext is bound to", against="was changed without a new generation", use=ALTERED)
def adopted_with_name():
    forged(SEALED, by="carol")


@attack("values", "sealed by somebody whom the roster does not list", "pending until a sealer accepts it", check=f"{SEALED}: pending: sealed by SHA256:", against=f"{SEALED}: pending")
def by_a_stranger():
    forged(SEALED, "generation=4", "previous=" + sha256(read(SEALED)), by="bob", reseal="postgresql://evil:evil@evil/evil")


@attack("values", "sealed by a sealer of another environment only", "each environment has its own sealers", check=f"{SEALED}: pending: sealed by dave, who is not a sealer of 'prod'")
def by_a_sealer_elsewhere():
    forged(SEALED, by="dave", reseal="postgresql://evil:evil@evil/evil")


@attack("values", "a tombstone by a stranger", "pending until a sealer accepts it", check=f"{SEALED}: pending")
def tombstone_by_a_stranger():
    forged(SEALED, "generation=4", "previous=" + sha256(read(SEALED)), by="bob", unset=True)


@attack("values", "signed in another namespace", "signatures are made for one purpose", check="its namespace is not 'tfsecrets-sealed'", variants=[("git",), ("file",), ("tfsecrets-roster",)])
def another_namespace(namespace):
    forged(SEALED, namespace=namespace)


@attack("values", "the signature taken from another file", "the signature covers header and ciphertext", check=UNSIGNED)
def signature_of_another():
    write(SEALED, read(SEALED).split(b"-----BEGIN")[0] + b"-----BEGIN" + read(OTHER).split(b"-----BEGIN")[1])


@attack("values", "a second signature", "exactly one", check=f"{SEALED}:18: something follows the signature")
def two_signatures():
    write(SEALED, read(SEALED) + b"-----BEGIN" + read(SEALED).split(b"-----BEGIN")[1])


@attack("values", "a low-order share in the ciphertext", "HPKE refuses an all-zero secret", against="was changed without a new generation", use=ALTERED, variants=[("00" * 32,), ("01" + "00" * 31,), ("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",), ("ec" + "ff" * 30 + "7f",)])
def low_order_share(enc):
    forged(SEALED, enc=enc)


def frame(length, content, version=1):
    return (bytes([version]) + length.to_bytes(4, "big") + content).ljust(64, b"\0").hex()


PLAIN = b"postgresql://a:b@c/d"


@attack(
    "values",
    "padding that is not zero, a false length or version",
    "the frame is exact",
    against="was changed without a new generation",
    use=ALTERED,
    variants=[(frame(20, PLAIN + bytes(38) + b"\1"),), (frame(20, PLAIN + b"\1"),), (frame(60, PLAIN),), (frame(2**32 - 1, PLAIN),), (frame(20, PLAIN, 2),), (frame(20, PLAIN, 0),)],
)
def false_frame(plain):
    forged(SEALED, plain=plain)


@attack("values", "a ciphertext of a length that no padded value has", "the length is checked without a key", check="the value has a length that no padded value has", variants=[(0,), (1,), (63,), (65,), (127,), (129,)])
def odd_length(length):
    forged(SEALED, plain="00" * length)


@attack("values", "a value against its schema, sealed by a sealer", "the schema is checked when it is opened", against="was changed without a new generation", use="opening 'DATABASE_URL'", types=True)
def against_its_schema():
    forged(SEALED, reseal="s3cr3t-in-the-url")


@attack("values", "a sealed value whose setting is not in the schema", "every value has a setting", check="tfsecrets/prod/sealed/GONE: tfsecrets.yaml has no such setting", use=GIVES)
def no_such_setting():
    shutil.copy(SEALED, "tfsecrets/prod/sealed/GONE")
    forged("tfsecrets/prod/sealed/GONE", "setting=GONE")


# --- bytes -------------------------------------------------------------------------------------------------


@attack("bytes", "two files that differ only in letter case", "names are unique without regard to case", check="differ only in letter case", use=GIVES)
def letter_case():
    shutil.copy(SEALED, "tfsecrets/prod/sealed/database_url")
    forged("tfsecrets/prod/sealed/database_url", "setting=database_url")


def at_line(number, edit_line):
    lines = read(SEALED).split(b"\n")
    before = list(lines)
    lines[number - 1 : number] = edit_line(lines[number - 1])
    assert lines != before
    write(SEALED, b"\n".join(lines))


def bytes_case(line, change, message):
    return dict(line=line, change=change, check=f"{SEALED}:{line if not isinstance(message, tuple) else message[0]}: " + (message if isinstance(message, str) else message[1]))


@attack(
    "bytes",
    "CRLF, BOM, blanks, control characters, empty lines",
    "one form only",
    variants=[
        bytes_case(5, lambda line: [line + b"\r"], "a carriage return"),
        bytes_case(1, lambda line: [b"\xef\xbb\xbf" + line], "a byte that is not printable ASCII"),
        bytes_case(4, lambda line: [line.replace(b" ", b"  ")], "two blanks in a row"),
        bytes_case(3, lambda line: [line + b" "], "a blank at the end of a line"),
        bytes_case(6, lambda line: [b" " + line], "a blank at the start of a line"),
        bytes_case(5, lambda line: [line.replace(b" ", b"\t")], "a byte that is not printable ASCII"),
        bytes_case(2, lambda line: [line + b"\0"], "a byte that is not printable ASCII"),
        bytes_case(4, lambda line: [line, b""], (5, "an empty line")),
    ],
)
def not_plain_text(line, change):
    at_line(line, change)


@attack(
    "bytes",
    "numbers, times and digests in another form",
    "one form only",
    variants=[
        bytes_case(6, lambda line: [b"generation 03"], "'generation' is not a number"),
        bytes_case(6, lambda line: [b"generation +3"], "'generation' is not a number"),
        bytes_case(6, lambda line: [b"generation 4294967296"], "'generation' is not a number"),
        bytes_case(6, lambda line: [b"generation 0"], "'generation' is not a number"),
        bytes_case(6, lambda line: [b"generation 1"], (7, "'previous' must be '-' exactly at generation 1")),
        bytes_case(7, lambda line: [b"previous -"], "'previous' must be '-' exactly at generation 1"),
        bytes_case(8, lambda line: [b"changed 3"], "'changed' is greater than 'epoch'"),
        bytes_case(9, lambda line: [b"changed-at 2026-02-30T00:00:00Z"], "'changed-at' is not a time"),
        bytes_case(9, lambda line: [line[:-1]], "'changed-at' is not a time"),
        bytes_case(10, lambda line: [line[:-1] + b"G"], "'value-id' is not 32 lower-case hex digits"),
        bytes_case(12, lambda line: [line.replace(b"SHA256:", b"MD5:")], "'sealed-by' is not a fingerprint"),
        bytes_case(1, lambda line: [line.replace(b"v1", b"v2")], "expected 'tfsecrets sealed v1'"),
        bytes_case(3, lambda line: [line, line], (4, "expected the field 'setting'")),
        bytes_case(4, lambda line: [], "expected the field 'setting'"),
    ],
)
def another_form(line, change):
    at_line(line, change)


@attack(
    "bytes",
    "base64 that is not canonical, signed by a sealer",
    "a block equals its own re-encoding",
    check=f"{SEALED}:17: the value is not canonical base64",
    variants=[(lambda text: b"!" + text[1:],), (lambda text: text.replace(text[63:65], b"=" + text[64:65], 1),), (lambda text: later_last_digit(text),)],
)
def not_canonical(change):
    head, rest = read(SEALED).split(b"\nvalue\n")
    box, signature = rest.split(b"-----BEGIN")
    assert change(box) != box
    write(SEALED, head + b"\nvalue\n" + change(box) + b"-----BEGIN" + signature)
    forged(SEALED)


def later_last_digit(text):
    """Another digit at the end, whose extra bits are not zero."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    stem = text.rstrip(b"=\n")
    assert text[len(stem) : len(stem) + 1] == b"="
    return stem[:-1] + alphabet[alphabet.index(stem[-1]) + 1 :][:1] + text[len(stem) :]


@attack("bytes", "base64 in lines of another length", "one form only", check="the value is not base64 in lines of 64")
def odd_lines():
    edit(SEALED, rb"\nvalue\n.", b"\nvalue\n")


@attack(
    "bytes",
    "conflict markers",
    "named as what they are",
    variants=[bytes_case(7, lambda line: [b"<<<<<<< HEAD", line], "a merge conflict was left here")]
    + [bytes_case(14, lambda line, mark=mark: [mark, line], "a merge conflict was left here") for mark in (b"=======", b">>>>>>> theirs", b"||||||| base")],
)
def conflict_markers(line, change):
    at_line(line, change)


@attack("bytes", "the end cut off, or something added", "exactly one line feed at the end", variants=[dict(change=lambda text: text[:-1], check="the last line has no line feed, the file was cut off"), dict(change=lambda text: text + b"\n", check="an empty line")])
def end_of_file(change):
    write(SEALED, change(read(SEALED)))


@attack("bytes", "a header line of 10 MB, and one a byte too long", "sizes are looked at before anything is read", variants=[dict(length=10_000_000, check=f"'{SEALED}' is larger than 2097152 bytes"), dict(length=1025, check=f"{SEALED}:4: a line is longer than 1024 bytes")])
def long_line(length):
    at_line(4, lambda line: [b"setting ".ljust(length, b"A")])


@attack("bytes", "a link, a pipe or a folder where a file belongs", "only regular files are opened", variants=[dict(path=path, kind=kind, check=path, late=path == KEY) for path in (SEALED, KEY, "tfsecrets/prod/config.yaml", SECOND) for kind in ("link", "pipe", "folder")])
def not_a_file(path, kind):
    os.rename(path, "kept")
    if kind == "link":
        os.symlink(os.path.abspath("kept"), path)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        os.mkdir(path)


@attack("bytes", "a link where a folder belongs", "only directories are entered", variants=[dict(path=path, check=path) for path in ("tfsecrets/prod/sealed", "tfsecrets/prod", "tfsecrets/roster")])
def not_a_folder(path):
    os.rename(path, "away")
    os.symlink(os.path.abspath("away"), path)


@attack(
    "bytes",
    "a file that does not belong there",
    "every name is known",
    use=GIVES,
    variants=[dict(path=path, check=f"{path}: does not belong there") for path in ("tfsecrets/note", "tfsecrets/prod/key.age.old")]
    + [dict(path="tfsecrets/prod/sealed/DATABASE_URL.old", check="DATABASE_URL.old: is not the name of a setting"), dict(path="tfsecrets/prod/key.age.proposed", check="there is no proposed roster that brings it")],
)
def stray(path):
    shutil.copy(SEALED, path)


# --- rosters -----------------------------------------------------------------------------------------------


@attack("rosters", "a reader added to a signed roster", "the roster is signed by its admins", check=f"{SECOND}: signature 1 does not verify")
def reader_added():
    edit(SECOND, *bob())


@attack("rosters", "a reader added in a new roster without signatures", "a roster is proposed until enough admins signed it", check="roster 3 is proposed: 0 of 2 signatures", use=GIVES, apply="roster 3 still lacks signatures; nothing is applied until 'tfsecrets roster sign' completes it")
def reader_proposed():
    follow(bob(), by=(), prod=[(rb"^reader alice", b"reader alice\nreader bob")])


@attack("rosters", "a new roster signed by the one who comes", "the admins of the roster before sign", check=f"{THIRD}: signature 1 is not by an admin of roster 2")
def signed_by_newcomer():
    follow(bob(), (rb"^admin alice", b"admin alice\nadmin bob"), by=("bob",))


@attack("rosters", "the threshold lowered by new admins only", "the threshold and the keys of the roster before count", check=f"{THIRD}: signature 1 is not by an admin of roster 2")
def threshold_by_newcomers():
    follow(bob(), (rb"^threshold 2", b"threshold 1"), (rb"^admin alice\nadmin carol", b"admin bob"), by=("bob",))


@attack("rosters", "the threshold lowered by one admin of two", "the threshold of the roster before counts", check="roster 3 is proposed: 1 of 2 signatures", use=GIVES, apply="roster 3 still lacks signatures; nothing is applied until 'tfsecrets roster sign' completes it")
def threshold_by_one():
    follow((rb"^threshold 2", b"threshold 1"), by=("alice",))


@attack(
    "rosters",
    "a surplus signature",
    "each admin signs once, in their order",
    variants=[
        dict(by=("alice", "alice"), check=f"{THIRD}: signature 2 stands there twice or out of order"),
        dict(by=("carol", "alice"), check=f"{THIRD}: signature 2 stands there twice or out of order"),
        dict(by=("alice", "carol", "bob"), check=f"{THIRD}: signature 3 is not by an admin of roster 2"),
    ],
)
def surplus_signature(by):
    follow(bob(), by=by)


@attack("rosters", "a roster signed in another namespace", "signatures are made for one purpose", check="its namespace is not 'tfsecrets-roster'", variants=[("git",), ("tfsecrets-sealed",)])
def roster_in_another_namespace(namespace):
    follow(bob())
    forge.sign_roster(THIRD, sealers("alice", "carol"), namespace)


@attack("rosters", "the first roster without a signature", "the first roster is signed by its own admins", check=f"{FIRST}: 0 of 1 signatures")
def first_unsigned():
    write(FIRST, body(FIRST))


@attack("rosters", "a serial replayed", "a serial is its file's name", check=f"{THIRD}: 'serial' is 2, not the file's name")
def replayed():
    shutil.copy(SECOND, THIRD)


@attack("rosters", "a serial left out", "the chain is complete from 1", check=f"{THIRD} is missing: the chain of rosters must be complete")
def left_out():
    follow(bob())
    os.rename(THIRD, "tfsecrets/roster/0004")


@attack("rosters", "a file among the rosters that is none", "names are four digits", variants=[dict(name=name, check=f"tfsecrets/roster/{name} is not a roster; names are four digits") for name in ("3", "00003", "x", "0003~")])
def no_roster(name):
    shutil.copy(SECOND, f"tfsecrets/roster/{name}")


@attack("rosters", "all rosters taken away", "there is a roster", check="there is no roster")
def no_rosters():
    for path in glob.glob("tfsecrets/roster/*"):
        os.remove(path)


@attack("rosters", "a fork: another roster 2, properly signed", "the clone's pin", check="roster 2 is not the one that this clone has verified before: this is a fork", against="roster 2 is not the one that this clone has verified before: this is a fork")
def forked():
    edit(SECOND, *bob())
    forge.sign_roster(SECOND, sealers("alice"))


@attack("rosters", "a fork, in a clone without pins", "the revision's roster is in the chain", against="roster 2 is not the one of HEAD: this is a fork", use=GIVES)
def forked_without_pins():
    forked()
    shutil.rmtree(".git/tfsecrets")


@attack("rosters", "the newest roster taken away", "the clone's pin; the revision's roster is in the chain", against="roster 3 of HEAD is gone: the last one here is 2", use=GIVES, cluster="a roster that is older than the target's, or of another history, is refused", writes="roster 2 is older than the last one that this clone has verified")
def newest_taken_away():
    follow(bob())
    tfsecrets("check", check=True)
    subprocess.run("git add . && git commit -qm third", shell=True, check=True)
    os.remove(THIRD)


@attack("rosters", "another project's folder put in the place of this one's", "the clone's pin", check="this clone trusts project")
def another_project():
    shutil.rmtree("tfsecrets")
    shutil.copytree("../other/tfsecrets", "tfsecrets")


@attack("rosters", "another project in the place of this one's, in a clone without pins", "the revision's roster is in the chain; --pin and --require-pin", against="roster 2 of HEAD is gone: the last one here is 1", use=GIVES, gives="postgresql://other/x")
def another_project_without_pins():
    another_project()
    shutil.rmtree(".git/tfsecrets")


@attack("rosters", "a line of the chain altered, signed by all", "a roster names the one before by hash, and stays one project", variants=[dict(edits=[(rb"^previous .{4}", b"previous ffff")], check=f"{THIRD}: 'previous' is not the hash of the roster before"), dict(edits=[(rb"^project-id .{8}", b"project-id 01234567")], check=f"{THIRD}: the project-id is not that of the roster before")])
def chain_altered(edits):
    follow(*edits)


def key_line(environment, roster):
    return re.search(rb"\nenvironment %s\n(?:.*\n)*?(key .*)" % environment, read(roster)).group(1)


@attack(
    "rosters",
    "an environment's key reused",
    "every epoch has a key of its own",
    variants=[
        dict(whose=(b"prod", FIRST), check=f"{THIRD}: 'prod': its key was used before"),
        dict(whose=(b"dev", SECOND), check="another environment has the same key"),
    ],
)
def key_reused(whose):
    follow(prod=[(rb"^epoch .*", b"epoch 3"), (rb"^key .*", key_line(*whose))])


@attack("rosters", "the epoch raised without a new key, or a new key without an epoch", "they change together", check=f"{THIRD}: 'prod': the key changes exactly when the epoch does", variants=[((rb"^epoch .*", b"epoch 3"),), ((rb"^key .*", b"key %s"),)])
def epoch_without_key(change):
    pattern, to = change
    follow(prod=[(pattern, to.replace(b"%s", forge.environment_key()[0].encode()))])


@attack("rosters", "an epoch leapt over", "it stays or grows by one", check=f"{THIRD}: 'prod': the epoch may stay or grow by one")
def epoch_leapt():
    follow(prod=[(rb"^epoch .*", b"epoch 4"), (rb"^key .*", b"key " + forge.environment_key()[0].encode())])


@attack("rosters", "a reader removed without a new epoch", "who leaves forces a new epoch", check=f"{THIRD}: 'prod': a reader left, so a new epoch must begin and be 'removed'")
def reader_removed():
    follow(prod=[(rb"^reader carol\n", b"")])


@attack("rosters", "a reader's key exchanged for another under the same name", "readers are compared by key", check=f"{THIRD}: 'prod': a reader left, so a new epoch must begin and be 'removed'")
def reader_exchanged():
    follow((rb"^(member carol )\S+", rb"\1" + forge.recipient_of(identity("bob")).encode()))


@attack("rosters", "`removed` lowered, or raised without an epoch", "it never falls, and is only ever a new epoch", variants=[dict(to=b"0", check="'removed' may not fall"), dict(to=b"2", check="'removed' may not fall"), dict(to=None, check="'removed' may only become a new epoch")])
def removed_altered(to):
    if to is None:
        follow(prod=[(rb"^removed .*", b"removed 2")])
        return
    new_epoch(removed=True)
    follow(prod=[(rb"^removed .*", b"removed " + to)], name="tfsecrets/roster/0004")


@attack("rosters", "an environment dropped and made anew under its name", "names of environments are used once", check="tfsecrets/roster/0004: 'dev': the name of a removed environment is never used again")
def name_used_again():
    section = re.search(rb"^environment dev\n(?:.*\n)*?(?=environment)", read(SECOND), re.M).group()
    follow((re.escape(section), b""))
    fresh = re.sub(rb"^key .*", b"key " + forge.environment_key()[0].encode(), section, flags=re.M)
    follow((rb"^environment prod", fresh + b"environment prod"), name="tfsecrets/roster/0004")


@attack("rosters", "one key under two names", "keys are unique", variants=[dict(swap="recipient", check="another member has the same recipient"), dict(swap="signing", check="another member has the same signing key")])
def one_key_twice(swap):
    line = member("bob").split(b" ")
    alice = member("alice").split(b" ")
    follow((rb"^(member alice .*)", rb"\1\n" + b" ".join(line[:2] + (alice[2:3] + line[3:] if swap == "recipient" else line[2:3] + alice[3:]))))


def small_order_signing(point):
    blob = forge.string(b"ssh-ed25519") + forge.string(bytes.fromhex(point))
    return b"ssh-ed25519 " + base64.b64encode(blob)


@attack(
    "rosters",
    "keys of small order or another form",
    "they are refused by name of the line",
    variants=[
        dict(edit=lambda: (rb"^(member bob \S+) .*", rb"\1 " + small_order_signing("01" + "00" * 31)), check=f"{THIRD}:7: the signing key is not a valid ssh-ed25519 key"),
        dict(edit=lambda: (rb"^(member bob \S+) .*", rb"\1 " + small_order_signing("ec" + "ff" * 30 + "7f")), check=f"{THIRD}:7: the signing key is not a valid ssh-ed25519 key"),
        dict(edit=lambda: (rb"^(member bob \S+) .*", rb"\1 " + small_order_signing("ee" + "ff" * 30 + "7f")), check=f"{THIRD}:7: the signing key is not a valid ssh-ed25519 key"),
        dict(edit=lambda: (rb"^(member bob) \S+", rb"\1 " + forge.bech32_encode("age", bytes(32)).encode()), check=f"{THIRD}:7: "),
        dict(edit=lambda: (rb"^(member bob) \S+", rb"\1 " + forge.bech32_encode("age", b"\1" + bytes(31)).encode()), check=f"{THIRD}:7: "),
        dict(edit=lambda: (rb"^(member bob) \S+", rb"\1 age1pq1qqqq"), check="post-quantum"),
        dict(edit=lambda: (rb"^(member bob) \S+", rb"\1 age1yubikey1qqqq"), check="plug-in"),
        dict(edit=lambda: (rb"^(member bob \S+) .*", rb"\1 ssh-rsa AAAAB3NzaC1yc2E"), check=f"{THIRD}:7: "),
        dict(edit=lambda: (rb"^(environment prod\n(?:.*\n)*?key ).*", rb"\1" + forge.bech32_encode("tfsecrets", bytes(32)).encode()), check="'key' is not a valid environment key"),
    ],
)
def weak_key(edit):
    follow(bob(), edit())


@attack(
    "rosters",
    "a roster against a rule within itself, signed by all",
    "roles, members, thresholds and order are checked",
    variants=[
        dict(edits=[], prod=[(rb"^reader .*\n(reader .*\n)?", b"")], check="the environment has no reader"),
        dict(edits=[(rb"^threshold 2", b"threshold 3")], check="the threshold is greater than the number of admins"),
        dict(edits=[(rb"^(member carol \S+) .*", rb"\1 -")], check="has no signing key"),
        dict(edits=[(rb"^(member carol) \S+", rb"\1 -")], check="a reader has no recipient"),
        dict(edits=[(rb"^admin carol", b"admin eve")], check="'admin' names 'eve', who is not a member"),
        dict(edits=[(rb"^admin alice", b"admin alice\nadmin alice")], check="'admin' lines are not sorted, or one stands there twice"),
        dict(edits=[(rb"^environment dev", b"environment zoo")], check="environments are not sorted, or one stands there twice"),
        dict(edits=[(rb"^environment prod", b"environment roster")], check="'roster' is a reserved name"),
        dict(edits=[(rb"^member alice", b"member Alice")], check="'member' has no valid name"),
        dict(edits=[], prod=[(rb"^removed .*", rb"removed 9")], check="'removed' is greater than 'epoch'"),
        dict(edits=[], prod=[(rb"^(removed .*)", rb"\1\ncluster Z")], check="'cluster' is not a valid name"),
        dict(edits=[], prod=[(rb"^(removed .*)", rb"namespace x\n\1")], check="expected the field 'removed'"),
    ],
)
def rule_broken(edits, prod=()):
    follow(*edits, prod=prod)


@attack("rosters", "a proposed roster against a rule", "found, though it is not in force", use=GIVES, apply="roster 3 still lacks signatures; nothing is applied until 'tfsecrets roster sign' completes it", variants=[dict(edits=[(rb"^threshold 2", b"threshold 3")], check="the threshold is greater than the number of admins"), dict(edits=[(rb"^(environment prod\nepoch) .*", rb"\1 9")], check="the epoch may stay or grow by one")])
def proposal_against_a_rule(edits):
    follow(*edits, by=())


@attack("rosters", "a new environment that does not begin at its beginning", "epoch 1, removed 0", check=f"{THIRD}: 'stage': a new environment starts with epoch 1 and removed 0")
def new_environment():
    section = re.search(rb"^environment prod\n(?:.*\n)*?(?=end)", body(SECOND), re.M).group()
    fresh = re.sub(rb"^key .*", b"key " + forge.environment_key()[0].encode(), section, flags=re.M)
    follow((rb"^end", fresh.replace(b"environment prod", b"environment stage") + b"end"))


@attack(
    "rosters",
    "a reader added by hand before a rotation",
    "a rotation encrypts to the readers of a verified roster only",
    variants=[
        dict(how=lambda: reader_in_signed_roster(), check=f"{SECOND}: signature 1 does not verify", rotate=f"{SECOND}: signature 1 does not verify"),
        dict(how=lambda: reader_proposed(), check="roster 3 is proposed: 0 of 2 signatures", use=GIVES, apply="roster 3 still lacks signatures", rotate="roster 3 still lacks signatures"),
        dict(how=lambda: stanza_added(), check=f"{KEY}: is not the file that roster 2 names (wrapped)", late=True, rotate=f"{KEY}: is not the file that roster 2 names (wrapped)"),
    ],
)
def reader_before_rotation(how):
    how()


def reader_in_signed_roster():
    edit(SECOND, *bob())
    write(SECOND, in_part(read(SECOND), b"prod", rb"^reader alice", b"reader alice\nreader bob"))


# --- keys --------------------------------------------------------------------------------------------------


def own_key(to):
    """A key.age with the attacker's own environment key: its public half, the file."""
    public, private = forge.environment_key()
    plain = forge.with_fields(forge.key_lines("prod", identity("alice")), [f"key={private}"])
    return public.encode(), forge.age(plain, [forge.recipient_of(identity(name)) for name in to])


@attack("keys", "the environment's key exchanged, with a key.age that matches", "the roster is signed by its admins", check=f"{SECOND}: signature 1 does not verify")
def key_exchanged():
    public, content = own_key(["alice", "bob", "carol"])
    write(KEY, content)
    write(SECOND, in_part(in_part(read(SECOND), b"prod", rb"^key .*", b"key " + public), b"prod", *wrapped(content)))


@attack("keys", "a stanza added to key.age", "the roster names key.age by its hash", late=True, check=f"{KEY}: is not the file that roster 2 names (wrapped)")
def stanza_added():
    write(KEY, forge.age(forge.key_lines("prod", identity("alice")), [forge.recipient_of(identity(name)) for name in ("alice", "bob", "carol")]))


@attack(
    "keys",
    "a stanza too many, too few, or of another kind, though the roster names the file",
    "one stanza for each reader, in the roster's order",
    late=True,
    check=f"{KEY}: ",
    variants=[(("alice", "bob", "carol"),), (("alice",),), (("alice", "carol", "carol"),), (("alice", "ssh"),)],
)
def stanzas(to):
    def recipient(name):
        if name != "ssh":
            return forge.recipient_of(identity(name))
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "../ssh"], check=True)
        return " ".join(read("../ssh.pub").decode().split()[:2])

    content = forge.age(forge.key_lines("prod", identity("alice")), [recipient(name) for name in to])
    write(KEY, content)
    follow(prod=[wrapped(content)])


@attack("keys", "key.age taken from another environment, or from before", "the roster names key.age by its hash", late=True, check=f"{KEY}: is not the file that roster 2 names (wrapped)", variants=[(lambda: read("tfsecrets/dev/key.age"),), (lambda: in_git("HEAD~2", KEY),)])
def key_file_exchanged(content):
    write(KEY, content())


@attack("keys", "key.age deleted", "every environment has one", late=True, check=KEY)
def key_file_deleted():
    os.remove(KEY)


@attack(
    "keys",
    "a key.age whose lines are not the roster's, though the roster names the file",
    "key and roster are compared when it is opened",
    variants=[
        dict(field=lambda: "project-id=" + "0" * 32, use=f"{KEY}:2: 'project-id' is not the roster's"),
        dict(field=lambda: "environment=dev", use=f"{KEY}:3: 'environment' is not the roster's"),
        dict(field=lambda: "epoch=1", use=f"{KEY}:4: 'epoch' is not the roster's"),
        dict(field=lambda: "key=" + forge.environment_key()[1], use="'key' is not the roster's key"),
        dict(field=lambda: "previous=" + forge.environment_key()[1], use="'previous' is not the key"),
        dict(field=lambda: "previous=-", use="'previous'"),
        dict(field=lambda: "key=-", use=f"{KEY}:5: 'key' is missing"),
        dict(field=lambda: "key=TFSECRETS-ENV-KEY-1QQQQ", use=f"{KEY}:5: 'key' is not an environment key"),
    ],
)
def key_lines_altered(field):
    content = forge.age(forge.with_fields(forge.key_lines("prod", identity("alice")), [field()]), [forge.recipient_of(identity(name)) for name in ("alice", "carol")])
    write(KEY, content)
    follow(prod=[wrapped(content)])


# --- what is tested elsewhere, since it takes a terminal or a cluster ----------------------------------------------

ELSEWHERE = [
    ("an identity with a scrypt work factor of 2^63", "2^18 is the maximum", "get, exec, render, apply", "tests/cli/identities.bats", "an identity with a passphrase, where nobody can be asked, and with an absurd work factor"),
    ("a journal that came with the repository", "its list names our files only", "every command", "tests/cli/roster.bats", "a journal that came with the repository"),
    ("any byte of a signed file altered, or the file cut off anywhere", "signatures and hashes", "check", "tests/cli/altered.bats", "a sealed file, damaged anywhere"),
    ("a target moved to another cluster", "the roster names clusters by uid", "apply", "tests/cluster/apply.bats", "a cluster that the roster does not name is refused, by the uid that no other has"),
    ("a target moved to another namespace", "the roster names namespaces", "apply", "tests/cluster/apply.bats", "a namespace that the roster does not name is refused"),
    ("another value under a generation that the target has had", "the inventory keeps generation and value-id", "apply", "tests/cluster/apply.bats", "another value of the same generation is refused"),
    ("the inventory altered by hand", "its grammar is as strict", "apply", "tests/cluster/apply.bats", "an inventory that somebody altered is refused"),
    ("a ciphertext that does not open, under valid signatures", "all values are opened before the first is sent", "apply", "tests/cluster/apply.bats", "a value that does not open is not applied, and nothing else is"),
]


# --- the repository that all start from --------------------------------------------------------------------------

SCHEMA = """version: 1
project: taskflow

environments:
  dev: {}
  prod:
    targets:
      - {context: test, namespace: taskflow}

settings:
  LOG_LEVEL:
    kind: config
    one-of: [debug, info]
  DATABASE_URL:
    kind: secret
    type: url
  BETTER_AUTH_SECRET:
    kind: secret
  OPENAI_API_KEY:
    kind: secret
    optional: true
"""
# An apply that gets so far as to refuse this server has nothing against the repository.
KUBECONFIG = """apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "http://cluster.example.org"}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
users: [{name: test, user: {token: test}}]
current-context: test
"""


def commit(message):
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run(["git", "commit", "-qm", message], check=True)


def enter(base):
    """A HOME and an environment of our own."""
    for variable in list(os.environ):
        if variable.startswith(("XDG_", "GIT_", "TFSECRETS_", "KUBE", "SSH_")):
            del os.environ[variable]
    os.environ.update(HOME=f"{base}/home", KUBECONFIG=f"{base}/home/kubeconfig", GIT_CONFIG_NOSYSTEM="1", TFSECRETS=PROGRAM)
    os.chdir(f"{base}/taskflow")


def values(first, *environments):
    given = f"LOG_LEVEL=info\nDATABASE_URL={first}\nBETTER_AUTH_SECRET={SECRETS[3]}\nOPENAI_API_KEY={SECRETS[4]}\n"
    write("values.env", given.encode())
    for environment in environments:
        tfsecrets("-q", "seal", "-e", environment, "--from", "values.env", check=True)
    os.remove("values.env")


def start(directory, first):
    os.chdir(directory)
    subprocess.run(["git", "init", "-q", "--template="], check=True)
    write("tfsecrets.yaml", SCHEMA.encode())
    tfsecrets("-q", "init", "--name", "alice", check=True)
    values(first, "prod", "dev")


def make(base):
    """Two environments, two admins and a threshold of two, two epochs in prod, a value that changed and one that was unset."""
    for directory in ("home", "taskflow", "other"):
        os.makedirs(f"{base}/{directory}")
    os.umask(0o022)
    enter(base)
    write(f"{base}/home/.gitconfig", b"[user]\n\tname = tester\n\temail = tester@example.org\n[init]\n\tdefaultBranch = main\n")
    write(f"{base}/home/kubeconfig", KUBECONFIG.encode())
    os.chmod(f"{base}/home/kubeconfig", 0o600)
    start(f"{base}/other", "postgresql://other/x")
    start(f"{base}/taskflow", "postgresql://taskflow:first-in-the-url@db.internal:5432/taskflow")
    shutil.copy(f"{base}/home/.config/tfsecrets/identity", identity("alice"))
    for name in ("bob", "carol", "dave"):
        tfsecrets("-q", "keygen", "-o", identity(name), check=True)
    commit("first")
    roles = [(rb"^(member alice .*)", rb"\1\n" + member("carol") + b"\n" + member("dave")), (rb"^threshold 1", b"threshold 2"), (rb"^admin alice", b"admin alice\nadmin carol"), (rb"^sealer alice", b"sealer alice\nsealer dave")]
    new_epoch((rb"^reader alice", b"reader alice\nreader carol"), (rb"^sealer alice", b"sealer alice\nsealer carol"), name=SECOND)
    text = body(SECOND)
    for pattern, to in roles:
        text = re.sub(pattern, to, text, count=1, flags=re.M)
    write(SECOND, text)
    forge.sign_roster(SECOND, sealers("alice"))
    tfsecrets("-q", "seal", "-e", "prod", check=True)
    commit("second")
    tfsecrets("-q", "set", "-e", "prod", "DATABASE_URL", given=VALUE.encode(), check=True)
    tfsecrets("-q", "unset", "-e", "prod", "OPENAI_API_KEY", check=True)
    commit("third")
    # Few files: all of it is copied for each row.
    subprocess.run(["git", "gc", "-q"], check=True)


# --- applying and looking ----------------------------------------------------------------------------------------


MESSAGES = ("check", "against", "use", "late", "apply", "rotate")


class Wrong(Exception):
    pass


def expect(is_so, what, done):
    if not is_so:
        raise Wrong(f"{what}: status {done.returncode}: {(done.stderr + done.stdout).decode(errors='replace')[:300]}")


def picture():
    """The work tree, names, modes and contents."""
    found = {}
    for folder, folders, files in os.walk("."):
        if folder == ".":
            folders.remove(".git")
        for name in files + folders:
            path = os.path.join(folder, name)
            is_file = os.path.isfile(path) and not os.path.islink(path)
            found[path] = os.lstat(path).st_mode, sha256(read(path)) if is_file else None
    return found


def look(what, words, status, text=None, where="stderr", given=None):
    done = tfsecrets(*words)
    said = done.stdout + done.stderr
    expect(done.returncode == status, f"{what}: must end with {status}", done)
    expect(text is None or text.encode() in getattr(done, where), f"{what}: must say '{text}'", done)
    if given is None:
        expect(not any(secret.encode() in said for secret in SECRETS), f"{what}: shows a secret", done)
    else:
        expect(done.stdout == given, f"{what}: must give out the right value", done)
    return done


def is_refused(text):
    for what, words in (("get", ["get", "-e", "prod", "DATABASE_URL"]), ("exec", ["exec", "-e", "prod", "--", "touch", "ran"]), ("render", ["render", "-e", "prod", "--reveal"])):
        done = look(what, words, 4, text)
        expect(not done.stdout, f"{what}: must print nothing", done)


def is_given(value):
    look("get", ["get", "-e", "prod", "DATABASE_URL"], 0, given=value.encode())
    look("exec", ["exec", "-e", "prod", "--", "printenv", "DATABASE_URL"], 0, given=value.encode() + b"\n")
    look("render", ["render", "-e", "prod"], 0)


def judge(row, case):
    """Runs every command that is to have a say."""
    check, against, use, late, apply, rotate = (case.get(word, row.get(word)) for word in MESSAGES)
    use = check if use is None else use
    before = picture()
    look("check", ["check"], 3 if check else 0, check, "stdout")
    if against or row.get("control"):
        look("check --against", ["check", "--against", "HEAD"], 3 if against else 0, against, "stdout")
    if use is GIVES:
        is_given(row.get("gives", VALUE))
    else:
        is_refused(use)
    # What only the key finds is found when a target wants the value.
    refused = apply or row.get("writes") or (use if check and use is not GIVES and not late else None)
    look("apply", ["apply", "-e", "prod"], 4 if refused else 1, refused or "'server' is not https")
    done = tfsecrets("get", "-e", "prod", "DATABASE_URL", "--identity", identity("bob"))
    expect(row.get("is_plain") or (done.returncode == 4 and not done.stdout), "a stranger reads", done)
    if rotate:
        look("rotate", ["rotate", "-e", "prod", "--yes"], 4, rotate)
    if row.get("writes"):
        look("set", ["set", "-e", "prod", "DATABASE_URL", "--file", "/dev/null"], 4, row["writes"])
    if picture() != before:
        raise Wrong("the tree was changed by looking at it")


def cases(row):
    """Each variant: what the attack is called with, and its own messages."""
    for variant in row["variants"]:
        if isinstance(variant, dict):
            messages = {word: variant[word] for word in MESSAGES if word in variant}
            yield (), {word: value for word, value in variant.items() if word not in messages}, messages
        else:
            yield variant, {}, {}


@contextlib.contextmanager
def attacked(base, row, arguments, named):
    """A copy of the base, after the attack; the working directory is there."""
    copy = f"{base}.copy"
    subprocess.run(["cp", "-a", base, copy], check=True)
    try:
        enter(copy)
        row["function"](*arguments, **named)
        yield copy
    finally:
        os.chdir("/")
        shutil.rmtree(copy)


def run(base, section):
    wrong, count = [], 0
    for row in ROWS:
        for arguments, named, messages in cases(row) if row["section"] == section else ():
            count += 1
            try:
                with attacked(base, row, arguments, named):
                    judge(row, messages)
            except Wrong as problem:
                wrong.append(f"{row['name']} {arguments or ''}{named or ''}: {problem}")
    print(f"{section}: {count} repositories, {len(wrong)} wrong")
    print("\n".join(wrong), file=sys.stderr)
    sys.exit(1 if wrong or not count else 0)


def refusers(row):
    asked = [row] + [case for _, _, case in cases(row)]
    said = lambda word: any(case.get(word) not in (None, GIVES) for case in asked)
    words = ["`check`"] if said("check") else []
    words += ["`check --against`"] if said("against") and not said("check") else []
    uses = said("use") or (said("check") and row["use"] is not GIVES)
    words += ["whatever uses values"] if uses else []
    words += ["`apply`"] if row.get("cluster") or (row.get("apply") and not uses) else []
    words += ["`rotate`"] if said("rotate") else []
    return ", ".join(words)


def table():
    print("| attack | what stops it | who refuses | test |\n| --- | --- | --- | --- |")
    for row in ROWS:
        if not row.get("control"):
            tests = f"`attack_table.py` {row['function'].__name__}"
            print(f"| {row['name']} | {row['rule']} | {refusers(row)} | {tests} |")
    for name, rule, who, file, _ in ELSEWHERE:
        print(f"| {name} | {rule} | {', '.join(who if ' ' in who else f'`{who}`' for who in who.split(', '))} | `{file.removeprefix('tests/')}` |")


def elsewhere():
    """The tests that other files have for rows of this table."""
    named = [(file, title) for *_, file, title in ELSEWHERE] + [("tests/cluster/apply.bats", row["cluster"]) for row in ROWS if row.get("cluster")]
    missing = [f"{file}: no test '{title}'" for file, title in named if f'@test "{title}" {{' not in read(f"{ROOT}/{file}").decode()]
    sys.exit("\n".join(missing) or None)


def main():
    command, *arguments = sys.argv[1:]
    if command == "sections":
        print("\n".join(dict.fromkeys(row["section"] for row in ROWS)))
    else:
        {"make": make, "run": run, "table": table, "elsewhere": elsewhere}[command](*arguments)


if __name__ == "__main__":
    main()
