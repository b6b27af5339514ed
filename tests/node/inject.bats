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

# run_pod FILE: makes the pod.
run_pod()
{
	within apply -f "$1" >/dev/null
}

# described_end: what `kubectl describe pod` says of the init container once it has ended, "STATUS MESSAGE".
described_end()
{
	within describe pod taskflow | awk '
		/^Init Containers:/ { inside = 1 }
		/^Containers:/ { inside = 0 }
		inside && $1 == "Message:" { sub(/^ *Message: */, ""); message = $0 }
		inside && $1 == "Exit" { status = $3 }
		END { if (status == "") exit 1; print status, message }'
}

# refused EXPECTED FILE: the pod ends in its init container, with this line in `kubectl describe pod` and no value
# anywhere, and the application has not started.
refused()
{
	local value

	run_pod "$2"
	run -0 eventually described_end
	# shellcheck disable=SC2053 # a pattern
	[[ $output == $1 ]] || { echo "$output"; return 1; }
	[ "$(within get pod taskflow -o 'jsonpath={.status.containerStatuses[0].state.waiting.reason}')" = PodInitializing ]
	run -0 within describe pod taskflow
	output+=$(within logs taskflow -c tfsecrets-inject)
	for value in DATABASE_URL BETTER_AUTH_SECRET OPENAI_API_KEY; do
		[[ $output != *"$(wanted "$value")"* ]]
	done
	[[ $output != *AGE-SECRET-KEY* ]]
	within delete pod taskflow --now >/dev/null
}

@test 'a sidecar in between sees neither values nor identity; the app reads its files' {
	patched >patched.json
	jq --arg image "$IMAGE" '.spec.initContainers += [{name: "sidecar", image: $image, restartPolicy: "Always",
			args: ["serve", ":8001", "up"], startupProbe: {httpGet: {port: 8001}, periodSeconds: 1},
			securityContext: .spec.containers[0].securityContext}] |
		.spec.containers[0].args = ["serve", ":8000", "up"]' patched.json >pod.json
	run_pod pod.json
	within wait --for=condition=Ready --timeout=60s pod/taskflow >/dev/null
	[ "$(within get pod taskflow -o 'jsonpath={.status.initContainerStatuses[?(@.name=="sidecar")].started}')" = true ]
	# The order: opened, then the sidecar, then the application.
	within get pod taskflow -o json | jq -e '.status | (.initContainerStatuses | map({(.name): .state}) | add) as $init |
		$init["tfsecrets-inject"].terminated.finishedAt <= $init.sidecar.running.startedAt and
		$init.sidecar.running.startedAt <= .containerStatuses[0].state.running.startedAt' >/dev/null
	for setting in DATABASE_URL BETTER_AUTH_SECRET OPENAI_API_KEY; do
		[ "$(within exec taskflow -c taskflow -- /app read "/tfsecrets/values/$setting")" = "$(wanted "$setting")" ]
		run ! within exec taskflow -c sidecar -- /app read "/tfsecrets/values/$setting"
		[[ $output == *'no such file or directory'* ]]
		run ! within exec taskflow -c sidecar -- /app print "$setting"
	done
	# Who has no use for the identity has none.
	for container in sidecar taskflow; do
		run ! within exec taskflow -c $container -- /app read /tfsecrets/identity/identity
		[[ $output == *'no such file or directory'* ]]
	done
}

@test 'kubectl describe shows a wrong pin in one line' {
	patched >good.json
	jq '(.spec.initContainers[0].args[] | select(startswith("--pin="))) |= sub("[0-9a-f]{8}$"; "00000000")' good.json >pod.json
	refused "4 roster 2 is not the one that the pin names: this is a fork; 'tfsecrets roster pin' prints the pin for the pod's spec, 'tfsecrets apply' writes the bundle anew" pod.json
	# Of another project.
	jq '(.spec.initContainers[0].args[] | select(startswith("--pin="))) |= sub("=[0-9a-f]{8}"; "=00000000")' good.json >pod.json
	refused "4 the pin names project 00000000*, but the roster here is of project *" pod.json
}

@test 'kubectl describe shows a wrong identity, and one that needs a passphrase, in one line' {
	patched >good.json
	"$TFSECRETS" -q keygen -o other >/dev/null
	within create secret generic other --from-file=identity=other >/dev/null
	jq '(.spec.volumes[] | select(.name == "tfsecrets-identity")).secret.secretName = "other"' good.json >pod.json
	refused "4 this identity is not a reader of 'prod'; a reader must add it" pod.json
	printf -- '-----BEGIN AGE ENCRYPTED FILE-----\n' >locked
	within create secret generic locked --from-file=identity=locked >/dev/null
	jq '(.spec.volumes[] | select(.name == "tfsecrets-identity")).secret.secretName = "locked"' good.json >pod.json
	refused "4 /tfsecrets/identity/identity: needs a passphrase, which cannot be asked here; the pods' identity is the key 'identity' of the Secret that 'tfsecrets member add --to-cluster' makes" pod.json
}

@test 'kubectl describe shows an altered ConfigMap in one line' {
	patched >pod.json
	within get configmap taskflow-prod-sealed -o json | jq 'del(.metadata.resourceVersion)' >bundle.json
	jq '.data["sealed.OPENAI_API_KEY"] |= sub("sealed-at 2"; "sealed-at 3")' bundle.json | within replace -f - >/dev/null
	refused "4 sealed.OPENAI_API_KEY: the signature does not verify; 'tfsecrets apply' writes the bundle anew" pod.json
	jq '.data["sealed.OPENAI_API_KEY"] = .data["sealed.DATABASE_URL"]' bundle.json | within replace -f - >/dev/null
	refused "4 sealed.OPENAI_API_KEY: was sealed for another setting; 'tfsecrets apply' writes the bundle anew" pod.json
	jq '.data["key.age"] |= .[:-20]' bundle.json | within replace -f - >/dev/null
	refused "4 key.age: is not the file that roster 2 names (wrapped); 'tfsecrets apply' writes the bundle anew" pod.json
	jq 'del(.data["roster.0002"])' bundle.json | within replace -f - >/dev/null
	refused "4 the pin names roster 2, but the bundle ends with roster 1: it is older than the pin, so apply it again" pod.json
	# What the message says to do helps.
	tfsecrets -q apply --force-conflicts
	run_pod pod.json
	run -0 await_end taskflow
	[[ $output == "tfsecrets-inject 0 unsealed 3 values of 'prod' into '/tfsecrets/values'"* ]]
}

@test 'kubectl describe shows a required setting that has no value, in the bundle and to check' {
	patched >good.json
	jq '.spec.initContainers[0] |= . + {args: ["check", "--from", "/tfsecrets/values", "--settings",
			"/tfsecrets/bundle/settings"], envFrom: [{configMapRef: {name: "taskflow-config"}}],
			env: [{name: "DATABASE_URL", value: "postgresql://x/y"}]}' good.json >checked.json
	refused "3 * of * settings: *'OPENAI_API_KEY' is missing*" checked.json
	within get configmap taskflow-prod-sealed -o json | jq 'del(.data["sealed.OPENAI_API_KEY"])' | within replace -f - >/dev/null
	refused "4 'OPENAI_API_KEY' is required, but has no value in the bundle; 'tfsecrets set OPENAI_API_KEY' and 'apply' bring one" good.json
}

@test 'kubectl describe shows a volume that is too small, on disk or read-only in one line' {
	head -c 200000 /dev/urandom | base64 -w0 | "$TFSECRETS" -q set BETTER_AUTH_SECRET
	tfsecrets -q apply
	patched >good.json
	jq '(.spec.volumes[] | select(.name == "tfsecrets-values")).emptyDir.sizeLimit = "64Ki"' good.json >pod.json
	refused "1 cannot write '/tfsecrets/values/BETTER_AUTH_SECRET': No space left on device; give its emptyDir a larger sizeLimit" pod.json
	jq '(.spec.volumes[] | select(.name == "tfsecrets-values")).emptyDir = {}' good.json >pod.json
	refused "4 '/tfsecrets/values' is not in memory: give its emptyDir 'medium: Memory', or write to a disk with --allow-disk" pod.json
	jq '(.spec.initContainers[0].volumeMounts[] | select(.name == "tfsecrets-values")).readOnly = true' good.json >pod.json
	refused "1 cannot write to '/tfsecrets/values': Read-only file system; mount the volume without readOnly" pod.json
}

is_one_pod()
{
	[ "$(within get pods --selector=app=taskflow --output=name | wc -l)" -eq 1 ]
}

# restarts: that `apply --restart` brings a new pod, which has opened the bundle of now; the old ones end.
restarts()
{
	run -0 --separate-stderr tfsecrets apply --restart --wait --timeout 60s
	[[ $output == *"deployment.apps/taskflow restarted"* ]]
	[[ $stderr == *"deployment.apps/taskflow: rolled out"* ]]
	eventually is_one_pod
}

@test 'a new value and a new key reach new pods by apply --restart --wait, with the pin of before' {
	within apply -f deployment.yaml >/dev/null
	"$TFSECRETS" render --init-container patch --image "$(<"$BATS_FILE_TMPDIR/inject")" --variables >patch.yaml
	within patch deployment taskflow --type=json -p '[{"op": "replace", "path": "/spec/template/spec/containers/0/args", "value": ["serve", ":8000", "up"]}]' >/dev/null
	within patch deployment taskflow --patch-file patch.yaml >/dev/null
	within rollout status deployment/taskflow --timeout=60s >/dev/null
	printf %s sk-another-key-0123456789abcdefghij | "$TFSECRETS" -q set OPENAI_API_KEY
	restarts
	[ "$(within exec deployment/taskflow -c taskflow -- /app print OPENAI_API_KEY)" = OPENAI_API_KEY=sk-another-key-0123456789abcdefghij ]
	"$TFSECRETS" -q rotate
	restarts
	[ "$(within exec deployment/taskflow -c taskflow -- /app print OPENAI_API_KEY)" = OPENAI_API_KEY=sk-another-key-0123456789abcdefghij ]
	within logs deployment/taskflow -c tfsecrets-inject | grep -q "unsealed 3 values of 'prod' into '/tfsecrets/values' (roster 3, epoch 2)"
	# Nothing new, nothing restarted.
	run -0 --separate-stderr tfsecrets apply --restart
	[[ $output != *restarted* ]]
}
