#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load common

@test "init proposes each setting's kind with its reason" {
	run --separate-stderr tfsecrets init --from .env --env dev --env prod --name alice
	[ "$status" -eq 0 ]
	shows_no_secret
	for name in FRONTEND_URL BACKEND_URL NODE_ENV LOG_LEVEL; do
		grep -A1 "^  $name:$" tfsecrets.yaml | grep -q '^    kind: config  # .'
	done
	for name in DATABASE_URL BETTER_AUTH_SECRET OPENAI_API_KEY; do
		grep -A1 "^  $name:$" tfsecrets.yaml | grep -q '^    kind: secret  # .'
	done
	run ! grep -e s3cr3t -e sk-proj tfsecrets.yaml
}

@test "init makes identity, roster, keys, .gitattributes and .gitignore" {
	tfsecrets -q init --from .env --env dev --env prod --name alice
	[ "$(stat -c %a "$HOME/.config/tfsecrets/identity")" = 600 ]
	[ -f tfsecrets/roster/0001 ]
	[ -f tfsecrets/dev/key.age ]
	[ -f tfsecrets/prod/key.age ]
	grep -qx 'tfsecrets/\*\* -text' .gitattributes
	grep -qx '/.env' .gitignore
	grep -qx '/tfsecrets/.journal/' .gitignore
	run -1 git check-ignore -q tfsecrets/prod/key.age
	git check-ignore -q .env
}

@test "init takes the identity that is there" {
	tfsecrets -q keygen >keys
	before=$(sha256sum "$HOME/.config/tfsecrets/identity")
	tfsecrets -q init --from .env --env prod --name alice
	[ "$(sha256sum "$HOME/.config/tfsecrets/identity")" = "$before" ]
	grep -q "^member alice $(sed -n 's/^public key: //p' keys) $(sed -n 's/^signing key: //p' keys)\$" \
		tfsecrets/roster/0001
}

@test "init takes a tfsecrets.yaml that is there" {
	a_schema <<-END
		  LOG_LEVEL: {kind: config}
	END
	[ -f tfsecrets/prod/key.age ]
	grep -q 'LOG_LEVEL: {kind: config}' tfsecrets.yaml
}

@test "init refuses a project that is there" {
	tfsecrets -q init --from .env --env prod --name alice
	before=$(fingerprint)
	run --separate-stderr tfsecrets init --env prod
	fails 1 "this is a tfsecrets project already"
	[ "$(fingerprint)" = "$before" ]
}

@test "init refuses a bad .env with its line, and writes nothing" {
	echo 'OPEN="no end' >>.env
	before=$(fingerprint)
	run --separate-stderr tfsecrets init --from .env --env prod
	fails 1 ".env:8:"
	[ "$(fingerprint)" = "$before" ]
	[ ! -e "$HOME/.config" ]
}

@test "init refuses names that are none" {
	run --separate-stderr tfsecrets init --env Prod
	fails 2 "'--env Prod'"
	run --separate-stderr tfsecrets init --env roster
	fails 2 "'--env roster'"
	run --separate-stderr tfsecrets init --project 'a b'
	fails 2 "DNS label"
	run --separate-stderr tfsecrets init --name 'A B'
	fails 2 "member's name"
	[ ! -e tfsecrets.yaml ]
}

@test "init warns of a .env that git tracks or has in its history" {
	git add -f .env
	git commit -qm oops
	run --separate-stderr tfsecrets init --from .env --env prod
	[ "$status" -eq 0 ]
	says "is tracked by git"
	says "stands in git's history"
}

@test "init warns when one reader is all there is" {
	run --separate-stderr tfsecrets init --env prod --name alice
	[ "$status" -eq 0 ]
	says "only 'alice' can read"
}

@test "init takes the current kubectl context as target" {
	mkdir "$HOME/.kube"
	printf 'apiVersion: v1\nkind: Config\ncurrent-context: minikube\n' >"$HOME/.kube/config"
	tfsecrets -q init --env dev --env prod
	grep -q 'context: minikube' tfsecrets.yaml
	grep -q 'namespace: taskflow-prod' tfsecrets.yaml
}

@test "two environments have keys of their own" {
	tfsecrets -q init --env dev --env prod --name alice
	[ "$(sed -n 's/^key //p' tfsecrets/roster/0001 | sort -u | wc -l)" -eq 2 ]
}

@test "keygen never writes over an identity" {
	tfsecrets -q keygen >/dev/null
	before=$(sha256sum "$HOME/.config/tfsecrets/identity")
	run --separate-stderr tfsecrets keygen
	fails 1 "identity'"
	[ "$(sha256sum "$HOME/.config/tfsecrets/identity")" = "$before" ]
}

@test "keygen's identity serves age" {
	run --separate-stderr tfsecrets keygen -o me
	[ "$status" -eq 0 ]
	[ "$(age-keygen -y me)" = "$(sed -n 's/^public key: //p' <<<"$output")" ]
	[ "$(stat -c %a me)" = 600 ]
}
