/* TURN names become addresses here; a STUN name is libnice's to resolve, and only watched. */
#include "io/nice_servers.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "io/nice_address.h"

/* libnice aborts the process beyond this (NICE_CANDIDATE_MAX_TURN_SERVERS). */
#define TURN_SERVERS_MAX 8

struct urchin_nice_lookup {
	struct urchin_nice_servers *servers; /* NULL: they are gone */
	struct urchin_nice_lookup *next;
	bool is_started;
	bool is_turn;
	NiceRelayType relay_type;
	uint16_t port;
	char *host;
	char *username;
	char *credential;
};

static void free_lookup(struct urchin_nice_lookup *lookup)
{
	if (lookup->credential)
		explicit_bzero(lookup->credential, strlen(lookup->credential));
	free(lookup->host);
	free(lookup->username);
	free(lookup->credential);
	free(lookup);
}

static NiceRelayType relay_type(enum urchin_turn_protocol protocol)
{
	return protocol == URCHIN_TURN_TCP ? NICE_RELAY_TYPE_TURN_TCP : NICE_RELAY_TYPE_TURN_UDP;
}

static int add_lookup(struct urchin_nice_servers *servers, const struct urchin_ice_server *server)
{
	struct urchin_nice_lookup *lookup = calloc(1, sizeof(*lookup));

	if (!lookup)
		return URCHIN_ENOMEM;
	*lookup = (struct urchin_nice_lookup){
	    .servers = servers,
	    .next = servers->lookups,
	    .is_turn = server->is_turn,
	    .relay_type = relay_type(server->turn_protocol),
	    .port = server->port,
	    .host = strdup(server->host),
	    .username = strdup(server->username ? server->username : ""),
	    .credential = strdup(server->credential ? server->credential : ""),
	};
	if (!lookup->host || !lookup->username || !lookup->credential) {
		free_lookup(lookup);
		return URCHIN_ENOMEM;
	}
	servers->lookups = lookup;
	return 0;
}

static int add_stun(struct urchin_nice_servers *servers, const struct urchin_ice_server *server, bool is_numeric)
{
	if (servers->has_stun)
		return 0;
	servers->has_stun = true;
	g_object_set(servers->agent, "stun-server", server->host, "stun-server-port", (guint)server->port, NULL);
	return is_numeric ? 0 : add_lookup(servers, server);
}

static int add_server(struct urchin_nice_servers *servers, const struct urchin_ice_server *server)
{
	NiceAddress address;
	bool is_numeric = urchin_nice_read_address(&address, server->host, server->port);

	if (!server->is_turn)
		return add_stun(servers, server, is_numeric);
	if (server->turn_protocol == URCHIN_TURN_TLS || urchin_nice_has_too_many_for_relays())
		return 0;
	if (!is_numeric)
		return add_lookup(servers, server);
	if (servers->turn_count < TURN_SERVERS_MAX &&
	    nice_agent_set_relay_info(servers->agent, servers->stream_id, 1, server->host, server->port,
				      server->username ? server->username : "",
				      server->credential ? server->credential : "", relay_type(server->turn_protocol)))
		servers->turn_count++;
	return 0;
}

int urchin_nice_servers_init(struct urchin_nice_servers *servers, const struct urchin_ice_config *config)
{
	for (size_t i = 0; i < config->server_count; i++) {
		int err = add_server(servers, &config->servers[i]);

		if (err)
			return err;
	}
	return 0;
}

/* Adds the first address of a family. Returns how many servers were added: 0 or 1. */
static size_t add_relay(struct urchin_nice_servers *servers, const struct urchin_nice_lookup *lookup, GList *addresses,
			GSocketFamily family)
{
	for (GList *item = addresses; item; item = item->next) {
		GInetAddress *address = item->data;
		gchar *text;
		gboolean added;

		if (g_inet_address_get_family(address) != family)
			continue;
		if (servers->turn_count >= TURN_SERVERS_MAX)
			return 0;
		text = g_inet_address_to_string(address);
		added = nice_agent_set_relay_info(servers->agent, servers->stream_id, 1, text, lookup->port,
						  lookup->username, lookup->credential, lookup->relay_type);
		g_free(text);
		servers->turn_count += added ? 1 : 0;
		return added ? 1 : 0;
	}
	return 0;
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
	size_t relays = 0;

	if (servers) {
		forget_lookup(servers, lookup);
		servers->pending--;
		/* Only for families with a host candidate: otherwise libnice would wait for a discovery that it never
		 * started. */
		if (lookup->is_turn && servers->has_ipv4)
			relays += add_relay(servers, lookup, addresses, G_SOCKET_FAMILY_IPV4);
		if (lookup->is_turn && servers->has_ipv6)
			relays += add_relay(servers, lookup, addresses, G_SOCKET_FAMILY_IPV6);
		if (!lookup->is_turn && !addresses)
			servers->stun_failed = true;
		servers->on_lookup(servers->owner, relays);
	}
	g_list_free_full(addresses, g_object_unref);
	free_lookup(lookup);
}

void urchin_nice_servers_start(struct urchin_nice_servers *servers)
{
	GResolver *resolver;

	if (!servers->lookups)
		return;
	resolver = g_resolver_get_default();
	servers->cancellable = g_cancellable_new();
	for (struct urchin_nice_lookup *lookup = servers->lookups; lookup; lookup = lookup->next) {
		lookup->is_started = true;
		servers->pending++;
		g_resolver_lookup_by_name_async(resolver, lookup->host, servers->cancellable, on_resolved, lookup);
	}
	g_object_unref(resolver);
}

void urchin_nice_servers_clear(struct urchin_nice_servers *servers)
{
	while (servers->lookups) {
		struct urchin_nice_lookup *lookup = servers->lookups;

		servers->lookups = lookup->next;
		lookup->servers = NULL;
		/* A started one is freed by its callback. */
		if (!lookup->is_started)
			free_lookup(lookup);
	}
	servers->pending = 0;
	if (servers->cancellable) {
		g_cancellable_cancel(servers->cancellable);
		g_clear_object(&servers->cancellable);
	}
}

bool urchin_nice_servers_use_tcp(const struct urchin_ice_config *config)
{
	for (size_t i = 0; i < config->server_count; i++)
		if (config->servers[i].is_turn && config->servers[i].turn_protocol == URCHIN_TURN_TCP)
			return true;
	return false;
}
