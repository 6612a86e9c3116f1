/* Any bytes as a datagram: its kind is what the table of RFC 7983 7 says, and long enough for who takes it next. */
#include "check.h"
#include "wire/demux.h"

struct range {
	unsigned first, last;
	enum urchin_packet_kind kind;
	size_t least_len;
};

static const struct range ranges[] = {
    {0, 3, URCHIN_PACKET_STUN, 20},
    {20, 63, URCHIN_PACKET_DTLS, 13},
    {128, 191, URCHIN_PACKET_RTP, 12},
    {128, 191, URCHIN_PACKET_RTCP, 8},
};

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	enum urchin_packet_kind kind = urchin_demux(bytes, len);
	bool is_possible = kind == URCHIN_PACKET_UNKNOWN;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		const struct range *range = &ranges[i];
		bool is_in_range = len >= range->least_len && bytes[0] >= range->first && bytes[0] <= range->last;
		if (kind == range->kind)
			is_possible = is_in_range;
	}
	CHECK(is_possible);
	if (len < 20)
		return 0;
	bool has_cookie = bytes[4] == 0x21 && bytes[5] == 0x12 && bytes[6] == 0xa4 && bytes[7] == 0x42;
	if (bytes[0] <= 3)
		CHECK((kind == URCHIN_PACKET_STUN) == has_cookie);
	else if (bytes[0] >= 20 && bytes[0] <= 63)
		CHECK(kind == URCHIN_PACKET_DTLS);
	else if (bytes[0] >= 128 && bytes[0] <= 191)
		CHECK(kind == (bytes[1] >= 192 && bytes[1] <= 223 ? URCHIN_PACKET_RTCP : URCHIN_PACKET_RTP));
	else
		CHECK(kind == URCHIN_PACKET_UNKNOWN);
	return 0;
}
