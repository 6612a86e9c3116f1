#include "base/heap.h"

#include <stdlib.h>

#include "base/err.h"

#define FIRST_CAP 64

void urchin_heap_init(struct urchin_heap *heap)
{
	*heap = (struct urchin_heap){0};
}

void urchin_heap_clear(struct urchin_heap *heap)
{
	for (size_t i = 0; i < heap->count; i++)
		heap->entries[i]->position = 0;
	free(heap->entries);
	urchin_heap_init(heap);
}

static void place(struct urchin_heap *heap, size_t position, struct urchin_heap_entry *entry)
{
	heap->entries[position - 1] = entry;
	entry->position = position;
}

static void sift_up(struct urchin_heap *heap, struct urchin_heap_entry *entry)
{
	size_t position = entry->position;
	while (position > 1) {
		struct urchin_heap_entry *parent = heap->entries[position / 2 - 1];
		if (parent->deadline_us <= entry->deadline_us)
			break;
		place(heap, position, parent);
		position /= 2;
	}
	place(heap, position, entry);
}

static void sift_down(struct urchin_heap *heap, struct urchin_heap_entry *entry)
{
	size_t position = entry->position;
	for (;;) {
		size_t child = 2 * position;
		if (child > heap->count)
			break;
		if (child < heap->count && heap->entries[child]->deadline_us < heap->entries[child - 1]->deadline_us)
			child++;
		if (entry->deadline_us <= heap->entries[child - 1]->deadline_us)
			break;
		place(heap, position, heap->entries[child - 1]);
		position = child;
	}
	place(heap, position, entry);
}

int urchin_heap_set(struct urchin_heap *heap, struct urchin_heap_entry *entry, uint64_t deadline_us)
{
	if (deadline_us == URCHIN_NEVER_US) {
		urchin_heap_remove(heap, entry);
		return 0;
	}
	if (!entry->position) {
		if (heap->count == heap->cap) {
			size_t cap = heap->cap ? heap->cap * 2 : FIRST_CAP;
			struct urchin_heap_entry **entries =
			    realloc(heap->entries, cap * sizeof(struct urchin_heap_entry *));
			if (!entries)
				return URCHIN_ENOMEM;
			heap->entries = entries;
			heap->cap = cap;
		}
		heap->count++;
		place(heap, heap->count, entry);
	}
	entry->deadline_us = deadline_us;
	sift_up(heap, entry);
	sift_down(heap, entry);
	return 0;
}

void urchin_heap_remove(struct urchin_heap *heap, struct urchin_heap_entry *entry)
{
	if (!entry->position)
		return;
	struct urchin_heap_entry *last = heap->entries[--heap->count];
	if (last != entry) {
		place(heap, entry->position, last);
		sift_up(heap, last);
		sift_down(heap, last);
	}
	entry->position = 0;
}

struct urchin_heap_entry *urchin_heap_first(const struct urchin_heap *heap)
{
	return heap->count ? heap->entries[0] : NULL;
}
