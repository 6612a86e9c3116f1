/* Reading UDP sockets in batches, with trains of datagrams that the kernel kept together. */
#include "support/loopback.h"

#include <arpa/inet.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

#include "io/udp_inbox.h"

#define SEGMENT 1000
#define TRAIN (5 * SEGMENT + 300)

static struct urchin_udp_inbox *inbox;

static int set_up(void **state)
{
	(void)state;
	inbox = urchin_udp_inbox_new();
	return inbox ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	urchin_udp_inbox_free(inbox);
	return 0;
}

/* Each round of the same arena hears another family and other lengths: nothing of the round before shows. */
static void test_each_message_has_its_sender_and_length(void **state)
{
	static const int families[] = {AF_INET6, AF_INET, AF_INET6};

	(void)state;
	for (size_t round = 0; round < 3; round++) {
		struct sockaddr_storage from, to;
		socklen_t from_len, to_len;
		int sender = open_bound(families[round], &from, &from_len);
		int fd = open_bound(families[round], &to, &to_len);
		uint8_t bytes[1500];

		assert_int_equal(urchin_udp_inbox_read(inbox, fd), 0);
		for (size_t i = 0; i < 10; i++) {
			memset(bytes, (int)i, sizeof(bytes));
			assert_true(sendto(sender, bytes, i * 100, 0, (struct sockaddr *)&to, to_len) >= 0);
		}
		assert_int_equal(urchin_udp_inbox_read(inbox, fd), 10);
		for (size_t i = 0; i < 10; i++) {
			struct urchin_udp_message message = urchin_udp_inbox_get(inbox, i);

			assert_memory_equal(message.from, &from, from_len);
			assert_int_equal(message.len, i * 100);
			assert_int_equal(message.segment_len, i > 0 ? message.len : 1);
			assert_true(i == 0 || message.bytes[message.len - 1] == i);
		}
		close(sender);
		close(fd);
	}
}

static void test_what_is_more_than_a_batch_comes_next(void **state)
{
	struct sockaddr_storage from, to;
	socklen_t from_len, to_len;
	int sender = open_bound(AF_INET, &from, &from_len);
	int fd = open_bound(AF_INET, &to, &to_len);

	(void)state;
	for (uint8_t i = 0; i < 100; i++)
		assert_int_equal(sendto(sender, &i, 1, 0, (struct sockaddr *)&to, to_len), 1);
	assert_int_equal(urchin_udp_inbox_read(inbox, fd), URCHIN_UDP_INBOX_MAX);
	assert_int_equal(urchin_udp_inbox_get(inbox, URCHIN_UDP_INBOX_MAX - 1).bytes[0], URCHIN_UDP_INBOX_MAX - 1);
	assert_int_equal(urchin_udp_inbox_read(inbox, fd), 100 - URCHIN_UDP_INBOX_MAX);
	assert_int_equal(urchin_udp_inbox_get(inbox, 0).bytes[0], URCHIN_UDP_INBOX_MAX);
	assert_int_equal(urchin_udp_inbox_read(inbox, fd), 0);
	close(sender);
	close(fd);
}

/* UDP_SEGMENT trains cross loopback whole, and UDP_GRO hands them over so. */
static void test_a_train_says_where_its_datagrams_are(void **state)
{
	struct sockaddr_storage from, to;
	socklen_t from_len, to_len;
	int sender = open_bound(AF_INET, &from, &from_len);
	int fd = open_bound(AF_INET, &to, &to_len);
	uint8_t bytes[TRAIN];
	struct urchin_udp_message message;
	int segment = SEGMENT, on = 1;

	(void)state;
	if (setsockopt(sender, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)) ||
	    setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on)))
		skip();
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i / SEGMENT);
	assert_int_equal(sendto(sender, bytes, sizeof(bytes), 0, (struct sockaddr *)&to, to_len), sizeof(bytes));
	assert_int_equal(urchin_udp_inbox_read(inbox, fd), 1);
	message = urchin_udp_inbox_get(inbox, 0);
	assert_int_equal(message.len, sizeof(bytes));
	assert_int_equal(message.segment_len, SEGMENT);
	assert_memory_equal(message.bytes, bytes, sizeof(bytes));
	close(sender);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_each_message_has_its_sender_and_length, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_what_is_more_than_a_batch_comes_next, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_a_train_says_where_its_datagrams_are, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
