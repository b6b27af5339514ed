#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# export: the values as seal --from and other programs read them.
load common

# Values of every awkward kind, with their bytes in files below $HOME/values.
awkward_project()
{
	a_schema <<-END
		  PLAIN: {kind: config}
		  DEFAULTED: {kind: config, default: 'a default # "x"'}
		  UNSET: {kind: secret, optional: true}
		  $(printf '%s: {kind: secret}\n  ' EMPTY QUOTES SINGLE LINES CR BLANKS DOLLAR HASH BACKSLASH UTF8 BYTES LONG)
	END
	mkdir "$HOME/values"
	printf 'a plain one' >"$HOME/values/PLAIN"
	printf 'a default # "x"' >"$HOME/values/DEFAULTED"
	printf '' >"$HOME/values/EMPTY"
	printf '"double" '"'single'"' `back`' >"$HOME/values/QUOTES"
	printf "'" >"$HOME/values/SINGLE"
	printf 'one\n\ntwo\n' >"$HOME/values/LINES"
	printf 'a\r\nb\rc\r' >"$HOME/values/CR"
	printf '  \ttabs and blanks \t ' >"$HOME/values/BLANKS"
	printf '$HOME ${HOME} $(id) $$' >"$HOME/values/DOLLAR"
	printf 'a #b # c' >"$HOME/values/HASH"
	# shellcheck disable=SC1003 # the backslash is the last of the value
	printf '%s' 'a\nb\\c\' >"$HOME/values/BACKSLASH"
	printf 'z\303\274rich \342\202\254 \360\237\224\221' >"$HOME/values/UTF8"
	LC_ALL=C awk 'BEGIN { for (i = 1; i < 256; i++) printf "%c", i }' >"$HOME/values/BYTES"
	head -c 50000 /dev/urandom | base64 >"$HOME/values/LONG"
	tfsecrets -q set PLAIN="$(cat "$HOME/values/PLAIN")"
	for name in EMPTY QUOTES SINGLE LINES CR BLANKS DOLLAR HASH BACKSLASH UTF8 BYTES LONG; do
		tfsecrets -q set "$name" --file "$HOME/values/$name"
	done
	tfsecrets -q set UNSET <<<x
	tfsecrets -q unset -y UNSET
}

# Every value of prod is what its file says.
has_the_values()
{
	local file name

	for file in "$HOME"/values/*; do
		name=${file##*/}
		tfsecrets get "$name" | cmp - "$file" || { echo "differs: $name"; return 1; }
	done
}

@test "a .env: what exec would give, in the schema's order" {
	a_project
	run --separate-stderr tfsecrets export -e prod --reveal
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	diff <(printf '%s\n' "$output") .env
	run --separate-stderr tfsecrets export --reveal -o env
	diff <(printf '%s\n' "$output") .env
}

@test "JSON: one object" {
	a_project
	run --separate-stderr tfsecrets export -e prod --reveal -o json
	[ "$status" -eq 0 ]
	[ "$(jq -r 'to_entries[] | "\(.key)=\(.value)"' <<<"$output")" = "$(cat .env)" ]
}

@test "without --reveal secrets are refused, all or nothing" {
	a_project
	for format in env json; do
		run --separate-stderr tfsecrets export -e prod -o "$format"
		fails 2 "'prod' has 3 secret values, and they are written in the clear; say --reveal"
		[ -z "$output" ]
	done
}

@test "without secrets it needs neither --reveal nor an identity" {
	a_schema <<-END
		  LEVEL: {kind: config, default: info}
		  NAME: {kind: config}
		  TOKEN: {kind: secret, optional: true}
	END
	tfsecrets -q set NAME='two words'
	rm "$HOME/.config/tfsecrets/identity"
	run --separate-stderr tfsecrets export
	[ "$status" -eq 0 ]
	[ "$output" = $'LEVEL=info\nNAME=\'two words\'' ]
	run --separate-stderr tfsecrets export -o json
	[ "$(jq -c . <<<"$output")" = '{"LEVEL":"info","NAME":"two words"}' ]
}

@test "an environment without any value is an empty file, and an empty object" {
	a_schema <<-END
		  TOKEN: {kind: secret, optional: true}
	END
	run --separate-stderr tfsecrets export
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(tfsecrets export -o json | jq -c .)" = '{}' ]
}

@test "a .env is read back to the same bytes, whatever they are" {
	awkward_project
	has_the_values
	tfsecrets export --reveal >"$HOME/first"
	# Into a project of its own, by a pipe.
	mkdir ../other && cp tfsecrets.yaml ../other && cd ../other
	git init -q
	tfsecrets -q init --name alice
	tfsecrets -q -C ../taskflow export --reveal | tfsecrets -q seal --from /dev/stdin
	has_the_values
	[ ! -e tfsecrets/prod/sealed/UNSET ]
	tfsecrets export --reveal | cmp - "$HOME/first"
}

@test "a shell reads the .env as we do, where it can" {
	a_project
	tfsecrets export --reveal >"$HOME/exported"
	# shellcheck disable=SC2016
	run env -i sh -c '. "$0"; printf "%s\n" "$DATABASE_URL" "$BETTER_AUTH_SECRET"' "$HOME/exported"
	[ "$output" = "$database_url"$'\n'"$auth_secret" ]
}

@test "JSON has the same bytes; base64 where they are no text" {
	awkward_project
	tfsecrets export --reveal -o json >"$HOME/json"
	python3 - "$HOME" <<-'END'
		import base64, json, os, sys
		home = sys.argv[1]
		found = json.load(open(home + "/json", encoding="utf-8"))
		assert sorted(found) == sorted(os.listdir(home + "/values")), sorted(found)
		for name, value in found.items():
		    is_text = isinstance(value, str)
		    assert is_text == (name != "BYTES"), name
		    data = value.encode() if is_text else base64.b64decode(value["base64"], validate=True)
		    assert data == open(f"{home}/values/{name}", "rb").read(), name
		assert list(found["BYTES"]) == ["base64"]
	END
}

@test "a NUL has no place in a .env, and is refused by name; JSON holds it" {
	a_schema <<-END
		  FIRST: {kind: secret}
		  BINARY: {kind: secret}
	END
	printf 'a\0b' >nul
	tfsecrets -q set FIRST <<<first-value
	tfsecrets -q set BINARY --file nul
	run --separate-stderr tfsecrets export --reveal
	fails 4 "'BINARY' has a NUL byte, which a .env cannot hold"
	[ -z "$output" ]
	[ "$(tfsecrets export --reveal -o json | jq -c .BINARY)" = '"a\u0000b"' ]
}

@test "more than a .env may have is refused, since it could not be read back" {
	a_schema <<-END
		  A: {kind: secret}
		  B: {kind: secret}
		  C: {kind: secret}
	END
	head -c 1000000 /dev/zero | tr '\0' "'" >long
	for name in A B C; do
		tfsecrets -q set "$name" --file long
	done
	# A quote needs no escape in double quotes.
	tfsecrets export --reveal >"$HOME/fits"
	[ "$(wc -c <"$HOME/fits")" -gt 3000000 ]
	{ tr "'" '"' <long; echo "'"; } >longer
	for name in A B C; do
		tfsecrets -q set "$name" --file longer
	done
	run --separate-stderr tfsecrets export --reveal
	fails 4 "'prod' has more than the 4194304 bytes that are read back from a .env"
	[ -z "$output" ]
	[ "$(tfsecrets export --reveal -o json | jq '.C | length')" -eq 1000002 ]
}

@test "one value that is missing, pending or altered: nothing is written" {
	a_project
	cp -a tfsecrets keep
	tfsecrets -q unset -y OPENAI_API_KEY
	run --separate-stderr tfsecrets export --reveal
	fails 4 "'OPENAI_API_KEY' has no value in 'prod'"
	[ -z "$output" ]
	cp keep/prod/sealed/OPENAI_API_KEY tfsecrets/prod/sealed/
	sed -i 's/^generation 1/generation 2/' tfsecrets/prod/sealed/DATABASE_URL
	run --separate-stderr tfsecrets export --reveal
	fails 4 "tfsecrets/prod/sealed/DATABASE_URL"
	[ -z "$output" ]
	shows_no_secret
}

@test "who cannot read cannot export" {
	a_project
	tfsecrets -q keygen -o "$HOME/bob" >/dev/null
	run --separate-stderr tfsecrets export --reveal --identity "$HOME/bob"
	fails 4 "this identity is not a reader of 'prod'"
	[ -z "$output" ]
}

@test "output that cannot be written is an error" {
	a_project
	for format in env json; do
		run --separate-stderr sh -c "'$TFSECRETS' export --reveal -o $format >/dev/full"
		fails 1 "standard output"
	done
}
