#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# status: the matrix, what is due below it, and the same for machines.
load common
load victim

# lines_fit COLUMNS: no line of the output is wider.
lines_fit()
{
	local line

	for line in "${lines[@]}"; do
		[ "${#line}" -le "$1" ] || { echo "${#line} columns: $line"; return 1; }
	done
}

shows_status()
{
	local before
	before=$(fingerprint)
	run --separate-stderr tfsecrets status "$@"
	[ "$status" -eq 0 ] || { echo "status $status: $output $stderr"; return 1; }
	shows_no_secret
	[ "$(fingerprint)" = "$before" ] || { echo 'the tree changed'; return 1; }
}

# row NAME: the row of a setting, blanks squeezed.
row()
{
	grep -m 1 "^$1 " <<<"$output" | tr -s ' '
}

# state_of SETTING ENV FIELD: a field of the JSON form.
state_of()
{
	jq -r --arg s "$1" --arg e "$2" \
		".values[] | select(.setting == \$s and .environment == \$e) | .$3" <<<"$output"
}

@test "a row for each setting, a column for each environment" {
	rm "$alice"
	shows_status
	[ "$(head -1 <<<"$output" | tr -s ' ')" = " prod dev" ]
	[[ $(row LOG_LEVEL) = "LOG_LEVEL plain plain" ]]
	[[ $(row DATABASE_URL) =~ ^"DATABASE_URL valid "[0-9]+[sm]" alice valid "[0-9]+[sm]" alice"$ ]]
	[ "$(grep -cE '^[A-Z_]+ ' <<<"$output")" -eq 7 ]
	[[ $output != *$'\033'* ]]
	lines_fit 80
}

@test "every state, and the command for what is due" {
	cat >>tfsecrets.yaml <<-END
		  DEFAULTED: {kind: config, default: x}
		  ABSENT: {kind: secret}
		  MADE: {kind: secret, generate: 20}
		  CLEAR: {kind: secret}
		  OPTIONAL: {kind: secret, optional: true}
		  GONE: {kind: secret, optional: true}
		  BROKEN: {kind: config, type: port}
	END
	printf 'CLEAR: in-the-clear\nBROKEN: many\n' >>tfsecrets/prod/config.yaml
	printf once | tfsecrets -q set -e prod GONE
	tfsecrets -q unset -y -e prod GONE
	forge sealed "$sealed" --as "$bob" --reseal postgresql://a:b@c/d
	echo x >tfsecrets/prod/sealed/OPENAI_API_KEY
	shows_status -e prod
	[[ $(row LOG_LEVEL) = "LOG_LEVEL plain" ]]
	[[ $(row DEFAULTED) = "DEFAULTED default" ]]
	[[ $(row ABSENT) = "ABSENT missing" ]]
	[[ $(row MADE) = "MADE missing" ]]
	[[ $(row CLEAR) = "CLEAR invalid" ]]
	[[ $(row BROKEN) = "BROKEN invalid" ]]
	[[ $(row OPTIONAL) = "OPTIONAL -" ]]
	[[ $(row GONE) =~ ^"GONE unset "[0-9]+"s alice"$ ]]
	[[ $(row OPENAI_API_KEY) = "OPENAI_API_KEY invalid" ]]
	[[ $(row DATABASE_URL) =~ ^"DATABASE_URL pending "[0-9]+[sm]" SHA256:" ]]
	prints $'prod: a secret stands in config.yaml in the clear\n    CLEAR\n  $ tfsecrets seal --env prod\n'
	prints $'prod: there is no value\n    ABSENT\n  $ tfsecrets set ABSENT --env prod\n'
	prints $'prod: there is no value, and seal makes one\n    MADE\n  $ tfsecrets seal MADE --env prod\n'
	prints $'prod: sealed by somebody who is not a sealer\n    DATABASE_URL\n  $ tfsecrets seal --accept DATABASE_URL --env prod\n'
	prints $'prod: invalid; check says why\n    OPENAI_API_KEY, BROKEN\n  $ tfsecrets check --env prod\n'
	prints $'    prod\n  $ tfsecrets member add NAME --recipient age1… --env ENV --read'
	[[ $output != *in-the-clear* ]]
	lines_fit 80
}

@test "what it says to do is done by saying it" {
	printf '  MADE: {kind: secret, generate: 20}\n' >>tfsecrets.yaml
	printf '  CLEAR: {kind: secret}\n' >>tfsecrets.yaml
	printf 'CLEAR: in-the-clear\n' >>tfsecrets/prod/config.yaml
	sed -i 's/^  dev:.*/&\n  qa: {}/' tfsecrets.yaml
	shows_status -e prod -e qa
	prints "tfsecrets roster sync"
	grep -oE '^  \$ tfsecrets (roster sync|seal .*)$' <<<"$output" | sed 's/^  \$ //' >commands
	[ "$(wc -l <commands)" -ge 3 ]
	while read -r _ words; do
		# shellcheck disable=SC2086
		tfsecrets -q $words || { echo "failed: $words"; return 1; }
	done < <(grep -v -e '--env qa' commands)
	rm commands
	shows_status -e prod -e qa -o json
	[ "$(state_of MADE prod state)" = valid ]
	[ "$(state_of CLEAR prod state)" = valid ]
	[ "$(jq -c '.environments[] | select(.environment == "qa") | .due' <<<"$output")" = '["add-reader"]' ]
}

@test "rotate-after that has passed, and how long ago" {
	sed -i '/^  DATABASE_URL:/,/kind:/{/kind:/{p;s/kind:.*/rotate-after: 1d/}}' tfsecrets.yaml
	forge sealed "$sealed" changed-at=2020-01-01T00:00:00Z --as "$alice" --reseal postgresql://a:b@c/d
	shows_status
	[[ $(row DATABASE_URL) =~ ^"DATABASE_URL valid "[0-9]{4,}"d alice, rotate valid " ]]
	grep -A 2 '^prod: older than its rotate-after$' <<<"$output" >due
	grep -qE '^    DATABASE_URL \(for [0-9]{4,}d\)$' due
	[ "$(tail -1 due)" = '  $ tfsecrets set DATABASE_URL --env prod' ]
	shows_status -o json
	[ "$(state_of DATABASE_URL prod '"rotate-at"')" = 2020-01-02T00:00:00Z ]
	[ "$(state_of DATABASE_URL prod 'due[]')" = rotate ]
	[ -z "$(state_of DATABASE_URL dev 'due[]')" ]
	prints '"changed-at": "2020-01-01T00:00:00Z"'
}

@test "who has left could read it: change at the source, until another value is sealed" {
	tfsecrets -q member add bob --keys "$bob" --env prod --read
	tfsecrets -q member remove bob
	shows_status
	[[ $(row DATABASE_URL) =~ ^"DATABASE_URL valid "[0-9]+[sm]" alice, source valid " ]]
	prints $'prod: change it at the source, a reader who has left could read it\n    DATABASE_URL, BETTER_AUTH_SECRET, OPENAI_API_KEY\n  $ tfsecrets set NAME --env prod\n'
	shows_status -o json
	[ "$(state_of OPENAI_API_KEY prod 'due[]')" = change-at-source ]
	# check agrees.
	check_finds "due: 'OPENAI_API_KEY' of 'prod': change it at the source" --strict
	printf sk-proj-another-one-that-is-long-enough | tfsecrets -q set -e prod OPENAI_API_KEY
	shows_status -o json
	[ -z "$(state_of OPENAI_API_KEY prod 'due[]')" ]
	[ "$(state_of DATABASE_URL prod 'due[]')" = change-at-source ]
}

@test "a value that a late merge brought is to be resealed" {
	git checkout -q -b late
	printf 'postgresql://l:l@l/l' | tfsecrets -q set -e prod DATABASE_URL
	git commit -qam late
	git checkout -q main
	tfsecrets -q rotate -y -e prod
	git add . && git commit -qm rotated
	git checkout -q late -- "$sealed"
	shows_status
	[[ $(row DATABASE_URL) =~ ^"DATABASE_URL stale "[0-9]+[sm]" alice valid " ]]
	prints $'prod: sealed in the epoch before\n    DATABASE_URL\n  $ tfsecrets seal --env prod\n'
	tfsecrets -q seal --env prod
	shows_status -o json
	[ "$(state_of DATABASE_URL prod state)" = valid ]
}

@test "-o json has what FORMAT and the manual name, and no more" {
	shows_status -o json
	[ "$(jq -c 'keys' <<<"$output")" = '["environments","project","project-id","roster","values"]' ]
	[ "$(jq -r '."project-id", .roster' <<<"$output" | tr '\n' ' ')" = \
		"$(sed -n 's/^project-id //p' tfsecrets/roster/0001) 1 " ]
	[ "$(jq -c '.environments[0]' <<<"$output")" = \
		'{"environment":"prod","epoch":1,"readers":["alice"],"sealers":["alice"],"due":["add-reader"]}' ]
	[ "$(jq '.values | length' <<<"$output")" -eq 14 ]
	jq -c '.values[] | select(.setting == "DATABASE_URL" and .environment == "prod")' <<<"$output" >one
	[ "$(jq -c keys one)" = '["changed-at","due","environment","generation","kind","required","sealed-at","sealed-by","setting","state","value-id"]' ]
	for field in generation changed-at sealed-at value-id; do
		[ "$(jq -r ".\"$field\"" one)" = "$(sed -n "s/^$field //p" "$sealed")" ]
	done
	[ "$(jq -c '[.kind, .required, .state, ."sealed-by"]' one)" = '["secret",true,"valid","alice"]' ]
	jq -c '.values[] | select(.setting == "LOG_LEVEL" and .environment == "prod")' <<<"$output" >one
	[ "$(cat one)" = '{"setting":"LOG_LEVEL","environment":"prod","kind":"config","required":true,"state":"plain","due":[]}' ]
}

@test "many environments and long names stay within 80 columns, and none is left out" {
	long=$(printf 'A%.0s' {1..60})
	{
		printf 'version: 1\nproject: many\nenvironments:\n'
		for i in {1..12}; do
			printf '  environment-with-a-rather-long-name-for-region-%s: {}\n' "$i"
		done
		printf '  e: {}\n  f: {}\nsettings:\n  %s_ONE: {kind: secret}\n' "$long"
		printf '  %s_TWO: {kind: secret}\n  SHORT: {kind: config, default: x}\n' "$long"
	} >tfsecrets.yaml
	rm -rf tfsecrets .git/tfsecrets
	name=a-member-whose-name-is-as-long-as-a-name-can-be-and-no-longer-1
	tfsecrets -q init --name "$name"
	printf x | tfsecrets -q set -e e "${long}_ONE"
	shows_status
	# Only a name that could not be typed otherwise is wider than the screen: with its command.
	grep -v '^  \$ ' <<<"$output" >rest
	while IFS= read -r line; do
		[ "${#line}" -le 80 ] || { echo "${#line}: $line"; return 1; }
		[[ $line != *" " ]] || { echo "ends in a blank: $line"; return 1; }
	done <rest
	# Both ends of each name are there, in the matrix.
	grep -qE '^A+…A+_ONE  missing$' rest
	grep -qE '^A+…A+_ONE  valid [0-9]+s a-member…onger-1  missing$' rest
	grep -qE '^A+…A+_TWO  missing  +missing$' rest
	for i in {1..12}; do
		grep -qE "^ +environment-with-a-[a-z-]*…[a-z-]*-region-$i\$" rest || { echo "lacks $i"; return 1; }
	done
	# Side by side where they fit.
	grep -qE '^ +e +f$' rest
}

@test "on a terminal: its width is used and problems have a colour, which NO_COLOR takes away" {
	run "$here/on_terminal" -- sh -c 'stty cols 200; exec "$1" status' sh "$TFSECRETS"
	[ "$status" -eq 0 ]
	prints $'\033[33menvironments: read by one identity alone'
	echo x >"$sealed"
	run "$here/on_terminal" -- "$TFSECRETS" status
	prints $'\033[31minvalid\033[0m'
	run env NO_COLOR=1 "$here/on_terminal" -- "$TFSECRETS" status
	prints invalid
	[[ $output != *$'\033'* ]]
	# Three columns of cells are too wide for 80, not for 200.
	sed -i 's/^  dev:.*/&\n  an-environment-with-a-name-of-length-39: {}/' tfsecrets.yaml
	run env NO_COLOR=1 "$here/on_terminal" -- "$TFSECRETS" status
	[ "$(grep -c '^DATABASE_URL ' <<<"$output")" -eq 2 ]
	run "$here/on_terminal" -- sh -c 'stty cols 200; NO_COLOR=1 exec "$1" status' sh "$TFSECRETS"
	[ "$(grep -c '^DATABASE_URL ' <<<"$output")" -eq 1 ]
}

@test "it looks, and does not judge: the exit status tells whether it could look" {
	echo x >"$sealed"
	rm tfsecrets/dev/sealed/*
	shows_status
	run --separate-stderr tfsecrets status -e prdo
	fails 2 "did you mean 'prod'?"
	run --separate-stderr tfsecrets status prod
	fails 2 "takes no operands"
	sed -i 's/^threshold 1/threshold 2/' tfsecrets/roster/0001
	run --separate-stderr tfsecrets status
	fails 4 "tfsecrets/roster/0001"
	run --separate-stderr sh -c "'$TFSECRETS' -C .. status"
	fails 1 "there is no tfsecrets.yaml"
}

@test "a roster that lacks signatures is said, with the way on" {
	tfsecrets -q member add bob --keys "$bob" --admin
	tfsecrets -q roster threshold 2 --identity "$alice" --identity "$bob"
	tfsecrets -q keygen -o "$HOME/carol" >/dev/null
	tfsecrets -q member add carol --keys "$HOME/carol"
	shows_status
	prints $'roster 4 is proposed and has 1 of 2 signatures\n  $ tfsecrets roster sign\n'
	shows_status -o json
	[ "$(jq '."proposed-roster"' <<<"$output")" -eq 4 ]
}

@test "output that cannot be written is an error" {
	run --separate-stderr sh -c "'$TFSECRETS' status >/dev/full"
	fails 1 "standard output"
}
