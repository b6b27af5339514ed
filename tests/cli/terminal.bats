#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What people meet on a terminal.
load common

on_terminal()
{
	"$BATS_TEST_DIRNAME/on_terminal" "$@"
}

a_secret()
{
	a_schema <<-END
		  TOKEN: {kind: secret}
		  LEVEL: {kind: config, optional: true}
	END
}

@test "set asks twice without echo, and seals what was typed" {
	a_secret
	run on_terminal expect "TOKEN for 'prod': " echo off send 'typed-value\n' \
		expect "once more: " echo off send 'typed-value\n' -- "$TFSECRETS" set TOKEN
	[ "$status" -eq 0 ]
	prints "prod: sealed: TOKEN"
	[[ $output != *typed-value* ]]
	[ "$(tfsecrets get TOKEN)" = typed-value ]
}

@test "who types as soon as the prompt is there loses nothing and sees nothing" {
	a_secret
	for i in 1 2 3 4 5; do
		run on_terminal expect "'prod': " send "quick-$i\n" expect "more: " send "quick-$i\n" \
			-- "$TFSECRETS" set TOKEN
		[ "$status" -eq 0 ]
		[[ $output != *quick* ]]
		[ "$(tfsecrets get TOKEN)" = "quick-$i" ]
	done
}

@test "set asks again when the two entries differ" {
	a_secret
	run on_terminal expect "'prod': " send 'one\n' expect "more: " send 'two\n' \
		expect "the two differ, try again" expect "'prod': " send 'three\n' \
		expect "more: " send 'three\n' -- "$TFSECRETS" set TOKEN
	[ "$status" -eq 0 ]
	[ "$(tfsecrets get TOKEN)" = three ]
}

@test "set gives up after three entries that differ" {
	a_secret
	steps=()
	for _ in 1 2 3; do
		steps+=(expect "'prod': " send 'one\n' expect "more: " send 'two\n')
	done
	run on_terminal "${steps[@]}" -- "$TFSECRETS" set TOKEN
	[ "$status" -eq 1 ]
	prints "the two entries differed 3 times"
	[ ! -e tfsecrets/prod/sealed/TOKEN ]
}

@test "an entry that ends before it began changes nothing" {
	a_secret
	run on_terminal expect "'prod': " echo off send '\x04' -- "$TFSECRETS" set TOKEN
	[ "$status" -eq 1 ]
	prints "nothing was entered"
	[ ! -e tfsecrets/prod/sealed/TOKEN ]
}

@test "an interrupted entry gives the terminal its echo back and dies of the signal" {
	a_secret
	before=$(fingerprint)
	run on_terminal expect "'prod': " echo off send 'half\x03' expect "ended with 130" \
		-- bash -c 'trap : INT; "$1" set TOKEN; echo "ended with $?"; stty -a' bash "$TFSECRETS"
	[ "$status" -eq 0 ] || { echo "status $status: $output"; return 1; }
	prints " echo "
	[ "$(fingerprint)" = "$before" ]
}

@test "a stopped entry gives the terminal its echo back, and asks anew when it goes on" {
	a_secret
	run on_terminal expect "'prod': " echo off send 'half\x1a' stopped echo on \
		continue expect "'prod': " echo off send 'whole\n' expect "more: " echo off \
		send 'whole\n' -- "$TFSECRETS" set TOKEN
	[ "$status" -eq 0 ]
	[ "$(tfsecrets get TOKEN)" = whole ]
}

@test "a terminal is asked even when standard output is none" {
	a_secret
	run on_terminal expect "'prod': " send 'x\n' expect "more: " send 'x\n' \
		-- sh -c '"$1" set TOKEN >out' sh "$TFSECRETS"
	[ "$status" -eq 0 ]
	[ ! -s out ]
}

@test "seal asks for each secret that lacks a value" {
	a_schema <<-END
		  FIRST: {kind: secret}
		  SECOND: {kind: secret}
		  GENERATED: {kind: secret, generate: 32}
		  MAYBE: {kind: secret, optional: true}
	END
	run on_terminal expect "FIRST for 'prod': " send '1\n' expect "more: " send '1\n' \
		expect "SECOND for 'prod': " send '2\n' expect "more: " send '2\n' -- "$TFSECRETS" seal
	[ "$status" -eq 0 ]
	[ "$(tfsecrets get FIRST)$(tfsecrets get SECOND)" = 12 ]
	[ ! -e tfsecrets/prod/sealed/MAYBE ]
}

@test "seal with --from does not ask, and lists what is still without a value" {
	a_schema <<-END
		  FIRST: {kind: secret}
		  SECOND: {kind: secret}
	END
	echo FIRST=1 >some.env
	run on_terminal -- "$TFSECRETS" seal --from some.env
	[ "$status" -eq 0 ]
	prints "prod: still without a value: SECOND"
}

@test "get keeps a secret off the screen unless it is to be revealed" {
	a_project
	run on_terminal -- "$TFSECRETS" get DATABASE_URL
	[ "$status" -eq 2 ]
	prints "'DATABASE_URL' is a secret and would stay on the screen"
	prints "--reveal"
	[[ $output != *s3cr3t* ]]
	run on_terminal -- "$TFSECRETS" get DATABASE_URL --reveal
	[ "$status" -eq 0 ]
	[ "$output" = "$database_url" ]
}

@test "get shows a plain value on a terminal, with a line feed behind it" {
	a_project
	on_terminal -- "$TFSECRETS" get LOG_LEVEL >shown
	printf 'info\n' | cmp - shown
}

@test "unset asks on a terminal, and no answer but yes goes on" {
	a_project
	before=$(fingerprint)
	for answer in '\n' 'n\n' 'what\n' '\x04'; do
		run on_terminal expect "unset 'DATABASE_URL' in 'prod'? [y/N] " send "$answer" \
			-- "$TFSECRETS" unset DATABASE_URL
		[ "$status" -eq 1 ]
		prints "nothing was changed"
	done
	[ "$(fingerprint)" = "$before" ]
	run on_terminal expect "[y/N] " send 'y\n' -- "$TFSECRETS" unset DATABASE_URL
	[ "$status" -eq 0 ]
	grep -qx unset tfsecrets/prod/sealed/DATABASE_URL
}

@test "unset --yes does not ask" {
	a_project
	run on_terminal -- "$TFSECRETS" unset --yes DATABASE_URL
	[ "$status" -eq 0 ]
	[[ $output != *'[y/N]'* ]]
	grep -qx unset tfsecrets/prod/sealed/DATABASE_URL
}

@test "messages are coloured on a terminal only, and not with NO_COLOR or a dumb one" {
	run on_terminal -- env -u NO_COLOR TERM=xterm "$TFSECRETS" chek
	[ "$status" -eq 2 ]
	prints $'\033[31mtfsecrets: \033[0munknown'
	for variable in NO_COLOR=1 TERM=dumb; do
		run on_terminal -- env -u NO_COLOR TERM=xterm "$variable" "$TFSECRETS" chek
		[ "$status" -eq 2 ]
		[[ $output != *$'\033'* ]]
	done
	run on_terminal -- env NO_COLOR= TERM=xterm "$TFSECRETS" chek
	prints $'\033[31m'
	run on_terminal -- sh -c 'TERM=xterm "$1" chek 2>err' sh "$TFSECRETS"
	run ! grep $'\033' err
}

@test "what a file is called cannot write to the terminal" {
	a_project
	run on_terminal -- "$TFSECRETS" seal --from $'\033]0;title\007'
	[ "$status" -eq 1 ]
	[[ $output != *$'\033]'* ]]
	[[ $output != *$'\007'* ]]
}

@test "a passphrase is asked for where an identity needs one" {
	a_project
	mkdir locked
	cp "$HOME/.config/tfsecrets/identity" locked/plain
	run on_terminal expect "passphrase" send 'correct horse\n' expect "onfirm passphrase" \
		send 'correct horse\n' -- age -p -a -o locked/identity locked/plain
	[ "$status" -eq 0 ]
	chmod 600 locked/identity
	run on_terminal expect "passphrase" echo off send 'correct horse\n' \
		-- "$TFSECRETS" get DATABASE_URL --reveal --identity locked/identity
	[ "$status" -eq 0 ]
	prints "$database_url"
	run on_terminal expect "passphrase" send 'wrong\n' \
		-- "$TFSECRETS" get DATABASE_URL --reveal --identity locked/identity
	[ "$status" -eq 4 ]
	[[ $output != *s3cr3t* ]]
}
