/*
 * One ICE candidate (RFC 8445 5.1, RFC 8839 5.1) as a struct. Its text form is
 * read and written in JS (lib/sdp/candidate.js).
 */
#ifndef URCHIN_TRANSPORT_CANDIDATE_H
#define URCHIN_TRANSPORT_CANDIDATE_H

#include <stdint.h>

#define URCHIN_ADDRESS_CAP 64    /* text of an IPv4 or IPv6 address with scope, and its NUL */
#define URCHIN_FOUNDATION_CAP 33 /* RFC 8839 5.1: 1*32ice-char */

enum urchin_candidate_type {
	URCHIN_CANDIDATE_HOST,
	URCHIN_CANDIDATE_SRFLX,
	URCHIN_CANDIDATE_PRFLX,
	URCHIN_CANDIDATE_RELAY,
};

enum urchin_candidate_protocol {
	URCHIN_PROTOCOL_UDP,
	URCHIN_PROTOCOL_TCP_ACTIVE,
	URCHIN_PROTOCOL_TCP_PASSIVE,
	URCHIN_PROTOCOL_TCP_SO,
};

struct urchin_candidate {
	char foundation[URCHIN_FOUNDATION_CAP];
	enum urchin_candidate_type type;
	enum urchin_candidate_protocol protocol;
	uint32_t priority;
	char address[URCHIN_ADDRESS_CAP]; /* numeric */
	uint16_t port;
	char related_address[URCHIN_ADDRESS_CAP]; /* "" when there is none */
	uint16_t related_port;
};

struct urchin_candidate_pair {
	struct urchin_candidate local;
	struct urchin_candidate remote;
};

#endif
