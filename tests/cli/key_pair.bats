#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Private keys and certificates as openssl makes them: each pair is seen to be one, and each mismatch to be none.
load common

now=20261125120000

setup_file()
{
	cd "$BATS_FILE_TMPDIR" || return 1
	make_key rsa-2048 RSA -pkeyopt rsa_keygen_bits:2048
	make_key rsa-2048-other RSA -pkeyopt rsa_keygen_bits:2048
	make_key rsa-3072 RSA -pkeyopt rsa_keygen_bits:3072
	make_key rsa-4096 RSA -pkeyopt rsa_keygen_bits:4096
	make_key rsa-pss RSA-PSS -pkeyopt rsa_keygen_bits:2048
	for curve in 256 384 521; do
		make_key "p-$curve" EC -pkeyopt "ec_paramgen_curve:P-$curve"
		make_key "p-$curve-other" EC -pkeyopt "ec_paramgen_curve:P-$curve"
	done
	make_key ed25519 ed25519
	make_key ed25519-other ed25519
	make_key ed448 ed448
}

# make_key NAME ALGORITHM OPTION...: NAME.key (PKCS#8), NAME.old (PKCS#1 or SEC1, or the same where there is none), NAME.crt.
make_key()
{
	openssl genpkey -quiet -algorithm "$2" "${@:3}" -out "$1.key"
	openssl pkey -traditional -in "$1.key" -out "$1.old" || cp "$1.key" "$1.old"
	certify "$1" "$1.crt" 20260101000000Z 20300101000000Z
} 2>/dev/null

# certify NAME FILE FROM UNTIL
certify()
{
	openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr" 2>/dev/null
	mkdir -p "ca-$1" && : >"ca-$1/index" && echo 01 >"ca-$1/serial"
	cat >"ca-$1/config" <<-END
		[ca]
		default_ca = it
		[it]
		new_certs_dir = ca-$1
		database = ca-$1/index
		serial = ca-$1/serial
		policy = any
		default_md = default
		unique_subject = no
		[any]
		commonName = supplied
	END
	openssl ca -batch -selfsign -config "ca-$1/config" -keyfile "$1.key" -in "$1.csr" -out "$2" -startdate "$3" -enddate "$4" \
		-notext 2>/dev/null
}

setup()
{
	cd "$BATS_FILE_TMPDIR" || return 1
}

pair()
{
	"$TOOLS/cli/key_pair" "$1" "$2" "${3:-$now}"
}

# says CHAIN KEY TEXT [NOW]
says()
{
	local said

	said=$(pair "$1" "$2" "${4:-}") || return 1
	[ "$said" = "$3" ] || { echo "$1 and $2: $said"; return 1; }
}

names='rsa-2048 rsa-2048-other rsa-3072 rsa-4096 rsa-pss p-256 p-256-other p-384 p-384-other p-521 p-521-other ed25519 ed25519-other'

@test "every key fits its own certificate, in both forms, and no other" {
	count=0
	for name in $names; do
		for form in key old; do
			for other in $names; do
				if [ "$name" = "$other" ]; then
					says "$other.crt" "$name.$form" fits
				else
					says "$other.crt" "$name.$form" 'refused: the private key is not that of the certificate'
				fi
				count=$((count + 1))
			done
		done
	done
	[ $count -eq 338 ]
	# The forms are what they should be.
	grep -q 'BEGIN RSA PRIVATE KEY' rsa-2048.old
	grep -q 'BEGIN EC PRIVATE KEY' p-256.old
	grep -q 'BEGIN PRIVATE KEY' ed25519.old
}

@test "a key of a curve without its point is a note, and one of another curve is refused all the same" {
	for curve in 256 384 521; do
		openssl ec -in "p-$curve.key" -no_public -out bare 2>/dev/null
		says "p-$curve.crt" bare $'fits\nnote: the key has not its public point in it, so it was not held against the certificate'
		openssl pkcs8 -topk8 -nocrypt -in bare -out bare8
		# openssl puts the point in again.
		says "p-$curve.crt" bare8 fits || says "p-$curve.crt" bare8 $'fits\nnote: the key has not its public point in it, so it was not held against the certificate'
	done
	openssl ec -in p-256.key -no_public -out bare 2>/dev/null
	says p-384.crt bare 'refused: the private key is not that of the certificate'
	says rsa-2048.crt bare 'refused: the private key is not that of the certificate'
}

@test "a point that is compressed on one side is the same point" {
	for name in p-256 p-384; do
		openssl ec -in "$name.key" -conv_form compressed -out compressed 2>/dev/null
		says "$name.crt" compressed fits
		says "$name-other.crt" compressed 'refused: the private key is not that of the certificate'
	done
}

@test "the parameters of a curve before the key, and text around the blocks, are passed over" {
	{ openssl ecparam -name prime256v1; cat p-256.old; } >with-parameters
	says p-256.crt with-parameters fits
	{ echo 'subject=CN = x'; cat p-256.crt; echo trailing; } >with-text
	says with-text p-256.key fits
	sed 's/$/\r/' p-256.crt >crlf.crt && sed 's/$/\r/' p-256.key >crlf.key
	says crlf.crt crlf.key fits
}

@test "of a chain the first certificate counts; where another is the key's, it is said which" {
	cat p-256.crt rsa-2048.crt ed25519.crt >chain
	says chain p-256.key fits
	says chain rsa-2048.key 'refused: the private key is that of certificate 2 of the chain, which must stand first'
	says chain ed25519.key 'refused: the private key is that of certificate 3 of the chain, which must stand first'
	says chain p-384.key 'refused: the private key is not that of the certificate'
}

@test "an algorithm that is not known here is a note, and does not go with another" {
	says ed448.crt ed448.key $'fits\nnote: the key is of an algorithm that is not known here, so it was not held against the certificate'
	says p-256.crt ed448.key 'refused: the private key is not that of the certificate'
	says ed448.crt p-256.key 'refused: the private key is not that of the certificate'
}

@test "a certificate that has expired, or is not valid yet, is a note, to the second" {
	certify p-256 dated 20260601000000Z 20261125120000Z
	says dated p-256.key fits 20261125120000
	says dated p-256.key $'fits\nnote: the certificate has expired' 20261125120001
	says dated p-256.key fits 20260601000000
	says dated p-256.key $'fits\nnote: the certificate is not valid yet' 20260531235959
	# Behind 2049 the time has four digits of the year.
	certify p-256 late 20260601000000Z 20600101000000Z
	says late p-256.key fits 20591231235959
	says late p-256.key $'fits\nnote: the certificate has expired' 20600101000001
}

@test "an encrypted key is refused, and the message says what to do" {
	openssl pkcs8 -topk8 -in p-256.key -passout pass:x -out encrypted8
	openssl rsa -in rsa-2048.key -traditional -aes128 -passout pass:x -out encrypted1 2>/dev/null
	grep -q 'BEGIN ENCRYPTED PRIVATE KEY' encrypted8
	grep -q 'Proc-Type: 4,ENCRYPTED' encrypted1
	refusal="refused: the private key is encrypted, and nothing in a cluster knows its passphrase; 'openssl pkey' takes it off"
	says p-256.crt encrypted8 "$refusal"
	says rsa-2048.crt encrypted1 "$refusal"
}

@test "what is none of both is said to be none" {
	says p-256.key p-256.key "refused: there is no certificate in it ('-----BEGIN CERTIFICATE-----')"
	says p-256.crt p-256.crt "refused: there is no private key in it ('-----BEGIN PRIVATE KEY-----')"
	says p-256.crt /dev/null "refused: there is no private key in it ('-----BEGIN PRIVATE KEY-----')"
	says p-256.csr p-256.key "refused: there is no certificate in it ('-----BEGIN CERTIFICATE-----')"
	sed 's/RSA PRIVATE/PRIVATE/' rsa-2048.old >mislabelled
	says rsa-2048.crt mislabelled 'refused: the private key is broken: it is not what its first line says'
	sed 's/PRIVATE KEY/CERTIFICATE/' p-256.key >mislabelled.crt
	says mislabelled.crt p-256.key 'refused: the certificate is broken: it is no X.509'
}

# cut IN LABEL BYTES: that many bytes of the block's content, as a block again.
cut_block()
{
	echo "-----BEGIN $2-----"
	sed '/^-----/d' "$1" | base64 -d | head -c "$3" | base64 -w 64
	echo "-----END $2-----"
}

@test "cut off anywhere, a key or a certificate is broken, never another" {
	for pair in p-256:EC ed25519: ; do
		name=${pair%%:*}
		size=$(sed '/^-----/d' "$name.key" | base64 -d | wc -c)
		for i in $(seq 1 $((size - 1))); do
			cut_block "$name.key" 'PRIVATE KEY' "$i" >cut.key
			says "$name.crt" cut.key 'refused: the private key is broken: it is not what its first line says'
		done
	done
	size=$(sed '/^-----/d' p-256.crt | base64 -d | wc -c)
	for i in $(seq 1 7 $((size - 1))); do
		cut_block p-256.crt CERTIFICATE "$i" >cut.crt
		says cut.crt p-256.key 'refused: the certificate is broken: it is no X.509'
	done
}
