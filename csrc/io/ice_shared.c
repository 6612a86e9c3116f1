/* A connection on the shared port. Its ufrags and ways are the mux's as long as they are ice_lite's. */
#include "io/ice_shared.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/heap.h"
#include "io/clock.h"
#include "io/ice_shared_internal.h"
#include "io/udp_socket.h"
#include "transport/transport.h"

#define MIN_TICK_US 1000

#define OWNER_OF(pointer, member) ((struct ice_shared *)(void *)((char *)(pointer)-offsetof(struct ice_shared, member)))

/* --- what ice_lite tells --- */

static void on_lite_send(void *owner, const struct urchin_ice_way *way, const uint8_t *bytes, size_t len)
{
	struct ice_shared *ice = owner;
	int err = urchin_mux_send(ice->home->mux, way, bytes, len, false);

	/* Consent must not wait for the end of the video that fills the socket. */
	if (err == URCHIN_EFULL && ice->has_way && !urchin_mux_is_tcp(way) && urchin_ice_way_equal(way, &ice->way))
		urchin_egress_keep(ice->home->egress, &ice->egress, bytes, len);
}

static bool on_lite_flow(void *owner, const struct urchin_ice_way *way)
{
	struct ice_shared *ice = owner;

	return urchin_mux_add_way(ice->home->mux, way, &ice->user, urchin_clock_us()) == 0;
}

static void on_lite_flow_gone(void *owner, const struct urchin_ice_way *way)
{
	struct ice_shared *ice = owner;

	urchin_mux_remove_way(ice->home->mux, way);
}

/* What waits in the egress goes the way it was meant for, or nowhere. */
static void change_way(struct ice_shared *ice, const struct urchin_ice_way *way)
{
	struct sockaddr_storage storage = {0};

	urchin_egress_release(ice->home->egress, &ice->egress);
	ice->has_way = way != NULL;
	if (!way)
		return;
	ice->way = *way;
	ice->egress.fd = urchin_mux_fd(ice->home->mux, way);
	ice->egress.addr_len = urchin_sockaddr_write(&way->remote, &storage);
	memcpy(&ice->egress.addr, &storage, ice->egress.addr_len);
	ice->egress.refuses_trains = false;
}

static void on_lite_path(void *owner, const struct urchin_ice_way *way, uint32_t priority)
{
	struct ice_shared *ice = owner;
	struct urchin_candidate_pair pair = urchin_ice_shared_pair(ice, way, priority);

	change_way(ice, way);
	if (!ice->is_closing)
		ice->callbacks.on_selected_pair(ice->owner, &pair);
}

static void on_lite_state(void *owner, enum urchin_ice_state state)
{
	struct ice_shared *ice = owner;

	if (!urchin_ice_lite_current(ice->lite))
		change_way(ice, NULL);
	ice->state = state;
	if (!ice->is_closing)
		ice->callbacks.on_state(ice->owner, state);
}

static void on_lite_ufrag_gone(void *owner, const char *ufrag)
{
	struct ice_shared *ice = owner;

	urchin_mux_remove_ufrag(ice->home->mux, ufrag);
}

static void set_timer(struct ice_shared *ice)
{
	urchin_loop_set_timer(ice->home->loop, &ice->timer, urchin_ice_lite_deadline_us(ice->lite));
}

static void on_lite_deadline(void *owner)
{
	set_timer(owner);
}

static const struct urchin_ice_lite_callbacks lite_callbacks = {
    .send = on_lite_send,
    .on_flow = on_lite_flow,
    .on_flow_gone = on_lite_flow_gone,
    .on_path = on_lite_path,
    .on_state = on_lite_state,
    .on_ufrag_gone = on_lite_ufrag_gone,
    .on_deadline = on_lite_deadline,
};

static void on_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct ice_shared *ice = OWNER_OF(timer, timer);
	uint64_t deadline_us;

	if (ice->is_closing)
		return;
	urchin_ice_lite_tick(ice->lite, now_us);
	deadline_us = urchin_ice_lite_deadline_us(ice->lite);
	if (deadline_us < now_us + MIN_TICK_US)
		deadline_us = now_us + MIN_TICK_US;
	urchin_loop_set_timer(ice->home->loop, timer, deadline_us);
}

/* --- what the mux hands over --- */

static void on_stun(struct urchin_mux_user *user, const struct urchin_ice_way *way, const struct urchin_stun *stun,
		    const uint8_t *bytes, uint64_t now_us)
{
	struct ice_shared *ice = OWNER_OF(user, user);

	if (ice->is_closing)
		return;
	urchin_ice_lite_feed(ice->lite, way, stun, bytes, now_us);
	/* Flows that are not the current one have a deadline too. */
	if (ice->timer.entry.position == 0)
		set_timer(ice);
}

static void on_packet(struct urchin_mux_user *user, const struct urchin_ice_way *way, uint8_t *bytes, size_t len,
		      uint64_t now_us)
{
	struct ice_shared *ice = OWNER_OF(user, user);

	if (ice->is_closing)
		return;
	if (!urchin_ice_lite_hear(ice->lite, way, now_us)) {
		ice->counters.strangers_dropped++;
		return;
	}
	ice->counters.packets_received++;
	ice->counters.bytes_received += len;
	ice->callbacks.on_packet(ice->owner, bytes, len, now_us);
}

static void on_way_lost(struct urchin_mux_user *user, const struct urchin_ice_way *way, uint64_t now_us)
{
	struct ice_shared *ice = OWNER_OF(user, user);

	urchin_ice_lite_remove_way(ice->lite, way, now_us);
}

static bool may_lose_way(struct urchin_mux_user *user, const struct urchin_ice_way *way, uint64_t now_us)
{
	return urchin_ice_lite_is_silent(OWNER_OF(user, user)->lite, way, now_us);
}

static const struct urchin_mux_user_ops user_ops = {
    .on_stun = on_stun,
    .on_packet = on_packet,
    .on_way_lost = on_way_lost,
    .may_lose_way = may_lose_way,
};

/* --- operations --- */

static struct ice_shared *from_base(struct urchin_ice *base)
{
	return (struct ice_shared *)base;
}

static struct ice_shared_local *find_local(struct ice_shared *ice, const struct urchin_addr *addr)
{
	for (size_t i = 0; i < ice->local_count; i++)
		if (urchin_addr_equal(&ice->locals[i].addr, addr))
			return &ice->locals[i];
	return NULL;
}

/* Returns 0, or what urchin_mux_open() says; an address that is gone is none of them. */
static int open_address(struct ice_shared *ice, const struct urchin_addr *addr)
{
	struct ice_shared_local local = {.addr = *addr, .has_tcp = ice->tcp};
	struct ice_shared_local *grown;
	int err;

	if (find_local(ice, addr))
		return 0;
	if (ice->local_count == URCHIN_ICE_SHARED_ADDRESSES_MAX)
		return URCHIN_EFULL;
	grown = realloc(ice->locals, (ice->local_count + 1) * sizeof(*grown));
	if (!grown)
		return URCHIN_ENOMEM;
	ice->locals = grown;
	err = urchin_mux_open(ice->home->mux, addr, ice->tcp, &local.link);
	if (!err)
		ice->locals[ice->local_count++] = local;
	return err;
}

static void tell_candidates(struct ice_shared *ice)
{
	int kinds = ice->tcp ? 2 : 1;

	for (int tcp = 0; tcp < kinds; tcp++) {
		for (size_t i = 0; i < ice->address_count && !ice->is_closing; i++) {
			const struct ice_shared_local *local = find_local(ice, &ice->addresses[i]);
			struct urchin_candidate candidate;

			if (!local)
				continue;
			candidate = urchin_ice_shared_local(ice, (size_t)(local - ice->locals), tcp);
			ice->callbacks.on_candidate(ice->owner, &candidate);
		}
	}
}

static int gather(struct ice_shared *ice, const char *ufrag, const char *pwd)
{
	size_t usable = 0;
	int err;

	for (size_t i = 0; i < ice->address_count; i++) {
		err = open_address(ice, &ice->addresses[i]);
		/* Half a port would be a riddle: who can connect and who can't would depend on the address. */
		if (err == URCHIN_EEXIST || err == URCHIN_ENOMEM)
			return err;
		usable += !err;
	}
	if (usable == 0)
		return URCHIN_ELIBRARY;
	err = urchin_mux_add_ufrag(ice->home->mux, ufrag, &ice->user);
	if (err)
		return err == URCHIN_EEXIST ? URCHIN_EINVAL : err;
	err = urchin_ice_lite_set_local(ice->lite, ufrag, pwd);
	if (err) {
		urchin_mux_remove_ufrag(ice->home->mux, ufrag);
		return err;
	}
	ice->is_gathered = true;
	tell_candidates(ice);
	if (!ice->is_closing)
		ice->callbacks.on_gathered(ice->owner);
	return 0;
}

static int shared_gather(struct urchin_ice *base, const char *ufrag, const char *pwd, bool controlling)
{
	struct ice_shared *ice = from_base(base);

	/* RFC 8445 6.1.1: against a full peer the lite side is controlled, whoever offers. */
	(void)controlling;
	return ice->is_gathered || ice->is_closing ? URCHIN_ESTATE : gather(ice, ufrag, pwd);
}

static int shared_restart(struct urchin_ice *base, const char *ufrag, const char *pwd)
{
	struct ice_shared *ice = from_base(base);

	if (!ice->is_gathered || ice->is_closing)
		return URCHIN_ESTATE;
	ice->remote_count = 0;
	return gather(ice, ufrag, pwd);
}

static void on_state_task(struct urchin_loop_task *task)
{
	struct ice_shared *ice = OWNER_OF(task, state_task);

	if (ice->is_closing || ice->state != URCHIN_ICE_NEW)
		return;
	ice->state = URCHIN_ICE_CHECKING;
	ice->callbacks.on_state(ice->owner, URCHIN_ICE_CHECKING);
}

static int shared_set_remote(struct urchin_ice *base, const char *ufrag, const char *pwd, bool is_lite)
{
	struct ice_shared *ice = from_base(base);

	/* The peer's credentials would only be needed for checks of ours. */
	(void)ufrag, (void)pwd;
	if (ice->is_closing)
		return URCHIN_ESTATE;
	/* RFC 8445 6.1.1 lets two lite agents send unasked; without any check nobody consented (RFC 7675). */
	if (is_lite)
		return URCHIN_EINVAL;
	if (ice->state == URCHIN_ICE_NEW)
		urchin_loop_post(ice->home->loop, &ice->state_task);
	return 0;
}

static int shared_add_candidate(struct urchin_ice *base, const struct urchin_candidate *candidate)
{
	struct ice_shared *ice = from_base(base);
	struct ice_shared_remote remote = {
	    .type = candidate->type, .protocol = candidate->protocol, .priority = candidate->priority};
	struct ice_shared_remote *grown;

	if (ice->is_closing)
		return URCHIN_ESTATE;
	if (urchin_addr_read(&remote.addr, candidate->address, candidate->port))
		return URCHIN_EINVAL;
	if (ice->remote_count >= URCHIN_REMOTE_CANDIDATES_MAX)
		return URCHIN_EFULL;
	grown = realloc(ice->remotes, (ice->remote_count + 1) * sizeof(*grown));
	if (!grown)
		return URCHIN_ENOMEM;
	ice->remotes = grown;
	ice->remotes[ice->remote_count++] = remote;
	return 0;
}

static int shared_end_candidates(struct urchin_ice *base)
{
	return from_base(base)->is_closing ? URCHIN_ESTATE : 0;
}

static int shared_set_addresses(struct urchin_ice *base, const char *const *addresses, size_t count)
{
	struct ice_shared *ice = from_base(base);
	struct urchin_addr *list;
	size_t used = 0;

	if (ice->is_closing)
		return URCHIN_ESTATE;
	list = calloc(count > 0 ? count : 1, sizeof(*list));
	if (!list)
		return URCHIN_ENOMEM;
	for (size_t i = 0; i < count && used < URCHIN_ICE_SHARED_ADDRESSES_MAX; i++)
		if (urchin_addr_read(&list[used], addresses[i], ice->port) == 0)
			used++;
	free(ice->addresses);
	ice->addresses = list;
	ice->address_count = used;
	return 0;
}

static int shared_send(struct urchin_ice *base, const uint8_t *bytes, size_t len)
{
	struct ice_shared *ice = from_base(base);
	int err;

	if (!ice->has_way || ice->is_closing)
		return URCHIN_ESTATE;
	err = urchin_mux_send(ice->home->mux, &ice->way, bytes, len, false);
	if (err == URCHIN_EFULL && !urchin_mux_is_tcp(&ice->way)) {
		urchin_egress_keep(ice->home->egress, &ice->egress, bytes, len);
		return 0;
	}
	ice->counters.send_failed += err != 0;
	ice->counters.packets_sent += err == 0;
	ice->counters.bytes_sent += err == 0 ? len : 0;
	return err;
}

static uint8_t *shared_reserve(struct urchin_ice *base)
{
	struct ice_shared *ice = from_base(base);

	if (!ice->has_way || ice->is_closing)
		return NULL;
	if (!urchin_mux_is_tcp(&ice->way))
		return urchin_egress_reserve(ice->home->egress);
	if (!ice->tcp_buffer)
		ice->tcp_buffer = malloc(URCHIN_ICE_DATAGRAM_CAP);
	return ice->tcp_buffer;
}

static int shared_commit(struct urchin_ice *base, size_t len, bool is_video)
{
	struct ice_shared *ice = from_base(base);
	int err;

	if (!urchin_mux_is_tcp(&ice->way)) {
		urchin_egress_commit(ice->home->egress, &ice->egress, len, is_video);
		return 0;
	}
	err = urchin_mux_send(ice->home->mux, &ice->way, ice->tcp_buffer, len, true);
	ice->counters.send_failed += err != 0;
	ice->counters.packets_sent += err == 0;
	ice->counters.bytes_sent += err == 0 ? len : 0;
	return err;
}

static void shared_close(struct urchin_ice *base)
{
	struct ice_shared *ice = from_base(base);

	if (ice->is_closing)
		return;
	ice->is_closing = true;
	urchin_loop_post(ice->home->loop, &ice->finish_task);
}

/* Nothing of this connection is in the mux or the egress afterwards. */
static void leave(struct ice_shared *ice)
{
	struct urchin_ice_lite_flow flows[URCHIN_ICE_LITE_FLOWS_MAX];
	size_t count = urchin_ice_lite_get_flows(ice->lite, flows, URCHIN_ICE_LITE_FLOWS_MAX);

	urchin_egress_release(ice->home->egress, &ice->egress);
	for (size_t i = 0; i < count; i++)
		urchin_mux_remove_way(ice->home->mux, &flows[i].way);
	urchin_ice_lite_end(ice->lite);
	for (size_t i = 0; i < ice->local_count; i++)
		urchin_mux_close(ice->home->mux, ice->locals[i].link);
}

static void free_ice(struct ice_shared *ice)
{
	urchin_ice_lite_free(ice->lite);
	free(ice->addresses);
	free(ice->locals);
	free(ice->remotes);
	free(ice->tcp_buffer);
	free(ice);
}

static void on_finish_task(struct urchin_loop_task *task)
{
	struct ice_shared *ice = OWNER_OF(task, finish_task);
	struct urchin_ice_callbacks callbacks = ice->callbacks;
	void *owner = ice->owner;

	leave(ice);
	urchin_loop_cancel(ice->home->loop, &ice->state_task);
	urchin_loop_remove_timer(ice->home->loop, &ice->timer);
	free_ice(ice);
	callbacks.on_closed(owner);
}

static const struct urchin_ice_ops ops = {
    .gather = shared_gather,
    .set_remote = shared_set_remote,
    .add_candidate = shared_add_candidate,
    .end_candidates = shared_end_candidates,
    .set_addresses = shared_set_addresses,
    .restart = shared_restart,
    .send = shared_send,
    .add_stats = urchin_ice_shared_add_stats,
    .reserve = shared_reserve,
    .commit = shared_commit,
    .close = shared_close,
};

struct urchin_ice *urchin_ice_shared_new(void *home, const struct urchin_ice_config *config,
					 const struct urchin_ice_callbacks *callbacks, void *owner)
{
	struct urchin_ice_lite_config lite_config = {
	    .disconnected_timeout_us = config->disconnected_timeout_us,
	    .consent_timeout_us = config->consent_timeout_us,
	};
	struct ice_shared *ice = calloc(1, sizeof(*ice));

	if (!ice)
		return NULL;
	ice->base.ops = &ops;
	ice->user.ops = &user_ops;
	ice->home = home;
	ice->callbacks = *callbacks;
	ice->owner = owner;
	ice->port = config->lite_port;
	ice->tcp = config->tcp;
	ice->egress.fd = -1;
	ice->timer.on_due = on_due;
	ice->state_task.run = on_state_task;
	ice->finish_task.run = on_finish_task;
	ice->lite = urchin_ice_lite_new(&lite_config, &lite_callbacks, ice);
	if (!ice->lite || shared_set_addresses(&ice->base, config->addresses, config->address_count)) {
		free_ice(ice);
		return NULL;
	}
	return &ice->base;
}
