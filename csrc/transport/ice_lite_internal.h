/* The inside of struct urchin_ice_lite, for its files: life and liveness, checks. */
#ifndef URCHIN_TRANSPORT_ICE_LITE_INTERNAL_H
#define URCHIN_TRANSPORT_ICE_LITE_INTERNAL_H

#include "transport/ice_lite.h"

#define SEEN_MAX 32

struct flow {
	bool is_used;
	struct urchin_ice_way way;
	uint32_t priority;
	uint32_t generation;
	uint64_t made_us;
	uint64_t heard_us;   /* anything */
	uint64_t checked_us; /* an authenticated check */
	uint64_t checks;
};

struct credentials {
	char *ufrag; /* NULL: there are none */
	char *pwd;
	uint32_t generation;
};

/* A transaction that was answered, and where it came from, both shortened. */
struct seen {
	uint32_t transaction;
	uint32_t way;
};

struct urchin_ice_lite {
	struct urchin_ice_lite_config config;
	struct urchin_ice_lite_callbacks callbacks;
	void *owner;
	enum urchin_ice_state state;
	struct credentials latest;
	struct credentials previous;
	struct flow flows[URCHIN_ICE_LITE_FLOWS_MAX];
	struct flow *current;   /* packets go there; NULL: nowhere */
	struct flow *nominated; /* the newest nomination, if its flow is still there */
	uint64_t selected_us;
	uint64_t grace_us; /* nothing is judged before: the worker was late itself */
	uint64_t packet_us;
	uint32_t regular_packets;
	uint32_t error_tokens;
	uint64_t error_refill_us;
	struct seen seen[SEEN_MAX];
	uint32_t seen_count;
	struct urchin_ice_lite_stats stats;
};

struct flow *urchin_ice_lite_find(struct urchin_ice_lite *lite, const struct urchin_ice_way *way);
/* The flow of a valid check, found or made; NULL: the owner can't have it. */
struct flow *urchin_ice_lite_take(struct urchin_ice_lite *lite, const struct urchin_ice_way *way, uint64_t now_us);
/* Something that is no check came by this flow; packets may have to follow it. */
void urchin_ice_lite_note(struct urchin_ice_lite *lite, struct flow *flow, uint64_t now_us);
/* A valid check came by this flow: decides about the way. */
void urchin_ice_lite_judge(struct urchin_ice_lite *lite, struct flow *flow, bool nominates, uint64_t now_us);

#endif
