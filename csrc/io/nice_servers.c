/* Names become addresses; who is asked and who answered is kept. */
#include "io/nice_servers.h"

#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "io/nice_address.h"
#include "io/udp_socket.h"

/* libnice aborts the process beyond this (NICE_CANDIDATE_MAX_TURN_SERVERS). */
#define TURN_SERVERS_MAX 8
/* W3C webrtc, icecandidateerror: a server could not be reached. */
#define NOT_REACHED 701

struct urchin_nice_lookup {
	struct urchin_nice_servers *servers; /* NULL: they are gone */
	struct urchin_nice_lookup *next;
	size_t server;
	bool is_started;
};

static NiceRelayType relay_type(enum urchin_turn_protocol protocol)
{
	return protocol == URCHIN_TURN_UDP ? NICE_RELAY_TYPE_TURN_UDP : NICE_RELAY_TYPE_TURN_TCP;
}

static bool has_family(const struct urchin_nice_servers *servers, const NiceAddress *address)
{
	return address->s.addr.sa_family == AF_INET ? servers->has_ipv4 : servers->has_ipv6;
}

static bool is_numeric(const struct urchin_ice_server *server, NiceAddress *address)
{
	return urchin_nice_read_address(address, server->host, server->port);
}

/* Whether the agent can be given this TURN server at all. */
static const char *find_objection(const struct urchin_nice_servers *servers)
{
	if (urchin_nice_has_too_many_for_relays())
		return "this machine has too many addresses for relays";
	if (servers->turn_count >= TURN_SERVERS_MAX)
		return "there are too many TURN servers";
	return NULL;
}

static void on_bridge_error(void *owner, enum urchin_turn_tls_stage stage, const char *text)
{
	struct urchin_nice_server *item = owner;

	/* libnice lets go of relays that it does not need, and those in use are watched otherwise. */
	if (stage == URCHIN_TURN_TLS_LOST)
		return;
	snprintf(item->error, sizeof(item->error), "%s", text);
	/* The end of gathering may be long after everybody has lost patience. */
	if (item->turn_count < 2 || !item->bridges[1])
		urchin_nice_servers_fail(item->servers, (size_t)(item - item->servers->items), NOT_REACHED, text);
}

/* RFC 8656 3.1: libnice speaks TURN over TCP to a bridge of ours. *address becomes the bridge's. */
static bool open_bridge(struct urchin_nice_servers *servers, struct urchin_nice_server *item, NiceAddress *address)
{
	static const struct urchin_turn_tls_callbacks callbacks = {.on_error = on_bridge_error};
	struct urchin_turn_tls_config config = {
	    .name = item->config->host,
	    .ca_pem = servers->tls_ca,
	    .listen_ipv6 = address->s.addr.sa_family == AF_INET6,
	    .connections_max = servers->connections_max,
	};
	struct urchin_turn_tls **bridge = &item->bridges[item->turn_count];
	struct sockaddr_storage storage = {0};
	int err;

	if (!urchin_sockaddr_read(&config.server, &address->s.addr))
		return false;
	err = urchin_turn_tls_new(bridge, servers->loop, &config, &callbacks, item);
	if (err) {
		snprintf(item->error, sizeof(item->error), "TURN over TLS: %s", urchin_err_name(err));
		return false;
	}
	urchin_sockaddr_write(urchin_turn_tls_address(*bridge), &storage);
	nice_address_set_from_sockaddr(address, (struct sockaddr *)&storage);
	return true;
}

static bool add_relay(struct urchin_nice_servers *servers, size_t server, const NiceAddress *real)
{
	struct urchin_nice_server *item = &servers->items[server];
	const struct urchin_ice_server *config = item->config;
	NiceAddress address = *real;
	char text[NICE_ADDRESS_STRING_LEN];

	if (servers->turn_count >= TURN_SERVERS_MAX || item->turn_count == 2)
		return false;
	if (config->turn_protocol == URCHIN_TURN_TLS && !open_bridge(servers, item, &address))
		return false;
	nice_address_to_string(&address, text);
	if (!nice_agent_set_relay_info(servers->agent, servers->stream_id, 1, text, nice_address_get_port(&address),
				       config->username ? config->username : "",
				       config->credential ? config->credential : "", relay_type(config->turn_protocol)))
		return false;
	item->turns[item->turn_count++] = servers->turn_count++;
	return true;
}

static int add_lookup(struct urchin_nice_servers *servers, size_t server)
{
	struct urchin_nice_lookup *lookup = calloc(1, sizeof(*lookup));

	if (!lookup)
		return URCHIN_ENOMEM;
	*lookup = (struct urchin_nice_lookup){.servers = servers, .next = servers->lookups, .server = server};
	servers->lookups = lookup;
	return 0;
}

int urchin_nice_servers_init(struct urchin_nice_servers *servers, const struct urchin_ice_config *config)
{
	servers->items = calloc(config->server_count ? config->server_count : 1, sizeof(*servers->items));
	if (!servers->items)
		return URCHIN_ENOMEM;
	servers->count = config->server_count;
	servers->tls_ca = config->tls_ca;
	for (size_t i = 0; i < servers->count; i++) {
		const struct urchin_ice_server *server = &config->servers[i];
		NiceAddress address;

		servers->items[i].config = server;
		servers->items[i].servers = servers;
		if (server->is_turn ? find_objection(servers) != NULL : config->relay_only)
			continue;
		if (!is_numeric(server, &address)) {
			int err = add_lookup(servers, i);

			if (err)
				return err;
		} else if (server->is_turn && has_family(servers, &address)) {
			add_relay(servers, i, &address);
		}
	}
	return 0;
}

/* The first address of each family. Returns how many relays were added. */
static size_t use_addresses(struct urchin_nice_servers *servers, size_t server, GList *addresses)
{
	const struct urchin_ice_server *config = servers->items[server].config;
	bool has_seen[2] = {false, false};
	size_t relays = 0;

	for (GList *item = addresses; item; item = item->next) {
		GInetAddress *from = item->data;
		bool is_ip6 = g_inet_address_get_family(from) == G_SOCKET_FAMILY_IPV6;
		gchar *text = g_inet_address_to_string(from);
		NiceAddress address;
		bool is_read = urchin_nice_read_address(&address, text, config->port);

		g_free(text);
		/* Only for families with a host candidate: otherwise libnice would wait for a discovery that it never
		 * started. */
		if (!is_read || has_seen[is_ip6] || !has_family(servers, &address))
			continue;
		has_seen[is_ip6] = true;
		if (!config->is_turn)
			servers->on_stun(servers->owner, server, &address);
		else if (add_relay(servers, server, &address))
			relays++;
	}
	return relays;
}

static void forget_lookup(struct urchin_nice_servers *servers, const struct urchin_nice_lookup *lookup)
{
	struct urchin_nice_lookup **at = &servers->lookups;

	while (*at && *at != lookup)
		at = &(*at)->next;
	if (*at)
		*at = lookup->next;
}

static void on_resolved(GObject *resolver, GAsyncResult *result, gpointer data)
{
	struct urchin_nice_lookup *lookup = data;
	struct urchin_nice_servers *servers = lookup->servers;
	GList *addresses = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, NULL);

	if (servers) {
		size_t relays;

		forget_lookup(servers, lookup);
		servers->pending--;
		relays = use_addresses(servers, lookup->server, addresses);
		if (!addresses)
			urchin_nice_servers_fail(servers, lookup->server, NOT_REACHED, "the name does not resolve");
		servers->on_lookup(servers->owner, relays);
	}
	g_list_free_full(addresses, g_object_unref);
	free(lookup);
}

static void start_lookups(struct urchin_nice_servers *servers)
{
	GResolver *resolver = g_resolver_get_default();

	servers->cancellable = g_cancellable_new();
	for (struct urchin_nice_lookup *lookup = servers->lookups; lookup; lookup = lookup->next) {
		lookup->is_started = true;
		servers->pending++;
		g_resolver_lookup_by_name_async(resolver, servers->items[lookup->server].config->host,
						servers->cancellable, on_resolved, lookup);
	}
	g_object_unref(resolver);
}

void urchin_nice_servers_start(struct urchin_nice_servers *servers)
{
	if (servers->lookups)
		start_lookups(servers);
	for (size_t i = 0; i < servers->count; i++) {
		const struct urchin_ice_server *server = servers->items[i].config;
		NiceAddress address;

		if (!server->is_turn && is_numeric(server, &address))
			servers->on_stun(servers->owner, i, &address);
	}
}

void urchin_nice_servers_serve(struct urchin_nice_servers *servers, size_t turn)
{
	for (size_t i = 0; i < servers->count; i++) {
		struct urchin_nice_server *item = &servers->items[i];

		for (size_t j = 0; j < item->turn_count; j++)
			if (item->turns[j] == turn)
				item->has_served = true;
	}
}

void urchin_nice_servers_fail(struct urchin_nice_servers *servers, size_t server, uint16_t code, const char *text)
{
	struct urchin_nice_server *item = &servers->items[server];

	if (item->has_served || item->is_told)
		return;
	item->is_told = true;
	servers->on_error(servers->owner, server, code, text);
}

/* libnice keeps one of several relayed addresses that differ only in how the server is reached: the others are no
 * failures. */
static bool is_served_otherwise(const struct urchin_nice_servers *servers, const struct urchin_nice_server *item)
{
	for (size_t i = 0; i < servers->count; i++)
		if (servers->items[i].config->is_turn && servers->items[i].has_served &&
		    strcmp(servers->items[i].config->host, item->config->host) == 0)
			return true;
	return false;
}

void urchin_nice_servers_end(struct urchin_nice_servers *servers)
{
	for (size_t i = 0; i < servers->count; i++) {
		const struct urchin_nice_server *item = &servers->items[i];
		const char *objection;

		if (!item->config->is_turn)
			continue;
		for (size_t j = 0; j < item->turn_count; j++)
			if (item->bridges[j])
				urchin_turn_tls_stop_accepting(item->bridges[j]);
		objection = item->turn_count ? NULL : find_objection(servers);
		if (!objection && item->error[0])
			objection = item->error;
		if (!objection && item->turn_count && is_served_otherwise(servers, item))
			continue;
		if (!objection && item->turn_count)
			objection = "no relayed address was given: no answer, or the credentials are wrong";
		urchin_nice_servers_fail(servers, i, NOT_REACHED,
					 objection ? objection : "no local address of the server's family");
	}
}

void urchin_nice_servers_stop(struct urchin_nice_servers *servers)
{
	while (servers->lookups) {
		struct urchin_nice_lookup *lookup = servers->lookups;

		servers->lookups = lookup->next;
		lookup->servers = NULL;
		/* A started one is freed by its callback. */
		if (!lookup->is_started)
			free(lookup);
	}
	servers->pending = 0;
	if (servers->cancellable) {
		g_cancellable_cancel(servers->cancellable);
		g_clear_object(&servers->cancellable);
	}
}

void urchin_nice_servers_clear(struct urchin_nice_servers *servers)
{
	urchin_nice_servers_stop(servers);
	for (size_t i = 0; i < servers->count; i++)
		for (size_t j = 0; j < 2; j++)
			urchin_turn_tls_free(servers->items[i].bridges[j]);
	free(servers->items);
	servers->items = NULL;
	servers->count = 0;
}

bool urchin_nice_servers_use_tcp(const struct urchin_ice_config *config)
{
	for (size_t i = 0; i < config->server_count; i++)
		if (config->servers[i].is_turn && config->servers[i].turn_protocol != URCHIN_TURN_UDP)
			return true;
	return false;
}
