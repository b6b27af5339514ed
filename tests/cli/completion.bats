#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The scripts in the shells that they are for.
load common

# completes WORD...: what bash offers for the last of the words, split as readline splits them.
completes()
{
	tfsecrets completion bash >"$BATS_TEST_TMPDIR/script"
	bash --norc -c 'source "$1"; shift
		COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tfsecrets; echo "${COMPREPLY[*]}"' \
		bash "$BATS_TEST_TMPDIR/script" tfsecrets "$@"
}

@test "bash: commands" {
	[ "$(completes ke)" = keygen ]
	[[ " $(completes "") " == *" init keygen seal "* ]]
	[ "$(completes help un)" = unset ]
}

@test "bash: every option of every command, and no other's" {
	"$TFSECRETS" --help | sed -nE 's/^ {2}([a-z]+) {2,}[a-z].*/\1/p' >commands
	[ -s commands ]
	while read -r command; do
		tfsecrets "$command" --help | grep -oE '^ {2,6}(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' |
			sort >expected
		[ -s expected ]
		completes "$command" -- | tr ' ' '\n' | sort | cmp - expected
	done <commands
}

@test "bash: commands of two words, their options and choices" {
	[ "$(completes member "")" = "add remove list" ]
	[ "$(completes help roster s)" = "show sign sync" ]
	for command in "member add" "roster bind"; do
		# shellcheck disable=SC2086
		tfsecrets $command --help | grep -oE '^ {2,6}(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' |
			sort >expected
		[ -s expected ]
		# shellcheck disable=SC2086
		completes $command -- | tr ' ' '\n' | sort | cmp - expected
	done
	[ "$(completes member list -o "")" = "text json" ]
}

@test "bash: environments, behind a blank and behind =" {
	tfsecrets -q init --env dev --env prod
	[ "$(completes seal --env "")" = "dev prod" ]
	[ "$(completes seal -e p)" = prod ]
	[ "$(completes seal --env =)" = "dev prod" ]
	[ "$(completes seal --env = d)" = dev ]
}

@test "bash: settings, from a directory below as well" {
	a_project
	[ "$(completes get DATA)" = DATABASE_URL ]
	[ "$(completes get --env prod LOG)" = LOG_LEVEL ]
	mkdir below
	cd below
	[ "$(completes set OPEN)" = OPENAI_API_KEY ]
}

@test "bash: an option's choices" {
	[ "$(completes render -o "")" = "yaml json" ]
	[ "$(completes check --output = j)" = json ]
	[ "$(completes completion f)" = fish ]
}

@test "bash: the value of -C is not the command" {
	a_project
	[ "$(completes -C somewhere ke)" = keygen ]
	[ "$(completes -C check render --rev)" = --reveal ]
	[ "$(completes --directory = somewhere -q ke)" = keygen ]
}

@test "bash: files and directories" {
	mkdir folder
	[ "$(completes seal --from .en)" = .env ]
	[ "$(completes -C fold)" = folder ]
}

@test "bash: outside of a project nothing is offered and nothing is said" {
	cd "$HOME"
	[ -z "$(completes get "" 2>&1)" ]
	[ -z "$(completes seal --env "" 2>&1)" ]
}

@test "bash: names are taken from tfsecrets.yaml as text, never run" {
	mkdir -p "$BATS_TEST_TMPDIR/bad"
	cd "$BATS_TEST_TMPDIR/bad"
	printf 'settings:\n  $(touch here): {}\n  `touch here`: {}\n  GOOD: {}\n' >tfsecrets.yaml
	[ "$(completes get "")" = GOOD ]
	[ ! -e here ]
}

# tabs SHELL...: what comes of words and a TAB on a terminal, in that shell with the script loaded by ./setup.
# ^U, not ^C, empties the line: a shell that is still completing would lose the signal.
tabs()
{
	TERM=dumb HISTFILE='' "$BATS_TEST_DIRNAME/on_terminal" \
		send 'source ./setup; PS1=rea"dy> "\n' expect "ready> " \
		send 'tfsecrets chec\t' expect "check " send '--str\t' expect "--strict " \
		send '\x15tfsecrets seal --env \t' expect "prod " \
		send '\x15tfsecrets get --env=prod DATA\t' expect "DATABASE_URL" \
		send '\x15exit\n' -- "$@"
}

@test "bash completes at a TAB" {
	a_project
	tfsecrets completion bash >setup
	run tabs bash --norc -i
	echo "$output"
	[[ $output != *"not met"* ]]
	[ "$status" -ne 99 ]
}

@test "zsh completes at a TAB" {
	command -v zsh >/dev/null || skip "there is no zsh"
	a_project
	mkdir functions
	tfsecrets completion zsh >functions/_tfsecrets
	zsh -n functions/_tfsecrets
	printf 'autoload -U compinit && compinit -u -D\nsource functions/_tfsecrets\n' >setup
	run tabs zsh -f -i
	echo "$output"
	[[ $output != *"not met"* ]]
	[ "$status" -ne 99 ]
}

@test "fish takes the script, and completes with it" {
	command -v fish >/dev/null || skip "there is no fish"
	a_project
	tfsecrets completion fish >script.fish
	fish --no-execute script.fish
	offers()
	{
		fish --no-config -c 'source script.fish; complete -C "$argv[1]"' "$1" | cut -f 1 | tr '\n' ' '
	}
	[ "$(offers 'tfsecrets ke')" = "keygen " ]
	[ "$(offers 'tfsecrets check --str')" = "--strict " ]
	[ "$(offers 'tfsecrets seal --env ')" = "prod " ]
	[ "$(offers 'tfsecrets get DATA')" = "DATABASE_URL " ]
	[ "$(offers 'tfsecrets render -o ')" = "json yaml " ]
}

@test "another shell is refused with those that there are" {
	run --separate-stderr tfsecrets completion tcsh
	fails 2 "there is one for bash, zsh and fish"
	[ -z "$output" ]
}
