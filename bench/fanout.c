/*
 * One publisher, N viewers over loopback: what a worker spends per forwarded packet, beside bare loops that encrypt and
 * send the same packets. Server and load generator are two processes, so that the generator's cost stays out of it.
 *
 *   fanout [--viewers N] [--workers N] [--rounds N] [--ice lite|nice] [--profile gcm|cm] [--connect one-by-one]
 *          [--idle-ms N] [--packets N] [--interval-us N] [--size N] [--steps FILE]     prints one line of JSON
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

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (*end || value < least || value > most)
		bench_fail("a number is out of range");
	return value;
}

static void read_steps(struct bench_plan *plan, const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned long long at_us;
	size_t len;

	plan->step_count = 0;
	while (file && plan->step_count < BENCH_STEPS_MAX && fscanf(file, "%llu %zu", &at_us, &len) == 2)
		if (len >= 24 && len <= 1400)
			plan->steps[plan->step_count++] = (struct bench_step){at_us, len};
	if (!file || plan->step_count == 0)
		bench_fail("no steps");
	fclose(file);
}

static void read_arguments(struct bench_plan *plan, int argc, char **argv)
{
	static const struct option options[] = {
	    {"viewers", 1, 0, 'v'},     {"workers", 1, 0, 'w'}, {"rounds", 1, 0, 'r'},  {"ice", 1, 0, 'i'},
	    {"profile", 1, 0, 'p'},     {"connect", 1, 0, 'c'}, {"idle-ms", 1, 0, 'd'}, {"packets", 1, 0, 'n'},
	    {"interval-us", 1, 0, 't'}, {"size", 1, 0, 's'},    {"steps", 1, 0, 'f'},   {0},
	};
	uint64_t interval_us = 1000;
	size_t packets = 1000, size = 1200;
	const char *path = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'v':
			plan->viewers = number(optarg, 1, BENCH_VIEWERS_MAX);
			break;
		case 'w':
			plan->workers = number(optarg, 1, 8);
			break;
		case 'r':
			plan->rounds = number(optarg, 1, BENCH_ROUNDS_MAX);
			break;
		case 'i':
			plan->is_lite = strcmp(optarg, "lite") == 0;
			break;
		case 'p':
			plan->is_cm = strcmp(optarg, "cm") == 0;
			break;
		case 'c':
			plan->is_one_by_one = true;
			break;
		case 'd':
			plan->idle_us = number(optarg, 0, 60000) * 1000;
			break;
		case 'n':
			packets = number(optarg, 1, BENCH_STEPS_MAX);
			break;
		case 't':
			interval_us = number(optarg, 1, 1000000);
			break;
		case 's':
			size = number(optarg, 24, 1400);
			break;
		case 'f':
			path = optarg;
			break;
		default:
			exit(2);
		}
	}
	plan->steps = calloc(BENCH_STEPS_MAX, sizeof(*plan->steps));
	if (!plan->steps)
		bench_fail("memory");
	plan->step_count = packets;
	for (size_t i = 0; i < packets; i++)
		plan->steps[i] = (struct bench_step){i * interval_us, size};
	if (path)
		read_steps(plan, path);
}

/* The generator polls, so it gets a core of its own where there are two. */
static void take_core(int index, size_t workers)
{
	cpu_set_t cores;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2 || workers > 1)
		return;
	CPU_ZERO(&cores);
	CPU_SET(index, &cores);
	sched_setaffinity(0, sizeof(cores), &cores);
}

int main(int argc, char **argv)
{
	static struct bench_plan plan = {.viewers = 10, .workers = 1, .rounds = 3, .is_lite = true};
	int pair[2], status = 1;

	read_arguments(&plan, argc, argv);
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
		take_core(0, plan.workers);
		bench_serve(&plan, pair[0]);
	}
	close(pair[0]);
	take_core(1, plan.workers);
	int code = bench_generate(&plan, pair[1]);
	waitpid(child, &status, 0);
	return code ? code : WEXITSTATUS(status);
}
