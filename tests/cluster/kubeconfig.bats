#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # what row uses
# Where a kubeconfig leads, and as whom: each rule is a row that kubectl and tfsecrets go through with the same files.
# What the server sees of both must be the same, or neither gets there, or the row says why they differ.

load common
load project
load scripted
load recorded

setup_file()
{
	start_recorder
}

teardown_file()
{
	stop_recorder
}

setup()
{
	forget_proxies
	a_repository
	sed -i 's/^  prod: .*/  prod: {targets: [{context: it}]}/' tfsecrets.yaml
	namespaced=''
	port=$(cat "$certificates/recorder/port") plain=$(cat "$certificates/recorder/plain")
	mkdir "$HOME/.kube" other
	cp "$certificates"/{ca,another,alice,bob}.{crt,key} .
	cp "$certificates"/ca.crt other/authority
	cp bob.crt other/certificate && cp bob.key other/private
	echo the-token-of-a-file >token
	printf '  \tthe-token-of-a-file \n\n' >token.blanks
	printf '' >token.empty
	a=$(base64 --wrap=0 <ca.crt) b=$(base64 --wrap=0 <bob.crt) k=$(base64 --wrap=0 <bob.key)
}

# A usual kubeconfig: what stands in cluster, user and context.
usual()
{
	printf '%s\n' 'current-context: it' "contexts: [{name: it, context: {cluster: c, user: u$3}}]" \
		"clusters: [{name: c, cluster: {$1}}]" "users: [{name: u, user: {$2}}]"
}

# rows: a line is NAME | EXPECTED | cluster | user | what else stands in the context | message. '' of the cluster is the
# recorder with its authority, + stands for that.
rows()
{
	local cluster user context message

	declare -gA counts=()
	while IFS='|' read -r name expected cluster user context message; do
		[ -n "$name" ] || continue
		usual "$(fill "${cluster/#+/server: S, certificate-authority: ca.crt}")" "$(fill "$user")" "$context" >kubeconfig
		KUBECONFIG=kubeconfig options='' row "${expected// /}" "$(fill "$message")"
	done
}

fill()
{
	local text=${1//BASE_CA/$a}

	text=${text//PLAIN/$plain}
	text=${text//BASE_CERT/$b}
	text=${text//BASE_KEY/$k}
	text=${text//PORT/$port}
	# With a word's end behind it, so that no other capital is meant.
	sed -E "s#\\bS(/[a-z/?=&]*)?(,|\$)#'https://127.0.0.1:$port\\1'\\2#g; s/^ *//; s/ *\$//" <<<"$text"
}

@test "the cluster's fields" {
	rows <<-'END'
		usual|same|+|token: the-token||
		a prefix|same|server: S/a/prefix, certificate-authority: ca.crt|token: the-token||
		a slash at its end|same|server: S/a/, certificate-authority: ca.crt|token: the-token||
		a query|same|server: S/a?query=x, certificate-authority: ca.crt|token: the-token||
		IPv6|same|server: 'https://[::1]:PORT', certificate-authority: ca.crt|token: the-token||
		a name|same|server: 'https://localhost:PORT', certificate-authority: ca.crt|token: the-token||
		no server|neither|certificate-authority: ca.crt|token: the-token||the cluster 'c' has no 'server'
		null for a server|neither|server: ~, certificate-authority: ca.crt|token: the-token||the cluster 'c' has no 'server'
		a number for a server|neither|server: 12, certificate-authority: ca.crt|token: the-token||'server' is no text, but a number or a boolean
		another name for TLS|same|+, tls-server-name: api.example.org|token: the-token||
		another name for TLS, with a prefix|same|server: S/a/b, certificate-authority: ca.crt, tls-server-name: api.example.org|token: the-token||
		another name for TLS, IPv6|same|server: 'https://[::1]:PORT', certificate-authority: ca.crt, tls-server-name: localhost|token: the-token||
		a wrong name for TLS|neither|+, tls-server-name: other.example.org|token: the-token||--tls-server-name says which name it has
		authority as data|same|server: S, certificate-authority-data: BASE_CA|token: the-token||
		authority twice|neither|+, certificate-authority-data: BASE_CA|token: the-token||'certificate-authority' and 'certificate-authority-data' exclude each other
		no authority: the system's|neither|server: S|token: the-token||the certificate-authority for that server must be another
		another authority|neither|server: S, certificate-authority: another.crt|token: the-token||the certificate-authority for that server must be another
		an authority that is not there|neither|server: S, certificate-authority: missing|token: the-token||cannot open
		an authority that is none|neither|server: S, certificate-authority-data: YQ==|token: the-token||
		data that is no base64|neither|server: S, certificate-authority-data: '%%'|token: the-token||'certificate-authority-data' is not base64
		not checked, and an authority|neither|+, insecure-skip-tls-verify: true|token: the-token||
		compression|same|+, disable-compression: true|token: the-token||
		a text for a boolean|neither|+, disable-compression: 'true'|token: the-token||'disable-compression' is neither true nor false
		a field that nobody knows|same|+, strange: {a: [b]}|token: the-token||
		extensions|same|+, extensions: [{name: a, extension: {b: 1}}]|token: the-token||
		http on this machine: no credentials|same|server: 'http://127.0.0.1:PLAIN'|token: the-token||
		http on this machine: no certificate|same|server: 'http://localhost:PLAIN'|client-certificate: bob.crt, client-key: bob.key||
		http on this machine: no plugin is run|same|server: 'http://localhost:PLAIN'|exec: {command: missing, apiVersion: client.authentication.k8s.io/v1beta1}||
		the scheme in other letters|same|server: 'HTTPS://127.0.0.1:PORT', certificate-authority: ca.crt|token: the-token||
		a port that is left out|neither|server: 'https://127.0.0.1', certificate-authority: ca.crt|token: the-token||cannot reach 'https://127.0.0.1'
	END
	echo "same ${counts[same]}, neither ${counts[neither]}"
	[ "${counts[same]}/${counts[neither]}" = 17/13 ]
}

@test "the user's fields" {
	rows <<-'END'
		nothing, and kubectl asks for a name and a password, which we do not|ours|+|||
		a token|same|+|token: the-token||
		a token as a number|neither|+|token: 12||'token' is no text, but a number or a boolean: put it in quotes
		a token as a word of YAML 1.1|neither|+|token: on||'token' is no text
		a token in quotes|same|+|token: "12"||
		a file's token|same|+|tokenFile: token||
		a file's token with white space around it|same|+|tokenFile: token.blanks||
		a file's token before a token|same|+|tokenFile: token, token: another||
		a file that is not there: the token|same|+|tokenFile: missing, token: the-token||
		a file that is empty: the token|same|+|tokenFile: token.empty, token: the-token||
		a file that is not there|neither|+|tokenFile: missing||cannot open
		a password|same|+|username: me, password: hidden-word||
		a password with a colon and more|same|+|username: 'm e', password: "hidden-word:\xe4\n"||
		a name without a password|same|+|username: me||
		a password and a token|neither|+|username: me, password: hidden-word, token: the-token||the user 'u' has a token and a password, which exclude each other
		a password and a file's token|neither|+|username: me, password: hidden-word, tokenFile: token||which exclude each other
		a certificate|same|+|client-certificate: bob.crt, client-key: bob.key||
		a certificate as data|same|+|client-certificate-data: BASE_CERT, client-key-data: BASE_KEY||
		a certificate, its key as data|same|+|client-certificate: bob.crt, client-key-data: BASE_KEY||
		a certificate and a token|same|+|client-certificate: bob.crt, client-key: bob.key, token: the-token||
		a certificate and a password|same|+|client-certificate: bob.crt, client-key: bob.key, username: me, password: hidden-word||
		a certificate as file and data|neither|+|client-certificate: bob.crt, client-certificate-data: BASE_CERT, client-key: bob.key||'client-certificate' and 'client-certificate-data' exclude each other
		a key as file and data|neither|+|client-certificate: bob.crt, client-key-data: BASE_KEY, client-key: bob.key||'client-key' and 'client-key-data' exclude each other
		a certificate without its key|neither|+|client-certificate: bob.crt||there is one of client-certificate and client-key
		a certificate with another's key|neither|+|client-certificate: bob.crt, client-key: alice.key||look at the client-certificate and client-key
		a certificate that is not there|neither|+|client-certificate: missing, client-key: bob.key||cannot open
		somebody else|same|+|token: the-token, as: carol||
		somebody else, whole|same|+|token: the-token, as: carol, as-uid: '7', as-groups: [g, 'h i'], as-user-extra: {example.org/a%b: [x, z], other: ['1']}||
		somebody else's groups alone|neither|+|token: the-token, as-groups: [g]||an impersonated uid, group or extra needs a user
		somebody else's uid alone|neither|+|token: the-token, as-uid: '7'||needs a user
		somebody else's extra alone|neither|+|token: the-token, as-user-extra: {a: [b]}||needs a user
		somebody else as a word of YAML 1.1|neither|+|token: the-token, as: no||'as' is no text
		groups that are numbers|neither|+|token: the-token, as: carol, as-groups: [1]||'as-groups' has something that is no text
		a provider of old: both know it no more|neither|+|auth-provider: {name: gcp}||the user 'u' signs in by 'auth-provider', which is not supported
		null for all|ours|+|token: ~, exec: null, auth-provider: ~, as-groups: ~||
		a field that nobody knows|same|+|token: the-token, strange: yes||
	END
	echo "same ${counts[same]}, neither ${counts[neither]}, ours ${counts[ours]}"
	[ "${counts[same]}/${counts[neither]}/${counts[ours]}" = 18/16/2 ]
}

@test "the context's fields" {
	rows <<-'END'
		no namespace|same|+|token: the-token||
		a namespace|same|+|token: the-token|, namespace: there|
		an empty namespace|same|+|token: the-token|, namespace: ''|
		a number for a namespace|neither|+|token: the-token|, namespace: 12|'namespace' is no text
		a user who is not there|neither|+|token: the-token|, user: other|there is no user 'other'
		a cluster that is not there|neither|+|token: the-token|, cluster: other|there is no cluster 'other'
		twice, and the last counts|same|+|token: the-token|, namespace: first, namespace: second|
	END
	[ "${counts[same]}/${counts[neither]}" = 4/3 ]
}

@test "where we differ from kubectl on purpose" {
	# Nobody who takes over the way to a server is to read what we send to it.
	rows <<-'END'
		a kubeconfig alone does not turn off the check of the server|theirs|server: S, insecure-skip-tls-verify: true|token: the-token||so that anybody in between could read what is sent; --insecure-skip-tls-verify takes that
		by any of its words|theirs|server: S, insecure-skip-tls-verify: On|token: the-token||--insecure-skip-tls-verify takes that
		plain http to another machine, where kubectl drops the credentials without a word|theirs|server: 'http://127.0.0.2:PLAIN'|token: the-token||is not https, which only a server on this machine may be
		without a scheme it is https, which kubectl takes for http, without credentials|theirs|server: '127.0.0.1:PLAIN', certificate-authority: ca.crt|token: the-token||cannot reach 'https://127.0.0.1:PLAIN'
		credentials in the address are in every message|theirs|server: 'https://me:hidden-word@127.0.0.1:PORT', certificate-authority: ca.crt|token: the-token||'server' has a '@' in it; who signs in stands in 'users'
	END
}

# given FILES-IN-KUBECONFIG EXPECTED [MESSAGE [OPTIONS]]
given()
{
	name="KUBECONFIG=$1 $4"
	if [ "$1" = - ]; then
		unset KUBECONFIG
	else
		export KUBECONFIG=$1
	fi
	options=${4:-} row "$2" "${3:-}"
}

@test "several files: the first that has a name wins whole" {
	declare -gA counts=()
	# With a context in tfsecrets.yaml, no current one would matter.
	sed -i 's/^  prod: .*/  prod: {targets: [{namespace: there}]}/' tfsecrets.yaml
	namespaced=--namespace=there
	usual "server: 'https://127.0.0.1:$port', certificate-authority: ca.crt" 'token: the-token-1' ', namespace: first' >one
	usual "server: 'https://127.0.0.1:$port', certificate-authority: authority, tls-server-name: other.example.org" \
		'client-certificate: certificate, client-key: private' ', namespace: second' >other/two
	printf '%s\n' 'current-context: two' 'contexts: [{name: two, context: {cluster: two, user: two}}]' \
		"clusters: [{name: two, cluster: {server: 'https://127.0.0.1:$port', certificate-authority: authority}}]" \
		'users: [{name: two, user: {client-certificate: certificate, client-key: private}}]' >other/three
	printf 'users: [{name: two, user: {token: the-token-4}}]\n' >four
	printf 'current-context: ""\n' >five
	printf 'a: [\n' >broken
	: >empty
	given one same
	given one:other/two same
	given other/two:one neither 'tls-server-name'
	given other/three same
	given five:other/three:one same
	given four:other/three same
	given one:other/three same '' --context=two
	given ::missing:one::one: same
	given missing:other/missing neither
	given one:broken neither 'broken:2:1: '
	given broken:one neither 'broken:2:1: '
	given one:other neither "'other'"
	given empty:one same
	given missing neither "cannot open 'missing'" --kubeconfig=missing
	given missing same '' --kubeconfig=one
	given one same '' --kubeconfig=other/three
	given one neither "there is no context 'it' in other/three" '--kubeconfig=other/three --context=it'
	given - neither
	cp one "$HOME/.kube/config" && cp ca.crt "$HOME/.kube"
	given - same
	given '' same
	[ "${counts[same]}/${counts[neither]}" = 12/8 ]
}

# written EXPECTED [MESSAGE]: a kubeconfig from standard input.
written()
{
	name=$(cat | tee kubeconfig)
	KUBECONFIG=kubeconfig options='' row "$1" "$2"
}

@test "how it is written: YAML 1.1, JSON, duplicates" {
	local rest="contexts: [{name: it, context: {cluster: c, user: u}}]
current-context: it
users: [{name: u, user: {token: the-token}}]"
	local cluster="{name: c, cluster: {server: 'https://127.0.0.1:$port', certificate-authority: ca.crt}}"

	declare -gA counts=()
	written same <<<"clusters: [$cluster]"$'\n'"$rest"
	written same <<<"apiVersion: v1
kind: Config
preferences: {colors: yes}
strange: {1: 2}
clusters: [$cluster]
$rest"
	usual "server: 'https://127.0.0.1:$port', certificate-authority: ca.crt" 'token: "the-token"' '' >original
	kubectl --kubeconfig=original config view --raw --flatten -o json >as.json
	written same <as.json
	# A name twice in a file, whether it is used or not.
	written neither "for the second time" <<<"clusters: [$cluster, $cluster]"$'\n'"$rest"
	written neither "for the second time" <<<"clusters: [$cluster, ${cluster/name: c/name: d}, ${cluster/name: c/name: d}]"$'\n'"$rest"
	# Of a field twice in a map, the last.
	written same <<<"clusters: [$cluster]"$'\n'"${rest/token: the-token/token: the-token-1, token: the-token-2}"
	written same <<<"clusters: []"$'\n'"clusters: [$cluster]"$'\n'"$rest"
	# Anchors, aliases, merge keys; a tag; a document behind it.
	written same <<<"x: &x {server: 'https://127.0.0.1:$port', certificate-authority: another.crt}
clusters: [{name: c, cluster: {<<: *x, certificate-authority: ca.crt}}]
$rest"
	written same <<<"clusters: [&c $cluster]"$'\n'"${rest/the-token/!!str the-token}"
	written same <<<"---
clusters: [$cluster]
$rest
---
current-context: other"
	# Base64 in lines.
	written same <<<"clusters:
  - name: c
    cluster:
      server: https://127.0.0.1:$port
      certificate-authority-data: |
$(base64 --wrap=60 <ca.crt | sed 's/^/        /')
$rest"
	written same <<<"clusters: [{name: c, cluster: {server: 'https://127.0.0.1:$port', certificate-authority-data: \"$(base64 --wrap=60 <ca.crt | sed 's/$/\\r\\n/' | tr -d '\n')\"}}]
$rest"
	# What is no kubeconfig.
	written neither "kubeconfig" <<<'- a'
	written neither "'apiVersion'" <<<"apiVersion: v2
kind: Config
clusters: [$cluster]
$rest"
	written neither "'kind'" <<<"apiVersion: v1
kind: Secret
clusters: [$cluster]
$rest"
	written neither '' <<<$'\tclusters: []'
	# Neither reads the escapes of a pair of surrogates.
	written neither '' <<<"{\"x\": \"\\ud83d\\ude00\", \"current-context\": \"it\"}"
	[ "${counts[same]}/${counts[neither]}" = 10/7 ]
}
