#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# helm 3, helm 4 and kustomize with tfsecrets in their pipes, as examples/ has them, up to the API server.
load common
load project

PATH=$BUILD/charts:$PATH

# A project in the cluster's namespace, with examples/helm and examples/kustomize in it; tfsecrets in PATH.
setup()
{
	a_project
	cp -r "$root/examples/helm/chart" "$root/examples/helm/plugin" "$root/examples/kustomize" .
	mkdir "$HOME/bin"
	sed -i "s/^namespace: .*/namespace: $namespace/" kustomize/kustomization.yaml
	ln -s "$TFSECRETS" "$HOME/bin/tfsecrets"
	PATH=$HOME/bin:$PATH
	export HELM_PLUGINS=$PWD
	export HELM_CACHE_HOME=$HOME/cache HELM_CONFIG_HOME=$HOME/config HELM_DATA_HOME=$HOME/data
	secret=$(sed -n 's/^DATABASE_URL=//p' .env)
	[ -n "$secret" ]
}

# with_helm3 OPTION...: "${command[@]}" of helm 3, through tfsecrets with these options; with_helm4 the same.
with_helm3()
{
	local option options=(--post-renderer tfsecrets)

	for option in render --as post-renderer "$@"; do
		options+=(--post-renderer-args "$option")
	done
	helm3 "${command[@]}" --namespace "$namespace" "${options[@]}"
}

with_helm4()
{
	local option options=(--post-renderer tfsecrets)

	for option in "$@"; do
		options+=(--post-renderer-args "$option")
	done
	helm4 "${command[@]}" --namespace "$namespace" "${options[@]}"
}

# What a revision of the release keeps, unpacked.
release()
{
	in_project get secret "sh.helm.release.v1.taskflow.v$1" -o 'go-template={{.data.release}}' |
		base64 -d | base64 -d | gunzip
}

# Neither as it is nor in base64, at any of its three positions.
holds_no_secret()
{
	local shift

	grep -q 'LOG_LEVEL' "$1" || grep -q 'restarted-for' "$1" || { echo "'$1' holds nothing"; return 1; }
	for shift in 0 1 2; do
		! grep -qF "$(printf '%s' "${secret:shift}" | base64 -w0 | sed 's/....=*$//')" "$1" || return 1
	done
	! grep -qF "$secret" "$1"
}

annotation()
{
	in_project get deployment "$1" -o 'go-template={{index .spec.template.metadata.annotations "tfsecrets.dev/restarted-for"}}'
}

generation()
{
	in_project get deployment "$1" -o 'jsonpath={.metadata.generation}'
}

@test "helm 3 and helm 4 install the ConfigMap, and the release holds no secret value" {
	for helm in with_helm3 with_helm4; do
		command=(install taskflow chart)
		$helm --env prod
		[ "$(value configmap/taskflow-config LOG_LEVEL)" = info ]
		[ "$(in_project get configmap taskflow-config -o 'jsonpath={.metadata.annotations.meta\.helm\.sh/release-name}')" = taskflow ]
		[[ $(annotation taskflow-web) =~ ^[0-9a-f]{64}$ ]]
		release 1 >held
		holds_no_secret held
		run -1 in_project get secret taskflow-secrets
		"${helm#with_}" uninstall taskflow --namespace "$namespace"
	done
}

@test "with --reveal the release does hold them, as the manual says" {
	command=(install taskflow chart)
	with_helm3 --env prod --reveal
	release 1 >held
	run ! holds_no_secret held
	[ "$(value secret/taskflow-secrets DATABASE_URL)" = "$secret" ]
}

@test "apply writes the objects, helm the workload: an upgrade restarts it when, and only when, a value has changed" {
	helm3 template taskflow chart | tfsecrets lint -
	tfsecrets apply
	command=(upgrade --install taskflow chart)
	for helm in with_helm3 with_helm4; do
		$helm --annotate-only
		before=$(annotation taskflow-web) generation=$(generation taskflow-web)
		$helm --annotate-only
		[ "$(annotation taskflow-web)" = "$before" ]
		[ "$(generation taskflow-web)" = "$generation" ]
		printf 'postgresql://other:%s@db/taskflow' $helm | tfsecrets -q set DATABASE_URL
		tfsecrets apply
		$helm --annotate-only
		[ "$(annotation taskflow-web)" != "$before" ]
		[ "$(generation taskflow-web)" -gt "$generation" ]
	done
	[ "$(value secret/taskflow-secrets DATABASE_URL)" = postgresql://other:with_helm4@db/taskflow ]
	[ "$(in_project get configmap taskflow-config -o 'jsonpath={.metadata.labels.app\.kubernetes\.io/managed-by}')" = tfsecrets ]
}

@test "helm and apply --restart agree on what a workload was restarted for: neither restarts it again" {
	tfsecrets apply
	command=(upgrade --install taskflow chart)
	with_helm4 --annotate-only
	before=$(annotation taskflow-web)
	run -0 --separate-stderr tfsecrets apply --restart
	[[ $output != *restarted* ]]
	[ "$(annotation taskflow-web)" = "$before" ]
	printf 'postgresql://other@db/taskflow' | tfsecrets -q set DATABASE_URL
	run -0 --separate-stderr tfsecrets apply --restart
	[[ $output = *"deployment.apps/taskflow-web restarted"* ]]
	before=$(annotation taskflow-web) generation=$(generation taskflow-web)
	with_helm3 --annotate-only
	[ "$(annotation taskflow-web)" = "$before" ]
	[ "$(generation taskflow-web)" = "$generation" ]
}

@test "what tfsecrets refuses, helm does not install" {
	command=(install taskflow chart)
	rm tfsecrets/prod/sealed/DATABASE_URL
	run ! --separate-stderr with_helm3
	fails 1 DATABASE_URL
	run ! --separate-stderr with_helm4
	[ -z "$(in_project get deployments,configmaps,secrets -o name)" ]
}

@test "a chart that refers to a key that will not be there is found before it is installed" {
	sed -i 's/key: DATABASE_URL/key: DATABASE_ULR/' chart/templates/web.yaml
	helm4 template taskflow chart >rendered
	run -3 tfsecrets lint rendered
	[[ $output = "rendered:"*":"*": Deployment 'taskflow-web': Secret 'taskflow-secrets' has no key 'DATABASE_ULR', did you mean 'DATABASE_URL'?"* ]]
}

kustomize_build()
{
	kustomize build --enable-alpha-plugins --enable-exec kustomize
}

@test "kustomize's output has the ConfigMap, annotated workloads and no secret value; the API server takes it" {
	kustomize_build >built
	holds_no_secret built
	in_project apply --server-side -f built
	[ "$(value configmap/taskflow-config LOG_LEVEL)" = info ]
	before=$(annotation web)
	[[ $before =~ ^[0-9a-f]{64}$ ]]
	kustomize_build | cmp - built
	printf 'postgresql://other@db/taskflow' | tfsecrets -q set DATABASE_URL
	kustomize_build | in_project apply --server-side -f -
	[ "$(annotation web)" != "$before" ]
	run ! in_project get secret taskflow-secrets
}

@test "kustomize: as a generator it adds, with --annotate-only it adds nothing" {
	sed -i 's/^transformers:/generators:/' kustomize/kustomization.yaml
	kustomize_build >built
	grep -q '^kind: ConfigMap' built
	run ! grep -q restarted-for built
	sed -i 's/^generators:/transformers:/' kustomize/kustomization.yaml
	sed -i 's/krm-function\]/krm-function, --annotate-only]/' kustomize/settings.yaml
	kustomize_build >built
	run ! grep -q '^kind: ConfigMap' built
	grep -q restarted-for built
}

@test "kustomize says what tfsecrets says, and ends with an error" {
	sed -i 's/environment: prod/environment: prd/' kustomize/settings.yaml
	run -1 --separate-stderr kustomize_build
	[[ $stderr = *"did you mean 'prod'?"* ]]
	[ -z "$output" ]
}
