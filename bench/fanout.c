/*
 * Publishers, N viewers over loopback: what a worker spends per forwarded packet, beside bare loops that encrypt and
 * send the same packets. Server and load generator are two processes, so that the generator's cost stays out of it.
 *
 *   fanout [--viewers N] [--publishers N] [--workers N] [--ice lite|nice] [--profile gcm|cm] [--audio] [--one-by-one]
 *          [--engine off|auto|FILE] [--pin no] [--drain-us N] [--round-us N] [--steps FILE | --packets N --interval-us
 * N --spread-us N --size N]
 *
 * When all are connected it prints a line of JSON, then one for each line of standard input: see load/orders.c.
 * Meanwhile it sleeps, so that several of them can take turns.
 */
#include <getopt.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/load/talk.h"

static bool is_cm; /* for the wrapper below */

int __real_SSL_CTX_set_tlsext_use_srtp(SSL_CTX *ctx, const char *profiles);
int __wrap_SSL_CTX_set_tlsext_use_srtp(SSL_CTX *ctx, const char *profiles);

/* The core has no option for it: the other profile is for peers that know no better. */
int __wrap_SSL_CTX_set_tlsext_use_srtp(SSL_CTX *ctx, const char *profiles)
{
	return __real_SSL_CTX_set_tlsext_use_srtp(ctx, is_cm ? "SRTP_AES128_CM_SHA1_80" : profiles);
}

_Noreturn void bench_fail(const char *what)
{
	fprintf(stderr, "fanout: %s\n", what);
	_exit(1);
}

void bench_say(int fd, const struct bench_message *message)
{
	if (send(fd, message, sizeof(*message), MSG_NOSIGNAL) < 0)
		bench_fail("the other process is gone");
}

bool bench_hear(int fd, struct bench_message *message, int timeout_ms)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};

	if (timeout_ms != 0 && poll(&poller, 1, timeout_ms) <= 0)
		return false;
	ssize_t len = recv(fd, message, sizeof(*message), timeout_ms ? 0 : MSG_DONTWAIT);
	if (len == 0)
		bench_fail("the other process ended");
	return len == (ssize_t)sizeof(*message);
}

struct bench_slice bench_slice_of(const struct bench_plan *plan, uint64_t round)
{
	uint64_t rounds = plan->steps[plan->step_count - 1].at_us / plan->round_us + 1;
	struct bench_slice slice = {.start_us = round % rounds * plan->round_us};
	size_t first = 0;

	while (plan->steps[first].at_us < slice.start_us)
		first++;
	slice.steps = plan->steps + first;
	while (first + slice.count < plan->step_count &&
	       slice.steps[slice.count].at_us < slice.start_us + plan->round_us)
		slice.count++;
	if (slice.count == 0)
		bench_fail("a round without packets");
	return slice;
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (*end || value < least || value > most)
		bench_fail("a number is out of range");
	return value;
}

#define FRAME_GAP_US 10000

static void read_steps(struct bench_plan *plan, const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned long long at_us;
	size_t len;

	while (file && plan->step_count < BENCH_STEPS_MAX && fscanf(file, "%llu %zu", &at_us, &len) == 2)
		if (len >= 24 && len <= 1400)
			plan->steps[plan->step_count++] = (struct bench_step){.at_us = at_us, .len = len};
	if (!file || plan->step_count == 0)
		bench_fail("no steps");
	fclose(file);
	/* Frames are 33 ms apart; within one, packets never pause that long. */
	for (size_t i = 0; i < plan->step_count; i++)
		plan->steps[i].ends_frame =
		    i + 1 == plan->step_count || plan->steps[i + 1].at_us >= plan->steps[i].at_us + FRAME_GAP_US;
}

struct traffic {
	size_t packets; /* of each stream that sends */
	uint64_t interval_us;
	uint64_t spread_us; /* between one stream's packet and the next one's */
	size_t size;
	const char *path; /* of recorded steps */
};

static void make_steps(struct bench_plan *plan, const struct traffic *traffic)
{
	size_t senders = plan->is_audio ? plan->publishers : 1;

	plan->streams = plan->is_audio ? plan->publishers : 2;
	plan->steps = calloc(BENCH_STEPS_MAX, sizeof(*plan->steps));
	if (!plan->steps)
		bench_fail("memory");
	if (traffic->path) {
		read_steps(plan, traffic->path);
		return;
	}
	for (size_t i = 0; i < traffic->packets; i++)
		for (size_t stream = 0; stream < senders && plan->step_count < BENCH_STEPS_MAX; stream++)
			plan->steps[plan->step_count++] =
			    (struct bench_step){.at_us = i * traffic->interval_us + stream * traffic->spread_us,
						.len = traffic->size,
						.stream = stream};
}

static bool read_shape(struct bench_plan *plan, int option)
{
	switch (option) {
	case 'v':
		plan->viewers = number(optarg, 1, BENCH_VIEWERS_MAX);
		return true;
	case 'b':
		plan->publishers = number(optarg, 1, BENCH_PUBLISHERS_MAX);
		return true;
	case 'w':
		plan->workers = number(optarg, 1, 8);
		return true;
	case 'i':
		plan->is_lite = strcmp(optarg, "lite") == 0;
		return true;
	case 'p':
		plan->is_cm = strcmp(optarg, "cm") == 0;
		return true;
	case 'a':
		plan->is_audio = true;
		return true;
	case 'c':
		plan->is_one_by_one = true;
		return true;
	case 'd':
		plan->drain_us = number(optarg, 0, 100000);
		return true;
	case 'g':
		plan->engine = optarg;
		return true;
	case 'r':
		plan->round_us = number(optarg, 1000, 60000000);
		return true;
	default:
		return false;
	}
}

static bool read_traffic(struct traffic *traffic, int option)
{
	switch (option) {
	case 'n':
		traffic->packets = number(optarg, 1, BENCH_STEPS_MAX);
		return true;
	case 't':
		traffic->interval_us = number(optarg, 1, 1000000);
		return true;
	case 'e':
		traffic->spread_us = number(optarg, 0, 100000);
		return true;
	case 's':
		traffic->size = number(optarg, 24, 1400);
		return true;
	case 'f':
		traffic->path = optarg;
		return true;
	default:
		return false;
	}
}

/* Returns whether the processes are to have cores of their own. */
static bool read_arguments(struct bench_plan *plan, int argc, char **argv)
{
	static const struct option options[] = {
	    {"viewers", 1, 0, 'v'},
	    {"publishers", 1, 0, 'b'},
	    {"workers", 1, 0, 'w'},
	    {"ice", 1, 0, 'i'},
	    {"profile", 1, 0, 'p'},
	    {"audio", 0, 0, 'a'},
	    {"one-by-one", 0, 0, 'c'},
	    {"drain-us", 1, 0, 'd'},
	    {"round-us", 1, 0, 'r'},
	    {"packets", 1, 0, 'n'},
	    {"interval-us", 1, 0, 't'},
	    {"spread-us", 1, 0, 'e'},
	    {"size", 1, 0, 's'},
	    {"steps", 1, 0, 'f'},
	    {"pin", 1, 0, 'k'},
	    {"engine", 1, 0, 'g'},
	    {0},
	};
	struct traffic traffic = {.packets = 300, .interval_us = 1000, .size = 1200};
	bool is_pinned = true;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'k')
			is_pinned = strcmp(optarg, "no") != 0;
		else if (!read_shape(plan, option) && !read_traffic(&traffic, option))
			exit(2);
	}
	make_steps(plan, &traffic);
	return is_pinned;
}

/* The generator polls, so it gets a core of its own where there are two. */
static void take_core(int index)
{
	cpu_set_t cores;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return;
	CPU_ZERO(&cores);
	CPU_SET(index, &cores);
	sched_setaffinity(0, sizeof(cores), &cores);
}

int main(int argc, char **argv)
{
	static struct bench_plan plan = {
	    .publishers = 1, .viewers = 10, .workers = 1, .is_lite = true, .engine = "off", .round_us = 300000};
	int pair[2], status = 1;
	bool is_pinned = read_arguments(&plan, argc, argv) && plan.workers == 1;

	is_cm = plan.is_cm;
	plan.lite_port = (uint16_t)(20000 + getpid() % 10000);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		bench_fail("socketpair");
	pid_t child = fork();
	if (child < 0)
		bench_fail("fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[1]);
		if (is_pinned)
			take_core(0);
		bench_serve(&plan, pair[0]);
	}
	close(pair[0]);
	if (is_pinned)
		take_core(1);
	int code = bench_generate(&plan, pair[1]);
	waitpid(child, &status, 0);
	return code ? code : WEXITSTATUS(status);
}
