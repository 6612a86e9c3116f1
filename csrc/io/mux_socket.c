/* Reads until the socket is empty, but not longer than the others can wait. */
#include "io/mux_socket.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/udp_socket.h"

#define BATCH 64
#define BATCHES_PER_TURN 4
/* The longest train that UDP_GRO makes; between the buffers a gap, or their starts would compete for the cache. */
#define TRAIN_CAP 65536
#define STRIDE (TRAIN_CAP + 320)
/* A burst for all connections at a time when the worker is busy; the system may allow less. */
#define RECEIVE_BUFFER (8 << 20)
#define SEND_BUFFER (4 << 20)

struct urchin_mux_inbox {
	struct sockaddr_storage from[BATCH];
	struct iovec vectors[BATCH];
	struct mmsghdr messages[BATCH];
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} controls[BATCH];
	uint8_t bytes[BATCH][STRIDE]; /* hardly touched beyond the first two kilobytes of each */
};

struct urchin_mux_inbox *urchin_mux_inbox_new(void)
{
	struct urchin_mux_inbox *inbox = calloc(1, sizeof(*inbox));

	if (!inbox)
		return NULL;
	for (size_t i = 0; i < BATCH; i++)
		inbox->vectors[i] = (struct iovec){.iov_base = inbox->bytes[i], .iov_len = TRAIN_CAP};
	return inbox;
}

void urchin_mux_inbox_free(struct urchin_mux_inbox *inbox)
{
	free(inbox);
}

/* The length of each datagram of a train, but the last; that of the whole when it is a single one. */
static size_t segment_length(struct msghdr *header, size_t len)
{
	for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
		int segment = 0;

		if (control->cmsg_level != SOL_UDP || control->cmsg_type != UDP_GRO)
			continue;
		memcpy(&segment, CMSG_DATA(control), sizeof(segment));
		if (segment > 0)
			return (size_t)segment;
	}
	return len;
}

static void take_message(struct urchin_mux_socket *socket, size_t index, uint64_t now_us)
{
	struct urchin_mux_inbox *inbox = socket->inbox;
	struct msghdr *header = &inbox->messages[index].msg_hdr;
	size_t len = inbox->messages[index].msg_len;
	size_t segment = segment_length(header, len);
	struct urchin_addr from;

	if (!urchin_sockaddr_read(&from, (struct sockaddr *)&inbox->from[index]))
		return;
	for (size_t at = 0; at < len; at += segment) {
		size_t rest = len - at;

		socket->datagrams_received++;
		socket->on_datagram(socket->owner, socket, &from, inbox->bytes[index] + at,
				    rest < segment ? rest : segment, now_us);
	}
	socket->bytes_received += len;
}

/* Returns how many messages there were. */
static int receive_batch(struct urchin_mux_socket *socket)
{
	struct urchin_mux_inbox *inbox = socket->inbox;
	uint64_t now_us;
	int count;

	for (size_t i = 0; i < BATCH; i++)
		inbox->messages[i].msg_hdr = (struct msghdr){
		    .msg_name = &inbox->from[i],
		    .msg_namelen = sizeof(inbox->from[i]),
		    .msg_iov = &inbox->vectors[i],
		    .msg_iovlen = 1,
		    .msg_control = inbox->controls[i].bytes,
		    .msg_controllen = sizeof(inbox->controls[i].bytes),
		};
	count = recvmmsg(socket->fd, inbox->messages, BATCH, MSG_DONTWAIT, NULL);
	now_us = urchin_clock_us();
	for (int i = 0; i < count; i++)
		take_message(socket, (size_t)i, now_us);
	return count;
}

static void on_ready(struct urchin_loop_watch *watch, int fd, uint32_t events)
{
	struct urchin_mux_socket *socket =
	    (struct urchin_mux_socket *)(void *)((char *)watch - offsetof(struct urchin_mux_socket, watch));

	(void)fd, (void)events;
	for (int i = 0; i < BATCHES_PER_TURN; i++)
		if (receive_batch(socket) < BATCH)
			return;
}

static int make(const struct urchin_addr *addr, bool is_shared)
{
	struct sockaddr_storage storage = {0};
	socklen_t len = urchin_sockaddr_write(addr, &storage);
	int on = 1;
	int fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if ((storage.ss_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on))) ||
	    (is_shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on))) ||
	    bind(fd, (struct sockaddr *)&storage, len)) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/*
 * SO_REUSEPORT would let another program of the same user share the port, and the kernel would scatter packets over
 * both: so the first one looks, by a socket that does not share.
 */
static int open_shared(const struct urchin_addr *addr, bool joins)
{
	int probe = joins ? -1 : make(addr, false);

	if (!joins && probe < 0)
		return -1;
	if (probe >= 0)
		close(probe);
	return make(addr, true);
}

int urchin_mux_socket_open(struct urchin_mux_socket *socket, bool joins)
{
	int receive_size = RECEIVE_BUFFER;
	int send_size = SEND_BUFFER;
	int on = 1;

	socket->watch.on_ready = on_ready;
	socket->fd = open_shared(&socket->addr, joins);
	if (socket->fd < 0)
		return errno == EADDRINUSE ? URCHIN_EEXIST : URCHIN_ESYSTEM;
	setsockopt(socket->fd, SOL_SOCKET, SO_RCVBUF, &receive_size, sizeof(receive_size));
	setsockopt(socket->fd, SOL_SOCKET, SO_SNDBUF, &send_size, sizeof(send_size));
	/* With CAP_NET_ADMIN beyond the system's limit. */
	setsockopt(socket->fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_size, sizeof(receive_size));
	setsockopt(socket->fd, SOL_SOCKET, SO_SNDBUFFORCE, &send_size, sizeof(send_size));
	/* Linux 5.0; without it every datagram comes alone. */
	setsockopt(socket->fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
	if (urchin_loop_set_fd(socket->loop, &socket->watch, socket->fd, EPOLLIN) == 0)
		return 0;
	urchin_mux_socket_close(socket);
	return URCHIN_ESYSTEM;
}

void urchin_mux_socket_close(struct urchin_mux_socket *socket)
{
	if (socket->fd < 0)
		return;
	urchin_loop_remove_fd(socket->loop, &socket->watch, socket->fd);
	close(socket->fd);
	socket->fd = -1;
}

int urchin_mux_socket_send(struct urchin_mux_socket *socket, const struct urchin_addr *to, const uint8_t *bytes,
			   size_t len)
{
	struct sockaddr_storage storage;
	socklen_t storage_len = urchin_sockaddr_write(to, &storage);
	ssize_t sent =
	    sendto(socket->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&storage, storage_len);

	return sent >= 0 ? 0 : URCHIN_ESYSTEM;
}
