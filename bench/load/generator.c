#include "bench/load/generator.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "wire/rtp.h"

#define TIMEOUT_US 120000000
#define OPEN_AT_ONCE 8
#define LATE_US 300000 /* nothing more is expected after so long a silence */

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

static void on_rtp(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct generator *self = ((struct client *)owner)->generator;
	struct urchin_rtp rtp;
	uint64_t number;

	(void)now_us;
	if (urchin_rtp_read(&rtp, bytes, len) < 0 || rtp.payload_len < sizeof(number) ||
	    self->latency_count == LATENCIES_MAX)
		return;
	memcpy(&number, rtp.payload, sizeof(number));
	int64_t took_ns = (int64_t)(self->net.arrived_ns - self->sent_ns[number % NUMBERS]);
	self->latencies_us[self->latency_count++] = (double)took_ns / 1000;
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

void generator_turn(struct generator *self)
{
	uint64_t now_us = urchin_clock_us();
	bool is_connecting = self->ready_count < self->client_count;

	if (now_us - self->drained_us >= self->plan->drain_us) {
		self->drained_us = now_us;
		client_net_poll(&self->net, now_us);
	}
	if (!is_connecting && now_us / 1000 == self->turned_ms)
		return;
	self->turned_ms = now_us / 1000;
	hear(self);
	client_net_tick(&self->net, now_us);
	struct client *client = &self->clients[self->tick_at++ % self->client_count];
	if (client->transport && urchin_transport_deadline_us(client->transport, now_us) <= now_us)
		urchin_transport_tick(client->transport, now_us);
}

void generator_rest(struct generator *self, int fd, int timeout_ms)
{
	/* Not for packets: each would cost the server a wake-up of ours. */
	struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = self->fd, .events = POLLIN}};

	poll(fds, 2, timeout_ms);
	generator_turn(self);
}

struct bench_message generator_ask(struct generator *self, enum bench_word word, uint64_t value)
{
	uint64_t deadline_us = urchin_clock_us() + TIMEOUT_US;

	self->answer.word = BENCH_BYE;
	bench_say(self->fd, &(struct bench_message){.word = word, .value = value});
	while (self->answer.word != word && urchin_clock_us() < deadline_us)
		generator_turn(self);
	if (self->answer.word != word)
		bench_fail("no answer from the server");
	return self->answer;
}

void generator_connect(struct generator *self)
{
	size_t at_once = self->plan->is_one_by_one ? 1 : OPEN_AT_ONCE;
	uint64_t deadline_us = urchin_clock_us() + TIMEOUT_US;

	for (size_t opened = 0; self->ready_count < self->client_count;) {
		if (opened < self->client_count && opened - self->ready_count < at_once)
			open_client(self, opened++);
		generator_turn(self);
		if (urchin_clock_us() > deadline_us)
			bench_fail("not every connection became ready");
	}
}

static void send_one(struct generator *self, const struct bench_step *step)
{
	static uint8_t payload[1500];
	uint8_t packet[1500];
	bool is_audio = self->plan->is_audio || step->stream > 0;
	const struct urchin_rtp rtp = {
	    .marker = step->ends_frame,
	    .payload_type = (uint8_t)(BENCH_PAYLOAD_TYPE + is_audio),
	    .seq = self->seqs[step->stream]++,
	    .timestamp = self->timestamp + (uint32_t)(step->at_us * (is_audio ? 48 : 90) / 1000),
	    .ssrc = (uint32_t)(BENCH_SSRC + step->stream),
	    .payload = payload,
	    .payload_len = step->len - URCHIN_RTP_HEADER_LEN,
	};
	struct client *publisher = &self->clients[step->stream % self->plan->publishers];
	uint64_t number = self->number++;

	memcpy(payload, &number, sizeof(number));
	int written = urchin_rtp_write(packet, sizeof(packet), &rtp, NULL, 0);
	if (written < 0 || urchin_transport_send_rtp(publisher->transport, packet, (size_t)written) < 0)
		bench_fail("the publisher's packet");
	self->sent_ns[number % NUMBERS] = self->net.sent_ns;
}

static uint64_t received_by_viewers(const struct generator *self)
{
	uint64_t total = 0;
	for (size_t i = self->plan->publishers; i < self->client_count; i++)
		total += self->net.received[i];
	return total;
}

/* Until so many have arrived, or nothing has for a while. */
static uint64_t await(struct generator *self, uint64_t before, uint64_t expected)
{
	uint64_t received = received_by_viewers(self) - before;
	uint64_t heard_us = urchin_clock_us();

	while (received < expected && urchin_clock_us() < heard_us + LATE_US) {
		for (int i = 0; i < 100; i++)
			generator_turn(self);
		uint64_t now = received_by_viewers(self) - before;
		heard_us = now > received ? urchin_clock_us() : heard_us;
		received = now;
	}
	return received;
}

uint64_t generator_publish(struct generator *self, const struct bench_slice *slice, uint64_t interval_us,
			   uint64_t *took_us)
{
	uint64_t before = received_by_viewers(self), start_us = urchin_clock_us();

	for (size_t i = 0; i < slice->count; i++) {
		uint64_t after_us = interval_us ? i * interval_us : slice->steps[i].at_us - slice->start_us;
		while (urchin_clock_us() < start_us + after_us)
			generator_turn(self);
		send_one(self, &slice->steps[i]);
	}
	*took_us = urchin_clock_us() - start_us;
	uint64_t received = await(self, before, slice->count * self->plan->viewers);
	self->timestamp += (uint32_t)(*took_us * 9 / 100);
	return received;
}

void generator_open(struct generator *self, const struct bench_plan *plan, int fd)
{
	struct bench_message hello = {.word = BENCH_HELLO};

	self->plan = plan;
	self->fd = fd;
	self->client_count = plan->publishers + plan->viewers;
	self->cert = urchin_cert_new();
	self->latencies_us = calloc(LATENCIES_MAX, sizeof(double));
	if (!self->cert || !self->latencies_us)
		bench_fail("set-up");
	client_net_open(&self->net);
	self->net.decrypt_every = plan->viewers > 4 ? (plan->viewers - 1) / 3 : 1;
	hello.value = self->net.port;
	snprintf(hello.text, sizeof(hello.text), "%s", urchin_cert_fingerprint(self->cert));
	bench_say(fd, &hello);
	bench_hear(fd, &hello, -1);
	self->fingerprint = (struct urchin_fingerprint){.algorithm = "sha-256", .len = 32};
	for (size_t i = 0; i < 32; i++)
		self->fingerprint.bytes[i] = (uint8_t)strtoul(hello.text + 3 * i, NULL, 16);
}
