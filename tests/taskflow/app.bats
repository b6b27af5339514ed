#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The application of examples/taskflow: the backend's own tests, and its images as a restricted pod runs them, with a
# real PostgreSQL, a stand-in for the assistant's service and a real browser.

load common
bats_require_minimum_version 1.5.0

# The ports of the images are constants: each test's network is a new one, so they are started in one.
setup_file()
{
	local key=sk-test-0123456789abcdef-used database_password=pass-in-the-database

	for name in backend frontend postgres; do
		unpacked "$name" >/dev/null
	done
	mkdir "$BATS_FILE_TMPDIR/data" "$BATS_FILE_TMPDIR/pictures"
	chown 10001:10001 "$BATS_FILE_TMPDIR/data"
	echo "$key" >"$BATS_FILE_TMPDIR/keys"
	# Its loopback is up before anyone enters.
	unshare --net sh -c 'ip link set lo up && : >"$0" && exec sleep infinity' "$BATS_FILE_TMPDIR/is-up" 3>&- &
	network=$!
	echo "$network" >"$BATS_FILE_TMPDIR/started"
	wait_for test -e "$BATS_FILE_TMPDIR/is-up"
	printf '%s\n' "key=$key" "network=$network" "database_password=$database_password" \
		"signing=signing-secret-0123456789-0123456789" >"$BATS_FILE_TMPDIR/state"
	load_state
	nsenter --target "$network" --net "$here/openai" --port 9000 --keys "$BATS_FILE_TMPDIR/keys" \
		>"$BATS_FILE_TMPDIR/openai.log" 3>&- &
	echo $! >>"$BATS_FILE_TMPDIR/started"
	DATA=$BATS_FILE_TMPDIR/data start_within postgres postgres "POSTGRES_PASSWORD=$database_password"
	start_backend
	start_within frontend frontend BACKEND_INTERNAL_URL=http://127.0.0.1:8000 DRAIN_SECONDS=2
	echo "frontend=$started" >>"$BATS_FILE_TMPDIR/state"
	wait_for within curl --fail --silent http://127.0.0.1:8000/ready || { cat "$BATS_FILE_TMPDIR"/*.log; false; }
	wait_for within curl --fail --silent http://127.0.0.1:3000/ready || { cat "$BATS_FILE_TMPDIR"/*.log; false; }
}

teardown_file()
{
	end_all
}

setup()
{
	load_state
}

within()
{
	nsenter --target "$network" --net "$@"
}

# start_within NAME LOG [NAME=VALUE...]: start, in the file's network.
start_within()
{
	export -f in_image unpacked command_of
	export here built BATS_FILE_TMPDIR
	# Not by way of within: what is started here is to be the process that is noted.
	nsenter --target "$network" --net bash -c 'in_image "$@"' start "$1" "${@:3}" >"$BATS_FILE_TMPDIR/$2.log" 2>&1 3>&- &
	started=$!
	echo "$started" >>"$BATS_FILE_TMPDIR/started"
}

start_backend()
{
	start_within backend backend FRONTEND_URL=http://127.0.0.1:3000 BACKEND_URL=http://127.0.0.1:8000 \
		OPENAI_BASE_URL=http://127.0.0.1:9000/v1 "OPENAI_API_KEY=$key" "BETTER_AUTH_SECRET=$signing" \
		"DATABASE_URL=postgresql://taskflow:$database_password@127.0.0.1:5432/taskflow" DRAIN_SECONDS=2
	echo "backend=$started" >>"$BATS_FILE_TMPDIR/state"
}

# api METHOD PATH [BODY]: through the frontend, with the cookie of the test's session.
api()
{
	within curl --silent --show-error --max-time 30 --request "$1" --cookie cookies --cookie-jar cookies \
		--header 'Content-Type: application/json' ${3:+--data "$3"} "http://127.0.0.1:3000/api/$2"
}

sign_up()
{
	cd "$BATS_TEST_TMPDIR" || return
	[ "$(api POST sign-up "{\"name\": \"user $BATS_TEST_NUMBER\", \"password\": \"password-of-a-user\"}")" = '{"status":"signed in"}' ]
}

@test "the backend's own tests pass" {
	cd "$here/../../examples/taskflow/backend"
	"$built/venv/bin/python" -m pytest --basetemp="$BATS_TEST_TMPDIR/pytest"
}

@test "a user's way through the page, in a browser" {
	run within node "$built/browser/page.mjs" http://127.0.0.1:3000 "$BATS_FILE_TMPDIR/pictures"
	echo "$output"
	mkdir -p "$built/pictures"
	cp "$BATS_FILE_TMPDIR/pictures"/*.png "$built/pictures"
	[ "$status" -eq 0 ]
	[[ $output = *'ok 13 - saw no error in the browser' ]]
	grep -qx 'used 200' "$BATS_FILE_TMPDIR/openai.log"
}

@test "the images run as another than root, and say what they are" {
	for name in backend frontend postgres; do
		config=$("$here/image" config "$built/$name.tar")
		[ "$(jq -r .User <<<"$config")" = 10001:10001 ]
		[ "$name" = postgres ] || [ "$(jq -r '.Labels["org.opencontainers.image.title"]' <<<"$config")" = "taskflow-$name" ]
	done
	[ "$(jq -r '.ExposedPorts | keys[]' <<<"$("$here/image" config "$built/backend.tar")")" = 8000/tcp ]
	[ "$(jq -r '.ExposedPorts | keys[]' <<<"$("$here/image" config "$built/frontend.tar")")" = 3000/tcp ]
}

@test "nothing of how they were built or tested is in the images" {
	cd "$BATS_FILE_TMPDIR"
	for folder in backend frontend; do
		run find "$folder" -name .npmrc -o -name npmrc -o -path "$folder/etc/pip.conf" -o -path "$folder/settings" -o \
			-path "$folder/app/tests" -o -path "$folder/app/*" -name '.env*' -o -path '*/static/*.map' -o \
			-path '*/node_modules/sharp' -o -path '*/node_modules/typescript' -o -path '*/node_modules/@img'
		echo "$output"
		[ "$output" = '' ]
		# Not to be written to by whom they run as.
		run find "$folder/app" \( -perm /022 -not -type l \) -o -not -uid 0
		echo "$output"
		[ "$output" = '' ]
	done
	[ -e backend/app/app/__pycache__ ]
}

# The default bases are published ones, so the sizes there are theirs and ours. node:24-alpine is listed with 171 MB
# unpacked.
@test "what is built upon the bases is small" {
	read -r base ours < <("$here/image" sizes "$built/frontend.tar")
	echo "# frontend: $((ours / 1000000)) MB upon the base, which may have $((200 - ours / 1000000)) MB; Debian's here has $((base / 1000000)) MB" >&3
	[ "$ours" -lt 40000000 ]
	read -r base ours < <("$here/image" sizes "$built/backend.tar")
	echo "# backend: $((ours / 1000000)) MB upon the base, which may have $((300 - ours / 1000000)) MB; Debian's here has $((base / 1000000)) MB" >&3
	[ "$ours" -lt 100000000 ]
}

@test "without its settings the backend's image names them and ends with 78" {
	run --separate-stderr in_image backend
	[ "$status" -eq 78 ]
	[ "$output" = '' ]
	[ "$stderr" = "settings: 'FRONTEND_URL' is missing, 'BACKEND_URL' is missing, 'OPENAI_BASE_URL' is missing, 'DATABASE_URL' is missing, 'BETTER_AUTH_SECRET' is missing, 'OPENAI_API_KEY' is missing" ]
}

@test "the frontend passes on no more than the page needs" {
	sign_up
	address=http://127.0.0.1:3000/api
	[ "$(within curl --silent --output /dev/null --write-out '%{http_code}' "$address/tasks")" = 401 ]
	for path in openapi.json health tasks/1/2 tasks%2f..%2f..%2fopenapi.json nothing; do
		run within curl --silent --path-as-is --cookie cookies "$address/$path"
		[ "$output" = '{"detail":"Not Found"}' ]
	done
	# Another site's page may not act for the user.
	run within curl --silent --cookie cookies --header 'Sec-Fetch-Site: cross-site' --data '{"title": "x"}' "$address/tasks"
	[ "$output" = '{"detail":"not from this site"}' ]
	[ "$(api GET tasks)" = '[]' ]
	# The token is in no answer but in the cookie, which no script reads.
	grep -q '^#HttpOnly_127.0.0.1.*taskflow-session' cookies
}

@test "a body that is too large is refused before it is read" {
	sign_up
	truncate --size=300M large
	for how in Expect: 'Transfer-Encoding: chunked'; do
		run within curl --silent --show-error --max-time 20 --cookie cookies --request POST --header "$how" --upload-file large \
			http://127.0.0.1:3000/api/tasks
		echo "$how: $output"
		[[ $output = '{"detail":"the body is too large, or of no stated length"}'* ]]
	done
	# At no time has it had all of that in memory.
	[ "$(awk '/^VmHWM/ {print $2}' "/proc/$frontend/status")" -lt 250000 ]
	[ "$(api GET tasks)" = '[]' ]
}

@test "a token that somebody has copied is worth nothing once its user has signed out" {
	sign_up
	cp cookies copied
	api POST sign-out
	run ! grep -q taskflow-session cookies
	run within curl --silent --cookie copied http://127.0.0.1:3000/api/tasks
	[ "$output" = '{"detail":"not signed in"}' ]
	# Again, it makes no difference.
	run within curl --silent --output /dev/null --write-out '%{http_code}' --cookie copied --request POST http://127.0.0.1:3000/api/sign-out
	[ "$output" = 204 ]
}

@test "over https the cookie goes nowhere else" {
	cd "$BATS_TEST_TMPDIR"
	secure='[Ss]et-[Cc]ookie: taskflow-session=[^;]+; Path=/;.* Secure; HttpOnly; SameSite=strict'
	run within curl --silent --include --header 'X-Forwarded-Proto: https' --header 'Content-Type: application/json' \
		--data '{"name": "secure", "password": "password-of-a-user"}' http://127.0.0.1:3000/api/sign-up
	[[ $output =~ $secure ]]
	# Where FRONTEND_URL says that users come by https, whatever a proxy says.
	start_within frontend https FRONTEND_URL=https://taskflow.example.com BACKEND_INTERNAL_URL=http://127.0.0.1:8000 PORT=3001
	wait_for within curl --fail --silent http://127.0.0.1:3001/ready
	run within curl --silent --include --header 'Content-Type: application/json' \
		--data '{"name": "secure", "password": "password-of-a-user"}' http://127.0.0.1:3001/api/sign-in
	kill -KILL "$started"
	[[ $output =~ $secure ]]
}

@test "the frontend stops without a failed request: not ready, then done with what it has" {
	sign_up
	start_of_log=$(wc -l <"$BATS_FILE_TMPDIR/openai.log")
	api POST chat '{"question": "take 5"}' >answer 3>&- &
	asking=$!
	sleep 1
	kill -TERM "$frontend"
	wait_for not_ready
	# It serves on meanwhile.
	[ "$(api GET tasks)" = '[]' ]
	wait "$asking"
	[ "$(cat answer)" = '{"answer":"Your list is empty. Enjoy the quiet, or add what is on your mind."}' ]
	wait_for has_ended "$frontend"
	[ "$(($(wc -l <"$BATS_FILE_TMPDIR/openai.log") - start_of_log))" -eq 1 ]
	start_within frontend frontend BACKEND_INTERNAL_URL=http://127.0.0.1:8000 DRAIN_SECONDS=2
	sed -i '/^frontend=/d' "$BATS_FILE_TMPDIR/state"
	echo "frontend=$started" >>"$BATS_FILE_TMPDIR/state"
	wait_for within curl --fail --silent http://127.0.0.1:3000/ready
}

not_ready()
{
	[ "$(within curl --silent http://127.0.0.1:3000/ready)" = '{"status":"stopping"}' ]
}

has_ended()
{
	! kill -0 "$1" 2>/dev/null
}

@test "without a backend the page's server says so, and stays" {
	sign_up
	kill -TERM "$backend"
	wait_for has_ended "$backend"
	[ "$(api GET tasks)" = '{"detail":"the backend cannot be reached"}' ]
	[ "$(within curl --silent http://127.0.0.1:3000/ready)" = '{"status":"ok"}' ]
	tail -n 1 "$BATS_FILE_TMPDIR/frontend.log" | grep -qx '{"level":"error","message":"the backend cannot be reached","code":"ECONNREFUSED"}'
	start_backend
	load_state
	wait_for within curl --fail --silent http://127.0.0.1:8000/ready
	[ "$(api GET tasks)" = '[]' ]
}

@test "no value is in any log" {
	sign_up
	api POST tasks '{"title": "title-of-a-task"}'
	api POST chat '{"question": "echo the key"}'
	api POST chat '{"question": "fail with 500"}'
	token=$(awk '$6 == "taskflow-session" {print $7}' cookies)
	[ ${#token} -gt 60 ]
	cd "$BATS_FILE_TMPDIR"
	[ -s backend.log ] && [ -s frontend.log ] && [ -s postgres.log ]
	for value in "$key" "$database_password" "$signing" "$token" password-of-a-user title-of-a-task 'echo the key'; do
		run grep -lF -- "$value" backend.log frontend.log postgres.log
		[ "$output" = '' ]
	done
}
