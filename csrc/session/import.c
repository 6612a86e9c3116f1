/* A receiver and its place in the router, without a connection. */
#include "session/import.h"

#include <stdlib.h>

#include "base/err.h"
#include "media/receiver.h"
#include "session/router_internal.h"

struct urchin_import {
	struct urchin_router *router;
	struct urchin_receiver receiver;
	struct urchin_router_input input;
};

static bool is_valid(const struct urchin_receiver_config *config)
{
	return urchin_format_is_valid(&config->format);
}

struct urchin_import *urchin_import_new(struct urchin_router *router, uint64_t receiver_id,
					const struct urchin_receiver_config *config, int *err)
{
	struct urchin_import *import = is_valid(config) ? calloc(1, sizeof *import) : NULL;

	*err = is_valid(config) ? URCHIN_ENOMEM : URCHIN_EINVAL;
	if (!import)
		return NULL;
	import->router = router;
	urchin_receiver_init(&import->receiver, &config->format, config->rid, config->max_bitrate_bps);
	import->input.id = receiver_id;
	import->input.router = router;
	import->input.receiver = &import->receiver;
	*err = urchin_router_add_input(router, &import->input);
	if (*err == 0)
		return import;
	free(import);
	return NULL;
}

void urchin_import_free(struct urchin_import *import)
{
	if (!import)
		return;
	urchin_router_remove_input(import->router, &import->input);
	urchin_receiver_clear(&import->receiver);
	free(import);
}

int urchin_import_update(struct urchin_import *import, const struct urchin_receiver_config *config)
{
	if (!is_valid(config) || config->format.kind != import->receiver.format.kind)
		return URCHIN_EINVAL;
	urchin_router_flush(import->router);
	urchin_receiver_update(&import->receiver, &config->format, config->rid, config->max_bitrate_bps);
	return 0;
}

static void feed_packet(struct urchin_import *import, const struct urchin_export *item)
{
	struct urchin_packet packet;

	if (urchin_packet_read(&packet, item->bytes, item->len) < 0 ||
	    urchin_packet_read_format(&packet, &import->receiver.format) < 0)
		return;
	/* Which of a peer's streams it is was decided over there; a new SSRC begins it anew here as well. */
	urchin_receiver_set_ssrc(&import->receiver, packet.rtp.ssrc);
	if (urchin_receiver_feed(&import->receiver, &packet, item->now_us) == 0)
		urchin_router_forward(&import->input, &packet, item->now_us);
}

void urchin_import_feed(struct urchin_import *import, const struct urchin_export *item)
{
	bool is_first = !import->receiver.has_sr;

	if (item->bytes) {
		feed_packet(import, item);
		return;
	}
	urchin_receiver_feed_sr(&import->receiver, item->ntp, item->rtp, 0, item->now_us);
	urchin_router_tell_clock(&import->input, is_first, item->now_us);
}
