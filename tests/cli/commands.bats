#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# seal, set, unset, exec and check, one behaviour each.
load common

# seal

@test "seal of names takes only these from --from" {
	tfsecrets -q init --from .env --name alice
	tfsecrets -q seal --from .env DATABASE_URL LOG_LEVEL
	[ "$(ls tfsecrets/prod/sealed)" = DATABASE_URL ]
	[ "$(cat tfsecrets/prod/config.yaml)" = "LOG_LEVEL: info" ]
}

@test "seal of a name that the schema lacks gets a suggestion" {
	a_project
	run --separate-stderr tfsecrets seal DATABASE_ULR
	fails 2 "did you mean 'DATABASE_URL'?"
}

@test "seal refuses a name in --from that the schema lacks, with its line, and takes nothing" {
	a_project
	before=$(fingerprint)
	printf '# a comment\nLOG_LEVEL=debug\nDATABASE_ULR=%s\n' "$database_url" >"$HOME/more.env"
	run --separate-stderr tfsecrets seal --from "$HOME/more.env"
	fails 4 "more.env:3: "
	says "did you mean 'DATABASE_URL'?"
	shows_no_secret
	[ "$(fingerprint)" = "$before" ]
}

@test "seal refuses a whole .env for one bad line" {
	a_project
	before=$(fingerprint)
	for line in 'LOG_LEVEL=twice' 'not a line' "OPEN='$auth_secret" '1BAD=x' "DATABASE_URL='$database_url'x"; do
		printf 'LOG_LEVEL=debug\n%s\n' "$line" >"$HOME/bad.env"
		run --separate-stderr tfsecrets seal --from "$HOME/bad.env"
		fails 1 "bad.env:2:"
		shows_no_secret
		[ "$(fingerprint)" = "$before" ]
	done
}

@test "seal with nothing to do changes nothing" {
	a_project
	before=$(fingerprint)
	run --separate-stderr tfsecrets seal
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(fingerprint)" = "$before" ]
}

@test "seal names what is missing and how to give it, when nobody can be asked" {
	a_schema <<-END
		  FIRST: {kind: secret}
		  PLAIN: {kind: config}
		  MAYBE: {kind: secret, optional: true}
		  DEFAULTED: {kind: config, default: x}
	END
	run --separate-stderr tfsecrets seal </dev/null
	fails 4 "'prod' has no value for FIRST, PLAIN; give them with --from FILE"
	says "'tfsecrets set NAME --env prod'"
}

@test "seal of an optional setting by name misses it" {
	a_schema <<-END
		  MAYBE: {kind: secret, optional: true}
	END
	tfsecrets -q seal </dev/null
	run --separate-stderr tfsecrets seal MAYBE </dev/null
	fails 4 "no value for MAYBE"
}

@test "seal generates only for the environment that it is told" {
	printf 'version: 1\nproject: p\nenvironments: {dev: {}, prod: {}}\nsettings: {KEY: {kind: secret, generate: 32}}\n' \
		>tfsecrets.yaml
	tfsecrets -q init --name alice
	tfsecrets -q seal -e dev
	[ -f tfsecrets/dev/sealed/KEY ]
	[ ! -e tfsecrets/prod/sealed ] || [ -z "$(ls tfsecrets/prod/sealed)" ]
	tfsecrets -q seal -e prod
	[ "$(tfsecrets get -e dev KEY)" != "$(tfsecrets get -e prod KEY)" ]
}

@test "seal takes a secret out of config.yaml, and comments, order and quotes stay" {
	a_project
	{
		printf '# first\n"FRONTEND_URL":   "https://a.example.org"\t# mine\n'
		printf 'DATABASE_URL: |-\n  %s\n' "$database_url"
		printf '# between\n\nNODE_ENV : production\nBACKEND_URL: x\nLOG_LEVEL: info'
	} >tfsecrets/prod/config.yaml
	tfsecrets -q seal
	printf '# first\n"FRONTEND_URL":   "https://a.example.org"\t# mine\n# between\n\nNODE_ENV : production\nBACKEND_URL: x\nLOG_LEVEL: info' |
		cmp - tfsecrets/prod/config.yaml
	[ "$(tfsecrets get DATABASE_URL)" = "$database_url" ]
}

@test "a secret found in the clear in config.yaml is said to be, and not shown" {
	a_project
	printf 'OPENAI_API_KEY: %s\n' "$openai_key" >>tfsecrets/prod/config.yaml
	run --separate-stderr tfsecrets seal
	[ "$status" -eq 0 ]
	says "prod: took 'OPENAI_API_KEY' out of config.yaml"
	shows_no_secret
	run ! grep -r "$openai_key" tfsecrets
}

@test "seal of a value that is no text takes it from a .env byte for byte" {
	a_schema <<-END
		  A: {kind: secret}
	END
	printf 'A="caf\xc3\xa9 \xff"\n' >bytes.env
	tfsecrets -q seal --from bytes.env
	printf 'caf\xc3\xa9 \xff' | cmp - <(tfsecrets get A)
}

# set

@test "set takes standard input to its end, less one line feed and no more" {
	a_schema <<-END
		  A: {kind: secret}
	END
	for given in '' '\n' 'x' 'x\n' 'x\n\n' 'x\r\n' '\0x\n' ' x '; do
		# shellcheck disable=SC2059
		printf "$given" | tfsecrets -q set A
		# shellcheck disable=SC2059
		printf "${given%\\n}" | cmp - <(tfsecrets get A) || { echo "given: $given"; return 1; }
	done
}

@test "set --file takes every byte, the last line feed too" {
	a_schema <<-END
		  A: {kind: secret}
	END
	printf 'x\n' >file
	tfsecrets -q set A --file file
	cmp file <(tfsecrets get A)
}

@test "set refuses two values at once, and a file that is not there" {
	a_project
	run --separate-stderr tfsecrets set LOG_LEVEL=debug --file .env
	fails 2 "give the value once: --file or NAME=VALUE"
	run --separate-stderr tfsecrets set LOG_LEVEL --file missing
	fails 1 "cannot open 'missing'"
	[ "$(tfsecrets get LOG_LEVEL)" = info ]
}

@test "set NAME=VALUE takes what is behind the first =, and none is a value" {
	a_schema <<-END
		  A: {kind: config}
	END
	tfsecrets -q set A=b=c
	[ "$(tfsecrets get A)" = b=c ]
	tfsecrets -q set A=
	[ "$(tfsecrets get A | wc -c)" -eq 0 ]
}

@test "set of a secret on the command line shows the command that works" {
	a_project
	run --separate-stderr tfsecrets set "OPENAI_API_KEY=$openai_key"
	fails 2 "tfsecrets set --env prod OPENAI_API_KEY"
	shows_no_secret
	printf %s "$openai_key-2" | tfsecrets -q set --env prod OPENAI_API_KEY
	[ "$(tfsecrets get OPENAI_API_KEY)" = "$openai_key-2" ]
}

@test "set of the value that is there changes nothing" {
	a_project
	before=$(fingerprint)
	printf %s "$database_url" | tfsecrets -q set DATABASE_URL
	tfsecrets -q set LOG_LEVEL=info
	[ "$(fingerprint)" = "$before" ]
}

@test "set changes one line of config.yaml and no other byte" {
	a_project
	printf '# top\nLOG_LEVEL: "info"   # why\n\nNODE_ENV: production # end' >tfsecrets/prod/config.yaml
	tfsecrets -q set LOG_LEVEL=debug
	grep -qx '# top' tfsecrets/prod/config.yaml
	[ "$(tail -n 1 tfsecrets/prod/config.yaml)" = 'NODE_ENV: production # end' ]
	[ "$(tfsecrets get LOG_LEVEL)" = debug ]
	grep -q '# why$' tfsecrets/prod/config.yaml
}

# unset

@test "unset does not ask where standard input is no terminal" {
	a_project
	run --separate-stderr tfsecrets unset DATABASE_URL </dev/null
	[ "$status" -eq 0 ]
	says "prod: unset: DATABASE_URL"
}

@test "unset of what has no value says so and changes nothing" {
	a_schema <<-END
		  A: {kind: secret}
		  B: {kind: config}
	END
	before=$(fingerprint)
	for name in A B; do
		run --separate-stderr tfsecrets unset "$name"
		[ "$status" -eq 0 ]
		says "'$name' has no value in 'prod'"
	done
	[ "$(fingerprint)" = "$before" ]
}

@test "a value that was unset can be set again, as a later generation" {
	a_project
	tfsecrets -q unset OPENAI_API_KEY
	printf %s "$openai_key" | tfsecrets -q set OPENAI_API_KEY
	grep -qx 'generation 3' tfsecrets/prod/sealed/OPENAI_API_KEY
	[ "$(tfsecrets get OPENAI_API_KEY)" = "$openai_key" ]
}

# exec

@test "exec keeps the variables that are not settings" {
	a_project
	[ "$(MINE=1 tfsecrets exec -- sh -c 'echo "$MINE$HOME"')" = "1$HOME" ]
}

@test "exec replaces a variable of a setting's name" {
	a_project
	[ "$(LOG_LEVEL=stray tfsecrets exec -- sh -c 'echo "$LOG_LEVEL"')" = info ]
	[ "$(LOG_LEVEL=stray tfsecrets exec -- env | grep -c ^LOG_LEVEL=)" -eq 1 ]
}

@test "exec takes no shell: arguments arrive as they are" {
	a_project
	[ "$(tfsecrets exec -- printf '%s|' '$LOG_LEVEL' '*' 'a  b' ';' '')" = '$LOG_LEVEL|*|a  b|;||' ]
}

@test "exec's command that dies of a signal is seen to" {
	a_project
	run -143 --separate-stderr tfsecrets exec -- sh -c 'kill -TERM $$'
}

@test "exec without a command is misuse" {
	a_project
	run --separate-stderr tfsecrets exec
	fails 2 "COMMAND"
	run --separate-stderr tfsecrets exec --
	fails 2 "COMMAND"
}

@test "exec says why a command cannot be run" {
	a_project
	run -127 --separate-stderr tfsecrets exec -- not-a-command
	says "cannot run 'not-a-command': No such file or directory"
	run -126 --separate-stderr tfsecrets exec -- ./.env
	says "cannot run './.env': Permission denied"
	run -126 --separate-stderr tfsecrets exec -- /
	says "cannot run '/'"
}

@test "exec passes standard input and every output on" {
	a_project
	run --separate-stderr tfsecrets exec -- sh -c 'cat; echo err >&2' <<<in
	[ "$output" = in ]
	[ "$stderr" = err ]
}

@test "exec gives its command the signals that it was started with" {
	a_project
	signals='grep -E "^Sig(Blk|Ign|Cgt)" /proc/self/status'
	expected=$(bash -c 'trap "" HUP; exec sh -c "$1"' bash "$signals")
	[ "$(bash -c 'trap "" HUP; exec "$1" exec -- sh -c "$2"' bash "$TFSECRETS" "$signals")" = "$expected" ]
}

@test "exec leaves no descriptor of its own to the command" {
	a_project
	expected=$(sh -c 'ls /proc/self/fd')
	[ "$(tfsecrets exec -- sh -c 'ls /proc/self/fd')" = "$expected" ]
}

@test "exec takes the longest value that the kernel does, and names a longer one" {
	a_schema <<-END
		  LONG: {kind: secret}
	END
	head -c $((131072 - 6)) /dev/zero | tr '\0' x >long
	tfsecrets -q set LONG --file long
	[ "$(tfsecrets exec -- sh -c 'printf %s "$LONG" | wc -c')" -eq $((131072 - 6)) ]
	printf x >>long
	tfsecrets -q set LONG --file long
	run --separate-stderr tfsecrets exec -- true
	fails 4 "'LONG' is longer than the 131072 bytes"
}

# check

@test "check looks at every environment, or at the one that is named" {
	printf 'version: 1\nproject: p\nenvironments: {dev: {}, prod: {}}\nsettings: {A: {kind: config}, B: {kind: config}}\n' \
		>tfsecrets.yaml
	tfsecrets -q init --name alice
	tfsecrets -q set -e dev A=1
	tfsecrets -q set -e prod A=1
	run -3 --separate-stderr tfsecrets check
	prints "'B' has no value in 'dev'"
	prints "'B' has no value in 'prod'"
	prints "2 findings"
	run -3 --separate-stderr tfsecrets check -e dev
	prints "1 finding"
	[[ $output != *prod* ]]
}

@test "check's JSON says the same as its text" {
	a_project
	rm tfsecrets/prod/sealed/OPENAI_API_KEY
	printf 'x' >tfsecrets/prod/stray
	run -3 --separate-stderr tfsecrets check
	text=$output
	run -3 --separate-stderr tfsecrets check -o json
	[ "$(jq .count <<<"$output")" -eq "$(jq '[.findings[] | select(.level == "finding")] | length' <<<"$output")" ]
	[ "$(jq .count <<<"$output")" -ge 2 ]
	while read -r line; do
		[[ $text == *"$line"* ]]
	done < <(jq -r '.findings[].text' <<<"$output")
}

@test "check's JSON without a finding is an object as well" {
	a_project
	run -0 --separate-stderr tfsecrets check -o json
	[ "$(jq -c .count <<<"$output")" = 0 ]
	[ -z "$stderr" ]
}

@test "check --explain gives every setting's kind, line and reason, and no value" {
	a_project
	run -0 --separate-stderr tfsecrets check --explain
	for name in FRONTEND_URL DATABASE_URL OPENAI_API_KEY; do
		[[ $output =~ $name\ +(config|secret)\ +tfsecrets.yaml:[0-9]+\ says\ so ]]
	done
	shows_no_secret
}

@test "check needs no identity" {
	a_project
	rm -r "$HOME/.config"
	run -0 --separate-stderr tfsecrets check
	prints "ok: roster 1"
}

@test "check --strict counts what is due" {
	a_schema <<-END
		  A: {kind: secret, rotate-after: 1s}
	END
	tfsecrets -q set A <<<x
	sleep 2.1
	run -0 --separate-stderr tfsecrets check
	prints "due: 'A' of 'prod'"
	run -3 --separate-stderr tfsecrets check --strict
}

@test "check --staged looks at what git has staged" {
	a_project
	printf 'PLAIN_NOISE: x\n' >>tfsecrets/prod/config.yaml
	run -3 --separate-stderr tfsecrets check
	run -0 --separate-stderr tfsecrets check --staged
	git add tfsecrets/prod/config.yaml
	run -3 --separate-stderr tfsecrets check --staged
	prints "PLAIN_NOISE"
}

@test "check --against finds an old value put back, and says nothing of a new one" {
	a_project
	old=$(cat tfsecrets/prod/sealed/DATABASE_URL)
	sleep 1
	printf 'postgresql://a:b@c/d' | tfsecrets -q set DATABASE_URL
	run -0 --separate-stderr tfsecrets check --against HEAD
	git commit -qam second
	printf '%s\n' "$old" >tfsecrets/prod/sealed/DATABASE_URL
	run -0 --separate-stderr tfsecrets check
	run -3 --separate-stderr tfsecrets check --against HEAD
	prints "DATABASE_URL"
	run --separate-stderr tfsecrets check --against no-such-branch
	fails 2 "git knows no revision 'no-such-branch'"
}
