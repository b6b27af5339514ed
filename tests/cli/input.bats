#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# .env files that are refused: file and line are named, nothing is written, no value is shown.
load common
load victim

# env_refused TEXT: what stands in bad.env
env_refused()
{
	refuses "$1" seal -e prod --from bad.env || return 1
	[[ $stderr != *canary* ]] || { echo "shows a value: $stderr"; return 1; }
}

# env_malformed TEXT: as env_refused, where the file itself is at fault; init refuses it as well
env_malformed()
{
	local before
	before=$(fingerprint)
	run --separate-stderr tfsecrets seal -e prod --from bad.env
	[ "$status" -eq 1 ] || [ "$status" -eq 4 ] || { echo "status $status: $output"; return 1; }
	says "$1"
	[[ $stderr != *canary* ]] || { echo "shows a value: $stderr"; return 1; }
	[ "$(fingerprint)" = "$before" ]
	mkdir ../new
	cp bad.env ../new
	run --separate-stderr tfsecrets -C ../new init --from bad.env --name alice
	[ "$status" -eq 1 ] || [ "$status" -eq 4 ] || { echo "init: status $status: $output"; return 1; }
	says "$1"
	[[ $stderr != *canary* ]] || { echo "shows a value: $stderr"; return 1; }
	[ "$(ls -A ../new)" = bad.env ] || { echo "init wrote $(ls -A ../new)"; return 1; }
	rm -r ../new
}

@test "a .env that is not one names file and line" {
	local cases=(
		'LOG_LEVEL=canary\nLOG_LEVEL=canary\n|bad.env:2'
		'A=1\nLOG_LEVEL="canary\nx\n|bad.env:2'
		"LOG_LEVEL='canary\n\n\n|bad.env:1"
		'1ST=canary\n|bad.env:1'
		'LOG-LEVEL=canary\n|bad.env:1'
		'LOG_LEVEL canary\n|bad.env:1'
		'=canary\n|bad.env:1'
		'export\n|bad.env:1'
		'LOG_LEVEL="canary" x\n|bad.env:1'
		"LOG_LEVEL='canary'x\n|bad.env:1"
		'# fine\n\nLOG_LEVEL=info\ncanary\n|bad.env:4'
		'LOG_LEVEL=a\0canary\n|bad.env:1'
	)
	for case in "${cases[@]}"; do
		printf %b "${case%|*}" >bad.env
		env_malformed "${case##*|}" || { echo "$case"; return 1; }
	done
}

@test "a good line before a bad value changes nothing" {
	printf 'LOG_LEVEL=debug\nDATABASE_URL=postgresql://new:canary@db/x\nNO_SUCH_SETTING=canary\n' >bad.env
	env_refused "bad.env:3"
	sed -i '/^  BACKEND_URL:/,/type:/s/type:.*/type: port/' tfsecrets.yaml
	printf 'LOG_LEVEL=debug\nBACKEND_URL=canary\n' >bad.env
	env_refused "bad.env:2"
	[ "$(tfsecrets get -e prod LOG_LEVEL)" = info ]
}

@test "a .env that is not there, a folder, too large" {
	local before
	before=$(fingerprint)
	for file in nowhere . /dev/null/x; do
		run --separate-stderr tfsecrets seal -e prod --from "$file"
		fails 1 "'$file'" || return 1
	done
	head -c 5000000 /dev/zero | tr '\0' '#' >../large.env
	run --separate-stderr tfsecrets seal -e prod --from ../large.env
	[ "$status" -eq 1 ] || [ "$status" -eq 4 ]
	says "../large.env"
	[ "$(fingerprint)" = "$before" ]
}

@test "random bytes are refused with file and line, or read back the same" {
	cat >tfsecrets.yaml <<-'END'
		version: 1
		project: taskflow
		environments: {prod: {}, dev: {}}
		settings: {A: {kind: secret}, B: {kind: secret, optional: true}}
	END
	rm -r tfsecrets/prod/config.yaml tfsecrets/prod/sealed
	python3 - <<-'END'
		import os, random, subprocess
		random.seed(7)
		pieces = [b"A", b"B", b"=", b"'", b'"', b"\\", b"\n", b" ", b"#", b"$", b"\r\n", b"\t", b"\xff",
		          b"\xc3\xa9", b"x", b"\0", b"export "]
		accepted = refused = 0
		for round in range(150):
		    text = b"A=" + b"".join(random.choice(pieces) for _ in range(random.randrange(12)))
		    open("random.env", "wb").write(text)
		    run = subprocess.run([os.environ["TFSECRETS"], "seal", "-e", "prod", "--from", "random.env"],
		                         capture_output=True)
		    if run.returncode == 0:
		        accepted += 1
		        value = subprocess.run([os.environ["TFSECRETS"], "get", "-e", "prod", "A"],
		                               capture_output=True, check=True).stdout
		        assert b"\0" not in value
		        if not set(text) & set(b"'\"\\#\r\n \t\0"):
		            assert text[2:] == value, (text, value)
		    else:
		        refused += 1
		        assert run.returncode in (1, 4) and b"random.env:" in run.stderr, (text, run)
		assert accepted > 20 and refused > 20, (accepted, refused)
	END
}

@test "a value on standard input: none, exactly the maximum, a byte more" {
	local before
	sed -i 's/^    pattern:.*//' tfsecrets.yaml
	head -c 1048576 /dev/zero | tr '\0' x >largest
	tfsecrets -q set -e prod OPENAI_API_KEY <largest
	tfsecrets get -e prod OPENAI_API_KEY | cmp - largest
	before=$(fingerprint)
	{ cat largest; printf x; } >../larger
	run --separate-stderr tfsecrets set -e prod OPENAI_API_KEY <../larger
	fails 4 "'OPENAI_API_KEY' is larger than 1048576 bytes"
	{ cat largest; printf xy; } >../larger
	run --separate-stderr tfsecrets set -e prod OPENAI_API_KEY <../larger
	fails 1 "'standard input' is larger than"
	[ "$(fingerprint)" = "$before" ]
	tfsecrets -q set -e prod OPENAI_API_KEY </dev/null
	tfsecrets get -e prod OPENAI_API_KEY | cmp - /dev/null
}

@test "a value of the maximum with its line feed is taken from standard input" {
	head -c 1048576 /dev/zero | tr '\0' x >largest
	{ cat largest; echo; } | tfsecrets -q set -e prod OPENAI_API_KEY
	tfsecrets get -e prod OPENAI_API_KEY | cmp - largest
}
