/*
 * TCP connections that prove nothing, one after another to the one port, while a publisher and five viewers use it by
 * UDP: they lose nothing, and no descriptor remains.
 */
#include "io/flood.h"
#include "io/flood_scene.h"

#include "support/fds.h"

#define OPEN_MAX_COUNT 32
#define INTERVAL_US 5000

struct tcp_flood {
	uint16_t port;
	char digits[8];
	pthread_t thread;
	atomic_bool is_over;
	size_t opened;
};

/* In turn: no frame at all, a check for nobody, half a frame, nothing. */
static void send_junk(int fd, const char *digits, uint32_t number)
{
	static const char http[] = "GET / HTTP/1.1\r\n\r\n";
	uint8_t frame[300] = {0, 100, 0, 1};
	size_t len = 0;

	switch (number % 4) {
	case 0:
		send(fd, http, sizeof(http) - 1, MSG_NOSIGNAL);
		break;
	case 1:
		len = write_foreign_check(frame + 2, sizeof(frame) - 2, digits, number / 4);
		urchin_write_u16(frame, (uint16_t)len);
		send(fd, frame, len + 2, MSG_NOSIGNAL);
		break;
	case 2:
		send(fd, frame, 1 + number / 4 % 40, MSG_NOSIGNAL);
		break;
	default:
		break;
	}
}

/* Every other one is reset. */
static void end_peer(int fd, uint32_t number)
{
	const struct linger reset = {.l_onoff = 1};

	if (fd < 0)
		return;
	if (number % 2)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}

static void *run_tcp_flood(void *owner)
{
	struct tcp_flood *flood = owner;
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(flood->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct timeval patience = {.tv_sec = 1};
	int fds[OPEN_MAX_COUNT];
	uint32_t number = 0;

	for (size_t i = 0; i < OPEN_MAX_COUNT; i++)
		fds[i] = -1;
	for (; !atomic_load(&flood->is_over); number++) {
		int *fd = &fds[number % OPEN_MAX_COUNT];

		end_peer(*fd, number / OPEN_MAX_COUNT);
		*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		if (connect(*fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
			flood->opened++;
			send_junk(*fd, flood->digits, number);
		}
		sleep_us(INTERVAL_US);
	}
	for (size_t i = 0; i < OPEN_MAX_COUNT; i++)
		end_peer(fds[i], (uint32_t)i);
	return NULL;
}

static void stop_tcp_flood(struct tcp_flood *flood)
{
	atomic_store(&flood->is_over, true);
	pthread_join(flood->thread, NULL);
	print_message("%zu TCP connections\n", flood->opened);
	assert_true(flood->opened >= OPEN_MAX_COUNT);
}

static double sum_counter(struct scene *scene, const char *name)
{
	double sum = 0;

	for (size_t i = 0; i < scene->server_count; i++)
		sum += read_port_counter(scene, i, name);
	return sum;
}

/* All were accepted, and those that told something wrong were noticed. */
static void check_counters(struct scene *scene, const struct tcp_flood *flood)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	while (sum_counter(scene, "portTcpAccepted") < (double)flood->opened && urchin_clock_us() < end_us)
		sleep_us(100000);
	assert_int_equal(sum_counter(scene, "portTcpAccepted"), flood->opened);
	assert_true(sum_counter(scene, "portTcpJunk") > 0);
	assert_true(sum_counter(scene, "portTcpJunk") <= (double)flood->opened);
}

static void check_fds(int level)
{
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	while (count_fds() != level && urchin_clock_us() < end_us)
		sleep_us(10000);
	assert_int_equal(count_fds(), level);
}

static void flood_the_port_of(size_t server_count)
{
	static struct scene scene;
	static struct tcp_flood flood;
	int level;

	memset(&scene, 0, sizeof(scene));
	memset(&flood, 0, sizeof(flood));
	scene.server_count = server_count;
	scene.lite_port = flood.port = free_port();
	scene.tcp = true;
	open_scene(&scene);
	flood.digits[0] = '?';
	for (size_t i = 0; i < server_count; i++)
		flood.digits[1 + i] = digit_of(&scene.servers[i]);
	level = count_fds();
	assert_int_equal(pthread_create(&flood.thread, NULL, run_tcp_flood, &flood), 0);
	play(&scene);
	stop_tcp_flood(&flood);
	check_heard(&scene);
	check_counters(&scene, &flood);
	check_fds(level);
	close_scene(&scene);
}

static void a_call_notices_nothing_of_strangers_by_tcp(void **state)
{
	(void)state;
	flood_the_port_of(1);
}

static void a_call_over_two_workers_notices_nothing_of_strangers_by_tcp(void **state)
{
	(void)state;
	flood_the_port_of(2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_call_notices_nothing_of_strangers_by_tcp),
	    cmocka_unit_test(a_call_over_two_workers_notices_nothing_of_strangers_by_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
