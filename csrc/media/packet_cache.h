/*
 * The recent packets of one incoming stream, as they came; every sender of the stream answers its
 * viewer's NACKs from it. Bounded in packets and bytes; putting one in costs one copy and no allocation.
 */
#ifndef URCHIN_MEDIA_PACKET_CACHE_H
#define URCHIN_MEDIA_PACKET_CACHE_H

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

/* Returns the packet and when it was put in, or NULL when it is not there (any more); valid until the next put. */
const uint8_t *urchin_packet_cache_get(const struct urchin_packet_cache *cache, uint64_t ext_seq, size_t *len,
				       uint64_t *put_us);

#endif
