/* Which of a connection's incoming streams an SSRC belongs to: declared in the SDP, or learnt from packets. */
#ifndef URCHIN_SESSION_SSRC_MAP_H
#define URCHIN_SESSION_SSRC_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URCHIN_SSRC_LEARNT_MAX 64 /* R6: a peer can't fill our memory with SSRCs */

struct urchin_stream_in;

struct urchin_ssrc_entry {
	uint32_t ssrc;
	bool is_declared;
	bool was_used; /* its stream came with it once */
	struct urchin_stream_in *stream;
};

/* All zero: empty. */
struct urchin_ssrc_map {
	struct urchin_ssrc_entry *entries;
	size_t count;
	size_t cap;
	size_t learnt_count;
	size_t last; /* where the last search ended */
};

void urchin_ssrc_map_clear(struct urchin_ssrc_map *map);

/* Returns the entry, valid until the next change, or NULL. */
struct urchin_ssrc_entry *urchin_ssrc_map_find(struct urchin_ssrc_map *map, uint32_t ssrc);

/* Adds or takes over an SSRC. Returns 0, URCHIN_EFULL (too many learnt) or URCHIN_ENOMEM. */
int urchin_ssrc_map_add(struct urchin_ssrc_map *map, uint32_t ssrc, bool is_declared, struct urchin_stream_in *stream);

void urchin_ssrc_map_remove(struct urchin_ssrc_map *map, uint32_t ssrc);

/* Removes all SSRCs of a stream. */
void urchin_ssrc_map_remove_stream(struct urchin_ssrc_map *map, const struct urchin_stream_in *stream);

/* Removes what was declared for a stream; the SSRC it comes with now is kept, as a learnt one. */
void urchin_ssrc_map_forget_declared(struct urchin_ssrc_map *map, const struct urchin_stream_in *stream,
				     uint32_t current_ssrc);

#endif
