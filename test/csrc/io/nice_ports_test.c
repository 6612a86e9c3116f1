/* Looking for free ports: each of the range once, quickly, and none that is taken on any address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/nice_ports.h"
#include "support/fds.h"

#define FIRST 22500
#define SIZE 40

static NiceAddress addresses[2];
static int fds[SIZE];

static int take(int type, const char *text, uint16_t port)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, text, &name.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

static struct urchin_nice_ports make(size_t count, uint16_t max, bool tcp, uint32_t random)
{
	struct urchin_nice_ports ports = {.addresses = addresses, .count = count, .min = FIRST, .max = max, .tcp = tcp};

	nice_address_init(&addresses[0]);
	nice_address_set_from_string(&addresses[0], "127.0.0.1");
	nice_address_init(&addresses[1]);
	nice_address_set_from_string(&addresses[1], "127.0.0.2");
	urchin_nice_ports_init(&ports, random);
	return ports;
}

static void test_each_port_comes_once(void **state)
{
	int level = count_fds();

	(void)state;
	for (uint32_t size = 1; size <= SIZE; size++) {
		for (uint32_t i = 0; i < 50; i++) {
			struct urchin_nice_ports ports =
			    make(1, (uint16_t)(FIRST + size - 1), false, i * 2654435761U + size);
			bool seen[SIZE] = {false};

			for (uint32_t j = 0; j < size; j++) {
				int port = urchin_nice_ports_next(&ports);

				assert_in_range(port, FIRST, FIRST + (int)size - 1);
				assert_false(seen[port - FIRST]);
				seen[port - FIRST] = true;
			}
			assert_int_equal(urchin_nice_ports_next(&ports), URCHIN_EFULL);
		}
	}
	assert_int_equal(count_fds(), level);
}

static void test_the_whole_range_of_ports_is_possible(void **state)
{
	struct urchin_nice_ports ports = {.addresses = addresses, .count = 0, .min = 1, .max = 65535};

	(void)state;
	urchin_nice_ports_init(&ports, 0xffffffff);
	for (int i = 0; i < 65535; i++)
		assert_in_range(urchin_nice_ports_next(&ports), 1, 65535);
	assert_int_equal(urchin_nice_ports_next(&ports), URCHIN_EFULL);
}

static void test_taken_ports_are_passed_over(void **state)
{
	(void)state;
	for (int i = 0; i < SIZE; i++)
		fds[i] = i == 17 ? -1 : take(SOCK_DGRAM, i % 2 ? "127.0.0.1" : "127.0.0.2", (uint16_t)(FIRST + i));
	for (uint32_t i = 0; i < 20; i++) {
		struct urchin_nice_ports ports = make(2, FIRST + SIZE - 1, false, i * 2654435761U);

		assert_int_equal(urchin_nice_ports_next(&ports), FIRST + 17);
		assert_int_equal(urchin_nice_ports_next(&ports), URCHIN_EFULL);
	}
	fds[17] = take(SOCK_STREAM, "127.0.0.1", FIRST + 17);
	{
		struct urchin_nice_ports udp = make(2, FIRST + SIZE - 1, false, 7);
		struct urchin_nice_ports tcp = make(2, FIRST + SIZE - 1, true, 7);

		assert_int_equal(urchin_nice_ports_next(&udp), FIRST + 17);
		assert_int_equal(urchin_nice_ports_next(&tcp), URCHIN_EFULL);
	}
	for (int i = 0; i < SIZE; i++)
		close(fds[i]);
}

static void test_addresses_of_others_do_not_count(void **state)
{
	struct urchin_nice_ports ports = make(2, FIRST + 3, false, 1);

	(void)state;
	nice_address_set_from_string(&addresses[1], "192.0.2.77");
	assert_in_range(urchin_nice_ports_next(&ports), FIRST, FIRST + 3);
}

/* libnice's search needed 11 ms for a free port when 90 % of 1000 were taken, and 160 ms when all were. */
static void test_nearly_full_and_full_are_quick(void **state)
{
	enum { MANY = 1000, ROUNDS = 50 };
	static int many[MANY];
	uint64_t begin_us;

	(void)state;
	for (int i = 0; i < MANY; i++)
		many[i] = i % 10 == 3 ? -1 : take(SOCK_DGRAM, "127.0.0.1", (uint16_t)(FIRST + i));
	begin_us = urchin_clock_us();
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct urchin_nice_ports ports = make(1, FIRST + MANY - 1, false, i * 2654435761U);

		assert_int_equal((urchin_nice_ports_next(&ports) - FIRST) % 10, 3);
	}
	print_message("90 %% full: %d µs for a port\n", (int)((urchin_clock_us() - begin_us) / ROUNDS));
	for (int i = 3; i < MANY; i += 10)
		many[i] = take(SOCK_DGRAM, "127.0.0.1", (uint16_t)(FIRST + i));
	begin_us = urchin_clock_us();
	{
		struct urchin_nice_ports ports = make(1, FIRST + MANY - 1, false, 5);

		assert_int_equal(urchin_nice_ports_next(&ports), URCHIN_EFULL);
	}
	print_message("full: %d µs\n", (int)(urchin_clock_us() - begin_us));
	for (int i = 0; i < MANY; i++)
		close(many[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_port_comes_once),
	    cmocka_unit_test(test_the_whole_range_of_ports_is_possible),
	    cmocka_unit_test(test_taken_ports_are_passed_over),
	    cmocka_unit_test(test_addresses_of_others_do_not_count),
	    cmocka_unit_test(test_nearly_full_and_full_are_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
