#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load common

@test "render writes both objects and hides secrets" {
	a_project
	run --separate-stderr tfsecrets render --env prod
	[ "$status" -eq 0 ]
	prints "kind: ConfigMap"
	prints "kind: Secret"
	prints "<hidden: sealed, generation 1>"
	shows_no_secret
	[[ $output != *"$(printf %s "$auth_secret" | base64)"* ]]
}

@test "render needs no identity while secrets are hidden" {
	a_project
	rm "$HOME/.config/tfsecrets/identity"
	tfsecrets render >/dev/null
	run --separate-stderr tfsecrets render --reveal
	fails 4 "there is no identity"
}

@test "render --reveal writes what opens with base64, in YAML and JSON" {
	a_project
	key=$(tfsecrets render --reveal -o json |
		jq -r '.items[] | select(.kind == "Secret") | .data.DATABASE_URL | @base64d')
	[ "$key" = "$database_url" ]
	tfsecrets render --reveal | grep -q "$(printf %s "$auth_secret" | base64 -w 0)"
}

@test "render takes a namespace" {
	a_project
	tfsecrets render -n elsewhere | grep -q '^  namespace: elsewhere$'
}

@test "exec gives the command its settings, and no more of ours" {
	a_project
	run --separate-stderr tfsecrets exec --env prod -- env
	[ "$status" -eq 0 ]
	prints "DATABASE_URL=$database_url"
	prints "LOG_LEVEL=info"
	[[ $output != *TFSECRETS_AGE_KEY* ]]
}

@test "exec ends with its command's status, 126 and 127 as a shell" {
	a_project
	run -7 tfsecrets exec -- sh -c 'exit 7'
	run -127 --separate-stderr tfsecrets exec -- ./not-there
	echo text >not-executable
	run -126 --separate-stderr tfsecrets exec -- ./not-executable
}

@test "exec runs in our place: no parent stays" {
	a_project
	sh -c "echo \$\$ >outer; exec '$TFSECRETS' exec -- sh -c 'echo \$\$ >inner'"
	cmp outer inner
}

@test "exec passes options of the command on" {
	a_project
	[ "$(tfsecrets exec -- sh -c 'echo "$1"' sh --env)" = --env ]
	[ "$(tfsecrets exec printf '%s' -e)" = -e ]
}

@test "exec keeps a variable of ours from shining through when its setting has no value" {
	a_schema <<-END
		  MAYBE: {kind: config, optional: true}
	END
	run --separate-stderr env MAYBE=stray "$TFSECRETS" exec -- sh -c 'echo "${MAYBE-none}"'
	[ "$output" = none ]
}

@test "exec gives a child the limits and umask that it was started with" {
	a_project
	ulimit -S -c 1000
	umask 027
	# What a block is differs between shells: the same shell says what is expected.
	expected=$(sh -c 'ulimit -S -c; umask')
	# The address sanitizer sets the limit of a program that it is built into.
	ASAN_OPTIONS=${ASAN_OPTIONS-}:disable_coredump=0 \
		run --separate-stderr tfsecrets exec -- sh -c 'ulimit -S -c; umask'
	[ "$status" -eq 0 ]
	[ "$output" = "$expected" ]
	[ "${lines[0]}" -gt 0 ]
	[ "${lines[1]}" = 0027 ]
}

@test "exec names the setting whose value no environment can hold" {
	a_schema <<-END
		  BINARY: {kind: secret}
	END
	printf 'a\0b' >nul
	tfsecrets -q set BINARY --file nul
	run --separate-stderr tfsecrets exec -- true
	fails 4 "'BINARY' has a NUL"
	head -c 140000 /dev/zero | tr '\0' x >long
	tfsecrets -q set BINARY --file long
	run --separate-stderr tfsecrets exec -- true
	fails 4 "'BINARY' is longer"
}

@test "exec, get and render refuse a whole environment when one value is missing" {
	a_project
	tfsecrets -q unset OPENAI_API_KEY
	run --separate-stderr tfsecrets exec -- true
	fails 4 "OPENAI_API_KEY"
	run --separate-stderr tfsecrets render
	fails 4 "OPENAI_API_KEY"
}

@test "the identity in TFSECRETS_AGE_KEY opens, and is gone from the child's environment" {
	a_project
	key=$(grep AGE-SECRET "$HOME/.config/tfsecrets/identity")
	rm "$HOME/.config/tfsecrets/identity"
	run --separate-stderr env TFSECRETS_AGE_KEY="$key" "$TFSECRETS" exec -- \
		sh -c 'env; tr "\0" "\n" </proc/$$/environ'
	[ "$status" -eq 0 ]
	[[ $output != *AGE-SECRET* ]]
	prints "DATABASE_URL="
}

@test "help fits a screen and names every command" {
	run --separate-stderr tfsecrets --help
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -le 40 ]
	for line in "${lines[@]}"; do
		[ "${#line}" -le 80 ]
	done
	for command in init keygen seal set get unset check render exec completion help version; do
		prints "  $command "
	done
}

@test "each command's help fits a screen" {
	for command in init keygen seal set get unset check render exec completion help version; do
		run --separate-stderr tfsecrets "$command" --help
		[ "$status" -eq 0 ]
		[ "${#lines[@]}" -le 40 ]
		for line in "${lines[@]}"; do
			[ "${#line}" -le 80 ] || { echo "$command: $line"; return 1; }
		done
		[ "$(tfsecrets help "$command")" = "$output" ]
	done
}

@test "misuse of the command line is 2 and points at the help" {
	run --separate-stderr tfsecrets
	fails 2 "which command?"
	run --separate-stderr tfsecrets chek
	fails 2 "did you mean 'check'?"
	run --separate-stderr tfsecrets check --stric
	fails 2 "did you mean '--strict'?"
	run --separate-stderr tfsecrets get
	fails 2 "needs"
	run --separate-stderr tfsecrets get A B
	fails 2 "takes only"
	run --separate-stderr tfsecrets render -o xml
	fails 2 "takes yaml or json"
	run --separate-stderr tfsecrets seal --env a --env b
	fails 2 "given twice"
	run --separate-stderr tfsecrets seal --env
	fails 2 "needs its ENV"
	says "see 'tfsecrets seal --help'"
}

@test "as kubectl-tfsecrets it calls itself so" {
	ln -s "$TFSECRETS" kubectl-tfsecrets
	run --separate-stderr ./kubectl-tfsecrets --help
	prints "usage: kubectl tfsecrets"
}

@test "version says one line" {
	run --separate-stderr tfsecrets version
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ] || [ "${#lines[@]}" -le 6 ]
	prints tfsecrets
}

@test "completion scripts are valid and know the options" {
	for shell in bash zsh fish; do
		tfsecrets completion "$shell" >script
		[ -s script ]
	done
	tfsecrets completion bash >script
	bash -n script
	a_project
	# shellcheck disable=SC1091
	run bash -c 'source ./script
		complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tfsecrets; echo "${COMPREPLY[@]}"; }
		complete_words tfsecrets ch
		complete_words tfsecrets check --str
		complete_words tfsecrets check -o ""
		complete_words tfsecrets seal --env ""
		complete_words tfsecrets get DATA'
	[ "${lines[0]}" = check ]
	[ "${lines[1]}" = --strict ]
	[ "${lines[2]}" = "text json" ]
	[ "${lines[3]}" = prod ]
	[ "${lines[4]}" = DATABASE_URL ]
	run --separate-stderr tfsecrets completion tcsh
	fails 2 "bash, zsh and fish"
}

@test "output that cannot be written is an error" {
	a_project
	run --separate-stderr sh -c "'$TFSECRETS' get LOG_LEVEL >/dev/full"
	fails 1 "standard output"
	run --separate-stderr sh -c "'$TFSECRETS' check >/dev/full"
	fails 1 "standard output"
	run --separate-stderr sh -c "'$TFSECRETS' render >/dev/full"
	fails 1 "standard output"
}

@test "nothing is coloured when it goes to no terminal" {
	run --separate-stderr tfsecrets chek
	[[ $stderr != *$'\033'* ]]
}
