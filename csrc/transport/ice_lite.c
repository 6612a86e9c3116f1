/* Flows, the way that packets go, silence and consent. */
#include "transport/ice_lite.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/heap.h"
#include "transport/ice_lite_internal.h"

#define MS UINT64_C(1000)
#define S UINT64_C(1000000)

/* RFC 8839 5.4 */
#define CREDENTIAL_MAX 256
/* RFC 7675 5.1: "Consent expires after 30 seconds." */
#define CONSENT_TIMEOUT_US (30 * S)
/*
 * A lite side can't ask, so it waits for the peer's own consent checks: RFC 7675 5.1 has them every 4 to 6 s (Firefox,
 * libnice; Chromium's come every 2.5 s). With regular packets one interval tells enough; else one check may be lost.
 */
#define SILENT_BUSY_US (6500 * MS)
#define SILENT_IDLE_US (13 * S)
#define REGULAR_PACKETS 4
#define REGULAR_GAP_US (2 * S)
/* A way that is not used and not checked any more. */
#define FLOW_LIFE_US (60 * S)
/* A new address without nomination is followed when nothing came from the old one for so long: a NAT forgot it. */
#define FOLLOW_NEW_US (1 * S)
/* A known one may be a spare that is just kept alive: it has to wait until the peer must have checked the old one. */
#define FOLLOW_KNOWN_US (7 * S)
/* A timer later than this: the worker was busy, and what the peer sent lies unread. */
#define LATE_US (500 * MS)

bool urchin_ice_way_equal(const struct urchin_ice_way *a, const struct urchin_ice_way *b)
{
	return a->link == b->link && urchin_addr_equal(&a->remote, &b->remote);
}

struct urchin_ice_lite *urchin_ice_lite_new(const struct urchin_ice_lite_config *config,
					    const struct urchin_ice_lite_callbacks *callbacks, void *owner)
{
	struct urchin_ice_lite *lite = calloc(1, sizeof(*lite));

	if (!lite)
		return NULL;
	lite->config = *config;
	lite->callbacks = *callbacks;
	lite->owner = owner;
	lite->state = URCHIN_ICE_NEW;
	if (lite->config.consent_timeout_us == 0)
		lite->config.consent_timeout_us = CONSENT_TIMEOUT_US;
	return lite;
}

static void clear_credentials(struct credentials *credentials)
{
	if (credentials->pwd)
		OPENSSL_cleanse(credentials->pwd, strlen(credentials->pwd));
	free(credentials->ufrag);
	free(credentials->pwd);
	*credentials = (struct credentials){0};
}

void urchin_ice_lite_free(struct urchin_ice_lite *lite)
{
	if (!lite)
		return;
	clear_credentials(&lite->latest);
	clear_credentials(&lite->previous);
	free(lite);
}

static void drop_generation(struct urchin_ice_lite *lite, struct credentials *credentials)
{
	if (credentials->ufrag)
		lite->callbacks.on_ufrag_gone(lite->owner, credentials->ufrag);
	clear_credentials(credentials);
}

static bool is_credential(const char *text)
{
	size_t len = text ? strnlen(text, CREDENTIAL_MAX + 1) : 0;

	return len >= 1 && len <= CREDENTIAL_MAX;
}

int urchin_ice_lite_set_local(struct urchin_ice_lite *lite, const char *ufrag, const char *pwd)
{
	struct credentials made = {.generation = lite->latest.generation + 1};

	if (!is_credential(ufrag) || !is_credential(pwd))
		return URCHIN_EINVAL;
	made.ufrag = strdup(ufrag);
	made.pwd = strdup(pwd);
	if (!made.ufrag || !made.pwd) {
		clear_credentials(&made);
		return URCHIN_ENOMEM;
	}
	/* RFC 8445 9: packets go on by the old pair meanwhile, so its checks are answered. */
	if (lite->current && lite->current->generation == lite->latest.generation) {
		drop_generation(lite, &lite->previous);
		lite->previous = lite->latest;
	} else {
		drop_generation(lite, &lite->latest);
	}
	lite->latest = made;
	return 0;
}

void urchin_ice_lite_end(struct urchin_ice_lite *lite)
{
	drop_generation(lite, &lite->previous);
	drop_generation(lite, &lite->latest);
}

/* --- flows --- */

struct flow *urchin_ice_lite_find(struct urchin_ice_lite *lite, const struct urchin_ice_way *way)
{
	for (size_t i = 0; i < URCHIN_ICE_LITE_FLOWS_MAX; i++)
		if (lite->flows[i].is_used && urchin_ice_way_equal(&lite->flows[i].way, way))
			return &lite->flows[i];
	return NULL;
}

static void forget(struct urchin_ice_lite *lite, struct flow *flow)
{
	if (lite->nominated == flow)
		lite->nominated = NULL;
	if (lite->current == flow)
		lite->current = NULL;
	flow->is_used = false;
}

/* A free slot, or that of the flow that was checked the longest time ago. */
static struct flow *make_room(struct urchin_ice_lite *lite)
{
	struct flow *oldest = NULL;

	for (size_t i = 0; i < URCHIN_ICE_LITE_FLOWS_MAX; i++) {
		struct flow *flow = &lite->flows[i];

		if (!flow->is_used)
			return flow;
		if (flow != lite->current && flow != lite->nominated &&
		    (!oldest || flow->checked_us < oldest->checked_us))
			oldest = flow;
	}
	lite->stats.flows_evicted++;
	lite->callbacks.on_flow_gone(lite->owner, &oldest->way);
	forget(lite, oldest);
	return oldest;
}

struct flow *urchin_ice_lite_take(struct urchin_ice_lite *lite, const struct urchin_ice_way *way, uint64_t now_us)
{
	struct flow *flow = urchin_ice_lite_find(lite, way);

	if (flow)
		return flow;
	if (!lite->callbacks.on_flow(lite->owner, way))
		return NULL;
	flow = make_room(lite);
	*flow = (struct flow){.is_used = true, .way = *way, .made_us = now_us};
	return flow;
}

/* --- the way --- */

static void tell_state(struct urchin_ice_lite *lite, enum urchin_ice_state state)
{
	if (lite->state == state)
		return;
	lite->state = state;
	lite->callbacks.on_state(lite->owner, state);
}

static void select_flow(struct urchin_ice_lite *lite, struct flow *flow, uint64_t now_us)
{
	if (lite->current != flow) {
		lite->current = flow;
		lite->selected_us = now_us;
		lite->stats.path_changes++;
		lite->callbacks.on_path(lite->owner, &flow->way, flow->priority);
		lite->callbacks.on_deadline(lite->owner);
	}
	/* RFC 8445 9: the new generation has its pair, the old one ends. */
	if (lite->previous.ufrag && flow->generation == lite->latest.generation)
		drop_generation(lite, &lite->previous);
	tell_state(lite, URCHIN_ICE_CONNECTED);
}

void urchin_ice_lite_note(struct urchin_ice_lite *lite, struct flow *flow, uint64_t now_us)
{
	flow->heard_us = now_us;
	/* What was taken because of silence is given back when the silence ends; before any nomination (DTLS may be
	 * that early) the answer goes where the packet came from. */
	if (lite->current && (flow == lite->current || flow == lite->nominated || !lite->nominated))
		select_flow(lite, flow, now_us);
}

/* Whether a way without nomination is to be followed. */
static bool is_abandoned(const struct urchin_ice_lite *lite, const struct flow *flow, uint64_t now_us)
{
	bool is_new = flow->made_us > lite->selected_us;
	uint64_t limit_us = is_new ? FOLLOW_NEW_US : FOLLOW_KNOWN_US;

	return now_us >= lite->current->heard_us + limit_us && flow->generation >= lite->current->generation;
}

void urchin_ice_lite_judge(struct urchin_ice_lite *lite, struct flow *flow, bool nominates, uint64_t now_us)
{
	if (nominates) {
		/* RFC 8445 8.1.1 and Chromium's renomination: the controlling side's newest word counts. */
		lite->nominated = flow;
		select_flow(lite, flow, now_us);
	} else if (!lite->current || flow == lite->current || flow == lite->nominated ||
		   is_abandoned(lite, flow, now_us)) {
		/* RFC 8445 12.1: packets may go by any valid pair before one is nominated. */
		select_flow(lite, flow, now_us);
	}
}

bool urchin_ice_lite_hear(struct urchin_ice_lite *lite, const struct urchin_ice_way *way, uint64_t now_us)
{
	struct flow *flow = urchin_ice_lite_find(lite, way);

	if (!flow)
		return false;
	if (now_us > lite->packet_us + REGULAR_GAP_US)
		lite->regular_packets = 0;
	else if (lite->regular_packets < REGULAR_PACKETS)
		lite->regular_packets++;
	lite->packet_us = now_us;
	if (flow == lite->current && lite->state == URCHIN_ICE_CONNECTED)
		flow->heard_us = now_us;
	else
		urchin_ice_lite_note(lite, flow, now_us);
	return true;
}

bool urchin_ice_lite_is_silent(const struct urchin_ice_lite *lite, const struct urchin_ice_way *way, uint64_t now_us)
{
	for (size_t i = 0; i < URCHIN_ICE_LITE_FLOWS_MAX; i++) {
		const struct flow *flow = &lite->flows[i];

		if (flow->is_used && urchin_ice_way_equal(&flow->way, way))
			return now_us >= flow->heard_us + FOLLOW_NEW_US;
	}
	return true;
}

const struct urchin_ice_way *urchin_ice_lite_current(const struct urchin_ice_lite *lite)
{
	return lite->current ? &lite->current->way : NULL;
}

/* --- time --- */

/* The flow with the newest check that still gives consent, or NULL. */
static struct flow *find_consenting(struct urchin_ice_lite *lite, uint64_t now_us)
{
	struct flow *best = NULL;

	for (size_t i = 0; i < URCHIN_ICE_LITE_FLOWS_MAX; i++) {
		struct flow *flow = &lite->flows[i];

		if (flow->is_used && now_us < flow->checked_us + lite->config.consent_timeout_us &&
		    (!best || flow->checked_us > best->checked_us))
			best = flow;
	}
	return best;
}

/* Another way than the one that was lost or lost its consent; it has a full time to prove itself. */
static bool fall_back(struct urchin_ice_lite *lite, uint64_t now_us)
{
	struct flow *flow = find_consenting(lite, now_us);

	if (!flow)
		return false;
	flow->heard_us = now_us;
	select_flow(lite, flow, now_us);
	return true;
}

/* RFC 7675 5.1: without consent nothing is sent. */
static void end_consent(struct urchin_ice_lite *lite, uint64_t now_us)
{
	lite->nominated = NULL;
	if (fall_back(lite, now_us))
		return;
	lite->current = NULL;
	tell_state(lite, URCHIN_ICE_FAILED);
}

void urchin_ice_lite_remove_way(struct urchin_ice_lite *lite, const struct urchin_ice_way *way, uint64_t now_us)
{
	struct flow *flow = urchin_ice_lite_find(lite, way);
	bool was_current = flow && flow == lite->current;

	if (!flow)
		return;
	forget(lite, flow);
	if (!was_current || fall_back(lite, now_us))
		return;
	/* The peer may come back by another one. */
	tell_state(lite, URCHIN_ICE_DISCONNECTED);
	lite->selected_us = now_us;
	lite->callbacks.on_deadline(lite->owner);
}

static uint64_t silent_us(const struct urchin_ice_lite *lite)
{
	uint64_t timeout_us = lite->regular_packets >= REGULAR_PACKETS ? SILENT_BUSY_US : SILENT_IDLE_US;

	if (lite->config.disconnected_timeout_us > 0)
		timeout_us = lite->config.disconnected_timeout_us;
	return lite->current->heard_us + timeout_us;
}

/* When consent ends; after the way was lost altogether: when its loss is final. */
static uint64_t consent_us(const struct urchin_ice_lite *lite)
{
	uint64_t from_us = lite->current ? lite->current->checked_us : lite->selected_us;

	return from_us + lite->config.consent_timeout_us;
}

static bool is_judged(const struct urchin_ice_lite *lite)
{
	return lite->current || lite->state == URCHIN_ICE_DISCONNECTED;
}

/* The next moment that matters to the current way. */
static uint64_t due_us(const struct urchin_ice_lite *lite)
{
	uint64_t deadline_us;

	if (!is_judged(lite))
		return URCHIN_NEVER_US;
	deadline_us = consent_us(lite);
	if (lite->current && lite->state == URCHIN_ICE_CONNECTED && silent_us(lite) < deadline_us)
		deadline_us = silent_us(lite);
	return deadline_us > lite->grace_us ? deadline_us : lite->grace_us;
}

static uint64_t expiry_us(const struct flow *flow)
{
	uint64_t last_us = flow->checked_us > flow->heard_us ? flow->checked_us : flow->heard_us;

	return last_us + FLOW_LIFE_US;
}

static void expire_flows(struct urchin_ice_lite *lite, uint64_t now_us)
{
	for (size_t i = 0; i < URCHIN_ICE_LITE_FLOWS_MAX; i++) {
		struct flow *flow = &lite->flows[i];

		if (!flow->is_used || flow == lite->current || now_us < expiry_us(flow))
			continue;
		lite->callbacks.on_flow_gone(lite->owner, &flow->way);
		forget(lite, flow);
	}
}

void urchin_ice_lite_tick(struct urchin_ice_lite *lite, uint64_t now_us)
{
	uint64_t deadline_us = due_us(lite);

	if (now_us >= deadline_us && now_us >= deadline_us + LATE_US && lite->grace_us < deadline_us) {
		lite->grace_us = now_us + LATE_US;
		deadline_us = lite->grace_us;
	}
	if (now_us >= deadline_us && now_us >= consent_us(lite))
		end_consent(lite, now_us);
	else if (now_us >= deadline_us && lite->current && now_us >= silent_us(lite))
		tell_state(lite, URCHIN_ICE_DISCONNECTED);
	/* Afterwards: what was used until now may be among them. */
	expire_flows(lite, now_us);
}

uint64_t urchin_ice_lite_deadline_us(const struct urchin_ice_lite *lite)
{
	uint64_t deadline_us = due_us(lite);

	for (size_t i = 0; i < URCHIN_ICE_LITE_FLOWS_MAX; i++) {
		const struct flow *flow = &lite->flows[i];

		if (flow->is_used && flow != lite->current && expiry_us(flow) < deadline_us)
			deadline_us = expiry_us(flow);
	}
	return deadline_us;
}

/* --- statistics --- */

void urchin_ice_lite_get_stats(const struct urchin_ice_lite *lite, struct urchin_ice_lite_stats *stats)
{
	*stats = lite->stats;
}

size_t urchin_ice_lite_get_flows(const struct urchin_ice_lite *lite, struct urchin_ice_lite_flow *flows, size_t cap)
{
	size_t count = 0;

	for (size_t i = 0; i < URCHIN_ICE_LITE_FLOWS_MAX && count < cap; i++) {
		const struct flow *flow = &lite->flows[i];

		if (!flow->is_used)
			continue;
		flows[count++] = (struct urchin_ice_lite_flow){
		    .way = flow->way,
		    .priority = flow->priority,
		    .checks_received = flow->checks,
		    .is_current = flow == lite->current,
		    .is_nominated = flow == lite->nominated,
		};
	}
	return count;
}
