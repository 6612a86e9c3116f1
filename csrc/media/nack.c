/* The list of missing packets of one incoming stream. */
#include "media/nack.h"

#include <string.h>

#include "base/heap.h"

#define REORDER_US 10000      /* a packet that is only overtaken comes within this time */
#define MIN_INTERVAL_US 20000 /* between two requests for one packet */
#define MAX_AGE_US 1500000    /* senders keep about a second */

void urchin_nack_init(struct urchin_nack *nack)
{
	nack->count = 0;
	nack->is_started = false;
	nack->deadline_us = URCHIN_NEVER_US;
	nack->given_up = 0;
}

static void remove_first(struct urchin_nack *nack, size_t count)
{
	nack->count -= count;
	nack->given_up += count;
	memmove(nack->entries, nack->entries + count, nack->count * sizeof nack->entries[0]);
}

static void remove_seq(struct urchin_nack *nack, uint64_t ext_seq)
{
	for (size_t i = nack->count; i > 0; i--) {
		struct urchin_nack_entry *entry = &nack->entries[i - 1];
		if (entry->ext_seq < ext_seq)
			return;
		if (entry->ext_seq > ext_seq)
			continue;
		memmove(entry, entry + 1, (nack->count - i) * sizeof *entry);
		nack->count--;
		return;
	}
}

static bool add_missing(struct urchin_nack *nack, uint64_t first, uint64_t end, uint64_t now_us)
{
	uint64_t gap = end - first;
	if (gap > URCHIN_NACK_CAP) {
		nack->given_up += gap;
		remove_first(nack, nack->count);
		nack->deadline_us = URCHIN_NEVER_US;
		return false;
	}
	if (nack->count + gap > URCHIN_NACK_CAP)
		remove_first(nack, nack->count + gap - URCHIN_NACK_CAP);
	for (uint64_t ext_seq = first; ext_seq < end; ext_seq++)
		nack->entries[nack->count++] =
		    (struct urchin_nack_entry){.ext_seq = ext_seq, .missed_us = now_us, .next_us = now_us + REORDER_US};
	if (gap > 0 && now_us + REORDER_US < nack->deadline_us)
		nack->deadline_us = now_us + REORDER_US;
	return true;
}

bool urchin_nack_feed(struct urchin_nack *nack, uint64_t ext_seq, uint64_t now_us)
{
	if (!nack->is_started) {
		nack->is_started = true;
		nack->max_ext_seq = ext_seq;
		return true;
	}
	if (ext_seq <= nack->max_ext_seq) {
		remove_seq(nack, ext_seq);
		return true;
	}
	uint64_t first = nack->max_ext_seq + 1;
	nack->max_ext_seq = ext_seq;
	return add_missing(nack, first, ext_seq, now_us);
}

static bool is_over(const struct urchin_nack_entry *entry, uint64_t now_us)
{
	return entry->tries >= URCHIN_NACK_TRIES || now_us - entry->missed_us > MAX_AGE_US;
}

size_t urchin_nack_collect(struct urchin_nack *nack, uint64_t rtt_us, uint64_t now_us, uint16_t *seqs, size_t cap)
{
	uint64_t interval_us = rtt_us < MIN_INTERVAL_US ? MIN_INTERVAL_US : rtt_us;
	size_t asked = 0;
	size_t kept = 0;
	nack->deadline_us = URCHIN_NEVER_US;
	for (size_t i = 0; i < nack->count; i++) {
		struct urchin_nack_entry entry = nack->entries[i];
		bool is_due = entry.next_us <= now_us;
		if (is_due && is_over(&entry, now_us)) {
			nack->given_up++;
			continue;
		}
		if (is_due && asked < cap) {
			seqs[asked++] = (uint16_t)entry.ext_seq;
			entry.tries++;
			entry.next_us = now_us + interval_us;
		}
		if (entry.next_us < nack->deadline_us)
			nack->deadline_us = entry.next_us;
		nack->entries[kept++] = entry;
	}
	nack->count = kept;
	return asked;
}

uint64_t urchin_nack_deadline_us(const struct urchin_nack *nack)
{
	return nack->deadline_us;
}
