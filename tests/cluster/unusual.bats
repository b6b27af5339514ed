#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What stands in namespaces besides Deployments that roll out: what refers to an object all the same, what takes no new
# values, what is on its way out, and servers that change or refuse what they are sent. Real controllers make the
# statuses.
# shellcheck disable=SC2030,SC2031 # each test has its own

load common
load project

setup_file()
{
	start_cluster --controllers=deployment-controller,replicaset-controller,replicationcontroller-controller,statefulset-controller,daemonset-controller,job-controller,cronjob-controller,resourcequota-controller,serviceaccount-controller
}

setup()
{
	a_project
	until_true in_project get serviceaccount default
	tfsecrets -q apply >/dev/null
}

teardown()
{
	kubectl delete mutatingadmissionpolicies,mutatingadmissionpolicybindings --all >/dev/null
}

by_env='"containers": [{"name": "app", "image": "x", "env": [{"name": "A", "valueFrom":
	{"secretKeyRef": {"name": "taskflow-secrets", "key": "OPENAI_API_KEY"}}}]}]'

# make VERSION KIND NAME SPEC
make()
{
	in_project apply --server-side -f - >/dev/null <<-END
		{"apiVersion": "$1", "kind": "$2", "metadata": {"name": "$3"}, "spec": $4}
	END
}

# template POD: with the selector that goes with it.
template()
{
	printf '"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {%s}}' "$1"
}

# until_true COMMAND...: controllers take their time.
until_true()
{
	local tries

	for ((tries = 0; tries < 300; tries++)); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	echo "it does not come true: $*"
	return 1
}

is()
{
	[ "$(in_project get "$1" -o "jsonpath={$2}")" = "$3" ]
}

change()
{
	printf 'sk-%s-0123456789abcdefghijklmnop' "$1" | tfsecrets -q set OPENAI_API_KEY
}

# The schema keeps the setting, and this environment has it no more.
drop_key()
{
	sed -i '/^  OPENAI_API_KEY:/,/kind:/s/kind: secret/kind: secret\n    optional: true/' tfsecrets.yaml
	tfsecrets -q unset --yes OPENAI_API_KEY
}

has_key()
{
	in_project get secret taskflow-secrets -o json | jq -e '.data | has("OPENAI_API_KEY")' >/dev/null
}

# keeps_key WHO [ADVICE]
keeps_key()
{
	run --separate-stderr tfsecrets apply
	fails 4 "Secret 'taskflow-secrets' would lose the key 'OPENAI_API_KEY', which $1 refers to; ${2:-change that first}"
	has_key
}

@test "an object that is being deleted, and waits for a finalizer, is not written: it would go with that" {
	local content

	content=$(in_project get secret taskflow-secrets -o json | jq .data)
	in_project patch secret taskflow-secrets --type=merge -p '{"metadata": {"finalizers": ["example.org/backup"]}}' >/dev/null
	in_project delete secret taskflow-secrets --wait=false >/dev/null
	for option in --dry-run=client --adopt --restart; do
		run --separate-stderr tfsecrets apply $option
		fails 5 "Secret 'taskflow-secrets' is being deleted, and what is written now goes with it; it waits for its finalizers (example.org/backup): run this again when it has gone"
		[[ $output != *"secret/taskflow-secrets unchanged"* ]]
	done
	change another
	run --separate-stderr tfsecrets apply
	fails 5 "is being deleted"
	run --separate-stderr tfsecrets diff
	fails 5 "is being deleted"
	[ -n "$content" ]
	in_project patch secret taskflow-secrets --type=merge -p '{"metadata": {"finalizers": null}}' >/dev/null
	run -0 --separate-stderr tfsecrets apply
	[[ $output == *"secret/taskflow-secrets serverside-applied"* ]]
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = sk-another-0123456789abcdefghijklmnop ]
}

@test "--write-only takes the finalizer away with all that is others', and makes the object anew" {
	local uid

	uid=$(in_project get secret taskflow-secrets -o 'jsonpath={.metadata.uid}')
	in_project patch secret taskflow-secrets --type=merge -p '{"metadata": {"finalizers": ["example.org/backup"]}}' >/dev/null
	in_project delete secret taskflow-secrets --wait=false >/dev/null
	run -0 --separate-stderr tfsecrets apply --write-only --dry-run=server
	[ "$(in_project get secret taskflow-secrets -o 'jsonpath={.metadata.uid}')" = "$uid" ]
	run -0 --separate-stderr tfsecrets apply --write-only
	[ "$(in_project get secret taskflow-secrets -o 'jsonpath={.metadata.deletionTimestamp}')" = "" ]
	[ "$(in_project get secret taskflow-secrets -o 'jsonpath={.metadata.uid}')" != "$uid" ]
	has_key
}

@test "so it is with the inventory, and with an object among many targets, which one LIST shows" {
	local targets='' first=$namespace i

	for i in 1 2 3 4 5; do
		kubectl create namespace "$first-$i" >/dev/null
		targets+="{context: test, namespace: $first-$i}, "
	done
	sed -i "s/targets: .*/targets: [${targets%, }]}/" tfsecrets.yaml
	tfsecrets -q apply
	namespace=$first-2
	in_project patch configmap taskflow-config --type=merge -p '{"metadata": {"finalizers": ["example.org/a"]}}' >/dev/null
	in_project delete configmap taskflow-config --wait=false >/dev/null
	namespace=$first-4
	inventory=$(in_project get secret -o name --field-selector type=tfsecrets.dev/inventory)
	in_project patch "$inventory" --type=merge -p '{"metadata": {"finalizers": ["example.org/b"]}}' >/dev/null
	in_project delete "$inventory" --wait=false >/dev/null
	run --separate-stderr tfsecrets apply
	fails 5 "namespace '$first-2': ConfigMap 'taskflow-config' is being deleted"
	fails 5 "namespace '$first-4': Secret '${inventory#secret/}' is being deleted"
	[ "$(grep -c 'secret/taskflow-secrets unchanged' <<<"$output")" -eq 3 ]
	in_project patch "$inventory" --type=merge -p '{"metadata": {"finalizers": null}}' >/dev/null
	namespace=$first-2
	in_project patch configmap taskflow-config --type=merge -p '{"metadata": {"finalizers": null}}' >/dev/null
}

@test "a key stays for a Job until it has ended, well or not, and for a ReplicaSet of nobody's" {
	make batch/v1 Job once "{\"backoffLimit\": 0, \"template\": {\"spec\": {\"restartPolicy\": \"Never\", $by_env}}}"
	drop_key
	keeps_key job.batch/once
	in_project patch job once --type=merge -p '{"spec": {"activeDeadlineSeconds": 1}}' >/dev/null
	until_true is job/once '.status.conditions[?(@.type=="Failed")].status' True
	make apps/v1 ReplicaSet web "{\"replicas\": 0, $(template "$by_env")}"
	keeps_key replicaset.apps/web
	in_project delete replicaset web >/dev/null
	make v1 ReplicationController web "{\"replicas\": 0, \"selector\": {\"app\": \"web\"}, \"template\": {\"metadata\":
		{\"labels\": {\"app\": \"web\"}}, \"spec\": {$by_env}}}"
	keeps_key replicationcontroller/web
	in_project delete replicationcontroller web >/dev/null
	make batch/v1 CronJob nightly "{\"schedule\": \"0 0 1 1 *\", \"suspend\": true, \"jobTemplate\": {\"spec\": {\"template\":
		{\"spec\": {\"restartPolicy\": \"Never\", $by_env}}}}}"
	keeps_key cronjob.batch/nightly
	in_project delete cronjob nightly >/dev/null
	run -0 --separate-stderr tfsecrets apply
	run ! has_key
}

@test "a key stays for pods that still run, whatever their owner's template says by now" {
	make apps/v1 StatefulSet db "{\"serviceName\": \"db\", \"replicas\": 1, \"updateStrategy\": {\"type\": \"OnDelete\"}, $(template "$by_env")}"
	until_true in_project get pod db-0
	make apps/v1 StatefulSet db "{\"serviceName\": \"db\", \"replicas\": 1, \"updateStrategy\": {\"type\": \"OnDelete\"},
		$(template '"containers": [{"name": "app", "image": "x", "env": []}]')}"
	drop_key
	keeps_key pod/db-0 "run this again when that has ended"
	in_project delete pod db-0 --wait=false >/dev/null
	until_true is pod/db-0 '.spec.containers[0].env' ''
	run -0 --separate-stderr tfsecrets apply
	run ! has_key
}

@test "a reference that is optional, or of pods that have ended, keeps no key" {
	make v1 Pod ended "{\"restartPolicy\": \"Never\", $by_env}"
	make v1 Pod projected '{"containers": [{"name": "app", "image": "x"}], "volumes": [{"name": "v", "projected": {"sources":
		[{"secret": {"name": "taskflow-secrets", "optional": true, "items": [{"key": "OPENAI_API_KEY", "path": "a"}]}}]}}]}'
	drop_key
	keeps_key pod/ended
	in_project patch pod ended --subresource=status --type=merge -p '{"status": {"phase": "Failed"}}' >/dev/null
	run -0 --separate-stderr tfsecrets apply
	run ! has_key
}

@test "who may list some workloads is protected from those, and told which were not seen" {
	"$here/user" "$CLUSTER" "some$BATS_TEST_NUMBER"
	in_project create role writer --verb=get,create,patch --resource=secrets,configmaps >/dev/null
	in_project create role lister --verb=list --resource=deployments.apps,statefulsets.apps,daemonsets.apps >/dev/null
	for role in writer lister; do
		in_project create rolebinding "$role" --role="$role" --user="some$BATS_TEST_NUMBER" >/dev/null
	done
	until_true as "some$BATS_TEST_NUMBER" kubectl auth can-i list deployments.apps -n "$namespace"
	drop_key
	make apps/v1 Deployment web "{\"replicas\": 0, $(template "$by_env")}"
	run --separate-stderr as "some$BATS_TEST_NUMBER" tfsecrets apply
	fails 4 "would lose the key 'OPENAI_API_KEY', which deployment.apps/web refers to"
	in_project delete deployment web >/dev/null
	run -0 --separate-stderr as "some$BATS_TEST_NUMBER" tfsecrets apply
	[[ $stderr == *"note: Secret 'taskflow-secrets' loses OPENAI_API_KEY; whether one of these refers to it was not seen, since the account may not list them: replicasets, replicationcontrollers, cronjobs, jobs, pods"* ]]
	run ! has_key
}

# stays_for NAME: the Secret 'extra' stays while NAME is there, which goes after that.
stays_for()
{
	run -0 --separate-stderr tfsecrets apply --prune
	[[ $stderr == *"secret/extra stays: $1 refers to it"* ]] || { echo "$1: $output $stderr"; return 1; }
	in_project get secret extra >/dev/null
	in_project delete "$1" --wait=false >/dev/null
}

@test "--prune leaves what anything names: an Ingress, accounts, pull secrets, drivers of volumes, pods that run" {
	local app='"containers": [{"name": "app", "image": "x"}]' driver

	cp tfsecrets.yaml ../one.yaml
	printf 'objects:\n  taskflow-config: {kind: ConfigMap}\n  taskflow-secrets: {kind: Secret}\n%s\n' \
		'  extra: {kind: Secret, settings: {key: OPENAI_API_KEY}}' >>tfsecrets.yaml
	tfsecrets -q apply
	cp ../one.yaml tfsecrets.yaml
	make networking.k8s.io/v1 Ingress front '{"tls": [{"secretName": "extra"}], "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}'
	stays_for ingress.networking.k8s.io/front
	in_project create -f - >/dev/null <<<'{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "puller"}, "imagePullSecrets": [{"name": "extra"}]}'
	stays_for serviceaccount/puller
	make apps/v1 Deployment web "{\"replicas\": 0, $(template "$app, \"imagePullSecrets\": [{\"name\": \"extra\"}]")}"
	stays_for deployment.apps/web
	for driver in '"csi": {"driver": "example.org", "nodePublishSecretRef": {"name": "extra"}}' \
		'"iscsi": {"targetPortal": "10.0.0.1:3260", "iqn": "iqn.2001-04.org.example:a", "lun": 0, "chapAuthSession": true, "secretRef": {"name": "extra"}}' \
		'"azureFile": {"secretName": "extra", "shareName": "a"}'; do
		make apps/v1 Deployment web "{\"replicas\": 0, $(template "$app, \"volumes\": [{\"name\": \"v\", $driver}]")}"
		stays_for deployment.apps/web
		until_true run ! in_project get deployment web
	done
	make apps/v1 Deployment web "{\"replicas\": 1, $(template "$app, \"volumes\": [{\"name\": \"v\", \"secret\": {\"secretName\": \"extra\"}}]")}"
	until_true is deployment/web .status.updatedReplicas 1
	make apps/v1 Deployment web "{\"paused\": true, \"replicas\": 1, $(template "$app, \"volumes\": []")}"
	run -0 --separate-stderr tfsecrets apply --prune
	[[ $stderr == *"secret/extra stays: replicaset.apps/web-"*" refers to it"* ]]
	make apps/v1 Deployment web "{\"paused\": false, \"replicas\": 0, $(template "$app, \"volumes\": []")}"
	until_true is deployment/web .status.observedGeneration "$(in_project get deployment web -o 'jsonpath={.metadata.generation}')"
	until_true is pods '.items' '[]'
	# What the Deployment keeps for its history is no use.
	[ "$(in_project get replicasets -o json | jq '[.items[] | select(.spec.template.spec.volumes[0].secret.secretName == "extra")] | length')" -eq 1 ]
	run -0 --separate-stderr tfsecrets apply --prune
	[[ $output == *"secret/extra pruned"* ]]
}

@test "what does not replace its pods is told when it is restarted, and not waited for in vain" {
	sleep 1.1 # what was made in the second of the apply counts as older
	make apps/v1 Deployment paused "{\"paused\": true, \"replicas\": 1, $(template "$by_env")}"
	make apps/v1 StatefulSet by-hand "{\"serviceName\": \"db\", \"replicas\": 0, \"updateStrategy\": {\"type\": \"OnDelete\"}, $(template "$by_env")}"
	make apps/v1 StatefulSet parted "{\"serviceName\": \"db\", \"replicas\": 0, \"updateStrategy\": {\"rollingUpdate\": {\"partition\": 1}}, $(template "$by_env")}"
	make apps/v1 Deployment none "{\"replicas\": 0, $(template "$by_env")}"
	make apps/v1 DaemonSet nowhere "{$(template "$by_env")}"
	change another
	run -0 --separate-stderr tfsecrets apply --restart
	[ "$(grep -c restarted <<<"$output")" -eq 5 ]
	[ "$(grep '^note: [ds]' <<<"$stderr" | sort)" = "note: deployment.apps/paused: it is paused, so its pods keep the old values until it is resumed
note: statefulset.apps/by-hand: its pods are replaced by hand (updateStrategy OnDelete), and keep the old values until then
note: statefulset.apps/parted: its pods below the partition keep the old values" ]
	in_project delete statefulset by-hand >/dev/null
	run --separate-stderr tfsecrets apply --wait --timeout=300s
	fails 5 "deployment.apps/paused is not rolled out: it is paused, so that its pods are not replaced (kubectl rollout resume)"
	before=$(version_of secret/taskflow-secrets)
	run --separate-stderr tfsecrets apply --atomic --timeout=300s
	fails 5 "tfsecrets: deployment.apps/paused is not rolled out: it is paused"
	[[ $output != *"put back"* ]]
	[ "$(version_of secret/taskflow-secrets)" = "$before" ]
	in_project delete deployment paused >/dev/null
	run -0 --separate-stderr tfsecrets apply --wait --timeout=60s
	for name in deployment.apps/none statefulset.apps/parted daemonset.apps/nowhere; do
		[[ $stderr == *"$name: rolled out"* ]]
	done
}

@test "a workload that is being deleted is neither restarted nor waited for" {
	make apps/v1 Deployment web "{\"replicas\": 1, $(template "$by_env")}"
	in_project patch deployment web --type=merge -p '{"metadata": {"finalizers": ["example.org/a"]}}' >/dev/null
	in_project delete deployment web --wait=false >/dev/null
	change another
	run -0 --separate-stderr tfsecrets apply --restart --wait --timeout=60s
	[[ $output != *restarted* ]]
	[[ $stderr != *deployment* ]]
	in_project patch deployment web --type=merge -p '{"metadata": {"finalizers": null}}' >/dev/null
}

@test "a Secret for pulling images is no reason to restart what runs, for apply and for charts alike" {
	local spec

	spec='"containers": [{"name": "app", "image": "x"}], "imagePullSecrets": [{"name": "taskflow-secrets"}]'
	sleep 1.1
	make apps/v1 Deployment web "{\"replicas\": 0, $(template "$spec")}"
	change another
	run -0 --separate-stderr tfsecrets apply --restart
	[[ $output != *restarted* ]]
	in_project get deployment web -o json | "$TFSECRETS" render --as post-renderer >../rendered
	run ! grep -q restarted-for ../rendered
}

@test "a quota that is used up is said as one, and what could be written is told" {
	make v1 ResourceQuota few '{"hard": {"count/secrets": "2"}}'
	until_true is resourcequota/few '.status.used.count/secrets' 2
	in_project delete secret taskflow-secrets >/dev/null
	until_true in_project create secret generic other
	run --separate-stderr tfsecrets apply
	fails 5 "cannot patch secrets 'taskflow-secrets' in namespace '$namespace' (403): a ResourceQuota of the namespace is used up"
	[[ $stderr != *"a role"* ]]
	[[ $output == *"secret/taskflow-secrets not written"* ]]
}

# mutated EXPRESSION: what every Secret and ConfigMap that is written here gets from an admission policy.
mutated()
{
	local tries

	kubectl apply -f - >/dev/null <<-END
		apiVersion: admissionregistration.k8s.io/v1
		kind: MutatingAdmissionPolicy
		metadata: {name: marks}
		spec:
		  matchConstraints:
		    resourceRules:
		      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [secrets, configmaps]}
		  reinvocationPolicy: Never
		  mutations: [{patchType: ApplyConfiguration, applyConfiguration: {expression: '$1'}}]
		---
		apiVersion: admissionregistration.k8s.io/v1
		kind: MutatingAdmissionPolicyBinding
		metadata: {name: marks}
		spec: {policyName: marks}
	END
	for ((tries = 0; tries < 300; tries++)); do
		[ "$(in_project create configmap probe --dry-run=server -o 'jsonpath={.metadata.labels.marked}')" != yes ] || return 0
		sleep 0.1
	done
	return 1
}

@test "labels that an admission policy puts on everything are no change, no drift and no conflict" {
	mutated 'Object{metadata: Object.metadata{labels: {"marked": "yes"}, annotations: {"example.org/by": "policy"}}}'
	change another
	run -0 --separate-stderr tfsecrets apply
	[[ $output == *"secret/taskflow-secrets serverside-applied"* ]]
	[ "$(in_project get secret taskflow-secrets -o 'jsonpath={.metadata.labels.marked}')" = yes ]
	run -0 --separate-stderr tfsecrets apply
	[ "$output" = $'configmap/taskflow-config unchanged\nsecret/taskflow-secrets unchanged' ]
	run -0 --separate-stderr tfsecrets diff
	[ -z "$output" ]
	change third
	run -0 --separate-stderr tfsecrets apply
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = sk-third-0123456789abcdefghijklmnop ]
	in_project get secret taskflow-secrets -o yaml --show-managed-fields | grep -q 'example.org/by: policy'
}
