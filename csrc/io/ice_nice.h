/*
 * transport/ice.h by libnice 0.1.21: full ICE (RFC 8445), trickle (RFC 8838), consent (RFC 7675), STUN and TURN over
 * UDP and TCP. An agent and its context are touched by the worker's thread only.
 *
 * Of several STUN servers the first is used: libnice knows one. TURN over TLS is not supported: libnice would speak
 * plain TCP; such servers are passed over. Each TURN server is tried (8 at most, libnice's limit).
 */
#ifndef URCHIN_IO_ICE_NICE_H
#define URCHIN_IO_ICE_NICE_H

#include "transport/ice.h"

/* A urchin_ice_factory; `loop` is a struct urchin_loop. Returns NULL when memory or descriptors are used up. */
struct urchin_ice *urchin_ice_nice_new(void *loop, const struct urchin_ice_config *config,
				       const struct urchin_ice_callbacks *callbacks, void *owner);

#endif
