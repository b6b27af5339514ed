#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What render prints, given to a cluster by kubectl.
load ../cli/common
load common

setup_file()
{
	start_cluster
	kubectl create namespace taskflow
}

# Where a project has its objects unless it says otherwise.
setup()
{
	setup_project
	sed 's/context: {cluster: test,/& namespace: taskflow,/' "$CLUSTER/kubeconfig" >"$HOME/kubeconfig"
	export KUBECONFIG=$HOME/kubeconfig
	kubectl delete secrets,configmaps --all
}

apply()
{
	kubectl apply --server-side --field-manager=tfsecrets --filename="$1"
}

# stored KIND NAME KEY: the bytes that the cluster has.
stored()
{
	local filter='.data[$key]'

	[ "$1" = configmap ] || filter+=' | @base64d'
	kubectl get "$1" "$2" --output=json | jq --join-output --arg key "$3" "$filter"
}

@test 'what render reveals is in the cluster as it was sealed' {
	typed_project
	for format in yaml json; do
		tfsecrets render --reveal -o $format >objects
		apply objects
		[ "$(stored configmap words MOTTO)" = 'yes: "no" # 012' ]
		stored secret ingress tls.crt | cmp - tls.crt
		stored secret ingress tls.key | cmp - tls.key
		[ "$(stored secret pull .dockerconfigjson | jq -r '.auths["registry.example.org"].auth')" = dTpw ]
		kubectl delete --filename=objects
	done
}

@test 'what render hides is refused by the cluster, and none of it is stored' {
	a_project
	tfsecrets render --env prod -o json | jq '.items[] | select(.kind == "Secret")' >secret
	run -1 --separate-stderr apply secret
	says 'illegal base64 data'
	run -1 --separate-stderr kubectl get secret taskflow-secrets
	says '"taskflow-secrets" not found'
}

@test 'what is applied again unchanged changes nothing' {
	a_project
	tfsecrets render --env prod --reveal >objects
	apply objects
	before=$(kubectl get --filename=objects --output='jsonpath={.items[*].metadata.resourceVersion}')
	tfsecrets render --env prod --reveal >again
	apply again
	after=$(kubectl get --filename=objects --output='jsonpath={.items[*].metadata.resourceVersion}')
	[[ $before =~ ^[0-9]+\ [0-9]+$ ]]
	[ "$after" = "$before" ]
}

@test 'a plain value arrives as the text that it is, whatever YAML would make of it' {
	a_schema <<-END
		  A: {kind: config}
	END
	for value in no 012 1e3 '~' null '' ' x ' '# c' '"q"' "it's" '{' $'two\nlines\n' $'tab\tin' $'\r\n' \
		'ä€😀' $'\u2028' $'\ufeff' $'\u00a0' '\/' '\u0041'; do
		printf '%s' "$value" >exact
		tfsecrets -q set A --file exact
		for format in yaml json; do
			tfsecrets render -o $format >objects
			apply objects
			stored configmap taskflow-config A | cmp - exact
		done
	done
}

# kubectl sends as they are the characters that render has escaped, and the server's YAML reader does not
# take them so. It refuses all of them but one, of which it makes a blank.
@test 'what kubectl does not carry over: control characters in a plain value' {
	a_schema <<-END
		  A: {kind: config}
	END
	for value in $'\x7f' $'\u0080' $'\ufffe'; do
		tfsecrets -q set A="$value"
		tfsecrets render >objects
		run -1 --separate-stderr apply objects
		says 'control characters are not allowed'
	done
	tfsecrets -q set A=$'a\u0085b'
	tfsecrets render >objects
	apply objects
	[ "$(stored configmap taskflow-config A)" = 'a b' ]
}
