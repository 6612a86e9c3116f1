/* The server's process: workers with their own threads, told by the generator what to open and what to link. */
#include <dirent.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "bench/load/client_ice.h"
#include "bench/load/floor.h"
#include "bench/load/talk.h"
#include "transport/srtp_engine.h"
#include "urchin.h"

#define RECEIVER_ID 1000000
#define SENDER_ID 2000000
#define PATIENCE 2000 /* ms for a full queue of commands */
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
};

static void on_events(void *owner)
{
	const uint64_t one = 1;
	if (write(((struct server *)owner)->wake_fd, &one, sizeof(one)) < 0)
		bench_fail("waking the server");
}

static bool is_worker(const char *task)
{
	char path[300], name[32] = "";

	snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task);
	FILE *file = fopen(path, "r");
	bool is_one = file && fgets(name, sizeof(name), file) && strncmp(name, "urchin", 6) == 0;
	if (file)
		fclose(file);
	return is_one;
}

/* The workers' threads are found by their names. */
static void read_cpu(double figures[])
{
	DIR *tasks = opendir("/proc/self/task");
	struct timespec process;

	figures[BENCH_CPU_WORKERS] = figures[BENCH_CPU_DELAY] = 0;
	for (struct dirent *task; tasks && (task = readdir(tasks));) {
		char path[300];
		unsigned long long run_ns = 0, delay_ns = 0;
		snprintf(path, sizeof(path), "/proc/self/task/%s/schedstat", task->d_name);
		FILE *file = is_worker(task->d_name) ? fopen(path, "r") : NULL;
		if (!file)
			continue;
		if (fscanf(file, "%llu %llu", &run_ns, &delay_ns) == 2) {
			figures[BENCH_CPU_WORKERS] += (double)run_ns / 1000;
			figures[BENCH_CPU_DELAY] += (double)delay_ns / 1000;
		}
		fclose(file);
	}
	if (tasks)
		closedir(tasks);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &process);
	figures[BENCH_CPU_PROCESS] = (double)process.tv_sec * 1e6 + (double)process.tv_nsec / 1e3;
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

static bool is_audio(const struct server *server, size_t stream)
{
	return server->plan->is_audio || stream > 0;
}

static struct urchin_format format_of(const struct server *server, size_t stream)
{
	bool audio = is_audio(server, stream);
	struct urchin_format format = {.kind = audio ? URCHIN_AUDIO : URCHIN_VIDEO, .codec_count = 1};

	snprintf(format.mid, sizeof(format.mid), "%zu", stream);
	format.codecs[0] = (struct urchin_format_codec){
	    .payload_type = (uint8_t)(BENCH_PAYLOAD_TYPE + audio),
	    .codec = URCHIN_CODEC_OTHER,
	    .clock_rate_hz = audio ? 48000 : 90000,
	    .nack = !audio,
	};
	return format;
}

/* Asks until the worker's queue has room. */
#define ORDER(call)                                                                                                    \
	do {                                                                                                           \
		int err_ = URCHIN_EFULL;                                                                               \
		for (int i_ = 0; i_ < PATIENCE && (err_ = (call)) == URCHIN_EFULL; i_++)                               \
			poll(NULL, 0, 1);                                                                              \
		if (err_ < 0)                                                                                          \
			bench_fail(urchin_err_name(err_));                                                             \
	} while (0)

static void add_receiver(struct server *server, size_t stream)
{
	const struct urchin_receiver_config receiver = {
	    .format = format_of(server, stream),
	    .ssrcs = {(uint32_t)(BENCH_SSRC + stream)},
	    .ssrc_count = 1,
	};
	uint64_t publisher = 1 + stream % server->plan->publishers, id = RECEIVER_ID + stream;
	struct urchin_worker *home = worker_of(server, publisher);

	ORDER(urchin_add_receiver(home, ++server->request_id, publisher, id, &receiver));
	for (size_t i = 0; i < server->plan->workers; i++) {
		struct urchin_worker *other = server->workers[i];
		unsigned from = (unsigned)urchin_worker_number(home), to = (unsigned)urchin_worker_number(other);
		if (other == home)
			continue;
		ORDER(urchin_add_import(other, ++server->request_id, id, from, &receiver));
		ORDER(urchin_export_receiver(home, ++server->request_id, id, to, true));
	}
}

static void add_sender(struct server *server, uint64_t viewer, size_t stream)
{
	const uint8_t payload_type = (uint8_t)(BENCH_PAYLOAD_TYPE + is_audio(server, stream));
	const struct urchin_payload_map map = {payload_type, payload_type};
	const struct urchin_sender_config sender = {
	    .format = format_of(server, stream),
	    .ssrc = (uint32_t)(0x10000 + viewer * BENCH_STREAMS_MAX + stream),
	    .cname = "bench",
	};
	uint64_t id = SENDER_ID + viewer * BENCH_STREAMS_MAX + stream;
	struct urchin_worker *worker = worker_of(server, viewer);

	ORDER(urchin_add_sender(worker, ++server->request_id, viewer, id, &sender));
	ORDER(urchin_set_sender_source(worker, ++server->request_id, id, RECEIVER_ID + stream, &map, 1));
}

static void link_all(struct server *server)
{
	const struct bench_plan *plan = server->plan;

	for (size_t stream = 0; stream < plan->streams; stream++)
		add_receiver(server, stream);
	for (uint64_t id = plan->publishers + 1; id <= plan->publishers + plan->viewers; id++)
		for (size_t stream = 0; stream < plan->streams; stream++)
			add_sender(server, id, stream);
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
	/* What was measured then is not what was meant. */
	if (event->type == URCHIN_EVENT_OVERLOAD)
		fprintf(stderr, "fanout: the worker's overload is on level %d: %d connections without video\n",
			(int)event->code, (int)event->object_id);
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
		bench_floors(server->plan, server->client_port, message->value, message->figures);
		break;
	case BENCH_CPU:
		read_cpu(message->figures);
		break;
	case BENCH_ENGINE:
		snprintf(message->text, sizeof(message->text), "%s", urchin_srtp_engine()->name);
		break;
	case BENCH_MEMORY:
		message->figures[0] = memory_kb();
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

	urchin_srtp_engine_choose(plan->engine);
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
