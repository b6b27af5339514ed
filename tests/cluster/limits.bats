#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What an API server enforces is checked before anything is sent: at each limit the real server takes it, one over it
# is refused here, and the server is not asked to write.
load common
load project

# small_project LINE...: one setting that is always there, and these lines of tfsecrets.yaml.
small_project()
{
	a_project
	{
		printf 'version: 1\nproject: taskflow\nenvironments:\n  prod: {targets: [{context: test, namespace: %s}]}\n' "$namespace"
		printf '%s\n' "$@"
	} >tfsecrets.yaml
	rm -rf tfsecrets/prod/config.yaml tfsecrets/prod/sealed
}

# writes: how many requests that write the user has sent to our namespace.
writes()
{
	sleep 0.2
	jq -r "select(.stage == \"ResponseComplete\" and .userAgent == \"tfsecrets\" and .objectRef.namespace == \"$namespace\" and
		(.verb == \"create\" or .verb == \"patch\" or .verb == \"update\")) | .verb" "$CLUSTER/audit.log" | wc -l
}

# over STATUS TEXT: apply is refused by us, with every way to write, and nothing was sent.
over()
{
	local before option

	before=$(writes)
	for option in '' --force-conflicts --dry-run=server --write-only; do
		# shellcheck disable=SC2086
		run --separate-stderr tfsecrets apply $option
		fails "$1" "$2"
	done
	[ "$(writes)" -eq "$before" ] || { echo 'something was sent'; return 1; }
}

@test "a Secret's values: 1 MiB in decoded bytes" {
	small_project 'settings:' '  A: {kind: secret}' '  B: {kind: secret, optional: true}'
	head -c 1048570 /dev/urandom >exact
	tfsecrets -q set A --file exact
	printf 123456 | tfsecrets -q set B
	run -0 --separate-stderr tfsecrets apply
	in_project get secret taskflow-secrets -o 'jsonpath={.data.A}' | base64 -d | cmp - exact
	printf 1234567 | tfsecrets -q set B
	over 1 "Secret 'taskflow-secrets': 1048577 bytes of values, and the most is 1048576"
}

@test "a ConfigMap's values: 1 MiB" {
	small_project 'settings:' '  A: {kind: config}' '  B: {kind: config, optional: true}'
	head -c 1048570 /dev/zero | tr '\0' x >exact
	tfsecrets -q set A --file exact
	tfsecrets -q set B=123456
	run -0 --separate-stderr tfsecrets apply
	value configmap/taskflow-config A | cmp - exact
	tfsecrets -q set B=1234567
	over 1 "ConfigMap 'taskflow-config': 1048577 bytes of values, and the most is 1048576"
	run -3 tfsecrets check
	[[ $output == *"ConfigMap 'taskflow-config' has 1048577 bytes of values in 'prod', and the most is 1048576"* ]]
	tfsecrets -q set B=123456
	run -0 tfsecrets check
	tfsecrets -q set B=1234567
	run -1 --separate-stderr tfsecrets render --reveal
	fails 1 "ConfigMap 'taskflow-config': 1048577 bytes of values"
}

# A letter of two bytes is six in the request.
@test "a request: 3 MiB" {
	small_project 'settings:' '  A: {kind: config}' '  B: {kind: config}'
	tfsecrets -q set B=x
	# Found by halves: the largest that is taken here.
	low=500000 high=524280
	while [ $((high - low)) -gt 1 ]; do
		middle=$(((low + high) / 2))
		python3 -c "print('é' * $middle, end='')" >exact
		tfsecrets -q set A --file exact
		if tfsecrets render --reveal >/dev/null 2>&1; then low=$middle; else high=$middle; fi
	done
	python3 -c "print('é' * $low, end='')" >exact
	tfsecrets -q set A --file exact
	# And to the byte, by the other setting.
	for length in 1 2 3 4 5 6 7; do
		tfsecrets -q set B="$(printf '%*s' "$length" '' | tr ' ' x)"
		tfsecrets render --reveal >/dev/null 2>&1 || break
	done
	over 1 "ConfigMap 'taskflow-config': 3145729 bytes as JSON, where all but ASCII is longer, and the most is 3145728; spread it over several objects"
	tfsecrets -q set B="$(printf '%*s' "$((length - 1))" '' | tr ' ' x)"
	run -0 --separate-stderr tfsecrets apply
	value configmap/taskflow-config A | cmp - exact
}

# annotated LENGTH: settings with keys of such length that the two annotations of the ConfigMap are so long in sum.
annotated()
{
	python3 - "$1" "$namespace" <<-'END' >tfsecrets.yaml
		import sys
		want = int(sys.argv[1]) - len("tfsecrets.dev/content") - len("v1:") - 64 - len("tfsecrets.dev/keys")
		print("version: 1\nproject: taskflow\nenvironments:\n  prod: {targets: [{context: test, namespace: %s}]}\nsettings:" % sys.argv[2])
		number, each = 0, 253 + 10                    # "KEY=12345678,"
		while want + 1 >= each + 100:
		    print("  S%d: {kind: config, default: x, key: %s}" % (number, ("k%d-" % number).ljust(253, "k")))
		    want -= each
		    number += 1
		rest = want + 1 - 10
		for length in ([rest] if rest <= 253 else [rest - 110, 100]):
		    print("  S%d: {kind: config, default: x, key: %s}" % (number, ("k%d-" % number).ljust(length, "k")))
		    number += 1
	END
}

@test "annotations: 262,144 bytes in sum" {
	small_project 'settings:' '  A: {kind: config, default: x}'
	annotated 262144
	run -0 --separate-stderr tfsecrets apply
	[ "$(in_project get configmap taskflow-config -o json | jq '.metadata.annotations | to_entries | map((.key | length) + (.value | length)) | add')" -eq 262144 ]
	run -0 tfsecrets check
	annotated 262145
	run -3 tfsecrets check
	[[ $output == *"ConfigMap 'taskflow-config' has more keys in 'prod' than the annotations of an object take: 262145 bytes, and the most is 262144"* ]]
	over 1 "ConfigMap 'taskflow-config': the annotations are larger than 262144 bytes"
}

# one_key KEY: tfsecrets.yaml with a setting of that key.
one_key()
{
	sed -i "/^settings:/,\$d" tfsecrets.yaml
	printf "settings:\n  A: {kind: config, default: x, key: '%s'}\n" "$1" >>tfsecrets.yaml
}

@test "keys: their characters, and 253 of them" {
	small_project
	long=$(printf '%0253d' 0)
	for key in "$long" a-b a.b a_b .hidden -x 1 a..b x..; do
		one_key "$key"
		run -0 --separate-stderr tfsecrets apply
		value configmap/taskflow-config "$key" | grep -qx x
	done
	for key in "${long}0" . .. ..a 'a b' a/b 'ä' '' a:b; do
		one_key "$key"
		run --separate-stderr tfsecrets apply
		fails 1 'tfsecrets.yaml:'
		run --separate-stderr tfsecrets check
		fails 1 'tfsecrets.yaml:'
		run ! in_project create configmap bad --dry-run=server --from-literal="$key=x"
	done
}

# one_name NAME
one_name()
{
	sed -i "/^settings:/,\$d" tfsecrets.yaml
	printf "settings:\n  A: {kind: config, default: x}\nobjects:\n  '%s': {kind: ConfigMap}\n" "$1" >>tfsecrets.yaml
}

@test "names: DNS subdomains of 253 characters" {
	small_project
	# Labels of 63 at most are ours; the server would take longer ones.
	long=$(printf 'a%.0s' $(seq 63))
	long=$long.$long.$long.${long:0:61}
	[ ${#long} -eq 253 ]
	for name in "$long" a a-b a.b 1 1a.2b; do
		one_name "$name"
		run -0 --separate-stderr tfsecrets apply
		in_project get configmap "$name" >/dev/null
	done
	for name in "${long}a" A a_b -a a- a..b .a a. 'a b' ''; do
		one_name "$name"
		run --separate-stderr tfsecrets apply
		fails 1 'tfsecrets.yaml:'
		run --separate-stderr tfsecrets check
		fails 1 'tfsecrets.yaml:'
	done
}

@test "typed Secrets: what fits is taken, what does not is not sent" {
	small_project 'settings:' '  CERT: {kind: secret, type: pem}' '  KEY: {kind: secret, type: pem}' '  PULL: {kind: secret, type: json}' \
		'objects:' '  tls: {kind: Secret, type: kubernetes.io/tls, settings: {tls.crt: CERT, tls.key: KEY}}' \
		'  pull: {kind: Secret, type: kubernetes.io/dockerconfigjson, settings: {.dockerconfigjson: PULL}}'
	for name in one other; do
		openssl req -x509 -newkey rsa:2048 -noenc -keyout $name.key -out $name.crt -subj /CN=x -days 2 2>/dev/null
	done
	tfsecrets -q set CERT --file one.crt
	tfsecrets -q set KEY --file other.key
	tfsecrets -q set PULL <<<'{"auths":{"registry.example.org":{"auth":"dTpw"}}}'
	over 4 "Secret 'tls', of type 'kubernetes.io/tls': 'tls.crt' and 'tls.key': the private key is not that of the certificate"
	tfsecrets -q set KEY --file one.key
	tfsecrets -q set PULL <<<'{"auths":{"registry.example.org":{"auth":"u:p"}}}'
	over 4 "Secret 'pull', of type 'kubernetes.io/dockerconfigjson': '.dockerconfigjson': 'auth' of registry 1 is not 'user:password' in base64"
	tfsecrets -q set PULL <<<'{"auths":{"registry.example.org":{"auth":"dTpw"}}}'
	run -0 --separate-stderr tfsecrets apply
	[ "$(in_project get secret tls -o 'jsonpath={.type}')" = kubernetes.io/tls ]
	# kubectl looks at pairs as well, and agrees on both.
	in_project create secret tls again --cert=one.crt --key=one.key >/dev/null
	run ! in_project create secret tls wrong --cert=one.crt --key=other.key
}

@test "immutable: refused with what to do, and nothing else is written twice" {
	small_project 'settings:' '  A: {kind: config, default: x}' '  B: {kind: secret}'
	printf x | tfsecrets -q set B
	tfsecrets -q apply
	in_project patch configmap taskflow-config --type=merge -p '{"immutable":true}' >/dev/null
	sed -i 's/default: x/default: y/' tfsecrets.yaml
	run --separate-stderr tfsecrets apply
	fails 5 "cannot patch configmaps 'taskflow-config' in namespace '$namespace' (422): the server refuses it: data; it is immutable: give it another name in tfsecrets.yaml, since pods may see the old content of one that was deleted and made again"
	run --separate-stderr tfsecrets apply --write-only
	fails 5 "(422): the server refuses it: "
	fails 5 "it is immutable: give it another name"
}

@test "a key that is there as binary data is taken over only with --adopt" {
	small_project 'settings:' '  A: {kind: config, default: x}'
	printf '\0\377' >binary
	in_project create configmap taskflow-config --from-file=A=binary >/dev/null
	run --separate-stderr tfsecrets apply
	fails 5 "cannot patch configmaps 'taskflow-config' in namespace '$namespace' (422)"
	run -0 --separate-stderr tfsecrets apply --adopt
	[[ $stderr == *"takes over the key 'A' of 'kubectl-create' ("* ]]
	[ "$(in_project get configmap taskflow-config -o json | jq -c '[.data, .binaryData]')" = '[{"A":"x"},null]' ]
	run -0 tfsecrets diff
}
