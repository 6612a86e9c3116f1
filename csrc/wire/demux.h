/* Tells what kind of packet a datagram is, by its first bytes (RFC 7983, RFC 5761 4). */
#ifndef URCHIN_WIRE_DEMUX_H
#define URCHIN_WIRE_DEMUX_H

#include <stddef.h>
#include <stdint.h>

enum urchin_packet_kind {
	URCHIN_PACKET_UNKNOWN,
	URCHIN_PACKET_STUN,
	URCHIN_PACKET_DTLS,
	URCHIN_PACKET_RTP,
	URCHIN_PACKET_RTCP,
};

/* Looks at the first bytes only; any length, 0 too, is allowed. */
enum urchin_packet_kind urchin_demux(const uint8_t *bytes, size_t len);

#endif
