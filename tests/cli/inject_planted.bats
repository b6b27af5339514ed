#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# What another container, which shares a volume, or somebody who may write ConfigMaps has put there.
load inject

@test "what was planted in the volume is neither followed nor removed" {
	mkdir outside
	echo kept >outside/file
	ln -s "$PWD/outside" "$volume/..tfsecrets-00000000"
	ln -s "$PWD/outside" "$volume/..data"
	ln -s ..data/file "$volume/file"
	mkdir -p "$volume/..tfsecrets-11111111/deep"
	unseal
	[ "$(cat outside/file)" = kept ]
	[ "$(ls -A outside)" = file ]
	[ "$(cat "$volume/database-url")" = "$database_url" ]
	[ -d "$volume/..tfsecrets-11111111/deep" ]
}

@test "what stands where a file, the link or the next one would go is refused, and values are written nowhere" {
	local name
	mkdir outside
	for name in database-url ..data ..data_tfsecrets; do
		rm -r "$volume" && mkdir "$volume"
		if [ $name = database-url ]; then
			ln -s "$PWD/outside/written" "$volume/$name"
		else
			mkdir "$volume/$name" && : >"$volume/$name/full"
		fi
		run --separate-stderr unseal
		[[ $status == [14] ]]
		[[ $stderr == *"; give the values a volume of their own" ]] || { echo "$name: $stderr"; return 1; }
		shows_no_secret
		[ "$(ls -A "$volume")" = $name ]
		[ -z "$(ls -A outside)" ]
	done
}

@test "a ..data that leads out of the volume is refused, for a bundle and for values" {
	local leads
	mkdir inner
	cp -R "$mounted/..data" inner/bundle
	for leads in ../inner/bundle "$PWD/inner/bundle" ..; do
		ln -sfT "$leads" "$mounted/..data"
		unseals_not 4 "'$mounted/..data' leads out of the volume, which no kubelet does"
		run --separate-stderr "$INJECT" exec --from "$mounted" --settings "$bundle/settings" -- true
		fails 4 "'$mounted/..data' leads out of the volume"
		run --separate-stderr "$INJECT" check --from "$mounted" --settings "$bundle/settings"
		fails 4 "'$mounted/..data' leads out of the volume"
	done
}

@test "a plain setting with the key of a secret gets nothing of it" {
	sed -i '1i BANNER database-url config string optional' "$bundle/settings"
	LC_ALL=C sort -o "$bundle/settings" "$bundle/settings"
	rm -rf "$mounted"
	mount_as_kubelet "$bundle" "$mounted"
	unseal
	run -0 "$INJECT" exec --from "$volume" -- sh -c 'echo "${BANNER-none} $DATABASE_URL"'
	[ "$output" = "none $database_url" ]
	# It has its own, where that is.
	mkdir plain
	printf mine >plain/database-url
	run -0 "$INJECT" exec --from "$volume" --from plain -- sh -c 'echo "${BANNER-none} $DATABASE_URL"'
	[ "$output" = "mine $database_url" ]
	BANNER=kept run -0 "$INJECT" exec --from "$volume" -- sh -c 'echo "$BANNER"'
	[ "$output" = kept ]
}

@test "more settings than anybody has are read in little memory, and the message stays short" {
	local number
	! grep -q __asan_init "$INJECT" || skip 'a sanitizer needs more'
	[ -z "${TFSECRETS_EMULATED:-}" ] || skip 'an emulator needs more'
	for number in {10000..34999}; do
		echo "M$number $number secret string required"
	done >many
	LC_ALL=C sort -o "$bundle/settings" "$bundle/settings" many
	rm -rf "$mounted"
	mount_as_kubelet "$bundle" "$mounted"
	run --separate-stderr bash -c 'ulimit -d 8192 && exec "$@"' bash "$INJECT" unseal -e prod --from "$mounted" \
		--identity "$identity" --pin "$pin" --to "$volume"
	fails 4 "'M10000' is required, but has no value in the bundle; 'tfsecrets set M10000' and 'apply' bring one"
	run --separate-stderr bash -c 'ulimit -d 16384 && exec "$@"' bash "$INJECT" check --settings many
	fails 3 "25000 of 25000 settings: 'M10000' is missing, 'M10001' is missing"
	[[ $stderr == *"'M10007' is missing and 24992 more" ]]
}

@test "a link in place of the termination log is not followed" {
	echo kept >kept
	ln -s kept log
	unseal --termination-log log
	[ "$(cat kept)" = kept ]
}

@test "a name with control characters is shown without them" {
	cp "$bundle/settings" "$bundle/"$'a\e[31mb\nc'
	rm -rf "$mounted"
	mkdir "$mounted"
	cp "$bundle"/* "$mounted"
	: >log
	run --separate-stderr unseal --termination-log log
	fails 4 'is no part of a bundle; mount the ConfigMap alone'
	[[ $stderr != *$'\e'* ]]
	[ "$(wc -l <log)" -eq 0 ]
	run ! env LC_ALL=C grep -q '[[:cntrl:]]' log
}

@test "a disk with a memory file system above or below it is no memory" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root for mounts'
	mkdir lower target
	cat >overlay <<-'END'
		mount -t tmpfs none "$1" || exit 99
		mkdir "$1/upper" "$1/work"
		mount -t overlay overlay -o "lowerdir=lower,upperdir=$1/upper,workdir=$1/work" target || exit 99
		shift
		"$@" --to target
	END
	run --separate-stderr unshare -m bash overlay "$volume" "$INJECT" unseal -e prod --from "$mounted" \
		--identity "$identity" --pin "$pin"
	[ "$status" -ne 99 ] || skip 'no overlay can be mounted here'
	fails 4 "'target' is not in memory: give its emptyDir 'medium: Memory'"
}

@test "install replaces a program that runs, and a link, not what it leads to; a full volume keeps the old one" {
	mkdir shared
	"$INJECT" install shared
	exec 9<"$volume"
	flock 9
	shared/tfsecrets-inject unseal -q -e prod --from "$mounted" --identity "$identity" --pin "$pin" --to "$volume" 9<&- 3>&- &
	before=$(stat -c %i shared/tfsecrets-inject)
	"$INJECT" install shared
	[ "$(stat -c %i shared/tfsecrets-inject)" != "$before" ]
	flock -u 9
	wait $!
	[ "$(cat "$volume/database-url")" = "$database_url" ]
	echo kept >kept
	ln -sf ../kept shared/tfsecrets-inject
	"$INJECT" install shared
	[ "$(cat kept)" = kept ]
	[ ! -L shared/tfsecrets-inject ]

	[ "$(id -u)" -eq 0 ] || return 0
	run --separate-stderr unshare -m bash -c 'mount -t tmpfs -o size=100k none "$1" && echo old >"$1/tfsecrets-inject" || exit 99
		"$2" install "$1"; echo "status $?"; ls -A "$1"; cat "$1/tfsecrets-inject"' bash "$volume" "$INJECT"
	[ "$output" = $'status 1\ntfsecrets-inject\nold' ]
	says "cannot write '$volume/tfsecrets-inject': No space left on device"
}
