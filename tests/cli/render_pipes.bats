#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# render into a folder, and between Helm or kustomize and what comes behind them. With the real ones:
# tests/cluster/charts.bats.
load common

# Both objects' contents, as annotations have them.
content()
{
	tfsecrets render -o json | jq -r ".items[] | select(.kind == \"$1\").metadata.annotations[\"tfsecrets.dev/content\"]"
}

# restarted_for KIND...: what the annotation is to be, made by another program from the definition.
restarted_for()
{
	local kind name

	for kind in "$@"; do
		name=taskflow-secrets
		[ "$kind" = Secret ] || name=taskflow-config
		printf '%s/%s\n%s\n' "$kind" "$name" "$(content "$kind")"
	done | sha256sum | cut -d' ' -f1
}

# filter: standard input as a post-renderer would have it.
filter()
{
	tfsecrets render --as post-renderer "$@"
}

# leaves FILE [OPTION...]: the filter changes nothing.
leaves()
{
	filter --annotate-only "${@:2}" <"$1" >out
	cmp "$1" out
}

# as_json: YAML documents as a JSON list, by another reader of YAML.
as_json()
{
	python3 -c 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin))))'
}

deployment='apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    metadata:
      labels: {app: web} # kept
    spec:
      containers:
        - name: web
          envFrom: [{secretRef: {name: taskflow-secrets}}]
'

@test "post-renderer: the pod template is annotated, the ConfigMap added, all else stays byte for byte" {
	a_project
	expected=$(restarted_for Secret)
	filter <<<"$deployment" >out
	sed -n '1,13p' out >front
	diff - front <<-END
		apiVersion: apps/v1
		kind: Deployment
		metadata:
		  name: web
		spec:
		  template:
		    metadata:
		      annotations:
		        tfsecrets.dev/restarted-for: "$expected"
		      labels: {app: web} # kept
		    spec:
		      containers:
		        - name: web
	END
	as_json <out >out.json
	[ "$(jq -c '[.[].kind]' out.json)" = '["Deployment","ConfigMap"]' ]
	[ "$(jq -r '.[1].data.LOG_LEVEL' out.json)" = info ]
	[ "$(jq -r '.[1].metadata.namespace' out.json)" = null ]
	run ! grep -q 'hidden' out
	# Twice is the same as once.
	filter --annotate-only <<<"$deployment" >once
	leaves once
}

@test "post-renderer: the annotation changes with what the workload uses, and with nothing else" {
	a_project
	before=$(filter --annotate-only <<<"$deployment" | sha256sum)
	tfsecrets -q set LOG_LEVEL=debug
	[ "$(filter --annotate-only <<<"$deployment" | sha256sum)" = "$before" ]
	printf 'another-value-of-32-characters-or-more' | tfsecrets -q set BETTER_AUTH_SECRET
	[ "$(filter --annotate-only <<<"$deployment" | sha256sum)" != "$before" ]
	both=${deployment/envFrom: [/envFrom: [{configMapRef: {name: taskflow-config\}\}, }
	filter --annotate-only <<<"$both" | grep -q "restarted-for: \"$(restarted_for ConfigMap Secret)\""
}

@test "post-renderer: wherever the annotation can stand, it is put" {
	a_project
	expected=$(restarted_for Secret)
	spec='spec: {containers: [{name: c, envFrom: [{secretRef: {name: taskflow-secrets}}]}]}'
	while IFS= read -r template; do
		printf 'apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  template:\n%b\nx: |+\n  a\n\n' "$template" >in
		filter --annotate-only <in >out
		as_json <out | jq -e --arg expected "$expected" \
			'.[0].spec.template.metadata.annotations["tfsecrets.dev/restarted-for"] == $expected
				and .[0].x == "a\n\n"' >result || { cat in out; return 1; }
		[ "$(as_json <out | jq -c '.[0].spec.template | del(.metadata)')" = \
			"$(as_json <in | jq -c '.[0].spec.template | del(.metadata)')" ]
	done <<-END
		    $spec
		    metadata:\n    $spec
		    $spec\n    metadata:
		    $spec\n    metadata: null # c
		    metadata: {}\n    $spec
		    metadata: {labels: {a: b}}\n    $spec
		    metadata:\n      name: x\n    $spec
		    metadata:\n      annotations:\n    $spec
		    metadata:\n      annotations: {}\n    $spec
		    metadata:\n      annotations: ~\n    $spec
		    metadata:\n      annotations: {a: b}\n    $spec
		    metadata:\n      annotations:\n        a: b\n        c: |\n          d\n    $spec
		    metadata:\n      annotations: {tfsecrets.dev/restarted-for: old}\n    $spec
		    metadata:\n      annotations:\n        tfsecrets.dev/restarted-for: 'old' # c\n        e: f\n    $spec
		    metadata: &m {a: b}\n    $spec
		    metadata: &m\n      a: b\n    $spec
		    metadata: !!map {a: b}\n    $spec
		    {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"envFrom": [{"secretRef": {"name": "taskflow-secrets"}}]}]}}
	END
	echo "{\"apiVersion\":\"apps/v1\",\"kind\":\"DaemonSet\",\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"envFrom\":[{\"secretRef\":{\"name\":\"taskflow-secrets\"}}]}]}}}}" >in
	filter --annotate-only <in | jq -e --arg expected "$expected" \
		'.spec.template.metadata.annotations["tfsecrets.dev/restarted-for"] == $expected' >result
}

@test "post-renderer: where it cannot be put, nothing goes on" {
	a_project
	cat >in <<-'END'
		apiVersion: apps/v1
		kind: Deployment
		metadata: &m {name: web}
		spec:
		  template:
		    metadata: *m
		    spec: {containers: [{envFrom: [{secretRef: {name: taskflow-secrets}}]}]}
	END
	run -1 --separate-stderr filter <in
	says "standard input:6:15: Deployment 'web': an alias or a merge key stands here, so that the annotation of its pods has no place"
	[ -z "$output" ]
	sed 's/\*m/[]/' in >list
	run -1 --separate-stderr filter <list
	says 'this is no map of texts'
	[ -z "$output" ]
	run -1 --separate-stderr filter <<<'a: {{ x }}'
	says 'standard input:1:'
}

@test "post-renderer: what cannot restart, or uses nothing of ours, stays as it is" {
	a_project
	{
		for kind in Job CronJob ReplicaSet Deployment; do
			echo "{apiVersion: batch/v1, kind: $kind, metadata: {name: x}, spec: {template: {spec: {containers: [{envFrom: [{secretRef: {name: taskflow-secrets}}]}]}}}}"
			echo ---
		done
		echo '{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {template: {spec: {containers: [{envFrom: [{secretRef: {name: other}}]}]}}}}'
	} >in
	leaves in
}

@test "post-renderer: a workload of another namespace does not use our objects" {
	a_project
	echo "${deployment/name: web/namespace: there}" >in
	leaves in -n here
	run ! leaves in -n there
}

@test "post-renderer: an empty input, and one that ends without a line feed" {
	a_project
	filter </dev/null | as_json >out.json
	[ "$(jq -c '[.[].kind]' out.json)" = '["ConfigMap"]' ]
	printf 'a: b' | filter | as_json >out.json
	[ "$(jq -c '[.[0].a, .[1].kind]' out.json)" = '["b","ConfigMap"]' ]
}

@test "secrets come out with --reveal alone" {
	a_project
	filter <<<"$deployment" >out
	tfsecrets render --output-dir dir
	cat out dir/* >all
	for secret in "$database_url" "$auth_secret" "$openai_key"; do
		run ! grep -qF -e "$secret" -e "$(printf %s "$secret" | base64 -w0)" all
	done
	filter --reveal <<<"$deployment" | as_json >out.json
	[ "$(jq -r '.[] | select(.kind == "Secret").data.DATABASE_URL | @base64d' out.json)" = "$database_url" ]
	rm -r "$HOME/.config"
	run -4 --separate-stderr filter --reveal <<<"$deployment"
	[ -z "$output" ]
}

# list ITEMS: a ResourceList with these, in the middle of other things.
list()
{
	printf 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n%bfunctionConfig:\n  spec: {environment: prod}\n' "$1"
}

@test "krm-function: objects come to the front of the items, workloads among them are annotated" {
	a_project
	expected=$(restarted_for Secret)
	item='{apiVersion: apps/v1, kind: Deployment, metadata: {name: w}, spec: {template: {spec: {containers: [{envFrom: [{secretRef: {name: taskflow-secrets}}]}]}}}}'
	for items in "items:\n- $item\n- a: |+\n    b\n\n" "items:\n  - $item\n" "items: [$item]\n" "items: &x [$item]\n"; do
		list "$items" | tfsecrets render --as krm-function | as_json >out.json
		jq -e --arg expected "$expected" '.[0] | .kind == "ResourceList" and .functionConfig.spec.environment == "prod"
			and .items[0].kind == "ConfigMap" and .items[0].data.LOG_LEVEL == "info"
			and .items[1].kind == "Deployment"
			and .items[1].spec.template.metadata.annotations["tfsecrets.dev/restarted-for"] == $expected' \
			out.json >result || { cat out.json; return 1; }
	done
	for items in 'items: []\n' 'items:\n' 'items: null\n' ''; do
		list "$items" | tfsecrets render --as krm-function --reveal | as_json >out.json
		[ "$(jq -c '[.[0].items[].kind]' out.json)" = '["ConfigMap","Secret"]' ]
		[ "$(jq -r '.[0].items[1].data.DATABASE_URL | @base64d' out.json)" = "$database_url" ]
	done
	for items in '"items":[],' '"items":null,' '' "\"items\":[{\"kind\":\"X\"}],"; do
		echo "{$items\"apiVersion\":\"config.kubernetes.io/v1\",\"kind\":\"ResourceList\"}" |
			tfsecrets render --as krm-function | jq -e '.items[0].kind == "ConfigMap"' >result
	done
	list 'items: []\n' >in
	tfsecrets render --as krm-function --annotate-only <in >out
	cmp in out
}

@test "krm-function: functionConfig says where the project is and which environment" {
	a_project
	mkdir -p deploy/prod
	cd deploy/prod
	printf 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  spec: {environment: prod, directory: ../..}\n' >in
	tfsecrets render --as krm-function <in | as_json | jq -e '.[0].items[0].kind == "ConfigMap"' >result
	sed 's/environment: prod/environment: prd/' in >slip
	run -2 --separate-stderr tfsecrets render --as krm-function <slip
	says "did you mean 'prod'?"
	sed 's/environment:/enviroment:/' in >slip
	run -1 --separate-stderr tfsecrets render --as krm-function <slip
	says "unknown field 'enviroment', did you mean 'environment'?"
	sed 's/: prod,/: [prod],/' in >slip
	run -1 --separate-stderr tfsecrets render --as krm-function <slip
	says "'environment' must be a single value"
	sed 's|\.\./\.\.|nowhere|' in >slip
	run -1 --separate-stderr tfsecrets render --as krm-function <slip
	says "cannot enter 'nowhere'"
	for wrong in 'kind: ResourceList' 'apiVersion: v1\nkind: ResourceList' '[]' 'apiVersion: config.kubernetes.io/v1\nkind: List'; do
		printf '%b\n' "$wrong" >slip
		run -1 --separate-stderr tfsecrets render --as krm-function <slip
		says "standard input is no ResourceList of 'config.kubernetes.io/v1'"
		[ -z "$output" ]
	done
	list 'items: x\n' >slip
	run -1 --separate-stderr tfsecrets render --as krm-function <slip
	says "'items' must be a list"
}

@test "output-dir: a file for each object, which reads back as what render prints" {
	a_project
	tfsecrets render --output-dir out
	[ "$(ls out)" = configmap-taskflow-config.yaml ]
	[ "$(stat -c %a out/configmap-taskflow-config.yaml)" = 644 ]
	tfsecrets render --output-dir out --reveal
	[ "$(stat -c '%n %a' out/* | paste -sd' ')" = \
		'out/configmap-taskflow-config.yaml 644 out/secret-taskflow-secrets.yaml 600' ]
	cat <(echo ---) out/configmap* <(echo ---) out/secret* | cmp - <(tfsecrets render --reveal)
	tfsecrets render --output-dir json -o json
	[ "$(jq -r .kind json/configmap-taskflow-config.json)" = ConfigMap ]
}

@test "output-dir: ours that are written no more go, and nothing else" {
	a_project
	tfsecrets render --output-dir out --reveal
	echo 'apiVersion: v1' >out/other.yaml
	echo '{{' >out/template.yaml
	tfsecrets render -o json | jq '.items[0]' | sed 's/"tfsecrets.dev\/environment": "prod"/"tfsecrets.dev\/environment": "dev"/' >out/dev.json
	tfsecrets render >out/two.yaml
	tfsecrets render -o json | jq '.items[0] | .metadata.labels["tfsecrets.dev/project"] = "0123"' >out/foreign.json
	tfsecrets render -o json | jq '.items[0]' >out/ours.json
	run -0 --separate-stderr tfsecrets render --output-dir out
	says "removed 'out/ours.json', which is written no more"
	says "removed 'out/secret-taskflow-secrets.yaml', which is written no more"
	[ "$(ls out | paste -sd' ')" = \
		'configmap-taskflow-config.yaml dev.json foreign.json other.yaml template.yaml two.yaml' ]
}

@test "output-dir: what is in the way is not written over" {
	a_project
	mkdir out
	echo 'apiVersion: v1' >out/configmap-taskflow-config.yaml
	run -1 --separate-stderr tfsecrets render --output-dir out
	says "'out/configmap-taskflow-config.yaml' is in the way: it is not of this project and environment"
	[ "$(cat out/*)" = 'apiVersion: v1' ]
	rm out/*
	ln -s ../tfsecrets.yaml out/configmap-taskflow-config.yaml
	run -1 --separate-stderr tfsecrets render --output-dir out
	says "is in the way"
	rm out/*
	mkdir out/configmap-taskflow-config.yaml
	run -1 --separate-stderr tfsecrets render --output-dir out
	says "is in the way"
	run -1 --separate-stderr tfsecrets render --output-dir .env
	says "cannot open '.env': Not a directory"
	run -1 --separate-stderr tfsecrets render --output-dir no/where
	says "cannot make 'no/where'"
}

@test "options that exclude each other" {
	a_project
	run -2 --separate-stderr tfsecrets render --as post-renderer --output-dir out </dev/null
	says "'--as' and '--output-dir' exclude each other"
	run -2 --separate-stderr tfsecrets render --as krm-function -o json </dev/null
	says "'--as' and '--output' exclude each other"
	run -2 --separate-stderr tfsecrets render --annotate-only
	says "'--annotate-only' goes with '--as'"
	[ ! -e out ]
}
