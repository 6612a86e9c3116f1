/* What connections and the router know of each other; nobody else includes it. */
#ifndef URCHIN_SESSION_ROUTER_INTERNAL_H
#define URCHIN_SESSION_ROUTER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/keyframe_request.h"
#include "session/hold.h"
#include "session/router.h"

struct urchin_connection;
struct urchin_packet;
struct urchin_router_output;

/* A receiver as the router sees it; the connection (or import) owns it and fills the first four. */
struct urchin_router_input {
	uint64_t id;
	struct urchin_router *router;
	struct urchin_receiver *receiver;
	struct urchin_connection *connection; /* NULL: an import, whose connection is on another worker */
	struct urchin_router_output **outputs;
	size_t output_count;
	size_t output_cap;
	bool is_paused;
	uint64_t exported_to; /* bit n: worker n */
	uint64_t asked_us;    /* imports only: when its worker was asked for a key frame */
	struct urchin_keyframe_request keyframe;
	struct urchin_hold_stream hold;
};

/* A sender as the router sees it; the connection owns it and fills the first three. */
struct urchin_router_output {
	uint64_t id;
	struct urchin_sender *sender;
	struct urchin_connection *connection;
	struct urchin_router_input *source; /* NULL: none */
	size_t position;                    /* in the source's outputs */
	bool is_paused;                     /* by whom it belongs to */
	bool is_shed;                       /* by the worker */
};

/* Return 0, URCHIN_EEXIST or URCHIN_ENOMEM. */
int urchin_router_add_input(struct urchin_router *router, struct urchin_router_input *input);
int urchin_router_add_output(struct urchin_router *router, struct urchin_router_output *output);
/* Harmless when it isn't in. Senders of a removed input are left without a source. */
void urchin_router_remove_input(struct urchin_router *router, struct urchin_router_input *input);
void urchin_router_remove_output(struct urchin_router *router, struct urchin_router_output *output);

/* Hands a packet to every sender of the input, at once or (in a copy) with the next flush. */
void urchin_router_forward(struct urchin_router_input *input, const struct urchin_packet *packet, uint64_t now_us);

/* The receiver's clock is known, or stands elsewhere. is_first: its viewers must not wait for their reports. */
void urchin_router_tell_clock(struct urchin_router_input *input, bool is_first, uint64_t now_us);

/* A viewer wants a key frame of what this output forwards. */
void urchin_router_want_keyframe(struct urchin_router_output *output, uint64_t now_us);

/* The worker has too much to do, or has not any more: the sender is silent, and goes on at the next key frame. */
void urchin_router_shed_output(struct urchin_router_output *output, bool is_shed, uint64_t now_us);

/* Sends the key-frame request that is due. */
void urchin_router_tick_input(struct urchin_router_input *input, uint64_t now_us);
uint64_t urchin_router_input_deadline_us(const struct urchin_router_input *input);

#endif
