#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What becomes of an apply on a network that cuts, repeats, delays and loses: through_proxy says how it is
# looked at. A sample; FAULTS_FULL=1, for `make torture`: every byte.

load ../cluster/common
load ../cluster/project

setup_file()
{
	start_cluster
	export XDG_STATE_HOME=$HOME/state PROJECTS=$BATS_FILE_TMPDIR/projects
	mkdir -p "$PROJECTS/old"
	cd "$PROJECTS/old" || return 1
	cp "$root/examples/taskflow/.env.example" .env
	tfsecrets -q init --from .env --project taskflow --env prod --name alice 2>/dev/null
	sed -i "s/^  prod:.*/  prod: {targets: [{context: test}]}/" tfsecrets.yaml
	sed -i '/^  prod: /,/^$/{/^  prod: /!{/^$/!d}}' tfsecrets.yaml
	tfsecrets -q seal --from .env
	cp -r . ../with-extra
	cp -r . ../new
	cd ../new || return 1
	printf %s sk-another-key-0123456789abcdefghij | tfsecrets -q set OPENAI_API_KEY
	sed -i 's/^LOG_LEVEL:.*/LOG_LEVEL: debug/' tfsecrets/prod/config.yaml
	# What --prune takes away.
	cat >>../with-extra/tfsecrets.yaml <<-'END'
		objects:
		  taskflow-config: {kind: ConfigMap}
		  taskflow-secrets: {kind: Secret}
		  extra: {kind: Secret, settings: {key: DATABASE_URL}}
	END
	mkdir ../rollout
	ln -s ../new ../rollout/new
	ln -s ../with-extra ../rollout/old
}

faulted()
{
	local folder=$PROJECTS

	[ "$1" != rollout ] || folder+=/rollout
	cd "$folder" || return 1
	"$BATS_TEST_DIRNAME/through_proxy" "$@"
}

@test "cut behind any byte of what goes up or comes down: all is written, and told once" {
	faulted create cut-up cut-down
}

@test "the same where values change" {
	faulted change cut-up cut-down
}

@test "the same with --atomic and --prune" {
	faulted rollout cut-up cut-down
}

@test "cut in TLS" {
	faulted create handshake
}

@test "each connection is cut: an error or all, and the next run converges" {
	faulted create cut-always
	faulted change cut-always
	faulted rollout cut-always
}

@test "nothing goes on: asked again after --request-timeout, and ended by --timeout" {
	faulted change stall-up stall-down stall-always
	faulted rollout stall-down
}

@test "a request that arrives twice, and an answer that does not" {
	faulted create repeat-first repeat-second lost
	faulted change repeat-first repeat-second lost
	faulted rollout repeat-first repeat-second lost
}

@test "answers that end their connections, one byte at a time, late" {
	faulted create close trickle late
	faulted rollout close trickle
}
