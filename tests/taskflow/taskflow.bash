# SPDX-License-Identifier: Apache-2.0
# For the files of tests about examples/taskflow: the example, copied, with identities of its own, and Helm 3 and 4.
# shellcheck shell=bash disable=SC2154 # bats' variables

load ../cluster/project

example=$root/examples/taskflow
PATH=$BUILD/charts:$PATH

# What these files need besides the program: it is built where it is missing.
build_charts()
{
	"$here/build" "$BUILD" && "$here/charts" "$BUILD"
}

# A namespace in which the profile `restricted` is enforced, and whatever it has to say is said.
restricted_namespace()
{
	kubectl create namespace "$1" >/dev/null
	kubectl label namespace "$1" pod-security.kubernetes.io/{enforce,warn,audit}=restricted >/dev/null
	kubectl --namespace="$1" create --save-config serviceaccount taskflow >/dev/null
}

# a_taskflow: a repository with the example's schema, chart and manifests, and the values of .env.example for prod in
# $namespace, which is there. Alice has made it.
a_taskflow()
{
	namespace=${namespace:-test-$BATS_TEST_NUMBER}
	mkdir -p "$BATS_TEST_TMPDIR/taskflow" "$BATS_TEST_TMPDIR/home/bin"
	cd "$BATS_TEST_TMPDIR/taskflow" || return 1
	export HOME=$BATS_TEST_TMPDIR/home
	export XDG_STATE_HOME=$HOME/state HELM_CACHE_HOME=$HOME/cache HELM_CONFIG_HOME=$HOME/config HELM_DATA_HOME=$HOME/data
	ln -s "$TFSECRETS" "$HOME/bin/tfsecrets"
	PATH=$HOME/bin:$PATH
	git init --quiet
	cp -r "$example/chart" "$example/manifests" .
	sed "s/{namespace: taskflow}/{context: test, namespace: $namespace}/" "$example/tfsecrets.yaml" >tfsecrets.yaml
	cp "$example/.env.example" .env
	tfsecrets -q init --name alice 2>/dev/null
	tfsecrets -q seal --env prod --from .env
	kubectl get namespace "$namespace" >/dev/null 2>&1 || kubectl create namespace "$namespace" >/dev/null
}

# rendered HELM VALUES: what helm3 or helm4 makes of the chart. The tests' helm3 does not know by itself which
# Kubernetes there is.
rendered()
{
	"$1" template taskflow "$example/chart" --values "$example/chart/$2" --kube-version 1.37.0 "${@:3}"
}

# normal: from YAML documents to JSON by kind and name, without what says that Helm or kustomize brought them.
normal()
{
	python3 "$BATS_TEST_DIRNAME/normal.py"
}

# accepted NAMESPACE <MANIFESTS: the API server would take all of it, and has nothing to say.
accepted()
{
	kubectl apply --namespace="$1" --dry-run=server --filename=- >said 2>&1 || { cat said; return 1; }
	! grep -v '(server dry run)$' said
}

# pods <MANIFESTS: a Pod of each Deployment's template, as JSON.
pods()
{
	normal | jq --exit-status '[.[] | select(.kind == "Deployment") |
		{apiVersion: "v1", kind: "Pod", metadata: (.spec.template.metadata + {name: .metadata.name}),
		 spec: .spec.template.spec}] | if length == 2 then {apiVersion: "v1", kind: "List", items: .} else error end'
}
