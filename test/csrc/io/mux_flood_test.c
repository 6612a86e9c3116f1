/*
 * Junk on the one port while a publisher and five viewers use it: they lose nothing, and each kind of junk is counted.
 * The flood is 50,000 datagrams a second, or as many as this machine's kernel and the worker, with a sanitizer perhaps,
 * can take: what the kernel drops at a full socket nobody can choose.
 */
#include "io/host.h"
#include "io/mux_side.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/bytes.h"
#include "io/mailbox.h"

#define PUBLISHER 1 /* the server's connection, and its peer's number is one more */
#define VIEWER 11   /* likewise, 10 apart */
#define VIEWERS 5
#define RECEIVER 1000
#define IMPORT 2000
#define REQUEST 5000
#define PACKETS 1000
#define BATCH 64
#define BATCH_US 1280
#define QUEUED_MAX 131072 /* bytes, as the kernel counts them */

struct scene {
	struct host server;
	struct host clients;
	uint16_t port;
	unsigned box;
	struct urchin_batch batch;
	uint64_t request;
	size_t heard[VIEWERS];
	bool seen[VIEWERS][PACKETS];
};

struct flood {
	uint16_t port;
	atomic_bool is_over;
	atomic_size_t sent;
};

static void on_filled(void *owner)
{
	(void)owner;
}

static struct urchin_format video(void)
{
	struct urchin_format format = {.kind = URCHIN_VIDEO, .codec_count = 1};

	format.codecs[0] = (struct urchin_format_codec){
	    .payload_type = 96, .codec = URCHIN_CODEC_VP8, .clock_rate_hz = 90000, .nack = true, .pli = true};
	return format;
}

static void expect(struct scene *scene, struct host *host, int err)
{
	assert_int_equal(err, 0);
	assert_int_equal(await_result(host, scene->request), 0);
	scene->request++;
}

/* The server's connection `id` and the full agent `id + 1`. */
static void connect_pair(struct scene *scene, uint64_t id)
{
	struct urchin_connection_config config = plain_config();

	config.ice.lite_port = scene->port;
	assert_int_equal(urchin_open_connection(scene->server.worker, 0, id, &config), 0);
	open_connection(&scene->clients, id + 1);
	gather(&scene->server, id, false);
	gather(&scene->clients, id + 1, true);
	set_remote(&scene->server, id, &scene->clients, id + 1, NULL);
	set_remote(&scene->clients, id + 1, &scene->server, id, NULL);
	pass_candidates(&scene->server, id, &scene->clients, id + 1);
	pass_candidates(&scene->clients, id + 1, &scene->server, id);
	await(&scene->server, id, URCHIN_EVENT_READY);
	await(&scene->clients, id + 1, URCHIN_EVENT_READY);
}

static void open_publisher(struct scene *scene)
{
	struct urchin_receiver_config receiver = {.format = video()};
	struct urchin_sender_config sender = {.format = video(), .ssrc = 77, .cname = "c"};
	const struct urchin_payload_map map = {96, 96};
	struct urchin_worker *clients = scene->clients.worker;

	connect_pair(scene, PUBLISHER);
	expect(scene, &scene->server,
	       urchin_add_receiver(scene->server.worker, scene->request, PUBLISHER, RECEIVER, &receiver));
	expect(scene, &scene->clients, urchin_add_import(clients, scene->request, IMPORT, scene->box, &receiver));
	expect(scene, &scene->clients, urchin_add_sender(clients, scene->request, PUBLISHER + 1, IMPORT + 1, &sender));
	expect(scene, &scene->clients, urchin_set_sender_source(clients, scene->request, IMPORT + 1, IMPORT, &map, 1));
}

static void open_viewer(struct scene *scene, size_t index)
{
	uint64_t id = VIEWER + 10 * index, receiver_id = RECEIVER + 1 + index;
	struct urchin_receiver_config receiver = {.format = video()};
	struct urchin_sender_config sender = {.format = video(), .ssrc = 88, .cname = "c"};
	const struct urchin_payload_map map = {96, 96};
	struct urchin_worker *server = scene->server.worker, *clients = scene->clients.worker;

	connect_pair(scene, id);
	expect(scene, &scene->server, urchin_add_sender(server, scene->request, id, id, &sender));
	expect(scene, &scene->server, urchin_set_sender_source(server, scene->request, id, RECEIVER, &map, 1));
	expect(scene, &scene->clients, urchin_add_receiver(clients, scene->request, id + 1, receiver_id, &receiver));
	expect(scene, &scene->clients, urchin_export_receiver(clients, scene->request, receiver_id, scene->box, true));
}

/* A VP8 key frame of one packet, with its number at the end. */
static void publish(struct scene *scene, uint16_t number)
{
	static const uint8_t vp8[] = {0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0, 1, 0, 1};
	struct urchin_parcel parcel = {
	    .kind = URCHIN_PARCEL_PACKET, .from = scene->box, .id = IMPORT, .now_us = urchin_clock_us(), .len = 1000};

	parcel.bytes[0] = 0x80;
	parcel.bytes[1] = 0x80 | 96;
	urchin_write_u16(parcel.bytes + 2, number);
	urchin_write_u32(parcel.bytes + 4, number * 180U);
	urchin_write_u32(parcel.bytes + 8, 5);
	memcpy(parcel.bytes + 12, vp8, sizeof(vp8));
	urchin_write_u16(parcel.bytes + 500, number);
	assert_int_equal(urchin_mailbox_post((unsigned)urchin_worker_number(scene->clients.worker), &parcel), 0);
}

static void hear(struct scene *scene)
{
	const struct urchin_parcel *parcel;

	urchin_mailbox_take(scene->box, &scene->batch);
	while ((parcel = urchin_batch_next(&scene->batch))) {
		size_t viewer = (size_t)(parcel->id - RECEIVER - 1);
		uint16_t number;

		if (parcel->kind != URCHIN_PARCEL_PACKET || viewer >= VIEWERS || parcel->len < 502)
			continue;
		number = urchin_read_u16(parcel->bytes + 500);
		if (number >= PACKETS || scene->seen[viewer][number])
			continue;
		scene->seen[viewer][number] = true;
		scene->heard[viewer]++;
	}
}

static void sleep_us(long us)
{
	nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

/* In turn: every first byte there is, a check for nobody, a ClientHello, media of nobody's. Returns its length. */
static size_t write_junk(uint8_t bytes[256], uint32_t number)
{
	static const uint8_t hello[] = {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 1, 0, 0, 88};

	memset(bytes, (int)(number * 7), 200);
	bytes[0] = (uint8_t)(number >> 2);
	if (number % 4 == 1)
		return write_check(bytes, 256, "unobody:x", NULL, false);
	if (number % 4 == 2)
		memcpy(bytes, hello, sizeof(hello));
	if (number % 4 == 3)
		bytes[0] = 0x80;
	return 200;
}

/* What waits in the sockets of a port. */
static size_t queued(uint16_t port)
{
	FILE *file = fopen("/proc/net/udp", "r");
	char line[256];
	size_t total = 0;

	while (file && fgets(line, sizeof(line), file)) {
		unsigned found, len;

		if (sscanf(line, " %*[0-9]: %*8x:%4x %*8x:%*4x %*2x %*8x:%8x", &found, &len) == 2 && found == port)
			total += len;
	}
	if (file)
		fclose(file);
	return total;
}

static void *run_flood(void *owner)
{
	static uint8_t bytes[BATCH][256];
	struct flood *flood = owner;
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(flood->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct iovec vectors[BATCH];
	struct mmsghdr messages[BATCH] = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t next_us = urchin_clock_us();
	uint32_t number = 0;

	for (size_t i = 0; i < BATCH; i++)
		messages[i].msg_hdr = (struct msghdr){
		    .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &vectors[i], .msg_iovlen = 1};
	while (!atomic_load(&flood->is_over)) {
		uint64_t now_us;
		int sent;

		while (queued(flood->port) > QUEUED_MAX && !atomic_load(&flood->is_over))
			sleep_us(1000);
		now_us = urchin_clock_us();
		for (size_t i = 0; i < BATCH; i++)
			vectors[i] = (struct iovec){.iov_base = bytes[i], .iov_len = write_junk(bytes[i], number++)};
		sent = sendmmsg(fd, messages, BATCH, 0);
		atomic_fetch_add(&flood->sent, sent > 0 ? (size_t)sent : 0);
		/* What was not managed in time is not made up for. */
		next_us = next_us + BATCH_US > now_us ? next_us + BATCH_US : now_us;
		if (next_us > now_us)
			sleep_us((long)(next_us - now_us));
	}
	close(fd);
	return NULL;
}

/* The server's counters, as JS sees them. */
static void check_counters(struct scene *scene, size_t sent)
{
	static const char *const names[] = {"portJunk", "portUnknownUfrags", "portUnknownHellos",
					    "portUnknownAddresses"};
	const struct urchin_event *event;
	double values[4] = {0};

	assert_int_equal(urchin_get_stats(scene->server.worker, scene->request, PUBLISHER), 0);
	event = await(&scene->server, PUBLISHER, URCHIN_EVENT_STATS);
	for (size_t i = 0; i < event->stats->count; i++)
		for (size_t j = 0; j < 4; j++)
			if (strcmp(event->stats->items[i].name, names[j]) == 0)
				values[j] = event->stats->items[i].value;
	for (size_t j = 0; j < 4; j++)
		assert_true(values[j] > 0);
	assert_true(values[0] + values[1] + values[3] <= (double)sent);
}

static void a_call_notices_nothing_of_a_flood(void **state)
{
	static struct scene scene;
	struct flood flood = {0};
	pthread_t thread;
	uint64_t end_us;
	size_t heard = 0;

	(void)state;
	scene.request = REQUEST;
	scene.port = flood.port = free_port();
	scene.box = (unsigned)urchin_mailbox_open(on_filled, NULL);
	start(&scene.server);
	start(&scene.clients);
	open_publisher(&scene);
	for (size_t i = 0; i < VIEWERS; i++)
		open_viewer(&scene, i);
	assert_int_equal(pthread_create(&thread, NULL, run_flood, &flood), 0);
	for (uint16_t i = 0; i < PACKETS; i++) {
		publish(&scene, i);
		sleep_us(2000);
		hear(&scene);
	}
	end_us = urchin_clock_us() + PATIENCE_US;
	while (heard < (size_t)VIEWERS * PACKETS && urchin_clock_us() < end_us) {
		hear(&scene);
		heard = 0;
		for (size_t i = 0; i < VIEWERS; i++)
			heard += scene.heard[i];
		sleep_us(2000);
	}
	atomic_store(&flood.is_over, true);
	pthread_join(thread, NULL);
	for (size_t i = 0; i < VIEWERS; i++)
		assert_int_equal(scene.heard[i], PACKETS);
	print_message("%zu datagrams of junk\n", atomic_load(&flood.sent));
	assert_true(atomic_load(&flood.sent) >= BATCH * 10);
	check_counters(&scene, atomic_load(&flood.sent));
	stop(&scene.server);
	stop(&scene.clients);
	urchin_mailbox_close(scene.box);
	urchin_batch_clear(&scene.batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_call_notices_nothing_of_a_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
