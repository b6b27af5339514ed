# SPDX-License-Identifier: Apache-2.0
# What every file of tests here starts with: a scratch git repository, a HOME of its own, the program.
# shellcheck shell=bash disable=SC2154 # status, output and stderr are bats'

bats_require_minimum_version 1.5.0

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
case ${TFSECRETS:?is the program to test} in
/*) ;;
*) TFSECRETS=$root/$TFSECRETS ;;
esac

tfsecrets()
{
	"$TFSECRETS" "$@"
}

setup_project()
{
	unset XDG_CONFIG_HOME XDG_STATE_HOME SSH_AUTH_SOCK KUBECONFIG
	export HOME=$BATS_TEST_TMPDIR/home GIT_CONFIG_NOSYSTEM=1
	umask 022
	mkdir "$HOME" "$BATS_TEST_TMPDIR/taskflow"
	git config --global user.name tester
	git config --global user.email tester@example.org
	git config --global init.defaultBranch main
	cd "$BATS_TEST_TMPDIR/taskflow" || return 1
	git init -q
	write_dotenv
}

setup()
{
	setup_project
}

database_url='postgresql://taskflow:s3cr3t-in-the-url@db.internal:5432/taskflow'
auth_secret='Yw3vKq8ZbN1fTgR5hXsL0pJmC7dUeA2o'
openai_key='sk-proj-4fQ9tWz7LrXcV2bN8mKj5HgD1sAaPpOo'

write_dotenv()
{
	cat >.env <<-END
		FRONTEND_URL=https://taskflow.example.org
		BACKEND_URL=https://api.taskflow.example.org
		NODE_ENV=production
		LOG_LEVEL=info
		DATABASE_URL=$database_url
		BETTER_AUTH_SECRET=$auth_secret
		OPENAI_API_KEY=$openai_key
	END
}

# A project with one environment, prod, whose values are all there, committed.
a_project()
{
	tfsecrets -q init --from .env --env prod --name alice
	tfsecrets -q seal --env prod --from .env
	git add .
	git commit -qm first
}

# a_schema LINES: tfsecrets.yaml with these settings (from standard input), and what it takes to seal.
a_schema()
{
	{
		printf 'version: 1\nproject: taskflow\nenvironments:\n  prod: {}\nsettings:\n'
		cat
	} >tfsecrets.yaml
	tfsecrets -q init --name alice
}

# Objects of three kinds, with a certificate, its key, JSON and a plain text in them; not committed.
typed_project()
{
	openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.crt -days 2 \
		-subj /CN=taskflow.example.org 2>/dev/null
	cat >tfsecrets.yaml <<-END
		version: 1
		project: taskflow
		environments:
		  prod: {targets: [{context: somewhere, namespace: taskflow}]}
		settings:
		  CERT: {kind: secret, type: pem}
		  KEY: {kind: secret, type: pem}
		  PULL: {kind: secret, type: json}
		  MOTTO: {kind: config}
		objects:
		  ingress: {kind: Secret, type: kubernetes.io/tls, settings: {tls.crt: CERT, tls.key: KEY}}
		  pull: {kind: Secret, type: kubernetes.io/dockerconfigjson, settings: {.dockerconfigjson: PULL}}
		  words: {kind: ConfigMap}
	END
	tfsecrets -q init --name alice
	tfsecrets -q set CERT --file tls.crt
	tfsecrets -q set KEY --file tls.key
	tfsecrets -q set PULL <<<'{"auths":{"registry.example.org":{"auth":"dTpw"}}}'
	tfsecrets -q set MOTTO='yes: "no" # 012'
}

# fails STATUS TEXT: the last run ended with STATUS and said TEXT on standard error.
fails()
{
	[ "$status" -eq "$1" ] || { echo "status $status: $output $stderr"; return 1; }
	says "$2"
}

says()
{
	case $stderr in
	*"$1"*) ;;
	*) echo "standard error lacks '$1': $stderr"; return 1 ;;
	esac
}

prints()
{
	case $output in
	*"$1"*) ;;
	*) echo "standard output lacks '$1': $output"; return 1 ;;
	esac
}

# No value is shown anywhere.
shows_no_secret()
{
	local secret

	for secret in "$database_url" "$auth_secret" "$openai_key" s3cr3t-in-the-url; do
		case $output$stderr in
		*"$secret"*) echo "shows $secret"; return 1 ;;
		esac
	done
}

# fingerprint: the whole tree but .git, names, modes and contents.
fingerprint()
{
	find . -path ./.git -prune -o -printf '%p %m %y\n' | sort
	find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
}
