#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load common

# The program that is tested is installed as it is: nothing is built here, whatever it was built with.
installs()
{
	local out=${TFSECRETS%/*} san=
	[[ $out != */san-* ]] || san=${out##*/san-}
	env -u MAKEFLAGS -u MAKELEVEL make -C "$root" --no-print-directory --old-file="$TFSECRETS" \
		--old-file="${TFSECRETS}-inject" "$@" \
		"BUILD=${BUILD:?is where it was built}" "SAN=${san//-/,}"
}

installed()
{
	(cd "$1" && find . ! -type d -printf '%m %P\n' | sort)
}

@test "install puts the program, its manual, completion and schema below DESTDIR and PREFIX; uninstall takes them away" {
	installs install "DESTDIR=$BATS_TEST_TMPDIR/to" PREFIX=/usr
	[ "$(installed "$BATS_TEST_TMPDIR/to")" = "$(cat <<-END
		644 usr/share/bash-completion/completions/tfsecrets
		644 usr/share/fish/vendor_completions.d/tfsecrets.fish
		644 usr/share/man/man1/tfsecrets-inject.1
		644 usr/share/man/man1/tfsecrets.1
		644 usr/share/man/man5/tfsecrets.yaml.5
		644 usr/share/tfsecrets/tfsecrets.schema.json
		644 usr/share/zsh/site-functions/_tfsecrets
		755 usr/bin/kubectl_complete-tfsecrets
		755 usr/bin/tfsecrets
		755 usr/bin/tfsecrets-inject
		777 usr/bin/kubectl-tfsecrets
	END
	)" ]
	[ "$(readlink "$BATS_TEST_TMPDIR/to/usr/bin/kubectl-tfsecrets")" = tfsecrets ]
	cmp "$root/schemas/tfsecrets.schema.json" "$BATS_TEST_TMPDIR/to/usr/share/tfsecrets/tfsecrets.schema.json"
	[ "$("$BATS_TEST_TMPDIR/to/usr/bin/tfsecrets" version)" = "$(tfsecrets version)" ]
	installs uninstall "DESTDIR=$BATS_TEST_TMPDIR/to" PREFIX=/usr
	[ -z "$(installed "$BATS_TEST_TMPDIR/to")" ]
}

@test "install without PREFIX is below /usr/local" {
	installs install "DESTDIR=$BATS_TEST_TMPDIR/to"
	[ -x "$BATS_TEST_TMPDIR/to/usr/local/bin/tfsecrets" ]
	[ -e "$BATS_TEST_TMPDIR/to/usr/local/share/man/man1/tfsecrets.1" ]
}
