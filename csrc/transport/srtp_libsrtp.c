/*
 * SRTP by libsrtp2, the reference implementation behind srtp.h. libsrtp works in place, so protecting copies first.
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
#include "transport/srtp_internal.h"

struct srtp_libsrtp {
	struct urchin_srtp base;
	srtp_t send;
	srtp_t receive;
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

static void set_policies(srtp_policy_t *policy, enum urchin_srtp_profile profile)
{
	switch (profile) {
	case URCHIN_SRTP_AEAD_AES_128_GCM:
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtcp);
		break;
	case URCHIN_SRTP_AEAD_AES_256_GCM:
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtp);
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtcp);
		break;
	default:
		srtp_crypto_policy_set_rtp_default(&policy->rtp);
		srtp_crypto_policy_set_rtcp_default(&policy->rtcp);
		break;
	}
}

static srtp_t make_session(enum urchin_srtp_profile profile, const uint8_t *key, const uint8_t *salt, bool is_sender)
{
	uint8_t master[URCHIN_SRTP_KEY_CAP + URCHIN_SRTP_SALT_CAP] = {0};
	srtp_policy_t policy = {0};
	srtp_t session = NULL;
	size_t key_len = urchin_srtp_key_len(profile);

	memcpy(master, key, key_len);
	memcpy(master + key_len, salt, urchin_srtp_salt_len(profile));
	set_policies(&policy, profile);
	policy.ssrc.type = is_sender ? ssrc_any_outbound : ssrc_any_inbound;
	policy.key = master;
	policy.window_size = is_sender ? URCHIN_SRTP_SEND_WINDOW : URCHIN_SRTP_RECEIVE_WINDOW;
	policy.allow_repeat_tx = 1; /* retransmissions on NACK repeat a packet as it was */
	if (srtp_create(&session, &policy) != srtp_err_status_ok)
		session = NULL;
	OPENSSL_cleanse(master, sizeof(master));
	return session;
}

static struct srtp_libsrtp *from_base(struct urchin_srtp *base)
{
	return (struct srtp_libsrtp *)base;
}

static void libsrtp_free(struct urchin_srtp *base)
{
	struct srtp_libsrtp *srtp = from_base(base);

	/* srtp_dealloc() wipes its keys. */
	if (srtp->send)
		srtp_dealloc(srtp->send);
	if (srtp->receive)
		srtp_dealloc(srtp->receive);
	urchin_table_clear(&srtp->received);
	free(srtp);
}

static int libsrtp_protect_rtp(struct urchin_srtp *base, const struct urchin_rtp_parts *parts, uint8_t *out)
{
	int out_len = (int)(parts->header_len + parts->body_len);
	srtp_err_status_t status;

	memcpy(out, parts->header, parts->header_len);
	memcpy(out + parts->header_len, parts->body, parts->body_len);
	status = srtp_protect(from_base(base)->send, out, &out_len);
	return status == srtp_err_status_ok ? out_len : error_of(status);
}

static int libsrtp_protect_rtcp(struct urchin_srtp *base, const uint8_t *plain, size_t len, uint8_t *out)
{
	int out_len = (int)len;
	srtp_err_status_t status;

	memcpy(out, plain, len);
	status = srtp_protect_rtcp(from_base(base)->send, out, &out_len);
	return status == srtp_err_status_ok ? out_len : error_of(status);
}

static int unprotect(struct srtp_libsrtp *srtp, srtp_err_status_t (*library)(srtp_t, void *, int *), uint32_t ssrc,
		     uint8_t *bytes, size_t len)
{
	bool is_new = urchin_table_find(&srtp->received, ssrc) == NULL;
	srtp_err_status_t status;
	int out_len = (int)len;

	if (is_new && srtp->received.count == URCHIN_SRTP_SSRCS_MAX)
		return URCHIN_EFULL;
	status = library(srtp->receive, bytes, &out_len);
	if (status != srtp_err_status_ok)
		return error_of(status);
	/* libsrtp remembers the authentic ones only. Without memory for it this counts one too few. */
	if (is_new)
		urchin_table_add(&srtp->received, ssrc, srtp);
	return out_len;
}

static int libsrtp_unprotect_rtp(struct urchin_srtp *base, uint8_t *bytes, size_t len, size_t header_len)
{
	(void)header_len;
	return unprotect(from_base(base), srtp_unprotect, urchin_read_u32(bytes + 8), bytes, len);
}

static int libsrtp_unprotect_rtcp(struct urchin_srtp *base, uint8_t *bytes, size_t len)
{
	return unprotect(from_base(base), srtp_unprotect_rtcp, urchin_read_u32(bytes + 4), bytes, len);
}

static const struct urchin_srtp_ops ops = {
    .free = libsrtp_free,
    .protect_rtp = libsrtp_protect_rtp,
    .protect_rtcp = libsrtp_protect_rtcp,
    .unprotect_rtp = libsrtp_unprotect_rtp,
    .unprotect_rtcp = libsrtp_unprotect_rtcp,
};

struct urchin_srtp *urchin_srtp_libsrtp_new(const struct urchin_srtp_keys *keys)
{
	struct srtp_libsrtp *srtp;

	if (!use_library())
		return NULL;
	srtp = calloc(1, sizeof(*srtp));
	if (!srtp)
		return NULL;
	srtp->base.ops = &ops;
	srtp->base.engine = "libsrtp2";
	srtp->base.tag_len = urchin_srtp_tag_len(keys->profile);
	srtp->send = make_session(keys->profile, keys->send_key, keys->send_salt, true);
	srtp->receive = make_session(keys->profile, keys->receive_key, keys->receive_salt, false);
	if (!srtp->send || !srtp->receive) {
		libsrtp_free(&srtp->base);
		return NULL;
	}
	return &srtp->base;
}
