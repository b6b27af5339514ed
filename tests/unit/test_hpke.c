/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "crypto/hpke.h"
#include "crypto/random.h"

enum { FIELD_MAX = 256, ACCUMULATED_RUNS = 1000, ACCUMULATED_BYTES = 16 };

static const struct bytes empty;

/* RFC 9180 appendix A.2, base mode. */
static cJSON *vectors;

struct field {
	uint8_t data[FIELD_MAX];
	size_t len;
};

static struct field
field_of(const cJSON *object, const char *name)
{
	const char *hex = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
	struct field field = { .len = 0 };

	assert_non_null(hex);
	field.len = strlen(hex) / 2;
	assert_true(field.len <= FIELD_MAX);
	assert_true(text_from_hex(bytes_of(hex), field.data, field.len));
	return field;
}

static struct bytes
field_bytes(const struct field *field)
{
	return (struct bytes){ field->data, field->len };
}

static struct field
setup_field(const char *name)
{
	return field_of(cJSON_GetObjectItemCaseSensitive(vectors, "setup"), name);
}

static void
assert_field(const uint8_t *got, size_t len, const char *name)
{
	struct field expected = setup_field(name);

	assert_int_equal(len, expected.len);
	assert_memory_equal(got, expected.data, len);
}

/* From the ikm of the vectors: the private key there is checked on the way. */
static void
derive(const char *ikm_name, const char *private_name, struct secret *ret)
{
	struct error err = ERROR_INIT;
	struct field ikm = setup_field(ikm_name);

	assert_int_equal(hpke_derive_key(field_bytes(&ikm), ret, &err), 0);
	assert_field(ret->data, ret->len, private_name);
}

static struct hpke_context
vector_context(void)
{
	CLEANUP(secret_clear) struct secret ephemeral = SECRET_INIT;
	struct field public = setup_field("pkRm"), info = setup_field("info");
	struct hpke_context context;
	struct error err = ERROR_INIT;
	uint8_t enc[32];

	derive("ikmE", "skEm", &ephemeral);
	assert_int_equal(hpke_setup_sender(public.data, &ephemeral, field_bytes(&info), enc,
					   &context, &err),
			 0);
	assert_field(enc, sizeof(enc), "enc");
	return context;
}

static void
test_setup(void **state)
{
	CLEANUP(secret_clear) struct secret private = SECRET_INIT;
	struct field info = setup_field("info"), enc = setup_field("enc");
	struct hpke_context sender = vector_context(), receiver;
	struct error err = ERROR_INIT;
	uint8_t public[32];

	(void)state;
	assert_field(sender.key, sizeof(sender.key), "key");
	assert_field(sender.base_nonce, sizeof(sender.base_nonce), "base_nonce");
	assert_field(sender.schedule, sizeof(sender.schedule), "key_schedule_context");

	derive("ikmR", "skRm", &private);
	x25519_public(&private, public);
	assert_field(public, sizeof(public), "pkRm");
	assert_int_equal(hpke_setup_receiver(&private, public, field_bytes(&info), enc.data,
					     &receiver, &err),
			 0);
	assert_memory_equal(&receiver, &sender, sizeof(sender));
}

static uint64_t
number_of(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
	uint64_t number = 0;

	assert_non_null(text);
	assert_true(text_to_number(bytes_of(text), 65535, &number));
	return number;
}

static void
test_encryptions(void **state)
{
	const cJSON *all = cJSON_GetObjectItemCaseSensitive(vectors, "encryptions"), *one;
	struct hpke_context context = vector_context();
	size_t count = 0;

	(void)state;
	cJSON_ArrayForEach(one, all)
	{
		CLEANUP(buf_clear) struct buf out = BUF_INIT(FIELD_MAX);
		struct field plain = field_of(one, "pt"), aad = field_of(one, "aad");
		struct field expected = field_of(one, "ct");

		hpke_context_seal(&context, number_of(one, "sequence_number"), field_bytes(&aad),
				  field_bytes(&plain), &out);
		assert_true(bytes_equal(buf_bytes(&out), field_bytes(&expected)));
		count++;
	}
	assert_int_equal(count, 6);
}

static void
test_exports(void **state)
{
	const cJSON *all = cJSON_GetObjectItemCaseSensitive(vectors, "exports"), *one;
	struct hpke_context context = vector_context();
	size_t count = 0;

	(void)state;
	cJSON_ArrayForEach(one, all)
	{
		struct field exporter_context = field_of(one, "exporter_context");
		struct field expected = field_of(one, "exported_value");
		uint8_t exported[FIELD_MAX];

		assert_int_equal(number_of(one, "L"), expected.len);
		hpke_context_export(&context, field_bytes(&exporter_context), exported,
				    expected.len);
		assert_memory_equal(exported, expected.data, expected.len);
		count++;
	}
	assert_int_equal(count, 3);
}

/* SHAKE128 (FIPS 202), only to draw inputs and to sum up outputs as Go's tests do. */
struct shake {
	uint64_t lanes[25];
	size_t position;
	bool is_squeezing;
};

enum { SHAKE128_RATE = 168, KECCAK_ROUNDS = 24 };

static uint64_t
rotate(uint64_t lane, unsigned by)
{
	return by == 0 ? lane : lane << by | lane >> (64 - by);
}

/* The linear feedback shift register behind the round constants, FIPS 202 section 3.2.5. */
static uint64_t
round_constant(uint8_t *shift_register)
{
	uint64_t constant = 0;

	for (unsigned j = 0; j < 7; j++) {
		if (*shift_register & 1)
			constant |= UINT64_C(1) << ((1U << j) - 1);
		*shift_register = (uint8_t)(*shift_register << 1 ^ (*shift_register >> 7) * 0x71);
	}
	return constant;
}

static void
theta(uint64_t lanes[static 25])
{
	uint64_t columns[5];

	for (size_t x = 0; x < 5; x++)
		columns[x] =
			lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20];
	for (size_t i = 0; i < 25; i++)
		lanes[i] ^= columns[(i + 4) % 5] ^ rotate(columns[(i + 1) % 5], 1);
}

static void
rho_and_pi(uint64_t lanes[static 25])
{
	uint64_t moving = lanes[1];
	size_t x = 1, y = 0;

	for (unsigned t = 0; t < 24; t++) {
		size_t next_y = (2 * x + 3 * y) % 5;
		uint64_t replaced;

		x = y;
		y = next_y;
		replaced = lanes[x + 5 * y];
		lanes[x + 5 * y] = rotate(moving, (t + 1) * (t + 2) / 2 % 64);
		moving = replaced;
	}
}

static void
chi(uint64_t lanes[static 25])
{
	for (size_t row = 0; row < 25; row += 5) {
		uint64_t before[5];

		memcpy(before, lanes + row, sizeof(before));
		for (size_t x = 0; x < 5; x++)
			lanes[row + x] ^= ~before[(x + 1) % 5] & before[(x + 2) % 5];
	}
}

static void
keccak(struct shake *shake)
{
	uint8_t shift_register = 1;

	for (int i = 0; i < KECCAK_ROUNDS; i++) {
		theta(shake->lanes);
		rho_and_pi(shake->lanes);
		chi(shake->lanes);
		shake->lanes[0] ^= round_constant(&shift_register);
	}
	shake->position = 0;
}

static void
shake_xor(struct shake *shake, size_t at, uint8_t byte)
{
	shake->lanes[at / 8] ^= (uint64_t)byte << (8 * (at % 8));
}

static void
shake_write(struct shake *shake, struct bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		shake_xor(shake, shake->position++, bytes.data[i]);
		if (shake->position == SHAKE128_RATE)
			keccak(shake);
	}
}

static void
shake_read(struct shake *shake, uint8_t *out, size_t len)
{
	if (!shake->is_squeezing) {
		shake_xor(shake, shake->position, 0x1f);
		shake_xor(shake, SHAKE128_RATE - 1, 0x80);
		keccak(shake);
		shake->is_squeezing = true;
	}
	for (size_t i = 0; i < len; i++) {
		if (shake->position == SHAKE128_RATE)
			keccak(shake);
		out[i] =
			(uint8_t)(shake->lanes[shake->position / 8] >> (8 * (shake->position % 8)));
		shake->position++;
	}
}

static void
assert_sum(struct shake *shake, const char *expected)
{
	uint8_t sum[ACCUMULATED_BYTES];
	char hex[2 * ACCUMULATED_BYTES + 1];

	shake_read(shake, sum, sizeof(sum));
	text_to_hex(BYTES(sum), hex);
	assert_string_equal(hex, expected);
}

static void
test_shake(void **state)
{
	struct shake none = { .position = 0 }, long_one = { .position = 0 };
	uint8_t a3[200];

	(void)state;
	assert_sum(&none, "7f9c2ba4e88f827d616045507605853e");
	/* FIPS 202 example: 1600 bits of 10100011. */
	memset(a3, 0xa3, sizeof(a3));
	shake_write(&long_one, BYTES(a3));
	assert_sum(&long_one, "131ab8d2b594946b9c81333f9bb6e0ce");
}

/* A length byte, then so many bytes. */
static struct bytes
draw(struct shake *source, uint8_t memory[static 255])
{
	uint8_t len;

	shake_read(source, &len, 1);
	shake_read(source, memory, len);
	return (struct bytes){ memory, len };
}

/* The sums of golang/go src/crypto/hpke/testdata/rfc9180.json for this suite (its inputs are those
 * of appendix A.2): 1000 messages, with associated data, in sequence. */
static void
test_accumulated_encryptions(void **state)
{
	struct shake source = { .position = 0 }, sink = { .position = 0 };
	struct hpke_context context = vector_context();

	(void)state;
	for (uint64_t seq = 0; seq < ACCUMULATED_RUNS; seq++) {
		CLEANUP(buf_clear) struct buf out = BUF_INIT(300);
		uint8_t memory[2][255];
		struct bytes aad = draw(&source, memory[0]), plain = draw(&source, memory[1]);

		hpke_context_seal(&context, seq, aad, plain, &out);
		assert_int_equal(out.len, plain.len + 16);
		shake_write(&sink, buf_bytes(&out));
	}
	assert_sum(&sink, "225fb3d35da3bb25e4371bcee4273502");
}

/* 1000 exports, of 0 to 999 bytes. */
static void
test_accumulated_exports(void **state)
{
	struct shake source = { .position = 0 }, sink = { .position = 0 };
	struct hpke_context context = vector_context();
	uint8_t memory[255], exported[ACCUMULATED_RUNS];

	(void)state;
	for (size_t len = 0; len < ACCUMULATED_RUNS; len++) {
		hpke_context_export(&context, draw(&source, memory), exported, len);
		shake_write(&sink, (struct bytes){ exported, len });
	}
	assert_sum(&sink, "54e2189c04100b583c84452f94eb9a4a");
}

/* A receiver and one message sealed to it. */
struct sample {
	struct secret private;
	uint8_t public[HPKE_KEY_BYTES];
	struct bytes info, plain;
	struct buf sealed;
};

static void
sample_make(struct sample *sample)
{
	struct error err = ERROR_INIT;

	*sample = (struct sample){ .info = bytes_of("info"),
				   .plain = bytes_of("a plain text"),
				   .sealed = BUF_INIT(1000) };
	assert_int_equal(x25519_generate(&sample->private, &err), 0);
	x25519_public(&sample->private, sample->public);
	assert_int_equal(hpke_seal(sample->public, sample->info, sample->plain, &sample->sealed,
				   &err),
			 0);
	assert_int_equal(sample->sealed.len, sample->plain.len + HPKE_OVERHEAD);
}

static void
sample_clear(struct sample *sample)
{
	secret_clear(&sample->private);
	buf_clear(&sample->sealed);
}

static void
assert_opens(const struct sample *sample, struct bytes sealed)
{
	CLEANUP(secret_clear) struct secret plain = SECRET_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(secret_from(sealed, &plain, &err), 0);
	assert_int_equal(hpke_open(&sample->private, sample->public, sample->info, &plain, &err),
			 0);
	assert_true(bytes_equal(secret_bytes(&plain), sample->plain));
}

static void
assert_refused(const struct sample *sample, struct bytes sealed)
{
	struct secret plain = SECRET_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(secret_from(sealed, &plain, &err), 0);
	assert_int_equal(hpke_open(&sample->private, sample->public, sample->info, &plain, &err),
			 -1);
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_string_equal(err.message, "altered, or sealed to another key");
	assert_null(plain.data);
}

static void
test_altered_anywhere(void **state)
{
	CLEANUP(sample_clear) struct sample sample;

	(void)state;
	sample_make(&sample);
	assert_opens(&sample, buf_bytes(&sample.sealed));
	for (size_t i = 0; i < 8 * sample.sealed.len; i++) {
		uint8_t bit = (uint8_t)(1U << i % 8);

		sample.sealed.data[i / 8] ^= bit;
		assert_refused(&sample, buf_bytes(&sample.sealed));
		sample.sealed.data[i / 8] ^= bit;
	}
	assert_opens(&sample, buf_bytes(&sample.sealed));
}

static void
test_another_length(void **state)
{
	CLEANUP(sample_clear) struct sample sample;

	(void)state;
	sample_make(&sample);
	for (size_t len = 0; len < sample.sealed.len; len++)
		assert_refused(&sample, (struct bytes){ sample.sealed.data, len });
	buf_append_byte(&sample.sealed, 0);
	assert_refused(&sample, buf_bytes(&sample.sealed));
	assert_refused(&sample, empty);
}

static void
test_another_key_or_info(void **state)
{
	CLEANUP(sample_clear) struct sample sample;
	CLEANUP(sample_clear) struct sample other;
	struct sample mixed;

	(void)state;
	sample_make(&sample);
	sample_make(&other);
	assert_refused(&other, buf_bytes(&sample.sealed));
	mixed = sample;
	mixed.info = bytes_of("infO");
	assert_refused(&mixed, buf_bytes(&sample.sealed));
	mixed.info = empty;
	assert_refused(&mixed, buf_bytes(&sample.sealed));
	/* The public key counts, even where the private one is right. */
	mixed = sample;
	memcpy(mixed.public, other.public, sizeof(mixed.public));
	assert_refused(&mixed, buf_bytes(&sample.sealed));
}

static void
test_every_message_differs(void **state)
{
	CLEANUP(sample_clear) struct sample sample;
	CLEANUP(buf_clear) struct buf again = BUF_INIT(1000);
	struct error err = ERROR_INIT;

	(void)state;
	sample_make(&sample);
	assert_int_equal(hpke_seal(sample.public, sample.info, sample.plain, &again, &err), 0);
	assert_memory_not_equal(again.data, sample.sealed.data, 32);
	assert_memory_not_equal(again.data + 32, sample.sealed.data + 32, sample.plain.len);
	assert_opens(&sample, buf_bytes(&again));
}

static void
test_low_order(void **state)
{
	static const uint8_t points[][32] = {
		{ 0 },
		{ 1 },
		{ 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
		  0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
		  0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
	};
	CLEANUP(sample_clear) struct sample sample;
	struct hpke_context context;
	struct error err = ERROR_INIT;

	(void)state;
	sample_make(&sample);
	for (size_t i = 0; i < COUNT(points); i++) {
		CLEANUP(buf_clear) struct buf out = BUF_INIT(1000);

		assert_int_equal(hpke_seal(points[i], sample.info, sample.plain, &out, &err), -1);
		assert_int_equal(err.code, ERROR_REFUSED);
		assert_string_equal(err.message, "the key to seal to is of low order");
		assert_int_equal(out.len, 0);
		memcpy(sample.sealed.data, points[i], 32);
		assert_refused(&sample, buf_bytes(&sample.sealed));

		/* Whoever knows that the result is zero could make a tag that fits. */
		err = (struct error)ERROR_INIT;
		assert_int_equal(hpke_setup_receiver(&sample.private, sample.public, sample.info,
						     points[i], &context, &err),
				 -1);
		assert_string_equal(err.message, "altered, or sealed to another key");
	}
}

static void
test_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, 63, 64, 65, 4096, SECRET_VALUE_MAX };
	static uint8_t plain[SECRET_VALUE_MAX];
	CLEANUP(sample_clear) struct sample sample;
	struct error err = ERROR_INIT;
	uint8_t info[HPKE_INFO_MAX];

	(void)state;
	sample_make(&sample);
	random_bytes(plain, sizeof(plain));
	random_bytes(info, sizeof(info));
	for (size_t i = 0; i < COUNT(sizes); i++) {
		CLEANUP(buf_clear) struct buf out = BUF_INIT(SECRET_VALUE_MAX + 100);

		sample.info = (struct bytes){ info, i % 2 == 0 ? sizeof(info) : 0 };
		sample.plain = (struct bytes){ plain, sizes[i] };
		buf_append_text(&out, "before");
		assert_int_equal(hpke_seal(sample.public, sample.info, sample.plain, &out, &err),
				 0);
		assert_int_equal(out.len, 6 + sizes[i] + HPKE_OVERHEAD);
		assert_opens(&sample, (struct bytes){ out.data + 6, out.len - 6 });
	}
}

static void
test_no_room(void **state)
{
	CLEANUP(sample_clear) struct sample sample;
	CLEANUP(buf_clear) struct buf out = BUF_INIT(HPKE_OVERHEAD + 11);
	struct error err = ERROR_INIT;

	(void)state;
	sample_make(&sample);
	assert_int_equal(hpke_seal(sample.public, sample.info, sample.plain, &out, &err), 0);
	assert_int_equal(buf_check(&out, "the value", &err), -1);
	assert_string_equal(err.message, "the value is larger than 59 bytes");
}

static int
start(void **state)
{
	static char text[16384];
	struct error err = ERROR_INIT;
	int fd = open("tests/vectors/hpke/rfc9180-a2-base.json", O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, text, sizeof(text));

	(void)state;
	(void)close(fd);
	if (len <= 0 || secret_start(&err) < 0)
		return -1;
	vectors = cJSON_ParseWithLength(text, (size_t)len);
	return vectors != NULL ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	cJSON_Delete(vectors);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setup),
		cmocka_unit_test(test_encryptions),
		cmocka_unit_test(test_exports),
		cmocka_unit_test(test_shake),
		cmocka_unit_test(test_accumulated_encryptions),
		cmocka_unit_test(test_accumulated_exports),
		cmocka_unit_test(test_altered_anywhere),
		cmocka_unit_test(test_another_length),
		cmocka_unit_test(test_another_key_or_info),
		cmocka_unit_test(test_every_message_differs),
		cmocka_unit_test(test_low_order),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
