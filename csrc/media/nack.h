/*
 * Which packets of one incoming stream are missing, and when to ask for them again (RFC 4585 6.2.1).
 * Bounded in number, age and tries.
 */
#ifndef URCHIN_MEDIA_NACK_H
#define URCHIN_MEDIA_NACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URCHIN_NACK_CAP 256  /* missing packets kept */
#define URCHIN_NACK_TRIES 10 /* requests per packet */

struct urchin_nack_entry {
	uint64_t ext_seq;
	uint64_t missed_us;
	uint64_t next_us;
	unsigned tries;
};

struct urchin_nack {
	struct urchin_nack_entry entries[URCHIN_NACK_CAP]; /* ascending by ext_seq */
	size_t count;
	bool is_started;
	uint64_t max_ext_seq;
	uint64_t deadline_us;
	uint64_t given_up; /* packets no longer asked for */
};

/* Forgets everything; nothing older than the next packet will be asked for. */
void urchin_nack_init(struct urchin_nack *nack);

/* Takes an arrived packet. Returns false when so many are missing that asking is useless: all were given up. */
bool urchin_nack_feed(struct urchin_nack *nack, uint64_t ext_seq, uint64_t now_us);

/* Writes the numbers to ask for now, ascending, at most cap; rtt_us spaces the tries. Returns how many. */
size_t urchin_nack_collect(struct urchin_nack *nack, uint64_t rtt_us, uint64_t now_us, uint16_t *seqs, size_t cap);

/* When collect() is wanted next; URCHIN_NEVER_US for never. */
uint64_t urchin_nack_deadline_us(const struct urchin_nack *nack);

#endif
