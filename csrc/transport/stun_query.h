/*
 * One Binding request to one STUN server, with its retransmissions (RFC 8489 6.2.1). Knows no sockets: the owner sends
 * what urchin_stun_query_next() gives and feeds what comes back. Needs no clean-up.
 */
#ifndef URCHIN_TRANSPORT_STUN_QUERY_H
#define URCHIN_TRANSPORT_STUN_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "wire/stun.h"

#define URCHIN_STUN_QUERY_RTO_US UINT64_C(500000) /* doubles with each transmission */
/* Sent after 0, 0.5 and 1.5 s and given up after 3.5 s, so that a dead server does not keep gathering open. */
#define URCHIN_STUN_QUERY_TRANSMISSIONS 3
#define URCHIN_STUN_QUERY_TRANSMISSIONS_RFC 7        /* Rc of RFC 8489: given up after 39.5 s */
#define URCHIN_STUN_QUERY_LEN URCHIN_STUN_HEADER_LEN /* of the message: it has no attributes */

enum urchin_stun_query_state {
	URCHIN_STUN_QUERY_PENDING,
	URCHIN_STUN_QUERY_ANSWERED, /* `mapped` is set */
	URCHIN_STUN_QUERY_FAILED,   /* nobody answered in time, or the answer was of no use */
};

/* Read by the owner, written only here, but for transmissions_max and rto_us right after the start. */
struct urchin_stun_query {
	enum urchin_stun_query_state state;
	uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN];
	struct urchin_addr server;
	unsigned int transmissions_max; /* 1..16; URCHIN_STUN_QUERY_TRANSMISSIONS */
	uint64_t rto_us;                /* URCHIN_STUN_QUERY_RTO_US */
	unsigned int sent_count;
	uint64_t deadline_us;      /* while PENDING: of the next transmission, or of giving up */
	uint64_t first_sent_us;    /* valid when sent_count > 0 */
	uint64_t rtt_us;           /* ANSWERED: since the first transmission; with sent_count > 1 only an upper bound */
	struct urchin_addr mapped; /* else family URCHIN_ADDR_NONE */
	uint16_t error_code;       /* FAILED: what the server said (300..699); 0: no answer, or a useless one */
	bool has_answer;           /* FAILED: there was an answer */
};

/*
 * Begins a query, the first transmission due at once. tag: the first 4 bytes of the transaction id, big endian;
 * random64 the other 8, unpredictable (RFC 8489 5).
 */
void urchin_stun_query_start(struct urchin_stun_query *query, const struct urchin_addr *server, uint32_t tag,
			     uint64_t random64, uint64_t now_us);

/*
 * Writes the message that is to be sent now, if one is, and counts it as sent. cap >= URCHIN_STUN_QUERY_LEN. Returns
 * its length, or 0: nothing to send. The state may have become FAILED then.
 */
size_t urchin_stun_query_next(struct urchin_stun_query *query, uint64_t now_us, uint8_t *bytes, size_t cap);

/*
 * Takes a message that urchin_stun_read() accepted. Returns whether it is this query's answer: the transaction and
 * the address it came from fit. The first answer decides the state, later ones and late ones change nothing.
 */
bool urchin_stun_query_feed(struct urchin_stun_query *query, const struct urchin_addr *from,
			    const struct urchin_stun *stun, uint64_t now_us);

/* When to call urchin_stun_query_next() again; UINT64_MAX: never. */
uint64_t urchin_stun_query_deadline_us(const struct urchin_stun_query *query);

#endif
