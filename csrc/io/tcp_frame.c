/* Whole frames are handed on where they lie; only those that come in pieces are copied. */
#include "io/tcp_frame.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

#define QUEUE_CAP_FIRST 4096

/* Moves what is missing of `wanted` bytes into the reader. Returns how many were taken. */
static size_t fill(struct urchin_tcp_reader *reader, size_t wanted, const uint8_t *bytes, size_t len)
{
	size_t missing = wanted - reader->len;
	size_t taken = len < missing ? len : missing;

	memcpy(reader->bytes + reader->len, bytes, taken);
	reader->len += taken;
	return taken;
}

/* Goes on with the frame that is in the reader. Returns how many bytes were taken, or URCHIN_EMALFORMED. */
static int complete(struct urchin_tcp_reader *reader, const uint8_t *bytes, size_t len, bool *is_whole)
{
	size_t at = 0;
	size_t frame_len;

	*is_whole = false;
	if (reader->len < URCHIN_TCP_HEADER_LEN)
		at = fill(reader, URCHIN_TCP_HEADER_LEN, bytes, len);
	if (reader->len < URCHIN_TCP_HEADER_LEN)
		return (int)at;
	frame_len = urchin_read_u16(reader->bytes);
	if (frame_len > URCHIN_TCP_FRAME_MAX)
		return URCHIN_EMALFORMED;
	at += fill(reader, URCHIN_TCP_HEADER_LEN + frame_len, bytes + at, len - at);
	*is_whole = reader->len == URCHIN_TCP_HEADER_LEN + frame_len;
	return (int)at;
}

static int feed_rest(struct urchin_tcp_reader *reader, uint8_t *bytes, size_t len, size_t *at)
{
	bool is_whole;
	int taken = complete(reader, bytes + *at, len - *at, &is_whole);

	if (taken < 0)
		return taken;
	*at += (size_t)taken;
	return is_whole;
}

int urchin_tcp_reader_feed(struct urchin_tcp_reader *reader, uint8_t *bytes, size_t len, urchin_tcp_on_frame on_frame,
			   void *owner)
{
	size_t at = 0;

	while (at < len) {
		uint8_t *frame = bytes + at + URCHIN_TCP_HEADER_LEN;
		size_t frame_len = len - at >= URCHIN_TCP_HEADER_LEN ? urchin_read_u16(bytes + at) : len;

		if (reader->len == 0 && frame_len <= URCHIN_TCP_FRAME_MAX &&
		    frame_len + URCHIN_TCP_HEADER_LEN <= len - at) {
			at += URCHIN_TCP_HEADER_LEN + frame_len;
		} else {
			int whole = feed_rest(reader, bytes, len, &at);

			if (whole <= 0)
				return whole;
			frame = reader->bytes + URCHIN_TCP_HEADER_LEN;
			frame_len = reader->len - URCHIN_TCP_HEADER_LEN;
			reader->len = 0;
		}
		if (frame_len > 0 && !on_frame(owner, frame, frame_len))
			return 0;
	}
	return 0;
}

size_t urchin_tcp_reader_missing(const struct urchin_tcp_reader *reader)
{
	if (reader->len < URCHIN_TCP_HEADER_LEN)
		return URCHIN_TCP_HEADER_LEN - reader->len;
	return URCHIN_TCP_HEADER_LEN + urchin_read_u16(reader->bytes) - reader->len;
}

int urchin_tcp_queue_add(struct urchin_tcp_queue *queue, const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return 0;
	if (queue->len + len > queue->cap) {
		size_t cap = queue->cap ? queue->cap : QUEUE_CAP_FIRST;
		uint8_t *grown;

		while (cap < queue->len + len)
			cap *= 2;
		grown = malloc(cap);
		if (!grown)
			return URCHIN_ENOMEM;
		if (queue->len > 0)
			memcpy(grown, queue->bytes + queue->start, queue->len);
		free(queue->bytes);
		queue->bytes = grown;
		queue->cap = cap;
		queue->start = 0;
	} else if (queue->start + queue->len + len > queue->cap) {
		memmove(queue->bytes, queue->bytes + queue->start, queue->len);
		queue->start = 0;
	}
	memcpy(queue->bytes + queue->start + queue->len, bytes, len);
	queue->len += len;
	return 0;
}

void urchin_tcp_queue_remove(struct urchin_tcp_queue *queue, size_t len)
{
	queue->start += len;
	queue->len -= len;
	if (queue->len == 0)
		urchin_tcp_queue_clear(queue);
}

void urchin_tcp_queue_clear(struct urchin_tcp_queue *queue)
{
	free(queue->bytes);
	*queue = (struct urchin_tcp_queue){0};
}
