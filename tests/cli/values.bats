#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load common

@test "seal sorts values: plain ones to config.yaml, secret ones sealed" {
	tfsecrets -q init --from .env --env prod --name alice
	run --separate-stderr tfsecrets seal --env prod --from .env
	[ "$status" -eq 0 ]
	shows_no_secret
	[ "$(grep -c : tfsecrets/prod/config.yaml)" -eq 4 ]
	[ "$(ls tfsecrets/prod/sealed | tr '\n' ' ')" = "BETTER_AUTH_SECRET DATABASE_URL OPENAI_API_KEY " ]
	run ! grep -r -e s3cr3t -e "$auth_secret" -e sk-proj tfsecrets tfsecrets.yaml
}

@test "sealing the same values again changes nothing" {
	a_project
	before=$(fingerprint)
	run --separate-stderr tfsecrets seal --env prod --from .env
	[ "$status" -eq 0 ]
	[ "$(fingerprint)" = "$before" ]
}

@test "a new value is a new generation that names the file it replaces" {
	a_project
	hash=$(sha256sum <tfsecrets/prod/sealed/DATABASE_URL | cut -d ' ' -f 1)
	sleep 1
	printf 'postgresql://a:b@c/d' | tfsecrets -q set DATABASE_URL
	grep -qx 'generation 2' tfsecrets/prod/sealed/DATABASE_URL
	grep -qx "previous $hash" tfsecrets/prod/sealed/DATABASE_URL
	[ "$(tfsecrets get DATABASE_URL)" = postgresql://a:b@c/d ]
}

@test "get prints a value and nothing else" {
	a_project
	[ "$(tfsecrets get DATABASE_URL)" = "$database_url" ]
	[ "$(tfsecrets get LOG_LEVEL)" = info ]
	run --separate-stderr tfsecrets get NODE_ENV
	[ "$output" = production ] && [ -z "$stderr" ]
}

@test "set takes standard input less one line feed, and a file byte for byte" {
	a_schema <<-END
		  SECRET: {kind: secret}
	END
	printf 'two\n\n' | tfsecrets -q set SECRET
	tfsecrets get SECRET >got
	printf 'two\n' | cmp - got
	head -c 100000 /dev/urandom >random
	tfsecrets -q set SECRET --file random
	tfsecrets get SECRET | cmp - random
}

@test "every size of a value comes back: none to the maximum" {
	a_schema <<-END
		  SECRET: {kind: secret}
	END
	for size in 0 1 58 59 60 1048575 1048576; do
		head -c "$size" /dev/urandom >random
		tfsecrets -q set SECRET --file random
		tfsecrets get SECRET | cmp - random
	done
	head -c 1048577 /dev/urandom >random
	run --separate-stderr tfsecrets set SECRET --file random
	[ "$status" -ne 0 ]
	says 1048576
}

@test "a secret on the command line is refused with what to do" {
	a_project
	run --separate-stderr tfsecrets set "DATABASE_URL=$database_url"
	fails 2 "tfsecrets set --env prod DATABASE_URL"
	shows_no_secret
}

@test "a plain value may stand on the command line" {
	a_project
	tfsecrets -q set LOG_LEVEL=debug
	[ "$(tfsecrets get LOG_LEVEL)" = debug ]
	grep -qx 'LOG_LEVEL: debug' tfsecrets/prod/config.yaml
}

@test "the guard refuses a config value that looks like a secret" {
	a_project
	before=$(fingerprint)
	run --separate-stderr tfsecrets set BACKEND_URL=https://user:s3cr3t-in-the-url@example.org
	fails 4 "'BACKEND_URL'"
	says "not-secret"
	shows_no_secret
	[ "$(fingerprint)" = "$before" ]
}

@test "not-secret with a reason quiets the guard" {
	a_schema <<-END
		  PUBLIC_DSN: {kind: config, not-secret: the browser has it anyway}
	END
	tfsecrets -q set PUBLIC_DSN=https://key:part@example.org/1
	[ "$(tfsecrets get PUBLIC_DSN)" = https://key:part@example.org/1 ]
}

@test "a value against its type or constraint is refused without being shown" {
	a_schema <<-END
		  PORT: {kind: config, type: port}
		  LEVEL: {kind: config, one-of: [debug, info]}
		  SECRET: {kind: secret, min-length: 32, pattern: ^sk-}
	END
	run --separate-stderr tfsecrets set PORT=70000
	fails 4 "'PORT'"
	run --separate-stderr tfsecrets set LEVEL=loud
	fails 4 "'LEVEL'"
	run --separate-stderr tfsecrets set SECRET <<<sk-hunter2
	fails 4 "min-length 32"
	[[ $stderr != *hunter2* ]]
	[ ! -e tfsecrets/prod/sealed/SECRET ]
}

@test "an unknown setting gets a suggestion" {
	a_project
	run --separate-stderr tfsecrets set DATABASE_ULR <<<x
	fails 2 "did you mean 'DATABASE_URL'?"
	run --separate-stderr tfsecrets get LOG_LEVLE
	fails 2 "did you mean 'LOG_LEVEL'?"
}

@test "unset seals a tombstone, so that an old file cannot come back as the first" {
	a_project
	tfsecrets -q unset DATABASE_URL
	grep -qx unset tfsecrets/prod/sealed/DATABASE_URL
	grep -qx 'generation 2' tfsecrets/prod/sealed/DATABASE_URL
	run --separate-stderr tfsecrets get DATABASE_URL
	fails 4 "'DATABASE_URL' has no value"
	tfsecrets -q unset LOG_LEVEL
	run ! grep LOG_LEVEL tfsecrets/prod/config.yaml
}

@test "seal takes secrets out of config.yaml and leaves the rest byte for byte" {
	a_project
	cat >tfsecrets/prod/config.yaml <<-'END'
		# what the frontend needs
		FRONTEND_URL: "https://taskflow.example.org"   # the browser's

		BACKEND_URL: 'https://api.example.org'
		OPENAI_API_KEY: sk-proj-written-in-the-clear-0123456789   # oops
		LOG_LEVEL: >-
		  info
		NODE_ENV: production
	END
	run --separate-stderr tfsecrets check
	[ "$status" -eq 3 ]
	prints "OPENAI_API_KEY"
	run --separate-stderr tfsecrets render
	fails 4 "OPENAI_API_KEY"
	tfsecrets -q seal
	grep -v OPENAI tfsecrets/prod/config.yaml >without
	cat >expected <<-'END'
		# what the frontend needs
		FRONTEND_URL: "https://taskflow.example.org"   # the browser's

		BACKEND_URL: 'https://api.example.org'
		LOG_LEVEL: >-
		  info
		NODE_ENV: production
	END
	cmp expected tfsecrets/prod/config.yaml
	[ "$(tfsecrets get OPENAI_API_KEY)" = sk-proj-written-in-the-clear-0123456789 ]
}

@test "seal generates what the schema says, with its alphabet and length" {
	a_schema <<-END
		  A: {kind: secret, generate: 40}
		  B: {kind: secret, generate: {length: 24, alphabet: hex}}
		  C: {kind: secret, generate: {length: 33, alphabet: alphanumeric}}
	END
	tfsecrets -q seal
	[[ $(tfsecrets get A) =~ ^[A-Za-z0-9_-]{40}$ ]]
	[[ $(tfsecrets get B) =~ ^[0-9a-f]{24}$ ]]
	[[ $(tfsecrets get C) =~ ^[A-Za-z0-9]{33}$ ]]
	before=$(fingerprint)
	tfsecrets -q seal
	[ "$(fingerprint)" = "$before" ]
}

@test "seal says what is still missing when nobody can be asked" {
	a_schema <<-END
		  SECRET: {kind: secret}
	END
	run --separate-stderr tfsecrets seal </dev/null
	fails 4 "SECRET"
	says "tfsecrets set"
}

@test "anyone can seal without being able to read" {
	a_project
	tfsecrets -q keygen -o "$HOME/bob" >/dev/null
	printf 'bobs' | tfsecrets set OPENAI_API_KEY --identity "$HOME/bob" 2>err || true
	cat err
	grep -q pending err || grep -q 'pattern' err
	run --separate-stderr tfsecrets get DATABASE_URL --identity "$HOME/bob"
	fails 4 "is not a reader of 'prod'"
}

@test "a value in a file of random .env bytes: accepted means it reads back, refused names a line" {
	tfsecrets -q init --env prod --name alice
	for i in $(seq 30); do
		head -c $((i * 7)) /dev/urandom >random.env
		run --separate-stderr tfsecrets seal --env prod --from random.env
		[ "$status" -eq 0 ] || [[ $stderr == *random.env:* ]] || [[ $stderr == *"random.env"* ]]
	done
}

@test "an environment that is not there gets a suggestion" {
	a_project
	run --separate-stderr tfsecrets get LOG_LEVEL -e prdo
	fails 2 "did you mean 'prod'?"
}

@test "with several environments one must be named" {
	tfsecrets -q init --env dev --env prod --name alice
	run --separate-stderr tfsecrets seal
	fails 2 "which environment? give --env dev or prod"
}

@test "outside of a project the error says how to make one" {
	cd "$HOME"
	run --separate-stderr tfsecrets check
	fails 1 "tfsecrets init"
}

@test "the project is found from a directory below, and by -C" {
	a_project
	mkdir -p deep/er
	(cd deep/er && [ "$(tfsecrets get LOG_LEVEL)" = info ])
	(cd / && [ "$(tfsecrets -C "$BATS_TEST_TMPDIR/taskflow" get LOG_LEVEL)" = info ])
	(cd / && [ "$(tfsecrets get -C "$BATS_TEST_TMPDIR/taskflow/deep" LOG_LEVEL)" = info ])
}
