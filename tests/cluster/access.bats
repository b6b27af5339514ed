#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Which server is spoken to, and as whom: the cluster options of kubectl mean here what they mean there. The
# server's own audit log says who asked.

load common
load project

setup_file()
{
	start_cluster
	"$here/user" "$CLUSTER" alice builders
	"$here/user" "$CLUSTER" bob
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$BATS_FILE_TMPDIR/another.key" \
		-out "$BATS_FILE_TMPDIR/another.crt" -subj /CN=another -days 2 2>/dev/null
}

setup()
{
	a_repository
	sed -i 's/^  prod: .*/  prod: {targets: [{namespace: here}]}/' tfsecrets.yaml
	export server
	server=$(kubectl config view -o 'jsonpath={.clusters[0].cluster.server}')
	cp "$CLUSTER"/{ca,alice,bob,admin}.{crt,key} "$BATS_FILE_TMPDIR"/another.crt .
	a_kubeconfig >many
	export KUBECONFIG=$PWD/many
}

a_kubeconfig()
{
	cat <<-END
		current-context: first
		contexts:
		  - {name: first, context: {cluster: real, user: admin, namespace: first}}
		  - {name: second, context: {cluster: gone, user: bob, namespace: second}}
		  - {name: nobody, context: {cluster: real}}
		  - {name: wrong, context: {cluster: wrong, user: bob}}
		  - {name: named, context: {cluster: named, user: bob}}
		clusters:
		  - {name: real, cluster: {server: '$server', certificate-authority: ca.crt}}
		  - {name: gone, cluster: {server: 'https://127.0.0.1:9', certificate-authority: another.crt}}
		  - {name: wrong, cluster: {server: '$server', certificate-authority: missing.crt}}
		  - {name: named, cluster: {server: '$server', certificate-authority: ca.crt, tls-server-name: other.example.org}}
		users:
		  - {name: admin, user: {client-certificate: admin.crt, client-key: admin.key}}
		  - {name: bob, user: {client-certificate: bob.crt, client-key: bob.key}}
		  - name: other
		    user:
		      client-certificate: admin.crt
		      client-key: admin.key
		      as: dave
		      as-uid: d1
		      as-groups: [painters, system:authenticated]
		      as-user-extra: {example.org/scope: [one, two]}
		  - {name: groups, user: {client-certificate: admin.crt, client-key: admin.key, as-groups: [painters]}}
	END
}

# What of the options both programs are to understand in the same way. A row is a line. (Without any credentials
# kubectl asks for a password; a server without a scheme is http to it and https here.)
options()
{
	cat <<-END
		--context=first
		--context second
		--context=none
		--user=bob
		--user=none
		--cluster=gone
		--cluster=none
		--context=second --cluster=real
		--context=second --server=$server
		--context=second --server=$server --certificate-authority=ca.crt
		--context=second --server=$server --insecure-skip-tls-verify
		--context=wrong
		--context=wrong --certificate-authority=ca.crt
		--context=wrong --insecure-skip-tls-verify
		--context=named
		--context=named --server=$server
		--context=named --tls-server-name=localhost
		--certificate-authority=another.crt
		--certificate-authority=missing.crt
		--certificate-authority=ca.crt --insecure-skip-tls-verify
		--tls-server-name=localhost
		--tls-server-name=other.example.org
		--server=$server --tls-server-name=localhost
		--client-certificate=alice.crt --client-key=alice.key
		--client-certificate=alice.crt
		--client-key=alice.key
		--client-certificate=missing.crt --client-key=alice.key
		--context=nobody --client-certificate=alice.crt --client-key=alice.key
		--as=carol
		--as carol --as-group=g1 --as-group=g2
		--as=carol --as-uid=c1
		--as=carol --as-user-extra=example.org/scope=a=b --as-user-extra=other=c
		--as=system:serviceaccount:here:deployer
		--as-group=g1
		--as-uid=c1
		--user=other
		--user=other --as=erin
		--user=other --as-group=g1
		--user=other --as-uid=e1
		--user=groups
		--user=groups --as=erin
		--user=bob --as=carol
		--request-timeout=5s
		--request-timeout=5
		--request-timeout=soon
		--kubeconfig=missing
		--kubeconfig=/dev/null --server=$server --certificate-authority=ca.crt --client-certificate=bob.crt --client-key=bob.key
		--kubeconfig=/dev/null
	END
}

# who AGENT ROW: as whom a program whose name begins so came first with the namespace of that row.
who()
{
	audited ".userAgent | startswith(\"$1\")" | jq --compact-output --slurp "
		map(select(.objectRef.namespace == \"row-$2\") | .impersonatedUser // .user |
			{username, uid, groups: (.groups // [] | sort), extra: (.extra // {} |
			with_entries(select(.key | startswith(\"authentication.kubernetes.io\") | not)))}) | first"
}

@test "each cluster option, and each two that meet, mean what they mean to kubectl" {
	local row=0 seen=0 line

	while read -r line; do
		row=$((row + 1))
		# shellcheck disable=SC2086
		kubectl get --namespace=row-$row secrets/none $line >kubectl.said 2>&1 || true
		# shellcheck disable=SC2086
		tfsecrets diff --namespace=row-$row --timeout=1s $line >said 2>&1 3>&- || true
		theirs=$(who kubectl $row) ours=$(who tfsecrets $row)
		if [ "$theirs" != "$ours" ]; then
			echo "$line"$'\n'"kubectl: $theirs"; cat kubectl.said
			echo "tfsecrets: $ours"; cat said
			return 1
		fi
		[ "$ours" = null ] || seen=$((seen + 1))
	done < <(options)
	echo "$row rows, $seen reached the server"
	[ "$row" -ge 48 ]
	[ "$seen" -ge 27 ]
	[ "$seen" -le $((row - 15)) ]
}

@test "who is impersonated is what the server sees, and what a role allows" {
	kubectl create namespace impersonated
	kubectl --namespace=impersonated create role deployer --verb=get,create,patch --resource=secrets,configmaps
	kubectl --namespace=impersonated create rolebinding deployer --role=deployer --group=deployers
	run --separate-stderr tfsecrets apply -n impersonated --as carol --as-group strangers
	fails 5 "not allowed to get secrets"
	run -0 --separate-stderr tfsecrets apply -n impersonated --as carol --as-group strangers --as-group deployers
	[[ ${stderr_lines[0]} == "prod: to namespace 'impersonated' at $server, context 'first', as 'carol'" ]]
	audited '.userAgent == "tfsecrets" and .verb == "patch" and .objectRef.namespace == "impersonated"' >patches
	[ "$(jq -r .impersonatedUser.username patches | sort -u)" = carol ]
	[ "$(jq -c .impersonatedUser.groups patches | sort -u)" = '["strangers","deployers","system:authenticated"]' ]
	[ "$(jq -r .user.username patches | sort -u)" = admin ]
	# Who may not impersonate is told so.
	run --separate-stderr tfsecrets apply -n impersonated --user bob --as carol
	fails 5 "(403)"
}

@test "what is wrong with the options is said" {
	local -a cases=(
		"2|--token=a-secret-of-somebody|option '--token' is none here: every process on this machine can read a command line; put the token into a file that a kubeconfig names as its user's tokenFile"
		"2|--token a-secret-of-somebody|option '--token' is none here: every process"
		"2|--tokn=x|unknown option '--tokn'"
		"2|-s $server|unknown option '-s'"
		"2|--context=none|there is no context 'none' in $KUBECONFIG"
		"2|--cluster=none|there is no cluster 'none' in $KUBECONFIG"
		"2|--user=none|there is no user 'none' in $KUBECONFIG"
		"2|--server=http://cluster.example.org|'--server' is not https, which only a server on this machine may be"
		"2|--server=https://me:hidden@cluster|'--server' has a '@' in it"
		"2|--certificate-authority=ca.crt --insecure-skip-tls-verify|'--certificate-authority' and '--insecure-skip-tls-verify' exclude each other"
		"1|--certificate-authority=missing.crt|cannot open 'missing.crt'"
		"1|--context=nobody --client-key=alice.key|there is one of client-certificate and client-key"
		"2|--as-group=g1|context 'first': an impersonated uid, group or extra needs a user: --as names one"
		"2|--as-uid=u|needs a user"
		"2|--as=a --as-user-extra=b|'--as-user-extra b' is not KEY=VALUE"
		"1|--as=|whom to impersonate is empty, or has a control character"
		"2|--request-timeout=soon|'--request-timeout soon' is not a duration from 0s to 24h"
		"2|--timeout=0s|'--timeout 0s' is not a duration from 1s to 24h"
	)

	for case in "${cases[@]}"; do
		IFS='|' read -r code words message <<<"$case"
		# shellcheck disable=SC2086
		run --separate-stderr tfsecrets apply $words
		fails "$code" "$message"
		[[ $stderr != *of-somebody* && $stderr != *me:hidden* ]]
	done
	run --separate-stderr tfsecrets apply --as $'a\nImpersonate-Group: system:masters'
	fails 1 "whom to impersonate is empty, or has a control character"
}

@test "a server or cluster is not for targets of several clusters" {
	sed -i 's/^  prod: .*/  prod: {targets: [{context: first, namespace: a}, {context: second, namespace: b}, {context: first, namespace: c}]}/' tfsecrets.yaml
	run --separate-stderr tfsecrets diff --server "$server"
	fails 2 "'--server' names one cluster, and 'prod' has targets in several; --context says which"
	run --separate-stderr tfsecrets diff --cluster real
	fails 2 "'--cluster' names one cluster"
	run --separate-stderr tfsecrets diff --context first --server "$server"
	[ "$status" -eq 3 ]
	# The targets of that context, and no others.
	[ "$(sed -n 's|^secret/.* in \(.\) missing.*|\1|p' <<<"$output" | tr -d '\n')" = ac ]
}

@test "one request may take less time than all of them" {
	python3 -c 'import socket, sys, time
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
time.sleep(60)' >port 3>&- &
	silent=$!
	until [ -s port ]; do sleep 0.02; done
	# Nothing comes back: each of several requests is given up, until the time for all is over.
	run --separate-stderr tfsecrets diff --server "http://127.0.0.1:$(cat port)" --request-timeout 1s --timeout 4s
	kill "$silent"
	fails 1 "Operation timed out after 1"
	run --separate-stderr tfsecrets diff --request-timeout 0
	[ "$status" -eq 3 ]
}
