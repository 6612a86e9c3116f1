/* Two fake ICE backends and the queue between them. */
#include "support/fake_ice.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

struct fake_packet {
	struct fake_packet *next;
	int to;
	uint64_t due_us;
	size_t len;
	uint8_t bytes[];
};

struct fake_ice {
	struct urchin_ice base;
	struct fake_ice_end *end;
	struct urchin_ice_callbacks callbacks;
	void *owner;
	char ufrag[257];
	char pwd[257];
	char remote_pwd[257];
	enum urchin_ice_state state;
	bool is_gathering;
	bool has_pair;
	bool pair_wanted;
	bool closing;
	uint8_t reserved[URCHIN_ICE_DATAGRAM_CAP];
};

struct fake_ice_link {
	struct fake_ice_end ends[2];
	struct fake_packet *packets; /* in order of sending */
	fake_ice_filter filter;
	void *filter_owner;
	uint64_t now_us;
};

static struct urchin_candidate host_candidate(int index)
{
	struct urchin_candidate candidate = {
	    .foundation = "1",
	    .type = URCHIN_CANDIDATE_HOST,
	    .protocol = URCHIN_PROTOCOL_UDP,
	    .priority = 2130706431,
	    .port = (uint16_t)(40000 + index),
	};

	strcpy(candidate.address, index ? "192.0.2.2" : "192.0.2.1");
	return candidate;
}

static void copy_text(char *out, const char *text)
{
	strncpy(out, text, 256);
	out[256] = '\0';
}

static int start_gathering(struct fake_ice *ice, const char *ufrag, const char *pwd)
{
	struct fake_ice_end *end = ice->end;
	struct urchin_candidate candidate = host_candidate(end->index);

	if (end->gather_error < 0)
		return end->gather_error;
	copy_text(ice->ufrag, ufrag);
	copy_text(ice->pwd, pwd);
	ice->is_gathering = true;
	if (!end->no_candidates)
		ice->callbacks.on_candidate(ice->owner, &candidate);
	if (end->gather_at_once) {
		ice->is_gathering = false;
		ice->callbacks.on_gathered(ice->owner);
	}
	return 0;
}

static int fake_gather(struct urchin_ice *base, const char *ufrag, const char *pwd, bool controlling)
{
	(void)controlling;
	return start_gathering((struct fake_ice *)base, ufrag, pwd);
}

static int fake_set_remote(struct urchin_ice *base, const char *ufrag, const char *pwd, bool is_lite)
{
	struct fake_ice *ice = (struct fake_ice *)base;

	(void)is_lite;
	ice->end->set_remotes++;
	copy_text(ice->end->remote_ufrag, ufrag);
	copy_text(ice->remote_pwd, pwd);
	ice->pair_wanted = true;
	return 0;
}

static int fake_add_candidate(struct urchin_ice *base, const struct urchin_candidate *candidate)
{
	struct fake_ice *ice = (struct fake_ice *)base;

	ice->end->added_candidates++;
	ice->end->last_candidate = *candidate;
	return 0;
}

static int fake_end_candidates(struct urchin_ice *base)
{
	((struct fake_ice *)base)->end->ended_candidates++;
	return 0;
}

static int fake_restart(struct urchin_ice *base, const char *ufrag, const char *pwd)
{
	struct fake_ice *ice = (struct fake_ice *)base;

	ice->end->restarts++;
	return start_gathering(ice, ufrag, pwd);
}

static int fake_send(struct urchin_ice *base, const uint8_t *bytes, size_t len)
{
	struct fake_ice *ice = (struct fake_ice *)base;
	struct fake_ice_end *end = ice->end;
	struct fake_ice_link *link = end->link;
	struct fake_ice_fate fate = {.copies = 1};

	if (!ice->has_pair || ice->closing)
		return URCHIN_ESTATE;
	if (end->send_fails)
		return URCHIN_ESYSTEM;
	end->sent++;
	if (len > end->largest_sent)
		end->largest_sent = len;
	if (link->filter)
		fate = link->filter(link->filter_owner, end->index, bytes, len);
	for (int i = 0; i < fate.copies; i++) {
		struct fake_packet *packet = malloc(sizeof(*packet) + len);
		struct fake_packet **tail = &link->packets;

		if (!packet)
			return URCHIN_ENOMEM;
		*packet = (struct fake_packet){.to = 1 - end->index, .len = len};
		packet->due_us = fate.delay_us ? link->now_us + fate.delay_us : 0;
		memcpy(packet->bytes, bytes, len);
		while (*tail)
			tail = &(*tail)->next;
		*tail = packet;
	}
	return 0;
}

static void fake_close(struct urchin_ice *base)
{
	((struct fake_ice *)base)->closing = true;
}

struct fake_ice_link *fake_ice_link_new(void)
{
	struct fake_ice_link *link = calloc(1, sizeof(*link));

	for (int i = 0; link && i < 2; i++) {
		link->ends[i].link = link;
		link->ends[i].index = i;
	}
	return link;
}

void fake_ice_link_free(struct fake_ice_link *link)
{
	while (link->packets) {
		struct fake_packet *next = link->packets->next;

		free(link->packets);
		link->packets = next;
	}
	free(link);
}

static uint8_t *fake_reserve(struct urchin_ice *base)
{
	return ((struct fake_ice *)base)->reserved;
}

static int fake_commit(struct urchin_ice *base, size_t len, bool is_video)
{
	struct fake_ice_end *end = ((struct fake_ice *)base)->end;

	end->committed_video += is_video;
	end->committed_other += !is_video;
	return base->ops->send(base, fake_reserve(base), len);
}

static void fake_prefetch(const struct urchin_ice *base, int step)
{
	const struct fake_ice *ice = (const struct fake_ice *)base;

	(void)step;
	ice->end->prefetched++;
	ice->end->prefetched_late += ice->closing;
}

struct fake_ice_end *fake_ice_end(struct fake_ice_link *link, int index)
{
	return &link->ends[index];
}

struct urchin_ice *fake_ice_new(void *factory_owner, const struct urchin_ice_config *config,
				const struct urchin_ice_callbacks *callbacks, void *owner)
{
	static const struct urchin_ice_ops ops = {
	    .gather = fake_gather,
	    .set_remote = fake_set_remote,
	    .add_candidate = fake_add_candidate,
	    .end_candidates = fake_end_candidates,
	    .restart = fake_restart,
	    .send = fake_send,
	    .reserve = fake_reserve,
	    .commit = fake_commit,
	    .prefetch = fake_prefetch,
	    .close = fake_close,
	};
	struct fake_ice_end *end = factory_owner;
	struct fake_ice *ice = NULL;

	(void)config;
	if (!end->refuse_new)
		ice = calloc(1, sizeof(*ice));
	if (!ice)
		return NULL;
	ice->base.ops = &ops;
	ice->end = end;
	ice->callbacks = *callbacks;
	ice->owner = owner;
	end->ice = ice;
	return &ice->base;
}

void fake_ice_set_filter(struct fake_ice_link *link, fake_ice_filter filter, void *owner)
{
	link->filter = filter;
	link->filter_owner = owner;
}

void fake_ice_inject(struct fake_ice_end *end, const uint8_t *bytes, size_t len, uint64_t now_us)
{
	/* A copy of exactly this size, so that a sanitizer sees a read beyond it. */
	uint8_t *copy = malloc(len ? len : 1);

	if (copy && end->ice && !end->ice->closing) {
		if (len)
			memcpy(copy, bytes, len);
		end->ice->callbacks.on_packet(end->ice->owner, copy, len, now_us);
	}
	free(copy);
}

void fake_ice_set_state(struct fake_ice_end *end, enum urchin_ice_state state)
{
	if (!end->ice)
		return;
	end->ice->state = state;
	end->ice->callbacks.on_state(end->ice->owner, state);
}

static bool knows_other(const struct fake_ice *ice, const struct fake_ice *other)
{
	return ice->ufrag[0] && strcmp(ice->end->remote_ufrag, other->ufrag) == 0 &&
	       strcmp(ice->remote_pwd, other->pwd) == 0;
}

static bool pump_pair(struct fake_ice *ice)
{
	struct fake_ice_end *end = ice->end;
	struct fake_ice_end *other = &end->link->ends[1 - end->index];
	struct urchin_candidate_pair pair = {host_candidate(end->index), host_candidate(1 - end->index)};

	if (!ice->pair_wanted || ice->closing)
		return false;
	if (ice->state == URCHIN_ICE_NEW) {
		fake_ice_set_state(end, URCHIN_ICE_CHECKING);
		return true;
	}
	if (end->hold_checks || other->hold_checks || !other->ice || !knows_other(ice, other->ice))
		return false;
	if (!end->connects_alone && !knows_other(other->ice, ice))
		return false;
	ice->pair_wanted = false;
	ice->has_pair = true;
	ice->callbacks.on_selected_pair(ice->owner, &pair);
	if (end->ice && !ice->closing)
		fake_ice_set_state(end, URCHIN_ICE_CONNECTED);
	return true;
}

static bool pump_end(struct fake_ice_end *end)
{
	struct fake_ice *ice = end->ice;

	if (!ice)
		return false;
	if (ice->closing) {
		struct urchin_ice_callbacks callbacks = ice->callbacks;
		void *owner = ice->owner;

		end->ice = NULL;
		free(ice);
		callbacks.on_closed(owner);
		return true;
	}
	if (ice->is_gathering && !end->hold_gathered) {
		ice->is_gathering = false;
		ice->callbacks.on_gathered(ice->owner);
		return true;
	}
	return pump_pair(ice);
}

/* Delivers the first packet that is due. */
static bool pump_packet(struct fake_ice_link *link)
{
	struct fake_packet **place = &link->packets;
	struct fake_packet *packet;

	while (*place && (*place)->due_us > link->now_us)
		place = &(*place)->next;
	packet = *place;
	if (!packet)
		return false;
	*place = packet->next;
	fake_ice_inject(&link->ends[packet->to], packet->bytes, packet->len, link->now_us);
	free(packet);
	return true;
}

bool fake_ice_pump(struct fake_ice_link *link, uint64_t now_us)
{
	bool any = false;

	link->now_us = now_us;
	while (pump_packet(link) || pump_end(&link->ends[0]) || pump_end(&link->ends[1]))
		any = true;
	return any;
}

uint64_t fake_ice_deadline_us(const struct fake_ice_link *link)
{
	uint64_t deadline_us = UINT64_MAX;

	for (const struct fake_packet *packet = link->packets; packet; packet = packet->next) {
		if (packet->due_us < deadline_us)
			deadline_us = packet->due_us;
	}
	return deadline_us;
}
