/*
 * One publisher, N viewers, all over loopback: what the core spends per forwarded packet, beside a bare loop that
 * encrypts and sends the same packets. The server is a worker with its own thread; publisher and viewers are
 * transports driven by this thread, so that their cost stays out of the server's.
 *
 *   fanout VIEWERS PACKETS     prints one line of JSON
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "io/clock.h"
#include "io/ice_nice.h"
#include "io/loop.h"
#include "urchin.h"
#include "wire/rtp.h"

#define VIEWERS_MAX 1000
#define PACKET_LEN 1200
#define PACKET_INTERVAL_US 2000 /* 500 packets a second: about 4.8 Mbit/s */
#define SETUP_TIMEOUT_US 60000000
#define PAYLOAD_TYPE 100
#define PUBLISHER_SSRC 0x1000
#define RECEIVER_ID 1000001
#define FLOOR_PACKETS 40000
#define FLOOR_DESTINATIONS 50

static const char ufrag_of_server[] = "serverserver";
static const char pwd_of_server[] = "server-password-server-password";
static const char ufrag_of_client[] = "clientclient";
static const char pwd_of_client[] = "client-password-client-password";

struct bench;

/* A publisher or viewer, and the id of its connection on the server. */
struct client {
	struct bench *bench;
	uint64_t id;
	struct urchin_transport *transport;
	uint64_t received;
	bool is_ready;
};

struct bench {
	struct urchin_loop loop;
	struct urchin_ice_nice_home home;
	struct urchin_worker *worker;
	struct urchin_cert *cert;
	struct client *clients; /* the first one publishes */
	size_t client_count;
	size_t ready_count; /* both ends counted */
	uint64_t request_id;
};

static void fail(const char *what)
{
	fprintf(stderr, "fanout: %s\n", what);
	exit(1);
}

static struct urchin_fingerprint fingerprint_of(const char *text)
{
	struct urchin_fingerprint fingerprint = {.algorithm = "sha-256", .len = 32};
	for (size_t i = 0; i < fingerprint.len; i++)
		fingerprint.bytes[i] = (uint8_t)strtoul(text + 3 * i, NULL, 16);
	return fingerprint;
}

static void on_client_event(void *owner, struct urchin_event *event)
{
	struct client *client = owner;
	struct bench *bench = client->bench;
	if (event->type == URCHIN_EVENT_CANDIDATE)
		urchin_add_candidate(bench->worker, 0, client->id, &event->pair->local);
	if (event->type == URCHIN_EVENT_FAILED)
		fail(urchin_reason_name((enum urchin_reason)event->code));
	if (event->type == URCHIN_EVENT_READY)
		bench->ready_count++;
	urchin_event_clear(event);
}

static void on_client_rtp(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct client *client = owner;
	(void)bytes;
	(void)len;
	(void)now_us;
	client->received++;
}

static void on_client_rtcp(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	(void)owner;
	(void)bytes;
	(void)len;
	(void)now_us;
}

static void on_client_closed(void *owner)
{
	(void)owner;
}

static const struct urchin_transport_callbacks client_callbacks = {
    .on_event = on_client_event,
    .on_rtp = on_client_rtp,
    .on_rtcp = on_client_rtcp,
    .on_closed = on_client_closed,
};

static void open_client(struct bench *bench, struct client *client, uint64_t id)
{
	static const char *const addresses[] = {"127.0.0.1"};
	const struct urchin_ice_config ice = {.addresses = addresses, .address_count = 1};
	const struct urchin_connection_config server_config = {.ice = ice};
	uint64_t now_us = urchin_clock_us();

	client->bench = bench;
	client->id = id;
	if (urchin_open_connection(bench->worker, 0, id, &server_config))
		fail("open_connection");
	struct urchin_fingerprint fingerprint = fingerprint_of(urchin_cert_fingerprint(bench->cert));
	const struct urchin_remote client_side = {
	    .ufrag = ufrag_of_client,
	    .pwd = pwd_of_client,
	    .local_dtls_role = URCHIN_DTLS_SERVER,
	    .fingerprints = &fingerprint,
	    .fingerprint_count = 1,
	};
	urchin_gather(bench->worker, 0, id, ufrag_of_server, pwd_of_server, false);
	urchin_set_remote(bench->worker, 0, id, &client_side);

	const struct urchin_transport_config config = {
	    .cert = bench->cert,
	    .ice_new = urchin_ice_nice_new,
	    .ice_factory_owner = &bench->home,
	    .ice = &ice,
	    .log_level = URCHIN_LOG_ERROR,
	    .now_us = now_us,
	};
	client->transport = urchin_transport_new(&config, &client_callbacks, client);
	if (!client->transport)
		fail("transport");
	struct urchin_fingerprint server_fingerprint = fingerprint_of(urchin_worker_fingerprint(bench->worker));
	const struct urchin_remote server_side = {
	    .ufrag = ufrag_of_server,
	    .pwd = pwd_of_server,
	    .local_dtls_role = URCHIN_DTLS_CLIENT,
	    .fingerprints = &server_fingerprint,
	    .fingerprint_count = 1,
	};
	urchin_transport_gather(client->transport, ufrag_of_client, pwd_of_client, true, now_us);
	urchin_transport_set_remote(client->transport, &server_side, now_us);
}

static void take_server_events(struct bench *bench)
{
	struct urchin_event events[64];
	size_t count;
	while ((count = urchin_worker_take_events(bench->worker, events, 64)) > 0) {
		for (size_t i = 0; i < count; i++) {
			struct urchin_event *event = &events[i];
			struct client *client = &bench->clients[event->connection_id - 1];
			if (event->type == URCHIN_EVENT_CANDIDATE)
				urchin_transport_add_candidate(client->transport, &event->pair->local);
			if (event->type == URCHIN_EVENT_READY)
				bench->ready_count++;
			if (event->type == URCHIN_EVENT_FAILED)
				fail(event->text ? event->text : "server connection failed");
			if (event->type == URCHIN_EVENT_RESULT && event->code < 0)
				fail(urchin_err_name(event->code));
			urchin_event_clear(event);
		}
	}
}

/* Turns the loop until `until_us`; the clients' timers are few enough to be asked each time. */
static void run_until(struct bench *bench, uint64_t until_us)
{
	uint64_t now_us;
	while ((now_us = urchin_clock_us()) < until_us) {
		uint64_t wait_us = until_us - now_us;
		urchin_loop_turn(&bench->loop, wait_us < 1000 ? wait_us : 1000);
		take_server_events(bench);
		if (bench->ready_count == 2 * bench->client_count)
			continue;
		now_us = urchin_clock_us();
		for (size_t i = 0; i < bench->client_count && bench->clients[i].transport; i++)
			if (urchin_transport_deadline_us(bench->clients[i].transport, now_us) <= now_us)
				urchin_transport_tick(bench->clients[i].transport, now_us);
	}
}

static void connect_all(struct bench *bench)
{
	/* In small groups, so that no handshake waits for a thousand others. */
	for (size_t i = 0; i < bench->client_count; i++) {
		open_client(bench, &bench->clients[i], i + 1);
		if (i % 10 == 9)
			run_until(bench, urchin_clock_us() + 5000);
	}
	uint64_t deadline_us = urchin_clock_us() + SETUP_TIMEOUT_US;
	while (bench->ready_count < 2 * bench->client_count && urchin_clock_us() < deadline_us)
		run_until(bench, urchin_clock_us() + 10000);
	if (bench->ready_count < 2 * bench->client_count)
		fail("not every connection became ready");
}

static struct urchin_format video_format(void)
{
	struct urchin_format format = {.kind = URCHIN_VIDEO, .mid = "0", .codec_count = 1};
	format.codecs[0] = (struct urchin_format_codec){
	    .payload_type = PAYLOAD_TYPE,
	    .codec = URCHIN_CODEC_OTHER,
	    .clock_rate_hz = 90000,
	};
	return format;
}

static void link_all(struct bench *bench)
{
	const struct urchin_receiver_config receiver = {
	    .format = video_format(),
	    .ssrcs = {PUBLISHER_SSRC},
	    .ssrc_count = 1,
	};
	const struct urchin_payload_map map = {PAYLOAD_TYPE, PAYLOAD_TYPE};
	urchin_add_receiver(bench->worker, ++bench->request_id, 1, RECEIVER_ID, &receiver);
	for (size_t i = 1; i < bench->client_count; i++) {
		struct urchin_sender_config sender = {
		    .format = video_format(),
		    .ssrc = (uint32_t)(0x2000 + i),
		    .cname = "bench",
		};
		uint64_t sender_id = 2000000 + i;
		urchin_add_sender(bench->worker, ++bench->request_id, i + 1, sender_id, &sender);
		urchin_set_sender_source(bench->worker, ++bench->request_id, sender_id, RECEIVER_ID, &map, 1);
	}
	run_until(bench, urchin_clock_us() + 200000);
}

static void send_packets(struct bench *bench, size_t count)
{
	static uint16_t seq = 1;
	static const uint8_t payload[PACKET_LEN - URCHIN_RTP_HEADER_LEN];
	uint8_t packet[PACKET_LEN];
	uint64_t next_us = urchin_clock_us();
	for (size_t i = 0; i < count; i++) {
		const struct urchin_rtp rtp = {
		    .payload_type = PAYLOAD_TYPE,
		    .seq = seq++,
		    .timestamp = (uint32_t)(180 * i),
		    .ssrc = PUBLISHER_SSRC,
		    .payload = payload,
		    .payload_len = sizeof(payload),
		};
		int len = urchin_rtp_write(packet, sizeof(packet), &rtp, NULL, 0);
		urchin_transport_send_rtp(bench->clients[0].transport, packet, (size_t)len);
		next_us += PACKET_INTERVAL_US;
		run_until(bench, next_us);
	}
}

static uint64_t received_by_viewers(const struct bench *bench)
{
	uint64_t total = 0;
	for (size_t i = 1; i < bench->client_count; i++)
		total += bench->clients[i].received;
	return total;
}

/* CPU time of the worker's thread in microseconds, found by the thread's name. */
static double worker_cpu_us(void)
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

static double thread_cpu_us(void)
{
	struct timespec time;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* The floor: encrypt with one key per destination and send, nothing else. CPU us per packet. */
static double floor_us(void)
{
	struct urchin_srtp *srtp[FLOOR_DESTINATIONS];
	struct sockaddr_in address[FLOOR_DESTINATIONS];
	int sink[FLOOR_DESTINATIONS];
	uint8_t plain[PACKET_LEN] = {0x80, PAYLOAD_TYPE};
	uint8_t out[PACKET_LEN + URCHIN_SRTP_OVERHEAD];
	struct urchin_srtp_keys keys = {.profile = URCHIN_SRTP_AEAD_AES_128_GCM};
	int sender = socket(AF_INET, SOCK_DGRAM, 0);
	for (size_t i = 0; i < FLOOR_DESTINATIONS; i++) {
		socklen_t len = sizeof(address[i]);
		keys.send_key[0] = (uint8_t)i;
		srtp[i] = urchin_srtp_new(&keys);
		address[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		sink[i] = socket(AF_INET, SOCK_DGRAM, 0);
		if (!srtp[i] || bind(sink[i], (struct sockaddr *)&address[i], len) ||
		    getsockname(sink[i], (struct sockaddr *)&address[i], &len))
			fail("floor");
	}
	double start_us = thread_cpu_us();
	for (size_t i = 0; i < FLOOR_PACKETS; i++) {
		size_t to = i % FLOOR_DESTINATIONS;
		urchin_write_u16(plain + 2, (uint16_t)(i / FLOOR_DESTINATIONS));
		int len = urchin_srtp_protect_rtp(srtp[to], plain, sizeof(plain), out, sizeof(out));
		if (len < 0 ||
		    sendto(sender, out, (size_t)len, 0, (struct sockaddr *)&address[to], sizeof(address[to])) < 0)
			fail("floor send");
	}
	double per_packet_us = (thread_cpu_us() - start_us) / FLOOR_PACKETS;
	for (size_t i = 0; i < FLOOR_DESTINATIONS; i++) {
		urchin_srtp_free(srtp[i]);
		close(sink[i]);
	}
	close(sender);
	return per_packet_us;
}

static void on_server_events(void *owner)
{
	(void)owner;
}

int main(int argc, char **argv)
{
	size_t viewers = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	size_t packets = argc > 2 ? strtoul(argv[2], NULL, 10) : 2000;
	if (viewers < 1 || viewers > VIEWERS_MAX || packets < 1 || packets > 1000000) {
		fprintf(stderr, "usage: fanout VIEWERS(1..%d) PACKETS\n", VIEWERS_MAX);
		return 2;
	}
	int err;
	static struct bench bench;
	const struct urchin_worker_config config = {.on_events = on_server_events, .log_level = URCHIN_LOG_ERROR};
	bench.client_count = viewers + 1;
	bench.clients = calloc(bench.client_count, sizeof(*bench.clients));
	bench.cert = urchin_cert_new();
	bench.worker = urchin_worker_new(&config, &err);
	bench.home.loop = &bench.loop;
	if (!bench.clients || !bench.cert || !bench.worker || urchin_loop_init(&bench.loop))
		fail("set-up");
	connect_all(&bench);
	link_all(&bench);
	send_packets(&bench, 50);
	run_until(&bench, urchin_clock_us() + 100000);

	double floor_before_us = floor_us();
	uint64_t received = received_by_viewers(&bench);
	double cpu_us = worker_cpu_us();
	send_packets(&bench, packets);
	run_until(&bench, urchin_clock_us() + 100000);
	cpu_us = worker_cpu_us() - cpu_us;
	received = received_by_viewers(&bench) - received;
	double floor_after_us = floor_us();

	double floor = (floor_before_us + floor_after_us) / 2;
	double per_packet_us = received ? cpu_us / (double)received : 0;
	printf("{\"viewers\":%zu,\"packets\":%zu,\"forwarded\":%llu,\"cpuUsPerPacket\":%.3f,\"floorUsPerPacket\":%.3f,"
	       "\"ratio\":%.3f}\n",
	       viewers, packets, (unsigned long long)received, per_packet_us, floor, per_packet_us / floor);
	fflush(stdout);
	/* Measuring is over: closing a thousand connections politely would only take time. */
	_exit(received == packets * viewers ? 0 : 3);
}
