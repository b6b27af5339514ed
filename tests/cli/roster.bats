#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Rosters that follow and that are older, pins, and a journal from outside. Attacks on rosters: attack_table.py.
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

@test "a roster that follows by the rules is taken" {
	follow "s|^member alice.*|&\n$(bob_line)|" --as "$alice"
	check_is_quiet
	prints "ok: roster 2"
	[ "$(tfsecrets get -e prod DATABASE_URL)" = "$database_url" ]
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
