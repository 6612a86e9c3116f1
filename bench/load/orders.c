/*
 * What the generator does when told by lines on standard input; each is answered by a line of JSON.
 *
 *   media ROUND [INTERVAL_US]    a round of the traffic, or as many packets evenly spaced: the workers' CPU
 *   latency ROUND [INTERVAL_US]  the same with time stamps by the kernel: from the publisher's send to the server's
 *   floor ROUND                  the floors with the same round's packets
 *   idle MS                      nothing but consent: the workers' CPU
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/load/generator.h"
#include "io/clock.h"

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Of sorted values. */
static double quantile(const double *values, size_t count, double share)
{
	return count ? values[(size_t)((double)(count - 1) * share + 0.5)] : 0;
}

/* CPU time of the machine that was not idle, and its part that was not this process's, the server's or the machine's.
 */
struct account {
	double wall_us;
	double busy_us; /* of all cores; what the hypervisor took counts as well */
	double own_us;
	struct bench_message server;
};

static double busy_us(double wall_us)
{
	unsigned long long user, nice, kernel, idle, waiting;
	FILE *file = fopen("/proc/stat", "r");

	if (!file || fscanf(file, "cpu %llu %llu %llu %llu %llu", &user, &nice, &kernel, &idle, &waiting) != 5)
		bench_fail("/proc/stat");
	fclose(file);
	double tick_us = 1e6 / (double)sysconf(_SC_CLK_TCK);
	return wall_us * (double)sysconf(_SC_NPROCESSORS_ONLN) - (double)(idle + waiting) * tick_us;
}

static struct account take_account(struct generator *generator)
{
	struct account account = {.server = generator_ask(generator, BENCH_CPU, 0)};
	struct timespec own;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
	account.wall_us = (double)urchin_clock_us();
	account.busy_us = busy_us(account.wall_us);
	account.own_us =
	    (double)own.tv_sec * 1e6 + (double)own.tv_nsec / 1e3 + account.server.figures[BENCH_CPU_PROCESS];
	return account;
}

/* `cpuUs` of the workers, `delayUs` in which they had no core, `foreign` cores that others were using. */
static void print_account(const struct account *before, const struct account *after)
{
	double wall_us = after->wall_us - before->wall_us;
	double foreign_us = after->busy_us - before->busy_us - (after->own_us - before->own_us);

	printf("\"wallUs\":%.0f,\"cpuUs\":%.0f,\"delayUs\":%.0f,\"foreign\":%.3f", wall_us,
	       after->server.figures[BENCH_CPU_WORKERS] - before->server.figures[BENCH_CPU_WORKERS],
	       after->server.figures[BENCH_CPU_DELAY] - before->server.figures[BENCH_CPU_DELAY],
	       foreign_us > 0 ? foreign_us / wall_us : 0);
}

static void media(struct generator *generator, uint64_t round, uint64_t interval_us, bool is_stamped)
{
	const struct bench_slice slice = bench_slice_of(generator->plan, round);
	uint64_t took_us;

	if (is_stamped)
		client_net_stamp(&generator->net, true);
	generator->latency_count = 0;
	struct account before = take_account(generator);
	uint64_t received = generator_publish(generator, &slice, interval_us, &took_us);
	struct account after = take_account(generator);
	if (is_stamped)
		client_net_stamp(&generator->net, false);
	qsort(generator->latencies_us, generator->latency_count, sizeof(double), compare);
	printf("{\"sent\":%zu,\"received\":%llu,\"tookUs\":%llu,\"p50\":%.1f,\"p99\":%.1f,", slice.count,
	       (unsigned long long)received, (unsigned long long)took_us,
	       quantile(generator->latencies_us, generator->latency_count, 0.5),
	       quantile(generator->latencies_us, generator->latency_count, 0.99));
	print_account(&before, &after);
	printf("}\n");
}

static void floors(struct generator *generator, uint64_t round)
{
	const struct bench_message floor = generator_ask(generator, BENCH_FLOOR, round);

	printf("{\"batch\":%.4f,\"trains\":%.4f,\"evpSendmsg\":%.4f,\"libsrtpSendmsg\":%.4f,\"paced\":%.4f}\n",
	       floor.figures[BENCH_FLOOR_BATCH], floor.figures[BENCH_FLOOR_TRAINS], floor.figures[BENCH_FLOOR_EVP],
	       floor.figures[BENCH_FLOOR_LIBSRTP], floor.figures[BENCH_FLOOR_PACED]);
}

/* Awake each millisecond: checks that are due together would be cheaper for the server than they are in life. */
static void idle(struct generator *generator, uint64_t ms)
{
	struct account before = take_account(generator);
	uint64_t end_us = urchin_clock_us() + ms * 1000;

	while (urchin_clock_us() < end_us)
		generator_rest(generator, -1, 1);
	struct account after = take_account(generator);
	printf("{");
	print_account(&before, &after);
	printf("}\n");
}

static void obey(struct generator *generator, const char *line)
{
	unsigned long long value = 0, interval_us = 0;
	char word[16] = "";

	if (sscanf(line, "%15s %llu %llu", word, &value, &interval_us) < 1)
		return;
	if (strcmp(word, "media") == 0 || strcmp(word, "latency") == 0)
		media(generator, value, interval_us, word[0] == 'l');
	else if (strcmp(word, "floor") == 0)
		floors(generator, value);
	else if (strcmp(word, "idle") == 0)
		idle(generator, value);
	else
		bench_fail("media, latency, floor or idle");
	fflush(stdout);
}

/* Lines of standard input, until its end. */
static void obey_all(struct generator *generator)
{
	char text[256];
	size_t len = 0;

	for (;;) {
		struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
		if (poll(&input, 1, 0) == 0) {
			generator_rest(generator, STDIN_FILENO, 20);
			continue;
		}
		ssize_t got = read(STDIN_FILENO, text + len, sizeof(text) - 1 - len);
		if (got <= 0)
			return;
		len += (size_t)got;
		text[len] = 0;
		for (char *end; (end = strchr(text, '\n'));) {
			*end = 0;
			obey(generator, text);
			len -= (size_t)(end + 1 - text);
			memmove(text, end + 1, len + 1);
		}
	}
}

/* Who was connected, and what the server spent for each from opening it to its first media. */
static void print_ready(struct generator *generator, double cpu_us, double memory_kb)
{
	const struct bench_plan *plan = generator->plan;
	const struct bench_message engine = generator_ask(generator, BENCH_ENGINE, 0);

	printf(
	    "{\"engine\":\"%s\",\"viewers\":%zu,\"publishers\":%zu,\"workers\":%zu,\"ice\":\"%s\",\"profile\":\"%s\","
	    "\"joinCpuMs\":%.4f,\"memoryKb\":%.1f,\"connectMs\":[",
	    engine.text, plan->viewers, plan->publishers, plan->workers, plan->is_lite ? "lite" : "nice",
	    plan->is_cm ? "cm" : "gcm", cpu_us / 1000 / (double)generator->client_count,
	    memory_kb / (double)generator->client_count);
	for (size_t i = 0; i < generator->client_count; i++)
		printf("%s%.2f", i > 0 ? "," : "", generator->clients[i].connect_ms);
	printf("]}\n");
	fflush(stdout);
}

int bench_generate(const struct bench_plan *plan, int fd)
{
	static struct generator generator;
	struct bench_slice first = bench_slice_of(plan, 0);
	uint64_t took_us;

	generator_open(&generator, plan, fd);
	double memory_kb = generator_ask(&generator, BENCH_MEMORY, 0).figures[0];
	const struct bench_message before = generator_ask(&generator, BENCH_CPU, 0);
	generator_connect(&generator);
	generator_ask(&generator, BENCH_LINK, 0);
	first.count = first.count < plan->publishers ? first.count : plan->publishers;
	generator_publish(&generator, &first, 0, &took_us);
	const struct bench_message after = generator_ask(&generator, BENCH_CPU, 0);
	memory_kb = generator_ask(&generator, BENCH_MEMORY, 0).figures[0] - memory_kb;
	print_ready(&generator, after.figures[BENCH_CPU_WORKERS] - before.figures[BENCH_CPU_WORKERS], memory_kb);
	obey_all(&generator);
	bench_say(fd, &(struct bench_message){.word = BENCH_BYE});
	return 0;
}
