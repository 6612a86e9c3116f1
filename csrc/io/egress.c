/* Trains (UDP_SEGMENT, Linux 4.18) and batches (sendmmsg); where the route refuses trains their datagrams go singly. */
#include "io/egress.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SLOTS 128
#define TRAIN_DATAGRAMS_MAX 64 /* UDP_MAX_SEGMENTS of all kernels that have it */
#define TRAIN_BYTES_MAX 64000  /* an IP packet's length must hold the whole train */

struct slot {
	struct urchin_egress_way *way;
	size_t len;
};

/* A message of sendmmsg: `count` slots from `first` on. */
struct train {
	size_t first;
	size_t count;
};

struct urchin_egress {
	struct urchin_loop *loop;
	struct urchin_loop_task task;
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

struct urchin_egress *urchin_egress_new(struct urchin_loop *loop)
{
	struct urchin_egress *egress = calloc(1, sizeof(*egress));

	if (!egress)
		return NULL;
	egress->loop = loop;
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
	free(egress);
}

uint8_t *urchin_egress_reserve(struct urchin_egress *egress)
{
	if (egress->count == SLOTS)
		urchin_egress_flush(egress);
	return egress->arena[egress->count];
}

void urchin_egress_commit(struct urchin_egress *egress, struct urchin_egress_way *way, size_t len)
{
	egress->slots[egress->count] = (struct slot){.way = way, .len = len};
	egress->vectors[egress->count].iov_len = len;
	egress->count++;
	urchin_loop_post(egress->loop, &egress->task);
}

/* All segments of a train have one length, but the last may be shorter. */
static size_t train_length(const struct urchin_egress *egress, size_t first)
{
	const struct slot *head = &egress->slots[first];
	size_t count = 1, bytes = head->len;

	if (head->way->refuses_trains)
		return 1;
	while (first + count < egress->count && count < TRAIN_DATAGRAMS_MAX) {
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
		way->bytes_sent += is_sent ? egress->slots[train->first + i].len : 0;
	}
}

/* EIO: no checksum offload on the route; EINVAL: no such option, or segments beyond the path's MTU. */
static bool is_train_refused(const struct train *train, int error)
{
	return train->count > 1 && (error == EIO || error == EINVAL || error == EMSGSIZE || error == ENOPROTOOPT);
}

static void send_singly(struct urchin_egress *egress, const struct train *train)
{
	struct urchin_egress_way *way = egress->slots[train->first].way;

	for (size_t i = train->first; i < train->first + train->count; i++) {
		struct train one = {.first = i, .count = 1};
		ssize_t sent = sendto(way->fd, egress->arena[i], egress->slots[i].len, MSG_DONTWAIT | MSG_NOSIGNAL,
				      &way->addr.any, way->addr_len);

		count_train(egress, &one, sent >= 0);
	}
}

/* Sends messages [0, count), all of one socket. What the kernel does not take is lost, as on the network. */
static void send_messages(struct urchin_egress *egress, size_t count)
{
	int fd = egress->slots[egress->trains[0].first].way->fd;
	size_t done = 0;

	while (done < count) {
		int sent = sendmmsg(fd, &egress->messages[done], (unsigned)(count - done), MSG_DONTWAIT | MSG_NOSIGNAL);
		const struct train *failed;

		for (int i = 0; i < sent; i++)
			count_train(egress, &egress->trains[done + (size_t)i], true);
		if (sent > 0)
			done += (size_t)sent;
		if (sent > 0 || (sent < 0 && errno == EINTR))
			continue;
		failed = &egress->trains[done];
		if (sent < 0 && is_train_refused(failed, errno)) {
			egress->slots[failed->first].way->refuses_trains = true;
			send_singly(egress, failed);
		} else {
			count_train(egress, failed, false);
		}
		done++;
	}
}

void urchin_egress_flush(struct urchin_egress *egress)
{
	size_t at = 0, messages = 0;

	urchin_loop_cancel(egress->loop, &egress->task);
	while (at < egress->count) {
		size_t count = train_length(egress, at);

		fill_message(egress, messages++, at, count);
		at += count;
		if (at == egress->count || egress->slots[at].way->fd != egress->slots[at - 1].way->fd) {
			send_messages(egress, messages);
			messages = 0;
		}
	}
	egress->count = 0;
}
