#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# apply --write-only: objects are made and replaced without a look, and what that gives up.
load common
load project

dotenv()
{
	sed -n "s/^$1=//p" "$BATS_TEST_TMPDIR/project/.env"
}

@test "made, then replaced: every value arrives, the answer is no more than metadata" {
	a_project
	from=$(wc -l <"$CLUSTER/audit.log")
	run -0 --separate-stderr tfsecrets apply --write-only
	[ "$output" = $'configmap/taskflow-config created\nsecret/taskflow-secrets created' ]
	[ "$(value secret/taskflow-secrets DATABASE_URL)" = "$(dotenv DATABASE_URL)" ]
	printf changed | tfsecrets -q set OPENAI_API_KEY
	run -0 --separate-stderr tfsecrets apply --write-only
	[ "$output" = $'configmap/taskflow-config replaced\nsecret/taskflow-secrets replaced' ]
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = changed ]
	[ "$(value configmap/taskflow-config LOG_LEVEL)" = info ]
	[ "$(tfsecrets apply --write-only -o json 2>/dev/null | jq -r .result | sort -u)" = replaced ]
	sleep 0.2
	tail -n "+$((from + 1))" "$CLUSTER/audit.log" |
		jq -c "select(.userAgent == \"tfsecrets\" and .objectRef.namespace == \"$namespace\" and .stage == \"ResponseComplete\")" >asked
	[ "$(jq -r '.verb + " " + .objectRef.resource' asked | sort | uniq -c | tr -s ' ')" = $' 3 create configmaps\n 3 create secrets\n 2 update configmaps\n 2 update secrets' ]
	jq -c .responseObject asked >answers
	run ! grep -qF "$(dotenv DATABASE_URL | tr -d '\n' | base64 -w0)" answers
	# No inventory is made.
	[ "$(in_project get secret -o name)" = secret/taskflow-secrets ]
}

@test "a dry run at the server writes nothing" {
	a_project
	run -0 --separate-stderr tfsecrets apply --write-only --dry-run=server
	[ "$output" = $'configmap/taskflow-config created (server dry run)\nsecret/taskflow-secrets created (server dry run)' ]
	[ -z "$(in_project get secret,configmap -o name)" ]
}

@test "a later apply takes over what was written so, without a conflict, and a key that leaves goes" {
	a_project
	tfsecrets -q apply --write-only
	printf changed | tfsecrets -q set OPENAI_API_KEY
	run -3 --separate-stderr tfsecrets diff
	[[ $output == *"secret/taskflow-secrets in $namespace differs: ~OPENAI_API_KEY"* ]]
	[[ $output != *"was written by"* ]]
	run -0 --separate-stderr tfsecrets apply
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = changed ]
	[ "$(in_project get secret taskflow-secrets --show-managed-fields -o json | jq -r '.metadata.managedFields[] | .manager + " " + .operation')" = 'tfsecrets Apply' ]
	run -0 tfsecrets diff
	# In turn, and with a key less each time.
	tfsecrets -q apply --write-only
	tfsecrets -q unset --yes OPENAI_API_KEY
	sed -i '/^  OPENAI_API_KEY:/,/kind:/d' tfsecrets.yaml
	run -0 --separate-stderr tfsecrets apply
	[ "$(in_project get secret taskflow-secrets -o json | jq -c '.data | keys')" = '["BETTER_AUTH_SECRET","DATABASE_URL"]' ]
	run -0 tfsecrets diff
}

@test "what it gives up: others' keys and labels go, a foreign object is not seen, an older value neither" {
	a_project
	tfsecrets -q apply
	cp -r tfsecrets ../older
	printf newer | tfsecrets -q set OPENAI_API_KEY
	tfsecrets -q apply
	in_project patch secret taskflow-secrets --type merge -p '{"stringData":{"EXTRA":"theirs"},"metadata":{"labels":{"team":"a"}}}' >/dev/null
	rm -r tfsecrets && cp -r ../older tfsecrets
	run -0 --separate-stderr tfsecrets apply --write-only
	[ "$(in_project get secret taskflow-secrets -o json | jq -c '[.data | keys, .["metadata"]?]' | jq -c '.[0]')" = '["BETTER_AUTH_SECRET","DATABASE_URL","OPENAI_API_KEY"]' ]
	[ -z "$(in_project get secret taskflow-secrets -o 'jsonpath={.metadata.labels.team}')" ]
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = "$(dotenv OPENAI_API_KEY)" ]
	# The mark of before stands, and the next apply that looks holds against it.
	run --separate-stderr tfsecrets apply
	fails 4 "'OPENAI_API_KEY' is of generation 1, and this target has had generation 2"
}

@test "what the clone and the roster forbid is refused all the same" {
	a_project
	cp -r tfsecrets ../older
	tfsecrets -q keygen -o ../bob >../bob.pub
	tfsecrets -q member add bob --keys ../bob.pub --read
	tfsecrets -q roster bind --env prod --namespace elsewhere
	run --separate-stderr tfsecrets apply --write-only
	fails 4 "the roster does not allow namespace '$namespace' for 'prod'"
	rm -r tfsecrets && cp -r ../older tfsecrets
	run --separate-stderr tfsecrets apply --write-only
	fails 4 "is older than the last one that this clone has verified"
	[ -z "$(in_project get secret,configmap -o name)" ]
}

@test "a type that was another, one that does not fit, and a namespace that is not there" {
	a_project
	in_project create secret generic taskflow-secrets --type=other.example.org/type
	run --separate-stderr tfsecrets apply --write-only
	fails 5 "cannot update secrets 'taskflow-secrets' in namespace '$namespace' (422): the server refuses it: type; an object's type"
	run --separate-stderr tfsecrets apply --write-only -n "nowhere-$BATS_TEST_NUMBER"
	fails 5 "there is no namespace 'nowhere-$BATS_TEST_NUMBER'; --create-namespace makes it"
	run -0 --separate-stderr tfsecrets apply --write-only -n "nowhere-$BATS_TEST_NUMBER" --create-namespace
	in_project delete configmap taskflow-config
	python3 "$root/tests/cli/forge.py" sealed tfsecrets/prod/sealed/OPENAI_API_KEY --enc "$(printf %064d 0)" \
		--as "$HOME/.config/tfsecrets/identity"
	run --separate-stderr tfsecrets apply --write-only
	fails 4 "opening 'OPENAI_API_KEY': altered, or sealed to another key"
	[ -z "$(in_project get configmap taskflow-config -o name --ignore-not-found)" ]
}

@test "options that go by what is there are misuse" {
	a_project
	for option in --adopt --force-conflicts --prune --atomic; do
		run --separate-stderr tfsecrets apply --write-only "$option"
		fails 2 "'$option' takes a look at what is there, and '--write-only' none"
	done
	run --separate-stderr tfsecrets apply --write-only --dry-run=client
	fails 2 "'--dry-run=client' takes a look at what is there, and '--write-only' none; --dry-run=server does without"
}
