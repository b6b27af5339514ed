# SPDX-License-Identifier: Apache-2.0
# Starts the images of build/taskflow as restricted pods would run them, in this network, for a file of tests.
# shellcheck shell=bash disable=SC2154 # bats' variables

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
built=$BUILD/taskflow

# The variables that start_* made known to the tests of the file.
load_state()
{
	# shellcheck disable=SC1091 # made by start_all
	[ ! -e "$BATS_FILE_TMPDIR/state" ] || . "$BATS_FILE_TMPDIR/state"
}

# wait_for COMMAND...: until it succeeds.
wait_for()
{
	local end=$((SECONDS + 60))

	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { echo "waited in vain: $*" && return 1; }
		sleep 0.1
	done
}

# unpacked NAME: the image's file system.
unpacked()
{
	local folder=$BATS_FILE_TMPDIR/$1

	[ -e "$folder" ] || "$here/image" unpack "$built/$1.tar" "$folder"
	echo "$folder"
}

# command_of NAME: of the image, a word a line; entry point and command.
command_of()
{
	"$here/image" config "$built/$1.tar" | jq -r '(.Entrypoint // []) + .Cmd | .[]'
}

# in_image NAME [NAME=VALUE...]: what it starts, with its own variables and these; DATA and IN_FOLDER as run has it.
in_image()
{
	local folder config variables words

	folder=$(unpacked "$1")
	config=$("$here/image" config "$built/$1.tar")
	mapfile -t variables < <(jq -r '.Env[]' <<<"$config")
	mapfile -t words < <(command_of "$1")
	IN_FOLDER=$(jq -r '.WorkingDir // "/"' <<<"$config") \
		exec "$here/run" "$folder" "${variables[@]}" "${@:2}" -- "${words[@]}"
}

# end_all: what start has started.
end_all()
{
	local process

	[ -e "$BATS_FILE_TMPDIR/started" ] || return 0
	while read -r process; do
		kill -KILL "$process" 2>/dev/null || true
	done <"$BATS_FILE_TMPDIR/started"
}
