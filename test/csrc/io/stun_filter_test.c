/* What the kernel lets through to a filtered socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/stun_filter.h"
#include "wire/stun.h"

static const uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN] = {1, 2, 3};

struct ends {
	int receiver;
	int sender;
	struct sockaddr_storage to;
	socklen_t len;
};

static struct ends open_ends(int family, const char *ufrag)
{
	struct sockaddr_in ip4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct ends ends = {.len = sizeof(ends.to)};

	ends.receiver = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ends.sender = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(ends.receiver, family == AF_INET ? (struct sockaddr *)&ip4 : (struct sockaddr *)&ip6,
			      family == AF_INET ? sizeof(ip4) : sizeof(ip6)),
			 0);
	assert_int_equal(getsockname(ends.receiver, (struct sockaddr *)&ends.to, &ends.len), 0);
	assert_int_equal(urchin_stun_filter_attach(ends.receiver, ufrag), 0);
	return ends;
}

static void close_ends(const struct ends *ends)
{
	close(ends->receiver);
	close(ends->sender);
}

static bool passes(const struct ends *ends, const uint8_t *bytes, size_t len)
{
	uint8_t got[2000];
	ssize_t received;

	assert_int_equal(sendto(ends->sender, bytes, len, 0, (const struct sockaddr *)&ends->to, ends->len), len);
	received = recv(ends->receiver, got, sizeof(got), MSG_DONTWAIT);
	if (received < 0)
		return false;
	assert_int_equal(received, len);
	assert_memory_equal(got, bytes, len);
	return true;
}

/* A check with `before` attributes ahead of the user name. */
static bool check_passes(const struct ends *ends, const char *username, int before)
{
	static const uint8_t odd[] = "odd";
	struct urchin_stun_writer writer;
	uint8_t bytes[1280];
	int len;

	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	for (int i = 0; i < before; i++)
		urchin_stun_add(&writer, 0x8888, odd, (size_t)(i % 4));
	if (username)
		urchin_stun_add_username(&writer, username);
	urchin_stun_add_priority(&writer, 1);
	len = urchin_stun_finish(&writer);
	assert_true(len > 0);
	return passes(ends, bytes, (size_t)len);
}

static void test_checks_for_us_pass_and_others_do_not(void **state)
{
	static const int families[] = {AF_INET, AF_INET6};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct ends ends = open_ends(families[i], "uFr4g");

		for (int before = 0; before < 10; before++) {
			assert_true(check_passes(&ends, "uFr4g:peer", before));
			assert_false(check_passes(&ends, "uFr4h:peer", before));
		}
		assert_false(check_passes(&ends, "uFr4g", 0));
		assert_false(check_passes(&ends, "uFr4", 0));
		assert_false(check_passes(&ends, "uFr4gg:peer", 0));
		assert_false(check_passes(&ends, "peer:uFr4g", 0));
		assert_false(check_passes(&ends, "", 0));
		assert_false(check_passes(&ends, NULL, 0));
		assert_false(check_passes(&ends, NULL, 5));
		close_ends(&ends);
	}
}

static void test_everything_but_requests_passes(void **state)
{
	struct ends ends = open_ends(AF_INET, "uFr4g");
	uint8_t bytes[100] = {0};

	(void)state;
	for (int type = 0; type < 0x200; type++) {
		bytes[0] = (uint8_t)(type >> 8);
		bytes[1] = (uint8_t)type;
		assert_int_equal(passes(&ends, bytes, sizeof(bytes)), type != 1);
	}
	bytes[0] = 0x80;
	assert_true(passes(&ends, bytes, sizeof(bytes)));
	close_ends(&ends);
}

static void test_broken_requests_are_dropped(void **state)
{
	struct ends ends = open_ends(AF_INET, "uFr4g");
	uint8_t bytes[200] = {0, 1, 0, 180, 0x21, 0x12, 0xa4, 0x42};

	(void)state;
	for (size_t len = 2; len <= sizeof(bytes); len++)
		assert_false(passes(&ends, bytes, len));
	/* A length beyond the end. */
	bytes[20] = 0x88;
	memset(bytes + 22, 0xff, 2);
	assert_false(passes(&ends, bytes, sizeof(bytes)));
	close_ends(&ends);
}

static void test_long_user_names_fit(void **state)
{
	char ufrag[257];
	char username[300];

	(void)state;
	memset(ufrag, 'x', sizeof(ufrag));
	for (size_t len = 1; len <= 256; len += 51) {
		struct ends ends;

		ufrag[len] = '\0';
		ends = open_ends(AF_INET, ufrag);
		memcpy(username, ufrag, len);
		memcpy(username + len, ":peer", 6);
		assert_true(check_passes(&ends, username, 3));
		username[len < 60 ? len - 1 : 60] = 'y';
		assert_false(check_passes(&ends, username, 3));
		close_ends(&ends);
		ufrag[len] = 'x';
	}
	assert_int_equal(urchin_stun_filter_attach(-1, "abcd"), URCHIN_ESYSTEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_checks_for_us_pass_and_others_do_not),
	    cmocka_unit_test(test_everything_but_requests_passes),
	    cmocka_unit_test(test_broken_requests_are_dropped),
	    cmocka_unit_test(test_long_user_names_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
