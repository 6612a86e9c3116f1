/*
 * A FIFO of equal-sized items from one thread to another. It signals only when it becomes non-empty;
 * the reader takes everything at once.
 */
#ifndef URCHIN_IO_QUEUE_H
#define URCHIN_IO_QUEUE_H

#include <pthread.h>
#include <stddef.h>

struct urchin_queue {
	pthread_mutex_t mutex;
	size_t item_size;
	unsigned char *items;
	size_t count;
	size_t cap;
	void (*on_filled)(void *owner);
	void *owner;
};

/* What a reader took. A zeroed struct is an empty batch. */
struct urchin_batch {
	unsigned char *items;
	size_t item_size;
	size_t count;
	size_t cap;
	size_t position;
};

/* `on_filled` is called on the writer's thread, outside the lock, when an empty queue gets an item. 0 or URCHIN_ENOMEM.
 */
int urchin_queue_init(struct urchin_queue *queue, size_t item_size, void (*on_filled)(void *owner), void *owner);

/* Frees the storage. What is still queued is forgotten, not freed: take it first. */
void urchin_queue_clear(struct urchin_queue *queue);

/* Copies the item in. Returns 0, URCHIN_EFULL when `limit` items are queued already, or URCHIN_ENOMEM. */
int urchin_queue_push(struct urchin_queue *queue, const void *item, size_t limit);

/* How many items wait; outdated at once when the other thread is busy. */
size_t urchin_queue_count(struct urchin_queue *queue);

/* Moves all items into the batch, which must have been read to its end. Returns how many there are. */
size_t urchin_queue_take(struct urchin_queue *queue, struct urchin_batch *batch);

/* The next item, valid until the next take, or NULL at the end. */
void *urchin_batch_next(struct urchin_batch *batch);

void urchin_batch_clear(struct urchin_batch *batch);

#endif
