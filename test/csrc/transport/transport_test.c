/* Pairs of transports: order of events, media both ways, descriptions, restarts, what is dropped. */
#include "transport/transport_world.h"

static void both_get_ready_and_media_flows(void **state)
{
	static const enum urchin_event_type order[] = {
	    URCHIN_EVENT_STARTED,  URCHIN_EVENT_CANDIDATE,     URCHIN_EVENT_HOSTS_GATHERED,
	    URCHIN_EVENT_GATHERED, URCHIN_EVENT_SELECTED_PAIR, URCHIN_EVENT_READY,
	};
	struct world *world = connect_world();

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct side *side = &world->sides[i];
		struct side *other = &world->sides[1 - i];
		uint8_t packet[100];
		uint8_t report[28] = {0x80, 200, 0, 6};

		for (size_t n = 1; n < sizeof(order) / sizeof(order[0]); n++)
			assert_true(place_of(side, order[n - 1]) < place_of(side, order[n]));
		assert_int_equal(count_events(side, URCHIN_EVENT_READY), 1);
		assert_int_equal(side->ice_state, URCHIN_ICE_CONNECTED);
		assert_true(side->logs[URCHIN_LOG_DEBUG] > 0);
		for (uint16_t seq = 65530; seq != 10; seq++) {
			make_rtp(packet, seq);
			assert_int_equal(urchin_transport_send_rtp(side->transport, packet, sizeof(packet)), 0);
		}
		fake_ice_pump(world->link, world->now_us);
		assert_int_equal(other->rtp_count, 16);
		assert_int_equal(other->last_len, sizeof(packet));
		assert_memory_equal(other->last, packet, sizeof(packet));
		assert_int_equal(urchin_transport_send_rtcp(side->transport, report, sizeof(report)), 0);
		fake_ice_pump(world->link, world->now_us);
		assert_int_equal(other->rtcp_count, 1);
		assert_memory_equal(other->last, report, sizeof(report));
		assert_stat_text(side, "iceState", "connected");
		assert_stat_text(side, "dtlsState", "connected");
		assert_stat_text(side, "srtpCipher", "AEAD_AES_128_GCM");
		assert_stat_text(side, "srtpEngine", "OpenSSL");
		assert_stat_text(side, "localCandidateType", "host");
		assert_stat_text(side, "remoteAddress", i ? "192.0.2.1" : "192.0.2.2");
		assert_true(stat(side, "packetsSent") >= 17);
		assert_true(stat(side, "selectedCandidatePairChanges") == 1);
		assert_true(urchin_transport_deadline_us(side->transport, world->now_us) == URCHIN_NEVER_US);
	}
	assert_true(world->sides[0].end->largest_sent <= 1200);
	close_world(world);
}

static void remote_description_may_come_first(void **state)
{
	struct world *world = open_world();
	struct urchin_candidate candidate = {.foundation = "1", .port = 9};

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(urchin_transport_add_candidate(world->sides[i].transport, &candidate), 0);
		assert_int_equal(set_remote(world, i, 0), 0);
		candidate.port = 10;
		assert_int_equal(urchin_transport_add_candidate(world->sides[i].transport, &candidate), 0);
		assert_int_equal(urchin_transport_end_candidates(world->sides[i].transport), 0);
		assert_int_equal(world->sides[i].end->set_remotes, 0);
		assert_int_equal(gather(world, i), 0);
		assert_int_equal(world->sides[i].end->set_remotes, 1);
		assert_int_equal(world->sides[i].end->added_candidates, 2);
		assert_int_equal(world->sides[i].end->last_candidate.port, 10);
		assert_int_equal(world->sides[i].end->ended_candidates, 1);
	}
	run(world, S);
	assert_true(urchin_transport_is_ready(world->sides[0].transport));
	assert_true(urchin_transport_is_ready(world->sides[1].transport));
	close_world(world);
}

static void candidates_wait_for_the_description_up_to_a_bound(void **state)
{
	struct world *world = open_world();
	struct side *side = &world->sides[0];
	struct urchin_candidate candidate = {.foundation = "1"};

	(void)state;
	assert_int_equal(gather(world, 0), 0);
	for (int i = 0; i < URCHIN_REMOTE_CANDIDATES_MAX; i++)
		assert_int_equal(urchin_transport_add_candidate(side->transport, &candidate), 0);
	assert_int_equal(urchin_transport_add_candidate(side->transport, &candidate), URCHIN_EFULL);
	assert_int_equal(side->end->added_candidates, 0);
	assert_int_equal(set_remote(world, 0, 0), 0);
	assert_int_equal(side->end->added_candidates, URCHIN_REMOTE_CANDIDATES_MAX);
	assert_int_equal(urchin_transport_add_candidate(side->transport, &candidate), URCHIN_EFULL);
	assert_true(stat(side, "remoteCandidatesRefused") == 2);
	close_world(world);
}

/* The peer's own ICE is up first, and its ClientHello comes before our description of it. */
static void early_client_hello_is_not_lost(void **state)
{
	struct world *world = open_world();
	struct side *server = &world->sides[0];

	(void)state;
	world->sides[1].end->connects_alone = true;
	assert_int_equal(gather(world, 0), 0);
	assert_int_equal(gather(world, 1), 0);
	assert_int_equal(set_remote(world, 1, 0), 0);
	fake_ice_pump(world->link, world->now_us);
	assert_true(stat(server, "dtlsDatagramsReceived") == 1);
	assert_true(stat(server, "dtlsDatagramsSent") == 0);
	assert_int_equal(set_remote(world, 0, 0), 0);
	fake_ice_pump(world->link, world->now_us);
	/* Without a retransmission: no time went by. */
	assert_true(urchin_transport_is_ready(server->transport));
	assert_true(urchin_transport_is_ready(world->sides[1].transport));
	close_world(world);
}

static struct fake_ice_fate lose_a_third(void *owner, int from, const uint8_t *bytes, size_t len)
{
	size_t *n = owner;

	(void)from;
	(void)bytes;
	(void)len;
	return (struct fake_ice_fate){.copies = (*n)++ % 3 ? 1 : 0, .delay_us = 10000 + (*n % 4) * 5000};
}

static void lossy_link_gets_ready_too(void **state)
{
	struct world *world = open_world();
	size_t n = 0;

	(void)state;
	fake_ice_set_filter(world->link, lose_a_third, &n);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(gather(world, i), 0);
		assert_int_equal(set_remote(world, i, 0), 0);
	}
	run(world, 10 * S);
	for (int i = 0; i < 2; i++) {
		assert_true(urchin_transport_is_ready(world->sides[i].transport));
		/* At most 50 lines about DTLS, whatever the link does. */
		assert_true(world->sides[i].logs[URCHIN_LOG_DEBUG] < 60);
		assert_true(world->sides[i].deadlines > 0);
	}
	close_world(world);
}

static void wrong_fingerprint_fails_and_passes_no_media(void **state)
{
	struct world *world = open_world();
	struct side *side = &world->sides[0];
	struct urchin_fingerprint own = fingerprint_of(certs[0]);
	struct urchin_remote remote = {
	    .ufrag = ufrags[1][0],
	    .pwd = pwds[1][0],
	    .local_dtls_role = URCHIN_DTLS_SERVER,
	    .fingerprints = &own,
	    .fingerprint_count = 1,
	};
	uint8_t packet[100];
	size_t sent;

	(void)state;
	assert_int_equal(gather(world, 0), 0);
	assert_int_equal(gather(world, 1), 0);
	assert_int_equal(set_remote(world, 1, 0), 0);
	assert_int_equal(urchin_transport_set_remote(side->transport, &remote, world->now_us), 0);
	run(world, S);
	assert_int_equal(side->reason, URCHIN_REASON_DTLS_FINGERPRINT);
	assert_int_equal(count_events(side, URCHIN_EVENT_READY), 0);
	sent = side->end->sent;
	make_rtp(packet, 1);
	assert_int_equal(urchin_transport_send_rtp(side->transport, packet, sizeof(packet)), URCHIN_ESTATE);
	urchin_transport_send_rtp(world->sides[1].transport, packet, sizeof(packet));
	run(world, S);
	assert_int_equal(side->rtp_count, 0);
	assert_int_equal(side->end->sent, sent);
	urchin_transport_close(side->transport);
	assert_int_equal(side->end->sent, sent + 1); /* close_notify */
	fake_ice_pump(world->link, world->now_us);
	assert_int_equal(count_events(&world->sides[1], URCHIN_EVENT_PEER_CLOSED), 1);
	close_world(world);
}

static void peers_close_notify_is_told_and_stops_media(void **state)
{
	struct world *world = connect_world();
	struct side *side = &world->sides[0];
	uint8_t packet[100];

	(void)state;
	urchin_transport_close(world->sides[1].transport);
	fake_ice_pump(world->link, world->now_us);
	assert_int_equal(count_events(side, URCHIN_EVENT_PEER_CLOSED), 1);
	assert_int_equal(count_events(side, URCHIN_EVENT_FAILED), 0);
	assert_int_equal(world->sides[1].closed, 1);
	assert_false(urchin_transport_is_ready(side->transport));
	make_rtp(packet, 1);
	assert_int_equal(urchin_transport_send_rtp(side->transport, packet, sizeof(packet)), URCHIN_ESTATE);
	assert_true(stat(side, "sendEarlyDropped") == 1);
	close_world(world);
}

static void strange_packets_are_counted_and_dropped(void **state)
{
	static const uint8_t stun[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
	static const uint8_t zrtp[20] = {16};
	static const uint8_t dtls[20] = {22, 0xfe, 0xfd};
	struct world *world = open_world();
	struct side *side = &world->sides[0];
	uint8_t packet[100];

	(void)state;
	make_rtp(packet, 1);
	fake_ice_inject(side->end, packet, sizeof(packet), world->now_us);
	assert_true(stat(side, "earlyMediaDropped") == 1);
	close_world(world);

	world = connect_world();
	side = &world->sides[0];
	fake_ice_inject(side->end, stun, sizeof(stun), world->now_us);
	fake_ice_inject(side->end, zrtp, sizeof(zrtp), world->now_us);
	fake_ice_inject(side->end, NULL, 0, world->now_us);
	fake_ice_inject(side->end, packet, sizeof(packet), world->now_us);
	for (size_t len = 1; len < 20; len++) {
		fake_ice_inject(side->end, packet, len, world->now_us);
		fake_ice_inject(side->end, dtls, len, world->now_us);
	}
	assert_true(stat(side, "stunDropped") == 1);
	assert_true(stat(side, "unknownDropped") >= 2);
	assert_true(stat(side, "srtpAuthFailed") == 1);
	assert_true(stat(side, "srtpMalformed") >= 5);
	assert_true(stat(side, "dtlsDatagramsDropped") >= 5);
	assert_int_equal(side->rtp_count, 0);
	assert_true(urchin_transport_is_ready(side->transport));
	close_world(world);
}

static void send_errors_are_counted(void **state)
{
	struct world *world = connect_world();
	struct side *side = &world->sides[0];
	uint8_t packet[2048] = {0x80, 96};

	(void)state;
	assert_int_equal(urchin_transport_send_rtp(side->transport, packet, 11), URCHIN_EMALFORMED);
	assert_int_equal(urchin_transport_send_rtp(side->transport, packet, sizeof(packet)), URCHIN_ETOOBIG);
	assert_true(stat(side, "sendProtectFailed") == 2);
	side->end->send_fails = true;
	assert_int_equal(urchin_transport_send_rtp(side->transport, packet, 100), URCHIN_ESYSTEM);
	assert_true(stat(side, "sendIceFailed") == 1);
	close_world(world);
}

static void later_descriptions_keep_the_association(void **state)
{
	struct world *world = connect_world();
	struct side *side = &world->sides[0];
	struct urchin_fingerprint fingerprints[2] = {fingerprint_of(certs[1]), fingerprint_of(certs[0])};
	struct urchin_remote remote = {
	    .ufrag = ufrags[1][0],
	    .pwd = pwds[1][0],
	    .local_dtls_role = URCHIN_DTLS_SERVER,
	    .fingerprints = fingerprints,
	    .fingerprint_count = 1,
	};

	(void)state;
	assert_int_equal(set_remote(world, 0, 0), 0);
	assert_int_equal(side->end->set_remotes, 1);
	remote.local_dtls_role = URCHIN_DTLS_CLIENT;
	assert_int_equal(urchin_transport_set_remote(side->transport, &remote, world->now_us), URCHIN_ESTATE);
	remote.local_dtls_role = URCHIN_DTLS_SERVER;
	remote.fingerprint_count = 2;
	assert_int_equal(urchin_transport_set_remote(side->transport, &remote, world->now_us), URCHIN_ESTATE);
	remote.fingerprints = fingerprints + 1;
	remote.fingerprint_count = 1;
	assert_int_equal(urchin_transport_set_remote(side->transport, &remote, world->now_us), URCHIN_ESTATE);
	remote.fingerprints = fingerprints;
	remote.ufrag = "";
	assert_int_equal(urchin_transport_set_remote(side->transport, &remote, world->now_us), URCHIN_EINVAL);
	assert_true(urchin_transport_is_ready(side->transport));
	close_world(world);
}

/* We restart (ends[0]), the peer restarts after it has our description; candidates come before the answer. */
static void ice_restart_in_both_orders(void **state)
{
	struct world *world = connect_world();
	struct side *us = &world->sides[0], *peer = &world->sides[1];
	struct urchin_candidate candidate = {.foundation = "2"};
	uint8_t packet[100];

	(void)state;
	assert_int_equal(urchin_transport_restart_ice(us->transport, ufrags[0][1], pwds[0][1], world->now_us), 0);
	assert_int_equal(us->generation, 1);
	assert_int_equal(count_events(us, URCHIN_EVENT_STARTED), 2);
	assert_int_equal(urchin_transport_add_candidate(us->transport, &candidate), 0);
	assert_int_equal(us->end->added_candidates, 0);
	/* Media goes on meanwhile. */
	make_rtp(packet, 7);
	assert_int_equal(urchin_transport_send_rtp(us->transport, packet, sizeof(packet)), 0);
	fake_ice_pump(world->link, world->now_us);
	assert_int_equal(peer->rtp_count, 1);
	/* The answerer hears of the new credentials first, and restarts then. */
	assert_int_equal(set_remote(world, 1, 1), 0);
	assert_int_equal(urchin_transport_add_candidate(peer->transport, &candidate), 0);
	assert_int_equal(peer->end->set_remotes, 1);
	assert_int_equal(urchin_transport_restart_ice(peer->transport, ufrags[1][1], pwds[1][1], world->now_us), 0);
	assert_int_equal(peer->end->set_remotes, 2);
	assert_int_equal(peer->end->added_candidates, 1);
	assert_string_equal(peer->end->remote_ufrag, ufrags[0][1]);
	assert_int_equal(set_remote(world, 0, 1), 0);
	assert_int_equal(us->end->added_candidates, 1);
	assert_string_equal(us->end->remote_ufrag, ufrags[1][1]);
	run(world, S);
	for (int i = 0; i < 2; i++) {
		struct side *side = &world->sides[i];

		assert_int_equal(count_events(side, URCHIN_EVENT_GATHERED), 2);
		assert_int_equal(count_events(side, URCHIN_EVENT_SELECTED_PAIR), 2);
		assert_int_equal(count_events(side, URCHIN_EVENT_READY), 1);
		assert_true(urchin_transport_is_ready(side->transport));
	}
	close_world(world);
}

static void logs_below_the_level_are_not_made(void **state)
{
	struct world *world = open_world();
	struct side *side = &world->sides[0];

	(void)state;
	urchin_transport_set_log_level(side->transport, URCHIN_LOG_WARN);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(gather(world, i), 0);
		assert_int_equal(set_remote(world, i, 0), 0);
	}
	run(world, S);
	assert_true(urchin_transport_is_ready(side->transport));
	assert_int_equal(side->logs[URCHIN_LOG_DEBUG] + side->logs[URCHIN_LOG_INFO], 0);
	assert_true(world->sides[1].logs[URCHIN_LOG_DEBUG] > 0);
	close_world(world);
}

static void refused_backend_gives_no_transport(void **state)
{
	struct world world = {.link = fake_ice_link_new(), .now_us = 1};
	struct side *side = &world.sides[0];

	(void)state;
	side->world = &world;
	side->cert = certs[0];
	side->end = fake_ice_end(world.link, 0);
	side->end->refuse_new = true;
	assert_null(new_transport(side, URCHIN_LOG_ERROR));
	urchin_transport_free(NULL);
	fake_ice_link_free(world.link);
}

/*
 * A peer that restarted ICE twice before we did brought 100 candidates each time. The count began anew with the second
 * restart and the list did not: the 101st was written behind its end.
 */
static void a_peer_that_restarts_again_and_again_brings_bounded_candidates(void **state)
{
	struct world *world = connect_world();
	struct side *peer = &world->sides[1];
	struct urchin_candidate candidate = {.foundation = "1"};

	(void)state;
	for (int restart = 1; restart <= 2; restart++) {
		assert_int_equal(set_remote(world, 1, restart), 0);
		for (int i = 0; i < URCHIN_REMOTE_CANDIDATES_MAX; i++)
			assert_int_equal(urchin_transport_add_candidate(peer->transport, &candidate), 0);
		assert_int_equal(urchin_transport_add_candidate(peer->transport, &candidate), URCHIN_EFULL);
	}
	assert_int_equal(urchin_transport_restart_ice(peer->transport, ufrags[1][1], pwds[1][1], world->now_us), 0);
	assert_int_equal(peer->end->added_candidates, URCHIN_REMOTE_CANDIDATES_MAX);
	assert_string_equal(peer->end->remote_ufrag, ufrags[0][2]);
	close_world(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_get_ready_and_media_flows),
	    cmocka_unit_test(remote_description_may_come_first),
	    cmocka_unit_test(candidates_wait_for_the_description_up_to_a_bound),
	    cmocka_unit_test(early_client_hello_is_not_lost),
	    cmocka_unit_test(lossy_link_gets_ready_too),
	    cmocka_unit_test(wrong_fingerprint_fails_and_passes_no_media),
	    cmocka_unit_test(peers_close_notify_is_told_and_stops_media),
	    cmocka_unit_test(strange_packets_are_counted_and_dropped),
	    cmocka_unit_test(send_errors_are_counted),
	    cmocka_unit_test(later_descriptions_keep_the_association),
	    cmocka_unit_test(ice_restart_in_both_orders),
	    cmocka_unit_test(logs_below_the_level_are_not_made),
	    cmocka_unit_test(refused_backend_gives_no_transport),
	    cmocka_unit_test(a_peer_that_restarts_again_and_again_brings_bounded_candidates),
	};

	return cmocka_run_group_tests(tests, make_certs, free_certs);
}
