#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The demo, into a cluster of the user's.

load common

setup()
{
	scratch=$BATS_TEST_TMPDIR/scratch
	mkdir "$scratch"
}

# demo: in the folder of the cluster, with a kubeconfig that is named from there.
demo()
{
	cd "$CLUSTER" && KUBECONFIG=none:kubeconfig TMPDIR=$scratch CONTEXT=test \
		"$root/examples/taskflow/demo" "$TFSECRETS" "$BUILD"
}

@test "it goes into the cluster of a context, as often as one likes, and leaves nothing here" {
	for count in 1 2; do
		run --separate-stderr demo
		[ "$status" -eq 0 ] || { echo "$output$stderr"; return 1; }
		[ "$(grep -c 'secret/taskflow-secrets serverside-applied' <<<"$output")" = 2 ]
		[ "$(grep -c 'secret/taskflow-secrets unchanged' <<<"$output")" = 1 ]
		[[ $output == *"secret/taskflow-secrets in taskflow-demo-"*" differs: ~OPENAI_API_KEY"* ]]
		[[ $output == *$'\nOPENAI_API_KEY=sk-proj-the-next-one'* ]]
		[ "$(kubectl get namespaces -o name | grep -c taskflow-demo-)" = "$count" ]
	done
	[ -z "$(ls -A "$scratch")" ]
	# What it says last is how to be rid of it.
	away=${lines[-1]#\# To take it away again: }
	[[ $away == 'kubectl delete namespace taskflow-demo-'*' --context test' ]]
	$away --wait=false
	[ -n "$(kubectl get "namespace/$(cut -d' ' -f4 <<<"$away")" -o 'jsonpath={.metadata.deletionTimestamp}')" ]
}

@test "a context that is not there ends it" {
	run --separate-stderr env CONTEXT=none TMPDIR="$scratch" "$root/examples/taskflow/demo" "$TFSECRETS" "$BUILD"
	[ "$status" -eq 2 ]
	[[ $stderr == *"there is no context 'none' in $KUBECONFIG"* ]]
	[ -z "$(ls -A "$scratch")" ]
}
