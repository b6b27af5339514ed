# SPDX-License-Identifier: Apache-2.0
# A valid project with two environments to attack, made once for a file of tests, and what looks at it after.
# shellcheck shell=bash disable=SC2154 # status, output and stderr are bats'

here=$BATS_TEST_DIRNAME
sealed=tfsecrets/prod/sealed/DATABASE_URL

forge()
{
	python3 "$here/forge.py" "$@"
}

# alice is admin, reader and sealer; bob has a key and is in no roster.
setup_file()
{
	export VICTIM=$BATS_FILE_TMPDIR/victim
	BATS_TEST_TMPDIR=$VICTIM
	mkdir "$VICTIM"
	setup_project
	tfsecrets -q init --from .env --env prod --env dev --name alice
	tfsecrets -q seal --env prod --from .env
	tfsecrets -q seal --env dev --from .env
	tfsecrets -q keygen -o "$HOME/bob" >/dev/null
	git add . && git commit -qm first
}

# a test's own copy of it
setup()
{
	cp -a "$VICTIM" "$BATS_TEST_TMPDIR/copy"
	export HOME=$BATS_TEST_TMPDIR/copy/home GIT_CONFIG_NOSYSTEM=1
	unset XDG_CONFIG_HOME XDG_STATE_HOME SSH_AUTH_SOCK KUBECONFIG
	alice=$HOME/.config/tfsecrets/identity
	bob=$HOME/bob
	cd "$BATS_TEST_TMPDIR/copy/taskflow" || return 1
}

# What `check` finds changes nothing and shows no value.
check_finds()
{
	local before
	before=$(fingerprint)
	run --separate-stderr tfsecrets check "${@:2}"
	[ "$status" -eq 3 ] || { echo "status $status: $output $stderr"; return 1; }
	prints "$1"
	shows_no_secret
	[ "$(fingerprint)" = "$before" ] || { echo 'the tree changed'; return 1; }
}

check_is_quiet()
{
	run --separate-stderr tfsecrets check "$@"
	[ "$status" -eq 0 ] || { echo "status $status: $output $stderr"; return 1; }
}

# refuses TEXT COMMAND...: a command that uses the values ends with 4, and says TEXT.
refuses()
{
	local before
	before=$(fingerprint)
	run --separate-stderr tfsecrets "${@:2}"
	fails 4 "$1" || return 1
	[ -z "$output" ] || { echo "standard output: $output"; return 1; }
	shows_no_secret
	[ "$(fingerprint)" = "$before" ] || { echo 'the tree changed'; return 1; }
}

# Neither get nor exec nor render uses it, for this reason.
nothing_uses_it()
{
	refuses "$1" get -e prod DATABASE_URL
	refuses "$1" exec -e prod -- touch ran
	refuses "$1" render -e prod
	[ ! -e ran ] || { echo 'the command ran'; return 1; }
}
