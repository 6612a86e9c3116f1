/*
 * Workers that join the one port and leave it while peers send. The kernel spreads peers over the workers' sockets by a
 * hash and the number of sockets: each change moved about half of the calls to a worker that did not know them, which
 * dropped their packets until the next check, seconds later, told it whose they were.
 */
#include "io/host.h"
#include "io/mux_side.h"

#define PEERS 8 /* as many ways as a connection has; that none of them moves is one of 256 cases */
#define WORKERS 3

struct scene {
	struct host hosts[WORKERS];
	uint16_t port;
	int fds[PEERS];
};

static void join(struct scene *scene, size_t index)
{
	struct host *host = &scene->hosts[index];
	struct urchin_connection_config config = plain_config();

	start(host);
	config.ice.lite_port = scene->port;
	assert_int_equal(urchin_open_connection(host->worker, 0, 1, &config), 0);
	gather(host, 1, false);
	await(host, 1, URCHIN_EVENT_GATHERED);
}

/* The peer's address is the first worker's from now on, and no check follows that would tell others. */
static void prove(struct scene *scene, int fd)
{
	char username[40], ufrag[32];
	uint8_t bytes[300];
	size_t len;

	write_ufrag(ufrag, &scene->hosts[0], 1);
	snprintf(username, sizeof(username), "%s:x", ufrag);
	len = write_check(bytes, sizeof(bytes), username, pwd_of(1), false);
	assert_int_equal(send(fd, bytes, len, 0), len);
	/* RFC 8489: Binding success */
	assert_true(recv(fd, bytes, sizeof(bytes), 0) > 20);
	assert_int_equal(bytes[0] << 8 | bytes[1], 0x0101);
}

static double count_received(struct host *host)
{
	const struct urchin_event *event;
	double count = -1;

	forget_events(host);
	assert_int_equal(urchin_get_stats(host->worker, 0, 1), 0);
	event = await(host, 1, URCHIN_EVENT_STATS);
	for (size_t i = 0; i < event->stats->count && count < 0; i++)
		if (strcmp(event->stats->items[i].name, "packetsReceived") == 0)
			count = event->stats->items[i].value;
	return count;
}

/* One packet of each peer; the first worker gets them all. */
static void check_heard(struct scene *scene, double *total)
{
	static const uint8_t media[100] = {0x80, 96};
	uint64_t end_us = urchin_clock_us() + PATIENCE_US;

	for (size_t i = 0; i < PEERS; i++)
		assert_int_equal(send(scene->fds[i], media, sizeof(media), 0), sizeof(media));
	*total += PEERS;
	while (count_received(&scene->hosts[0]) < *total && urchin_clock_us() < end_us)
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	assert_int_equal(count_received(&scene->hosts[0]), *total);
}

static void peers_stay_known_when_workers_join_and_leave(void **state)
{
	static struct scene scene;
	double total = 0;

	(void)state;
	scene.port = free_port();
	join(&scene, 0);
	for (size_t i = 0; i < PEERS; i++) {
		scene.fds[i] = open_plain(SOCK_DGRAM);
		connect_to(scene.fds[i], scene.port);
		prove(&scene, scene.fds[i]);
	}
	check_heard(&scene, &total);
	join(&scene, 1);
	check_heard(&scene, &total);
	join(&scene, 2);
	check_heard(&scene, &total);
	stop(&scene.hosts[1]);
	check_heard(&scene, &total);
	stop(&scene.hosts[2]);
	check_heard(&scene, &total);
	for (size_t i = 0; i < PEERS; i++)
		close(scene.fds[i]);
	stop(&scene.hosts[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(peers_stay_known_when_workers_join_and_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
