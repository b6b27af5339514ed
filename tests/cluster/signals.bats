#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A signal while a cluster is written to: the run ends soon, and says what it has written. The server is a script, so
# that it can be held at each request.

load common
load project
load scripted

setup_file()
{
	export certificates=$BATS_FILE_TMPDIR/certificates token=a-token-0123456789-of-nobody
	certificates "$certificates"
}

teardown_file()
{
	:
}

setup()
{
	unset http_proxy https_proxy all_proxy no_proxy HTTPS_PROXY ALL_PROXY NO_PROXY
	a_repository
	export KUBECONFIG=$PWD/kubeconfig
}

teardown()
{
	stop_servers
}

# begin WORDS...: tfsecrets in the background, its signals as they are at a terminal.
begin()
{
	env --default-signal=INT,TERM,HUP "$TFSECRETS" "$@" >out 2>err 3>&- &
	pid=$!
}

# held SERVER RULE...: a server of these rules, and an apply that has come to where it is held.
held()
{
	serve "$1" "${@:2}"
	kubeconfig_for "$server"
	begin apply --timeout 60s
	await_request "$1" "$stage"
}

await_request()
{
	until grep -q "$2" "$1/log"; do
		kill -0 "$pid" || { cat out err; return 1; }
		sleep 0.02
	done
}

# ended: waits for the end of what begin began, and has it as `run` would.
ended()
{
	status=0
	wait "$pid" || status=$?
	output=$(cat out) stderr=$(cat err)
}

reported()
{
	[ "$output" = "$1" ] || { echo "reported: $output; $stderr"; return 1; }
}

# converges: the next run ends as if there had been no other.
converges()
{
	run -0 --separate-stderr tfsecrets apply --timeout 20s
	[ "$output" = $'configmap/taskflow-config serverside-applied\nsecret/taskflow-secrets serverside-applied' ]
}

all_written()
{
	[ "$(grep PATCH "$1/log")" = $'PATCH configmaps/taskflow-config\nPATCH secrets/taskflow-secrets' ]
}

@test "the write under way is waited for, the next one is not begun, each object is told" {
	stage='PATCH configmaps'
	for signal in INT:130 TERM:143 HUP:129; do
		name=at-${signal%:*}
		held "$name" "{\"on\":\"$stage\",\"times\":1,\"also\":true,\"await\":\"go\"}"
		kill -"${signal%:*}" "$pid"
		touch "$name/go"
		ended
		fails "${signal#*:}" "tfsecrets: stopped by SIG${signal%:*}; run this again to write the rest"
		reported $'configmap/taskflow-config serverside-applied\nsecret/taskflow-secrets not written'
		run ! grep -q 'PATCH secrets' "$name/log"
		converges
	done
}

@test "as data: what is not written is told, a list of names has what was done" {
	stage='PATCH configmaps'
	for format in json name; do
		serve "$format" "{\"on\":\"$stage\",\"times\":1,\"also\":true,\"await\":\"go\"}"
		kubeconfig_for "$server"
		begin apply -o "$format"
		await_request "$format" "$stage"
		kill -INT "$pid"
		touch "$format/go"
		ended
		[ "$status" -eq 130 ]
		case $format in
		json) [ "$(jq -r '.name + " " + .result' <<<"$output")" = $'taskflow-config created\ntaskflow-secrets not written' ] ;;
		name) reported configmap/taskflow-config ;;
		esac
	done
}

@test "a write that nothing answers is told as not known" {
	stage='PATCH secrets'
	held server "{\"on\":\"$stage\",\"times\":1,\"await\":\"never\"}"
	kill -INT "$pid"
	ended
	fails 130 "stopped by SIGINT; run this again to write the rest"
	reported $'configmap/taskflow-config serverside-applied\nsecret/taskflow-secrets not known to be written'
	converges
}

@test "the inventory alone: no object is written, and that is said" {
	stage='POST secrets'
	held server "{\"on\":\"$stage\",\"times\":1,\"also\":true,\"await\":\"go\"}"
	kill -TERM "$pid"
	touch server/go
	ended
	fails 143 "stopped by SIGTERM; run this again to write the rest"
	reported $'configmap/taskflow-config not written\nsecret/taskflow-secrets not written'
	converges
}

@test "the pause before another try is not slept through" {
	stage='PATCH secrets'
	held server "{\"on\":\"$stage\",\"status\":429,\"times\":1,\"body\":\"slow down\",\"headers\":{\"Retry-After\":\"50\"}}"
	kill -INT "$pid"
	ended
	fails 130 "stopped by SIGINT"
	reported $'configmap/taskflow-config serverside-applied\nsecret/taskflow-secrets not written'
	[ "$(grep -c "$stage" server/log)" = 1 ]
	converges
}

@test "before the first write a signal ends it as it ends any program, and nothing is written" {
	stage='GET secrets/inventory'
	held server "{\"on\":\"$stage\",\"times\":1,\"await\":\"never\"}"
	kill -INT "$pid"
	ended
	[ "$status" -eq 130 ]
	[ -z "$output" ]
	run ! grep -qE 'POST|PATCH' server/log
}

@test "a second signal ends it at once, without a report" {
	stage='PATCH secrets'
	held server "{\"on\":\"$stage\",\"times\":1,\"await\":\"never\"}"
	kill -INT "$pid"
	# It is taken once the signal's action is the default again: bit 1 of the caught ones is not set.
	until (((0x$(sed -n 's/^SigCgt:\t//p' "/proc/$pid/status") & 2) == 0)); do sleep 0.02; done
	kill -INT "$pid"
	ended
	[ "$status" -eq 130 ]
	[ -z "$output" ]
	[[ $stderr != *stopped* ]]
	converges
}

@test "a signal that is ignored stays ignored" {
	stage='PATCH configmaps'
	serve server "{\"on\":\"$stage\",\"times\":1,\"also\":true,\"await\":\"go\"}"
	kubeconfig_for "$server"
	env --ignore-signal=HUP "$TFSECRETS" apply >out 2>err 3>&- &
	pid=$!
	await_request server "$stage"
	kill -HUP "$pid"
	touch server/go
	ended
	[ "$status" -eq 0 ]
	reported $'configmap/taskflow-config serverside-applied\nsecret/taskflow-secrets serverside-applied'
}

@test "of many targets each that was not begun is named" {
	sed -i "s/^  prod: .*/  prod: {targets: [$(seq 7 | sed 's/.*/{context: test, namespace: n&}/' | paste -sd,)]}/" tfsecrets.yaml
	stage='POST secrets'
	serve server "{\"on\":\"$stage\",\"also\":true,\"await\":\"go\"}"
	kubeconfig_for "$server"
	begin apply
	until [ "$(grep -c "$stage" server/log)" -eq 4 ]; do sleep 0.02; done
	kill -INT "$pid"
	touch server/go
	ended
	[ "$status" -eq 130 ]
	[ "$(grep -c 'not written' out)" = 8 ]
	[ "$(grep -c 'stopped by SIGINT; run this again to write the rest' err)" = 4 ]
	[ "$(grep -c 'stopped by SIGINT before it was begun' err)" = 3 ]
	for n in 5 6 7; do
		grep -q "context 'test', namespace 'n$n': stopped by SIGINT before it was begun" err
	done
}

@test "while --atomic puts back: what is back is told, and what has the new values" {
	local apps='/apis/apps/v1/namespaces/[^/]*/' web
	web='"metadata":{"name":"web","generation":1},"spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"app",
		"envFrom":[{"secretRef":{"name":"taskflow-secrets"}}]}]}}},"status":{"observedGeneration":1,
		"conditions":[{"reason":"ProgressDeadlineExceeded"}]}'
	stage='PATCH configmaps'
	serve server "{\"on\":\"$stage\",\"times\":2,\"also\":true}" "{\"on\":\"$stage\",\"also\":true,\"await\":\"go\"}" \
		"{\"on\":\"(GET|PATCH) ${apps}deployments/web\",\"json\":{$web}}" \
		"{\"on\":\"GET ${apps}deployments\",\"json\":{\"metadata\":{},\"items\":[{$web}]}}" \
		"{\"on\":\"GET ${apps}\",\"json\":{\"metadata\":{},\"items\":[]}}"
	kubeconfig_for "$server"
	tfsecrets -q apply
	printf %s sk-another-key-0123456789abcdefghij | tfsecrets -q set OPENAI_API_KEY
	begin apply --atomic
	until [ "$(grep -c "$stage" server/log)" -eq 3 ]; do
		kill -0 "$pid" || { cat out err; return 1; }
		sleep 0.02
	done
	kill -INT "$pid"
	touch server/go
	ended
	fails 130 "not everything could be put back (stopped by SIGINT), run this again to write the new values: deployment.apps/web is not rolled out: its progress deadline is exceeded"
	reported $'configmap/taskflow-config serverside-applied\nsecret/taskflow-secrets serverside-applied\ndeployment.apps/web restarted\nconfigmap/taskflow-config put back\nsecret/taskflow-secrets not put back'
}

@test "a reader of the report that has gone, or a full disk, is a failure, and all is written" {
	serve server
	kubeconfig_for "$server"
	status=0
	"$TFSECRETS" apply >/dev/full 2>err || status=$?
	stderr=$(cat err)
	fails 1 "cannot write standard output: No space left on device"
	all_written server
	serve other
	kubeconfig_for "$server"
	mkfifo pipe
	: <pipe &
	status=0
	{ wait $!; "$TFSECRETS" apply 2>err || echo $? >status; } >pipe
	stderr=$(cat err) status=$(cat status)
	fails 1 "cannot write standard output: Broken pipe"
	all_written other
}

@test "nobody reads what is said meanwhile: it goes on" {
	serve server
	kubeconfig_for "$server"
	mkfifo pipe
	: <pipe &
	{ wait $!; "$TFSECRETS" apply >out; echo $? >status; } 2>pipe
	[ "$(cat status)" = 0 ]
	[ "$(wc -l <out)" = 2 ]
}
