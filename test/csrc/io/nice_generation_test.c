/* Gathering from several servers, narrow port ranges, restarts under traffic, what statistics tell. */
#include "io/ice_side.h"

#include <arpa/inet.h>
#include <unistd.h>

#include "io/udp_socket.h"
#include "transport/event.h"
#include "wire/stun.h"

/* A STUN server on loopback that sees everybody behind one NAT, or nobody behind any. */
struct server {
	struct urchin_udp_socket udp;
	bool is_mute;
	bool has_nat;
	uint16_t error;
	int requests;
};

static void on_request(void *owner, struct urchin_udp_socket *udp, const struct urchin_addr *from, uint8_t *bytes,
		       size_t len, uint64_t now_us)
{
	struct server *server = owner;
	struct urchin_addr mapped = *from;
	struct urchin_stun_writer writer;
	struct urchin_stun stun;
	uint8_t answer[200];
	int answer_len;

	(void)now_us;
	assert_int_equal(urchin_stun_read(&stun, bytes, len), 0);
	assert_int_equal(stun.method, URCHIN_STUN_BINDING);
	server->requests++;
	if (server->is_mute)
		return;
	if (server->has_nat)
		assert_int_equal(urchin_addr_read(&mapped, "198.51.100.7", from->port), 0);
	urchin_stun_begin(&writer, answer, sizeof(answer), server->error ? URCHIN_STUN_ERROR : URCHIN_STUN_SUCCESS,
			  URCHIN_STUN_BINDING, stun.transaction);
	if (server->error)
		urchin_stun_add_error(&writer, server->error, "no");
	else
		urchin_stun_add_mapped(&writer, &mapped);
	answer_len = urchin_stun_finish(&writer);
	assert_true(answer_len > 0);
	urchin_udp_socket_send(udp, from, answer, (size_t)answer_len);
}

static struct urchin_ice_server open_server(struct server *server, struct urchin_loop *loop)
{
	struct urchin_addr addr;

	memset(server, 0, sizeof(*server));
	assert_int_equal(urchin_addr_read(&addr, "127.0.0.1", 0), 0);
	assert_int_equal(urchin_udp_socket_open(&server->udp, loop, &addr), 0);
	server->udp.on_packet = on_request;
	server->udp.owner = server;
	return (struct urchin_ice_server){.host = "127.0.0.1", .port = server->udp.addr.port};
}

static void turn_for(struct urchin_loop *loop, uint64_t us)
{
	uint64_t end_us = urchin_clock_us() + us;

	while (urchin_clock_us() < end_us)
		urchin_loop_turn(loop, 10000);
}

static void await_gathered(struct side *side)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	while (!side->gathered && urchin_clock_us() < end_us)
		urchin_loop_turn(side->loop, 100000);
	assert_int_equal(side->gathered, 1);
}

static void test_a_dead_stun_server_delays_only_the_end(void **state)
{
	struct server servers[4];
	struct urchin_ice_server list[4];
	struct urchin_ice_config config = plain_config();
	struct side side;

	for (int i = 0; i < 4; i++)
		list[i] = open_server(&servers[i], *state);
	servers[0].is_mute = true;
	servers[1].has_nat = true;
	servers[2].has_nat = true;
	servers[3].error = 500;
	config.servers = list;
	config.server_count = 4;
	open_side(&side, *state, "a", &config);
	assert_int_equal(gather(&side, true), 0);
	assert_int_equal(side.candidate_count, 1);
	turn_for(*state, 200000);
	/* The same address from two servers is one candidate (RFC 8445 5.1.3). */
	assert_int_equal(side.candidate_count, 2);
	assert_int_equal(side.gathered, 0);
	assert_int_equal(side.candidates[1].type, URCHIN_CANDIDATE_SRFLX);
	assert_string_equal(side.candidates[1].address, "198.51.100.7");
	assert_int_equal(side.candidates[1].port, side.candidates[0].port);
	assert_string_equal(side.candidates[1].related_address, "127.0.0.1");
	assert_int_equal(side.candidates[1].related_port, side.candidates[0].port);
	assert_true(side.candidates[1].priority < side.candidates[0].priority);
	assert_string_not_equal(side.candidates[1].foundation, side.candidates[0].foundation);
	assert_int_equal(side.errors, 1);
	assert_int_equal(side.error_code, 500);
	assert_int_equal(side.failed.port, list[3].port);
	await_gathered(&side);
	assert_int_equal(side.errors, 2);
	assert_int_equal(side.error_code, 701);
	assert_int_equal(side.failed.port, list[0].port);
	assert_true(servers[0].requests > 1);
	close_side(&side);
	for (int i = 0; i < 4; i++)
		urchin_udp_socket_close(&servers[i].udp);
}

static void test_without_a_nat_there_is_no_reflexive_candidate(void **state)
{
	struct server server;
	struct urchin_ice_server list = open_server(&server, *state);
	struct urchin_ice_config config = plain_config();
	struct side side;

	config.servers = &list;
	config.server_count = 1;
	open_side(&side, *state, "a", &config);
	assert_int_equal(gather(&side, true), 0);
	await_gathered(&side);
	assert_int_equal(server.requests, 1);
	assert_int_equal(side.candidate_count, 1);
	assert_int_equal(side.errors, 0);
	close_side(&side);
	/* Nobody but the relay may learn our address. */
	config.relay_only = true;
	open_side(&side, *state, "a", &config);
	assert_int_equal(gather(&side, true), 0);
	turn_for(*state, 100000);
	assert_int_equal(server.requests, 1);
	assert_int_equal(side.candidate_count, 0);
	close_side(&side);
	urchin_udp_socket_close(&server.udp);
}

static int take(uint16_t port)
{
	struct sockaddr_in name = {
	    .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

static void test_the_last_port_of_a_range_is_found(void **state)
{
	enum { FIRST_PORT = 22600, COUNT = 300 };
	struct urchin_ice_config config = plain_config();
	static int fds[COUNT];
	uint64_t begin_us;
	struct side side;

	config.port_min = FIRST_PORT;
	config.port_max = FIRST_PORT + COUNT - 1;
	for (int i = 0; i < COUNT; i++)
		fds[i] = i == 123 ? -1 : take((uint16_t)(FIRST_PORT + i));
	for (int i = 0; i < 5; i++) {
		config.tcp = i % 2;
		open_side(&side, *state, "a", &config);
		begin_us = urchin_clock_us();
		assert_int_equal(gather(&side, true), 0);
		assert_true(urchin_clock_us() - begin_us < 100000);
		for (size_t j = 0; j < side.candidate_count; j++)
			if (side.candidates[j].protocol != URCHIN_PROTOCOL_TCP_ACTIVE)
				assert_int_equal(side.candidates[j].port, FIRST_PORT + 123);
		close_side(&side);
	}
	fds[123] = take(FIRST_PORT + 123);
	open_side(&side, *state, "a", &config);
	begin_us = urchin_clock_us();
	assert_int_equal(gather(&side, true), URCHIN_EFULL);
	assert_true(urchin_clock_us() - begin_us < 100000);
	close_side(&side);
	for (int i = 0; i < COUNT; i++)
		close(fds[i]);
}

static void send_numbered(const struct side *from, struct side *to, int *sent)
{
	uint8_t bytes[100] = {0x80};

	assert_int_equal(from->ice->ops->send(from->ice, bytes, sizeof(bytes)), 0);
	++*sent;
	urchin_loop_turn(to->loop, 1000);
}

static void restart(struct side *side, const char *ufrag)
{
	snprintf(side->ufrag, sizeof(side->ufrag), "%s", ufrag);
	side->candidate_count = 0;
	assert_int_equal(side->ice->ops->restart(side->ice, side->ufrag, side->pwd), 0);
}

/* Not one packet is lost on the way to the new addresses. */
static void test_a_restart_under_traffic_moves_to_new_addresses(void **state)
{
	static const char *const others[] = {"127.0.0.2"};
	struct urchin_ice_config config = plain_config();
	struct side a, b;
	int sent_by_a = 0;
	int sent_by_b = 0;
	int pairs;

	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(gather(&b, false), 0);
	connect_sides(&a, &b);
	pairs = a.pairs;
	assert_int_equal(a.ice->ops->set_addresses(a.ice, others, 1), 0);
	for (int i = 0; i < 400; i++) {
		if (i == 50)
			restart(&a, "again-a");
		if (i == 100)
			restart(&b, "again-b");
		if (i == 150)
			set_remote(&b, &a);
		if (i == 200)
			set_remote(&a, &b);
		send_numbered(&a, &b, &sent_by_a);
		send_numbered(&b, &a, &sent_by_b);
	}
	turn_for(*state, 50000);
	assert_int_equal(a.packets, sent_by_b);
	assert_int_equal(b.packets, sent_by_a);
	assert_true(a.pairs > pairs);
	assert_string_equal(a.pair.local.address, "127.0.0.2");
	assert_string_equal(b.pair.remote.address, "127.0.0.2");
	assert_int_equal(last_state(&a), URCHIN_ICE_CONNECTED);
	assert_int_equal(last_state(&b), URCHIN_ICE_CONNECTED);
	close_side(&a);
	close_side(&b);
}

/* The peer's answer never comes, or leads nowhere: the old pair simply goes on. */
static void test_a_restart_that_leads_nowhere_harms_nothing(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct side a, b;
	int sent = 0;

	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(gather(&b, false), 0);
	connect_sides(&a, &b);
	restart(&a, "again-a");
	restart(&a, "again-and-again-a");
	/* Its credentials are made up, and nobody is at its address. */
	b.candidates[0].port = 9;
	set_remote(&a, &b);
	turn_for(*state, 200000);
	assert_int_equal(last_state(&a), URCHIN_ICE_CHECKING);
	for (uint64_t end_us = urchin_clock_us() + PATIENCE_US;
	     last_state(&a) != URCHIN_ICE_CONNECTED && urchin_clock_us() < end_us;)
		send_numbered(&a, &b, &sent);
	assert_int_equal(last_state(&a), URCHIN_ICE_CONNECTED);
	pass_packet(&a, &b, 0x80, 100);
	pass_packet(&b, &a, 0x80, 100);
	close_side(&a);
	close_side(&b);
}

static double find_stat(const struct urchin_stats *stats, enum urchin_stat_group group, uint64_t id, const char *name)
{
	for (size_t i = 0; i < stats->count; i++) {
		const struct urchin_stat *stat = &stats->items[i];

		if (stat->group == group && stat->object_id == id && strcmp(stat->name, name) == 0)
			return stat->value;
	}
	fail_msg("no %s", name);
	return 0;
}

static void test_statistics_name_candidates_and_pairs(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct urchin_stats stats = {0};
	struct side a, b;

	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(a.ice->ops->add_stats(a.ice, &stats, urchin_clock_us()), 0);
	urchin_stats_clear(&stats);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(gather(&b, false), 0);
	connect_sides(&a, &b);
	for (int i = 0; i < 10; i++)
		pass_packet(&a, &b, 0x80, 100);
	pass_packet(&b, &a, 0x80, 70);
	assert_int_equal(a.ice->ops->add_stats(a.ice, &stats, urchin_clock_us()), 0);
	assert_int_equal(find_stat(&stats, URCHIN_STAT_LOCAL_CANDIDATE, 1, "port"), a.candidates[0].port);
	assert_int_equal(find_stat(&stats, URCHIN_STAT_REMOTE_CANDIDATE, 1, "port"), b.candidates[0].port);
	assert_int_equal(find_stat(&stats, URCHIN_STAT_CANDIDATE_PAIR, 1, "localCandidate"), 1);
	assert_int_equal(find_stat(&stats, URCHIN_STAT_CANDIDATE_PAIR, 1, "remoteCandidate"), 1);
	assert_int_equal(find_stat(&stats, URCHIN_STAT_CANDIDATE_PAIR, 1, "selected"), 1);
	assert_int_equal(find_stat(&stats, URCHIN_STAT_CANDIDATE_PAIR, 1, "nominated"), 1);
	assert_true(find_stat(&stats, URCHIN_STAT_CANDIDATE_PAIR, 1, "packetsSent") >= 10);
	assert_true(find_stat(&stats, URCHIN_STAT_CANDIDATE_PAIR, 1, "bytesSent") >= 1000);
	assert_true(find_stat(&stats, URCHIN_STAT_CANDIDATE_PAIR, 1, "packetsReceived") >= 1);
	assert_true(find_stat(&stats, URCHIN_STAT_TRANSPORT, 0, "iceStrangersDropped") >= 0);
	urchin_stats_clear(&stats);
	close_side(&a);
	close_side(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_dead_stun_server_delays_only_the_end),
	    TEST(test_without_a_nat_there_is_no_reflexive_candidate),
	    TEST(test_the_last_port_of_a_range_is_found),
	    TEST(test_a_restart_under_traffic_moves_to_new_addresses),
	    TEST(test_a_restart_that_leads_nowhere_harms_nothing),
	    TEST(test_statistics_name_candidates_and_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
