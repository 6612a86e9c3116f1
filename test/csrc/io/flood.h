/*
 * Junk for a list of UDP ports of 127.0.0.1 from a thread of its own. It is 50,000 datagrams a second, or as many as
 * this machine's kernel and the workers, with a sanitizer perhaps, can take: what the kernel drops at a full socket
 * nobody can choose.
 */
#ifndef URCHIN_TEST_IO_FLOOD_H
#define URCHIN_TEST_IO_FLOOD_H

#include "io/mux_side.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#define FLOOD_PORTS_MAX 8
#define FLOOD_SOURCES 32 /* the kernel spreads them over the sockets of a port */
#define FLOOD_BATCH 64
#define FLOOD_BATCH_US 1280
/* Bytes, as the kernel counts them. More than a worker handles in 50 ms makes it leave out video. */
#ifdef __SANITIZE_THREAD__
#define FLOOD_QUEUED_MAX 16384
#else
#define FLOOD_QUEUED_MAX 131072
#endif

struct flood {
	uint16_t ports[FLOOD_PORTS_MAX];
	size_t port_count;
	char digits[8]; /* what the user names of checks for nobody begin with, in turn */
	pthread_t thread;
	atomic_bool is_over;
	atomic_size_t sent;
};

static inline void sleep_us(long us)
{
	nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

/* A check for nobody, or for nobody of the worker that the digit names. Returns its length. */
static inline size_t write_foreign_check(uint8_t *bytes, size_t cap, const char *digits, uint32_t number)
{
	char username[] = "?nobody:x";

	username[0] = digits[number % strlen(digits)];
	return write_check(bytes, cap, username, NULL, false);
}

/* In turn: every first byte there is, a check for nobody, a ClientHello, media of nobody's, an answer to no check. */
static inline size_t write_junk(uint8_t bytes[256], const char *digits, uint32_t number)
{
	static const uint8_t hello[] = {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 1, 0, 0, 88};
	static const uint8_t answer[] = {1, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};

	memset(bytes, (int)(number * 7), 200);
	bytes[0] = (uint8_t)(number / 5);
	switch (number % 5) {
	case 1:
		return write_foreign_check(bytes, 256, digits, number / 5);
	case 2:
		memcpy(bytes, hello, sizeof(hello));
		return 200;
	case 3:
		bytes[0] = 0x80;
		return 200;
	case 4:
		memcpy(bytes, answer, sizeof(answer));
		return 20;
	default:
		return 200;
	}
}

static inline bool is_flooded(const struct flood *flood, unsigned port)
{
	for (size_t i = 0; i < flood->port_count; i++)
		if (flood->ports[i] == port)
			return true;
	return false;
}

/* What waits in the sockets of the ports. */
static inline size_t queued(const struct flood *flood)
{
	FILE *file = fopen("/proc/net/udp", "r");
	char line[256];
	size_t total = 0;

	while (file && fgets(line, sizeof(line), file)) {
		unsigned port, len;

		if (sscanf(line, " %*[0-9]: %*8x:%4x %*8x:%*4x %*2x %*8x:%8x", &port, &len) == 2 &&
		    is_flooded(flood, port))
			total += len;
	}
	if (file)
		fclose(file);
	return total;
}

/* From each source to each port in turn. Returns how many datagrams the kernel took. */
static inline size_t send_batch(const struct flood *flood, const int fds[FLOOD_SOURCES], uint32_t batch)
{
	static uint8_t bytes[FLOOD_BATCH][256];
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(flood->ports[batch % flood->port_count]),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct iovec vectors[FLOOD_BATCH];
	struct mmsghdr messages[FLOOD_BATCH] = {0};
	int sent;

	for (uint32_t i = 0; i < FLOOD_BATCH; i++) {
		vectors[i] = (struct iovec){.iov_base = bytes[i],
					    .iov_len = write_junk(bytes[i], flood->digits, batch * FLOOD_BATCH + i)};
		messages[i].msg_hdr = (struct msghdr){
		    .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &vectors[i], .msg_iovlen = 1};
	}
	sent = sendmmsg(fds[batch / flood->port_count % FLOOD_SOURCES], messages, FLOOD_BATCH, 0);
	return sent > 0 ? (size_t)sent : 0;
}

static inline void *run_flood(void *owner)
{
	struct flood *flood = owner;
	uint64_t next_us = urchin_clock_us();
	int fds[FLOOD_SOURCES];

	for (size_t i = 0; i < FLOOD_SOURCES; i++)
		fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (uint32_t batch = 0; !atomic_load(&flood->is_over); batch++) {
		uint64_t now_us;

		while (queued(flood) > FLOOD_QUEUED_MAX && !atomic_load(&flood->is_over))
			sleep_us(1000);
		now_us = urchin_clock_us();
		atomic_fetch_add(&flood->sent, send_batch(flood, fds, batch));
		/* What was not managed in time is not made up for. */
		next_us = next_us + FLOOD_BATCH_US > now_us ? next_us + FLOOD_BATCH_US : now_us;
		if (next_us > now_us)
			sleep_us((long)(next_us - now_us));
	}
	for (size_t i = 0; i < FLOOD_SOURCES; i++)
		close(fds[i]);
	return NULL;
}

static inline void start_flood(struct flood *flood)
{
	assert_in_range(flood->port_count, 1, FLOOD_PORTS_MAX);
	assert_in_range(strlen(flood->digits), 1, sizeof(flood->digits) - 1);
	assert_int_equal(pthread_create(&flood->thread, NULL, run_flood, flood), 0);
}

/* Returns how many datagrams there were. */
static inline size_t stop_flood(struct flood *flood)
{
	size_t sent;

	atomic_store(&flood->is_over, true);
	pthread_join(flood->thread, NULL);
	sent = atomic_load(&flood->sent);
	print_message("%zu datagrams of junk\n", sent);
	assert_true(sent >= FLOOD_BATCH * 10);
	return sent;
}

#endif
