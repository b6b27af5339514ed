#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The plain manifests of examples/taskflow: the chart's twins, against a real API server.

load ../cluster/common
load taskflow

setup_file()
{
	build_charts
	start_cluster
}

setup()
{
	cd "$BATS_TEST_TMPDIR" || return 1
}

built()
{
	kustomize build "$example/manifests/$1"
}

@test "base and overlays are what the chart makes of its values files" {
	while read -r folder values; do
		built "$folder" | normal >twin.json
		rendered helm4 "$values" | normal >ours.json
		diff twin.json ours.json
		[ "$(jq length twin.json)" -ge 8 ]
	done <<-END
		base values.yaml
		overlays/dev values-dev.yaml
		overlays/prod values-prod.yaml
	END
}

@test "each overlay is accepted by the API server where 'restricted' is enforced, without a warning" {
	restricted_namespace taskflow
	restricted_namespace taskflow-dev
	while read -r folder namespace; do
		built "$folder" >built.yaml
		accepted "$namespace" <built.yaml
		pods <built.yaml >pods.json
		accepted "$namespace" <pods.json
	done <<-END
		base taskflow
		overlays/dev taskflow-dev
		overlays/prod taskflow
		overlays/sealed taskflow
	END
}

@test "tfsecrets lint reads them through kustomize, and names a key that is not declared" {
	namespace=lint-of-manifests
	a_taskflow
	sed -i "s/{context: test, namespace: $namespace}/{namespace: taskflow}/" tfsecrets.yaml
	for overlay in dev prod sealed; do
		kustomize build "manifests/overlays/$overlay" >"$overlay.yaml"
	done
	tfsecrets -q seal --env dev --from .env
	run -0 tfsecrets lint dev.yaml
	[[ ${lines[-1]} == "ok: "* ]]
	run -0 tfsecrets lint prod.yaml
	sed -i 's/^  prod:/  prod:\n    deliver: sealed/' tfsecrets.yaml
	run -0 tfsecrets lint --env prod sealed.yaml
	# What is delivered sealed has no Secret: prod's variables would wait for it in vain.
	run -3 tfsecrets lint --env prod prod.yaml
	[[ $output == *"Deployment 'taskflow-backend': Secret 'taskflow-secrets'"* ]]
	sed -i '/key: openai-api-key/s/openai-api-key/open-ai-key/' manifests/base/backend.yaml
	kustomize build manifests/overlays/dev >altered.yaml
	run -3 tfsecrets lint --env dev altered.yaml
	[[ $output == *"Secret 'taskflow-secrets' has no key 'open-ai-key'"* ]]
}

@test "the sealed overlay has what tfsecrets renders today, and refers to no Secret but the pods' identity" {
	namespace=sealed-manifests
	a_taskflow
	sed -i 's/^  prod:/  prod:\n    deliver: sealed/' tfsecrets.yaml
	tfsecrets render --env prod --init-container component --workload deployment/taskflow-backend --container backend \
		--image tfsecrets-inject:1 >component.yaml
	grep -q -- "--pin=$(tfsecrets roster pin)\$" component.yaml
	sed -E 's/--pin=.*/--pin=PIN/' component.yaml >ours
	sed -E 's/--pin=.*/--pin=PIN/; /SPDX/d' "$example/manifests/overlays/sealed/inject/kustomization.yaml" >theirs
	diff ours theirs
	cp component.yaml manifests/overlays/sealed/inject/kustomization.yaml
	kustomize build manifests/overlays/sealed | normal >sealed
	jq --raw-output '[.. | objects | (.secretName, .secretKeyRef.name, .secretRef.name) | strings] | unique[]' sealed >names
	printf '%s\n' taskflow-prod-identity taskflow-tls | cmp - names
	jq --raw-output '."Deployment/taskflow-backend".spec.template.spec | .initContainers[].args[], .containers[].env[].value' sealed >has
	grep -qxF -- "--pin=$(tfsecrets roster pin)" has
	grep -qx /tfsecrets/values has
}

@test "prod's and sealed delivery differ in the backend's pods alone" {
	built overlays/prod | normal >prod
	built overlays/sealed | normal >sealed
	jq 'del(."Deployment/taskflow-backend".spec.template.spec)' prod >rest
	jq 'del(."Deployment/taskflow-backend".spec.template.spec)' sealed | cmp - rest
	run ! cmp prod sealed
	[[ $output == *differ* ]]
}
