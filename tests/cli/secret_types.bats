#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The values of Secrets of well-known types are checked before they are written anywhere.
load common

# type_project TYPE KEY...: one Secret of that type; the setting of each key is KEY_1, KEY_2, …, all optional.
type_project()
{
	local type=$1 key i=0
	shift

	{
		printf 'version: 1\nproject: taskflow\nenvironments:\n  prod: {targets: [{context: somewhere, namespace: taskflow}]}\nsettings:\n'
		for key in "$@"; do
			i=$((i + 1))
			echo "  KEY_$i: {kind: secret, optional: true$([[ $key != .* ]] || echo ', type: json')}"
		done
		printf 'objects:\n  it:\n    kind: Secret\n    type: %s\n    settings:\n' "$type"
		i=0
		for key in "$@"; do
			i=$((i + 1))
			echo "      $key: KEY_$i"
		done
	} >tfsecrets.yaml
	tfsecrets -q init --name alice
}

# refused TEXT
refused()
{
	run --separate-stderr tfsecrets render --reveal
	[ "$status" -eq 4 ] || { echo "status $status: $stderr"; return 1; }
	[ "$stderr" = "tfsecrets: Secret 'it', of type '$type': $1" ] || { echo "$stderr"; return 1; }
	[ -z "$output" ]
}

accepted()
{
	run -0 --separate-stderr tfsecrets render --reveal
	[[ $output == *"type: $type"* ]]
}

a_pair()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$1.key" -out "$1.crt" -subj /CN=x -days "${2:-2}" 2>/dev/null
}

@test "kubernetes.io/tls: the key is the certificate's" {
	type=kubernetes.io/tls
	type_project $type tls.crt tls.key
	a_pair one
	a_pair other
	refused "the key 'tls.crt' has no value"
	tfsecrets -q set KEY_1 --file one.crt
	refused "the key 'tls.key' has no value"
	run -3 tfsecrets check
	[[ $output == *"Secret 'it' is of type '$type', and its key 'tls.key' has no value in 'prod'"* ]]
	tfsecrets -q set KEY_2 --file one.key
	accepted
	[ -z "$stderr" ]
	tfsecrets -q set KEY_2 --file other.key
	refused "'tls.crt' and 'tls.key': the private key is not that of the certificate"
	cat one.crt other.crt >chain
	tfsecrets -q set KEY_1 --file chain
	refused "'tls.crt' and 'tls.key': the private key is that of certificate 2 of the chain, which must stand first"
	openssl pkcs8 -topk8 -in one.key -passout pass:x -out encrypted
	tfsecrets -q set KEY_2 --file encrypted
	refused "'tls.crt' and 'tls.key': the private key is encrypted, and nothing in a cluster knows its passphrase; 'openssl pkey' takes it off"
	# A dry look needs none of this.
	run -0 tfsecrets render
}

@test "kubernetes.io/tls: what is worth knowing is a note" {
	type=kubernetes.io/tls
	type_project $type tls.crt tls.key
	a_pair one
	openssl x509 -in one.crt -signkey one.key -days -1 -out expired.crt 2>/dev/null
	tfsecrets -q set KEY_1 --file expired.crt
	tfsecrets -q set KEY_2 --file one.key
	accepted
	[ "$stderr" = "note: Secret 'it': the certificate has expired" ]
}

@test "kubernetes.io/dockerconfigjson and dockercfg: registries, and how to sign in at each" {
	local right='{"r.example.org":{"auth":"dTpw"},"s":{"username":"u","password":"p"}}' key type wrap

	for key in .dockerconfigjson .dockercfg; do
		rm -rf tfsecrets tfsecrets.yaml
		type=kubernetes.io/${key#.}
		type_project "$type" "$key"
		refused "the key '$key' has no value"
		wrap='%s'
		[ $key = .dockercfg ] || wrap='{"HttpHeaders":{"a":[1,{"b":"}"}]},"auths":%s}'
		# shellcheck disable=SC2059
		printf "$wrap" "$right" | tfsecrets -q set KEY_1
		accepted
		# shellcheck disable=SC2059
		printf " \n$wrap\r\n" '{"r":{"username":"u",'$'\r\n\t'' "password":"p"'$'\r\n''}'$'\t''}' | tfsecrets -q set KEY_1
		accepted
		while IFS='|' read -r value text; do
			# shellcheck disable=SC2059
			printf "$wrap" "$value" | tfsecrets -q set KEY_1
			refused "'$key'$text"
		done <<-'END'
			{}| has no registries in it
			{"r":"u:p"}|: registry 1 is no object
			{"r":{"auth":"dTpw"},"s":[]}|: registry 2 is no object
			{"r":{"auth":"u:p"}}|: 'auth' of registry 1 is not 'user:password' in base64
			{"r":{"auth":"dXA="}}|: 'auth' of registry 1 is not 'user:password' in base64
			{"r":{"auth":""}}|: 'auth' of registry 1 is not 'user:password' in base64
			{"r":{"auth":7}}|: 'auth' of registry 1 is not 'user:password' in base64
			{"r":{"username":"u"}}|: registry 1 has neither 'auth' nor 'username' and 'password'
			{"r":{}}|: registry 1 has neither 'auth' nor 'username' and 'password'
		END
	done
	printf '[]' | tfsecrets -q set KEY_1
	refused "'.dockercfg' is no object of JSON"
	rm -rf tfsecrets tfsecrets.yaml
	type=kubernetes.io/dockerconfigjson
	type_project $type .dockerconfigjson
	printf '{"auths":[]}' | tfsecrets -q set KEY_1
	refused "'.dockerconfigjson' has no registries in it"
	printf '{"auth":{}}' | tfsecrets -q set KEY_1
	refused "'.dockerconfigjson' has no 'auths'"
}

@test "kubernetes.io/basic-auth: one of both has a value" {
	type=kubernetes.io/basic-auth
	type_project $type username password
	refused "neither 'username' nor 'password' has a value"
	printf p | tfsecrets -q set KEY_2
	accepted
}

@test "kubernetes.io/ssh-auth: a private key without a passphrase" {
	type=kubernetes.io/ssh-auth
	type_project $type ssh-privatekey
	refused "the key 'ssh-privatekey' has no value"
	for kind in ed25519 rsa ecdsa; do
		ssh-keygen -q -t "$kind" -N '' -f "$kind" -C ''
		ssh-keygen -q -t "$kind" -N passphrase -f "$kind-locked" -C ''
		ssh-keygen -q -t "$kind" -N passphrase -m PEM -f "$kind-old" -C ''
		tfsecrets -q set KEY_1 --file "$kind"
		accepted
		for locked in "$kind-locked" "$kind-old"; do
			[ "$locked" != ed25519-old ] || continue
			tfsecrets -q set KEY_1 --file "$locked"
			refused "'ssh-privatekey' is encrypted, and nothing in a cluster knows its passphrase; 'ssh-keygen -p' takes it off"
		done
		tfsecrets -q set KEY_1 --file "$kind.pub"
		refused "'ssh-privatekey' is no private key ('-----BEGIN … PRIVATE KEY-----')"
	done
}

@test "types that controllers make are refused in tfsecrets.yaml" {
	for type in kubernetes.io/service-account-token bootstrap.kubernetes.io/token helm.sh/release.v1; do
		rm -rf tfsecrets tfsecrets.yaml
		run --separate-stderr type_project "$type" token
		[ "$status" -eq 1 ]
		[[ $stderr == *"tfsecrets.yaml:"*": Secrets of type '$type' are made by controllers"* ]]
	done
}
