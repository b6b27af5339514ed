#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# roster bind against a real API server: the cluster is asked for its uid, and apply holds to it.

load common
load project

uid()
{
	kubectl get namespace kube-system -o 'jsonpath={.metadata.uid}'
}

@test "bind --context asks the cluster who it is, and apply goes there only" {
	a_project
	run --separate-stderr tfsecrets roster bind --context test --namespace "$namespace"
	[ "$status" -eq 0 ]
	[[ $stderr = *"is cluster $(uid)"* ]]
	[[ $stderr = *"prod: bound to cluster $(uid)"* ]]
	grep -qx "cluster $(uid)" tfsecrets/roster/0002
	grep -qx "namespace $namespace" tfsecrets/roster/0002
	tfsecrets -q apply
	tfsecrets -q roster bind --cluster 00000000-0000-0000-0000-000000000000
	tfsecrets -q roster bind --context test --remove
	run --separate-stderr tfsecrets apply
	fails 4 "the roster does not allow this cluster for 'prod'"
	[ -z "$output" ]
	tfsecrets -q roster bind --cluster 00000000-0000-0000-0000-000000000000 --remove
	tfsecrets -q apply
	run --separate-stderr tfsecrets apply --namespace default
	fails 4 default
}

@test "bind --context of a server that is not there changes nothing" {
	a_repository
	kubectl config view --raw -o json | jq '.clusters[].cluster.server = "https://127.0.0.1:9"' >none
	before=$(find tfsecrets -type f -exec sha256sum {} +)
	run --separate-stderr tfsecrets roster bind --context test --kubeconfig none
	fails 1 "cannot reach 'https://127.0.0.1:9'"
	[ "$(find tfsecrets -type f -exec sha256sum {} +)" = "$before" ]
}

@test "a rotated environment is applied again without a change of its objects" {
	a_project
	tfsecrets -q apply
	tfsecrets -q rotate
	run --separate-stderr tfsecrets apply
	[ "$status" -eq 0 ]
	[ "$output" = "configmap/taskflow-config unchanged
secret/taskflow-secrets unchanged" ]
}

@test "a proposed roster keeps apply from the cluster until it is complete" {
	a_project
	tfsecrets -q apply
	tfsecrets -q keygen -o bob >bob.pub
	tfsecrets -q member add bob --keys bob.pub --admin
	tfsecrets -q roster threshold 2
	tfsecrets -q rotate
	run --separate-stderr tfsecrets apply
	fails 4 "roster 4 still lacks signatures"
	run --separate-stderr tfsecrets diff
	[ "$status" -eq 0 ]
	tfsecrets -q roster withdraw
	tfsecrets -q apply
}
