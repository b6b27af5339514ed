#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What an API server does rarely, or when something stands in between: answered by a script.

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

looks='GET secrets/inventory
GET configmaps/taskflow-config
GET secrets/taskflow-secrets'
writes='POST secrets
PATCH configmaps/taskflow-config
PATCH secrets/taskflow-secrets
GET secrets/inventory'
both='configmap/taskflow-config serverside-applied
secret/taskflow-secrets serverside-applied'

# asks COMMAND...: runs tfsecrets, and sees that no value is in what it says.
asks()
{
	local name value

	run --separate-stderr tfsecrets "$@"
	for name in DATABASE_URL BETTER_AUTH_SECRET OPENAI_API_KEY; do
		value=$(sed -n "s/^$name=//p" .env)
		shows_not "$value"
		shows_not "$(printf %s "$value" | base64 --wrap=0)"
	done
	shows_not "$token"
}

shows_not()
{
	[ -n "$1" ]
	case $output$stderr in
	*"$1"*) echo "shown: $1 in $output$stderr"; return 1 ;;
	esac
}

# applied RULE...: apply to a server of these rules.
applied()
{
	serve server "$@"
	kubeconfig_for "$server"
	asks apply --timeout 20s
}

# logged TEXT [SERVER]: the requests that came.
logged()
{
	[ "$(cat "${2:-server}/log")" = "$1" ] || { echo "requests:"; cat "${2:-server}/log"; return 1; }
}

succeeds()
{
	[ "$status" -eq 0 ] || { echo "status $status: $output $stderr"; return 1; }
	[ "$output" = "$both" ]
}

page='"type":"text/html","body":"<html><h1>No</h1></html>"'

@test "without a script it is done, and done again: the server serves" {
	applied
	succeeds
	logged "$looks"$'\n'"$writes"
}

@test "401: who we are is not known, asked once" {
	applied '{"on":"","status":401,"json":{"kind":"Status","reason":"Unauthorized"}}'
	fails 5 "'$server' does not know who we are (401): it does not take the credentials of context 'test', or not any more; sign in anew"
	logged "GET secrets/inventory"
	asks diff
	fails 5 "(401)"
}

@test "403: what is not allowed, and nothing more is written" {
	local forbidden='{"on":"PATCH configmaps","status":403,"json":{"kind":"Status","reason":"Forbidden","message":"{ask}"}}'
	local asked=/apis/authorization.k8s.io/v1/selfsubjectaccessreviews answer
	local said="not allowed to patch configmaps 'taskflow-config' in namespace '$namespace' (403): a role must grant it to the account (context 'test')"

	applied "$forbidden" "{\"on\":\"POST $asked\",\"status\":201,\"json\":{\"status\":{\"allowed\":false}}}"
	fails 5 "$said; it needs 'patch' on configmaps 'taskflow-config' in namespace '$namespace'"
	logged "$looks"$'\nPOST secrets\nPATCH configmaps/taskflow-config\n'"POST $asked"
	# A server that does not say what is missing.
	for answer in '"status":403,"json":{"kind":"Status"}' '"status":201,"json":{"status":{}}' '"status":201,"json":[]' \
		"\"status\":201,$page"; do
		stop_servers
		rm -r server
		applied "$forbidden" "{\"on\":\"POST $asked\",$answer}"
		fails 5 "$said"
		[[ $stderr != *"it needs"* && $stderr != *"does grant"* ]]
	done
}

@test "404 that no API server has said is not taken for an object that is not there" {
	applied "{\"on\":\"\",\"status\":404,$page}"
	fails 5 "cannot get secrets 'tfsecrets."
	[[ $stderr == *"'$server' says 404; is that the address of an API server?" ]]
	[[ $stderr != *"there is no namespace"* ]]
	logged "GET secrets/inventory"
	asks diff
	fails 5 "says 404"
}

@test "409, stale: it looks again" {
	applied '{"on":"PATCH configmaps","times":1,"status":409,"json":{"kind":"Status","reason":"Conflict"}}'
	succeeds
	[ "$(grep -c 'PATCH configmaps/taskflow-config' server/log)" = 2 ]
	[ "$(grep -c 'GET configmaps/taskflow-config' server/log)" = 2 ]
}

@test "409, stale, on the second object: the first one is told once, as what was done with it" {
	applied '{"on":"PATCH secrets","times":1,"status":409,"json":{"kind":"Status","reason":"Conflict"}}'
	succeeds
	[ "$(grep -c 'PATCH secrets/taskflow-secrets' server/log)" = 2 ]
}

@test "deleted between the look and the write: it looks again" {
	applied '{"on":"PATCH secrets","times":1,"status":404,"json":{"kind":"Status","reason":"NotFound","details":{"kind":"secrets","name":"taskflow-secrets"}}}'
	succeeds
	[ "$(grep -c 'PATCH secrets/taskflow-secrets' server/log)" = 2 ]
	[ "$(grep -c 'GET secrets/taskflow-secrets' server/log)" = 2 ]
}

# workloads RULE...: apply --restart where there is one Deployment, which uses the Secret; the rules are for its PATCH.
workloads()
{
	local apps='GET /apis/apps/v1/namespaces/[^/]*/' empty='"json":{"metadata":{},"items":[]}'
	local uses='{"spec":{"containers":[{"name":"app","envFrom":[{"secretRef":{"name":"taskflow-secrets"}}]}]}}'

	serve server "$@" "{\"on\":\"PATCH /apis\",\"json\":{\"metadata\":{\"name\":\"web\"}}}" \
		"{\"on\":\"${apps}deployments\",\"json\":{\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"web\"},\"spec\":{\"template\":$uses}}]}}" \
		"{\"on\":\"${apps}\",$empty}"
	kubeconfig_for "$server"
	asks apply --restart --timeout 20s
}

@test "a restart that meets a conflict is asked for again" {
	workloads '{"on":"PATCH /apis","times":2,"status":409,"json":{"kind":"Status","reason":"Conflict"}}'
	[ "$status" -eq 0 ]
	[ "$output" = "$both"$'\ndeployment.apps/web restarted' ]
	[ "$(grep -c 'PATCH /apis' server/log)" = 3 ]
}

@test "a restart that nobody does is not told as one" {
	workloads '{"on":"PATCH /apis","status":409,"json":{"kind":"Status","reason":"Conflict"}}'
	fails 5 "others write deployment.apps/web all the time; run it again"
	[ "$output" = "$both" ]
	stop_servers
	rm -r server
	workloads '{"on":"PATCH /apis","status":404,"json":{"kind":"Status","reason":"NotFound","details":{"kind":"deployments","name":"web"}}}'
	fails 5 "deployment.apps/web was deleted meanwhile"
	[ "$output" = "$both" ]
}

@test "a Secret that was not read whole is not kept for --atomic, and nothing is written" {
	local there='"json":{"metadata":{"name":"taskflow-secrets","uid":"u","resourceVersion":"1"}}' answer

	for answer in '"type":"application/json","body":"{\"metadata\":{},\"data\":{\"OPENAI"' "$page" '"body":""'; do
		serve server "{\"on\":\"GET secrets/taskflow-secrets\",\"times\":2,$there}" "{\"on\":\"GET secrets/taskflow-secrets\",$answer}"
		kubeconfig_for "$server"
		asks apply --atomic --timeout 20s
		fails 1 "the Secret 'taskflow-secrets' was not read whole"
		run ! grep -qE 'POST|PATCH' server/log
		stop_servers
		rm -r server
	done
}

@test "409 for ever ends" {
	applied '{"on":"PATCH configmaps","status":409,"json":{"kind":"Status","reason":"Conflict"}}'
	fails 5 "others write the same objects all the time; run it again"
	run ! grep -q 'PATCH secrets/taskflow-secrets' server/log
}

@test "409, owned: field, manager and time are named, the server's message is not shown" {
	applied '{"on":"PATCH secrets","status":409,"json":{"kind":"Status","reason":"Conflict","message":"{raw} {base64}","details":{"causes":[{"reason":"FieldManagerConflict","field":".data.TOKEN","message":"conflict with \"other\" using v1 at 2026-11-25T15:00:00Z"}]}}}'
	fails 5 "Secret 'taskflow-secrets' has fields of other managers: .data.TOKEN of 'other' (2026-11-25T15:00:00Z); --adopt takes over what kubectl and its like wrote, and --force-conflicts takes them"
}

@test "413: too large" {
	applied '{"on":"PATCH secrets","status":413,"body":"{ask}"}'
	fails 5 "cannot patch secrets 'taskflow-secrets' in namespace '$namespace' (413): it is too large for the server; spread it over several objects"
}

@test "422: the fields are named, the server's message with values is not shown" {
	applied '{"on":"PATCH secrets","status":422,"json":{"kind":"Status","reason":"Invalid","message":"{raw} {base64}",
		"details":{"causes":[{"field":"data[DATABASE_URL]","message":"Invalid value: {base64} {raw}"},
		{"field":"type","message":"{raw}"}]}}}'
	fails 5 "cannot patch secrets 'taskflow-secrets' in namespace '$namespace' (422): the server refuses it: data[DATABASE_URL], type; an object's type cannot be changed: delete it and run this again"
	# What the server has said, for the search to have something to find.
	run -0 --separate-stderr curl -s --cacert "$certificates/ca.crt" -X PATCH "$server/api/v1/namespaces/x/secrets/y" \
		-d "{\"data\":{\"DATABASE_URL\":\"$(printf %s 'a value' | base64)\"}}"
	[[ $output == *"a value"* ]]
}

@test "an answer of no known kind shows the reason alone" {
	applied '{"on":"PATCH secrets","status":418,"json":{"kind":"Status","reason":"Teapot","message":"{raw}"}}'
	fails 5 "cannot patch secrets 'taskflow-secrets' in namespace '$namespace': '$server' says 418 Teapot"
}

@test "429 with a text and Retry-After: asked again" {
	applied '{"on":"GET secrets/inventory","times":1,"status":429,"body":"slow down","headers":{"Retry-After":"1"}}'
	succeeds
	logged $'GET secrets/inventory\n'"$looks"$'\n'"$writes"
}

@test "429 that wants more time than there is: said at once" {
	serve server '{"on":"","status":429,"body":"slow down","headers":{"Retry-After":"3600"}}'
	kubeconfig_for "$server"
	asks apply --timeout 1h
	fails 5 "'$server' says 429; it has too much to do: run this again later"
	logged 'GET secrets/inventory'
}

@test "500, 502, 503 and 504 with a page: asked again" {
	applied "{\"on\":\"GET secrets/inventory\",\"times\":1,\"status\":500,$page}" \
		"{\"on\":\"GET configmaps\",\"times\":1,\"status\":502,$page}" \
		"{\"on\":\"POST secrets\",\"times\":1,\"status\":503,$page}" \
		"{\"on\":\"PATCH secrets\",\"times\":1,\"status\":504,$page}"
	succeeds
	[ "$(wc -l <server/log)" = 11 ]
	[ "$(grep -c 'POST secrets' server/log)" = 2 ]
}

@test "503 for ever ends with the time" {
	serve server "{\"on\":\"\",\"status\":503,$page}"
	kubeconfig_for "$server"
	for command in apply diff; do
		asks "$command" --timeout 2s
		fails 5 "cannot get secrets 'tfsecrets."
		[[ $stderr == *"'$server' says 503; it, or what stands in front of it, is not well: run this again later" ]]
	done
	[ "$(sort -u server/log)" = 'GET secrets/inventory' ]
	[ "$(wc -l <server/log)" -gt 2 ]
}

@test "an answer cut in its middle: asked again, and a failure when it stays" {
	applied '{"on":"GET secrets/inventory","times":1,"json":{"metadata":{"name":"x"}},"cut":7}'
	succeeds
	serve other '{"on":"","json":{"metadata":{"name":"x"}},"cut":7}'
	kubeconfig_for "$server"
	asks apply --timeout 1s
	fails 1 "cannot reach '$server': "
	fails 1 "; run this again"
	[ "$(sort -u other/log)" = 'GET secrets/inventory' ]
}

@test "closed without an answer: asked again" {
	applied '{"on":"GET configmaps","times":1,"close":true}' '{"on":"PATCH secrets","times":1,"close":true}'
	succeeds
	[ "$(grep -c 'GET configmaps' server/log)" = 2 ]
	[ "$(grep -c 'PATCH secrets' server/log)" = 2 ]
}

@test "created, and the answer lost: it looks again instead of failing" {
	applied '{"on":"POST secrets","times":1,"also":true,"close":true}'
	succeeds
	[ "$(grep -c 'POST secrets' server/log)" = 2 ]
	[ "$(grep -c 'GET configmaps' server/log)" = 2 ]
}

@test "killed at any write, done or not, it is finished by running again" {
	local stage

	for stage in 'POST secrets' 'PATCH configmaps' 'PATCH secrets'; do
		for also in true false; do
			name=${stage/ /-}-$also
			serve "$name" "{\"on\":\"$stage\",\"times\":1,\"also\":$also,\"await\":\"killed\"}"
			kubeconfig_for "$server"
			tfsecrets -q apply >/dev/null 2>&1 3>&- &
			until grep -q "$stage" "$name/log"; do
				kill -0 $!
				sleep 0.02
			done
			kill -KILL $!
			wait $! || [ $? -eq 137 ]
			touch "$name/killed"
			asks apply --timeout 20s
			succeeds
			[ "$(tail -n 1 "$name/log")" = 'PATCH secrets/taskflow-secrets' ] || [ "$(tail -n 1 "$name/log")" = 'GET secrets/inventory' ]
		done
	done
}

@test "200 that is no JSON, or no object" {
	applied "{\"on\":\"\",$page}"
	fails 1 "'$server' is no API server, since its answer is no object: is that its address?"
	logged 'GET secrets/inventory'
	serve broken '{"on":"","type":"application/json","body":"{\"metadata\":"}'
	kubeconfig_for "$server"
	asks apply
	fails 1 "'$server' is no API server, since its answer is no object: is that its address?"
	serve other '{"on":"","json":{"kind":"Secret"}}'
	kubeconfig_for "$server"
	asks diff
	fails 1 "'$server' is no API server, since its answer is no object: is that its address?"
}

@test "metadata of a wrong type is no crash" {
	local count=0

	for metadata in 1 '"x"' '[1]' '{}' '{"annotations":[1]}' '{"annotations":{"tfsecrets.dev/roster":1}}'; do
		count=$((count + 1))
		serve "server-$count" "{\"on\":\"GET secrets/inventory\",\"json\":{\"metadata\":$metadata}}"
		kubeconfig_for "$server"
		asks apply
		fails 4 "the inventory's annotation 'tfsecrets.dev/roster' is missing, or was altered"
	done
}

@test "an answer larger than the maximum: asked once" {
	applied '{"on":"","json":{"metadata":{}},"spaces":17000000}'
	fails 1 "cannot reach '$server': the answer is too large"
	logged 'GET secrets/inventory'
}

@test "a redirect is not followed, and the credentials stay here" {
	serve elsewhere
	elsewhere=$server
	for code in 301 302 307 308; do
		serve "server$code" "{\"on\":\"\",\"status\":$code,\"headers\":{\"Location\":\"$elsewhere/api/v1/secrets\"}}"
		kubeconfig_for "$server"
		asks apply
		fails 5 "'$server' says $code; redirects are not followed: is that the API server's own address?"
		logged 'GET secrets/inventory' "server$code"
	done
	logged '' elsewhere
}

@test "a warning of the server is printed once, its control characters neutralised" {
	applied '{"on":"","also":true,"headers":{"Warning":"299 - \"old \\\"v1\\\" \u001b[31mred \u009bx\""}}'
	succeeds
	[ "$(grep -c 'warning: the server: old "v1"' <<<"$stderr")" = 1 ]
	[[ $stderr != *$'\e'* ]]
	[[ $stderr != *$'\u009b'* ]]
	[[ $stderr != *$'\x9b'* ]]
}

@test "warnings of another code are none of ours" {
	applied '{"on":"","also":true,"headers":{"Warning":"199 - \"of a proxy\""}}'
	succeeds
	[[ $stderr != *"of a proxy"* ]]
}

@test "another certificate authority: refused at once, nothing is sent" {
	serve server
	kubeconfig_for "$server" another
	asks apply --timeout 1h
	fails 1 "cannot reach '$server': SSL certificate problem: "
	fails 1 "; the certificate-authority for that server must be another (--certificate-authority)"
	logged ''
}

@test "an expired certificate: refused at once, nothing is sent" {
	CERTIFICATE=expired serve server
	kubeconfig_for "$server"
	asks apply --timeout 1h
	fails 1 "cannot reach '$server': SSL certificate problem: certificate has expired; the server needs another, or the clock here is wrong"
	logged ''
	asks apply --insecure-skip-tls-verify
	succeeds
}

@test "an answer that comes too late" {
	serve server '{"on":"","pause":8}'
	kubeconfig_for "$server"
	asks apply --timeout 1s
	fails 1 "cannot reach '$server': Operation timed out"
	fails 1 "; does something in between hold it up, or is the time too short?"
	logged 'GET secrets/inventory'
}

@test "a token comes as Authorization and is shown nowhere" {
	applied
	succeeds
	[ "$(sort -u server/authorization)" = "Bearer $token" ]
	echo "$token" >token
	serve file
	kubeconfig_for "$server" ca '{tokenFile: token}'
	asks --verbose apply
	succeeds
	[ "$(sort -u file/authorization)" = "Bearer $token" ]
}

@test "a token with a line in it sends no header of its own" {
	serve server
	printf '%s\nX-Injected: yes\n' "$token" >token
	kubeconfig_for "$server" ca '{tokenFile: token}'
	asks apply --timeout 1s
	fails 1 "context 'test': its token has characters that no token has"
	logged ''
}

@test "a client certificate arrives" {
	serve server
	kubeconfig_for "$server" ca "{client-certificate: $certificates/alice.crt, client-key: $certificates/alice.key}"
	asks apply
	succeeds
	[ "$(sort -u server/clients)" = alice ]
	[ "$(sort -u server/authorization)" = '' ]
}

@test "a proxy that is not there is a failure that names it, and not its password" {
	serve server
	# To 127.0.0.1 no variable's proxy leads; this is another name for it.
	server=${server/127.0.0.1/127.1}
	kubeconfig_for "$server"
	export https_proxy=http://me:hidden-word@127.0.0.1:9/x
	asks apply --timeout 1s
	fails 1 "cannot reach '$server': the proxy 'http://127.0.0.1:9' cannot be reached: Failed to connect to 127.0.0.1 port 9"
	shows_not hidden-word
	https_proxy=127.0.0.1:9 asks apply --timeout 1s
	fails 1 "cannot reach '$server': the proxy 'http://127.0.0.1:9' cannot be reached: "
	https_proxy=strange://me:hidden-word@127.0.0.1:9 asks apply --timeout 1s
	fails 1 "the proxy that the environment's variables name for '$server' is no http, https or socks5 URL"
	shows_not hidden-word
	https_proxy=http://me:hidden-word@nowhere.invalid:1 asks apply --timeout 1s
	fails 1 "the proxy 'http://nowhere.invalid:1' cannot be reached: Could not resolve proxy: nowhere.invalid"
	shows_not hidden-word
	logged ''
	export no_proxy=127.1
	asks apply
	succeeds
	# It is the server's fault where the proxy is not for it.
	unset no_proxy
	kubeconfig_for https://127.0.0.1:10
	asks apply --timeout 1s
	fails 1 "cannot reach 'https://127.0.0.1:10': Failed to connect to 127.0.0.1 port 10"
}

@test "a kubeconfig's proxy is one for all servers" {
	serve server
	kubeconfig_for "$server"
	for proxy in http://me:hidden-word@127.0.0.1:9 socks5://127.0.0.1:9; do
		sed -i "s|{server: |{proxy-url: '$proxy', server: |" kubeconfig
		no_proxy=127.0.0.1 asks apply --timeout 1s
		fails 1 "cannot reach '$server': the proxy '${proxy/me:hidden-word@/}' cannot be reached: "
		shows_not hidden-word
		kubeconfig_for "$server"
	done
	sed -i "s|{server: |{proxy-url: 'ftp://me:hidden-word@p', server: |" kubeconfig
	asks apply --timeout 1s
	fails 1 "'proxy-url' is no http, https or socks5 URL"
	shows_not hidden-word
	logged ''
}

@test "a proxy that refuses is a failure that says so" {
	serve server
	kubeconfig_for "$server"
	python3 -c 'import http.server
class Proxy(http.server.BaseHTTPRequestHandler):
    def do_CONNECT(self):
        self.send_error(407)
proxy = http.server.HTTPServer(("127.0.0.1", 0), Proxy)
print(proxy.server_port, flush=True)
proxy.serve_forever()' >port 2>proxy.log 3>&- &
	proxy=$!
	until [ -s port ]; do sleep 0.02; done
	server=${server/127.0.0.1/127.1}
	kubeconfig_for "$server"
	https_proxy=http://me:hidden-word@127.0.0.1:$(cat port) asks apply --timeout 1s
	kill "$proxy"
	fails 1 "cannot reach '$server': the proxy 'http://127.0.0.1:$(cat port)' says 407"
	shows_not hidden-word
	logged ''
}

# many_targets COUNT: the project's targets are so many namespaces.
many_targets()
{
	sed -i "s/^  prod: .*/  prod: {targets: [$(seq "$1" | sed 's/.*/{context: test, namespace: n&}/' | paste -sd,)]}/" tfsecrets.yaml
}

@test "work over a second shows on a terminal, and there alone, how far it is; notes go above" {
	local progress=$'\r\e[Kapplied '

	many_targets 12
	serve server '{"on":"GET secrets/inventory","pause":0.3,"also":true}'
	kubeconfig_for "$server"
	"$root/tests/cli/on_terminal" expect "$progress" expect /12 -- "$TFSECRETS" apply >shown
	grep -qF "$progress" shown
	# A note takes its place and it comes below; at the end it is gone.
	grep -qF $'/12\r\e[Kprod: to namespace ' shown
	[[ $(tr '\n' ' ' <shown) == *$'/12\r\e[Kconfigmap/'* ]]
	[ "$(grep -c 'secret/taskflow-secrets serverside-applied' shown)" = 12 ]
	"$root/tests/cli/on_terminal" expect serverside-applied -- "$TFSECRETS" apply --quiet >shown
	run ! grep -qF "$progress" shown
	asks diff
	[ "$status" -eq 3 ]
	[[ $output$stderr != *compared* ]]
}
