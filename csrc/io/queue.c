/* Two arrays that writer and reader swap, so that the lock is held for a copy or an exchange only. */
#include "io/queue.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* A burst's array is given back; one of this size is kept for the next turn. */
#define KEPT_ITEMS 1024

int urchin_queue_init(struct urchin_queue *queue, size_t item_size, void (*on_filled)(void *owner), void *owner)
{
	*queue = (struct urchin_queue){.item_size = item_size, .on_filled = on_filled, .owner = owner};
	return pthread_mutex_init(&queue->mutex, NULL) ? URCHIN_ENOMEM : 0;
}

void urchin_queue_clear(struct urchin_queue *queue)
{
	pthread_mutex_destroy(&queue->mutex);
	free(queue->items);
	queue->items = NULL;
}

static int grow(struct urchin_queue *queue)
{
	size_t cap = queue->cap ? queue->cap * 2 : 64;
	unsigned char *items;

	if (cap > SIZE_MAX / queue->item_size)
		return URCHIN_ENOMEM;
	items = realloc(queue->items, cap * queue->item_size);
	if (!items)
		return URCHIN_ENOMEM;
	queue->items = items;
	queue->cap = cap;
	return 0;
}

int urchin_queue_push(struct urchin_queue *queue, const void *item, size_t limit)
{
	bool is_first = false;
	int err = 0;

	pthread_mutex_lock(&queue->mutex);
	if (queue->count >= limit)
		err = URCHIN_EFULL;
	else if (queue->count == queue->cap)
		err = grow(queue);
	if (!err) {
		memcpy(queue->items + queue->count * queue->item_size, item, queue->item_size);
		is_first = queue->count++ == 0;
	}
	pthread_mutex_unlock(&queue->mutex);
	if (is_first)
		queue->on_filled(queue->owner);
	return err;
}

size_t urchin_queue_count(struct urchin_queue *queue)
{
	size_t count;

	pthread_mutex_lock(&queue->mutex);
	count = queue->count;
	pthread_mutex_unlock(&queue->mutex);
	return count;
}

size_t urchin_queue_take(struct urchin_queue *queue, struct urchin_batch *batch)
{
	unsigned char *items = batch->items;
	size_t cap = batch->cap;

	if (cap > KEPT_ITEMS) {
		free(items);
		items = NULL;
		cap = 0;
	}
	batch->item_size = queue->item_size;
	batch->position = 0;
	pthread_mutex_lock(&queue->mutex);
	batch->items = queue->items;
	batch->count = queue->count;
	batch->cap = queue->cap;
	queue->items = items;
	queue->count = 0;
	queue->cap = cap;
	pthread_mutex_unlock(&queue->mutex);
	return batch->count;
}

void *urchin_batch_next(struct urchin_batch *batch)
{
	if (batch->position == batch->count)
		return NULL;
	return batch->items + batch->position++ * batch->item_size;
}

void urchin_batch_clear(struct urchin_batch *batch)
{
	free(batch->items);
	*batch = (struct urchin_batch){0};
}
