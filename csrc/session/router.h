/*
 * Which sender forwards which receiver, across the connections of one worker. Merges the viewers'
 * key-frame requests: at most one PLI per 500 ms and stream goes to the publisher.
 */
#ifndef URCHIN_SESSION_ROUTER_H
#define URCHIN_SESSION_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct urchin_router;
struct urchin_receiver;
struct urchin_sender;

/* A payload type of the source and the one the viewer knows for the same codec. */
struct urchin_payload_map {
	uint8_t from;
	uint8_t to;
};

/* What crosses to another worker: a packet of a receiver, or (bytes NULL) where its clock stands. */
struct urchin_export {
	uint64_t receiver_id;
	const uint8_t *bytes; /* plain RTP, valid during the call */
	size_t len;
	uint64_t now_us; /* when the packet came, or what the clock stands for */
	uint64_t ntp;
	uint32_t rtp;
	bool is_video;
};

struct urchin_router_callbacks {
	/*
	 * Packets wait for urchin_router_flush(), which is wanted at deadline_us, or before the turn ends when that is
	 * past. Called again when the deadline moves.
	 */
	void (*on_waiting)(void *owner, uint64_t deadline_us);
	/* For the workers of this set (bit n: worker n). */
	void (*on_export)(void *owner, uint64_t workers, const struct urchin_export *item);
	/* A viewer of an imported receiver wants a key frame: its own worker is to be asked. */
	void (*on_import_keyframe)(void *owner, uint64_t receiver_id);
};

/* Without callbacks (NULL) every packet is forwarded as it comes. Returns NULL when out of memory. */
struct urchin_router *urchin_router_new(const struct urchin_router_callbacks *callbacks, void *owner);
void urchin_router_free(struct urchin_router *router);

/* Forwards what waits: to one sender after the other, so that those with packets of one size become trains. */
void urchin_router_flush(struct urchin_router *router);

/*
 * Makes the sender forward the receiver, from the next key frame on (audio: at once); 0 as receiver_id: nothing.
 * Payload types that are not in the map are not forwarded. The stream the viewer sees stays continuous over changes.
 * Returns 0, URCHIN_ENOTFOUND or URCHIN_EINVAL (audio to video, too many entries: 128).
 */
int urchin_router_set_source(struct urchin_router *router, uint64_t sender_id, uint64_t receiver_id,
			     const struct urchin_payload_map *map, size_t map_count, uint64_t now_us);

/*
 * Packets of the receiver go to another worker (0..63) too, once each, whoever forwards them there (session/import.h).
 * Returns 0, URCHIN_ENOTFOUND or URCHIN_EINVAL.
 */
int urchin_router_export(struct urchin_router *router, uint64_t receiver_id, unsigned worker, bool is_wanted);

/* A paused receiver forwards nothing; a paused sender sends nothing. RTCP goes on. Return 0 or URCHIN_ENOTFOUND. */
int urchin_router_pause_receiver(struct urchin_router *router, uint64_t receiver_id, bool paused, uint64_t now_us);
int urchin_router_pause_sender(struct urchin_router *router, uint64_t sender_id, bool paused, uint64_t now_us);

/* Asks the publisher for a key frame, within the 500 ms rule. Returns 0 or URCHIN_ENOTFOUND. */
int urchin_router_request_keyframe(struct urchin_router *router, uint64_t receiver_id, uint64_t now_us);

#endif
