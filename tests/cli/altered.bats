#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every file cut off at every byte, and with every byte altered.
load common
load victim

alter()
{
	python3 "$here/alter.py" "$PWD" "$@" "$database_url" "$auth_secret" "$openai_key"
}

@test "a sealed file, damaged anywhere" {
	alter "$sealed" signed
}

@test "a tombstone, damaged anywhere" {
	tfsecrets -q unset -e prod DATABASE_URL
	alter "$sealed" signed
}

@test "a roster, damaged anywhere" {
	alter tfsecrets/roster/0001 signed
}

@test "an environment key, damaged anywhere" {
	alter tfsecrets/prod/key.age signed
}

@test "config.yaml, damaged anywhere" {
	echo "OPENAI_API_KEY: $openai_key" >>tfsecrets/prod/config.yaml
	alter tfsecrets/prod/config.yaml written
}

@test "tfsecrets.yaml, damaged anywhere" {
	cat >tfsecrets.yaml <<-'END'
		version: 1
		project: taskflow
		environments: {prod: {}, dev: {}}
		settings:
		  FRONTEND_URL: {kind: config, type: url}
		  BACKEND_URL: {kind: config}
		  NODE_ENV: {kind: config}
		  LOG_LEVEL:
		    kind: config
		    one-of: [debug, info]
		    default: info
		  DATABASE_URL: {kind: secret, type: url}
		  BETTER_AUTH_SECRET: {kind: secret}
		  OPENAI_API_KEY: {kind: secret, pattern: "^sk-"}
	END
	check_is_quiet
	alter tfsecrets.yaml written
}
