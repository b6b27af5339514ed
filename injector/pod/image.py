#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""image.py PROGRAM VERSION OUT.oci.tar OUT.spdx.json: a container image of one static program, and what is in it.

An OCI archive (image-spec 1.0: layout, index, manifest, configuration, one layer), which docker, podman, skopeo and
containerd load; and a list of parts in SPDX 2.3. $SOURCE_DATE_EPOCH is the time in all of it, so that two runs give
the same bytes. The Dockerfile beside this makes the same image.
"""
import gzip
import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import tarfile
import time

NAME = "tfsecrets-inject"
USER = "65532:65532"
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # what builders give an image without one
ABOUT = "Opens the sealed settings of an application inside its pod"
MACHINES = {62: ("amd64", None), 183: ("arm64", "v8")}
OCI = "application/vnd.oci.image."


def as_json(document):
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def machine(program):
    """(architecture, variant), as image-spec names them."""
    if program[:6] != b"\x7fELF\x02\x01":
        sys.exit(f"image.py: '{sys.argv[1]}' is no 64-bit little-endian ELF program")
    return MACHINES[struct.unpack_from("<H", program, 18)[0]]


def tar(files, moment):
    """files: (name, mode, bytes), in this order, all of root."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, mode, content in files:
            entry = tarfile.TarInfo(name)
            entry.mode, entry.size, entry.mtime = mode, len(content), moment
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def labels(version):
    return {"org.opencontainers.image.title": NAME,
            "org.opencontainers.image.description": ABOUT,
            "org.opencontainers.image.licenses": "Apache-2.0",
            "org.opencontainers.image.version": version}


class Blobs(dict):
    def add(self, kind, content, **more):
        digest = hashlib.sha256(content).hexdigest()
        self[digest] = content
        return {"mediaType": OCI + kind, "digest": "sha256:" + digest, "size": len(content), **more}


def image(program, version, moment):
    architecture, variant = machine(program)
    platform = {"architecture": architecture, "os": "linux", **({"variant": variant} if variant else {})}
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
    layer = tar([(NAME, 0o755, program)], moment)
    configuration = {
        **platform,
        "created": created,
        "config": {"User": USER, "Env": ["PATH=" + SEARCH_PATH], "Entrypoint": ["/" + NAME], "WorkingDir": "/",
                   "Labels": labels(version)},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
        "history": [{"created": created, "created_by": "COPY " + NAME + " /" + NAME}],
    }
    blobs = Blobs()
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI + "manifest.v1+json",
        "config": blobs.add("config.v1+json", as_json(configuration)),
        "layers": [blobs.add("layer.v1.tar+gzip", gzip.compress(layer, 9, mtime=0))],
    }
    names = {"org.opencontainers.image.ref.name": version, "io.containerd.image.name": f"docker.io/library/{NAME}:{version}"}
    index = {"schemaVersion": 2, "mediaType": OCI + "index.v1+json",
             "manifests": [blobs.add("manifest.v1+json", as_json(manifest), platform=platform, annotations=names)]}
    files = [("oci-layout", 0o644, as_json({"imageLayoutVersion": "1.0.0"})), ("index.json", 0o644, as_json(index))]
    files += [("blobs/sha256/" + digest, 0o644, blobs[digest]) for digest in sorted(blobs)]
    return tar(files, moment)


def asked(*command):
    """What a tool says in its first line; NOASSERTION where there is no such tool."""
    try:
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return "NOASSERTION"
    return lines[0] if lines else "NOASSERTION"


def package(name, version, licence, home, **more):
    return {"SPDXID": "SPDXRef-" + name, "name": name, "versionInfo": version, "downloadLocation": home,
            "licenseConcluded": licence, "licenseDeclared": licence, "copyrightText": "NOASSERTION",
            "filesAnalyzed": False, **more}


def parts(program, version, moment):
    """The program and what is linked into it: libsodium, and what the C compiler brings."""
    digest = hashlib.sha256(program).hexdigest()
    compiler = os.environ.get("CC", "cc").split()[0]
    packages = [
        package(NAME, version, "Apache-2.0", "NOASSERTION", primaryPackagePurpose="APPLICATION",
                checksums=[{"algorithm": "SHA256", "checksumValue": digest}]),
        package("libsodium", asked("pkg-config", "--modversion", "libsodium"), "ISC", "https://libsodium.org"),
        package("glibc", asked("getconf", "GNU_LIBC_VERSION").removeprefix("glibc "), "LGPL-2.1-or-later",
                "https://www.gnu.org/software/libc"),
        package("libgcc", asked(compiler, "-dumpfullversion"), "GPL-3.0-or-later WITH GCC-exception-3.1",
                "https://gcc.gnu.org"),
    ]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", packages[0]["SPDXID"])]
    relations += [(packages[0]["SPDXID"], "STATIC_LINK", other["SPDXID"]) for other in packages[1:]]
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": NAME,
        "documentNamespace": f"https://tfsecrets.dev/spdx/{NAME}/{digest}",
        "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)),
                         "creators": ["Tool: tfsecrets-image"]},
        "packages": packages,
        "relationships": [{"spdxElementId": a, "relationshipType": how, "relatedSpdxElement": b}
                          for a, how, b in relations],
    }


def main():
    program_path, version, image_path, parts_path = sys.argv[1:]
    moment = int(os.environ["SOURCE_DATE_EPOCH"])
    with open(program_path, "rb") as file:
        program = file.read()
    with open(image_path, "wb") as file:
        file.write(image(program, version, moment))
    with open(parts_path, "w") as file:
        json.dump(parts(program, version, moment), file, indent=2)
        file.write("\n")


main()
