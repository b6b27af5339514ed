#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the table of schemas/entropy.c: for each alphabet and length the Shannon entropy, in
thousandths of a bit per character, that 99 % of uniformly random strings reach."""
import math
import random

ALPHABETS = {"hex": 16, "base32": 32, "lower-case alphanumeric": 36, "alphanumeric": 62, "base64": 64,
             "printable": 94}
LENGTHS = [16, 20, 24, 28, 32, 40, 48, 64, 96, 128, 192, 256]
DRAWS = 40000


def entropy(text):
    counts = {}
    for character in text:
        counts[character] = counts.get(character, 0) + 1
    return math.log2(len(text)) - sum(n * math.log2(n) for n in counts.values()) / len(text)


def first_percentile(size, length, source):
    letters = range(size)
    found = sorted(entropy(source.choices(letters, k=length)) for _ in range(DRAWS))
    return int(1000 * found[DRAWS // 100])


for name, size in ALPHABETS.items():
    source = random.Random(f"tfsecrets {name}")
    print(f"{name:24}", ", ".join(str(first_percentile(size, n, source)) for n in LENGTHS))
