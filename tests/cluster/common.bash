# SPDX-License-Identifier: Apache-2.0
# What every file of tests here starts with: a cluster of the file's own, which kubectl talks to as its
# administrator. A file that needs controllers has a setup_file of its own with
# start_cluster --controllers=LIST. TFSECRETS is the program to test, BUILD what tests/cluster/build was given.
# shellcheck shell=bash disable=SC2154 # status, output and stderr are bats'

bats_require_minimum_version 1.5.0

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
here=$root/tests/cluster
export BUILD=${BUILD:-$root/build}
PATH=$BUILD/cluster:$PATH

# Nothing that lives on may keep bats' own descriptor 3 open: it waits for that to be closed.
start_cluster()
{
	export CLUSTER=$BATS_FILE_TMPDIR/cluster KUBECONFIG=$BATS_FILE_TMPDIR/cluster/kubeconfig
	export HOME=$BATS_FILE_TMPDIR/home
	mkdir "$HOME"
	"$here/up" "$@" "$CLUSTER" "$BUILD" 3>&-
}

setup_file()
{
	start_cluster
}

teardown_file()
{
	[ ! -e "$CLUSTER/lock" ] || "$here/down" "$CLUSTER"
}

# as USER COMMAND...: the command with the kubeconfig of a user that tests/cluster/user has made.
as()
{
	KUBECONFIG=$CLUSTER/$1.kubeconfig "${@:2}"
}

# audited FILTER: the lines of the audit log that jq's FILTER selects, whole.
audited()
{
	jq --compact-output "select($1)" "$CLUSTER/audit.log"
}
