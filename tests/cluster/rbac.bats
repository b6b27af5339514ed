#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The roles of examples/rbac: each allows its command, and without any of its verbs the command fails and says which.
# shellcheck disable=SC2030,SC2031 # each test has its own
load common
load project

setup_file()
{
	start_cluster --controllers=deployment-controller,replicaset-controller,statefulset-controller,daemonset-controller
	"$here/user" "$CLUSTER" deployer >/dev/null
}

setup()
{
	a_project
	project_id=$(tfsecrets roster pin | grep -oE '[0-9a-f]{32}' | head -n 1)
	[ -n "$project_id" ]
}

teardown()
{
	kubectl get clusterroles,clusterrolebindings -o name | grep /tfsecrets- | xargs -r kubectl delete
}

# objects FILE: what examples/rbac/FILE holds, as a JSON list, for this test's names.
objects()
{
	sed "s/namespace: taskflow$/namespace: $namespace/; s/\[taskflow\]/[$namespace]/; s/PROJECT-ID/$project_id/" \
		"$root/examples/rbac/$1" | kubectl create --dry-run=client --output=json --filename=- |
		jq --slurp 'map(.items? // [.]) | add'
}

# replace JSON: the objects in the cluster, and then what the authorizer knows of them.
replace()
{
	jq '{apiVersion: "v1", kind: "List", items: .}' <<<"$1" | kubectl apply --filename=- >/dev/null
}

# grant FILE...: once the authorizer has learned it, which it does a little later, each right is there.
grant()
{
	local file right

	for file in "$@"; do
		replace "$(objects "$file")"
		while read -r right; do
			until_may "$right"
		done < <(rights "$(objects "$file")" | jq -r 'join(" ")')
	done
}

# rights JSON: a line [object, rule, verb, resource, name or ""] for each right of the roles.
rights()
{
	jq -c 'to_entries[] | .key as $o | .value.rules // [] | to_entries[] | .key as $r | .value |
		.verbs[] as $v | .resources[] as $s | (.resourceNames // [""])[] as $n | [$o, $r, $v, $s, $n]' <<<"$1"
}

# may "OBJECT RULE VERB RESOURCE NAME"
may()
{
	local _object _rule verb resource name

	read -r _object _rule verb resource name <<<"$1"
	as deployer kubectl auth can-i "$verb" "$resource${name:+/$name}" --namespace="$namespace" >/dev/null 2>&1
}

until_may()
{
	local tries

	for ((tries = 0; tries < 300; tries++)); do
		! may "$1" || return 0
		sleep 0.1
	done
	echo "the right '$1' does not come"
	return 1
}

until_may_not()
{
	local tries

	for ((tries = 0; tries < 300; tries++)); do
		may "$1" || return 0
		sleep 0.1
	done
	echo "the right '$1' does not go"
	return 1
}

deployer_tfsecrets()
{
	as deployer "$TFSECRETS" "$@"
}

# From nothing, then a change of both objects.
applies()
{
	in_project delete secrets,configmaps --all >/dev/null
	deployer_tfsecrets apply "$@" && changes && deployer_tfsecrets apply "$@"
}

changes()
{
	count=$((${count:-0} + 1))
	printf 'postgresql://a:b@db/%s' $count | tfsecrets -q set DATABASE_URL
	tfsecrets -q set FRONTEND_URL="https://taskflow.example.org/$count"
}

# needs_each FILE COMMAND...: the command succeeds under the file's roles. Without one of their verbs for one of the
# objects it ends with 5, and says what is missing.
needs_each()
{
	local file=$1 whole right object rule verb resource name count=0
	shift

	grant "$file"
	whole=$(objects "$file")
	"$@"
	while read -r right; do
		read -r object rule verb resource name <<<"$right"
		# A rule for the other names, or the other resources, stays.
		replace "$(jq --argjson o "$object" --argjson r "$rule" --arg v "$verb" --arg s "$resource" --arg n "$name" '
			.[$o].rules[$r] as $old | .[$o].rules[$r].verbs -= [$v] |
			if $n != "" then .[$o].rules += [$old | .resourceNames -= [$n] | select(.resourceNames != [])] else . end |
			.[$o].rules += [$old | .resources -= [$s] | select(.resources != [])] |
			.[$o].rules |= map(select(.verbs != []))' <<<"$whole")"
		until_may_not "$right"
		run --separate-stderr "$@"
		fails 5 "(403)" || { echo "without $right"; return 1; }
		fails 5 "it needs '$verb' on $resource${name:+ '$name'}" || { echo "without $right"; return 1; }
		count=$((count + 1))
		replace "$whole"
		until_may "$right"
	done < <(rights "$whole" | jq -r 'join(" ")')
	echo "each of $count rights is needed"
	[ $count -gt 0 ]
	"$@"
}

@test "apply.yaml is the least for apply" {
	needs_each apply.yaml applies
}

# From nothing, then over what is there.
writes_only()
{
	in_project delete secrets,configmaps --all >/dev/null
	deployer_tfsecrets apply --write-only && changes && deployer_tfsecrets apply --write-only
}

@test "write-only.yaml is the least for --write-only, and lets nothing be read" {
	needs_each write-only.yaml writes_only
	deployer_tfsecrets apply --write-only --dry-run=server
	for verb in get list watch patch delete; do
		run -1 as deployer kubectl auth can-i "$verb" secrets/taskflow-secrets --namespace="$namespace"
	done
	run -1 as deployer kubectl --namespace="$namespace" get secret taskflow-secrets
	# Nothing else was asked for, and no answer had more than what was sent.
	[ "$(audited ".user.username == \"deployer\" and .userAgent == \"tfsecrets\" and .objectRef.namespace == \"$namespace\" and
		(.objectRef.resource == \"secrets\" or .objectRef.resource == \"configmaps\")" | jq -r .verb | sort -u)" = $'create\nupdate' ]
}

@test "apply.yaml is enough for --adopt" {
	grant apply.yaml
	in_project create configmap taskflow-config --from-literal=LOG_LEVEL=debug
	run --separate-stderr deployer_tfsecrets apply
	fails 5 ".data.LOG_LEVEL of 'kubectl-create'"
	deployer_tfsecrets apply --adopt
	[ "$(value configmap/taskflow-config LOG_LEVEL)" = info ]
}

@test "apply.yaml is enough for --dry-run=server" {
	grant apply.yaml
	deployer_tfsecrets apply --dry-run=server
	deployer_tfsecrets apply
	deployer_tfsecrets apply --dry-run=server
}

differs()
{
	local status=0

	deployer_tfsecrets diff || status=$?
	[ $status -eq 3 ] || return $status
}

@test "diff.yaml is the least for diff, and lets nothing be written" {
	needs_each diff.yaml differs
	deployer_tfsecrets apply --dry-run=client
	run --separate-stderr deployer_tfsecrets apply
	fails 5 "it needs 'create' on secrets in namespace '$namespace'"
	[ -z "$(in_project get secrets,configmaps -o name)" ]
}

# without RIGHT-FILTER: the rules of a list of objects that jq's filter does not select.
without()
{
	jq "map(if .rules then .rules |= map(select($1 | not)) else . end)"
}

# No controller is here that would delete a namespace, so nothing is made before the last run. What it has besides
# is proven by apply.yaml.
@test "create-namespace.yaml is the least for --create-namespace" {
	namespace=new-$BATS_TEST_NUMBER
	sed -i "s/test-$BATS_TEST_NUMBER/$namespace/" tfsecrets.yaml
	grant create-namespace.yaml
	for verb in get create; do
		replace "$(objects create-namespace.yaml |
			without ".resources == [\"namespaces\"] and .verbs == [\"$verb\"]")"
		until_may_not "0 0 $verb namespaces $([ $verb = create ] || echo "$namespace")"
		run --separate-stderr deployer_tfsecrets apply --create-namespace
		fails 5 "it needs '$verb' on namespaces"
		grant create-namespace.yaml
	done
	run -1 kubectl get namespace "$namespace"
	deployer_tfsecrets apply --create-namespace
	kubectl get namespace "$namespace"
	changes
	deployer_tfsecrets apply --create-namespace
	[ "$(jq '.[0].rules' <<<"$(objects apply.yaml)")" = "$(objects create-namespace.yaml |
		without '.resources == ["namespaces"]' | jq '.[0].rules')" ]
}

@test "bound-cluster.yaml is the least besides apply.yaml where clusters are bound" {
	grant apply.yaml
	tfsecrets -q roster bind --env prod --cluster "$(kubectl get namespace kube-system -o 'jsonpath={.metadata.uid}')"
	needs_each bound-cluster.yaml deployer_tfsecrets apply
}

# One workload of each kind, without pods: their controllers are done at once.
a_workload_of_each_kind()
{
	local kind replicas

	for kind in Deployment StatefulSet DaemonSet; do
		replicas='replicas: 0'
		[ $kind != DaemonSet ] || replicas=
		in_project apply --filename=- <<-END
			apiVersion: apps/v1
			kind: $kind
			metadata: {name: web}
			spec:
			  $replicas
			  selector: {matchLabels: {app: $kind}}
			  template:
			    metadata: {labels: {app: $kind}}
			    spec: {containers: [{name: c, image: i, envFrom: [{secretRef: {name: taskflow-secrets}}]}]}
		END
	done >/dev/null
}

restarts()
{
	changes
	deployer_tfsecrets apply --restart "$@" >restarted || return
	[ "$(grep -c '\.apps/web restarted' restarted)" -eq 3 ]
}

@test "restart.yaml is the least besides apply.yaml for --restart" {
	grant apply.yaml
	a_workload_of_each_kind
	deployer_tfsecrets apply
	needs_each restart.yaml restarts
}

@test "wait.yaml is the least besides both for --wait, but for the pods' reasons" {
	grant apply.yaml restart.yaml
	a_workload_of_each_kind
	deployer_tfsecrets apply
	grant wait.yaml
	restarts --wait
	replace "$(objects wait.yaml | without '.verbs == ["list"]')"
	until_may_not "0 0 list pods"
	restarts --wait
	for resource in deployments statefulsets daemonsets; do
		replace "$(objects wait.yaml | jq --arg r $resource 'map(if .rules then .rules[].resources -= [$r] else . end)')"
		until_may_not "0 0 get $resource"
		changes
		run --separate-stderr deployer_tfsecrets apply --restart --wait
		fails 5 "it needs 'get' on $resource 'web' in namespace '$namespace'"
		grant wait.yaml
	done
	restarts --atomic
}

# What the schema had before is there, written by an administrator; then it is pruned.
prunes()
{
	cp tfsecrets.yaml without.yaml
	printf 'objects:\n  taskflow-config: {kind: ConfigMap}\n  taskflow-secrets: {kind: Secret}\n%s\n' \
		'  taskflow-old: {kind: ConfigMap, settings: {LEVEL: LOG_LEVEL}}' >>tfsecrets.yaml
	tfsecrets apply >/dev/null
	mv without.yaml tfsecrets.yaml
	deployer_tfsecrets apply --prune >pruned || return
	grep -q '^configmap/taskflow-old pruned' pruned
}

@test "prune.yaml is the least besides apply.yaml for --prune" {
	grant apply.yaml
	needs_each prune.yaml prunes
	run -1 in_project get configmap taskflow-old
}

# requests VERB: how often the deployer has done this to Secrets and ConfigMaps, answered by 200.
requests()
{
	audited ".user.username == \"deployer\" and .verb == \"$1\" and .responseStatus.code == 200 and
		(.objectRef.resource == \"secrets\" or .objectRef.resource == \"configmaps\")" | wc -l
}

@test "many-targets.yaml makes lists of many requests, and is not needed" {
	local targets='' first=$namespace i

	for i in 1 2 3 4 5; do
		namespace=$first-$i
		kubectl create namespace "$namespace"
		targets+="{context: test, namespace: $namespace}, "
		grant apply.yaml
	done
	sed -i "s/targets: .*/targets: [${targets%, }]}/" tfsecrets.yaml
	deployer_tfsecrets apply
	local lists gets
	lists=$(requests list) gets=$(requests get)
	deployer_tfsecrets apply
	[ "$(requests list)" -eq "$lists" ]
	[ $(($(requests get) - gets)) -eq 15 ]
	grant many-targets.yaml
	lists=$(requests list) gets=$(requests get)
	deployer_tfsecrets apply
	[ $(($(requests list) - lists)) -eq 2 ]
	[ "$(requests get)" -eq "$gets" ]
}

@test "what an admission rule refuses is said not to be for want of a role" {
	grant apply.yaml
	kubectl apply --filename=- <<-END
		apiVersion: admissionregistration.k8s.io/v1
		kind: ValidatingAdmissionPolicy
		metadata: {name: none}
		spec:
		  matchConstraints:
		    resourceRules:
		      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}
		  validations: [{expression: 'object.metadata.namespace != "$namespace"', reason: Forbidden}]
		---
		apiVersion: admissionregistration.k8s.io/v1
		kind: ValidatingAdmissionPolicyBinding
		metadata: {name: none}
		spec: {policyName: none, validationActions: [Deny]}
	END
	for ((i = 0; i < 300; i++)); do
		in_project create configmap probe --dry-run=server >/dev/null 2>&1 || break
		sleep 0.1
	done
	run --separate-stderr deployer_tfsecrets apply
	fails 5 "not allowed to patch configmaps 'taskflow-config' in namespace '$namespace' (403)"
	fails 5 "a role does grant it: what refuses is an admission rule, or the cluster's state"
}
