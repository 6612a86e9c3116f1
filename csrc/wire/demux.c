#include "wire/demux.h"

#include "base/bytes.h"

#define STUN_HEADER_LEN 20
#define STUN_MAGIC_COOKIE UINT32_C(0x2112a442) /* RFC 8489 5 */
#define DTLS_RECORD_HEADER_LEN 13
#define RTP_HEADER_LEN 12
#define RTCP_HEADER_LEN 8 /* header and sender SSRC: what SRTCP leaves in the clear */

enum urchin_packet_kind urchin_demux(const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return URCHIN_PACKET_UNKNOWN;
	uint8_t first = bytes[0];
	if (first <= 3) /* RFC 7983 7 */
		return len >= STUN_HEADER_LEN && urchin_read_u32(bytes + 4) == STUN_MAGIC_COOKIE
			   ? URCHIN_PACKET_STUN
			   : URCHIN_PACKET_UNKNOWN;
	if (first >= 20 && first <= 63)
		return len >= DTLS_RECORD_HEADER_LEN ? URCHIN_PACKET_DTLS : URCHIN_PACKET_UNKNOWN;
	if (first < 128 || first > 191 || len < RTCP_HEADER_LEN)
		return URCHIN_PACKET_UNKNOWN;
	/* RFC 5761 4: payload types 64-95 of RTP are not used with rtcp-mux, so these are RTCP. */
	if (bytes[1] >= 192 && bytes[1] <= 223)
		return URCHIN_PACKET_RTCP;
	return len >= RTP_HEADER_LEN ? URCHIN_PACKET_RTP : URCHIN_PACKET_UNKNOWN;
}
