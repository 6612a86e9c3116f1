/*
 * DTLS ClientHellos that overtook the check which proves their sender. The few newest are kept for a moment; losing one
 * would cost the call the DTLS client's first retransmission, up to a second.
 */
#ifndef URCHIN_IO_MUX_EARLY_H
#define URCHIN_IO_MUX_EARLY_H

#include "transport/ice_lite.h"

#define URCHIN_MUX_EARLY_MAX 16
#define URCHIN_MUX_EARLY_CAP 1500

struct urchin_mux_early_packet {
	struct urchin_ice_way way;
	uint64_t now_us;
	size_t len; /* 0: free */
	uint8_t bytes[URCHIN_MUX_EARLY_CAP];
};

struct urchin_mux_early {
	struct urchin_mux_early_packet packets[URCHIN_MUX_EARLY_MAX];
	size_t next;
};

/* Keeps a packet if it looks like a ClientHello; the oldest kept one makes room. Returns whether it was kept. */
bool urchin_mux_early_keep(struct urchin_mux_early *early, const struct urchin_ice_way *way, const uint8_t *bytes,
			   size_t len, uint64_t now_us);
/*
 * The oldest of this way that is no older than a second; the caller takes it out by setting its len to 0. NULL: there
 * is none.
 */
struct urchin_mux_early_packet *urchin_mux_early_take(struct urchin_mux_early *early, const struct urchin_ice_way *way,
						      uint64_t now_us);

#endif
