#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load common

@test "init without --from makes a project with one environment and no settings" {
	run --separate-stderr tfsecrets init
	[ "$status" -eq 0 ]
	grep -qx '  prod: {}' tfsecrets.yaml
	[ -f tfsecrets/prod/key.age ]
	run ! grep -q env .gitignore
	tfsecrets check
}

@test "init names the project after its directory, as a label" {
	mkdir '../My App_2!'
	cd '../My App_2!'
	tfsecrets -q init
	grep -qx 'project: my-app-2' tfsecrets.yaml
}

@test "init takes the project's and the member's name" {
	tfsecrets -q init --project shop --name bob.b
	grep -qx 'project: shop' tfsecrets.yaml
	grep -qx 'admin bob.b' tfsecrets/roster/0001
}

@test "init names its first member after the login" {
	tfsecrets -q init
	grep -qx "admin $(id -un | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9]/-/g')" tfsecrets/roster/0001
}

@test "init makes the environments in the order given, and refuses one that comes twice" {
	run --separate-stderr tfsecrets init -e test -e test
	fails 2 "'--env test' is given twice"
	[ ! -e tfsecrets.yaml ]
	[ ! -e tfsecrets ]
	tfsecrets -q init -e test -e dev
	[ "$(grep -nE '^  (test|dev):' tfsecrets.yaml | cut -d: -f2 | tr -d ' ' | tr '\n' ' ')" = "test dev " ]
}

@test "init with --identity makes the project with that one" {
	tfsecrets -q keygen -o me >keys
	tfsecrets -q init --identity me
	grep -q "^member .* $(sed -n 's/^public key: //p' keys) " tfsecrets/roster/0001
	[ ! -e "$HOME/.config/tfsecrets" ]
}

@test "init takes the identity of the environment" {
	tfsecrets -q keygen -o me >keys
	TFSECRETS_IDENTITY=me tfsecrets -q init
	grep -q "^member .* $(sed -n 's/^public key: //p' keys) " tfsecrets/roster/0001
	[ ! -e "$HOME/.config/tfsecrets" ]
}

@test "init with an identity that is not there makes nothing" {
	before=$(fingerprint)
	run --separate-stderr tfsecrets init --identity missing
	[ "$status" -ne 0 ]
	says "'missing'"
	[ "$(fingerprint)" = "$before" ]
}

@test "init with a .env that is not there makes nothing" {
	before=$(fingerprint)
	run --separate-stderr tfsecrets init --from missing.env
	fails 1 "cannot open 'missing.env'"
	[ "$(fingerprint)" = "$before" ]
	[ ! -e "$HOME/.config" ]
}

@test "init with a tfsecrets.yaml that is there refuses what that says already" {
	printf 'version: 1\nproject: p\nenvironments: {prod: {}}\nsettings: {A: {kind: config}}\n' >tfsecrets.yaml
	for option in --from=.env --env=dev --project=q; do
		run --separate-stderr tfsecrets init "$option"
		fails 2 "leave out --from, --env and --project"
	done
	[ ! -e tfsecrets ]
}

@test "init with a tfsecrets.yaml that is wrong names the line, and makes nothing" {
	printf 'version: 1\nproject: p\nenvironmets: {prod: {}}\n' >tfsecrets.yaml
	run --separate-stderr tfsecrets init
	fails 1 "tfsecrets.yaml:3:"
	says "did you mean 'environments'?"
	[ ! -e tfsecrets ]
}

@test "init works outside of git, and says what git is for" {
	mkdir "$HOME/plain"
	cd "$HOME/plain"
	run --separate-stderr tfsecrets init
	[ "$status" -eq 0 ]
	says "this is not a git work tree"
	[ -s "$HOME/.local/state/tfsecrets/pins" ]
	tfsecrets check
}

@test "init adds its lines to .gitignore and .gitattributes once, and keeps what is there" {
	printf '/.env\nbuild' >.gitignore
	printf '*.png binary\ntfsecrets/** -text\n' >.gitattributes
	tfsecrets -q init --from .env
	[ "$(grep -cx '/.env' .gitignore)" -eq 1 ]
	grep -qx build .gitignore
	grep -qx '/tfsecrets/.journal/' .gitignore
	printf '*.png binary\ntfsecrets/** -text\n' | cmp - .gitattributes
}

@test "init ignores a .env where it lies, and none from elsewhere" {
	mkdir config
	mv .env config/local.env
	tfsecrets -q init --from config/local.env
	git check-ignore -q config/local.env
	mkdir ../other
	cd ../other
	git init -q
	tfsecrets -q init --from ../taskflow/config/local.env
	run ! grep env .gitignore
}

@test "init prints the pin that check holds the roster against" {
	run --separate-stderr tfsecrets init
	pin=$(grep -oE '[0-9a-f]{32}:1:[0-9a-f]{64}' <<<"$stderr")
	tfsecrets check --pin "$pin"
	run --separate-stderr tfsecrets check --pin "${pin%?}$(tr 0-9a-f 1-9a-f0 <<<"${pin: -1}")"
	[ "$status" -ne 0 ]
}

@test "init warns that one reader is few" {
	run --separate-stderr tfsecrets init --name alice --env dev --env prod
	says "warning: only 'alice' can read dev and prod"
}

@test "init says nothing of a .env that git never saw" {
	run --separate-stderr tfsecrets init --from .env
	[[ $stderr != *tracked* ]]
	[[ $stderr != *history* ]]
}

@test "init warns of a .env that git had once" {
	git add -f .env
	git commit -qm oops
	git rm -q --cached .env
	git commit -qm better
	run --separate-stderr tfsecrets init --from .env
	[ "$status" -eq 0 ]
	says "'.env' stands in git's history: change its secrets at the source"
	[[ $stderr != *"is tracked"* ]]
}

@test "init with one environment takes the project's name as its namespace" {
	mkdir "$HOME/.kube"
	printf 'apiVersion: v1\nkind: Config\ncurrent-context: kind-a\n' >"$HOME/.kube/config"
	tfsecrets -q init --project shop
	grep -q 'context: kind-a' tfsecrets.yaml
	grep -qx ' *namespace: shop' tfsecrets.yaml
}

@test "init takes the context of KUBECONFIG's first file that has one" {
	printf 'apiVersion: v1\nkind: Config\n' >none
	printf 'current-context: second\n' >second
	printf 'current-context: third\n' >third
	KUBECONFIG=$PWD/missing:$PWD/none:$PWD/second:$PWD/third tfsecrets -q init
	grep -q 'context: second' tfsecrets.yaml
}

@test "init without a current context proposes no target" {
	tfsecrets -q init
	run ! grep -q targets tfsecrets.yaml
}

@test "what init proposes from any .env it takes itself, and seal takes the values" {
	cat >odd.env <<-'END'
		export PLAIN=1
		EMPTY=
		QUOTED="two\nlines"
		LITERAL='a # b'
		DOLLAR=$HOME
		NOTE=value # a comment
	END
	tfsecrets -q init --from odd.env
	tfsecrets -q seal --from odd.env
	[ "$(tfsecrets get QUOTED)" = $'two\nlines' ]
	[ "$(tfsecrets get LITERAL)" = 'a # b' ]
	[ "$(tfsecrets get DOLLAR)" = '$HOME' ]
	[ "$(tfsecrets get NOTE)" = value ]
	[ "$(tfsecrets get EMPTY | wc -c)" -eq 0 ]
}

@test "init holds to what it has made, whatever was trusted before" {
	a_project
	old=$(tfsecrets roster pin)
	rm -r tfsecrets
	TFSECRETS_PIN=$old TFSECRETS_REQUIRE_PIN=1 run --separate-stderr tfsecrets init --name alice
	[ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
	says "until now this clone trusted project ${old%%:*}"
	new=$(tfsecrets roster pin)
	[ "${new%%:*}" != "${old%%:*}" ]
	says "pin for CI and others: $new"
	[ "$(cat .git/tfsecrets/pins)" = ". $new" ]
	run -3 --separate-stderr env TFSECRETS_PIN="$old" "$TFSECRETS" check
	prints "the pin names project ${old%%:*}"
}
