/* Names of failure reasons; ownership of what events and statistics carry. */
#include "transport/event.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

struct urchin_stats_text {
	struct urchin_stats_text *next;
	char text[];
};

const char *urchin_reason_name(enum urchin_reason reason)
{
	switch (reason) {
	case URCHIN_REASON_NONE:
		return "NONE";
	case URCHIN_REASON_CONNECT_TIMEOUT:
		return "ERR_CONNECT_TIMEOUT";
	case URCHIN_REASON_ICE_GATHER:
		return "ERR_ICE_GATHER";
	case URCHIN_REASON_ICE_PORTS:
		return "ERR_ICE_PORTS_EXHAUSTED";
	case URCHIN_REASON_ICE_PORT_IN_USE:
		return "ERR_ICE_PORT_IN_USE";
	case URCHIN_REASON_ICE_FAILED:
		return "ERR_ICE_FAILED";
	case URCHIN_REASON_ICE_CONSENT:
		return "ERR_ICE_CONSENT_LOST";
	case URCHIN_REASON_DTLS_FINGERPRINT:
		return "ERR_DTLS_FINGERPRINT";
	case URCHIN_REASON_DTLS_CERTIFICATE:
		return "ERR_DTLS_CERTIFICATE";
	case URCHIN_REASON_DTLS_HANDSHAKE:
		return "ERR_DTLS_HANDSHAKE";
	case URCHIN_REASON_DTLS_TIMEOUT:
		return "ERR_DTLS_TIMEOUT";
	case URCHIN_REASON_SRTP_PROFILE:
		return "ERR_SRTP_PROFILE";
	case URCHIN_REASON_INTERNAL:
		break;
	}
	return "ERR_INTERNAL";
}

int urchin_stats_add(struct urchin_stats *stats, enum urchin_stat_group group, uint64_t object_id, const char *name,
		     double value, const char *text)
{
	if (stats->count == stats->cap) {
		size_t cap = stats->cap ? stats->cap * 2 : 64;
		struct urchin_stat *items = realloc(stats->items, cap * sizeof(*items));

		if (!items)
			return URCHIN_ENOMEM;
		stats->items = items;
		stats->cap = cap;
	}
	stats->items[stats->count++] = (struct urchin_stat){
	    .group = group,
	    .object_id = object_id,
	    .name = name,
	    .value = value,
	    .text = text,
	};
	return 0;
}

int urchin_stats_add_text(struct urchin_stats *stats, enum urchin_stat_group group, uint64_t object_id,
			  const char *name, const char *text)
{
	size_t size = strlen(text) + 1;
	struct urchin_stats_text *copy = malloc(sizeof(*copy) + size);
	int err;

	if (!copy)
		return URCHIN_ENOMEM;
	memcpy(copy->text, text, size);
	err = urchin_stats_add(stats, group, object_id, name, 0, copy->text);
	if (err < 0) {
		free(copy);
		return err;
	}
	copy->next = stats->texts;
	stats->texts = copy;
	return 0;
}

void urchin_stats_clear(struct urchin_stats *stats)
{
	while (stats->texts) {
		struct urchin_stats_text *next = stats->texts->next;

		free(stats->texts);
		stats->texts = next;
	}
	free(stats->items);
	*stats = (struct urchin_stats){0};
}

void urchin_event_clear(struct urchin_event *event)
{
	free(event->text);
	free(event->pair);
	if (event->stats) {
		urchin_stats_clear(event->stats);
		free(event->stats);
	}
	memset(event, 0, sizeof(*event));
}
