/* Arrival times that wait for the next transport-wide feedback. */
#include "media/twcc_recorder.h"

#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/seq.h"

#define INTERVAL_US 100000
/* Sent at once when so many wait: the sender's controller needs them, and the table is bounded. */
#define MANY 256

void urchin_twcc_recorder_init(struct urchin_twcc_recorder *recorder)
{
	*recorder = (struct urchin_twcc_recorder){.deadline_us = URCHIN_NEVER_US};
}

void urchin_twcc_recorder_clear(struct urchin_twcc_recorder *recorder)
{
	free(recorder->arrival_us);
	urchin_twcc_recorder_init(recorder);
}

static void begin_at(struct urchin_twcc_recorder *recorder, uint64_t ext_seq)
{
	recorder->is_started = true;
	recorder->base_ext_seq = ext_seq;
	recorder->count = 0;
}

void urchin_twcc_recorder_feed(struct urchin_twcc_recorder *recorder, uint16_t seq, uint64_t now_us)
{
	if (!recorder->is_started)
		begin_at(recorder, (uint64_t)UINT16_MAX + 1 + seq);
	uint64_t ext_seq = urchin_seq_extend(recorder->base_ext_seq + recorder->count, seq);
	/* Viewers, who only receive, are many: they need no table. */
	if (!recorder->arrival_us)
		recorder->arrival_us = malloc(URCHIN_TWCC_PACKETS_MAX * sizeof *recorder->arrival_us);
	if (ext_seq < recorder->base_ext_seq || !recorder->arrival_us) {
		recorder->dropped++;
		return;
	}
	if (ext_seq - recorder->base_ext_seq >= URCHIN_TWCC_PACKETS_MAX)
		begin_at(recorder, ext_seq);
	size_t at = (size_t)(ext_seq - recorder->base_ext_seq);
	while (recorder->count <= at)
		recorder->arrival_us[recorder->count++] = URCHIN_TWCC_LOST;
	if (recorder->arrival_us[at] == URCHIN_TWCC_LOST)
		recorder->arrival_us[at] = now_us;
	if (recorder->count >= MANY)
		recorder->deadline_us = now_us;
	else if (recorder->deadline_us == URCHIN_NEVER_US)
		recorder->deadline_us = now_us + INTERVAL_US;
}

uint64_t urchin_twcc_recorder_deadline_us(const struct urchin_twcc_recorder *recorder)
{
	return recorder->deadline_us;
}

size_t urchin_twcc_recorder_write(struct urchin_twcc_recorder *recorder, uint32_t sender_ssrc, uint32_t media_ssrc,
				  uint8_t *out, size_t cap)
{
	size_t used = 0;

	recorder->deadline_us = URCHIN_NEVER_US;
	if (recorder->count == 0)
		return 0;
	int len = urchin_twcc_write(out, cap, sender_ssrc, media_ssrc, recorder->feedback_count,
				    (uint16_t)recorder->base_ext_seq, recorder->arrival_us, recorder->count, &used);
	if (len < 0 || used == 0 || used > recorder->count)
		used = recorder->count;
	recorder->base_ext_seq += used;
	recorder->count -= used;
	memmove(recorder->arrival_us, recorder->arrival_us + used, recorder->count * sizeof recorder->arrival_us[0]);
	if (len < 0)
		return 0;
	recorder->feedback_count++;
	return (size_t)len;
}
