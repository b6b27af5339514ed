#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The chapter LOST KEYS of the manual, command by command: what it says is what is run.
load common
load victim

# follow SUBSECTION [SKIP]: runs the commands that the chapter shows in this subsection, in their order, as somebody
# who reads the page would; those that match SKIP are left to the caller. No command may fail, in a pipe neither.
follow()
{
	awk -v wanted=".Ss $1" -v skip="${2:-^$}" '
		/^\.Sh / { chapter = $0 == ".Sh LOST KEYS" }
		/^\.S[sh] / { section = chapter && $0 == wanted }
		/^\.Ed/ { literal = 0 }
		section && literal { gsub(/\\e/, "\\"); if (sub(/^\$ /, "")) left = $0 ~ skip; if (!left) print }
		/^\.Bd -literal/ { literal = 1 }
	' "$root/man/tfsecrets.1" | sed "s|/media/stick|$HOME/stick|g" >"$HOME/commands"
	[ -s "$HOME/commands" ] || { echo "no commands in '$1'"; return 1; }
	run --separate-stderr bash -euo pipefail "$HOME/commands"
	[ "$status" -eq 0 ] || { echo "status $status: $output $stderr"; cat "$HOME/commands"; return 1; }
	shows_no_secret
}

# The program by its name, and a stick.
at_hand()
{
	mkdir -p "$HOME/bin" "$HOME/stick"
	ln -sf "$TFSECRETS" "$HOME/bin/tfsecrets"
	PATH=$HOME/bin:$PATH
}

# new_keys NAME: an identity $HOME/NAME, its public keys in NAME.pub
new_keys()
{
	tfsecrets keygen -o "$HOME/$1" >"$1.pub"
}

recovery_reader()
{
	follow 'A recovery reader'
}

@test "a recovery reader: made, added, tried" {
	at_hand
	[ "$(tfsecrets check | grep -c 'only one identity')" -eq 1 ]
	recovery_reader
	[ "$(tail -2 <<<"$output")" = $'7\n7' ]
	check_is_quiet --strict
	[ "$(tfsecrets status -o json | jq -c '[.environments[].readers]')" = '[["alice","recovery"],["alice","recovery"]]' ]
	# It reads, and neither seals nor signs.
	[ "$(tfsecrets get -e prod DATABASE_URL --identity "$HOME/stick/recovery")" = "$database_url" ]
	printf 'postgresql://r:r@r/r' | tfsecrets -q set -e dev DATABASE_URL --identity "$HOME/stick/recovery"
	check_finds "pending: sealed by recovery, who is not a sealer of 'dev'"
	git checkout -q .
	run --separate-stderr tfsecrets member remove alice --identity "$HOME/stick/recovery"
	[ "$status" -eq 4 ]
	[ -z "$(git status --porcelain -- tfsecrets)" ]
	# A new environment takes it over, as the page says.
	sed -i 's/^  dev:.*/&\n  qa: {}/' tfsecrets.yaml
	tfsecrets -q roster sync --like prod -y
	[ "$(tfsecrets status -e qa -o json | jq -c '.environments[0].readers')" = '["alice","recovery"]' ]
}

@test "without the stick, the recovery reader's command fails and changes nothing" {
	at_hand
	rmdir "$HOME/stick"
	touch "$HOME/stick"
	before=$(fingerprint)
	run ! recovery_reader
	rm -f recovery.pub
	[ "$(fingerprint)" = "$before" ]
}

@test "somebody has lost an identity: the new one reads, the old one reads nothing new" {
	at_hand
	tfsecrets -q member add bob --keys "$HOME/bob" --env prod --read --seal
	git add . && git commit -qm bob
	mv "$HOME/bob" "$HOME/bob-lost"
	new_keys bob
	follow 'Somebody has lost an identity, others read'
	[ "$(tfsecrets get -e prod DATABASE_URL --identity "$HOME/bob")" = "$database_url" ]
	refuses "this identity is not a reader of 'prod'" get -e prod DATABASE_URL --identity "$HOME/bob-lost"
	check_is_quiet
	[ "$(tfsecrets status -e prod -o json | jq -c '[.values[].due[]] | unique')" = '["change-at-source"]' ]
}

@test "nobody is left who reads: the recovery identity reads for the admin" {
	at_hand
	recovery_reader
	# carol administers and seals, alice is the only one who reads, and leaves with her identity.
	new_keys carol
	tfsecrets -q member add carol --keys carol.pub --env dev --env prod --seal --admin
	git add . && git commit -qm carol
	mv "$alice" "$HOME/alice-lost"
	mv "$HOME/carol" "$alice"
	refuses "this identity is not a reader of 'prod'" get -e prod DATABASE_URL
	follow 'Nobody is left who reads, an admin is'
	[ "$(tfsecrets get -e prod DATABASE_URL)" = "$database_url" ]
	check_is_quiet
}

# The commands of the last chapter as a whole; PIN and the cluster are for later.
begin_anew()
{
	follow "Fewer admins are left than the threshold asks for" '^tfsecrets roster pin PIN|^kubectl|^tfsecrets apply'
}

@test "fewer admins than the threshold: another project, the same values" {
	at_hand
	# alice and bob must both sign, and bob's identity is gone.
	tfsecrets -q member add bob --keys "$HOME/bob" --admin
	tfsecrets -q roster threshold 2
	rm "$HOME/bob"
	printf '# a comment that people wrote\n' >>tfsecrets/prod/config.yaml
	git add -A . && git commit -qm 'two must sign'
	git clone -q . ../colleague
	tfsecrets -q -C ../colleague check
	run --separate-stderr tfsecrets member add carol --keys <(tfsecrets keygen -o "$HOME/carol") -y
	tfsecrets -q roster withdraw -y
	old=$(sed -n 's/^project-id //p' tfsecrets/roster/0001)
	cp tfsecrets/prod/config.yaml "$HOME/config"
	for environment in dev prod; do
		tfsecrets export -e "$environment" --reveal -o json >"$HOME/$environment.json"
	done

	begin_anew
	says "until now this clone trusted project $old"
	[ -z "$(git status --porcelain)" ]
	[ ! -e ../before ]
	new=$(sed -n 's/^project-id //p' tfsecrets/roster/0001)
	[ "$new" != "$old" ]
	[ "$(ls tfsecrets/roster)" = 0001 ]
	[ "$(git log --format=%s -1)" = 'tfsecrets: begun anew' ]
	check_is_quiet
	for environment in dev prod; do
		tfsecrets export -e "$environment" --reveal -o json | cmp - "$HOME/$environment.json"
	done
	# What people wrote stays as they wrote it.
	cmp tfsecrets/prod/config.yaml "$HOME/config"
	# A key of before opens nothing of now.
	run ! grep -rq "$old" tfsecrets

	# Everybody else: their clone refuses it until it is told the pin.
	cd ../colleague
	git pull -q
	run --separate-stderr tfsecrets check
	[ "$status" -eq 3 ]
	prints "this clone trusts project $old, but the roster here is of project $new"
	refuses "this clone trusts project $old" get -e prod DATABASE_URL
	pin=$(tfsecrets -C ../taskflow roster pin)
	follow_pin=$(sed -n 's/^\$ \(tfsecrets roster pin PIN\)$/\1/p' "$root/man/tfsecrets.1")
	[ -n "$follow_pin" ]
	# shellcheck disable=SC2086
	${follow_pin/PIN/$pin}
	check_is_quiet
	[ "$(tfsecrets get -e prod DATABASE_URL)" = "$database_url" ]
	run --separate-stderr env TFSECRETS_PIN="$pin" tfsecrets check --require-pin --against HEAD~1
	[ "$status" -eq 3 ]
	prints "roster 3 of HEAD~1 is gone: the last one here is 1"
}

@test "begun anew by the recovery identity, when the only one who read is gone too" {
	at_hand
	recovery_reader
	rm "$alice" recovery.pub
	export TFSECRETS_IDENTITY=$HOME/stick/recovery
	begin_anew
	unset TFSECRETS_IDENTITY
	[ "$(tfsecrets get -e prod DATABASE_URL --identity "$HOME/stick/recovery")" = "$database_url" ]
}

@test "an export that fails on the way leaves the new project without any of its values, and says so" {
	at_hand
	git clone -q . ../before
	rm ../before/tfsecrets/prod/sealed/OPENAI_API_KEY
	git rm -rq tfsecrets/roster tfsecrets/*/key.age tfsecrets/*/sealed
	tfsecrets -q init --name alice
	run --separate-stderr bash -o pipefail -c "'$TFSECRETS' -C ../before export -e prod --reveal |
		'$TFSECRETS' seal -e prod --from /dev/stdin"
	fails 4 "'OPENAI_API_KEY' has no value in 'prod'"
	says "prod: still without a value: DATABASE_URL"
	[ ! -e tfsecrets/prod/sealed ]
}

@test "the same by files: exported, moved away, founded anew, sealed" {
	umask 077
	for environment in dev prod; do
		tfsecrets export -e "$environment" --reveal >"$HOME/$environment.env"
	done
	mv tfsecrets "$HOME/old"
	tfsecrets -q init --name alice
	for environment in dev prod; do
		tfsecrets -q seal -e "$environment" --from "$HOME/$environment.env"
		tfsecrets export -e "$environment" --reveal | cmp - "$HOME/$environment.env"
	done
	git add -A . && git commit -qm anew
	check_is_quiet --staged
	[ "$(tfsecrets get -e dev OPENAI_API_KEY)" = "$openai_key" ]
}
