/*
 * Puts ICE, DTLS and SRTP together. ICE callbacks and commands change flags; urchin_transport_start_dtls() and the
 * timers in tick() act on them. After a failure only CLOSED is told, and nothing is sent but close_notify.
 */
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/heap.h"
#include "base/prefetch.h"
#include "transport/transport_internal.h"
#include "wire/demux.h"

/* UDP payload that passes every path met in practice: IPv6's 1280 less IP, UDP and TURN headers. */
#define DTLS_MTU 1200
#define PACKET_CAP URCHIN_ICE_DATAGRAM_CAP
/* An ICE backend's FAILED isn't final: a late or peer-reflexive candidate may still bring a pair (RFC 8445 8.3). */
#define ICE_GRACE_US (5 * 1000000ull)
#define DTLS_LOGS_MAX 50

bool urchin_transport_is_alive(const struct urchin_transport *transport)
{
	return !transport->has_failed && !transport->is_closing;
}

void urchin_transport_tell(struct urchin_transport *transport, struct urchin_event event)
{
	event.generation = transport->generation;
	transport->callbacks.on_event(transport->owner, &event);
}

void urchin_transport_tell_deadline(struct urchin_transport *transport)
{
	if (transport->callbacks.on_deadline)
		transport->callbacks.on_deadline(transport->owner);
}

__attribute__((format(printf, 3, 4))) void urchin_transport_log(struct urchin_transport *transport,
								enum urchin_log_level level, const char *format, ...)
{
	struct urchin_event event = {.type = URCHIN_EVENT_LOG, .code = (int32_t)level};
	va_list arguments;

	if (level < transport->log_level || !urchin_transport_is_alive(transport))
		return;
	va_start(arguments, format);
	if (vasprintf(&event.text, format, arguments) < 0)
		event.text = NULL;
	va_end(arguments);
	if (event.text)
		urchin_transport_tell(transport, event);
}

static void log_dtls(struct urchin_transport *transport, const char *what, size_t len)
{
	if (transport->dtls_log_count >= DTLS_LOGS_MAX)
		return;
	transport->dtls_log_count++;
	urchin_transport_log(transport, URCHIN_LOG_DEBUG, "%s DTLS message, %zu bytes", what, len);
}

/* Before there is a pair the servers that did not help may be why. */
static bool is_ice_reason(const struct urchin_transport *transport, enum urchin_reason reason)
{
	return reason == URCHIN_REASON_ICE_FAILED || reason == URCHIN_REASON_ICE_GATHER ||
	       (reason == URCHIN_REASON_CONNECT_TIMEOUT && !transport->has_pair);
}

void urchin_transport_fail(struct urchin_transport *transport, enum urchin_reason reason, const char *detail)
{
	struct urchin_event event = {.type = URCHIN_EVENT_FAILED, .code = (int32_t)reason};

	if (!urchin_transport_is_alive(transport))
		return;
	urchin_transport_log(transport, URCHIN_LOG_WARN, "failed: %s, %s", urchin_reason_name(reason), detail);
	if (!urchin_transport_is_alive(transport)) /* closed inside the log event */
		return;
	if (is_ice_reason(transport, reason) && transport->server_errors[0]) {
		if (asprintf(&event.text, "%s; %s", detail, transport->server_errors) < 0)
			event.text = NULL;
	} else {
		event.text = strdup(detail);
	}
	transport->has_failed = true;
	transport->is_ready = false;
	urchin_transport_tell(transport, event);
}

static void tell_pair(struct urchin_transport *transport, enum urchin_event_type type,
		      const struct urchin_candidate_pair *pair)
{
	struct urchin_event event = {.type = type, .pair = malloc(sizeof(*pair))};

	if (!event.pair) {
		urchin_transport_fail(transport, URCHIN_REASON_INTERNAL, "out of memory");
		return;
	}
	*event.pair = *pair;
	urchin_transport_tell(transport, event);
}

/* --- DTLS --- */

static void on_dtls_send(void *owner, const uint8_t *bytes, size_t len)
{
	struct urchin_transport *transport = owner;

	log_dtls(transport, "Sending", len);
	if (!transport->ice || transport->ice->ops->send(transport->ice, bytes, len) < 0) {
		transport->counters.send_ice_failed++;
		return;
	}
	transport->counters.packets_sent++;
	transport->counters.bytes_sent += len;
}

static void on_dtls_connected(void *owner, const struct urchin_srtp_keys *keys)
{
	struct urchin_transport *transport = owner;

	if (!urchin_transport_is_alive(transport))
		return;
	transport->srtp = urchin_srtp_new(keys);
	if (!transport->srtp) {
		urchin_transport_fail(transport, URCHIN_REASON_INTERNAL, "no SRTP session could be made");
		return;
	}
	urchin_transport_log(transport, URCHIN_LOG_INFO, "HandShakeCompleted, SRTP %s",
			     urchin_srtp_profile_name(keys->profile));
	if (!urchin_transport_is_alive(transport))
		return;
	transport->is_ready = true;
	transport->connect_deadline_us = URCHIN_NEVER_US;
	urchin_transport_tell(transport, (struct urchin_event){.type = URCHIN_EVENT_READY});
}

static void on_dtls_failed(void *owner, enum urchin_reason reason, const char *detail)
{
	urchin_transport_fail(owner, reason, detail);
}

static void on_dtls_closed(void *owner)
{
	struct urchin_transport *transport = owner;

	if (!urchin_transport_is_alive(transport))
		return;
	/* RFC 7675 5.2: the peer's consent ends with it, at once. */
	transport->peer_closed = true;
	transport->is_ready = false;
	transport->connect_deadline_us = URCHIN_NEVER_US;
	urchin_transport_log(transport, URCHIN_LOG_INFO, "the peer closed the DTLS association");
	if (urchin_transport_is_alive(transport))
		urchin_transport_tell(transport, (struct urchin_event){.type = URCHIN_EVENT_PEER_CLOSED});
}

void urchin_transport_start_dtls(struct urchin_transport *transport)
{
	int err;

	if (transport->dtls_started || !urchin_transport_is_alive(transport) || !transport->has_remote)
		return;
	if (!transport->has_pair && transport->ice_state != URCHIN_ICE_CONNECTED)
		return;
	transport->dtls_started = true;
	urchin_transport_log(transport, URCHIN_LOG_INFO, "DTLSRTP Start");
	if (!urchin_transport_is_alive(transport))
		return;
	err = urchin_dtls_start(transport->dtls, transport->role, transport->fingerprints, transport->fingerprint_count,
				0);
	if (err < 0)
		urchin_transport_fail(transport, URCHIN_REASON_INTERNAL, "DTLS could not be started");
	urchin_transport_tell_deadline(transport);
}

/* --- ICE --- */

void urchin_transport_tell_gathered(struct urchin_transport *transport)
{
	urchin_transport_log(transport, URCHIN_LOG_DEBUG, "candidate gathering done, %zu local candidates",
			     transport->local_candidate_count);
	/* Without any candidate the peer has nowhere to send to; a restart still has its old pair. */
	if (transport->local_candidate_count == 0 && transport->generation == 0) {
		urchin_transport_fail(transport, URCHIN_REASON_ICE_GATHER, "no local candidate could be had");
		return;
	}
	if (urchin_transport_is_alive(transport))
		urchin_transport_tell(transport, (struct urchin_event){.type = URCHIN_EVENT_GATHERED});
}

static void on_ice_candidate(void *owner, const struct urchin_candidate *candidate)
{
	struct urchin_transport *transport = owner;
	struct urchin_candidate_pair pair = {.local = *candidate};

	if (!urchin_transport_is_alive(transport))
		return;
	transport->local_candidate_count++;
	tell_pair(transport, URCHIN_EVENT_CANDIDATE, &pair);
}

static void on_ice_gathered(void *owner)
{
	struct urchin_transport *transport = owner;

	if (!urchin_transport_is_alive(transport))
		return;
	if (transport->in_gather)
		transport->gathered_early = true; /* HOSTS_GATHERED goes first */
	else
		urchin_transport_tell_gathered(transport);
}

void urchin_transport_update_grace(struct urchin_transport *transport)
{
	bool is_wanted =
	    transport->ice_state == URCHIN_ICE_FAILED && (transport->was_connected || transport->remote_ended);

	if (!is_wanted) {
		transport->grace_wanted = false;
		transport->grace_deadline_us = URCHIN_NEVER_US;
	} else if (transport->grace_deadline_us == URCHIN_NEVER_US && !transport->grace_wanted) {
		transport->grace_wanted = true;
		urchin_transport_tell_deadline(transport);
	}
}

static void on_ice_state(void *owner, enum urchin_ice_state state)
{
	static const char *const names[] = {"new", "checking", "connected", "disconnected", "failed", "closed"};
	struct urchin_transport *transport = owner;

	if (!urchin_transport_is_alive(transport))
		return;
	if (state == transport->ice_state) {
		urchin_transport_update_grace(transport);
		return;
	}
	urchin_transport_log(transport, URCHIN_LOG_INFO, "iceState transition, %s to %s", names[transport->ice_state],
			     names[state]);
	transport->ice_state = state;
	if (state == URCHIN_ICE_CONNECTED)
		transport->was_connected = true;
	if (state == URCHIN_ICE_CONNECTED && transport->is_ready)
		transport->connect_deadline_us = URCHIN_NEVER_US;
	if (urchin_transport_is_alive(transport))
		urchin_transport_tell(transport,
				      (struct urchin_event){.type = URCHIN_EVENT_ICE_STATE, .code = (int32_t)state});
	if (!urchin_transport_is_alive(transport))
		return;
	urchin_transport_update_grace(transport);
	urchin_transport_start_dtls(transport);
}

static void on_ice_selected_pair(void *owner, const struct urchin_candidate_pair *pair)
{
	struct urchin_transport *transport = owner;

	if (!urchin_transport_is_alive(transport))
		return;
	transport->has_pair = true;
	transport->pair = *pair;
	transport->counters.pair_changes++;
	urchin_transport_log(transport, URCHIN_LOG_INFO, "new selected pair, local %s, remote %s",
			     urchin_candidate_type_name(pair->local.type),
			     urchin_candidate_type_name(pair->remote.type));
	urchin_transport_log(transport, URCHIN_LOG_DEBUG, "selected pair, local %s port %u, remote %s port %u",
			     pair->local.address, pair->local.port, pair->remote.address, pair->remote.port);
	if (urchin_transport_is_alive(transport))
		tell_pair(transport, URCHIN_EVENT_SELECTED_PAIR, pair);
	urchin_transport_start_dtls(transport);
}

static void keep_server_error(struct urchin_transport *transport, const char *text)
{
	size_t len = strlen(transport->server_errors);

	snprintf(transport->server_errors + len, sizeof(transport->server_errors) - len, "%s%s", len ? "; " : "", text);
}

static void on_ice_server_error(void *owner, const struct urchin_ice_server_error *error)
{
	static const char *const schemes[] = {
	    [URCHIN_TURN_UDP] = "turn:%s:%u?transport=udp %s",
	    [URCHIN_TURN_TCP] = "turn:%s:%u?transport=tcp %s",
	    [URCHIN_TURN_TLS] = "turns:%s:%u?transport=tcp %s",
	};
	const struct urchin_ice_server *server = error->server;
	struct urchin_transport *transport = owner;
	char text[512];

	if (!urchin_transport_is_alive(transport))
		return;
	snprintf(text, sizeof(text), server->is_turn ? schemes[server->turn_protocol] : "stun:%s:%u %s", server->host,
		 (unsigned)server->port, error->text);
	keep_server_error(transport, text);
	urchin_transport_log(transport, URCHIN_LOG_WARN, "%s", text);
	if (urchin_transport_is_alive(transport))
		urchin_transport_tell(transport, (struct urchin_event){.type = URCHIN_EVENT_ICE_SERVER_ERROR,
								       .code = error->code,
								       .text = strdup(text)});
}

static void count_srtp_error(struct urchin_transport *transport, int err)
{
	if (err == URCHIN_EMALFORMED)
		transport->counters.srtp_malformed++;
	else if (err == URCHIN_EAUTH)
		transport->counters.srtp_auth_failed++;
	else if (err == URCHIN_EREPLAY)
		transport->counters.srtp_replayed++;
	else
		transport->counters.srtp_errors++;
}

static void take_media(struct urchin_transport *transport, bool is_rtcp, uint8_t *bytes, size_t len, uint64_t now_us)
{
	int plain_len;

	if (!transport->is_ready) {
		transport->counters.early_media_dropped++;
		return;
	}
	if (is_rtcp)
		plain_len = urchin_srtp_unprotect_rtcp(transport->srtp, bytes, len);
	else
		plain_len = urchin_srtp_unprotect_rtp(transport->srtp, bytes, len);
	if (plain_len < 0)
		count_srtp_error(transport, plain_len);
	else if (is_rtcp)
		transport->callbacks.on_rtcp(transport->owner, bytes, (size_t)plain_len, now_us);
	else
		transport->callbacks.on_rtp(transport->owner, bytes, (size_t)plain_len, now_us);
}

static void on_ice_packet(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct urchin_transport *transport = owner;

	if (!urchin_transport_is_alive(transport) || transport->peer_closed) {
		transport->counters.late_dropped++;
		return;
	}
	transport->counters.packets_received++;
	transport->counters.bytes_received += len;
	switch (urchin_demux(bytes, len)) {
	case URCHIN_PACKET_RTP:
		take_media(transport, false, bytes, len, now_us);
		break;
	case URCHIN_PACKET_RTCP:
		take_media(transport, true, bytes, len, now_us);
		break;
	case URCHIN_PACKET_DTLS:
		log_dtls(transport, "Received", len);
		urchin_dtls_feed(transport->dtls, bytes, len, now_us);
		urchin_transport_tell_deadline(transport);
		break;
	case URCHIN_PACKET_STUN:
		transport->counters.stun_dropped++;
		break;
	case URCHIN_PACKET_UNKNOWN:
		transport->counters.unknown_dropped++;
		break;
	}
}

static void on_ice_closed(void *owner)
{
	struct urchin_transport *transport = owner;

	transport->ice = NULL;
	transport->is_closing = true;
	transport->is_ready = false;
	urchin_transport_tell(transport, (struct urchin_event){.type = URCHIN_EVENT_CLOSED});
	transport->callbacks.on_closed(transport->owner);
}

struct urchin_transport *urchin_transport_new(const struct urchin_transport_config *config,
					      const struct urchin_transport_callbacks *callbacks, void *owner)
{
	static const struct urchin_dtls_callbacks dtls_callbacks = {
	    .send = on_dtls_send,
	    .on_connected = on_dtls_connected,
	    .on_failed = on_dtls_failed,
	    .on_closed = on_dtls_closed,
	};
	static const struct urchin_ice_callbacks ice_callbacks = {
	    .on_candidate = on_ice_candidate,
	    .on_gathered = on_ice_gathered,
	    .on_state = on_ice_state,
	    .on_selected_pair = on_ice_selected_pair,
	    .on_packet = on_ice_packet,
	    .on_server_error = on_ice_server_error,
	    .on_closed = on_ice_closed,
	};
	struct urchin_transport *transport = calloc(1, sizeof(*transport));

	if (!transport)
		return NULL;
	transport->callbacks = *callbacks;
	transport->owner = owner;
	transport->log_level = config->log_level;
	transport->connect_timeout_us = config->connect_timeout_us;
	transport->connect_deadline_us = URCHIN_NEVER_US;
	transport->grace_deadline_us = URCHIN_NEVER_US;
	transport->dtls = urchin_dtls_new(config->cert, DTLS_MTU, &dtls_callbacks, transport);
	if (transport->dtls)
		transport->ice = config->ice_new(config->ice_factory_owner, config->ice, &ice_callbacks, transport);
	if (!transport->ice) {
		urchin_transport_free(transport);
		return NULL;
	}
	return transport;
}

void urchin_transport_free(struct urchin_transport *transport)
{
	if (!transport)
		return;
	urchin_dtls_free(transport->dtls);
	urchin_srtp_free(transport->srtp);
	free(transport->kept);
	free(transport->fingerprints);
	OPENSSL_cleanse(transport->remote_pwd, sizeof(transport->remote_pwd));
	free(transport);
}

void urchin_transport_set_log_level(struct urchin_transport *transport, enum urchin_log_level level)
{
	transport->log_level = level;
}

static int send_failed(uint64_t *counter, int err)
{
	(*counter)++;
	return err;
}

static int count_sent(struct urchin_transport *transport, int err, int len)
{
	if (err < 0)
		return send_failed(&transport->counters.send_ice_failed, err);
	transport->counters.packets_sent++;
	transport->counters.bytes_sent += (uint64_t)len;
	return 0;
}

void urchin_transport_prefetch(const struct urchin_transport *transport, int step)
{
	if (step == 0) {
		urchin_prefetch(transport, offsetof(struct urchin_transport, counters.packets_received));
		return;
	}
	if (!transport->is_ready)
		return;
	if (step == 1)
		urchin_prefetch(transport->ice, URCHIN_ICE_HOT_LEN);
	else if (transport->ice->ops->prefetch)
		transport->ice->ops->prefetch(transport->ice, step - 2);
	if (step < 3)
		urchin_srtp_prefetch(transport->srtp, step - 1);
}

/* Media of many connections leaves together. */
int urchin_transport_send_parts(struct urchin_transport *transport, const struct urchin_rtp_parts *parts)
{
	struct urchin_transport_counters *counters = &transport->counters;
	uint8_t *out;
	int len;

	if (!transport->is_ready)
		return send_failed(&counters->send_early_dropped, URCHIN_ESTATE);
	out = transport->ice->ops->reserve(transport->ice);
	if (!out)
		return send_failed(&counters->send_ice_failed, URCHIN_ESTATE);
	len = urchin_srtp_protect_parts(transport->srtp, parts, out, PACKET_CAP);
	if (len < 0)
		return send_failed(&counters->send_protect_failed, len);
	return count_sent(transport, transport->ice->ops->commit(transport->ice, (size_t)len, parts->is_video), len);
}

int urchin_transport_send_rtp(struct urchin_transport *transport, const uint8_t *bytes, size_t len)
{
	struct urchin_rtp_parts parts;

	if (urchin_rtp_split(&parts, bytes, len) < 0)
		return send_failed(&transport->counters.send_protect_failed, URCHIN_EMALFORMED);
	return urchin_transport_send_parts(transport, &parts);
}

int urchin_transport_send_rtcp(struct urchin_transport *transport, const uint8_t *bytes, size_t len)
{
	uint8_t out[PACKET_CAP];
	int out_len;

	if (!transport->is_ready)
		return send_failed(&transport->counters.send_early_dropped, URCHIN_ESTATE);
	out_len = urchin_srtp_protect_rtcp(transport->srtp, bytes, len, out, sizeof(out));
	if (out_len < 0)
		return send_failed(&transport->counters.send_protect_failed, out_len);
	return count_sent(transport, transport->ice->ops->send(transport->ice, out, (size_t)out_len), out_len);
}

bool urchin_transport_is_ready(const struct urchin_transport *transport)
{
	return transport->is_ready;
}

void urchin_transport_close(struct urchin_transport *transport)
{
	if (transport->is_closing)
		return;
	transport->is_closing = true;
	transport->is_ready = false;
	urchin_dtls_close(transport->dtls);
	/* Called from an event inside the backend's gather: that ends first. */
	if (!transport->in_gather)
		transport->ice->ops->close(transport->ice);
}

/* --- time --- */

static const char *stage(const struct urchin_transport *transport)
{
	if (transport->is_ready)
		return "the peer is silent, and no ICE restart brought it back";
	if (!transport->has_remote)
		return "no remote description";
	return transport->dtls_started ? "DTLS handshake" : "ICE checking";
}

void urchin_transport_tick(struct urchin_transport *transport, uint64_t now_us)
{
	if (!urchin_transport_is_alive(transport))
		return;
	if (transport->grace_wanted) {
		transport->grace_wanted = false;
		/* RFC 7675 5.1: a backend that lost consent has waited long enough. */
		transport->grace_deadline_us = transport->was_connected ? now_us : now_us + ICE_GRACE_US;
	}
	if (now_us >= transport->connect_deadline_us)
		urchin_transport_fail(transport,
				      transport->is_ready ? URCHIN_REASON_ICE_CONSENT : URCHIN_REASON_CONNECT_TIMEOUT,
				      stage(transport));
	else if (now_us >= transport->grace_deadline_us && transport->was_connected)
		urchin_transport_fail(transport, URCHIN_REASON_ICE_CONSENT, "the peer stopped answering");
	else if (now_us >= transport->grace_deadline_us)
		urchin_transport_fail(transport, URCHIN_REASON_ICE_FAILED, "no candidate pair works");
	else
		urchin_dtls_tick(transport->dtls, now_us);
}

uint64_t urchin_transport_deadline_us(const struct urchin_transport *transport, uint64_t now_us)
{
	uint64_t deadline_us;

	if (!urchin_transport_is_alive(transport))
		return URCHIN_NEVER_US;
	if (transport->grace_wanted)
		return now_us;
	deadline_us = urchin_dtls_deadline_us(transport->dtls, now_us);
	if (transport->connect_deadline_us < deadline_us)
		deadline_us = transport->connect_deadline_us;
	if (transport->grace_deadline_us < deadline_us)
		deadline_us = transport->grace_deadline_us;
	return deadline_us;
}
