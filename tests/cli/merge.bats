#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What git makes of changes on two branches, and what ends it where git cannot: crypto/FORMAT.md has this
# table in words.
load common

# A project in which A and B have values, C and D have none, and LOG, MIDDLE and PORT are plain.
setup_file()
{
	export BASE=$BATS_FILE_TMPDIR/base
	BATS_TEST_TMPDIR=$BASE
	mkdir "$BASE"
	setup_project
	rm .env
	cat >tfsecrets.yaml <<-END
		version: 1
		project: taskflow
		environments:
		  prod: {}
		settings:
		  A: {kind: secret, optional: true}
		  B: {kind: secret, optional: true}
		  C: {kind: secret, optional: true}
		  D: {kind: secret, optional: true}
		  LOG: {kind: config, optional: true}
		  MIDDLE: {kind: config, optional: true}
		  PORT: {kind: config, optional: true}
	END
	tfsecrets -q init --name alice
	tfsecrets keygen -o "$HOME/bob" >"$HOME/bob.keys"
	tfsecrets keygen -o "$HOME/carol" >"$HOME/carol.keys"
	change A=a0 B=b0 LOG=info MIDDLE=m PORT=1
	git add .
	git commit -qm base
}

setup()
{
	export HOME=$BASE/home GIT_CONFIG_NOSYSTEM=1
	unset XDG_CONFIG_HOME XDG_STATE_HOME SSH_AUTH_SOCK KUBECONFIG
	fresh
}

# Another copy of the project.
fresh()
{
	cd /
	rm -rf "$BATS_TEST_TMPDIR/copy"
	cp -a "$BASE/taskflow" "$BATS_TEST_TMPDIR/copy"
	cd "$BATS_TEST_TMPDIR/copy" || return 1
}

# change WORD...: A=value sets a secret, LOG=value a plain one, -A unsets, !A removes the file, @ begins a new
# epoch and seals all values to it, +bob comes as reader and sealer, ~bob leaves, bob:A=value is by him.
change()
{
	local word

	for word; do
		case $word in
		@) tfsecrets -q rotate ;;
		-*) tfsecrets -q unset "${word#-}" ;;
		!*) git rm -q "tfsecrets/prod/sealed/${word#!}" ;;
		+*) tfsecrets -q member add "${word#+}" --keys "$HOME/${word#+}.keys" --env prod --read --seal ;;
		~*) tfsecrets -q member remove "${word#\~}" ;;
		bob:*) TFSECRETS_IDENTITY=$HOME/bob change "${word#bob:}" ;;
		[A-D]=*) tfsecrets -q set "${word%%=*}" <<<"${word#*=}" ;;
		*) tfsecrets -q set "$word" ;;
		esac || return 1
	done
}

commit()
{
	git add -A
	git commit -qm "$1"
}

# branches OURS THEIRS: the changes on main and on the branch `side`, from one base.
branches()
{
	git checkout -qb side
	# shellcheck disable=SC2086 # words
	change $2 && commit side || return 1
	git checkout -q main
	# A clone that has seen side's rosters would not seal to main's.
	rm .git/tfsecrets/pins
	# shellcheck disable=SC2086
	change $1 && commit main || return 1
	rm .git/tfsecrets/pins
	git tag ours main
	git tag theirs side
}

# bring HOW: side's changes come to main, or main's below side's; git's status.
bring()
{
	case $1 in
	merge) git merge -q --no-edit side ;;
	squash) git merge -q --squash side ;;
	cherry-pick) git cherry-pick side ;;
	rebase) git checkout -q side && git rebase -q main ;;
	esac >git.log 2>&1 3>&-
}

# carry_on HOW: what is to be done in git when nothing is in conflict any more.
carry_on()
{
	rm -f git.log
	case $1 in
	merge | squash) git commit -qm merged ;;
	cherry-pick) git -c core.editor=true cherry-pick --continue ;;
	rebase) git -c core.editor=true rebase --continue ;;
	esac >/dev/null 3>&-
}

# values: of the settings that have one, "A=a0 B=b0 ..."
values()
{
	local name value line=

	for name in A B C D LOG MIDDLE PORT; do
		! value=$(tfsecrets get "$name" 2>/dev/null) || line+=" $name=$value"
	done
	echo "${line# }"
}

# holds ROW VALUES: check finds nothing, compared with neither side, and the values are these.
holds()
{
	local row=$1 against

	for against in '' --against=HEAD --against=ours --against=theirs; do
		# shellcheck disable=SC2086 # nothing is no option
		run --separate-stderr tfsecrets check $against
		[ "$status" -eq 0 ] || { echo "$row: check $against: $status $output $stderr"; return 1; }
	done
	[ "$(values)" = "$2" ] || { echo "$row: values are $(values), not $2"; return 1; }
}

# clean ROW OURS THEIRS VALUES: however they come together, git does it alone, and all of it verifies.
clean()
{
	local how

	for how in merge squash cherry-pick rebase; do
		fresh
		branches "$2" "$3" || { echo "$1: no branches"; return 1; }
		bring "$how" || { echo "$1: $how conflicts:"; cat git.log; return 1; }
		rm -f git.log
		[ "$how" != squash ] || carry_on squash
		holds "$1, $how" "$4" || return 1
	done
}

# conflict ROW OURS THEIRS SETTING VALUES-WITH-OURS VALUES-WITH-THEIRS VALUES-WITH-SET: git cannot, check says so,
# and resolve ends it. $more_ways: what else to try, as HOW/SIDE.
conflict()
{
	local row=$1 setting=$4 how which expected file=tfsecrets/prod/sealed/$4 combined

	for combined in merge/ours merge/theirs merge/set rebase/theirs ${more_ways-}; do
		how=${combined%/*} which=${combined#*/}
		fresh
		branches "$2" "$3" || { echo "$row: no branches"; return 1; }
		run ! bring "$how" || { echo "$row: $how did not conflict"; return 1; }
		[ "$(git diff --name-only --diff-filter=U)" = "$file" ] || { echo "$row: $how:"; cat git.log; return 1; }
		if grep -q '^<<<<<<<' "$file"; then
			run --separate-stderr tfsecrets check
			[ "$status" -eq 3 ] || { echo "$row: $how: $status $output"; return 1; }
			prints "a merge conflict was left here; 'tfsecrets resolve $setting --env prod'"
		fi
		case $which in
		ours) expected=$5 ;;
		theirs) expected=$6 ;;
		set) expected=$7 ;;
		esac
		run --separate-stderr tfsecrets resolve "$setting" "--$which" <<<new
		[ "$status" -eq 0 ] || { echo "$row: $combined: $stderr"; return 1; }
		says "go on with: git add $file"
		git add "$file"
		carry_on "$how" || { echo "$row: $how does not go on"; return 1; }
		holds "$row, $combined" "$expected" || return 1
	done
}

rest='LOG=info MIDDLE=m PORT=1'

@test "clean: two settings, changed on two sides" {
	clean 'change, change of another' A=o B=t "A=o B=t $rest"
}

@test "clean: two settings, added on two sides" {
	clean 'add, add of another' C=o D=t "A=a0 B=b0 C=o D=t $rest"
}

@test "clean: one unset, another changed; one unset, another added" {
	clean 'unset, change of another' '-A' B=t "B=t $rest"
	clean 'unset, add of another' C=o '-C D=t' "A=a0 B=b0 C=o D=t $rest"
}

@test "conflict: one setting, changed on both sides" {
	local more_ways='squash/theirs cherry-pick/ours squash/set cherry-pick/theirs rebase/ours'
	conflict 'change, change' A=o A=t A "A=o B=b0 $rest" "A=t B=b0 $rest" "A=new B=b0 $rest"
}

@test "conflict: one setting, changed on both sides to the same value" {
	conflict 'same, same' A=s A=s A "A=s B=b0 $rest" "A=s B=b0 $rest" "A=new B=b0 $rest"
}

@test "conflict: one setting, added on both sides" {
	conflict 'add, add' C=o C=t C "A=a0 B=b0 C=o $rest" "A=a0 B=b0 C=t $rest" "A=a0 B=b0 C=new $rest"
}

@test "conflict: changed on one side, unset on the other" {
	conflict 'change, unset' A=o -A A "A=o B=b0 $rest" "B=b0 $rest" "A=new B=b0 $rest"
	conflict 'unset, change' -A A=t A "B=b0 $rest" "A=t B=b0 $rest" "A=new B=b0 $rest"
}

@test "conflict: unset on both sides" {
	conflict 'unset, unset' -A -A A "B=b0 $rest" "B=b0 $rest" "A=new B=b0 $rest"
}

@test "conflict: changed on one side, its file deleted on the other" {
	conflict 'change, delete' A=o '!A' A "A=o B=b0 $rest" "B=b0 $rest" "A=new B=b0 $rest"
	conflict 'delete, change' '!A' A=t A "B=b0 $rest" "A=t B=b0 $rest" "A=new B=b0 $rest"
}

@test "conflict: changed several times on each side" {
	conflict 'changes, changes' 'A=o1 A=o2 A=o3' 'A=t1 A=t2' A "A=o3 B=b0 $rest" "A=t2 B=b0 $rest" \
		"A=new B=b0 $rest"
}

@test "conflict: a new epoch on one side, a change on the other" {
	conflict 'rotate, change' @ A=t A "A=a0 B=b0 $rest" "A=t B=b0 $rest" "A=new B=b0 $rest"
	conflict 'change, rotate' A=o @ A "A=o B=b0 $rest" "A=a0 B=b0 $rest" "A=new B=b0 $rest"
	conflict 'rotate and change, change' '@ A=o' A=t A "A=o B=b0 $rest" "A=t B=b0 $rest" "A=new B=b0 $rest"
}

@test "reseal: a new epoch on one side, a value added on the other" {
	for how in merge squash cherry-pick rebase; do
		fresh
		branches @ C=t
		bring "$how"
		rm -f git.log
		[ "$how" != squash ] || carry_on squash
		run --separate-stderr tfsecrets check --against ours
		[ "$status" -eq 3 ] || { echo "$how: $status $output $stderr"; return 1; }
		prints "tfsecrets/prod/sealed/C: of epoch 1, but 'prod' is at 2; reseal it with 'tfsecrets seal'"
		tfsecrets -q seal
		holds "rotate, add, $how" "A=a0 B=b0 C=t $rest"
	done
}

@test "a plain value: apart they merge, neighbours and the same line are git's to conflict, and the user's to edit" {
	clean 'plain, plain elsewhere' LOG=debug PORT=2 "A=a0 B=b0 LOG=debug MIDDLE=m PORT=2"
	for theirs in LOG=warn MIDDLE=t; do
		fresh
		branches LOG=debug "$theirs"
		run ! bring merge
		run --separate-stderr tfsecrets check
		[ "$status" -eq 3 ]
		prints "tfsecrets/prod/config.yaml:1:1: a merge conflict was left here"
		run --separate-stderr tfsecrets resolve "${theirs%=*}" --ours
		fails 2 "'${theirs%=*}' is plain: what could not be merged in tfsecrets/prod/config.yaml is for you to edit"
		printf 'LOG: "debug"\nMIDDLE: "t"\nPORT: "1"\n' >tfsecrets/prod/config.yaml
		git add tfsecrets/prod/config.yaml
		carry_on merge
		holds "plain, $theirs" "A=a0 B=b0 LOG=debug MIDDLE=t PORT=1"
	done
}

@test "plain and sealed in conflict: config.yaml comes first" {
	branches 'A=o LOG=debug' 'A=t LOG=warn'
	run ! bring merge
	run --separate-stderr tfsecrets resolve A --theirs
	fails 1 "tfsecrets/prod/config.yaml:1:1: a merge conflict was left here"
	git checkout -q --ours tfsecrets/prod/config.yaml
	tfsecrets -q resolve A --theirs
	git add tfsecrets
	carry_on merge
	holds 'plain and sealed' "A=t B=b0 LOG=debug MIDDLE=m PORT=1"
}

@test "several settings in conflict, one after the other" {
	branches 'A=o B=o' 'A=t B=t'
	run ! bring merge
	tfsecrets -q resolve A --ours
	run --separate-stderr tfsecrets check
	[ "$status" -eq 3 ]
	prints "sealed/B:"
	tfsecrets -q resolve B --theirs
	git add tfsecrets
	carry_on merge
	holds several "A=o B=t $rest"
}

@test "an octopus of branches that changed different settings" {
	for setting in A B C D; do
		git checkout -qb "side-$setting" main
		change "$setting=$setting"
		commit "$setting"
		git tag "tip-$setting"
	done
	git checkout -q main
	git merge -q side-A side-B side-C side-D
	for tip in '' tip-A tip-B tip-C tip-D; do
		tfsecrets check ${tip:+--against "$tip"}
	done
	[ "$(values)" = "A=A B=B C=C D=D $rest" ]
}

@test "a stash that comes back upon another change" {
	change A=t
	git stash -q
	change A=o
	commit main
	git tag ours
	run ! git stash pop
	tfsecrets resolve A --theirs 2>said
	grep -q 'took their value' said
	run ! grep -q 'ours is' said
	git add tfsecrets && git reset -q
	rm said
	tfsecrets check --against ours
	[ "$(values)" = "A=t B=b0 $rest" ]
}

@test "git revert puts an old file back: found, and 'tfsecrets revert' makes its value the newest" {
	change A=a1
	commit second
	git tag second
	git revert --no-edit HEAD >/dev/null
	run --separate-stderr tfsecrets check --against second
	[ "$status" -eq 3 ]
	prints "tfsecrets/prod/sealed/A: an older value was put back (second)"
	run --separate-stderr tfsecrets revert A
	[ "$status" -eq 0 ]
	says "the file of 'A' that was put back is an older one"
	for revision in second HEAD HEAD~2; do
		tfsecrets check --against "$revision"
	done
	[ "$(values)" = "A=a0 B=b0 $rest" ]
	grep -qx 'generation 3' tfsecrets/prod/sealed/A
}

@test "one side's file taken as it is: found by comparing with the other, and sealed anew by 'tfsecrets revert'" {
	for how in checkout strategy; do
		fresh
		branches A=o A=t
		case $how in
		checkout) run ! bring merge && git checkout -q --theirs tfsecrets && git add tfsecrets && carry_on merge ;;
		strategy) git merge -q --no-edit -X theirs side ;;
		esac
		tfsecrets check --against theirs
		run --separate-stderr tfsecrets check --against ours
		[ "$status" -eq 3 ]
		prints "tfsecrets/prod/sealed/A: was changed without a new generation (ours)"
		tfsecrets -q revert A --to HEAD
		holds "$how" "A=t B=b0 $rest"
	done
}

@test "one side's file taken as it is, not committed yet: git brings the conflict back" {
	branches A=o A=t
	run ! bring merge
	git checkout -q --theirs tfsecrets
	git add tfsecrets
	run --separate-stderr tfsecrets resolve A --theirs
	fails 4 "'A' has no merge conflict in 'prod'"
	git checkout -q -m -- tfsecrets/prod/sealed/A
	tfsecrets -q resolve A --theirs
	git add tfsecrets
	carry_on merge
	holds 'brought back' "A=t B=b0 $rest"
}

@test "a file deleted by hand beside one that was added: git takes it for a rename, and each has its cure" {
	branches A=o '!A C=t'
	run ! bring merge
	[ "$(git diff --name-only --diff-filter=U)" = tfsecrets/prod/sealed/C ]
	run --separate-stderr tfsecrets resolve C --theirs
	fails 4 "ours does not hold: tfsecrets/prod/sealed/C: was sealed for another setting"
	says "by 'git checkout --theirs tfsecrets/prod/sealed/C'"
	git checkout -q --theirs tfsecrets/prod/sealed/C
	run --separate-stderr tfsecrets check --against ours
	[ "$status" -eq 3 ]
	prints "tfsecrets/prod/sealed/A: the file is gone; 'tfsecrets unset' keeps a tombstone (ours)"
	tfsecrets -q revert A
	git add tfsecrets
	carry_on merge
	holds 'taken for a rename' "A=o B=b0 C=t $rest"
}

@test "two rosters of one serial: nothing goes on, and the message says what to do" {
	branches @ @
	run ! bring merge
	run --separate-stderr tfsecrets check
	[ "$status" -eq 3 ]
	prints "tfsecrets/roster/0002: two rosters have the same serial, which cannot be merged"
	for command in 'resolve A --ours' 'get A' 'revert A'; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr tfsecrets $command
		fails 4 "make the other change anew on top of it"
	done
	git checkout -q --ours tfsecrets/roster
	run --separate-stderr tfsecrets resolve A --ours
	fails 4 "tfsecrets/prod/key.age: a merge conflict was left here; take all of tfsecrets/ from the side that others have already"
	git checkout -q --ours tfsecrets/prod/key.age
	run --separate-stderr tfsecrets resolve A --theirs
	fails 4 "opening 'A': altered, or sealed to another key"
	tfsecrets -q resolve A --ours
	tfsecrets -q resolve B --ours
	git add tfsecrets
	carry_on merge
	tfsecrets check --against ours
	run --separate-stderr tfsecrets check --against theirs
	[ "$status" -eq 3 ]
	prints "roster 2 is not the one of theirs: this is a fork"
	[ "$(values)" = "A=a0 B=b0 $rest" ]
}

@test "clean: somebody comes on one side, a value changes on the other" {
	clean 'member, change' +bob A=t "A=t B=b0 $rest"
	clean 'change, member' A=o +bob "A=o B=b0 $rest"
}

# alice_and_bob: both read and seal, in the base that the branches part from.
alice_and_bob()
{
	fresh
	change +bob
	commit bob
}

@test "a reader leaves on one side, a value changes on the other: it is still to be changed at the source" {
	for which in ours theirs set; do
		alice_and_bob
		branches '~bob' A=t
		run ! bring merge
		tfsecrets -q resolve A "--$which" <<<new
		git add tfsecrets
		carry_on merge
		tfsecrets check --against ours
		tfsecrets check --against theirs
		run --separate-stderr tfsecrets check --strict
		[ "$status" -eq 3 ]
		prints "due: 'B' of 'prod': change it at the source"
		case $which in
		set) [[ $output != *"'A' of 'prod': change it"* ]] ;;
		*) prints "due: 'A' of 'prod': change it at the source" ;;
		esac
	done
}

@test "a value by somebody who has left as a sealer meanwhile is pending, and never taken unasked" {
	alice_and_bob
	branches '~bob' 'bob:C=t bob:A=t'
	run ! bring merge
	run --separate-stderr tfsecrets check
	[ "$status" -eq 3 ]
	prints "tfsecrets/prod/sealed/C: pending: sealed by SHA256:"
	before=$(sha256sum tfsecrets/prod/sealed/A)
	run --separate-stderr tfsecrets resolve A --theirs
	fails 4 "theirs is pending: tfsecrets/prod/sealed/A: pending: sealed by SHA256:"
	says "--accept takes it over"
	[ "$(sha256sum tfsecrets/prod/sealed/A)" = "$before" ]
	tfsecrets -q resolve A --theirs --accept
	tfsecrets -q seal --accept
	git add tfsecrets
	carry_on merge
	holds 'pending' "A=t B=b0 C=t $rest"
}

@test "two who come at once: the second roster is made anew on top of the first" {
	branches +bob +carol
	run ! bring merge
	run --separate-stderr tfsecrets check
	[ "$status" -eq 3 ]
	prints "tfsecrets/roster/0002: two rosters have the same serial"
	git checkout -q --ours tfsecrets
	git add tfsecrets
	carry_on merge
	change +carol
	for person in alice bob carol; do
		tfsecrets member list | grep -q "^$person"
	done
	[ "$(tfsecrets get A --identity "$HOME/carol")" = a0 ]
	tfsecrets check --against ours
}
