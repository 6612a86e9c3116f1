/* A connection on the shared port through its operations: candidates, checks, packets both ways, restart, its end. */
#include "io/ice_shared.h"

#include "io/mux_side.h"

#include <stdio.h>

#include "transport/event.h"

#define PWD "0123456789abcdefghijkl"

static struct urchin_loop loop;
static struct urchin_ice_home home;
static struct urchin_ice *ice;
static uint16_t port;

static struct {
	size_t candidates;
	size_t gathered;
	size_t pairs;
	size_t packets;
	size_t closed;
	size_t states;
	enum urchin_ice_state state;
	struct urchin_candidate last;
	struct urchin_candidate_pair pair;
	size_t len;
} heard;

static void on_candidate(void *owner, const struct urchin_candidate *candidate)
{
	(void)owner;
	heard.candidates++;
	heard.last = *candidate;
}

static void on_gathered(void *owner)
{
	(void)owner;
	heard.gathered++;
}

static void on_state(void *owner, enum urchin_ice_state state)
{
	(void)owner;
	heard.states++;
	heard.state = state;
}

static void on_selected_pair(void *owner, const struct urchin_candidate_pair *pair)
{
	(void)owner;
	heard.pairs++;
	heard.pair = *pair;
}

static void on_packet(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	(void)owner, (void)bytes;
	assert_true(now_us <= urchin_clock_us());
	heard.packets++;
	heard.len = len;
}

static void on_closed(void *owner)
{
	(void)owner;
	heard.closed++;
}

static const struct urchin_ice_callbacks callbacks = {
    .on_candidate = on_candidate,
    .on_gathered = on_gathered,
    .on_state = on_state,
    .on_selected_pair = on_selected_pair,
    .on_packet = on_packet,
    .on_closed = on_closed,
};

static struct urchin_ice *open_ice(bool tcp)
{
	static const char *const addresses[] = {"127.0.0.1", "192.0.2.99"};
	struct urchin_ice_config config = {.addresses = addresses, .address_count = 2, .lite_port = port, .tcp = tcp};
	struct urchin_ice *made = urchin_ice_shared_new(&home, &config, &callbacks, NULL);

	assert_non_null(made);
	return made;
}

static int set_up(void **state)
{
	(void)state;
	memset(&heard, 0, sizeof(heard));
	assert_int_equal(urchin_loop_init(&loop), 0);
	home = (struct urchin_ice_home){
	    .loop = &loop, .mux = urchin_mux_new(&loop, NULL), .egress = urchin_egress_new(&loop)};
	port = free_port();
	ice = open_ice(true);
	return 0;
}

static void close_ice(struct urchin_ice *one)
{
	size_t closed = heard.closed;

	one->ops->close(one);
	one->ops->close(one);
	assert_int_equal(heard.closed, closed);
	turn_until(&loop, &heard.closed, closed + 1);
}

static int tear_down(void **state)
{
	struct urchin_mux_stats stats;

	(void)state;
	if (ice)
		close_ice(ice);
	urchin_mux_get_stats(home.mux, &stats);
	assert_int_equal(stats.ways + stats.ufrags, 0);
	urchin_mux_free(home.mux);
	urchin_egress_free(home.egress);
	urchin_loop_clear(&loop);
	return 0;
}

static void gather(void)
{
	assert_int_equal(ice->ops->gather(ice, "AbCd", PWD, false), 0);
}

static void check(int fd, const char *username, bool nominates, size_t header)
{
	uint8_t bytes[258] = {0};
	size_t len = write_check(bytes + header, 256, username, PWD, nominates);

	if (header) {
		bytes[0] = (uint8_t)(len >> 8);
		bytes[1] = (uint8_t)len;
	}
	assert_int_equal(send(fd, bytes, len + header, 0), len + header);
}

/* The peer's end of a UDP flow that was checked. */
static int connect_udp(const char *username)
{
	int fd = open_plain(SOCK_DGRAM);
	uint8_t bytes[256];
	size_t pairs = heard.pairs;

	connect_to(fd, port);
	check(fd, username, true, 0);
	turn_until(&loop, &heard.pairs, pairs + 1);
	assert_true(recv(fd, bytes, sizeof(bytes), 0) > 0);
	return fd;
}

static void host_candidates_are_told_at_once(void **state)
{
	(void)state;
	gather();
	/* UDP and TCP of the address that is there. */
	assert_int_equal(heard.candidates, 2);
	assert_int_equal(heard.gathered, 1);
	assert_int_equal(heard.last.protocol, URCHIN_PROTOCOL_TCP_PASSIVE);
	assert_int_equal(heard.last.port, port);
	assert_string_equal(heard.last.address, "127.0.0.1");
	assert_true(heard.last.priority < 126U << 24);
	assert_int_equal(ice->ops->gather(ice, "AbCd", PWD, false), URCHIN_ESTATE);
}

static void a_port_in_use_is_an_error(void **state)
{
	int fd = open_plain(SOCK_DGRAM);
	struct urchin_ice *other;

	(void)state;
	port = port_of(fd);
	other = open_ice(false);
	assert_int_equal(other->ops->gather(other, "AbCd", PWD, false), URCHIN_EEXIST);
	close_ice(other);
	close(fd);
}

static void a_lite_peer_is_refused(void **state)
{
	(void)state;
	gather();
	assert_int_equal(ice->ops->set_remote(ice, "peer", PWD, true), URCHIN_EINVAL);
	assert_int_equal(ice->ops->set_remote(ice, "peer", PWD, false), 0);
	assert_int_equal(heard.states, 0);
	turn_until(&loop, &heard.states, 1);
	assert_int_equal(heard.state, URCHIN_ICE_CHECKING);
}

static void packets_go_both_ways(void **state)
{
	static const uint8_t media[] = "\x80media......";
	uint8_t bytes[256];
	int fd;

	(void)state;
	assert_int_equal(ice->ops->send(ice, media, sizeof(media)), URCHIN_ESTATE);
	assert_null(ice->ops->reserve(ice));
	gather();
	fd = connect_udp("AbCd:peer");
	assert_int_equal(heard.state, URCHIN_ICE_CONNECTED);
	assert_int_equal(heard.pair.remote.type, URCHIN_CANDIDATE_PRFLX);
	assert_int_equal(heard.pair.remote.port, port_of(fd));
	assert_string_equal(heard.pair.local.address, "127.0.0.1");
	send(fd, media, sizeof(media), 0);
	turn_until(&loop, &heard.packets, 1);
	assert_int_equal(heard.len, sizeof(media));
	assert_int_equal(ice->ops->send(ice, media, sizeof(media)), 0);
	assert_int_equal(recv(fd, bytes, sizeof(bytes), 0), sizeof(media));
	memcpy(ice->ops->reserve(ice), media, sizeof(media));
	assert_int_equal(ice->ops->commit(ice, sizeof(media), true), 0);
	urchin_loop_turn(&loop, 0);
	assert_int_equal(recv(fd, bytes, sizeof(bytes), 0), sizeof(media));
	close(fd);
}

static void signalled_candidates_give_the_pair_its_name(void **state)
{
	struct urchin_candidate candidate = {.type = URCHIN_CANDIDATE_SRFLX, .priority = 5, .address = "127.0.0.1"};
	int fd = open_plain(SOCK_DGRAM);

	(void)state;
	gather();
	connect_to(fd, port);
	candidate.port = port_of(fd);
	assert_int_equal(ice->ops->add_candidate(ice, &candidate), 0);
	check(fd, "AbCd:peer", true, 0);
	turn_until(&loop, &heard.pairs, 1);
	assert_int_equal(heard.pair.remote.type, URCHIN_CANDIDATE_SRFLX);
	assert_int_equal(heard.pair.remote.priority, 5);
	close(fd);
}

static void tcp_carries_all_of_it(void **state)
{
	int fd = open_plain(SOCK_STREAM);
	uint8_t bytes[256];

	(void)state;
	gather();
	connect_to(fd, port);
	check(fd, "AbCd:peer", true, 2);
	turn_until(&loop, &heard.pairs, 1);
	assert_true(recv(fd, bytes, sizeof(bytes), 0) > URCHIN_STUN_HEADER_LEN + 2);
	assert_int_equal(heard.pair.local.protocol, URCHIN_PROTOCOL_TCP_PASSIVE);
	assert_int_equal(heard.pair.remote.protocol, URCHIN_PROTOCOL_TCP_ACTIVE);
	send(fd, "\0\x0d\x80media.......", 15, 0);
	turn_until(&loop, &heard.packets, 1);
	assert_int_equal(heard.len, 13);
	memcpy(ice->ops->reserve(ice), "media", 5);
	assert_int_equal(ice->ops->commit(ice, 5, true), 0);
	assert_int_equal(recv(fd, bytes, sizeof(bytes), 0), 7);
	assert_memory_equal(bytes, "\0\5media", 7);
	/* Its end is the end of the way, at once. */
	close(fd);
	turn_until(&loop, &heard.states, 2);
	assert_int_equal(heard.state, URCHIN_ICE_DISCONNECTED);
	assert_null(ice->ops->reserve(ice));
	assert_int_equal(ice->ops->send(ice, bytes, 5), URCHIN_ESTATE);
	close(connect_udp("AbCd:peer"));
	assert_int_equal(heard.state, URCHIN_ICE_CONNECTED);
}

static void a_restart_moves_to_the_new_way(void **state)
{
	static const uint8_t media[] = "\x80media......";
	struct urchin_mux_stats stats;
	uint8_t bytes[256];
	int before, after;

	(void)state;
	assert_int_equal(ice->ops->restart(ice, "AbCd", PWD), URCHIN_ESTATE);
	gather();
	before = connect_udp("AbCd:peer");
	assert_int_equal(ice->ops->restart(ice, "AbNew", PWD), 0);
	assert_int_equal(heard.candidates, 4);
	assert_int_equal(heard.gathered, 2);
	assert_int_equal(ice->ops->send(ice, media, sizeof(media)), 0);
	assert_int_equal(recv(before, bytes, sizeof(bytes), 0), sizeof(media));
	after = connect_udp("AbNew:peer");
	assert_int_equal(ice->ops->send(ice, media, sizeof(media)), 0);
	assert_int_equal(recv(after, bytes, sizeof(bytes), 0), sizeof(media));
	urchin_mux_get_stats(home.mux, &stats);
	assert_int_equal(stats.ufrags, 1);
	close(before);
	close(after);
}

static void statistics_name_candidates_and_pairs(void **state)
{
	struct urchin_stats stats = {0};
	size_t selected = 0, remotes = 0, locals = 0;
	int fd;

	(void)state;
	gather();
	fd = connect_udp("AbCd:peer");
	assert_int_equal(ice->ops->add_stats(ice, &stats, urchin_clock_us()), 0);
	for (size_t i = 0; i < stats.count; i++) {
		const struct urchin_stat *item = &stats.items[i];

		selected += strcmp(item->name, "selected") == 0 && item->value == 1;
		remotes += strcmp(item->name, "remotePort") == 0 && item->value == port_of(fd);
		locals += item->group == URCHIN_STAT_LOCAL_CANDIDATE && strcmp(item->name, "port") == 0;
	}
	assert_int_equal(selected, 1);
	assert_int_equal(remotes, 1);
	assert_int_equal(locals, 2);
	urchin_stats_clear(&stats);
	close(fd);
}

static void many_connections_share_the_port(void **state)
{
	static struct urchin_ice *many[50];
	int fds[50];

	(void)state;
	gather();
	for (size_t i = 0; i < 50; i++) {
		char ufrag[8], username[16];

		snprintf(ufrag, sizeof(ufrag), "Am%zu", i);
		snprintf(username, sizeof(username), "%s:peer", ufrag);
		many[i] = open_ice(false);
		assert_int_equal(many[i]->ops->gather(many[i], ufrag, PWD, false), 0);
		fds[i] = connect_udp(username);
	}
	for (size_t i = 0; i < 50; i++) {
		close_ice(many[i]);
		close(fds[i]);
	}
	/* And what comes afterwards for them is nobody's. */
	close(connect_udp("AbCd:peer"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(host_candidates_are_told_at_once),
	    TEST(a_port_in_use_is_an_error),
	    TEST(a_lite_peer_is_refused),
	    TEST(packets_go_both_ways),
	    TEST(signalled_candidates_give_the_pair_its_name),
	    TEST(tcp_carries_all_of_it),
	    TEST(a_restart_moves_to_the_new_way),
	    TEST(statistics_name_candidates_and_pairs),
	    TEST(many_connections_share_the_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
