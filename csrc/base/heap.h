/*
 * A binary heap of deadlines. Entries are embedded in their owners, so that
 * moving one costs no allocation and no search.
 */
#ifndef URCHIN_BASE_HEAP_H
#define URCHIN_BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#define URCHIN_NEVER_US UINT64_MAX

struct urchin_heap_entry {
	uint64_t deadline_us;
	size_t position; /* 1-based; 0: not in the heap */
};

/* Deadlines are compared here: with thousands of owners, theirs would each be a miss of the cache. */
struct urchin_heap_slot {
	uint64_t deadline_us;
	struct urchin_heap_entry *entry;
};

struct urchin_heap {
	struct urchin_heap_slot *slots;
	size_t count;
	size_t cap;
};

void urchin_heap_init(struct urchin_heap *heap);
void urchin_heap_clear(struct urchin_heap *heap);

/*
 * Puts the entry at `deadline_us`, adding it when it is not in the heap yet and
 * taking it out for URCHIN_NEVER_US. Returns 0 or URCHIN_ENOMEM.
 */
int urchin_heap_set(struct urchin_heap *heap, struct urchin_heap_entry *entry, uint64_t deadline_us);

/* Takes the entry out; harmless when it is not in. */
void urchin_heap_remove(struct urchin_heap *heap, struct urchin_heap_entry *entry);

/* The entry with the earliest deadline, or NULL. */
struct urchin_heap_entry *urchin_heap_first(const struct urchin_heap *heap);

#endif
