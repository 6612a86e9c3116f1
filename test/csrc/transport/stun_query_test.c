/* A query to a STUN server in fake time: retransmissions, giving up, which answers count (RFC 8489 6.2.1, 6.3). */
#include "transport/stun_query.h"

#include "support/cmocka_all.h"

#include <string.h>

#include "base/err.h"

#define START_US UINT64_C(1000000)
#define MS UINT64_C(1000)
#define TAG 0xa1b2c3d4

struct world {
	struct urchin_stun_query query;
	struct urchin_addr server;
	uint8_t sent[64];
	uint8_t answer[URCHIN_STUN_MESSAGE_CAP];
	struct urchin_stun_writer writer;
};

static void start(struct world *world)
{
	assert_int_equal(urchin_addr_read(&world->server, "192.0.2.1", 3478), 0);
	urchin_stun_query_start(&world->query, &world->server, TAG, UINT64_C(0x0102030405060708), START_US);
}

static size_t next(struct world *world, uint64_t now_us)
{
	return urchin_stun_query_next(&world->query, now_us, world->sent, sizeof(world->sent));
}

static void begin_answer(struct world *world, enum urchin_stun_class class)
{
	urchin_stun_begin(&world->writer, world->answer, sizeof(world->answer), class, URCHIN_STUN_BINDING,
			  world->query.transaction);
}

static void add_mapped(struct world *world, const char *text, uint16_t port)
{
	struct urchin_addr mapped;
	assert_int_equal(urchin_addr_read(&mapped, text, port), 0);
	urchin_stun_add_mapped(&world->writer, &mapped);
}

static bool feed_from(struct world *world, const struct urchin_addr *from, uint64_t now_us)
{
	struct urchin_stun stun;
	int len = urchin_stun_finish_plain(&world->writer);
	assert_true(len > 0);
	assert_int_equal(urchin_stun_read(&stun, world->answer, (size_t)len), 0);
	return urchin_stun_query_feed(&world->query, from, &stun, now_us);
}

static bool feed(struct world *world, uint64_t now_us)
{
	return feed_from(world, &world->server, now_us);
}

static void sends_a_plain_request_at_once(void **state)
{
	(void)state;
	static const uint8_t wanted[] = {0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42, 0xa1, 0xb2,
					 0xc3, 0xd4, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};
	struct world world;
	start(&world);
	assert_int_equal(world.query.state, URCHIN_STUN_QUERY_PENDING);
	assert_true(urchin_stun_query_deadline_us(&world.query) == START_US);
	assert_int_equal(next(&world, START_US), sizeof(wanted));
	assert_memory_equal(world.sent, wanted, sizeof(wanted));
	assert_int_equal(world.query.sent_count, 1);
	assert_true(world.query.first_sent_us == START_US);
	assert_int_equal(next(&world, START_US), 0);
}

/* Steps to each deadline and notes when something was sent. Returns the time of giving up, from the start on. */
static uint64_t run_unanswered(struct world *world, uint64_t *sent_ms, size_t cap, size_t *count)
{
	uint64_t now_us = START_US;
	*count = 0;
	while (world->query.state == URCHIN_STUN_QUERY_PENDING) {
		uint8_t first[URCHIN_STUN_QUERY_LEN];
		now_us = urchin_stun_query_deadline_us(&world->query);
		assert_int_equal(now_us > START_US ? next(world, now_us - 1) : 0, 0);
		memcpy(first, world->sent, sizeof(first));
		if (next(world, now_us) == 0)
			continue;
		/* RFC 8489 6.2.1: the same bytes each time. */
		assert_true(*count == 0 || memcmp(first, world->sent, sizeof(first)) == 0);
		assert_true(*count < cap);
		sent_ms[(*count)++] = (now_us - START_US) / MS;
	}
	return (now_us - START_US) / MS;
}

static void gives_up_on_a_dead_server(void **state)
{
	(void)state;
	static const uint64_t wanted[] = {0, 500, 1500};
	uint64_t sent_ms[20];
	size_t count;
	struct world world;
	start(&world);
	assert_int_equal(run_unanswered(&world, sent_ms, 20, &count), 3500);
	assert_int_equal(count, URCHIN_STUN_QUERY_TRANSMISSIONS);
	assert_memory_equal(sent_ms, wanted, sizeof(wanted));
	assert_int_equal(world.query.state, URCHIN_STUN_QUERY_FAILED);
	assert_int_equal(world.query.error_code, 0);
	assert_false(world.query.has_answer);
	assert_true(urchin_stun_query_deadline_us(&world.query) == UINT64_MAX);
	assert_int_equal(next(&world, UINT64_MAX), 0);
}

/* RFC 8489 6.2.1 tells the very times. */
static void has_the_patience_of_the_rfc_when_asked(void **state)
{
	(void)state;
	static const uint64_t wanted[] = {0, 500, 1500, 3500, 7500, 15500, 31500};
	uint64_t sent_ms[20];
	size_t count;
	struct world world;
	start(&world);
	world.query.transmissions_max = URCHIN_STUN_QUERY_TRANSMISSIONS_RFC;
	assert_int_equal(run_unanswered(&world, sent_ms, 20, &count), 39500);
	assert_int_equal(count, 7);
	assert_memory_equal(sent_ms, wanted, sizeof(wanted));
}

static void a_late_call_sends_once(void **state)
{
	(void)state;
	struct world world;
	start(&world);
	assert_true(next(&world, START_US + 10000 * MS) > 0);
	assert_int_equal(next(&world, START_US + 10000 * MS), 0);
	assert_true(world.query.first_sent_us == START_US + 10000 * MS);
	assert_true(urchin_stun_query_deadline_us(&world.query) == START_US + 10500 * MS);
}

static void nothing_is_counted_that_does_not_fit(void **state)
{
	(void)state;
	struct world world;
	start(&world);
	assert_int_equal(urchin_stun_query_next(&world.query, START_US, world.sent, URCHIN_STUN_QUERY_LEN - 1), 0);
	assert_int_equal(world.query.sent_count, 0);
	assert_int_equal(next(&world, START_US), URCHIN_STUN_QUERY_LEN);
}

static void takes_the_mapped_address(void **state)
{
	(void)state;
	struct world world;
	struct urchin_addr wanted;
	start(&world);
	next(&world, START_US);
	begin_answer(&world, URCHIN_STUN_SUCCESS);
	add_mapped(&world, "198.51.100.7", 50000);
	assert_true(feed(&world, START_US + 30 * MS));
	assert_int_equal(world.query.state, URCHIN_STUN_QUERY_ANSWERED);
	urchin_addr_read(&wanted, "198.51.100.7", 50000);
	assert_true(urchin_addr_equal(&world.query.mapped, &wanted));
	assert_int_equal(world.query.rtt_us, 30 * MS);
	assert_true(urchin_stun_query_deadline_us(&world.query) == UINT64_MAX);
	assert_int_equal(next(&world, START_US + 500 * MS), 0);
	/* A repetition is ours, but too late to change anything. */
	begin_answer(&world, URCHIN_STUN_SUCCESS);
	add_mapped(&world, "198.51.100.8", 50000);
	assert_true(feed(&world, START_US + 40 * MS));
	assert_true(urchin_addr_equal(&world.query.mapped, &wanted));
	assert_int_equal(world.query.rtt_us, 30 * MS);
}

/* RFC 8489 6.2.1: an answer to an earlier transmission is an answer. */
static void takes_a_late_answer(void **state)
{
	(void)state;
	struct world world;
	start(&world);
	next(&world, START_US);
	next(&world, START_US + 500 * MS);
	begin_answer(&world, URCHIN_STUN_SUCCESS);
	add_mapped(&world, "198.51.100.7", 50000);
	assert_true(feed(&world, START_US + 600 * MS));
	assert_int_equal(world.query.state, URCHIN_STUN_QUERY_ANSWERED);
	assert_int_equal(world.query.rtt_us, 600 * MS);
}

static void an_answer_after_giving_up_changes_nothing(void **state)
{
	(void)state;
	uint64_t sent_ms[20];
	size_t count;
	struct world world;
	start(&world);
	run_unanswered(&world, sent_ms, 20, &count);
	begin_answer(&world, URCHIN_STUN_SUCCESS);
	add_mapped(&world, "198.51.100.7", 50000);
	assert_true(feed(&world, START_US + 4000 * MS));
	assert_int_equal(world.query.state, URCHIN_STUN_QUERY_FAILED);
	assert_int_equal(world.query.mapped.family, URCHIN_ADDR_NONE);
}

/* Strangers that guess or spoof get nowhere; the true answer still counts afterwards. */
static void ignores_what_is_not_the_answer(void **state)
{
	(void)state;
	static const char *const strangers[] = {"192.0.2.2", "2001:db8::1"};
	struct world world;
	struct urchin_addr from;
	start(&world);
	begin_answer(&world, URCHIN_STUN_SUCCESS);
	add_mapped(&world, "203.0.113.66", 6666);
	assert_false(feed(&world, START_US)); /* nothing was asked yet */
	next(&world, START_US);
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		urchin_addr_read(&from, strangers[i], 3478);
		assert_false(feed_from(&world, &from, START_US));
	}
	from = world.server;
	from.port++;
	assert_false(feed_from(&world, &from, START_US));
	for (size_t i = 8; i < 20; i++) {
		world.answer[i] ^= 1;
		assert_false(feed(&world, START_US));
		world.answer[i] ^= 1;
	}
	/* Request, indication, and another method. */
	static const uint8_t types[][2] = {{0x00, 0x01}, {0x00, 0x11}, {0x01, 0x03}};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		memcpy(world.answer, types[i], 2);
		assert_false(feed(&world, START_US));
	}
	assert_int_equal(world.query.state, URCHIN_STUN_QUERY_PENDING);
	memcpy(world.answer, "\x01\x01", 2);
	assert_true(feed(&world, START_US));
	assert_int_equal(world.query.state, URCHIN_STUN_QUERY_ANSWERED);
}

/* RFC 8489 6.3.4 */
static void tells_the_servers_error(void **state)
{
	(void)state;
	struct world world;
	start(&world);
	next(&world, START_US);
	begin_answer(&world, URCHIN_STUN_ERROR);
	urchin_stun_add_error(&world.writer, 401, "Unauthorized");
	assert_true(feed(&world, START_US + 5 * MS));
	assert_int_equal(world.query.state, URCHIN_STUN_QUERY_FAILED);
	assert_int_equal(world.query.error_code, 401);
	assert_true(world.query.has_answer);
	assert_int_equal(next(&world, START_US + 500 * MS), 0);
}

static void assert_useless(struct world *world)
{
	assert_true(feed(world, START_US + 5 * MS));
	assert_int_equal(world->query.state, URCHIN_STUN_QUERY_FAILED);
	assert_int_equal(world->query.error_code, 0);
	assert_int_equal(world->query.mapped.family, URCHIN_ADDR_NONE);
	assert_true(world->query.has_answer);
}

/* RFC 8489 6.3.3: an attribute that must be understood fails the transaction; so do answers without a usable address.
 */
static void useless_answers_fail(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint16_t port;
	} useless[] = {{"0.0.0.0", 1}, {"224.0.0.1", 1}, {"198.51.100.7", 0}, {"2001:db8::7", 1}};
	struct world world;
	start(&world);
	next(&world, START_US);
	begin_answer(&world, URCHIN_STUN_SUCCESS);
	assert_useless(&world);
	start(&world);
	next(&world, START_US);
	begin_answer(&world, URCHIN_STUN_SUCCESS);
	add_mapped(&world, "198.51.100.7", 50000);
	urchin_stun_add(&world.writer, 0x7777, NULL, 0);
	assert_useless(&world);
	start(&world);
	next(&world, START_US);
	begin_answer(&world, URCHIN_STUN_ERROR);
	assert_useless(&world);
	for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++) {
		start(&world);
		next(&world, START_US);
		begin_answer(&world, URCHIN_STUN_SUCCESS);
		add_mapped(&world, useless[i].text, useless[i].port);
		assert_useless(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sends_a_plain_request_at_once),
	    cmocka_unit_test(gives_up_on_a_dead_server),
	    cmocka_unit_test(has_the_patience_of_the_rfc_when_asked),
	    cmocka_unit_test(a_late_call_sends_once),
	    cmocka_unit_test(nothing_is_counted_that_does_not_fit),
	    cmocka_unit_test(takes_the_mapped_address),
	    cmocka_unit_test(takes_a_late_answer),
	    cmocka_unit_test(an_answer_after_giving_up_changes_nothing),
	    cmocka_unit_test(ignores_what_is_not_the_answer),
	    cmocka_unit_test(tells_the_servers_error),
	    cmocka_unit_test(useless_answers_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
