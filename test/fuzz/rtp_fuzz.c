/* Any bytes as an RTP packet: all that is read lies inside them, and what is written again reads the same. */
#include <string.h>

#include "base/err.h"
#include "check.h"
#include "wire/rtp.h"
#include "wire/rtp_ext.h"

#define ELEMENTS_MAX 1024

static void check_view(const struct urchin_rtp *rtp, const uint8_t *bytes, size_t len)
{
	size_t ext_len = rtp->has_ext ? 4 + rtp->ext_len : 0;
	CHECK(rtp->header_len == URCHIN_RTP_HEADER_LEN + 4 * (size_t)rtp->csrc_count + ext_len);
	CHECK(rtp->header_len + rtp->payload_len + rtp->padding_len == len);
	CHECK(rtp->payload == bytes + rtp->header_len);
	CHECK((rtp->padding_len > 0) == ((bytes[0] & 0x20) != 0));
	CHECK(!rtp->has_ext || rtp->ext + rtp->ext_len == rtp->payload);
}

static void check_values(const struct urchin_rtp_ext *element)
{
	uint16_t seq;
	if (urchin_transport_seq_read(element, &seq) == 0)
		CHECK(element->data[0] == seq >> 8 && element->data[1] == (seq & 0xff));
	else
		CHECK(element->len < 2);
}

static size_t read_elements(const struct urchin_rtp *rtp, struct urchin_rtp_ext *elements)
{
	size_t count = 0, at = 0;
	while (count < ELEMENTS_MAX && urchin_rtp_ext_next(rtp, &at, &elements[count])) {
		struct urchin_rtp_ext *element = &elements[count++];
		struct urchin_rtp_ext first;
		CHECK(element->data > rtp->ext && element->data + element->len <= rtp->ext + rtp->ext_len);
		CHECK(element->data + element->len == rtp->ext + at);
		CHECK(urchin_rtp_ext_find(rtp, element->id, &first) && first.data <= element->data);
		check_values(element);
	}
	return count;
}

static void check_same(const struct urchin_rtp *a, const struct urchin_rtp *b)
{
	CHECK(a->marker == b->marker && a->payload_type == b->payload_type && a->seq == b->seq);
	CHECK(a->timestamp == b->timestamp && a->ssrc == b->ssrc && a->csrc_count == b->csrc_count);
	CHECK(memcmp(a->csrcs, b->csrcs, 4 * (size_t)a->csrc_count) == 0);
	CHECK(a->payload_len == b->payload_len && memcmp(a->payload, b->payload, a->payload_len) == 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static struct urchin_rtp_ext elements[ELEMENTS_MAX];
	static uint8_t ext[4 * 65536];
	struct urchin_rtp rtp, again;
	struct urchin_rtp_ext element;
	if (urchin_rtp_read(&rtp, bytes, len))
		return 0;
	check_view(&rtp, bytes, len);
	size_t count = read_elements(&rtp, elements);
	int ext_len = urchin_rtp_ext_write(ext, sizeof(ext), elements, count);
	CHECK(ext_len >= 0 && (size_t)ext_len <= 4 + rtp.ext_len);

	/* Exactly as much room as is needed, so that a write behind it is seen. */
	size_t out_len =
	    URCHIN_RTP_HEADER_LEN + 4 * (size_t)rtp.csrc_count + (size_t)ext_len + rtp.payload_len + rtp.padding_len;
	uint8_t *out = malloc(out_len);
	CHECK(urchin_rtp_write(out, out_len - 1, &rtp, ext_len ? ext : NULL, (size_t)ext_len) == URCHIN_ETOOBIG);
	CHECK(urchin_rtp_write(out, out_len, &rtp, ext_len ? ext : NULL, (size_t)ext_len) == (int)out_len);
	CHECK(urchin_rtp_read(&again, out, out_len) == 0);
	check_view(&again, out, out_len);
	check_same(&again, &rtp);
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		CHECK(urchin_rtp_ext_next(&again, &at, &element));
		CHECK(element.id == elements[i].id && element.len == elements[i].len);
		CHECK(memcmp(element.data, elements[i].data, element.len) == 0);
	}
	CHECK(!urchin_rtp_ext_next(&again, &at, &element));
	free(out);
	return 0;
}
