#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The account of a pod: a real token and authority where the kubelet puts them, in a mount namespace of the test's
# own.

load common
load project
load scripted
load pod

setup_file()
{
	start_cluster
	export certificates=$BATS_FILE_TMPDIR/certificates token=a-token-0123456789-of-nobody
	certificates "$certificates"
}

setup()
{
	needs_pod
	a_project
	sed -i "s/^  prod: .*/  prod: {targets: [{in-cluster: true, namespace: $namespace}]}/" tfsecrets.yaml
	address=$(kubectl config view -o 'jsonpath={.clusters[0].cluster.server}')
	export KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=${address##*:}
	an_account
}

teardown()
{
	stop_servers
}

# an_account: ./account, as the kubelet makes it: links through ..data, which it replaces at once.
an_account()
{
	in_project create serviceaccount deployer >/dev/null
	in_project create role deployer --verb=get,create,patch --resource=secrets,configmaps >/dev/null
	in_project create rolebinding deployer --role=deployer --serviceaccount="$namespace:deployer" >/dev/null
	mkdir -p account/..1
	in_project create token deployer >account/..1/token
	cp "$CLUSTER/ca.crt" account/..1/ca.crt
	printf %s "$namespace" >account/..1/namespace
	ln -s ..1 account/..data
	ln -s ..data/token ..data/ca.crt ..data/namespace account/
}

# Without a kubeconfig.
pod()
{
	in_pod env --unset=KUBECONFIG "$TFSECRETS" "$@"
}

@test "a pod's account delivers" {
	run -0 --separate-stderr pod apply
	[ "$(grep -c serverside-applied <<<"$output")" -eq 2 ]
	[[ ${stderr_lines[0]} == "prod: to namespace '$namespace' at https://127.0.0.1:$KUBERNETES_SERVICE_PORT, this pod's account" ]]
	[ "$(value configmap/taskflow-config LOG_LEVEL)" = info ]
	audited '.userAgent == "tfsecrets" and .objectRef.namespace == "'"$namespace"'"' >asked
	[ "$(jq -r .user.username asked | sort -u)" = "system:serviceaccount:$namespace:deployer" ]
	run ! grep -qF "$(cat account/token)" <<<"$output$stderr"
	# The role ends with its namespace.
	run --separate-stderr pod apply -n default
	fails 5 "not allowed to get secrets"
}

@test "without a target and a kubeconfig it is the pod's account and namespace, and never where a context is named" {
	sed -i 's/^  prod: .*/  prod: {}/' tfsecrets.yaml
	run --separate-stderr pod apply
	fails 2 "'prod' has no targets in tfsecrets.yaml"
	sed -i 's/^  prod: .*/  prod: {targets: [{namespace: elsewhere}]}/' tfsecrets.yaml
	run -3 --separate-stderr pod diff -n "$namespace"
	sed -i "s/^  prod: .*/  prod: {targets: [{context: test, namespace: $namespace}]}/" tfsecrets.yaml
	run --separate-stderr pod apply
	fails 2 "there is no context 'test', since there is no kubeconfig '"
	[ -z "$(in_project get secrets -o name)" ]
}

@test "impersonation, and what is no kubeconfig's" {
	run --separate-stderr pod apply --as carol
	fails 5 "(403)"
	kubectl create clusterrole impersonator --verb=impersonate --resource=users --resource-name=carol
	kubectl create clusterrolebinding impersonator --clusterrole=impersonator --serviceaccount="$namespace:deployer"
	in_project create rolebinding carol --role=deployer --user=carol
	run -0 --separate-stderr pod apply --as carol
	[ "$(audited ".userAgent == \"tfsecrets\" and .verb == \"patch\" and .objectRef.namespace == \"$namespace\"" | jq -r .impersonatedUser.username | sort -u)" = carol ]
	[[ ${stderr_lines[0]} == *", this pod's account, as 'carol'" ]]
	run --separate-stderr pod apply --user x
	fails 2 "'--cluster' and '--user' name entries of a kubeconfig, and this pod's account has none"
}

@test "an account that is not whole is said" {
	rm account/..1/namespace
	run -3 --separate-stderr pod diff
	mv account/..1/ca.crt ca.crt
	run --separate-stderr pod apply
	fails 1 "cannot open '/var$account/ca.crt'"
	cp ca.crt account/..1/ca.crt
	echo >account/..1/token
	run --separate-stderr pod apply
	fails 1 "'/var$account/token' is empty"
	rm account/..1/token
	run --separate-stderr pod apply
	fails 1 "cannot open '/var$account/token'"
	unset KUBERNETES_SERVICE_PORT
	run --separate-stderr pod apply
	fails 1 "this is no pod: \$KUBERNETES_SERVICE_HOST and \$KUBERNETES_SERVICE_PORT are not set"
}

@test "a token that the server does not know: said, and asked once" {
	printf 'nobodys.token.atall\n' >account/..1/token
	run --separate-stderr pod apply
	fails 5 "does not know who we are (401)"
	run ! grep -qF nobodys <<<"$output$stderr"
}

# The script answers the first request, with 401, when the account was replaced in the kubelet's way.
@test "a token that was replaced meanwhile is read again" {
	serve server '{"on":"GET secrets/inventory","times":1,"status":401,"await":"replaced","json":{"kind":"Status","reason":"Unauthorized"}}'
	export KUBERNETES_SERVICE_PORT=${server##*:}
	cp "$certificates/ca.crt" account/..1/ca.crt
	printf 'the-first-token' >account/..1/token
	in_pod env --unset=KUBECONFIG "$TFSECRETS" apply >said 2>&1 3>&- &
	until grep -q . server/authorization; do
		kill -0 $!
		sleep 0.02
	done
	cp -r account/..1 account/..2
	printf 'the-second-token' >account/..2/token
	ln -s ..2 account/..data_tmp
	mv -T account/..data_tmp account/..data
	touch server/replaced
	wait $! || { cat said; return 1; }
	[ "$(head -n 2 server/authorization)" = $'Bearer the-first-token\nBearer the-second-token' ]
	[ "$(tail -n +2 server/authorization | sort -u)" = 'Bearer the-second-token' ]
	run ! grep -q token said
}
