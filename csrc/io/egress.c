/* Trains (UDP_SEGMENT, Linux 4.18) and batches (sendmmsg); where the route refuses trains their datagrams go singly. */
#include "io/egress.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "io/backlog.h"
#include "io/clock.h"
#include "io/udp_socket.h"

#define SLOTS 128
#define TRAIN_DATAGRAMS_MAX 64 /* UDP_MAX_SEGMENTS of all kernels that have it */
#define MOVED_MAX 16           /* slots */
#define TRAIN_BYTES_MAX 64000  /* an IP packet's length must hold the whole train */
#define RETRY_US 2000

struct slot {
	struct urchin_egress_way *way;
	uint32_t len;
	bool is_video;
};

/* A message of sendmmsg: `count` slots from `first` on. */
struct train {
	size_t first;
	size_t count;
};

struct urchin_egress {
	struct urchin_loop *loop;
	struct urchin_loop_task task;
	struct urchin_loop_timer timer; /* runs while the backlog is not empty */
	struct urchin_backlog *backlog;
	size_t count;
	struct slot slots[SLOTS];
	struct iovec vectors[SLOTS];
	struct mmsghdr messages[SLOTS];
	struct train trains[SLOTS];
	union {
		char bytes[CMSG_SPACE(sizeof(uint16_t))];
		struct cmsghdr align;
	} controls[SLOTS];
	uint8_t arena[SLOTS][URCHIN_ICE_DATAGRAM_CAP];
};

static void on_task(struct urchin_loop_task *task)
{
	urchin_egress_flush((struct urchin_egress *)(void *)((char *)task - offsetof(struct urchin_egress, task)));
}

static void run_timer(struct urchin_egress *egress, uint64_t now_us)
{
	if (urchin_backlog_count(egress->backlog) > 0 && egress->timer.entry.position == 0)
		urchin_loop_set_timer(egress->loop, &egress->timer, now_us + RETRY_US);
}

static void on_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct urchin_egress *egress =
	    (struct urchin_egress *)(void *)((char *)timer - offsetof(struct urchin_egress, timer));

	urchin_backlog_retry(egress->backlog, now_us);
	run_timer(egress, now_us);
}

static bool is_full(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM;
}

/* Returns 0 or an errno. */
static int send_one(const struct urchin_egress_way *way, const uint8_t *bytes, size_t len)
{
	ssize_t sent = -1;

	for (int i = 0; i < 2 && sent < 0; i++) {
		sent = sendto(way->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL, way->addr_len ? &way->addr.any : NULL,
			      way->addr_len);
		if (sent < 0 && !urchin_udp_may_pass(way->fd, errno))
			break;
	}
	return sent < 0 ? errno : 0;
}

static int on_retry(void *owner, const struct urchin_egress_way *way, const uint8_t *bytes, size_t len)
{
	int error = send_one(way, bytes, len);

	(void)owner;
	if (error == 0)
		return 0;
	return is_full(error) ? URCHIN_EFULL : URCHIN_ESYSTEM;
}

struct urchin_egress *urchin_egress_new(struct urchin_loop *loop)
{
	struct urchin_egress *egress = calloc(1, sizeof(*egress));

	if (!egress)
		return NULL;
	egress->backlog = urchin_backlog_new(on_retry, egress);
	if (!egress->backlog) {
		free(egress);
		return NULL;
	}
	egress->loop = loop;
	egress->timer.on_due = on_due;
	egress->task.run = on_task;
	for (size_t i = 0; i < SLOTS; i++)
		egress->vectors[i].iov_base = egress->arena[i];
	return egress;
}

void urchin_egress_free(struct urchin_egress *egress)
{
	if (!egress)
		return;
	urchin_loop_cancel(egress->loop, &egress->task);
	urchin_loop_remove_timer(egress->loop, &egress->timer);
	urchin_backlog_free(egress->backlog);
	free(egress);
}

void urchin_egress_commit(struct urchin_egress *egress, struct urchin_egress_way *way, size_t len, bool is_video)
{
	egress->slots[egress->count] = (struct slot){.way = way, .len = (uint32_t)len, .is_video = is_video};
	egress->vectors[egress->count].iov_len = len;
	egress->count++;
	urchin_loop_post(egress->loop, &egress->task);
}

/* All segments of a train have one length, but the last may be shorter. */
static size_t train_length(const struct urchin_egress *egress, size_t first, size_t end)
{
	const struct slot *head = &egress->slots[first];
	size_t count = 1, bytes = head->len;

	if (head->way->refuses_trains)
		return 1;
	while (first + count < end && count < TRAIN_DATAGRAMS_MAX) {
		const struct slot *next = &egress->slots[first + count];

		if (next->way != head->way || next->len > head->len || bytes + next->len > TRAIN_BYTES_MAX)
			break;
		bytes += next->len;
		count++;
		if (next->len < head->len)
			break;
	}
	return count;
}

static void fill_message(struct urchin_egress *egress, size_t index, size_t first, size_t count)
{
	struct urchin_egress_way *way = egress->slots[first].way;
	struct msghdr *header = &egress->messages[index].msg_hdr;

	egress->trains[index] = (struct train){.first = first, .count = count};
	*header = (struct msghdr){
	    .msg_name = &way->addr,
	    .msg_namelen = way->addr_len,
	    .msg_iov = &egress->vectors[first],
	    .msg_iovlen = count,
	};
	if (count > 1) {
		struct cmsghdr *control;
		uint16_t segment_len = (uint16_t)egress->slots[first].len;

		header->msg_control = egress->controls[index].bytes;
		header->msg_controllen = sizeof(egress->controls[index].bytes);
		control = CMSG_FIRSTHDR(header);
		control->cmsg_level = SOL_UDP;
		control->cmsg_type = UDP_SEGMENT;
		control->cmsg_len = CMSG_LEN(sizeof(segment_len));
		memcpy(CMSG_DATA(control), &segment_len, sizeof(segment_len));
	}
}

static void count_train(const struct urchin_egress *egress, const struct train *train, bool is_sent)
{
	struct urchin_egress_way *way = egress->slots[train->first].way;

	for (size_t i = 0; i < train->count; i++) {
		way->datagrams_sent += is_sent;
		way->datagrams_dropped += !is_sent;
		way->datagrams_refused += !is_sent;
		way->bytes_sent += is_sent ? egress->slots[train->first + i].len : 0;
	}
}

/* EIO: no checksum offload on the route; EINVAL: no such option, or segments beyond the path's MTU. */
static bool is_train_refused(const struct train *train, int error)
{
	return train->count > 1 && (error == EIO || error == EINVAL || error == EMSGSIZE || error == ENOPROTOOPT);
}

/* The slots [first, end) wait for their socket. */
static void put_aside(struct urchin_egress *egress, size_t first, size_t end)
{
	uint64_t now_us = urchin_clock_us();

	for (size_t i = first; i < end; i++) {
		const struct slot *slot = &egress->slots[i];

		urchin_backlog_put(egress->backlog, slot->way, egress->arena[i], slot->len, slot->is_video, now_us);
	}
	run_timer(egress, now_us);
}

/* Returns the first slot of the train that found no room, or the one after it. */
static size_t send_singly(struct urchin_egress *egress, const struct train *train)
{
	struct urchin_egress_way *way = egress->slots[train->first].way;
	size_t end = train->first + train->count;

	for (size_t i = train->first; i < end; i++) {
		struct train one = {.first = i, .count = 1};
		int error = send_one(way, egress->arena[i], egress->slots[i].len);

		if (is_full(error))
			return i;
		count_train(egress, &one, error == 0);
	}
	return end;
}

/*
 * Deals with a train that failed. Returns how many of the slots [train->first, ...) are done with; fewer than the train
 * has: the socket is full.
 */
static size_t handle_failed(struct urchin_egress *egress, const struct train *train, int error)
{
	if (is_full(error))
		return 0;
	if (is_train_refused(train, error)) {
		egress->slots[train->first].way->refuses_trains = true;
		return send_singly(egress, train) - train->first;
	}
	count_train(egress, train, false);
	return train->count;
}

/* Sends messages [0, count), all of one socket. */
static void send_messages(struct urchin_egress *egress, size_t count)
{
	int fd = egress->slots[egress->trains[0].first].way->fd;
	size_t done = 0, retried = SIZE_MAX;

	while (done < count) {
		int sent = sendmmsg(fd, &egress->messages[done], (unsigned)(count - done), MSG_DONTWAIT | MSG_NOSIGNAL);
		const struct train *failed = &egress->trains[done];
		size_t handled;

		for (int i = 0; i < sent; i++)
			count_train(egress, &egress->trains[done + (size_t)i], true);
		if (sent > 0)
			done += (size_t)sent;
		if (sent > 0 || errno == EINTR)
			continue;
		if (retried != done && urchin_udp_may_pass(fd, errno)) {
			retried = done;
			continue;
		}
		handled = handle_failed(egress, failed, errno);
		if (handled < failed->count) {
			const struct train *last = &egress->trains[count - 1];

			put_aside(egress, failed->first + handled, last->first + last->count);
			return;
		}
		done++;
	}
}

/* Sends the slots [first, end), all of one socket, of which messages were made; those behind others wait. */
static void send_run(struct urchin_egress *egress, size_t messages, size_t first, size_t end)
{
	if (urchin_backlog_is_stuck(egress->backlog, egress->slots[first].way->fd))
		put_aside(egress, first, end);
	else
		send_messages(egress, messages);
}

static void send_slots(struct urchin_egress *egress, size_t end)
{
	size_t at = 0, first = 0, messages = 0;

	while (at < end) {
		size_t count = train_length(egress, at, end);

		fill_message(egress, messages++, at, count);
		at += count;
		if (at == end || egress->slots[at].way->fd != egress->slots[at - 1].way->fd) {
			send_run(egress, messages, first, at);
			messages = 0;
			first = at;
		}
	}
}

void urchin_egress_flush(struct urchin_egress *egress)
{
	urchin_loop_cancel(egress->loop, &egress->task);
	send_slots(egress, egress->count);
	egress->count = 0;
}

/* The last viewer's train may still grow, and two halves of it cost more than moving it: it stays. */
static void make_room(struct urchin_egress *egress)
{
	const struct urchin_egress_way *way = egress->slots[SLOTS - 1].way;
	size_t end = SLOTS;

	while (end > SLOTS - MOVED_MAX && egress->slots[end - 1].way == way)
		end--;
	if (end == SLOTS - MOVED_MAX)
		end = SLOTS;
	send_slots(egress, end);
	egress->count = SLOTS - end;
	for (size_t i = 0; i < egress->count; i++) {
		egress->slots[i] = egress->slots[end + i];
		egress->vectors[i].iov_len = egress->slots[i].len;
		memcpy(egress->arena[i], egress->arena[end + i], egress->slots[i].len);
	}
}

uint8_t *urchin_egress_reserve(struct urchin_egress *egress)
{
	if (egress->count == SLOTS)
		make_room(egress);
	return egress->arena[egress->count];
}

void urchin_egress_release(struct urchin_egress *egress, struct urchin_egress_way *way)
{
	urchin_egress_flush(egress);
	urchin_backlog_forget(egress->backlog, way);
}

void urchin_egress_keep(struct urchin_egress *egress, struct urchin_egress_way *way, const uint8_t *bytes, size_t len)
{
	uint64_t now_us = urchin_clock_us();

	urchin_backlog_put(egress->backlog, way, bytes, len, false, now_us);
	run_timer(egress, now_us);
}
