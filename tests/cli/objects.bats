#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What render prints, read by a YAML parser that is not ours.
load common

# query EXPRESSION: of what standard input holds, as `documents`, by PyYAML.
query()
{
	python3 -c 'import base64, sys, yaml
documents = list(yaml.safe_load_all(sys.stdin))
print(eval(sys.argv[1]))' "$1"
}

@test "YAML and JSON hold the same objects" {
	typed_project
	tfsecrets render --reveal >objects.yaml
	tfsecrets render --reveal -o json >objects.json
	python3 -c 'import json, yaml
a = list(yaml.safe_load_all(open("objects.yaml")))
b = json.load(open("objects.json"))["items"]
assert a == b and len(a) == 3, (a, b)'
}

@test "typed Secrets have their type and their keys" {
	typed_project
	tfsecrets render --reveal >objects.yaml
	[ "$(query '[d["type"] for d in documents if d["kind"] == "Secret"]' <objects.yaml)" = \
		"['kubernetes.io/tls', 'kubernetes.io/dockerconfigjson']" ]
	query '[base64.b64decode(d["data"]["tls.crt"]).decode() for d in documents if "tls.crt" in d["data"]][0]' \
		<objects.yaml | sed '$d' | cmp - tls.crt
}

@test "a plain value is the text that stands there, whatever YAML would make of it" {
	a_schema <<-END
		  A: {kind: config}
	END
	for value in no 012 1e3 0x1F '~' 2026-11-25 null '' ' x ' 'a: b' '# c' '"q"' "it's" '{' '- x' '&a' '!t' '%' '@' '`' \
		$'two\nlines\n' $'tab\tin' 'ä€😀' $'\u0085' $'\u2028' ': ' '=' '<<'; do
		printf '%s' "$value" >exact
		tfsecrets -q set A --file exact
		tfsecrets render | query '(sys.stdout.write(documents[0]["data"]["A"]), "")[1]' >got
		# print adds an LF
		{ cat exact; echo; } | cmp - got || { echo "value: $value"; return 1; }
		tfsecrets get A | cmp - exact
	done
}

@test "a plain value that is no text is refused: no config.yaml can hold it" {
	a_schema <<-END
		  BLOB: {kind: config}
	END
	printf '\377\376\001' >bytes
	run --separate-stderr tfsecrets set BLOB --file bytes
	fails 4 "'BLOB' has bytes that are no text"
	[ ! -e tfsecrets/prod/config.yaml ]
}

@test "a secret that is no text stands in the Secret byte for byte" {
	a_schema <<-END
		  BLOB: {kind: secret}
	END
	head -c 1000 /dev/urandom >bytes
	tfsecrets -q set BLOB --file bytes
	tfsecrets render --reveal | query 'documents[-1]["data"]["BLOB"]' | base64 -d | cmp - bytes
}

@test "render prints the same bytes each time" {
	a_project
	for options in "" "--reveal" "-o json" "--reveal -o json"; do
		# shellcheck disable=SC2086
		cmp <(tfsecrets render $options) <(tfsecrets render $options)
	done
}

@test "the text that hides a secret is not base64, so no API server takes it" {
	a_project
	tfsecrets render | query '[v for d in documents if d["kind"] == "Secret" for v in d["data"].values()]' >hidden
	grep -q hidden hidden
	run python3 -c 'import base64; base64.b64decode("<hidden: sealed, generation 1>", validate=True)'
	[ "$status" -ne 0 ]
}

@test "standard output carries the objects and nothing else, standard error is silent" {
	a_project
	run --separate-stderr tfsecrets render --reveal
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	query 'len(documents)' <<<"$output" | grep -qx 2
}

@test "when a value does not open, nothing at all is printed" {
	a_project
	printf 'x\n' >>tfsecrets/prod/sealed/OPENAI_API_KEY
	for options in "" --reveal; do
		# shellcheck disable=SC2086
		run --separate-stderr tfsecrets render $options
		fails 4 "OPENAI_API_KEY"
		[ -z "$output" ]
	done
}

@test "the namespace is the target's, -n says another, and several targets leave it out" {
	typed_project
	[ "$(tfsecrets render | query 'documents[0]["metadata"]["namespace"]')" = taskflow ]
	[ "$(tfsecrets render -n other | query 'documents[0]["metadata"]["namespace"]')" = other ]
	run --separate-stderr tfsecrets render -n 'Not A Label'
	fails 2 "'--namespace Not A Label' is not a DNS label"
	sed -i 's/targets: \[/targets: [{context: b, namespace: c}, /' tfsecrets.yaml
	[ "$(tfsecrets render | query '"namespace" in documents[0]["metadata"]')" = False ]
}

@test "an environment that delivers sealed has its bundle to print, and no Secret" {
	a_project
	sed -i 's/^  prod: {}/  prod: {deliver: sealed}/' tfsecrets.yaml
	[ "$(tfsecrets render | query '[d["kind"] for d in documents]')" = "['ConfigMap', 'ConfigMap']" ]
	[ "$(tfsecrets render | query '[d["metadata"]["name"][-7:] for d in documents][1]')" = -sealed ]
}

@test "objects carry the marks that they are known by" {
	a_project
	tfsecrets render >objects.yaml
	id=$(sed -n 's/^project-id //p' tfsecrets/roster/0001)
	[ "$(query 'documents[0]["metadata"]["labels"]["tfsecrets.dev/project"]' <objects.yaml)" = "$id" ]
	before=$(query 'documents[1]["metadata"]["annotations"]["tfsecrets.dev/content"]' <objects.yaml)
	tfsecrets -q set OPENAI_API_KEY <<<sk-another-one-0123456789
	after=$(tfsecrets render | query 'documents[1]["metadata"]["annotations"]["tfsecrets.dev/content"]')
	[[ $before == v1:* ]]
	[ "$before" != "$after" ]
}
