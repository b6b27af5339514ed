#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command line: options, help, exit statuses.
load common

commands()
{
	"$TFSECRETS" --help | sed -nE 's/^ {2}([a-z]+) {2,}[a-z].*/\1/p'
}

@test "a long option takes its value behind = or as the next word" {
	a_project
	[ "$(tfsecrets get --env=prod LOG_LEVEL)" = info ]
	[ "$(tfsecrets get --env prod LOG_LEVEL)" = info ]
}

@test "a short option takes its value joined or as the next word" {
	a_project
	[ "$(tfsecrets get -eprod LOG_LEVEL)" = info ]
	[ "$(tfsecrets get -e prod LOG_LEVEL)" = info ]
}

@test "short options without a value can be joined" {
	a_project
	run --separate-stderr tfsecrets -qv check
	[ "$status" -eq 0 ]
}

@test "options may stand behind operands" {
	a_project
	[ "$(tfsecrets get LOG_LEVEL --env prod)" = info ]
}

@test "-- ends the options" {
	a_project
	run --separate-stderr tfsecrets get -- --env
	fails 2 "no setting '--env'"
}

@test "long options are not abbreviated" {
	a_project
	for option in --en=prod --ident=x --rev; do
		run --separate-stderr tfsecrets get "$option" LOG_LEVEL
		fails 2 "unknown option '${option%%=*}'"
	done
}

@test "an unknown option gets the one that is near as a suggestion, and none when none is" {
	run --separate-stderr tfsecrets seal --form=.env
	fails 2 "unknown option '--form', did you mean '--from'?"
	run --separate-stderr tfsecrets seal --something-else
	fails 2 "unknown option '--something-else'"
	[[ $stderr != *"did you mean"* ]]
	run --separate-stderr tfsecrets seal -x
	fails 2 "unknown option '-x'"
}

@test "what stands behind = in an unknown option is not shown" {
	run --separate-stderr tfsecrets set "--valeu=$auth_secret"
	fails 2 "'--valeu'"
	shows_no_secret
}

@test "an option that is given twice, lacks its value or takes none is refused" {
	run --separate-stderr tfsecrets check --against A --against B
	fails 2 "option '--against' is given twice"
	run --separate-stderr tfsecrets check --against
	fails 2 "option '--against' needs its REV"
	run --separate-stderr tfsecrets check -o
	fails 2 "option '--output' needs its FORMAT"
	run --separate-stderr tfsecrets check --staged=yes
	fails 2 "option '--staged' takes no value"
}

@test "an option of another command is unknown" {
	run --separate-stderr tfsecrets check --reveal
	fails 2 "unknown option '--reveal'"
	run --separate-stderr tfsecrets --env prod check
	fails 2 "unknown option '--env'"
}

@test "each misuse points at the help that has the answer" {
	run --separate-stderr tfsecrets get
	says "see 'tfsecrets get --help'"
	run --separate-stderr tfsecrets nothing-near
	fails 2 "unknown command 'nothing-near'"
	says "see 'tfsecrets --help'"
	run --separate-stderr tfsecrets help nothing-near
	fails 2 "unknown command 'nothing-near'"
}

@test "no command shows all commands, on standard error" {
	run --separate-stderr tfsecrets
	fails 2 "which command?"
	[ -z "$output" ]
	says "  seal "
}

@test "help goes to standard output, and wins over a wrong command line" {
	[ "$(commands | wc -l)" -ge 12 ]
	for command in $(commands); do
		run --separate-stderr tfsecrets "$command" --help A B C
		[ "$status" -eq 0 ]
		[ -z "$stderr" ]
		prints "usage: tfsecrets $command"
	done
}

@test "-C starts in another directory, before and behind the command" {
	a_project
	(cd / && [ "$(tfsecrets -C "$BATS_TEST_TMPDIR/taskflow" get LOG_LEVEL)" = info ])
	(cd / && [ "$(tfsecrets get LOG_LEVEL --directory="$BATS_TEST_TMPDIR/taskflow")" = info ])
	run --separate-stderr tfsecrets -C missing check
	fails 1 "cannot enter 'missing'"
}

@test "other paths are relative to -C" {
	a_project
	cd ..
	printf 'LOG_LEVEL=debug\n' >taskflow/more.env
	run --separate-stderr tfsecrets -C taskflow seal --from more.env
	[ "$status" -eq 0 ]
	[ "$(tfsecrets -C taskflow get LOG_LEVEL)" = debug ]
}

@test "every command works from a directory below" {
	a_project
	mkdir -p deep/er
	cd deep/er
	tfsecrets -q set LOG_LEVEL=debug
	[ "$(tfsecrets get LOG_LEVEL)" = debug ]
	tfsecrets -q unset LOG_LEVEL
	printf 'LOG_LEVEL=warning\n' >here.env
	tfsecrets -q seal --from here.env
	tfsecrets check
	[ "$(tfsecrets exec -- sh -c 'echo "$LOG_LEVEL"')" = warning ]
	[ "$(tfsecrets exec -- pwd)" = "$PWD" ]
	tfsecrets render | grep -q 'LOG_LEVEL: warning'
	[ -z "$(find . -name tfsecrets)" ]
}

@test "the nearest tfsecrets.yaml above is the project" {
	a_project
	mkdir inner
	cd inner
	printf 'version: 1\nproject: inner\nenvironments: {dev: {}}\nsettings: {LOG_LEVEL: {kind: config, default: inner}}\n' \
		>tfsecrets.yaml
	tfsecrets -q init --name alice
	[ "$(tfsecrets get LOG_LEVEL)" = inner ]
}

@test "--quiet leaves what is printed and what went wrong" {
	a_project
	run --separate-stderr tfsecrets -q set LOG_LEVEL=debug
	[ -z "$output$stderr" ]
	run --separate-stderr tfsecrets set LOG_LEVEL=info -q
	[ -z "$output$stderr" ]
	run --separate-stderr tfsecrets -q get LOG_LEVEL
	[ "$output" = info ]
	run --separate-stderr tfsecrets -q get NOTHING
	fails 2 "no setting 'NOTHING'"
}

@test "version prints the same from everywhere" {
	cd /
	run --separate-stderr tfsecrets version
	[ "$status" -eq 0 ]
	[[ $output =~ ^tfsecrets\ [^\ ]+$ ]]
	[ -z "$stderr" ]
	run --separate-stderr tfsecrets version now
	fails 2 "'version' takes no operands"
}

@test "kubectl runs it as a plug-in" {
	a_project
	mkdir bin
	ln -s "$TFSECRETS" bin/kubectl-tfsecrets
	[ "$(bin/kubectl-tfsecrets get LOG_LEVEL)" = info ]
	run --separate-stderr bin/kubectl-tfsecrets get
	fails 2 "see 'kubectl tfsecrets get --help'"
	if command -v kubectl >/dev/null; then
		[ "$(PATH=$PWD/bin:$PATH kubectl tfsecrets get LOG_LEVEL)" = info ]
	fi
}

# Exit statuses.

@test "0: it is done" {
	a_project
	run -0 --separate-stderr tfsecrets check
}

@test "1: a file is missing, or cannot be understood" {
	run --separate-stderr tfsecrets check
	fails 1 "tfsecrets init"
	a_project
	run --separate-stderr tfsecrets seal --from missing.env
	fails 1 "cannot open 'missing.env'"
	echo 'NAME="open' >bad.env
	run --separate-stderr tfsecrets seal --from bad.env
	fails 1 "bad.env:1:"
	echo 'sttings: {}' >>tfsecrets.yaml
	run --separate-stderr tfsecrets get LOG_LEVEL
	fails 1 "tfsecrets.yaml:"
}

@test "1: config.yaml is named with its line when it cannot be understood" {
	a_project
	printf 'LOG_LEVEL: info\nLOG_LEVEL: debug\n' >tfsecrets/prod/config.yaml
	run --separate-stderr tfsecrets get LOG_LEVEL
	fails 1 "tfsecrets/prod/config.yaml:2:"
}

@test "3: check looked and found something" {
	a_project
	rm tfsecrets/prod/sealed/DATABASE_URL
	run -3 --separate-stderr tfsecrets check
	prints "'DATABASE_URL'"
}

@test "4: a value is missing, was altered, or does not fit the schema" {
	a_project
	run --separate-stderr tfsecrets set OPENAI_API_KEY --file /dev/null --identity .env
	fails 4 "'.env'"
	sed -i 's/^generation 1/generation 2/' tfsecrets/prod/sealed/DATABASE_URL
	run --separate-stderr tfsecrets get DATABASE_URL
	fails 4 "DATABASE_URL"
	rm tfsecrets/prod/sealed/DATABASE_URL
	run --separate-stderr tfsecrets exec -- true
	fails 4 "'DATABASE_URL' has no value in 'prod'"
}

@test "4: without an identity nothing is opened, and the message says how to get one" {
	a_project
	rm "$HOME/.config/tfsecrets/identity"
	run --separate-stderr tfsecrets get DATABASE_URL
	fails 4 "there is no identity"
}
