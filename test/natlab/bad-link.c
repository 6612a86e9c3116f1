/*
 * A bad link between two TAP devices of natlab: frames read from one are written to the other after loss, delay and
 * shaping, each direction with settings of its own. Address resolution passes untouched.
 *
 *   bad-link TAP TAP "KEY=VALUE ..." "KEY=VALUE ..."      the first settings are for frames read from the first TAP
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define JITTER_SLOT_NS 20000000

struct frame {
	int64_t due_ns;
	uint64_t order;
	size_t len;
	unsigned char *bytes;
};

/* One direction. */
struct way {
	double loss, burst, delay, jitter, reorder, dup, rate, queue; /* as in natlab --help */
	uint64_t random;
	int in_burst;                 /* of losses */
	int64_t slot;                 /* jitter wanders between points JITTER_SLOT_NS apart */
	double from, to;              /* the points, -1..1 */
	int64_t last_due_ns, free_ns; /* free: when the line has sent all that it took */
	struct frame *heap;           /* the next one due first */
	size_t count, cap;
};

static uint64_t arrivals;

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* xorshift64; 0 <= result < 1 */
static double uniform(struct way *way)
{
	way->random ^= way->random << 13;
	way->random ^= way->random >> 7;
	way->random ^= way->random << 17;
	return (double)(way->random >> 11) / 9007199254740992.0;
}

static int is_before(const struct frame *a, const struct frame *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void push(struct way *way, int64_t due_ns, const unsigned char *bytes, size_t len)
{
	if (way->count == way->cap) {
		way->cap = way->cap ? 2 * way->cap : 256;
		way->heap = realloc(way->heap, way->cap * sizeof *way->heap);
		if (!way->heap)
			exit(1);
	}
	struct frame frame = {due_ns, arrivals++, len, malloc(len ? len : 1)};
	if (!frame.bytes)
		exit(1);
	memcpy(frame.bytes, bytes, len);
	size_t i = way->count++;
	while (i && is_before(&frame, &way->heap[(i - 1) / 2])) {
		way->heap[i] = way->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	way->heap[i] = frame;
}

static struct frame pop(struct way *way)
{
	struct frame top = way->heap[0], last = way->heap[--way->count];
	size_t i = 0, child;
	while ((child = 2 * i + 1) < way->count) {
		if (child + 1 < way->count && is_before(&way->heap[child + 1], &way->heap[child]))
			child++;
		if (!is_before(&way->heap[child], &last))
			break;
		way->heap[i] = way->heap[child];
		i = child;
	}
	if (way->count)
		way->heap[i] = last;
	return top;
}

/* ARP, and the messages of IPv6 that stand for it (RFC 4861). */
static int is_spared(const unsigned char *bytes, size_t len)
{
	if (len < 14)
		return 1;
	int type = bytes[12] << 8 | bytes[13];
	if (type == 0x0800)
		return 0;
	if (type == 0x86dd)
		return len >= 55 && bytes[20] == 58 && bytes[54] >= 133 && bytes[54] <= 137;
	return 1;
}

/* Independent losses, or two states: bursts of mean length `burst`, `loss` percent over all. */
static int is_lost(struct way *way)
{
	double share = way->loss / 100;
	if (share <= 0)
		return 0;
	if (share >= 1)
		return 1;
	if (way->burst <= 1)
		return uniform(way) < share;
	double leave = 1 / way->burst, enter = leave * share / (1 - share);
	way->in_burst = way->in_burst ? uniform(way) >= leave : uniform(way) < enter;
	return way->in_burst;
}

static double wander_ms(struct way *way, int64_t t_ns)
{
	int64_t slot = t_ns / JITTER_SLOT_NS;
	if (way->jitter <= 0)
		return 0;
	if (slot != way->slot) {
		way->from = slot == way->slot + 1 ? way->to : 2 * uniform(way) - 1;
		way->to = 2 * uniform(way) - 1;
		way->slot = slot;
	}
	double part = (double)(t_ns % JITTER_SLOT_NS) / JITTER_SLOT_NS;
	return way->jitter * (way->from + (way->to - way->from) * part);
}

static void enqueue(struct way *way, int64_t t_ns, const unsigned char *bytes, size_t len)
{
	int64_t start_ns = t_ns;
	if (way->rate > 0) {
		if (way->free_ns < t_ns)
			way->free_ns = t_ns;
		if ((double)(way->free_ns - t_ns) > way->queue * 1e6)
			return;
		way->free_ns += (int64_t)((double)len * 8e6 / way->rate);
		start_ns = way->free_ns;
	}
	if (way->reorder > 0 && uniform(way) * 100 < way->reorder) {
		push(way, start_ns, bytes, len);
		return;
	}
	int64_t due_ns = start_ns + (int64_t)((way->delay + wander_ms(way, start_ns)) * 1e6);
	if (due_ns < start_ns)
		due_ns = start_ns;
	if (due_ns < way->last_due_ns)
		due_ns = way->last_due_ns;
	way->last_due_ns = due_ns;
	push(way, due_ns, bytes, len);
}

static void take(struct way *way, const unsigned char *bytes, size_t len)
{
	int64_t t_ns = now_ns();
	if (is_spared(bytes, len)) {
		push(way, t_ns, bytes, len);
		return;
	}
	if (is_lost(way))
		return;
	int copies = way->dup > 0 && uniform(way) * 100 < way->dup ? 2 : 1;
	while (copies--)
		enqueue(way, t_ns, bytes, len);
}

static int open_tap(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0) {
		perror(name);
		exit(1);
	}
	return fd;
}

static void read_settings(struct way *way, char *text, uint64_t salt)
{
	const struct {
		const char *key;
		double *value;
	} known[] = {
	    {"loss", &way->loss},       {"burst", &way->burst}, {"delay", &way->delay}, {"jitter", &way->jitter},
	    {"reorder", &way->reorder}, {"dup", &way->dup},     {"rate", &way->rate},   {"queue", &way->queue},
	};
	way->queue = 200;
	way->random = 88172645463325252ULL ^ salt;
	for (char *key = strtok(text, " "); key; key = strtok(NULL, " ")) {
		char *value = strchr(key, '=');
		if (!value)
			continue;
		*value++ = 0;
		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
			if (!strcmp(key, known[i].key))
				*known[i].value = atof(value);
		if (!strcmp(key, "seed"))
			way->random ^= ((uint64_t)atof(value) + 1) * 0x9e3779b97f4a7c15ULL;
	}
	for (int i = 0; i < 8; i++)
		uniform(way);
}

static void wait_for(struct pollfd fds[2], const struct way ways[2])
{
	int64_t next_ns = -1;
	for (int i = 0; i < 2; i++)
		if (ways[i].count && (next_ns < 0 || ways[i].heap[0].due_ns < next_ns))
			next_ns = ways[i].heap[0].due_ns;
	int64_t left_ns = next_ns - now_ns();
	if (left_ns < 0)
		left_ns = 0;
	struct timespec wait = {left_ns / 1000000000, left_ns % 1000000000};
	ppoll(fds, 2, next_ns < 0 ? NULL : &wait, NULL);
}

int main(int argc, char **argv)
{
	static unsigned char bytes[65536];
	static struct way ways[2];
	if (argc != 5)
		return 2;
	struct pollfd fds[2] = {{open_tap(argv[1]), POLLIN, 0}, {open_tap(argv[2]), POLLIN, 0}};
	read_settings(&ways[0], argv[3], 1);
	read_settings(&ways[1], argv[4], 2);
	for (;;) {
		wait_for(fds, ways);
		for (int i = 0; i < 2; i++) {
			/* A device that is down would be polled without a pause. */
			if (fds[i].revents & (POLLERR | POLLHUP | POLLNVAL))
				usleep(1000);
			ssize_t len;
			for (int k = 0; k < 64 && (len = read(fds[i].fd, bytes, sizeof bytes)) > 0; k++)
				take(&ways[i], bytes, (size_t)len);
		}
		int64_t t_ns = now_ns();
		for (int i = 0; i < 2; i++)
			while (ways[i].count && ways[i].heap[0].due_ns <= t_ns) {
				struct frame frame = pop(&ways[i]);
				/* A full queue loses it, as a link would. */
				ssize_t written = write(fds[1 - i].fd, frame.bytes, frame.len);
				(void)written;
				free(frame.bytes);
			}
	}
}
