/* Parcels between threads: all arrive in order, boxes are bounded, and a closed box takes nothing. */
#include "support/cmocka_all.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "io/mailbox.h"
#include "support/fds.h"

#define PARCELS 20000

static atomic_int filled;

static void on_filled(void *owner)
{
	(void)owner;
	atomic_fetch_add(&filled, 1);
}

static void numbers_are_given_out_and_taken_back(void **state)
{
	int numbers[URCHIN_MAILBOXES_MAX];

	(void)state;
	for (int i = 0; i < URCHIN_MAILBOXES_MAX; i++) {
		numbers[i] = urchin_mailbox_open(on_filled, NULL);
		assert_int_equal(numbers[i], i);
	}
	assert_int_equal(urchin_mailbox_open(on_filled, NULL), URCHIN_EFULL);
	urchin_mailbox_close(7);
	assert_int_equal(urchin_mailbox_open(on_filled, NULL), 7);
	for (int i = 0; i < URCHIN_MAILBOXES_MAX; i++)
		urchin_mailbox_close((unsigned)numbers[i]);
}

static void a_closed_box_takes_nothing(void **state)
{
	struct urchin_parcel parcel = {.kind = URCHIN_PARCEL_CLOCK};
	int number = urchin_mailbox_open(on_filled, NULL);

	(void)state;
	assert_int_equal(urchin_mailbox_post((unsigned)number, &parcel), 0);
	urchin_mailbox_close((unsigned)number);
	assert_int_equal(urchin_mailbox_post((unsigned)number, &parcel), URCHIN_ENOTFOUND);
	assert_int_equal(urchin_mailbox_post(64, &parcel), URCHIN_ENOTFOUND);
	assert_int_equal(urchin_mailbox_post(4000000000u, &parcel), URCHIN_ENOTFOUND);
}

static void a_box_that_nobody_empties_is_bounded(void **state)
{
	struct urchin_parcel parcel = {.kind = URCHIN_PARCEL_CLOCK};
	struct urchin_batch batch = {0};
	int number = urchin_mailbox_open(on_filled, NULL);
	int err = 0;
	size_t count = 0;

	(void)state;
	atomic_store(&filled, 0);
	while (count < 100000 && (err = urchin_mailbox_post((unsigned)number, &parcel)) == 0)
		count++;
	assert_int_equal(err, URCHIN_EFULL);
	assert_int_equal(urchin_mailbox_take((unsigned)number, &batch), count);
	assert_int_equal(urchin_mailbox_post((unsigned)number, &parcel), 0);
	assert_int_equal(atomic_load(&filled), 2);
	urchin_mailbox_close((unsigned)number);
	urchin_batch_clear(&batch);
}

static size_t fill(unsigned number, const struct urchin_parcel *parcel)
{
	size_t count = 0;

	while (count < 100000 && urchin_mailbox_post(number, parcel) == 0)
		count++;
	return count;
}

/* A box took whatever came first: when video had filled it, a key-frame request or a peer's address was lost. */
static void a_box_that_gets_full_leaves_out_video_before_the_rest(void **state)
{
	const struct urchin_parcel stranger = {.kind = URCHIN_PARCEL_DATAGRAM, .is_stranger = true};
	const struct urchin_parcel video = {.kind = URCHIN_PARCEL_PACKET, .is_video = true};
	const struct urchin_parcel audio = {.kind = URCHIN_PARCEL_PACKET};
	const struct urchin_parcel datagram = {.kind = URCHIN_PARCEL_DATAGRAM};
	const struct urchin_parcel controls[] = {
	    {.kind = URCHIN_PARCEL_KEYFRAME}, {.kind = URCHIN_PARCEL_CLOCK}, {.kind = URCHIN_PARCEL_CLAIM}};
	struct urchin_batch batch = {0};
	unsigned number = (unsigned)urchin_mailbox_open(on_filled, NULL);
	size_t count = 0;

	(void)state;
	assert_int_equal(count += fill(number, &stranger), 1024);
	assert_int_equal(count += fill(number, &video), 3072);
	assert_int_equal(urchin_mailbox_post(number, &stranger), URCHIN_EFULL);
	assert_int_equal(urchin_mailbox_post(number, &audio), 0);
	assert_int_equal(urchin_mailbox_post(number, &datagram), 0);
	assert_int_equal(urchin_mailbox_post(number, &video), URCHIN_EFULL);
	count += 2 + fill(number, &audio);
	assert_int_equal(count, 4096);
	assert_int_equal(urchin_mailbox_post(number, &datagram), URCHIN_EFULL);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(urchin_mailbox_post(number, &controls[i]), 0);
	assert_int_equal(count += 3 + fill(number, &controls[0]), 5120);
	assert_int_equal(urchin_mailbox_take(number, &batch), count);
	assert_int_equal(urchin_mailbox_post(number, &stranger), 0);
	urchin_mailbox_close(number);
	urchin_batch_clear(&batch);
}

static void *post_all(void *owner)
{
	unsigned number = *(unsigned *)owner;
	struct urchin_parcel parcel = {.kind = URCHIN_PARCEL_PACKET, .len = 4};

	for (uint64_t i = 0; i < PARCELS; i++) {
		parcel.id = i;
		memcpy(parcel.bytes, &i, 4);
		while (urchin_mailbox_post(number, &parcel) == URCHIN_EFULL)
			sched_yield();
	}
	return NULL;
}

static void parcels_of_a_thread_arrive_in_order(void **state)
{
	struct urchin_batch batch = {0};
	unsigned number = (unsigned)urchin_mailbox_open(on_filled, NULL);
	pthread_t thread;
	uint64_t next = 0;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, post_all, &number), 0);
	while (next < PARCELS) {
		const struct urchin_parcel *parcel;

		urchin_mailbox_take(number, &batch);
		while ((parcel = urchin_batch_next(&batch))) {
			assert_int_equal(parcel->id, next);
			assert_memory_equal(parcel->bytes, &next, 4);
			next++;
		}
	}
	pthread_join(thread, NULL);
	urchin_mailbox_close(number);
	urchin_batch_clear(&batch);
}

/* Strangers never fill a box that media crosses by. */
static void a_flood_of_datagrams_leaves_room_for_packets(void **state)
{
	struct urchin_parcel parcel = {.kind = URCHIN_PARCEL_DATAGRAM, .is_stranger = true};
	struct urchin_batch batch = {0};
	unsigned number = (unsigned)urchin_mailbox_open(on_filled, NULL);
	size_t count = 0;

	(void)state;
	while (count < 100000 && urchin_mailbox_post(number, &parcel) == 0)
		count++;
	assert_in_range(count, 64, 99999);
	parcel.kind = URCHIN_PARCEL_PACKET;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(urchin_mailbox_post(number, &parcel), 0);
	urchin_mailbox_take(number, &batch);
	parcel.kind = URCHIN_PARCEL_DATAGRAM;
	assert_int_equal(urchin_mailbox_post(number, &parcel), 0);
	urchin_mailbox_close(number);
	urchin_batch_clear(&batch);
}

/* Descriptors in boxes are few, and none is lost: who could not post one still has it, and a box closes its own. */
static void connections_in_boxes_are_closed_once(void **state)
{
	struct urchin_parcel parcel = {.kind = URCHIN_PARCEL_LINK};
	struct urchin_batch batch = {0};
	const struct urchin_parcel *taken;
	unsigned number = (unsigned)urchin_mailbox_open(on_filled, NULL);
	int level = count_fds();
	int posted = 0;

	(void)state;
	while (posted < 10000) {
		parcel.fd = dup(0);
		assert_true(parcel.fd >= 0);
		if (urchin_mailbox_post(number, &parcel))
			break;
		posted++;
	}
	assert_in_range(posted, 1, 256);
	close(parcel.fd);
	/* Everything else still has room, and what was taken out makes room. */
	parcel.kind = URCHIN_PARCEL_CLOCK;
	assert_int_equal(urchin_mailbox_post(number, &parcel), 0);
	assert_int_equal(urchin_mailbox_take(number, &batch), posted + 1);
	while ((taken = urchin_batch_next(&batch)))
		urchin_parcel_clear(taken);
	assert_int_equal(count_fds(), level);
	parcel.kind = URCHIN_PARCEL_LINK;
	parcel.fd = dup(0);
	assert_int_equal(urchin_mailbox_post(number, &parcel), 0);
	urchin_mailbox_close(number);
	assert_int_equal(count_fds(), level);
	urchin_batch_clear(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_are_given_out_and_taken_back),
	    cmocka_unit_test(a_closed_box_takes_nothing),
	    cmocka_unit_test(a_box_that_nobody_empties_is_bounded),
	    cmocka_unit_test(a_box_that_gets_full_leaves_out_video_before_the_rest),
	    cmocka_unit_test(parcels_of_a_thread_arrive_in_order),
	    cmocka_unit_test(a_flood_of_datagrams_leaves_room_for_packets),
	    cmocka_unit_test(connections_in_boxes_are_closed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
