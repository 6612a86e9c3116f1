/* Candidates as libnice has them and as Urchin has them. */
#ifndef URCHIN_IO_NICE_CANDIDATE_H
#define URCHIN_IO_NICE_CANDIDATE_H

#include <nice/agent.h>

#include "base/addr.h"
#include "transport/candidate.h"

void urchin_nice_read_candidate(const NiceCandidate *from, struct urchin_candidate *to);

/* The server-reflexive candidate of a host candidate (RFC 8445 5.1.1.2) as STUN server number `server` sees it. */
struct urchin_candidate urchin_nice_make_reflexive(const struct urchin_candidate *host,
						   const struct urchin_addr *mapped, size_t server);

/*
 * Makes libnice's form of a remote candidate, having checked all that libnice takes on trust. Returns a candidate to
 * be freed with nice_candidate_free(), or NULL when it is unusable.
 */
NiceCandidate *urchin_nice_make_candidate(const struct urchin_candidate *from, guint stream_id);

#endif
