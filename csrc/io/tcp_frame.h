/* Datagrams on a TCP stream (RFC 4571): each with its length in two bytes before it. Reading, and a queue to write. */
#ifndef URCHIN_IO_TCP_FRAME_H
#define URCHIN_IO_TCP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URCHIN_TCP_FRAME_MAX 2048 /* longer ones come from nobody who speaks WebRTC */
#define URCHIN_TCP_HEADER_LEN 2

/* What is there of a frame that is not whole yet. A zeroed struct is empty. */
struct urchin_tcp_reader {
	size_t len;
	uint8_t bytes[URCHIN_TCP_HEADER_LEN + URCHIN_TCP_FRAME_MAX];
};

/* `bytes` may be modified in place. Returns false to stop reading: the rest is lost. */
typedef bool (*urchin_tcp_on_frame)(void *owner, uint8_t *bytes, size_t len);

/* Reads a piece of the stream. Empty frames are passed over. Returns 0 or URCHIN_EMALFORMED (a frame is too long). */
int urchin_tcp_reader_feed(struct urchin_tcp_reader *reader, uint8_t *bytes, size_t len, urchin_tcp_on_frame on_frame,
			   void *owner);

/* How many bytes the frame that is being read lacks, as far as is known: at least 1, and never more than that frame. */
size_t urchin_tcp_reader_missing(const struct urchin_tcp_reader *reader);

/* Bytes that the socket did not take yet. A zeroed struct is empty and owns no memory. */
struct urchin_tcp_queue {
	uint8_t *bytes;
	size_t start;
	size_t len; /* from start on */
	size_t cap;
};

/* Returns 0 or URCHIN_ENOMEM. */
int urchin_tcp_queue_add(struct urchin_tcp_queue *queue, const uint8_t *bytes, size_t len);
/* The first `len` bytes were written. An empty queue gives its memory back. */
void urchin_tcp_queue_remove(struct urchin_tcp_queue *queue, size_t len);
void urchin_tcp_queue_clear(struct urchin_tcp_queue *queue);

#endif
