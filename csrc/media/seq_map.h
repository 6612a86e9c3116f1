/*
 * Numbers the packets of one outgoing stream without a gap, though some of the source's packets are
 * dropped and the source itself may change; and finds the source's number again when the viewer asks for one.
 */
#ifndef URCHIN_MEDIA_SEQ_MAP_H
#define URCHIN_MEDIA_SEQ_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URCHIN_SEQ_MAP_RANGES 64

/* Source numbers first..end-1 go out as number + delta. */
struct urchin_seq_map_range {
	uint64_t first;
	uint64_t end; /* UINT64_MAX: open, the newest range */
	uint64_t delta;
};

struct urchin_seq_map {
	size_t newest;
	size_t count;
	uint64_t next_out;    /* one above the highest number that went out */
	uint64_t next_source; /* one above the highest source number mapped or dropped */
	struct urchin_seq_map_range ranges[URCHIN_SEQ_MAP_RANGES]; /* a ring; the newest is at `newest` */
};

/* The first packet will go out as first_seq. */
void urchin_seq_map_init(struct urchin_seq_map *map, uint16_t first_seq);

/*
 * The next packet is ext_seq and follows what went out last. With is_new_source nothing older can be mapped any more,
 * without it packets between are passed over (a pause); false, and no change, when it is older than what went out.
 */
bool urchin_seq_map_begin(struct urchin_seq_map *map, uint64_t ext_seq, bool is_new_source);

/* Leaves out a packet; without effect (a gap goes out) when a newer one was seen. */
void urchin_seq_map_drop(struct urchin_seq_map *map, uint64_t ext_seq);

/* Finds the outgoing number of a source packet; false when it is older than what is known, or left out. */
bool urchin_seq_map_forward(struct urchin_seq_map *map, uint64_t ext_seq, uint16_t *out_seq);

/* Finds the source packet that went (or would have gone) out as out_seq; false when it isn't known. */
bool urchin_seq_map_reverse(const struct urchin_seq_map *map, uint16_t out_seq, uint64_t *ext_seq);

#endif
