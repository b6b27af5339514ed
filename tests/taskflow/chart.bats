#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The chart of examples/taskflow, by helm 3 and helm 4, against a real API server.

load ../cluster/common
load taskflow

all_values=(values.yaml values-dev.yaml values-prod.yaml)

setup_file()
{
	build_charts
	start_cluster
}

setup()
{
	cd "$BATS_TEST_TMPDIR" || return 1
}

generation()
{
	in_project get deployment "$1" --output='jsonpath={.metadata.generation}'
}

annotation()
{
	in_project get deployment "$1" \
		--output='go-template={{with .spec.template.metadata.annotations}}{{index . "tfsecrets.dev/restarted-for"}}{{end}}'
}

@test "helm lint has nothing to say, of any values" {
	for helm in helm3 helm4; do
		for values in "${all_values[@]}"; do
			run -0 $helm lint --strict "$example/chart" --values "$example/chart/$values"
			[[ $output == *"1 chart(s) linted, 0 chart(s) failed"* ]]
			run ! grep -E 'WARNING|ERROR' <<<"$output"
		done
	done
}

@test "helm 3 and helm 4 make the same of it, and a Kubernetes that cannot run it is refused" {
	for values in "${all_values[@]}"; do
		rendered helm3 "$values" | normal >three
		rendered helm4 "$values" | normal >four
		cmp three four
	done
	run ! helm4 template taskflow "$example/chart" --kube-version 1.29.0
	[[ $output == *"chart requires kubeVersion: >=1.30.0-0"* ]]
}

@test "each values file is accepted by the API server where 'restricted' is enforced, without a warning" {
	restricted_namespace restricted
	for values in "${all_values[@]}"; do
		rendered helm4 "$values" >all.yaml
		accepted restricted <all.yaml
		pods <all.yaml >pods.json
		accepted restricted <pods.json
	done
	# That it would be noticed.
	sed 's/runAsNonRoot: true/runAsNonRoot: false/' all.yaml >altered.yaml
	run ! accepted restricted <altered.yaml
	[[ $output == *'Warning: would violate PodSecurity "restricted:latest": runAsNonRoot != true'* ]]
	pods <altered.yaml >pods.json
	run ! accepted restricted <pods.json
	[[ $output == *'violates PodSecurity "restricted:latest": runAsNonRoot != true'* ]]
}

@test "no container may do more than the other, and none can reach the cluster" {
	for values in "${all_values[@]}"; do
		rendered helm4 "$values" | pods >pods.json
		[ "$(jq '[.items[].spec | .automountServiceAccountToken == false and
			.enableServiceLinks == false and .securityContext.runAsUser == 10001 and .securityContext.runAsGroup == 10001 and
			(.containers | length == 1 and all(.[]; .securityContext == {allowPrivilegeEscalation: false,
				readOnlyRootFilesystem: true, capabilities: {drop: ["ALL"]}} and
				has("startupProbe") and has("livenessProbe") and has("readinessProbe") and
				.resources.requests.cpu and .resources.limits.memory and .lifecycle.preStop.sleep.seconds > 0))] | all' pods.json)" = true ]
	done
}

# must_fail MESSAGE OPTION...: both helms refuse the values, in these words.
must_fail()
{
	local helm

	for helm in helm3 helm4; do
		run ! rendered $helm values-prod.yaml "${@:2}"
		[[ $output == *"values don't meet the specifications of the schema(s)"*"$1"* ]] ||
			{ echo "$helm ${*:2}: $output"; return 1; }
	done
}

@test "values that make no sense are refused by name" {
	must_fail "additional properties 'replicas' not allowed" --set replicas=3
	must_fail "additional properties 'databaseUrl' not allowed" --set-string backend.databaseUrl=postgresql://a:b@c/d
	must_fail "additional properties 'secrets' not allowed" --set secrets.openai-api-key=sk-1
	must_fail "/backend/replicas" --set backend.replicas=0
	must_fail "/backend/replicas" --set-string backend.replicas=2
	must_fail "/backend/image/tag" --set backend.image.tag=latest
	must_fail "/backend/image/tag" --set backend.image.tag='not a tag'
	must_fail "/backend/image/repository" --set backend.image.repository=Taskflow:1
	must_fail "/backend/image/pullPolicy" --set backend.image.pullPolicy=Sometimes
	must_fail "/backend/resources/limits/memory" --set backend.resources.limits.memory=256M
	must_fail "/backend/resources/requests/cpu" --set backend.resources.requests.cpu=fast
	must_fail "/backend/preStopSleepSeconds" --set backend.preStopSleepSeconds=0
	must_fail "/backend/terminationGracePeriodSeconds" --set backend.terminationGracePeriodSeconds=59
	must_fail "/frontend/service/type" --set frontend.service.type=LoadBalanced
	must_fail "/frontend/service/nodePort" --set frontend.service.type=NodePort --set frontend.service.nodePort=80
	must_fail "/frontend/service/nodePort" --set frontend.service.nodePort=30080
	must_fail "/ingress/host" --set ingress.host=https://taskflow.example.com
	must_fail "/ingress/enabled" --set-string ingress.enabled=yes
	must_fail "/autoscaling/maxReplicas" --set autoscaling.maxReplicas=0
	must_fail "/autoscaling/cpuUtilization" --set autoscaling.cpuUtilization=0
	must_fail "/podDisruptionBudget/maxUnavailable" --set podDisruptionBudget.maxUnavailable=0
	must_fail "/networkPolicy/database/port" --set networkPolicy.database.port=70000
	must_fail "additional properties 'cidr' not allowed" --set 'networkPolicy.database.to[0].cidr=10.0.0.0/8'
	rendered helm4 values-prod.yaml --set frontend.service.type=NodePort --set frontend.service.nodePort=30080 >/dev/null
}

@test "tfsecrets lint: every key that the chart refers to will be there, and one that will not is named" {
	a_taskflow
	for values in "${all_values[@]}"; do
		rendered helm4 "$values" >all.yaml
		run -0 tfsecrets lint all.yaml
		[[ ${lines[-1]} == "ok: "* ]]
	done
	sed 's/key: openai-api-key/key: openai-key/' all.yaml >altered.yaml
	run -3 tfsecrets lint altered.yaml
	[[ $output == *"altered.yaml:"*": Deployment 'taskflow-backend': Secret 'taskflow-secrets' has no key 'openai-key'"* ]]
	sed -i '/^  NODE_ENV:/,/description/d' tfsecrets.yaml
	run -3 tfsecrets lint all.yaml
	[[ $output == *"Deployment 'taskflow-frontend': ConfigMap 'taskflow-config' has no key 'NODE_ENV'"* ]]
}

# install HELM VALUES: or upgrade.
install()
{
	"$1" upgrade --install taskflow chart --namespace "$namespace" --values "chart/$2" "${@:3}" >/dev/null
}

@test "neither the release nor what Helm shows of it holds a value" {
	a_taskflow
	tfsecrets -q apply --env prod
	url=$(sed -n 's/^DATABASE_URL=//p' .env)
	[ "$(value secret/taskflow-secrets database-url)" = "$url" ]
	for helm in helm3 helm4; do
		install $helm values-prod.yaml
		in_project get secret --selector=owner=helm --output=json |
			jq --raw-output '.items[].data.release' | while read -r release; do
			base64 -d <<<"$release" | base64 -d | gunzip
		done >held
		$helm get all taskflow --namespace "$namespace" >>held
		grep -q taskflow-backend held
		for value in "$url" "$(value secret/taskflow-secrets better-auth-secret)" "$(value secret/taskflow-secrets openai-api-key)"; do
			run ! grep -qF -e "$value" -e "$(printf %s "$value" | base64 -w0)" held
		done
		$helm uninstall taskflow --namespace "$namespace" >/dev/null
		[ "$(value secret/taskflow-secrets database-url)" = "$url" ]
	done
}

@test "what apply --restart has restarted, an upgrade and a rollback leave as it is" {
	a_taskflow
	tfsecrets -q apply --env prod
	sleep 1.1 # what was made in the second of the apply counts as older
	for helm in helm3 helm4; do
		install $helm values.yaml
		printf 'sk-proj-%s' $helm | tfsecrets -q set --env prod OPENAI_API_KEY
		run -0 tfsecrets apply --env prod --restart
		[[ $output == *"deployment.apps/taskflow-backend restarted"* ]]
		[[ $output != *"taskflow-frontend restarted"* ]]
		restarted=$(annotation taskflow-backend)
		[[ $restarted =~ ^[0-9a-f]{64}$ ]]
		before=$(generation taskflow-backend)
		install $helm values.yaml
		[ "$(generation taskflow-backend)" = "$before" ]
		install $helm values.yaml --set backend.image.tag=1.0.1
		[ "$(annotation taskflow-backend)" = "$restarted" ]
		$helm rollback taskflow --namespace "$namespace" >/dev/null
		[ "$(annotation taskflow-backend)" = "$restarted" ]
		[ "$(in_project get deployment taskflow-backend --output='jsonpath={.spec.template.spec.containers[0].image}')" = taskflow-backend:1.0.0 ]
		$helm uninstall taskflow --namespace "$namespace" >/dev/null
	done
}

@test "where an autoscaler says how many pods there are, an upgrade does not" {
	a_taskflow
	for helm in helm3 helm4; do
		install $helm values-prod.yaml
		in_project scale deployment taskflow-backend --replicas=5 >/dev/null
		install $helm values-prod.yaml --set backend.image.tag=1.0.1
		[ "$(in_project get deployment taskflow-backend --output='jsonpath={.spec.replicas}')" = 5 ]
		$helm uninstall taskflow --namespace "$namespace" >/dev/null
	done
}
