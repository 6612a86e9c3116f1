/* The queue between threads: order, limit, one signal per filling, a writer and a reader at full speed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>

#include "base/err.h"
#include "io/queue.h"

static void count_signal(void *owner)
{
	(*(int *)owner)++;
}

static void test_signals_only_when_it_becomes_non_empty(void **state)
{
	struct urchin_batch batch = {0};
	struct urchin_queue queue;
	int signals = 0;

	(void)state;
	assert_int_equal(urchin_queue_init(&queue, sizeof(int), count_signal, &signals), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(urchin_queue_push(&queue, &i, SIZE_MAX), 0);
	assert_int_equal(signals, 1);
	assert_int_equal(urchin_queue_take(&queue, &batch), 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(*(int *)urchin_batch_next(&batch), i);
	assert_null(urchin_batch_next(&batch));
	assert_int_equal(urchin_queue_take(&queue, &batch), 0);
	assert_null(urchin_batch_next(&batch));
	assert_int_equal(urchin_queue_push(&queue, &signals, SIZE_MAX), 0);
	assert_int_equal(signals, 2);
	urchin_batch_clear(&batch);
	urchin_queue_clear(&queue);
}

static void test_limit_is_the_callers(void **state)
{
	struct urchin_batch batch = {0};
	struct urchin_queue queue;
	int signals = 0;
	int item = 7;

	(void)state;
	assert_int_equal(urchin_queue_init(&queue, sizeof(int), count_signal, &signals), 0);
	assert_int_equal(urchin_queue_push(&queue, &item, 2), 0);
	assert_int_equal(urchin_queue_push(&queue, &item, 2), 0);
	assert_int_equal(urchin_queue_push(&queue, &item, 2), URCHIN_EFULL);
	assert_int_equal(urchin_queue_push(&queue, &item, 3), 0);
	assert_int_equal(urchin_queue_count(&queue), 3);
	assert_int_equal(urchin_queue_take(&queue, &batch), 3);
	assert_int_equal(urchin_queue_push(&queue, &item, 2), 0);
	urchin_batch_clear(&batch);
	urchin_queue_clear(&queue);
}

struct crossing {
	struct urchin_queue queue;
	sem_t filled;
};

#define CROSSINGS 200000

static void post(void *owner)
{
	sem_post(&((struct crossing *)owner)->filled);
}

static void *write_all(void *owner)
{
	struct crossing *crossing = owner;

	for (uint64_t i = 0; i < CROSSINGS; i++)
		while (urchin_queue_push(&crossing->queue, &i, 5000) == URCHIN_EFULL)
			continue;
	return NULL;
}

static void test_nothing_is_lost_or_reordered_between_threads(void **state)
{
	struct urchin_batch batch = {0};
	struct crossing crossing;
	pthread_t writer;
	uint64_t expected = 0;

	(void)state;
	sem_init(&crossing.filled, 0, 0);
	assert_int_equal(urchin_queue_init(&crossing.queue, sizeof(uint64_t), post, &crossing), 0);
	assert_int_equal(pthread_create(&writer, NULL, write_all, &crossing), 0);
	/* A lost signal would hang here. */
	while (expected < CROSSINGS) {
		uint64_t *item;

		sem_wait(&crossing.filled);
		urchin_queue_take(&crossing.queue, &batch);
		while ((item = urchin_batch_next(&batch)))
			assert_int_equal(*item, expected++);
	}
	pthread_join(writer, NULL);
	urchin_batch_clear(&batch);
	urchin_queue_clear(&crossing.queue);
	sem_destroy(&crossing.filled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_signals_only_when_it_becomes_non_empty),
	    cmocka_unit_test(test_limit_is_the_callers),
	    cmocka_unit_test(test_nothing_is_lost_or_reordered_between_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
