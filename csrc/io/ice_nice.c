/* One libnice agent behind transport/ice.h. What it does to survive libnice's peculiarities stands where it does it. */
#include "io/ice_nice.h"

#include <nice/agent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/glib_source.h"
#include "io/nice_address.h"
#include "io/nice_candidate.h"
#include "io/nice_servers.h"
#include "transport/transport.h"

/* RFC 8839 5.4 */
#define CREDENTIAL_MAX 256
/* Nothing that libnice does may keep gathering open longer: its slowest STUN transaction ends after 3.5 s. */
#define GATHER_TIMEOUT_US 10000000
/* Freeing TURN allocations (RFC 8656 7) of a dead server: two attempts instead of libnice's 2 s. */
#define CLOSE_STUN_TIMEOUT_MS 200
#define CLOSE_STUN_RETRANSMISSIONS 2
/* An agent needs two eventfds and a socket at the least; GLib aborts the process when it can't have its eventfd. */
#define FDS_NEEDED 6
#define DRAIN_TURNS 64

/* Something to tell that came up inside a call in which nothing may be told. */
struct note {
	enum { NOTE_STATE, NOTE_PAIR, NOTE_GATHERED } kind;
	enum urchin_ice_state state;
	struct urchin_candidate_pair pair;
};

struct remote_address {
	NiceAddress address;
	NiceCandidateTransport transport;
};

struct ice_nice {
	struct urchin_ice base;
	struct urchin_loop *loop;
	struct urchin_glib_source source;
	struct urchin_nice_servers servers;
	struct urchin_ice_callbacks callbacks;
	void *owner;
	NiceAgent *agent;
	guint stream_id;
	NiceAddress addresses[URCHIN_NICE_ADDRESSES_MAX];
	size_t address_count;
	bool has_port_range;
	bool tcp;
	bool relay_only;
	bool is_gathering; /* gather() was called */
	bool agent_gathered;
	bool is_gather_over; /* whatever the agent says */
	bool told_gathered;  /* in this generation */
	bool has_remote;     /* credentials of this generation */
	bool ever_remote;
	bool has_pair;
	bool pair_is_plain; /* sending on it changes nothing in the context */
	bool is_closing;
	bool is_quiet; /* inside a call in which nothing may be told */
	enum urchin_ice_state state;
	struct remote_address *remotes; /* candidates of this generation; URCHIN_REMOTE_CANDIDATES_MAX, or NULL */
	size_t remote_count;
	struct note *notes;
	size_t note_count;
	size_t note_cap;
	struct urchin_loop_task note_task;
	struct urchin_loop_task close_task;
	struct urchin_loop_task finish_task;
	struct urchin_loop_timer gather_timer;
};

#define OWNER_OF(pointer, member) ((struct ice_nice *)(void *)((char *)(pointer)-offsetof(struct ice_nice, member)))

static struct ice_nice *from_base(struct urchin_ice *base)
{
	return (struct ice_nice *)base;
}

static void tell_now(struct ice_nice *ice, const struct note *note)
{
	if (ice->is_closing)
		return;
	switch (note->kind) {
	case NOTE_STATE:
		ice->callbacks.on_state(ice->owner, note->state);
		break;
	case NOTE_PAIR:
		ice->callbacks.on_selected_pair(ice->owner, &note->pair);
		break;
	case NOTE_GATHERED:
		ice->callbacks.on_gathered(ice->owner);
		break;
	}
}

static void flush_notes(struct ice_nice *ice)
{
	/* The array is taken away first: a callback may cause new notes. */
	struct note *notes = ice->notes;
	size_t count = ice->note_count;

	ice->notes = NULL;
	ice->note_count = 0;
	ice->note_cap = 0;
	for (size_t i = 0; i < count; i++)
		tell_now(ice, &notes[i]);
	free(notes);
}

static void on_note_task(struct urchin_loop_task *task)
{
	flush_notes(OWNER_OF(task, note_task));
}

static void tell(struct ice_nice *ice, const struct note *note)
{
	if (!ice->is_quiet) {
		flush_notes(ice);
		tell_now(ice, note);
		return;
	}
	if (ice->note_count == ice->note_cap) {
		size_t cap = ice->note_cap ? ice->note_cap * 2 : 4;
		struct note *notes = realloc(ice->notes, cap * sizeof(*notes));

		if (!notes)
			return;
		ice->notes = notes;
		ice->note_cap = cap;
	}
	ice->notes[ice->note_count++] = *note;
	urchin_loop_post(ice->loop, &ice->note_task);
}

static void tell_state(struct ice_nice *ice, enum urchin_ice_state state)
{
	struct note note = {.kind = NOTE_STATE, .state = state};

	if (ice->state == state)
		return;
	ice->state = state;
	tell(ice, &note);
}

static void tell_gathered_if_done(struct ice_nice *ice)
{
	struct note note = {.kind = NOTE_GATHERED};

	bool is_done = ice->is_gather_over || (ice->agent_gathered && ice->servers.pending == 0);

	if (!is_done || ice->told_gathered)
		return;
	ice->told_gathered = true;
	urchin_loop_remove_timer(ice->loop, &ice->gather_timer);
	tell(ice, &note);
}

/* Signals: libnice emits them on the thread that calls it or iterates its context, always the worker's. */

static void on_gathering_done(NiceAgent *agent, guint stream_id, gpointer data)
{
	struct ice_nice *ice = data;

	(void)agent, (void)stream_id;
	ice->agent_gathered = true;
	tell_gathered_if_done(ice);
}

static void tell_candidate(struct ice_nice *ice, const NiceCandidate *from)
{
	struct urchin_candidate candidate;

	/* What checks discovered is for the checks only (RFC 8445 7.2.5.3.1). */
	if (from->type == NICE_CANDIDATE_TYPE_PEER_REFLEXIVE)
		return;
	if (ice->relay_only && from->type != NICE_CANDIDATE_TYPE_RELAYED)
		return;
	urchin_nice_read_candidate(from, &candidate);
	if (!ice->is_closing)
		ice->callbacks.on_candidate(ice->owner, &candidate);
}

static void on_new_candidate(NiceAgent *agent, NiceCandidate *candidate, gpointer data)
{
	(void)agent;
	tell_candidate(data, candidate);
}

static void on_component_state(NiceAgent *agent, guint stream_id, guint component_id, guint state, gpointer data)
{
	struct ice_nice *ice = data;

	(void)agent, (void)stream_id, (void)component_id;
	switch (state) {
	case NICE_COMPONENT_STATE_GATHERING:
		/* Without a peer that's no check yet; in a restart it is the beginning of new checks. */
		if (ice->ever_remote)
			tell_state(ice, URCHIN_ICE_CHECKING);
		break;
	case NICE_COMPONENT_STATE_CONNECTING:
		tell_state(ice, URCHIN_ICE_CHECKING);
		break;
	case NICE_COMPONENT_STATE_CONNECTED:
	case NICE_COMPONENT_STATE_READY:
		tell_state(ice, URCHIN_ICE_CONNECTED);
		break;
	case NICE_COMPONENT_STATE_FAILED:
		if (ice->state == URCHIN_ICE_CONNECTED)
			tell_state(ice, URCHIN_ICE_DISCONNECTED);
		tell_state(ice, URCHIN_ICE_FAILED);
		break;
	default:
		break;
	}
}

static void on_selected_pair(NiceAgent *agent, guint stream_id, guint component_id, NiceCandidate *local,
			     NiceCandidate *remote, gpointer data)
{
	struct ice_nice *ice = data;
	struct note note = {.kind = NOTE_PAIR};
	/* NULL for relayed and TCP pairs, on which sending may start timers. */
	GSocket *socket = nice_agent_get_selected_socket(agent, stream_id, component_id);

	ice->has_pair = true;
	ice->pair_is_plain = socket != NULL;
	if (socket)
		g_object_unref(socket);
	urchin_nice_read_candidate(local, &note.pair.local);
	urchin_nice_read_candidate(remote, &note.pair.remote);
	tell(ice, &note);
}

static void on_receive(NiceAgent *agent, guint stream_id, guint component_id, guint len, gchar *bytes, gpointer data)
{
	struct ice_nice *ice = data;

	(void)agent, (void)stream_id, (void)component_id;
	if (!ice->is_closing && len > 0)
		ice->callbacks.on_packet(ice->owner, (uint8_t *)bytes, len, ice->source.now_us);
}

static void on_lookup(void *owner, size_t relays)
{
	struct ice_nice *ice = owner;

	if (relays)
		ice->agent_gathered = false;
	/* libnice 0.1.21 forgets to end gathering when the STUN server's name is unknown. */
	else if (ice->servers.stun_failed && ice->servers.turn_count == 0)
		ice->agent_gathered = true;
	tell_gathered_if_done(ice);
}

static void on_gather_timeout(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct ice_nice *ice = OWNER_OF(timer, gather_timer);

	(void)now_us;
	ice->is_gather_over = true;
	tell_gathered_if_done(ice);
}

static bool is_credential(const char *text)
{
	size_t len = text ? strnlen(text, CREDENTIAL_MAX + 1) : 0;

	return len >= 1 && len <= CREDENTIAL_MAX;
}

/*
 * RFC 8838 14: a candidate that was told before is ignored. libnice would make more pairs of one path when the type or
 * priority differs, and then wait for a nomination among them that never comes.
 */
static bool is_known(const struct ice_nice *ice, const NiceCandidate *candidate)
{
	for (size_t i = 0; i < ice->remote_count; i++)
		if (ice->remotes[i].transport == candidate->transport &&
		    nice_address_equal(&ice->remotes[i].address, &candidate->addr))
			return true;
	return false;
}

static int add_new(struct ice_nice *ice, NiceCandidate *candidate)
{
	GSList list = {.data = candidate};

	if (is_known(ice, candidate))
		return 0;
	if (ice->remote_count >= URCHIN_REMOTE_CANDIDATES_MAX)
		return URCHIN_EFULL;
	if (!ice->remotes)
		ice->remotes = malloc(URCHIN_REMOTE_CANDIDATES_MAX * sizeof(*ice->remotes));
	if (!ice->remotes)
		return URCHIN_ENOMEM;
	ice->remotes[ice->remote_count++] =
	    (struct remote_address){.address = candidate->addr, .transport = candidate->transport};
	ice->is_quiet = true;
	nice_agent_set_remote_candidates(ice->agent, ice->stream_id, 1, &list);
	ice->is_quiet = false;
	urchin_glib_source_touch(&ice->source);
	return 0;
}

static int nice_gather(struct urchin_ice *base, const char *ufrag, const char *pwd, bool controlling)
{
	struct ice_nice *ice = from_base(base);
	gboolean done;

	if (ice->is_gathering || ice->is_closing)
		return URCHIN_ESTATE;
	if (!is_credential(ufrag) || !is_credential(pwd))
		return URCHIN_EINVAL;
	if (ice->address_count == 0)
		return URCHIN_ELIBRARY;
	g_object_set(ice->agent, "controlling-mode", (gboolean)controlling, NULL);
	nice_agent_set_local_credentials(ice->agent, ice->stream_id, ufrag, pwd);
	g_main_context_push_thread_default(ice->source.context);
	urchin_nice_servers_start(&ice->servers);
	g_main_context_pop_thread_default(ice->source.context);
	urchin_loop_set_timer(ice->loop, &ice->gather_timer, urchin_clock_us() + GATHER_TIMEOUT_US);
	urchin_glib_source_touch(&ice->source);
	done = nice_agent_gather_candidates(ice->agent, ice->stream_id);
	if (!done) {
		urchin_loop_remove_timer(ice->loop, &ice->gather_timer);
		return ice->has_port_range && urchin_nice_can_bind(ice->addresses, ice->address_count)
			   ? URCHIN_EFULL
			   : URCHIN_ELIBRARY;
	}
	ice->is_gathering = true;
	return 0;
}

static int nice_set_remote(struct urchin_ice *base, const char *ufrag, const char *pwd, bool is_lite)
{
	struct ice_nice *ice = from_base(base);

	if (ice->is_closing)
		return URCHIN_ESTATE;
	if (!is_credential(ufrag) || !is_credential(pwd))
		return URCHIN_EINVAL;
	ice->is_quiet = true;
	/* RFC 8445 6.1.1: against a lite peer the full agent controls. */
	if (is_lite)
		g_object_set(ice->agent, "controlling-mode", TRUE, NULL);
	ice->has_remote = true;
	ice->ever_remote = true;
	nice_agent_set_remote_credentials(ice->agent, ice->stream_id, ufrag, pwd);
	ice->is_quiet = false;
	urchin_glib_source_touch(&ice->source);
	return 0;
}

static int nice_add_candidate(struct urchin_ice *base, const struct urchin_candidate *candidate)
{
	struct ice_nice *ice = from_base(base);
	NiceCandidate *made;
	int err = URCHIN_EINVAL;

	/* Without local candidates or credentials libnice would start checks that fail. */
	if (ice->is_closing || !ice->is_gathering || !ice->has_remote)
		return URCHIN_ESTATE;
	if (candidate->protocol != URCHIN_PROTOCOL_UDP && !ice->tcp)
		return 0;
	made = urchin_nice_make_candidate(candidate, ice->stream_id);
	if (made) {
		err = add_new(ice, made);
		nice_candidate_free(made);
	}
	return err;
}

static int nice_end_candidates(struct urchin_ice *base)
{
	struct ice_nice *ice = from_base(base);

	if (ice->is_closing)
		return URCHIN_ESTATE;
	ice->is_quiet = true;
	nice_agent_peer_candidate_gathering_done(ice->agent, ice->stream_id);
	ice->is_quiet = false;
	urchin_glib_source_touch(&ice->source);
	return 0;
}

static int nice_restart(struct urchin_ice *base, const char *ufrag, const char *pwd)
{
	struct ice_nice *ice = from_base(base);
	GSList *candidates;

	if (ice->is_closing || !ice->is_gathering)
		return URCHIN_ESTATE;
	if (!is_credential(ufrag) || !is_credential(pwd))
		return URCHIN_EINVAL;
	ice->has_remote = false;
	ice->remote_count = 0;
	urchin_glib_source_touch(&ice->source);
	if (!nice_agent_restart_stream(ice->agent, ice->stream_id))
		return URCHIN_ELIBRARY;
	nice_agent_set_local_credentials(ice->agent, ice->stream_id, ufrag, pwd);
	/* libnice keeps its sockets and gathers nothing anew. */
	candidates = nice_agent_get_local_candidates(ice->agent, ice->stream_id, 1);
	for (GSList *item = candidates; item; item = item->next)
		tell_candidate(ice, item->data);
	g_slist_free_full(candidates, (GDestroyNotify)nice_candidate_free);
	ice->told_gathered = false;
	tell_gathered_if_done(ice);
	return 0;
}

static int nice_send(struct urchin_ice *base, const uint8_t *bytes, size_t len)
{
	struct ice_nice *ice = from_base(base);

	if (!ice->has_pair || ice->is_closing)
		return URCHIN_ESTATE;
	if (len == 0 || len > UINT16_MAX)
		return URCHIN_ESYSTEM;
	if (!ice->pair_is_plain)
		urchin_glib_source_touch(&ice->source);
	return nice_agent_send(ice->agent, ice->stream_id, 1, (guint)len, (const gchar *)bytes) < 0 ? URCHIN_ESYSTEM
												    : 0;
}

static void nice_close(struct urchin_ice *base)
{
	struct ice_nice *ice = from_base(base);

	if (ice->is_closing)
		return;
	ice->is_closing = true;
	urchin_loop_post(ice->loop, &ice->close_task);
}

static void on_agent_closed(GObject *agent, GAsyncResult *result, gpointer data)
{
	struct ice_nice *ice = data;

	(void)agent;
	(void)result;
	urchin_loop_post(ice->loop, &ice->finish_task);
}

/* The TURN allocations go first, while their sockets are there: removing the stream first costs 2.5 s. */
static void on_close_task(struct urchin_loop_task *task)
{
	struct ice_nice *ice = OWNER_OF(task, close_task);

	urchin_loop_remove_timer(ice->loop, &ice->gather_timer);
	urchin_nice_servers_clear(&ice->servers);
	g_signal_handlers_disconnect_by_data(ice->agent, ice);
	nice_agent_attach_recv(ice->agent, ice->stream_id, 1, ice->source.context, NULL, NULL);
	g_object_set(ice->agent, "stun-initial-timeout", (guint)CLOSE_STUN_TIMEOUT_MS, "stun-max-retransmissions",
		     (guint)CLOSE_STUN_RETRANSMISSIONS, NULL);
	g_main_context_push_thread_default(ice->source.context);
	nice_agent_close_async(ice->agent, on_agent_closed, ice);
	g_main_context_pop_thread_default(ice->source.context);
	urchin_glib_source_touch(&ice->source);
}

/* Cancelled look-ups and closed sources free what they hold when the context turns once more. */
static void drain(struct ice_nice *ice)
{
	for (int i = 0; i < DRAIN_TURNS && g_main_context_iteration(ice->source.context, FALSE); i++)
		continue;
}

static void free_ice(struct ice_nice *ice)
{
	urchin_loop_cancel(ice->loop, &ice->note_task);
	urchin_loop_cancel(ice->loop, &ice->close_task);
	urchin_loop_cancel(ice->loop, &ice->finish_task);
	urchin_loop_remove_timer(ice->loop, &ice->gather_timer);
	urchin_nice_servers_clear(&ice->servers);
	urchin_glib_source_detach(&ice->source);
	g_main_context_push_thread_default(ice->source.context);
	drain(ice);
	if (ice->stream_id)
		nice_agent_remove_stream(ice->agent, ice->stream_id);
	drain(ice);
	g_object_unref(ice->agent);
	drain(ice);
	g_main_context_pop_thread_default(ice->source.context);
	urchin_glib_source_clear(&ice->source);
	free(ice->remotes);
	free(ice->notes);
	free(ice);
}

static void on_finish_task(struct urchin_loop_task *task)
{
	struct ice_nice *ice = OWNER_OF(task, finish_task);
	struct urchin_ice_callbacks callbacks = ice->callbacks;
	void *owner = ice->owner;

	free_ice(ice);
	callbacks.on_closed(owner);
}

static const struct urchin_ice_ops ops = {
    .gather = nice_gather,
    .set_remote = nice_set_remote,
    .add_candidate = nice_add_candidate,
    .end_candidates = nice_end_candidates,
    .restart = nice_restart,
    .send = nice_send,
    .close = nice_close,
};

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

static void add_addresses(struct ice_nice *ice, const struct urchin_ice_config *config)
{
	ice->address_count = urchin_nice_read_addresses(ice->addresses, config->addresses, config->address_count);
	for (size_t i = 0; i < ice->address_count; i++) {
		NiceAddress *address = &ice->addresses[i];

		if (address->s.addr.sa_family == AF_INET)
			ice->servers.has_ipv4 = true;
		/* libnice asks no server from link-local addresses. */
		else if (!IN6_IS_ADDR_LINKLOCAL(&address->s.ip6.sin6_addr))
			ice->servers.has_ipv6 = true;
		nice_agent_add_local_address(ice->agent, address);
	}
}

static int make_agent(struct ice_nice *ice, const struct urchin_ice_config *config)
{
	ice->agent = nice_agent_new_full(ice->source.context, NICE_COMPATIBILITY_RFC5245,
					 NICE_AGENT_OPTION_REGULAR_NOMINATION | NICE_AGENT_OPTION_ICE_TRICKLE |
					     NICE_AGENT_OPTION_CONSENT_FRESHNESS);
	g_object_set(ice->agent, "upnp", FALSE, "ice-udp", TRUE, "ice-tcp", (gboolean)config->tcp, "force-relay",
		     (gboolean)config->relay_only, NULL);
	g_signal_connect(ice->agent, "candidate-gathering-done", G_CALLBACK(on_gathering_done), ice);
	g_signal_connect(ice->agent, "component-state-changed", G_CALLBACK(on_component_state), ice);
	g_signal_connect(ice->agent, "new-selected-pair-full", G_CALLBACK(on_selected_pair), ice);
	g_signal_connect(ice->agent, "new-candidate-full", G_CALLBACK(on_new_candidate), ice);
	add_addresses(ice, config);
	ice->stream_id = nice_agent_add_stream(ice->agent, 1);
	ice->has_port_range = config->port_min != 0;
	if (ice->has_port_range)
		nice_agent_set_port_range(ice->agent, ice->stream_id, 1, config->port_min, config->port_max);
	nice_agent_attach_recv(ice->agent, ice->stream_id, 1, ice->source.context, on_receive, ice);
	ice->servers.agent = ice->agent;
	ice->servers.stream_id = ice->stream_id;
	ice->servers.on_lookup = on_lookup;
	ice->servers.owner = ice;
	return urchin_nice_servers_init(&ice->servers, config);
}

struct urchin_ice *urchin_ice_nice_new(void *loop, const struct urchin_ice_config *config,
				       const struct urchin_ice_callbacks *callbacks, void *owner)
{
	struct ice_nice *ice;

	if (config->port_min > config->port_max || !has_free_fds())
		return NULL;
	ice = calloc(1, sizeof(*ice));
	if (!ice)
		return NULL;
	ice->base.ops = &ops;
	ice->loop = loop;
	ice->callbacks = *callbacks;
	ice->owner = owner;
	ice->tcp = config->tcp;
	ice->relay_only = config->relay_only;
	ice->note_task.run = on_note_task;
	ice->close_task.run = on_close_task;
	ice->finish_task.run = on_finish_task;
	ice->gather_timer.on_due = on_gather_timeout;
	if (urchin_glib_source_init(&ice->source, loop, config->tcp || urchin_nice_servers_use_tcp(config))) {
		free(ice);
		return NULL;
	}
	if (make_agent(ice, config)) {
		g_signal_handlers_disconnect_by_data(ice->agent, ice);
		free_ice(ice);
		return NULL;
	}
	return &ice->base;
}
