#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Identities that are not there, not mine, or not one.
load common
load victim

# identity_refused TEXT [OPTION...]: get fails with 4, says TEXT, shows neither a value nor a key
identity_refused()
{
	refuses "$1" get -e prod DATABASE_URL "${@:2}"
	[[ $stderr != *AGE-SECRET-KEY-1[A-Z0-9]* ]] || { echo "shows a key: $stderr"; return 1; }
}

# mine FORMAT [WORD...]: an identity file as printf makes it
mine()
{
	# shellcheck disable=SC2059 # the format is the caller's
	printf "$@" >id
	chmod 600 id
}

@test "no identity anywhere: the message names the places" {
	mv "$alice" "$HOME/alice"
	identity_refused "there is no identity: '$alice' is not there"
	says "tfsecrets keygen"
	[ "$(tfsecrets get -e prod DATABASE_URL --identity "$HOME/alice")" = "$database_url" ]
	[ "$(TFSECRETS_IDENTITY=$HOME/alice tfsecrets get -e prod DATABASE_URL)" = "$database_url" ]
	[ "$(TFSECRETS_AGE_KEY=$(grep '^AGE' "$HOME/alice") tfsecrets get -e prod DATABASE_URL)" = "$database_url" ]
}

@test "what is set is used, and its errors are final" {
	identity_refused "cannot open 'nowhere'" --identity nowhere
	TFSECRETS_IDENTITY=nowhere identity_refused "cannot open 'nowhere'"
	TFSECRETS_AGE_KEY=nonsense identity_refused "\$TFSECRETS_AGE_KEY"
	TFSECRETS_AGE_KEY='' identity_refused "\$TFSECRETS_AGE_KEY is set, but empty"
	TFSECRETS_IDENTITY='' identity_refused "\$TFSECRETS_IDENTITY is set, but empty"
	TFSECRETS_IDENTITY=$bob identity_refused "this identity is not a reader of 'prod'"
	[ "$(TFSECRETS_IDENTITY=nowhere tfsecrets get -e prod DATABASE_URL --identity "$alice")" = "$database_url" ]
	TFSECRETS_AGE_KEY=$(grep '^AGE' "$alice") identity_refused "cannot open 'nowhere'" --identity nowhere
}

@test "one of several identities that reads is enough; one that is broken is not passed over" {
	[ "$(tfsecrets get -e prod DATABASE_URL --identity "$bob" --identity "$alice")" = "$database_url" ]
	identity_refused "cannot open 'nowhere'" --identity "$alice" --identity nowhere
}

@test "somebody else's" {
	identity_refused "this identity is not a reader of 'prod'; a reader must add it" --identity "$bob"
	refuses "is not a reader of 'prod'" exec -e prod --identity "$bob" -- touch ran
	[ ! -e ran ]
}

@test "content that is not exactly one identity" {
	key=$(grep '^AGE' "$alice")
	mine ''
	identity_refused "id: there is no key in it" --identity id
	mine '# only a comment\n\n'
	identity_refused "id: there is no key in it" --identity id
	mine '%s\n%s\n' "$key" "$key"
	identity_refused "id:2: a second key; an identity has one" --identity id
	mine '%s\n# and\n%s\n' "$key" "$(grep '^AGE' "$bob")"
	identity_refused "id:3: a second key; an identity has one" --identity id
	mine '%s\n' "${key%?}"
	identity_refused "id:1: " --identity id
	mine '%s\n' "${key,,}"
	identity_refused "id:1: " --identity id
	mine '%s trailing\n' "$key"
	identity_refused "id:1: " --identity id
	mine '%s\n' "${key:0:30}x${key:31}"
	identity_refused "id:1: " --identity id
	mine 'AGE-SECRET-KEY-PQ-1QQQQ\n'
	identity_refused "post-quantum" --identity id
	mine 'AGE-PLUGIN-YUBIKEY-1QQQQ\n'
	identity_refused "plug-in" --identity id
	mine '%s\n' "$(sed -n 's/^# public key: //p' "$alice")"
	identity_refused "id:1: " --identity id
	head -c 65537 /dev/zero | tr '\0' '#' >id
	identity_refused "'id' is larger than 65536 bytes" --identity id
	head -c 4096 /dev/urandom >id
	run --separate-stderr tfsecrets get -e prod DATABASE_URL --identity id
	[ "$status" -eq 4 ] && [ -z "$output" ]
	says id
}

@test "comments, blank lines and CRLF are fine" {
	{ printf '# mine\r\n\r\n'; grep '^AGE' "$alice" | sed 's/$/\r/'; echo; } >id
	chmod 600 id
	[ "$(tfsecrets get -e prod DATABASE_URL --identity id)" = "$database_url" ]
}

@test "a key of mine that others may read is refused; another's is not mine to judge" {
	for mode in 0640 0604 0620 0602 0601 0644 0666; do
		chmod $mode "$alice"
		identity_refused "the identity '$alice' can be read by others; run: chmod 600 '$alice'"
	done
	chmod 0400 "$alice"
	[ "$(tfsecrets get -e prod DATABASE_URL)" = "$database_url" ]
	if [ "$(id -u)" -eq 0 ]; then
		chmod 0640 "$alice"
		chown 12345 "$alice"
		[ "$(tfsecrets get -e prod DATABASE_URL)" = "$database_url" ]
	fi
}

@test "a link, a pipe, a folder, a device" {
	ln -s "$alice" link
	mkfifo pipe
	mkdir folder
	identity_refused "'link' is a link, not a file" --identity link
	identity_refused "'pipe' is a pipe, not a file" --identity pipe
	identity_refused "'folder' is a directory, not a file" --identity folder
	identity_refused "'/dev/null' is a device, not a file" --identity /dev/null
}

@test "an identity with a passphrase, where nobody can be asked, and with an absurd work factor" {
	{
		printf 'age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 63\n'
		printf 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n'
		printf -- '--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n'
		head -c 64 /dev/zero
	} >id
	chmod 600 id
	run --separate-stderr timeout 20 setsid "$TFSECRETS" get -e prod DATABASE_URL --identity id
	fails 1 "id: cannot ask for it: there is no terminal"
	[ -z "$output" ]
	TFSECRETS_AGE_KEY=$(tr -d '\0' <id) identity_refused "\$TFSECRETS_AGE_KEY: needs a passphrase, which cannot be asked here"
	run timeout 20 python3 - <<-'PYTHON'
		import os, pty, sys
		child, terminal = pty.fork()
		if child == 0:
		    program = os.environ["TFSECRETS"]
		    os.execv(program, [program, "get", "--reveal", "-e", "prod", "DATABASE_URL", "--identity", "id"])
		said = b""
		try:
		    while more := os.read(terminal, 1000):
		        said += more
		        if said.endswith(b"passphrase of id: "):
		            os.write(terminal, b"passphrase\n")
		except OSError:
		    pass
		print(said.decode())
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
	PYTHON
	[ "$status" -eq 4 ] || { echo "$status $output"; return 1; }
	[[ $output == *"passphrase of id: "*"id: "*"work factor"* ]] || { echo "$output"; return 1; }
	[[ $output == *id* ]] && [[ $output != *"$database_url"* ]]
}

@test "the key in the environment reaches no child" {
	TFSECRETS_AGE_KEY=$(grep '^AGE' "$alice") run --separate-stderr tfsecrets exec -e prod -- env
	[ "$status" -eq 0 ]
	[[ $output != *AGE-SECRET-KEY* ]] && [[ $output != *TFSECRETS_AGE_KEY* ]]
	prints "DATABASE_URL=$database_url"
}

@test "a public key alone cannot read" {
	forge signing "$alice" >alice.pub
	run --separate-stderr tfsecrets get -e prod DATABASE_URL --identity alice.pub
	[ "$status" -eq 4 ] && [ -z "$output" ]
}

@test "ssh-agent signs values and rosters for who has the public key here alone" {
	ssh-keygen -q -t ed25519 -N '' -f "$BATS_TEST_TMPDIR/key"
	tfsecrets -q member add dora --ssh-key "$BATS_TEST_TMPDIR/key.pub" --env prod --read --seal --admin
	eval "$(ssh-agent -s)" >/dev/null
	ssh-add -q "$BATS_TEST_TMPDIR/key"
	rm "$BATS_TEST_TMPDIR/key"
	printf %s postgresql://d:e@f/g | tfsecrets -q set -e prod DATABASE_URL --identity "$BATS_TEST_TMPDIR/key.pub"
	tfsecrets -q roster threshold 2 --identity "$BATS_TEST_TMPDIR/key.pub"
	kill "$SSH_AGENT_PID"
	run -0 tfsecrets check
	[ "$(tfsecrets get -e prod DATABASE_URL)" = postgresql://d:e@f/g ]
	[ "$(tfsecrets roster show -o json | jq -r '.rosters[0]["signed-by"][0]')" = dora ]
	run ! tfsecrets set -e prod DATABASE_URL --file /dev/null --identity "$BATS_TEST_TMPDIR/key.pub"
}
