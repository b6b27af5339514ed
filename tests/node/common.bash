# SPDX-License-Identifier: Apache-2.0
# What every file of tests here starts with: a cluster of the file's own with a node, and a namespace for each
# test in which the profile `restricted` of Pod Security is enforced. kubectl is in the node's network.
# shellcheck shell=bash disable=SC2154 # bats' variables

load ../cluster/common

export IMAGE=localhost/app:1
seconds_to_end=60

# What each container says of itself under that profile.
restricted='{allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}'

setup_file()
{
	start_cluster --node
}

setup()
{
	namespace=test-$BATS_TEST_NUMBER
	kubectl create namespace "$namespace" >/dev/null
	kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted >/dev/null
}

enter()
{
	"$here/enter" "$CLUSTER" "$@"
}

kubectl()
{
	enter kubectl "$@"
}

# within COMMAND...: kubectl in the test's namespace.
within()
{
	kubectl --namespace="$namespace" "$@"
}

# pod NAME [LINE...] <CONTAINERS: a pod whose specification has these lines and, from standard input, its
# containers. In all of it RESTRICTED and IMAGE stand for what they are; `restart` can be set.
pod()
{
	{
		cat <<-END
			apiVersion: v1
			kind: Pod
			metadata: {name: $1, labels: {app: $1}}
			spec:
			  restartPolicy: ${restart:-Never}
			  terminationGracePeriodSeconds: 1
			  securityContext:
			    {runAsNonRoot: true, runAsUser: 65532, fsGroup: 65532, seccompProfile: {type: RuntimeDefault}}
		END
		[ $# -eq 1 ] || printf '  %s\n' "${@:2}"
		sed 's/^/  /'
	} | sed "s|RESTRICTED|$restricted|; s|IMAGE|$IMAGE|" | within apply --filename=- >/dev/null
}

# ends POD: a line for each container that has ended, as `kubectl describe` has it: its name, its exit status and
# its termination message. Fails while the pod goes on: one ends also where a container has ended and is, or is
# to be, started again.
ends()
{
	within get pod "$1" --output=json | jq --raw-output --exit-status '
		.status | .phase as $phase | (.initContainerStatuses // []) + (.containerStatuses // []) |
		if ($phase | IN("Succeeded", "Failed")) or any(.[]; .lastState.terminated) then
			[.[] | .name as $name | .state.terminated // .lastState.terminated // empty |
				"\($name) \(.exitCode) \(.message // "")"] | join("\n")
		else
			empty
		end'
}

# eventually COMMAND...: repeats the command until it succeeds, and shows the output of that time alone.
eventually()
{
	local end output

	end=$((SECONDS + seconds_to_end))
	until output=$("$@" 2>&1); do
		[ $SECONDS -lt $end ] || { echo "never: $*: $output" && return 1; }
		sleep 0.2
	done
	echo "$output"
}

# await_end POD: waits until the pod ends, then as above.
await_end()
{
	eventually ends "$1" || { within describe pod "$1" && return 1; }
}
