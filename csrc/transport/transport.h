/*
 * One connection's way to its peer: ICE carries datagrams, DTLS makes keys, SRTP protects media.
 * Sorts what arrives (RFC 7983), drives the handshake once ICE is connected, supervises the whole
 * with one connect timeout, and tells its owner through urchin_event and two packet callbacks.
 */
#ifndef URCHIN_TRANSPORT_TRANSPORT_H
#define URCHIN_TRANSPORT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/dtls.h"
#include "transport/event.h"
#include "transport/ice.h"

struct urchin_transport;

struct urchin_transport_callbacks {
	/*
	 * The event's connection_id is filled in by the owner; pointers in it are handed over (heap).
	 * URCHIN_EVENT_CLOSED is told too: the last one, just before on_closed. close() may be called inside.
	 */
	void (*on_event)(void *owner, struct urchin_event *event);
	/* Decrypted packets; valid during the call, may be modified in place. */
	void (*on_rtp)(void *owner, uint8_t *bytes, size_t len, uint64_t now_us);
	void (*on_rtcp)(void *owner, uint8_t *bytes, size_t len, uint64_t now_us);
	/* The ICE backend is gone: the transport may be freed (not inside this callback). */
	void (*on_closed)(void *owner);
	/* deadline_us() may have become earlier: ask it again at the end of this turn. NULL is allowed. */
	void (*on_deadline)(void *owner);
};

/* Creates an ICE backend that reports to `callbacks`; returns NULL when it can't. */
typedef struct urchin_ice *(*urchin_ice_factory)(void *factory_owner, const struct urchin_ice_config *config,
						 const struct urchin_ice_callbacks *callbacks, void *owner);

struct urchin_transport_config {
	struct urchin_cert *cert; /* must outlive the transport */
	urchin_ice_factory ice_new;
	void *ice_factory_owner;
	const struct urchin_ice_config *ice; /* read during new() only */
	uint64_t connect_timeout_us;         /* from gather to READY; 0: none */
	uint64_t now_us;
	enum urchin_log_level log_level; /* LOG events below it are not made */
};

/* Where the peer is and who it must be, from its SDP. Strings are read during the call only. */
struct urchin_remote {
	const char *ufrag;
	const char *pwd;
	bool is_ice_lite;
	enum urchin_dtls_role local_dtls_role; /* ours */
	const struct urchin_fingerprint *fingerprints;
	size_t fingerprint_count;
};

struct urchin_transport *urchin_transport_new(const struct urchin_transport_config *config,
					      const struct urchin_transport_callbacks *callbacks, void *owner);

/* Allowed only when the backend never existed or after on_closed. */
void urchin_transport_free(struct urchin_transport *transport);

/* Events STARTED, CANDIDATE ..., HOSTS_GATHERED before it returns; GATHERED later. On error FAILED is told. */
int urchin_transport_gather(struct urchin_transport *transport, const char *ufrag, const char *pwd, bool controlling,
			    uint64_t now_us);

/* Remote candidates that one ICE generation may bring; those that come before set_remote() are kept. */
#define URCHIN_REMOTE_CANDIDATES_MAX 100

void urchin_transport_set_log_level(struct urchin_transport *transport, enum urchin_log_level level);

/*
 * First call: fixes the peer's credentials, fingerprints and our DTLS role. Later calls: new credentials are those of
 * an ICE restart; the DTLS association stays, so other fingerprints or another role give URCHIN_ESTATE.
 * May come before gather(). Returns 0, URCHIN_EINVAL, URCHIN_ESTATE or the backend's error.
 */
int urchin_transport_set_remote(struct urchin_transport *transport, const struct urchin_remote *remote,
				uint64_t now_us);
/* Returns 0 (kept until set_remote() when that is still to come), URCHIN_EFULL, URCHIN_ESTATE or the backend's error.
 */
int urchin_transport_add_candidate(struct urchin_transport *transport, const struct urchin_candidate *candidate);
int urchin_transport_end_candidates(struct urchin_transport *transport);
/* For the next gather or restart. Returns 0, URCHIN_ESTATE or the backend's error. */
int urchin_transport_set_addresses(struct urchin_transport *transport, const char *const *addresses, size_t count);
/* New local credentials, next generation: STARTED, CANDIDATE ..., GATHERED again. Media goes on over the old pair. */
int urchin_transport_restart_ice(struct urchin_transport *transport, const char *ufrag, const char *pwd,
				 uint64_t now_us);

/*
 * Brings what send_parts() reads into the cache, a step at a time: each reads what the step before it brought, so that
 * whoever sends to many calls them in turns: step 0 for the third one from now, 1 for the second, 2 for the next.
 */
void urchin_transport_prefetch(const struct urchin_transport *transport, int step);

/* Protects and sends one packet. Returns 0, URCHIN_ESTATE (not ready) or an error; all are counted. */
int urchin_transport_send_rtp(struct urchin_transport *transport, const uint8_t *bytes, size_t len);
int urchin_transport_send_parts(struct urchin_transport *transport, const struct urchin_rtp_parts *parts);
int urchin_transport_send_rtcp(struct urchin_transport *transport, const uint8_t *bytes, size_t len);

bool urchin_transport_is_ready(const struct urchin_transport *transport);

/* close_notify, then the ICE backend's close; on_closed follows on a later turn, exactly once. Idempotent. */
void urchin_transport_close(struct urchin_transport *transport);

void urchin_transport_tick(struct urchin_transport *transport, uint64_t now_us);
uint64_t urchin_transport_deadline_us(const struct urchin_transport *transport, uint64_t now_us);

/* Adds bytesSent, packetsSent, iceState, selected pair's addresses, counters of everything dropped ... */
int urchin_transport_add_stats(const struct urchin_transport *transport, struct urchin_stats *stats, uint64_t now_us);

#endif
