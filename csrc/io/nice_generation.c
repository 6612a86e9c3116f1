/* A generation's life: the agent, its gathering and its end. What is done to survive libnice stands where it is done.
 */
#include "io/nice_generation.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/nice_candidate.h"
#include "io/nice_ports.h"

/* RFC 8445 14.2: not more often than every 5 ms. */
#define PACING_MS 5
/* The agent's timer goes on for so long when nothing is left to be done; then failing pairs have failed. */
#define IDLE_MS 1000
#define IDLE_READY_MS 50
/* Nothing that a server does or does not may keep gathering open longer. */
#define GATHER_TIMEOUT_US 10000000
/* Freeing TURN allocations (RFC 8656 7) of a dead server: two attempts instead of libnice's 2 s. */
#define CLOSE_STUN_TIMEOUT_MS 200
#define CLOSE_STUN_RETRANSMISSIONS 2
/*
 * libnice 0.1.21 gives a relay back that it does not need (RFC 8445 5.1.3) without looking for the answer: for 500,
 * 1000 and again 500 ms. An agent that goes before loses 80 KB for each, and one whose stream goes before may crash.
 */
#define RELAY_RETURN_US 2200000
#define RELAY_LOOK_US 100000
/* An agent needs two eventfds and a socket at the least; GLib aborts the process when it can't have its eventfd. */
#define FDS_NEEDED 6
#define DRAIN_TURNS 64
/* Free ports that others took between our test and libnice's bind. */
#define LOST_RACES_MAX 16

#define OWNER_OF(pointer, member)                                                                                      \
	((struct urchin_nice_generation *)(void *)((char *)(pointer)-offsetof(struct urchin_nice_generation, member)))

enum urchin_ice_state urchin_nice_generation_state(const struct urchin_nice_generation *generation)
{
	if (generation->has_path) {
		if (generation->liveness == URCHIN_ICE_ALIVE)
			return URCHIN_ICE_CONNECTED;
		return generation->liveness == URCHIN_ICE_SILENT ? URCHIN_ICE_DISCONNECTED : URCHIN_ICE_FAILED;
	}
	/* RFC 8838 8: candidates that are still to come may work. */
	if (generation->agent_failed && generation->remote_ended && !urchin_nice_remote_has_unhanded(generation))
		return URCHIN_ICE_FAILED;
	return generation->is_checking ? URCHIN_ICE_CHECKING : URCHIN_ICE_NEW;
}

void urchin_nice_generation_tell_state(struct urchin_nice_generation *generation)
{
	if (!generation->is_closing)
		generation->callbacks.on_state(generation->owner, generation);
}

/* --- local candidates --- */

static void remember_local(struct urchin_nice_generation *generation, const struct urchin_candidate *candidate)
{
	if (generation->local_count == generation->local_cap) {
		size_t cap = generation->local_cap ? generation->local_cap * 2 : 8;
		struct urchin_candidate *grown = realloc(generation->locals, cap * sizeof(*grown));

		if (!grown)
			return;
		generation->locals = grown;
		generation->local_cap = cap;
	}
	generation->locals[generation->local_count++] = *candidate;
}

static bool is_told(const struct urchin_nice_generation *generation, const struct urchin_candidate *candidate)
{
	for (size_t i = 0; i < generation->local_count; i++) {
		const struct urchin_candidate *told = &generation->locals[i];

		/* RFC 8445 5.1.3: the same address and base. */
		if (told->protocol == candidate->protocol && told->type == candidate->type &&
		    told->port == candidate->port && told->related_port == candidate->related_port &&
		    strcmp(told->address, candidate->address) == 0 &&
		    strcmp(told->related_address, candidate->related_address) == 0)
			return true;
	}
	return false;
}

static void tell_candidate(struct urchin_nice_generation *generation, const struct urchin_candidate *candidate)
{
	if (generation->is_closing || is_told(generation, candidate))
		return;
	remember_local(generation, candidate);
	if (!generation->config->relay_only || candidate->type == URCHIN_CANDIDATE_RELAY)
		generation->callbacks.on_candidate(generation->owner, generation, candidate);
}

static void tell_gathered_if_done(struct urchin_nice_generation *generation)
{
	bool is_done = generation->is_gather_over ||
		       (generation->agent_gathered && generation->servers.pending == 0 && generation->is_discovered);

	if (!is_done || generation->told_gathered || !generation->is_gathering || generation->is_closing)
		return;
	generation->told_gathered = true;
	urchin_loop_remove_timer(generation->loop, &generation->gather_timer);
	urchin_nice_servers_end(&generation->servers);
	if (!generation->is_closing)
		generation->callbacks.on_gathered(generation->owner, generation);
}

/* --- libnice's signals: emitted on the thread that calls it or iterates its context, always the worker's --- */

static void on_gathering_done(NiceAgent *agent, guint stream_id, gpointer data)
{
	struct urchin_nice_generation *generation = data;

	(void)agent, (void)stream_id;
	generation->agent_gathered = true;
	generation->agent_gathered_us = urchin_clock_us();
	tell_gathered_if_done(generation);
}

static void on_new_candidate(NiceAgent *agent, NiceCandidate *from, gpointer data)
{
	struct urchin_nice_generation *generation = data;
	struct urchin_candidate candidate;

	(void)agent;
	/* What checks discovered is for the checks only (RFC 8445 7.2.5.3.1). */
	if (from->type == NICE_CANDIDATE_TYPE_PEER_REFLEXIVE)
		return;
	/* nice_candidate_relay_address() crashes on what signals carry; the priority has the server's number. */
	if (from->type == NICE_CANDIDATE_TYPE_RELAYED) {
		generation->has_relay = true;
		urchin_nice_servers_serve(&generation->servers, from->priority >> 14 & 7);
	}
	urchin_nice_read_candidate(from, &candidate);
	tell_candidate(generation, &candidate);
}

static void on_new_remote_candidate(NiceAgent *agent, NiceCandidate *candidate, gpointer data)
{
	(void)agent;
	if (candidate->type == NICE_CANDIDATE_TYPE_PEER_REFLEXIVE)
		urchin_nice_media_learn(data, candidate);
}

static void on_component_state(NiceAgent *agent, guint stream_id, guint component_id, guint state, gpointer data)
{
	struct urchin_nice_generation *generation = data;

	(void)stream_id, (void)component_id;
	switch (state) {
	case NICE_COMPONENT_STATE_CONNECTING:
		generation->is_checking = true;
		generation->agent_failed = false;
		break;
	case NICE_COMPONENT_STATE_READY:
		/* Nothing is waited for any more: the agent's timer may rest. */
		g_object_set(agent, "idle-timeout", (guint)IDLE_READY_MS, NULL);
		generation->agent_failed = false;
		break;
	case NICE_COMPONENT_STATE_FAILED:
		generation->agent_failed = true;
		generation->agent_has_selected = false;
		urchin_nice_media_lose_backend(generation);
		urchin_nice_media_nominate_answered(generation);
		break;
	default:
		break;
	}
	urchin_nice_generation_tell_state(generation);
}

static void on_selected_pair(NiceAgent *agent, guint stream_id, guint component_id, NiceCandidate *local,
			     NiceCandidate *remote, gpointer data)
{
	(void)agent, (void)stream_id, (void)component_id;
	urchin_nice_media_select(data, local, remote);
}

static void on_receive(NiceAgent *agent, guint stream_id, guint component_id, guint len, gchar *bytes, gpointer data)
{
	struct urchin_nice_generation *generation = data;

	(void)agent, (void)stream_id, (void)component_id;
	if (!generation->is_closing && len > 0)
		urchin_nice_media_hear_backend(generation, (uint8_t *)bytes, len);
}

/* --- servers --- */

static void on_stun_server(void *owner, size_t server, const NiceAddress *address)
{
	struct urchin_nice_generation *generation = owner;
	struct urchin_addr addr;

	if (!urchin_sockaddr_read(&addr, &address->s.addr))
		return;
	for (size_t i = 0; i < generation->media_count; i++) {
		const struct urchin_addr *local = &generation->media[i].udp.addr;

		if (local->family != addr.family || urchin_addr_is_link_local(local))
			continue;
		generation->is_discovered = false;
		urchin_nice_discovery_ask(&generation->discovery, (int)i, server, &addr, urchin_clock_us());
	}
}

static void on_lookup(void *owner, size_t relays)
{
	struct urchin_nice_generation *generation = owner;

	if (relays)
		generation->agent_gathered = false;
	tell_gathered_if_done(generation);
}

static void on_server_error(void *owner, size_t server, uint16_t code, const char *text)
{
	struct urchin_nice_generation *generation = owner;
	struct urchin_ice_server_error error = {
	    .server = generation->servers.items[server].config, .code = code, .text = text};

	if (!generation->is_closing)
		generation->callbacks.on_server_error(generation->owner, generation, &error);
}

static void on_discovery_send(void *owner, int local, const struct urchin_addr *to, const uint8_t *bytes, size_t len)
{
	struct urchin_nice_generation *generation = owner;

	urchin_udp_socket_send(&generation->media[local].udp, to, bytes, len);
}

static void on_mapped(void *owner, int local, size_t server, const struct urchin_addr *mapped)
{
	struct urchin_nice_generation *generation = owner;
	const struct urchin_nice_media *media = &generation->media[local];
	struct urchin_candidate candidate;

	generation->servers.items[server].has_served = true;
	/* RFC 8445 5.1.3: no NAT, so the host candidate says it all. */
	if (urchin_addr_equal(mapped, &media->udp.addr))
		return;
	candidate = urchin_nice_make_reflexive(&media->host, mapped, server);
	tell_candidate(generation, &candidate);
}

static void on_discovery_failed(void *owner, size_t server, uint16_t code, const char *text)
{
	struct urchin_nice_generation *generation = owner;

	urchin_nice_servers_fail(&generation->servers, server, code, text);
}

static void on_discovered(void *owner)
{
	struct urchin_nice_generation *generation = owner;

	generation->is_discovered = true;
	tell_gathered_if_done(generation);
}

static void on_gather_timeout(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct urchin_nice_generation *generation = OWNER_OF(timer, gather_timer);

	(void)now_us;
	generation->is_gather_over = true;
	tell_gathered_if_done(generation);
}

/* --- gathering --- */

static uint32_t random32(void)
{
	uint32_t value = 0;

	if (getrandom(&value, sizeof(value), 0) != (ssize_t)sizeof(value))
		value = (uint32_t)urchin_clock_us();
	return value;
}

static int gather_on_agent(struct urchin_nice_generation *generation)
{
	struct urchin_nice_ports ports = {
	    .addresses = generation->addresses,
	    .count = generation->address_count,
	    .min = generation->config->port_min,
	    .max = generation->config->port_max,
	    .tcp = generation->config->tcp,
	};
	NiceAgent *agent = generation->agent;

	if (!ports.min)
		return nice_agent_gather_candidates(agent, generation->stream_id) ? 0 : URCHIN_ELIBRARY;
	if (!urchin_nice_can_bind(ports.addresses, ports.count))
		return URCHIN_ELIBRARY;
	urchin_nice_ports_init(&ports, random32());
	for (int i = 0; i < LOST_RACES_MAX; i++) {
		int port = urchin_nice_ports_next(&ports);

		if (port < 0)
			return port;
		nice_agent_set_port_range(agent, generation->stream_id, 1, (guint)port, (guint)port);
		if (nice_agent_gather_candidates(agent, generation->stream_id))
			return 0;
	}
	return URCHIN_EFULL;
}

int urchin_nice_generation_gather(struct urchin_nice_generation *generation, const char *ufrag, const char *pwd,
				  bool controlling)
{
	int err = urchin_ice_path_set_local(generation->path, ufrag, pwd);

	if (err)
		return err;
	if (generation->address_count == 0)
		return URCHIN_ELIBRARY;
	urchin_ice_path_set_controlling(generation->path, controlling);
	g_object_set(generation->agent, "controlling-mode", (gboolean)controlling, NULL);
	nice_agent_set_local_credentials(generation->agent, generation->stream_id, ufrag, pwd);
	urchin_glib_source_touch(&generation->source);
	err = gather_on_agent(generation);
	if (err)
		return err;
	generation->is_gathering = true;
	generation->is_discovered = true;
	urchin_loop_set_timer(generation->loop, &generation->gather_timer, urchin_clock_us() + GATHER_TIMEOUT_US);
	urchin_nice_media_open(generation, ufrag);
	g_main_context_push_thread_default(generation->source.context);
	urchin_nice_servers_start(&generation->servers);
	g_main_context_pop_thread_default(generation->source.context);
	tell_gathered_if_done(generation);
	return 0;
}

/* --- the end --- */

void urchin_nice_generation_close(struct urchin_nice_generation *generation)
{
	if (generation->is_closing)
		return;
	generation->is_closing = true;
	urchin_loop_post(generation->loop, &generation->close_task);
}

static void on_agent_closed(GObject *agent, GAsyncResult *result, gpointer data)
{
	struct urchin_nice_generation *generation = data;

	(void)agent, (void)result;
	urchin_loop_post(generation->loop, &generation->finish_task);
}

static void stop(struct urchin_nice_generation *generation)
{
	urchin_loop_remove_timer(generation->loop, &generation->gather_timer);
	urchin_loop_remove_timer(generation->loop, &generation->relay_timer);
	urchin_nice_media_stop(generation);
	urchin_nice_discovery_clear(&generation->discovery);
	urchin_nice_media_close(generation);
	urchin_nice_servers_stop(&generation->servers);
	if (generation->agent)
		g_signal_handlers_disconnect_by_data(generation->agent, generation);
}

static bool has_free_fds(void)
{
	int fds[FDS_NEEDED];
	int count = 0;

	while (count < FDS_NEEDED && (fds[count] = eventfd(0, EFD_CLOEXEC)) >= 0)
		count++;
	for (int i = 0; i < count; i++)
		close(fds[i]);
	return count == FDS_NEEDED;
}

/*
 * Reads no more. Without somebody who takes the bytes libnice leaves them in its sockets, and would be woken by them
 * again and again: so it waits in a context which nobody runs.
 */
static void stop_reading(struct urchin_nice_generation *generation)
{
	GMainContext *nowhere = has_free_fds() ? g_main_context_new() : NULL;

	nice_agent_attach_recv(generation->agent, generation->stream_id, 1,
			       nowhere ? nowhere : generation->source.context, NULL, NULL);
	if (nowhere)
		g_main_context_unref(nowhere);
}

/*
 * The TURN allocations go first, while their sockets are there: removing the stream first costs 2.5 s. libnice 0.1.21
 * never ends when another one comes meanwhile, so while it gathers the servers are not heard any more.
 */
static void on_close_task(struct urchin_loop_task *task)
{
	struct urchin_nice_generation *generation = OWNER_OF(task, close_task);

	stop(generation);
	generation->relays_us = generation->agent_gathered ? generation->agent_gathered_us : urchin_clock_us();
	if (!generation->agent_gathered)
		stop_reading(generation);
	g_object_set(generation->agent, "stun-initial-timeout", (guint)CLOSE_STUN_TIMEOUT_MS,
		     "stun-max-retransmissions", (guint)CLOSE_STUN_RETRANSMISSIONS, NULL);
	g_main_context_push_thread_default(generation->source.context);
	nice_agent_close_async(generation->agent, on_agent_closed, generation);
	g_main_context_pop_thread_default(generation->source.context);
	urchin_glib_source_touch(&generation->source);
}

static bool may_return_relays(const struct urchin_nice_generation *generation, uint64_t now_us)
{
	bool has_spare = generation->has_relay && generation->servers.turn_count * generation->address_count > 1;

	return has_spare && !generation->loop->is_ending && now_us < generation->relays_us + RELAY_RETURN_US;
}

static void finish(struct urchin_nice_generation *generation)
{
	uint64_t now_us = urchin_clock_us();

	if (!may_return_relays(generation, now_us) ||
	    urchin_loop_set_timer(generation->loop, &generation->finish_timer, now_us + RELAY_LOOK_US))
		generation->callbacks.on_closed(generation->owner, generation);
}

static void on_finish_task(struct urchin_loop_task *task)
{
	finish(OWNER_OF(task, finish_task));
}

static void on_finish_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	(void)now_us;
	finish(OWNER_OF(timer, finish_timer));
}

/* Cancelled look-ups and closed sources free what they hold when the context turns once more. */
static void drain(struct urchin_nice_generation *generation)
{
	for (int i = 0; i < DRAIN_TURNS && g_main_context_iteration(generation->source.context, FALSE); i++)
		continue;
}

void urchin_nice_generation_free(struct urchin_nice_generation *generation)
{
	if (!generation)
		return;
	urchin_loop_cancel(generation->loop, &generation->close_task);
	urchin_loop_cancel(generation->loop, &generation->finish_task);
	urchin_loop_remove_timer(generation->loop, &generation->finish_timer);
	stop(generation);
	urchin_glib_source_detach(&generation->source);
	g_main_context_push_thread_default(generation->source.context);
	drain(generation);
	/* No turn of the context between these two: libnice 0.1.21 leaves timers that send by the stream's sockets. */
	if (generation->stream_id)
		nice_agent_remove_stream(generation->agent, generation->stream_id);
	if (generation->agent)
		g_object_unref(generation->agent);
	drain(generation);
	g_main_context_pop_thread_default(generation->source.context);
	urchin_glib_source_clear(&generation->source);
	urchin_nice_servers_clear(&generation->servers);
	urchin_ice_path_free(generation->path);
	free(generation->media);
	free(generation->locals);
	free(generation->remotes);
	free(generation->held);
	free(generation);
}

/* --- the beginning --- */

static void add_addresses(struct urchin_nice_generation *generation)
{
	const struct urchin_ice_config *config = generation->config;

	generation->address_count =
	    urchin_nice_read_addresses(generation->addresses, config->addresses, config->address_count);
	for (size_t i = 0; i < generation->address_count; i++) {
		NiceAddress *address = &generation->addresses[i];

		if (address->s.addr.sa_family == AF_INET)
			generation->servers.has_ipv4 = true;
		/* libnice asks no server from link-local addresses. */
		else if (!IN6_IS_ADDR_LINKLOCAL(&address->s.ip6.sin6_addr))
			generation->servers.has_ipv6 = true;
		nice_agent_add_local_address(generation->agent, address);
	}
}

static void connect_signals(struct urchin_nice_generation *generation)
{
	NiceAgent *agent = generation->agent;

	g_signal_connect(agent, "candidate-gathering-done", G_CALLBACK(on_gathering_done), generation);
	g_signal_connect(agent, "component-state-changed", G_CALLBACK(on_component_state), generation);
	g_signal_connect(agent, "new-selected-pair-full", G_CALLBACK(on_selected_pair), generation);
	g_signal_connect(agent, "new-candidate-full", G_CALLBACK(on_new_candidate), generation);
	g_signal_connect(agent, "new-remote-candidate-full", G_CALLBACK(on_new_remote_candidate), generation);
}

/* One for each UDP host candidate, and one for each active TCP one. */
static size_t connections_max(const struct urchin_nice_generation *generation)
{
	size_t count = generation->address_count * (generation->config->tcp ? 2 : 1);

	if (count == 0)
		return 1;
	return count < URCHIN_TURN_TLS_CONNECTIONS_MAX ? count : URCHIN_TURN_TLS_CONNECTIONS_MAX;
}

static int make_agent(struct urchin_nice_generation *generation)
{
	const struct urchin_ice_config *config = generation->config;

	generation->agent = nice_agent_new_full(generation->source.context, NICE_COMPATIBILITY_RFC5245,
						NICE_AGENT_OPTION_REGULAR_NOMINATION | NICE_AGENT_OPTION_ICE_TRICKLE |
						    NICE_AGENT_OPTION_CONSENT_FRESHNESS);
	g_object_set(generation->agent, "upnp", FALSE, "ice-udp", TRUE, "ice-tcp", (gboolean)config->tcp, "force-relay",
		     (gboolean)config->relay_only, "stun-pacing-timer", (guint)PACING_MS, "idle-timeout",
		     (guint)IDLE_MS, NULL);
	connect_signals(generation);
	add_addresses(generation);
	generation->stream_id = nice_agent_add_stream(generation->agent, 1);
	nice_agent_attach_recv(generation->agent, generation->stream_id, 1, generation->source.context, on_receive,
			       generation);
	generation->servers.loop = generation->loop;
	generation->servers.connections_max = connections_max(generation);
	generation->servers.agent = generation->agent;
	generation->servers.stream_id = generation->stream_id;
	generation->servers.on_stun = on_stun_server;
	generation->servers.on_lookup = on_lookup;
	generation->servers.on_error = on_server_error;
	generation->servers.owner = generation;
	return urchin_nice_servers_init(&generation->servers, config);
}

static int init(struct urchin_nice_generation *generation)
{
	static const struct urchin_nice_discovery_callbacks discovery_callbacks = {
	    .send = on_discovery_send,
	    .on_mapped = on_mapped,
	    .on_failed = on_discovery_failed,
	    .on_done = on_discovered,
	};
	int err = urchin_nice_media_new_path(generation);

	if (err)
		return err;
	urchin_nice_discovery_init(&generation->discovery, generation->loop, generation->tag, &discovery_callbacks,
				   generation);
	return make_agent(generation);
}

struct urchin_nice_generation *urchin_nice_generation_new(struct urchin_loop *loop,
							  const struct urchin_ice_config *config,
							  const struct urchin_nice_generation_callbacks *callbacks,
							  void *owner)
{
	struct urchin_nice_generation *generation;

	if (config->port_min > config->port_max || !has_free_fds())
		return NULL;
	generation = calloc(1, sizeof(*generation));
	if (!generation)
		return NULL;
	generation->loop = loop;
	generation->config = config;
	generation->callbacks = *callbacks;
	generation->owner = owner;
	generation->close_task.run = on_close_task;
	generation->finish_task.run = on_finish_task;
	generation->finish_timer.on_due = on_finish_due;
	generation->gather_timer.on_due = on_gather_timeout;
	urchin_nice_media_init(generation);
	urchin_nice_remote_init(generation);
	if (urchin_glib_source_init(&generation->source, loop, config->tcp || urchin_nice_servers_use_tcp(config))) {
		free(generation);
		return NULL;
	}
	if (init(generation)) {
		urchin_nice_generation_free(generation);
		return NULL;
	}
	return generation;
}
