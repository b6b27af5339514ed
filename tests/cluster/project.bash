# SPDX-License-Identifier: Apache-2.0
# For the files of tests that deliver a project: a scratch repository for each test, with a namespace of its own.
# shellcheck shell=bash disable=SC2154 # status, output and stderr are bats'

case ${TFSECRETS:?is the program to test} in
/*) ;;
*) TFSECRETS=$root/$TFSECRETS ;;
esac

tfsecrets()
{
	"$TFSECRETS" "$@"
}

# a_repository: seven settings, sealed, in a repository of its own, for $namespace of context 'test'.
a_repository()
{
	namespace=test-$BATS_TEST_NUMBER
	mkdir "$BATS_TEST_TMPDIR/project" "$BATS_TEST_TMPDIR/home"
	cd "$BATS_TEST_TMPDIR/project" || return 1
	export HOME=$BATS_TEST_TMPDIR/home
	export XDG_STATE_HOME=$HOME/state
	cp "$root/examples/taskflow/.env.example" .env
	tfsecrets -q init --from .env --project taskflow --env prod --name alice 2>/dev/null
	sed -i "s/^  prod:.*/  prod: {targets: [{context: test, namespace: $namespace}]}/" tfsecrets.yaml
	sed -i '/^  prod: /,/^$/{/^  prod: /!{/^$/!d}}' tfsecrets.yaml
	tfsecrets -q seal --from .env
}

# a_project: a_repository whose $namespace is there in the cluster.
a_project()
{
	a_repository
	kubectl create namespace "$namespace" >/dev/null
}

# in_project COMMAND...: kubectl in the project's namespace.
in_project()
{
	kubectl --namespace="$namespace" "$@"
}

# value KIND/NAME KEY: what the cluster has, decoded.
value()
{
	case $1 in
	secret/*) in_project get "$1" -o "go-template={{index .data \"$2\" | base64decode}}" ;;
	*) in_project get "$1" -o "go-template={{index .data \"$2\"}}" ;;
	esac
}

fails()
{
	[ "$status" -eq "$1" ] || { echo "status $status: $output $stderr"; return 1; }
	case $stderr in
	*"$2"*) ;;
	*) echo "standard error lacks '$2': $stderr"; return 1 ;;
	esac
}

version_of()
{
	in_project get "$1" -o 'jsonpath={.metadata.resourceVersion}'
}
