/*
 * The client's side of one TLS 1.2 or 1.3 connection (RFC 5246, RFC 8446), as a state machine over bytes: who owns it
 * carries the ciphertext. The server's certificate must be valid for the name (RFC 6125) and of a trusted issuer.
 */
#ifndef URCHIN_TRANSPORT_TLS_CLIENT_H
#define URCHIN_TRANSPORT_TLS_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "transport/tls_trust.h"

enum urchin_tls_state {
	URCHIN_TLS_HANDSHAKE,
	URCHIN_TLS_OPEN,   /* certificate verified, data flows */
	URCHIN_TLS_CLOSED, /* ended by close(), the server's close_notify, or end() */
	URCHIN_TLS_FAILED, /* error() and error_text() say why */
};

enum urchin_tls_error {
	URCHIN_TLS_NO_ERROR,
	URCHIN_TLS_BAD_HANDSHAKE,   /* no TLS, or no version or cipher in common, or the server refuses */
	URCHIN_TLS_BAD_CERTIFICATE, /* expired, for another name, or of an unknown issuer */
	URCHIN_TLS_BROKEN,          /* after the handshake: a record that does not verify, or an alert */
};

struct urchin_tls_client;

/*
 * name: the server's DNS name (sent as SNI) or numeric address (no SNI), 1..253 characters; copied. Returns 0,
 * URCHIN_EINVAL (name), URCHIN_ENOMEM or URCHIN_ELIBRARY; *client is set on success only, with the ClientHello waiting
 * to be sent.
 */
int urchin_tls_client_new(struct urchin_tls_client **client, const struct urchin_tls_trust *trust, const char *name);
void urchin_tls_client_free(struct urchin_tls_client *client);

/* How many bytes feed() takes now. */
size_t urchin_tls_client_room(const struct urchin_tls_client *client);

/* Takes ciphertext from the server. Returns how many bytes were taken: less than len when room() is less. */
size_t urchin_tls_client_feed(struct urchin_tls_client *client, const uint8_t *bytes, size_t len);

/* No more ciphertext will come: the server closed TCP. What came before can still be read. */
void urchin_tls_client_end(struct urchin_tls_client *client);

/* Gives decrypted data. Returns its length; 0: none now, or none any more (see state()). Call it until it gives 0. */
size_t urchin_tls_client_read(struct urchin_tls_client *client, uint8_t *bytes, size_t cap);

/*
 * Encrypts data. Returns how many bytes were taken, possibly none: before the handshake is done, while too much output
 * waits, or after the end. What was not taken must come again unchanged, first, in the next call.
 */
size_t urchin_tls_client_write(struct urchin_tls_client *client, const uint8_t *bytes, size_t len);

/* Ciphertext for the server; *len 0: none. Valid until the next call; consume() tells how much of it was sent. */
const uint8_t *urchin_tls_client_output(struct urchin_tls_client *client, size_t *len);
void urchin_tls_client_consume(struct urchin_tls_client *client, size_t len);

/* Ends it, with a close_notify after a handshake: to be sent, if output() was empty before. Harmless at any time. */
void urchin_tls_client_close(struct urchin_tls_client *client);

enum urchin_tls_state urchin_tls_client_state(const struct urchin_tls_client *client);
enum urchin_tls_error urchin_tls_client_error(const struct urchin_tls_client *client);

/* A sentence for people; "" without error. Lives as long as the client. */
const char *urchin_tls_client_error_text(const struct urchin_tls_client *client);

#endif
