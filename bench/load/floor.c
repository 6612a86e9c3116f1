/* Traffic is cut into bursts (what comes within 1 ms); each viewer gets a burst, then the next viewer gets it. */
#include "bench/load/floor.h"

#include <netinet/udp.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "session/router_batch.h"
#include "transport/srtp_cipher.h"
#include "transport/srtp_internal.h"

#define BATCH 64
#define PACKETS 30000   /* per measurement: a tenth of a second and more, as long as a round */
#define PACED_US 250000 /* how long the floor that sleeps is measured */
#define BURST_US 1000
#define SLOT 1536

struct viewer {
	EVP_CIPHER_CTX *gcm;
	struct urchin_srtp_cipher cipher; /* for CM */
	struct urchin_srtp *libsrtp;
	struct sockaddr_in address;
};

struct floor {
	const struct bench_plan *plan;
	int fd;
	int timer_fd;
	int epoll_fd;
	struct viewer *viewers;
	size_t count; /* in the batch */
	uint16_t seq;
	uint8_t plain[SLOT];
	uint8_t bytes[BATCH][SLOT];
	size_t lens[BATCH];
	size_t to[BATCH];
};

static bool has_trains(enum bench_floor design)
{
	return design == BENCH_FLOOR_TRAINS || design == BENCH_FLOOR_PACED;
}

static double cpu_us(void)
{
	struct timespec time;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void open_viewer(const struct bench_plan *plan, struct viewer *viewer, size_t index, uint16_t port)
{
	struct urchin_srtp_keys keys = {.profile =
					    plan->is_cm ? URCHIN_SRTP_AES128_CM_SHA1_80 : URCHIN_SRTP_AEAD_AES_128_GCM};

	memcpy(keys.send_key, &index, sizeof(index));
	viewer->address = (struct sockaddr_in){
	    .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(0x7f020000u | (uint32_t)index)};
	viewer->gcm = EVP_CIPHER_CTX_new();
	viewer->libsrtp = urchin_srtp_new_by(URCHIN_SRTP_LIBSRTP, &keys);
	if (!viewer->gcm || !viewer->libsrtp ||
	    EVP_EncryptInit_ex(viewer->gcm, EVP_aes_128_gcm(), NULL, keys.send_key, NULL) != 1 ||
	    urchin_srtp_cipher_init(&viewer->cipher, &keys, true, URCHIN_SRTP_LABEL_RTP) < 0)
		bench_fail("the floor's keys");
}

static void close_viewer(struct viewer *viewer)
{
	EVP_CIPHER_CTX_free(viewer->gcm);
	urchin_srtp_cipher_clear(&viewer->cipher);
	urchin_srtp_free(viewer->libsrtp);
}

/* Bare OpenSSL. `len` counts the RTP header's 12 bytes. */
static size_t seal_gcm(struct viewer *viewer, const uint8_t *plain, size_t len, uint8_t *out)
{
	uint8_t iv[12] = {0};
	int written = 0;

	memcpy(iv + 6, plain + 2, 2);
	memcpy(out, plain, 12);
	EVP_EncryptInit_ex(viewer->gcm, NULL, NULL, NULL, iv);
	EVP_EncryptUpdate(viewer->gcm, NULL, &written, plain, 12);
	EVP_EncryptUpdate(viewer->gcm, out + 12, &written, plain + 12, (int)len - 12);
	EVP_EncryptFinal_ex(viewer->gcm, out + len, &written);
	EVP_CIPHER_CTX_ctrl(viewer->gcm, EVP_CTRL_AEAD_GET_TAG, 16, out + len);
	return len + 16;
}

static size_t seal_cm(struct viewer *viewer, const uint8_t *plain, size_t len, uint8_t *out)
{
	static const uint8_t roc[4];
	struct urchin_srtp_text text = {.in = plain + 12, .len = len - 12, .out = out + 12};

	memcpy(out, plain, 12);
	urchin_srtp_cipher_xor(&viewer->cipher, urchin_read_u32(plain + 8), urchin_read_u16(plain + 2), &text);
	urchin_srtp_cipher_mac(&viewer->cipher, out, len, roc, out + len);
	return len + 10;
}

static size_t seal(struct floor *floor, enum bench_floor design, struct viewer *viewer, size_t len, uint8_t *out)
{
	if (design == BENCH_FLOOR_LIBSRTP) {
		int sealed = urchin_srtp_protect_rtp(viewer->libsrtp, floor->plain, len, out, SLOT);
		if (sealed < 0)
			bench_fail("the floor's libsrtp");
		return (size_t)sealed;
	}
	return floor->plan->is_cm ? seal_cm(viewer, floor->plain, len, out) : seal_gcm(viewer, floor->plain, len, out);
}

static void send_singly(struct floor *floor, struct viewer *viewer, uint8_t *bytes, size_t len)
{
	struct iovec vector = {.iov_base = bytes, .iov_len = len};
	struct msghdr header = {
	    .msg_name = &viewer->address, .msg_namelen = sizeof(viewer->address), .msg_iov = &vector, .msg_iovlen = 1};

	sendmsg(floor->fd, &header, MSG_DONTWAIT);
}

static size_t train_length(const struct floor *floor, size_t first, bool with_trains)
{
	size_t count = 1;

	while (with_trains && first + count < floor->count && floor->to[first + count] == floor->to[first] &&
	       floor->lens[first + count] <= floor->lens[first] &&
	       floor->lens[first + count - 1] == floor->lens[first] && count * floor->lens[first] < 60000)
		count++;
	return count;
}

static void send_batch(struct floor *floor, bool with_trains)
{
	static union {
		char bytes[CMSG_SPACE(sizeof(uint16_t))];
		struct cmsghdr align;
	} controls[BATCH];
	struct mmsghdr messages[BATCH] = {0};
	struct iovec vectors[BATCH];
	unsigned count = 0;

	for (size_t at = 0; at < floor->count; count++) {
		size_t cars = train_length(floor, at, with_trains);
		struct msghdr *header = &messages[count].msg_hdr;
		uint16_t segment = (uint16_t)floor->lens[at];

		for (size_t i = at; i < at + cars; i++)
			vectors[i] = (struct iovec){.iov_base = floor->bytes[i], .iov_len = floor->lens[i]};
		*header = (struct msghdr){.msg_name = &floor->viewers[floor->to[at]].address,
					  .msg_namelen = sizeof(struct sockaddr_in),
					  .msg_iov = &vectors[at],
					  .msg_iovlen = cars};
		if (cars > 1) {
			header->msg_control = controls[count].bytes;
			header->msg_controllen = sizeof(controls[count].bytes);
			struct cmsghdr *item = CMSG_FIRSTHDR(header);
			item->cmsg_level = SOL_UDP;
			item->cmsg_type = UDP_SEGMENT;
			item->cmsg_len = CMSG_LEN(sizeof(segment));
			memcpy(CMSG_DATA(item), &segment, sizeof(segment));
		}
		at += cars;
	}
	for (unsigned done = 0; done < count;) {
		int sent = sendmmsg(floor->fd, messages + done, count - done, MSG_DONTWAIT);
		done += sent > 0 ? (unsigned)sent : 1;
	}
	floor->count = 0;
}

static void put(struct floor *floor, enum bench_floor design, size_t to, size_t len)
{
	struct viewer *viewer = &floor->viewers[to];
	size_t slot = floor->count;
	size_t sealed = seal(floor, design, viewer, len, floor->bytes[slot]);

	if (design == BENCH_FLOOR_EVP || design == BENCH_FLOOR_LIBSRTP) {
		send_singly(floor, viewer, floor->bytes[slot], sealed);
		return;
	}
	floor->lens[slot] = sealed;
	floor->to[slot] = to;
	if (++floor->count == BATCH)
		send_batch(floor, has_trains(design));
}

/* The burst that begins at `first`; lens of one run (as the server pads them) are made equal. Returns its length. */
static size_t burst_at(const struct bench_slice *slice, size_t first, size_t lens[BATCH])
{
	size_t count = 0, run = 0;

	while (first + count < slice->count && count < BATCH &&
	       slice->steps[first + count].at_us < slice->steps[first].at_us + BURST_US) {
		lens[count] = slice->steps[first + count].len;
		size_t most = lens[count], least = lens[count];
		for (size_t i = run; i < count; i++) {
			most = lens[i] > most ? lens[i] : most;
			least = lens[i] < least ? lens[i] : least;
		}
		if (most - least > URCHIN_TRAIN_PADDING_MAX)
			run = count;
		else
			for (size_t i = run; i <= count; i++)
				lens[i] = most;
		count++;
	}
	return count;
}

/* To every viewer. Returns how many of the traffic's packets it was. */
static size_t put_burst(struct floor *floor, enum bench_floor design, const struct bench_slice *slice, size_t first)
{
	size_t lens[BATCH];
	size_t count = burst_at(slice, first, lens);

	for (size_t v = 0; v < floor->plan->viewers; v++) {
		for (size_t i = 0; i < count; i++) {
			urchin_write_u16(floor->plain + 2, (uint16_t)(floor->seq + i));
			put(floor, design, v, lens[i]);
		}
	}
	floor->seq = (uint16_t)(floor->seq + count);
	return count;
}

static double measure(struct floor *floor, enum bench_floor design, const struct bench_slice *slice)
{
	size_t sent = 0;
	double start_us = cpu_us();

	for (size_t first = 0; sent < PACKETS; first = first < slice->count ? first : 0) {
		size_t count = put_burst(floor, design, slice, first);
		sent += count * floor->plan->viewers;
		first += count;
	}
	if (floor->count > 0)
		send_batch(floor, has_trains(design));
	return (cpu_us() - start_us) / (double)sent;
}

static void sleep_until(struct floor *floor, const struct timespec *start, uint64_t after_us)
{
	uint64_t ns = (uint64_t)start->tv_nsec + after_us * 1000, times;
	struct itimerspec timer = {
	    .it_value = {.tv_sec = start->tv_sec + (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)}};
	struct epoll_event event;

	timerfd_settime(floor->timer_fd, TFD_TIMER_ABSTIME, &timer, NULL);
	if (epoll_wait(floor->epoll_fd, &event, 1, 1000) == 1 && read(floor->timer_fd, &times, sizeof(times)) < 0)
		bench_fail("the floor's timer");
}

static double measure_paced(struct floor *floor, const struct bench_slice *slice)
{
	struct timespec start;
	size_t sent = 0, count;
	double start_us = cpu_us();

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (size_t first = 0; first < slice->count; first += count) {
		uint64_t at_us = slice->steps[first].at_us - slice->start_us;
		if (at_us > PACED_US)
			break;
		sleep_until(floor, &start, at_us);
		count = put_burst(floor, BENCH_FLOOR_PACED, slice, first);
		if (floor->count > 0)
			send_batch(floor, true);
		sent += count * floor->plan->viewers;
	}
	return (cpu_us() - start_us) / (double)sent;
}

static void open_floor(struct floor *floor, const struct bench_plan *plan)
{
	struct epoll_event event = {.events = EPOLLIN};

	floor->plan = plan;
	floor->fd = socket(AF_INET, SOCK_DGRAM, 0);
	floor->timer_fd = timerfd_create(CLOCK_MONOTONIC, 0);
	floor->epoll_fd = epoll_create1(0);
	floor->plain[0] = 0x80;
	floor->plain[1] = BENCH_PAYLOAD_TYPE;
	floor->viewers = calloc(plan->viewers, sizeof(*floor->viewers));
	if (floor->fd < 0 || !floor->viewers || epoll_ctl(floor->epoll_fd, EPOLL_CTL_ADD, floor->timer_fd, &event) < 0)
		bench_fail("the floor");
}

void bench_floors(const struct bench_plan *plan, uint16_t port, uint64_t round, double figures[BENCH_FLOORS])
{
	static struct floor floor;
	const struct bench_slice slice = bench_slice_of(plan, round);

	if (!floor.viewers)
		open_floor(&floor, plan);
	for (size_t i = 0; i < plan->viewers; i++)
		open_viewer(plan, &floor.viewers[i], i, port);
	for (int design = 0; design < BENCH_FLOOR_PACED; design++)
		figures[design] = measure(&floor, (enum bench_floor)design, &slice);
	figures[BENCH_FLOOR_PACED] = measure_paced(&floor, &slice);
	for (size_t i = 0; i < plan->viewers; i++)
		close_viewer(&floor.viewers[i]);
}
