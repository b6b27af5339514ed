#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Proxies between us and the API server, beside kubectl: the server's audit log says who came, the proxies' own say how.

load common
load project

setup_file()
{
	start_cluster
	"$here/user" "$CLUSTER" bob
}

setup()
{
	unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
	a_repository
	address=$(kubectl config view -o 'jsonpath={.clusters[0].cluster.server}')
	port=${address##*:}
	cp "$CLUSTER"/ca.{crt,key} "$CLUSTER"/bob.{crt,key} .
	export KUBECONFIG=$PWD/kubeconfig
	proxies=()
}

teardown()
{
	local pid

	for pid in "${proxies[@]}"; do
		kill "$pid"
	done
}

free_port()
{
	python3 -c 'import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1])'
}

# ready PORT PID
ready()
{
	until (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
		kill -0 "$2" || return 1
		sleep 0.02
	done
}

# scripted KIND [CERTIFICATE KEY]: $proxy is its port, proxy/log its log.
scripted()
{
	rm -rf proxy && mkdir proxy
	"$here/scripted_proxy" proxy "$@" 3>&- >proxy/output 2>&1 &
	proxies+=($!)
	until [ -e proxy/port ]; do
		kill -0 $! || { cat proxy/output; return 1; }
		sleep 0.02
	done
	proxy=$(cat proxy/port)
}

# cluster_with FIELDS [SERVER]: ./kubeconfig, for bob.
cluster_with()
{
	cat >kubeconfig <<-END
		current-context: test
		contexts: [{name: test, context: {cluster: test, user: bob}}]
		clusters: [{name: test, cluster: {server: '${2:-$address}', certificate-authority: ca.crt${1:+, $1}}}]
		users: [{name: bob, user: {client-certificate: bob.crt, client-key: bob.key}}]
	END
}

came()
{
	audited ".userAgent | startswith(\"$1\")" | jq --raw-output --slurp "map(select(.objectRef.namespace ==
		\"$namespace\") | .user.username) | unique | join(\",\")"
}

# both NAME LOG: kubectl and tfsecrets come as NAME ('' is nobody), each with LOG lines more in the file log.
both()
{
	local before theirs ours

	: >"$CLUSTER/audit.log"
	before=$(lines_of)
	kubectl get -n "$namespace" --request-timeout=3s secrets/none >kubectl.said 2>&1 || true
	theirs=$(came kubectl)/$((($(lines_of) - before) > 0))
	before=$(lines_of)
	run --separate-stderr tfsecrets diff --timeout=3s
	ours=$(came tfsecrets)/$((($(lines_of) - before) > 0))
	[ "$theirs $ours" = "$1/$2 $1/$2" ] || {
		echo "kubectl: $theirs, tfsecrets: $ours, not $1/$2"; cat kubectl.said "$log"
		echo "$status: $output $stderr"
		return 1
	}
	case $output$stderr in
	*hidden-word*) echo "shown: $output $stderr" && return 1 ;;
	esac
}

lines_of()
{
	grep -c . "$log" || true
}

@test "http: a real proxy, with and without who signs in there" {
	log=$PWD/tinyproxy.log
	: >"$log"
	for auth in '' 'BasicAuth me hidden-word'; do
		port=$(free_port)
		printf '%s\n' "Port $port" 'Listen 127.0.0.1' "LogFile \"$log\"" 'LogLevel Connect' 'Allow 127.0.0.1' "$auth" >conf
		tinyproxy -d -c conf 3>&- >tinyproxy.said 2>&1 &
		proxies+=($!)
		ready "$port" $!
		cluster_with "proxy-url: 'http://${auth:+me:hidden-word@}127.0.0.1:$port'"
		both bob 1
		grep -q "CONNECT ${address#https://}" "$log"
		# It is for every server, whatever the variables say.
		NO_PROXY='*' no_proxy=127.0.0.1 HTTPS_PROXY=http://127.0.0.1:9 both bob 1
	done
	cluster_with "proxy-url: 'http://me:not-the-hidden-word@127.0.0.1:$port'"
	both '' 1
	fails 1 "cannot reach '$address': the proxy 'http://127.0.0.1:$port' says 40"
	cluster_with "proxy-url: 'http://127.0.0.1:$port'"
	both '' 1
	fails 1 "the proxy 'http://127.0.0.1:$port' says 407: it wants a user and password in its address"
}

@test "socks5: a real proxy, with and without who signs in there" {
	log=$PWD/microsocks.log
	for auth in '' '-u me -P hidden-word'; do
		port=$(free_port)
		# shellcheck disable=SC2086 # words
		microsocks -i 127.0.0.1 -p "$port" $auth 3>&- >>"$log" 2>&1 &
		proxies+=($!)
		ready "$port" $!
		cluster_with "proxy-url: 'socks5://${auth:+me:hidden-word@}127.0.0.1:$port'"
		both bob 1
	done
	cluster_with "proxy-url: 'socks5://me:not-the-hidden-word@127.0.0.1:$port'"
	both '' 0
	fails 1 "cannot reach '$address': the proxy 'socks5://127.0.0.1:$port' cannot be reached: "
}

@test "names are the proxy's to resolve: http and socks5" {
	log=proxy/log
	for kind in http socks5; do
		scripted "$kind"
		cluster_with "tls-server-name: localhost, proxy-url: '$kind://me:hidden-word@127.0.0.1:$proxy'" "https://only.there.invalid:$port"
		both bob 1
		[ "$(sort -u proxy/log)" = "only.there.invalid:$port me:hidden-word" ]
	done
}

@test "https: the proxy is whom the cluster's authority says" {
	log=proxy/log
	echo 'subjectAltName=IP:127.0.0.1' >names
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout proxy.key -out proxy.csr -subj /CN=proxy 2>/dev/null
	openssl x509 -req -in proxy.csr -CA ca.crt -CAkey ca.key -out proxy.crt -extfile names -days 2 2>/dev/null
	scripted http proxy.crt proxy.key
	cluster_with "proxy-url: 'https://me:hidden-word@127.0.0.1:$proxy'"
	both bob 1
	[ "$(sort -u proxy/log)" = "${address#https://} me:hidden-word" ]
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout proxy.key -out proxy.crt -subj /CN=proxy \
		-addext "$(cat names)" -days 2 2>/dev/null
	scripted http proxy.crt proxy.key
	cluster_with "proxy-url: 'https://me:hidden-word@127.0.0.1:$proxy'"
	both '' 0
	fails 1 "cannot reach '$address': the proxy 'https://127.0.0.1:$proxy' cannot be reached: "
	# Who takes any server, takes any proxy.
	kubectl get -n "$namespace" --insecure-skip-tls-verify secrets/none >kubectl.said 2>&1 || true
	run --separate-stderr tfsecrets diff --insecure-skip-tls-verify
	[ "$(came kubectl)/$(came tfsecrets)" = bob/bob ]
	[ "$(wc -l <proxy/log)" -ge 2 ]
}

@test "the variables that name a proxy mean what they mean to kubectl" {
	local -a cases=(
		# as whom | over the proxy | variables
		"bob|1|HTTPS_PROXY=http://127.0.0.1:PROXY"
		"bob|1|https_proxy=http://127.0.0.1:PROXY"
		"bob|1|HTTPS_PROXY=127.0.0.1:PROXY"
		"bob|1|HTTPS_PROXY=http://127.0.0.1:PROXY https_proxy=http://127.0.0.1:9"
		"bob|1|HTTPS_PROXY=http://127.0.0.1:PROXY NO_PROXY=other.invalid,there.invalid:1,10.0.0.0/8"
		"bob|1|HTTPS_PROXY=http://127.0.0.1:PROXY ALL_PROXY=http://127.0.0.1:9 all_proxy=http://127.0.0.1:9"
		"|0|ALL_PROXY=http://127.0.0.1:PROXY"
		"|0|all_proxy=http://127.0.0.1:PROXY"
		"|0|HTTP_PROXY=http://127.0.0.1:PROXY http_proxy=http://127.0.0.1:PROXY"
		"|0|HTTPS_PROXY=http://127.0.0.1:9 https_proxy=http://127.0.0.1:PROXY"
		"|0|HTTPS_PROXY=http://127.0.0.1:PROXY NO_PROXY=*"
		"|0|HTTPS_PROXY=http://127.0.0.1:PROXY no_proxy=only.there.invalid"
		"|0|HTTPS_PROXY=http://127.0.0.1:PROXY NO_PROXY=there.invalid"
		"|0|HTTPS_PROXY=http://127.0.0.1:PROXY NO_PROXY=.invalid,other"
		"|0|HTTPS_PROXY=http://127.0.0.1:PROXY NO_PROXY=only.there.invalid:PORT"
	)

	log=proxy/log
	scripted http
	cluster_with 'tls-server-name: localhost' "https://only.there.invalid:$port"
	for case in "${cases[@]}"; do
		IFS='|' read -r name over variables <<<"$case"
		for variable in ${variables//:PROXY/:$proxy}; do
			export "${variable//:PORT/:$port}"
		done
		both "$name" "$over" || { echo "$case"; return 1; }
		unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
	done
	# This machine is never behind a proxy of theirs.
	cluster_with ''
	HTTPS_PROXY=http://127.0.0.1:$proxy both bob 0
	# As socks5, too.
	scripted socks5
	cluster_with 'tls-server-name: localhost' "https://only.there.invalid:$port"
	HTTPS_PROXY=socks5://me:hidden-word@127.0.0.1:$proxy both bob 1
}

@test "other schemes are refused, without their text" {
	log=/dev/null
	for url in socks4://me:hidden-word@127.0.0.1:9 socks5h://me:hidden-word@127.0.0.1:9 ftp://me:hidden-word@127.0.0.1 \
		me:hidden-word@127.0.0.1:9 http://; do
		cluster_with "proxy-url: '$url'"
		both '' 0
		fails 1 "'proxy-url' is no http, https or socks5 URL"
	done
}
