/* A hash map from a 64-bit key to a pointer; grows as needed; owns no value. */
#ifndef URCHIN_BASE_TABLE_H
#define URCHIN_BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct urchin_table_slot {
	uint64_t key;
	void *value; /* NULL: free */
};

struct urchin_table {
	struct urchin_table_slot *slots;
	size_t cap; /* 0 or a power of two */
	size_t count;
};

/* Prepares an empty table; allocates nothing. A zeroed struct is an empty table too. */
void urchin_table_init(struct urchin_table *table);

/* Frees the slots and leaves an empty table; the values stay the caller's. */
void urchin_table_clear(struct urchin_table *table);

/* Stores `value` (not NULL) under `key`. Returns 0, URCHIN_EEXIST or URCHIN_ENOMEM. */
int urchin_table_add(struct urchin_table *table, uint64_t key, void *value);

/* Returns the value under `key`, or NULL. */
void *urchin_table_find(const struct urchin_table *table, uint64_t key);

/* Takes `key` out and returns its value, or NULL when it was not there. */
void *urchin_table_remove(struct urchin_table *table, uint64_t key);

/*
 * Walks the table: pass *cursor = 0 first; returns the next value or NULL at the end.
 * The table must not be changed during a walk.
 */
void *urchin_table_next(const struct urchin_table *table, size_t *cursor);

#endif
