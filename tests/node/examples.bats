#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What examples/init-container shows, on a real kubelet under the restricted profile: its commands, its manifests, and
# what its README says of where the values are.

load common

setup_file()
{
	start_cluster --node
	make -s -C "$root" BUILD="$BUILD" image >/dev/null
	"$here/load" "$CLUSTER" "$BUILD/tfsecrets-inject.oci.tar" |
		sed -n 's/^unpacking \([^ ]*\) .*/\1/p' >"$BATS_FILE_TMPDIR/inject"
	[ -s "$BATS_FILE_TMPDIR/inject" ]
}

# The README's reader: a project, programs on the PATH, and a context with a namespace.
setup()
{
	namespace=test-$BATS_TEST_NUMBER
	kubectl create namespace "$namespace" >/dev/null
	kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted >/dev/null
	example=$root/examples/init-container inject=$(<"$BATS_FILE_TMPDIR/inject")
	mkdir "$BATS_TEST_TMPDIR/project" "$BATS_TEST_TMPDIR/home" "$BATS_TEST_TMPDIR/bin"
	cd "$BATS_TEST_TMPDIR/project" || return 1
	cp "$KUBECONFIG" "$BATS_TEST_TMPDIR/kubeconfig"
	export HOME=$BATS_TEST_TMPDIR/home XDG_STATE_HOME=$BATS_TEST_TMPDIR/state KUBECONFIG=$BATS_TEST_TMPDIR/kubeconfig
	kubectl config set-context --current --namespace="$namespace" >/dev/null
	printf '#!/bin/sh\nexec "%s" "%s" "%s" "$@"\n' "$here/enter" "$CLUSTER" "$TFSECRETS" >"$BATS_TEST_TMPDIR/bin/tfsecrets"
	printf '#!/bin/sh\nexec "%s" "%s" "%s" "$@"\n' "$here/enter" "$CLUSTER" "$(type -P kubectl)" >"$BATS_TEST_TMPDIR/bin/kubectl"
	chmod +x "$BATS_TEST_TMPDIR/bin"/*
	# Values of each test's own: what one leaves on the node is not the other's.
	sed -E "s/^(DATABASE_URL|BETTER_AUTH_SECRET|OPENAI_API_KEY)=.*/&$BATS_TEST_NUMBER$RANDOM/" \
		"$root/examples/taskflow/.env.example" >.env
	"$TFSECRETS" -q init --from .env --project taskflow --env prod --name alice 2>/dev/null
	sed -i "/^  prod:/,/^\$/{/^  prod:/!{/^\$/!d}}; s/^  prod:.*/  prod: {deliver: sealed, targets: [{context: $(kubectl config current-context), namespace: $namespace}]}/" tfsecrets.yaml
	"$TFSECRETS" -q seal --from .env
}

wanted()
{
	sed -n "s/^$1=//p" .env
}

# session: the commands of README, with the name of the image.
session()
{
	sed -n '/^```sh/,/^```/p' "$example/README.md" | grep -v '^```' |
		sed "s|\bIMAGE\b|$inject|" >session
	[ "$(wc -l <session)" -ge 4 ]
	PATH=$BATS_TEST_TMPDIR/bin:$PATH bash -eu session
}

@test "README's commands bring the values into a Deployment that was there before" {
	within apply -f - >/dev/null <<-END
		apiVersion: apps/v1
		kind: Deployment
		metadata: {name: taskflow}
		spec:
		  selector: {matchLabels: {app: taskflow}}
		  template:
		    metadata: {labels: {app: taskflow}}
		    spec:
		      terminationGracePeriodSeconds: 1
		      securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
		      containers: [{name: taskflow, image: $IMAGE, args: [serve, ':8000', up], securityContext: $restricted}]
	END
	session
	within rollout status deployment/taskflow --timeout=60s >/dev/null
	[ "$(within exec deployment/taskflow -c taskflow -- /app print DATABASE_URL)" = "DATABASE_URL=$(wanted DATABASE_URL)" ]
	[ "$(within exec deployment/taskflow -c taskflow -- /app read /tfsecrets/values/DATABASE_URL)" = "$(wanted DATABASE_URL)" ]
}

# manifest WAY ARGUMENTS: the pod of a manifest, whose application is the tests' with these arguments (in JSON). Its
# images and the pin are this test's, nothing else.
manifest()
{
	sed "s|image: tfsecrets-inject:1|image: $inject|; s|image: taskflow:1|image: $IMAGE|; s|--pin=.*|--pin=$(tfsecrets_pin)|; s|, python3, -m, taskflow\]|, /app]|" \
		"$example/$1.yaml" | within create --dry-run=client -o json -f - |
		jq --argjson arguments "$2" '{apiVersion: "v1", kind: "Pod", metadata: {name: "taskflow"},
			spec: (.spec.template.spec + {restartPolicy: "Never"})} | .spec.containers[0].args = $arguments' |
		within apply -f - >/dev/null
}

tfsecrets_pin()
{
	"$TFSECRETS" roster pin
}

# on_disk VALUE: whether containerd has written it to its root, which lies on the disk of any other node.
on_disk()
{
	local pid

	read -r pid _ <"$CLUSTER/node.pid"
	nsenter --target="$pid" --mount grep -rlaF -e "$1" /run/containerd/root
}

@test "each manifest gives the application its value, and only variables of the manifest lie on the node's disk" {
	session >/dev/null 2>&1 || [ "$(within get configmap taskflow-prod-sealed -o name)" = configmap/taskflow-prod-sealed ]
	while read -r way setting arguments; do
		manifest "$way" "$arguments"
		run -0 await_end taskflow
		[[ $output == *"taskflow 0 "* ]] || { echo "$way: $output"; return 1; }
		run -0 within logs taskflow -c taskflow
		[ "${output#"$setting"=}" = "$(wanted "$setting")" ]
		[ "$(within logs taskflow --all-containers | grep -c "$(wanted "$setting")")" -eq 1 ]
		case $way in
		variables) on_disk "$(wanted "$setting")" ;;
		*) run -1 on_disk "$(wanted "$setting")" ;;
		esac
		within delete pod taskflow --now >/dev/null
	done <<-'END'
		files DATABASE_URL ["read", "/tfsecrets/values/DATABASE_URL"]
		exec BETTER_AUTH_SECRET ["print", "BETTER_AUTH_SECRET"]
		variables OPENAI_API_KEY ["print", "OPENAI_API_KEY"]
	END
}
