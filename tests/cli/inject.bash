# SPDX-License-Identifier: Apache-2.0
# For the tests of tfsecrets-inject: a project's bundle, mounted as the kubelet does it, and a volume in memory.
# shellcheck shell=bash disable=SC2154
load common

# That of another machine, when tests/arm64 says so.
INJECT=${TFSECRETS_INJECT:-${TFSECRETS%/*}/tfsecrets-inject}

# In $bundle what a ConfigMap would hold; $pin, $identity; $volume, which is empty and in memory.
setup()
{
	setup_project
	a_schema <<-END
		  FRONTEND_URL: {kind: config, type: url}
		  DATABASE_URL: {kind: secret, type: url, key: database-url}
		  AUTH_SECRET: {kind: secret}
		  MOTTO: {kind: secret, optional: true, key: motto.txt}
	END
	tfsecrets -q set FRONTEND_URL=https://taskflow.example.org
	printf %s "$database_url" | tfsecrets -q set DATABASE_URL
	printf %s "$auth_secret" | tfsecrets -q set AUTH_SECRET
	identity=$HOME/.config/tfsecrets/identity
	volume=$(mktemp -d /dev/shm/tfsecrets-test.XXXXXX)
	a_bundle
}

teardown()
{
	rm -rf "${volume:?}"
}

# a_bundle: of the project as it is now, as files, and mounted at $mounted.
a_bundle()
{
	bundle=$BATS_TEST_TMPDIR/bundle
	mounted=$BATS_TEST_TMPDIR/mounted
	pin=$(tfsecrets roster pin)
	rm -rf "$bundle"
	mkdir "$bundle"
	"${TOOLS:?}/cli/bundle" prod "$bundle"
	mount_as_kubelet "$bundle" "$mounted"
}

# mount_as_kubelet FROM TO: the files of FROM, in the links of a mounted ConfigMap or Secret.
mount_as_kubelet()
{
	local entry moment
	moment=..2026_11_21_16_40_02.$RANDOM$RANDOM

	mkdir -p "$2"
	cp -R "$1" "$2/$moment"
	ln -sfT "$moment" "$2/..data_tmp"
	mv -T "$2/..data_tmp" "$2/..data"
	for entry in "$1"/*; do
		ln -sfT "..data/${entry##*/}" "$2/${entry##*/}"
	done
}

# unseal [OPTION...]: from $mounted into $volume.
unseal()
{
	"$INJECT" unseal --environment prod --from "$mounted" --identity "$identity" --pin "$pin" \
		--to "$volume" "$@"
}

# unseals_not STATUS TEXT [OPTION...]: that it fails so, in a line that says what to do, shows nothing and writes
# nothing.
unseals_not()
{
	local expected=$1 text=$2
	shift 2

	run --separate-stderr unseal "$@"
	fails "$expected" "$text" || return 1
	shows_no_secret || return 1
	[ "$expected" -eq 2 ] || [[ ${stderr_lines[-1]} == *"; "* || ${stderr_lines[-1]} == *@("renew the pin"|"so apply it again")* ]] ||
		{ echo "says not what to do: $stderr"; return 1; }
	[ -z "$(ls -A "$volume")" ] || { ls -lA "$volume"; return 1; }
}

# seen DIR: names, modes and contents of the files that are seen there, through their links.
seen()
{
	(cd "$1" && find -L . -name '..*' -prune -o -type f -printf '%P %m ' -exec sha256sum {} \; | sort)
}
