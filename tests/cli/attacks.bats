#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Sealed files that somebody with write access to the repository, and perhaps a key, has put there.
load common
load victim

@test "nothing is found in what was not attacked" {
	check_is_quiet
	check_is_quiet --strict
	prints "ok: roster 1, 2 environments"
}

@test "the forging tool's own seal opens, so that its forgeries fail for the stated reason" {
	forge sealed "$sealed" --as "$alice" --reseal postgresql://a:b@c/d
	check_is_quiet
	[ "$(tfsecrets get -e prod DATABASE_URL)" = postgresql://a:b@c/d ]
}

@test "two boxes swapped between settings" {
	python3 - "$sealed" tfsecrets/prod/sealed/BETTER_AUTH_SECRET <<-'END'
		import sys
		a, b = (open(name).read().split("\nvalue\n") for name in sys.argv[1:])
		open(sys.argv[1], "w").write(a[0] + "\nvalue\n" + b[1])
		open(sys.argv[2], "w").write(b[0] + "\nvalue\n" + a[1])
	END
	check_finds "$sealed: the signature does not verify"
	prints "BETTER_AUTH_SECRET: the signature does not verify"
	nothing_uses_it "$sealed: the signature does not verify"
}

@test "two boxes swapped and signed again by a sealer do not open" {
	python3 - "$sealed" tfsecrets/prod/sealed/BETTER_AUTH_SECRET <<-'END'
		import sys
		a, b = (open(name).read().split("\nvalue\n") for name in sys.argv[1:])
		open(sys.argv[1], "w").write(a[0] + "\nvalue\n" + b[1])
	END
	forge sealed "$sealed" --as "$alice"
	check_is_quiet
	refuses "opening 'DATABASE_URL': altered, or sealed to another key" get -e prod DATABASE_URL
	refuses "opening 'DATABASE_URL': altered, or sealed to another key" exec -e prod -- touch ran
	[ ! -e ran ]
}

@test "a file copied to another environment" {
	cp tfsecrets/dev/sealed/DATABASE_URL "$sealed"
	check_finds "$sealed: was sealed for another environment"
	nothing_uses_it "$sealed: was sealed for another environment"
}

@test "a file copied to another environment, header rewritten and signed, does not open" {
	cp tfsecrets/dev/sealed/DATABASE_URL "$sealed"
	forge sealed "$sealed" environment=prod --as "$alice"
	check_is_quiet
	refuses "altered, or sealed to another key" get -e prod DATABASE_URL
}

@test "a file of another project" {
	mkdir ../other && (cd ../other && git init -q && cp ../taskflow/.env . &&
		tfsecrets -q init --from .env --env prod --name alice &&
		tfsecrets -q seal --env prod --from .env)
	cp "../other/$sealed" "$sealed"
	check_finds "$sealed: was sealed for another project"
	nothing_uses_it "$sealed: was sealed for another project"
}

@test "a setting renamed in its line only" {
	sed -i 's/^setting .*/setting OPENAI_API_KEY/' "$sealed"
	check_finds "$sealed: was sealed for another setting"
	nothing_uses_it "$sealed: was sealed for another setting"
}

@test "a file renamed" {
	mv tfsecrets/prod/sealed/OPENAI_API_KEY "$sealed"
	check_finds "$sealed: was sealed for another setting"
	prints "OPENAI_API_KEY"
	nothing_uses_it "$sealed: was sealed for another setting"
}

@test "each field altered without a signature" {
	cp "$sealed" kept
	for change in 'epoch 2' 'generation 2' 'previous -x' 'changed 2' 'changed-at 2020-01-01T00:00:00Z' \
		'value-id 00000000000000000000000000000000' 'sealed-at 2020-01-01T00:00:00Z' \
		'project-id 00000000000000000000000000000000' 'environment dev' \
		'sealed-by SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'; do
		sed "s/^${change%% *} .*/$change/" kept >"$sealed"
		! cmp -s kept "$sealed"
		check_finds "$sealed"
		refuses "$sealed" get -e prod DATABASE_URL
	done
}

@test "a value of another epoch, signed, is refused: to come and long ago" {
	forge sealed "$sealed" epoch=2 --as "$alice"
	check_finds "$sealed: is of an epoch that the roster does not know"
	nothing_uses_it "$sealed: is of an epoch that the roster does not know"
}

@test "re-signed by a key in no roster: pending, shown, never used" {
	forge sealed "$sealed" --as "$bob" --reseal postgresql://evil:evil@evil/evil
	check_finds "$sealed: pending: sealed by SHA256:"
	nothing_uses_it "$sealed: pending: sealed by SHA256:"
}

@test "adopted: a sealer's signature over another's file has 'sealed-by' of the first" {
	forge sealed "$sealed" "sealed-by=$(sed -n 's/^sealed-by //p' "$sealed")" --as "$bob"
	check_finds "'sealed-by' is not the key that made the signature"
	nothing_uses_it "'sealed-by' is not the key that made the signature"
}

@test "adopted with 'sealed-by' rewritten: the box is bound to its author" {
	forge sealed "$sealed" --as "$bob"
	forge sealed "$sealed" "value-id=$(printf '%032d' 7)" --as "$alice"
	check_is_quiet
	refuses "altered, or sealed to another key" get -e prod DATABASE_URL
}

@test "signed in another namespace" {
	for namespace in git file tfsecrets-roster; do
		forge sealed "$sealed" --as "$alice" --namespace $namespace
		check_finds "its namespace is not 'tfsecrets-sealed'"
		nothing_uses_it "its namespace is not 'tfsecrets-sealed'"
	done
}

@test "the signature of another entry" {
	{
		sed '/^-----BEGIN/,$d' "$sealed"
		sed -n '/^-----BEGIN/,$p' tfsecrets/prod/sealed/OPENAI_API_KEY
	} >new
	mv new "$sealed"
	check_finds "$sealed: the signature does not verify"
	nothing_uses_it "$sealed: the signature does not verify"
}

@test "without a signature" {
	sed -i '/^-----BEGIN/,$d' "$sealed"
	check_finds "$sealed:"
	nothing_uses_it "$sealed:"
}

@test "two signatures" {
	sed -n '/^-----BEGIN/,$p' "$sealed" >>extra
	cat extra >>"$sealed"
	check_finds "something follows the signature"
	nothing_uses_it "something follows the signature"
}

@test "names that differ only in letter case" {
	cp "$sealed" tfsecrets/prod/sealed/database_url
	forge sealed tfsecrets/prod/sealed/database_url setting=database_url --as "$alice"
	check_finds "tfsecrets/prod/sealed: '"
	[[ $output =~ "'DATABASE_URL' and 'database_url' differ only in letter case" ]] ||
		[[ $output =~ "'database_url' and 'DATABASE_URL' differ only in letter case" ]]
}

@test "what is not exactly the format names file and line" {
	local cases=(
		'5s/$/\r/|$sealed:5: a carriage return'
		'1s/^/\xef\xbb\xbf/|$sealed:1: a byte that is not printable ASCII'
		'4s/ /  /|$sealed:4: two blanks in a row'
		'3s/$/ /|$sealed:3: a blank at the end of a line'
		'6s/^/ /|$sealed:6: a blank at the start of a line'
		'5s/ /\t/|$sealed:5: a byte that is not printable ASCII'
		'2s/$/\x00/|$sealed:2: a byte that is not printable ASCII'
		'4s/$/\n/|$sealed:5: an empty line'
		'6s/1/01/|$sealed:6: '"'generation' is not a number"
		'6s/1/+1/|$sealed:6: '"'generation' is not a number"
		'6s/1/4294967296/|$sealed:6: '"'generation' is not a number"
		'6s/1/0/|$sealed:6: '"'generation' is not a number"
		'6s/1/2/|$sealed:7: '"'previous' must be '-' exactly at generation 1"
		'8s/1/2/|$sealed:8: '"'changed' is greater than 'epoch'"
		'9s/at .*/at 2026-02-30T00:00:00Z/|$sealed:9: '"'changed-at' is not a time"
		'9s/Z$//|$sealed:9: '"'changed-at' is not a time"
		'10s/id ./id G/|$sealed:10: '"'value-id' is not 32 lower-case hex digits"
		'4{h;d};5{G}|$sealed:4: expected the field '"'setting'"
		'3{p}|$sealed:4: expected the field '"'setting'"
		'12s/SHA256:/MD5:/|$sealed:12: '"'sealed-by' is not a fingerprint"
		'1s/v1/v2/|$sealed:1: expected '"'tfsecrets sealed v1'"
		'7s/^/<<<<<<< HEAD\n/|$sealed:7: a merge conflict was left here'
		'14s/^/=======\n/|$sealed:14: a merge conflict was left here'
		'15s/^/>>>>>>> theirs\n/|$sealed:15: a merge conflict was left here'
		'15s/^/||||||| base\n/|$sealed:15: a merge conflict was left here'
		'14s/^.//|the value is not base64 in lines of 64'
		'$s/$/\n/|an empty line'
	)
	cp "$sealed" kept
	for entry in "${cases[@]}"; do
		script=${entry%|*} text=${entry##*|}
		case $entry in *'||||||| base'*) script='15s/^/||||||| base\n/' ;; esac
		sed "$script" kept >"$sealed"
		! cmp -s kept "$sealed" || { echo "unchanged by $script"; return 1; }
		check_finds "${text/\$sealed/$sealed}"
		refuses "${text/\$sealed/$sealed}" get -e prod DATABASE_URL
	done
}

@test "base64 that is not canonical, and '=' where none belongs, though a sealer signed it" {
	cp "$sealed" kept
	for how in alphabet pad bits; do
		python3 - kept "$sealed" $how <<-'END'
			import sys
			head, tail = open(sys.argv[1]).read().split("-----BEGIN", 1)
			lines = head.splitlines()
			alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
			if sys.argv[3] == "alphabet":
			    lines[13] = "!" + lines[13][1:]
			elif sys.argv[3] == "pad":
			    lines[13] = lines[13][:-1] + "="
			else:
			    stem = lines[-1].rstrip("=")
			    assert stem != lines[-1]
			    lines[-1] = stem[:-1] + alphabet[alphabet.index(stem[-1]) + 1] + lines[-1][len(stem):]
			open(sys.argv[2], "w").write("\n".join(lines) + "\n-----BEGIN" + tail)
		END
		forge sealed "$sealed" --as "$alice"
		check_finds "the value is not canonical base64"
		nothing_uses_it "the value is not canonical base64"
	done
}

@test "the last line feed missing, or one too many" {
	cp "$sealed" kept
	head -c -1 kept >"$sealed"
	check_finds "the last line has no line feed, the file was cut off"
	{ cat kept; echo; } >"$sealed"
	check_finds "an empty line"
	refuses "an empty line" get -e prod DATABASE_URL
}

@test "a header line of 10 MB, and a header line a byte too long" {
	cp "$sealed" kept
	python3 - kept "$sealed" 1025 <<-'END'
		import sys
		lines = open(sys.argv[1]).read().split("\n")
		lines[3] = ("setting " + "A" * int(sys.argv[3]))[:int(sys.argv[3])]
		open(sys.argv[2], "w").write("\n".join(lines))
	END
	check_finds "$sealed:4: a line is longer than 1024 bytes"
	{ head -n 3 kept; printf 'setting '; head -c 10000000 /dev/zero | tr '\0' A; tail -n +4 kept; } >"$sealed"
	check_finds "'$sealed' is larger than 2097152 bytes"
	nothing_uses_it "larger than"
}

@test "a low-order share in the box does not open" {
	for enc in 0000000000000000000000000000000000000000000000000000000000000000 \
		0100000000000000000000000000000000000000000000000000000000000000 \
		e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800; do
		forge sealed "$sealed" --enc $enc --as "$alice"
		check_is_quiet
		refuses "opening 'DATABASE_URL': altered, or sealed to another key" get -e prod DATABASE_URL
	done
}

# frame LENGTH HEX: 0x01, the length, and what follows, 64 bytes in all
frame()
{
	printf '%s%08x%s' "${3:-01}" "$1" "$2"
}

@test "a frame with other padding than zeros, another length or another version does not open" {
	value=$(printf 'postgresql://a:b@c/d' | od -An -tx1 | tr -d ' \n')
	zeros=$(printf '%0200d' 0)
	local frames=(
		"$(frame 20 "$value${zeros:0:76}01")"
		"$(frame 20 "${value}01${zeros:0:76}")"
		"$(frame 60 "$value${zeros:0:78}")"
		"$(frame 4294967295 "$value${zeros:0:78}")"
		"$(frame 20 "$value${zeros:0:78}" 02)"
		"$(frame 20 "$value${zeros:0:78}" 00)"
	)
	for one in "${frames[@]}"; do
		[ ${#one} -eq 128 ]
		forge sealed "$sealed" --plain "$one" --as "$alice"
		check_is_quiet
		refuses "opening 'DATABASE_URL': altered, or sealed to another key" get -e prod DATABASE_URL
	done
	forge sealed "$sealed" --plain "$(frame 20 "$value${zeros:0:78}")" --as "$alice"
	[ "$(tfsecrets get -e prod DATABASE_URL)" = postgresql://a:b@c/d ]
}

@test "a box of a length that no padded value has is refused without a key" {
	for bytes in 0 1 63 65 127 129 ; do
		forge sealed "$sealed" --plain "$(head -c $bytes /dev/zero | od -An -v -tx1 | tr -d ' \n')" --as "$alice"
		check_finds "the value has a length that no padded value has"
		refuses "the value has a length that no padded value has" get -e prod DATABASE_URL
	done
}

@test "a value against its schema, sealed by a sealer, is not shown and not used" {
	grep -A2 '^  DATABASE_URL:' tfsecrets.yaml | grep -q 'type: url'
	forge sealed "$sealed" --as "$alice" --reseal s3cr3t-in-the-url
	check_is_quiet
	refuses "opening 'DATABASE_URL'" get -e prod DATABASE_URL
	refuses "opening 'DATABASE_URL'" exec -e prod -- touch ran
	[ ! -e ran ]
}

@test "a value with NUL: get gives it, exec names the setting" {
	forge sealed tfsecrets/prod/sealed/BETTER_AUTH_SECRET --as "$alice" \
		--plain "$(frame 40 "$(printf '41%.0s' {1..39})00$(printf '00%.0s' {1..19})")"
	check_is_quiet
	tfsecrets get -e prod BETTER_AUTH_SECRET >got
	[ "$(stat -c %s got)" -eq 40 ]
	refuses "'BETTER_AUTH_SECRET' has a NUL in its value" exec -e prod -- touch ran
	[ ! -e ran ]
}

@test "a tombstone by a stranger takes nothing away" {
	forge sealed "$sealed" generation=2 "previous=$(sha256sum <"$sealed" | cut -d ' ' -f 1)" --unset --as "$bob"
	check_finds "$sealed: pending"
	nothing_uses_it "$sealed: pending"
}

@test "a sealed file gone: nothing is used without it" {
	rm "$sealed"
	refuses "'DATABASE_URL' has no value in 'prod'" get -e prod DATABASE_URL
	refuses "'DATABASE_URL' has no value in 'prod'" exec -e prod -- touch ran
	check_finds "$sealed: the file is gone" --against HEAD
}

@test "a secret in the clear in config.yaml is found, never shown and never used" {
	echo "DATABASE_URL: '$database_url'" >>tfsecrets/prod/config.yaml
	check_finds "config.yaml:5: the secret 'DATABASE_URL' stands there in the clear"
	nothing_uses_it "'DATABASE_URL' stands there in the clear"
}

@test "a sealed value of a setting that became config" {
	python3 - <<-'END'
		import re
		text = open("tfsecrets.yaml").read()
		at = text.index("  DATABASE_URL:")
		text = text[:at] + text[at:].replace("kind: secret", "kind: config", 1)
		open("tfsecrets.yaml", "w").write(text)
	END
	check_finds "$sealed: was sealed, so it is a secret, but tfsecrets.yaml"
	nothing_uses_it "'DATABASE_URL' is sealed, so it is a secret, but tfsecrets.yaml says config"
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

@test "a link, a pipe or a folder where a file belongs" {
	for file in "$sealed" tfsecrets/prod/key.age tfsecrets/prod/config.yaml tfsecrets/roster/0001; do
		cp "$file" kept
		for kind in link pipe folder; do
			rm -rf "$file"
			case $kind in
			link) ln -s "$PWD/kept" "$file" ;;
			pipe) mkfifo "$file" ;;
			folder) mkdir "$file" ;;
			esac
			run --separate-stderr timeout 10 "$TFSECRETS" check
			[ "$status" -eq 3 ] || { echo "$kind at $file: $status: $output $stderr"; return 1; }
			prints "$file"
			run --separate-stderr timeout 10 "$TFSECRETS" exec -e prod -- touch ran
			[ "$status" -ne 0 ] && [ "$status" -ne 124 ]
			says "$file"
			[ ! -e ran ]
		done
		rm -rf "$file"
		cp kept "$file"
	done
}

@test "a link where a folder belongs" {
	for folder in tfsecrets/prod/sealed tfsecrets/prod tfsecrets/roster; do
		mv $folder away
		ln -s "$PWD/away" $folder
		run --separate-stderr tfsecrets check
		[ "$status" -eq 3 ] || { echo "$folder: $status: $output $stderr"; return 1; }
		prints "$folder"
		run --separate-stderr tfsecrets exec -e prod -- touch ran
		[ "$status" -ne 0 ]
		says "$folder"
		[ ! -e ran ]
		rm $folder
		mv away $folder
	done
}
