/* SRTP and SRTCP by our own transform: indices, replays and layout here, cryptography in srtp_cipher.c. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/prefetch.h"
#include "base/seq.h"
#include "base/table.h"
#include "transport/srtp_cipher.h"
#include "transport/srtp_internal.h"
#include "transport/srtp_openssl.h"
#include "transport/srtp_window.h"

#define MAC_TAG_LEN 10
#define GCM_STATE_LEN 1024 /* about what each packet reads: key schedule, hash table, state */
#define SRTCP_ENCRYPTED UINT32_C(0x80000000)
#define SRTCP_INDEX_MAX UINT32_C(0x7fffffff)
#define INDEX_MAX ((UINT64_C(1) << 48) - 1)

struct sent_stream {
	uint64_t newest; /* index: roll-over counter and sequence number */
};

struct received_stream {
	struct urchin_srtp_window rtp;
	struct urchin_srtp_window rtcp;
};

struct srtp_own {
	struct urchin_srtp base;
	bool is_gcm;
	uint32_t last_ssrc;            /* of last_sent */
	struct sent_stream *last_sent; /* NULL: none; most packets are of the SSRC before */
	struct urchin_srtp_cipher send_rtp, send_rtcp, receive_rtp, receive_rtcp;
	struct urchin_table sent;     /* struct sent_stream by SSRC */
	struct urchin_table received; /* struct received_stream by SSRC */
	uint32_t sent_rtcp_index;     /* one for all our SSRCs: the SSRC is part of every IV */
};

static struct srtp_own *from_base(struct urchin_srtp *base)
{
	return (struct srtp_own *)base;
}

static void free_streams(struct urchin_table *table)
{
	size_t cursor = 0;
	void *stream;

	while ((stream = urchin_table_next(table, &cursor)))
		free(stream);
	urchin_table_clear(table);
}

static void own_free(struct urchin_srtp *base)
{
	struct srtp_own *srtp = from_base(base);

	urchin_srtp_cipher_clear(&srtp->send_rtp);
	urchin_srtp_cipher_clear(&srtp->send_rtcp);
	urchin_srtp_cipher_clear(&srtp->receive_rtp);
	urchin_srtp_cipher_clear(&srtp->receive_rtcp);
	free_streams(&srtp->sent);
	free_streams(&srtp->received);
	free(srtp);
}

/* Adds a zeroed stream to a table, or returns NULL with *err set. */
static void *add_stream(struct urchin_table *table, uint32_t ssrc, size_t size, int *err)
{
	void *stream;

	*err = table->count >= URCHIN_SRTP_SSRCS_MAX ? URCHIN_EFULL : URCHIN_ENOMEM;
	stream = table->count >= URCHIN_SRTP_SSRCS_MAX ? NULL : calloc(1, size);
	if (stream && urchin_table_add(table, ssrc, stream) < 0) {
		free(stream);
		stream = NULL;
	}
	return stream;
}

/*
 * RFC 3711 3.3.1: the index nearest to the newest one. Near the beginning there is no earlier roll-over to belong to.
 */
static uint64_t index_of(uint64_t newest, uint16_t seq)
{
	return newest > INT16_MAX ? urchin_seq_extend(newest, seq) : seq;
}

/* Returns the index of a packet to be sent in *index. */
static int take_send_index(struct srtp_own *srtp, uint32_t ssrc, uint16_t seq, uint64_t *index)
{
	struct sent_stream *stream =
	    srtp->last_sent && srtp->last_ssrc == ssrc ? srtp->last_sent : urchin_table_find(&srtp->sent, ssrc);
	int err;

	if (!stream) {
		stream = add_stream(&srtp->sent, ssrc, sizeof(*stream), &err);
		if (!stream)
			return err;
		stream->newest = seq;
	}
	srtp->last_ssrc = ssrc;
	srtp->last_sent = stream;
	*index = urchin_seq_extend(stream->newest, seq);
	/* Before the first one (as a negative number), or too long ago; RFC 3711 9.2: no index twice after 2^48. */
	if (*index > INDEX_MAX || (*index < stream->newest && stream->newest - *index > URCHIN_SRTP_SEND_WINDOW))
		return URCHIN_EREPLAY;
	if (*index > stream->newest)
		stream->newest = *index;
	return 0;
}

static void own_prefetch(const struct urchin_srtp *base)
{
	const struct srtp_own *srtp = (const struct srtp_own *)base;

	urchin_prefetch(srtp->send_rtp.gcm, GCM_STATE_LEN);
	urchin_prefetch(srtp->last_sent, sizeof(*srtp->last_sent));
}

static int own_protect_rtp(struct urchin_srtp *base, const struct urchin_rtp_parts *parts, uint8_t *out)
{
	struct srtp_own *srtp = from_base(base);
	uint32_t ssrc = urchin_read_u32(parts->header + 8);
	size_t len = parts->header_len + parts->body_len;
	struct urchin_srtp_text text = {
	    .aad = parts->header,
	    .aad_len = parts->header_len,
	    .in = parts->body,
	    .len = parts->body_len,
	    .out = out + parts->header_len,
	};
	uint64_t index = 0;
	int err = take_send_index(srtp, ssrc, urchin_read_u16(parts->header + 2), &index);

	if (err < 0)
		return err;
	memcpy(out, parts->header, parts->header_len);
	if (srtp->is_gcm) {
		err = urchin_srtp_cipher_seal(&srtp->send_rtp, ssrc, index, &text, out + len);
	} else {
		uint8_t roc[4];

		urchin_write_u32(roc, (uint32_t)(index >> 16));
		err = urchin_srtp_cipher_xor(&srtp->send_rtp, ssrc, index, &text);
		urchin_srtp_cipher_mac(&srtp->send_rtp, out, len, roc, out + len);
	}
	return err < 0 ? err : (int)(len + base->tag_len);
}

/* RFC 3711 3.4, RFC 7714 9: header, text, then index and tag, in an order that differs. */
static int own_protect_rtcp(struct urchin_srtp *base, const uint8_t *plain, size_t len, uint8_t *out)
{
	struct srtp_own *srtp = from_base(base);
	uint32_t ssrc = urchin_read_u32(plain + 4);
	uint8_t aad[URCHIN_SRTP_RTCP_HEADER_LEN + URCHIN_SRTP_INDEX_LEN];
	struct urchin_srtp_text text = {
	    .aad = aad,
	    .aad_len = sizeof(aad),
	    .in = plain + URCHIN_SRTP_RTCP_HEADER_LEN,
	    .len = len - URCHIN_SRTP_RTCP_HEADER_LEN,
	    .out = out + URCHIN_SRTP_RTCP_HEADER_LEN,
	};
	uint8_t *word = out + len + (srtp->is_gcm ? base->tag_len : 0);
	uint32_t index = srtp->sent_rtcp_index + 1;
	int err;

	if (index > SRTCP_INDEX_MAX) /* RFC 3711 9.2 */
		return URCHIN_EREPLAY;
	srtp->sent_rtcp_index = index;
	memcpy(aad, plain, URCHIN_SRTP_RTCP_HEADER_LEN);
	urchin_write_u32(aad + URCHIN_SRTP_RTCP_HEADER_LEN, SRTCP_ENCRYPTED | index);
	memcpy(out, plain, URCHIN_SRTP_RTCP_HEADER_LEN);
	urchin_write_u32(word, SRTCP_ENCRYPTED | index);
	if (srtp->is_gcm) {
		err = urchin_srtp_cipher_seal(&srtp->send_rtcp, ssrc, index, &text, out + len);
	} else {
		err = urchin_srtp_cipher_xor(&srtp->send_rtcp, ssrc, index, &text);
		urchin_srtp_cipher_mac(&srtp->send_rtcp, out, len + URCHIN_SRTP_INDEX_LEN, NULL,
				       word + URCHIN_SRTP_INDEX_LEN);
	}
	return err < 0 ? err : (int)(len + base->tag_len + URCHIN_SRTP_INDEX_LEN);
}

/* Notes an authentic packet, whose SSRC may be new. */
static int note(struct srtp_own *srtp, struct received_stream *stream, uint32_t ssrc, bool is_rtcp, uint64_t index)
{
	int err;

	if (!stream)
		stream = add_stream(&srtp->received, ssrc, sizeof(*stream), &err);
	if (!stream)
		return err;
	urchin_srtp_window_note(is_rtcp ? &stream->rtcp : &stream->rtp, index);
	return 0;
}

static int check_mac(const struct urchin_srtp_cipher *cipher, const uint8_t *bytes, size_t len, const uint8_t *word,
		     const uint8_t *tag)
{
	uint8_t expected[MAC_TAG_LEN];

	urchin_srtp_cipher_mac(cipher, bytes, len, word, expected);
	return CRYPTO_memcmp(expected, tag, sizeof(expected)) == 0 ? 0 : URCHIN_EAUTH;
}

static int own_unprotect_rtp(struct urchin_srtp *base, uint8_t *bytes, size_t len, size_t header_len)
{
	struct srtp_own *srtp = from_base(base);
	uint32_t ssrc = urchin_read_u32(bytes + 8);
	struct received_stream *stream = urchin_table_find(&srtp->received, ssrc);
	size_t plain_len = len - base->tag_len;
	struct urchin_srtp_text text = {
	    .aad = bytes,
	    .aad_len = header_len,
	    .in = bytes + header_len,
	    .len = plain_len - header_len,
	    .out = bytes + header_len,
	};
	uint64_t index = index_of(stream ? stream->rtp.newest : 0, urchin_read_u16(bytes + 2));
	int err;

	if (!stream && srtp->received.count >= URCHIN_SRTP_SSRCS_MAX)
		return URCHIN_EFULL;
	if (index > INDEX_MAX || (stream && !urchin_srtp_window_allows(&stream->rtp, index)))
		return URCHIN_EREPLAY;
	if (srtp->is_gcm) {
		err = urchin_srtp_cipher_open(&srtp->receive_rtp, ssrc, index, &text, bytes + plain_len);
	} else {
		uint8_t roc[4];

		urchin_write_u32(roc, (uint32_t)(index >> 16));
		err = check_mac(&srtp->receive_rtp, bytes, plain_len, roc, bytes + plain_len);
		if (err == 0)
			err = urchin_srtp_cipher_xor(&srtp->receive_rtp, ssrc, index, &text);
	}
	if (err == 0)
		err = note(srtp, stream, ssrc, false, index);
	return err < 0 ? err : (int)plain_len;
}

/* RFC 3711 3.4: without the E bit the text is plain, but authentic all the same. RFC 7714 9.3 then makes it all AAD. */
static int open_rtcp(struct srtp_own *srtp, uint8_t *bytes, size_t plain_len, uint32_t word)
{
	uint8_t aad[URCHIN_SRTP_RTCP_HEADER_LEN + URCHIN_SRTP_INDEX_LEN];
	uint32_t ssrc = urchin_read_u32(bytes + 4), index = word & SRTCP_INDEX_MAX;
	struct urchin_srtp_text text = {
	    .aad = aad,
	    .aad_len = sizeof(aad),
	    .in = bytes + URCHIN_SRTP_RTCP_HEADER_LEN,
	    .len = plain_len - URCHIN_SRTP_RTCP_HEADER_LEN,
	    .out = bytes + URCHIN_SRTP_RTCP_HEADER_LEN,
	};
	int err;

	if (srtp->is_gcm) {
		/* Profiles of RFC 5764 and RFC 7714 14.2 encrypt always. */
		if (!(word & SRTCP_ENCRYPTED))
			return URCHIN_EAUTH;
		memcpy(aad, bytes, URCHIN_SRTP_RTCP_HEADER_LEN);
		urchin_write_u32(aad + URCHIN_SRTP_RTCP_HEADER_LEN, word);
		return urchin_srtp_cipher_open(&srtp->receive_rtcp, ssrc, index, &text, bytes + plain_len);
	}
	err = check_mac(&srtp->receive_rtcp, bytes, plain_len + URCHIN_SRTP_INDEX_LEN, NULL,
			bytes + plain_len + URCHIN_SRTP_INDEX_LEN);
	if (err == 0 && word & SRTCP_ENCRYPTED)
		err = urchin_srtp_cipher_xor(&srtp->receive_rtcp, ssrc, index, &text);
	return err;
}

static int own_unprotect_rtcp(struct urchin_srtp *base, uint8_t *bytes, size_t len)
{
	struct srtp_own *srtp = from_base(base);
	uint32_t ssrc = urchin_read_u32(bytes + 4);
	struct received_stream *stream = urchin_table_find(&srtp->received, ssrc);
	size_t plain_len = len - base->tag_len - URCHIN_SRTP_INDEX_LEN;
	uint32_t word = urchin_read_u32(bytes + plain_len + (srtp->is_gcm ? base->tag_len : 0));
	uint32_t index = word & SRTCP_INDEX_MAX;
	int err;

	if (!stream && srtp->received.count >= URCHIN_SRTP_SSRCS_MAX)
		return URCHIN_EFULL;
	if (stream && !urchin_srtp_window_allows(&stream->rtcp, index))
		return URCHIN_EREPLAY;
	err = open_rtcp(srtp, bytes, plain_len, word);
	if (err == 0)
		err = note(srtp, stream, ssrc, true, index);
	return err < 0 ? err : (int)plain_len;
}

static const struct urchin_srtp_ops ops = {
    .free = own_free,
    .prefetch = own_prefetch,
    .protect_rtp = own_protect_rtp,
    .protect_rtcp = own_protect_rtcp,
    .unprotect_rtp = own_unprotect_rtp,
    .unprotect_rtcp = own_unprotect_rtcp,
};

struct urchin_srtp *urchin_srtp_own_new(const struct urchin_srtp_keys *keys)
{
	struct srtp_own *srtp = calloc(1, sizeof(*srtp));

	if (!srtp)
		return NULL;
	srtp->base.ops = &ops;
	srtp->base.tag_len = urchin_srtp_tag_len(keys->profile);
	srtp->is_gcm = urchin_srtp_is_gcm(keys->profile);
	if (urchin_srtp_cipher_init(&srtp->send_rtp, keys, true, URCHIN_SRTP_LABEL_RTP) < 0 ||
	    urchin_srtp_cipher_init(&srtp->send_rtcp, keys, true, URCHIN_SRTP_LABEL_RTCP) < 0 ||
	    urchin_srtp_cipher_init(&srtp->receive_rtp, keys, false, URCHIN_SRTP_LABEL_RTP) < 0 ||
	    urchin_srtp_cipher_init(&srtp->receive_rtcp, keys, false, URCHIN_SRTP_LABEL_RTCP) < 0) {
		own_free(&srtp->base);
		return NULL;
	}
	srtp->base.engine = (srtp->is_gcm ? srtp->send_rtp.engine : urchin_srtp_openssl())->name;
	return &srtp->base;
}
