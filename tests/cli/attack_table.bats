#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every attack of attack_table.py, each on its own copy of one valid repository; SECURITY.md has the same table.
load common

table()
{
	python3 "$BATS_TEST_DIRNAME/attack_table.py" "$@"
}

setup_file()
{
	table make "$BATS_FILE_TMPDIR/base"
}

setup()
{
	:
}

# section NAME COUNT: at least so many repositories were attacked
section()
{
	run --separate-stderr table run "$BATS_FILE_TMPDIR/base" "$1"
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[[ $output =~ ^$1:\ ([0-9]+)\ repositories ]]
	[ "${BASH_REMATCH[1]}" -ge "$2" ]
}

@test "nothing attacked: everything passes" {
	section control 5
}

@test "attacks on sealed values" {
	section values 50
}

@test "attacks on bytes and files" {
	section bytes 50
}

@test "attacks on rosters" {
	section rosters 60
}

@test "attacks on environment keys" {
	section keys 17
}

@test "every section of the table is run here" {
	for name in $(table sections); do
		grep -q "^	section $name " "$BATS_TEST_FILENAME"
	done
	[ "$(table sections | wc -l)" -eq "$(grep -c '^	section [a-z]' "$BATS_TEST_FILENAME")" ]
}

@test "SECURITY.md has exactly this table" {
	table table >"$BATS_TEST_TMPDIR/table"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/table")" -gt 60 ]
	sed -n '/^| attack | what stops it/,/^$/p' "$root/SECURITY.md" | sed '/^$/d' | diff - "$BATS_TEST_TMPDIR/table"
}

@test "what SECURITY.md compares with peers are rows of this table" {
	sed -n '/^| attack | tfsecrets |/,/^$/s/^| \([^|]*\) | \(refused\|accepted\|goes\|not\).*/\1/p' "$root/SECURITY.md" >"$BATS_TEST_TMPDIR/names"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/names")" -ge 10 ]
	table table >"$BATS_TEST_TMPDIR/table"
	while read -r name; do
		grep -qF "| $name | " "$BATS_TEST_TMPDIR/table" || { echo "no row '$name'"; return 1; }
	done <"$BATS_TEST_TMPDIR/names"
}

@test "what the table says is tested elsewhere is tested there" {
	table elsewhere
}
