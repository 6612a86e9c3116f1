/* The deadline heap against a linear search. */
#include "base/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define ENTRIES 300

static void gives_the_earliest_first(void **state)
{
	(void)state;
	struct urchin_heap heap;
	static struct urchin_heap_entry entries[ENTRIES];
	urchin_heap_init(&heap);
	assert_null(urchin_heap_first(&heap));
	srand(3);
	for (size_t i = 0; i < ENTRIES; i++)
		assert_int_equal(urchin_heap_set(&heap, &entries[i], (uint64_t)rand() % 1000), 0);
	uint64_t last = 0;
	for (size_t i = 0; i < ENTRIES; i++) {
		struct urchin_heap_entry *first = urchin_heap_first(&heap);
		assert_true(first->deadline_us >= last);
		last = first->deadline_us;
		urchin_heap_remove(&heap, first);
		assert_int_equal(first->position, 0);
	}
	assert_null(urchin_heap_first(&heap));
	urchin_heap_clear(&heap);
}

/* Random moves, removals and additions against a linear search. */
static void stays_right_under_changes(void **state)
{
	(void)state;
	struct urchin_heap heap;
	static struct urchin_heap_entry entries[ENTRIES];
	urchin_heap_init(&heap);
	srand(5);
	for (int round = 0; round < 20000; round++) {
		struct urchin_heap_entry *entry = &entries[rand() % ENTRIES];
		switch (rand() % 3) {
		case 0:
			urchin_heap_remove(&heap, entry);
			break;
		case 1:
			assert_int_equal(urchin_heap_set(&heap, entry, URCHIN_NEVER_US), 0);
			assert_int_equal(entry->position, 0);
			break;
		default:
			assert_int_equal(urchin_heap_set(&heap, entry, (uint64_t)rand() % 5000), 0);
		}
		uint64_t earliest = URCHIN_NEVER_US;
		size_t count = 0;
		for (size_t i = 0; i < ENTRIES; i++) {
			if (!entries[i].position)
				continue;
			count++;
			if (entries[i].deadline_us < earliest)
				earliest = entries[i].deadline_us;
		}
		struct urchin_heap_entry *first = urchin_heap_first(&heap);
		assert_int_equal(heap.count, count);
		assert_true(first ? first->deadline_us == earliest : count == 0);
	}
	urchin_heap_clear(&heap);
	for (size_t i = 0; i < ENTRIES; i++)
		assert_int_equal(entries[i].position, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gives_the_earliest_first),
	    cmocka_unit_test(stays_right_under_changes),
	};
	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
