#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# That the cluster is what tests/cluster/up says, so that the other tests can rely on it.

load common

value='hunter2-in-the-clear'

teardown()
{
	for lock in "$BATS_TEST_TMPDIR"/*/lock; do
		[ ! -e "$lock" ] || "$here/down" "${lock%/lock}"
	done
}

# pids CLUSTER: the processes whose current folder this is, as the servers' is; those that have ended have none.
pids()
{
	local entry

	for entry in /proc/[0-9]*; do
		[ "$(readlink "$entry/cwd")" != "$(realpath "$1")" ] || echo "${entry#/proc/}"
	done
}

# server KUBECONFIG
server()
{
	kubectl --kubeconfig="$1" config view --output='jsonpath={.clusters[0].cluster.server}'
}

apply_secret()
{
	kubectl apply --server-side --field-manager=test --filename=- <<-END
		apiVersion: v1
		kind: Secret
		metadata: {name: $1, namespace: default}
		stringData: {password: $value}
	END
}

@test 'it is ready, and it is the version that go.mod names' {
	run -0 kubectl get --raw=/readyz
	[ "$output" = ok ]
	named=$(sed -n 's|^\tk8s.io/kubernetes ||p' "$here/kube/go.mod")
	run -0 kubectl version --output=json
	[ "$(jq -r .serverVersion.gitVersion <<<"$output")" = "$named" ]
	[ "$(jq -r .clientVersion.gitVersion <<<"$output")" = "$named" ]
}

# listening CLUSTER: the addresses at which its servers listen, as /proc/net/tcp has them.
listening()
{
	local sockets

	sockets=$(pids "$1" | sed 's|.*|/proc/&/fd|' | xargs -I{} find {} -lname 'socket:*' -printf '%l\n')
	[ -n "$sockets" ] || return
	# 0A is listening; the tenth column is the socket's number.
	awk 'NR == FNR { ours[$1]; next } $4 == "0A" && ("socket:[" $10 "]" in ours) { print $2 }' \
		<(echo "$sockets") /proc/net/tcp /proc/net/tcp6
}

@test 'it listens to this machine alone, and at one port' {
	run -0 server "$KUBECONFIG"
	[[ $output =~ ^https://127\.0\.0\.1:([0-9]+)$ ]]
	port=$(printf %04X "${BASH_REMATCH[1]}")
	run -0 listening "$CLUSTER"
	[[ $output =~ ^(0100007F|7F000001):$port$ ]] # in the machine's byte order
}

@test 'its files are for its owner alone' {
	run -0 stat --format=%a "$CLUSTER"
	[ "$output" = 700 ]
	run -0 find "$CLUSTER" -type f -perm /077
	[ -z "$output" ]
}

@test 'a user may do nothing but what a role allows' {
	"$here/user" "$CLUSTER" alice
	apply_secret guarded

	run -0 as alice kubectl auth whoami --output='jsonpath={.status.userInfo.username}'
	[ "$output" = alice ]
	run -1 --separate-stderr as alice kubectl get secret guarded
	[[ $stderr == *'secrets "guarded" is forbidden: User "alice" cannot get resource "secrets"'* ]]

	kubectl create role reader --verb=get --resource=secrets
	kubectl create rolebinding alice --role=reader --user=alice
	run -0 as alice kubectl get secret guarded --output=name
	[ "$output" = secret/guarded ]
	run -1 --separate-stderr as alice kubectl delete secret guarded
	[[ $stderr == *'is forbidden: User "alice" cannot delete resource "secrets"'* ]]
}

# Else whoever reads what up's caller says would wait for the cluster's end.
@test 'its servers have no files open that are not theirs' {
	exec {open}<>"$BATS_TEST_TMPDIR/open"
	"$here/up" "$BATS_TEST_TMPDIR/other" "$BUILD" 3>&-
	exec {open}>&-
	for pid in $(pids "$BATS_TEST_TMPDIR/other"); do
		run -0 find "/proc/$pid/fd" '(' -lname "$BATS_TEST_TMPDIR/open" -o -lname 'pipe:*' ')'
		[ -z "$output" ]
	done
}

@test 'a role can be bound to a group of a user' {
	"$here/user" "$CLUSTER" bob deployers auditors
	kubectl create role lister --verb=list --resource=configmaps
	kubectl create rolebinding auditors --role=lister --group=auditors

	run -0 as bob kubectl get configmaps --output=name
	run -1 as bob kubectl get secrets --output=name
}

@test 'a user has a name, and it is not one that is taken' {
	run -2 --separate-stderr "$here/user" "$CLUSTER" ../carol
	[ "$stderr" = "user: '../carol' is no name of small letters, digits, dots and dashes" ]
	run -1 --separate-stderr "$here/user" "$CLUSTER" ca
	[ "$stderr" = "user: 'ca' is there already" ]
}

@test 'the audit log has a Secret as it was sent and as it came back' {
	apply_secret watched

	run -0 audited '.verb == "patch" and .objectRef.resource == "secrets" and .objectRef.name == "watched"'
	[ "${#lines[@]}" -eq 1 ]
	[ "$(jq -r .level <<<"$output")" = RequestResponse ]
	[ "$(jq -r .user.username <<<"$output")" = admin ]
	[ "$(jq -r .requestObject.stringData.password <<<"$output")" = "$value" ]
	[ "$(jq -r '.responseObject.data.password | @base64d' <<<"$output")" = "$value" ]
}

@test 'the database has Secrets enciphered, and nothing else' {
	apply_secret stored
	kubectl create configmap stored --from-literal=setting=seen-in-the-clear

	run -0 grep --recursive --text --only-matching seen-in-the-clear "$CLUSTER/etcd"
	run -0 grep --recursive --text --only-matching k8s:enc:secretbox:v1:test: "$CLUSTER/etcd"
	run -1 grep --recursive --text --files-with-matches --regexp="$value" \
		--regexp="$(printf %s "$value" | base64)" "$CLUSTER/etcd"
}

@test 'a port that is taken is left to its owner' {
	taken=$(server "$KUBECONFIG")
	run -0 "$here/up" --port="${taken##*:}" "$BATS_TEST_TMPDIR/other" "$BUILD" 3>&-
	other=$(server "$BATS_TEST_TMPDIR/other/kubeconfig")
	[ "$output" = "cluster in '$BATS_TEST_TMPDIR/other' is ready at $other" ]
	[ "${other##*:}" -gt "${taken##*:}" ]
	kubectl --kubeconfig="$BATS_TEST_TMPDIR/other/kubeconfig" get --raw=/readyz
	kubectl get --raw=/readyz
}

@test 'two clusters at once know nothing of each other' {
	"$here/up" "$BATS_TEST_TMPDIR/other" "$BUILD" 3>&-
	apply_secret mine

	run -0 kubectl get secret mine --output=name
	run -1 --separate-stderr kubectl --kubeconfig="$BATS_TEST_TMPDIR/other/kubeconfig" get secret mine
	[[ $stderr == *'secrets "mine" not found'* ]]
	# Its certificate is from another authority.
	run -1 --separate-stderr kubectl --kubeconfig="$BATS_TEST_TMPDIR/other/kubeconfig" \
		--server="$(server "$KUBECONFIG")" get secrets
	[[ $stderr == *'certificate signed by unknown authority'* ]]
}

@test 'a process is entered with the time at which it began itself' {
	cd "$BATS_TEST_TMPDIR"
	run -0 bash -c '. "$1" && sleep 0.1 && call_myself test && is_running test' bash "$here/processes"
}

@test 'down ends its own processes and no others' {
	other=$BATS_TEST_TMPDIR/other
	"$here/up" "$other" "$BUILD" 3>&-
	mapfile -t servers < <(cat "$other"/*.pid)
	[ "${#servers[@]}" -eq 2 ]
	[ "$(pids "$other" | wc -l)" -eq 2 ]
	# The number of a process that has ended is now this test's.
	echo "$$ 1" >"$other/stale.pid"

	"$here/down" "$other"
	[ -z "$(pids "$other")" ]
	[ -z "$(find "$other" -name '*.pid')" ]
	kubectl get --raw=/readyz
	"$here/down" "$other"
}

@test 'down ends what an up that was killed has left' {
	other=$BATS_TEST_TMPDIR/other
	"$here/up" "$other" "$BUILD" 3>&- &
	until [ -s "$other/kube-apiserver.pid" ]; do
		kill -0 $!
		sleep 0.02
	done
	kill -KILL $!
	wait $! || [ $? -eq 137 ]
	[ -n "$(pids "$other")" ]

	"$here/down" "$other"
	[ -z "$(pids "$other")" ]
}

@test 'an up that is told to end leaves nothing running' {
	other=$BATS_TEST_TMPDIR/other
	"$here/up" "$other" "$BUILD" 3>&- &
	until [ -s "$other/kube-apiserver.pid" ]; do
		kill -0 $!
		sleep 0.02
	done
	kill -TERM $!
	wait $! || [ $? -eq 143 ]
	[ -z "$(pids "$other")" ]
}

@test 'up takes an empty folder only, and down one with a cluster' {
	run -1 --separate-stderr "$here/up" "$CLUSTER" "$BUILD"
	[ "$stderr" = "up: '$CLUSTER' is not empty" ]
	kubectl get --raw=/readyz
	run -1 --separate-stderr "$here/down" "$BATS_TEST_TMPDIR"
	[ "$stderr" = "down: there is no cluster in '$BATS_TEST_TMPDIR'" ]
	run -1 --separate-stderr "$here/up" "$BATS_TEST_TMPDIR/other" "$BATS_TEST_TMPDIR"
	[ "$stderr" = "up: there is no '$BATS_TEST_TMPDIR/cluster/kube'; make cluster builds it" ]
}

@test 'a server that ends ends up, which shows what it said' {
	other=$BATS_TEST_TMPDIR/other
	run -1 --separate-stderr "$here/up" --controllers=no-such "$other" "$BUILD" 3>&-
	[[ $stderr == *"the controller manager has ended; the last that '$other/kube-controller-manager.log' says:"* ]]
	[[ $stderr == *no-such* ]]
	[ -z "$(pids "$other")" ]
}

@test 'controllers run where they are asked for' {
	other=$BATS_TEST_TMPDIR/other
	"$here/up" --controllers=deployment-controller,replicaset-controller,serviceaccount-controller \
		"$other" "$BUILD" 3>&-
	export KUBECONFIG=$other/kubeconfig
	kubectl create deployment web --image=example.org/web --replicas=2
	kubectl wait --for='jsonpath={.status.unavailableReplicas}=2' --timeout=60s deployment/web
	run -0 kubectl get pods --selector=app=web --output=name
	[ "${#lines[@]}" -eq 2 ]
}
