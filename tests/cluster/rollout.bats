#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What follows an apply: restarts, waiting, pruning, and taking back. There are no controllers here: who stands in for
# them is the test, by the status that it writes.

load common
load project

# workload KIND NAME SPEC: of one replica, whose pod has this spec besides its container's name and image.
workload()
{
	local more='"replicas": 1,'

	[ "$1" != DaemonSet ] || more=
	[ "$1" != StatefulSet ] || more+='"serviceName": "web",'
	in_project apply --server-side -f - >/dev/null <<-END
		{"apiVersion": "apps/v1", "kind": "$1", "metadata": {"name": "$2"}, "spec": {$more
		 "selector": {"matchLabels": {"app": "$2"}},
		 "template": {"metadata": {"labels": {"app": "$2"}}, "spec": $3}}}
	END
}

by_env='{"containers": [{"name": "app", "image": "x", "env": [{"name": "A", "valueFrom":
	{"secretKeyRef": {"name": "taskflow-secrets", "key": "OPENAI_API_KEY"}}}]}]}'
by_env_from='{"containers": [{"name": "app", "image": "x", "envFrom": [{"configMapRef": {"name": "taskflow-config"}}]}]}'
by_volume='{"containers": [{"name": "app", "image": "x"}], "volumes": [{"name": "v", "secret":
	{"secretName": "taskflow-secrets", "items": [{"key": "DATABASE_URL", "path": "url"}]}}]}'
by_projection='{"initContainers": [{"name": "init", "image": "x"}], "containers": [{"name": "app", "image": "x"}],
	"volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "taskflow-config"}}]}}]}'
by_init='{"initContainers": [{"name": "init", "image": "x", "envFrom": [{"secretRef": {"name": "taskflow-secrets"}}]}],
	"containers": [{"name": "app", "image": "x"}]}'
by_nothing='{"containers": [{"name": "app", "image": "x", "env": [{"name": "A", "value": "taskflow-secrets"}]}]}'

restarted_for()
{
	in_project get "$1" -o 'go-template={{with .spec.template.metadata.annotations}}{{index . "tfsecrets.dev/restarted-for"}}{{end}}'
}

generation()
{
	in_project get "$1" -o 'jsonpath={.metadata.generation}'
}

content()
{
	in_project get "$1" -o 'go-template={{index .metadata.annotations "tfsecrets.dev/content"}}'
}

change()
{
	printf %s "$2" | tfsecrets -q set "$1"
}

# rolled_out NAME: what a controller would say of a Deployment that is through.
rolled_out()
{
	in_project patch deployment "$1" --subresource=status --type=merge -p \
		"{\"status\": {\"observedGeneration\": $(generation "deployment/$1"), \"replicas\": 1, \"updatedReplicas\": 1, \"readyReplicas\": 1, \"availableReplicas\": 1}}" >/dev/null
}

@test "--restart restarts what uses a changed object, by whatever way, and nothing else" {
	a_project
	tfsecrets -q apply
	sleep 1.1 # what was made in the second of the apply counts as older
	workload Deployment env "$by_env"
	workload StatefulSet volume "$by_volume"
	workload DaemonSet init "$by_init"
	workload Deployment env-from "$by_env_from"
	workload Deployment projection "$by_projection"
	workload Deployment nothing "$by_nothing"
	change OPENAI_API_KEY sk-another-key-0123456789abcdefghij
	run -0 --separate-stderr tfsecrets apply --restart
	[ "$(sort <<<"$output")" = "$(sort <<-'END'
		configmap/taskflow-config unchanged
		secret/taskflow-secrets serverside-applied
		deployment.apps/env restarted
		statefulset.apps/volume restarted
		daemonset.apps/init restarted
	END
	)" ]
	expected=$(printf 'Secret/taskflow-secrets\n%s\n' "$(content secret/taskflow-secrets)" | sha256sum)
	[ "$(restarted_for deployment/env)" = "${expected%% *}" ]
	[ -z "$(restarted_for deployment/env-from)" ]
	[ -z "$(restarted_for deployment/nothing)" ]
}

@test "each content restarts a workload once, and a run that was cut off is finished" {
	a_project
	tfsecrets -q apply
	workload Deployment web "$by_env"
	change OPENAI_API_KEY sk-another-key-0123456789abcdefghij
	tfsecrets -q apply --restart
	after=$(generation deployment/web)
	run -0 --separate-stderr tfsecrets apply --restart
	[[ $output != *restarted* ]]
	[ "$(generation deployment/web)" = "$after" ]
	change OPENAI_API_KEY sk-a-third-key-0123456789abcdefghij
	tfsecrets -q apply
	[ "$(generation deployment/web)" = "$after" ]
	run -0 --separate-stderr tfsecrets apply --restart
	[[ $output == *"deployment.apps/web restarted"* ]]
}

@test "a workload that was made after the objects has started with them" {
	a_project
	tfsecrets -q apply
	sleep 1.1
	workload Deployment web "$by_env"
	run -0 --separate-stderr tfsecrets apply --restart
	[[ $output != *restarted* ]]
}

@test "a dry run restarts and prunes nothing, and says what it would" {
	a_project
	tfsecrets -q apply
	workload Deployment web "$by_env"
	change OPENAI_API_KEY sk-another-key-0123456789abcdefghij
	for where in client server; do
		run -0 --separate-stderr tfsecrets apply --restart --dry-run="$where"
		[[ $output == *"deployment.apps/web restarted ("*"dry run)"* ]]
		[ -z "$(restarted_for deployment/web)" ]
	done
}

@test "-o json names what was restarted" {
	a_project
	tfsecrets -q apply
	workload Deployment web "$by_env"
	change OPENAI_API_KEY sk-another-key-0123456789abcdefghij
	run -0 --separate-stderr tfsecrets apply --restart -o json
	[ "$(jq -r 'select(.kind == "Deployment") | .name + " " + .result' <<<"$output")" = "web restarted" ]
}

@test "a key that a pod template refers to is not dropped, whatever refers to it" {
	a_project
	tfsecrets -q apply
	sed -i '/^  OPENAI_API_KEY:/,/kind:/s/kind: secret/kind: secret\n    optional: true/' tfsecrets.yaml
	tfsecrets -q unset --yes OPENAI_API_KEY
	for kind in Deployment StatefulSet DaemonSet; do
		workload "$kind" web "$by_env"
		run --separate-stderr tfsecrets apply
		fails 4 "Secret 'taskflow-secrets' would lose the key 'OPENAI_API_KEY', which ${kind,,}.apps/web refers to; change that first"
		run -3 --separate-stderr tfsecrets diff
		[[ $stderr == *"would lose the key 'OPENAI_API_KEY'"* ]]
		[[ $output == *"secret/taskflow-secrets in $namespace differs: -OPENAI_API_KEY" ]]
		in_project delete "${kind,,}" web >/dev/null
	done
	[ -n "$(value secret/taskflow-secrets OPENAI_API_KEY)" ]
	workload Deployment web "${by_env/OPENAI_API_KEY\"/OPENAI_API_KEY\", \"optional\": true}"
	run -0 --separate-stderr tfsecrets apply
	[ "$(in_project get secret taskflow-secrets -o json | jq '.data | has("OPENAI_API_KEY")')" = false ]
}

@test "--wait ends when the controller says that it is through" {
	a_project
	tfsecrets -q apply
	workload Deployment web "$by_env"
	change OPENAI_API_KEY sk-another-key-0123456789abcdefghij
	tfsecrets apply --restart --wait >out 2>err 3>&- &
	pid=$!
	until [ -n "$(restarted_for deployment/web)" ]; do sleep 0.1; done
	sleep 1
	kill -0 "$pid"
	grep -q "deployment.apps/web: its change is not seen yet" err
	rolled_out web
	wait "$pid"
	grep -q "deployment.apps/web: rolled out" err
}

@test "--wait fails with the pods' own reasons, and without a value" {
	a_project
	tfsecrets -q apply
	workload Deployment web "$by_env"
	in_project create serviceaccount default >/dev/null 2>&1 || true
	in_project apply --server-side -f - >/dev/null <<-'END'
		{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "labels": {"app": "web"}},
		 "spec": {"containers": [{"name": "app", "image": "x"}]}}
	END
	in_project patch pod web-1 --subresource=status --type=merge -p '{"status": {"containerStatuses": [
		{"name": "app", "image": "x", "imageID": "", "ready": false, "restartCount": 0, "state": {"waiting":
		{"reason": "CreateContainerConfigError", "message": "could not find key nosuch in Secret x/app"}}}]}}' >/dev/null
	change OPENAI_API_KEY sk-another-key-0123456789abcdefghij
	run --separate-stderr tfsecrets apply --restart --wait --timeout 2s
	fails 5 "deployment.apps/web is not rolled out: its change is not seen yet; pod 'web-1', container 'app': CreateContainerConfigError: could not find key nosuch in Secret x/app"
}

@test "each kind has its own way of being through" {
	a_project
	tfsecrets -q apply
	workload StatefulSet db "$by_env"
	workload DaemonSet agent "$by_env"
	workload Deployment web "$by_env"
	run --separate-stderr tfsecrets apply --wait --timeout 1s
	fails 5 "is not rolled out"
	in_project patch statefulset db --subresource=status --type=merge -p '{"status": {"observedGeneration": 1, "replicas": 1,
		"readyReplicas": 1, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "a"}}' >/dev/null
	in_project patch daemonset agent --subresource=status --type=merge -p '{"status": {"observedGeneration": 1,
		"desiredNumberScheduled": 1, "currentNumberScheduled": 1, "numberMisscheduled": 0, "numberReady": 1,
		"updatedNumberScheduled": 1, "numberAvailable": 1}}' >/dev/null
	rolled_out web
	run -0 --separate-stderr tfsecrets apply --wait --timeout 5s
	in_project patch statefulset db --subresource=status --type=merge -p '{"status": {"updateRevision": "b"}}' >/dev/null
	run --separate-stderr tfsecrets apply --wait --timeout 1s
	fails 5 "statefulset.apps/db is not rolled out"
	in_project delete statefulset db >/dev/null
	in_project patch deployment web --subresource=status --type=merge -p '{"status": {"conditions": [
		{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]}}' >/dev/null
	run --separate-stderr tfsecrets apply --wait --timeout 20s
	fails 5 "deployment.apps/web is not rolled out: its progress deadline is exceeded"
	in_project patch daemonset agent --type=merge -p '{"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": null}}}' >/dev/null
	in_project delete deployment web >/dev/null
	run --separate-stderr tfsecrets apply --wait --timeout 20s
	fails 5 "daemonset.apps/agent is not rolled out: its pods are replaced by hand (updateStrategy OnDelete)"
}

# two_secrets: a second object, extra, with OPENAI_API_KEY alone, which was applied; then the schema lacks it.
two_secrets()
{
	cp tfsecrets.yaml ../one.yaml
	cat >>tfsecrets.yaml <<-'END'
		objects:
		  taskflow-config: {kind: ConfigMap}
		  taskflow-secrets: {kind: Secret}
		  extra: {kind: Secret, settings: {key: OPENAI_API_KEY}}
	END
	tfsecrets -q apply
	[ -n "$(value secret/extra key)" ]
	cp ../one.yaml tfsecrets.yaml
}

objects_of()
{
	in_project get "$(in_project get secret -o name --field-selector type=tfsecrets.dev/inventory)" \
		-o 'go-template={{index .metadata.annotations "tfsecrets.dev/objects"}}'
}

@test "--prune deletes what the schema has no more, and narrows the inventory" {
	a_project
	two_secrets
	run -0 --separate-stderr tfsecrets apply
	[[ $output != *pruned* ]]
	[[ $(objects_of) == *Secret/extra* ]]
	run -0 --separate-stderr tfsecrets apply --prune --dry-run=client
	[[ $output == *"secret/extra pruned (dry run)"* ]]
	run -0 --separate-stderr tfsecrets apply --prune
	[[ $output == *"secret/extra pruned"* ]]
	run ! in_project get secret extra
	[ "$(objects_of)" = ConfigMap/taskflow-config,Secret/taskflow-secrets ]
	run -0 --separate-stderr tfsecrets apply --prune
	[[ $output != *pruned* ]]
}

@test "--prune leaves what a workload refers to, what is another's by its labels, and what is no more in the inventory" {
	a_project
	two_secrets
	in_project apply --server-side -f - >/dev/null <<-'END'
		{"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}, "spec": {"schedule": "0 0 * * *",
		 "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "x"}],
		 "volumes": [{"name": "v", "secret": {"secretName": "extra"}}]}}}}}}
	END
	run -0 --separate-stderr tfsecrets apply --prune
	[[ $stderr == *"secret/extra stays: cronjob.batch/nightly refers to it"* ]]
	in_project get secret extra >/dev/null
	[[ $(objects_of) == *Secret/extra* ]]
	in_project delete cronjob nightly >/dev/null
	in_project label secret extra app.kubernetes.io/managed-by=somebody --overwrite >/dev/null
	run -0 --separate-stderr tfsecrets apply --prune
	[[ $stderr == *"secret/extra stays: it has not our labels any more"* ]]
	in_project get secret extra >/dev/null
	in_project create secret generic bystander >/dev/null
	tfsecrets -q apply --prune
	in_project get secret bystander >/dev/null
}

@test "--atomic puts everything back and restarts again when the rollout fails; the marks stay" {
	a_project
	tfsecrets -q apply
	workload Deployment web "$by_env"
	before=$(value secret/taskflow-secrets OPENAI_API_KEY)
	old_content=$(content secret/taskflow-secrets)
	old_level=$(value configmap/taskflow-config LOG_LEVEL)
	change OPENAI_API_KEY sk-another-key-0123456789abcdefghij
	sed -i 's/^LOG_LEVEL:.*/LOG_LEVEL: debug/' tfsecrets/prod/config.yaml
	cat >>tfsecrets.yaml <<-'END'
		objects:
		  taskflow-config: {kind: ConfigMap}
		  taskflow-secrets: {kind: Secret}
		  extra: {kind: Secret, settings: {key: DATABASE_URL}}
	END
	run --separate-stderr tfsecrets apply --atomic --timeout 2s
	fails 5 "put back as it was, and restarted: deployment.apps/web is not rolled out"
	[[ $output == *"secret/taskflow-secrets put back"* ]]
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = "$before" ]
	[ "$(content secret/taskflow-secrets)" = "$old_content" ]
	[ "$(value configmap/taskflow-config LOG_LEVEL)" = "$old_level" ]
	run ! in_project get secret extra
	expected=$(printf 'Secret/taskflow-secrets\n%s\n' "$old_content" | sha256sum)
	[ "$(restarted_for deployment/web)" = "${expected%% *}" ]
	in_project get secret -o yaml -l tfsecrets.dev/environment=prod | grep -q 'generations: .*OPENAI_API_KEY=2:'
	run --separate-stderr tfsecrets diff
	[ "$status" -eq 3 ]
}

@test "what --atomic puts back is byte for byte what was there" {
	a_project
	python3 - >../odd <<-'END'
		import sys
		sys.stdout.buffer.write(bytes(range(1, 256)) + "\u0085\u2028\U0001f600\"\\/\n".encode())
	END
	tfsecrets -q set OPENAI_API_KEY --file ../odd
	tfsecrets -q apply
	in_project get secret taskflow-secrets -o 'jsonpath={.data}' | jq -S . >before
	in_project get configmap taskflow-config -o json | jq -S '.data, .binaryData' >>before
	workload Deployment web "$by_env"
	change OPENAI_API_KEY another
	sed -i 's/^LOG_LEVEL:.*/LOG_LEVEL: debug/' tfsecrets/prod/config.yaml
	run --separate-stderr tfsecrets apply --atomic --timeout 1s
	fails 5 "put back as it was, and restarted"
	in_project get secret taskflow-secrets -o 'jsonpath={.data}' | jq -S . >after
	in_project get configmap taskflow-config -o json | jq -S '.data, .binaryData' >>after
	cmp before after
}

# while_waiting WORDS...: SIGINT once tfsecrets waits for deployment web.
while_waiting()
{
	env --default-signal=INT "$TFSECRETS" "$@" >out 2>err 3>&- &
	until grep -q 'deployment.apps/web: ' err; do
		kill -0 $! || { cat err; return 1; }
		sleep 0.02
	done
	kill -INT $!
	status=0
	wait $! || status=$?
	output=$(cat out) stderr=$(cat err)
}

@test "a signal while it waits: what is written and restarted stays, and the next run goes on from there" {
	a_project
	tfsecrets -q apply
	workload Deployment web "$by_env"
	change OPENAI_API_KEY sk-another-key-0123456789abcdefghij
	while_waiting apply --restart --wait
	fails 130 "stopped by SIGINT while it waits for workloads; the objects are written, run this again to go on from here"
	[ "$output" = $'configmap/taskflow-config unchanged\nsecret/taskflow-secrets serverside-applied\ndeployment.apps/web restarted' ]
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = sk-another-key-0123456789abcdefghij ]
	rolled_out web
	run -0 --separate-stderr tfsecrets apply --restart --wait
	[ "$output" = $'configmap/taskflow-config unchanged\nsecret/taskflow-secrets unchanged' ]
}

@test "a signal while --atomic waits: everything is put back" {
	a_project
	tfsecrets -q apply
	workload Deployment web "$by_env"
	before=$(value secret/taskflow-secrets OPENAI_API_KEY)
	old_content=$(content secret/taskflow-secrets)
	change OPENAI_API_KEY sk-another-key-0123456789abcdefghij
	while_waiting apply --atomic
	fails 130 "put back as it was, and restarted: stopped by SIGINT while it waits for workloads"
	[[ $stderr == *"all is put back; a second signal ends this at once"* ]]
	[[ $output == *$'deployment.apps/web restarted\nsecret/taskflow-secrets put back\ndeployment.apps/web restarted' ]]
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = "$before" ]
	[ "$(content secret/taskflow-secrets)" = "$old_content" ]
}

@test "--atomic: a workload that may not be restarted has everything put back" {
	a_project
	tfsecrets -q apply
	workload Deployment web "$by_env"
	before=$(value secret/taskflow-secrets OPENAI_API_KEY)
	change OPENAI_API_KEY sk-another-key-0123456789abcdefghij
	"$here/user" "$CLUSTER" reader
	in_project create role reader --verb=get,list,create,patch --resource=secrets,configmaps >/dev/null
	in_project create role viewer --verb=get,list --resource=deployments.apps,statefulsets.apps,daemonsets.apps >/dev/null
	for role in reader viewer; do
		in_project create rolebinding "$role" --role="$role" --user=reader >/dev/null
	done
	run --separate-stderr as reader tfsecrets apply --atomic
	fails 5 "put back as it was, but not restarted: not allowed to patch deployments 'web' in namespace '$namespace' (403)"
	[[ $output == *"secret/taskflow-secrets put back"* ]]
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = "$before" ]
}
