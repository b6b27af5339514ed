#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# apply and diff against a real API server.

load common
load project

both='configmap/taskflow-config serverside-applied
secret/taskflow-secrets serverside-applied'
neither='configmap/taskflow-config unchanged
secret/taskflow-secrets unchanged'

# dotenv NAME
dotenv()
{
	sed -n "s/^$1=//p" "$BATS_TEST_TMPDIR/project/.env"
}

# requests SINCE: verb and resource of what the user has asked the server for in our namespace since that line.
requests()
{
	tail -n "+$(($1 + 1))" "$CLUSTER/audit.log" |
		jq -r "select(.stage == \"ResponseComplete\" and .userAgent == \"tfsecrets\" and .objectRef.namespace == \"$namespace\") | .verb + \" \" + .objectRef.resource"
}

level_in()
{
	kubectl --namespace="$1" get configmap taskflow-config -o 'jsonpath={.data.LOG_LEVEL}'
}

audit_lines()
{
	wc -l <"$CLUSTER/audit.log"
}

@test "apply writes the objects with their values, and says where before it does" {
	a_project
	run --separate-stderr tfsecrets apply
	[ "$status" -eq 0 ]
	[ "$output" = "$both" ]
	[[ ${stderr_lines[0]} == "prod: to namespace '$namespace' at https://127.0.0.1:"*", context 'test'" ]]
	[ "$(value secret/taskflow-secrets DATABASE_URL)" = "$(dotenv DATABASE_URL)" ]
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = "$(dotenv OPENAI_API_KEY)" ]
	[ "$(value configmap/taskflow-config LOG_LEVEL)" = info ]
	[ "$(in_project get secret/taskflow-secrets -o 'jsonpath={.type}')" = Opaque ]
	[ -z "$(in_project get secret/taskflow-secrets -o yaml | grep last-applied || true)" ]
}

@test "applied again nothing changes: a metadata GET for each object and the inventory, no write, no key" {
	a_project
	tfsecrets -q apply
	before=$(version_of secret/taskflow-secrets)
	rm -r "$HOME/.config"
	from=$(audit_lines)
	run --separate-stderr tfsecrets apply
	[ "$status" -eq 0 ]
	[ "$output" = "$neither" ]
	[ "$(version_of secret/taskflow-secrets)" = "$before" ]
	sleep 0.2
	requests "$from"
	[ "$(requests "$from" | sort)" = $'get configmaps\nget secrets\nget secrets' ]
}

@test "one changed value is one object written" {
	a_project
	tfsecrets -q apply
	config=$(version_of configmap/taskflow-config)
	printf changed | tfsecrets -q set OPENAI_API_KEY
	run --separate-stderr tfsecrets diff
	[ "$status" -eq 3 ]
	[ "$output" = "secret/taskflow-secrets in $namespace differs: ~OPENAI_API_KEY" ]
	run --separate-stderr tfsecrets apply
	[ "$output" = $'configmap/taskflow-config unchanged\nsecret/taskflow-secrets serverside-applied' ]
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = changed ]
	[ "$(version_of configmap/taskflow-config)" = "$config" ]
	run -0 --separate-stderr tfsecrets diff
	[ -z "$output" ]
}

@test "a key that leaves the schema leaves the object; the inventory keeps its mark" {
	a_project
	tfsecrets -q apply
	tfsecrets -q unset --yes OPENAI_API_KEY
	python3 - <<-'END'
		import re
		text = open("tfsecrets.yaml").read()
		text = re.sub(r"  OPENAI_API_KEY:\n(    .*\n)*", "", text)
		open("tfsecrets.yaml", "w").write(text)
	END
	run --separate-stderr tfsecrets diff
	[ "$status" -eq 3 ]
	[ "$output" = "secret/taskflow-secrets in $namespace differs: -OPENAI_API_KEY" ]
	run -0 --separate-stderr tfsecrets apply
	[[ $stderr == *"note: 'OPENAI_API_KEY' has left tfsecrets.yaml"* ]]
	[ "$(in_project get secret/taskflow-secrets -o json | jq '.data | has("OPENAI_API_KEY")')" = false ]
	in_project get secret -o yaml -l tfsecrets.dev/environment=prod | grep -q 'generations: .*OPENAI_API_KEY=1:'
}

@test "no answer to apply or diff has a value in it" {
	a_project
	from=$(audit_lines)
	tfsecrets -q apply
	printf another-secret | tfsecrets -q set OPENAI_API_KEY
	tfsecrets -q apply
	tfsecrets -q apply --dry-run=server
	tfsecrets -q diff
	sleep 0.2
	tail -n "+$((from + 1))" "$CLUSTER/audit.log" |
		jq -c "select(.objectRef.namespace == \"$namespace\") | .responseObject" >answers
	[ "$(grep -c '"kind"' answers)" -gt 4 ]
	for name in DATABASE_URL BETTER_AUTH_SECRET OPENAI_API_KEY; do
		run ! grep -qF "$(dotenv "$name" | tr -d '\n' | base64 -w0)" answers
		run ! grep -qF "$(dotenv "$name")" answers
	done
	run ! grep -qF "$(printf another-secret | base64)" answers
	# The search can find one: the request that brought it.
	tail -n "+$((from + 1))" "$CLUSTER/audit.log" | grep -qF "$(printf another-secret | base64)"
}

@test "fields of another manager are named with it and the time, and taken only with --force-conflicts" {
	a_project
	tfsecrets -q apply
	in_project patch configmap taskflow-config --type merge -p '{"data":{"LOG_LEVEL":"debug"}}'
	run --separate-stderr tfsecrets apply
	fails 5 "ConfigMap 'taskflow-config' has fields of other managers: .data.LOG_LEVEL of 'kubectl-patch'"
	[[ $stderr == *"--force-conflicts takes them"* ]]
	[ "$(value configmap/taskflow-config LOG_LEVEL)" = debug ]
	run -0 --separate-stderr tfsecrets apply --force-conflicts
	[ "$(value configmap/taskflow-config LOG_LEVEL)" = info ]
	[ "$(tfsecrets apply 2>/dev/null)" = "$neither" ]
}

@test "an older value is refused, whatever the repository says; --allow-rollback takes it" {
	a_project
	tfsecrets -q apply
	cp -r tfsecrets ../older
	printf newer | tfsecrets -q set OPENAI_API_KEY
	tfsecrets -q apply
	rm -r tfsecrets && cp -r ../older tfsecrets
	for command in diff apply "apply --dry-run=client" "apply --force-conflicts"; do
		# shellcheck disable=SC2086
		run --separate-stderr tfsecrets $command
		fails 4 "'OPENAI_API_KEY' is of generation 1, and this target has had generation 2"
	done
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = newer ]
	run -0 --separate-stderr tfsecrets apply --allow-rollback
	[[ $stderr == *"allowed by --allow-rollback"* ]]
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = "$(dotenv OPENAI_API_KEY)" ]
	tfsecrets -q apply
}

@test "another value of the same generation is refused" {
	a_project
	cp -r tfsecrets ../base
	printf one | tfsecrets -q set OPENAI_API_KEY
	tfsecrets -q apply
	rm -r tfsecrets && cp -r ../base tfsecrets
	printf two | tfsecrets -q set OPENAI_API_KEY
	run --separate-stderr tfsecrets apply
	fails 4 "'OPENAI_API_KEY' is another value of generation 2 than the one that this target has had"
}

@test "a value that is no secret any more, or is gone, is refused" {
	a_project
	tfsecrets -q apply
	may_be_absent OPENAI_API_KEY
	rm tfsecrets/prod/sealed/OPENAI_API_KEY
	run --separate-stderr tfsecrets apply
	fails 4 "'OPENAI_API_KEY' was sealed when this target last got it (generation 1), and is not any more"
	sed -i '/^  OPENAI_API_KEY:/,/kind:/s/kind: secret/kind: config/' tfsecrets.yaml
	echo 'OPENAI_API_KEY: none' >>tfsecrets/prod/config.yaml
	run --separate-stderr tfsecrets apply
	fails 4 "'OPENAI_API_KEY' was sealed when this target last got it (generation 1), and is not any more"
}

# may_be_absent SETTING
may_be_absent()
{
	sed -i "/^  $1:/,/kind:/s/kind: secret/kind: secret\n    optional: true/" tfsecrets.yaml
}

# A value that was applied, then unset, and that applied as well; ../older has it still.
an_unset_value()
{
	may_be_absent OPENAI_API_KEY
	tfsecrets -q apply
	cp -r tfsecrets ../older
	tfsecrets -q unset --yes OPENAI_API_KEY
	tfsecrets -q apply
	[ "$(in_project get secret taskflow-secrets -o json | jq '.data | has("OPENAI_API_KEY")')" = false ]
	in_project get secret -o yaml -l tfsecrets.dev/environment=prod | grep -q 'generations: .*OPENAI_API_KEY=2:'
}

@test "a tombstone that was deleted is missed at the target" {
	a_project
	an_unset_value
	rm tfsecrets/prod/sealed/OPENAI_API_KEY
	run --separate-stderr tfsecrets apply
	fails 4 "'OPENAI_API_KEY' was sealed when this target last got it (generation 2), and is not any more"
}

@test "a tombstone replaced by an older value is refused at the target" {
	a_project
	an_unset_value
	cp ../older/prod/sealed/OPENAI_API_KEY tfsecrets/prod/sealed
	tfsecrets -q check
	run --separate-stderr tfsecrets apply
	fails 4 "'OPENAI_API_KEY' is of generation 1, and this target has had generation 2"
}

@test "a value that does not open is not applied, and nothing else is" {
	a_project
	python3 "$root/tests/cli/forge.py" sealed tfsecrets/prod/sealed/OPENAI_API_KEY --enc "$(printf %064d 0)" \
		--as "$HOME/.config/tfsecrets/identity"
	tfsecrets -q check
	run --separate-stderr tfsecrets apply
	fails 4 "opening 'OPENAI_API_KEY': altered, or sealed to another key"
	[ -z "$(in_project get configmap taskflow-config -o name --ignore-not-found)" ]
	[ -z "$(in_project get secret taskflow-secrets -o name --ignore-not-found)" ]
}

# turn_plain: OPENAI_API_KEY is no secret any more, says the repository.
turn_plain()
{
	rm tfsecrets/prod/sealed/OPENAI_API_KEY
	sed -i '/^  OPENAI_API_KEY:/,/kind:/s/kind: secret/kind: config\n    not-secret: it opens nothing/' tfsecrets.yaml
	echo 'OPENAI_API_KEY: nothing' >>tfsecrets/prod/config.yaml
}

@test "a rollback that was allowed is asked no more: of a value that is plain now, there is no mark" {
	a_project
	tfsecrets -q apply
	turn_plain
	run --separate-stderr tfsecrets apply
	fails 4 "'OPENAI_API_KEY' was sealed when this target last got it (generation 1), and is not any more"
	run -0 --separate-stderr tfsecrets apply --allow-rollback --dry-run=server
	run --separate-stderr tfsecrets diff
	fails 4 "is not any more"
	run -0 --separate-stderr tfsecrets apply --allow-rollback
	[[ $stderr == *"is not any more; allowed by --allow-rollback"* ]]
	[ "$(tfsecrets apply 2>/dev/null)" = "$neither" ]
	run -0 --separate-stderr tfsecrets diff
	# The marks of the others are there.
	in_project get secret -o yaml -l tfsecrets.dev/environment=prod | grep -q 'generations: BETTER_AUTH_SECRET=1:[0-9a-f]*,DATABASE_URL=1:'
}

@test "an inventory that somebody altered is refused" {
	a_project
	tfsecrets -q apply
	name=$(in_project get secret -o name --field-selector type=tfsecrets.dev/inventory)
	for change in 'generations=OPENAI_API_KEY=0:00000000' 'generations=nonsense' 'objects=Pod/x' 'roster=x' \
		'roster=0123:1:22' $'generations=\e[31mX=1:00000000' 'generations=A B=1:00000000' 'objects=Secret/A' \
		$'objects=Secret/\e[31m' 'objects=Secret/a,Secret/a'; do
		in_project annotate --overwrite "$name" "tfsecrets.dev/$change" >/dev/null
		run --separate-stderr tfsecrets apply
		fails 4 "'tfsecrets.dev/${change%%=*}'"
		[[ $stderr != *$'\e'* ]]
		in_project annotate --overwrite "$name" "tfsecrets.dev/generations=" "tfsecrets.dev/objects=" >/dev/null
	done
}

@test "what an annotation says that is no key is not shown" {
	a_project
	tfsecrets -q apply
	in_project annotate --overwrite configmap/taskflow-config $'tfsecrets.dev/keys=\e[31mX=1,GONE=2' tfsecrets.dev/content=x >/dev/null
	run -3 --separate-stderr tfsecrets diff
	[[ $output == "configmap/taskflow-config in $namespace differs: "*-GONE* ]]
	[[ $output != *$'\e'* ]]
}

@test "dry runs write nothing; the server's finds what it refuses" {
	a_project
	run --separate-stderr tfsecrets apply --dry-run=client
	[ "$status" -eq 0 ]
	[ "$output" = "${both//applied/applied (dry run)}" ]
	run --separate-stderr tfsecrets apply --dry-run=server
	[ "$status" -eq 0 ]
	[ "$output" = "${both//applied/applied (server dry run)}" ]
	[ -z "$(in_project get secret -o name)" ]
	[ "$(tfsecrets apply -o name 2>/dev/null)" = $'configmap/taskflow-config\nsecret/taskflow-secrets' ]
}

@test "as JSON and as YAML it says the same" {
	a_project
	tfsecrets apply -o json --dry-run=client 2>/dev/null >said
	[ "$(jq -r .result said | sort -u)" = created ]
	tfsecrets -q apply
	printf changed | tfsecrets -q set OPENAI_API_KEY
	tfsecrets apply -o json 2>/dev/null >said
	[ "$(jq -c '[.kind, .namespace, .name, .result, .changes]' said)" = "$(cat <<-END
		["ConfigMap","$namespace","taskflow-config","unchanged",""]
		["Secret","$namespace","taskflow-secrets","changed","~OPENAI_API_KEY"]
	END
	)" ]
	tfsecrets apply -o yaml 2>/dev/null >said.yaml
	tfsecrets apply -o json 2>/dev/null | jq -s -S . >said.json
	"$BUILD/venv/bin/python3" -c 'import json, sys, yaml; print(json.dumps(yaml.safe_load(open("said.yaml"))))' |
		jq -S . | cmp - said.json
}

@test "a namespace that is not there" {
	a_project
	run --separate-stderr tfsecrets apply -n "nowhere-$BATS_TEST_NUMBER"
	fails 5 "there is no namespace 'nowhere-$BATS_TEST_NUMBER'; --create-namespace makes it"
	run -0 --separate-stderr tfsecrets apply -n "nowhere-$BATS_TEST_NUMBER" --create-namespace
	[ "$(level_in "nowhere-$BATS_TEST_NUMBER")" = info ]
}

@test "a namespace that is being deleted, and a type that was another: said as what they are" {
	a_project
	in_project create secret generic taskflow-secrets --type=other.example.org/type
	run --separate-stderr tfsecrets apply --force-conflicts
	fails 5 "cannot patch secrets 'taskflow-secrets' in namespace '$namespace' (422): the server refuses it: type; an object's type cannot be changed: delete it"
	in_project delete secret taskflow-secrets
	run -0 tfsecrets -q apply
	in_project delete secret taskflow-secrets
	kubectl delete namespace "$namespace" --wait=false
	run --separate-stderr tfsecrets apply
	fails 5 "cannot patch secrets 'taskflow-secrets' in namespace '$namespace' (403): the namespace is being deleted"
}

@test "an account that may do nothing is told what it may not" {
	a_project
	"$here/user" "$CLUSTER" nobody
	run --separate-stderr tfsecrets apply --kubeconfig "$CLUSTER/nobody.kubeconfig" --context "$(kubectl --kubeconfig "$CLUSTER/nobody.kubeconfig" config current-context)"
	fails 5 "not allowed to get secrets"
	[[ $stderr == *"(403): a role must grant it to the account (context "*"); it needs 'get' on secrets 'tfsecrets."* ]]
}

@test "an object of another project or system is left alone" {
	a_project
	in_project create configmap taskflow-config --from-literal=A=b
	in_project annotate configmap taskflow-config meta.helm.sh/release-name=other
	run --separate-stderr tfsecrets apply
	fails 4 "ConfigMap 'taskflow-config' is another system's: it has meta.helm.sh/release-name, the mark of Helm"
	in_project annotate configmap taskflow-config meta.helm.sh/release-name-
	in_project label configmap taskflow-config tfsecrets.dev/project=0123
	run --separate-stderr tfsecrets apply
	fails 4 "ConfigMap 'taskflow-config' is of another project, 0123"
	[ "$(value configmap/taskflow-config A)" = b ]
}

@test "another manager's extra key is not touched" {
	a_project
	tfsecrets -q apply
	in_project patch configmap taskflow-config --type merge -p '{"data":{"EXTRA":"theirs"}}'
	[ "$(tfsecrets apply 2>/dev/null)" = "$neither" ]
	sed -i 's/^LOG_LEVEL.*/LOG_LEVEL: warn/' tfsecrets/prod/config.yaml
	tfsecrets -q apply
	[ "$(value configmap/taskflow-config EXTRA)$(value configmap/taskflow-config LOG_LEVEL)" = theirswarn ]
}

@test "many applies at once: none is lost, and no mark either" {
	a_project
	tfsecrets -q apply
	for i in 1 2 3 4 5 6; do
		cp -r "$BATS_TEST_TMPDIR/project" "$BATS_TEST_TMPDIR/copy$i"
	done
	# Six clones, each with one more generation than the one before.
	for i in 1 2 3 4 5 6; do
		for j in $(seq "$i" 6); do
			(cd "$BATS_TEST_TMPDIR/copy$j" && printf 'value-%s' "$i" | tfsecrets -q set OPENAI_API_KEY) || return 1
		done
		[ "$i" -eq 6 ] || rm -r "$BATS_TEST_TMPDIR/copy$((i + 1))"
		[ "$i" -eq 6 ] || cp -r "$BATS_TEST_TMPDIR/copy$i" "$BATS_TEST_TMPDIR/copy$((i + 1))"
	done
	for i in 6 2 4 1 5 3; do
		(cd "$BATS_TEST_TMPDIR/copy$i" && code=0 && { tfsecrets -q apply >out 2>err || code=$?; } && echo "$code" >status) 3>&- &
	done
	wait
	for i in 1 2 3 4 5 6; do
		case $(cat "$BATS_TEST_TMPDIR/copy$i/status") in
		0) ;;
		4) grep -q "this target has had generation" "$BATS_TEST_TMPDIR/copy$i/err" ;;
		*) cat "$BATS_TEST_TMPDIR/copy$i/err"; return 1 ;;
		esac
	done
	[ "$(cat "$BATS_TEST_TMPDIR/copy6/status")" = 0 ]
	[ "$(value secret/taskflow-secrets OPENAI_API_KEY)" = value-6 ]
	in_project get secret -o yaml -l tfsecrets.dev/environment=prod | grep -q 'generations: .*OPENAI_API_KEY=7:'
}

@test "every text arrives byte for byte" {
	a_project
	cat >>tfsecrets.yaml <<-END
		  TEXT: {kind: config, optional: true}
		  SEALED: {kind: secret, optional: true}
	END
	for text in $'\u0085' $'a\u0085b' '😀' 'a/b\/c' $'\x7f' $'\u0080' $'\u2028\u2029\ufeff' $'tab\tlf\ncr\r' $'"\\' null 12 \
		$'trailing \n' "$(head -c 3000 /dev/zero | tr '\0' x)"; do
		printf %s "$text" >exact
		tfsecrets -q set TEXT --file exact
		tfsecrets -q set SEALED --file exact
		tfsecrets -q apply >/dev/null
		value configmap/taskflow-config TEXT | cmp - exact
		value secret/taskflow-secrets SEALED | cmp - exact
	done
}

@test "a secret of bytes, and one of nearly the maximum" {
	a_project
	echo '  BLOB: {kind: secret, type: string}' >>tfsecrets.yaml
	head -c 700000 /dev/urandom >exact
	tfsecrets -q set BLOB --file exact
	tfsecrets -q apply
	in_project get secret taskflow-secrets -o 'jsonpath={.data.BLOB}' | base64 -d | cmp - exact
	head -c 1048576 /dev/urandom >exact
	tfsecrets -q set BLOB --file exact
	before=$(version_of secret/taskflow-secrets)
	run --separate-stderr tfsecrets apply
	fails 1 "Secret 'taskflow-secrets': "
	[ "$(version_of secret/taskflow-secrets)" = "$before" ]
}

@test "values are encrypted in etcd" {
	a_project
	tfsecrets -q apply
	run ! grep -rqaF "$(dotenv DATABASE_URL)" "$CLUSTER/etcd"
	run ! grep -rqaF "$(dotenv DATABASE_URL | tr -d '\n' | base64 -w0)" "$CLUSTER/etcd"
	grep -rqaF taskflow-secrets "$CLUSTER/etcd"
}

@test "at its end no copy of a secret, of the identity or of the client's key is in memory" {
	run "$root/tests/leak/memory" apply
	echo "$output"
	[ "$status" -ne 77 ] || skip "${lines[-1]}"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^ok: apply' <<<"$output")" -ge 6 ]
}

@test "a cluster that is not there, or is not the one that it should be" {
	a_project
	server=$(kubectl config view -o 'jsonpath={.clusters[0].cluster.server}')
	other https://127.0.0.1:9
	run --separate-stderr tfsecrets apply --kubeconfig other --timeout 1s
	fails 1 "cannot reach 'https://127.0.0.1:9': Failed to connect to 127.0.0.1 port 9"
	fails 1 "; does it run, and is that its address?"
	other "http://127.0.0.1:${server##*:}"
	run --separate-stderr tfsecrets apply --kubeconfig other --timeout 1s
	fails 5 "says 400; over http, it may want https"
	other http://cluster.example.org
	run --separate-stderr tfsecrets apply --kubeconfig other
	fails 1 "'server' is not https, which only a server on this machine may be"
	other "$server" --tls-server-name=other.example.org
	run --separate-stderr tfsecrets apply --kubeconfig other --timeout 1s
	fails 1 "cannot reach '$server': SSL: no alternative certificate subject name matches"
	fails 1 "; --tls-server-name says which name it has"
	other "$server"
	kubectl --kubeconfig=other config unset clusters.test.certificate-authority-data
	kubectl --kubeconfig=other config unset clusters.test.certificate-authority
	run --separate-stderr tfsecrets apply --kubeconfig other --timeout 1s
	fails 1 "cannot reach '$server'"
	run -0 --separate-stderr tfsecrets apply --kubeconfig other --insecure-skip-tls-verify
}

# other SERVER [FLAG...]: ./other, a kubeconfig whose cluster is that.
other()
{
	kubectl config view --raw --flatten >other
	kubectl --kubeconfig=other config set-cluster test --server="$1" "${@:2}" >/dev/null
}

@test "tls-server-name is what the certificate must name" {
	a_project
	other "$(kubectl config view -o 'jsonpath={.clusters[0].cluster.server}')" --tls-server-name=localhost
	run -0 --separate-stderr tfsecrets apply --kubeconfig other
	[ "$output" = "$both" ]
}

@test "several targets: one that fails does not stop the others" {
	a_project
	kubectl create namespace "$namespace-b" >/dev/null
	sed -i "s/^  prod: .*/  prod: {targets: [{context: test, namespace: $namespace}, {context: test, namespace: $namespace-none}, {context: test, namespace: $namespace-b}]}/" tfsecrets.yaml
	run --separate-stderr tfsecrets apply
	fails 5 "context 'test', namespace '$namespace-none': "
	fails 5 "there is no namespace '$namespace-none'"
	[ "$output" = "$both"$'\n'"$both" ]
	[ "$(level_in "$namespace-b")" = info ]
}

# many_targets COUNT: the project's targets are so many namespaces.
many_targets()
{
	local targets='' i

	for i in $(seq "$1"); do
		kubectl create namespace "$namespace-$i" >/dev/null
		targets+=", {context: test, namespace: $namespace-$i}"
	done
	sed -i "s/^  prod: .*/  prod: {targets: [${targets#, }]}/" tfsecrets.yaml
}

# all_requests SINCE: verb and resource, of all namespaces.
all_requests()
{
	sleep 0.2
	tail -n "+$(($1 + 1))" "$CLUSTER/audit.log" |
		jq -r 'select(.userAgent == "tfsecrets") | .verb + " " + .objectRef.resource' | sort | uniq -c | tr -s ' '
}

@test "many targets in one cluster are looked at by one LIST for each kind" {
	a_project
	many_targets 6
	[ "$(tfsecrets apply 2>/dev/null | grep -c serverside-applied)" -eq 12 ]
	from=$(audit_lines)
	[ "$(tfsecrets apply 2>/dev/null | grep -c unchanged)" -eq 12 ]
	[ "$(all_requests "$from")" = $' 1 list configmaps\n 1 list secrets' ]
	kubectl --namespace="$namespace-3" delete secret taskflow-secrets >/dev/null
	kubectl --namespace="$namespace-4" patch configmap taskflow-config --type merge -p '{"data":{"LOG_LEVEL":"debug"}}'
	run --separate-stderr tfsecrets apply --force-conflicts
	[ "$status" -eq 0 ]
	[ "$(grep -c serverside-applied <<<"$output")" -eq 2 ]
	[ "$(level_in "$namespace-4")" = info ]
	kubectl --namespace="$namespace-3" get secret taskflow-secrets
	# Another's object is seen so, too.
	kubectl --namespace="$namespace-5" annotate configmap taskflow-config meta.helm.sh/release-name=other >/dev/null
	kubectl --namespace="$namespace-6" patch configmap taskflow-config --type=merge -p '{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"x","uid":"y"}]}}' >/dev/null
	run --separate-stderr tfsecrets apply
	fails 4 "namespace '$namespace-5': ConfigMap 'taskflow-config' is another system's: it has meta.helm.sh/release-name"
	fails 4 "namespace '$namespace-6': ConfigMap 'taskflow-config' is another system's: it has ownerReferences"
	[ "$(grep -c unchanged <<<"$output")" -eq 8 ]
}

@test "an account that may not list reads them one by one" {
	a_project
	many_targets 6
	tfsecrets -q apply
	"$here/user" "$CLUSTER" lister-not
	for i in $(seq 6); do
		kubectl --namespace="$namespace-$i" create role reader --verb=get --resource=secrets,configmaps
		kubectl --namespace="$namespace-$i" create rolebinding reader --role=reader --user=lister-not
	done >/dev/null
	kubectl --kubeconfig="$CLUSTER/lister-not.kubeconfig" config rename-context \
		"$(kubectl --kubeconfig="$CLUSTER/lister-not.kubeconfig" config current-context)" test || true
	from=$(audit_lines)
	[ "$(tfsecrets apply --kubeconfig "$CLUSTER/lister-not.kubeconfig" 2>/dev/null | grep -c unchanged)" -eq 12 ]
	all_requests "$from" | grep -q ' 6 get configmaps'
	all_requests "$from" | grep -q ' 12 get secrets'
}

# bound LINE...: the roster, signed anew, binds prod to these; the clone trusts it.
bound()
{
	printf '%s\n' "$@" >../lines
	sed -i '/^removed /r ../lines' tfsecrets/roster/0001
	"$BUILD/venv/bin/python3" "$root/tests/cli/forge.py" roster tfsecrets/roster/0001 --as "$HOME/.config/tfsecrets/identity"
	rm -r "$HOME/state" .git/tfsecrets 2>/dev/null || true
}

@test "a cluster that the roster does not name is refused, by the uid that no other has" {
	a_project
	bound 'cluster 6f1c0000-0000-0000-0000-000000000000'
	run --separate-stderr tfsecrets apply
	fails 4 "the roster does not allow this cluster for 'prod'"
	[ -z "$(in_project get secret -o name)" ]
	sed -i '/^cluster /d' tfsecrets/roster/0001
	bound "cluster $(kubectl get namespace kube-system -o 'jsonpath={.metadata.uid}')"
	from=$(audit_lines)
	run -0 --separate-stderr tfsecrets apply
	[ "$output" = "$both" ]
	all_requests "$from" | grep -q ' 1 get namespaces'
}

@test "a namespace that the roster does not name is refused" {
	a_project
	bound 'namespace elsewhere'
	run --separate-stderr tfsecrets apply
	fails 4 "the roster does not allow namespace '$namespace' for 'prod'"
	[ -z "$(in_project get secret -o name)" ]
	sed -i '/^namespace /d' tfsecrets/roster/0001
	bound "namespace $namespace"
	run -0 --separate-stderr tfsecrets apply
}

@test "a roster that is older than the target's, or of another history, is refused" {
	a_project
	tfsecrets -q apply
	inventory=$(in_project get secret -o name --field-selector type=tfsecrets.dev/inventory)
	roster=$(in_project get "$inventory" -o 'go-template={{index .metadata.annotations "tfsecrets.dev/roster"}}')
	in_project annotate --overwrite "$inventory" "tfsecrets.dev/roster=${roster%%:*}:2:${roster##*:}" >/dev/null
	run --separate-stderr tfsecrets apply --allow-rollback
	fails 4 "this target has had roster 2, and here is only roster 1"
	in_project annotate --overwrite "$inventory" "tfsecrets.dev/roster=${roster%:*}:$(printf %064d 1)" >/dev/null
	run --separate-stderr tfsecrets apply --allow-rollback
	fails 4 "this target has had another roster 1 than the one here"
}

@test "no targets and no place named is misuse" {
	a_project
	sed -i 's/^  prod: .*/  prod: {}/' tfsecrets.yaml
	run --separate-stderr tfsecrets apply
	fails 2 "'prod' has no targets in tfsecrets.yaml; --context or --namespace says where to"
	run -0 --separate-stderr tfsecrets apply -n "$namespace"
}

@test "a kubeconfig's namespace, token and proxy are not taken blindly" {
	a_project
	other "$(kubectl config view -o 'jsonpath={.clusters[0].cluster.server}')"
	sed -i 's/^  prod: .*/  prod: {}/' tfsecrets.yaml
	kubectl --kubeconfig=other config set-context test --namespace=a/../../b >/dev/null
	run --separate-stderr tfsecrets apply --kubeconfig other --context test
	fails 1 "context 'test': its namespace is not a DNS label"
	kubectl --kubeconfig=other config set-context test --namespace="$namespace" >/dev/null
	kubectl --kubeconfig=other config set-credentials broken --token=$'abc\r\nX-Other: 1' >/dev/null
	kubectl --kubeconfig=other config set-context test --user=broken >/dev/null
	run --separate-stderr tfsecrets apply --kubeconfig other --context test
	fails 1 "context 'test': its token has characters that no token has"
	[[ $stderr != *abc* ]]
	kubectl --kubeconfig=other config set clusters.test.proxy-url http://127.0.0.1:9 >/dev/null
	kubectl --kubeconfig=other config set-credentials broken --token=abc >/dev/null
	run --separate-stderr tfsecrets apply --kubeconfig other --context test --timeout 1s
	fails 1 "cannot reach"
}

@test "a token is as good as a certificate, and three verbs are enough" {
	a_project
	in_project create serviceaccount deployer
	in_project create role deployer --verb=get,create,patch --resource=secrets,configmaps
	in_project create rolebinding deployer --role=deployer --serviceaccount="$namespace:deployer"
	other "$(kubectl config view -o 'jsonpath={.clusters[0].cluster.server}')"
	in_project create token deployer >deployer.token
	kubectl --kubeconfig=other config set users.deployer.tokenFile deployer.token >/dev/null
	kubectl --kubeconfig=other config set-context test --user=deployer >/dev/null
	run -0 --separate-stderr tfsecrets apply --kubeconfig other
	[ "$output" = "$both" ]
	run ! grep -qF "$(cat deployer.token)" <<<"$stderr"
	# The role gives nothing elsewhere.
	run --separate-stderr tfsecrets apply --kubeconfig other -n default
	fails 5 "not allowed to get secrets"
}

@test "a roster that is older than the clone has verified is applied with --allow-rollback only" {
	a_project
	cp -r tfsecrets ../older
	tfsecrets -q keygen -o ../bob >../bob.pub
	tfsecrets -q member add bob --keys ../bob.pub --read
	rm -r tfsecrets && cp -r ../older tfsecrets
	run --separate-stderr tfsecrets apply
	fails 4 "roster 1 is older than the last one that this clone has verified; update the branch, or apply it with --allow-rollback"
	[ -z "$(in_project get secret -o name)" ]
	run -3 --separate-stderr tfsecrets diff
	run -0 --separate-stderr tfsecrets apply --allow-rollback
}

@test "nothing is applied while a roster is proposed" {
	a_project
	tfsecrets -q keygen -o ../bob >../bob.pub
	tfsecrets -q member add bob --keys ../bob.pub --read --admin
	tfsecrets -q roster threshold 2
	tfsecrets -q rotate
	run --separate-stderr tfsecrets apply
	fails 4 "roster 4 still lacks signatures; nothing is applied until 'tfsecrets roster sign' completes it, or 'tfsecrets roster withdraw' takes it back"
	[ -z "$(in_project get secret -o name)" ]
	tfsecrets -q roster withdraw
	run -0 --separate-stderr tfsecrets apply
}

@test "without targets somebody at a terminal is asked, with the place before the eyes" {
	a_project
	sed -i 's/^  prod: .*/  prod: {}/' tfsecrets.yaml
	run "$root/tests/cli/on_terminal" expect "to namespace '$namespace' at https://" expect 'apply there?' send 'n\n' \
		-- "$TFSECRETS" apply -n "$namespace"
	[ "$status" -eq 1 ]
	[[ $output == *"nothing was changed"* ]]
	[ -z "$(in_project get secret -o name)" ]
	run -0 "$root/tests/cli/on_terminal" expect 'apply there?' send 'y\n' -- "$TFSECRETS" apply -n "$namespace"
	run -0 "$root/tests/cli/on_terminal" expect unchanged -- "$TFSECRETS" apply --yes -n "$namespace"
	[[ $output != *"apply there?"* ]]
}
