/*
 * A publisher and viewers whose packets go through one or two workers, with ICE-lite on one port or full ICE on a port
 * for each connection: what floods of junk must not disturb. Viewers are on the workers in turn, the publisher is on
 * the first.
 */
#ifndef URCHIN_TEST_IO_FLOOD_SCENE_H
#define URCHIN_TEST_IO_FLOOD_SCENE_H

#include "io/host.h"
#include "io/mux_side.h"

#include "base/bytes.h"
#include "io/mailbox.h"

#define SERVERS_MAX 2
/*
 * The server's connections; their peers' numbers are one more. That of the publisher's peer is among the last whose
 * video a worker leaves out when it has too much to do: here the clients' worker has the server's machine.
 */
#define PUBLISHER 7
#define VIEWER 11 /* and every tenth after it */
#define VIEWERS 5
#define RECEIVER 1000
#define IMPORT 2000
#define REQUEST 5000
#define PACKETS 1000
#define PACKET_US 2000

struct scene {
	/* These are chosen before open_scene(). */
	size_t server_count;
	uint16_t lite_port; /* 0: full ICE */
	bool tcp;
	struct host servers[SERVERS_MAX];
	struct host clients;
	unsigned box;
	struct urchin_batch batch;
	uint64_t request;
	size_t heard[VIEWERS];
	bool seen[VIEWERS][PACKETS];
};

static inline void on_filled(void *owner)
{
	(void)owner;
}

static inline struct urchin_format video(void)
{
	struct urchin_format format = {.kind = URCHIN_VIDEO, .codec_count = 1};

	format.codecs[0] = (struct urchin_format_codec){
	    .payload_type = 96, .codec = URCHIN_CODEC_VP8, .clock_rate_hz = 90000, .nack = true, .pli = true};
	return format;
}

static inline void expect(struct scene *scene, struct host *host, int err)
{
	assert_int_equal(err, 0);
	assert_int_equal(await_result(host, scene->request), 0);
	scene->request++;
}

static inline uint64_t viewer_id(size_t index)
{
	return VIEWER + 10 * (uint64_t)index;
}

static inline struct host *server_of(struct scene *scene, size_t viewer)
{
	return &scene->servers[viewer % scene->server_count];
}

/* The server's connection `id` and the full agent `id + 1`. */
static inline void connect_pair(struct scene *scene, struct host *server, uint64_t id)
{
	struct urchin_connection_config config = plain_config();

	config.ice.lite_port = scene->lite_port;
	config.ice.tcp = scene->tcp;
	assert_int_equal(urchin_open_connection(server->worker, 0, id, &config), 0);
	open_connection(&scene->clients, id + 1);
	gather(server, id, false);
	gather(&scene->clients, id + 1, true);
	set_remote(server, id, &scene->clients, id + 1, NULL);
	set_remote(&scene->clients, id + 1, server, id, NULL);
	pass_candidates(server, id, &scene->clients, id + 1);
	pass_candidates(&scene->clients, id + 1, server, id);
	await(server, id, URCHIN_EVENT_READY);
	await(&scene->clients, id + 1, URCHIN_EVENT_READY);
}

static inline void open_publisher(struct scene *scene)
{
	struct urchin_receiver_config receiver = {.format = video()};
	struct urchin_sender_config sender = {.format = video(), .ssrc = 77, .cname = "c"};
	const struct urchin_payload_map map = {96, 96};
	struct urchin_worker *clients = scene->clients.worker, *first = scene->servers[0].worker;

	connect_pair(scene, &scene->servers[0], PUBLISHER);
	expect(scene, &scene->servers[0], urchin_add_receiver(first, scene->request, PUBLISHER, RECEIVER, &receiver));
	for (size_t i = 1; i < scene->server_count; i++) {
		struct host *other = &scene->servers[i];

		expect(scene, other,
		       urchin_add_import(other->worker, scene->request, RECEIVER, (unsigned)urchin_worker_number(first),
					 &receiver));
		expect(scene, &scene->servers[0],
		       urchin_export_receiver(first, scene->request, RECEIVER,
					      (unsigned)urchin_worker_number(other->worker), true));
	}
	expect(scene, &scene->clients, urchin_add_import(clients, scene->request, IMPORT, scene->box, &receiver));
	expect(scene, &scene->clients, urchin_add_sender(clients, scene->request, PUBLISHER + 1, IMPORT + 1, &sender));
	expect(scene, &scene->clients, urchin_set_sender_source(clients, scene->request, IMPORT + 1, IMPORT, &map, 1));
}

static inline void open_viewer(struct scene *scene, size_t index)
{
	uint64_t id = viewer_id(index), receiver_id = RECEIVER + 1 + index;
	struct urchin_receiver_config receiver = {.format = video()};
	struct urchin_sender_config sender = {.format = video(), .ssrc = 88, .cname = "c"};
	const struct urchin_payload_map map = {96, 96};
	struct urchin_worker *clients = scene->clients.worker;
	struct host *server = server_of(scene, index);

	connect_pair(scene, server, id);
	expect(scene, server, urchin_add_sender(server->worker, scene->request, id, id, &sender));
	expect(scene, server, urchin_set_sender_source(server->worker, scene->request, id, RECEIVER, &map, 1));
	expect(scene, &scene->clients, urchin_add_receiver(clients, scene->request, id + 1, receiver_id, &receiver));
	expect(scene, &scene->clients, urchin_export_receiver(clients, scene->request, receiver_id, scene->box, true));
}

static inline void open_scene(struct scene *scene)
{
	assert_in_range(scene->server_count, 1, SERVERS_MAX);
	scene->request = REQUEST;
	scene->box = (unsigned)urchin_mailbox_open(on_filled, NULL);
	for (size_t i = 0; i < scene->server_count; i++)
		start_like(&scene->servers[i], i > 0 ? &scene->servers[0] : NULL);
	start(&scene->clients);
	open_publisher(scene);
	for (size_t i = 0; i < VIEWERS; i++)
		open_viewer(scene, i);
}

static inline void close_scene(struct scene *scene)
{
	for (size_t i = 0; i < scene->server_count; i++)
		stop(&scene->servers[i]);
	stop(&scene->clients);
	urchin_mailbox_close(scene->box);
	urchin_batch_clear(&scene->batch);
}

/* A VP8 key frame of one packet, with its number at the end. */
static inline void publish(struct scene *scene, uint16_t number)
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

/* Returns how many packets have come to viewers for the first time, over all. */
static inline size_t hear(struct scene *scene)
{
	const struct urchin_parcel *parcel;
	size_t total = 0;

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
	for (size_t i = 0; i < VIEWERS; i++)
		total += scene->heard[i];
	return total;
}

/* Says why packets may be missing on a machine with too much else to do. */
static inline void tell_overload(struct host *host, const char *name)
{
	take(host);
	if (find(host, 0, URCHIN_EVENT_OVERLOAD))
		print_message("a worker of the %s left out video\n", name);
}

/* No connection has noticed anything either. */
static inline void check_calm(struct host *host)
{
	take(host);
	for (size_t i = 0; i < host->count; i++) {
		const struct urchin_event *event = &host->events[i];

		assert_int_not_equal(event->type, URCHIN_EVENT_FAILED);
		assert_int_not_equal(event->type, URCHIN_EVENT_PEER_CLOSED);
		if (event->type == URCHIN_EVENT_ICE_STATE)
			assert_in_range(event->code, URCHIN_ICE_NEW, URCHIN_ICE_CONNECTED);
	}
}

/* Publishes every packet, and waits until all viewers have them or for long. */
static inline void play(struct scene *scene)
{
	const struct timespec pause = {.tv_nsec = PACKET_US * 1000};
	uint64_t end_us;

	for (uint16_t i = 0; i < PACKETS; i++) {
		publish(scene, i);
		nanosleep(&pause, NULL);
		hear(scene);
	}
	end_us = urchin_clock_us() + PATIENCE_US;
	while (hear(scene) < (size_t)VIEWERS * PACKETS && urchin_clock_us() < end_us)
		nanosleep(&pause, NULL);
}

/* Every viewer got every packet. After the flood's end: a thread must not outlive the test that fails. */
static inline void check_heard(struct scene *scene)
{
	for (size_t i = 0; i < scene->server_count; i++)
		tell_overload(&scene->servers[i], "server");
	tell_overload(&scene->clients, "clients");
	for (size_t i = 0; i < VIEWERS; i++)
		assert_int_equal(scene->heard[i], PACKETS);
	for (size_t i = 0; i < scene->server_count; i++)
		check_calm(&scene->servers[i]);
	check_calm(&scene->clients);
}

/* A counter of the server's, as JS sees it; of its port when it is the port's. */
static inline double read_counter(struct scene *scene, struct host *server, uint64_t id, const char *name)
{
	uint64_t request = scene->request++;

	assert_int_equal(urchin_get_stats(server->worker, request, id), 0);
	for (size_t i = 0;; i++) {
		while (i == server->count)
			assert_true(wait_events(server, PATIENCE_MS));
		if (server->events[i].type != URCHIN_EVENT_STATS || server->events[i].object_id != request)
			continue;
		for (size_t j = 0; j < server->events[i].stats->count; j++)
			if (strcmp(server->events[i].stats->items[j].name, name) == 0)
				return server->events[i].stats->items[j].value;
		fail_msg("no counter %s", name);
	}
}

/* One of the port's, by the worker of the viewer. */
static inline double read_port_counter(struct scene *scene, size_t viewer, const char *name)
{
	return read_counter(scene, server_of(scene, viewer), viewer_id(viewer), name);
}

#endif
