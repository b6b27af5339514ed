#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tfsecrets as a plug-in of the real kubectl, installed by `make install`. No cluster is asked.
load ../cli/common

PATH=${BUILD:=$root/build}/cluster:$PATH

setup()
{
	local out=${TFSECRETS%/*} san=

	setup_project
	[[ $out != */san-* ]] || san=${out##*/san-}
	env -u MAKEFLAGS -u MAKELEVEL make -C "$root" --no-print-directory --old-file="$TFSECRETS" install \
		"BUILD=$BUILD" "SAN=${san//-/,}" "DESTDIR=$HOME" PREFIX=/usr
	PATH=$HOME/usr/bin:$PATH
}

# completes WORD...: what kubectl's own completion offers for the last word.
completes()
{
	kubectl __complete tfsecrets "$@" 2>/dev/null
}

@test "kubectl tfsecrets is tfsecrets, and says its name as it was called" {
	[ "$(kubectl tfsecrets version)" = "$(tfsecrets version)" ]
	run -0 kubectl tfsecrets render --help
	prints "usage: kubectl tfsecrets render"
	run -2 --separate-stderr kubectl tfsecrets chek
	says "did you mean 'check'?"
	kubectl plugin list | grep -q /kubectl-tfsecrets
}

@test "kubectl completes commands, options, choices, environments and settings" {
	a_project
	[ "$(completes che)" = "$(printf 'check\n:4')" ]
	completes '' | grep -qx render
	completes render --o | grep -qx -e --output-dir
	[ "$(completes render -o '')" = "$(printf 'yaml\njson\n:4')" ]
	[ "$(completes render --env '')" = "$(printf 'prod\n:4')" ]
	[ "$(completes render --env=p)" = "$(printf 'prod\n:4')" ]
	[ "$(completes get DATA)" = "$(printf 'DATABASE_URL\n:4')" ]
	[ "$(completes member re)" = "$(printf 'remove\n:4')" ]
}

@test "kubectl completes names of files where files are meant" {
	a_project
	[ "$(completes lint '')" = ":0" ]
	[ "$(completes seal --from .e)" = "$(printf '.env\n:4')" ]
}

@test "bash, with kubectl's own script, completes the plug-in" {
	a_project
	kubectl completion bash >script
	run -0 bash --norc -c '
		_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD; }
		__ltrim_colon_completions() { :; }
		source ./script
		COMP_WORDS=(kubectl tfsecrets rend) COMP_CWORD=2 COMP_LINE="kubectl tfsecrets rend" COMP_POINT=22 COMP_TYPE=9
		__start_kubectl
		echo "${COMPREPLY[*]}"'
	[ "${lines[-1]}" = render ]
}
