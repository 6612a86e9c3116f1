/* Open addressing with linear probing; removal moves followers back, so there are no tombstones. */
#include "base/table.h"

#include <stdlib.h>

#include "base/err.h"

#define FIRST_CAP 16

/* Ids are counters: without mixing, neighbours would form long runs. */
static size_t home_of(uint64_t key, size_t cap)
{
	key ^= key >> 33;
	key *= UINT64_C(0xff51afd7ed558ccd);
	key ^= key >> 33;
	return (size_t)key & (cap - 1);
}

void urchin_table_init(struct urchin_table *table)
{
	*table = (struct urchin_table){0};
}

void urchin_table_clear(struct urchin_table *table)
{
	free(table->slots);
	urchin_table_init(table);
}

/* The slot that holds `key`, or the free slot where it would go. Needs a table that is not full. */
static struct urchin_table_slot *probe(struct urchin_table_slot *slots, size_t cap, uint64_t key)
{
	size_t i = home_of(key, cap);
	while (slots[i].value && slots[i].key != key)
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

static int grow(struct urchin_table *table)
{
	size_t cap = table->cap ? table->cap * 2 : FIRST_CAP;
	struct urchin_table_slot *slots = calloc(cap, sizeof(*slots));
	if (!slots)
		return URCHIN_ENOMEM;
	for (size_t i = 0; i < table->cap; i++) {
		if (table->slots[i].value)
			*probe(slots, cap, table->slots[i].key) = table->slots[i];
	}
	free(table->slots);
	table->slots = slots;
	table->cap = cap;
	return 0;
}

int urchin_table_add(struct urchin_table *table, uint64_t key, void *value)
{
	if (urchin_table_find(table, key))
		return URCHIN_EEXIST;
	if (4 * (table->count + 1) > 3 * table->cap) {
		int err = grow(table);
		if (err)
			return err;
	}
	*probe(table->slots, table->cap, key) = (struct urchin_table_slot){key, value};
	table->count++;
	return 0;
}

void *urchin_table_find(const struct urchin_table *table, uint64_t key)
{
	return table->cap ? probe(table->slots, table->cap, key)->value : NULL;
}

void *urchin_table_remove(struct urchin_table *table, uint64_t key)
{
	if (!table->cap)
		return NULL;
	struct urchin_table_slot *slot = probe(table->slots, table->cap, key);
	void *value = slot->value;
	if (!value)
		return NULL;
	size_t mask = table->cap - 1;
	size_t hole = (size_t)(slot - table->slots);
	table->slots[hole].value = NULL;
	for (size_t i = (hole + 1) & mask; table->slots[i].value; i = (i + 1) & mask) {
		size_t home = home_of(table->slots[i].key, table->cap);
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		table->slots[hole] = table->slots[i];
		table->slots[i].value = NULL;
		hole = i;
	}
	table->count--;
	return value;
}

void *urchin_table_next(const struct urchin_table *table, size_t *cursor)
{
	while (*cursor < table->cap) {
		void *value = table->slots[(*cursor)++].value;
		if (value)
			return value;
	}
	return NULL;
}
