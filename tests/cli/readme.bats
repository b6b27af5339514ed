#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load common

# What README's reader has: a repository, the example's .env and server, the program.
a_reader()
{
	cp "$root/examples/taskflow/.env.example" .env
	cp "$root/examples/taskflow/server" server
	mkdir "$HOME/bin"
	ln -s "$TFSECRETS" "$HOME/bin/tfsecrets"
	PATH=$HOME/bin:$PATH
}

@test "README's session prints what README shows" {
	a_reader
	run "$BATS_TEST_DIRNAME/session" "$root/README.md"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${output%% *}" -ge 7 ]
}

@test "a README that shows something else would be noticed" {
	a_reader
	sed 's/^prod: sealed: .*/prod: sealed: NOTHING/' "$root/README.md" >altered.md
	run ! cmp -s altered.md "$root/README.md"
	run "$BATS_TEST_DIRNAME/session" altered.md
	[ "$status" -eq 1 ]
	prints "but the page shows"
}

@test "README names every command, and the files that it points to are there" {
	"$TFSECRETS" --help | sed -nE 's/^ {2}([a-z]+) {2,}[a-z].*/\1/p' >commands
	[ -s commands ]
	while read -r command; do
		grep -q "tfsecrets $command" "$root/README.md" || { echo "lacks $command"; return 1; }
	done <commands
	grep -oE '\]\([A-Za-z][^):]*\)' "$root/README.md" | tr -d '()]' >targets
	[ -s targets ]
	while read -r target; do
		[ -e "$root/$target" ] || { echo "no $target"; return 1; }
	done <targets
}
