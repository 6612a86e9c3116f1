/* Which of the newest packet indices came already (RFC 3711 3.3.2). A zeroed window is an empty one. */
#ifndef URCHIN_TRANSPORT_SRTP_WINDOW_H
#define URCHIN_TRANSPORT_SRTP_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "transport/srtp_internal.h"

struct urchin_srtp_window {
	uint64_t newest;
	bool is_used;
	uint64_t
	    came[URCHIN_SRTP_RECEIVE_WINDOW / 64]; /* bit index % window; of indices in (newest - window, newest] */
};

/* Whether a packet of this index may still be taken. */
bool urchin_srtp_window_allows(const struct urchin_srtp_window *window, uint64_t index);

/* Notes an index that was allowed and whose packet is authentic. */
void urchin_srtp_window_note(struct urchin_srtp_window *window, uint64_t index);

#endif
