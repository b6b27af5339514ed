#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An API server that ends and starts again, or has too much to do, while many targets are written: the real one.

load ../cluster/common
load ../cluster/project

targets=24

setup_file()
{
	start_cluster
	seq "$targets" | sed 's/.*/{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n&"}}/' |
		kubectl create -f - >/dev/null
}

setup()
{
	a_repository
	kubectl delete secrets,configmaps --all-namespaces --selector=tfsecrets.dev/environment=prod >/dev/null
	sed -i "s/^  prod: .*/  prod: {targets: [$(seq "$targets" | sed 's/.*/{namespace: n&}/' | paste -sd,)]}/" tfsecrets.yaml
}

# ends_by SIGNAL: the API server ends. starts OPTION...: it starts as before, with these options.
ends_by()
{
	read -r server _ <"$CLUSTER/kube-apiserver.pid"
	mapfile -d '' -t command <"/proc/$server/cmdline"
	kill "-$1" "$server"
	while [ -e "/proc/$server" ] && [ "$(sed 's/.*) //' "/proc/$server/stat" | cut -c1)" != Z ]; do sleep 0.02; done
}

starts()
{
	(
		cd "$CLUSTER" || exit
		# shellcheck source=/dev/null
		. "$here/processes"
		call_myself kube-apiserver
		exec "$BUILD/cluster/kube-apiserver" "${command[@]:1}" "$@"
	) >>"$CLUSTER/kube-apiserver.log" 2>&1 3>&- </dev/null &
	until kubectl get --raw=/readyz >/dev/null 2>&1; do
		kill -0 $!
		sleep 0.1
	done
}

written()
{
	kubectl get secrets --all-namespaces --field-selector=metadata.name=taskflow-secrets --output=name | wc -l
}

# under_way OPTION...: an apply that has written some objects, and not all, and is held there.
under_way()
{
	local before

	before=$(stat --format=%s "$CLUSTER/audit.log")
	"$TFSECRETS" apply "$@" >out 2>err 3>&- &
	applying=$!
	until tail --bytes=+$((before + 1)) "$CLUSTER/audit.log" | grep -q '"verb":"patch".*"name":"taskflow-secrets"'; do
		kill -0 "$applying"
	done
	kill -STOP "$applying"
	[ "$(written)" -gt 0 ]
	[ "$(written)" -lt "$targets" ]
}

goes_on()
{
	kill -CONT "$applying"
}

# all_there: each target has each object, whole, and the report has a line for each.
all_there()
{
	wait "$applying" || { cat err; return 1; }
	[ "$(grep -c '^configmap/taskflow-config serverside-applied$' out)" = "$targets" ]
	[ "$(grep -c '^secret/taskflow-secrets serverside-applied$' out)" = "$targets" ]
	[ "$(wc -l <out)" = $((2 * targets)) ]
	kubectl get secrets,configmaps --all-namespaces --selector=tfsecrets.dev/environment=prod --output=json >there
	[ "$(jq '.items | length' there)" = $((3 * targets)) ]
	[ "$(jq -c '.items[] | select(.metadata.name | startswith("taskflow")) | [.data, .metadata.annotations]' there | sort | uniq -c | wc -l)" = 2 ]
	run -0 --separate-stderr tfsecrets diff
}

# The new one also asks clients of HTTP/2 to connect anew now and then (GOAWAY), which is none of HTTP/1.1's concern.
@test "ended in the middle by SIGTERM, and there again: all is written" {
	under_way --timeout 120s
	ends_by TERM
	goes_on
	starts --goaway-chance=0.02
	all_there
}

@test "ended in the middle by SIGKILL, and there again: all is written" {
	under_way --timeout 120s
	ends_by KILL
	goes_on
	starts
	all_there
}

@test "ended for good: a clear error for each target that is not written, and the next run converges" {
	under_way --timeout 1s
	ends_by KILL
	goes_on
	status=0
	wait "$applying" || status=$?
	[ "$status" -eq 1 ]
	starts
	# Each target has a report of its own, or an error; whatever was told as written is.
	[ "$(grep -c 'cannot reach' err)" -gt 0 ]
	told=$(grep -c '^secret/taskflow-secrets serverside-applied$' out)
	doubtful=$(grep -c '^secret/taskflow-secrets not known to be written$' out || true)
	there=$(written)
	[ "$told" -le "$there" ]
	[ "$there" -le $((told + doubtful)) ]
	"$TFSECRETS" apply --timeout 120s >out 2>err
	[ "$(written)" = "$targets" ]
	run -0 --separate-stderr tfsecrets diff
}

@test "429 of a server that does one thing at a time" {
	"$here/user" "$CLUSTER" mia
	kubectl create clusterrolebinding mia --clusterrole=cluster-admin --user=mia >/dev/null
	ends_by TERM
	starts --max-requests-inflight=1 --max-mutating-requests-inflight=1 --enable-priority-and-fairness=false
	export KUBECONFIG=$CLUSTER/mia.kubeconfig
	sed -i "s/^  prod: .*/  prod: {targets: [$(seq 12 | sed 's/.*/{namespace: n&}/' | paste -sd,)]}/" tfsecrets.yaml
	run -0 --separate-stderr tfsecrets apply --timeout 120s
	[ "${#lines[@]}" -eq 24 ]
	export KUBECONFIG=$CLUSTER/kubeconfig
	kubectl get --raw=/metrics >metrics
	grep -q '^apiserver_request_terminations_total{code="429"' metrics
}
