#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Rosters that need two signatures: proposed, signed, completed, taken back, and tampered with in between.
load common
load team

# alice, bob and carol are admins, and two must sign; alice and bob read and seal prod, carol nothing.
more_for_all()
{
	tfsecrets -q member add bob --keys "$HOME/bob" --env prod --read --seal --admin
	tfsecrets -q member add carol --keys "$HOME/carol" --admin
	tfsecrets -q roster threshold 2
	commit team
}

next=$roster/0005

signers()
{
	grep -c 'BEGIN SSH SIGNATURE' "$1"
}

propose_dave()
{
	as "${1:-alice}" -q member add dave --keys "$HOME/dave" --env prod --read
}

# the signatures stand in the order of the roster before's admins
signed_by()
{
	tfsecrets roster show -o json | python3 -c '
import json, sys
roster = next(r for r in json.load(sys.stdin)["rosters"] if r["serial"] == int(sys.argv[1]))
assert roster["signed-by"] == sys.argv[2:], roster["signed-by"]' "$@"
}

@test "the change of the threshold is signed by as many as before" {
	[ "$(field "$roster"/0004 threshold)" = 2 ]
	[ "$(signers "$roster"/0004)" -eq 1 ]
	check_is_quiet
}

@test "a proposal by one admin: one signature, key.age.proposed, key.age untouched" {
	works tfsecrets member add dave --keys "$dave" --env prod --read
	says "roster 5 is proposed: 1 more signature to come, by 'tfsecrets roster sign'; until then roster 4 is in force"
	[ "$(changed)" = "?? tfsecrets/prod/key.age.proposed
?? $next" ]
	[ "$(signers "$next")" -eq 1 ]
	[ "$(of_environment "$next" prod wrapped)" = "$(sha256sum <tfsecrets/prod/key.age.proposed | cut -d ' ' -f 1)" ]
	age -d -i "$dave" tfsecrets/prod/key.age.proposed >"$HOME/plain"
	[ "$(field "$HOME/plain" key)" = "$(age -d -i "$bob" tfsecrets/prod/key.age | sed -n 's/^key //p')" ]
	check_finds "roster 5 is proposed: 1 of 2 signatures"
	works tfsecrets roster show
	prints "roster 5, proposed, signed by alice
  lacks 1 of 2 signatures, by bob or carol"
	prints "roster 4, in force, signed by alice"
}

@test "while it is proposed everything is read, nothing is written" {
	propose_dave
	reads alice prod
	reads bob prod
	reads_not dave prod
	export KUBECONFIG=$HOME/kubeconfig
	cat >"$KUBECONFIG" <<-END
		{contexts: [{name: x, context: {cluster: c, user: u}}], clusters: [{name: c, cluster: {server: "http://127.0.0.1:9"}}],
		 users: [{name: u, user: {}}]}
	END
	works as bob -q render -e prod
	works as bob -q exec -e prod -- true
	for command in "set -e prod OPENAI_API_KEY --file /dev/null" "seal -e prod" "unset -e prod OPENAI_API_KEY" \
		"rotate -e prod" "member remove dave" "member add ci --keys $ci" "roster threshold 1" \
		"roster sync" "roster bind -e prod --namespace x"; do
		# shellcheck disable=SC2086 # words
		refused 4 "roster 5 still lacks signatures; nothing is sealed until 'tfsecrets roster sign' completes it, or 'tfsecrets roster withdraw' takes it back" \
			as bob $command
	done
	refused 4 "roster 5 still lacks signatures; nothing is applied until 'tfsecrets roster sign' completes it" \
		as bob apply -e prod --context x --namespace x
}

@test "the second admin completes it, also one who reads nothing when no epoch begins" {
	propose_dave
	commit
	works as carol roster sign
	says "dave comes: recipient $(recipient dave)"
	says "prod: dave reads"
	says "roster 5 is in force"
	[ "$(changed)" = " M tfsecrets/prod/key.age
 D tfsecrets/prod/key.age.proposed
 M $next" ]
	signed_by 5 alice carol
	check_is_quiet --against HEAD
	reads dave prod
}

@test "the order of signatures is that of the admins, whoever signs first" {
	propose_dave bob
	signed_by 5 bob
	works as alice -q roster sign
	signed_by 5 alice bob
	check_is_quiet
	works as carol -q roster threshold 3
	works as bob -q roster sign
	signed_by 6 bob carol
	check_is_quiet
	as bob -q member add ci --keys "$ci" --env prod --read
	signed_by 7 bob
	check_finds "roster 7 is proposed: 1 of 3 signatures"
	cp tfsecrets/prod/key.age tfsecrets/prod/key.age.proposed "$HOME"
	works as carol roster sign
	says "roster 7 is proposed: 1 more signature to come"
	cmp "$HOME/key.age" tfsecrets/prod/key.age
	cmp "$HOME/key.age.proposed" tfsecrets/prod/key.age.proposed
	reads_not ci prod
	signed_by 7 bob carol
	check_finds "roster 7 is proposed: 2 of 3 signatures"
	works as alice -q roster sign
	signed_by 7 alice bob carol
	check_is_quiet
	cmp "$HOME/key.age.proposed" tfsecrets/prod/key.age
	reads ci prod
}

@test "two identities at once sign twice" {
	works tfsecrets -q member add dave --keys "$dave" --env prod --read --identity "$bob" --identity "$alice"
	signed_by 5 alice bob
	check_is_quiet
	[ ! -e tfsecrets/prod/key.age.proposed ]
}

@test "an admin whom only the new roster has does not sign it, one who leaves with it does" {
	tfsecrets -q member add ci --keys "$ci" --admin
	refused 4 "admins of roster 4: alice, bob or carol" as ci roster sign
	as carol -q roster sign
	tfsecrets -q member remove carol
	works as carol -q roster sign
	signed_by 6 alice carol
	check_is_quiet
}

@test "the same admin twice, a stranger, and nothing to sign" {
	refused 4 "there is no proposed roster; roster 4 is complete" as bob roster sign
	refused 4 "there is no proposed roster; roster 4 is complete" tfsecrets roster withdraw
	propose_dave
	refused 4 "you have signed roster 5 already; it lacks 1 more signature" tfsecrets roster sign
	refused 4 "admins of roster 4: alice, bob or carol" as ci roster sign
	refused 4 "admins of roster 4: alice, bob or carol" as dave roster sign
}

@test "a new epoch is completed by a reader and sealer only, who reseals" {
	tfsecrets -q member remove bob --env prod --read
	[ "$(of_environment "$next" prod epoch)" = 2 ]
	git diff --quiet -- tfsecrets/prod
	refused 4 "the values of 'prod' are resealed with this, by one who reads and seals it: alice" as carol roster sign
	refused 4 "the values of 'prod' are resealed with this, by one who reads and seals it: alice" as bob roster sign
	tfsecrets -q roster withdraw
	as carol -q roster threshold 1
	works tfsecrets -q roster sign
	check_is_quiet
}

@test "a proposed new epoch, completed by another reader: key, values and tombstones" {
	optional BETTER_AUTH_SECRET
	as bob -q unset -e prod BETTER_AUTH_SECRET
	commit
	as bob -q rotate -e prod
	commit proposed
	[ "$(git show --name-only --format= | paste -sd ' ')" = "tfsecrets/prod/key.age.proposed $next" ]
	works tfsecrets roster sign
	says "sealed 3 values anew"
	says "roster 5 is in force"
	check_is_quiet --against HEAD
	[ "$(field tfsecrets/prod/sealed/DATABASE_URL epoch)" = 2 ]
	[ "$(field tfsecrets/prod/sealed/BETTER_AUTH_SECRET epoch)" = 2 ]
	[ "$(of_environment "$next" prod removed)" = 0 ]
	[ ! -e tfsecrets/prod/key.age.proposed ]
	reads alice prod
	reads bob prod
}

@test "a member's leave that is completed by another tells what to change at the source" {
	as bob -q member add dave --keys "$dave" --env prod --read
	tfsecrets -q roster sign
	tfsecrets -q member remove dave
	reads dave prod
	works as bob roster sign
	says "prod: dave could read these, and git's history keeps them readable; change them at the source:"
	reads_not dave prod
	works tfsecrets check
	prints "due: 'DATABASE_URL' of 'prod'"
}

@test "pending and invalid values keep a new epoch from being completed" {
	as bob -q rotate -e prod
	commit
	cp tfsecrets/prod/sealed/OPENAI_API_KEY "$HOME/kept"
	forge sealed tfsecrets/prod/sealed/OPENAI_API_KEY --as "$carol"
	refused 4 "tfsecrets/prod/sealed/OPENAI_API_KEY: pending" tfsecrets roster sign
	cp "$HOME/kept" tfsecrets/prod/sealed/OPENAI_API_KEY
	echo >>tfsecrets/prod/sealed/OPENAI_API_KEY
	refused 4 "tfsecrets/prod/sealed/OPENAI_API_KEY" tfsecrets roster sign
	cp "$HOME/kept" tfsecrets/prod/sealed/OPENAI_API_KEY
	works tfsecrets -q roster sign
}

@test "what a branch sealed before, merged while it was proposed, is resealed with it" {
	git checkout -qb branch
	as bob -q set -e prod OPENAI_API_KEY <<<"of the branch"
	commit
	git checkout -q main
	tfsecrets -q rotate -e prod
	commit
	git merge -q --no-edit branch
	works as bob -q roster sign
	check_is_quiet
	[ "$(tfsecrets get -e prod OPENAI_API_KEY)" = "of the branch" ]
	[ "$(field tfsecrets/prod/sealed/OPENAI_API_KEY epoch)" = 2 ]
}

@test "withdraw takes the roster and its key files away, and needs no key" {
	tfsecrets -q rotate -e prod -e dev
	[ "$(changed)" = "?? tfsecrets/dev/key.age.proposed
?? tfsecrets/prod/key.age.proposed
?? $next" ]
	mv "$alice" "$HOME/away"
	works tfsecrets roster withdraw
	says "took back the proposed roster 5; roster 4 stays in force"
	mv "$HOME/away" "$alice"
	[ -z "$(changed)" ]
	check_is_quiet
	propose_dave
	works as bob -q roster sign
}

@test "withdraw asks on a terminal; so does sign" {
	propose_dave
	before=$(fingerprint)
	run "$here/on_terminal" expect "take back the proposed roster 5?" send 'n\n' -- "$TFSECRETS" roster withdraw
	[ "$status" -eq 1 ]
	run "$here/on_terminal" expect "sign it?" send 'n\n' -- "$TFSECRETS" roster sign --identity "$bob"
	[ "$status" -eq 1 ]
	prints "dave comes: recipient $(recipient dave)"
	[ "$(fingerprint)" = "$before" ]
	run "$here/on_terminal" expect "take back the proposed roster 5?" send 'y\n' -- "$TFSECRETS" roster withdraw
	[ "$status" -eq 0 ]
	[ -z "$(changed)" ]
}

@test "a proposal that breaks a rule is not signed, and can be withdrawn" {
	propose_dave
	sed -i '/^environment prod/,$s/^epoch 1/epoch 2/' "$next"
	forge roster "$next" --as "$alice"
	check_finds "the key changes exactly when the epoch does"
	refused 4 "$next: 'prod': the key changes exactly when the epoch does; nobody should sign it" as bob roster sign
	works tfsecrets roster show
	prints "it breaks a rule: $next: 'prod': the key changes exactly when the epoch does"
	works tfsecrets -q roster withdraw
	check_is_quiet
}

@test "a key.age.proposed that is missing, of another content, of another proposal, or a link" {
	propose_dave
	file=tfsecrets/prod/key.age.proposed
	mv $file "$HOME/kept"
	refused 4 "cannot open '$file': No such file or directory" as bob roster sign
	cp tfsecrets/prod/key.age $file
	refused 4 "$file: is not the file that roster 5 names (wrapped)" as bob roster sign
	refused 4 "$file: is not the file that roster 5 names (wrapped)" as carol roster sign
	rm $file
	ln -s "$HOME/kept" $file
	refused 4 "'$file'" as bob roster sign
	refused 4 "'$file'" as carol roster sign
	rm $file
	mkdir $file
	refused 4 "'$file'" as carol roster sign
	rmdir $file
	cp "$HOME/kept" $file
	works as bob -q roster sign
}

# forged_key FIELD=VALUE... : the proposal brings a key file of other content, rightly hashed and signed
forged_key()
{
	local wrapped

	age -d -i "$alice" tfsecrets/prod/key.age.proposed >"$HOME/plain"
	for change in "$@"; do
		sed -i "s/^${change%%=*} .*/${change%%=*} ${change#*=}/" "$HOME/plain"
	done
	age -a -r "$(recipient alice)" -r "$(recipient bob)" -r "$(recipient dave)" "$HOME/plain" \
		>tfsecrets/prod/key.age.proposed
	wrapped=$(sha256sum <tfsecrets/prod/key.age.proposed | cut -d ' ' -f 1)
	sed -i "/^environment prod/,\$s/^wrapped .*/wrapped $wrapped/" "$next"
	forge roster "$next" --as "$alice"
}

@test "a key.age.proposed that opens to another key, epoch, environment or project" {
	propose_dave
	forge environment-key >"$HOME/fresh"
	cp -r tfsecrets "$HOME/kept"
	for change in "key=$(sed -n 2p "$HOME/fresh")" epoch=2 environment=dev project-id=00000000000000000000000000000000 \
		"previous=$(sed -n 2p "$HOME/fresh")"; do
		forged_key "$change"
		refused 4 "tfsecrets/prod/key.age.proposed" as bob roster sign
		says "${change%%=*}"
		rm -r tfsecrets
		cp -r "$HOME/kept" tfsecrets
	done
	works as bob -q roster sign
}

@test "a proposed new epoch whose key file holds another key than the values would be sealed to" {
	tfsecrets -q member add dave --keys "$dave" --env prod --read
	as bob -q roster sign
	later=$roster/0006
	tfsecrets -q rotate -e prod
	forge environment-key >"$HOME/fresh"
	sed -i "/^environment prod/,\$s/^key .*/key $(sed -n 1p "$HOME/fresh")/" "$later"
	forge roster "$later" --as "$alice"
	refused 4 "tfsecrets/prod/key.age.proposed: 'key' is not the roster's key" as bob roster sign
}

@test "who completes a new epoch has seen its key file, also when he reads no more after it" {
	as bob -q member add dave --keys "$dave" --env prod --read
	tfsecrets -q roster sign
	tfsecrets -q member remove bob --env prod --read
	refused 4 "by one who reads and seals it: alice" as bob roster sign
}

@test "a proposed roster on top of an older chain, and a first roster that is incomplete" {
	works as bob -q member add dave --keys "$dave"
	works tfsecrets -q roster sign
	commit
	sed '/^end$/q' "$next" | sed 's/^member dave.*/member ci '"$(recipient ci)"' -/;s/^serial.*/serial 5/' >"$HOME/other"
	cp "$HOME/other" "$next"
	refused 4 "" as bob roster sign
	says "roster 4 is older than the last one that this clone has verified"
	refused 4 "roster 4 is older" as bob member add ci --keys "$ci"
	git checkout -q "$next"
	sed -i '/^end$/q' "$roster"/0001
	rm "$roster"/0002 "$roster"/0003 "$roster"/0004 "$roster"/0005 .git/tfsecrets/pins
	refused 4 "$roster/0001: 0 of 1 signatures" tfsecrets roster sign
	refused 4 "$roster/0001: 0 of 1 signatures" tfsecrets roster withdraw
	refused 4 "$roster/0001: 0 of 1 signatures" tfsecrets rotate -e prod
}

@test "a signature taken out or added by hand while it is proposed" {
	propose_dave
	sed -i '/^end$/q' "$next"
	check_finds "roster 5 is proposed: 0 of 2 signatures"
	works as bob roster sign
	says "1 more signature to come"
	signed_by 5 bob
	forge roster "$next" --as "$dave"
	refused 4 "$next: signature 1 is not by an admin of roster 4" as bob roster sign
	refused 4 "$next: signature 1 is not by an admin of roster 4" tfsecrets roster withdraw
}

@test "a complete roster to which another admin adds a signature is no fork" {
	propose_dave
	as bob -q roster sign
	commit
	forge roster "$next" --as "$alice" --as "$bob" --as "$carol"
	check_is_quiet --against HEAD
}
