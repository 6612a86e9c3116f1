/* What the server's process and the load generator's tell each other: one struct per message over a socket pair. */
#ifndef URCHIN_BENCH_TALK_H
#define URCHIN_BENCH_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_VIEWERS_MAX 1000
#define BENCH_ROUNDS_MAX 50
#define BENCH_STEPS_MAX 20000
#define BENCH_PAYLOAD_TYPE 100
#define BENCH_SSRC 0x1000
#define BENCH_SERVER_PWD "server-password-server-password"
#define BENCH_CLIENT_UFRAG "clientclient"
#define BENCH_CLIENT_PWD "client-password-client-password"

enum bench_word {
	BENCH_HELLO, /* both ways: fingerprint; from the generator also its port in `value` */
	BENCH_OPEN,  /* to the server: open connection `id` */
	BENCH_WHERE, /* from the server: connection `id` answers checks at `text`:`value` */
	BENCH_READY, /* from the server: connection `id` is */
	BENCH_LINK,  /* to the server: senders for everybody; answered by the same when done */
	BENCH_FLOOR, /* to the server: measure the floors; answered by the same, in `figures` */
	BENCH_CPU,   /* to the server; answered by microseconds of all workers in figures[0], KB of memory in [1] */
	BENCH_BYE,
};

#define BENCH_FLOORS 4 /* batch; batch with trains; EVP and sendmsg each; libsrtp and sendmsg each */

struct bench_message {
	enum bench_word word;
	uint64_t id;
	uint64_t value;
	double figures[BENCH_FLOORS];
	char text[128];
};

/* One packet of the traffic: when after the beginning, and how long its RTP packet is. */
struct bench_step {
	uint64_t at_us;
	size_t len;
};

struct bench_plan {
	size_t viewers;
	size_t workers;
	size_t rounds;
	bool is_lite;
	bool is_cm;         /* AES128_CM_SHA1_80 instead of AEAD_AES_128_GCM */
	bool is_one_by_one; /* connects one after the other */
	uint64_t idle_us;   /* how long to watch the idle server; 0: not at all */
	uint16_t lite_port;
	struct bench_step *steps; /* of one round */
	size_t step_count;
};

/* Prints why and ends the process. */
_Noreturn void bench_fail(const char *what);
void bench_say(int fd, const struct bench_message *message);
/* Returns false when nothing came within timeout_ms (0: don't wait, negative: for ever). */
bool bench_hear(int fd, struct bench_message *message, int timeout_ms);

/* Runs the load generator until everything is measured; prints the line of JSON. Returns the exit code. */
int bench_generate(const struct bench_plan *plan, int fd);
/* Runs the server until BENCH_BYE. */
void bench_serve(const struct bench_plan *plan, int fd);

#endif
