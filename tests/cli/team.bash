# SPDX-License-Identifier: Apache-2.0
# A project of several people, made once for a file of tests, and what looks at it after.
# shellcheck shell=bash disable=SC2154 # status, output and stderr are bats'

here=$BATS_TEST_DIRNAME
roster=tfsecrets/roster

forge()
{
	python3 "$here/forge.py" "$@"
}

# alice is admin, reader and sealer of dev and prod; bob, carol, ci and dave have keys and are in no roster.
setup_file()
{
	export TEAM=$BATS_FILE_TMPDIR/team
	BATS_TEST_TMPDIR=$TEAM
	mkdir "$TEAM"
	setup_project
	tfsecrets -q init --from .env --env prod --env dev --name alice
	tfsecrets -q seal --env prod --from .env
	tfsecrets -q seal --env dev --from .env
	for name in bob carol ci dave; do
		tfsecrets -q keygen -o "$HOME/$name" >"$HOME/$name.pub"
	done
	rm .env
	git add . && git commit -qm first
	! declare -F more_for_all >/dev/null || more_for_all
}

# a test's own copy of it
setup()
{
	cp -a "$TEAM" "$BATS_TEST_TMPDIR/copy"
	export HOME=$BATS_TEST_TMPDIR/copy/home GIT_CONFIG_NOSYSTEM=1
	unset XDG_CONFIG_HOME XDG_STATE_HOME SSH_AUTH_SOCK KUBECONFIG
	alice=$HOME/.config/tfsecrets/identity bob=$HOME/bob carol=$HOME/carol ci=$HOME/ci dave=$HOME/dave
	cd "$BATS_TEST_TMPDIR/copy/taskflow" || return 1
}

# as NAME COMMAND...: with that one's identity
as()
{
	"$TFSECRETS" "${@:2}" --identity "${!1}"
}

recipient()
{
	sed -n 's/^# public key: //p' "${!1}"
}

signing()
{
	sed -n 's/^# signing key: //p' "${!1}"
}

commit()
{
	git add -A && git commit -qm "${1:-next}"
}

# field FILE NAME: a field of a sealed file or roster
field()
{
	sed -n "s/^$2 //p" "$1"
}

# of_environment FILE ENVIRONMENT NAME: a field of an environment in a roster
of_environment()
{
	sed -n "/^environment $2\$/,/^environment\|^end/s/^$3 //p" "$1"
}

# changed: the paths that differ from the last commit, with how
changed()
{
	git status --porcelain --untracked-files=all | sort -k 2
}

# refused STATUS TEXT COMMAND...: ends so, says so, and writes nothing
refused()
{
	local before
	before=$(fingerprint)
	run --separate-stderr "${@:3}"
	fails "$1" "$2" || return 1
	[ -z "$output" ] || { echo "standard output: $output"; return 1; }
	shows_no_secret
	[ "$(fingerprint)" = "$before" ] || { echo 'the tree changed'; return 1; }
}

# works COMMAND...
works()
{
	run --separate-stderr "$@"
	[ "$status" -eq 0 ] || { echo "status $status: $output $stderr"; return 1; }
	shows_no_secret
}

check_is_quiet()
{
	works tfsecrets check "$@"
}

# check_finds TEXT
check_finds()
{
	run --separate-stderr tfsecrets check "${@:2}"
	[ "$status" -eq 3 ] || { echo "status $status: $output $stderr"; return 1; }
	prints "$1"
	shows_no_secret
}

# optional SETTING: its environments may lack it
optional()
{
	sed -i "/^  $1:/a \\    optional: true" tfsecrets.yaml
}

# reads NAME ENV: that one gets a value there
reads()
{
	[ "$(as "$1" -q get -e "$2" DATABASE_URL)" = "$database_url" ]
}

# reads_not NAME ENV
reads_not()
{
	refused 4 "this identity is not a reader of '$2'" as "$1" get -e "$2" DATABASE_URL
}
