/* A routing socket (rtnetlink(7)): each message of its groups means a change; which one does not matter here. */
#include "io/link_watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/clock.h"

#define QUIET_US 100000u
#define BURST_MAX_US 1000000u
#define READS_PER_EVENT 64

static int open_socket(void)
{
	const struct sockaddr_nl groups = {
	    .nl_family = AF_NETLINK,
	    .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)&groups, sizeof(groups)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void close_socket(struct urchin_link_watch *watch)
{
	urchin_loop_remove_fd(watch->loop, &watch->watch, watch->fd);
	close(watch->fd);
	watch->fd = -1;
}

static void note_change(struct urchin_link_watch *watch)
{
	uint64_t now_us = urchin_clock_us();
	uint64_t due_us = now_us + QUIET_US;

	if (watch->burst_began_us == 0)
		watch->burst_began_us = now_us;
	if (due_us > watch->burst_began_us + BURST_MAX_US)
		due_us = watch->burst_began_us + BURST_MAX_US;
	urchin_loop_set_timer(watch->loop, &watch->timer, due_us);
}

static void on_ready(struct urchin_loop_watch *loop_watch, int fd, uint32_t events)
{
	struct urchin_link_watch *watch = (struct urchin_link_watch *)loop_watch;

	(void)events;
	for (int i = 0; i < READS_PER_EVENT; i++) {
		char bytes[256]; /* what it says is cut off: nobody reads it */
		struct sockaddr_nl from = {0};
		socklen_t from_len = sizeof(from);
		ssize_t len = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &from_len);

		if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		/* The kernel had more to tell than the socket takes: something has changed. */
		if (len < 0 && errno == ENOBUFS) {
			note_change(watch);
			continue;
		}
		if (len < 0 && errno != EINTR) {
			close_socket(watch);
			return;
		}
		/* Others than the kernel (port 0) can send here too. */
		if (len > 0 && from.nl_pid == 0)
			note_change(watch);
	}
}

static void on_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct urchin_link_watch *watch =
	    (struct urchin_link_watch *)((char *)timer - offsetof(struct urchin_link_watch, timer));

	(void)now_us;
	watch->burst_began_us = 0;
	watch->on_change(watch->owner);
}

int urchin_link_watch_init(struct urchin_link_watch *watch, struct urchin_loop *loop, void (*on_change)(void *owner),
			   void *owner)
{
	int err;

	*watch = (struct urchin_link_watch){
	    .watch.on_ready = on_ready,
	    .timer.on_due = on_due,
	    .loop = loop,
	    .on_change = on_change,
	    .owner = owner,
	};
	watch->fd = open_socket();
	if (watch->fd < 0)
		return 0;
	err = urchin_loop_set_fd(loop, &watch->watch, watch->fd, EPOLLIN);
	if (err < 0)
		close_socket(watch);
	return err == URCHIN_ENOMEM ? err : 0;
}

void urchin_link_watch_clear(struct urchin_link_watch *watch)
{
	if (!watch->loop)
		return;
	urchin_loop_remove_timer(watch->loop, &watch->timer);
	if (watch->fd >= 0)
		close_socket(watch);
	watch->loop = NULL;
}

bool urchin_link_watch_is_active(const struct urchin_link_watch *watch)
{
	return watch->loop && watch->fd >= 0;
}
