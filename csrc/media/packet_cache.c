/*
 * One byte ring and one index: a packet lives until the ring has been written once round past its place.
 * Places count up for ever, so being alive is one subtraction.
 */
#include "media/packet_cache.h"

#include <stdlib.h>
#include <string.h>

struct slot {
	uint64_t ext_seq;
	uint64_t place;
	uint64_t put_us;
	uint32_t len; /* 0: empty */
	uint8_t padding_len;
};

struct urchin_packet_cache {
	struct slot *slots;
	size_t slot_count;
	uint8_t *bytes;
	size_t byte_cap;
	uint64_t end; /* place behind the newest packet */
};

struct urchin_packet_cache *urchin_packet_cache_new(size_t packet_cap, size_t byte_cap)
{
	struct urchin_packet_cache *cache = calloc(1, sizeof *cache);
	if (!cache)
		return NULL;
	cache->slots = calloc(packet_cap, sizeof *cache->slots);
	cache->bytes = malloc(byte_cap);
	if (!cache->slots || !cache->bytes) {
		urchin_packet_cache_free(cache);
		return NULL;
	}
	cache->slot_count = packet_cap;
	cache->byte_cap = byte_cap;
	return cache;
}

void urchin_packet_cache_free(struct urchin_packet_cache *cache)
{
	if (!cache)
		return;
	free(cache->slots);
	free(cache->bytes);
	free(cache);
}

void urchin_packet_cache_clear(struct urchin_packet_cache *cache)
{
	memset(cache->slots, 0, cache->slot_count * sizeof *cache->slots);
	cache->end = 0;
}

void urchin_packet_cache_put(struct urchin_packet_cache *cache, uint64_t ext_seq, uint64_t now_us, const uint8_t *bytes,
			     size_t len)
{
	struct slot *slot = &cache->slots[ext_seq & (cache->slot_count - 1)];
	/* A straggler must not push out a newer packet. */
	if (len == 0 || len > cache->byte_cap / 2 || (slot->len > 0 && slot->ext_seq > ext_seq))
		return;
	size_t offset = (size_t)(cache->end % cache->byte_cap);
	if (offset + len > cache->byte_cap) {
		cache->end += cache->byte_cap - offset;
		offset = 0;
	}
	memcpy(cache->bytes + offset, bytes, len);
	*slot = (struct slot){.ext_seq = ext_seq, .place = cache->end, .put_us = now_us, .len = (uint32_t)len};
	cache->end += len;
}

static struct slot *find(const struct urchin_packet_cache *cache, uint64_t ext_seq)
{
	struct slot *slot = &cache->slots[ext_seq & (cache->slot_count - 1)];
	bool is_there = slot->len > 0 && slot->ext_seq == ext_seq && cache->end - slot->place <= cache->byte_cap;
	return is_there ? slot : NULL;
}

bool urchin_packet_cache_get(const struct urchin_packet_cache *cache, uint64_t ext_seq,
			     struct urchin_cached_packet *cached)
{
	const struct slot *slot = find(cache, ext_seq);
	if (!slot)
		return false;
	*cached = (struct urchin_cached_packet){
	    .bytes = cache->bytes + slot->place % cache->byte_cap,
	    .len = slot->len,
	    .put_us = slot->put_us,
	    .padding_len = slot->padding_len,
	};
	return true;
}

void urchin_packet_cache_set_padding(struct urchin_packet_cache *cache, uint64_t ext_seq, uint8_t padding_len)
{
	struct slot *slot = find(cache, ext_seq);
	if (slot)
		slot->padding_len = padding_len;
}
