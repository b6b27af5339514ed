#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# check --against: what may have changed since a revision.
load common
load victim

# Another value, sealed twice over, so that HEAD has generation 2.
second_generation()
{
	printf 'postgresql://two:two@two/two' | tfsecrets -q set -e prod DATABASE_URL
	git commit -qam second
}

hash_of()
{
	sha256sum <"$1" | cut -d ' ' -f 1
}

# next FILE CHANGE...: a file of alice's that follows HEAD's, but for the changes given
next()
{
	forge sealed "$1" "generation=2" "previous=$(hash_of "$1")" "value-id=$(printf '%032d' 7)" \
		"changed-at=2099-01-01T00:00:00Z" "${@:2}" --as "$alice" --reseal postgresql://a:b@c/d
}

@test "the same tree, and a value that follows, are fine" {
	check_is_quiet --against HEAD
	next "$sealed"
	check_is_quiet --against HEAD
	printf 'sk-proj-another-key-0123456789' | tfsecrets -q set -e prod OPENAI_API_KEY
	check_is_quiet --against HEAD
}

@test "a file gone, a folder gone" {
	rm "$sealed"
	check_finds "$sealed: the file is gone; 'tfsecrets unset' keeps a tombstone (HEAD)" --against HEAD
	rm -r tfsecrets/dev/sealed
	check_finds "tfsecrets/dev/sealed/OPENAI_API_KEY: the file is gone" --against HEAD
}

@test "a tombstone gone: only with its setting" {
	tfsecrets -q unset -e prod OPENAI_API_KEY
	tfsecrets -q unset -e dev OPENAI_API_KEY
	git commit -qam unset
	rm tfsecrets/*/sealed/OPENAI_API_KEY
	check_finds "tfsecrets/prod/sealed/OPENAI_API_KEY: the file is gone" --against HEAD
	sed -i '/^  OPENAI_API_KEY:/,/^  [A-Z]/{/^  OPENAI_API_KEY:/d;/^    /d}' tfsecrets.yaml
	check_is_quiet --against HEAD
}

@test "a squash is allowed and reported; more than a thousand generations are not" {
	next "$sealed" generation=3 "previous=$(printf '%064d' 1)"
	check_is_quiet --against HEAD
	prints "note: 'DATABASE_URL' of 'prod' is 2 generations on since HEAD; the files between are not here"
	next "$sealed" generation=1001 "previous=$(printf '%064d' 1)"
	check_is_quiet --against HEAD
	next "$sealed" generation=1002 "previous=$(printf '%064d' 1)"
	check_finds "$sealed: its generation leaps by more than 1000 (HEAD)" --against HEAD
	next "$sealed" generation=4294967295 "previous=$(printf '%064d' 1)"
	check_finds "$sealed: its generation leaps by more than 1000 (HEAD)" --against HEAD
}

@test "value-id and changed-at change together, and never back" {
	next "$sealed" "changed-at=$(sed -n 's/^changed-at //p' "$sealed")"
	check_finds "$sealed: value-id and changed-at must change together" --against HEAD
	git checkout -q .
	next "$sealed" "value-id=$(sed -n 's/^value-id //p' "$sealed")"
	check_finds "$sealed: value-id and changed-at must change together" --against HEAD
	git checkout -q .
	next "$sealed" changed-at=1999-01-01T00:00:00Z
	check_finds "$sealed: changed-at went back" --against HEAD
}

@test "'changed' is REV's or the own epoch; over several generations it may be earlier, as a merge can bring it" {
	tfsecrets -q rotate -e prod --yes
	printf 'postgresql://two:two@two/two' | tfsecrets -q set -e prod DATABASE_URL
	git add . && git commit -qm 'two epochs'
	[ "$(sed -n 's/^changed //p' "$sealed")" = 2 ]
	next "$sealed" generation=4
	check_is_quiet --against HEAD
	git checkout -q .
	next "$sealed" generation=4 changed=1
	check_finds "$sealed: 'changed' is neither what it was nor its own epoch" --against HEAD
	git checkout -q .
	next "$sealed" generation=5 changed=1
	check_is_quiet --against HEAD
	git checkout -q .
	next "$sealed" generation=5 changed=1 "value-id=$(sed -n 's/^value-id //p' "$sealed")" \
		"changed-at=$(sed -n 's/^changed-at //p' "$sealed")"
	check_finds "$sealed: 'changed' is neither what it was nor its own epoch" --against HEAD
}

@test "what was sealed may not stand in the clear, nor become config" {
	rm "$sealed"
	echo "DATABASE_URL: 'postgresql://db/x'" >>tfsecrets/prod/config.yaml
	sed -i '/^  DATABASE_URL:/,/kind:/s/kind: secret/kind: config/' tfsecrets.yaml
	check_finds "'DATABASE_URL' was sealed in HEAD and stands there in the clear" --against HEAD
	prints "'DATABASE_URL' was sealed in HEAD, so it cannot be config"
	prints "$sealed: the file is gone"
}

@test "a pending value is compared as well" {
	second_generation
	git show HEAD~:"$sealed" >"$sealed"
	forge sealed "$sealed" --as "$bob"
	check_finds "$sealed: pending" --against HEAD
	prints "$sealed: an older value was put back (HEAD)"
}

@test "addresses that changed are named, not shown" {
	grep -A2 '^  BACKEND_URL:' tfsecrets.yaml | grep -q 'type: url'
	tfsecrets -q set -e prod BACKEND_URL=https://evil.example.net
	check_is_quiet --against HEAD
	prints "note: 'BACKEND_URL' of 'prod' changed since HEAD (url)"
	[[ $output != *evil* ]]
}

@test "an address that was taken away, or moved to a default, is named" {
	sed -i '/^  BACKEND_URL:/a\    default: https://evil.example.net' tfsecrets.yaml
	sed -i '/^BACKEND_URL/d' tfsecrets/prod/config.yaml
	[ "$(tfsecrets get -e prod BACKEND_URL)" = https://evil.example.net ]
	check_is_quiet --against HEAD
	prints "note: 'BACKEND_URL' of 'prod' changed since HEAD (url)"
}

@test "a revision without a roster: nothing is compared, one line says so" {
	empty=$(git commit-tree -m empty "$(git mktree </dev/null)")
	check_is_quiet --against "$empty"
	prints "note: $empty has no roster; nothing is compared with it"
}

@test "a revision that git does not know is misuse" {
	for revision in nowhere -x '^HEAD' --all 'HEAD:tfsecrets' ''; do
		run --separate-stderr tfsecrets check "--against=$revision"
		[ "$status" -eq 2 ] || { echo "'$revision': $status $output $stderr"; return 1; }
		says "'$revision'"
	done
}

@test "outside git there is nothing to compare with" {
	rm -rf .git
	run --separate-stderr tfsecrets check --against HEAD
	fails 1 "is not in a git work tree"
}

@test "--against with --staged compares the index" {
	second_generation
	git show HEAD~:"$sealed" >"$sealed"
	git add "$sealed"
	git show HEAD:"$sealed" >"$sealed"
	check_is_quiet --against HEAD
	check_finds "$sealed: an older value was put back (HEAD)" --staged --against HEAD
}
