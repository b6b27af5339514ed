#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The formats without the program: age, ssh-keygen and Python's cryptography open what it wrote.
load common

opener()
{
	python3 "$root/tests/vectors/open.py" "$@"
}

# The worked example, with the mode that its identity must have.
the_example()
{
	cp -r "$root/tests/vectors/example" "$BATS_TEST_TMPDIR/example"
	cd "$BATS_TEST_TMPDIR/example" || return 1
	chmod 600 config/tfsecrets/identity
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
}

@test "the worked example opens without tfsecrets" {
	the_example
	run --separate-stderr -0 opener config/tfsecrets/identity prod
	[ "$output" = 'DATABASE_URL=postgresql://alice:second@db.example.org/app' ]
	[ -z "$stderr" ]
}

# block LANGUAGE: the first block of that language in FORMAT.md, as it stands there
block()
{
	sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$root/crypto/FORMAT.md" | sed '1d;$d'
}

@test "the lines of FORMAT.md break the glass, with what Debian has" {
	the_example
	block python >break-glass.py
	block sh >break-the-glass
	[ "$(grep -c . break-glass.py)" -le 30 ]
	run --separate-stderr -0 env -i PATH=/usr/bin:/bin sh -e break-the-glass
	[[ $output == *'Good "tfsecrets-sealed" signature for alice'*'postgresql://alice:second@db.example.org/app' ]]

	# A header that was altered: ssh-keygen refuses it, and so does Python.
	sed -i 's/^generation 2$/generation 3/' tfsecrets/prod/sealed/DATABASE_URL
	run --separate-stderr env -i PATH=/usr/bin:/bin sh -e break-the-glass
	[ "$status" -ne 0 ]
	[[ $output$stderr == *'Signature verification failed'* ]]
	[[ $output$stderr != *postgresql://* ]]
	age -d -i config/tfsecrets/identity tfsecrets/prod/key.age >key
	run --separate-stderr env -i PATH=/usr/bin:/bin sh -c 'python3 break-glass.py signed <key'
	[ "$status" -ne 0 ]
	[[ $stderr == *InvalidTag* ]]
}

@test "the second implementation finds nothing in the worked example, and opens it" {
	the_example
	run -0 python3 "$root/tests/vectors/verify.py"
	[ "$output" = 'nothing is found' ]
	run -0 python3 "$root/tests/vectors/verify.py" --open config/tfsecrets/identity prod
	[ "$output" = 'DATABASE_URL=postgresql://alice:second@db.example.org/app
LOG_LEVEL=info' ]
	sed -i 's/^generation 2$/generation 3/' tfsecrets/prod/sealed/DATABASE_URL
	run -3 python3 "$root/tests/vectors/verify.py"
	[[ $output == 'tfsecrets/prod/sealed/DATABASE_URL: the signature does not verify'* ]]
	run -4 python3 "$root/tests/vectors/verify.py" --open config/tfsecrets/identity prod
	[[ $output != *postgresql* ]]
}

@test "the worked example opens with tfsecrets, which has nothing to say against it" {
	the_example
	run --separate-stderr -0 tfsecrets get --identity config/tfsecrets/identity --env prod DATABASE_URL
	[ "$output" = 'postgresql://alice:second@db.example.org/app' ]
	run --separate-stderr -0 tfsecrets check
}

@test "a new project opens without tfsecrets: every value, and no tombstone" {
	a_project
	printf '%s' "$openai_key-changed" >"$BATS_TEST_TMPDIR/value"
	tfsecrets -q set --env prod OPENAI_API_KEY --file "$BATS_TEST_TMPDIR/value"
	tfsecrets -q unset --env prod BETTER_AUTH_SECRET
	grep -qx unset tfsecrets/prod/sealed/BETTER_AUTH_SECRET
	run --separate-stderr -0 opener "$HOME/.config/tfsecrets/identity" prod
	[ "$output" = "DATABASE_URL=$database_url
OPENAI_API_KEY=$openai_key-changed" ]
}

@test "values of every length up to two paddings, and any byte, open without tfsecrets" {
	a_schema <<-END
		  BLOB:
		    kind: secret
	END
	for length in 0 1 58 59 60 123 124 1000 70000; do
		head -c "$length" /dev/urandom >"$BATS_TEST_TMPDIR/value"
		tfsecrets -q set --env prod BLOB --file "$BATS_TEST_TMPDIR/value"
		opener "$HOME/.config/tfsecrets/identity" prod >"$BATS_TEST_TMPDIR/opened"
		{ printf 'BLOB='; cat "$BATS_TEST_TMPDIR/value"; echo; } | cmp - "$BATS_TEST_TMPDIR/opened"
	done
}

@test "what is altered does not open without tfsecrets either" {
	the_example
	sealed=tfsecrets/prod/sealed/DATABASE_URL
	cp -r tfsecrets kept

	sed -i 's/^generation 2$/generation 3/' $sealed
	run --separate-stderr opener config/tfsecrets/identity prod
	fails 1 "tfsecrets-sealed: signed by none of ['alice']"
	rm -r tfsecrets && cp -r kept tfsecrets

	sed -i 's/^removed 0$/removed 1/' tfsecrets/roster/0001
	run --separate-stderr opener config/tfsecrets/identity prod
	fails 1 "tfsecrets-roster: signed by none of ['alice']"
	rm -r tfsecrets && cp -r kept tfsecrets

	age -a -r "$(age-keygen -y config/tfsecrets/identity)" -o tfsecrets/prod/key.age kept/prod/config.yaml
	run --separate-stderr opener config/tfsecrets/identity prod
	fails 1 "key.age is not the roster's"
}
