#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# rotate and the late merges behind it; roster sync, bind and pin.
load common
load team

second=tfsecrets/roster/0002

# alice and bob read and seal prod
with_bob()
{
	tfsecrets -q member add bob --keys "$bob" --env prod --read --seal
	commit with-bob
}

@test "rotate: one step, a new key for the same readers, every value sealed anew" {
	with_bob
	cp -r tfsecrets/prod/sealed "$HOME/before"
	age -d -i "$bob" tfsecrets/prod/key.age >"$HOME/old"
	works tfsecrets rotate -e prod
	says "prod: epoch 2 begins with a new key"
	says "prod: every value is sealed anew"
	says "sealed 3 values anew"
	[ "$(changed)" = " M tfsecrets/prod/key.age
 M tfsecrets/prod/sealed/BETTER_AUTH_SECRET
 M tfsecrets/prod/sealed/DATABASE_URL
 M tfsecrets/prod/sealed/OPENAI_API_KEY
?? tfsecrets/roster/0003" ]
	[ "$(of_environment "$roster"/0003 prod removed)" = 0 ]
	[ "$(of_environment "$roster"/0003 dev epoch)" = 1 ]
	age -d -i "$bob" tfsecrets/prod/key.age >"$HOME/new"
	[ "$(field "$HOME/new" epoch)" = 2 ]
	[ "$(field "$HOME/new" previous)" = "$(field "$HOME/old" key)" ]
	[ "$(field "$HOME/new" key)" != "$(field "$HOME/old" key)" ]
	for file in "$HOME"/before/*; do
		for name in changed changed-at value-id; do
			[ "$(field "$file" $name)" = "$(field "tfsecrets/prod/sealed/${file##*/}" $name)" ]
		done
	done
	check_is_quiet --against HEAD
	reads bob prod
	works tfsecrets check --strict
}

@test "rotate twice: the key before the last is gone" {
	age -d -i "$alice" tfsecrets/prod/key.age >"$HOME/first"
	tfsecrets -q rotate -e prod
	tfsecrets -q rotate -e prod
	age -d -i "$alice" tfsecrets/prod/key.age >"$HOME/third"
	[ "$(field "$HOME/third" epoch)" = 3 ]
	run ! grep -qF "$(field "$HOME/first" key)" "$HOME/third"
	check_is_quiet --against HEAD
	reads alice prod
}

@test "several environments at once, and an environment given twice" {
	works tfsecrets rotate -e prod -e dev
	says "sealed 6 values anew"
	[ "$(of_environment $second prod epoch)$(of_environment $second dev epoch)" = 22 ]
	works tfsecrets rotate -e dev -e dev
	[ "$(of_environment "$roster"/0003 dev epoch)" = 3 ]
	check_is_quiet --against HEAD
	refused 2 "" tfsecrets rotate
	refused 2 "has no environment 'pro', did you mean 'prod'?" tfsecrets rotate -e pro
}

@test "rotate an environment without any value" {
	rm -r tfsecrets/dev/sealed
	works tfsecrets rotate -e dev
	[ "$(of_environment $second dev epoch)" = 2 ]
	tfsecrets -q set -e dev OPENAI_API_KEY <<<new
	[ "$(tfsecrets get -e dev OPENAI_API_KEY)" = new ]
}

@test "a value of the epoch before, merged late, is recognised and resealed by seal" {
	with_bob
	git checkout -qb branch
	as bob -q set -e prod OPENAI_API_KEY <<<"of the branch"
	commit of-the-branch
	id=$(field tfsecrets/prod/sealed/OPENAI_API_KEY value-id)
	git checkout -q main
	tfsecrets -q rotate -e prod
	commit rotated
	git merge -q --no-edit branch || { git checkout -q --theirs . && git add -A && git commit -qm merged; }
	check_finds "tfsecrets/prod/sealed/OPENAI_API_KEY: of epoch 1, but 'prod' is at 2; reseal it with 'tfsecrets seal'"
	refused 4 "of epoch 1, but 'prod' is at 2" tfsecrets get -e prod OPENAI_API_KEY
	works tfsecrets seal -e prod
	[ "$(field tfsecrets/prod/sealed/OPENAI_API_KEY epoch)" = 2 ]
	[ "$(field tfsecrets/prod/sealed/OPENAI_API_KEY value-id)" = "$id" ]
	check_is_quiet
	[ "$(tfsecrets get -e prod OPENAI_API_KEY)" = "of the branch" ]
}

@test "a tombstone of the epoch before, merged late, stays one" {
	optional OPENAI_API_KEY
	commit
	git checkout -qb branch
	tfsecrets -q unset -e prod OPENAI_API_KEY
	commit
	git checkout -q main
	tfsecrets -q rotate -e prod
	commit
	git merge -q --no-edit branch || { git checkout -q --theirs . && git add -A && git commit -qm merged; }
	check_finds "tfsecrets/prod/sealed/OPENAI_API_KEY: of epoch 1, but 'prod' is at 2"
	works tfsecrets seal -e prod
	grep -qx unset tfsecrets/prod/sealed/OPENAI_API_KEY
	[ "$(field tfsecrets/prod/sealed/OPENAI_API_KEY epoch)" = 2 ]
	check_is_quiet
}

# stale: OPENAI_API_KEY is as it was in epoch 1, and this is epoch 2
stale()
{
	cp tfsecrets/prod/sealed/OPENAI_API_KEY "$HOME/stale"
	tfsecrets -q rotate -e prod
	cp "$HOME/stale" tfsecrets/prod/sealed/OPENAI_API_KEY
}

@test "rotate reseals what is stale as well; two epochs back it is refused" {
	stale
	works tfsecrets rotate -e prod
	[ "$(field tfsecrets/prod/sealed/OPENAI_API_KEY epoch)" = 3 ]
	[ "$(tfsecrets get -e prod OPENAI_API_KEY)" = "$openai_key" ]
	check_is_quiet
	cp "$HOME/stale" tfsecrets/prod/sealed/OPENAI_API_KEY
	check_finds "tfsecrets/prod/sealed/OPENAI_API_KEY: is of an epoch that ended long ago"
	run -0 --separate-stderr tfsecrets seal -e prod
	[[ $stderr == *"warning: tfsecrets/prod/sealed/OPENAI_API_KEY: is of an epoch that ended long ago"* ]]
	works tfsecrets seal -e prod
	cmp "$HOME/stale" tfsecrets/prod/sealed/OPENAI_API_KEY
	refused 4 "is of an epoch that ended long ago" tfsecrets rotate -e prod
	refused 4 "is of an epoch that ended long ago" tfsecrets get -e prod OPENAI_API_KEY
}

@test "a stale value of one who is no sealer is never resealed" {
	stale
	forge sealed tfsecrets/prod/sealed/OPENAI_API_KEY --as "$bob"
	check_finds "tfsecrets/prod/sealed/OPENAI_API_KEY: pending"
	refused 4 "tfsecrets/prod/sealed/OPENAI_API_KEY: pending" tfsecrets rotate -e prod
}

@test "a stale value is resealed with the new epoch when somebody leaves" {
	with_bob
	stale
	tfsecrets -q member add carol --keys "$carol" --env prod --read
	works tfsecrets member remove carol
	[ "$(field tfsecrets/prod/sealed/OPENAI_API_KEY epoch)" = 3 ]
	[ "$(tfsecrets get -e prod OPENAI_API_KEY)" = "$openai_key" ]
}

@test "a sealer leaves whose late value is of the epoch before: it is resealed to this one" {
	with_bob
	as bob -q set -e prod OPENAI_API_KEY <<<"by bob"
	stale
	works tfsecrets member remove bob --env prod --seal
	says "sealed 1 value anew"
	[ "$(field tfsecrets/prod/sealed/OPENAI_API_KEY epoch)" = 2 ]
	[ "$(tfsecrets get -e prod OPENAI_API_KEY)" = "by bob" ]
	check_is_quiet
}

@test "a value of an empty, a binary and a large size stays what it is" {
	head -c 1048576 /dev/urandom >"$HOME/large"
	tfsecrets -q set -e prod OPENAI_API_KEY --file "$HOME/large"
	optional BETTER_AUTH_SECRET
	: >"$HOME/empty"
	tfsecrets -q set -e prod BETTER_AUTH_SECRET --file "$HOME/empty"
	works tfsecrets rotate -e prod
	tfsecrets get -e prod OPENAI_API_KEY | cmp - "$HOME/large"
	tfsecrets get -e prod BETTER_AUTH_SECRET | cmp - "$HOME/empty"
}

@test "two branches that rotate are a conflict of git, not a silent choice" {
	git clone -q . "$HOME/clone"
	(cd "$HOME/clone" && tfsecrets -q rotate -e prod && commit)
	tfsecrets -q rotate -e dev
	commit
	run ! git pull -q --no-rebase --no-edit "$HOME/clone" main
	run --separate-stderr tfsecrets check
	[ "$status" -eq 3 ]
	prints "$second"
	prints "two rosters have the same serial, which cannot be merged: take all of tfsecrets/ from the side that others have already (git restore -SW -s HEAD tfsecrets, or -s MERGE_HEAD)"
	git restore -SW -s HEAD tfsecrets && git commit -qm ours
	check_is_quiet
	works tfsecrets -q rotate -e prod
	check_is_quiet
}

@test "roster sync: a new environment, for the one who makes it, and like another" {
	with_bob
	sed -i 's/^  dev: {}/&\n  qa: {}/' tfsecrets.yaml
	check_finds "qa"
	works tfsecrets roster sync
	says "qa: a new environment"
	says "qa: alice reads"
	[ "$(of_environment "$roster"/0003 qa reader)" = alice ]
	[ "$(of_environment "$roster"/0003 qa sealer)" = alice ]
	[ "$(of_environment "$roster"/0003 qa epoch)" = 1 ]
	[ "$(changed)" = " M tfsecrets.yaml
?? tfsecrets/qa/key.age
?? $roster/0003" ]
	check_is_quiet
	sed -i 's/^  dev: {}/&\n  test: {}/' tfsecrets.yaml
	works tfsecrets roster sync --like prod
	[ "$(of_environment "$roster"/0004 test reader | paste -sd ,)" = alice,bob ]
	[ "$(of_environment "$roster"/0004 test sealer | paste -sd ,)" = alice,bob ]
	tfsecrets -q set -e test OPENAI_API_KEY <<<tested
	[ "$(as bob get -e test OPENAI_API_KEY)" = tested ]
	commit
	refused 4 "roster 4 says all of this already" tfsecrets roster sync
	refused 2 "--like: the roster has no environment 'none'" tfsecrets roster sync --like none
}

@test "roster sync by an admin without a recipient needs --like" {
	tfsecrets -q member add ci --signing-key "$(signing ci)" --admin
	sed -i 's/^  dev: {}/&\n  qa: {}/' tfsecrets.yaml
	refused 4 "'qa' needs a reader, and this identity only signs; give --like ENV" as ci roster sync
	works as ci -q roster sync --like prod
	check_is_quiet
}

@test "roster sync drops an environment, and its name never comes again" {
	cp tfsecrets.yaml "$HOME/kept"
	sed -i '/^  dev: {}/d' tfsecrets.yaml
	works tfsecrets roster sync
	says "dev: dropped, its name is never used again"
	says "remove its folder now: git rm -r tfsecrets/dev"
	check_finds "tfsecrets/dev"
	git rm -qr tfsecrets/dev
	check_is_quiet
	commit
	cp "$HOME/kept" tfsecrets.yaml
	refused 4 "'dev': the name of a removed environment is never used again" tfsecrets roster sync
	git checkout -q tfsecrets.yaml
	tfsecrets -q member add bob --keys "$bob"
	commit
	cp "$HOME/kept" tfsecrets.yaml
	refused 4 "'dev': the name of a removed environment is never used again" tfsecrets roster sync
	git checkout -q tfsecrets.yaml
	check_is_quiet
	reads alice prod
}

@test "roster bind: clusters and namespaces, sorted, once each, and loosened again" {
	works tfsecrets roster bind -e prod --namespace web --namespace api --cluster 6f1c-0b --cluster 00aa --namespace web
	says "prod: bound to cluster 00aa"
	says "prod: bound to namespace web"
	[ "$(of_environment $second prod cluster | paste -sd ,)" = 00aa,6f1c-0b ]
	[ "$(of_environment $second prod namespace | paste -sd ,)" = api,web ]
	[ -z "$(of_environment $second dev namespace)" ]
	[ "$(changed)" = "?? $second" ]
	commit
	refused 4 "roster 2 says all of this already" tfsecrets roster bind -e prod --namespace api
	works tfsecrets roster bind -e prod --namespace api --cluster 00aa --remove
	says "prod: no longer bound to cluster 00aa"
	says "prod: no longer bound to namespace api"
	[ "$(of_environment "$roster"/0003 prod cluster)" = 6f1c-0b ]
	[ "$(of_environment "$roster"/0003 prod namespace)" = web ]
	check_is_quiet
	commit
	refused 4 "roster 3 says all of this already" tfsecrets roster bind -e prod --namespace none --remove
	refused 2 "to what? give --context, --cluster or --namespace" tfsecrets roster bind -e prod
	refused 2 "to what?" tfsecrets roster bind -e prod --remove
	refused 2 "'6F1C' is not the uid of a cluster (0-9, a-f, -)" tfsecrets roster bind -e prod --cluster 6F1C
	refused 2 "'--namespace Web' is not a DNS label" tfsecrets roster bind -e prod --namespace Web
	refused 2 "" tfsecrets roster bind --namespace web
	refused 2 "there is no context 'none'" tfsecrets roster bind -e prod --context none
}

@test "roster pin: printed, and what check holds to" {
	works tfsecrets roster pin
	pin=$output
	[ "$pin" = "$(field "$roster"/0001 project-id):1:$(sed '/^end$/q' "$roster"/0001 | sha256sum | cut -d ' ' -f 1)" ]
	tfsecrets -q rotate -e dev
	works tfsecrets check --pin "$pin"
	works tfsecrets check --pin "$(tfsecrets roster pin)"
	git clone -q . "$HOME/clone"
	cd "$HOME/clone"
	works tfsecrets roster pin "$pin"
	says "the pin holds; this clone now trusts roster 1"
	[ -s .git/tfsecrets/pins ]
	refused 4 "the pin names roster 2, but the last complete one here is 1" tfsecrets roster pin "${pin/:1:/:2:}"
	refused 4 "roster 1 is not the one that the pin names: this is a fork" \
		tfsecrets roster pin "${pin%:*}:$(printf 'f%.0s' {1..64})"
	refused 2 "the pin is not PROJECT-ID:SERIAL:HASH" tfsecrets roster pin nonsense
}

@test "roster pin: a pin takes the place of what a clone trusted" {
	cp -r tfsecrets "$HOME/kept"
	tfsecrets -q member add bob --keys "$bob"
	rm -r tfsecrets && cp -r "$HOME/kept" tfsecrets
	rm .git/tfsecrets/pins
	tfsecrets -q member add carol --keys "$carol"
	forked=$(tfsecrets roster pin)
	rm -r tfsecrets && cp -r "$HOME/kept" tfsecrets
	rm .git/tfsecrets/pins
	tfsecrets -q member add bob --keys "$bob"
	cp -r tfsecrets "$HOME/mine"
	refused 4 "roster 2 is not the one that the pin names: this is a fork" tfsecrets roster pin "$forked"
	mkdir "$HOME/other" && cd "$HOME/other" && git init -q
	printf '%s\n' "LOG_LEVEL=info" >.env
	tfsecrets -q init --from .env --env prod --name alice
	other=$(tfsecrets roster pin)
	cd - >/dev/null
	rm -r tfsecrets && cp -r "$HOME/other/tfsecrets" "$HOME/other/tfsecrets.yaml" .
	refused 4 "this clone trusts project" tfsecrets rotate -e prod
	works tfsecrets roster pin "$other"
	works tfsecrets -q rotate -e prod
}

@test "no clone's pin can be kept: what is written is said, and the command ends well" {
	pin=$(tfsecrets roster pin)
	rm -r .git/tfsecrets
	ln -s /proc/none .git/tfsecrets
	TFSECRETS_REQUIRE_PIN=1 works tfsecrets member add bob --keys "$bob" --pin "$pin"
	[ -e "$second" ]
	TFSECRETS_PIN=$pin works tfsecrets -q rotate -e prod --require-pin
	refused 4 "no pin holds this roster" tfsecrets rotate -e prod --require-pin
}
