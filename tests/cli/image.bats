#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load common

# make_image VARIABLE=VALUE...: of the program that is tested, which is not built anew.
make_image()
{
	env -u MAKEFLAGS -u MAKELEVEL make -C "$root" --no-print-directory --old-file="$TFSECRETS-inject" image \
		"BUILD=${BUILD:?is where it was built}" "$@"
}

setup()
{
	case $TFSECRETS in
	*/san-*) skip 'a sanitizer cannot be linked statically' ;;
	esac
	cd "$BATS_TEST_TMPDIR" || return 1
	archive=$BUILD/tfsecrets-inject.oci.tar
	parts=$BUILD/tfsecrets-inject.spdx.json
}

facts()
{
	python3 "$BATS_TEST_DIRNAME/image_facts.py" "$1"
}

@test "the image is one static file of root, run as 65532, the same bytes in every run" {
	rm -rf "$BUILD/image" "$archive" "$parts" # of an earlier version, it may be
	make_image SOURCE_DATE_EPOCH=1000000000
	facts "$archive" >found
	version=$(cat "$BUILD/version")
	digest=$(sha256sum <"$BUILD/image/tfsecrets-inject" | cut -d' ' -f1)
	cat >expected <<-END
		os linux
		created 2001-09-09T01:46:40Z
		config Entrypoint ["/tfsecrets-inject"]
		config Env ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
		config Labels {"org.opencontainers.image.description": "Opens the sealed settings of an application inside its pod", "org.opencontainers.image.licenses": "Apache-2.0", "org.opencontainers.image.title": "tfsecrets-inject", "org.opencontainers.image.version": "$version"}
		config User "65532:65532"
		config WorkingDir "/"
		file tfsecrets-inject 0 0o755 0 0 1000000000 $digest
	END
	grep -v ^architecture found | diff - expected
	[ "$(stat -c %s "$archive")" -lt 1200000 ]
	cp "$archive" first.tar
	cp "$parts" first.json
	rm -r "$BUILD/image" "$archive" "$parts"
	make_image SOURCE_DATE_EPOCH=1000000000
	cmp first.tar "$archive"
	cmp first.json "$parts"
	make_image SOURCE_DATE_EPOCH=1000000001
	run ! cmp -s first.tar "$archive"
}

@test "the list of parts names the program by its digest, and every library that is in it" {
	make_image SOURCE_DATE_EPOCH=1000000000
	digest=$(sha256sum <"$BUILD/image/tfsecrets-inject" | cut -d' ' -f1)
	[ "$(jq -r '.spdxVersion, .dataLicense, .creationInfo.created' "$parts" | xargs)" = \
		'SPDX-2.3 CC0-1.0 2001-09-09T01:46:40Z' ]
	[ "$(jq -r '.packages[0].checksums[0].checksumValue' "$parts")" = "$digest" ]
	[ "$(jq -r '.packages[].name' "$parts" | xargs)" = 'tfsecrets-inject libsodium glibc libgcc' ]
	[ "$(jq -r '.packages[1].versionInfo' "$parts")" = "$(pkg-config --modversion libsodium)" ]
	# Every relation names packages that are there, and each has what SPDX demands.
	jq -e '[.packages[].SPDXID, .SPDXID] as $known | all(.relationships[];
		[.spdxElementId, .relatedSpdxElement] - $known == []) and all(.packages[];
		has("name") and has("downloadLocation") and .versionInfo != "NOASSERTION")' "$parts"
}

@test "buildah makes the same of the Dockerfile: files, bytes, modes, owners, configuration" {
	command -v buildah >/dev/null || skip 'buildah is not here'
	[ "$(id -u)" -eq 0 ] || skip 'needs root for buildah without user namespaces'
	make_image SOURCE_DATE_EPOCH=1000000000
	version=$(cat "$BUILD/version")
	# Its own default lists are not looked at: a machine without them builds the same.
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >policy.json
	export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot XDG_RUNTIME_DIR=$PWD TMPDIR=$PWD
	buildah --root "$PWD/storage" --runroot "$PWD/run" build --signature-policy policy.json --timestamp 1000000000 \
		--identity-label=false --build-arg "VERSION=$version" -f "$root/injector/pod/Dockerfile" \
		-t "oci-archive:$PWD/buildah.tar" "$BUILD/image" >log 2>&1 || { cat log; false; }
	facts "$archive" >ours
	facts buildah.tar >theirs
	diff ours theirs
}
