/*
 * transport/ice.h by libnice 0.1.21 (full ICE, RFC 8445; trickle, RFC 8838; TURN over UDP and TCP; ICE-TCP) with what
 * it does badly taken out of its hands: packets, consent (RFC 7675) and the discovery of server-reflexive addresses run
 * over UDP sockets of ours beside its own. An agent and its context are touched by the worker's thread only.
 *
 * Each STUN server is asked from each local address; each TURN server is tried (8 addresses at most, libnice's limit).
 */
#ifndef URCHIN_IO_ICE_NICE_H
#define URCHIN_IO_ICE_NICE_H

#include "transport/ice.h"

struct urchin_loop;
struct urchin_egress;

/* Where connections live; outlives them. */
struct urchin_ice_nice_home {
	struct urchin_loop *loop;
	struct urchin_egress *egress; /* media over UDP leaves through it; NULL: each packet at once */
};

/* A urchin_ice_factory; `home` as above. Returns NULL when memory or descriptors are used up. */
struct urchin_ice *urchin_ice_nice_new(void *home, const struct urchin_ice_config *config,
				       const struct urchin_ice_callbacks *callbacks, void *owner);

#endif
