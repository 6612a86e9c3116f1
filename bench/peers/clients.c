/*
 * Publishers and viewers (ICE, DTLS, SRTP) for any server, in one process that is told by lines what to do: the
 * servers that are compared all get the same load from the same program. See clients.js for what drives it.
 *
 *   open INDEX ADDRESS PORT UFRAG PWD active|passive SHA-256     -> ready INDEX, and media INDEX at its first packet
 *   send PUBLISHER FIRST COUNT SSRC FILE (lines "us length")     -> sent SENT ARRIVED DECRYPTED
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/load/client_ice.h"
#include "io/clock.h"
#include "transport/cert.h"
#include "transport/transport.h"
#include "wire/rtp.h"

#define STEPS_MAX 20000
#define FRAME_GAP_US 5000
#define FRAME_PACKETS_MAX 64
#define QUIET_US 100000   /* a server has sent all it had when this long nothing came */
#define DRAIN_US 10000000 /* at most */
#define LINE_MAX_LEN 512
#define VP8_HEADER_LEN 5
#define CLIENT_PWD "clientPasswordClientPassword" /* in the offers */

struct client {
	struct client_seat seat;
	struct urchin_transport *transport;
	bool has_media;
	/* Of what it publishes. Each counts for itself: a jump of 3000 starts a new stream (RFC 3550 A.1). */
	uint16_t seq;
	uint16_t picture;
	bool is_key_wanted;
};

struct generator {
	struct client_net net;
	struct urchin_cert *cert;
	struct client clients[CLIENTS_MAX];
	size_t connecting;
	size_t tick_at;
	uint64_t last_ms;
	uint64_t decrypted;
	char input[LINE_MAX_LEN];
	size_t input_len;
};

struct frame {
	uint32_t ssrc;
	uint32_t timestamp;
	size_t packets;
	bool is_key;
	bool begins;
	bool ends;
};

static struct generator generator;
/* One packet: when after the beginning, and how long. */
static struct step {
	uint64_t at_us;
	size_t len;
} steps[STEPS_MAX];

_Noreturn void bench_fail(const char *what)
{
	fprintf(stderr, "clients: %s\n", what);
	_exit(1);
}

static void on_event(void *owner, struct urchin_event *event)
{
	struct client *client = owner;

	if (event->type == URCHIN_EVENT_FAILED)
		bench_fail(urchin_reason_name((enum urchin_reason)event->code));
	if (event->type == URCHIN_EVENT_READY) {
		generator.connecting--;
		printf("ready %zu\n", client->seat.index);
	}
	urchin_event_clear(event);
}

static void on_rtp(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	(void)owner;
	(void)bytes;
	(void)len;
	(void)now_us;
	generator.decrypted++;
}

/* A publisher that is asked for a key frame (RFC 4585 6.3.1, RFC 5104 4.3.1) sends one. */
static void on_rtcp(void *owner, uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct client *client = owner;

	(void)now_us;
	for (size_t at = 0; at + 4 <= len;) {
		unsigned format = bytes[at] & 31;
		if (bytes[at + 1] == 206 && (format == 1 || format == 4))
			client->is_key_wanted = true;
		at += 4 * (1 + ((size_t)bytes[at + 2] << 8 | bytes[at + 3]));
	}
}

static void on_closed(void *owner)
{
	(void)owner;
}

static struct urchin_transport *new_transport(struct client *client, uint64_t now_us)
{
	static const struct urchin_transport_callbacks callbacks = {
	    .on_event = on_event, .on_rtp = on_rtp, .on_rtcp = on_rtcp, .on_closed = on_closed};
	static const char *const addresses[] = {"127.0.0.1"};
	const struct urchin_ice_config ice = {.addresses = addresses, .address_count = 1};
	const struct urchin_transport_config config = {
	    .cert = generator.cert,
	    .ice_new = client_ice_new,
	    .ice_factory_owner = &client->seat,
	    .ice = &ice,
	    .log_level = URCHIN_LOG_ERROR,
	    .now_us = now_us,
	};

	return urchin_transport_new(&config, &callbacks, client);
}

static void open_client(const char *line)
{
	struct urchin_fingerprint fingerprint = {.algorithm = "sha-256", .len = 32};
	struct urchin_candidate candidate = {.foundation = "1"};
	char ufrag[260], pwd[260], role[16], hex[100];
	unsigned port;
	size_t index;
	uint64_t now_us = urchin_clock_us();

	if (sscanf(line, "%zu %45s %u %259s %259s %15s %99s", &index, candidate.address, &port, ufrag, pwd, role,
		   hex) != 7 ||
	    index >= CLIENTS_MAX || generator.clients[index].transport || strlen(hex) != 95)
		bench_fail("open");
	const struct urchin_remote remote = {
	    .ufrag = ufrag,
	    .pwd = pwd,
	    .local_dtls_role = strcmp(role, "active") == 0 ? URCHIN_DTLS_SERVER : URCHIN_DTLS_CLIENT,
	    .fingerprints = &fingerprint,
	    .fingerprint_count = 1,
	};
	struct client *client = &generator.clients[index];

	for (size_t i = 0; i < 32; i++)
		fingerprint.bytes[i] = (uint8_t)strtoul(hex + 3 * i, NULL, 16);
	candidate.port = (uint16_t)port;
	client->seat = (struct client_seat){.net = &generator.net, .index = index};
	client->transport = new_transport(client, now_us);
	if (!client->transport)
		bench_fail("a client's transport");
	generator.connecting++;
	urchin_transport_gather(client->transport, BENCH_CLIENT_UFRAG, CLIENT_PWD, true, now_us);
	urchin_transport_set_remote(client->transport, &remote, now_us);
	urchin_transport_add_candidate(client->transport, &candidate);
}

static void tell_first_media(void)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (generator.clients[i].has_media || generator.net.received[i] == 0)
			continue;
		generator.clients[i].has_media = true;
		printf("media %zu\n", i);
	}
}

/* Never waits. Everybody's timers are asked in turns. */
static void turn(void)
{
	uint64_t now_us = urchin_clock_us();

	client_net_poll(&generator.net, now_us);
	if (generator.connecting == 0 && now_us / 1000 == generator.last_ms)
		return;
	for (size_t i = 0; i < 8; i++) {
		struct urchin_transport *transport = generator.clients[generator.tick_at++ % CLIENTS_MAX].transport;
		if (transport && urchin_transport_deadline_us(transport, now_us) <= now_us)
			urchin_transport_tick(transport, now_us);
	}
	if (now_us / 1000 == generator.last_ms)
		return;
	generator.last_ms = now_us / 1000;
	client_net_tick(&generator.net, now_us);
	tell_first_media();
	fflush(stdout);
}

/* VP8 as Chromium packs it (RFC 7741): 15 bits of picture id, then the frame, whose first bit says whether it is a key.
 */
static void send_one(struct client *publisher, const struct frame *frame, size_t len)
{
	static uint8_t payload[1500];
	uint8_t packet[1500];
	const struct urchin_rtp rtp = {
	    .marker = frame->ends,
	    .payload_type = BENCH_PAYLOAD_TYPE,
	    .seq = publisher->seq++,
	    .timestamp = frame->timestamp,
	    .ssrc = frame->ssrc,
	    .payload = payload,
	    .payload_len = len - URCHIN_RTP_HEADER_LEN,
	};

	payload[0] = frame->begins ? 0x90 : 0x80;
	payload[1] = 0x80;
	payload[2] = 0x80 | ((publisher->picture >> 8) & 0x7f);
	payload[3] = publisher->picture & 0xff;
	payload[4] = frame->is_key ? 0x10 : 0x11;
	int written = urchin_rtp_write(packet, sizeof(packet), &rtp, NULL, 0);
	if (written < 0 || urchin_transport_send_rtp(publisher->transport, packet, (size_t)written) < 0)
		bench_fail("the publisher's packet");
}

static size_t read_steps(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned long long at_us;
	size_t len, count = 0;

	while (file && count < STEPS_MAX && fscanf(file, "%llu %zu", &at_us, &len) == 2)
		if (len >= URCHIN_RTP_HEADER_LEN + VP8_HEADER_LEN && len <= 1400)
			steps[count++] = (struct step){at_us, len};
	if (!file || count == 0)
		bench_fail("no steps");
	fclose(file);
	return count;
}

static uint64_t arrived_at(size_t first, size_t count)
{
	uint64_t total = 0;
	for (size_t i = first; i < first + count; i++)
		total += generator.net.received[i];
	return total;
}

static void drain(size_t first, size_t count)
{
	uint64_t start_us = urchin_clock_us(), last_us = start_us, seen = arrived_at(first, count);

	while (last_us + QUIET_US > urchin_clock_us() && start_us + DRAIN_US > urchin_clock_us()) {
		turn();
		uint64_t now = arrived_at(first, count);
		if (now != seen)
			last_us = urchin_clock_us();
		seen = now;
	}
}

static void send_steps(const char *line)
{
	char path[LINE_MAX_LEN];
	size_t publisher, first, count;
	struct frame frame = {.is_key = true};

	if (sscanf(line, "%zu %zu %zu %u %500s", &publisher, &first, &count, &frame.ssrc, path) != 5 ||
	    publisher >= CLIENTS_MAX || first + count > CLIENTS_MAX || !generator.clients[publisher].transport)
		bench_fail("send");
	struct client *client = &generator.clients[publisher];
	size_t step_count = read_steps(path);
	uint64_t before = arrived_at(first, count), start_us = urchin_clock_us(), decrypted = generator.decrypted;

	for (size_t i = 0; i < step_count; i++) {
		uint64_t at_us = steps[i].at_us;
		frame.begins = i == 0 || frame.ends;
		frame.packets = frame.begins ? 1 : frame.packets + 1;
		frame.ends = i + 1 == step_count || steps[i + 1].at_us - at_us > FRAME_GAP_US ||
			     frame.packets == FRAME_PACKETS_MAX;
		if (frame.begins) {
			client->picture++;
			frame.is_key = i == 0 || client->is_key_wanted;
			client->is_key_wanted = false;
			frame.timestamp = (uint32_t)((start_us + at_us) * 9 / 100);
		}
		while (urchin_clock_us() < start_us + at_us)
			turn();
		send_one(client, &frame, steps[i].len);
	}
	drain(first, count);
	printf("sent %zu %llu %llu\n", step_count, (unsigned long long)(arrived_at(first, count) - before),
	       (unsigned long long)(generator.decrypted - decrypted));
}

static void obey(const char *line)
{
	if (strncmp(line, "open ", 5) == 0)
		open_client(line + 5);
	else if (strncmp(line, "send ", 5) == 0)
		send_steps(line + 5);
	else
		bench_fail("what is meant?");
}

/* Returns false at the end of the input. */
static bool read_input(void)
{
	char *end;
	ssize_t len = read(STDIN_FILENO, generator.input + generator.input_len,
			   sizeof(generator.input) - 1 - generator.input_len);

	if (len <= 0)
		return false;
	generator.input_len += (size_t)len;
	generator.input[generator.input_len] = 0;
	while ((end = strchr(generator.input, '\n'))) {
		*end = 0;
		obey(generator.input);
		generator.input_len -= (size_t)(end + 1 - generator.input);
		memmove(generator.input, end + 1, generator.input_len + 1);
	}
	return generator.input_len < sizeof(generator.input) - 1;
}

int main(void)
{
	client_net_open(&generator.net);
	generator.net.decrypt_every = 16;
	generator.cert = urchin_cert_new();
	if (!generator.cert)
		bench_fail("set-up");
	printf("hello %u %s\n", (unsigned)generator.net.port, urchin_cert_fingerprint(generator.cert));
	fflush(stdout);
	for (;;) {
		struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
				       {.fd = generator.net.fd, .events = POLLIN}};
		poll(fds, 2, generator.connecting > 0 ? 0 : 1);
		if (fds[0].revents && !read_input())
			return 0;
		turn();
		fflush(stdout);
	}
}
