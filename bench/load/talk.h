/* What the server's process and the load generator's tell each other: one struct per message over a socket pair. */
#ifndef URCHIN_BENCH_TALK_H
#define URCHIN_BENCH_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_VIEWERS_MAX 1000
#define BENCH_PUBLISHERS_MAX 32
#define BENCH_STREAMS_MAX 32
#define BENCH_STEPS_MAX 40000
#define BENCH_PAYLOAD_TYPE 100 /* that of audio is one more */
#define BENCH_SSRC 0x1000      /* of stream 0; those of the others follow */
#define BENCH_SERVER_PWD "server-password-server-password"
#define BENCH_CLIENT_UFRAG "clientclient"
#define BENCH_CLIENT_PWD "client-password-client-password"

enum bench_word {
	BENCH_HELLO,  /* both ways: fingerprint; from the generator also its port in `value` */
	BENCH_OPEN,   /* to the server: open connection `id` */
	BENCH_WHERE,  /* from the server: connection `id` answers checks at `text`:`value` */
	BENCH_READY,  /* from the server: connection `id` is */
	BENCH_ENGINE, /* to the server; answered by the name of its engine in `text` */
	BENCH_LINK,   /* to the server: senders for everybody; answered by the same when done */
	BENCH_FLOOR,  /* to the server: measure the floors with round `value`; answered by enum bench_floor's figures */
	BENCH_CPU,    /* to the server; answered by enum bench_cpu's figures */
	BENCH_MEMORY, /* to the server; answered by its resident KB in figures[0] */
	BENCH_BYE,
};

/* CPU microseconds per packet: the floors, and designs to compare with. */
enum bench_floor {
	BENCH_FLOOR_BATCH,   /* encrypt 64, then send 64 by one sendmmsg */
	BENCH_FLOOR_TRAINS,  /* the same with UDP_SEGMENT */
	BENCH_FLOOR_EVP,     /* encrypt one, send one */
	BENCH_FLOOR_LIBSRTP, /* the same by libsrtp2: the usual design */
	BENCH_FLOOR_PACED,   /* as with trains, but sleeping between the bursts as a server must */
	BENCH_FLOORS,
};

/* Microseconds so far. */
enum bench_cpu {
	BENCH_CPU_WORKERS, /* of all workers' threads */
	BENCH_CPU_DELAY,   /* how long these threads were ready to run and had no core */
	BENCH_CPU_PROCESS, /* of the whole process */
};

struct bench_message {
	enum bench_word word;
	uint64_t id;
	uint64_t value;
	double figures[BENCH_FLOORS];
	char text[128];
};

/* One packet of the traffic: when after the beginning of the traffic, of which stream, how long its RTP packet is. */
struct bench_step {
	uint64_t at_us;
	size_t len;
	size_t stream;
	bool ends_frame; /* RTP's marker */
};

/*
 * Clients 0.. are the publishers, the viewers follow; connection ids are one higher. One publisher has a video stream
 * and an audio stream that is silent. Where audio is measured each publisher has an audio stream. Viewers get all
 * streams.
 */
struct bench_plan {
	size_t publishers;
	size_t viewers;
	size_t streams; /* stream i is publisher i's, modulo */
	size_t workers;
	bool is_audio;
	bool is_lite;
	bool is_cm;         /* AES128_CM_SHA1_80 instead of AEAD_AES_128_GCM */
	bool is_one_by_one; /* connects one after the other */
	uint64_t drain_us;  /* how often the generator looks for what arrived; 0: always */
	const char *engine; /* the server's wish: see urchin_srtp_engine_choose() */
	uint16_t lite_port;
	struct bench_step *steps;
	size_t step_count;
	uint64_t round_us; /* how much of the traffic is one round */
};

/* A round of the traffic. */
struct bench_slice {
	const struct bench_step *steps;
	size_t count;
	uint64_t start_us; /* of the first step's time */
};

/* Rounds follow each other through the traffic, and begin again at its end. */
struct bench_slice bench_slice_of(const struct bench_plan *plan, uint64_t round);

/* Prints why and ends the process. */
_Noreturn void bench_fail(const char *what);
void bench_say(int fd, const struct bench_message *message);
/* Returns false when nothing came within timeout_ms (0: don't wait, negative: for ever). */
bool bench_hear(int fd, struct bench_message *message, int timeout_ms);

/* Connects everybody, then obeys the lines of standard input until its end. Returns the exit code. */
int bench_generate(const struct bench_plan *plan, int fd);
/* Runs the server until BENCH_BYE. */
void bench_serve(const struct bench_plan *plan, int fd);

#endif
