/*
 * One DTLS 1.2 association (RFC 6347) with SRTP key export (RFC 5764), as a state machine over
 * datagrams. Uses OpenSSL, whose retransmission clock is its own; owns no socket.
 */
#ifndef URCHIN_TRANSPORT_DTLS_H
#define URCHIN_TRANSPORT_DTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/cert.h"
#include "transport/event.h"
#include "transport/srtp.h"

enum urchin_dtls_role { URCHIN_DTLS_CLIENT, URCHIN_DTLS_SERVER };

/* A fingerprint that the peer's certificate may have (RFC 8122 5). */
struct urchin_fingerprint {
	char algorithm[16]; /* "sha-256", "sha-384" or "sha-512", lower case */
	uint8_t bytes[URCHIN_FINGERPRINT_CAP];
	size_t len;
};

/* None of them may call back into the association but with close(); send may be followed by feed on a later turn. */
struct urchin_dtls_callbacks {
	/* One datagram, at most the MTU, for the peer. */
	void (*send)(void *owner, const uint8_t *bytes, size_t len);
	/* Handshake done, fingerprint verified. The keys are wiped when the call returns. */
	void (*on_connected)(void *owner, const struct urchin_srtp_keys *keys);
	/* Failed for good; detail is static or valid during the call only. */
	void (*on_failed)(void *owner, enum urchin_reason reason, const char *detail);
	/* The peer sent close_notify. */
	void (*on_closed)(void *owner);
};

struct urchin_dtls;

/* `cert` must outlive the association. mtu: largest UDP payload to send, 1200 normally. NULL when out of memory. */
struct urchin_dtls *urchin_dtls_new(struct urchin_cert *cert, size_t mtu, const struct urchin_dtls_callbacks *callbacks,
				    void *owner);
void urchin_dtls_free(struct urchin_dtls *dtls);

/* Whether the algorithm is one of ours and the length is its own. */
bool urchin_dtls_fingerprint_is_valid(const struct urchin_fingerprint *fingerprint);

/*
 * Fixes role and acceptable fingerprints (1..8, alternatives) and starts; a client sends its ClientHello at once, and
 * datagrams kept by earlier feeds are handled now. now_us 0: not known; the 30 s of the handshake then begin with the
 * first tick. Returns 0, URCHIN_EINVAL or URCHIN_ESTATE (started already).
 */
int urchin_dtls_start(struct urchin_dtls *dtls, enum urchin_dtls_role role,
		      const struct urchin_fingerprint *fingerprints, size_t fingerprint_count, uint64_t now_us);

/* Takes a datagram of the peer; before start() up to four are kept. Never fails: bad input is counted and dropped. */
void urchin_dtls_feed(struct urchin_dtls *dtls, const uint8_t *bytes, size_t len, uint64_t now_us);

/* Retransmits what is due. */
void urchin_dtls_tick(struct urchin_dtls *dtls, uint64_t now_us);

/* True between on_connected and the end, whoever makes it. */
bool urchin_dtls_is_connected(const struct urchin_dtls *dtls);

/* When tick() is wanted next; URCHIN_NEVER_US for never. */
uint64_t urchin_dtls_deadline_us(const struct urchin_dtls *dtls, uint64_t now_us);

/* Sends close_notify when a handshake was completed. Harmless at any time, inside callbacks too. */
void urchin_dtls_close(struct urchin_dtls *dtls);

/* Adds dtlsState, tlsVersion, dtlsCipher, srtpCipher, dtlsRole, dtlsDatagramsDropped ... to the transport's group. */
int urchin_dtls_add_stats(const struct urchin_dtls *dtls, struct urchin_stats *stats);

#endif
