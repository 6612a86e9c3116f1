/*
 * SRTP by libsrtp2, the first implementation behind srtp.h. libsrtp works in place, so protecting copies first;
 * lengths are checked here because the library reads headers before it knows that they are whole.
 */
#include <openssl/crypto.h>
#include <pthread.h>
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/table.h"
#include "transport/srtp.h"

#define RTP_HEADER_LEN 12
#define RTCP_HEADER_LEN 8
#define SRTCP_INDEX_LEN 4
#define GCM_TAG_LEN 16
#define SHA1_80_TAG_LEN 10
#define GCM_SALT_LEN 12
#define CM_SALT_LEN 14
#define PACKET_MAX_LEN 65535
/* RFC 3711 3.3.2 asks for 64 at least; a burst of 1024 packets may overtake one at video rates. */
#define RECEIVE_WINDOW 1024
/* How far back a retransmission (RFC 4585 NACK) may reach. */
#define SEND_WINDOW 2048

/* libsrtp keeps a state of each SSRC that it ever received, in a list: a peer must not make it long. */
#define RECEIVE_SSRCS_MAX 1024

struct urchin_srtp {
	srtp_t send;
	srtp_t receive;
	size_t tag_len;
	struct urchin_table received; /* the SSRCs that libsrtp knows */
};

static bool library_ready;

static void init_library(void)
{
	library_ready = srtp_init() == srtp_err_status_ok;
}

/* srtp_init() fills process-wide tables without a lock and must not run twice; each worker thread comes by here. */
static bool use_library(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, init_library);
	return library_ready;
}

static int error_of(srtp_err_status_t status)
{
	switch (status) {
	case srtp_err_status_ok:
		return 0;
	case srtp_err_status_auth_fail:
	case srtp_err_status_cipher_fail: /* libsrtp's name for a wrong tag with some AEAD back ends */
		return URCHIN_EAUTH;
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old:
	case srtp_err_status_pkt_idx_old:
		return URCHIN_EREPLAY;
	case srtp_err_status_bad_param:
	case srtp_err_status_parse_err:
		return URCHIN_EMALFORMED;
	case srtp_err_status_alloc_fail:
		return URCHIN_ENOMEM;
	default:
		return URCHIN_ELIBRARY;
	}
}

static srtp_t make_session(enum urchin_srtp_profile profile, const uint8_t *key, const uint8_t *salt, bool is_sender)
{
	uint8_t master[URCHIN_SRTP_KEY_LEN + URCHIN_SRTP_SALT_CAP] = {0};
	srtp_policy_t policy = {0};
	srtp_t session = NULL;
	size_t salt_len = profile == URCHIN_SRTP_AEAD_AES_128_GCM ? GCM_SALT_LEN : CM_SALT_LEN;

	memcpy(master, key, URCHIN_SRTP_KEY_LEN);
	memcpy(master + URCHIN_SRTP_KEY_LEN, salt, salt_len);
	if (profile == URCHIN_SRTP_AEAD_AES_128_GCM) {
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
	} else {
		srtp_crypto_policy_set_rtp_default(&policy.rtp);
		srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
	}
	policy.ssrc.type = is_sender ? ssrc_any_outbound : ssrc_any_inbound;
	policy.key = master;
	policy.window_size = is_sender ? SEND_WINDOW : RECEIVE_WINDOW;
	policy.allow_repeat_tx = 1; /* retransmissions on NACK repeat a packet as it was */
	if (srtp_create(&session, &policy) != srtp_err_status_ok)
		session = NULL;
	OPENSSL_cleanse(master, sizeof(master));
	return session;
}

struct urchin_srtp *urchin_srtp_new(const struct urchin_srtp_keys *keys)
{
	struct urchin_srtp *srtp = NULL;

	if (keys->profile != URCHIN_SRTP_AEAD_AES_128_GCM && keys->profile != URCHIN_SRTP_AES128_CM_SHA1_80)
		return NULL;
	if (!use_library())
		return NULL;
	srtp = calloc(1, sizeof(*srtp));
	if (!srtp)
		return NULL;
	srtp->tag_len = keys->profile == URCHIN_SRTP_AEAD_AES_128_GCM ? GCM_TAG_LEN : SHA1_80_TAG_LEN;
	srtp->send = make_session(keys->profile, keys->send_key, keys->send_salt, true);
	srtp->receive = make_session(keys->profile, keys->receive_key, keys->receive_salt, false);
	if (!srtp->send || !srtp->receive) {
		urchin_srtp_free(srtp);
		return NULL;
	}
	return srtp;
}

void urchin_srtp_free(struct urchin_srtp *srtp)
{
	if (!srtp)
		return;
	/* srtp_dealloc() wipes its keys. */
	if (srtp->send)
		srtp_dealloc(srtp->send);
	if (srtp->receive)
		srtp_dealloc(srtp->receive);
	urchin_table_clear(&srtp->received);
	free(srtp);
}

/* RFC 3550 5.1, 5.3.1: version 2, and CSRC list and header extension end within `len`. */
static bool is_rtp(const uint8_t *bytes, size_t len)
{
	size_t header_len = RTP_HEADER_LEN;

	if (len < RTP_HEADER_LEN || len > PACKET_MAX_LEN || bytes[0] >> 6 != 2)
		return false;
	header_len += 4u * (bytes[0] & 0x0f);
	if (bytes[0] & 0x10) {
		if (len < header_len + 4)
			return false;
		header_len += 4 + 4u * urchin_read_u16(bytes + header_len + 2);
	}
	return header_len <= len;
}

static bool is_rtcp(const uint8_t *bytes, size_t len)
{
	return len >= RTCP_HEADER_LEN && len <= PACKET_MAX_LEN && bytes[0] >> 6 == 2;
}

int urchin_srtp_protect_rtp(struct urchin_srtp *srtp, const uint8_t *plain, size_t len, uint8_t *out, size_t cap)
{
	srtp_err_status_t status;
	int out_len = (int)len;

	if (!is_rtp(plain, len))
		return URCHIN_EMALFORMED;
	if (cap < len + URCHIN_SRTP_OVERHEAD)
		return URCHIN_ETOOBIG;
	memcpy(out, plain, len);
	status = srtp_protect(srtp->send, out, &out_len);
	return status == srtp_err_status_ok ? out_len : error_of(status);
}

int urchin_srtp_protect_rtcp(struct urchin_srtp *srtp, const uint8_t *plain, size_t len, uint8_t *out, size_t cap)
{
	srtp_err_status_t status;
	int out_len = (int)len;

	if (!is_rtcp(plain, len))
		return URCHIN_EMALFORMED;
	if (cap < len + URCHIN_SRTP_OVERHEAD)
		return URCHIN_ETOOBIG;
	memcpy(out, plain, len);
	status = srtp_protect_rtcp(srtp->send, out, &out_len);
	return status == srtp_err_status_ok ? out_len : error_of(status);
}

static int unprotect(struct urchin_srtp *srtp, srtp_err_status_t (*library)(srtp_t, void *, int *), uint32_t ssrc,
		     uint8_t *bytes, size_t len)
{
	bool is_new = urchin_table_find(&srtp->received, ssrc) == NULL;
	srtp_err_status_t status;
	int out_len = (int)len;

	if (is_new && srtp->received.count == RECEIVE_SSRCS_MAX)
		return URCHIN_EFULL;
	status = library(srtp->receive, bytes, &out_len);
	if (status != srtp_err_status_ok)
		return error_of(status);
	/* libsrtp remembers the authentic ones only. Without memory for it this counts one too few. */
	if (is_new)
		urchin_table_add(&srtp->received, ssrc, srtp);
	return out_len;
}

int urchin_srtp_unprotect_rtp(struct urchin_srtp *srtp, uint8_t *bytes, size_t len)
{
	if (len < RTP_HEADER_LEN + srtp->tag_len || !is_rtp(bytes, len - srtp->tag_len))
		return URCHIN_EMALFORMED;
	return unprotect(srtp, srtp_unprotect, urchin_read_u32(bytes + 8), bytes, len);
}

int urchin_srtp_unprotect_rtcp(struct urchin_srtp *srtp, uint8_t *bytes, size_t len)
{
	if (len < RTCP_HEADER_LEN + SRTCP_INDEX_LEN + srtp->tag_len || !is_rtcp(bytes, len))
		return URCHIN_EMALFORMED;
	return unprotect(srtp, srtp_unprotect_rtcp, urchin_read_u32(bytes + 4), bytes, len);
}
