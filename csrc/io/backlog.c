/* Two queues in one pool, and a set of the descriptors that were full when they were tried last. */
#include "io/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "io/egress.h"

#define NONE UINT16_MAX

struct item {
	struct urchin_egress_way *way;
	uint64_t put_us;
	uint16_t len;
	uint16_t next;
};

/* In the order of arrival. */
struct line {
	uint16_t first;
	uint16_t last;
};

struct urchin_backlog {
	urchin_backlog_send send;
	void *owner;
	size_t count;
	uint16_t spare; /* the first of the unused items */
	struct line other;
	struct line video;
	uint64_t *stuck; /* bit n: descriptor n */
	size_t stuck_words;
	struct item items[URCHIN_BACKLOG_CAP];
	uint8_t bytes[URCHIN_BACKLOG_CAP][URCHIN_ICE_DATAGRAM_CAP];
};

struct urchin_backlog *urchin_backlog_new(urchin_backlog_send send, void *owner)
{
	struct urchin_backlog *backlog = malloc(sizeof(*backlog));

	if (!backlog)
		return NULL;
	backlog->send = send;
	backlog->owner = owner;
	backlog->count = 0;
	backlog->spare = 0;
	backlog->other = backlog->video = (struct line){NONE, NONE};
	backlog->stuck = NULL;
	backlog->stuck_words = 0;
	for (size_t i = 0; i < URCHIN_BACKLOG_CAP; i++)
		backlog->items[i].next = (uint16_t)(i + 1 < URCHIN_BACKLOG_CAP ? i + 1 : NONE);
	return backlog;
}

void urchin_backlog_free(struct urchin_backlog *backlog)
{
	if (!backlog)
		return;
	free(backlog->stuck);
	free(backlog);
}

size_t urchin_backlog_count(const struct urchin_backlog *backlog)
{
	return backlog->count;
}

bool urchin_backlog_is_stuck(const struct urchin_backlog *backlog, int fd)
{
	size_t word = (size_t)fd / 64;

	return backlog->count > 0 && word < backlog->stuck_words && (backlog->stuck[word] >> (fd % 64) & 1);
}

/* False when out of memory. */
static bool mark_stuck(struct urchin_backlog *backlog, int fd)
{
	size_t word = (size_t)fd / 64;

	if (fd < 0)
		return false;
	if (word >= backlog->stuck_words) {
		uint64_t *stuck = realloc(backlog->stuck, (word + 1) * sizeof(*stuck));

		if (!stuck)
			return false;
		memset(stuck + backlog->stuck_words, 0, (word + 1 - backlog->stuck_words) * sizeof(*stuck));
		backlog->stuck = stuck;
		backlog->stuck_words = word + 1;
	}
	backlog->stuck[word] |= UINT64_C(1) << (fd % 64);
	return true;
}

static void count_dropped(struct urchin_egress_way *way, bool is_video)
{
	way->datagrams_dropped++;
	way->video_dropped += is_video;
}

/* `link` says where the item stands; `before` is the one in front of it, or NONE. */
static void take_out(struct urchin_backlog *backlog, struct line *line, uint16_t *link, uint16_t before)
{
	uint16_t index = *link;
	struct item *item = &backlog->items[index];

	*link = item->next;
	if (line->last == index)
		line->last = before;
	item->next = backlog->spare;
	backlog->spare = index;
	backlog->count--;
}

static void drop_first(struct urchin_backlog *backlog, struct line *line)
{
	count_dropped(backlog->items[line->first].way, line == &backlog->video);
	take_out(backlog, line, &line->first, NONE);
}

static bool make_room(struct urchin_backlog *backlog, bool is_video)
{
	if (backlog->spare != NONE)
		return true;
	if (backlog->video.first != NONE)
		drop_first(backlog, &backlog->video);
	else if (!is_video)
		drop_first(backlog, &backlog->other);
	return backlog->spare != NONE;
}

void urchin_backlog_put(struct urchin_backlog *backlog, struct urchin_egress_way *way, const uint8_t *bytes, size_t len,
			bool is_video, uint64_t now_us)
{
	struct line *line = is_video ? &backlog->video : &backlog->other;
	uint16_t index;

	if (len > URCHIN_ICE_DATAGRAM_CAP || !mark_stuck(backlog, way->fd) || !make_room(backlog, is_video)) {
		count_dropped(way, is_video);
		return;
	}
	index = backlog->spare;
	backlog->spare = backlog->items[index].next;
	backlog->items[index] = (struct item){.way = way, .put_us = now_us, .len = (uint16_t)len, .next = NONE};
	memcpy(backlog->bytes[index], bytes, len);
	if (line->last == NONE)
		line->first = index;
	else
		backlog->items[line->last].next = index;
	line->last = index;
	backlog->count++;
}

/* Returns false when it has to go on waiting. */
static bool retry_item(struct urchin_backlog *backlog, uint16_t index, bool is_video)
{
	const struct item *item = &backlog->items[index];
	struct urchin_egress_way *way = item->way;
	int err;

	if (urchin_backlog_is_stuck(backlog, way->fd))
		return false;
	err = backlog->send(backlog->owner, way, backlog->bytes[index], item->len);
	if (err == URCHIN_EFULL && mark_stuck(backlog, way->fd))
		return false;
	if (err == 0) {
		way->datagrams_sent++;
		way->bytes_sent += item->len;
	} else {
		count_dropped(way, is_video);
	}
	return true;
}

static void retry_line(struct urchin_backlog *backlog, struct line *line)
{
	uint16_t *link = &line->first;
	uint16_t before = NONE;

	while (*link != NONE) {
		if (retry_item(backlog, *link, line == &backlog->video)) {
			take_out(backlog, line, link, before);
		} else {
			before = *link;
			link = &backlog->items[before].next;
		}
	}
}

static void drop_old(struct urchin_backlog *backlog, struct line *line, uint64_t now_us)
{
	while (line->first != NONE && now_us - backlog->items[line->first].put_us > URCHIN_BACKLOG_AGE_US)
		drop_first(backlog, line);
}

void urchin_backlog_retry(struct urchin_backlog *backlog, uint64_t now_us)
{
	drop_old(backlog, &backlog->other, now_us);
	drop_old(backlog, &backlog->video, now_us);
	if (backlog->stuck)
		memset(backlog->stuck, 0, backlog->stuck_words * sizeof(*backlog->stuck));
	retry_line(backlog, &backlog->other);
	retry_line(backlog, &backlog->video);
}

static void forget_in(struct urchin_backlog *backlog, struct line *line, const struct urchin_egress_way *way)
{
	uint16_t *link = &line->first;
	uint16_t before = NONE;

	while (*link != NONE) {
		struct item *item = &backlog->items[*link];

		if (item->way == way) {
			count_dropped(item->way, line == &backlog->video);
			take_out(backlog, line, link, before);
		} else {
			before = *link;
			link = &item->next;
		}
	}
}

void urchin_backlog_forget(struct urchin_backlog *backlog, const struct urchin_egress_way *way)
{
	if (backlog->count == 0)
		return;
	forget_in(backlog, &backlog->other, way);
	forget_in(backlog, &backlog->video, way);
}
