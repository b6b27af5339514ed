# SPDX-License-Identifier: Apache-2.0
# For the tests that run in what looks like a pod.
# shellcheck shell=bash disable=SC2154 # bats' variables

account=/run/secrets/kubernetes.io/serviceaccount

# in_pod COMMAND...: with ./account where a pod has it.
in_pod()
{
	local map=--map-root-user

	[ "$(id -u)" -ne 0 ] || map=
	# shellcheck disable=SC2016,SC2086
	unshare --mount $map sh -c '
		mount -t tmpfs tmpfs /run && mkdir -p "$0" && {
			[ ! -d account ] || mount --bind account "$0"
		} && exec "$@"' "$account" "$@"
}

# needs_pod: skips where there can be none.
needs_pod()
{
	run in_pod true
	[ "$status" -eq 0 ] || skip "no mount namespace can be made here: $output"
}
