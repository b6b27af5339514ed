#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# The volume: full, read-only, written to by two at once, by a run that is killed or fails at any of its calls. Who
# reads it sees the old set or the new one.
load inject

# Two bundles, $BATS_TEST_TMPDIR/old and new, each with its own pair of values, and MOTTO in the new one only.
two_bundles()
{
	cp -R "$bundle" "$BATS_TEST_TMPDIR/old"
	echo another-secret | tfsecrets -q set AUTH_SECRET
	printf %s 'postgres://another.example.org/x' | tfsecrets -q set DATABASE_URL
	echo 'per aspera' | tfsecrets -q set MOTTO
	a_bundle
	cp -R "$bundle" "$BATS_TEST_TMPDIR/new"
}

# which_set: the set that is seen in the volume: old, new or none; anything else is an error.
which_set()
{
	local kept
	# A reader that has entered the set goes on reading the same one.
	cd "$volume/..data/" 2>/dev/null || { echo none; return; }
	kept=$(cat AUTH_SECRET database-url motto.txt 2>/dev/null)
	case $kept in
	"$auth_secret$database_url") echo old ;;
	another-secret*another.example.org*'per aspera') echo new ;;
	*) echo "mixed: $kept" ;;
	esac
}

# unseal_from BUNDLE [COMMAND...]: under a command, such as strace.
unseal_from()
{
	"${@:2}" "$INJECT" unseal -q --environment prod --from "$BATS_TEST_TMPDIR/$1" --identity "$identity" \
		--pin "$pin" --to "$volume" --env-file app.env
}

# The volume holds one whole set, and nothing of another.
is_clean()
{
	[ "$(find "$volume" -mindepth 1 -maxdepth 1 -name '..*' | wc -l)" -eq 2 ] || { ls -lA "$volume"; return 1; }
	[ -z "$(find -L "$volume" -type l)" ] || { ls -lA "$volume"; return 1; }
}

# The calls that change the volume, in order, as strace counts them.
changing_calls()
{
	unseal_from new strace -f -o "$BATS_TEST_TMPDIR/trace" -e "trace=$1"
	grep -c '^[0-9]* *[a-z0-9]*(' "$BATS_TEST_TMPDIR/trace"
}

needs_strace()
{
	! grep -q __asan_init "$INJECT" || skip 'leak checking does not run under strace'
	strace -o /dev/null true 2>/dev/null || skip 'strace may not trace here'
}

calls=mkdirat,openat,write,fchmod,symlinkat,renameat,unlinkat,flock

@test "a run killed at any call leaves the old set or the new one, and the next one clears away what it left" {
	needs_strace
	two_bundles
	unseal_from old
	total=$(changing_calls $calls)
	[ "$total" -gt 30 ]
	seen_old=0 seen_new=0
	for ((call = 1; call <= total; call++)); do
		unseal_from old
		unseal_from new strace -o /dev/null -e "inject=$calls:signal=KILL:when=$call" 2>/dev/null 3>&- || :
		found=$(which_set)
		case $found in
		old) seen_old=$((seen_old + 1)) ;;
		new) seen_new=$((seen_new + 1)) ;;
		*) echo "killed at call $call: $found"; return 1 ;;
		esac
		unseal_from new
		[ "$(which_set)" = new ]
		is_clean
	done
	[ $seen_old -gt 20 ]
	[ $seen_new -gt 0 ]
}

@test "a first run killed at any call shows no set or a whole one" {
	needs_strace
	two_bundles
	total=$(changing_calls $calls)
	for ((call = 1; call <= total; call++)); do
		rm -r "$volume" && mkdir "$volume"
		unseal_from new strace -o /dev/null -e "inject=$calls:signal=KILL:when=$call" 2>/dev/null 3>&- || :
		found=$(which_set)
		[ "$found" = none ] || [ "$found" = new ] || { echo "killed at call $call: $found"; return 1; }
		unseal_from new
		[ "$(which_set)" = new ]
		is_clean
	done
}

@test "a call that fails leaves the old set, says so in one line, and takes away what it began" {
	needs_strace
	two_bundles
	unseal_from old
	before=$(seen "$volume")
	for name in flock mkdirat write fchmod symlinkat renameat; do
		total=$(changing_calls $name)
		[ "$total" -gt 0 ]
		for ((call = 1; call <= total; call++)); do
			unseal_from old
			run --separate-stderr unseal_from new strace -o /dev/null -e "inject=$name:error=ENOSPC:when=$call"
			fails 1 'No space left on device' || { echo "$name $call"; return 1; }
			[ "${#stderr_lines[@]}" -eq 1 ]
			shows_no_secret
			[ "$(seen "$volume")" = "$before" ] || { echo "$name $call"; ls -lA "$volume"; return 1; }
			is_clean
		done
	done
}

@test "a file that cannot be opened or read fails the run, or does not matter: never half a set" {
	needs_strace
	two_bundles
	for name in openat read fstat,newfstatat getdents64; do
		total=$(changing_calls $name)
		for ((call = 1; call <= total; call++)); do
			unseal_from old
			run --separate-stderr unseal_from new strace -o /dev/null -e "inject=$name:error=EIO:when=$call"
			found=$(which_set)
			[ "$status:$found" = 0:new ] || { [ "$status" -ne 0 ] && [ "$found" = old ]; } ||
				{ echo "$name $call: status $status, $found: $stderr"; return 1; }
		done
	done
}

@test "a volume that is too small, and one that is read-only" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root for mounts'
	two_bundles
	head -c 60000 /dev/urandom >large
	tfsecrets -q set MOTTO --file large
	a_bundle
	cat >small <<-'END'
		mount -t tmpfs -o size=32k none "$1" || exit 99
		"${@:3}" --from "$2/old" --to "$1" && "${@:3}" --from "$2/mounted" --to "$1"
		echo "status $?"
		cat "$1/AUTH_SECRET"
		find "$1" -name '..*' -printf '%f\n' | wc -l
		mount -o remount,ro "$1"
		"${@:3}" --from "$2/old" --to "$1"
		echo "status $?"
		cat "$1/AUTH_SECRET"
	END
	run --separate-stderr unshare -m bash small "$volume" "$BATS_TEST_TMPDIR" \
		"$INJECT" unseal -q -e prod --identity "$identity" --pin "$pin"
	[ "$status" -eq 0 ] || { echo "$output $stderr"; false; }
	[ "$output" = "$(printf 'status 1\n%s3\nstatus 1\n%s' "$auth_secret" "$auth_secret")" ]
	[ "${#stderr_lines[@]}" -eq 2 ]
	[ "${stderr_lines[0]}" = "tfsecrets-inject: cannot write '$volume/motto.txt': No space left on device; give its emptyDir a larger sizeLimit" ]
	[ "${stderr_lines[1]}" = "tfsecrets-inject: cannot write to '$volume': Read-only file system; mount the volume without readOnly" ]
}

# full_at LIMIT: a volume with room for a set, and then with ever more of it (LIMIT is mount's option and unit) until
# the next set fits. Before that the old one stays. Prints how often there was too little.
full_at()
{
	cat >full <<-'END'
		limit=$1 volume=$2 old=$3 new=$4
		shift 4
		mount -t tmpfs none "$volume" || exit 99
		"$@" --from "$old" || exit 1
		chosen=$(readlink "$volume/..data")
		case $limit in
		size) used=$(($(df --output=used "$volume" | tail -n 1))) step=4 unit=k ;;
		nr_inodes) used=$(($(df --output=iused "$volume" | tail -n 1))) step=1 unit= ;;
		esac
		for ((tries = 0; tries < 99; tries++, used += step)); do
			mount -o "remount,$limit=$used$unit" "$volume" || exit 98
			"$@" --from "$new" && break
			[ "$(readlink "$volume/..data")" = "$chosen" ] && [ "$(ls -A "$volume" | grep -c '^\.\.')" -eq 2 ] || exit 2
		done
		[ "$(readlink "$volume/..data")" != "$chosen" ] || exit 3
		cmp "$new/../binary" "$volume/motto.txt" || exit 4
		echo "$tries"
	END
	run --separate-stderr unshare -m bash full "$1" "$volume" "$BATS_TEST_TMPDIR/old" "$BATS_TEST_TMPDIR/new" \
		"$INJECT" unseal -q -e prod --identity "$identity" --pin "$pin" --to "$volume" --env-file app.env --no-env MOTTO
	[ "$status" -eq 0 ] || { echo "status $status: $output $stderr"; return 1; }
	shows_no_secret
}

@test "a volume that is full at any page and any file of the set keeps the old one, and the line says what to do" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root for mounts'
	two_bundles
	head -c 20000 /dev/urandom >"$BATS_TEST_TMPDIR/binary"
	tfsecrets -q set MOTTO --file "$BATS_TEST_TMPDIR/binary"
	a_bundle
	rm -r "$BATS_TEST_TMPDIR/new"
	cp -R "$bundle" "$BATS_TEST_TMPDIR/new"
	for limit in size nr_inodes; do
		full_at $limit
		# Three values, the env file and the settings; a directory and a link more where files are counted.
		[ "$output" -ge 5 ]
		[ "${#stderr_lines[@]}" -eq "$output" ]
		for line in "${stderr_lines[@]}"; do
			[[ $line == "tfsecrets-inject: cannot write "*"'$volume"*"': No space left on device; give its emptyDir a larger sizeLimit" ]] ||
				{ echo "$line"; return 1; }
		done
		[ "$(sort -u <<<"$stderr" | wc -l)" -ge 4 ]
	done
}

@test "two containers that write at once follow one another, and a reader sees whole sets" {
	two_bundles
	unseal_from old
	for which in old new; do
		for _ in {1..25}; do
			unseal_from $which || touch "$BATS_TEST_TMPDIR/failed"
		done 3>&- &
	done
	while [ -n "$(jobs -r)" ]; do
		found=$(which_set)
		# Files that are taken away while they are read are missing, never of the other set.
		case $found in
		'mixed: '*another-secret*"$database_url"* | 'mixed: '*"$auth_secret"*another.example*)
			echo "$found"
			return 1
			;;
		esac
	done
	wait
	[ ! -e "$BATS_TEST_TMPDIR/failed" ]
	case $(which_set) in
	old | new) ;;
	*) false ;;
	esac
	is_clean
}
