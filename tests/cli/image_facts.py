#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""image_facts.py ARCHIVE: what an OCI archive says of one image, in lines that can be compared; its digests hold."""
import gzip
import hashlib
import io
import json
import sys
import tarfile

with tarfile.open(sys.argv[1]) as archive:
    members = {entry.name.removeprefix("./"): archive.extractfile(entry).read() for entry in archive if entry.isfile()}


def blob(descriptor):
    content = members.pop("blobs/" + descriptor["digest"].replace(":", "/"))
    assert descriptor["digest"] == "sha256:" + hashlib.sha256(content).hexdigest(), descriptor
    assert descriptor["size"] == len(content), descriptor
    return content


assert json.loads(members.pop("oci-layout")) == {"imageLayoutVersion": "1.0.0"}
(entry,) = json.loads(members.pop("index.json"))["manifests"]
manifest = json.loads(blob(entry))
image = json.loads(blob(manifest["config"]))
assert manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
assert manifest["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json"
for key in ("architecture", "os", "created"):
    print(key, image[key])
for key, value in sorted(image["config"].items()):
    print("config", key, json.dumps(value, sort_keys=True))
assert len(manifest["layers"]) == len(image["rootfs"]["diff_ids"])
for descriptor, digest in zip(manifest["layers"], image["rootfs"]["diff_ids"]):
    layer = blob(descriptor)
    if descriptor["mediaType"].endswith("+gzip"):
        layer = gzip.decompress(layer)
    assert digest == "sha256:" + hashlib.sha256(layer).hexdigest(), descriptor
    with tarfile.open(fileobj=io.BytesIO(layer)) as files:
        for file in files:
            content = files.extractfile(file).read() if file.isfile() else b""
            print("file", file.name, file.type.decode(), oct(file.mode & 0o7777), file.uid, file.gid, file.mtime,
                  hashlib.sha256(content).hexdigest())
assert not members, f"left over: {sorted(members)}"
