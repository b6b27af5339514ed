#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tfsecrets-inject from its own image on a real kubelet, under the restricted profile: what `kubectl describe` shows
# of it, and what the application gets.

load common

setup_file()
{
	start_cluster --node
	make -s -C "$root" BUILD="$BUILD" image >/dev/null
	"$here/load" "$CLUSTER" "$BUILD/tfsecrets-inject.oci.tar" |
		sed -n 's/^unpacking \([^ ]*\) .*/\1/p' >"$BATS_FILE_TMPDIR/inject"
	[ -s "$BATS_FILE_TMPDIR/inject" ]
}

tfsecrets()
{
	enter "$TFSECRETS" "$@"
}

setup()
{
	namespace=test-$BATS_TEST_NUMBER
	kubectl create namespace "$namespace" >/dev/null
	kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted >/dev/null
	mkdir "$BATS_TEST_TMPDIR/project" "$BATS_TEST_TMPDIR/home"
	cd "$BATS_TEST_TMPDIR/project" || return 1
	export HOME=$BATS_TEST_TMPDIR/home XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
	cp "$root/examples/taskflow/.env.example" .env
	"$TFSECRETS" -q init --from .env --project taskflow --env prod --name alice 2>/dev/null
	sed -i "/^  prod:/,/^\$/{/^  prod:/!{/^\$/!d}}; s/^  prod:.*/  prod: {deliver: sealed, targets: [{context: $(kubectl config current-context), namespace: $namespace}]}/" tfsecrets.yaml
	"$TFSECRETS" -q seal --from .env
	tfsecrets -q member add pods-prod --to-cluster
	tfsecrets -q apply
	# A template that keeps to the profile; `print` of the test's program writes variables.
	cat >deployment.yaml <<-END
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
		      containers:
		        - {name: taskflow, image: $IMAGE, args: [print, OPENAI_API_KEY], securityContext: $restricted}
	END
}

wanted()
{
	sed -n "s/^$1=//p" .env
}

# patched OPTION...: a pod of the deployment's template after the patch of `render --init-container`.
patched()
{
	within apply --dry-run=client -o json -f deployment.yaml >before.json
	"$TFSECRETS" render --init-container patch --image "$(<"$BATS_FILE_TMPDIR/inject")" "$@" >patch.yaml
	within patch --local -f before.json --type=strategic --patch-file patch.yaml -o json |
		jq '{apiVersion: "v1", kind: "Pod", metadata: {name: "taskflow"}, spec: (.spec.template.spec + {restartPolicy: "Never"})}'
}

# state_of CONTAINER: its exit status and termination message.
init_ended()
{
	within get pod taskflow -o json | jq -e -r '.status.initContainerStatuses[0] | (.state.terminated // .lastState.terminated // empty) | "\(.exitCode) \(.message // "")"'
}

@test 'an app has its variables from what the init container opened' {
	patched --variables >pod.json
	within apply -f pod.json >/dev/null
	run -0 await_end taskflow
	[[ $output == *"tfsecrets-inject 0 "* ]]
	[[ $output == *"taskflow 0 "* ]]
	[ "$(within logs taskflow -c taskflow)" = "OPENAI_API_KEY=$(wanted OPENAI_API_KEY)" ]
	[[ $(within describe pod taskflow) != *"$(wanted OPENAI_API_KEY)"* ]]
	[[ $(within logs taskflow -c tfsecrets-inject) != *"$(wanted OPENAI_API_KEY)"* ]]
}

@test 'check sees before the app starts that everything is there; exec gives it the variables and leaves no parent' {
	inject=$(jq -r '.spec.initContainers[0].image' <<<"$(patched)")
	patched | jq --arg inject "$inject" --argjson mounts '[{"name": "tools", "mountPath": "/tools"}, {"name": "tfsecrets-values", "mountPath": "/tfsecrets/values"}]' '
		.spec.volumes += [{name: "tools", emptyDir: {}}] |
		.spec.initContainers[0] as $unseal |
		.spec.initContainers += [
			($unseal + {name: "check", args: ["check", "--from", "/tfsecrets/values"], volumeMounts: $mounts,
				envFrom: [{configMapRef: {name: "taskflow-config"}}]}),
			($unseal + {name: "install", args: ["install", "/tools"], volumeMounts: $mounts})] |
		.spec.containers[0] += {command: ["/tools/tfsecrets-inject", "exec", "--from", "/tfsecrets/values", "--",
			"/app", "print", "DATABASE_URL"], args: null, volumeMounts: $mounts}' >pod.json
	within apply -f pod.json >/dev/null
	run -0 await_end taskflow
	[[ $output == *"check 0 "*"install 0 "*"taskflow 0 "* ]] || { echo "$output"; return 1; }
	[ "$(within logs taskflow -c taskflow)" = "DATABASE_URL=$(wanted DATABASE_URL)" ]
}

@test 'a wrong pin, a wrong identity, an altered bundle: one line for kubectl describe, and the app does not start' {
	patched >good.json
	jq '(.spec.initContainers[0].args[] | select(startswith("--pin="))) |= sub("[0-9a-f]{8}$"; "00000000")' good.json >pod.json
	within apply -f pod.json >/dev/null
	run -0 eventually init_ended
	[[ $output == 4\ * ]]
	[[ $output == *"pin"* ]]
	within delete pod taskflow --now >/dev/null

	"$TFSECRETS" -q keygen -o other >/dev/null
	within create secret generic taskflow-other-identity --from-file=identity=other >/dev/null
	jq '(.spec.volumes[] | select(.name == "tfsecrets-identity")).secret.secretName = "taskflow-other-identity"' good.json >pod.json
	within apply -f pod.json >/dev/null
	run -0 eventually init_ended
	[[ $output == "4 "*"is not a reader of 'prod'"* ]]
	[[ $output != *AGE-SECRET-KEY* ]]
	within delete pod taskflow --now >/dev/null

	within get configmap taskflow-prod-sealed -o json | jq '.data["sealed.OPENAI_API_KEY"] |= sub("sealed-at 2"; "sealed-at 3")' |
		within replace -f - >/dev/null
	within apply -f good.json >/dev/null
	run -0 eventually init_ended
	[[ $output == "4 "*"OPENAI_API_KEY"*"the signature does not verify"* ]] || { echo "$output"; return 1; }
}

@test 'a required setting that has no value is named' {
	patched >pod.json
	within get configmap taskflow-prod-sealed -o json | jq 'del(.data["sealed.OPENAI_API_KEY"])' | within replace -f - >/dev/null
	within apply -f pod.json >/dev/null
	run -0 eventually init_ended
	[[ $output == [1-9]*OPENAI_API_KEY* ]]
}

@test 'a new value reaches new pods by apply --restart --wait' {
	within apply -f deployment.yaml >/dev/null
	"$TFSECRETS" render --init-container patch --image "$(<"$BATS_FILE_TMPDIR/inject")" --variables >patch.yaml
	within patch deployment taskflow --type=json -p '[{"op": "replace", "path": "/spec/template/spec/containers/0/args", "value": ["serve", ":8000", "up"]}]' >/dev/null
	within patch deployment taskflow --patch-file patch.yaml >/dev/null
	within rollout status deployment/taskflow --timeout=60s >/dev/null
	printf %s sk-another-key-0123456789abcdefghij | "$TFSECRETS" -q set OPENAI_API_KEY
	run -0 --separate-stderr tfsecrets apply --restart --wait --timeout 60s
	[[ $output == *"deployment.apps/taskflow restarted"* ]]
	[[ $stderr == *"deployment.apps/taskflow: rolled out"* ]]
}
