#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Sealed delivery: what apply brings is what tfsecrets-inject opens.

load common
load project

# a_sealed_project: a_project whose environment is delivered sealed.
a_sealed_project()
{
	a_project
	sed -i 's/^  prod: {/  prod: {deliver: sealed, /' tfsecrets.yaml
}

# mounted DIRECTORY: the bundle's ConfigMap as a volume has it.
mounted()
{
	mkdir -p "$1"
	in_project get configmap taskflow-prod-sealed -o json |
		python3 -c 'import json, sys
for name, value in json.load(sys.stdin)["data"].items(): open(sys.argv[1] + "/" + name, "w").write(value)' "$1"
}

@test "apply writes the bundle and the ConfigMaps, no Secret but the inventory, and needs no key" {
	a_sealed_project
	cp "$HOME/.config/tfsecrets/identity" ../identity
	rm -r "$HOME/.config"
	run -0 --separate-stderr tfsecrets apply
	[ "$output" = 'configmap/taskflow-config serverside-applied
configmap/taskflow-prod-sealed serverside-applied' ]
	[ "$(in_project get secret -o name | grep -c .)" -eq 1 ]
	[[ $(in_project get secret -o name) == secret/tfsecrets.* ]]
	run -0 --separate-stderr tfsecrets apply
	[ "$output" = 'configmap/taskflow-config unchanged
configmap/taskflow-prod-sealed unchanged' ]
}

@test "the pod's half opens what apply has brought" {
	a_sealed_project
	tfsecrets -q apply
	mounted ../bundle
	mkdir ../out
	run -0 --separate-stderr "${TFSECRETS}-inject" unseal --environment prod --from ../bundle \
		--identity "$HOME/.config/tfsecrets/identity" --pin "$(tfsecrets roster pin)" --to ../out --allow-disk
	[ "$(cat ../out/DATABASE_URL)" = "$(sed -n 's/^DATABASE_URL=//p' .env)" ]
	[ "$(cat ../out/OPENAI_API_KEY)" = "$(sed -n 's/^OPENAI_API_KEY=//p' .env)" ]
}

@test "a new value, a rotation and a reader change the bundle alone" {
	a_sealed_project
	tfsecrets -q apply
	printf %s sk-another-key-0123456789abcdefghij | tfsecrets -q set OPENAI_API_KEY
	run -3 --separate-stderr tfsecrets diff
	[[ $output == *"configmap/taskflow-prod-sealed in $namespace differs: ~sealed.OPENAI_API_KEY" ]]
	run -0 --separate-stderr tfsecrets apply
	[[ $output == *"taskflow-config unchanged"*"taskflow-prod-sealed serverside-applied"* ]]
	tfsecrets -q rotate
	run -0 --separate-stderr tfsecrets apply
	[[ $output == *"taskflow-config unchanged"*"taskflow-prod-sealed serverside-applied"* ]]
	mounted ../bundle
	mkdir ../out
	"${TFSECRETS}-inject" unseal --environment prod --from ../bundle --identity "$HOME/.config/tfsecrets/identity" \
		--pin "$(tfsecrets roster pin)" --to ../out --allow-disk
	[ "$(cat ../out/OPENAI_API_KEY)" = sk-another-key-0123456789abcdefghij ]
}

@test "an older value is refused with sealed delivery, too" {
	a_sealed_project
	tfsecrets -q apply
	cp -r tfsecrets ../older
	printf %s sk-another-key-0123456789abcdefghij | tfsecrets -q set OPENAI_API_KEY
	tfsecrets -q apply
	rm -r tfsecrets && cp -r ../older tfsecrets
	run --separate-stderr tfsecrets apply
	fails 4 "'OPENAI_API_KEY' is of generation 1, and this target has had generation 2"
}

@test "a pending value is not brought into the bundle" {
	a_sealed_project
	tfsecrets -q keygen -o ../stranger >/dev/null
	printf %s sk-another-key-0123456789abcdefghij | tfsecrets -q set OPENAI_API_KEY --identity ../stranger
	run --separate-stderr tfsecrets apply
	fails 4 "pending"
	[ -z "$(in_project get configmap taskflow-prod-sealed -o name --ignore-not-found)" ]
}

@test "--restart restarts what mounts the bundle" {
	a_sealed_project
	tfsecrets -q apply
	sleep 1.1
	in_project apply --server-side -f - >/dev/null <<-'END'
		{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
		 "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
		 "containers": [{"name": "app", "image": "x"}], "volumes": [{"name": "b", "configMap": {"name": "taskflow-prod-sealed"}}]}}}}
	END
	printf %s sk-another-key-0123456789abcdefghij | tfsecrets -q set OPENAI_API_KEY
	run -0 --separate-stderr tfsecrets apply --restart
	[[ $output == *"deployment.apps/web restarted"* ]]
}

@test "a bundle that is too large is found by check and refused by apply" {
	a_sealed_project
	head -c 750000 /dev/urandom | base64 -w0 >../large
	tfsecrets -q set OPENAI_API_KEY --file ../large
	run --separate-stderr tfsecrets check
	[ "$status" -eq 3 ]
	[[ $output == *"1000000 bytes"* ]]
	run --separate-stderr tfsecrets apply
	fails 4 "1000000 bytes"
}

# identity_file: the pods' identity as they have it mounted.
identity_file()
{
	in_project get secret taskflow-prod-identity -o 'go-template={{index .data "identity" | base64decode}}' >"$1"
	chmod 600 "$1"
}

@test "the pods get an identity that no person holds, and it opens the bundle" {
	a_sealed_project
	run -0 --separate-stderr tfsecrets member add pods-prod --to-cluster
	[[ $stderr == *"secret/taskflow-prod-identity created in namespace '$namespace' at https://"* ]]
	run ! grep -rq AGE-SECRET-KEY . "$HOME/state"
	[ "$(tfsecrets member list -o json | jq -c '.members[] | select(.name == "pods-prod") | [.reads, .seals, has("signing-key")]')" = '[["prod"],[],false]' ]
	tfsecrets -q apply
	mounted ../bundle
	identity_file ../pods
	mkdir ../out
	"${TFSECRETS}-inject" unseal --environment prod --from ../bundle --identity ../pods \
		--pin "$(tfsecrets roster pin)" --to ../out --allow-disk
	[ "$(cat ../out/OPENAI_API_KEY)" = "$(sed -n 's/^OPENAI_API_KEY=//p' .env)" ]
	tfsecrets -q apply --prune
	in_project get secret taskflow-prod-identity >/dev/null
	run ! grep -q "$(grep -o 'AGE-SECRET-KEY-1.*' ../pods)" "$CLUSTER/audit.log"
}

@test "an identity that is there is refused, and then no roster is written" {
	a_sealed_project
	in_project create secret generic taskflow-prod-identity >/dev/null
	run --separate-stderr tfsecrets member add pods-prod --to-cluster
	fails 4 "Secret 'taskflow-prod-identity' in namespace '$namespace'"
	[ ! -e tfsecrets/roster/0002 ]
	[ -z "$(in_project get secret taskflow-prod-identity -o 'jsonpath={.data}')" ]
}

@test "where one target does not take the identity, the others lose it again" {
	a_sealed_project
	sed -i "s/namespace: $namespace}\]/namespace: $namespace}, {context: test, namespace: nowhere-$namespace}]/" tfsecrets.yaml
	run --separate-stderr tfsecrets member add pods-prod --to-cluster
	fails 5 "there is no namespace"
	run ! in_project get secret taskflow-prod-identity
	[ ! -e tfsecrets/roster/0002 ]
}

@test "an identity of pods takes no other keys and no other rights" {
	a_sealed_project
	for option in --admin --seal --replace "--keys x" "--recipient x"; do
		# shellcheck disable=SC2086
		run --separate-stderr tfsecrets member add pods-prod --to-cluster $option
		fails 2 "'--to-cluster' and '${option%% *}' exclude each other"
	done
	run --separate-stderr tfsecrets member add alice --to-cluster
	fails 2 "'alice' is a member already"
}

# a_workload: Deployment taskflow, with one container of that name, in a namespace of the restricted profile.
a_workload()
{
	kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted \
		pod-security.kubernetes.io/warn=restricted >/dev/null
	cat >../deployment.yaml <<-'END'
		apiVersion: apps/v1
		kind: Deployment
		metadata: {name: taskflow}
		spec:
		  selector: {matchLabels: {app: taskflow}}
		  template:
		    metadata: {labels: {app: taskflow}}
		    spec:
		      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
		      containers:
		        - name: taskflow
		          image: app
		          securityContext: {allowPrivilegeEscalation: false, runAsUser: 65532, capabilities: {drop: [ALL]}}
	END
}

@test "the patch is taken by the server, and the pod template passes the restricted profile" {
	a_sealed_project
	a_workload
	in_project apply -f ../deployment.yaml >/dev/null
	tfsecrets render --init-container patch --variables >../patch.yaml
	run -0 --separate-stderr in_project patch deployment taskflow --patch-file ../patch.yaml
	[[ $stderr != *Warning* ]]
	in_project get deployment taskflow -o json >../got
	[ "$(jq -r '.spec.template.spec.initContainers[0].args[4]' ../got)" = "--pin=$(tfsecrets roster pin)" ]
	[ "$(jq -r '[.spec.template.spec.volumes[].name] | join(" ")' ../got)" = "tfsecrets-bundle tfsecrets-identity tfsecrets-values" ]
	[ "$(jq -r '[.spec.template.spec.containers[0].env[].name] | sort | join(" ")' ../got)" = "BETTER_AUTH_SECRET DATABASE_URL OPENAI_API_KEY" ]
	# What the template makes is a pod that the profile takes.
	jq '{apiVersion: "v1", kind: "Pod", metadata: {name: "x"}, spec: .spec.template.spec}' ../got >../pod
	run -0 --separate-stderr in_project apply --server-side --dry-run=server -f ../pod
	[[ $stderr != *Warning* ]]
}

@test "the component of kustomize makes the same" {
	a_sealed_project
	a_workload
	mkdir -p ../base/inject
	cp ../deployment.yaml ../base
	tfsecrets render --init-container component --container taskflow --image registry.example/inject:1 >../base/inject/kustomization.yaml
	printf 'resources: [deployment.yaml]\ncomponents: [inject]\n' >../base/kustomization.yaml
	run -0 --separate-stderr in_project apply --server-side -k ../base
	[ "$(in_project get deployment taskflow -o 'jsonpath={.spec.template.spec.initContainers[0].image}')" = registry.example/inject:1 ]
}

@test "what the patch cannot be made of is misuse" {
	a_sealed_project
	run --separate-stderr tfsecrets render --init-container patch --workload job/x
	fails 2 "'--workload job/x' is not deployment/NAME, statefulset/NAME or daemonset/NAME"
	run --separate-stderr tfsecrets render --init-container patch --container 'a: b'
	fails 2 "is not a container's name"
	run --separate-stderr tfsecrets render --init-container patch --image 'a"b'
	fails 2 "is not an image's name"
	run --separate-stderr tfsecrets render --image x
	fails 2 "'--image' goes with '--init-container'"
	sed -i 's/deliver: sealed, //' tfsecrets.yaml
	run --separate-stderr tfsecrets render --init-container patch
	fails 2 "'prod' is not delivered sealed"
}

@test "the examples are taken by the server, under the restricted profile without a warning" {
	a_repository
	kubectl create namespace "$namespace" >/dev/null
	kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted \
		pod-security.kubernetes.io/warn=restricted >/dev/null
	for example in files variables exec; do
		run -0 --separate-stderr in_project apply --server-side --dry-run=server \
			-f "$root/examples/init-container/$example.yaml"
		[[ $stderr != *Warning* ]] || { echo "$example: $stderr"; return 1; }
	done
}
