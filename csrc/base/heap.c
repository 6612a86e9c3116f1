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
		heap->slots[i].entry->position = 0;
	free(heap->slots);
	urchin_heap_init(heap);
}

static void place(struct urchin_heap *heap, size_t position, struct urchin_heap_entry *entry)
{
	heap->slots[position - 1] = (struct urchin_heap_slot){entry->deadline_us, entry};
	entry->position = position;
}

static void move(struct urchin_heap *heap, size_t position, const struct urchin_heap_slot *from)
{
	heap->slots[position - 1] = *from;
	from->entry->position = position;
}

static void sift_up(struct urchin_heap *heap, struct urchin_heap_entry *entry)
{
	size_t position = entry->position;
	while (position > 1) {
		const struct urchin_heap_slot *parent = &heap->slots[position / 2 - 1];
		if (parent->deadline_us <= entry->deadline_us)
			break;
		move(heap, position, parent);
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
		if (child < heap->count && heap->slots[child].deadline_us < heap->slots[child - 1].deadline_us)
			child++;
		if (entry->deadline_us <= heap->slots[child - 1].deadline_us)
			break;
		move(heap, position, &heap->slots[child - 1]);
		position = child;
	}
	place(heap, position, entry);
}

/* Finds the place of an entry that stands at its position in name only. */
static void settle(struct urchin_heap *heap, struct urchin_heap_entry *entry)
{
	sift_up(heap, entry);
	sift_down(heap, entry);
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
			struct urchin_heap_slot *slots = realloc(heap->slots, cap * sizeof(*slots));
			if (!slots)
				return URCHIN_ENOMEM;
			heap->slots = slots;
			heap->cap = cap;
		}
		entry->position = ++heap->count;
	}
	entry->deadline_us = deadline_us;
	settle(heap, entry);
	return 0;
}

void urchin_heap_remove(struct urchin_heap *heap, struct urchin_heap_entry *entry)
{
	if (!entry->position)
		return;
	struct urchin_heap_entry *last = heap->slots[--heap->count].entry;
	if (last != entry) {
		last->position = entry->position;
		settle(heap, last);
	}
	entry->position = 0;
}

struct urchin_heap_entry *urchin_heap_first(const struct urchin_heap *heap)
{
	return heap->count ? heap->slots[0].entry : NULL;
}
