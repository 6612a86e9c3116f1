/* What the implementations behind srtp.h share: the table of operations and the shape of packets. */
#ifndef URCHIN_TRANSPORT_SRTP_INTERNAL_H
#define URCHIN_TRANSPORT_SRTP_INTERNAL_H

#include <stdbool.h>

#include "transport/srtp.h"

#define URCHIN_SRTP_RTP_HEADER_LEN 12
#define URCHIN_SRTP_RTCP_HEADER_LEN 8
#define URCHIN_SRTP_INDEX_LEN 4 /* SRTCP */
#define URCHIN_SRTP_PACKET_MAX_LEN 65535
/* RFC 3711 3.3.2 asks for 64 at least; a burst of 1024 packets may overtake one at video rates. */
#define URCHIN_SRTP_RECEIVE_WINDOW 1024
/* How far back a retransmission (RFC 4585 NACK) may reach. */
#define URCHIN_SRTP_SEND_WINDOW 2048
/* A state is kept for each SSRC that an authentic packet brought: a peer must not make them many. */
#define URCHIN_SRTP_SSRCS_MAX 1024

/* Lengths and shapes are checked by the caller (srtp.c); `cap` is large enough. */
struct urchin_srtp_ops {
	void (*free)(struct urchin_srtp *srtp);
	void (*prefetch)(const struct urchin_srtp *srtp); /* NULL: nothing to be brought */
	int (*protect_rtp)(struct urchin_srtp *srtp, const struct urchin_rtp_parts *parts, uint8_t *out);
	int (*protect_rtcp)(struct urchin_srtp *srtp, const uint8_t *plain, size_t len, uint8_t *out);
	int (*unprotect_rtp)(struct urchin_srtp *srtp, uint8_t *bytes, size_t len, size_t header_len);
	int (*unprotect_rtcp)(struct urchin_srtp *srtp, uint8_t *bytes, size_t len);
};

/* First member of every implementation's struct. */
struct urchin_srtp {
	const struct urchin_srtp_ops *ops;
	const char *engine; /* static storage */
	size_t tag_len;
};

/* What authentication adds: 16 bytes for GCM (RFC 7714 13), 10 for SHA1_80 (RFC 3711 5.2). */
size_t urchin_srtp_tag_len(enum urchin_srtp_profile profile);
bool urchin_srtp_is_gcm(enum urchin_srtp_profile profile);

struct urchin_srtp *urchin_srtp_own_new(const struct urchin_srtp_keys *keys);
struct urchin_srtp *urchin_srtp_libsrtp_new(const struct urchin_srtp_keys *keys);

#endif
