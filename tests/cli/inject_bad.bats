#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# Bundles, pins and identities that are not as they should be: one clear line each, and nothing is written.
load inject

# The ConfigMap as it is now in $bundle, in place of the one before.
mount_again()
{
	rm -rf "$mounted"
	mount_as_kubelet "$bundle" "$mounted"
}

# after EXPRESSION FILE: sed on an entry.
after()
{
	sed -i "$1" "$bundle/$2"
	mount_again
}

# The rosters and keys of a second member, bob.
add_bob()
{
	tfsecrets -q keygen -o bob >bob.keys
	tfsecrets -q member add bob --keys bob.keys --env prod --read --yes
}

@test "an entry that is cut off, at any place" {
	local entry size
	for entry in roster.0001 key.age settings sealed.DATABASE_URL; do
		cp -R "$bundle" kept
		size=$(stat -c %s "$bundle/$entry")
		for length in 0 1 $((size / 2)) $((size - 1)); do
			truncate -s "$length" "$bundle/$entry"
			mount_again
			unseals_not 4 "$entry"
			cp "kept/$entry" "$bundle/$entry"
		done
		rm -r kept
	done
	mount_again
	unseal
}

@test "an entry of which one byte is another" {
	local entry
	for entry in roster.0001 key.age sealed.DATABASE_URL; do
		cp "$bundle/$entry" kept
		for offset in 3 90 300 450 590; do
			printf '\x7f' | dd of="$bundle/$entry" bs=1 seek=$offset conv=notrunc status=none
			mount_again
			unseals_not 4 "$entry"
			cp kept "$bundle/$entry"
		done
	done
}

@test "an entry that is missing" {
	local entry
	for entry in roster.0001 key.age settings; do
		mv "$bundle/$entry" kept
		mount_again
		unseals_not 4 "'$mounted' has no '${entry/0001/NNNN}': it is no whole bundle"
		mv kept "$bundle/$entry"
	done
	rm "$bundle/sealed.DATABASE_URL"
	mount_again
	unseals_not 4 "'DATABASE_URL' is required, but has no value in the bundle"
}

@test "two values, or two key files, in each other's place" {
	mv "$bundle/sealed.DATABASE_URL" kept
	mv "$bundle/sealed.AUTH_SECRET" "$bundle/sealed.DATABASE_URL"
	mv kept "$bundle/sealed.AUTH_SECRET"
	mount_again
	unseals_not 4 'was sealed for another setting'
	a_bundle
	cp "$bundle/key.age" older
	tfsecrets -q rotate --yes 2>/dev/null || tfsecrets -q rotate
	a_bundle
	cp older "$bundle/key.age"
	mount_again
	unseals_not 4 'key.age: is not the file that roster 2 names (wrapped)'
}

@test "a value, a roster and a key of another project" {
	mkdir ../other
	cp tfsecrets.yaml ../other
	(
		cd ../other
		git init -q
		tfsecrets -q init --name alice
		printf %s "$database_url" | tfsecrets -q set DATABASE_URL
		printf %s "$auth_secret" | tfsecrets -q set AUTH_SECRET
		tfsecrets -q set FRONTEND_URL=https://taskflow.example.org
	)
	cp ../other/tfsecrets/prod/sealed/DATABASE_URL "$bundle/sealed.DATABASE_URL"
	mount_again
	unseals_not 4 'sealed.DATABASE_URL: was sealed for another project'
	cp ../other/tfsecrets/roster/0001 "$bundle/roster.0001"
	mount_again
	unseals_not 4 "the pin names project ${pin%%:*}, but the roster here is of project"
	a_bundle
	cp ../other/tfsecrets/prod/key.age "$bundle/key.age"
	mount_again
	unseals_not 4 'key.age: is not the file that roster 1 names (wrapped)'
}

@test "what is no part of a bundle" {
	local name
	for name in notes sealed roster.1 roster.00001 roster.0000 sealed.NONE settings.bak; do
		cp "$bundle/settings" "$bundle/$name"
		mount_again
		case $name in
		sealed.NONE) unseals_not 4 "'sealed.NONE' has no line in 'settings'" ;;
		*) unseals_not 4 "'$mounted/$name' is no part of a bundle" ;;
		esac
		rm "$bundle/$name"
	done
}

@test "more than a ConfigMap can hold" {
	head -c 1100000 /dev/zero >"$bundle/sealed.MOTTO"
	mount_again
	unseals_not 4 "'$mounted/sealed.MOTTO' is larger than 1048576 bytes"
	truncate -s 600000 "$bundle/sealed.MOTTO"
	cp "$bundle/sealed.MOTTO" "$bundle/sealed.NEXT"
	mount_again
	unseals_not 4 "'$mounted' is larger than the 1048576 bytes that a ConfigMap holds"
}

@test "a volume that is half mounted, empty, not there or no directory" {
	rm -r "$mounted"/..2026*
	unseals_not 1 "'$mounted' is half mounted: its '..data' leads nowhere"
	rm "$mounted"/* "$mounted"/..data
	unseals_not 4 "'$mounted' has no 'settings': it is no whole bundle"
	rmdir "$mounted"
	unseals_not 1 "cannot open '$mounted': No such file or directory"
	: >"$mounted"
	unseals_not 4 "'$mounted' is not a directory"
}

@test "a link, a pipe and a directory in place of an entry" {
	rm "$bundle/key.age"
	ln -s "$PWD/tfsecrets/prod/key.age" "$bundle/key.age"
	mount_again
	unseals_not 4 "'$mounted/key.age' is a link, not a file"
	mounted=$bundle
	rm "$bundle/key.age"
	mkfifo "$bundle/key.age"
	unseals_not 4 "key.age' is a pipe, not a file"
	rm "$bundle/key.age"
	mkdir "$bundle/key.age"
	unseals_not 4 "key.age' is a directory, not a file"
}

@test "a pin that is malformed, of another project, of a fork, too old, too new" {
	local good=$pin
	for pin in '' x "${good%?}" "${good/:1:/:0:}" "${good/:1:/:01:}" "$good "; do
		unseals_not 2 pin
	done
	pin=00000000000000000000000000000000${good:32}
	unseals_not 4 'the pin names project 00000000000000000000000000000000, but the roster here is of project'
	pin=${good%????}0000
	unseals_not 4 'roster 1 is not the one that the pin names: this is a fork'
	pin=${good/:1:/:2:}
	unseals_not 4 'the pin names roster 2, but the bundle ends with roster 1: it is older than the pin, so apply it again'
	add_bob
	a_bundle
	rm "$bundle/roster.0001"
	mount_again
	pin=$good
	unseals_not 4 "the pin names roster 1, but the bundle begins with roster 2: renew the pin in the pod's spec"
}

@test "a chain that begins at the pin, wherever that is, and what breaks it" {
	local first=$pin second
	add_bob
	second=$(tfsecrets roster pin)
	tfsecrets -q rotate
	a_bundle
	for pin in "$first" "$second" "$(tfsecrets roster pin)"; do
		unseal
		[ "$(cat "$volume/database-url")" = "$database_url" ]
	done
	rm -r "$volume" && mkdir "$volume"
	# What lies before the pin is of no account, what follows must be whole.
	pin=$second
	echo rubbish >"$bundle/roster.0001"
	mount_again
	unseal
	rm -r "$volume" && mkdir "$volume"
	pin=$first
	unseals_not 4 'roster.0001'
	a_bundle
	rm "$bundle/roster.0002"
	mount_again
	pin=$first
	unseals_not 4 "'$mounted' has no 'roster.0002': it is no whole bundle"
	a_bundle
	pin=$second
	after '/^-----BEGIN/,$d' roster.0003
	unseals_not 4 'roster.0003: 0 of 1 signatures'
	a_bundle
	pin=$second
	cp "$bundle/roster.0002" "$bundle/roster.0003"
	mount_again
	unseals_not 4 "roster.0003: 'serial' is 2, not the file's name"
	a_bundle
	pin=$second
	after '/^reader bob/d' roster.0003
	unseals_not 4 'roster.0003: signature 1 does not verify'
}

@test "an environment that the roster lacks, or that is no name" {
	run --separate-stderr "$INJECT" unseal -e test --from "$mounted" --identity "$identity" --pin "$pin" --to "$volume"
	fails 4 "roster 1 has no environment 'test'"
	run --separate-stderr "$INJECT" unseal -e ../x --from "$mounted" --identity "$identity" --pin "$pin" --to "$volume"
	fails 2 "'--environment ../x' is no environment's name"
}

@test "a value of the epoch before, and one by somebody who does not seal" {
	cp "$bundle/sealed.DATABASE_URL" older
	tfsecrets -q rotate
	a_bundle
	cp older "$bundle/sealed.DATABASE_URL"
	mount_again
	unseals_not 4 "sealed.DATABASE_URL: of epoch 1, but 'prod' is at 2"
	a_bundle
	tfsecrets -q keygen -o mallory >/dev/null
	python3 "$BATS_TEST_DIRNAME/forge.py" sealed "$bundle/sealed.DATABASE_URL" --as mallory
	mount_again
	unseals_not 4 'sealed.DATABASE_URL: pending: sealed by SHA256:'
}

@test "settings that were altered: another kind, a type that does not fit, a line that is none" {
	after 's/^\(DATABASE_URL .*\) secret url/\1 config url/' settings
	unseals_not 4 "'DATABASE_URL' is sealed, but 'settings' says config"
	a_bundle
	after 's/^\(AUTH_SECRET .*\) secret string/\1 secret integer/' settings
	unseals_not 4 "opening 'AUTH_SECRET': the value is not an integer"
	local line
	for line in 'A B secret string' 'A B secret string required x' 'A ../B secret string required' \
		'A .. secret string required' 'A B public string required' 'A B secret text required' \
		'1A B secret string required' 'A B secret string needed'; do
		a_bundle
		after "1i $line" settings
		unseals_not 4 'settings:1: is not NAME KEY config|secret TYPE required|optional'
	done
	a_bundle
	after '1p' settings
	unseals_not 4 'settings:2: settings are not sorted, or one stands there twice'
	a_bundle
	after 's/motto.txt/database-url/' settings
	unseals_not 4 "settings: two secrets have the key 'database-url', and would be one file in the pod"
}

@test "a bundle is refused where it is made: too large, two secrets of one key, a value that is missing" {
	make_bundle() { "$TOOLS/cli/bundle" prod "$BATS_TEST_TMPDIR/made"; }
	mkdir "$BATS_TEST_TMPDIR/made"
	head -c 800000 /dev/urandom >large
	tfsecrets -q set AUTH_SECRET --file large
	run --separate-stderr make_bundle
	fails 4 "what 'sealed' delivery of 'prod' puts into one ConfigMap is larger than 1000000 bytes"
	tfsecrets -q unset AUTH_SECRET
	run --separate-stderr make_bundle
	fails 4 "'AUTH_SECRET' has no value in 'prod'"
	echo x | tfsecrets -q set AUTH_SECRET
	sed -i 's/key: motto.txt/key: database-url/' tfsecrets.yaml
	printf 'objects:\n  a: {kind: Secret, settings: {x: MOTTO}}\n  b: {kind: Secret}\n  c: {kind: ConfigMap}\n' >>tfsecrets.yaml
	run --separate-stderr make_bundle
	fails 4 "two secrets have the key 'database-url', and would be one file in the pod"
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/made")" ]
}

@test "a ConfigMap that is exchanged while it is read gives the old values or the new ones" {
	cp -R "$bundle" old
	echo another-secret | tfsecrets -q set AUTH_SECRET
	printf %s 'https://db.example.org/another' >url
	sed -i 's/type: url, key: database-url/key: database-url/' tfsecrets.yaml
	tfsecrets -q set DATABASE_URL --file url
	a_bundle
	cp -R "$bundle" new
	: >exchanging
	while [ -e exchanging ]; do
		for which in old new; do
			mount_as_kubelet $which "$mounted"
			# The kubelet removes what it has replaced.
			find "$mounted" -maxdepth 1 -type d -name '..2026*' ! -name "$(readlink "$mounted/..data")" \
				-exec rm -r {} +
		done
	done 3>&- &
	exchanger=$!
	for _ in {1..60}; do
		unseal -q || { rm exchanging; wait $exchanger; return 1; }
		case $(cat "$volume/database-url") in
		"$database_url") [ "$(cat "$volume/AUTH_SECRET")" = "$auth_secret" ] ;;
		*) [ "$(cat "$volume/AUTH_SECRET")" = another-secret ] ;;
		esac || { rm exchanging; wait $exchanger; return 1; }
	done
	rm exchanging
	wait $exchanger
}
