/*
 * The load generator: publishers and viewers with ICE, DTLS and SRTP, driven by one thread that polls while traffic
 * flows, so that the server pays for waking nobody, and sleeps in between.
 */
#ifndef URCHIN_BENCH_GENERATOR_H
#define URCHIN_BENCH_GENERATOR_H

#include "bench/load/client_ice.h"
#include "bench/load/talk.h"
#include "transport/cert.h"
#include "transport/transport.h"

#define LATENCIES_MAX 400000
#define NUMBERS 65536 /* of packets on their way, at most */

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
	uint64_t turned_ms;
	uint64_t drained_us;
	struct bench_message answer; /* the last that was no news of a connection */
	uint16_t seqs[BENCH_STREAMS_MAX];
	uint32_t timestamp;
	uint64_t number; /* of the next packet: its payload begins with it */
	uint64_t sent_ns[NUMBERS];
	double *latencies_us; /* of what viewers decrypted, since latency_count was set to 0 */
	size_t latency_count;
};

/* Exchanges fingerprints with the server. */
void generator_open(struct generator *generator, const struct bench_plan *plan, int fd);
/* Connects everybody; fails after two minutes. */
void generator_connect(struct generator *generator);
/* Handles what is due, and datagrams that have arrived, without waiting. */
void generator_turn(struct generator *generator);
/* Sleeps until there is something to handle, `fd` (negative: none) can be read, or `timeout_ms` are over. */
void generator_rest(struct generator *generator, int fd, int timeout_ms);
/* Asks the server, and turns until it answers. */
struct bench_message generator_ask(struct generator *generator, enum bench_word word, uint64_t value);
/*
 * Publishes packets, `interval_us` apart (0: at their own times), and waits until they have arrived or nothing arrives
 * any more. Returns how many RTP packets viewers got; `took_us` is how long publishing took.
 */
uint64_t generator_publish(struct generator *generator, const struct bench_slice *slice, uint64_t interval_us,
			   uint64_t *took_us);

#endif
