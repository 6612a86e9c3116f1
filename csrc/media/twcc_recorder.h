/*
 * Remembers when a transport's packets arrived, by their transport-wide numbers, and turns that into
 * feedback every 100 ms (draft-holmer-rmcat-transport-wide-cc-extensions-01).
 */
#ifndef URCHIN_MEDIA_TWCC_RECORDER_H
#define URCHIN_MEDIA_TWCC_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/twcc.h"

struct urchin_twcc_recorder {
	bool is_started;
	uint64_t base_ext_seq; /* the first number of the next feedback */
	size_t count;          /* numbers from there on to the newest that came */
	uint64_t *arrival_us;  /* URCHIN_TWCC_PACKETS_MAX of them; NULL before the first packet */
	uint8_t feedback_count;
	uint64_t deadline_us;
	uint64_t dropped; /* came too late to be told, or there was no memory for it */
};

void urchin_twcc_recorder_init(struct urchin_twcc_recorder *recorder);
void urchin_twcc_recorder_clear(struct urchin_twcc_recorder *recorder);

void urchin_twcc_recorder_feed(struct urchin_twcc_recorder *recorder, uint16_t seq, uint64_t now_us);

/* When write() is wanted next; URCHIN_NEVER_US for never. */
uint64_t urchin_twcc_recorder_deadline_us(const struct urchin_twcc_recorder *recorder);

/* Writes one feedback packet; call again until it returns 0: nothing (more) to tell. */
size_t urchin_twcc_recorder_write(struct urchin_twcc_recorder *recorder, uint32_t sender_ssrc, uint32_t media_ssrc,
				  uint8_t *out, size_t cap);

#endif
