# SPDX-License-Identifier: Apache-2.0
# For the tests that send kubectl and tfsecrets the same way, and look at what a server sees of both.
# shellcheck shell=bash disable=SC2154,SC2086 # bats' variables; words

# start_recorder: the recorder, and the certificates of it and of those who come to it, in $certificates.
start_recorder()
{
	export certificates=$BATS_FILE_TMPDIR/certificates
	certificates "$certificates"
	cd "$certificates" || return 1
	echo 'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost,DNS:api.example.org' >names
	for name in server bob; do
		signed "$name" -days 2 2>/dev/null
	done
	mkdir recorder
	"$here/recorder" recorder server.crt server.key ca.crt 3>&- >recorder/output 2>&1 &
	echo "$!" >recorder/pid
	until [ -e recorder/port ]; do
		kill -0 "$(cat recorder/pid)" || { cat recorder/output; return 1; }
		sleep 0.02
	done
}

stop_recorder()
{
	kill "$(cat "$certificates/recorder/pid")"
}

# Nothing of the machine's leads anywhere.
forget_proxies()
{
	unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY KUBECONFIG
}

# The first that each saw in the log, without who it was.
seen()
{
	jq --compact-output --slurp "map(select(.agent == \"$1\") | del(.agent)) | first" "$certificates/recorder/log"
}

# row EXPECTED [MESSAGE]: EXPECTED is same (both come in the same way), neither, or theirs/ours (only they, only we,
# WHY is said in the row). Both go with $options, and through what stands in the array `through`.
row()
{
	local theirs ours got

	: >"$certificates/recorder/log"
	rm -rf "$HOME/.kube/cache"
	"${through[@]}" kubectl $options $namespaced get secrets/none >kubectl.said 2>&1 </dev/null || true
	run --separate-stderr "${through[@]}" "$TFSECRETS" diff --timeout=1s $options </dev/null
	theirs=$(seen kubectl) ours=$(seen tfsecrets)
	case $theirs/$ours in
	null/null) got=neither ;;
	null/*) got=ours ;;
	*/null) got=theirs ;;
	"$ours/$theirs") got=same ;;
	*) got=differ ;;
	esac
	[ "$got" = "$1" ] || {
		echo "$name: $got, not $1"; echo "kubectl: $theirs"; cat kubectl.said
		echo "tfsecrets: $ours"; echo "$status: $stderr"
		return 1
	}
	case $got in
	neither | theirs) [ "$status" -eq 1 ] || [ "$status" -eq 2 ] || { echo "$name: status $status: $stderr" && return 1; } ;;
	esac
	case $stderr in
	*"$2"*) ;;
	*) echo "$name: '$stderr' lacks '$2'" && return 1 ;;
	esac
	case $output$stderr in
	*the-token* | *hidden-word*) echo "$name: shown: $output$stderr" && return 1 ;;
	esac
	counts[$got]=$((${counts[$got]:-0} + 1))
}
