#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A project that began anew with another project-id, on a cluster that has the old one's objects: what the manual
# says under LOST KEYS.

load common
load project

@test "the commands of the manual hand the objects over to the new project" {
	a_project
	tfsecrets -q apply
	value secret/taskflow-secrets DATABASE_URL >"$HOME/before"
	old=$(sed -n 's/^project-id //p' tfsecrets/roster/0001)
	rm -r tfsecrets
	tfsecrets -q init --name alice 2>/dev/null
	tfsecrets -q seal --from .env
	run --separate-stderr tfsecrets apply
	fails 4 "is of another project, $old"

	mkdir "$HOME/bin"
	ln -s "$TFSECRETS" "$HOME/bin/tfsecrets"
	awk '/^\.Sh / { chapter = $0 == ".Sh LOST KEYS" }
		chapter && /^\$ kubectl label/ { inside = 1 }
		/^\.Ed/ { inside = 0 }
		inside { gsub(/\\e/, "\\"); sub(/^\$ /, ""); print }' "$root/man/tfsecrets.1" |
		sed "s/OLD-ID/$old/" >"$HOME/commands"
	[ "$(grep -cE '^(kubectl|tfsecrets) ' "$HOME/commands")" -eq 3 ]
	kubectl config set-context --current --namespace="$namespace" >/dev/null
	PATH=$HOME/bin:$PATH run --separate-stderr bash -euo pipefail "$HOME/commands"
	[ "$status" -eq 0 ] || { echo "$output $stderr"; return 1; }

	run --separate-stderr tfsecrets apply
	[ "$status" -eq 0 ]
	[ "$output" = $'configmap/taskflow-config unchanged\nsecret/taskflow-secrets unchanged' ]
	value secret/taskflow-secrets DATABASE_URL | cmp - "$HOME/before"
	new=$(sed -n 's/^project-id //p' tfsecrets/roster/0001)
	[ "$(in_project get secret/taskflow-secrets -o 'jsonpath={.metadata.labels.tfsecrets\.dev/project}')" = "$new" ]
	run ! in_project get secret "tfsecrets.$old.prod"
	in_project get secret "tfsecrets.$new.prod"
	# Another check finds nothing left of the old one.
	[ -z "$(in_project get configmap,secret -l "tfsecrets.dev/project=$old" -o name)" ]
}
