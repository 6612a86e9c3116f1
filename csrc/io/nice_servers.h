/*
 * The STUN and TURN servers of one generation. Host names are looked up here, without waiting: libnice 0.1.21 never
 * ends gathering when a name can't be resolved. TURN servers are given to the agent, STUN servers to the owner: libnice
 * never hears of them.
 */
#ifndef URCHIN_IO_NICE_SERVERS_H
#define URCHIN_IO_NICE_SERVERS_H

#include <nice/agent.h>
#include <stdbool.h>
#include <stddef.h>

#include "io/turn_tls.h"
#include "transport/ice.h"

#define URCHIN_NICE_SERVER_ERROR_CAP 128

struct urchin_nice_lookup;

/* Of one server of the configuration. */
struct urchin_nice_servers;

struct urchin_nice_server {
	struct urchin_nice_servers *servers; /* that it belongs to */
	const struct urchin_ice_server *config;
	size_t turns[2]; /* TURN: the agent's numbers of its addresses */
	size_t turn_count;
	struct urchin_turn_tls *bridges[2];       /* TURN over TLS: one for each address */
	char error[URCHIN_NICE_SERVER_ERROR_CAP]; /* a bridge's last one */
	bool has_served;                          /* it gave a candidate */
	bool is_told;                             /* its error */
};

struct urchin_nice_servers {
	/* Set before init(). */
	struct urchin_loop *loop;
	size_t connections_max; /* that the agent may make to one TURN server over TCP */
	NiceAgent *agent;
	guint stream_id;
	bool has_ipv4; /* a local address of this family is gathered on */
	bool has_ipv6;
	/* An address of a STUN server. */
	void (*on_stun)(void *owner, size_t server, const NiceAddress *address);
	/* A look-up ended. relays: TURN servers added, for which the agent now gathers (again). */
	void (*on_lookup)(void *owner, size_t relays);
	void (*on_error)(void *owner, size_t server, uint16_t code, const char *text);
	void *owner;

	struct urchin_nice_server *items;
	size_t count;
	struct urchin_nice_lookup *lookups;
	GCancellable *cancellable;
	const char *tls_ca;
	size_t pending; /* look-ups */
	size_t turn_count;
};

/*
 * Tells the agent the TURN servers with numeric addresses; `config` must outlive this. Returns 0 or URCHIN_ENOMEM. No
 * callbacks.
 */
int urchin_nice_servers_init(struct urchin_nice_servers *servers, const struct urchin_ice_config *config);

/* Tells the STUN servers with numeric addresses and starts look-ups on the thread-default context. */
void urchin_nice_servers_start(struct urchin_nice_servers *servers);

/* The agent got a relayed candidate from its TURN server number `turn`. */
void urchin_nice_servers_serve(struct urchin_nice_servers *servers, size_t turn);

/* Tells a server's error, at most once, unless it served. */
void urchin_nice_servers_fail(struct urchin_nice_servers *servers, size_t server, uint16_t code, const char *text);

/* Gathering is over: the TURN servers that gave nothing are told. */
void urchin_nice_servers_end(struct urchin_nice_servers *servers);

/* Ends look-ups; nothing is called any more. Bridges stay, to give back what TURN servers allocated. */
void urchin_nice_servers_stop(struct urchin_nice_servers *servers);

/* Stops, and frees everything. */
void urchin_nice_servers_clear(struct urchin_nice_servers *servers);

/* Whether gathering needs TURN over TCP, whose sockets come and go. */
bool urchin_nice_servers_use_tcp(const struct urchin_ice_config *config);

#endif
