#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Users whose credential a plugin gives out, beside kubectl with the same kubeconfig: the server's audit log says who
# came, the plugin notes each of its runs.

load common
load project

v1=client.authentication.k8s.io/v1

setup_file()
{
	start_cluster
	"$here/user" "$CLUSTER" alice builders
	kubectl create serviceaccount robot
	kubectl create token robot >"$BATS_FILE_TMPDIR/robot"
	kubectl create clusterrole delivery --verb=get,list,create,patch --resource=secrets,configmaps
	kubectl create clusterrolebinding delivery --clusterrole=delivery --serviceaccount=default:robot --user=alice
}

setup()
{
	a_project
	unset NO_PROXY no_proxy HTTPS_PROXY https_proxy
	server=$(kubectl config view -o 'jsonpath={.clusters[0].cluster.server}')
	cp "$CLUSTER/ca.crt" "$CLUSTER"/alice.{crt,key} "$BATS_FILE_TMPDIR/robot" .
	mkdir bin && export PATH=$PWD/bin:$PATH
	export PLUGIN_FOLDER=$PWD ADMIN=$KUBECONFIG KUBECONFIG=$PWD/kubeconfig
	robot=$(cat robot)
}

# in_project of a kubeconfig that may do all.
in_project()
{
	KUBECONFIG=${ADMIN:-$KUBECONFIG} kubectl --namespace="$namespace" "$@"
}

# plugin NAME LINE...: bin/NAME, which notes that it ran; $answers prints what the lines are to print.
plugin()
{
	{
		echo '#!/bin/sh'
		echo "echo run >>'$PWD/runs'"
		printf '%s\n' "${@:2}"
	} >"bin/$1"
	chmod +x "bin/$1"
	: >runs
}

# answer STATUS [VERSION]: a line of shell that prints it; STATUS is JSON.
answer()
{
	jq -nc --argjson status "$1" --arg version "${2:-$v1}" \
		'{kind: "ExecCredential", apiVersion: $version, status: $status}' >answer
	echo "cat '$PWD/answer'"
}

# user_of EXEC [USER-FIELDS [CLUSTER-FIELDS]]: ./kubeconfig.
user_of()
{
	cat >kubeconfig <<-END
		current-context: test
		contexts: [{name: test, context: {cluster: test, user: someone}}]
		clusters: [{name: test, cluster: {server: '$server', certificate-authority: ca.crt${3:+, $3}}}]
		users: [{name: someone, user: {exec: {${1:-command: plugin, interactiveMode: Never}$(grep -q apiVersion <<<"$1" ||
			echo ", apiVersion: $v1")}${2:+, $2}}}]
	END
}

# The names as which each of the two came to this test's namespace since the last look, once.
came()
{
	audited ".userAgent | startswith(\"$1\")" | jq --raw-output --slurp "map(select(.objectRef.namespace ==
		\"$namespace\") | .user.username // empty) | unique | join(\",\")"
}

both_run()
{
	: >"$CLUSTER/audit.log"
	kubectl get -n "$namespace" secrets/none >kubectl.said 2>&1 || true
	runs_theirs=$(grep -c . runs || true) && : >runs
	run --separate-stderr tfsecrets diff --timeout=5s
	runs_ours=$(grep -c . runs || true) && : >runs
	theirs=$(came kubectl) ours=$(came tfsecrets)
	shows_not "$robot"
}

shows_not()
{
	[ -n "$1" ]
	case $output$stderr in
	*"$1"*) echo "shown: $1 in $output$stderr"; return 1 ;;
	esac
}

# agree NAME RUNS: both came as that user ('' is nobody), and ran the plugin so often.
agree()
{
	[ "$theirs/$ours/$runs_ours" = "$1/$1/$2" ] || {
		echo "kubectl: '$theirs' by $runs_theirs runs; tfsecrets: '$ours' by $runs_ours"
		cat kubectl.said; echo "$status: $output $stderr"
		return 1
	}
}

robot_name=system:serviceaccount:default:robot

@test "a token, a certificate, or both: as whom is what kubectl says" {
	plugin plugin "$(answer "{\"token\": \"$robot\"}")"
	user_of ''
	both_run
	agree $robot_name 1
	[ "$status" -eq 3 ]
	plugin plugin "$(answer "$(jq -n --rawfile c alice.crt --rawfile k alice.key '{clientCertificateData: $c, clientKeyData: $k}')")"
	both_run
	agree alice 1
	# With both, the certificate is looked at first.
	plugin plugin "$(answer "$(jq -n --arg t "$robot" --rawfile c alice.crt --rawfile k alice.key '{clientCertificateData: $c, clientKeyData: $k, token: $t}')")"
	both_run
	agree alice 1
	# v1beta1 wants no interactiveMode; a time zone, a fraction.
	plugin plugin "$(answer "{\"token\": \"$robot\", \"expirationTimestamp\": \"2199-01-01T00:00:00.5+02:00\"}" ${v1}beta1)"
	user_of "command: plugin, apiVersion: ${v1}beta1"
	both_run
	agree $robot_name 1
	run -0 --separate-stderr tfsecrets apply
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = "$(sed -n 's/^OPENAI_API_KEY=//p' .env)" ]
}

@test "what it is told is what kubectl tells: arguments, variables, the cluster" {
	plugin plugin 'printf "%s\n" "$0" "$#" "$@" "$A" "$B" "$C" >>"$PLUGIN_FOLDER/seen.$WHO"' \
		'printf "%s" "$KUBERNETES_EXEC_INFO" >"$PLUGIN_FOLDER/info.$WHO"' \
		'ls -l /proc/self/fd/0 | sed "s/.*-> //" >>"$PLUGIN_FOLDER/seen.$WHO"' "$(answer "{\"token\": \"$robot\"}")"
	export A=own B=own
	extension='{n: 5, on: [1.5, 0x10, ~, "yes", yes, 2001-01-01, 08, 010, 0o10, 0b101, 0b2, -0x10, +7, 1_000, .5, -.5, 1., 1e3, 1e, 1e400, 0.1, 1.25e-3, y, N, OFF, oN, nope, 10.0.0.1, 18446744073709551615, -0, "1", +, .], list: {a: {b: c}}}'
	user_of "command: plugin, interactiveMode: IfAvailable, provideClusterInfo: true, args: ['a b', '', '\$A', '*', \"x\\ny\"], env: [{name: B, value: 'of the kubeconfig'}, {name: C, value: first}, {name: C, value: 'second=2'}]" '' \
		"tls-server-name: localhost, disable-compression: true, extensions: [{name: $v1, extension: {wrong: 1}}, {name: client.authentication.k8s.io/exec, extension: $extension}]"
	WHO=kubectl kubectl get -n "$namespace" secrets/none >kubectl.said 2>&1 </dev/null || true
	WHO=tfsecrets run --separate-stderr tfsecrets diff </dev/null
	[ "$status" -eq 3 ]
	cmp seen.kubectl seen.tfsecrets
	[ "$(sed -n 2p seen.tfsecrets)" = 5 ]
	grep -qx 'second=2' seen.tfsecrets
	diff <(jq -S . info.kubectl) <(jq -S . info.tfsecrets)
	[ "$(jq -r '.spec.cluster["certificate-authority-data"]' info.tfsecrets | base64 -d)" = "$(cat ca.crt)" ]
	[ "$(jq -c .spec.cluster.config.false info.tfsecrets)" = 5 ]
	# Without asking for it, it is told nothing of the cluster.
	user_of "command: plugin, interactiveMode: Never"
	WHO=kubectl kubectl get -n "$namespace" secrets/none >kubectl.said 2>&1 || true
	WHO=tfsecrets run --separate-stderr tfsecrets diff
	diff <(jq -S . info.kubectl) <(jq -S . info.tfsecrets)
	[ "$(jq -c .spec info.tfsecrets)" = '{"interactive":false}' ]
}

@test "the command is in PATH, or below the kubeconfig's folder; no shell ever sees it" {
	mkdir -p config/tools elsewhere
	plugin plugin "$(answer "{\"token\": \"$robot\"}")"
	user_of 'command: ./tools/mine, interactiveMode: Never'
	mv kubeconfig config/ && cp ca.crt config/ && mv bin/plugin config/tools/mine
	export KUBECONFIG=$PWD/config/kubeconfig
	both_run
	agree $robot_name 1
	# A bare name is not looked for there, nor where we stand, which PATH may name.
	sed -i 's|./tools/mine|mine|' config/kubeconfig
	cp config/tools/mine config/mine && cp config/tools/mine mine
	PATH=.:$PATH both_run
	agree '' 0
	fails 1 "the user 'someone' signs in by 'mine', which is not in \$PATH"
	for command in 'tools/mine; touch shell' 'tools/$(touch shell)' 'tools/mine|touch shell'; do
		sed -i "s#command: [^,]*,#command: '$command',#" config/kubeconfig
		both_run
		agree '' 0
		fails 1 "which is not there"
		[ ! -e shell ]
	done
}

@test "what goes wrong with a plugin is said, and what it says is passed on" {
	local -a cases=(
		# what it does | what is said
		"exit 3|which ended with status 3"
		"kill -9 \$\$|which was killed by signal 9 (Killed)"
		"true|whose answer is empty"
		"echo word-of-a-token|whose answer is not JSON"
		"$(answer '{}')|whose answer has neither a 'token' nor a 'clientCertificateData' with its 'clientKeyData'"
	)

	for case in "${cases[@]}"; do
		IFS='|' read -r does message <<<"$case"
		plugin plugin 'echo "to the user" >&2' "$does"
		user_of ''
		both_run
		agree '' 1
		fails 1 "the user 'someone' signs in by 'plugin', $message"
		[[ $stderr == *"to the user"* ]]
		shows_not word-of-a-token
	done
	local -a answers=(
		"{\"token\": \"$robot\"}|${v1}beta1|is of another apiVersion than '$v1', which the kubeconfig names"
		"{\"clientKeyData\": \"k\"}|$v1|has one of 'clientCertificateData' and 'clientKeyData', and both are needed"
		"null|$v1|has no 'status'"
		"{\"token\": 5}|$v1|has a 'token' that is no text"
		"{\"token\": \"$robot\", \"expirationTimestamp\": \"tomorrow\"}|$v1|has an 'expirationTimestamp' that is no time (RFC 3339)"
	)
	for case in "${answers[@]}"; do
		IFS='|' read -r json version message <<<"$case"
		plugin plugin "$(answer "$json" "$version")"
		both_run
		agree '' 1
		fails 1 "whose answer $message"
	done
	# It would be a header of its own.
	plugin plugin "$(answer '{"token": "word-of-a-token\r\nImpersonate-User: admin"}')"
	both_run
	agree '' 1
	fails 1 'whose token has characters that no token has'
	shows_not word-of-a-token
	# A pair that is none: kubectl looks before it connects, we see it there.
	plugin plugin "$(answer '{"clientCertificateData": "c", "clientKeyData": "k"}')"
	both_run
	agree '' 1
	fails 1 "look at the client-certificate and client-key"
}

@test "a plugin that is not there or does not run is named, with the kubeconfig's hint made harmless" {
	user_of 'command: missing, interactiveMode: Never, installHint: "get it\nfrom \e[31mthere\x07"'
	: >runs
	both_run
	agree '' 0
	fails 1 "the user 'someone' signs in by 'missing', which is not in \$PATH; its kubeconfig says: get it from ?[31mthere?"
	run ! grep -q $'[\x07\x1b]' <<<"$stderr"
	printf 'no program\n' >plugin && chmod +x plugin
	user_of 'command: ./plugin, interactiveMode: Never'
	both_run
	agree '' 0
	fails 1 "which cannot be started: Exec format error"
	chmod -x plugin
	both_run
	fails 1 "which is no program that may be run"
	printf '#!/nowhere/at/all\n' >plugin && chmod +x plugin
	both_run
	agree '' 0
	fails 1 "which cannot be started: No such file or directory"
	user_of 'command: ./bin, interactiveMode: Never'
	both_run
	agree '' 0
	fails 1 "which is no program that may be run"
}

@test "fields of exec that are missing or strange are refused as by kubectl" {
	local -a cases=(
		"interactiveMode: Never|has no 'command'"
		"command: plugin|has no 'interactiveMode', which $v1 wants"
		"command: plugin, interactiveMode: Sometimes|is none of Never, IfAvailable and Always"
		"command: plugin, interactiveMode: Never, apiVersion: ${v1}alpha1|of an 'apiVersion' that is neither"
		"command: plugin, interactiveMode: Never, apiVersion: ''|has no 'apiVersion'"
		"command: plugin, interactiveMode: Never, env: [{value: x}]|has no 'name'"
		"command: plugin, interactiveMode: Never, args: [5]|'args' has something that is no text"
		"command: plugin, interactiveMode: on|'interactiveMode' is no text"
		"command: plugin, interactiveMode: Always|wants to talk to somebody (interactiveMode: Always), and standard input is no terminal"
	)

	plugin plugin "$(answer "{\"token\": \"$robot\"}")"
	for case in "${cases[@]}"; do
		IFS='|' read -r exec message <<<"$case"
		user_of "$exec"
		both_run </dev/null
		agree '' 0
		fails 1 "$message"
	done
	user_of 'command: plugin, interactiveMode: Never' 'auth-provider: {name: oidc}'
	both_run
	agree '' 0
	fails 1 "the user 'someone' has 'exec' and 'auth-provider', which exclude each other"
}

@test "with another credential the plugin is not run" {
	plugin plugin "$(answer "{\"token\": \"$robot\"}")"
	user_of '' 'client-certificate: alice.crt, client-key: alice.key'
	both_run
	agree alice 0
	user_of '' "token: '$robot'"
	both_run
	agree $robot_name 0
	user_of '' "tokenFile: robot"
	both_run
	agree $robot_name 0
	user_of ''
	run --separate-stderr tfsecrets diff --client-certificate alice.crt --client-key alice.key
	[ "$status" -eq 3 ]
	[ ! -s runs ]
}

@test "what expires is asked for again, and a refusal asks once" {
	# Expired as it comes: each request has its own.
	plugin plugin "$(answer "{\"token\": \"$robot\", \"expirationTimestamp\": \"2001-01-01T00:00:00Z\"}")"
	user_of ''
	both_run
	[ "$theirs/$ours" = "$robot_name/$robot_name" ]
	[ "$runs_ours" -gt 1 ]
	# The first token is none; the second one is taken.
	plugin plugin "if [ \"\$(grep -c . '$PWD/runs')\" -gt 1 ]; then $(answer "{\"token\": \"$robot\"}"); else sed 's/\"token\":\"[^\"]*/\"token\":\"never-valid/' '$PWD/answer'; fi"
	both_run
	# kubectl runs it again, too, but leaves the request refused.
	[ "$theirs/$runs_theirs/$ours/$runs_ours" = "/2/$robot_name/2" ]
	[ "$status" -eq 3 ]
	# No token is ever taken.
	plugin plugin "$(answer '{"token": "never-valid"}')"
	both_run
	agree '' 2
	fails 5 "(401)"
	shows_not never-valid
}

@test "several targets and connections share one run, and one failure" {
	local targets='' i

	for i in 1 2 3 4 5 6 7 8; do
		in_project create namespace "$namespace-$i"
		targets+="{context: test, namespace: $namespace-$i}, "
	done
	sed -i "s/^  prod: .*/  prod: {targets: [${targets%, }]}/" tfsecrets.yaml
	plugin plugin 'sleep 0.3' "$(answer "{\"token\": \"$robot\"}")"
	user_of ''
	run -0 --separate-stderr tfsecrets apply
	[ "$(wc -l <runs)" -eq 1 ]
	[ "$(in_project get secrets -A --field-selector=metadata.name=taskflow-secrets -o name | wc -l)" -ge 8 ]
	plugin plugin 'sleep 0.3' 'exit 4'
	run --separate-stderr tfsecrets apply
	fails 1 'which ended with status 4'
	[ "$(wc -l <runs)" -eq 1 ]
}

@test "a plugin that writes for ever, too much or too deep is ended, and what it leaves behind is not waited for" {
	plugin plugin 'exec cat /dev/zero'
	user_of ''
	run --separate-stderr tfsecrets diff
	fails 1 'which writes more than 1048576 bytes'
	plugin plugin 'head -c 900000 /dev/zero'
	run --separate-stderr tfsecrets diff
	fails 1 'whose answer is not JSON'
	plugin plugin "head -c 100000 /dev/zero | tr '\\0' '['"
	run --separate-stderr tfsecrets diff
	fails 1 'whose answer is not JSON'
	plugin plugin "$(answer "{\"token\": \"$robot\", \"more\": \"$(head -c 60000 /dev/zero | tr '\0' x)\"}")"
	run --separate-stderr tfsecrets diff
	[ "$status" -eq 3 ]
	# Something that lives on with its standard output.
	plugin plugin "sleep 300 & echo \$! >'$PWD/left'" "$(answer "{\"token\": \"$robot\"}")"
	SECONDS=0
	run --separate-stderr tfsecrets diff
	kill "$(cat left)"
	[ "$status" -eq 3 ]
	# It ignores what it is asked, and closes its output.
	plugin plugin "$(answer "{\"token\": \"$robot\"}")" 'exec >&-' 'sleep 0.2'
	run --separate-stderr tfsecrets diff
	[ "$status" -eq 3 ]
}

@test "it gets no descriptor but the three, our umask and our signals" {
	plugin plugin "ls -l /proc/self/fd | sed -n 's/.* \\([0-9]*\\) -> .*/\\1/p' | grep -c . >'$PWD/descriptors'" \
		"umask >'$PWD/umask'" "grep SigIgn /proc/self/status >'$PWD/signals'" "ulimit -c >'$PWD/core'" \
		"env >'$PWD/variables'" "tr '\\0' '\\n' </proc/\$PPID/cmdline >'$PWD/parent'" "$(answer "{\"token\": \"$robot\"}")"
	user_of ''
	(
		umask 027
		exec 7</dev/null 9>"$PWD/open"
		ulimit -c >core.ours
		grep SigIgn /proc/self/status >signals.ours
		TFSECRETS_AGE_KEY=$(sed -n 's/^\(AGE-SECRET-KEY\)/\1/p' "$HOME"/.config/tfsecrets/identity)
		[ -n "$TFSECRETS_AGE_KEY" ]
		export TFSECRETS_AGE_KEY
		tfsecrets diff >said 2>&1 || true
	)
	# 0, 1, 2 and the folder that ls reads.
	[ "$(cat descriptors)" -eq 4 ]
	[ "$(cat umask)" = 0027 ]
	cmp core core.ours
	cmp signals signals.ours
	run ! grep -qF "$robot" parent said
	grep -q '^HOME=' variables
	run ! grep -q 'AGE-SECRET-KEY\|TFSECRETS_AGE_KEY' variables
}

@test "a plugin that is interrupted ends with us" {
	plugin plugin "echo \$\$ >'$PWD/pid'" 'exec sleep 300'
	user_of ''
	"$TFSECRETS" diff >said 2>&1 3>&- &
	local ours=$!
	until [ -s pid ] && grep -q sleep "/proc/$(cat pid)/cmdline" 2>/dev/null; do sleep 0.02; done
	kill -TERM "$ours"
	wait "$ours" || status=$?
	[ "$status" -eq 143 ]
	for _ in $(seq 100); do
		[ -d "/proc/$(cat pid)" ] || break
		sleep 0.02
	done
	[ ! -d "/proc/$(cat pid)" ]
}

# forgotten STATUS SECRET...: after a diff that ends so, none of them is left in memory.
forgotten()
{
	printf '%s\n' "${@:2}" >credentials
	run "$root/tests/leak/memory" as "$PWD/credentials" "$1"
	[ "$status" -ne 77 ] || skip "$output"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

@test "no credential is left in memory, whoever gave it out" {
	local word=3f9c61d7a2b84e05c9d1

	plugin plugin "$(answer "{\"token\": \"$robot\"}")"
	user_of "command: '$PWD/bin/plugin', interactiveMode: Never, env: [{name: A, value: $word}]"
	forgotten 3 "${robot: -120}" "$word"
	plugin plugin "$(answer "$(jq -n --rawfile c alice.crt --rawfile k alice.key '{clientCertificateData: $c, clientKeyData: $k}')")"
	forgotten 3 "$(sed -n 2p alice.key | cut -c 9-56)"
	# One that is no credential at all, and one that is refused.
	plugin plugin "echo 'a: $word'"
	forgotten 1 "$word"
	plugin plugin "$(answer "{\"token\": \"$word\"}")"
	forgotten 5 "$word"
	user_of '' "token: '$robot'"
	forgotten 3 "${robot: -120}"
	user_of '' 'tokenFile: robot'
	forgotten 3 "${robot: -120}"
	user_of '' "username: me, password: '$word'"
	forgotten 5 "$word"
	user_of '' "token: '$robot'" "proxy-url: 'http://me:$word@127.0.0.1:9'"
	forgotten 1 "$word"
}

on_terminal()
{
	"$root/tests/cli/on_terminal" "$@"
}

@test "on a terminal somebody may sign in, unless the plugin wants nobody" {
	plugin plugin 'printf "%s" "$KUBERNETES_EXEC_INFO" >"$PLUGIN_FOLDER/info"' 'printf "password: " >&2' 'read -r word' \
		'[ "$word" = sesame ] || exit 6' "$(answer "{\"token\": \"$robot\"}")"
	for mode in IfAvailable Always; do
		user_of "command: plugin, interactiveMode: $mode"
		: >"$CLUSTER/audit.log"
		run on_terminal expect 'password: ' send 'sesame\n' -- kubectl get -n "$namespace" secrets/none
		[ "$(jq -c .spec info)" = '{"interactive":true}' ]
		run on_terminal expect 'password: ' send 'sesame\n' -- "$TFSECRETS" diff
		[ "$status" -eq 3 ]
		[ "$(jq -c .spec info)" = '{"interactive":true}' ]
		[ "$(came kubectl)/$(came tfsecrets)" = "$robot_name/$robot_name" ]
	done
	run on_terminal expect 'password: ' send 'mellon\n' -- "$TFSECRETS" diff
	[ "$status" -eq 1 ]
	[[ $output == *'which ended with status 6'* ]]
	# Nobody is asked; what it reads from is empty.
	user_of 'command: plugin, interactiveMode: Never'
	run on_terminal expect 'status 6' -- "$TFSECRETS" diff
	[ "$status" -eq 1 ]
	[ "$(jq -c .spec info)" = '{"interactive":false}' ]
	# It is interrupted as one with us, and the prompt is back.
	user_of 'command: plugin, interactiveMode: Always'
	run on_terminal expect 'password: ' send '\x03' -- "$TFSECRETS" diff
	[ "$status" -eq 130 ]
}

# preferences LINE;LINE...: what kubectl reads as a kuberc.
preferences()
{
	printf '%s\n' 'apiVersion: kubectl.config.k8s.io/v1beta1' 'kind: Preference' "${1//;/$'\n'}"
}

@test "kubectl's preferences say which plugins may run" {
	local -a cases=(
		# as whom | runs | what they say | what is said
		"$robot_name|1|credentialPluginPolicy: AllowAll|"
		"$robot_name|1|credentialPluginPolicy: ''|"
		"$robot_name|1|defaults: []|"
		"|0|credentialPluginPolicy: DenyAll|which is not allowed by '$HOME/.kube/kuberc' (credentialPluginPolicy, credentialPluginAllowlist)"
		"$robot_name|1|credentialPluginPolicy: Allowlist;credentialPluginAllowlist: [{command: other}, {command: plugin}]|"
		"$robot_name|1|credentialPluginPolicy: Allowlist;credentialPluginAllowlist: [{name: plugin}]|"
		"$robot_name|1|credentialPluginPolicy: Allowlist;credentialPluginAllowlist: [{command: $PWD/bin/plugin}]|"
		"|0|credentialPluginPolicy: Allowlist;credentialPluginAllowlist: [{command: bin/plugin}]|which is not allowed by '$HOME/.kube/kuberc' (credentialPluginPolicy, credentialPluginAllowlist)"
		"|0|credentialPluginPolicy: Allowlist;credentialPluginAllowlist: [{command: other}, {command: ''}]|which is not allowed by"
		"|0|credentialPluginPolicy: Allowlist|wants a list 'credentialPluginAllowlist'"
		"|0|credentialPluginAllowlist: [{command: plugin}]|is for 'credentialPluginPolicy: Allowlist' alone"
		"|0|credentialPluginPolicy: AllowAll;credentialPluginAllowlist: [{command: plugin}]|is for 'credentialPluginPolicy: Allowlist' alone"
		"|0|credentialPluginPolicy: denyall|is none of AllowAll, DenyAll and Allowlist"
	)

	mkdir "$HOME/.kube"
	plugin plugin "$(answer "{\"token\": \"$robot\"}")"
	user_of ''
	for case in "${cases[@]}"; do
		IFS='|' read -r name runs says message <<<"$case"
		preferences "$says" >"$HOME/.kube/kuberc"
		both_run
		agree "$name" "$runs" || { echo "$says"; return 1; }
		[[ $stderr == *"$message"* ]]
	done
	preferences 'credentialPluginPolicy: DenyAll' >"$HOME/.kube/kuberc"
	KUBERC=off both_run
	agree "$robot_name" 1
	KUBECTL_KUBERC=false both_run
	agree "$robot_name" 1
	mv "$HOME/.kube/kuberc" mine
	KUBERC=$PWD/mine both_run
	agree '' 0
	KUBERC=$PWD/missing both_run
	agree '' 0
	fails 1 "which cannot be looked up in kubectl's preferences: cannot open '$PWD/missing'"
	# Where kubectl goes on without what it cannot read, we do not.
	echo 'a: [' >"$HOME/.kube/kuberc"
	both_run
	[ "$theirs/$ours/$runs_ours" = "$robot_name//0" ]
	fails 1 "$HOME/.kube/kuberc:2:1: "
	# A link to an allowed program is another program, to both.
	ln -s plugin bin/alias
	user_of 'command: alias, interactiveMode: Never'
	preferences 'credentialPluginPolicy: Allowlist;credentialPluginAllowlist: [{command: plugin}]' >"$HOME/.kube/kuberc"
	both_run
	agree '' 0
	# One beside a kubeconfig is named by its path.
	user_of 'command: ./bin/plugin, interactiveMode: Never'
	both_run
	agree $robot_name 1
}
