#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What examples/argocd and examples/flux have: an API server takes it, and the Job's command delivers, with the Job's
# account, identity and pin and nothing else.
load common
load project

account=/run/secrets/kubernetes.io/serviceaccount

setup()
{
	a_project
	sed -i "s/^  prod: .*/  prod: {targets: [{in-cluster: true, namespace: $namespace}]}/" tfsecrets.yaml
	project_id=$(tfsecrets roster pin | grep -oE '[0-9a-f]{32}' | head -n 1)
	[ -n "$project_id" ]
}

# example FILE: with this test's names.
example()
{
	sed "s/namespace: taskflow\b/namespace: $namespace/; s/PROJECT-ID/$project_id/" "$root/examples/$1"
}

@test "the API server takes what is Kubernetes' own, without a warning, where pods are restricted" {
	kubectl label namespace "$namespace" pod-security.kubernetes.io/warn=restricted \
		pod-security.kubernetes.io/enforce=restricted >/dev/null
	for folder in argocd flux/settings; do
		for file in account settings; do
			example $folder/$file.yaml >$file.yaml
			run -0 --separate-stderr kubectl apply --dry-run=server --filename=$file.yaml
			[ -n "$output" ]
			[ -z "$stderr" ] || { echo "$stderr"; return 1; }
		done
	done
	# So there would be one.
	sed 's/runAsNonRoot: true/runAsNonRoot: false/' settings.yaml >loose.yaml
	run -0 --separate-stderr kubectl apply --dry-run=server --filename=loose.yaml
	[[ $stderr = *"would violate PodSecurity"* ]]
}

@test "Flux's Job and account are Argo CD's, but for the annotations" {
	cmp "$root/examples/argocd/account.yaml" "$root/examples/flux/settings/account.yaml"
	for folder in argocd flux/settings; do
		example $folder/settings.yaml | kubectl create --dry-run=client -o json -f - |
			jq -S 'del(.metadata.annotations)' >"${folder%/*}.json"
	done
	cmp argocd.json flux.json
}

@test "the account has the role of examples/rbac/apply.yaml" {
	for file in rbac/apply.yaml argocd/account.yaml; do
		example $file | kubectl create --dry-run=client -o json -f - |
			jq -S --slurp 'map(.items? // [.]) | add | map(select(.kind == "Role")) | .[0].rules |
				[.[] | .verbs[] as $v | .resources[] as $r | {v: $v, r: $r, n: .resourceNames}] | sort' >"${file%/*}.json"
	done
	[ "$(jq length rbac.json)" -eq 6 ]
	cmp rbac.json argocd.json
}

# The rest of the arguments: in namespaces of mounts in which all but /state is read-only.
in_job()
{
	unshare --mount sh -c '
		mount -t tmpfs tmpfs /run && mkdir -p "$0" /run/state && mount --bind account "$0" &&
			mount --bind identity identity && mount -o remount,bind,ro identity &&
			mount --bind image image && mount -o remount,bind,ro image && cd image && exec "$@"' "$account" "$@"
}

@test "the Job's command delivers, and knows the Job's identity, account and pin alone" {
	[ "$(id -u)" -eq 0 ] && unshare --mount true || skip "no mount namespace can be made here"
	example argocd/account.yaml | kubectl apply --filename=-
	mkdir account image identity
	in_project create token taskflow-settings >account/token
	cp "$CLUSTER/ca.crt" account/ca.crt
	printf %s "$namespace" >account/namespace
	tfsecrets -q keygen --output identity/identity
	tfsecrets -q member add deliverer --recipient "$(grep -o 'age1[0-9a-z]*' identity/identity | head -n 1)" \
		--env prod --read
	cp -r tfsecrets.yaml tfsecrets image/
	example argocd/settings.yaml | kubectl create --dry-run=client -o json -f - >job.json
	[ "$(jq -c '.spec.template.spec.containers[0].env | map(.name)' job.json)" = '["HOME","TFSECRETS_IDENTITY","TFSECRETS_PIN"]' ]
	mapfile -t args < <(jq -r '.spec.template.spec.containers[0].args[]' job.json)
	[ "${args[0]}" = apply ]
	address=$(kubectl config view -o 'jsonpath={.clusters[0].cluster.server}')
	job_environment=("HOME=/run/state" "TFSECRETS_IDENTITY=$PWD/identity/identity"
		KUBERNETES_SERVICE_HOST=127.0.0.1 "KUBERNETES_SERVICE_PORT=${address##*:}")
	run -0 --separate-stderr in_job env -i "${job_environment[@]}" "TFSECRETS_PIN=$(tfsecrets roster pin)" \
		"$TFSECRETS" "${args[@]}"
	[ "$(value secret/taskflow-secrets DATABASE_URL)" = "$(sed -n 's/^DATABASE_URL=//p' .env)" ]
	audited ".objectRef.namespace == \"$namespace\" and .objectRef.resource == \"secrets\" and .verb == \"patch\"" >asked
	[ "$(jq -r .user.username asked | sort -u)" = "system:serviceaccount:$namespace:taskflow-settings" ]
	# Of another's repository it takes nothing.
	run -4 --separate-stderr in_job env -i "${job_environment[@]}" \
		"TFSECRETS_PIN=$(printf '%032d:1:%064d' 0 0)" "$TFSECRETS" "${args[@]}"
}
