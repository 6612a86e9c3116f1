/* The load generator's process: a publisher and viewers with ICE, DTLS and SRTP, driven by one polling thread. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/client_ice.h"
#include "bench/load/talk.h"
#include "io/clock.h"
#include "transport/cert.h"
#include "transport/transport.h"
#include "wire/rtp.h"

#define TIMEOUT_US 120000000
#define OPEN_AT_ONCE 8
#define LATENCIES_MAX 200000

struct generator;

struct client {
	struct generator *generator;
	struct client_seat seat;
	struct urchin_transport *transport;
	uint64_t opened_us;
	double connect_ms;
	unsigned ready_ends; /* ours, the server's */
};

struct generator {
	const struct bench_plan *plan;
	int fd;
	struct client_net net;
	struct urchin_cert *cert;
	struct urchin_fingerprint fingerprint; /* of the server */
	struct client clients[CLIENTS_MAX];
	size_t client_count;
	size_t ready_count;
	size_t tick_at;
	struct bench_message answer; /* the last that was no news of a connection */
	uint16_t seq;
	uint32_t timestamp;
	double *latencies_us;
	size_t latency_count;
};

static struct generator generator;

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double quantile(double *values, size_t count, double share)
{
	qsort(values, count, sizeof(*values), compare);
	return count ? values[(size_t)((double)(count - 1) * share + 0.5)] : 0;
}

static void note_ready(struct client *client)
{
	if (++client->ready_ends < 2)
		return;
	client->connect_ms = (double)(urchin_clock_us() - client->opened_us) / 1000;
	client->generator->ready_count++;
}

static void on_event(void *owner, struct urchin_event *event)
{
	if (event->type == URCHIN_EVENT_FAILED)
		bench_fail(urchin_reason_name((enum urchin_reason)event->code));
	if (event->type == URCHIN_EVENT_READY)
		note_ready(owner);
	urchin_event_clear(event);
}

/* The payload begins with the time it was sent at. */
static void on_rtp(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct generator *self = ((struct client *)owner)->generator;
	struct urchin_rtp rtp;
	uint64_t sent_us;

	(void)now_us;
	if (urchin_rtp_read(&rtp, bytes, len) < 0 || rtp.payload_len < sizeof(sent_us) ||
	    self->latency_count == LATENCIES_MAX)
		return;
	memcpy(&sent_us, rtp.payload, sizeof(sent_us));
	self->latencies_us[self->latency_count++] = (double)(urchin_clock_us() - sent_us);
}

static void on_rtcp(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	(void)owner;
	(void)bytes;
	(void)len;
	(void)now_us;
}

static void on_closed(void *owner)
{
	(void)owner;
}

static void open_client(struct generator *self, size_t index)
{
	static const struct urchin_transport_callbacks callbacks = {
	    .on_event = on_event, .on_rtp = on_rtp, .on_rtcp = on_rtcp, .on_closed = on_closed};
	static const char *const addresses[] = {"127.0.0.1"};
	const struct urchin_ice_config ice = {.addresses = addresses, .address_count = 1};
	struct client *client = &self->clients[index];
	uint64_t now_us = urchin_clock_us();
	const struct urchin_transport_config config = {
	    .cert = self->cert,
	    .ice_new = client_ice_new,
	    .ice_factory_owner = &client->seat,
	    .ice = &ice,
	    .log_level = URCHIN_LOG_ERROR,
	    .now_us = now_us,
	};

	client->generator = self;
	client->seat = (struct client_seat){.net = &self->net, .index = index};
	client->opened_us = now_us;
	client->transport = urchin_transport_new(&config, &callbacks, client);
	if (!client->transport)
		bench_fail("a client's transport");
	urchin_transport_gather(client->transport, BENCH_CLIENT_UFRAG, BENCH_CLIENT_PWD, true, now_us);
	bench_say(self->fd, &(struct bench_message){.word = BENCH_OPEN, .id = index + 1});
}

static void hear_where(struct client *client, const struct bench_message *message)
{
	struct generator *self = client->generator;
	struct urchin_candidate candidate = {.foundation = "1", .port = (uint16_t)message->value};
	char ufrag[32];
	const struct urchin_remote remote = {
	    .ufrag = ufrag,
	    .pwd = BENCH_SERVER_PWD,
	    .local_dtls_role = URCHIN_DTLS_CLIENT,
	    .fingerprints = &self->fingerprint,
	    .fingerprint_count = 1,
	};

	snprintf(ufrag, sizeof(ufrag), "%cserver%u", (int)('A' + message->id % self->plan->workers),
		 (unsigned)message->id);
	snprintf(candidate.address, sizeof(candidate.address), "%.60s", message->text);
	urchin_transport_set_remote(client->transport, &remote, urchin_clock_us());
	urchin_transport_add_candidate(client->transport, &candidate);
}

static void hear(struct generator *self)
{
	struct bench_message message;

	while (bench_hear(self->fd, &message, 0)) {
		if (message.word == BENCH_WHERE)
			hear_where(&self->clients[message.id - 1], &message);
		else if (message.word == BENCH_READY)
			note_ready(&self->clients[message.id - 1]);
		else
			self->answer = message;
	}
}

/* Polls, never waits. The clients' timers are asked in turns. */
static void turn(struct generator *self)
{
	uint64_t now_us = urchin_clock_us();
	bool is_connecting = self->ready_count < self->client_count;
	static uint64_t last_ms;

	client_net_poll(&self->net, now_us);
	if (is_connecting || now_us / 1000 != last_ms) {
		last_ms = now_us / 1000;
		hear(self);
		client_net_tick(&self->net, now_us);
		struct client *client = &self->clients[self->tick_at++ % self->client_count];
		if (client->transport && urchin_transport_deadline_us(client->transport, now_us) <= now_us)
			urchin_transport_tick(client->transport, now_us);
	}
}

static void run_until(struct generator *self, uint64_t until_us)
{
	while (urchin_clock_us() < until_us)
		turn(self);
}

static struct bench_message ask(struct generator *self, enum bench_word word)
{
	uint64_t deadline_us = urchin_clock_us() + TIMEOUT_US;

	self->answer.word = BENCH_BYE;
	bench_say(self->fd, &(struct bench_message){.word = word});
	while (self->answer.word != word && urchin_clock_us() < deadline_us)
		turn(self);
	if (self->answer.word != word)
		bench_fail("no answer from the server");
	return self->answer;
}

static void connect_all(struct generator *self)
{
	size_t at_once = self->plan->is_one_by_one ? 1 : OPEN_AT_ONCE;
	uint64_t deadline_us = urchin_clock_us() + TIMEOUT_US;

	for (size_t opened = 0; self->ready_count < self->client_count;) {
		if (opened < self->client_count && opened - self->ready_count < at_once)
			open_client(self, opened++);
		turn(self);
		if (urchin_clock_us() > deadline_us)
			bench_fail("not every connection became ready");
	}
}

static void send_one(struct generator *self, size_t len, uint64_t at_us)
{
	static uint8_t payload[1500];
	uint8_t packet[1500];
	uint64_t now_us = urchin_clock_us();
	const struct urchin_rtp rtp = {
	    .payload_type = BENCH_PAYLOAD_TYPE,
	    .seq = self->seq++,
	    .timestamp = self->timestamp + (uint32_t)(at_us * 9 / 100),
	    .ssrc = BENCH_SSRC,
	    .payload = payload,
	    .payload_len = len - URCHIN_RTP_HEADER_LEN,
	};

	memcpy(payload, &now_us, sizeof(now_us));
	int written = urchin_rtp_write(packet, sizeof(packet), &rtp, NULL, 0);
	if (written < 0 || urchin_transport_send_rtp(self->clients[0].transport, packet, (size_t)written) < 0)
		bench_fail("the publisher's packet");
}

static uint64_t received_by_viewers(const struct generator *self)
{
	uint64_t total = 0;
	for (size_t i = 1; i < self->client_count; i++)
		total += self->net.received[i];
	return total;
}

static void send_steps(struct generator *self, size_t count)
{
	const struct bench_plan *plan = self->plan;
	uint64_t start_us = urchin_clock_us();

	for (size_t i = 0; i < count; i++) {
		run_until(self, start_us + plan->steps[i].at_us);
		send_one(self, plan->steps[i].len, plan->steps[i].at_us);
	}
	run_until(self, urchin_clock_us() + 50000);
	self->timestamp += (uint32_t)((urchin_clock_us() - start_us) * 9 / 100);
}

static double idle_cpu(struct generator *self)
{
	double before_us = ask(self, BENCH_CPU).figures[0];
	run_until(self, urchin_clock_us() + self->plan->idle_us);
	return (ask(self, BENCH_CPU).figures[0] - before_us) / (double)self->plan->idle_us;
}

static void print_results(struct generator *self, double figures[][BENCH_ROUNDS_MAX], uint64_t forwarded,
			  const struct bench_message *joined, double memory_kb, double idle)
{
	static const char *const names[] = {"floorUs", "floorTrainsUs", "evpSendmsgUs", "libsrtpSendmsgUs", "us"};
	const struct bench_plan *plan = self->plan;
	double connects[CLIENTS_MAX];

	for (size_t i = 0; i < self->client_count; i++)
		connects[i] = self->clients[i].connect_ms;
	printf("{\"viewers\":%zu,\"workers\":%zu,\"ice\":\"%s\",\"profile\":\"%s\",\"rounds\":%zu,\"packets\":%zu,"
	       "\"forwarded\":%llu,\"delivered\":%.4f",
	       plan->viewers, plan->workers, plan->is_lite ? "lite" : "nice", plan->is_cm ? "cm" : "gcm", plan->rounds,
	       plan->step_count, (unsigned long long)forwarded,
	       (double)forwarded / (double)(plan->rounds * plan->step_count * plan->viewers));
	for (size_t i = 0; i <= BENCH_FLOORS; i++)
		printf(",\"%s\":%.3f", names[i], quantile(figures[i], plan->rounds, 0.5));
	printf(",\"connectMs\":{\"median\":%.2f,\"p95\":%.2f,\"p99\":%.2f,\"max\":%.2f}",
	       quantile(connects, self->client_count, 0.5), quantile(connects, self->client_count, 0.95),
	       quantile(connects, self->client_count, 0.99), quantile(connects, self->client_count, 1));
	printf(",\"latencyUs\":{\"p50\":%.0f,\"p99\":%.0f}", quantile(self->latencies_us, self->latency_count, 0.5),
	       quantile(self->latencies_us, self->latency_count, 0.99));
	printf(",\"joinCpuMs\":%.3f,\"memoryKbPerViewer\":%.1f,\"idleCores\":%.5f}\n",
	       joined->figures[0] / 1000 / (double)self->client_count, memory_kb / (double)self->client_count, idle);
	fflush(stdout);
}

static void measure(struct generator *self)
{
	static double figures[BENCH_FLOORS + 1][BENCH_ROUNDS_MAX];
	const struct bench_plan *plan = self->plan;
	struct bench_message before = ask(self, BENCH_CPU);
	uint64_t forwarded = 0;

	connect_all(self);
	struct bench_message joined = ask(self, BENCH_CPU);
	joined.figures[0] -= before.figures[0];
	ask(self, BENCH_LINK);
	send_steps(self, plan->step_count < 50 ? plan->step_count : 50);
	double memory_kb = ask(self, BENCH_CPU).figures[1] - before.figures[1];
	double idle = plan->idle_us ? idle_cpu(self) : 0;

	self->latency_count = 0;
	for (size_t round = 0; round < plan->rounds; round++) {
		struct bench_message floors = ask(self, BENCH_FLOOR);
		uint64_t received = received_by_viewers(self);
		double cpu_us = ask(self, BENCH_CPU).figures[0];
		send_steps(self, plan->step_count);
		cpu_us = ask(self, BENCH_CPU).figures[0] - cpu_us;
		received = received_by_viewers(self) - received;
		for (size_t i = 0; i < BENCH_FLOORS; i++)
			figures[i][round] = floors.figures[i];
		figures[BENCH_FLOORS][round] = received ? cpu_us / (double)received : 0;
		forwarded += received;
	}
	print_results(self, figures, forwarded, &joined, memory_kb, idle);
}

int bench_generate(const struct bench_plan *plan, int fd)
{
	struct generator *self = &generator;
	struct bench_message hello = {.word = BENCH_HELLO};

	self->plan = plan;
	self->fd = fd;
	self->client_count = plan->viewers + 1;
	self->cert = urchin_cert_new();
	self->latencies_us = calloc(LATENCIES_MAX, sizeof(double));
	if (!self->cert || !self->latencies_us)
		bench_fail("set-up");
	client_net_open(&self->net);
	self->net.decrypt_every = plan->viewers > 16 ? 16 : 1;
	hello.value = self->net.port;
	snprintf(hello.text, sizeof(hello.text), "%s", urchin_cert_fingerprint(self->cert));
	bench_say(fd, &hello);
	bench_hear(fd, &hello, -1);
	self->fingerprint = (struct urchin_fingerprint){.algorithm = "sha-256", .len = 32};
	for (size_t i = 0; i < 32; i++)
		self->fingerprint.bytes[i] = (uint8_t)strtoul(hello.text + 3 * i, NULL, 16);
	measure(self);
	bench_say(fd, &(struct bench_message){.word = BENCH_BYE});
	return 0;
}
