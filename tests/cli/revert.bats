#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# revert: an earlier value made the newest; resolve: what it refuses.
load common
load victim

second_url='postgresql://second:s3cr3t-in-the-url@second.internal/two'
third_url='postgresql://third:s3cr3t-in-the-url@third.internal/three'

# committed SETTING MESSAGE: a value from standard input, and a commit of it
committed()
{
	tfsecrets -q set -e prod "$1" 2>/dev/null
	git commit -qam "$2"
}

three_values()
{
	committed DATABASE_URL second <<<"$second_url"
	committed DATABASE_URL third <<<"$third_url"
}

revert()
{
	run --separate-stderr tfsecrets revert -e prod "$@"
	[ "$status" -eq 0 ] || { echo "status $status: $stderr"; return 1; }
	shows_no_secret
}

url()
{
	tfsecrets get -e prod DATABASE_URL
}

field()
{
	sed -n "s/^$1 //p" "$sealed"
}

@test "the value before the present one" {
	three_values
	hash=$(sha256sum <"$sealed" | cut -d ' ' -f 1)
	revert DATABASE_URL
	says "prod: the value of 'DATABASE_URL' is that of $(git log -1 --format='%h of %cs, second' HEAD~)"
	says "prod: sealed a new value of: DATABASE_URL"
	[ "$(url)" = "$second_url" ]
	[ "$(field generation)" = 4 ] && [ "$(field previous)" = "$hash" ]
	check_is_quiet --against HEAD
	[[ $output != *'generations on'* ]]
	check_is_quiet --against HEAD~2
}

@test "once more: back to what it was before that" {
	three_values
	revert DATABASE_URL
	git commit -qam back
	revert DATABASE_URL
	[ "$(url)" = "$third_url" ]
	check_is_quiet --against HEAD
}

@test "that of a revision" {
	three_values
	revert DATABASE_URL --to HEAD~2
	[ "$(url)" = "$database_url" ]
	check_is_quiet --against HEAD
	revert DATABASE_URL --to HEAD
	[ "$(url)" = "$third_url" ]
	revert DATABASE_URL --to HEAD
	says "prod: unchanged: DATABASE_URL"
}

@test "what is not committed counts as the present one" {
	three_values
	tfsecrets -q set -e prod DATABASE_URL <<<"$database_url"
	revert DATABASE_URL
	[ "$(url)" = "$third_url" ]
}

@test "after unset: the value before it" {
	three_values
	tfsecrets -q unset -e prod DATABASE_URL
	git commit -qam unset
	revert DATABASE_URL
	[ "$(url)" = "$third_url" ]
	check_is_quiet --against HEAD
}

@test "a pending value is thrown out by it" {
	three_values
	tfsecrets -q set -e prod DATABASE_URL --identity "$bob" <<<"$database_url" 2>/dev/null
	git commit -qam pending
	revert DATABASE_URL
	[ "$(url)" = "$third_url" ]
	check_is_quiet --against HEAD
	check_is_quiet --against HEAD~
	# Also one that holds the same value.
	tfsecrets -q set -e prod DATABASE_URL --identity "$bob" <<<"$third_url" 2>/dev/null
	revert DATABASE_URL
	[ "$(url)" = "$third_url" ]
}

@test "a pending value of the past is passed over" {
	committed DATABASE_URL second <<<"$second_url"
	tfsecrets -q set -e prod DATABASE_URL --identity "$bob" <<<postgresql://bob:b@b/b 2>/dev/null
	git commit -qam pending
	committed DATABASE_URL third <<<"$third_url"
	revert DATABASE_URL
	[ "$(url)" = "$second_url" ]
	refuses "$sealed in HEAD~: pending: sealed by SHA256:" revert -e prod DATABASE_URL --to HEAD~
}

@test "a file that is gone comes back by its last value" {
	three_values
	git rm -q "$sealed"
	git commit -qm gone
	revert DATABASE_URL
	[ "$(url)" = "$third_url" ]
	[ "$(field generation)" = 4 ]
	check_is_quiet --against HEAD~
}

@test "an old file that git put back becomes the newest" {
	three_values
	git checkout -q HEAD~2 -- "$sealed"
	revert DATABASE_URL
	says "the file of 'DATABASE_URL' that was put back is an older one"
	[ "$(url)" = "$database_url" ]
	[ "$(field generation)" = 4 ]
	check_is_quiet --against HEAD
}

@test "values of branches that were merged" {
	git checkout -qb side
	committed DATABASE_URL side <<<"$second_url"
	git checkout -q main
	committed DATABASE_URL main <<<"$third_url"
	run ! git merge -q side
	tfsecrets -q resolve -e prod DATABASE_URL --ours
	git commit -qam merged
	revert DATABASE_URL
	[ "$(url)" = "$second_url" ]
	check_is_quiet --against HEAD
}

@test "a plain value" {
	tfsecrets -q set -e prod LOG_LEVEL=debug
	git commit -qam debug
	tfsecrets -q set -e prod LOG_LEVEL=warning
	revert LOG_LEVEL
	says "prod: changed in config.yaml: LOG_LEVEL"
	[ "$(tfsecrets get -e prod LOG_LEVEL)" = debug ]
	revert LOG_LEVEL --to HEAD~
	[ "$(tfsecrets get -e prod LOG_LEVEL)" = info ]
	tfsecrets -q unset -e prod LOG_LEVEL
	git commit -qam unset
	revert LOG_LEVEL
	[ "$(tfsecrets get -e prod LOG_LEVEL)" = debug ]
	refuses "'LOG_LEVEL' has no value in HEAD; 'tfsecrets unset' takes the present one away" \
		revert -e prod LOG_LEVEL --to HEAD
}

@test "no earlier value" {
	refuses "git's history has no earlier value of 'DATABASE_URL' in 'prod'" revert -e prod DATABASE_URL
	refuses "git's history has no earlier value of 'LOG_LEVEL' in 'prod'" revert -e prod LOG_LEVEL
	tfsecrets -q unset -e prod OPENAI_API_KEY
	git commit -qam unset
	refuses "'OPENAI_API_KEY' has no value in HEAD" revert -e prod OPENAI_API_KEY --to HEAD
	git rm -q "$sealed"
	git commit -qm gone
	refuses "'DATABASE_URL' has no value in HEAD" revert -e prod DATABASE_URL --to HEAD
}

@test "a shallow clone says that it is one" {
	three_values
	git clone -q --depth 1 "file://$PWD" ../shallow
	cd ../shallow
	run --separate-stderr tfsecrets revert -e prod DATABASE_URL
	fails 4 "git's history has no earlier value of 'DATABASE_URL' in 'prod'; this clone is shallow"
}

@test "an old value must fit the schema of today" {
	three_values
	sed -i '/^  DATABASE_URL:/,/kind:/s/kind: secret/kind: secret\n    max-length: 3/' tfsecrets.yaml
	refuses "the value of 'DATABASE_URL' is longer than max-length 3" revert -e prod DATABASE_URL
}

@test "the epoch before opens, an older one is named" {
	committed DATABASE_URL second <<<"$second_url"
	tfsecrets -q rotate -e prod --yes
	git add . && git commit -qm two
	revert DATABASE_URL
	[ "$(url)" = "$database_url" ]
	[ "$(field epoch)" = 2 ]
	check_is_quiet --against HEAD
	git checkout -q .
	tfsecrets -q rotate -e prod --yes
	git add . && git commit -qm three
	refuses "'DATABASE_URL' was sealed there in epoch 1, whose key 'prod' does not keep: it is at 3" \
		revert -e prod DATABASE_URL
	revert DATABASE_URL --to HEAD~
	says "prod: unchanged: DATABASE_URL"
}

@test "a sealer of then counts, one of today alone does not make an old file valid" {
	tfsecrets keygen -o "$HOME/carol" >"$HOME/carol.keys"
	tfsecrets -q member add carol --keys "$HOME/carol.keys" -e prod --seal --yes
	tfsecrets -q set -e prod DATABASE_URL --identity "$HOME/carol" <<<"$second_url"
	git add . && git commit -qm carol
	committed DATABASE_URL third <<<"$third_url"
	tfsecrets -q member remove carol --yes
	git add . && git commit -qm left
	revert DATABASE_URL
	[ "$(url)" = "$second_url" ]
	check_is_quiet --against HEAD
}

@test "a value that somebody who left could read: said where nothing else would say it" {
	tfsecrets keygen -o "$HOME/carol" >"$HOME/carol.keys"
	tfsecrets -q member add carol --keys "$HOME/carol.keys" -e prod --read --yes
	git add . && git commit -qm carol
	committed DATABASE_URL second <<<"$second_url"
	tfsecrets -q member remove carol --yes
	git add . && git commit -qm left
	revert DATABASE_URL
	[[ $stderr != *warning* ]]
	run --separate-stderr tfsecrets check
	prints "due: 'DATABASE_URL' of 'prod': change it at the source"
	git checkout -q .
	committed DATABASE_URL third <<<"$third_url"
	revert DATABASE_URL
	says "warning: a reader of 'prod' who has left could read this value of 'DATABASE_URL': change it at the source"
	check_is_quiet --against HEAD
}

@test "a file of history that was altered is passed over, and refused by name" {
	three_values
	cp "$sealed" "$HOME/good"
	sed -i 's/^generation 3/generation 9/' "$sealed"
	git commit -qam altered
	cp "$HOME/good" "$sealed"
	git commit -qam good
	refuses "$sealed in HEAD~: the signature does not verify" revert -e prod DATABASE_URL --to HEAD~
	revert DATABASE_URL
	[ "$(url)" = "$second_url" ]
	[ "$(field generation)" = 4 ]
}

@test "a history of another chain of rosters gives no values" {
	mkdir ../other
	(cd ../other && git init -q && cp ../taskflow/.env . &&
		tfsecrets -q init --from .env --env prod --name alice && tfsecrets -q seal -e prod --from .env &&
		git add . && git commit -qm other)
	git fetch -q ../other main
	git tag other FETCH_HEAD
	refuses "roster 1 of other is not of the chain that is in force here" revert -e prod DATABASE_URL --to other
}

@test "who cannot read is told who could; outside git there is nothing to take from" {
	three_values
	refuses "which needs an identity that reads 'prod'; who reads and seals it: alice" \
		revert -e prod DATABASE_URL --identity "$bob"
	rm -rf .git
	for setting in DATABASE_URL LOG_LEVEL; do
		run --separate-stderr tfsecrets revert -e prod "$setting"
		fails 1 "is not in a git work tree"
	done
	git init -q
	run --separate-stderr tfsecrets revert -e prod DATABASE_URL
	fails 1 "git has no commit here yet"
}

@test "misuse" {
	for revision in nowhere -x '^HEAD' --all ''; do
		run --separate-stderr tfsecrets revert -e prod DATABASE_URL "--to=$revision"
		fails 2 "git knows no revision '$revision'"
	done
	run --separate-stderr tfsecrets revert -e prod
	fails 2 "'revert' needs SETTING"
	run --separate-stderr tfsecrets revert -e prod NOPE
	fails 2 "tfsecrets.yaml has no setting 'NOPE'"
	for options in '' '--ours --theirs' '--ours --set' '--ours --theirs --set'; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr tfsecrets resolve -e prod DATABASE_URL $options
		fails 2 "give one of --ours, --theirs and --set"
	done
	run --separate-stderr tfsecrets resolve -e prod DATABASE_URL --ours --file x
	fails 2 "'--file' goes with '--set'"
	run --separate-stderr tfsecrets resolve -e prod DATABASE_URL --set --accept
	fails 2 "'--accept' goes with '--ours' or '--theirs'"
}

@test "resolve where there is no conflict" {
	refuses "'DATABASE_URL' has no merge conflict in 'prod'" resolve -e prod DATABASE_URL --ours
	rm -rf .git
	run --separate-stderr tfsecrets resolve -e prod DATABASE_URL --ours
	fails 4 "'DATABASE_URL' has no merge conflict in 'prod'"
	rm "$sealed"
	run --separate-stderr tfsecrets resolve -e prod DATABASE_URL --ours
	fails 4 "'DATABASE_URL' has no merge conflict in 'prod'"
}

# Two branches with different values, and the merge that stops.
a_conflict()
{
	git checkout -qb side
	committed DATABASE_URL side <<<"$second_url"
	git checkout -q main
	committed DATABASE_URL main <<<"$third_url"
	run ! git -c "merge.conflictStyle=${1:-merge}" merge -q side
}

@test "resolve names the commits, in a rebase those of git" {
	a_conflict
	run --separate-stderr tfsecrets resolve -e prod DATABASE_URL --theirs
	says "ours is HEAD, $(git log -1 --format='%h of %cs, main'); theirs is MERGE_HEAD, $(git log -1 --format='%h of %cs, side' side)"
	git merge --abort
	run ! git rebase side
	run --separate-stderr tfsecrets resolve -e prod DATABASE_URL --theirs
	says "ours is HEAD, $(git log -1 --format='%h of %cs, side' side); theirs is REBASE_HEAD, $(git log -1 --format='%h of %cs, main' main)"
	[ "$(url)" = "$third_url" ]
}

@test "resolve by the markers alone, in both styles of git" {
	for style in merge diff3 zdiff3; do
		a_conflict "$style"
		cp -a "$PWD" "$BATS_TEST_TMPDIR/$style"
		rm -rf "$BATS_TEST_TMPDIR/$style/.git"
		for side in ours theirs; do
			cp "$sealed" "$BATS_TEST_TMPDIR/$style/$sealed"
			(cd "$BATS_TEST_TMPDIR/$style" && tfsecrets -q resolve -e prod DATABASE_URL "--$side" &&
				tfsecrets check && url) >said
			case $side in
			ours) [ "$(tail -n 1 said)" = "$third_url" ] ;;
			theirs) [ "$(tail -n 1 said)" = "$second_url" ] ;;
			esac
		done
		git merge --abort
		git reset -q --hard HEAD~
		git branch -qD side
	done
}

@test "resolve by markers that are out of order: refused" {
	a_conflict
	rm -rf .git
	cp "$sealed" "$HOME/conflict"
	for script in '/^=======/d' '/^>>>>>>>/d' '0,/^<<<<<<</{/^<<<<<<</d}' 's/^=======/>>>>>>> x/'; do
		sed "$script" "$HOME/conflict" >"$sealed"
		refuses "'DATABASE_URL' has no merge conflict in 'prod'" resolve -e prod DATABASE_URL --ours
	done
	cp "$HOME/conflict" "$sealed"
	tfsecrets -q resolve -e prod DATABASE_URL --ours
	[ "$(url)" = "$third_url" ]
}

@test "resolve verifies both sides first" {
	git checkout -qb side
	forge sealed "$sealed" generation=2 "previous=$(sha256sum <"$sealed" | cut -d ' ' -f 1)" \
		"value-id=$(printf '%032d' 7)"
	git commit -qam forged
	git checkout -q main
	committed DATABASE_URL main <<<"$third_url"
	run ! git merge -q side
	for side in ours theirs set; do
		run --separate-stderr tfsecrets resolve -e prod DATABASE_URL "--$side" <<<"$second_url"
		fails 4 "theirs does not hold: $sealed: the signature does not verify; the other side's file stays as it is by 'git checkout --ours $sealed'"
	done
	git checkout -q --ours "$sealed"
	check_is_quiet
}

@test "resolve: a leap of generations on the other side" {
	git checkout -qb side
	forge sealed "$sealed" generation=2000 "previous=$(printf '%064d' 1)" --as "$alice"
	git commit -qam leap
	git checkout -q main
	committed DATABASE_URL main <<<"$third_url"
	run ! git merge -q side
	run --separate-stderr tfsecrets resolve -e prod DATABASE_URL --ours
	fails 4 "'DATABASE_URL': the other side is more than 1000 generations ahead"
}

@test "resolve: a value against the schema, one who cannot read" {
	a_conflict
	run --separate-stderr tfsecrets resolve -e prod DATABASE_URL --set <<<no-url
	fails 4 "the value of 'DATABASE_URL' is not a URL"
	run --separate-stderr tfsecrets resolve -e prod DATABASE_URL --ours --identity "$bob"
	fails 4 "which needs an identity that reads 'prod'"
	run --separate-stderr tfsecrets resolve -e prod DATABASE_URL --set --identity "$bob" <<<"$database_url"
	[ "$status" -eq 0 ]
	says "warning: you are not a sealer of 'prod'"
	check_finds "$sealed: pending"
}

@test "resolve --set asks on a terminal, and takes a file byte for byte" {
	a_conflict
	run "$here/on_terminal" expect "DATABASE_URL for 'prod'" echo off send 'postgresql://t:t@t/t\n' expect "once more" \
		send 'postgresql://t:t@t/t\n' -- "$TFSECRETS" resolve -e prod DATABASE_URL --set
	[ "$status" -eq 0 ]
	[ "$(url)" = postgresql://t:t@t/t ]
	printf 'postgresql://f:f@f/f' >"$HOME/value"
	run --separate-stderr tfsecrets resolve -e prod DATABASE_URL --set --file "$HOME/value"
	[ "$status" -eq 0 ]
	[ "$(url)" = postgresql://f:f@f/f ]
}
