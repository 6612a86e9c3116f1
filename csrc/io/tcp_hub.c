/* Connections end at once for everybody, but their memory goes at the end of the turn: their own reading may be the
 * end. */
#include "io/tcp_hub.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/heap.h"
#include "base/table.h"
#include "io/clock.h"
#include "io/tcp_frame.h"
#include "io/tcp_listener.h"
#include "io/udp_socket.h"

#define LINKS_MAX 1024
#define UNPROVEN_MAX 64
#define PROVE_TIMEOUT_US UINT64_C(10000000)
#define SWEEP_US UINT64_C(1000000)
#define ACCEPTS_PER_TURN 32
#define READ_CAP 32768
#define READS_PER_TURN 4
/* Media waits for at most a fraction of a second; what else is sent is little and must arrive. */
#define MEDIA_QUEUE_MAX 65536
#define QUEUE_MAX 262144

struct tcp_link {
	struct urchin_tcp_hub *hub;
	struct urchin_loop_watch watch;
	struct urchin_ice_way way;
	uint32_t base;
	int fd; /* -1: ended, about to be freed */
	bool is_proven;
	bool waits_to_write;
	uint64_t accepted_us;
	uint64_t now_us; /* of the frames being read */
	struct tcp_link *next;
	struct tcp_link *previous;
	struct urchin_tcp_queue queue;
	struct urchin_tcp_reader reader;
};

struct listener {
	struct urchin_tcp_hub *hub;
	struct urchin_loop_watch watch;
	int fd;
	uint32_t base;
	bool is_paused; /* descriptors are used up */
	struct listener *next;
};

struct urchin_tcp_hub {
	struct urchin_loop *loop;
	struct urchin_tcp_hub_callbacks callbacks;
	void *owner;
	struct urchin_table links;
	struct tcp_link *oldest; /* in the order they were accepted */
	struct tcp_link *newest;
	struct tcp_link *ended;
	struct listener *listeners;
	size_t unproven;
	uint32_t next_link;
	struct urchin_loop_timer sweep_timer;
	struct urchin_loop_task reap_task;
	struct urchin_tcp_hub_stats stats;
	uint8_t read_buffer[READ_CAP];
};

static void reap(struct urchin_tcp_hub *hub)
{
	while (hub->ended) {
		struct tcp_link *link = hub->ended;

		hub->ended = link->next;
		urchin_tcp_queue_clear(&link->queue);
		free(link);
	}
}

static void on_reap_task(struct urchin_loop_task *task)
{
	reap((struct urchin_tcp_hub *)(void *)((char *)task - offsetof(struct urchin_tcp_hub, reap_task)));
}

/* Returns its descriptor. */
static int forget_link(struct tcp_link *link)
{
	struct urchin_tcp_hub *hub = link->hub;
	int fd = link->fd;

	if (fd < 0)
		return fd;
	urchin_loop_remove_fd(hub->loop, &link->watch, fd);
	link->fd = -1;
	urchin_table_remove(&hub->links, link->way.link);
	hub->stats.count--;
	hub->unproven -= !link->is_proven;
	if (link->previous)
		link->previous->next = link->next;
	else
		hub->oldest = link->next;
	if (link->next)
		link->next->previous = link->previous;
	else
		hub->newest = link->previous;
	link->next = hub->ended;
	hub->ended = link;
	urchin_loop_post(hub->loop, &hub->reap_task);
	return fd;
}

static void end_link(struct tcp_link *link)
{
	int fd = forget_link(link);

	if (fd >= 0)
		close(fd);
}

static void lose_link(struct tcp_link *link, uint64_t now_us)
{
	struct urchin_tcp_hub *hub = link->hub;

	end_link(link);
	hub->callbacks.on_end(hub->owner, &link->way, now_us);
}

/* --- reading and writing --- */

static bool on_frame(void *owner, uint8_t *bytes, size_t len)
{
	struct tcp_link *link = owner;

	link->hub->callbacks.on_frame(link->hub->owner, &link->way, bytes, len, link->now_us);
	return link->fd >= 0;
}

/*
 * Returns whether there may be more to read. Until it is proven a connection is read frame by frame: it may be another
 * worker's.
 */
static bool read_once(struct tcp_link *link)
{
	struct urchin_tcp_hub *hub = link->hub;
	size_t cap = link->is_proven ? READ_CAP : urchin_tcp_reader_missing(&link->reader);
	ssize_t len = recv(link->fd, hub->read_buffer, cap, MSG_DONTWAIT);

	link->now_us = urchin_clock_us();
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (len <= 0 || urchin_tcp_reader_feed(&link->reader, hub->read_buffer, (size_t)len, on_frame, link)) {
		if (link->fd >= 0)
			lose_link(link, link->now_us);
		return false;
	}
	return link->fd >= 0 && len == (ssize_t)cap;
}

static void watch_link(struct tcp_link *link, bool waits_to_write)
{
	if (link->waits_to_write == waits_to_write)
		return;
	link->waits_to_write = waits_to_write;
	urchin_loop_set_fd(link->hub->loop, &link->watch, link->fd, waits_to_write ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void write_queue(struct tcp_link *link)
{
	ssize_t sent =
	    send(link->fd, link->queue.bytes + link->queue.start, link->queue.len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent > 0)
		urchin_tcp_queue_remove(&link->queue, (size_t)sent);
	/* Errors show when reading. */
	if (link->queue.len == 0)
		watch_link(link, false);
}

static void on_link_ready(struct urchin_loop_watch *watch, int fd, uint32_t events)
{
	struct tcp_link *link = (struct tcp_link *)(void *)((char *)watch - offsetof(struct tcp_link, watch));

	(void)fd;
	if ((events & EPOLLOUT) && link->queue.len > 0)
		write_queue(link);
	for (int i = 0; i < READS_PER_TURN; i++)
		if (!read_once(link))
			return;
}

static struct tcp_link *find(const struct urchin_tcp_hub *hub, uint32_t link)
{
	return urchin_table_find(&hub->links, link);
}

static int queue_frame(struct tcp_link *link, const uint8_t header[URCHIN_TCP_HEADER_LEN], const uint8_t *bytes,
		       size_t len, size_t sent)
{
	size_t header_left = sent < URCHIN_TCP_HEADER_LEN ? URCHIN_TCP_HEADER_LEN - sent : 0;
	size_t skip = sent > URCHIN_TCP_HEADER_LEN ? sent - URCHIN_TCP_HEADER_LEN : 0;

	if (urchin_tcp_queue_add(&link->queue, header + URCHIN_TCP_HEADER_LEN - header_left, header_left) ||
	    urchin_tcp_queue_add(&link->queue, bytes + skip, len - skip)) {
		/* Half a frame: the stream can't be mended. The reading side tells the end. */
		shutdown(link->fd, SHUT_RDWR);
		return URCHIN_ESYSTEM;
	}
	watch_link(link, true);
	return 0;
}

int urchin_tcp_hub_send(struct urchin_tcp_hub *hub, uint32_t name, const uint8_t *bytes, size_t len, bool is_media)
{
	struct tcp_link *link = find(hub, name);
	uint8_t header[URCHIN_TCP_HEADER_LEN];
	struct iovec vectors[2] = {{.iov_base = header, .iov_len = sizeof(header)},
				   {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len}};
	struct msghdr message = {.msg_iov = vectors, .msg_iovlen = 2};
	ssize_t sent = 0;

	if (!link || len == 0 || len > UINT16_MAX)
		return URCHIN_ESYSTEM;
	if (link->queue.len + len > (is_media ? MEDIA_QUEUE_MAX : QUEUE_MAX))
		return URCHIN_ESYSTEM;
	urchin_write_u16(header, (uint16_t)len);
	if (link->queue.len == 0)
		sent = sendmsg(link->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return URCHIN_ESYSTEM;
	if (sent == (ssize_t)(len + sizeof(header)))
		return 0;
	return queue_frame(link, header, bytes, len, sent > 0 ? (size_t)sent : 0);
}

/* --- accepting --- */

static void push_out_oldest(struct urchin_tcp_hub *hub)
{
	struct tcp_link *link = hub->oldest;

	while (link && link->is_proven)
		link = link->next;
	if (!link)
		return;
	hub->stats.refused++;
	end_link(link);
}

static void append(struct urchin_tcp_hub *hub, struct tcp_link *link)
{
	link->previous = hub->newest;
	if (hub->newest)
		hub->newest->next = link;
	else
		hub->oldest = link;
	hub->newest = link;
	hub->unproven++;
	hub->stats.count++;
}

/* Takes over fd, whatever happens. Returns NULL when it was closed. */
static struct tcp_link *add_link(struct urchin_tcp_hub *hub, uint32_t base, int fd, const struct urchin_addr *from)
{
	struct tcp_link *link = NULL;
	int on = 1;

	if (hub->unproven >= UNPROVEN_MAX)
		push_out_oldest(hub);
	if (hub->stats.count < LINKS_MAX)
		link = calloc(1, sizeof(*link));
	if (!link) {
		hub->stats.refused++;
		close(fd);
		return NULL;
	}
	link->hub = hub;
	link->fd = fd;
	link->base = base;
	link->watch.on_ready = on_link_ready;
	link->way = (struct urchin_ice_way){.link = hub->next_link, .remote = *from};
	link->accepted_us = urchin_clock_us();
	hub->next_link = hub->next_link == UINT32_MAX ? URCHIN_TCP_LINK_FIRST : hub->next_link + 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (urchin_table_add(&hub->links, link->way.link, link) ||
	    urchin_loop_set_fd(hub->loop, &link->watch, fd, EPOLLIN)) {
		urchin_table_remove(&hub->links, link->way.link);
		close(fd);
		free(link);
		return NULL;
	}
	append(hub, link);
	if (hub->sweep_timer.entry.position == 0)
		urchin_loop_set_timer(hub->loop, &hub->sweep_timer, link->accepted_us + SWEEP_US);
	return link;
}

/* One of the workers that wait is enough. */
static int watch_listener(struct listener *listener)
{
	return urchin_loop_set_fd(listener->hub->loop, &listener->watch, listener->fd, EPOLLIN | EPOLLEXCLUSIVE);
}

static void on_listener_ready(struct urchin_loop_watch *watch, int fd, uint32_t events)
{
	struct listener *listener = (struct listener *)(void *)((char *)watch - offsetof(struct listener, watch));
	struct urchin_tcp_hub *hub = listener->hub;

	(void)events;
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		struct sockaddr_storage storage;
		socklen_t len = sizeof(storage);
		struct urchin_addr from;
		int accepted = accept4(fd, (struct sockaddr *)&storage, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (accepted < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
			/* It stays ready: without a pause it would spin. */
			listener->is_paused = true;
			urchin_loop_remove_fd(hub->loop, &listener->watch, fd);
			urchin_loop_set_timer(hub->loop, &hub->sweep_timer, urchin_clock_us() + SWEEP_US);
		}
		if (accepted < 0)
			return;
		hub->stats.accepted++;
		if (urchin_sockaddr_read(&from, (struct sockaddr *)&storage))
			add_link(hub, listener->base, accepted, &from);
		else
			close(accepted);
	}
}

static void on_sweep(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct urchin_tcp_hub *hub =
	    (struct urchin_tcp_hub *)(void *)((char *)timer - offsetof(struct urchin_tcp_hub, sweep_timer));
	struct tcp_link *link = hub->oldest;

	for (struct listener *listener = hub->listeners; listener; listener = listener->next)
		if (listener->is_paused && watch_listener(listener) == 0)
			listener->is_paused = false;
	while (link) {
		struct tcp_link *next = link->next;

		if (!link->is_proven && now_us >= link->accepted_us + PROVE_TIMEOUT_US) {
			hub->stats.expired++;
			end_link(link);
		}
		link = next;
	}
	if (hub->unproven > 0)
		urchin_loop_set_timer(hub->loop, &hub->sweep_timer, now_us + SWEEP_US);
}

int urchin_tcp_hub_listen(struct urchin_tcp_hub *hub, const struct urchin_addr *addr, uint32_t base)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int err;

	if (!listener)
		return URCHIN_ENOMEM;
	*listener = (struct listener){.hub = hub, .watch.on_ready = on_listener_ready, .base = base};
	listener->fd = urchin_tcp_listener_open(addr);
	if (listener->fd < 0) {
		err = listener->fd;
		free(listener);
		return err;
	}
	err = watch_listener(listener);
	if (err) {
		urchin_tcp_listener_close(listener->fd);
		free(listener);
		return err;
	}
	listener->next = hub->listeners;
	hub->listeners = listener;
	return 0;
}

void urchin_tcp_hub_unlisten(struct urchin_tcp_hub *hub, uint32_t base)
{
	struct tcp_link *link = hub->oldest;

	for (struct listener **at = &hub->listeners; *at; at = &(*at)->next) {
		struct listener *listener = *at;

		if (listener->base != base)
			continue;
		*at = listener->next;
		urchin_loop_remove_fd(hub->loop, &listener->watch, listener->fd);
		urchin_tcp_listener_close(listener->fd);
		free(listener);
		break;
	}
	while (link) {
		struct tcp_link *next = link->next;

		if (link->base == base)
			end_link(link);
		link = next;
	}
}

/* --- life --- */

struct urchin_tcp_hub *urchin_tcp_hub_new(struct urchin_loop *loop, const struct urchin_tcp_hub_callbacks *callbacks,
					  void *owner)
{
	struct urchin_tcp_hub *hub = calloc(1, sizeof(*hub));

	if (!hub)
		return NULL;
	hub->loop = loop;
	hub->callbacks = *callbacks;
	hub->owner = owner;
	hub->next_link = URCHIN_TCP_LINK_FIRST;
	hub->sweep_timer.on_due = on_sweep;
	hub->reap_task.run = on_reap_task;
	urchin_table_init(&hub->links);
	return hub;
}

void urchin_tcp_hub_free(struct urchin_tcp_hub *hub)
{
	if (!hub)
		return;
	while (hub->listeners)
		urchin_tcp_hub_unlisten(hub, hub->listeners->base);
	while (hub->oldest)
		end_link(hub->oldest);
	reap(hub);
	urchin_loop_cancel(hub->loop, &hub->reap_task);
	urchin_loop_remove_timer(hub->loop, &hub->sweep_timer);
	urchin_table_clear(&hub->links);
	free(hub);
}

void urchin_tcp_hub_prove(struct urchin_tcp_hub *hub, uint32_t name)
{
	struct tcp_link *link = find(hub, name);

	if (!link || link->is_proven)
		return;
	link->is_proven = true;
	hub->unproven--;
}

void urchin_tcp_hub_end(struct urchin_tcp_hub *hub, uint32_t name)
{
	struct tcp_link *link = find(hub, name);

	if (link)
		end_link(link);
}

int urchin_tcp_hub_release(struct urchin_tcp_hub *hub, uint32_t name)
{
	struct tcp_link *link = find(hub, name);

	if (!link || link->is_proven)
		return -1;
	hub->stats.released++;
	return forget_link(link);
}

uint32_t urchin_tcp_hub_adopt(struct urchin_tcp_hub *hub, uint32_t base, int fd, const struct urchin_addr *from)
{
	const struct tcp_link *link = add_link(hub, base, fd, from);

	hub->stats.adopted += link != NULL;
	return link ? link->way.link : 0;
}

uint32_t urchin_tcp_hub_base(const struct urchin_tcp_hub *hub, uint32_t name)
{
	const struct tcp_link *link = find(hub, name);

	return link ? link->base : UINT32_MAX;
}

void urchin_tcp_hub_get_stats(const struct urchin_tcp_hub *hub, struct urchin_tcp_hub_stats *stats)
{
	*stats = hub->stats;
}
