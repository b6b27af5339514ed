# SPDX-License-Identifier: Apache-2.0
# For the files of tests that do what the pages of examples/taskflow tell, on a node: a reader's copy of the folder, and
# the commands as the pages call them.
# shellcheck shell=bash disable=SC2154 # bats' variables

load ../node/common
load taskflow

# commands: kubectl, helm and tfsecrets, in the node's network.
commands()
{
	local name program

	mkdir "$HOME/bin"
	while read -r name program; do
		printf '#!/bin/sh\nexec "%s" "%s" "%s" "$@"\n' "$here/enter" "$CLUSTER" "$program" >"$HOME/bin/$name"
	done <<-END
		kubectl $BUILD/cluster/kubectl
		helm $BUILD/charts/helm4
		tfsecrets $TFSECRETS
	END
	chmod +x "$HOME/bin"/*
	cat >"$HOME/.gitconfig" <<-END
		[user]
			name = Alice
			email = alice@example.com
	END
}

# copy: of the folder, whose images are the tests'.
copy()
{
	mkdir "$BATS_FILE_TMPDIR/taskflow"
	cd "$BATS_FILE_TMPDIR/taskflow" || return 1
	(cd "$example" && tar -c chart manifests docs README.md tfsecrets.yaml images.yaml .env.example) | tar -x
	git init --quiet
	echo .env.example >>.git/info/exclude # where a test has values for this cluster
	cat >images.yaml <<-END
		backend: {image: {repository: localhost/taskflow-backend, tag: test}}
		frontend: {image: {repository: localhost/taskflow-frontend, tag: test}}
	END
	sed -i -E 's#name: (taskflow-(backend|frontend)), newTag: 1.0.0#name: \1, newName: localhost/\1, newTag: test#' \
		manifests/overlays/*/kustomization.yaml
}

# reads: a test goes on in the copy where the one before has stopped.
reads()
{
	namespace=taskflow
	export XDG_STATE_HOME=$HOME/state HELM_CACHE_HOME=$HOME/cache HELM_CONFIG_HOME=$HOME/config HELM_DATA_HOME=$HOME/data
	PATH=$HOME/bin:$PATH
	cd "$BATS_FILE_TMPDIR/taskflow" || return 1
	unset -f tfsecrets kubectl
}

# guide PAGE NAME: runs a block of a page in this shell, so that what it sets is there for the next one.
guide()
{
	local shell

	shell=$("$BATS_TEST_DIRNAME/block" "$1" "$2") || return
	eval "$shell"
}

# serving PART: the pods of that component that are not on their way out, by what jq says of each.
serving()
{
	in_project get pods --selector="app=taskflow,component=$1" --output=json |
		jq --raw-output ".items[] | select(.metadata.deletionTimestamp | not) | $2"
}
