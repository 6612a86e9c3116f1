/* Many queries on one timer, and what their servers are worth. */
#include "io/nice_discovery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "io/clock.h"
#include "transport/stun_query.h"

/* W3C webrtc, icecandidateerror: the server could not be reached. */
#define NOT_REACHED 701
#define REASON_CAP 100
#define TEXT_CAP 160

struct urchin_nice_query {
	struct urchin_nice_query *next;
	struct urchin_stun_query stun;
	int local;
	size_t server;
	char reason[REASON_CAP]; /* of a refusal */
};

#define OWNER_OF(pointer, member)                                                                                      \
	((struct urchin_nice_discovery *)(void *)((char *)(pointer)-offsetof(struct urchin_nice_discovery, member)))

static bool is_done(const struct urchin_nice_discovery *discovery)
{
	for (const struct urchin_nice_query *query = discovery->queries; query; query = query->next)
		if (query->stun.state == URCHIN_STUN_QUERY_PENDING)
			return false;
	return true;
}

static void arm(struct urchin_nice_discovery *discovery)
{
	uint64_t due_us = URCHIN_NEVER_US;

	for (const struct urchin_nice_query *query = discovery->queries; query; query = query->next)
		if (urchin_stun_query_deadline_us(&query->stun) < due_us)
			due_us = urchin_stun_query_deadline_us(&query->stun);
	urchin_loop_set_timer(discovery->loop, &discovery->timer, due_us);
	if (is_done(discovery))
		urchin_loop_post(discovery->loop, &discovery->done_task);
}

/* What a stranger wrote ends up in logs. */
static void keep_reason(struct urchin_nice_query *query, const struct urchin_stun_bytes *reason)
{
	size_t len = reason->len < REASON_CAP ? reason->len : REASON_CAP - 1;

	for (size_t i = 0; i < len; i++)
		query->reason[i] = reason->bytes[i] >= 32 && reason->bytes[i] < 127 ? (char)reason->bytes[i] : '?';
}

/* A server has failed when all its queries have. */
static void tell_failure(struct urchin_nice_discovery *discovery, size_t server)
{
	const struct urchin_nice_query *told = NULL;
	char text[TEXT_CAP];

	for (const struct urchin_nice_query *query = discovery->queries; query; query = query->next) {
		if (query->server != server)
			continue;
		if (query->stun.state != URCHIN_STUN_QUERY_FAILED)
			return;
		/* An answer says more than none. */
		if (!told || query->stun.has_answer)
			told = query;
	}
	if (!told)
		return;
	if (told->stun.error_code)
		snprintf(text, sizeof(text), "the STUN server refused: %s", told->reason);
	else
		snprintf(text, sizeof(text),
			 told->stun.has_answer ? "the STUN server's answer is of no use"
					       : "no answer to the STUN request");
	discovery->callbacks.on_failed(discovery->owner, server,
				       told->stun.error_code ? told->stun.error_code : NOT_REACHED, text);
}

static void transmit(struct urchin_nice_discovery *discovery, struct urchin_nice_query *query, uint64_t now_us)
{
	uint8_t bytes[URCHIN_STUN_QUERY_LEN];
	size_t len = urchin_stun_query_next(&query->stun, now_us, bytes, sizeof(bytes));

	if (len > 0)
		discovery->callbacks.send(discovery->owner, query->local, &query->stun.server, bytes, len);
}

static void on_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct urchin_nice_discovery *discovery = OWNER_OF(timer, timer);

	for (struct urchin_nice_query *query = discovery->queries; query; query = query->next) {
		if (query->stun.state != URCHIN_STUN_QUERY_PENDING)
			continue;
		transmit(discovery, query, now_us);
		if (query->stun.state == URCHIN_STUN_QUERY_FAILED)
			tell_failure(discovery, query->server);
	}
	arm(discovery);
}

static void on_done_task(struct urchin_loop_task *task)
{
	struct urchin_nice_discovery *discovery = OWNER_OF(task, done_task);

	if (is_done(discovery))
		discovery->callbacks.on_done(discovery->owner);
}

void urchin_nice_discovery_init(struct urchin_nice_discovery *discovery, struct urchin_loop *loop, uint32_t tag,
				const struct urchin_nice_discovery_callbacks *callbacks, void *owner)
{
	*discovery = (struct urchin_nice_discovery){.loop = loop, .tag = tag, .callbacks = *callbacks, .owner = owner};
	discovery->timer.on_due = on_due;
	discovery->done_task.run = on_done_task;
}

int urchin_nice_discovery_ask(struct urchin_nice_discovery *discovery, int local, size_t server,
			      const struct urchin_addr *to, uint64_t now_us)
{
	struct urchin_nice_query *query = calloc(1, sizeof(*query));
	uint64_t random = 0;

	if (!query)
		return URCHIN_ENOMEM;
	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
		free(query);
		return URCHIN_ESYSTEM;
	}
	query->local = local;
	query->server = server;
	urchin_stun_query_start(&query->stun, to, discovery->tag, random, now_us);
	query->next = discovery->queries;
	discovery->queries = query;
	transmit(discovery, query, now_us);
	arm(discovery);
	return 0;
}

static struct urchin_nice_query *find(const struct urchin_nice_discovery *discovery, const uint8_t *bytes, size_t len)
{
	struct urchin_nice_query *query = discovery->queries;

	if (len < URCHIN_STUN_HEADER_LEN)
		return NULL;
	while (query && memcmp(query->stun.transaction, bytes + 8, URCHIN_STUN_TRANSACTION_LEN) != 0)
		query = query->next;
	return query;
}

bool urchin_nice_discovery_feed(struct urchin_nice_discovery *discovery, int local, const struct urchin_addr *from,
				const uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct urchin_nice_query *query = find(discovery, bytes, len);
	struct urchin_stun stun;

	if (!query)
		return false;
	if (query->local != local || query->stun.state != URCHIN_STUN_QUERY_PENDING ||
	    urchin_stun_read(&stun, bytes, len) || !urchin_stun_query_feed(&query->stun, from, &stun, now_us))
		return true;
	if (query->stun.state == URCHIN_STUN_QUERY_ANSWERED) {
		discovery->callbacks.on_mapped(discovery->owner, local, query->server, &query->stun.mapped);
	} else {
		keep_reason(query, &stun.error_reason);
		tell_failure(discovery, query->server);
	}
	arm(discovery);
	return true;
}

void urchin_nice_discovery_clear(struct urchin_nice_discovery *discovery)
{
	if (!discovery->loop)
		return;
	urchin_loop_remove_timer(discovery->loop, &discovery->timer);
	urchin_loop_cancel(discovery->loop, &discovery->done_task);
	while (discovery->queries) {
		struct urchin_nice_query *query = discovery->queries;

		discovery->queries = query->next;
		free(query);
	}
}
