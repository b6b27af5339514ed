#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load common

@test "keygen writes an identity that only its owner can read, whatever the umask" {
	umask 000
	tfsecrets -q keygen >/dev/null
	[ "$(stat -c %a "$HOME/.config/tfsecrets/identity")" = 600 ]
	umask 377
	tfsecrets -q keygen -o other >/dev/null
	[ "$(stat -c %a other)" = 600 ]
}

@test "keygen makes the folders above, for their owner only" {
	tfsecrets -q keygen >/dev/null
	[ "$(stat -c %a "$HOME/.config/tfsecrets")" = 700 ]
	tfsecrets -q keygen -o new/deep/me >/dev/null
	[ -s new/deep/me ]
}

@test "keygen goes where XDG_CONFIG_HOME says, if that is an absolute path" {
	XDG_CONFIG_HOME=$HOME/elsewhere tfsecrets -q keygen >/dev/null
	[ -s "$HOME/elsewhere/tfsecrets/identity" ]
	XDG_CONFIG_HOME=relative tfsecrets -q keygen >/dev/null
	[ ! -e relative ]
	[ -s "$HOME/.config/tfsecrets/identity" ]
}

@test "keygen's comments are the keys that it prints" {
	tfsecrets -q keygen -o me >printed
	[ "$(sed -n 's/^# \(public key: age1.*\)/\1/p' me)" = "$(sed -n 1p printed)" ]
	[ "$(sed -n 's/^# \(signing key: ssh-ed25519 .*\)/\1/p' me)" = "$(sed -n 2p printed)" ]
	[ "$(wc -l <printed)" -eq 2 ]
	[ "$(grep -c '^AGE-SECRET-KEY-1' me)" -eq 1 ]
}

@test "keygen says where it wrote, on standard error, and not with --quiet" {
	run --separate-stderr tfsecrets keygen -o me
	[ "$status" -eq 0 ]
	says "wrote the identity 'me'"
	[[ $output$stderr != *AGE-SECRET* ]]
	run --separate-stderr tfsecrets -q keygen -o other
	[ -z "$stderr" ]
}

@test "keygen makes another key each time" {
	tfsecrets -q keygen -o a >/dev/null
	tfsecrets -q keygen -o b >/dev/null
	run ! cmp -s <(grep AGE a) <(grep AGE b)
}

@test "keygen refuses a file that is there, empty or a link as well" {
	: >empty
	ln -s nowhere link
	for file in empty link; do
		run --separate-stderr tfsecrets keygen -o "$file"
		fails 1 "'$file' is there already, and an identity is never overwritten"
		[ -z "$output" ]
	done
	[ ! -s empty ]
	[ ! -e nowhere ]
}

@test "keygen fails where nothing can be written, and leaves nothing" {
	run --separate-stderr tfsecrets keygen -o /proc/nothing/me
	fails 1 "/proc/nothing"
	run --separate-stderr tfsecrets keygen -o .env/me
	fails 1 ".env"
}

@test "keygen's signing key signs what ssh-keygen verifies" {
	a_project
	sed -n '1,/^-----BEGIN/p' tfsecrets/prod/sealed/DATABASE_URL | sed '$d' >body
	sed -n '/^-----BEGIN/,$p' tfsecrets/prod/sealed/DATABASE_URL >signature
	echo "alice $(sed -n 's/^# signing key: //p' "$HOME/.config/tfsecrets/identity")" >allowed
	ssh-keygen -Y verify -f allowed -I alice -n tfsecrets-sealed -s signature <body
	echo >>body
	run ! ssh-keygen -Y verify -f allowed -I alice -n tfsecrets-sealed -s signature <body
}
