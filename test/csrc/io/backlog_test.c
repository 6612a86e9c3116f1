/* Sockets that are full, in fake time: who waits, who leaves first, who is dropped, and that nobody is forgotten. */
#include "support/cmocka_all.h"

#include <string.h>

#include "base/err.h"
#include "io/backlog.h"
#include "io/egress.h"

#define WAYS 3
#define SENT_MAX 2048

/* Descriptors 70 and 71 with two ways and one; each takes as many datagrams as it has room for. */
struct world {
	struct urchin_backlog *backlog;
	struct urchin_egress_way ways[WAYS];
	int room[2];
	bool is_refused[WAYS];
	size_t sent_count;
	uint8_t sent_numbers[SENT_MAX];
	size_t tries;
};

static int on_send(void *owner, const struct urchin_egress_way *way, const uint8_t *bytes, size_t len)
{
	struct world *world = owner;

	assert_int_equal(len, 1 + bytes[0] % 3);
	world->tries++;
	if (world->is_refused[way - world->ways])
		return URCHIN_ESYSTEM;
	if (world->room[way->fd - 70] == 0)
		return URCHIN_EFULL;
	world->room[way->fd - 70]--;
	world->sent_numbers[world->sent_count++] = bytes[0];
	return 0;
}

static void open_world(struct world *world)
{
	memset(world, 0, sizeof(*world));
	world->backlog = urchin_backlog_new(on_send, world);
	assert_non_null(world->backlog);
	world->ways[0].fd = world->ways[1].fd = 70;
	world->ways[2].fd = 71;
}

static void put(struct world *world, size_t way, uint8_t number, bool is_video, uint64_t now_us)
{
	uint8_t bytes[3] = {number};

	urchin_backlog_put(world->backlog, &world->ways[way], bytes, 1 + number % 3, is_video, now_us);
}

static void expect_sent(struct world *world, const uint8_t *numbers, size_t count)
{
	assert_int_equal(world->sent_count, count);
	assert_memory_equal(world->sent_numbers, numbers, count);
	world->sent_count = 0;
}

static void what_is_not_video_leaves_first_and_each_kind_in_order(void **state)
{
	struct world world;

	(void)state;
	open_world(&world);
	put(&world, 0, 1, true, 1000);
	put(&world, 1, 2, false, 1000);
	put(&world, 0, 3, true, 1000);
	put(&world, 0, 4, false, 1000);
	put(&world, 1, 5, true, 1000);
	world.room[0] = 3;
	urchin_backlog_retry(world.backlog, 3000);
	expect_sent(&world, (const uint8_t[]){2, 4, 1}, 3);
	assert_true(urchin_backlog_is_stuck(world.backlog, 70));
	put(&world, 1, 6, false, 3000);
	world.room[0] = 10;
	urchin_backlog_retry(world.backlog, 5000);
	expect_sent(&world, (const uint8_t[]){6, 3, 5}, 3);
	assert_int_equal(urchin_backlog_count(world.backlog), 0);
	assert_false(urchin_backlog_is_stuck(world.backlog, 70));
	assert_int_equal(world.ways[0].datagrams_sent, 3);
	assert_int_equal(world.ways[1].datagrams_sent, 3);
	assert_int_equal(world.ways[0].bytes_sent, 2 + 1 + 2);
	assert_int_equal(world.ways[0].datagrams_dropped + world.ways[1].datagrams_dropped, 0);
	urchin_backlog_free(world.backlog);
}

/* One try tells that a socket is full, however much waits for it; another socket is not kept by it. */
static void a_full_socket_holds_up_no_other(void **state)
{
	struct world world;

	(void)state;
	open_world(&world);
	for (uint8_t i = 0; i < 20; i++)
		put(&world, i % 3, i, i % 2, 1000);
	world.room[1] = 100;
	urchin_backlog_retry(world.backlog, 2000);
	assert_int_equal(world.ways[2].datagrams_sent, 6);
	assert_int_equal(world.tries, 1 + 6);
	assert_true(urchin_backlog_is_stuck(world.backlog, 70));
	assert_false(urchin_backlog_is_stuck(world.backlog, 71));
	assert_false(urchin_backlog_is_stuck(world.backlog, 7000));
	assert_int_equal(urchin_backlog_count(world.backlog), 14);
	urchin_backlog_free(world.backlog);
}

static void what_can_not_be_sent_is_dropped_and_holds_up_nobody(void **state)
{
	struct world world;

	(void)state;
	open_world(&world);
	put(&world, 0, 1, false, 1000);
	put(&world, 1, 2, false, 1000);
	put(&world, 0, 3, true, 1000);
	world.is_refused[0] = true;
	world.room[0] = 5;
	urchin_backlog_retry(world.backlog, 2000);
	expect_sent(&world, (const uint8_t[]){2}, 1);
	assert_int_equal(world.ways[0].datagrams_dropped, 2);
	assert_int_equal(world.ways[0].video_dropped, 1);
	assert_int_equal(urchin_backlog_count(world.backlog), 0);
	urchin_backlog_free(world.backlog);
}

static void what_is_too_old_is_dropped(void **state)
{
	struct world world;

	(void)state;
	open_world(&world);
	put(&world, 0, 1, true, 1000);
	put(&world, 0, 2, false, 1000);
	put(&world, 0, 3, true, 2000);
	urchin_backlog_retry(world.backlog, 1000 + URCHIN_BACKLOG_AGE_US);
	assert_int_equal(urchin_backlog_count(world.backlog), 3);
	urchin_backlog_retry(world.backlog, 1001 + URCHIN_BACKLOG_AGE_US);
	assert_int_equal(urchin_backlog_count(world.backlog), 1);
	assert_int_equal(world.ways[0].datagrams_dropped, 2);
	assert_int_equal(world.ways[0].video_dropped, 1);
	world.room[0] = 1;
	urchin_backlog_retry(world.backlog, 2000 + URCHIN_BACKLOG_AGE_US);
	expect_sent(&world, (const uint8_t[]){3}, 1);
	urchin_backlog_free(world.backlog);
}

/* The oldest video goes for whatever comes, video or not; only when there is none the oldest of the rest. */
static void when_there_is_no_room_the_oldest_video_goes_first(void **state)
{
	struct world world;

	(void)state;
	open_world(&world);
	for (size_t i = 0; i < URCHIN_BACKLOG_CAP; i++)
		put(&world, i == 0 ? 1 : 0, (uint8_t)(i & 0x7f), i % 2 == 0, 1000);
	put(&world, 2, 200, true, 1000);
	assert_int_equal(world.ways[1].video_dropped, 1);
	for (size_t i = 0; i < URCHIN_BACKLOG_CAP / 2; i++)
		put(&world, 2, 201, false, 1000);
	/* All video is gone, that of the newcomer too; nothing else is. */
	assert_int_equal(world.ways[0].video_dropped, URCHIN_BACKLOG_CAP / 2 - 1);
	assert_int_equal(world.ways[0].datagrams_dropped, URCHIN_BACKLOG_CAP / 2 - 1);
	assert_int_equal(world.ways[2].datagrams_dropped, 1);
	put(&world, 2, 202, true, 1000);
	assert_int_equal(world.ways[2].video_dropped, 2);
	put(&world, 2, 203, false, 1000);
	assert_int_equal(world.ways[0].datagrams_dropped, URCHIN_BACKLOG_CAP / 2);
	assert_int_equal(urchin_backlog_count(world.backlog), URCHIN_BACKLOG_CAP);
	world.room[0] = world.room[1] = SENT_MAX;
	urchin_backlog_retry(world.backlog, 2000);
	assert_int_equal(world.sent_count, URCHIN_BACKLOG_CAP);
	assert_int_equal(world.sent_numbers[0], 3);
	assert_int_equal(world.sent_numbers[URCHIN_BACKLOG_CAP - 1], 203);
	assert_int_equal(urchin_backlog_count(world.backlog), 0);
	urchin_backlog_free(world.backlog);
}

static void what_waits_for_a_way_that_goes_is_forgotten(void **state)
{
	struct world world;

	(void)state;
	open_world(&world);
	for (uint8_t i = 0; i < 12; i++)
		put(&world, i % 3, i, i % 4 < 2, 1000);
	urchin_backlog_forget(world.backlog, &world.ways[0]);
	assert_int_equal(urchin_backlog_count(world.backlog), 8);
	assert_int_equal(world.ways[0].datagrams_dropped, 4);
	memset(&world.ways[0], 0xff, sizeof(world.ways[0]));
	put(&world, 1, 12, false, 1000);
	put(&world, 1, 13, true, 1000);
	world.room[0] = world.room[1] = 100;
	urchin_backlog_retry(world.backlog, 2000);
	expect_sent(&world, (const uint8_t[]){2, 7, 10, 11, 12, 1, 4, 5, 8, 13}, 10);
	urchin_backlog_forget(world.backlog, &world.ways[1]);
	urchin_backlog_free(world.backlog);
}

static void what_is_no_datagram_of_ours_is_not_taken(void **state)
{
	static const uint8_t bytes[URCHIN_ICE_DATAGRAM_CAP + 1];
	struct world world;

	(void)state;
	open_world(&world);
	urchin_backlog_put(world.backlog, &world.ways[0], bytes, sizeof(bytes), false, 1000);
	world.ways[1].fd = -1;
	urchin_backlog_put(world.backlog, &world.ways[1], bytes, 1, true, 1000);
	assert_int_equal(urchin_backlog_count(world.backlog), 0);
	assert_int_equal(world.ways[0].datagrams_dropped, 1);
	assert_int_equal(world.ways[1].video_dropped, 1);
	urchin_backlog_free(world.backlog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_not_video_leaves_first_and_each_kind_in_order),
	    cmocka_unit_test(a_full_socket_holds_up_no_other),
	    cmocka_unit_test(what_can_not_be_sent_is_dropped_and_holds_up_nobody),
	    cmocka_unit_test(what_is_too_old_is_dropped),
	    cmocka_unit_test(when_there_is_no_room_the_oldest_video_goes_first),
	    cmocka_unit_test(what_waits_for_a_way_that_goes_is_forgotten),
	    cmocka_unit_test(what_is_no_datagram_of_ours_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
