/* The server's process: workers with their own threads, told by the generator what to open and what to link. */
#include <dirent.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench/load/client_ice.h"
#include "bench/load/floor.h"
#include "bench/load/talk.h"
#include "urchin.h"

#define RECEIVER_ID 1000001
#define SENDER_ID 2000000
#define WORKERS_MAX 8

static const char digits[] = "ABCDEFGH"; /* of base64: RFC 8839's alphabet begins so */

struct server {
	const struct bench_plan *plan;
	int fd;
	int wake_fd;
	struct urchin_worker *workers[WORKERS_MAX];
	struct urchin_fingerprint fingerprint; /* of the clients */
	uint16_t client_port;
	uint64_t request_id;
	size_t unanswered;
	double memory_kb; /* with workers, but without connections */
};

static void on_events(void *owner)
{
	const uint64_t one = 1;
	if (write(((struct server *)owner)->wake_fd, &one, sizeof(one)) < 0)
		bench_fail("waking the server");
}

/* CPU time of the workers' threads, found by their names. */
static double workers_cpu_us(void)
{
	double cpu_us = 0;
	DIR *tasks = opendir("/proc/self/task");
	for (struct dirent *task; tasks && (task = readdir(tasks));) {
		char path[300], name[32] = "";
		unsigned long long run_ns = 0;
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task->d_name);
		FILE *file = fopen(path, "r");
		if (!file)
			continue;
		bool is_worker = fgets(name, sizeof(name), file) && strncmp(name, "urchin", 6) == 0;
		fclose(file);
		snprintf(path, sizeof(path), "/proc/self/task/%s/schedstat", task->d_name);
		file = is_worker ? fopen(path, "r") : NULL;
		if (!file)
			continue;
		if (fscanf(file, "%llu", &run_ns) == 1)
			cpu_us += (double)run_ns / 1000;
		fclose(file);
	}
	if (tasks)
		closedir(tasks);
	return cpu_us;
}

static double memory_kb(void)
{
	long all = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	malloc_trim(0);
	if (!file || fscanf(file, "%ld %ld", &all, &resident) != 2)
		bench_fail("statm");
	fclose(file);
	return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static struct urchin_worker *worker_of(const struct server *server, uint64_t id)
{
	return server->workers[id % server->plan->workers];
}

static void open_one(struct server *server, uint64_t id)
{
	static const char *const addresses[] = {"127.0.0.1"};
	struct urchin_worker *worker = worker_of(server, id);
	const struct urchin_connection_config config = {
	    .ice = {.addresses = addresses,
		    .address_count = 1,
		    .lite_port = server->plan->is_lite ? server->plan->lite_port : 0},
	};
	const struct urchin_remote remote = {
	    .ufrag = BENCH_CLIENT_UFRAG,
	    .pwd = BENCH_CLIENT_PWD,
	    .local_dtls_role = URCHIN_DTLS_SERVER,
	    .fingerprints = &server->fingerprint,
	    .fingerprint_count = 1,
	};
	struct urchin_candidate candidate = {.foundation = "1",
					     .type = URCHIN_CANDIDATE_HOST,
					     .protocol = URCHIN_PROTOCOL_UDP,
					     .priority = 0x7e0001ff,
					     .port = server->client_port};
	char ufrag[32];

	client_net_address(id - 1, candidate.address);
	snprintf(ufrag, sizeof(ufrag), "%cserver%u", digits[urchin_worker_number(worker) & 7], (unsigned)id);
	if (urchin_open_connection(worker, 0, id, &config) < 0 ||
	    urchin_gather(worker, 0, id, ufrag, BENCH_SERVER_PWD, false) < 0 ||
	    urchin_set_remote(worker, 0, id, &remote) < 0)
		bench_fail("opening a connection");
	if (!server->plan->is_lite)
		urchin_add_candidate(worker, 0, id, &candidate);
}

static struct urchin_format video_format(void)
{
	struct urchin_format format = {.kind = URCHIN_VIDEO, .mid = "0", .codec_count = 1};
	format.codecs[0] = (struct urchin_format_codec){
	    .payload_type = BENCH_PAYLOAD_TYPE,
	    .codec = URCHIN_CODEC_OTHER,
	    .clock_rate_hz = 90000,
	    .nack = true,
	};
	return format;
}

static void link_all(struct server *server)
{
	const struct urchin_receiver_config receiver = {
	    .format = video_format(),
	    .ssrcs = {BENCH_SSRC},
	    .ssrc_count = 1,
	};
	const struct urchin_payload_map map = {BENCH_PAYLOAD_TYPE, BENCH_PAYLOAD_TYPE};
	struct urchin_worker *home = worker_of(server, 1);

	urchin_add_receiver(home, ++server->request_id, 1, RECEIVER_ID, &receiver);
	for (size_t i = 0; i < server->plan->workers; i++) {
		struct urchin_worker *other = server->workers[i];
		if (other == home)
			continue;
		urchin_add_import(other, ++server->request_id, RECEIVER_ID, (unsigned)urchin_worker_number(home),
				  &receiver);
		urchin_export_receiver(home, ++server->request_id, RECEIVER_ID, (unsigned)urchin_worker_number(other),
				       true);
	}
	for (uint64_t id = 2; id <= server->plan->viewers + 1; id++) {
		struct urchin_sender_config sender = {
		    .format = video_format(),
		    .ssrc = (uint32_t)(0x2000 + id),
		    .cname = "bench",
		};
		urchin_add_sender(worker_of(server, id), ++server->request_id, id, SENDER_ID + id, &sender);
		urchin_set_sender_source(worker_of(server, id), ++server->request_id, SENDER_ID + id, RECEIVER_ID, &map,
					 1);
	}
	server->unanswered = server->request_id;
}

static void take_event(struct server *server, struct urchin_event *event)
{
	struct bench_message message = {.id = event->connection_id};

	if (event->type == URCHIN_EVENT_CANDIDATE) {
		message.word = BENCH_WHERE;
		message.value = event->pair->local.port;
		snprintf(message.text, sizeof(message.text), "%s", event->pair->local.address);
		bench_say(server->fd, &message);
	}
	if (event->type == URCHIN_EVENT_READY) {
		message.word = BENCH_READY;
		bench_say(server->fd, &message);
	}
	if (event->type == URCHIN_EVENT_FAILED)
		bench_fail(event->text ? event->text : urchin_reason_name((enum urchin_reason)event->code));
	if (event->type == URCHIN_EVENT_RESULT && event->code < 0)
		bench_fail(urchin_err_name(event->code));
	if (event->type == URCHIN_EVENT_RESULT && --server->unanswered == 0)
		bench_say(server->fd, &(struct bench_message){.word = BENCH_LINK});
}

static void take_events(struct server *server)
{
	struct urchin_event events[64];
	size_t count;

	for (size_t w = 0; w < server->plan->workers; w++)
		while ((count = urchin_worker_take_events(server->workers[w], events, 64)) > 0)
			for (size_t i = 0; i < count; i++) {
				take_event(server, &events[i]);
				urchin_event_clear(&events[i]);
			}
}

static void say_hello(struct server *server)
{
	struct bench_message hello;

	bench_hear(server->fd, &hello, -1);
	server->client_port = (uint16_t)hello.value;
	server->fingerprint = (struct urchin_fingerprint){.algorithm = "sha-256", .len = 32};
	for (size_t i = 0; i < 32; i++)
		server->fingerprint.bytes[i] = (uint8_t)strtoul(hello.text + 3 * i, NULL, 16);
	snprintf(hello.text, sizeof(hello.text), "%s", urchin_worker_fingerprint(server->workers[0]));
	bench_say(server->fd, &hello);
}

static void obey(struct server *server, struct bench_message *message)
{
	switch (message->word) {
	case BENCH_OPEN:
		open_one(server, message->id);
		return;
	case BENCH_LINK:
		link_all(server);
		return;
	case BENCH_FLOOR:
		bench_floors(server->plan, server->client_port, message->figures);
		break;
	case BENCH_CPU:
		message->figures[0] = workers_cpu_us();
		message->figures[1] = memory_kb();
		break;
	default:
		return;
	}
	bench_say(server->fd, message);
}

void bench_serve(const struct bench_plan *plan, int fd)
{
	static struct server server;
	struct bench_message message = {.word = BENCH_HELLO};
	struct urchin_worker_config config = {.on_events = on_events, .owner = &server, .log_level = URCHIN_LOG_ERROR};
	int err;

	server = (struct server){.plan = plan, .fd = fd, .wake_fd = eventfd(0, EFD_NONBLOCK)};
	for (size_t i = 0; i < plan->workers; i++) {
		config.like = i > 0 ? server.workers[0] : NULL;
		server.workers[i] = urchin_worker_new(&config, &err);
		if (!server.workers[i])
			bench_fail("a worker");
	}
	say_hello(&server);
	while (message.word != BENCH_BYE) {
		struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = server.wake_fd, .events = POLLIN}};
		uint64_t count;

		poll(fds, 2, -1);
		if (fds[1].revents && read(server.wake_fd, &count, sizeof(count)) > 0)
			take_events(&server);
		while (bench_hear(fd, &message, 0) && message.word != BENCH_BYE)
			obey(&server, &message);
	}
	/* Measuring is over: closing a thousand connections politely would only take time. */
	_exit(0);
}
