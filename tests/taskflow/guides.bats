#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the pages of examples/taskflow tell to do, done, in the order of a deployment's life: each test goes on where the
# one before has stopped. The cluster is a real node. In the images of backend and frontend is a server that answers
# everything: what the application itself does is another file's.

load reader

setup_file()
{
	local said

	said=$("$here/node_check" 2>&1) || skip "$said"
	"$here/build" --node "$BUILD"
	build_charts
	start_cluster --node
	make -s -C "$root" BUILD="$BUILD" image >/dev/null
	"$here/load" "$CLUSTER" "$BUILD/tfsecrets-inject.oci.tar" |
		sed -n 's/^unpacking \([^ ]*\) .*/\1/p' >"$BATS_FILE_TMPDIR/inject"
	stand_in taskflow-backend :8000
	stand_in taskflow-frontend :3000
	commands
	copy
}

# stand_in NAME ADDRESS
stand_in()
{
	"$here/image" "localhost/$1:test" "$BUILD/cluster/app" "$BATS_FILE_TMPDIR/$1.tar" serve "$2" ok
	"$here/load" "$CLUSTER" "$BATS_FILE_TMPDIR/$1.tar" >/dev/null
}

setup()
{
	reads
}

key()
{
	value secret/taskflow-secrets openai-api-key
}

# started PART: its pods that are not about to end.
started()
{
	in_project get pods --selector="app=taskflow,component=$1" --output=json |
		jq --raw-output '[.items[].metadata | select(.deletionTimestamp | not).uid] | sort[]'
}

@test "every block of shell is run here, but for those that make a cluster or a database to try" {
	"$BATS_TEST_DIRNAME/block" README.md docs/*.md >blocks
	grep -c ': run: ' blocks
	grep ': not run: ' blocks >not-run
	printf 'README.md: not run: %s\n' minikube kind database | cmp - not-run
	while IFS=': ' read -r page _ name; do
		grep -qE "guide (docs/)?$page $name\$" "$BATS_TEST_FILENAME" || { echo "$page: '$name' is not run"; return 1; }
	done < <(grep ': run: ' blocks)
}

@test "README: the settings, the deployment, another version and back" {
	guide README.md settings
	[ -z "$(git status --porcelain)" ]
	run ! git ls-files --error-unmatch .env
	guide README.md deploy
	[ "$(in_project get deployments --output='jsonpath={.items[*].status.readyReplicas}')" = "2 2" ]
	address=$(in_project get service taskflow-frontend --output='jsonpath={.spec.clusterIP}')
	[ "$(eventually enter curl --silent --fail "http://$address/")" = ok ]
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=TaskFlow -keyout taskflow.key \
		-out taskflow.crt 2>/dev/null
	guide README.md certificate
	[ "$(in_project get secret taskflow-tls --output='jsonpath={.type}')" = kubernetes.io/tls ]
	rm taskflow.key taskflow.crt
	run -0 guide README.md versions
	[[ $output == *"Rollback was a success"* ]]
	[ "$(in_project get deployment taskflow-backend --output='jsonpath={..preStop.sleep.seconds}')" = 5 ]
	[ "$(helm history taskflow --namespace taskflow --output json | jq length)" = 3 ]
}

@test "README: one of each for development" {
	guide README.md dev
	[ "$(kubectl --namespace=taskflow-dev get deployments --output='jsonpath={.items[*].status.readyReplicas}')" = "1 1" ]
	[ "$(eventually enter curl --silent --fail http://10.99.0.1:30080/)" = ok ]
	[ -z "$(git status --porcelain)" ]
	kubectl delete namespace taskflow-dev --wait=false
}

@test "a value changes, comes to the pods that use it and to no others, and goes back" {
	tfsecrets -q apply --env prod --restart --wait # what was made in the second of the apply counts as older
	backend=$(started backend) frontend=$(started frontend)
	before=$(key)
	NEW_KEY=sk-proj-another-key-for-the-assistant
	guide docs/change-a-value.md change
	[ "$(key)" = "$NEW_KEY" ]
	[ "$(started frontend)" = "$frontend" ]
	[ "$(wc -w <<<"$backend")" = 2 ]
	run ! grep --quiet --fixed-strings "$backend" <<<"$(started backend)"
	guide docs/change-a-value.md differs
	printf sk-proj-not-applied-yet-0123456789 | tfsecrets -q set --env prod OPENAI_API_KEY
	run -3 guide docs/change-a-value.md differs
	[[ $output == *"secret/taskflow-secrets in taskflow differs: ~openai-api-key"* ]]
	git checkout --quiet tfsecrets
	guide docs/change-a-value.md plain
	[ "$(value configmap/taskflow-config LOG_LEVEL)" = debug ]
	guide docs/change-a-value.md back
	[ "$(key)" = "$before" ]
}

as_nobody()
{
	(cd "$database" && HOME=$database setpriv --reuid=nobody --clear-groups "$bin/$1" --pgdata=data "${@:2}" >/dev/null)
}

# A PostgreSQL of the test's own, which asks for passwords, and writes all that it is told into its log. It does not
# run as root, and root's folders are closed to it.
postgresql()
{
	bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb | tail -n 1)")
	database=$(mktemp -d /tmp/tfsecrets-database.XXXXXX)
	echo administrator >"$database/password"
	chown -R nobody "$database"
	export PGPASSWORD=administrator PGUSER=postgres PGDATABASE=taskflow PGHOST=127.0.0.1
	PGPORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	export PGPORT
	as_nobody initdb --username=postgres --auth=scram-sha-256 --pwfile=password
	as_nobody pg_ctl --wait --log=log start 3>&- --options="-p $PGPORT -c listen_addresses=127.0.0.1 \
		-c unix_socket_directories= -c fsync=off -c log_statement=all"
	psql --quiet --dbname=postgres --command='CREATE DATABASE taskflow'
}

teardown()
{
	[ -n "${database:-}" ] || return 0
	as_nobody pg_ctl --mode=immediate stop || cat "$database/log"
	rm -rf "$database"
}

# signs_in URL: whether this opens a session.
signs_in()
{
	env --unset=PGPASSWORD psql "$1" --quiet --no-psqlrc --command='SELECT 1' >/dev/null 2>&1
}

@test "the database's password changes: both are valid until the pods have changed over, and none is in the server's log" {
	postgresql
	DATABASE=127.0.0.1:$PGPORT/taskflow
	guide docs/database-password.md roles
	guide docs/database-password.md next
	guide docs/database-password.md over
	first=$(value secret/taskflow-secrets database-url)
	[[ $first == "postgresql://taskflow_a:"*"@$DATABASE" ]]
	signs_in "$first"
	psql "$first" --quiet --command='CREATE TABLE task (text text)'
	guide docs/database-password.md next
	[ "$next $last" = "taskflow_b taskflow_a" ]
	signs_in "$first"
	guide docs/database-password.md over
	second=$(value secret/taskflow-secrets database-url)
	[[ $second == "postgresql://taskflow_b:"*"@$DATABASE" ]]
	signs_in "$first"
	psql "$second" --quiet --command='ALTER TABLE task ADD done boolean'
	run -0 guide docs/database-password.md close
	[ "$(tr -d ' \n' <<<"$output")" = 0 ]
	run ! signs_in "$first"
	signs_in "$second"
	guide docs/database-password.md next
	[ "$next $last" = "taskflow_a taskflow_b" ]
	git checkout --quiet tfsecrets
	grep -q 'CREATE TABLE task' "$database/log"
	for url in "$first" "$second"; do
		password=${url#*:*:}
		[ "${#password}" -gt 48 ]
		run ! grep -q "${password%%@*}" "$database/log"
	done
}

@test "restore: the database from its dump while the backend is stopped, the namespace from git" {
	postgresql
	DATABASE=127.0.0.1:$PGPORT/taskflow
	guide docs/database-password.md roles
	guide docs/database-password.md next
	git checkout --quiet tfsecrets
	psql --quiet --command="CREATE TABLE task (text text); ALTER TABLE task OWNER TO taskflow_owner; INSERT INTO task VALUES ('kept')"
	guide docs/restore.md dump
	psql --quiet --command="UPDATE task SET text = 'lost'"
	guide docs/restore.md stop
	[ -z "$(started backend)" ]
	guide docs/restore.md load
	[ "$(psql --quiet --tuples-only --no-align --command='SELECT text, tableowner FROM task, pg_tables WHERE tablename = $$task$$')" = "kept|taskflow_owner" ]
	guide docs/restore.md start
	[ "$(in_project get deployment taskflow-backend --output='jsonpath={.status.readyReplicas}')" = 2 ]
	in_project get hpa taskflow-backend
	rm taskflow.dump
	kubectl delete namespace taskflow --timeout=2m
	guide docs/restore.md namespace
	[ "$(in_project get deployment taskflow-backend --output='jsonpath={.status.readyReplicas}')" = 2 ]
}

@test "lost keys: a recovery reader reads every value" {
	export RECOVERY=$BATS_TEST_TMPDIR
	guide docs/restore.md recovery
	run -0 guide docs/restore.md try-recovery
	[ "$output" = 9 ]
}

@test "somebody leaves: what he could read is due until it has changed, and check says so" {
	tfsecrets -q keygen --output bob >bob.pub
	tfsecrets -q member add bob --keys bob.pub --env prod --read --yes
	tfsecrets get --env prod OPENAI_API_KEY --identity bob
	guide docs/somebody-leaves.md remove
	run ! tfsecrets get --env prod OPENAI_API_KEY --identity bob
	run -3 guide docs/somebody-leaves.md due
	for setting in DATABASE_URL BETTER_AUTH_SECRET OPENAI_API_KEY; do
		[[ $output == *"due: prod: '$setting'"* || $output == *"due: "*"$setting"* ]]
	done
	before=$(value secret/taskflow-secrets better-auth-secret)
	guide docs/somebody-leaves.md new-secret
	after=$(value secret/taskflow-secrets better-auth-secret)
	[ "${#after}" = 48 ]
	[ "$before" != "$after" ]
	printf sk-proj-new-at-the-provider-0123456789 | tfsecrets -q set --env prod OPENAI_API_KEY
	printf postgresql://taskflow_b:another-one@db.internal:5432/taskflow | tfsecrets -q set --env prod DATABASE_URL
	git add . && git commit --quiet --message 'all changed'
	tfsecrets check --strict
}

@test "sealed delivery: no Secret but the pods' identity, the values in memory, and a change without a key" {
	export INJECT_IMAGE
	INJECT_IMAGE=$(<"$BATS_FILE_TMPDIR/inject")
	tfsecrets -q apply --env prod
	guide docs/sealed.md deliver
	helm uninstall taskflow --namespace taskflow --wait >/dev/null
	run -0 guide docs/sealed.md sealed
	[[ $output == *'deployment "taskflow-backend" successfully rolled out'* ]]
	pod=$(in_project get pods --selector=component=backend --output=json |
		jq --raw-output '[.items[] | select(.metadata.deletionTimestamp | not)][0].metadata.name')
	[ "$(in_project exec "$pod" -- /app read /tfsecrets/values/openai-api-key)" = "$(tfsecrets get --env prod OPENAI_API_KEY)" ]
	printf sk-proj-sealed-to-the-pods-0123456789 | tfsecrets -q set --env prod OPENAI_API_KEY
	mv "$HOME/.config/tfsecrets/identity" kept
	run -0 guide docs/sealed.md sealed-change
	[[ $output == *"deployment.apps/taskflow-backend restarted"* ]]
	mv kept "$HOME/.config/tfsecrets/identity"
	in_project get secret taskflow-secrets
	guide docs/sealed.md prune
	run ! in_project get secret taskflow-secrets
	in_project get secrets --output=json | jq --raw-output '.items[] | select(.type == "Opaque").metadata.name' >left
	[ "$(<left)" = taskflow-prod-identity ]
}
