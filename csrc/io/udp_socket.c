/*
 * Receives in batches, sends one by one; what can't be sent now is lost, as on any network.
 *
 * Sockets forbid fragments: then Linux need not look for an identification for each IPv4 datagram (RFC 6864 4.1), which
 * costs a twentieth of all where there are many peers. Where a path takes only less in one piece, they allow them.
 */
#include "io/udp_socket.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/udp_inbox.h"

/* A turn of the loop belongs to all connections: the rest waits for the next one. */
#define DATAGRAMS_PER_TURN 256
/* A burst of media at a time when the worker is busy; the system may allow less. */
#define RECEIVE_BUFFER (1 << 20)
#define SEND_BUFFER (1 << 20)
/* The same for all connections of a shared port. */
#define SHARED_RECEIVE_BUFFER (8 << 20)
#define SHARED_SEND_BUFFER (4 << 20)

static struct urchin_udp_socket *from_watch(struct urchin_loop_watch *watch)
{
	return (struct urchin_udp_socket *)((char *)watch - offsetof(struct urchin_udp_socket, watch));
}

bool urchin_sockaddr_read(struct urchin_addr *addr, const struct sockaddr *from)
{
	if (from->sa_family == AF_INET) {
		const struct sockaddr_in *ip4 = (const struct sockaddr_in *)(const void *)from;

		*addr = (struct urchin_addr){.family = URCHIN_ADDR_IPV4, .port = ntohs(ip4->sin_port)};
		memcpy(addr->bytes, &ip4->sin_addr, 4);
		return true;
	}
	if (from->sa_family == AF_INET6) {
		const struct sockaddr_in6 *ip6 = (const struct sockaddr_in6 *)(const void *)from;

		*addr = (struct urchin_addr){.family = URCHIN_ADDR_IPV6, .port = ntohs(ip6->sin6_port)};
		memcpy(addr->bytes, &ip6->sin6_addr, 16);
		if (IN6_IS_ADDR_LINKLOCAL(&ip6->sin6_addr))
			addr->scope_id = ip6->sin6_scope_id;
		return true;
	}
	return false;
}

/* By memcpy: the callers read the family as sockaddr_storage's, which is another type to the compiler. */
socklen_t urchin_sockaddr_write(const struct urchin_addr *addr, struct sockaddr_storage *to)
{
	if (addr->family == URCHIN_ADDR_IPV4) {
		struct sockaddr_in ip4 = {.sin_family = AF_INET, .sin_port = htons(addr->port)};

		memcpy(&ip4.sin_addr, addr->bytes, 4);
		memcpy(to, &ip4, sizeof(ip4));
		return sizeof(ip4);
	}
	if (addr->family == URCHIN_ADDR_IPV6) {
		struct sockaddr_in6 ip6 = {
		    .sin6_family = AF_INET6, .sin6_port = htons(addr->port), .sin6_scope_id = addr->scope_id};

		memcpy(&ip6.sin6_addr, addr->bytes, 16);
		memcpy(to, &ip6, sizeof(ip6));
		return sizeof(ip6);
	}
	return 0;
}

/* Returns how many datagrams there were. */
static size_t take_message(struct urchin_udp_socket *udp, const struct urchin_udp_message *message, uint64_t now_us)
{
	struct urchin_addr from;
	size_t count = 0;

	if (!urchin_sockaddr_read(&from, message->from))
		return 0;
	for (size_t at = 0; at < message->len && udp->fd >= 0; at += message->segment_len) {
		size_t rest = message->len - at;
		size_t len = rest < message->segment_len ? rest : message->segment_len;

		count++;
		udp->counters.packets_received++;
		udp->counters.bytes_received += len;
		udp->on_packet(udp->owner, udp, &from, message->bytes + at, len, now_us);
	}
	return count;
}

static void on_ready(struct urchin_loop_watch *watch, int fd, uint32_t events)
{
	struct urchin_udp_socket *udp = from_watch(watch);
	struct urchin_udp_inbox *inbox = udp->loop->inbox;
	size_t datagrams = 0, count = URCHIN_UDP_INBOX_MAX;

	(void)fd, (void)events;
	while (udp->fd >= 0 && count == URCHIN_UDP_INBOX_MAX && datagrams < DATAGRAMS_PER_TURN) {
		uint64_t now_us;

		count = urchin_udp_inbox_read(inbox, udp->fd);
		now_us = urchin_clock_us();
		for (size_t i = 0; i < count && udp->fd >= 0; i++) {
			struct urchin_udp_message message = urchin_udp_inbox_get(inbox, i);

			datagrams += take_message(udp, &message, now_us);
		}
	}
	udp->loop->is_behind |= count == URCHIN_UDP_INBOX_MAX;
}

/* The datagram's payload begins at offset 0. Socket 0 of the group is the one that was bound first: the other one. */
static int sort_packets(int fd, uint32_t tag)
{
	struct sock_filter steps[] = {
	    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
	    /* 0..19: STUN (and ZRTP) */
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 20, 5, 0),
	    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
	    /* Binding success and error; a load beyond the end gives socket 0 too. */
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0101, 1, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0111, 0, 5),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 8),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, tag, 2, 3),
	    /* 64..79: a TURN server's channel data */
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 80, 1, 0),
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 64, 1, 0),
	    BPF_STMT(BPF_RET | BPF_K, 1),
	    BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {sizeof(steps) / sizeof(steps[0]), steps};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program));
}

static int make(struct urchin_udp_socket *udp, struct urchin_loop *loop, int family, bool is_shared)
{
	int on = 1, discover = IP_PMTUDISC_DO;

	*udp = (struct urchin_udp_socket){.loop = loop, .watch.on_ready = on_ready};
	if (!loop->inbox)
		loop->inbox = urchin_udp_inbox_new();
	udp->fd = loop->inbox ? socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
	if (udp->fd < 0)
		return URCHIN_ESYSTEM;
	if (family == AF_INET6 && setsockopt(udp->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		return URCHIN_ESYSTEM;
	if (is_shared && setsockopt(udp->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)))
		return URCHIN_ESYSTEM;
	if (family == AF_INET)
		setsockopt(udp->fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof(discover));
	/* Linux 5.0; without it every datagram comes alone. */
	setsockopt(udp->fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
	return 0;
}

/* As much as the system allows; with CAP_NET_ADMIN beyond that. */
static void set_buffers(const struct urchin_udp_socket *udp, int receive_size, int send_size)
{
	setsockopt(udp->fd, SOL_SOCKET, SO_RCVBUF, &receive_size, sizeof(receive_size));
	setsockopt(udp->fd, SOL_SOCKET, SO_SNDBUF, &send_size, sizeof(send_size));
	setsockopt(udp->fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_size, sizeof(receive_size));
	setsockopt(udp->fd, SOL_SOCKET, SO_SNDBUFFORCE, &send_size, sizeof(send_size));
}

/* libnice ties its sockets to the interface of their address; packets of ours must leave the same way. */
static void copy_interface(int from, int to, int family)
{
	int level = family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int option = family == AF_INET6 ? IPV6_UNICAST_IF : IP_UNICAST_IF;
	int index = 0;
	socklen_t len = sizeof(index);

	if (getsockopt(from, level, option, &index, &len) == 0 && index != 0)
		setsockopt(to, level, option, &index, sizeof(index));
}

static int bind_to(struct urchin_udp_socket *udp, const struct sockaddr_storage *storage, socklen_t len)
{
	struct sockaddr_storage bound = {0};
	socklen_t bound_len = sizeof(bound);

	if (bind(udp->fd, (const struct sockaddr *)storage, len))
		return errno == EADDRINUSE ? URCHIN_EEXIST : URCHIN_ESYSTEM;
	if (getsockname(udp->fd, (struct sockaddr *)&bound, &bound_len) ||
	    !urchin_sockaddr_read(&udp->addr, (struct sockaddr *)&bound))
		return URCHIN_ESYSTEM;
	return urchin_loop_set_fd(udp->loop, &udp->watch, udp->fd, EPOLLIN) ? URCHIN_ESYSTEM : 0;
}

int urchin_udp_socket_open(struct urchin_udp_socket *udp, struct urchin_loop *loop, const struct urchin_addr *addr)
{
	struct sockaddr_storage storage = {0};
	socklen_t len = urchin_sockaddr_write(addr, &storage);
	int err = make(udp, loop, storage.ss_family, false);

	if (!err)
		err = bind_to(udp, &storage, len);
	if (!err) {
		set_buffers(udp, RECEIVE_BUFFER, SEND_BUFFER);
		return 0;
	}
	urchin_udp_socket_close(udp);
	return err;
}

/*
 * SO_REUSEPORT would let another program of the same user share the port, and the kernel would scatter packets over
 * both: so the first one looks, by a socket that does not share.
 */
int urchin_udp_socket_open_shared(struct urchin_udp_socket *udp, struct urchin_loop *loop,
				  const struct urchin_addr *addr, bool joins)
{
	struct sockaddr_storage storage = {0};
	socklen_t len = urchin_sockaddr_write(addr, &storage);
	int err = joins ? 0 : urchin_udp_socket_open(udp, loop, addr);

	if (err)
		return err;
	if (!joins)
		urchin_udp_socket_close(udp);
	err = make(udp, loop, storage.ss_family, true);
	if (!err)
		err = bind_to(udp, &storage, len);
	if (!err) {
		set_buffers(udp, SHARED_RECEIVE_BUFFER, SHARED_SEND_BUFFER);
		return 0;
	}
	urchin_udp_socket_close(udp);
	return err;
}

int urchin_udp_socket_open_beside(struct urchin_udp_socket *udp, struct urchin_loop *loop, int fd, uint32_t tag)
{
	struct sockaddr_storage storage = {0};
	socklen_t len = sizeof(storage);
	int on = 1;
	int off = 0;
	int err;

	udp->fd = -1;
	if (getsockname(fd, (struct sockaddr *)&storage, &len) ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)))
		return URCHIN_ESYSTEM;
	err = make(udp, loop, storage.ss_family, true);
	if (!err) {
		copy_interface(fd, udp->fd, storage.ss_family);
		err = bind_to(udp, &storage, len);
	}
	if (!err && sort_packets(udp->fd, tag))
		err = URCHIN_ESYSTEM;
	if (!err) {
		set_buffers(udp, RECEIVE_BUFFER, SEND_BUFFER);
		return 0;
	}
	urchin_udp_socket_close(udp);
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &off, sizeof(off));
	return err;
}

void urchin_udp_socket_close(struct urchin_udp_socket *udp)
{
	if (udp->fd < 0)
		return;
	urchin_loop_remove_fd(udp->loop, &udp->watch, udp->fd);
	close(udp->fd);
	udp->fd = -1;
}

/* Returns whether it was forbidden so far. */
static bool allow_fragments(int fd)
{
	int discover = 0;
	socklen_t len = sizeof(discover);

	if (getsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover, &len) || discover != IP_PMTUDISC_DO)
		return false;
	discover = IP_PMTUDISC_WANT;
	return setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof(discover)) == 0;
}

bool urchin_udp_may_pass(int fd, int error)
{
	switch (error) {
	case EMSGSIZE:
		return allow_fragments(fd);
	case EINTR:
	/* ICMP errors of earlier datagrams, to whomever, are told to the next one that is sent and lose it. */
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EPROTO:
	case EACCES:
		return true;
	default:
		return false;
	}
}

int urchin_udp_socket_send(struct urchin_udp_socket *udp, const struct urchin_addr *to, const uint8_t *bytes,
			   size_t len)
{
	struct sockaddr_storage storage;
	socklen_t storage_len = urchin_sockaddr_write(to, &storage);
	ssize_t sent = -1;

	for (int i = 0; i < 2 && sent < 0; i++) {
		sent =
		    sendto(udp->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&storage, storage_len);
		if (sent < 0 && !urchin_udp_may_pass(udp->fd, errno))
			break;
	}
	if (sent >= 0) {
		udp->counters.packets_sent++;
		udp->counters.bytes_sent += len;
		return 0;
	}
	if (errno == EAGAIN || errno == ENOBUFS) {
		udp->counters.send_full++;
		return URCHIN_EFULL;
	}
	udp->counters.send_failed++;
	return URCHIN_ESYSTEM;
}
