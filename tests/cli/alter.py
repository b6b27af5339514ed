#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""alter.py PROJECT FILE signed|written SECRET…: `tfsecrets check` on every way to damage one file of a project.

The file is cut off at every byte and has every byte replaced. What is signed must be found each time, by name;
what people write is still whole, or the message names it. Never a crash, never a secret in the output.
"""
import concurrent.futures, os, queue, shutil, subprocess, sys, tempfile

project, file, kind, *secrets = sys.argv[1:]
WORKERS = 4


def damaged(text):
    for end in range(len(text)):
        yield f"cut at {end}", text[:end]
    for at, byte in enumerate(text):
        others = (b"\0", b"\xff", b"\n", b":", b'"') if kind == "written" else (bytes([byte ^ 1]),)
        for other in others:
            if other[0] != byte:
                yield f"byte {at} becomes {other!r}", text[:at] + other + text[at + 1 :]


def complaint(status, output, error):
    if any(secret.encode() in output + error for secret in secrets):
        return "a secret is shown"
    if kind == "signed":
        return None if status == 3 and file.encode() in output and not error else "not found"
    if status == 0:
        return None
    if status == 3:
        return None if output.strip() else "nothing is named"
    return None if status == 1 and f"{file}:".encode() in error else "neither whole nor named"


def check(case):
    what, text = case
    root = roots.get()
    try:
        with open(f"{root}/{file}", "wb") as damaged_file:
            damaged_file.write(text)
        done = subprocess.run([os.environ["TFSECRETS"], "check"], cwd=root, capture_output=True, timeout=60)
    finally:
        roots.put(root)
    problem = complaint(done.returncode, done.stdout, done.stderr)
    return problem and f"{what}: {problem}: status {done.returncode}: {done.stdout} {done.stderr}"


with tempfile.TemporaryDirectory() as scratch:
    roots = queue.Queue()
    for worker in range(WORKERS):
        shutil.copytree(project, f"{scratch}/{worker}", symlinks=True)
        roots.put(f"{scratch}/{worker}")
    cases = list(damaged(open(f"{project}/{file}", "rb").read()))
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        problems = [problem for problem in pool.map(check, cases) if problem]
print(f"{len(cases)} cases")
print("\n".join(problems[:10]), file=sys.stderr)
sys.exit(1 if problems or len(cases) < 100 else 0)
