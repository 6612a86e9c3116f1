/* Commands: what is refused at once, what is answered later, and a queue that is full. */
#include "io/host.h"

static void test_unknown_ids_are_answered(void **state)
{
	struct urchin_receiver_config receiver = {.format.kind = URCHIN_VIDEO};
	struct urchin_sender_config sender = {.format.kind = URCHIN_VIDEO};
	struct urchin_connection_config config = plain_config();
	struct urchin_candidate candidate = {.foundation = "1", .priority = 1, .address = "127.0.0.1", .port = 9};
	struct host host;

	(void)state;
	start(&host);
	assert_int_equal(urchin_gather(host.worker, 1, 9, "u", "p", true), 0);
	assert_int_equal(urchin_close_connection(host.worker, 2, 9), 0);
	assert_int_equal(urchin_get_stats(host.worker, 3, 9), 0);
	assert_int_equal(urchin_add_receiver(host.worker, 4, 9, 1, &receiver), 0);
	assert_int_equal(urchin_add_sender(host.worker, 5, 9, 1, &sender), 0);
	assert_int_equal(urchin_pause_receiver(host.worker, 6, 1, true), 0);
	assert_int_equal(urchin_pause_sender(host.worker, 7, 1, true), 0);
	assert_int_equal(urchin_request_keyframe(host.worker, 8, 1), 0);
	assert_int_equal(urchin_set_sender_source(host.worker, 9, 1, 2, NULL, 0), 0);
	assert_int_equal(urchin_add_candidate(host.worker, 10, 9, &candidate), 0);
	assert_int_equal(urchin_end_candidates(host.worker, 11, 9), 0);
	assert_int_equal(urchin_restart_ice(host.worker, 12, 9, "u", "p"), 0);
	assert_int_equal(urchin_remove_receiver(host.worker, 13, 9, 1), 0);
	assert_int_equal(urchin_remove_sender(host.worker, 14, 9, 1), 0);
	assert_int_equal(urchin_update_receiver(host.worker, 15, 9, 1, &receiver), 0);
	assert_int_equal(urchin_update_sender(host.worker, 16, 9, 1, &sender), 0);
	for (uint64_t request = 1; request <= 16; request++)
		assert_int_equal(await_result(&host, request), URCHIN_ENOTFOUND);
	assert_int_equal(urchin_open_connection(host.worker, 17, 1, &config), 0);
	assert_int_equal(urchin_open_connection(host.worker, 18, 1, &config), 0);
	assert_int_equal(await_result(&host, 17), 0);
	assert_int_equal(await_result(&host, 18), URCHIN_EEXIST);
	assert_int_equal(urchin_remove_receiver(host.worker, 19, 1, 1), 0);
	assert_int_equal(await_result(&host, 19), URCHIN_ENOTFOUND);
	/* In order, one answer each. */
	for (size_t i = 0; i < host.count; i++)
		assert_int_equal(host.events[i].object_id, i + 1);
	stop(&host);
}

static void test_bad_arguments_are_refused_at_once(void **state)
{
	static const char *const null_address[] = {NULL};
	struct urchin_ice_server server = {.host = "127.0.0.1", .port = 3478};
	struct urchin_connection_config config = plain_config();
	struct urchin_receiver_config receiver = {.format.codec_count = URCHIN_CODECS_PER_FORMAT + 1};
	struct urchin_payload_map map[129] = {{0}};
	struct urchin_fingerprint fingerprint = {.algorithm = "sha-256", .len = URCHIN_FINGERPRINT_CAP + 1};
	struct urchin_remote remote = {.ufrag = "u", .pwd = "p", .fingerprints = &fingerprint, .fingerprint_count = 1};
	struct urchin_candidate candidate;
	char long_text[300];
	struct host host;

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	memset(&candidate, 'x', sizeof(candidate));
	start(&host);
	assert_int_equal(urchin_open_connection(host.worker, 1, 0, &config), URCHIN_EINVAL);
	assert_int_equal(urchin_open_connection(host.worker, 1, (uint64_t)1 << 53, &config), URCHIN_EINVAL);
	assert_int_equal(urchin_open_connection(host.worker, 1, 1, NULL), URCHIN_EINVAL);
	config.ice.addresses = null_address;
	assert_int_equal(urchin_open_connection(host.worker, 1, 1, &config), URCHIN_EINVAL);
	config = plain_config();
	config.ice.port_min = 10;
	assert_int_equal(urchin_open_connection(host.worker, 1, 1, &config), URCHIN_EINVAL);
	config = plain_config();
	config.ice.servers = &server;
	config.ice.server_count = 1;
	server.is_turn = true;
	assert_int_equal(urchin_open_connection(host.worker, 1, 1, &config), URCHIN_EINVAL);
	server.is_turn = false;
	server.host = "";
	assert_int_equal(urchin_open_connection(host.worker, 1, 1, &config), URCHIN_EINVAL);
	assert_int_equal(urchin_gather(host.worker, 1, 1, "", "p", true), URCHIN_EINVAL);
	assert_int_equal(urchin_gather(host.worker, 1, 1, "u", long_text, true), URCHIN_EINVAL);
	assert_int_equal(urchin_gather(host.worker, 1, 1, NULL, "p", true), URCHIN_EINVAL);
	assert_int_equal(urchin_set_addresses(host.worker, 1, 1, null_address, 1), URCHIN_EINVAL);
	assert_int_equal(urchin_set_addresses(host.worker, 1, 1, null_address, 0), URCHIN_EINVAL);
	assert_int_equal(urchin_set_remote(host.worker, 1, 1, &remote), URCHIN_EINVAL);
	remote.fingerprint_count = 0;
	assert_int_equal(urchin_set_remote(host.worker, 1, 1, &remote), URCHIN_EINVAL);
	assert_int_equal(urchin_add_candidate(host.worker, 1, 1, &candidate), URCHIN_EINVAL);
	assert_int_equal(urchin_add_candidate(host.worker, 1, 1, NULL), URCHIN_EINVAL);
	assert_int_equal(urchin_add_receiver(host.worker, 1, 1, 1, &receiver), URCHIN_EINVAL);
	assert_int_equal(urchin_set_sender_source(host.worker, 1, 1, 1, map, 129), URCHIN_EINVAL);
	assert_int_equal(urchin_set_sender_source(host.worker, 1, 1, 1, NULL, 1), URCHIN_EINVAL);
	stop(&host);
}

static void test_the_command_queue_is_bounded_but_closing_is_possible(void **state)
{
	struct host host;
	int err = 0;
	size_t taken = 0;

	(void)state;
	start(&host);
	open_connection(&host, 1);
	gather(&host, 1, true);
	/* Faster than any worker can run them. */
	while (taken < 5000000 && (err = urchin_set_sender_source(host.worker, 0, 1, 2, NULL, 0)) == 0)
		taken++;
	if (err) {
		assert_int_equal(err, URCHIN_EFULL);
		assert_true(taken >= 65536);
	}
	assert_int_equal(urchin_close_connection(host.worker, 0, 1), 0);
	await(&host, 1, URCHIN_EVENT_CLOSED);
	stop(&host);
}

static void test_held_commands_wake_the_worker_together(void **state)
{
	struct host host;

	(void)state;
	start(&host);
	urchin_worker_hold(host.worker);
	for (uint64_t request = 1; request <= 3; request++)
		assert_int_equal(urchin_pause_sender(host.worker, request, 1, true), 0);
	/* Nothing else wakes a worker without connections for its commands. */
	assert_false(wait_events(&host, 100));
	urchin_worker_submit(host.worker);
	for (uint64_t request = 1; request <= 3; request++)
		assert_int_equal(await_result(&host, request), URCHIN_ENOTFOUND);
	/* Not held: at once. */
	assert_int_equal(urchin_pause_sender(host.worker, 4, 1, true), 0);
	assert_int_equal(await_result(&host, 4), URCHIN_ENOTFOUND);
	urchin_worker_submit(host.worker);
	stop(&host);
}

static void test_many_held_commands_are_not_held_long(void **state)
{
	struct host host;

	(void)state;
	start(&host);
	urchin_worker_hold(host.worker);
	for (uint64_t request = 1; request <= 200; request++)
		assert_int_equal(urchin_pause_sender(host.worker, request, 1, true), 0);
	assert_int_equal(await_result(&host, 64), URCHIN_ENOTFOUND);
	urchin_worker_submit(host.worker);
	assert_int_equal(await_result(&host, 200), URCHIN_ENOTFOUND);
	stop(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unknown_ids_are_answered),
	    cmocka_unit_test(test_bad_arguments_are_refused_at_once),
	    cmocka_unit_test(test_held_commands_wake_the_worker_together),
	    cmocka_unit_test(test_many_held_commands_are_not_held_long),
	    cmocka_unit_test(test_the_command_queue_is_bounded_but_closing_is_possible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
