#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
load inject

@test "unseal writes each secret to a file of its key, byte for byte, as the kubelet lays out its own" {
	run --separate-stderr unseal
	[ "$status" -eq 0 ]
	says "unsealed 2 values of 'prod' into '$volume' (roster 1, epoch 1)"
	shows_no_secret
	[ "$(cat "$volume/database-url")" = "$database_url" ]
	[ "$(cat "$volume/AUTH_SECRET")" = "$auth_secret" ]
	[ "$(cd "$volume" && echo *)" = 'AUTH_SECRET database-url' ]
	[ "$(readlink "$volume/database-url")" = ..data/database-url ]
	[ "$(stat -Lc %a "$volume/database-url" "$volume/..data" | xargs)" = '440 750' ]
	cmp "$bundle/settings" "$volume/..data/..settings"
}

@test "unseal takes a bundle that is not mounted by a kubelet as well" {
	mounted=$bundle
	unseal
	[ "$(cat "$volume/database-url")" = "$database_url" ]
}

@test "unseal keeps every byte: an empty value, NULs, line ends, a megabyte" {
	head -c 300000 /dev/urandom >binary
	tfsecrets -q set AUTH_SECRET --file binary
	: >nothing
	tfsecrets -q set MOTTO --file nothing
	a_bundle
	unseal
	cmp binary "$volume/AUTH_SECRET"
	cmp nothing "$volume/motto.txt"
}

@test "the largest bundle is opened in 2 MiB of memory of its own, as one value and as many" {
	! grep -q __asan_init "$INJECT" || skip 'a sanitizer needs more'
	[ -z "${TFSECRETS_EMULATED:-}" ] || skip 'an emulator needs more'
	head -c 700000 /dev/urandom >binary
	tfsecrets -q set AUTH_SECRET --file binary
	a_bundle
	(ulimit -d 2048 && unseal)
	cmp binary "$volume/AUTH_SECRET"
	run bash -c 'ulimit -d 512 && exec "$@"' bash "$INJECT" unseal -e prod --from "$mounted" --identity "$identity" \
		--pin "$pin" --to "$volume"
	[ "$status" -eq 1 ]
	for number in {100..520}; do
		echo "  MANY_$number: {kind: secret}" >>tfsecrets.yaml
		printf 'MANY_%d=%01024d\n' "$number" "$number"
	done >many
	tfsecrets -q unset AUTH_SECRET
	echo AUTH_SECRET=x >>many
	tfsecrets -q seal --from many
	a_bundle
	[ "$(cat "$bundle"/* | wc -c)" -gt 930000 ]
	(ulimit -d 2048 && unseal)
	[ "$(cat "$volume/MANY_520")" = "$(printf %01024d 520)" ]
}

@test "unseal heeds --mode and no umask; who may read the files may enter" {
	local mode
	for mode in 0400:400:700 444:444:755 0640:640:750; do
		(umask $((RANDOM % 2 * 0077)) && unseal --mode "${mode%%:*}")
		[ "$(stat -Lc %a "$volume/database-url" "$volume/..data/..settings" "$volume/..data" | xargs)" = \
			"$(cut -d: -f2 <<<"$mode") $(cut -d: -f2,3 --output-delimiter ' ' <<<"$mode")" ]
	done
}

@test "unseal hands on the group of a volume with fsGroup" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root to give a directory to a group'
	chgrp 2000 "$volume"
	chmod 2777 "$volume"
	unseal
	[ "$(stat -Lc '%g %a' "$volume/database-url" "$volume/..data" | xargs)" = '2000 440 2000 2750' ]
}

@test "unseal run again leaves the same; a new value, one more and one less are exchanged at once" {
	unseal
	before=$(seen "$volume")
	unseal
	[ "$(seen "$volume")" = "$before" ]
	[ "$(find "$volume" -name '..tfsecrets-*' | wc -l)" -eq 1 ]
	echo another | tfsecrets -q set AUTH_SECRET
	echo 'per aspera' | tfsecrets -q set MOTTO
	a_bundle
	unseal
	[ "$(cat "$volume/AUTH_SECRET")" = another ]
	[ "$(cat "$volume/motto.txt")" = 'per aspera' ]
	tfsecrets -q unset MOTTO
	a_bundle
	unseal
	[ "$(cd "$volume" && echo *)" = 'AUTH_SECRET database-url' ]
	[ "$(find "$volume" -name '..*' | wc -l)" -eq 3 ]
}

@test "unseal touches nothing that it has not made" {
	echo mine >"$volume/other"
	unseal
	[ "$(cat "$volume/other")" = mine ]
	rm -r "$volume" && mkdir "$volume"
	echo mine >"$volume/database-url"
	run --separate-stderr unseal
	fails 4 "'$volume/database-url' is there already, and tfsecrets-inject has not made it"
	[ "$(cd "$volume" && ls -A)" = database-url ]
	[ "$(cat "$volume/database-url")" = mine ]
}

@test "unseal writes to no disk, unless it is told to" {
	[ "$(stat -fc %T .)" != tmpfs ] || skip 'the scratch directory is in memory'
	mkdir disk
	run --separate-stderr unseal --to disk 2>&1
	fails 2 "option '--to' is given twice"
	rm -r "$volume" && mkdir "$volume"
	on_disk() { "$INJECT" unseal -e prod --from "$mounted" --identity "$identity" --pin "$pin" --to disk "$@"; }
	run --separate-stderr on_disk
	fails 4 "'disk' is not in memory: give its emptyDir 'medium: Memory', or write to a disk with --allow-disk"
	[ -z "$(ls -A disk)" ]
	on_disk --allow-disk
	[ "$(cat disk/database-url)" = "$database_url" ]
}

@test "the env file is what a shell reads as well: several lines, blanks, quotes, dollars" {
	printf 'a "b" $c `d` #e\\ \n\n  tail ' >motto
	tfsecrets -q set MOTTO --file motto
	a_bundle
	unseal --env-file app.env
	[ "$(stat -Lc %a "$volume/app.env")" = 440 ]
	cat >expected <<-END
		AUTH_SECRET='$auth_secret'
		DATABASE_URL='$database_url'
		MOTTO='$(cat motto)'
	END
	cmp expected "$volume/app.env"
	sh -c '. "$1" && printf %s "$MOTTO"' sh "$volume/app.env" | cmp - motto
}

@test "the env file refuses by name what the kubelet cannot take; --no-env leaves it out" {
	local text what
	while IFS='|' read -r text what; do
		# shellcheck disable=SC2059 # escapes
		printf "$text" >motto
		tfsecrets -q set MOTTO --file motto
		a_bundle
		unseals_not 4 "'MOTTO': the kubelet's env file cannot hold $what; leave it out with --no-env MOTTO" \
			--env-file app.env
		unseal --env-file app.env --no-env MOTTO
		[ "$(wc -l <"$volume/app.env")" -eq 2 ]
		cmp motto "$volume/motto.txt"
		rm -r "$volume" && mkdir "$volume"
	done <<-'END'
		|an empty value
		it's|a single quote
		a\0b|a NUL
		a\r\nb|a carriage return
		caf\351|a value that is not UTF-8
		%061433d|a line of more than 60 KiB
		%061000d\n%061000d\n%010000d|a variable of more than 128 KiB
	END
}

@test "the env file's longest line is of 60 KiB, name and quotes counted" {
	printf '%061432d\n%061439d\n%010d' 1 2 3 >motto
	tfsecrets -q set MOTTO --file motto
	a_bundle
	unseal --env-file app.env
	[ "$(wc -L <"$volume/app.env")" -eq 61439 ]
}

@test "unseal's options are checked before anything is read" {
	unseals_not 2 "'--mode 9' is not a mode such as 0440 that the owner can read" --mode 9
	unseals_not 2 'is not a mode' --mode 0040
	unseals_not 2 'is not a mode' --mode 1440
	unseals_not 2 "'--env-file a/b' is not the name of a file" --env-file a/b
	unseals_not 2 'is not the name of a file' --env-file ..data
	unseals_not 2 "'--env-file database-url' is the name of the file of 'DATABASE_URL'" --env-file database-url
	unseals_not 2 "'--no-env' needs '--env-file'" --no-env MOTTO
	unseals_not 2 "'--no-env NONE': there is no such setting" --env-file app.env --no-env NONE
	unseals_not 2 "unknown option '--alow-disk', did you mean '--allow-disk'?" --alow-disk
	for option in environment from identity pin to; do
		# shellcheck disable=SC2046 # words
		run --separate-stderr "$INJECT" unseal $(for other in environment from identity pin to; do
			[ $other = $option ] || echo "--$other=$([ $other != pin ] && echo prod || echo "$pin")"
		done)
		fails 2 "'--$option' must be given"
	done
}

@test "the last message goes to the termination log, whatever was in it, and never a value" {
	log=$BATS_TEST_TMPDIR/log
	unseal --termination-log "$log"
	[ ! -e "$log" ]
	head -c 5000 /dev/zero | tr '\0' x >"$log"
	unseal -q --termination-log "$log"
	[ "$(cat "$log")" = "unsealed 2 values of 'prod' into '$volume' (roster 1, epoch 1)" ]
	rm -r "$volume"
	run --separate-stderr unseal --termination-log "$log"
	[ "$status" -eq 1 ]
	[ "$(cat "$log")" = "cannot open '$volume': No such file or directory; --to is where a memory emptyDir is mounted" ]
	mkdir "$volume"
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	unseal --termination-log "$BATS_TEST_TMPDIR/pipe"
}

@test "the termination log of a container is found where it is by default" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root for a mount namespace'
	echo before >log
	unshare -m sh -c 'mount -t tmpfs none /dev && : >/dev/null && cp log /dev/termination-log &&
		cd / && "$@"; cp /dev/termination-log "$OLDPWD/log"' sh \
		"$INJECT" unseal -e prod --from "$mounted" --identity "$identity" --pin "$pin" --to /dev
	grep -qxF "unsealed 2 values of 'prod' into '/dev' (roster 1, epoch 1)" log
}

@test "check looks for files, then for variables, and says what is missing or of another type" {
	unseal
	run --separate-stderr "$INJECT" check --from "$volume"
	fails 3 "1 of 4 settings: 'FRONTEND_URL' is missing"
	FRONTEND_URL=nonsense run --separate-stderr "$INJECT" check --from "$volume"
	fails 3 "'FRONTEND_URL' is not a URL"
	FRONTEND_URL=https://x.example.org run --separate-stderr "$INJECT" check --from "$volume"
	[ "$status" -eq 0 ]
	says '4 settings: all that are required are there, each of its type'
	mkdir config
	printf %s https://x.example.org >config/FRONTEND_URL
	"$INJECT" check --from "$volume" --from config
}

@test "check takes the settings from a file, the values from a mounted Secret or from variables" {
	mkdir files
	printf %s "$database_url" >files/database-url
	printf %s "$auth_secret" >files/AUTH_SECRET
	mount_as_kubelet files secret
	export FRONTEND_URL=https://x.example.org
	"$INJECT" check --settings "$mounted/settings" --from secret
	DATABASE_URL=$database_url AUTH_SECRET=x "$INJECT" check --settings "$mounted/settings"
	run --separate-stderr "$INJECT" check --settings "$mounted/settings"
	fails 3 "2 of 4 settings: 'AUTH_SECRET' is missing and 'DATABASE_URL' is missing"
	DATABASE_URL="$auth_secret" run --separate-stderr "$INJECT" check --settings "$mounted/settings" \
		--termination-log /dev/null
	fails 3 "'DATABASE_URL' is not a URL"
	shows_no_secret
}

@test "check needs settings that can be read" {
	run --separate-stderr "$INJECT" check
	fails 2 'which settings? give --settings FILE'
	mkdir empty
	run --separate-stderr "$INJECT" check --from empty
	fails 1 "was written by 'unseal'"
	run --separate-stderr "$INJECT" check --settings none
	fails 1 "cannot open 'none': No such file or directory"
	printf 'A A secret string\n' >settings
	run --separate-stderr "$INJECT" check --settings settings
	fails 4 'settings:1: is not NAME KEY config|secret TYPE required|optional'
}

@test "exec replaces itself by the command, with the secrets of the files in its environment" {
	unseal
	run "$INJECT" exec --from "$volume" -- sh -c 'echo "$DATABASE_URL $AUTH_SECRET ${MOTTO-none} $KEPT"; exit 7'
	[ "$status" -eq 7 ]
	[ "$output" = "$database_url $auth_secret none " ]
	DATABASE_URL=stray MOTTO=stray KEPT=kept run "$INJECT" exec --from "$volume" \
		-- sh -c 'echo "$DATABASE_URL $AUTH_SECRET ${MOTTO-none} $KEPT"'
	[ "$output" = "$database_url $auth_secret none kept" ]
	"$INJECT" exec --from "$volume" -- sh -c 'echo $$ $PPID' >pids &
	wait $!
	[ "$(cat pids)" = "$! $$" ] || [ "$(cut -d' ' -f1 pids)" = $! ]
}

@test "exec takes the secrets straight from the bundle" {
	from_bundle() { "$INJECT" exec -e prod --from "$mounted" --identity "$identity" --pin "$pin" "$@"; }
	MOTTO=stray run from_bundle -- sh -c 'echo "$DATABASE_URL $AUTH_SECRET ${MOTTO-none}"'
	[ "$output" = "$database_url $auth_secret none" ]
	run --separate-stderr from_bundle --from "$volume" -- true
	fails 2 "one '--from' names the bundle"
	run --separate-stderr "$INJECT" exec -e prod --from "$mounted" --pin "$pin" -- true
	fails 2 "'--identity' must be given"
}

@test "exec refuses what is missing, of another type, or no variable can hold" {
	unseal
	exec_true() { "$INJECT" exec --from "$volume" --termination-log log -- true; }
	: >log
	rm "$(readlink -f "$volume/database-url")"
	run --separate-stderr exec_true
	fails 4 "'DATABASE_URL' is required, but no directory has 'database-url'"
	[ "$(cat log)" = "'DATABASE_URL' is required, but no directory has 'database-url'" ]
	echo "$auth_secret" >"$volume/..data/database-url"
	run --separate-stderr exec_true
	fails 4 "'DATABASE_URL' is not a URL"
	shows_no_secret
	unseal
	rm "$volume/..data/AUTH_SECRET"
	printf 'a\0b' >"$volume/..data/AUTH_SECRET"
	run --separate-stderr exec_true
	fails 4 "'AUTH_SECRET' has a NUL in its value, which no environment can hold"
	run --separate-stderr "$INJECT" exec -- true
	fails 2 "'--from' must be given"
	run --separate-stderr "$INJECT" exec --from "$volume"
	fails 2 "'exec' needs -- COMMAND"
}

@test "exec says as a shell that a command cannot be run" {
	unseal
	run -127 --separate-stderr "$INJECT" exec --from "$volume" -- ./none
	fails 127 "cannot run './none': No such file or directory"
	: >text
	run -126 --separate-stderr "$INJECT" exec --from "$volume" -- ./text
	fails 126 "cannot run './text': Permission denied"
}

@test "exec gives its command the signals and the mask of the container" {
	unseal
	run bash -c 'umask 027; trap "" USR1; exec "$@"' bash "$INJECT" exec --from "$volume" \
		-- sh -c 'umask; grep SigIgn /proc/self/status; ulimit -Sc'
	[ "${lines[0]}" = 0027 ]
	[ "$(((16#${lines[1]##*[[:space:]]} >> 9) & 1))" -eq 1 ]
	[ "${lines[2]}" = "$(ulimit -Sc)" ]
}

@test "install copies the program, over an older one too" {
	mkdir shared
	echo old >shared/tfsecrets-inject
	run --separate-stderr "$INJECT" install shared
	[ "$status" -eq 0 ]
	says "installed 'shared/tfsecrets-inject'"
	cmp "${TFSECRETS_EMULATED:-$INJECT}" shared/tfsecrets-inject
	[ "$(stat -c %a shared/tfsecrets-inject)" = 755 ]
	[ "$(ls -A shared)" = tfsecrets-inject ]
	[ -n "${TFSECRETS_EMULATED:-}" ] || [ "$(shared/tfsecrets-inject version)" = "$("$INJECT" version)" ]
	run --separate-stderr "$INJECT" install none
	fails 1 "cannot open 'none/tfsecrets-inject'"
	run --separate-stderr "$INJECT" install
	fails 2 "'install' needs DIR"
}

@test "help and version go to standard output; a command that is none is misuse" {
	run --separate-stderr "$INJECT" help
	[ "$status" -eq 0 ]
	prints 'usage: tfsecrets-inject'
	[ -z "$stderr" ]
	run --separate-stderr "$INJECT" help unseal
	prints 'usage: tfsecrets-inject unseal'
	[ "$output" = "$("$INJECT" unseal --help)" ]
	[ "$("$INJECT" version)" = "tfsecrets-inject $(tfsecrets version | cut -d' ' -f2)" ]
	run --separate-stderr "$INJECT" unsael
	fails 2 "tfsecrets-inject: unknown command 'unsael', did you mean 'unseal'?"
	run --separate-stderr "$INJECT"
	fails 2 'which command?'
}

@test "the pods' identity may be a link and readable by its group, which is warned of; a passphrase is refused" {
	run --separate-stderr unseal
	[ "$status" -eq 0 ]
	run ! says warning
	mkdir files
	cp "$identity" files/identity
	chmod 440 files/identity
	mount_as_kubelet files secret
	identity=secret/identity
	chmod 440 secret/..data/identity
	run --separate-stderr unseal
	[ "$status" -eq 0 ]
	says "warning: the identity 'secret/identity' can be read by its group (mode 0440)"
	chmod 444 secret/..data/identity
	run --separate-stderr unseal
	[ "$status" -eq 0 ]
	says "can be read by everybody (mode 0444)"
	rm -r "$volume" && mkdir "$volume"
	printf -- '-----BEGIN AGE ENCRYPTED FILE-----\n' >files/identity
	identity=files/identity
	unseals_not 4 'files/identity: needs a passphrase, which cannot be asked here'
	identity=none
	unseals_not 4 "cannot load the identity: cannot open 'none': No such file or directory"
	identity=files
	unseals_not 4 "'files' is not a file"
	tfsecrets keygen -o stranger
	identity=stranger
	unseals_not 4 "this identity is not a reader of 'prod'"
}

@test "it runs as 65532 on a root file system that is read-only and empty, without /tmp, HOME and locked memory" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root for chroot and mounts'
	! grep -q __asan_init "$INJECT" || skip 'a sanitizer needs its libraries'
	[ -z "${TFSECRETS_EMULATED:-}" ] || skip 'an emulated program is not alone there'
	scratch=$BATS_TEST_TMPDIR/scratch
	mkdir -p "$scratch/bundle" "$scratch/identity" "$scratch/secrets" "$scratch/dev"
	cp "$INJECT" "$scratch/tfsecrets-inject"
	mount_as_kubelet "$bundle" "$scratch/bundle"
	mkdir files
	cp "$identity" files/identity
	mount_as_kubelet files "$scratch/identity"
	chgrp -R 2000 "$scratch/identity"
	chmod 440 "$scratch/identity/..data/identity"
	cat >pod <<-'END'
		mount -t tmpfs -o size=1m,mode=2777,gid=2000 none "$1/secrets" || exit 99
		: >"$1/dev/termination-log" && chmod 666 "$1/dev/termination-log" || exit 99
		mount --bind "$1" "$1" && mount --bind "$1/dev" "$1/dev" && mount -o remount,ro,bind "$1" || exit 99
		mount -t tmpfs -o size=1m,mode=2777,gid=2000 none "$1/secrets" || exit 99
		ulimit -l 0
		env -i "$3" --userspec=65532:65532 --groups=2000 "$1" /tfsecrets-inject unseal --environment prod \
			--from /bundle --identity /identity/identity --pin "$2" --to /secrets 2>&1
		echo "status $?"
		stat -Lc '%u %g %a' "$1/secrets/database-url"
		cat "$1/secrets/database-url"
	END
	run unshare -m bash pod "$scratch" "$pin" "$(command -v chroot)"
	prints "unsealed 2 values of 'prod' into '/secrets' (roster 1, epoch 1); memory could not be locked here (RLIMIT_MEMLOCK)"
	prints 'status 0'
	prints '65532 2000 440'
	prints "$database_url"
	grep -q 'unsealed 2 values' "$scratch/dev/termination-log"
}

@test "SIGTERM ends it, as process 1 of a container too, and nothing is left that is seen" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root for a process namespace'
	# It waits for the lock of another writer meanwhile.
	exec 9<"$volume"
	flock 9
	setsid unshare -pf --kill-child "$INJECT" unseal -e prod --from "$mounted" --identity "$identity" --pin "$pin" \
		--to "$volume" 9<&- &
	outer=$!
	for _ in {1..100}; do
		inner=$(pgrep -P $outer || :)
		[ -z "$inner" ] || ! grep -q nanosleep "/proc/$inner/wchan" 2>/dev/null || break
		sleep 0.05
	done
	kill -TERM "$inner"
	ended=0
	wait $outer || ended=$?
	[ $ended -eq 143 ]
	[ -z "$(ls -A "$volume")" ]
}
