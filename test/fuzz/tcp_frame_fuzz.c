/* RFC 4571 frames: however the stream is cut, the frames are the same, and none is longer than allowed. */
#include <string.h>

#include "check.h"
#include "io/tcp_frame.h"

struct heard {
	size_t count;
	size_t bytes;
	uint32_t sum;
};

static bool on_frame(void *owner, uint8_t *bytes, size_t len)
{
	struct heard *heard = owner;

	CHECK(len > 0 && len <= URCHIN_TCP_FRAME_MAX);
	heard->count++;
	heard->bytes += len;
	for (size_t i = 0; i < len; i++)
		heard->sum = heard->sum * 31 + bytes[i];
	return true;
}

static int feed(const unsigned char *bytes, size_t len, size_t piece, struct heard *heard)
{
	struct urchin_tcp_reader *reader = calloc(1, sizeof(*reader));
	int err = 0;

	for (size_t at = 0; at < len && !err; at += piece) {
		size_t rest = len - at < piece ? len - at : piece;
		uint8_t *copy = malloc(rest);

		memcpy(copy, bytes + at, rest);
		err = urchin_tcp_reader_feed(reader, copy, rest, on_frame, heard);
		free(copy);
	}
	free(reader);
	return err;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	struct heard whole = {0};
	struct heard cut = {0};

	if (len < 2)
		return 0;
	CHECK(feed(bytes + 1, len - 1, len, &whole) == feed(bytes + 1, len - 1, 1 + bytes[0], &cut));
	CHECK(memcmp(&whole, &cut, sizeof(whole)) == 0);
	return 0;
}
