/*
 * The recent packets of one incoming stream, as they came; every sender of the stream answers its
 * viewer's NACKs from it. Bounded in packets and bytes; putting one in costs one copy and no allocation.
 */
#ifndef URCHIN_MEDIA_PACKET_CACHE_H
#define URCHIN_MEDIA_PACKET_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct urchin_packet_cache;

/* Keeps at most packet_cap packets (a power of two) and byte_cap bytes. Returns NULL when out of memory. */
struct urchin_packet_cache *urchin_packet_cache_new(size_t packet_cap, size_t byte_cap);
/* NULL is allowed. */
void urchin_packet_cache_free(struct urchin_packet_cache *cache);

void urchin_packet_cache_clear(struct urchin_packet_cache *cache);

/* Copies a packet in; the oldest make room. Packets larger than half the bytes are not kept. */
void urchin_packet_cache_put(struct urchin_packet_cache *cache, uint64_t ext_seq, uint64_t now_us, const uint8_t *bytes,
			     size_t len);

/* A packet as it was put in, and with how much padding senders sent it. */
struct urchin_cached_packet {
	const uint8_t *bytes; /* valid until the next put */
	size_t len;
	uint64_t put_us;
	uint8_t padding_len;
};

/* Returns false, leaving *cached as it was, when the packet is not there (any more). */
bool urchin_packet_cache_get(const struct urchin_packet_cache *cache, uint64_t ext_seq,
			     struct urchin_cached_packet *cached);

/* Notes the padding for a packet that is there; for others nothing happens. */
void urchin_packet_cache_set_padding(struct urchin_packet_cache *cache, uint64_t ext_seq, uint8_t padding_len);

#endif
