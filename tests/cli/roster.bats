#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Rosters, environment keys and pins that somebody with write access to the repository has put there.
load common
load victim

first=tfsecrets/roster/0001
second=tfsecrets/roster/0002

body_hash()
{
	sed '/^end$/q' "$1" | sha256sum | cut -d ' ' -f 1
}

# follow SED IDENTITY...: roster 0002, changed by a sed script, signed by these
follow()
{
	sed '/^end$/q' "$first" | sed "s/^serial .*/serial 2/;s/^previous .*/previous $(body_hash "$first")/" |
		sed "$1" >"$second"
	[ $# -eq 1 ] || forge roster "$second" "${@:2}"
}

bob_recipient()
{
	sed -n 's/^# public key: //p' "$bob"
}

bob_line()
{
	printf 'member bob %s %s' "$(bob_recipient)" "$(forge signing "$bob")"
}

# roster_refused TEXT: check finds it, and nothing reads
roster_refused()
{
	check_finds "$1"
	nothing_uses_it "$1"
}

@test "a roster that follows by the rules is taken" {
	follow "s|^member alice.*|&\n$(bob_line)|" --as "$alice"
	check_is_quiet
	prints "ok: roster 2"
	[ "$(tfsecrets get -e prod DATABASE_URL)" = "$database_url" ]
}

@test "own recipient added to a signed roster" {
	sed -i "s|^member alice.*|&\n$(bob_line)|" "$first"
	roster_refused "$first: signature 1 does not verify"
}

@test "own recipient added in a new roster: unsigned it is proposed, and gives nothing" {
	follow "s|^member alice.*|&\n$(bob_line)|;s|^reader alice|&\nreader bob|"
	check_finds "roster 2 is proposed: 0 of 1 signatures"
	[ "$(tfsecrets get -e prod DATABASE_URL)" = "$database_url" ]
	refuses "this identity is not a reader of 'prod'" get -e prod DATABASE_URL --identity "$bob"
	refuses "roster 2 still lacks signatures" set -e prod DATABASE_URL --file /dev/null
}

@test "own recipient added in a new roster that is signed by the one who comes" {
	follow "s|^member alice.*|&\n$(bob_line)|;s|^admin alice|&\nadmin bob|" --as "$bob"
	roster_refused "$second: signature 1 is not by an admin of roster 1"
}

@test "two signatures by one admin, and signatures out of order" {
	follow "s|^member alice.*|&\n$(bob_line)|;s|^admin alice|&\nadmin bob|" --as "$alice"  --as "$alice"
	roster_refused "$second: signature 2 stands there twice or out of order"
}

@test "a threshold lowered, signed by fewer than the roster before asks for" {
	sed -i "s|^member alice.*|&\n$(bob_line)|;s|^admin alice|&\nadmin bob|;s/^threshold 1/threshold 2/" "$first"
	forge roster "$first" --as "$alice" --as "$bob"
	rm .git/tfsecrets/pins
	check_is_quiet
	follow "s/^threshold 2/threshold 1/" --as "$alice"
	check_finds "roster 2 is proposed: 1 of 2 signatures"
	forge roster "$second" --as "$bob" --as "$alice"
	roster_refused "$second: signature 2 stands there twice or out of order"
	forge roster "$second" --as "$alice" --as "$bob"
	check_is_quiet
}

@test "a threshold lowered, signed by admins that only the new roster has" {
	follow "s|^member alice.*|&\n$(bob_line)|;s|^admin alice|admin bob|" --as "$bob"
	roster_refused "$second: signature 1 is not by an admin of roster 1"
}

@test "a roster signed in another namespace, and one without any signature" {
	for namespace in git tfsecrets-sealed; do
		forge roster "$first" --as "$alice" --namespace $namespace
		roster_refused "its namespace is not 'tfsecrets-roster'"
	done
	sed -i '/^end$/q' "$first"
	roster_refused "$first: 0 of 1 signatures"
}

@test "a serial replayed, left out, or in another file" {
	cp "$first" "$second"
	roster_refused "$second: 'serial' is 1, not the file's name"
	rm "$second"
	follow "" --as "$alice"
	mv "$second" tfsecrets/roster/0003
	roster_refused "$second is missing: the chain of rosters must be complete"
	rm tfsecrets/roster/0003
	for name in 1 00002 x 0002~ ; do
		cp "$first" tfsecrets/roster/$name
		roster_refused "tfsecrets/roster/$name is not a roster; names are four digits"
		rm tfsecrets/roster/$name
	done
	mv "$first" kept
	check_finds "there is no roster"
	nothing_uses_it "there is no roster"
}

@test "a fork against what this clone has verified" {
	follow "s|^member alice.*|&\n$(bob_line)|" --as "$alice"
	check_is_quiet
	follow "s|^cluster||" --as "$alice"
	roster_refused "roster 2 is not the one that this clone has verified before: this is a fork"
	cp "$HOME/../taskflow/$first" kept
	rm "$second"
	sed -i "s|^member alice.*|&\n$(bob_line)|" "$first"
	forge roster "$first" --as "$alice"
	roster_refused "roster 1 is not the one that this clone has verified before: this is a fork"
}

@test "a whole other project put in this one's place" {
	mkdir ../other && (cd ../other && git init -q && cp ../taskflow/.env . &&
		tfsecrets -q init --from .env --env prod --env dev --name alice &&
		tfsecrets -q seal -e prod --from .env && tfsecrets -q seal -e dev --from .env)
	rm -r tfsecrets && cp -r ../other/tfsecrets .
	roster_refused "this clone trusts project"
}

@test "an older roster is readable, says so, and is never sealed to" {
	follow "s|^member alice.*|&\n$(bob_line)|" --as "$alice"
	check_is_quiet
	rm "$second"
	check_is_quiet
	prints "note: roster 1 is older than the last one that this clone has verified"
	[ "$(tfsecrets get -e prod DATABASE_URL 2>err)" = "$database_url" ]
	grep -q 'roster 1 is older' err
	refuses "roster 1 is older than the last one that this clone has verified" set -e prod OPENAI_API_KEY --file /dev/null
	refuses "roster 1 is older than the last one that this clone has verified" unset -e prod OPENAI_API_KEY
	refuses "roster 1 is older than the last one that this clone has verified" seal -e prod --from .env
}

@test "each rule between two rosters" {
	key=$(forge environment-key | sed -n 1p)
	alice_recipient=$(sed -n 's/^# public key: //p' "$alice")
	dev_key=$(sed -n '/^environment dev/,$s/^key //p' "$first" | head -n 1)
	local rules=(
		"s/^project-id [0-7]/project-id f/;t;s/^project-id ./project-id 0/|the project-id is not that of the roster before"
		"s/^previous ..../previous ffff/|'previous' is not the hash of the roster before"
		"/^environment prod/,\$s/^epoch 1/epoch 2/|the key changes exactly when the epoch does"
		"/^environment prod/,\$s/^key .*/key $key/|the key changes exactly when the epoch does"
		"/^environment prod/,\$s/^epoch 1/epoch 3/;s/^key xx//|the epoch may stay or grow by one"
		"/^environment prod/,\$s/^key .*/key $dev_key/;/^environment prod/,\$s/^epoch 1/epoch 2/|another environment has the same key"
		"/^environment prod/,\$s/^removed 0/removed 2/|'removed' is greater than 'epoch'"
		"/^environment prod/,\$s/^removed 0/removed 1/|'removed' may only become a new epoch"
		"s|^member alice.*|&\n$(bob_line)|;/^environment prod/,\$s/^reader alice/reader bob/|a reader left, so a new epoch must begin and be 'removed'"
		"/^environment prod/,\$s/^reader alice//;/^\$/d|the environment has no reader"
		"s/^threshold 1/threshold 2/|the threshold is greater than the number of admins"
		"s/^member alice \(age1[a-z0-9]*\) .*/member alice \1 -/|has no signing key"
		"s|^member alice.*|&\nmember bob $alice_recipient $(forge signing "$bob")|;|'bob': another member has the same recipient"
		"s|^member alice.*|&\nmember bob $(bob_recipient) $(forge signing "$alice")|;|'bob': another member has the same signing key"
		"s/^admin alice/admin carol/|'admin' names 'carol', who is not a member"
		"s/^admin alice/admin alice\nadmin alice/|'admin' lines are not sorted, or one stands there twice"
		"s/^environment prod/environment roster/|'roster' is a reserved name"
		"s/^environment prod/environment apple/|environments are not sorted, or one stands there twice"
		"/^environment prod/,\$s/^removed 0/cluster Z\nremoved 0/|expected the field 'removed'"
		"/^environment prod/,\$s/^removed 0/removed 0\ncluster Z/|'cluster' is not a valid name"
		"s|^\(member alice \)age1[a-z0-9]*|\1age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq3kyzmf|;|$second:"
		"s|^\(member alice \)age1[a-z0-9]*|\1age1pq1qqqq|;|post-quantum"
		"s|^\(member alice \)age1[a-z0-9]*|\1age1yubikey1qqqq|;|plug-in"
		"s|^\(member alice age1[a-z0-9]* \).*|\1ssh-rsa AAAAB3NzaC1yc2E|;|'member' is not NAME RECIPIENT SIGNING"
		"s|^member alice|member Alice|;|'member' has no valid name"
	)
	for rule in "${rules[@]}"; do
		follow "${rule%|*}" --as "$alice"
		run --separate-stderr tfsecrets check
		[ "$status" -eq 3 ] || { echo "$rule: $status: $output $stderr"; cat "$second"; return 1; }
		prints "$second"
		prints "${rule##*|}" || { echo "$rule"; return 1; }
		refuses "${rule##*|}" get -e prod DATABASE_URL
	done
}

@test "a proposed roster against a rule is found, and reading goes on with the one before" {
	for rule in "/^environment prod/,\$s/^epoch 1/epoch 3/|the epoch may stay or grow by one" \
		"s/^threshold 1/threshold 2/|the threshold is greater than the number of admins"; do
		follow "${rule%|*}"
		check_finds "$second: "
		prints "${rule##*|}"
		[ "$(tfsecrets get -e prod DATABASE_URL)" = "$database_url" ]
	done
}

@test "another key.age than the roster names" {
	cp tfsecrets/dev/key.age tfsecrets/prod/key.age
	check_finds "tfsecrets/prod/key.age: is not the file that roster 1 names (wrapped)"
	refuses "tfsecrets/prod/key.age: is not the file that roster 1 names (wrapped)" get -e prod DATABASE_URL
	refuses "tfsecrets/prod/key.age: is not the file that roster 1 names (wrapped)" exec -e prod -- touch ran
	printf x | { run --separate-stderr tfsecrets set -e prod OPENAI_API_KEY; [ "$status" -eq 4 ]; }
	rm tfsecrets/prod/key.age
	check_finds "tfsecrets/prod/key.age"
	refuses "tfsecrets/prod/key.age" get -e prod DATABASE_URL
}

@test "a stanza too many, too few, or of another kind in a key.age that the roster names" {
	rm .git/tfsecrets/pins
	forge wrap prod --as "$alice" --to "$(sed -n 's/^# public key: //p' "$alice")" --to "$(bob_recipient)"
	check_finds "tfsecrets/prod/key.age: "
	refuses "tfsecrets/prod/key.age: " get -e prod DATABASE_URL
	rm .git/tfsecrets/pins
	git checkout -q .
	ssh-keygen -q -t ed25519 -N '' -f ../ssh
	forge wrap prod --as "$alice" --to "$(cut -d ' ' -f 1,2 ../ssh.pub)"
	check_finds "tfsecrets/prod/key.age: "
	refuses "tfsecrets/prod/key.age: " get -e prod DATABASE_URL
}

@test "a key.age whose lines are not the roster's" {
	key=$(forge environment-key | tail -n 1)
	for change in "project-id=$(printf '%032d' 1)|:2: 'project-id' is not the roster's" \
		"environment=dev|:3: 'environment' is not the roster's" \
		"epoch=2|:4: 'epoch' is not the roster's" \
		"key=$key|: 'key' is not the roster's key" \
		"key=-|:5: 'key' is missing" \
		"key=TFSECRETS-ENV-KEY-1QQQQ|:5: 'key' is not an environment key" \
		"previous=$key|'previous' must be '-' in epoch 1"; do
		git checkout -q .
		rm -f .git/tfsecrets/pins
		forge wrap prod "${change%%|*}" --as "$alice"
		check_is_quiet
		refuses "tfsecrets/prod/key.age" get -e prod DATABASE_URL
		says "${change##*|}"
		refuses "${change##*|}" exec -e prod -- touch ran
		[[ $stderr != *TFSECRETS-ENV-KEY* ]]
		[ ! -e ran ]
	done
}

@test "an environment key swapped for one's own, with a key.age that matches, is no roster" {
	public=$(forge environment-key | sed -n 1p)
	sed -i "/^environment prod/,\$s/^key .*/key $public/" "$first"
	roster_refused "$first: signature 1 does not verify"
}

@test "--pin holds, or refuses" {
	pin=$(sed -n 's/^project-id //p' "$first"):1:$(body_hash "$first")
	rm .git/tfsecrets/pins
	check_is_quiet --pin "$pin" --require-pin
	rm -f .git/tfsecrets/pins
	TFSECRETS_PIN=$pin check_is_quiet
	for bad in "${pin%?}0|roster 1 is not the one that the pin names: this is a fork" \
		"${pin/:1:/:2:}|the pin names roster 2, but the last complete one here is 1" \
		"$(printf '%032d' 5):1:$(body_hash "$first")|the pin names project"; do
		[ "${bad%%|*}" != "$pin" ] || bad=${pin%?}1"|${bad#*|}"
		check_finds "${bad##*|}" --pin "${bad%%|*}"
		refuses "${bad##*|}" get -e prod DATABASE_URL --pin "${bad%%|*}"
		TFSECRETS_PIN=${bad%%|*} refuses "${bad##*|}" get -e prod DATABASE_URL
	done
}

@test "a malformed pin is refused, never ignored" {
	pin=$(sed -n 's/^project-id //p' "$first"):1:$(body_hash "$first")
	for bad in '' x "$pin " "${pin/:1:/:01:}" "${pin/:1:/:0:}" "${pin/:1:/::}" "${pin^^}" "${pin%?}" "$pin:1"; do
		run --separate-stderr tfsecrets check "--pin=$bad"
		fails 2 "the pin in --pin is not PROJECT-ID:SERIAL:HASH"
		TFSECRETS_PIN=$bad run --separate-stderr tfsecrets get -e prod DATABASE_URL
		fails 2 "the pin in \$TFSECRETS_PIN is not PROJECT-ID:SERIAL:HASH"
		[ -z "$output" ]
	done
	for bad in x "$pin" ". $pin:1" ". ${pin/:1:/:0:}" " $pin"; do
		echo "$bad" >.git/tfsecrets/pins
		check_finds ".git/tfsecrets/pins:1: not a pin"
		nothing_uses_it "tfsecrets/pins:1: not a pin"
		[ "$(cat .git/tfsecrets/pins)" = "$bad" ]
	done
}

@test "the first use says what it trusts, once; --require-pin refuses instead" {
	rm .git/tfsecrets/pins
	run --separate-stderr tfsecrets check --require-pin
	[ "$status" -eq 3 ]
	prints "no pin holds this roster: give --pin or \$TFSECRETS_PIN"
	TFSECRETS_REQUIRE_PIN=0 refuses "no pin holds this roster" get -e prod DATABASE_URL
	[ ! -e .git/tfsecrets/pins ]
	run --separate-stderr tfsecrets get -e prod LOG_LEVEL
	[ "$status" -eq 0 ]
	says "first use: this clone now trusts roster 1; hold others to it with --pin $(sed -n 's/^project-id //p' "$first"):1:$(body_hash "$first")"
	run --separate-stderr tfsecrets get -e prod LOG_LEVEL
	[ -z "$stderr" ]
}

@test "a journal that came with the repository" {
	mkdir tfsecrets/.journal
	printf 'put 0 .git/hooks/pre-commit\n' >tfsecrets/.journal/commit
	echo evil >tfsecrets/.journal/0
	check_before=$(fingerprint)
	run --separate-stderr tfsecrets check
	fails 3 "'tfsecrets/.journal/commit' is not a list of ours"
	refuses "'tfsecrets/.journal/commit' is not a list of ours" get -e prod DATABASE_URL
	[ "$(fingerprint)" = "$check_before" ] && [ ! -e .git/hooks/pre-commit ]
	rm -r tfsecrets/.journal
	ln -s "$HOME" tfsecrets/.journal
	run --separate-stderr tfsecrets check
	fails 3 "'tfsecrets/.journal' is not a directory"
}
