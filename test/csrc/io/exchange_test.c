/* What crosses between workers, seen from a mailbox of the test's own: packets out of one, into another, and wishes. */
#include "io/host.h"

#include <time.h>

#include "base/bytes.h"
#include "io/mailbox.h"

#define RECEIVER 10
#define SENDER 20
#define IMPORT 30
#define REQUEST 100

struct scene {
	struct host a;
	struct host b;
	unsigned box; /* as if of a third worker */
	struct urchin_batch batch;
};

static void on_filled(void *owner)
{
	(void)owner;
}

static struct urchin_format video(void)
{
	struct urchin_format format = {.kind = URCHIN_VIDEO, .codec_count = 1};

	format.codecs[0] = (struct urchin_format_codec){
	    .payload_type = 96, .codec = URCHIN_CODEC_VP8, .clock_rate_hz = 90000, .pli = true};
	return format;
}

/* A's connection 1 and B's connection 2 are each other's peers. B sends what A receives. */
static void open_scene(struct scene *scene)
{
	struct urchin_receiver_config receiver = {.format = video()};
	struct urchin_sender_config sender = {.format = video(), .ssrc = 77, .cname = "c"};

	memset(scene, 0, sizeof(*scene));
	scene->box = (unsigned)urchin_mailbox_open(on_filled, NULL);
	start(&scene->a);
	start(&scene->b);
	assert_true(urchin_worker_number(scene->a.worker) >= 0);
	assert_int_not_equal(urchin_worker_number(scene->a.worker), urchin_worker_number(scene->b.worker));
	call(&scene->a, 1, &scene->b, 2, NULL);
	await(&scene->a, 1, URCHIN_EVENT_READY);
	await(&scene->b, 2, URCHIN_EVENT_READY);
	assert_int_equal(urchin_add_receiver(scene->a.worker, REQUEST, 1, RECEIVER, &receiver), 0);
	assert_int_equal(await_result(&scene->a, REQUEST), 0);
	assert_int_equal(urchin_add_import(scene->b.worker, REQUEST, IMPORT, scene->box, &receiver), 0);
	assert_int_equal(await_result(&scene->b, REQUEST), 0);
	assert_int_equal(urchin_add_sender(scene->b.worker, REQUEST + 1, 2, SENDER, &sender), 0);
	assert_int_equal(await_result(&scene->b, REQUEST + 1), 0);
}

static void close_scene(struct scene *scene)
{
	stop(&scene->a);
	stop(&scene->b);
	urchin_mailbox_close(scene->box);
	urchin_batch_clear(&scene->batch);
}

/* The next parcel for the test, which must come. */
static const struct urchin_parcel *await_parcel(struct scene *scene)
{
	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		const struct urchin_parcel *parcel = urchin_batch_next(&scene->batch);

		if (parcel)
			return parcel;
		if (urchin_mailbox_take(scene->box, &scene->batch) == 0)
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	fail_msg("no parcel");
	return NULL;
}

static void link_import(struct scene *scene)
{
	const struct urchin_payload_map map = {96, 96};

	assert_int_equal(urchin_set_sender_source(scene->b.worker, REQUEST + 2, SENDER, IMPORT, &map, 1), 0);
	assert_int_equal(await_result(&scene->b, REQUEST + 2), 0);
}

/* A VP8 key frame of one packet. */
static void post_keyframe(struct scene *scene, uint64_t import, uint16_t seq)
{
	struct urchin_parcel parcel = {.kind = URCHIN_PARCEL_PACKET, .from = scene->box, .id = import, .now_us = 1};
	static const uint8_t vp8[] = {0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0, 1, 0, 1};

	parcel.bytes[0] = 0x80;
	parcel.bytes[1] = 96;
	urchin_write_u16(parcel.bytes + 2, seq);
	urchin_write_u32(parcel.bytes + 8, 5);
	memcpy(parcel.bytes + 12, vp8, sizeof(vp8));
	parcel.len = 12 + sizeof(vp8);
	assert_int_equal(urchin_mailbox_post((unsigned)urchin_worker_number(scene->b.worker), &parcel), 0);
}

static void packets_come_in_and_go_out(void **state)
{
	struct scene scene;
	const struct urchin_parcel *parcel;

	(void)state;
	open_scene(&scene);
	assert_int_equal(urchin_export_receiver(scene.a.worker, REQUEST + 3, RECEIVER, scene.box, true), 0);
	assert_int_equal(await_result(&scene.a, REQUEST + 3), 0);
	link_import(&scene);
	parcel = await_parcel(&scene);
	assert_int_equal(parcel->kind, URCHIN_PARCEL_KEYFRAME);
	assert_int_equal(parcel->id, IMPORT);
	assert_int_equal(parcel->from, urchin_worker_number(scene.b.worker));
	post_keyframe(&scene, IMPORT, 500);
	await(&scene.a, 1, URCHIN_EVENT_RECEIVER_ACTIVE);
	parcel = await_parcel(&scene);
	assert_int_equal(parcel->kind, URCHIN_PARCEL_PACKET);
	assert_int_equal(parcel->id, RECEIVER);
	assert_int_equal(parcel->from, urchin_worker_number(scene.a.worker));
	assert_int_equal(urchin_read_u32(parcel->bytes + 8), 77);
	assert_int_equal(parcel->bytes[parcel->len - 5], 0x2a);
	close_scene(&scene);
}

static void what_is_for_nobody_does_no_harm(void **state)
{
	struct scene scene;
	struct urchin_parcel parcel = {.kind = URCHIN_PARCEL_KEYFRAME, .id = 12345};
	unsigned b;

	(void)state;
	open_scene(&scene);
	b = (unsigned)urchin_worker_number(scene.b.worker);
	assert_int_equal(urchin_mailbox_post(b, &parcel), 0);
	parcel.kind = URCHIN_PARCEL_CLOCK;
	assert_int_equal(urchin_mailbox_post(b, &parcel), 0);
	post_keyframe(&scene, 12345, 1);
	parcel = (struct urchin_parcel){.kind = URCHIN_PARCEL_PACKET, .id = IMPORT, .len = 3};
	assert_int_equal(urchin_mailbox_post(b, &parcel), 0);
	assert_int_equal(urchin_remove_import(scene.b.worker, REQUEST + 4, IMPORT), 0);
	assert_int_equal(await_result(&scene.b, REQUEST + 4), 0);
	post_keyframe(&scene, IMPORT, 2);
	assert_int_equal(urchin_remove_import(scene.b.worker, REQUEST + 5, IMPORT), 0);
	assert_int_equal(await_result(&scene.b, REQUEST + 5), URCHIN_ENOTFOUND);
	close_scene(&scene);
}

static void commands_about_crossings_are_checked(void **state)
{
	struct urchin_receiver_config receiver = {.format = video()};
	struct urchin_receiver_config bad = {.format.codec_count = URCHIN_CODECS_PER_FORMAT + 1};
	struct scene scene;
	struct urchin_worker *a;

	(void)state;
	open_scene(&scene);
	a = scene.a.worker;
	assert_int_equal(urchin_export_receiver(a, 1, RECEIVER, 64, true), URCHIN_EINVAL);
	assert_int_equal(urchin_export_receiver(a, 1, 0, 1, true), URCHIN_EINVAL);
	assert_int_equal(urchin_add_import(a, 1, IMPORT, 64, &receiver), URCHIN_EINVAL);
	assert_int_equal(urchin_add_import(a, 1, IMPORT, 1, &bad), URCHIN_EINVAL);
	assert_int_equal(urchin_add_import(a, 1, IMPORT, 1, NULL), URCHIN_EINVAL);
	assert_int_equal(urchin_update_import(a, REQUEST + 6, IMPORT, &receiver), 0);
	assert_int_equal(await_result(&scene.a, REQUEST + 6), URCHIN_ENOTFOUND);
	assert_int_equal(urchin_export_receiver(a, REQUEST + 7, 4711, 1, true), 0);
	assert_int_equal(await_result(&scene.a, REQUEST + 7), URCHIN_ENOTFOUND);
	/* A receiver of its own has that id. */
	assert_int_equal(urchin_add_import(a, REQUEST + 8, RECEIVER, 1, &receiver), 0);
	assert_int_equal(await_result(&scene.a, REQUEST + 8), URCHIN_EEXIST);
	assert_int_equal(urchin_add_import(scene.b.worker, REQUEST + 9, IMPORT, 1, &receiver), 0);
	assert_int_equal(await_result(&scene.b, REQUEST + 9), URCHIN_EEXIST);
	close_scene(&scene);
}

static void a_worker_made_like_another_has_its_certificate(void **state)
{
	struct urchin_worker_config config = {0};
	struct urchin_worker *second;
	struct host first;
	char fingerprint[URCHIN_FINGERPRINT_TEXT_CAP];

	(void)state;
	start(&first);
	config.like = first.worker;
	second = urchin_worker_new(&config, NULL);
	assert_non_null(second);
	strcpy(fingerprint, urchin_worker_fingerprint(first.worker));
	stop(&first);
	/* The certificate lives as long as either. */
	assert_string_equal(urchin_worker_fingerprint(second), fingerprint);
	urchin_worker_free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packets_come_in_and_go_out),
	    cmocka_unit_test(what_is_for_nobody_does_no_harm),
	    cmocka_unit_test(commands_about_crossings_are_checked),
	    cmocka_unit_test(a_worker_made_like_another_has_its_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
