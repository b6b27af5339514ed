#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# apply against a server that answers as a real one will not when it is asked to.

load common
load project

# No cluster: the servers are scripted.
setup_file()
{
	:
}

teardown_file()
{
	:
}

setup()
{
	mkdir "$BATS_TEST_TMPDIR/project" "$BATS_TEST_TMPDIR/home" "$BATS_TEST_TMPDIR/server"
	cd "$BATS_TEST_TMPDIR/project" || return 1
	export HOME=$BATS_TEST_TMPDIR/home XDG_STATE_HOME=$BATS_TEST_TMPDIR/home/state
	export KUBECONFIG=$BATS_TEST_TMPDIR/server/kubeconfig
	printf 'version: 1\nproject: p\nenvironments: {prod: {}}\nsettings: {LEVEL: {kind: config}, TOKEN: {kind: secret}}\n' >tfsecrets.yaml
	tfsecrets -q init --name alice 2>/dev/null
	tfsecrets -q set LEVEL=info
	printf 'canary-value' | tfsecrets -q set TOKEN
}

teardown()
{
	[ -z "${server_in:-}" ] || stop_serving
}

stop_serving()
{
	exec {server_in}>&-
	wait "$server_pid"
	server_in='' server_pid=''
}

# serve METHOD ANSWER [TIMES]
serve()
{
	coproc SERVER { exec "$here/scripted_server" "$BATS_TEST_TMPDIR/server" "$@" 3>&-; }
	server_in=${SERVER[1]} server_pid=$!
	read -r _ <&"${SERVER[0]}"
}

# applies: and shows no value, however the server writes it.
applies()
{
	run --separate-stderr tfsecrets apply -n scripted --timeout 2s
	[[ $output$stderr != *canary* && $output$stderr != *Y2FuYXJ5* ]] || { echo "$output$stderr"; return 1; }
}

succeeds()
{
	[ "$status" -eq 0 ] || { echo "$status: $stderr"; return 1; }
	[ "$output" = $'configmap/p-config serverside-applied\nsecret/p-secrets serverside-applied' ]
}

count()
{
	grep -c "$1" "$BATS_TEST_TMPDIR/server/requests"
}

@test "a server without anything gets the inventory, then the objects" {
	serve NONE 401
	applies
	succeeds
	sed -E 's|/api/v1/namespaces/scripted/||; s|tfsecrets\.[0-9a-f]{32}|ID|' "$BATS_TEST_TMPDIR/server/requests" >asked
	[ "$(cat asked)" = "GET secrets/ID.prod
GET configmaps/p-config
GET secrets/p-secrets
POST secrets
PATCH configmaps/p-config
PATCH secrets/p-secrets
GET secrets/ID.prod" ]
}

@test "what the server refuses ends with 5, in our own words" {
	while IFS='|' read -r method answer message; do
		serve "$method" "$answer"
		applies
		fails 5 "$message" || { echo "$answer"; return 1; }
		stop_serving
	done <<-'END'
		GET|401|does not know who we are (401)
		GET|403|not allowed to get secrets
		PATCH.*/secrets|403|not allowed to patch secrets 'p-secrets' in namespace 'scripted' (403)
		GET|404-page|(404): there is no namespace 'scripted'
		PATCH.*/secrets|409-owned|Secret 'p-secrets' has fields of other managers: .data.TOKEN of 'other' (2026-11-25T15:00:00Z)
		PATCH.*/secrets|413|cannot patch secrets 'p-secrets' in namespace 'scripted' (413): it is too large
		PATCH.*/secrets|422|(422): the server refuses it: data[TOKEN]
		GET|302|says 302
		PATCH|409|others write the same objects all the time
		PATCH|500|says 500 InternalError
		PATCH|503|says 503
		PATCH|429|says 429
	END
}

@test "what is no whole answer ends with 1" {
	while IFS='|' read -r method answer message; do
		serve "$method" "$answer"
		applies
		fails 1 "$message" || { echo "$answer"; return 1; }
		stop_serving
	done <<-'END'
		GET|closed|cannot reach 'http://127.0.0.1:
		GET|cut|cannot reach 'http://127.0.0.1:
		GET|slow|cannot reach 'http://127.0.0.1:
		PATCH|no-json|is no API server: its answer is no object
		PATCH|a-page|is no API server: its answer is no object
		GET|no-metadata|is no API server: its answer is no object
		GET|huge|the answer is too large
	END
}

@test "what passes is waited for" {
	for answer in 429 500 502 503 closed cut; do
		for method in GET POST PATCH; do
			serve "$method" $answer 1
			run --separate-stderr tfsecrets apply -n scripted --timeout 20s
			succeeds || { echo "$method $answer"; return 1; }
			stop_serving
		done
	done
}

@test "an object that changed in between is looked at again" {
	serve 'PATCH.*configmaps' 409 1
	applies
	succeeds
	[ "$(count 'GET.*configmaps')" -eq 2 ]
}

@test "a redirect is not followed" {
	serve GET 302
	applies
	[ "$status" -eq 5 ]
	run ! grep -q elsewhere "$BATS_TEST_TMPDIR/server/requests"
}

@test "the server's warnings are shown, and cannot write to the terminal" {
	serve PATCH warning
	applies
	succeeds
	[[ $stderr == *'warning: the server: the "name" is odd'* ]]
	[[ $stderr != *$'\x1b'* ]]
}
