#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What docs/troubleshooting.md of examples/taskflow says that Kubernetes says, it says: each state is brought about on a
# real node, without metrics-server, and the words that the page quotes are looked for.

load ../node/common
load taskflow

setup_file()
{
	local said

	said=$("$here/node_check" 2>&1) || skip "$said"
	"$here/build" --node "$BUILD"
	build_charts
	start_cluster --node
	"$here/image" localhost/taskflow:test "$BUILD/cluster/app" "$BATS_FILE_TMPDIR/taskflow.tar" serve :8000 ok
	"$here/load" "$CLUSTER" "$BATS_FILE_TMPDIR/taskflow.tar" >/dev/null
}

setup()
{
	namespace=test-$BATS_TEST_NUMBER
	kubectl create namespace "$namespace" >/dev/null
	kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted >/dev/null
	cd "$BATS_TEST_TMPDIR" || return 1
}

# What one test's pods have asked of the node is not to be lacking in the next one.
teardown()
{
	[ -z "${namespace:-}" ] || kubectl delete namespace "$namespace" --wait=false >/dev/null
}

# deployed [OPTION...]: the chart, with an image that is there.
deployed()
{
	rendered helm4 values.yaml --set backend.image.repository=localhost/taskflow --set backend.image.tag=test "$@" |
		within apply --filename=- >/dev/null
}

# Stand-ins for what `tfsecrets apply` writes.
tfsecrets_objects()
{
	within create configmap taskflow-config --from-literal=NODE_ENV=production >/dev/null
	within create secret generic taskflow-secrets --from-literal=database-url=x --from-literal=better-auth-secret=x "$@" >/dev/null
}

# What the cluster tells of this namespace: events, and why containers wait or have ended.
told()
{
	within get events --output='jsonpath={range .items[*]}{.reason}: {.message}{"\n"}{end}'
	within get pods --output=json | jq --raw-output '.items[].status | (.initContainerStatuses // []) + (.containerStatuses // []) |
		.[] | .state.waiting.reason, .state.terminated.reason, .lastState.terminated.reason, .lastState.terminated.message | strings'
}

tells()
{
	told | grep --fixed-strings -e "$1"
}

# says TEXT...: the page quotes each of these, and the cluster comes to say it.
says()
{
	local text

	for text in "$@"; do
		grep --quiet --fixed-strings -e "$text" "$example/docs/troubleshooting.md" || { echo "the page lacks '$text'"; return 1; }
		eventually tells "$text"
	done
}

@test "an image that is nowhere, and one that may not be fetched" {
	tfsecrets_objects
	deployed --set backend.image.repository=localhost/nowhere
	says ErrImagePull ImagePullBackOff
	deployed --set backend.image.repository=localhost/nowhere --set backend.image.pullPolicy=Never
	says ErrImageNeverPull
}

@test "no settings: the pod waits, says for what, and starts by itself when they come" {
	deployed
	says CreateContainerConfigError 'configmap "taskflow-config" not found'
	within create configmap taskflow-config --from-literal=NODE_ENV=production >/dev/null
	says 'secret "taskflow-secrets" not found'
	within create secret generic taskflow-secrets --from-literal=database-url=x --from-literal=better-auth-secret=x >/dev/null
	says "couldn't find key openai-api-key in Secret"
	within patch secret taskflow-secrets --patch='{"stringData": {"openai-api-key": "x"}}' >/dev/null
	within rollout status deployment/taskflow-backend --timeout=60s
}

@test "a program that ends at once" {
	tfsecrets_objects --from-literal=openai-api-key=x
	deployed
	within patch deployment taskflow-backend --type=json \
		--patch='[{"op": "add", "path": "/spec/template/spec/containers/0/args", "value": ["fail", "/dev/termination-log", "no settings"]}]' >/dev/null
	says CrashLoopBackOff
}

@test "a pod that breaks the profile is not made, and the ReplicaSet says why" {
	deployed
	within patch deployment taskflow-backend --patch='{"spec": {"template": {"spec": {"hostNetwork": true}}}}' >/dev/null 2>&1
	says FailedCreate 'violates PodSecurity "restricted:latest"'
}

@test "an autoscaler without metrics-server" {
	tfsecrets_objects --from-literal=openai-api-key=x
	deployed --set autoscaling.enabled=true
	says FailedGetResourceMetric
	run -0 within get hpa taskflow-backend --no-headers
	[[ $output == *'<unknown>/70%'* ]]
}

@test "sealed delivery without its objects: which one is missing" {
	kustomize build "$example/manifests/overlays/sealed" | sed "s/namespace: taskflow\$/namespace: $namespace/" |
		within apply --filename=- >/dev/null
	says FailedMount 'configmap "taskflow-prod-sealed" not found' 'secret "taskflow-prod-identity" not found'
}
