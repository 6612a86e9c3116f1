/* RFC 4571 frames in whatever pieces TCP brings them, and the queue of what it does not take yet. */
#include "io/tcp_frame.h"

#include "support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

struct heard {
	size_t count;
	size_t lengths[64];
	uint8_t firsts[64];
	size_t stop_at;
};

static bool on_frame(void *owner, uint8_t *bytes, size_t len)
{
	struct heard *heard = owner;

	heard->firsts[heard->count] = bytes[0];
	heard->lengths[heard->count++] = len;
	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes[i], (uint8_t)(bytes[0] + i));
	return heard->count != heard->stop_at;
}

static const size_t lengths[] = {1, 2, 0, 300, URCHIN_TCP_FRAME_MAX, 7};

/* Frames of those lengths; the bytes of each count up from its number. */
static size_t write_stream(uint8_t *stream)
{
	size_t at = 0;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		urchin_write_u16(stream + at, (uint16_t)lengths[i]);
		for (size_t j = 0; j < lengths[i]; j++)
			stream[at + 2 + j] = (uint8_t)(i + j);
		at += 2 + lengths[i];
	}
	return at;
}

static void reads_frames_in_pieces_of_any_size(void **state)
{
	static const uint8_t firsts[] = {0, 1, 3, 4, 5};
	uint8_t stream[4096];

	(void)state;
	for (size_t piece = 1; piece < 2600; piece = piece < 10 ? piece + 1 : piece * 2) {
		struct urchin_tcp_reader *reader = calloc(1, sizeof(*reader));
		struct heard heard = {0};
		size_t len = write_stream(stream);

		for (size_t at = 0; at < len; at += piece) {
			size_t rest = len - at < piece ? len - at : piece;
			/* A block of its own: the sanitizer sees what lies beyond. */
			uint8_t *bytes = malloc(rest);

			memcpy(bytes, stream + at, rest);
			assert_int_equal(urchin_tcp_reader_feed(reader, bytes, rest, on_frame, &heard), 0);
			free(bytes);
		}
		assert_int_equal(heard.count, 5);
		assert_memory_equal(heard.firsts, firsts, sizeof(firsts));
		assert_int_equal(heard.lengths[3], URCHIN_TCP_FRAME_MAX);
		free(reader);
	}
}

static void a_frame_that_is_too_long_ends_it(void **state)
{
	struct urchin_tcp_reader *reader = calloc(1, sizeof(*reader));
	struct heard heard = {0};
	uint8_t bytes[] = {(URCHIN_TCP_FRAME_MAX + 1) >> 8, (URCHIN_TCP_FRAME_MAX + 1) & 0xff, 0};

	(void)state;
	assert_int_equal(urchin_tcp_reader_feed(reader, bytes, 1, on_frame, &heard), 0);
	assert_int_equal(urchin_tcp_reader_feed(reader, bytes + 1, 2, on_frame, &heard), URCHIN_EMALFORMED);
	assert_int_equal(heard.count, 0);
	free(reader);
}

static void reading_stops_when_it_is_told_to(void **state)
{
	struct urchin_tcp_reader *reader = calloc(1, sizeof(*reader));
	struct heard heard = {.stop_at = 2};
	uint8_t stream[4096];

	(void)state;
	assert_int_equal(urchin_tcp_reader_feed(reader, stream, write_stream(stream), on_frame, &heard), 0);
	assert_int_equal(heard.count, 2);
	free(reader);
}

static void the_queue_keeps_the_order(void **state)
{
	struct urchin_tcp_queue queue = {0};
	uint8_t bytes[3000];
	uint8_t next_in = 0, next_out = 0;

	(void)state;
	for (size_t round = 0; round < 200; round++) {
		size_t len = 1 + round * 37 % sizeof(bytes);
		size_t taken;

		for (size_t i = 0; i < len; i++)
			bytes[i] = next_in++;
		assert_int_equal(urchin_tcp_queue_add(&queue, bytes, len), 0);
		taken = round % 3 == 0 ? queue.len : queue.len / 2;
		for (size_t i = 0; i < taken; i++)
			assert_int_equal(queue.bytes[queue.start + i], next_out++);
		urchin_tcp_queue_remove(&queue, taken);
		assert_true(queue.len > 0 || queue.bytes == NULL);
	}
	urchin_tcp_queue_clear(&queue);
	assert_null(queue.bytes);
}

static bool ignore(void *owner, uint8_t *bytes, size_t len)
{
	(void)owner, (void)bytes, (void)len;
	return true;
}

/* Who reads no more than is missing never reads beyond the frame. */
static void what_is_missing_is_known_piece_by_piece(void **state)
{
	struct urchin_tcp_reader reader = {0};
	uint8_t stream[] = {0, 3, 'a', 'b', 'c'};
	size_t at = 0, rounds = 0;

	(void)state;
	while (at < sizeof(stream)) {
		size_t missing = urchin_tcp_reader_missing(&reader);

		assert_in_range(missing, 1, sizeof(stream) - at);
		assert_int_equal(urchin_tcp_reader_feed(&reader, stream + at, missing, ignore, NULL), 0);
		at += missing;
		rounds++;
	}
	assert_int_equal(rounds, 2);
	assert_int_equal(urchin_tcp_reader_missing(&reader), URCHIN_TCP_HEADER_LEN);
	assert_int_equal(urchin_tcp_reader_feed(&reader, stream, 1, ignore, NULL), 0);
	assert_int_equal(urchin_tcp_reader_missing(&reader), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_frames_in_pieces_of_any_size),
	    cmocka_unit_test(a_frame_that_is_too_long_ends_it),
	    cmocka_unit_test(reading_stops_when_it_is_told_to),
	    cmocka_unit_test(the_queue_keeps_the_order),
	    cmocka_unit_test(what_is_missing_is_known_piece_by_piece),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
