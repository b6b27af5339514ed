#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Whose an object and its fields are: what is taken over, what is refused, and what others have done to what is ours.
# shellcheck disable=SC2030,SC2031 # each test has its own
load common
load project

neither='configmap/taskflow-config unchanged
secret/taskflow-secrets unchanged'


# managers KIND/NAME: "MANAGER OPERATION" of each entry of managedFields, sorted.
managers()
{
	in_project get "$1" --show-managed-fields -o json | jq -r '.metadata.managedFields[] | .manager + " " + .operation' | sort
}

# has_key KIND/NAME KEY
has_key()
{
	[ "$(in_project get "$1" -o json | jq --arg k "$2" '(.data // {} | has($k)) or (.binaryData // {} | has($k))')" = true ]
}

# by_hand COMMAND: the Secret as somebody would make it, with a key that the project has not, one of ours with another
# value, and one with the same.
by_hand()
{
	same=$(sed -n 's/^OPENAI_API_KEY=//p' .env)
	case $1 in
	create) in_project create secret generic taskflow-secrets --from-literal=DATABASE_URL=postgresql://old:old@db/old \
		--from-literal=OPENAI_API_KEY="$same" --from-literal=EXTRA=theirs ;;
	apply) manifest | in_project apply -f - ;;
	server-side) manifest | as_data | in_project apply --server-side -f - ;;
	esac >/dev/null
}

manifest()
{
	cat <<-END
		apiVersion: v1
		kind: Secret
		metadata: {name: taskflow-secrets, labels: {team: a}}
		stringData: {DATABASE_URL: 'postgresql://old:old@db/old', OPENAI_API_KEY: '$same', EXTRA: theirs}
	END
}

# With stringData server-side apply would remember no owner of data's keys.
as_data()
{
	in_project create --dry-run=client -o json -f - |
		jq '.data = (.stringData | map_values(@base64)) | del(.stringData)'
}

# without_key SETTING: it leaves the project.
without_key()
{
	tfsecrets -q unset --yes "$1"
	python3 - "$1" <<-'END'
		import re, sys
		text = open("tfsecrets.yaml").read()
		text = re.sub(r"  %s:\n(    .*\n)*" % sys.argv[1], "", text)
		open("tfsecrets.yaml", "w").write(text)
	END
}

# adopts COMMAND MANAGER: what that made is refused, then taken over; a key that leaves the project then goes.
adopts()
{
	a_project
	by_hand "$1"
	run --separate-stderr tfsecrets apply
	fails 5 "Secret 'taskflow-secrets' has fields of other managers: .data.DATABASE_URL of '$2'"
	fails 5 "; --adopt takes over what kubectl and its like wrote, and --force-conflicts takes them whoever they are of"
	run -0 --separate-stderr tfsecrets apply --adopt
	[[ $stderr == *"note: Secret 'taskflow-secrets': takes over the key 'DATABASE_URL' of '$2' ("* ]]
	[[ $stderr == *"takes over the key 'OPENAI_API_KEY' of '$2' ("* ]]
	[[ $stderr == *"note: Secret 'taskflow-secrets': the key 'EXTRA' of '$2' ("*") stays, since the project has none"* ]]
	[ "$(value secret/taskflow-secrets DATABASE_URL)" = "$(sed -n 's/^DATABASE_URL=//p' .env)" ]
	# What the project lacks stays, and is theirs.
	[ "$(value secret/taskflow-secrets EXTRA)" = theirs ]
	[ -z "$(in_project get secret/taskflow-secrets -o json | jq -r '.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"] // ""')" ]
	[ "$(tfsecrets apply --adopt 2>/dev/null)" = "$neither" ]
	run -0 --separate-stderr tfsecrets diff
	[ -z "$output" ]
	without_key OPENAI_API_KEY
	run -0 --separate-stderr tfsecrets apply
	run ! has_key secret/taskflow-secrets OPENAI_API_KEY
	has_key secret/taskflow-secrets EXTRA
}

@test "what kubectl create made is adopted" {
	adopts create kubectl-create
}

@test "what kubectl apply made is adopted, and its copy of the values goes" {
	adopts apply kubectl-client-side-apply
	[ "$(in_project get secret/taskflow-secrets -o 'jsonpath={.metadata.labels.team}')" = a ]
}

@test "what kubectl apply --server-side made is adopted" {
	adopts server-side kubectl
}

@test "without --adopt a key that another has written as well stays when it leaves the project, and is named before" {
	a_project
	by_hand create
	in_project patch secret taskflow-secrets --type=json -p '[{"op":"remove","path":"/data/DATABASE_URL"}]' >/dev/null
	run -0 --separate-stderr tfsecrets apply
	run -3 --separate-stderr tfsecrets diff
	[[ $output == "secret/taskflow-secrets in $namespace: key 'OPENAI_API_KEY' is also of 'kubectl-create' ("*"), and so would stay when it leaves the project; --adopt makes it ours alone" ]]
	cp -r . ../other && (cd ../other && without_key OPENAI_API_KEY && tfsecrets -q apply)
	has_key secret/taskflow-secrets OPENAI_API_KEY
}

@test "only owners change: adopted, without a key" {
	a_project
	by_hand create
	in_project patch secret taskflow-secrets --type=json -p '[{"op":"remove","path":"/data/DATABASE_URL"}]' >/dev/null
	tfsecrets -q apply
	mv "$HOME/.config" "$HOME/.config.away"
	run -0 --separate-stderr tfsecrets apply --adopt --dry-run=server
	[ "$output" = $'configmap/taskflow-config unchanged (server dry run)\nsecret/taskflow-secrets adopted (server dry run)' ]
	managers secret/taskflow-secrets | grep -q kubectl-create
	run -0 --separate-stderr tfsecrets apply --adopt
	[ "$output" = $'configmap/taskflow-config unchanged\nsecret/taskflow-secrets adopted' ]
	[ "$(tfsecrets apply --adopt 2>/dev/null)" = "$neither" ]
	mv "$HOME/.config.away" "$HOME/.config"
	without_key OPENAI_API_KEY
	tfsecrets -q apply
	run ! has_key secret/taskflow-secrets OPENAI_API_KEY
}

@test "what a controller writes is not adopted; it is named, with what to do" {
	a_project
	manifest='{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"taskflow-config"},"data":{"LOG_LEVEL":"debug"}}'
	in_project apply --server-side --field-manager=some-operator -f - <<<"$manifest" >/dev/null
	run --separate-stderr tfsecrets apply --adopt
	fails 5 "ConfigMap 'taskflow-config' has fields of other managers: .data.LOG_LEVEL of 'some-operator'"
	fails 5 "; these are of programs that would write them again, so that --adopt leaves them alone; --force-conflicts takes them"
	[ "$(value configmap/taskflow-config LOG_LEVEL)" = debug ]
	run -0 --separate-stderr tfsecrets apply --force-conflicts
	[ "$(value configmap/taskflow-config LOG_LEVEL)" = info ]
}

@test "every field in conflict is named, however many there are" {
	a_project
	for i in $(seq 15); do
		printf '  MANY_%02d: {kind: config, default: ours}\n' "$i"
	done >>tfsecrets.yaml
	tfsecrets -q apply
	in_project patch configmap taskflow-config --type merge \
		-p "$(seq -f '%02g' 15 | jq -cRn '{data: ([inputs | {key: ("MANY_" + .), value: "theirs"}] | from_entries)}')" >/dev/null
	run --separate-stderr tfsecrets apply
	fails 5 " and 7 more"
	for i in $(seq -f '%02g' 15); do
		[[ $stderr == *"note: ConfigMap 'taskflow-config': .data.MANY_$i of 'kubectl-patch'"* ]]
	done
	run -0 --separate-stderr tfsecrets apply --adopt
	[ "$(value configmap/taskflow-config MANY_15)" = ours ]
}

@test "cut off after the fields were taken over: the next run, with or without --adopt, writes the value" {
	a_project
	tfsecrets -q apply
	in_project patch secret taskflow-secrets --type merge -p '{"stringData":{"DATABASE_URL":"theirs"}}' >/dev/null
	# After the rewriting nothing more is let through.
	kubectl apply --filename=- >/dev/null <<-END
		apiVersion: admissionregistration.k8s.io/v1
		kind: ValidatingAdmissionPolicy
		metadata: {name: no-$namespace}
		spec:
		  matchConstraints:
		    resourceRules:
		      - {apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: [secrets]}
		  validations:
		    - {expression: 'object.metadata.namespace != "$namespace" || object.metadata.name != "taskflow-secrets" || !has(object.metadata.annotations) || !("tfsecrets.dev/content" in object.metadata.annotations)', reason: Forbidden}
		---
		apiVersion: admissionregistration.k8s.io/v1
		kind: ValidatingAdmissionPolicyBinding
		metadata: {name: no-$namespace}
		spec: {policyName: no-$namespace, validationActions: [Deny]}
	END
	for ((i = 0; i < 300; i++)); do
		in_project annotate --overwrite secret taskflow-secrets tfsecrets.dev/content=probe --dry-run=server >/dev/null 2>&1 || break
		sleep 0.1
	done
	run --separate-stderr tfsecrets apply --adopt
	fails 5 "not allowed to patch secrets 'taskflow-secrets'"
	# The rewriting has gone through, and the value is still theirs.
	run ! grep -q kubectl <<<"$(managers secret/taskflow-secrets)"
	[ "$(value secret/taskflow-secrets DATABASE_URL)" = theirs ]
	run -3 --separate-stderr tfsecrets diff
	kubectl delete validatingadmissionpolicybinding "no-$namespace" >/dev/null
	for ((i = 0; i < 300; i++)); do
		! in_project annotate --overwrite secret taskflow-secrets tfsecrets.dev/content=probe --dry-run=server >/dev/null 2>&1 || break
		sleep 0.1
	done
	run -0 --separate-stderr tfsecrets apply
	[ "$(value secret/taskflow-secrets DATABASE_URL)" = "$(sed -n 's/^DATABASE_URL=//p' .env)" ]
	[ "$(tfsecrets apply 2>/dev/null)" = "$neither" ]
	run -0 tfsecrets diff
}

@test "many adopt at once, while somebody edits: all end well, and no key is lost" {
	a_project
	by_hand apply
	for i in 1 2 3 4; do
		cp -r . "$BATS_TEST_TMPDIR/copy$i"
	done
	for i in 1 2 3 4; do
		(cd "$BATS_TEST_TMPDIR/copy$i" && tfsecrets -q apply --adopt >out 2>err; echo $? >status) 3>&- &
	done
	for i in $(seq 6); do
		in_project annotate --overwrite secret taskflow-secrets "edit=$i" >/dev/null
	done
	wait
	for i in 1 2 3 4; do
		[ "$(cat "$BATS_TEST_TMPDIR/copy$i/status")" = 0 ] || { cat "$BATS_TEST_TMPDIR/copy$i/err"; return 1; }
	done
	[ "$(value secret/taskflow-secrets EXTRA)" = theirs ]
	[ "$(in_project get secret taskflow-secrets -o 'jsonpath={.metadata.annotations.edit}')" = 6 ]
	run -0 tfsecrets diff
	without_key OPENAI_API_KEY
	tfsecrets -q apply
	run ! has_key secret/taskflow-secrets OPENAI_API_KEY
}

# MARK, or MARK of a label; the system; what the message says to do.
marks='
annotation meta.helm.sh/release-name Helm annotate it with helm.sh/resource-policy=keep
annotation argocd.argoproj.io/tracking-id Argo_CD take it out of the application
label argocd.argoproj.io/instance Argo_CD take it out of the application
label kustomize.toolkit.fluxcd.io/name Flux take it out of the Kustomization
label kustomize.toolkit.fluxcd.io/namespace Flux take it out of the Kustomization
label helm.toolkit.fluxcd.io/name Flux take it out of the HelmRelease
annotation external-secrets.io/owner External_Secrets delete its ExternalSecret
annotation reconcile.external-secrets.io/data-hash External_Secrets delete its ExternalSecret
label reconcile.external-secrets.io/created-by External_Secrets delete its ExternalSecret
annotation sealedsecrets.bitnami.com/managed Sealed_Secrets delete its SealedSecret
annotation sealedsecrets.bitnami.com/patch Sealed_Secrets delete its SealedSecret
annotation cert-manager.io/certificate-name cert-manager delete its Certificate
label secrets.hashicorp.com/vso-ownerRefUID the_Vault_Secrets_Operator delete what makes it
label applyset.kubernetes.io/part-of an_ApplySet_of_kubectl take it out of what kubectl applies
label kapp.k14s.io/app kapp take it out of the app
'

@test "an object that bears another system's mark is refused, by any option, and the message says what to do" {
	a_project
	count=0
	while read -r kind mark system advice; do
		[ -n "$kind" ] || continue
		in_project create secret generic taskflow-secrets --from-literal=A=b >/dev/null
		in_project "${kind%ation}$([ "$kind" = label ] || echo ate)" secret taskflow-secrets "$mark=x" >/dev/null
		for options in '' --adopt --force-conflicts '--adopt --force-conflicts' --dry-run=client; do
			# shellcheck disable=SC2086
			run --separate-stderr tfsecrets apply $options
			fails 4 "Secret 'taskflow-secrets' is another system's: it has $mark, the mark of ${system//_/ }; "
			fails 4 "$advice"
		done
		[ "$(in_project get secret taskflow-secrets -o json | jq -c .data)" = '{"A":"Yg=="}' ]
		[ -z "$(in_project get configmap taskflow-config -o name --ignore-not-found)" ]
		in_project delete secret taskflow-secrets >/dev/null
		count=$((count + 1))
	done <<<"$marks"
	[ $count -eq 15 ]
}

@test "an object with an owner is refused: it goes when that goes" {
	a_project
	for controller in true false; do
		in_project create secret generic taskflow-secrets --from-literal=A=b >/dev/null
		in_project patch secret taskflow-secrets --type=merge -p "{\"metadata\":{\"ownerReferences\":[
			{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"name\":\"first\",\"uid\":\"u\"},
			{\"apiVersion\":\"bitnami.com/v1alpha1\",\"kind\":\"SealedSecret\",\"name\":\"app\",\"uid\":\"v\",\"controller\":$controller}]}}" >/dev/null
		run --separate-stderr tfsecrets apply --adopt --force-conflicts
		if [ $controller = true ]; then
			fails 4 "Secret 'taskflow-secrets' is another system's: it has ownerReferences, to SealedSecret 'app', which writes it, and takes it along when it goes; delete that with --cascade=orphan first"
		else
			fails 4 "it has ownerReferences, to ConfigMap 'first', which takes it along when it goes; delete that with --cascade=orphan first"
		fi
		in_project delete secret taskflow-secrets >/dev/null
	done
}

@test "a controller that left no mark but its name is refused, and passed over by --force-conflicts" {
	a_project
	for manager in argocd-controller kustomize-controller helm-controller externalsecrets.external-secrets.io/app cert-manager-certificates-issuing; do
		in_project apply --server-side --field-manager="$manager" -f - >/dev/null <<-END
			{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"taskflow-config"},"data":{"LOG_LEVEL":"debug"}}
		END
		for options in '' --adopt; do
			# shellcheck disable=SC2086
			run --separate-stderr tfsecrets apply $options
			fails 4 "ConfigMap 'taskflow-config' is another system's: its key 'LOG_LEVEL' is of '$manager' ("
			fails 4 "take it out there, then --force-conflicts takes the fields"
		done
		run -0 --separate-stderr tfsecrets apply --force-conflicts
		[ "$(value configmap/taskflow-config LOG_LEVEL)" = info ]
		# From then on it is ours.
		run -0 --separate-stderr tfsecrets apply
		in_project delete configmap taskflow-config >/dev/null
	done
	# A key that the project lacks is theirs.
	in_project create configmap taskflow-config --field-manager=argocd-controller --from-literal=OTHER=x >/dev/null
	run -0 --separate-stderr tfsecrets apply
	has_key configmap/taskflow-config OTHER
}

# a_chart: ./chart, with a ConfigMap of the name that tfsecrets would write.
a_chart()
{
	mkdir -p chart/templates
	printf 'apiVersion: v2\nname: app\nversion: 0.1.0\n' >chart/Chart.yaml
	cat >chart/templates/config.yaml <<-'END'
		apiVersion: v1
		kind: ConfigMap
		metadata: {name: taskflow-config}
		data: {LOG_LEVEL: "{{ .Values.level | default "chart" }}"}
	END
}

helm()
{
	"$BUILD/charts/$helm" --namespace="$namespace" "$@" >/dev/null
}

# The chart's ConfigMap beside our Secrets, then handed over.
beside()
{
	helm=$1
	a_project
	a_chart
	helm install app chart
	run --separate-stderr tfsecrets apply
	fails 4 "ConfigMap 'taskflow-config' is another system's: it has meta.helm.sh/release-name, the mark of Helm; either leave it to the chart, and have under 'objects' in tfsecrets.yaml only what is yours; or annotate it with helm.sh/resource-policy=keep, take it out of the chart, and --adopt takes it over"
	[ -z "$(in_project get secret taskflow-secrets -o name --ignore-not-found)" ]
	# Left to the chart.
	cp tfsecrets.yaml both.yaml
	printf 'objects:\n  taskflow-secrets: {kind: Secret}\n' >>tfsecrets.yaml
	run -0 --separate-stderr tfsecrets apply
	[ "$output" = 'secret/taskflow-secrets serverside-applied' ]
	helm upgrade app chart --set level=newer
	[ "$(value configmap/taskflow-config LOG_LEVEL)" = newer ]
	run -0 --separate-stderr tfsecrets apply
	[ "$output" = 'secret/taskflow-secrets unchanged' ]
	# Handed over.
	cp both.yaml tfsecrets.yaml
	in_project annotate configmap taskflow-config helm.sh/resource-policy=keep >/dev/null
	rm chart/templates/config.yaml
	printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n' >chart/templates/other.yaml
	helm upgrade app chart
	run --separate-stderr tfsecrets apply
	fails 4 "the mark of Helm"
	run -0 --separate-stderr tfsecrets apply --adopt
	[ "$(value configmap/taskflow-config LOG_LEVEL)" = info ]
	[ "$(in_project get configmap taskflow-config -o 'jsonpath={.metadata.labels.app\.kubernetes\.io/managed-by}')" = tfsecrets ]
	run -0 --separate-stderr tfsecrets apply
	[ "$output" = "$neither" ]
	# The release goes, and takes nothing of ours along.
	helm uninstall app
	[ "$(value configmap/taskflow-config LOG_LEVEL)" = info ]
	run -0 tfsecrets diff
}

@test "a ConfigMap of Helm 3 beside our Secrets, and one that was handed over" {
	beside helm3
}

@test "a ConfigMap of Helm 4 beside our Secrets, and one that was handed over" {
	beside helm4
}

@test "drift: a key that kubectl edit has changed is named, with who and when" {
	a_project
	tfsecrets -q apply
	cat >../editor <<-'END'
		#!/bin/sh
		sed -i 's/LOG_LEVEL: info/LOG_LEVEL: debug/' "$1"
	END
	chmod +x ../editor
	KUBE_EDITOR=$PWD/../editor in_project edit configmap taskflow-config >/dev/null
	time=$(in_project get configmap taskflow-config --show-managed-fields -o json | jq -r '.metadata.managedFields[] | select(.manager == "kubectl-edit") | .time')
	[ -n "$time" ]
	drift="configmap/taskflow-config in $namespace: key 'LOG_LEVEL' was written by 'kubectl-edit' ($time)"
	run -3 --separate-stderr tfsecrets diff
	[ "$output" = "$drift" ]
	run --separate-stderr tfsecrets apply
	fails 5 ".data.LOG_LEVEL of 'kubectl-edit' ("
	run -0 --separate-stderr tfsecrets apply --force-conflicts
	[[ $stderr == *"note: $drift"* ]]
	run -0 tfsecrets diff
}

@test "drift: a key, a label or an object that was taken away by hand, and kubectl's copy" {
	a_project
	tfsecrets -q apply
	in_project patch secret taskflow-secrets --type=json -p '[{"op":"remove","path":"/data/OPENAI_API_KEY"}]' >/dev/null
	run -3 --separate-stderr tfsecrets diff
	[ "$output" = "secret/taskflow-secrets in $namespace: key 'OPENAI_API_KEY' was taken away" ]
	run -0 --separate-stderr tfsecrets apply
	[[ $stderr == *"note: secret/taskflow-secrets in $namespace: key 'OPENAI_API_KEY' was taken away"* ]]
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = "$(sed -n 's/^OPENAI_API_KEY=//p' .env)" ]
	in_project label configmap taskflow-config tfsecrets.dev/environment- >/dev/null
	run -3 --separate-stderr tfsecrets diff
	[ "$output" = "configmap/taskflow-config in $namespace: label 'tfsecrets.dev/environment' was taken away" ]
	run -0 --separate-stderr tfsecrets apply
	run -0 tfsecrets diff
	in_project delete secret taskflow-secrets >/dev/null
	run -3 --separate-stderr tfsecrets diff
	[ "${lines[0]}" = "secret/taskflow-secrets in $namespace missing: +BETTER_AUTH_SECRET, +DATABASE_URL, +OPENAI_API_KEY" ]
	[ "${lines[1]}" = "secret/taskflow-secrets in $namespace: it was deleted" ]
	run -0 --separate-stderr tfsecrets apply -o json
	[ "$(jq -c 'select(.kind == "Secret") | .drift' <<<"$output")" = '["it was deleted"]' ]
	in_project annotate secret taskflow-secrets kubectl.kubernetes.io/last-applied-configuration='{"data":{"A":"plain"}}' >/dev/null
	run -3 --separate-stderr tfsecrets diff
	[ "$output" = "secret/taskflow-secrets in $namespace: annotation 'kubectl.kubernetes.io/last-applied-configuration' has a copy of what was once applied, values and all; --adopt takes it away" ]
	run -0 --separate-stderr tfsecrets apply --adopt
	run -0 tfsecrets diff
	[ -z "$(in_project get secret taskflow-secrets -o json | jq -r '.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"] // ""')" ]
}

@test "drift is seen without a value being read" {
	a_project
	tfsecrets -q apply
	in_project patch secret taskflow-secrets --type merge -p '{"stringData":{"DATABASE_URL":"their-own-value"}}' >/dev/null
	from=$(wc -l <"$CLUSTER/audit.log")
	run -3 --separate-stderr tfsecrets diff
	[[ $output == *"key 'DATABASE_URL' was written by 'kubectl-patch' ("* ]]
	run -0 --separate-stderr tfsecrets apply --adopt
	sleep 0.2
	tail -n "+$((from + 1))" "$CLUSTER/audit.log" | jq -c "select(.userAgent == \"tfsecrets\" and .objectRef.namespace == \"$namespace\") | .responseObject" >answers
	[ "$(grep -c '"kind"' answers)" -gt 4 ]
	run ! grep -qF "$(printf their-own-value | base64)" answers
}

@test "among many targets of one cluster, what others wrote is seen, and taken over, all the same" {
	a_project
	targets=''
	for i in 1 2 3 4 5 6; do
		kubectl create namespace "$namespace-$i" >/dev/null
		targets+=", {context: test, namespace: $namespace-$i}"
	done
	sed -i "s/^  prod: .*/  prod: {targets: [${targets#, }]}/" tfsecrets.yaml
	tfsecrets -q apply
	run -0 tfsecrets diff
	kubectl --namespace="$namespace-2" patch configmap taskflow-config --type merge -p '{"data":{"LOG_LEVEL":"debug"}}' >/dev/null
	kubectl --namespace="$namespace-4" annotate secret taskflow-secrets kubectl.kubernetes.io/last-applied-configuration='{}' >/dev/null
	run -3 --separate-stderr tfsecrets diff
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} == "configmap/taskflow-config in $namespace-2: key 'LOG_LEVEL' was written by 'kubectl-patch' ("* ]]
	[[ ${lines[1]} == "secret/taskflow-secrets in $namespace-4: annotation 'kubectl.kubernetes.io/last-applied-configuration'"* ]]
	run -0 --separate-stderr tfsecrets apply --adopt
	[ "$(grep -c unchanged <<<"$output")" -eq 10 ]
	grep -qx 'configmap/taskflow-config serverside-applied' <<<"$output"
	grep -qx 'secret/taskflow-secrets adopted' <<<"$output"
	run -0 tfsecrets diff
	# Written without a look, to all of them: what was the same stays ours as it was, what was not is taken over.
	[ "$(tfsecrets apply --write-only 2>/dev/null | grep -c replaced)" -eq 12 ]
	[ "$(tfsecrets apply 2>/dev/null | grep -c unchanged)" -eq 12 ]
	sed -i 's/^LOG_LEVEL.*/LOG_LEVEL: warn/' tfsecrets/prod/config.yaml
	tfsecrets -q apply --write-only
	[ "$(tfsecrets apply 2>/dev/null | grep -c serverside-applied)" -eq 6 ]
	run -0 tfsecrets diff
}
