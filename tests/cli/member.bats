#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# member add, member remove, member list: in real repositories, by people with keys of their own.
load common
load team

second=tfsecrets/roster/0002

@test "add by what keygen printed, and by an identity file's comment lines" {
	works tfsecrets member add bob --keys "$HOME/bob.pub" --env prod --read --seal
	says "bob comes: recipient $(recipient bob), signing key SHA256:"
	says "prod: bob reads"
	says "roster 2 is in force"
	says "its pin, for CI and others: $(tfsecrets roster pin)"
	grep -qxF "member bob $(recipient bob) $(signing bob)" "$second"
	works tfsecrets member add carol --keys "$carol" --env dev --read
	grep -qxF "member carol $(recipient carol) $(signing carol)" "$roster"/0003
	for secret in "$bob" "$carol"; do
		run ! grep -rqF "$(grep AGE-SECRET "$secret")" .
	done
	check_is_quiet
	reads bob prod
	reads carol dev
	reads_not carol prod
	reads_not bob dev
}

@test "add changes one key.age for each environment and no sealed file" {
	works tfsecrets member add bob --keys "$HOME/bob.pub" --env prod --read
	[ "$(changed)" = " M tfsecrets/prod/key.age
?? $second" ]
	commit
	works tfsecrets member add carol --keys "$HOME/carol.pub" --env prod --env dev --read --seal
	[ "$(changed)" = " M tfsecrets/dev/key.age
 M tfsecrets/prod/key.age
?? tfsecrets/roster/0003" ]
	commit
	works tfsecrets member add ci --keys "$HOME/ci.pub" --env dev --seal
	[ "$(changed)" = "?? tfsecrets/roster/0004" ]
	for number in 1 2 3 4; do
		[ "$(of_environment "$roster"/000$number prod epoch)" = 1 ]
		[ "$(of_environment "$roster"/000$number prod removed)" = 0 ]
	done
	check_is_quiet
}

@test "who is added opens key.age with stock age" {
	tfsecrets -q member add bob --keys "$HOME/bob.pub" --env prod --read
	age -d -i "$bob" tfsecrets/prod/key.age >plain
	[ "$(sed -n 2,4p plain)" = "project-id $(field "$roster"/0001 project-id)
environment prod
epoch 1" ]
	[ "$(wc -l <plain)" -eq 6 ]
	run ! age -d -i "$bob" tfsecrets/dev/key.age
}

@test "add by a key that the real ssh-keygen made: it reads and seals" {
	ssh-keygen -q -t ed25519 -N '' -C 'bob@host with blanks' -f ssh
	works tfsecrets member add bob --ssh-key ssh.pub --env prod --read --seal
	grep -qxF "member bob $(cut -d ' ' -f 1,2 ssh.pub) $(cut -d ' ' -f 1,2 ssh.pub)" "$second"
	says "signing key $(ssh-keygen -lf ssh.pub | cut -d ' ' -f 2)"
	[ "$(tfsecrets get -e prod DATABASE_URL --identity ssh)" = "$database_url" ]
	tfsecrets -q set -e prod OPENAI_API_KEY --identity ssh <<<another
	mv ssh ssh.pub "$HOME"
	check_is_quiet
}

@test "other SSH keys and private ones are refused by name" {
	ssh-keygen -q -t rsa -b 2048 -N '' -f rsa
	ssh-keygen -q -t ecdsa -N '' -f ecdsa
	ssh-keygen -q -t ed25519 -N '' -f ssh
	for key in rsa ecdsa; do
		refused 2 "'$key.pub' is not an OpenSSH Ed25519 public key" \
			tfsecrets member add bob --ssh-key $key.pub --env prod --read
	done
	for key in rsa ecdsa ssh; do
		refused 2 "'$key' is a private key; '$key.pub' is what others need" \
			tfsecrets member add bob --ssh-key $key --env prod --read
	done
	refused 2 "'$bob' is not an OpenSSH Ed25519 public key" \
		tfsecrets member add bob --ssh-key "$bob" --env prod --read
	: >empty
	refused 2 "'empty' is not an OpenSSH Ed25519 public key" \
		tfsecrets member add bob --ssh-key empty --env prod --read
	refused 1 "'none'" tfsecrets member add bob --ssh-key none --env prod --read
}

@test "add only a reader, only a sealer, an admin alone" {
	works tfsecrets member add bob --recipient "$(recipient bob)" --env prod --read
	grep -qxF "member bob $(recipient bob) -" "$second"
	works tfsecrets member add carol --signing-key "$(signing carol)" --env prod --seal
	grep -qxF "member carol - $(signing carol)" "$roster"/0003
	works tfsecrets member add ci --signing-key "$(signing ci)" --admin
	grep -qx "admin ci" "$roster"/0004
	says "ci is an admin"
	reads bob prod
	works as carol -q set -e prod OPENAI_API_KEY --file "$HOME/bob.pub"
	reads_not carol prod
	works as ci member add dave --keys "$HOME/dave.pub"
	says "'dave' may do nothing yet"
	check_is_quiet
}

@test "a reader without a recipient, a sealer or admin without a signing key: the rule" {
	refused 4 "the new roster: 'prod': a sealer has no signing key" \
		tfsecrets member add bob --recipient "$(recipient bob)" --env prod --seal
	refused 4 "the new roster: 'bob': an admin has no signing key" \
		tfsecrets member add bob --recipient "$(recipient bob)" --admin
	refused 4 "'bob' would read 'prod', but has no recipient" \
		tfsecrets member add bob --signing-key "$(signing bob)" --env prod --read
}

@test "keys that another member has" {
	refused 4 "'bob': another member has the same recipient" tfsecrets member add bob --keys "$alice"
	tfsecrets -q member add carol --keys "$carol"
	refused 4 "'carol': another member has the same signing key" \
		tfsecrets member add bob --signing-key "$(signing carol)"
}

@test "more rights for a member: no keys are given, the old ones stay" {
	tfsecrets -q member add bob --keys "$bob"
	works tfsecrets member add bob --env dev --read
	says "dev: bob reads"
	works tfsecrets member add bob --env dev --env prod --seal --admin
	says "bob is an admin"
	[ "$(grep -c '^member bob ' "$roster"/0004)" -eq 1 ]
	grep -qxF "member bob $(recipient bob) $(signing bob)" "$roster"/0004
	[ "$(of_environment "$roster"/0004 dev reader | paste -sd ,)" = alice,bob ]
	[ "$(of_environment "$roster"/0004 prod reader)" = alice ]
	[ "$(of_environment "$roster"/0004 prod sealer | paste -sd ,)" = alice,bob ]
	commit
	refused 4 "roster 4 says all of this already" tfsecrets member add bob --env dev --read --admin
}

@test "--replace with a new recipient: a new epoch, what was readable is to be changed" {
	tfsecrets -q member add bob --keys "$bob" --env prod --read --seal
	commit
	works tfsecrets member add bob --replace --keys "$carol"
	says "bob has another recipient: $(recipient carol), not $(recipient bob)"
	says "prod: epoch 2 begins with a new key, as a reader left"
	says "prod: bob could read these, and git's history keeps them readable; change them at the source:"
	[ "$(of_environment "$roster"/0003 prod removed)" = 2 ]
	[ "$(of_environment "$roster"/0003 dev epoch)" = 1 ]
	reads carol prod
	reads_not bob prod
	works tfsecrets check
	prints "due: 'DATABASE_URL' of 'prod': change it at the source, a reader who has left could read it"
}

@test "--replace with a new signing key only: the member's values are resealed in the same epoch" {
	tfsecrets -q member add bob --keys "$bob" --env prod --read --seal
	as bob -q set -e prod OPENAI_API_KEY <<<"by bob"
	commit
	cp tfsecrets/prod/sealed/OPENAI_API_KEY "$HOME/before"
	works tfsecrets member add bob --replace --signing-key "$(signing carol)"
	says "bob has another signing key:"
	says "prod: what was sealed by who seals no more is sealed anew"
	says "sealed 1 value anew"
	grep -qxF "member bob $(recipient bob) $(signing carol)" "$roster"/0003
	[ "$(changed)" = " M tfsecrets/prod/sealed/OPENAI_API_KEY
?? tfsecrets/roster/0003" ]
	for name in epoch changed changed-at value-id; do
		[ "$(field "$HOME/before" $name)" = "$(field tfsecrets/prod/sealed/OPENAI_API_KEY $name)" ]
	done
	[ "$(field tfsecrets/prod/sealed/OPENAI_API_KEY generation)" = 3 ]
	[ "$(field tfsecrets/prod/sealed/OPENAI_API_KEY previous)" = "$(sha256sum <"$HOME/before" | cut -d ' ' -f 1)" ]
	[ "$(of_environment "$roster"/0003 prod epoch)" = 1 ]
	check_is_quiet --against HEAD
	[ "$(tfsecrets get -e prod OPENAI_API_KEY)" = "by bob" ]
}

@test "--replace of one key keeps the other, and may add the one that was lacking" {
	tfsecrets -q member add bob --recipient "$(recipient bob)"
	works tfsecrets member add bob --replace --signing-key "$(signing bob)" --env prod --seal
	grep -qxF "member bob $(recipient bob) $(signing bob)" "$roster"/0003
	works tfsecrets member add bob --replace --recipient "$(recipient carol)"
	grep -qxF "member bob $(recipient carol) $(signing bob)" "$roster"/0004
	check_is_quiet
}

@test "an admin replaces his own keys, and is then known by the new ones" {
	refused 4 "the values of 'dev' are resealed with this" tfsecrets member add alice --replace --keys "$bob"
	works tfsecrets member add alice --replace --keys "$bob" --identity "$alice" --identity "$bob"
	says "alice has another signing key"
	check_is_quiet
	reads bob prod
	reads bob dev
	reads_not alice prod
	refused 4 "admins of roster 2: alice" tfsecrets member add carol --keys "$carol"
	works as bob -q member add carol --keys "$carol"
}

# tombstones and values before and after
everything_resealed()
{
	local file before=$1 path name

	for file in "$before"/*; do
		path=tfsecrets/prod/sealed/${file##*/}
		for name in changed changed-at value-id setting project-id; do
			[ "$(field "$file" $name)" = "$(field "$path" $name)" ]
		done
		[ "$(field "$path" epoch)" = "$2" ]
		[ "$(field "$path" generation)" = $(($(field "$file" generation) + 1)) ]
		[ "$(field "$path" previous)" = "$(sha256sum <"$file" | cut -d ' ' -f 1)" ]
		[ "$(sed -n 13p "$path")" = "$(sed -n 13p "$file")" ]
	done
}

@test "remove: a new epoch, every value and tombstone resealed, 'removed' is the epoch" {
	tfsecrets -q member add bob --keys "$bob" --env prod --read --seal
	as bob -q set -e prod OPENAI_API_KEY <<<"by bob"
	optional BETTER_AUTH_SECRET
	tfsecrets -q unset -e prod BETTER_AUTH_SECRET
	commit
	cp -r tfsecrets/prod/sealed "$HOME/before"
	works tfsecrets member remove bob
	says "bob leaves"
	says "prod: epoch 2 begins with a new key, as a reader left"
	says "sealed 3 values anew"
	everything_resealed "$HOME/before" 2
	grep -qx unset tfsecrets/prod/sealed/BETTER_AUTH_SECRET
	[ "$(of_environment "$roster"/0003 prod removed)" = 2 ]
	[ "$(of_environment "$roster"/0003 prod reader)" = alice ]
	run ! grep -q bob "$roster"/0003
	[ "$(of_environment "$roster"/0003 dev epoch)" = 1 ]
	git diff --quiet -- tfsecrets/dev
	check_is_quiet --against HEAD
	[ "$(tfsecrets get -e prod OPENAI_API_KEY)" = "by bob" ]
}

@test "who was removed cannot open the new key.age, and can the old one from git's history" {
	tfsecrets -q member add bob --keys "$bob" --env prod --read
	commit with-bob
	tfsecrets -q member remove bob
	commit without
	run ! age -d -i "$bob" tfsecrets/prod/key.age
	git show HEAD~:tfsecrets/prod/key.age >"$HOME/old"
	age -d -i "$bob" "$HOME/old" | grep -q '^key TFSECRETS-ENV-KEY-1'
	reads_not bob prod
	age -d -i "$alice" tfsecrets/prod/key.age >"$HOME/plain"
	[ "$(field "$HOME/plain" epoch)" = 2 ]
	[ "$(field "$HOME/plain" previous)" = "$(age -d -i "$alice" "$HOME/old" | sed -n 's/^key //p')" ]
}

@test "change at the source: listed until a different value is sealed, not the same" {
	tfsecrets -q member add bob --keys "$bob" --env prod --read
	works tfsecrets member remove bob
	says "prod: bob could read these, and git's history keeps them readable; change them at the source: BETTER_AUTH_SECRET, DATABASE_URL, OPENAI_API_KEY"
	works tfsecrets check
	prints "due: 'OPENAI_API_KEY' of 'prod': change it at the source, a reader who has left could read it"
	check_finds OPENAI_API_KEY --strict
	printf %s "$openai_key" | tfsecrets -q set -e prod OPENAI_API_KEY
	works tfsecrets check
	prints OPENAI_API_KEY
	printf %s "$openai_key-2" | tfsecrets -q set -e prod OPENAI_API_KEY
	works tfsecrets check
	case $output in *OPENAI_API_KEY*) false ;; esac
	prints DATABASE_URL
}

@test "remove only rights: --env, --read, --seal, --admin" {
	tfsecrets -q member add bob --keys "$bob" --env prod --env dev --read --seal --admin
	commit
	works tfsecrets member remove bob --admin
	says "bob is no admin any more"
	[ "$(changed)" = "?? tfsecrets/roster/0003" ]
	commit
	works tfsecrets member remove bob --env prod --seal
	says "prod: bob seals no more"
	[ "$(changed)" = "?? tfsecrets/roster/0004" ]
	reads bob prod
	works tfsecrets member remove bob --env prod --read
	says "prod: bob reads no more"
	[ "$(of_environment "$roster"/0005 prod epoch)" = 2 ]
	[ "$(of_environment "$roster"/0005 dev epoch)" = 1 ]
	reads_not bob prod
	reads bob dev
	works tfsecrets member remove bob --env dev
	says "dev: bob reads no more"
	says "dev: bob seals no more"
	reads_not bob dev
	grep -q "^member bob " "$roster"/0006
	check_is_quiet
}

@test "who may seal no more: what he sealed is resealed in the same epoch" {
	tfsecrets -q member add bob --keys "$bob" --env prod --seal
	as bob -q set -e prod OPENAI_API_KEY <<<"by bob"
	optional BETTER_AUTH_SECRET
	as bob -q unset -e prod BETTER_AUTH_SECRET
	commit
	works tfsecrets member remove bob
	[ "$(changed)" = " M tfsecrets/prod/sealed/BETTER_AUTH_SECRET
 M tfsecrets/prod/sealed/OPENAI_API_KEY
?? tfsecrets/roster/0003" ]
	[ "$(of_environment "$roster"/0003 prod epoch)" = 1 ]
	check_is_quiet --against HEAD
	[ "$(tfsecrets get -e prod OPENAI_API_KEY)" = "by bob" ]
}

@test "the last reader, the last admin, a threshold above the admins" {
	refused 4 "'dev' would have no reader" tfsecrets member remove alice
	refused 4 "'prod' would have no reader" tfsecrets member remove alice --env prod --read
	refused 4 "the threshold is greater than the number of admins" tfsecrets member remove alice --admin
	refused 4 "the threshold is greater than the number of admins" tfsecrets roster threshold 2
}

@test "an admin who is no reader or no sealer is told who could" {
	tfsecrets -q member add bob --keys "$bob" --admin
	tfsecrets -q member add carol --keys "$carol" --env prod --read
	tfsecrets -q member add dave --keys "$dave" --env prod --seal
	refused 4 "the key of 'prod' is needed for this, which only a reader has: alice or carol" \
		as bob member add ci --keys "$ci" --env prod --read
	refused 4 "which only a reader has: alice or carol" as bob member remove carol
	refused 4 "which only a reader has: alice or carol" as bob rotate --env prod
	tfsecrets -q member add bob --env prod --read
	refused 4 "the values of 'prod' are resealed with this, by one who reads and seals it: alice" \
		as bob member remove carol
	refused 4 "by one who reads and seals it: alice" as bob member remove dave
	works as bob -q member add ci --keys "$ci" --env prod --read
	refused 4 "says all of this already" as bob member remove ci --env dev
}

@test "who is no admin is told the admins" {
	tfsecrets -q member add bob --keys "$bob" --env prod --read --seal
	tfsecrets -q member add carol --keys "$carol" --admin
	for command in "member add ci --keys $ci" "member remove bob" "rotate --env prod" "roster threshold 2" \
		"roster sync" "roster bind --env prod --namespace x"; do
		# shellcheck disable=SC2086 # words
		refused 4 "a roster is signed by an admin, and this identity is none; admins of roster 3: alice or carol" \
			as bob $command
	done
}

@test "a pending or invalid value blocks a new epoch, by its name" {
	tfsecrets -q member add bob --keys "$bob" --env prod --read
	commit
	as carol -q set -e prod OPENAI_API_KEY <<<"by nobody"
	refused 4 "tfsecrets/prod/sealed/OPENAI_API_KEY: pending" tfsecrets member remove bob
	says "'tfsecrets seal --accept' it first, or take it back"
	refused 4 "tfsecrets/prod/sealed/OPENAI_API_KEY: pending" tfsecrets rotate --env prod
	git checkout -q tfsecrets/prod/sealed/OPENAI_API_KEY
	echo >>tfsecrets/prod/sealed/DATABASE_URL
	refused 4 "tfsecrets/prod/sealed/DATABASE_URL" tfsecrets member remove bob
	says "put a valid file back first (git checkout)"
	git checkout -q tfsecrets/prod/sealed/DATABASE_URL
	works tfsecrets member remove bob
}

@test "misuse ends with 2 and writes nothing" {
	tfsecrets -q member add bob --keys "$bob"
	refused 2 "'Bob' is not a member's name" tfsecrets member add Bob --keys "$bob"
	refused 2 "'bob' is a member already; --replace gives other keys" tfsecrets member add bob --keys "$carol"
	refused 2 "there is no member 'carol'" tfsecrets member add carol --replace --keys "$carol"
	refused 2 "'carol' is no member yet: give --keys FILE" tfsecrets member add carol --env prod --read
	refused 2 "--replace needs the new keys of 'bob'" tfsecrets member add bob --replace
	refused 2 "the keys of 'carol' are given twice" tfsecrets member add carol --keys "$carol" --recipient "$(recipient carol)"
	refused 2 "what may 'bob' do there? give --read, --seal or both" tfsecrets member add bob --env prod
	refused 2 "has no environment 'none'" tfsecrets member add bob --env none --read
	refused 2 "the recipient of 'carol'" tfsecrets member add carol --recipient age1nonsense
	refused 2 "the recipient of 'carol'" tfsecrets member add carol --recipient "age1pq1qqqq"
	refused 2 "the signing key of 'carol' is not 'ssh-ed25519" tfsecrets member add carol --signing-key "$(recipient carol)"
	refused 2 "has no line 'public key:" tfsecrets member add carol --keys tfsecrets.yaml
	refused 2 "there is no member 'dave'" tfsecrets member remove dave
	refused 2 "from which environment? give --env" tfsecrets member remove bob --read
	refused 2 "" tfsecrets member remove
	refused 2 "" tfsecrets member add
	refused 2 "" tfsecrets member add bob carol
	refused 2 "'0' is not a number of admins" tfsecrets roster threshold 0
	refused 2 "'many' is not a number of admins" tfsecrets roster threshold many
	refused 2 "'4294967296' is not a number of admins" tfsecrets roster threshold 4294967296
}

@test "a file with the keys of two people is refused, none is picked" {
	cat "$HOME/bob.pub" "$HOME/carol.pub" >both
	refused 2 "the keys of 'bob' stand there more than once" tfsecrets member add bob --keys both
}

@test "several environments and none named: it is asked for" {
	refused 2 "--env" tfsecrets member add bob --keys "$bob" --read
}

@test "on a terminal it asks, and 'n' changes nothing" {
	before=$(fingerprint)
	run "$here/on_terminal" expect "write it?" send 'n\n' -- \
		"$TFSECRETS" member add bob --keys "$bob" --env prod --read
	[ "$status" -eq 1 ]
	prints "nothing was changed"
	prints "roster 2 will say:"
	[ "$(fingerprint)" = "$before" ]
	run "$here/on_terminal" expect "write it?" send 'y\n' -- \
		"$TFSECRETS" member add bob --keys "$bob" --env prod --read
	[ "$status" -eq 0 ]
	[ -e "$second" ]
	run "$here/on_terminal" -- "$TFSECRETS" member remove bob --yes
	[ "$status" -eq 0 ]
	[ -e "$roster"/0003 ]
}

@test "member list and roster show, as text and as JSON" {
	tfsecrets -q member add bob --keys "$bob" --env prod --read --seal
	tfsecrets -q member add ci --recipient "$(recipient ci)" --env prod --read
	ssh-keygen -q -t ed25519 -N '' -f "$HOME/ssh"
	tfsecrets -q member add dave --ssh-key "$HOME/ssh.pub"
	works tfsecrets member list
	prints "alice (admin)
  reads        dev, prod
  seals        dev, prod
  recipient    $(recipient alice)"
	prints "ci
  reads        prod
  seals        -
  recipient    $(recipient ci)
  signing key  -"
	prints "dave
  reads        -
  seals        -
  recipient    $(ssh-keygen -lf "$HOME/ssh.pub" | cut -d ' ' -f 2)"
	tfsecrets member list -o json >list.json
	tfsecrets roster show -o json >show.json
	python3 - "$(recipient bob)" "$(signing bob)" <<-'END'
		import json, sys
		listed = json.load(open("list.json"))
		assert listed["roster"] == 4, listed
		assert [member["name"] for member in listed["members"]] == ["alice", "bob", "ci", "dave"]
		bob, ci = listed["members"][1:3]
		assert bob == {"name": "bob", "admin": False, "reads": ["prod"], "seals": ["prod"],
		               "recipient": sys.argv[1], "signing-key": sys.argv[2]}, bob
		assert "signing-key" not in ci and listed["members"][0]["admin"] is True
		shown = json.load(open("show.json"))
		assert [roster["serial"] for roster in shown["rosters"]] == [4, 3, 2, 1]
		assert [roster["state"] for roster in shown["rosters"]] == ["in force", "past", "past", "past"]
		assert all(roster["signed-by"] == ["alice"] for roster in shown["rosters"])
		assert any("ci reads" in line for line in shown["rosters"][1]["changes"]), shown
	END
	works tfsecrets roster show
	prints "roster 4, in force, signed by alice"
	prints "roster 3, signed by alice"
	prints "  project $(field "$roster"/0001 project-id) begins"
}
