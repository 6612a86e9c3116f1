/* Listening sockets that the workers of a process have together. */
#include "io/tcp_listener.h"

#include "io/mux_side.h"
#include "support/fds.h"

static void workers_share_it_until_the_last_one_leaves(void **state)
{
	struct urchin_addr addr = addr_of("127.0.0.1", free_port());
	int level = count_fds();
	int first = urchin_tcp_listener_open(&addr);
	int second = urchin_tcp_listener_open(&addr);
	int peer = open_plain(SOCK_STREAM);
	int accepted;

	(void)state;
	assert_true(first >= 0);
	assert_true(second >= 0);
	/* What waits for being accepted is not lost with the worker that leaves. */
	connect_to(peer, addr.port);
	urchin_tcp_listener_close(first);
	accepted = accept(second, NULL, NULL);
	assert_true(accepted >= 0);
	close(accepted);
	close(peer);
	assert_int_equal(accept(second, NULL, NULL), -1);
	urchin_tcp_listener_close(second);
	assert_int_equal(count_fds(), level);
	first = urchin_tcp_listener_open(&addr);
	assert_true(first >= 0);
	urchin_tcp_listener_close(first);
}

static void both_families_have_their_own(void **state)
{
	struct urchin_addr ipv4 = addr_of("127.0.0.1", free_port());
	struct urchin_addr ipv6 = addr_of("::1", ipv4.port);
	int first = urchin_tcp_listener_open(&ipv4);
	int second = urchin_tcp_listener_open(&ipv6);

	(void)state;
	assert_true(first >= 0);
	if (second >= 0)
		assert_int_not_equal(first, second);
	urchin_tcp_listener_close(first);
	urchin_tcp_listener_close(second);
}

static void a_port_of_others_is_an_error(void **state)
{
	int other = open_plain(SOCK_STREAM);
	struct urchin_addr addr = addr_of("127.0.0.1", port_of(other));
	int level = count_fds();

	(void)state;
	assert_int_equal(listen(other, 1), 0);
	assert_int_equal(urchin_tcp_listener_open(&addr), URCHIN_EEXIST);
	addr = addr_of("192.0.2.1", port_of(other));
	assert_int_equal(urchin_tcp_listener_open(&addr), URCHIN_ESYSTEM);
	assert_int_equal(count_fds(), level);
	urchin_tcp_listener_close(-1);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(workers_share_it_until_the_last_one_leaves),
	    cmocka_unit_test(both_families_have_their_own),
	    cmocka_unit_test(a_port_of_others_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
