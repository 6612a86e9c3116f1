/* The TCP side of a shared port: frames both ways, who may stay, and peers that are slow or many. */
#include "io/tcp_hub.h"

#include "io/mux_side.h"

#include <errno.h>

#include "base/bytes.h"
#include "support/fds.h"

static struct urchin_loop loop;
static struct urchin_tcp_hub *hub;
static uint16_t port;

static struct {
	size_t frames;
	size_t ends;
	size_t len;
	struct urchin_ice_way way;
	bool ends_at_frame;
	bool proves;
	bool releases;
	int released;
} heard;

static void on_frame(void *owner, const struct urchin_ice_way *way, uint8_t *bytes, size_t len, uint64_t now_us)
{
	(void)owner, (void)bytes;
	assert_true(now_us <= urchin_clock_us());
	heard.frames++;
	heard.len = len;
	heard.way = *way;
	if (heard.proves)
		urchin_tcp_hub_prove(hub, way->link);
	if (heard.releases)
		heard.released = urchin_tcp_hub_release(hub, way->link);
	if (heard.ends_at_frame)
		urchin_tcp_hub_end(hub, way->link);
}

static void on_end(void *owner, const struct urchin_ice_way *way, uint64_t now_us)
{
	(void)owner, (void)now_us;
	assert_int_equal(urchin_tcp_hub_base(hub, way->link), UINT32_MAX);
	heard.ends++;
}

static int set_up(void **state)
{
	static const struct urchin_tcp_hub_callbacks callbacks = {.on_frame = on_frame, .on_end = on_end};
	struct urchin_addr addr;

	(void)state;
	memset(&heard, 0, sizeof(heard));
	assert_int_equal(urchin_loop_init(&loop), 0);
	hub = urchin_tcp_hub_new(&loop, &callbacks, NULL);
	port = free_port();
	addr = addr_of("127.0.0.1", port);
	assert_int_equal(urchin_tcp_hub_listen(hub, &addr, 5), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	urchin_tcp_hub_free(hub);
	urchin_loop_clear(&loop);
	return 0;
}

static int open_peer(void)
{
	int fd = open_plain(SOCK_STREAM);

	connect_to(fd, port);
	return fd;
}

static bool is_ended(int fd)
{
	char byte;
	ssize_t len = recv(fd, &byte, 1, 0);

	return len == 0 || (len < 0 && errno == ECONNRESET);
}

static struct urchin_tcp_hub_stats stats_now(void)
{
	struct urchin_tcp_hub_stats stats;

	urchin_tcp_hub_get_stats(hub, &stats);
	return stats;
}

static void frames_go_both_ways(void **state)
{
	int fd = open_peer();
	uint8_t bytes[16];

	(void)state;
	/* Two frames in one piece, one in three. */
	assert_int_equal(send(fd, "\0\3abc\0\2de", 9, 0), 9);
	turn_until(&loop, &heard.frames, 2);
	assert_int_equal(heard.len, 2);
	assert_int_equal(heard.way.remote.port, port_of(fd));
	assert_true(heard.way.link >= URCHIN_TCP_LINK_FIRST);
	assert_int_equal(urchin_tcp_hub_base(hub, heard.way.link), 5);
	for (size_t i = 0; i < 3; i++) {
		send(fd, &"\0\1f"[i], 1, 0);
		turn_idle(&loop);
	}
	turn_until(&loop, &heard.frames, 3);
	assert_int_equal(heard.len, 1);
	assert_int_equal(urchin_tcp_hub_send(hub, heard.way.link, (const uint8_t *)"answer", 6, false), 0);
	assert_int_equal(recv(fd, bytes, sizeof(bytes), 0), 8);
	assert_memory_equal(bytes, "\0\6answer", 8);
	close(fd);
	turn_until(&loop, &heard.ends, 1);
	assert_int_equal(urchin_tcp_hub_send(hub, heard.way.link, (const uint8_t *)"answer", 6, false), URCHIN_ESYSTEM);
	assert_int_equal(stats_now().count, 0);
}

static void a_frame_too_long_ends_the_connection(void **state)
{
	int fd = open_peer();

	(void)state;
	send(fd, "GET / HTTP/1.1\r\n\r\n", 18, 0);
	turn_until(&loop, &heard.ends, 1);
	assert_true(is_ended(fd));
	assert_int_equal(heard.frames, 0);
	close(fd);
}

static void a_connection_can_be_ended_inside_its_own_frame(void **state)
{
	int fd = open_peer();

	(void)state;
	heard.ends_at_frame = true;
	send(fd, "\0\1a\0\1b", 6, 0);
	turn_until(&loop, &heard.frames, 1);
	turn_idle(&loop);
	assert_int_equal(heard.frames, 1);
	assert_int_equal(heard.ends, 0);
	assert_true(is_ended(fd));
	close(fd);
}

/* What another worker's check is: its connection goes with nothing of it read but the frame that was told. */
static void a_connection_moves_to_another_hub(void **state)
{
	static const struct urchin_tcp_hub_callbacks callbacks = {.on_frame = on_frame, .on_end = on_end};
	struct urchin_tcp_hub *first = hub, *second = urchin_tcp_hub_new(&loop, &callbacks, NULL);
	struct urchin_addr from;
	int level = count_fds();
	int fd = open_peer();
	int moved;
	uint32_t link;

	(void)state;
	heard.releases = true;
	send(fd, "\0\3abc\0\2de\0", 10, 0);
	turn_until(&loop, &heard.frames, 1);
	turn_idle(&loop);
	assert_int_equal(heard.frames, 1);
	assert_int_equal(heard.len, 3);
	assert_int_equal(urchin_tcp_hub_release(first, heard.way.link), -1);
	assert_int_equal(stats_now().released, 1);
	assert_int_equal(stats_now().count, 0);
	moved = heard.released;
	from = heard.way.remote;
	heard.releases = false;
	hub = second;
	link = urchin_tcp_hub_adopt(second, 7, moved, &from);
	assert_int_equal(urchin_tcp_hub_base(second, link), 7);
	turn_until(&loop, &heard.frames, 2);
	assert_int_equal(heard.len, 2);
	assert_int_equal(heard.way.link, link);
	urchin_tcp_hub_prove(second, link);
	assert_int_equal(urchin_tcp_hub_release(second, link), -1);
	send(fd, "\1f\0\1g", 5, 0);
	turn_until(&loop, &heard.frames, 4);
	assert_int_equal(stats_now().adopted, 1);
	urchin_tcp_hub_free(second);
	hub = first;
	assert_true(is_ended(fd));
	close(fd);
	assert_int_equal(count_fds(), level);
}

static void newcomers_push_out_those_that_proved_nothing(void **state)
{
	int proven = open_peer();
	int fds[100];

	(void)state;
	heard.proves = true;
	send(proven, "\0\1a", 3, 0);
	turn_until(&loop, &heard.frames, 1);
	heard.proves = false;
	for (size_t i = 0; i < 100; i++) {
		fds[i] = open_peer();
		turn_idle(&loop);
	}
	assert_int_equal(stats_now().count, 65);
	assert_int_equal(stats_now().refused, 36);
	assert_true(is_ended(fds[0]));
	assert_true(is_ended(fds[35]));
	send(fds[99], "\0\1a", 3, 0);
	send(proven, "\0\1a", 3, 0);
	turn_until(&loop, &heard.frames, 3);
	for (size_t i = 0; i < 100; i++)
		close(fds[i]);
	close(proven);
}

/* As many bytes as there are for the moment. */
static size_t drain(int fd, uint8_t *stream, size_t len, size_t cap)
{
	ssize_t got;

	do {
		got = recv(fd, stream + len, cap - len, MSG_DONTWAIT);
		len += got > 0 ? (size_t)got : 0;
		urchin_loop_turn(&loop, 1000);
	} while (got > 0 && len < cap);
	return len;
}

static void a_slow_peer_loses_media_and_whole_frames_only(void **state)
{
	static uint8_t stream[32 << 20];
	static uint8_t bytes[1200];
	int fd = open_peer();
	size_t sent = 0, at = 0, len = 0, frames = 0;
	int refused = 0;
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	(void)state;
	send(fd, "\0\1a", 3, 0);
	turn_until(&loop, &heard.frames, 1);
	/* Until well after the kernel's buffers and the queue are full. */
	while (sent < 20000 && refused < 100) {
		bytes[0] = (uint8_t)sent;
		if (urchin_tcp_hub_send(hub, heard.way.link, bytes, sizeof(bytes), true) == 0)
			sent++;
		else
			refused++;
		/* What is no media still has room. */
		if (refused == 1)
			assert_int_equal(urchin_tcp_hub_send(hub, heard.way.link, (const uint8_t *)"x", 1, false), 0);
	}
	assert_int_equal(refused, 100);
	while (frames < sent + 1 && urchin_clock_us() < end_us) {
		len = drain(fd, stream, len, sizeof(stream));
		while (at + 2 <= len && at + 2 + urchin_read_u16(stream + at) <= len) {
			size_t frame_len = urchin_read_u16(stream + at);

			assert_true(frame_len == sizeof(bytes) ? stream[at + 2] == (uint8_t)frames : frame_len == 1);
			frames += 1;
			at += 2 + frame_len;
		}
	}
	assert_int_equal(frames, sent + 1);
	assert_int_equal(urchin_tcp_hub_send(hub, heard.way.link, bytes, sizeof(bytes), true), 0);
	close(fd);
}

static void what_was_accepted_ends_with_its_listener(void **state)
{
	int fd = open_peer();

	(void)state;
	send(fd, "\0\1a", 3, 0);
	turn_until(&loop, &heard.frames, 1);
	urchin_tcp_hub_unlisten(hub, 5);
	assert_true(is_ended(fd));
	assert_int_equal(heard.ends, 0);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(frames_go_both_ways),
	    TEST(a_frame_too_long_ends_the_connection),
	    TEST(a_connection_can_be_ended_inside_its_own_frame),
	    TEST(a_connection_moves_to_another_hub),
	    TEST(newcomers_push_out_those_that_proved_nothing),
	    TEST(a_slow_peer_loses_media_and_whole_frames_only),
	    TEST(what_was_accepted_ends_with_its_listener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
