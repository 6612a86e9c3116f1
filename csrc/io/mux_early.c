/* A ring: a flood pushes out what came before, and costs a copy each, no memory. */
#include "io/mux_early.h"

#include <string.h>

#define LIFE_US UINT64_C(1000000)
/* RFC 6347 4.1, 4.2.2: a handshake record whose first message is a ClientHello. */
#define RECORD_HEADER_LEN 13
#define RECORD_HANDSHAKE 22
#define CLIENT_HELLO 1

static bool is_client_hello(const uint8_t *bytes, size_t len)
{
	return len > RECORD_HEADER_LEN && len <= URCHIN_MUX_EARLY_CAP && bytes[0] == RECORD_HANDSHAKE &&
	       bytes[RECORD_HEADER_LEN] == CLIENT_HELLO;
}

bool urchin_mux_early_keep(struct urchin_mux_early *early, const struct urchin_ice_way *way, const uint8_t *bytes,
			   size_t len, uint64_t now_us)
{
	struct urchin_mux_early_packet *packet = &early->packets[early->next];

	if (!is_client_hello(bytes, len))
		return false;
	early->next = (early->next + 1) % URCHIN_MUX_EARLY_MAX;
	packet->way = *way;
	packet->now_us = now_us;
	packet->len = len;
	memcpy(packet->bytes, bytes, len);
	return true;
}

struct urchin_mux_early_packet *urchin_mux_early_take(struct urchin_mux_early *early, const struct urchin_ice_way *way,
						      uint64_t now_us)
{
	for (size_t i = 0; i < URCHIN_MUX_EARLY_MAX; i++) {
		struct urchin_mux_early_packet *packet = &early->packets[(early->next + i) % URCHIN_MUX_EARLY_MAX];

		if (packet->len == 0 || !urchin_ice_way_equal(&packet->way, way))
			continue;
		if (now_us <= packet->now_us + LIFE_US)
			return packet;
		packet->len = 0;
	}
	return NULL;
}
