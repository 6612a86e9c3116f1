/* The path over our sockets, through a NAT that changes its mind: rebinding, outages, the end of consent, strangers. */
#include "io/forwarder.h"

#include "wire/stun.h"

struct pair {
	struct urchin_loop *loop;
	struct side visible;
	struct side hidden;
	struct forwarder forwarder;
};

static void turn_for(struct urchin_loop *loop, uint64_t us)
{
	uint64_t end_us = urchin_clock_us() + us;

	while (urchin_clock_us() < end_us)
		urchin_loop_turn(loop, 10000);
}

/* The hidden side knows the visible one by the forwarder; the visible side learns of the hidden one by its checks. */
static void open_pair(struct pair *pair, struct urchin_loop *loop, bool visible_controls,
		      const struct urchin_ice_config *config)
{
	memset(pair, 0, sizeof(*pair));
	pair->loop = loop;
	open_side(&pair->visible, loop, "vis", config);
	open_side(&pair->hidden, loop, "hid", config);
	assert_int_equal(gather(&pair->visible, visible_controls), 0);
	assert_int_equal(gather(&pair->hidden, !visible_controls), 0);
	open_forwarder(&pair->forwarder, loop, &pair->visible);
	pair->hidden.candidate_count = 0;
	connect_sides(&pair->visible, &pair->hidden);
	assert_int_equal(pair->visible.pair.remote.port, pair->forwarder.mapping.addr.port);
	assert_int_equal(pair->visible.pair.remote.type, URCHIN_CANDIDATE_PRFLX);
	assert_int_equal(pair->hidden.pair.remote.port, pair->forwarder.inside.addr.port);
}

static void close_pair(struct pair *pair)
{
	close_side(&pair->visible);
	close_side(&pair->hidden);
	close_forwarder(&pair->forwarder);
}

static void send_media(const struct side *side)
{
	static const uint8_t bytes[300] = {0x80};

	side->ice->ops->send(side->ice, bytes, sizeof(bytes));
}

/* Both send a packet each 20 ms until both have heard `count` more. Returns how long it took. */
static uint64_t exchange(struct pair *pair, int count)
{
	int visible = pair->visible.packets + count;
	int hidden = pair->hidden.packets + count;
	uint64_t begin_us = urchin_clock_us();

	while ((pair->visible.packets < visible || pair->hidden.packets < hidden) &&
	       urchin_clock_us() < begin_us + PATIENCE_US) {
		send_media(&pair->visible);
		send_media(&pair->hidden);
		turn_for(pair->loop, 20000);
	}
	assert_true(pair->visible.packets >= visible && pair->hidden.packets >= hidden);
	return urchin_clock_us() - begin_us;
}

static void await_state(struct pair *pair, const struct side *side, enum urchin_ice_state wanted)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	while (last_state(side) != wanted && urchin_clock_us() < end_us)
		urchin_loop_turn(pair->loop, 100000);
	assert_int_equal(last_state(side), wanted);
}

/* libnice 0.1.21 healed this on the controlled side only, and failed after 10 s on the controlling one. */
static void test_media_is_back_after_a_rebinding_whoever_controls(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct urchin_ice_config config = plain_config();
		struct pair pair;
		uint64_t took_us;

		open_pair(&pair, *state, i == 1, &config);
		exchange(&pair, 10);
		for (int j = 0; j < 2; j++) {
			rebind(&pair.forwarder);
			took_us = exchange(&pair, 10);
			print_message("back after %d ms\n", (int)(took_us / 1000));
			assert_true(took_us < 3000000);
			assert_int_equal(pair.visible.pair.remote.port, pair.forwarder.mapping.addr.port);
			assert_int_equal(pair.visible.pair.remote.type, URCHIN_CANDIDATE_PRFLX);
		}
		assert_int_equal(last_state(&pair.visible), URCHIN_ICE_CONNECTED);
		close_pair(&pair);
	}
}

/* Nobody sends media: the rebinding shows by the checks alone. */
static void test_an_idle_connection_survives_a_rebinding(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct urchin_ice_config config = plain_config();
		struct pair pair;

		open_pair(&pair, *state, i == 1, &config);
		rebind(&pair.forwarder);
		turn_for(*state, 7000000);
		exchange(&pair, 5);
		assert_int_equal(last_state(&pair.visible), URCHIN_ICE_CONNECTED);
		assert_int_equal(last_state(&pair.hidden), URCHIN_ICE_CONNECTED);
		close_pair(&pair);
	}
}

static void test_an_outage_is_told_and_mended(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct pair pair;

	config.disconnected_timeout_us = 1500000;
	open_pair(&pair, *state, true, &config);
	exchange(&pair, 5);
	pair.forwarder.is_cut = true;
	await_state(&pair, &pair.visible, URCHIN_ICE_DISCONNECTED);
	await_state(&pair, &pair.hidden, URCHIN_ICE_DISCONNECTED);
	/* Packets are still sent. */
	assert_int_equal(pair.visible.ice->ops->send(pair.visible.ice, (const uint8_t *)"\x80", 1), 0);
	turn_for(*state, 3000000);
	pair.forwarder.is_cut = false;
	await_state(&pair, &pair.visible, URCHIN_ICE_CONNECTED);
	await_state(&pair, &pair.hidden, URCHIN_ICE_CONNECTED);
	exchange(&pair, 5);
	close_pair(&pair);
}

/* libnice counts 10 s of silence as the end. */
static void test_an_outage_longer_than_libnice_bears_is_mended(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct pair pair;

	open_pair(&pair, *state, false, &config);
	pair.forwarder.is_cut = true;
	turn_for(*state, 14000000);
	assert_int_equal(last_state(&pair.visible), URCHIN_ICE_DISCONNECTED);
	assert_int_equal(last_state(&pair.hidden), URCHIN_ICE_DISCONNECTED);
	pair.forwarder.is_cut = false;
	await_state(&pair, &pair.visible, URCHIN_ICE_CONNECTED);
	await_state(&pair, &pair.hidden, URCHIN_ICE_CONNECTED);
	exchange(&pair, 5);
	close_pair(&pair);
}

/* RFC 7675 5.1 */
static void test_nothing_is_sent_when_consent_is_gone(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct pair pair;

	config.disconnected_timeout_us = 1000000;
	config.consent_timeout_us = 2500000;
	open_pair(&pair, *state, true, &config);
	exchange(&pair, 5);
	pair.forwarder.is_cut = true;
	await_state(&pair, &pair.visible, URCHIN_ICE_FAILED);
	await_state(&pair, &pair.hidden, URCHIN_ICE_FAILED);
	assert_int_equal(pair.visible.states[pair.visible.state_count - 2], URCHIN_ICE_DISCONNECTED);
	assert_int_equal(pair.visible.ice->ops->send(pair.visible.ice, (const uint8_t *)"\x80", 1), URCHIN_ESTATE);
	close_pair(&pair);
}

static void send_raw(struct urchin_udp_socket *udp, const struct side *to, const uint8_t *bytes, size_t len)
{
	struct urchin_addr addr;

	assert_int_equal(urchin_addr_read(&addr, "127.0.0.1", to->candidates[0].port), 0);
	assert_int_equal(urchin_udp_socket_send(udp, &addr, bytes, len), 0);
}

static void open_stranger(struct urchin_udp_socket *udp, struct urchin_loop *loop, struct forwarder *sink)
{
	struct urchin_addr addr;

	assert_int_equal(urchin_addr_read(&addr, "127.0.0.1", 0), 0);
	assert_int_equal(urchin_udp_socket_open(udp, loop, &addr), 0);
	memset(sink, 0, sizeof(*sink));
	sink->is_cut = true;
	udp->on_packet = from_hidden;
	udp->owner = sink;
}

static void test_packets_of_strangers_are_dropped(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct urchin_udp_socket stranger;
	struct forwarder sink;
	struct side a, b;
	uint8_t bytes[1400];

	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(gather(&b, false), 0);
	open_stranger(&stranger, *state, &sink);
	/* Before and after there is a pair: each first byte, each kind of STUN. */
	for (int round = 0; round < 2; round++) {
		for (int first = 0; first < 256; first++) {
			memset(bytes, first, sizeof(bytes));
			send_raw(&stranger, &a, bytes, 1);
			send_raw(&stranger, &a, bytes, 20 + (size_t)first);
			send_raw(&stranger, &a, bytes, sizeof(bytes));
			if (first % 16 == 0)
				urchin_loop_turn(*state, 1000);
		}
		for (int type = 0; type < 0x120; type++) {
			uint8_t stun[60] = {(uint8_t)(type >> 8), (uint8_t)type, 0, 40, 0x21, 0x12, 0xa4, 0x42};

			send_raw(&stranger, &a, stun, sizeof(stun));
		}
		turn_for(*state, 100000);
		assert_int_equal(a.packets, 0);
		if (round == 0)
			connect_sides(&a, &b);
	}
	pass_packet(&b, &a, 0x80, 100);
	assert_int_equal(a.packets, 1);
	close_side(&a);
	close_side(&b);
	urchin_udp_socket_close(&stranger);
}

/*
 * A ClientHello that overtakes the last check used to wait in libnice; it is kept for the address that the checks then
 * confirm, and for no other.
 */
static void test_an_early_client_hello_is_kept(void **state)
{
	static const uint8_t hello[200] = {22, 254, 253};
	struct urchin_ice_config config = plain_config();
	struct urchin_udp_socket stranger;
	struct forwarder sink;
	struct side a, b;
	struct forwarder forwarder;

	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(gather(&b, false), 0);
	open_forwarder(&forwarder, *state, &a);
	b.candidate_count = 0;
	open_stranger(&stranger, *state, &sink);
	{
		/* As if from b: through the same mapping. */
		struct urchin_addr real = forwarder.visible;

		assert_int_equal(urchin_udp_socket_send(&forwarder.mapping, &real, hello, sizeof(hello)), 0);
		assert_int_equal(urchin_udp_socket_send(&stranger, &real, hello, 100), 0);
		/* Media is not worth keeping. */
		assert_int_equal(urchin_udp_socket_send(&forwarder.mapping, &real, (const uint8_t *)"\x80media", 6), 0);
	}
	turn_for(*state, 50000);
	assert_int_equal(a.packets, 0);
	connect_sides(&a, &b);
	turn_for(*state, 100000);
	assert_int_equal(a.packets, 1);
	assert_int_equal(a.last_len, sizeof(hello));
	assert_int_equal(a.last_byte, 22);
	close_side(&a);
	close_side(&b);
	close_forwarder(&forwarder);
	urchin_udp_socket_close(&stranger);
}

/*
 * libnice 0.1.21 nominates a lone pair of a reflexive candidate only when all others have failed, which takes seconds;
 * a call across a NAT waited for that.
 */
static void test_a_lone_reflexive_pair_does_not_wait_for_the_dead_ones(void **state)
{
	struct urchin_ice_config config = plain_config();

	for (int i = 0; i < 2; i++) {
		struct urchin_udp_socket mute;
		struct forwarder forwarder;
		struct forwarder sink;
		struct side a, b;
		uint64_t begin_us;

		open_side(&a, *state, "a", &config);
		open_side(&b, *state, "b", &config);
		open_stranger(&mute, *state, &sink);
		assert_int_equal(gather(&a, i == 0), 0);
		assert_int_equal(gather(&b, i == 1), 0);
		open_forwarder(&forwarder, *state, &a);
		a.candidates[1] = a.candidates[0];
		a.candidates[0].port = mute.addr.port;
		a.candidates[1].type = URCHIN_CANDIDATE_SRFLX;
		a.candidates[1].priority = 1677729535;
		a.candidate_count = 2;
		b.candidates[0].port = mute.addr.port;
		begin_us = urchin_clock_us();
		connect_sides(&a, &b);
		assert_true(urchin_clock_us() - begin_us < 700000);
		close_side(&a);
		close_side(&b);
		close_forwarder(&forwarder);
		urchin_udp_socket_close(&mute);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_media_is_back_after_a_rebinding_whoever_controls),
	    TEST(test_an_idle_connection_survives_a_rebinding),
	    TEST(test_an_outage_is_told_and_mended),
	    TEST(test_an_outage_longer_than_libnice_bears_is_mended),
	    TEST(test_nothing_is_sent_when_consent_is_gone),
	    TEST(test_packets_of_strangers_are_dropped),
	    TEST(test_an_early_client_hello_is_kept),
	    TEST(test_a_lone_reflexive_pair_does_not_wait_for_the_dead_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
