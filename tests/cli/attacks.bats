#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What lies among the sealed files and is no attack, or only half of one. The attacks: attack_table.py.
load common
load victim

@test "a value with NUL: get gives it, exec names the setting" {
	forge sealed tfsecrets/prod/sealed/BETTER_AUTH_SECRET --as "$alice" \
		--plain "0100000028$(printf '41%.0s' {1..39})$(printf '00%.0s' {1..20})"
	check_is_quiet
	tfsecrets get -e prod BETTER_AUTH_SECRET >got
	[ "$(stat -c %s got)" -eq 40 ]
	refuses "'BETTER_AUTH_SECRET' has a NUL in its value" exec -e prod -- touch ran
	[ ! -e ran ]
}

@test "a sealed value whose setting has left the schema; its tombstone may stay" {
	cp "$sealed" tfsecrets/prod/sealed/GONE
	forge sealed tfsecrets/prod/sealed/GONE setting=GONE --as "$alice"
	check_finds "tfsecrets/prod/sealed/GONE: tfsecrets.yaml has no such setting"
	forge sealed tfsecrets/prod/sealed/GONE --unset --as "$alice"
	check_is_quiet
}

@test "files and folders that do not belong there" {
	for path in tfsecrets/note tfsecrets/prod/notes.txt tfsecrets/staging/key.age \
		tfsecrets/prod/sealed.old/X tfsecrets/prod/key.age.bak; do
		mkdir -p "$(dirname $path)"
		echo x >$path
		case $path in
		tfsecrets/staging/* | *sealed.old/*) check_finds "$(dirname $path): does not belong there" ;;
		*) check_finds "$path: does not belong there" ;;
		esac
		rm $path
		rmdir "$(dirname $path)" 2>/dev/null || true
	done
	echo x >tfsecrets/prod/key.age.proposed
	check_finds "tfsecrets/prod/key.age.proposed: there is no proposed roster that brings it"
	rm tfsecrets/prod/key.age.proposed
	for name in DATABASE_URL.orig .DATABASE_URL.swp 1ST name-with-dash; do
		cp "$sealed" tfsecrets/prod/sealed/$name
		check_finds "tfsecrets/prod/sealed/$name: is not the name of a setting"
		rm tfsecrets/prod/sealed/$name
	done
	mkdir tfsecrets/prod/sealed/FOLDER
	check_finds "tfsecrets/prod/sealed/FOLDER"
}

@test "what git ignores is somebody's own business" {
	printf '*.orig\n.*.swp\n' >>.gitignore
	echo x >tfsecrets/note.orig
	cp "$sealed" tfsecrets/prod/.key.age.swp
	cp "$sealed" tfsecrets/prod/sealed/DATABASE_URL.orig
	cp "$sealed" tfsecrets/prod/sealed/.DATABASE_URL.swp
	check_is_quiet
}

