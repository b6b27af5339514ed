#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # what row and its evaluated words use
# Where the account of a pod leads, and as whom: each rule is a row that kubectl and tfsecrets go through in the same
# pod, as in kubeconfig.bats.

load common
load project
load scripted
load pod
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
	needs_pod
	a_repository
	sed -i 's/^  prod: .*/  prod: {targets: [{in-cluster: true}]}/' tfsecrets.yaml
	through=(in_pod) namespaced=''
	export KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT
	KUBERNETES_SERVICE_PORT=$(cat "$certificates/recorder/port")
	mkdir "$HOME/.kube"
	cp "$certificates"/{ca,another,bob}.{crt,key} .
}

# As the kubelet makes it: links through ..data, which it replaces at once.
an_account()
{
	rm -rf account
	mkdir -p account/..1
	printf 'the-token-of-a-pod' >account/token
	cp ca.crt account/ca.crt
	printf 'the-namespace-of-a-pod' >account/namespace
	mv account/token account/ca.crt account/namespace account/..1
	ln -s ..1 account/..data
	ln -s ..data/token ..data/ca.crt ..data/namespace account/
}

# A kubeconfig that leads to the same server, as somebody else.
a_kubeconfig()
{
	printf '%s\n' 'contexts: [{name: it, context: {cluster: c, user: u, namespace: elsewhere}}]' \
		"clusters: [{name: c, cluster: {server: 'https://127.0.0.1:$KUBERNETES_SERVICE_PORT', certificate-authority: $PWD/ca.crt}}]" \
		'users: [{name: u, user: {token: the-token-of-a-file}}]' "$@"
}

current='current-context: it'

targets()
{
	sed -i "s/^  prod: .*/  prod: {$1}/" tfsecrets.yaml
}

# rows: a line is NAME | EXPECTED | what is done before | options | message.
rows()
{
	local before options expected message

	declare -gA counts=()
	while IFS='|' read -r name expected before options message; do
		[ -n "$name" ] || continue
		an_account
		targets 'targets: [{in-cluster: true}]'
		rm -f "$HOME/.kube/config" kubeconfig
		options=${options//@PORT@/$KUBERNETES_SERVICE_PORT}
		(eval "$before" && row "$expected" "$message") || return 1
		counts[$expected]=$((${counts[$expected]:-0} + 1))
	done
}

@test "what is in the pod" {
	rows <<-'END'
		an account|same|||
		IPv6|same|KUBERNETES_SERVICE_HOST=::1||
		a host's name|same|KUBERNETES_SERVICE_HOST=localhost||
		no host|neither|KUBERNETES_SERVICE_HOST=||this is no pod: $KUBERNETES_SERVICE_HOST and $KUBERNETES_SERVICE_PORT are not set
		no port|neither|unset KUBERNETES_SERVICE_PORT||this is no pod
		a port that is none|neither|KUBERNETES_SERVICE_PORT=x||cannot reach
		a port where nobody is|neither|KUBERNETES_SERVICE_PORT=1||cannot reach
		no account|neither|rm -r account||cannot open
		no token|neither|rm account/..1/token||serviceaccount/token': No such file
		an empty token|neither|: >account/..1/token||serviceaccount/token' is empty
		a token with white space around it|same|printf "  the-token-x\n\n" >account/..1/token||
		two lines in a token|neither|printf "the-token\nthe-token\n" >account/..1/token||
		no authority|neither|rm account/..1/ca.crt||serviceaccount/ca.crt': No such file
		an empty authority|neither|: >account/..1/ca.crt||
		an authority that is none|neither|echo nothing >account/..1/ca.crt||
		another authority|neither|cp another.crt account/..1/ca.crt||
		two authorities|same|cat another.crt ca.crt >account/..1/ca.crt||
		a namespace with a line's end|same|echo there >account/..1/namespace||
		a namespace in a variable|same|export POD_NAMESPACE=of-a-variable||
		an empty variable|same|export POD_NAMESPACE=||
		a namespace in a variable alone|same|rm account/..1/namespace; export POD_NAMESPACE=of-a-variable||
		no namespace: kubectl takes the one that is called default, and settings are not put there by chance|theirs|rm account/..1/namespace||serviceaccount/namespace': No such file
		an empty namespace: the same|theirs|: >account/..1/namespace||its namespace is not a DNS label
		a proxy, but not on the way to this machine|same|export HTTPS_PROXY=http://127.0.0.1:1||
		a proxy where nobody is|neither|KUBERNETES_SERVICE_HOST=api.example.org; export HTTPS_PROXY=http://127.0.0.1:1||proxy
	END
	echo "same ${counts[same]}, neither ${counts[neither]}, theirs ${counts[theirs]}"
	[ "${counts[same]}/${counts[neither]}/${counts[theirs]}" = 10/13/2 ]
}

@test "what options do to it" {
	rows <<-'END'
		a namespace|same||--namespace=said|
		a namespace before the variable|same|export POD_NAMESPACE=of-a-variable|--namespace=said|
		another server: kubectl forgets the account, and asks for a name and a password|ours||--server=https://localhost:@PORT@|
		another authority|neither||--certificate-authority=another.crt|(--certificate-authority)
		an authority in place of the pod's|same|cp another.crt account/..1/ca.crt|--certificate-authority=ca.crt|
		a context, which only a kubeconfig has|neither||--context=it|there is no context 'it'
		a user, whom only a kubeconfig has|neither||--user=u|'--cluster' and '--user' name entries of a kubeconfig, and this pod's account has none
		a cluster, which only a kubeconfig has|neither||--cluster=c|'--cluster' and '--user' name entries of a kubeconfig
		somebody else: kubectl forgets the account, and asks localhost:8080|ours||--as=carol|as 'carol'
		somebody else, whole: the same|ours||--as=carol --as-group=g --as-uid=7 --as-user-extra=a=b|as 'carol'
		a time: the same|ours||--request-timeout=5s|
		a certificate: kubectl goes without it, and does not say so|differ||--client-certificate=bob.crt --client-key=bob.key|
		another name for TLS: the same|differ||--tls-server-name=api.example.org|
		a wrong name for TLS: the same|theirs||--tls-server-name=other.example.org|--tls-server-name says which name it has
		a server that is not checked: kubectl checks it all the same|same||--insecure-skip-tls-verify|
	END
	echo "same ${counts[same]}, neither ${counts[neither]}, ours ${counts[ours]}, theirs ${counts[theirs]}, differ ${counts[differ]}"
	[ "${counts[same]}/${counts[neither]}/${counts[ours]}/${counts[theirs]}/${counts[differ]}" = 4/4/4/1/2 ]
}

# Of tfsecrets' targets one says in-cluster, one a namespace alone, which is in the current context or, where there is no
# kubeconfig, here.
@test "beside a kubeconfig" {
	local anywhere='targets: [{namespace: x}]'

	rows <<-'END'
		none, and a target that names no cluster|same|targets "$anywhere"|--namespace=x|
		one that is not there|same|targets "$anywhere"; export KUBECONFIG=missing|--namespace=x|
		an empty one, where kubectl takes the account without a word: settings go where somebody says|theirs|targets "$anywhere"; : >kubeconfig; export KUBECONFIG=kubeconfig|--namespace=x|no cluster is chosen: there is no current context
		one with a current context|same|targets "$anywhere"; a_kubeconfig "$current" >kubeconfig; export KUBECONFIG=kubeconfig|--namespace=x|
		the one at home|same|targets "$anywhere"; a_kubeconfig "$current" >"$HOME/.kube/config"|--namespace=x|
		one without a current context: the same|theirs|targets "$anywhere"; a_kubeconfig >kubeconfig; export KUBECONFIG=kubeconfig|--namespace=x|no cluster is chosen: there is no current context
		a target that names a context, and none has it|neither|targets "targets: [{context: it}]"|--context=it|there is no context 'it'
		a target in a context|same|targets "targets: [{context: it}]"; a_kubeconfig >kubeconfig; export KUBECONFIG=kubeconfig|--context=it|
		a target in this pod's cluster, where kubectl has no such word|differ|a_kubeconfig "$current" >kubeconfig; export KUBECONFIG=kubeconfig||this pod's account
		one that is named and not there, which a target in this pod's cluster does not read|ours||--kubeconfig=missing|this pod's account
	END
	echo "same ${counts[same]}, neither ${counts[neither]}, ours ${counts[ours]}, theirs ${counts[theirs]}, differ ${counts[differ]}"
	[ "${counts[same]}/${counts[neither]}/${counts[ours]}/${counts[theirs]}/${counts[differ]}" = 5/1/1/2/1 ]
}
