/* Who is the first to open an address, and who joins. */
#include "support/cmocka_all.h"

#include <pthread.h>

#include "io/shared_ports.h"

static struct urchin_addr addr(uint16_t port)
{
	return (struct urchin_addr){.family = URCHIN_ADDR_IPV4, .port = port, .bytes = {127, 0, 0, 1}};
}

static bool open_addr(const struct urchin_addr *one)
{
	bool joins = urchin_shared_ports_begin(one);

	assert_int_equal(urchin_shared_ports_end(one, true), 0);
	return joins;
}

static void the_first_is_told_from_the_others(void **state)
{
	struct urchin_addr a = addr(1), b = addr(2);

	(void)state;
	assert_false(open_addr(&a));
	assert_true(open_addr(&a));
	assert_false(open_addr(&b));
	urchin_shared_ports_leave(&a);
	assert_true(open_addr(&a));
	urchin_shared_ports_leave(&a);
	urchin_shared_ports_leave(&a);
	assert_false(open_addr(&a));
	urchin_shared_ports_leave(&a);
	urchin_shared_ports_leave(&b);
	urchin_shared_ports_leave(&b);
}

static void what_failed_to_open_counts_for_nothing(void **state)
{
	struct urchin_addr a = addr(1);

	(void)state;
	assert_false(urchin_shared_ports_begin(&a));
	assert_int_equal(urchin_shared_ports_end(&a, false), 0);
	assert_false(open_addr(&a));
	urchin_shared_ports_leave(&a);
}

static void *open_often(void *owner)
{
	int *firsts = owner;
	struct urchin_addr a = addr(3);

	for (int i = 0; i < 2000; i++) {
		*firsts += !open_addr(&a);
		urchin_shared_ports_leave(&a);
	}
	return NULL;
}

static void threads_take_turns(void **state)
{
	struct urchin_addr a = addr(3);
	pthread_t threads[3];
	int firsts[3] = {0};

	(void)state;
	assert_false(open_addr(&a));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, open_often, &firsts[i]), 0);
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	/* It was open all the time. */
	assert_int_equal(firsts[0] + firsts[1] + firsts[2], 0);
	urchin_shared_ports_leave(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_is_told_from_the_others),
	    cmocka_unit_test(what_failed_to_open_counts_for_nothing),
	    cmocka_unit_test(threads_take_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
