/*
 * The DTLS association: handshake, fingerprint check (RFC 8122 6.2), key export (RFC 5764 4.2), close_notify.
 * OpenSSL keeps the retransmission timer on the system's clock; ticks only ask it. The overall limit is ours.
 */
#include "transport/dtls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/heap.h"
#include "transport/cert_internal.h"
#include "transport/dtls_bio.h"
#include "transport/dtls_record.h"

#define MTU_MIN 256
#define SEND_FRAGMENT_MIN 512 /* OpenSSL's */
#define FINGERPRINTS_MAX 8
#define EARLY_MAX 4
#define EARLY_MAX_LEN 2048

#define HANDSHAKE_TIMEOUT_US (30 * 1000000ull)
/* RFC 6347 4.2.4.1 wants 1 s, RFC 9147 5.8.2 allows less where the path is known: ICE has just shown it to be fast. */
#define RETRANSMIT_FIRST_US 50000u
/* Doubling up to here, OpenSSL's limit of 12 retransmissions lies just behind the 30 s of the handshake. */
#define RETRANSMIT_MAX_US 4000000u

/*
 * Encrypted records that come before the keys are kept by OpenSSL, up to 100 of them in 17 kB each.
 * A handshake has one per side and retransmission.
 */
#define EARLY_ENCRYPTED_MAX 16

#define EXPORT_LABEL "EXTRACTOR-dtls_srtp"
#define EXPORT_MAX_LEN (2 * (URCHIN_SRTP_KEY_CAP + URCHIN_SRTP_SALT_CAP))

enum dtls_state { DTLS_NEW, DTLS_CONNECTING, DTLS_CONNECTED, DTLS_CLOSED, DTLS_FAILED };

struct early_datagram {
	size_t len;
	uint8_t bytes[EARLY_MAX_LEN];
};

struct urchin_dtls {
	struct urchin_dtls_callbacks callbacks;
	void *owner;
	struct urchin_cert *cert;
	struct urchin_dtls_bio bio;
	SSL *ssl; /* NULL before start() */
	enum dtls_state state;
	enum urchin_dtls_role role;
	struct urchin_fingerprint *fingerprints; /* until one was matched */
	size_t fingerprint_count;
	uint64_t handshake_deadline_us; /* 0: the next tick sets it */
	enum urchin_srtp_profile profile;

	bool is_lean;      /* OpenSSL's record buffers were given back */
	bool in_openssl;   /* callbacks fired by the BIO must not enter OpenSSL again */
	bool close_wanted; /* close() came at such a moment */
	bool is_complete;  /* a handshake was completed, so close_notify means something */
	bool is_broken;    /* OpenSSL reported a fatal error and allows no further call */

	struct early_datagram *early; /* EARLY_MAX of them, or NULL */
	size_t early_count;
	size_t early_encrypted_count;

	uint64_t datagrams_sent;
	uint64_t datagrams_received;
	uint64_t datagrams_dropped;
	uint64_t records_dropped;
	uint64_t retransmissions;
	uint64_t data_dropped;
};

static void close_now(struct urchin_dtls *dtls);

/*
 * Every call that may read or write records stands between these two. After the handshake an association keeps no
 * record buffers (33 kB): they come back here, for OpenSSL 3.0's DTLS writes through the missing one. False: out of
 * memory.
 */
static bool enter_openssl(struct urchin_dtls *dtls)
{
	/* Left-overs of another call in this thread would be taken for ours. */
	ERR_clear_error();
	if (dtls->is_lean && SSL_alloc_buffers(dtls->ssl) != 1)
		return false;
	dtls->is_lean = false;
	dtls->in_openssl = true;
	return true;
}

static void leave_openssl(struct urchin_dtls *dtls)
{
	dtls->in_openssl = false;
	/* Refused when there is something in them. */
	if (dtls->state != DTLS_CONNECTING)
		dtls->is_lean = SSL_free_buffers(dtls->ssl) == 1;
}

static unsigned int next_timeout_us(SSL *ssl, unsigned int timeout_us)
{
	(void)ssl;
	if (timeout_us == 0)
		return RETRANSMIT_FIRST_US;
	return timeout_us < RETRANSMIT_MAX_US / 2 ? timeout_us * 2 : RETRANSMIT_MAX_US;
}

static void send_datagram(void *owner, const uint8_t *bytes, size_t len)
{
	struct urchin_dtls *dtls = owner;

	dtls->datagrams_sent++;
	dtls->callbacks.send(dtls->owner, bytes, len);
}

struct urchin_dtls *urchin_dtls_new(struct urchin_cert *cert, size_t mtu, const struct urchin_dtls_callbacks *callbacks,
				    void *owner)
{
	struct urchin_dtls *dtls = calloc(1, sizeof(*dtls));

	if (!dtls)
		return NULL;
	dtls->callbacks = *callbacks;
	dtls->owner = owner;
	dtls->cert = cert;
	dtls->bio.mtu = mtu < MTU_MIN ? MTU_MIN : mtu;
	dtls->bio.send = send_datagram;
	dtls->bio.owner = dtls;
	return dtls;
}

void urchin_dtls_free(struct urchin_dtls *dtls)
{
	if (!dtls)
		return;
	SSL_free(dtls->ssl);
	ERR_clear_error();
	free(dtls->fingerprints);
	free(dtls->early);
	free(dtls);
}

static void fail(struct urchin_dtls *dtls, enum urchin_reason reason, const char *detail)
{
	dtls->state = DTLS_FAILED;
	dtls->callbacks.on_failed(dtls->owner, reason, detail);
}

/* Fails with what OpenSSL's queue says: its first entry is the cause, later ones tell who passed it on. */
static void fail_with_openssl(struct urchin_dtls *dtls)
{
	unsigned long code = ERR_get_error();
	const char *detail = ERR_reason_error_string(code);
	enum urchin_reason reason = URCHIN_REASON_DTLS_HANDSHAKE;

	dtls->is_broken = true;
	if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		reason = URCHIN_REASON_DTLS_CERTIFICATE;
	else if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_READ_TIMEOUT_EXPIRED)
		reason = URCHIN_REASON_DTLS_TIMEOUT;
	ERR_clear_error();
	fail(dtls, reason, detail ? detail : "unknown OpenSSL error");
}

static const EVP_MD *hash_of(const struct urchin_fingerprint *fingerprint)
{
	static const struct {
		const char *name;
		const EVP_MD *(*get)(void);
	} hashes[] = {
	    {"sha-256", EVP_sha256},
	    {"sha-384", EVP_sha384},
	    {"sha-512", EVP_sha512},
	};

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (strncmp(fingerprint->algorithm, hashes[i].name, sizeof(fingerprint->algorithm)) == 0)
			return hashes[i].get();
	}
	return NULL;
}

bool urchin_dtls_fingerprint_is_valid(const struct urchin_fingerprint *fingerprint)
{
	const EVP_MD *hash = hash_of(fingerprint);

	return hash && fingerprint->len == (size_t)EVP_MD_get_size(hash);
}

static void forget_fingerprints(struct urchin_dtls *dtls)
{
	free(dtls->fingerprints);
	dtls->fingerprints = NULL;
	dtls->fingerprint_count = 0;
}

static bool matches_any_fingerprint(const struct urchin_dtls *dtls, const X509 *x509)
{
	for (size_t i = 0; i < dtls->fingerprint_count; i++) {
		const struct urchin_fingerprint *fingerprint = &dtls->fingerprints[i];
		uint8_t digest[EVP_MAX_MD_SIZE];
		unsigned int len = 0;

		if (X509_digest(x509, hash_of(fingerprint), digest, &len) == 1 && len == fingerprint->len &&
		    CRYPTO_memcmp(digest, fingerprint->bytes, len) == 0)
			return true;
	}
	return false;
}

/* RFC 5764 4.2: client key, server key, client salt, server salt. */
static bool export_keys(const struct urchin_dtls *dtls, struct urchin_srtp_keys *keys)
{
	uint8_t material[EXPORT_MAX_LEN];
	size_t key_len = urchin_srtp_key_len(dtls->profile);
	size_t salt_len = urchin_srtp_salt_len(dtls->profile);
	size_t len = 2 * (key_len + salt_len);
	const uint8_t *client_key = material;
	const uint8_t *server_key = client_key + key_len;
	const uint8_t *client_salt = server_key + key_len;
	const uint8_t *server_salt = client_salt + salt_len;
	bool is_client = dtls->role == URCHIN_DTLS_CLIENT;

	if (SSL_export_keying_material(dtls->ssl, material, len, EXPORT_LABEL, strlen(EXPORT_LABEL), NULL, 0, 0) != 1)
		return false;
	keys->profile = dtls->profile;
	memcpy(keys->send_key, is_client ? client_key : server_key, key_len);
	memcpy(keys->send_salt, is_client ? client_salt : server_salt, salt_len);
	memcpy(keys->receive_key, is_client ? server_key : client_key, key_len);
	memcpy(keys->receive_salt, is_client ? server_salt : client_salt, salt_len);
	OPENSSL_cleanse(material, sizeof(material));
	return true;
}

static void finish_handshake(struct urchin_dtls *dtls)
{
	const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(dtls->ssl);
	const X509 *x509 = SSL_get0_peer_certificate(dtls->ssl);
	struct urchin_srtp_keys keys = {0};

	dtls->is_complete = true;
	if (!x509) {
		fail(dtls, URCHIN_REASON_DTLS_CERTIFICATE, "the peer sent no certificate");
		return;
	}
	if (!matches_any_fingerprint(dtls, x509)) {
		fail(dtls, URCHIN_REASON_DTLS_FINGERPRINT, "the peer's certificate is not the one its SDP announces");
		return;
	}
	forget_fingerprints(dtls);
	if (!profile) {
		fail(dtls, URCHIN_REASON_SRTP_PROFILE, "no SRTP protection profile in common");
		return;
	}
	dtls->profile = (enum urchin_srtp_profile)profile->id;
	if (!export_keys(dtls, &keys)) {
		ERR_clear_error();
		fail(dtls, URCHIN_REASON_INTERNAL, "key export failed");
		return;
	}
	dtls->state = DTLS_CONNECTED;
	dtls->callbacks.on_connected(dtls->owner, &keys);
	OPENSSL_cleanse(&keys, sizeof(keys));
}

static void end_by_peer(struct urchin_dtls *dtls)
{
	dtls->state = DTLS_CLOSED;
	dtls->callbacks.on_closed(dtls->owner);
}

static void step_handshake(struct urchin_dtls *dtls)
{
	int result, error;

	if (!enter_openssl(dtls))
		return;
	result = SSL_do_handshake(dtls->ssl);
	error = SSL_get_error(dtls->ssl, result);
	leave_openssl(dtls);
	if (result == 1)
		finish_handshake(dtls);
	else if (error == SSL_ERROR_ZERO_RETURN)
		end_by_peer(dtls);
	else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
		fail_with_openssl(dtls);
}

/* After the handshake: answers a repeated last flight (OpenSSL does), notices the end, drops data. */
static void step_connected(struct urchin_dtls *dtls)
{
	uint8_t data[2048];
	int result, error;

	/* As if the datagram had been lost. */
	if (!enter_openssl(dtls))
		return;
	while ((result = SSL_read(dtls->ssl, data, sizeof(data))) > 0)
		dtls->data_dropped++;
	error = SSL_get_error(dtls->ssl, result);
	leave_openssl(dtls);
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return;
	/* A fatal alert ends it as close_notify does (RFC 5246 7.2.2). */
	if (error != SSL_ERROR_ZERO_RETURN)
		dtls->is_broken = true;
	ERR_clear_error();
	end_by_peer(dtls);
}

static void step(struct urchin_dtls *dtls)
{
	if (dtls->state == DTLS_CONNECTING)
		step_handshake(dtls);
	if (dtls->state == DTLS_CONNECTED)
		step_connected(dtls);
	if (dtls->close_wanted)
		close_now(dtls);
}

static bool is_running(const struct urchin_dtls *dtls)
{
	return dtls->state == DTLS_CONNECTING || dtls->state == DTLS_CONNECTED;
}

static bool is_record_welcome(struct urchin_dtls *dtls, const uint8_t *record, size_t len)
{
	if (!urchin_dtls_record_is_sound(record, len))
		return false;
	if (dtls->state == DTLS_CONNECTED || urchin_dtls_record_epoch(record) == 0)
		return true;
	if (dtls->early_encrypted_count == EARLY_ENCRYPTED_MAX)
		return false;
	dtls->early_encrypted_count++;
	return true;
}

/* Gives OpenSSL one record at a time, so that a bad one spoils no good one in the same datagram. */
static void take_datagram(struct urchin_dtls *dtls, const uint8_t *bytes, size_t len)
{
	bool is_used = false;

	while (len > 0 && is_running(dtls)) {
		int record_len = urchin_dtls_record_len(bytes, len);

		if (record_len < 0) {
			dtls->records_dropped++;
			break;
		}
		if (is_record_welcome(dtls, bytes, (size_t)record_len)) {
			is_used = true;
			dtls->bio.in = bytes;
			dtls->bio.in_len = (size_t)record_len;
			step(dtls);
			dtls->bio.in = NULL;
		} else {
			dtls->records_dropped++;
		}
		bytes += record_len;
		len -= (size_t)record_len;
	}
	if (!is_used)
		dtls->datagrams_dropped++;
}

static bool keep_early(struct urchin_dtls *dtls, const uint8_t *bytes, size_t len)
{
	struct early_datagram *datagram = NULL;

	if (urchin_dtls_record_len(bytes, len) < 0 || len > EARLY_MAX_LEN || dtls->early_count == EARLY_MAX)
		return false;
	if (!dtls->early)
		dtls->early = calloc(EARLY_MAX, sizeof(*dtls->early));
	if (!dtls->early)
		return false;
	datagram = &dtls->early[dtls->early_count++];
	memcpy(datagram->bytes, bytes, len);
	datagram->len = len;
	return true;
}

static int make_ssl(struct urchin_dtls *dtls)
{
	SSL *ssl = SSL_new(dtls->cert->ctx);
	BIO *bio = NULL;

	if (ssl)
		bio = urchin_dtls_bio_new(&dtls->bio);
	if (!bio) {
		SSL_free(ssl);
		ERR_clear_error();
		return URCHIN_ENOMEM;
	}
	SSL_set_bio(ssl, bio, bio);
	DTLS_set_timer_cb(ssl, next_timeout_us);
	SSL_set_mtu(ssl, (long)dtls->bio.mtu);
	/* What it can't send needs no buffer. */
	SSL_set_max_send_fragment(ssl, (long)(dtls->bio.mtu < SEND_FRAGMENT_MIN ? SEND_FRAGMENT_MIN : dtls->bio.mtu));
	if (dtls->role == URCHIN_DTLS_CLIENT)
		SSL_set_connect_state(ssl);
	else
		SSL_set_accept_state(ssl);
	dtls->ssl = ssl;
	return 0;
}

int urchin_dtls_start(struct urchin_dtls *dtls, enum urchin_dtls_role role,
		      const struct urchin_fingerprint *fingerprints, size_t fingerprint_count, uint64_t now_us)
{
	struct early_datagram *early = dtls->early;
	int err;

	if (dtls->state != DTLS_NEW)
		return URCHIN_ESTATE;
	if (fingerprint_count == 0 || fingerprint_count > FINGERPRINTS_MAX)
		return URCHIN_EINVAL;
	for (size_t i = 0; i < fingerprint_count; i++) {
		if (!urchin_dtls_fingerprint_is_valid(&fingerprints[i]))
			return URCHIN_EINVAL;
	}
	dtls->role = role;
	dtls->fingerprints = calloc(fingerprint_count, sizeof(*fingerprints));
	err = dtls->fingerprints ? make_ssl(dtls) : URCHIN_ENOMEM;
	if (err < 0) {
		forget_fingerprints(dtls);
		return err;
	}
	memcpy(dtls->fingerprints, fingerprints, fingerprint_count * sizeof(*fingerprints));
	dtls->fingerprint_count = fingerprint_count;
	dtls->handshake_deadline_us = now_us ? now_us + HANDSHAKE_TIMEOUT_US : 0;
	dtls->state = DTLS_CONNECTING;
	dtls->early = NULL;
	step(dtls);
	for (size_t i = 0; i < dtls->early_count; i++)
		take_datagram(dtls, early[i].bytes, early[i].len);
	dtls->early_count = 0;
	free(early);
	return 0;
}

void urchin_dtls_feed(struct urchin_dtls *dtls, const uint8_t *bytes, size_t len, uint64_t now_us)
{
	(void)now_us;
	dtls->datagrams_received++;
	if (dtls->state == DTLS_NEW) {
		if (!keep_early(dtls, bytes, len))
			dtls->datagrams_dropped++;
	} else if (is_running(dtls) && !dtls->in_openssl) {
		take_datagram(dtls, bytes, len);
	} else {
		dtls->datagrams_dropped++;
	}
}

void urchin_dtls_tick(struct urchin_dtls *dtls, uint64_t now_us)
{
	int result;

	/* Once connected nothing is due: a lost last flight is asked for by the peer (RFC 6347 4.2.4). */
	if (dtls->state != DTLS_CONNECTING || dtls->in_openssl)
		return;
	if (dtls->handshake_deadline_us == 0)
		dtls->handshake_deadline_us = now_us + HANDSHAKE_TIMEOUT_US;
	if (now_us >= dtls->handshake_deadline_us) {
		dtls->is_broken = true; /* half a handshake can't be closed in order */
		fail(dtls, URCHIN_REASON_DTLS_TIMEOUT, "the handshake took longer than 30 s");
		return;
	}
	if (!enter_openssl(dtls))
		return;
	result = (int)DTLSv1_handle_timeout(dtls->ssl);
	leave_openssl(dtls);
	if (result > 0)
		dtls->retransmissions++;
	else if (result < 0)
		fail_with_openssl(dtls);
	if (dtls->close_wanted)
		close_now(dtls);
}

bool urchin_dtls_is_connected(const struct urchin_dtls *dtls)
{
	return dtls->state == DTLS_CONNECTED;
}

uint64_t urchin_dtls_deadline_us(const struct urchin_dtls *dtls, uint64_t now_us)
{
	struct timeval left;
	uint64_t deadline_us = dtls->handshake_deadline_us;

	if (dtls->state != DTLS_CONNECTING)
		return URCHIN_NEVER_US;
	if (deadline_us == 0)
		return now_us;
	if (DTLSv1_get_timeout(dtls->ssl, &left) == 1) {
		uint64_t due_us = now_us + (uint64_t)left.tv_sec * 1000000u + (uint64_t)left.tv_usec;

		if (due_us < deadline_us)
			deadline_us = due_us;
	}
	return deadline_us;
}

static void close_now(struct urchin_dtls *dtls)
{
	dtls->close_wanted = false;
	if (dtls->is_complete && !dtls->is_broken) {
		dtls->is_broken = true; /* once only */
		if (enter_openssl(dtls)) {
			SSL_shutdown(dtls->ssl);
			leave_openssl(dtls);
		}
		ERR_clear_error();
	}
	if (dtls->state != DTLS_FAILED)
		dtls->state = DTLS_CLOSED;
}

void urchin_dtls_close(struct urchin_dtls *dtls)
{
	if (dtls->in_openssl)
		dtls->close_wanted = true;
	else
		close_now(dtls);
}

int urchin_dtls_add_stats(const struct urchin_dtls *dtls, struct urchin_stats *stats)
{
	static const char *const states[] = {"new", "connecting", "connected", "closed", "failed"};
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = {
	    {"dtlsDatagramsSent", dtls->datagrams_sent},       {"dtlsDatagramsReceived", dtls->datagrams_received},
	    {"dtlsDatagramsDropped", dtls->datagrams_dropped}, {"dtlsRecordsDropped", dtls->records_dropped},
	    {"dtlsRetransmissions", dtls->retransmissions},    {"dtlsDataDropped", dtls->data_dropped},
	};
	const char *const none = NULL;
	int err = urchin_stats_add(stats, URCHIN_STAT_TRANSPORT, 0, "dtlsState", 0, states[dtls->state]);

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]) && err == 0; i++)
		err = urchin_stats_add(stats, URCHIN_STAT_TRANSPORT, 0, counters[i].name, (double)counters[i].value,
				       none);
	if (err == 0 && dtls->ssl)
		err = urchin_stats_add(stats, URCHIN_STAT_TRANSPORT, 0, "dtlsRole", 0,
				       dtls->role == URCHIN_DTLS_CLIENT ? "client" : "server");
	if (err < 0 || dtls->profile == URCHIN_SRTP_NONE)
		return err;
	/* W3C webrtc-stats: the version as four hex digits, cipher and profile by their IANA names. */
	err = urchin_stats_add(stats, URCHIN_STAT_TRANSPORT, 0, "tlsVersion", 0, "FEFD");
	if (err == 0)
		err = urchin_stats_add(stats, URCHIN_STAT_TRANSPORT, 0, "dtlsCipher", 0,
				       SSL_CIPHER_standard_name(SSL_get_current_cipher(dtls->ssl)));
	if (err == 0)
		err = urchin_stats_add(stats, URCHIN_STAT_TRANSPORT, 0, "srtpCipher", 0,
				       urchin_srtp_profile_name(dtls->profile));
	return err;
}
