# SPDX-License-Identifier: Apache-2.0
"""Reads YAML documents and prints them as one JSON object, by kind and name, without namespaces and Helm's labels."""

import json
import sys

import yaml

HELMS_LABELS = ("app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart")
objects = {}
for document in filter(None, yaml.safe_load_all(sys.stdin)):
    metadata = document["metadata"]
    metadata.pop("namespace", None)
    for label in HELMS_LABELS:
        metadata.get("labels", {}).pop(label, None)
    name = f"{document['kind']}/{metadata['name']}"
    if name in objects:
        sys.exit(f"two of '{name}'")
    objects[name] = document
if not objects:
    sys.exit("no documents")
print(json.dumps(objects, indent=1, sort_keys=True))
