#include "wire/twcc.h"

#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"
#include "wire/rtcp_fb.h"

#define FIXED_LEN 20 /* RTCP header, two SSRCs, base seq, count, reference time, feedback count */
#define TICK_US 250  /* draft 3.1.5 */
#define REFERENCE_US 64000
#define SYMBOLS_PER_CHUNK 7 /* two-bit status vector, draft 3.1.4 */
#define RUN_LENGTH_MAX 0x1fff
#define DELTA_LEN_MAX 2

enum symbol { LOST = 0, SMALL_DELTA = 1, LARGE_DELTA = 2 };

struct encoding {
	uint8_t symbols[URCHIN_TWCC_PACKETS_MAX];
	int16_t deltas[URCHIN_TWCC_PACKETS_MAX];
	size_t count;
	size_t delta_len;
};

/* Turns times into symbols and deltas, as many as fit and as long as each delta fits 16 bits. */
static void encode(struct encoding *encoding, size_t cap, const uint64_t *arrival_us, size_t count,
		   uint64_t previous_us)
{
	for (size_t i = 0; i < count; i++) {
		size_t chunks = (i + SYMBOLS_PER_CHUNK) / SYMBOLS_PER_CHUNK;
		if (FIXED_LEN + 2 * chunks + encoding->delta_len + DELTA_LEN_MAX + 3 > cap)
			break;
		encoding->symbols[i] = LOST;
		if (arrival_us[i] != URCHIN_TWCC_LOST) {
			int64_t ticks = (int64_t)(arrival_us[i] - previous_us) / TICK_US;
			if (ticks < INT16_MIN || ticks > INT16_MAX)
				break;
			bool small = ticks >= 0 && ticks <= UINT8_MAX;
			encoding->symbols[i] = small ? SMALL_DELTA : LARGE_DELTA;
			encoding->deltas[i] = (int16_t)ticks;
			encoding->delta_len += small ? 1 : 2;
			/* Advance by what the reader will see, so that rounding does not add up. */
			previous_us += (uint64_t)(ticks * TICK_US);
		}
		encoding->count = i + 1;
	}
	/* Losses at the tail are not known to be losses yet: they belong to the next packet. */
	while (encoding->count > 0 && encoding->symbols[encoding->count - 1] == LOST)
		encoding->count--;
}

static size_t run_length(const struct encoding *encoding, size_t from)
{
	size_t n = 1;
	while (from + n < encoding->count && n < RUN_LENGTH_MAX &&
	       encoding->symbols[from + n] == encoding->symbols[from])
		n++;
	return n;
}

static size_t write_chunks(uint8_t *out, const struct encoding *encoding)
{
	size_t len = 0;
	for (size_t i = 0; i < encoding->count;) {
		size_t run = run_length(encoding, i);
		uint16_t chunk;
		if (run >= SYMBOLS_PER_CHUNK || i + run == encoding->count) {
			chunk = (uint16_t)((unsigned)encoding->symbols[i] << 13 | run);
			i += run;
		} else {
			chunk = 0xc000;
			for (unsigned k = 0; k < SYMBOLS_PER_CHUNK && i < encoding->count; k++, i++)
				chunk = (uint16_t)(chunk | (unsigned)encoding->symbols[i] << (12 - 2 * k));
		}
		urchin_write_u16(out + len, chunk);
		len += 2;
	}
	return len;
}

static size_t write_deltas(uint8_t *out, const struct encoding *encoding)
{
	size_t len = 0;
	for (size_t i = 0; i < encoding->count; i++) {
		if (encoding->symbols[i] == SMALL_DELTA) {
			out[len++] = (uint8_t)encoding->deltas[i];
		} else if (encoding->symbols[i] == LARGE_DELTA) {
			urchin_write_u16(out + len, (uint16_t)encoding->deltas[i]);
			len += 2;
		}
	}
	return len;
}

int urchin_twcc_write(uint8_t *out, size_t cap, uint32_t sender_ssrc, uint32_t media_ssrc, uint8_t feedback_count,
		      uint16_t base_seq, const uint64_t *arrival_us, size_t count, size_t *used)
{
	size_t first = 0;
	while (first < count && arrival_us[first] == URCHIN_TWCC_LOST)
		first++;
	if (first == count || count > URCHIN_TWCC_PACKETS_MAX)
		return URCHIN_EINVAL;
	uint64_t reference = arrival_us[first] / REFERENCE_US;
	struct encoding encoding;
	encoding.count = 0;
	encoding.delta_len = 0;
	encode(&encoding, cap, arrival_us, count, reference * REFERENCE_US);
	if (encoding.count == 0)
		return URCHIN_ETOOBIG;

	size_t len = FIXED_LEN;
	len += write_chunks(out + len, &encoding);
	len += write_deltas(out + len, &encoding);
	while (len % 4)
		out[len++] = 0;
	urchin_rtcp_write_header(out, URCHIN_RTPFB_TRANSPORT_CC, URCHIN_RTCP_RTPFB, len);
	urchin_write_u32(out + 4, sender_ssrc);
	urchin_write_u32(out + 8, media_ssrc);
	urchin_write_u16(out + 12, base_seq);
	urchin_write_u16(out + 14, (uint16_t)encoding.count);
	urchin_write_u24(out + 16, (uint32_t)reference & 0xffffff);
	out[19] = feedback_count;
	*used = encoding.count;
	return (int)len;
}

/* Walks the status symbols of the chunks. */
struct symbol_reader {
	const uint8_t *body;
	size_t body_len;
	size_t at; /* of the next chunk */
	uint16_t chunk;
	unsigned left; /* symbols of this chunk still to come */
};

/* Returns the next symbol, or -1 when the chunks are cut off. */
static int next_symbol(struct symbol_reader *reader)
{
	if (reader->left == 0) {
		if (reader->at + 2 > reader->body_len)
			return -1;
		uint16_t chunk = urchin_read_u16(reader->body + reader->at);
		reader->at += 2;
		reader->chunk = chunk;
		reader->left = !(chunk & 0x8000) ? chunk & RUN_LENGTH_MAX : chunk & 0x4000 ? SYMBOLS_PER_CHUNK : 14;
		if (reader->left == 0)
			return -1;
	}
	reader->left--;
	if (!(reader->chunk & 0x8000)) /* draft 3.1.3: run length */
		return reader->chunk >> 13 & 3;
	if (reader->chunk & 0x4000) /* draft 3.1.4: vector of two-bit symbols, else of one-bit ones */
		return reader->chunk >> 2 * reader->left & 3;
	return reader->chunk >> reader->left & 1;
}

/* Returns where the deltas begin, or 0 when chunks or deltas are cut off or a symbol is a reserved one. */
static size_t find_deltas(struct symbol_reader reader, size_t count)
{
	size_t delta_len = 0;
	for (size_t i = 0; i < count; i++) {
		int symbol = next_symbol(&reader);
		if (symbol < 0 || symbol > LARGE_DELTA)
			return 0;
		delta_len += (size_t)symbol; /* its delta takes as many bytes as the symbol's value */
	}
	return reader.at + delta_len <= reader.body_len ? reader.at : 0;
}

int urchin_twcc_read(const struct urchin_rtcp *rtcp, struct urchin_twcc *twcc, uint64_t *arrival_us, size_t cap)
{
	if (rtcp->type != URCHIN_RTCP_RTPFB || rtcp->count != URCHIN_RTPFB_TRANSPORT_CC ||
	    rtcp->body_len < FIXED_LEN - 4)
		return URCHIN_EMALFORMED;
	struct urchin_twcc header = {
	    .base_seq = urchin_read_u16(rtcp->body + 8),
	    .count = urchin_read_u16(rtcp->body + 10),
	    .reference_64ms = urchin_read_u24(rtcp->body + 12),
	    .feedback_count = rtcp->body[15],
	};
	struct symbol_reader reader = {.body = rtcp->body, .body_len = rtcp->body_len, .at = FIXED_LEN - 4};
	if (header.count > cap)
		return URCHIN_ETOOBIG;
	size_t at = find_deltas(reader, header.count);
	if (at == 0)
		return URCHIN_EMALFORMED;
	/* The largest negative deltas there can be go back half a turn. */
	uint64_t time_us = URCHIN_TWCC_TURN_US + (uint64_t)header.reference_64ms * REFERENCE_US;
	for (size_t i = 0; i < header.count; i++) {
		int symbol = next_symbol(&reader);
		arrival_us[i] = URCHIN_TWCC_LOST;
		if (symbol == LOST)
			continue;
		int64_t ticks = symbol == SMALL_DELTA ? rtcp->body[at] : (int16_t)urchin_read_u16(rtcp->body + at);
		at += (size_t)symbol;
		time_us += (uint64_t)(ticks * TICK_US);
		arrival_us[i] = time_us;
	}
	*twcc = header;
	return 0;
}
