# SPDX-License-Identifier: Apache-2.0
# For tests against tests/cluster/scripted_server: its certificates, its start, and a kubeconfig for it.
# shellcheck shell=bash disable=SC2154 # root and here are common.bash's

# signed NAME [OPENSSL-X509-OPTION...]: NAME.key and NAME.crt, by ca.crt, for this machine.
signed()
{
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
	openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -out "$1.crt" -extfile names "${@:2}"
}

# certificates FOLDER: ca, another (an authority of nobody), server, expired and alice.
certificates()
{
	mkdir "$1" && cd "$1" || return 1
	echo 'subjectAltName=IP:127.0.0.1' >names
	for name in ca another; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$name.key" \
			-out "$name.crt" -subj "/CN=$name" -days 2
	done
	signed server -days 2
	signed alice -days 2
	signed expired -days -1
} 2>/dev/null

# serve NAME RULE...: a server of that name, in ./NAME; $server is its address. CERTIFICATE is which it has.
serve()
{
	mkdir "$1"
	"$here/scripted_server" "$1" --tls "$certificates/${CERTIFICATE:-server}.crt" \
		"$certificates/${CERTIFICATE:-server}.key" "$certificates/ca.crt" "${@:2}" 3>&- >"$1/output" 2>&1 &
	echo "$!" >"$1/pid"
	until [ -e "$1/port" ]; do
		kill -0 "$(cat "$1/pid")" || { cat "$1/output"; return 1; }
		sleep 0.02
	done
	server=https://127.0.0.1:$(cat "$1/port")
}

stop_servers()
{
	local pid

	for pid in "$BATS_TEST_TMPDIR"/project/*/pid; do
		[ ! -e "$pid" ] || kill "$(cat "$pid")"
	done
}

# kubeconfig_for SERVER [AUTHORITY [USER]]: ./kubeconfig; USER is what stands in `user`.
kubeconfig_for()
{
	cat >kubeconfig <<-END
		current-context: test
		contexts: [{name: test, context: {cluster: test, user: test}}]
		clusters: [{name: test, cluster: {server: '$1', certificate-authority: $certificates/${2:-ca}.crt}}]
		users: [{name: test, user: ${3:-{token: $token\}}}]
	END
}
