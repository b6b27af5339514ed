#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# All of TaskFlow on a real node, as its README tells to bring it there: the images of the Dockerfiles, a database, an
# Ingress' controller, a browser, users who never stop asking while keys and versions change, an autoscaler. Browser and
# users come by the page's name, through the Ingress. Each test goes on where the one before has stopped.

load reader

old_key=sk-proj-the-first-key-0123456789-aaaa
new_key=sk-proj-the-second-key-0123456789-bbbb
password=database-password-0123456789
signing='signing-secret-0123456789-0123456789-0123456789'
host=taskflow.example.com
page=https://$host
ingress=10.0.0.11 # as tests/cluster/ingress.yaml has it

setup_file()
{
	local archive

	start_cluster --node
	for archive in taskflow/{backend,frontend,postgres}.tar cluster/{metrics-server,traefik}.tar; do
		"$here/load" "$CLUSTER" "$BUILD/$archive" >/dev/null
	done
	kubectl apply --filename="$here/metrics.yaml" --filename="$here/ingress.yaml" >"$BATS_FILE_TMPDIR/applied" 2>&1
	run ! grep -i warning "$BATS_FILE_TMPDIR/applied"
	services
	controller
	commands
	copy
	# The cluster's controller, as the README tells to name it.
	sed -i 's/className: nginx/className: traefik/; s/kubernetes.io\/metadata.name: ingress-nginx/kubernetes.io\/metadata.name: ingress/' \
		chart/values-prod.yaml
	[ "$(grep -cE 'className: traefik|name: ingress}' chart/values-prod.yaml)" = 2 ]
	# What a reader would have in .env.
	sed -E "s#^(DATABASE_URL=).*#\1postgresql://taskflow:$password@postgres.services:5432/taskflow#
		s#^(OPENAI_API_KEY=).*#\1$old_key#; s#^(BETTER_AUTH_SECRET=).*#\1$signing#" \
		"$example/.env.example" >.env.example
	echo OPENAI_BASE_URL=http://openai.services/v1 >>.env.example
}

services()
{
	restricted_namespace services
	kubectl --namespace=services create secret generic postgres --from-literal="password=$password" >/dev/null
	kubectl --namespace=services create secret generic openai --from-literal="keys=$old_key $new_key" >/dev/null
	kubectl --namespace=services create configmap openai --from-file="$BATS_TEST_DIRNAME/openai" >/dev/null
	kubectl --namespace=services apply --filename="$BATS_TEST_DIRNAME/services.yaml" >/dev/null
	kubectl --namespace=services rollout status statefulset/postgres --timeout=2m >/dev/null
	kubectl --namespace=services rollout status deployment/openai --timeout=2m >/dev/null
}

# The Ingress' controller, and what names lead to it.
controller()
{
	kubectl --namespace=ingress rollout status deployment/traefik --timeout=2m >/dev/null
	printf '%s\n' '127.0.0.1 localhost' "$ingress $host other.example.com" >"$BATS_FILE_TMPDIR/hosts"
}

# by_name COMMAND...: in the node's network, where a user's DNS has the names.
by_name()
{
	"${as_user[@]}" "$@"
}

setup()
{
	reads
	export SSL_CERT_FILE=$BATS_FILE_TMPDIR/taskflow.crt
	as_user=("$here/enter" "$CLUSTER" unshare --mount sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$BATS_FILE_TMPDIR/hosts")
}

teardown()
{
	[ -z "${load:-}" ] || kill "$load" 2>/dev/null || true
	[ "${BATS_TEST_COMPLETED:-0}" = 1 ] || {
		in_project get pods
		in_project get events --output='custom-columns=A:.involvedObject.name,B:.reason,C:.message' | tail -n 20
		in_project logs --selector=app=taskflow --prefix --tail=15
	} || true
}

# loaded COMMAND...: runs it while users work with the page; fails where one of their requests does.
loaded()
{
	local status=0

	# Itself, not a shell that waits for it: it is told to end by a signal.
	(exec "${as_user[@]}" "$BATS_TEST_DIRNAME/load" "$page" "$BATS_TEST_TMPDIR/load.json") >"$BATS_TEST_TMPDIR/load" 3>&- &
	load=$!
	eventually grep -q ready "$BATS_TEST_TMPDIR/load"
	"$@" || status=$?
	kill -TERM "$load"
	wait "$load"
	jq --compact-output 'del(.failures)' "$BATS_TEST_TMPDIR/load.json" | sed 's/^/# /' >&3
	jq --exit-status --raw-output '.failures[]' "$BATS_TEST_TMPDIR/load.json" && return 1
	# More than all of them sign up with.
	[ "$(jq .requests "$BATS_TEST_TMPDIR/load.json")" -gt 8 ] && return "$status"
}

# asked_with KEY: how many requests with that key, by its last four characters, the assistant's service has answered.
asked_with()
{
	local address

	address=$(kubectl --namespace=services get service openai --output='jsonpath={.spec.clusterIP}')
	enter curl --silent --fail "http://$address/seen" | jq --arg key "${1: -4} 200" '.[$key] // 0'
}

@test "the README's commands bring TaskFlow up under the strictest profile, and no warning comes" {
	guide README.md settings
	run -0 guide README.md deploy
	[[ $output != *[Ww]arning* ]]
	[ "$(in_project get deployments --output='jsonpath={.items[*].status.readyReplicas}')" = "2 2" ]
	[ "$(serving backend .spec.automountServiceAccountToken)" = $'false\nfalse' ]
}

# asks NAME [OPTION...]: for the page; what it is answered with, and the status.
asks()
{
	by_name curl --silent --show-error --cacert "$SSL_CERT_FILE" --write-out '\n%{http_code}\n' "$1" "${@:2}"
}

# answers STATUS NAME [OPTION...]
answers()
{
	local answer

	answer=$(asks "${@:2}") && [ "${answer##*$'\n'}" = "$1" ]
}

has_address()
{
	[ "$(in_project get ingress "$1" --output='jsonpath={.status.loadBalancer.ingress[0].ip}')" = "$2" ]
}

# Of another class, for another host.
another_ingress()
{
	in_project get ingress taskflow --output=json | jq 'del(.metadata, .status, .spec.tls) | .metadata.name = "another" |
		.spec.ingressClassName = "nobody" | .spec.rules[0].host = "other.example.com"' | in_project apply --filename=-
}

@test "through the Ingress by its name, with the certificate of the Secret; no other name leads to the page" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7 -subj /CN=TaskFlow \
		-addext "subjectAltName=DNS:$host" -keyout taskflow.key -out taskflow.crt 2>/dev/null
	cp taskflow.crt "$SSL_CERT_FILE"
	another_ingress
	# Without the Secret the controller has a certificate of its own.
	run -60 asks "$page/"
	eventually answers 200 "$page/" --insecure
	run -0 guide README.md certificate
	[[ $output == *"$host"* ]]
	rm taskflow.key taskflow.crt
	eventually answers 200 "$page/"
	run -0 asks "$page/"
	[[ $output == *"<title>TaskFlow"* ]]
	answers 404 https://other.example.com/ --insecure
	answers 404 http://other.example.com/
	eventually has_address taskflow "$ingress"
	has_address another ''
	in_project delete ingress another
}

@test "in a browser it is used from signing up to the assistant's answer" {
	mkdir -p "$BUILD/taskflow/pictures"
	TRUSTED_KEY=$(openssl x509 -in "$SSL_CERT_FILE" -noout -pubkey | openssl pkey -pubin -outform der |
		openssl dgst -sha256 -binary | base64)
	export TRUSTED_KEY
	run by_name node "$BUILD/taskflow/browser/page.mjs" "$page" "$BUILD/taskflow/pictures"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *'saw no error in the browser' ]]
	[ "$(asked_with "$old_key")" -gt 0 ]
}

used()
{
	[ "$(asked_with "$1")" -gt 0 ]
}

pods()
{
	in_project get pods --selector="component=$1" --output=name
}

# all_new PART: none of the pods in the file `before` is left, however many the autoscaler has by now.
all_new()
{
	pods "$1" >now && [ "$(wc -l <now)" -ge 2 ] && ! grep -qxFf before now
}

# The frontend's connections to a pod that goes stay open for a while.
change_key()
{
	pods backend >before
	guide docs/change-a-value.md change && eventually used "$new_key" && eventually all_new backend
}

@test "another key for the assistant comes to the pods while users go on: no request fails, each key is used in its time" {
	before=$(asked_with "$old_key")
	run ! used "$new_key"
	NEW_KEY=$new_key loaded change_key
	[ "$(asked_with "$old_key")" -gt "$before" ]
	last=$(asked_with "$old_key") new=$(asked_with "$new_key")
	loaded sleep 3
	[ "$(asked_with "$old_key")" = "$last" ]
	[ "$(asked_with "$new_key")" -gt "$new" ]
}

@test "another version and 'helm rollback' while users go on: no request fails, and the settings stay" {
	run -0 loaded guide README.md versions
	[[ $output == *"Rollback was a success"* ]]
	[ "$(in_project get deployment taskflow-backend --output='jsonpath={..preStop.sleep.seconds}')" = 5 ]
	[ "$(value secret/taskflow-secrets openai-api-key)" = "$new_key" ]
	last=$(asked_with "$old_key")
	loaded sleep 2
	[ "$(asked_with "$old_key")" = "$last" ]
}

roll_frontend()
{
	pods frontend >before
	in_project rollout restart deployment/taskflow-frontend >/dev/null
	in_project rollout status deployment/taskflow-frontend --timeout=2m >/dev/null
	eventually all_new frontend
}

@test "the frontend's pods change over behind the Ingress while users go on: no request fails" {
	loaded roll_frontend
}

# In the node's namespaces, where containerd is.
ctr()
{
	local pid

	read -r pid _ <"$CLUSTER/node.pid"
	nsenter --target="$pid" --mount --pid --net ctr --namespace=k8s.io "$@"
}

restarted()
{
	[ "$(in_project get pod "$1" --output='jsonpath={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}')" = "1 true" ]
}

replaced()
{
	[ "$(serving backend .metadata.uid | wc -l)" -ge 2 ] && ! serving backend .metadata.uid | grep -q "$1" &&
		[ "$(serving backend '.status.conditions[] | select(.type == "Ready").status' | sort --unique)" = True ]
}

@test "a killed process is started again, a deleted pod is replaced, and the tasks are still there" {
	pod=$(serving backend .metadata.name | head -n 1)
	container=$(in_project get pod "$pod" --output='jsonpath={.status.containerStatuses[0].containerID}')
	ctr task kill --signal SIGKILL "${container#containerd://}"
	eventually restarted "$pod"
	uid=$(in_project get pod "$pod" --output='jsonpath={.metadata.uid}')
	in_project delete pod "$pod" --grace-period=0 --force >/dev/null 2>&1
	eventually replaced "$uid"
	loaded sleep 2
}

scaled()
{
	[ "$(in_project get deployment taskflow-backend --output='jsonpath={.status.readyReplicas}')" -gt 2 ]
}

@test "the autoscaler reads real metrics and adds pods under load" {
	eventually in_project top pods --no-headers
	seconds_to_end=180 loaded eventually scaled
	run -0 in_project get events --field-selector=reason=SuccessfulRescale --output='jsonpath={.items[*].message}'
	[[ $output == *"above target"* ]]
}

@test "for development: one of each, from Helm 3, at a port of the node" {
	cp .env.example .env
	tfsecrets -q seal --env dev --from .env
	rm .env
	git add . && git commit --quiet --message 'taskflow: settings of dev'
	kubectl create namespace taskflow-dev >/dev/null
	kubectl label namespace taskflow-dev pod-security.kubernetes.io/enforce=restricted >/dev/null
	run -0 tfsecrets apply --env dev
	enter "$BUILD/charts/helm3" upgrade --install taskflow chart --namespace taskflow-dev --values chart/values-dev.yaml \
		--values images.yaml >/dev/null
	for part in backend frontend; do
		kubectl --namespace=taskflow-dev rollout status "deployment/taskflow-$part" --timeout=2m
	done
	[ "$(kubectl --namespace=taskflow-dev get deployments --output='jsonpath={.items[*].status.readyReplicas}')" = "1 1" ]
	run -0 enter curl --silent --fail http://10.99.0.1:30080/health
	[ "$output" = '{"status":"ok"}' ]
}

# What a Helm release keeps, in the clear.
releases()
{
	kubectl get secrets --all-namespaces --field-selector=type=helm.sh/release.v1 --output=json |
		python3 -c 'import base64, gzip, json, sys
for item in json.load(sys.stdin)["items"]:
    print(gzip.decompress(base64.b64decode(base64.b64decode(item["data"]["release"]))).decode())'
}

@test "no value is in git, in the chart, in a release, in a log or in an event" {
	mkdir everywhere
	git cat-file --batch-all-objects --batch --buffer >everywhere/git
	cp -r chart manifests everywhere
	releases >everywhere/releases
	grep -q taskflow-backend everywhere/releases
	kubectl get events --all-namespaces --output=json >everywhere/events
	grep -q SuccessfulRescale everywhere/events
	for component in backend frontend; do
		in_project logs --selector="component=$component" --tail=-1 >"everywhere/$component"
		in_project logs --selector="component=$component" --tail=-1 --previous >>"everywhere/$component" 2>/dev/null || true
		[ -s "everywhere/$component" ]
	done
	in_project describe pods,deployments,secrets >everywhere/described
	for value in "$old_key" "$new_key" "$password" "$signing"; do
		run ! grep -rlF -e "$value" -e "$(printf %s "$value" | base64 --wrap=0)" everywhere
	done
}
