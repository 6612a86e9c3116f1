/* Any bytes: the RTP reader and the extension walk stay inside them, and what is written again reads the same. */
#include <stdlib.h>
#include <string.h>

#include "wire/demux.h"
#include "wire/rtp.h"
#include "wire/rtp_ext.h"

#define ELEMENTS_MAX 64

static void check(int holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct urchin_rtp rtp, again;
	struct urchin_rtp_ext elements[ELEMENTS_MAX], element;
	uint8_t ext[4096], out[8192];
	size_t count = 0, at = 0;

	urchin_demux(bytes, len);
	if (urchin_rtp_read(&rtp, bytes, len))
		return 0;
	while (count < ELEMENTS_MAX && urchin_rtp_ext_next(&rtp, &at, &elements[count])) {
		uint8_t level;
		bool voice;
		uint16_t seq;
		urchin_audio_level_read(&elements[count], &level, &voice);
		urchin_transport_seq_read(&elements[count], &seq);
		check(urchin_rtp_ext_find(&rtp, elements[count].id, &element));
		count++;
	}
	int ext_len = urchin_rtp_ext_write(ext, sizeof(ext), elements, count);
	if (ext_len < 0)
		return 0;
	int out_len = urchin_rtp_write(out, sizeof(out), &rtp, ext_len ? ext : NULL, (size_t)ext_len);
	if (out_len < 0)
		return 0;
	check(urchin_rtp_read(&again, out, (size_t)out_len) == 0);
	check(again.ssrc == rtp.ssrc && again.seq == rtp.seq && again.timestamp == rtp.timestamp);
	check(again.payload_len == rtp.payload_len && memcmp(again.payload, rtp.payload, rtp.payload_len) == 0);
	at = 0;
	for (size_t i = 0; i < count; i++) {
		check(urchin_rtp_ext_next(&again, &at, &element));
		check(element.id == elements[i].id && element.len == elements[i].len);
		check(memcmp(element.data, elements[i].data, element.len) == 0);
	}
	return 0;
}
