#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What somebody with write access to the repository prepares for the next command that makes a roster.
load common
load team

first=$roster/0001
second=$roster/0002

bob_line()
{
	printf 'member bob %s %s' "$(recipient bob)" "$(signing bob)"
}

# nothing_follows TEXT: no command makes the next roster, for this reason
nothing_follows()
{
	local command

	for command in "rotate -e prod" "member add carol --keys $carol --env prod --read" "member remove alice --env dev" \
		"roster threshold 1" "roster sync" "roster bind -e prod --namespace x" "roster sign" "roster withdraw"; do
		# shellcheck disable=SC2086 # words
		refused 4 "$1" tfsecrets $command || { echo "$command"; return 1; }
	done
}

@test "own recipient in the signed roster: nothing follows it" {
	sed -i "s|^member alice.*|&\n$(bob_line)|;/^environment prod/,\$s|^reader alice|&\nreader bob|" "$first"
	nothing_follows "$first: signature 1 does not verify"
	forge roster "$first" --as "$bob"
	nothing_follows "$first: signature 1 is not by an admin of roster 1"
}

@test "own recipient in an unsigned roster: a rotation does not give it the key" {
	sed '/^end$/q' "$first" | sed "s/^serial .*/serial 2/;s/^previous .*/previous $(sed '/^end$/q' "$first" | sha256sum | cut -d ' ' -f 1)/
		s|^member alice.*|&\n$(bob_line)|;/^environment prod/,\$s|^reader alice|&\nreader bob|" >"$second"
	for command in "rotate -e prod" "member add carol --keys $carol --env prod --read" "roster sync"; do
		# shellcheck disable=SC2086 # words
		refused 4 "roster 2 still lacks signatures" tfsecrets $command
	done
	refused 4 "cannot open 'tfsecrets/prod/key.age.proposed'" tfsecrets roster sign
	cp tfsecrets/prod/key.age tfsecrets/prod/key.age.proposed
	refused 4 "tfsecrets/prod/key.age.proposed: has 1 stanzas, the roster has 2 readers" tfsecrets roster sign
	works tfsecrets roster withdraw
	works tfsecrets rotate -e prod
	run ! age -d -i "$bob" tfsecrets/prod/key.age
	check_is_quiet
}

@test "a key.age with a stanza more, or with another key, is not carried on" {
	cp tfsecrets/prod/key.age "$HOME/kept"
	age -d -i "$alice" tfsecrets/prod/key.age | age -a -r "$(recipient alice)" -r "$(recipient bob)" >"$HOME/more"
	cp "$HOME/more" tfsecrets/prod/key.age
	refused 4 "tfsecrets/prod/key.age: is not the file that roster 1 names" tfsecrets rotate -e prod
	refused 4 "tfsecrets/prod/key.age: is not the file that roster 1 names" \
		tfsecrets member add carol --keys "$carol" --env prod --read
	rm tfsecrets/prod/key.age
	refused 4 "cannot open 'tfsecrets/prod/key.age'" tfsecrets rotate -e prod
	ln -s "$HOME/kept" tfsecrets/prod/key.age
	refused 4 "'tfsecrets/prod/key.age'" tfsecrets rotate -e prod
}

# outside: a folder that nothing may touch, and its state
outside()
{
	mkdir "$HOME/outside"
	echo mine >"$HOME/outside/key.age"
	echo mine >"$HOME/outside/key.age.proposed"
	outside_before=$(ls -lR --time-style=full-iso "$HOME/outside")
}

outside_is_untouched()
{
	[ "$(ls -lR --time-style=full-iso "$HOME/outside")" = "$outside_before" ]
}

@test "a link where a key file is to be: replaced, not followed" {
	outside
	tfsecrets -q member add bob --keys "$bob" --admin
	tfsecrets -q roster threshold 2
	ln -s "$HOME/outside/key.age.proposed" tfsecrets/prod/key.age.proposed
	works tfsecrets rotate -e prod
	[ ! -L tfsecrets/prod/key.age.proposed ]
	grep -q 'BEGIN AGE' tfsecrets/prod/key.age.proposed
	rm tfsecrets/prod/key.age.proposed
	ln -s "$HOME/outside/key.age.proposed" tfsecrets/prod/key.age.proposed
	works tfsecrets roster withdraw
	[ ! -L tfsecrets/prod/key.age.proposed ]
	outside_is_untouched
}

@test "a link where an environment is to be: nothing is written or removed behind it" {
	outside
	ln -s "$HOME/outside" tfsecrets/qa
	sed -i 's/^  dev: {}/&\n  qa: {}/' tfsecrets.yaml
	refused 4 "'tfsecrets/qa' is not a directory" tfsecrets roster sync
	outside_is_untouched
	git checkout -q tfsecrets.yaml
	tfsecrets -q member add bob --keys "$bob" --admin
	tfsecrets -q roster threshold 2
	tfsecrets -q rotate -e prod
	refused 4 "'tfsecrets/qa' is not a directory" tfsecrets roster withdraw
	outside_is_untouched
	rm tfsecrets/qa
	works tfsecrets roster withdraw
}

@test "folders that stand where files are to be: found before anything is changed" {
	mkdir tfsecrets/qa tfsecrets/qa/key.age
	sed -i 's/^  dev: {}/&\n  qa: {}/' tfsecrets.yaml
	refused 4 "'tfsecrets/qa/key.age' is a directory, not a file" tfsecrets roster sync
	rmdir tfsecrets/qa/key.age
	works tfsecrets roster sync
}

@test "folders of an environment that are links, pipes or files" {
	outside
	mv tfsecrets/prod/sealed "$HOME/outside/sealed"
	outside_before=$(ls -lR --time-style=full-iso "$HOME/outside")
	ln -s "$HOME/outside/sealed" tfsecrets/prod/sealed
	refused 4 "'tfsecrets/prod/sealed' is not a directory" tfsecrets rotate -e prod
	outside_is_untouched
	rm tfsecrets/prod/sealed
	mkdir tfsecrets/prod/sealed
	mkfifo tfsecrets/prod/sealed/OPENAI_API_KEY
	run timeout 10 "$TFSECRETS" rotate -e prod
	[ "$status" -eq 4 ]
	prints "tfsecrets/prod/sealed/OPENAI_API_KEY"
	[ ! -e "$second" ]
}

@test "what stands where the next roster is to be: a folder, a pipe, a link" {
	mkdir "$second"
	nothing_follows "$second"
	rmdir "$second"
	mkfifo "$second"
	run timeout 10 "$TFSECRETS" rotate -e prod
	[ "$status" -eq 4 ]
	rm "$second"
	ln -s "$HOME/none" "$second"
	nothing_follows "$second"
	[ ! -e "$HOME/none" ]
}

@test "a journal that came along: refused before anything is done" {
	mkdir tfsecrets/.journal
	printf 'put 0 ../evil\n' >tfsecrets/.journal/commit
	echo evil >tfsecrets/.journal/0
	nothing_follows "'tfsecrets/.journal/commit' is not a list of ours"
	[ ! -e ../evil ]
}

@test "a journal that came along with another roster in it: what it puts is held to the rules" {
	mkdir tfsecrets/.journal
	printf 'put 0 %s\n' "$second" >tfsecrets/.journal/commit
	sed "s/^serial .*/serial 2/;s/^previous .*/previous $(sed '/^end$/q' "$first" | sha256sum | cut -d ' ' -f 1)/" "$first" >tfsecrets/.journal/0
	run --separate-stderr tfsecrets rotate -e prod
	fails 4 "$second: signature 1 does not verify"
}

@test "values planted for an environment before the roster has it" {
	mkdir -p tfsecrets/qa/sealed
	cp tfsecrets/prod/sealed/OPENAI_API_KEY tfsecrets/qa/sealed
	sed -i 's/^  dev: {}/&\n  qa: {}/' tfsecrets.yaml
	works tfsecrets roster sync
	check_finds "tfsecrets/qa/sealed/OPENAI_API_KEY: was sealed for another environment"
	refused 4 "was sealed for another environment" tfsecrets rotate -e qa
}

@test "two at once: one follows the other" {
	tfsecrets -q rotate -e prod &
	tfsecrets -q rotate -e prod &
	tfsecrets -q member add bob --keys "$bob" --env prod --read &
	tfsecrets -q rotate -e dev &
	wait %1 && wait %2 && wait %3 && wait %4
	[ -e "$roster"/0005 ]
	check_is_quiet
	reads bob prod
}

# many MEMBERS ENVIRONMENTS READERS: a roster 0002 with so many, signed by alice
many()
{
	python3 - "$@" "$alice" "$here" <<-'END'
		import hashlib, re, subprocess, sys
		count, environments, readers = map(int, sys.argv[1:4])
		sys.path.insert(0, sys.argv[5])
		import forge
		from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
		raw = (forge.Encoding.Raw, forge.PublicFormat.Raw)
		text = open("tfsecrets/roster/0001").read()
		body = text[: text.index("\nend\n") + 5]
		lines, names = [], [f"m{i:04}" for i in range(count)]
		for name in names:
		    public = forge.X25519PrivateKey.generate().public_key().public_bytes(*raw)
		    lines.append(f"member {name} {forge.bech32_encode('age', public)} ssh-ed25519 "
		                 + forge.base64.b64encode(forge.wire(Ed25519PrivateKey.generate())).decode() + "\n")
		body = re.sub("^(member alice.*\n)", lambda m: m.group() + "".join(lines), body, flags=re.M)
		body = body.replace("serial 1\n", "serial 2\n").replace("previous -", "previous " + hashlib.sha256(
		    text[: text.index("\nend\n") + 5].encode()).hexdigest())
		more = ""
		for i in range(environments):
		    public = forge.X25519PrivateKey.generate().public_key().public_bytes(*raw)
		    more += (f"environment v{i:03}\nepoch 1\nkey {forge.bech32_encode('tfsecrets', public)}\nwrapped {'0' * 64}\n"
		             + "".join(f"reader {name}\n" for name in names[:readers]) + "removed 0\n")
		body = body.replace("\nend\n", "\n" + more + "end\n")
		open("tfsecrets/roster/0002", "w").write(body)
		forge.sign_roster("tfsecrets/roster/0002", [sys.argv[4]])
	END
}

@test "1,000 members and 100 environments: read, changed and shown" {
	many 1000 100 70
	works tfsecrets member add bob --keys "$bob" --env prod --read --seal
	refused 4 "the key of 'v000' is needed for this, which only a reader has: m0000, m0001, " \
		tfsecrets member remove m0001
	works tfsecrets rotate -e prod
	works tfsecrets member remove m0999
	tfsecrets member list -o json | python3 -c 'import json, sys; assert len(json.load(sys.stdin)["members"]) == 1001'
	works tfsecrets roster show
	[ "$(grep -c ' comes: ' <<<"$output")" -eq 1002 ]
	reads bob prod
}

# all_read: everybody in the last roster reads prod, by a key file that is made for them
all_read()
{
	local wrapped

	sed -n 's/^member [^ ]* \(age1[^ ]*\).*/\1/p' "$second" >"$HOME/recipients"
	age -d -i "$alice" tfsecrets/prod/key.age | age -a -R "$HOME/recipients" >"$HOME/key"
	mv "$HOME/key" tfsecrets/prod/key.age
	wrapped=$(sha256sum <tfsecrets/prod/key.age | cut -d ' ' -f 1)
	sed -n 's/^member \([^ ]*\).*/reader \1/p' "$second" >"$HOME/readers"
	sed -i "/^environment prod/,\$s/^wrapped .*/wrapped $wrapped/
		/^environment prod/,\${/^reader alice/{r $HOME/readers
		d}}" "$second"
	forge roster "$second" --as "$alice"
}

@test "a key file has 1,024 readers at most" {
	many 1023 0 0
	all_read
	reads alice prod
	works tfsecrets rotate -e prod
	check_is_quiet
	tfsecrets -q member add bob --keys "$bob"
	refused 4 "prod: " tfsecrets member add bob --env prod --read
	says "more than 1,024 stanzas"
}

@test "a roster of more than 1 MiB is not written" {
	many 3600 50 400
	[ "$(wc -c <"$second")" -gt 800000 ]
	works tfsecrets member list
	sed -i 's/^  dev: {}/&\n'"$(printf '  e%02d: {}\\n' {1..45}; printf '  v%03d: {}\\n' {0..49})"'/' tfsecrets.yaml
	refused 1 "the roster is larger than 1048576 bytes" tfsecrets roster sync --like v000
}
