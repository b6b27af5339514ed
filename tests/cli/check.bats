#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# check: what it looks at (the index, a hook's index, a linked work tree) and how it says it.
load common
load victim

@test "--staged looks at the index and not at the files" {
	cp tfsecrets/dev/sealed/DATABASE_URL "$sealed"
	check_is_quiet --staged
	git add "$sealed"
	git show HEAD:"$sealed" >"$sealed"
	check_is_quiet
	check_finds "$sealed: was sealed for another environment" --staged
}

@test "--staged: a link, a stray file and a file taken out" {
	ln -sf /etc/passwd "$sealed"
	git add "$sealed"
	check_finds "'$sealed' in the index is a link, not a file" --staged
	git reset -q --hard
	echo x >tfsecrets/prod/stray
	git add -f tfsecrets/prod/stray
	rm tfsecrets/prod/stray
	check_finds "tfsecrets/prod/stray: does not belong there" --staged
	git reset -q --hard
	git rm -q --cached tfsecrets/prod/key.age
	check_is_quiet
	check_finds "tfsecrets/prod/key.age" --staged
}

@test "--staged in the middle of a merge says what is not merged" {
	git checkout -q -b other
	printf 'postgresql://o:o@o/o' | tfsecrets -q set -e prod DATABASE_URL
	git commit -qam other
	git checkout -q main
	printf 'postgresql://m:m@m/m' | tfsecrets -q set -e prod DATABASE_URL
	git commit -qam main
	run ! git merge -q other
	run --separate-stderr tfsecrets check --staged
	fails 1 "'$sealed' is not merged yet"
	check_finds "$sealed"
	prints "a merge conflict was left here"
}

@test "in a hook: git commit FILE has an index of its own" {
	cat >.git/hooks/pre-commit <<-END
		#!/bin/sh
		exec '$TFSECRETS' check --staged
	END
	chmod +x .git/hooks/pre-commit
	cp tfsecrets/dev/sealed/DATABASE_URL "$sealed"
	echo '# fine' >>tfsecrets/prod/config.yaml
	run git commit -m bad "$sealed"
	[ "$status" -eq 1 ]
	prints "$sealed: was sealed for another environment"
	git commit -qm good tfsecrets/prod/config.yaml
	run git commit -qam bad
	[ "$status" -eq 1 ]
}

@test "in a hook of a linked work tree" {
	cat >.git/hooks/pre-commit <<-END
		#!/bin/sh
		exec '$TFSECRETS' check --staged
	END
	chmod +x .git/hooks/pre-commit
	git worktree add -q ../linked
	cd ../linked
	cp tfsecrets/dev/sealed/DATABASE_URL "$sealed"
	run git commit -m bad "$sealed"
	[ "$status" -eq 1 ]
	prints "$sealed: was sealed for another environment"
	git checkout -q .
	echo '# fine' >>tfsecrets/prod/config.yaml
	git commit -qam good
}

@test "what is due is printed, and counts with --strict" {
	sed -i '/^  DATABASE_URL:/,/kind:/{/kind:/{p;s/kind:.*/rotate-after: 1d/}}' tfsecrets.yaml
	forge sealed "$sealed" changed-at=2020-01-01T00:00:00Z --as "$alice" --reseal postgresql://a:b@c/d
	check_is_quiet
	prints "due: 'DATABASE_URL' of 'prod': due to be changed since"
	check_finds "due: 'DATABASE_URL' of 'prod': due to be changed since" --strict -e prod
	prints "1 finding"
}

@test "-o json says the same to a machine" {
	cp tfsecrets/dev/sealed/DATABASE_URL "$sealed"
	check_finds "$sealed: was sealed for another environment" -o json
	[ "$(jq -r '.count' <<<"$output")" -eq 1 ]
	[ "$(jq -c '[.findings[].level]' <<<"$output")" = '["note","finding"]' ]
	git checkout -q .
	check_is_quiet -o json
	[ "$(jq -c '[.count, .findings[].level]' <<<"$output")" = '[0,"note"]' ]
}

@test "an environment that one identity alone reads is noted, until there is a recovery reader" {
	check_is_quiet
	prints "note: only one identity reads dev and prod: lost, it takes the values along"
	check_is_quiet --strict -e prod
	prints "note: only one identity reads prod:"
	tfsecrets -q member add recovery --keys "$bob" --env dev --env prod --read
	check_is_quiet --strict
	[[ $output != *"only one identity"* ]]
}

@test "--explain names each setting with its reason, and no value" {
	check_is_quiet --explain
	for name in FRONTEND_URL LOG_LEVEL DATABASE_URL OPENAI_API_KEY; do
		prints "$name"
	done
	shows_no_secret
}

@test "one environment: what is wrong elsewhere is not its business" {
	cp tfsecrets/dev/sealed/DATABASE_URL "$sealed"
	check_is_quiet -e dev
	check_finds "$sealed" -e prod
	run --separate-stderr tfsecrets check -e prdo
	fails 2 "did you mean 'prod'?"
}

@test "an environment that the roster lacks is found" {
	sed -i 's/^  dev:.*/&\n  staging: {}/' tfsecrets.yaml
	check_finds "the roster has no environment 'staging'"
	check_finds "no environment 'staging'" -e staging
	refuses "roster 1 has no environment 'staging'" get -e staging DATABASE_URL
}

@test "every problem is listed, not only the first" {
	cp tfsecrets/dev/sealed/DATABASE_URL "$sealed"
	rm tfsecrets/dev/key.age
	echo x >tfsecrets/stray
	mv tfsecrets/dev/sealed away
	ln -s ../../away tfsecrets/dev/sealed
	check_finds "$sealed: was sealed for another environment"
	prints "tfsecrets/dev/key.age"
	prints "tfsecrets/stray: does not belong there"
	prints "'tfsecrets/dev/sealed' is not a directory"
}

@test "control characters in a name reach no terminal" {
	echo x >"tfsecrets/$(printf 'a\033[31mb')"
	check_finds "does not belong there"
	[[ $output != *$'\033'* ]]
}
