#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# seal --accept: what somebody who is no sealer has sealed, shown and taken over.
load common
load victim

new_url='postgresql://new:s3cr3t-in-the-url@new.internal:5432/new'

# bob_sets SETTING: a pending value, from standard input.
bob_sets()
{
	tfsecrets -q set -e prod "$1" --identity "$bob" 2>/dev/null
}

accept()
{
	run --separate-stderr tfsecrets seal -e prod --accept "$@" </dev/null
}

field()
{
	sed -n "s/^$1 //p" "$sealed"
}

@test "a pending value is shown by whom, when and how long, and sealed anew" {
	bob_sets DATABASE_URL <<<"$new_url"
	hash=$(sha256sum <"$sealed" | cut -d ' ' -f 1)
	id=$(field value-id)
	by=$(field sealed-by)
	when=$(field sealed-at)
	accept
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	says "prod: DATABASE_URL: sealed by $by at $when, epoch 1, generation 2: ${#new_url} bytes of text in 1 line"
	says "prod: accepted: DATABASE_URL"
	shows_no_secret
	[[ $stderr != *new.internal* ]]
	[ "$(tfsecrets get -e prod DATABASE_URL)" = "$new_url" ]
	[ "$(field previous)" = "$hash" ] && [ "$(field generation)" = 3 ]
	[ "$(field value-id)" != "$id" ] && [ "$(field sealed-by)" != "$by" ]
	check_is_quiet
}

@test "against the revision before, the pending one and both squashed, check has nothing to say" {
	bob_sets DATABASE_URL <<<"$new_url"
	git commit -qam pending
	check_finds "pending: sealed by" --against HEAD~
	[[ $output == *"1 finding"* ]]
	accept
	check_is_quiet --against HEAD
	[[ $output != *'generations on'* ]]
	check_is_quiet --against HEAD~
	prints "note: 'DATABASE_URL' of 'prod' is 2 generations on since HEAD~"
}

@test "a member is named; --quiet shows what is accepted all the same" {
	tfsecrets keygen -o "$HOME/carol" >"$HOME/carol.keys"
	tfsecrets -q member add carol --keys "$HOME/carol.keys" -e prod --read --yes
	tfsecrets -q set -e prod DATABASE_URL --identity "$HOME/carol" <<<"$new_url" 2>/dev/null
	run --separate-stderr tfsecrets -q seal -e prod --accept
	[ "$status" -eq 0 ]
	[[ $stderr == "prod: DATABASE_URL: sealed by carol at "* ]]
	[[ $stderr != *accepted:* ]]
}

@test "--reveal prints the value, and nothing else, on standard output" {
	bob_sets DATABASE_URL <<<"$new_url"
	accept --reveal
	[ "$status" -eq 0 ]
	[ "$output" = "$new_url" ]
	[[ $stderr != *new.internal* ]]
}

@test "what can be said of a value: empty, lines, control characters, no text" {
	for row in '|empty' 'a\nb\n|4 bytes of text in 2 lines' 'a\033[2J|5 bytes of text in 1 line, with control characters' \
		'\377\376|2 bytes, no text'; do
		# shellcheck disable=SC2059 # the escapes are the point
		printf "${row%%|*}" >value
		tfsecrets -q set -e prod OPENAI_API_KEY --identity "$bob" --file value 2>/dev/null
		accept
		[ "$status" -eq 0 ]
		says ": ${row#*|}"
	done
}

@test "nothing pending, or not this one: says so" {
	accept
	[ "$status" -eq 0 ]
	says "prod: nothing is pending"
	bob_sets DATABASE_URL <<<"$new_url"
	accept OPENAI_API_KEY
	[ "$status" -eq 0 ]
	says "prod: OPENAI_API_KEY is not pending"
	check_finds "DATABASE_URL: pending"
}

@test "only the settings that are named" {
	bob_sets DATABASE_URL <<<"$new_url"
	bob_sets OPENAI_API_KEY <<<sk-of-bob
	accept OPENAI_API_KEY OPENAI_API_KEY
	[ "$status" -eq 0 ]
	says "prod: accepted: OPENAI_API_KEY"
	check_finds "DATABASE_URL: pending"
	accept
	says "prod: accepted: DATABASE_URL"
	check_is_quiet
}

@test "a pending tombstone" {
	tfsecrets -q unset -e prod OPENAI_API_KEY --identity "$bob" 2>/dev/null
	check_finds "OPENAI_API_KEY: pending"
	accept
	[ "$status" -eq 0 ]
	says "generation 2: unset, a tombstone"
	check_finds "'OPENAI_API_KEY' has no value in 'prod'"
	[[ $output != *pending* ]]
}

@test "on a terminal it asks; no leaves all as it was" {
	bob_sets DATABASE_URL <<<"$new_url"
	before=$(fingerprint)
	run "$here/on_terminal" expect "accept 'DATABASE_URL' in 'prod'? [y/N]" send 'n\n' -- "$TFSECRETS" seal -e prod --accept
	[ "$status" -eq 1 ]
	prints "nothing was changed"
	[ "$(fingerprint)" = "$before" ]
	run "$here/on_terminal" expect "[y/N]" send 'y\n' -- "$TFSECRETS" seal -e prod --accept
	[ "$status" -eq 0 ]
	prints "prod: accepted: DATABASE_URL"
	[[ $output != *new.internal* ]]
}

@test "on a terminal a stranger's control characters do not come through --reveal" {
	printf 'a\033[2J\302\233b\x7fc' | bob_sets OPENAI_API_KEY
	run "$here/on_terminal" expect "[y/N]" send 'n\n' -- "$TFSECRETS" seal -e prod --accept --reveal
	[[ $output != *$'\033[2J'* ]] && [[ $output != *$'\302\233'* ]] && [[ $output != *$'\x7f'* ]]
	[[ $output == *'a?[2J'* ]]
	accept --reveal
	[ "$output" = $'a\033[2J\302\233b\x7fc' ]
}

@test "against the schema: refused, and nothing of the others either" {
	bob_sets BETTER_AUTH_SECRET <<<"$auth_secret"
	forge sealed "$sealed" --as "$bob" --reseal no-url
	refuses "the value of 'DATABASE_URL' is not a URL" seal -e prod --accept
}

@test "who is no sealer, or cannot read, is told who could" {
	bob_sets DATABASE_URL <<<"$new_url"
	refuses "accepting 'DATABASE_URL' needs the identity of a sealer of 'prod': alice" \
		seal -e prod --accept --identity "$bob"
	sed -n 's/^# signing key: //p' "$bob" >"$HOME/bob.pub"
	tfsecrets -q member add bob --signing-key "$(cat "$HOME/bob.pub")" -e prod --seal --yes
	tfsecrets -q keygen -o "$HOME/carol" >/dev/null
	tfsecrets -q set -e prod DATABASE_URL --identity "$HOME/carol" <<<"$database_url" 2>/dev/null
	refuses "which needs an identity that reads 'prod'; who reads and seals it: alice" \
		seal -e prod --accept --identity "$bob"
	accept
	[ "$status" -eq 0 ]
}

@test "a pending value of the epoch before" {
	git checkout -qb late
	bob_sets DATABASE_URL <<<"$new_url"
	git commit -qam late
	git checkout -q main
	tfsecrets -q rotate -e prod --yes
	git commit -qam rotated
	git checkout -q late -- "$sealed"
	accept
	[ "$status" -eq 0 ]
	says "epoch 1, generation 2"
	[ "$(tfsecrets get -e prod DATABASE_URL)" = "$new_url" ]
	[ "$(field epoch)" = 2 ] && [ "$(field changed)" = 1 ]
	check_is_quiet
}

@test "a time that is yet to come, and generations at their end" {
	bob_sets DATABASE_URL <<<"$new_url"
	forge sealed "$sealed" changed-at=9999-12-31T23:59:59Z --as "$bob" --reseal "$new_url"
	refuses "says that it was changed at 9999-12-31T23:59:59Z, which is yet to come" seal -e prod --accept
	git checkout -q "$sealed"
	forge sealed "$sealed" generation=4294967295 "previous=$(printf '%064d' 1)" --as "$bob" --reseal "$new_url"
	refuses "'DATABASE_URL': its generations are used up" seal -e prod --accept
}

@test "an id that somebody else chose is not taken over" {
	bob_sets DATABASE_URL <<<"$new_url"
	id=$(git show "HEAD:$sealed" | sed -n 's/^value-id //p')
	forge sealed "$sealed" "value-id=$id" --as "$bob" --reseal "$new_url"
	accept
	[ "$status" -eq 0 ]
	[ "$(field value-id)" != "$id" ]
	check_is_quiet --against HEAD
}

@test "misuse" {
	run --separate-stderr tfsecrets seal -e prod --reveal
	fails 2 "'--reveal' goes with '--accept'"
	run --separate-stderr tfsecrets seal -e prod --accept --from .env
	fails 2 "'--accept' does not go with '--from'"
	run --separate-stderr tfsecrets seal -e prod --accept NOPE
	fails 2 "tfsecrets.yaml has no setting 'NOPE'"
	echo x >"$sealed"
	run --separate-stderr tfsecrets seal -e prod --accept DATABASE_URL
	fails 4 "$sealed:1: expected 'tfsecrets sealed v1'"
}
