/*
 * TURN over TLS (RFC 8656 3.1) for libnice, which speaks TURN over TCP only: a bridge on a loopback port that carries
 * each of its connections to the real server, inside TLS with the server's certificate checked.
 */
#ifndef URCHIN_IO_TURN_TLS_H
#define URCHIN_IO_TURN_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "io/loop.h"

#define URCHIN_TURN_TLS_CONNECTIONS_MAX 64

enum urchin_turn_tls_stage {
	URCHIN_TURN_TLS_CONNECT,     /* no TCP connection to the server */
	URCHIN_TURN_TLS_HANDSHAKE,   /* no TLS, or none that both sides allow */
	URCHIN_TURN_TLS_CERTIFICATE, /* expired, of another host, or of an issuer that nobody trusts */
	URCHIN_TURN_TLS_LOST,        /* the connection stood and ended, not by libnice's side */
};

struct urchin_turn_tls_config {
	struct urchin_addr server; /* where the server is: its name resolved, IPv4 or IPv6 */
	const char *name;          /* DNS name or numeric address that the certificate must be for; copied */
	const char *ca_pem;        /* certificates trusted beside the system's, or NULL; copied */
	bool listen_ipv6;          /* on ::1 instead of 127.0.0.1: libnice connects only within one family */
	size_t connections_max;    /* at a time, 1..URCHIN_TURN_TLS_CONNECTIONS_MAX: one per host candidate */
	uint64_t timeout_us;       /* for TCP and TLS handshake together; 0: 5 s */
};

/* None may free the bridge. */
struct urchin_turn_tls_callbacks {
	/* A connection ended; once per connection. text: what happened, valid during the call. */
	void (*on_error)(void *owner, enum urchin_turn_tls_stage stage, const char *text);
};

struct urchin_turn_tls;

/*
 * Opens the port; connects to the server only when libnice connects. Returns 0, URCHIN_EINVAL (config; or ca_pem holds
 * no certificate), URCHIN_ENOMEM, URCHIN_ESYSTEM or URCHIN_ELIBRARY; *bridge is set on success only.
 */
int urchin_turn_tls_new(struct urchin_turn_tls **bridge, struct urchin_loop *loop,
			const struct urchin_turn_tls_config *config, const struct urchin_turn_tls_callbacks *callbacks,
			void *owner);

/* Closes the port and every connection, without callbacks. NULL is allowed. */
void urchin_turn_tls_free(struct urchin_turn_tls *bridge);

/* The loopback address and port to give to libnice, as a TURN server over TCP. */
const struct urchin_addr *urchin_turn_tls_address(const struct urchin_turn_tls *bridge);

/* Closes the port when all expected connections are there (gathering is over); connections stay. */
void urchin_turn_tls_stop_accepting(struct urchin_turn_tls *bridge);

#endif
