/* The USERNAME of a STUN message at little cost, before anything else is known of it: nothing is checked. */
#ifndef URCHIN_WIRE_STUN_PEEK_H
#define URCHIN_WIRE_STUN_PEEK_H

#include "wire/stun.h"

/* The first part of the first USERNAME, up to its colon. Bytes NULL: there is none, or the message is malformed. */
struct urchin_stun_bytes urchin_stun_peek_ufrag(const uint8_t *bytes, size_t len);

#endif
