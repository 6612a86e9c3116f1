/*
 * Carries bytes between both sides. Each of them is read only while there is space for what it sends (back-pressure),
 * so that memory is bounded and the one who sends too fast is slowed down by TCP.
 */
#include "io/turn_tls_link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/udp_socket.h"

/* How often one event reads a descriptor, so that one busy link does not starve its worker. */
#define READS_PER_EVENT 8
#define DRAIN_US 2000000u
/* A server that acknowledges nothing for this long is gone; the kernel alone would try for a quarter of an hour. */
#define USER_TIMEOUT_MS 20000

enum progress { NOTHING, PROGRESS, OVER };

static void end(struct urchin_turn_tls_link *link, enum urchin_turn_tls_stage stage, const char *text)
{
	link->config.on_end(link->config.owner, link, stage, text);
}

static void end_with_errno(struct urchin_turn_tls_link *link, enum urchin_turn_tls_stage stage, int error)
{
	char text[256], address[URCHIN_ADDR_TEXT_CAP];

	snprintf(text, sizeof(text), "%s port %u: %s",
		 urchin_addr_write(&link->config.server, address, sizeof(address)), link->config.server.port,
		 strerror(error));
	end(link, stage, text);
}

/* Why the server's side ended, when TLS knows. */
static void end_with_tls(struct urchin_turn_tls_link *link)
{
	enum urchin_turn_tls_stage stage = URCHIN_TURN_TLS_LOST;

	if (urchin_tls_client_error(link->tls) == URCHIN_TLS_BAD_CERTIFICATE)
		stage = URCHIN_TURN_TLS_CERTIFICATE;
	else if (urchin_tls_client_error(link->tls) == URCHIN_TLS_BAD_HANDSHAKE)
		stage = URCHIN_TURN_TLS_HANDSHAKE;
	if (urchin_tls_client_error(link->tls) == URCHIN_TLS_NO_ERROR)
		end(link, stage, "the server closed the connection");
	else
		end(link, stage, urchin_tls_client_error_text(link->tls));
}

static bool is_temporary(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static size_t buffered(const struct urchin_turn_tls_buffer *buffer)
{
	return buffer->end - buffer->begin;
}

static void take(struct urchin_turn_tls_buffer *buffer, size_t len)
{
	buffer->begin += len;
	if (buffer->begin == buffer->end)
		buffer->begin = buffer->end = 0;
}

static size_t space(struct urchin_turn_tls_buffer *buffer)
{
	if (buffer->begin > 0 && buffer->end == sizeof(buffer->bytes)) {
		memmove(buffer->bytes, buffer->bytes + buffer->begin, buffered(buffer));
		buffer->end = buffered(buffer);
		buffer->begin = 0;
	}
	return sizeof(buffer->bytes) - buffer->end;
}

/* One side is at its end: the other gets what is left, and some time for it. */
static void drain(struct urchin_turn_tls_link *link)
{
	if (link->state == URCHIN_TURN_TLS_LINK_DRAINING)
		return;
	link->state = URCHIN_TURN_TLS_LINK_DRAINING;
	urchin_loop_set_timer(link->config.loop, &link->timer, urchin_clock_us() + DRAIN_US);
}

static enum progress read_local(struct urchin_turn_tls_link *link)
{
	size_t room = space(&link->up);
	ssize_t len;

	if (link->local_ended || room == 0)
		return NOTHING;
	len = recv(link->local_fd, link->up.bytes + link->up.end, room, 0);
	if (len < 0 && is_temporary(errno))
		return NOTHING;
	/* A reset is no orderly end, but libnice means the same with it. */
	if (len <= 0) {
		link->local_ended = true;
		if (link->state < URCHIN_TURN_TLS_LINK_OPEN || len < 0) {
			end(link, URCHIN_TURN_TLS_LOST, NULL);
			return OVER;
		}
		drain(link);
		return PROGRESS;
	}
	link->up.end += (size_t)len;
	return PROGRESS;
}

static enum progress read_server(struct urchin_turn_tls_link *link)
{
	uint8_t bytes[URCHIN_TURN_TLS_BUFFER_CAP];
	size_t room = urchin_tls_client_room(link->tls);
	ssize_t len;

	if (link->state == URCHIN_TURN_TLS_LINK_CONNECTING || link->server_ended || room == 0)
		return NOTHING;
	len = recv(link->server_fd, bytes, room < sizeof(bytes) ? room : sizeof(bytes), 0);
	if (len < 0 && is_temporary(errno))
		return NOTHING;
	if (len < 0) {
		end_with_errno(link,
			       link->state == URCHIN_TURN_TLS_LINK_SHAKING ? URCHIN_TURN_TLS_HANDSHAKE
									   : URCHIN_TURN_TLS_LOST,
			       errno);
		return OVER;
	}
	if (len == 0) {
		link->server_ended = true;
		urchin_tls_client_end(link->tls);
	} else {
		urchin_tls_client_feed(link->tls, bytes, (size_t)len);
	}
	return PROGRESS;
}

/* Plaintext from libnice into TLS, ciphertext out of it. */
static enum progress write_server(struct urchin_turn_tls_link *link)
{
	size_t taken = 0, len = 0;
	const uint8_t *output;
	ssize_t sent;

	if (link->state == URCHIN_TURN_TLS_LINK_CONNECTING || link->is_send_broken)
		return NOTHING;
	if (buffered(&link->up) > 0) {
		taken = urchin_tls_client_write(link->tls, link->up.bytes + link->up.begin, buffered(&link->up));
		take(&link->up, taken);
	}
	output = urchin_tls_client_output(link->tls, &len);
	if (len == 0)
		return taken > 0 ? PROGRESS : NOTHING;
	sent = send(link->server_fd, output, len, MSG_NOSIGNAL);
	if (sent > 0) {
		urchin_tls_client_consume(link->tls, (size_t)sent);
		return PROGRESS;
	}
	/* A server that refuses may reset at once. What it said before that is worth more, so only reading ends it. */
	if (sent < 0 && !is_temporary(errno))
		link->is_send_broken = true;
	return taken > 0 ? PROGRESS : NOTHING;
}

/* Plaintext out of TLS, to libnice. */
static enum progress write_local(struct urchin_turn_tls_link *link)
{
	size_t room = space(&link->down);
	size_t len = room > 0 ? urchin_tls_client_read(link->tls, link->down.bytes + link->down.end, room) : 0;
	ssize_t sent;

	link->down.end += len;
	if (link->local_ended)
		take(&link->down, buffered(&link->down));
	if (buffered(&link->down) == 0)
		return len > 0 ? PROGRESS : NOTHING;
	sent = send(link->local_fd, link->down.bytes + link->down.begin, buffered(&link->down), MSG_NOSIGNAL);
	if (sent < 0 && !is_temporary(errno)) {
		end(link, URCHIN_TURN_TLS_LOST, NULL);
		return OVER;
	}
	if (sent > 0)
		take(&link->down, (size_t)sent);
	return sent > 0 || len > 0 ? PROGRESS : NOTHING;
}

/* What TLS has come to: the handshake is done, the server said good-bye, or it failed. */
static enum progress follow_tls(struct urchin_turn_tls_link *link)
{
	enum urchin_tls_state state = urchin_tls_client_state(link->tls);

	if (state == URCHIN_TLS_OPEN && link->state == URCHIN_TURN_TLS_LINK_SHAKING) {
		link->state = URCHIN_TURN_TLS_LINK_OPEN;
		urchin_loop_remove_timer(link->config.loop, &link->timer);
		return PROGRESS;
	}
	if (state == URCHIN_TLS_FAILED || state == URCHIN_TLS_CLOSED) {
		link->server_ended = true;
		if (link->local_ended) {
			end(link, URCHIN_TURN_TLS_LOST, NULL);
			return OVER;
		}
		if (buffered(&link->down) == 0) {
			end_with_tls(link);
			return OVER;
		}
		drain(link);
	}
	return NOTHING;
}

/* libnice has closed and everything it sent is with the kernel: say good-bye to the server. */
static enum progress finish_local(struct urchin_turn_tls_link *link)
{
	const uint8_t *output;
	size_t len = 0;

	if (!link->local_ended)
		return NOTHING;
	urchin_tls_client_output(link->tls, &len);
	if ((buffered(&link->up) > 0 || len > 0) && !link->is_send_broken)
		return NOTHING;
	urchin_tls_client_close(link->tls);
	output = urchin_tls_client_output(link->tls, &len);
	if (len > 0 && !link->is_send_broken)
		send(link->server_fd, output, len, MSG_NOSIGNAL);
	end(link, URCHIN_TURN_TLS_LOST, NULL);
	return OVER;
}

/* Moves everything that can be moved without reading a descriptor. */
static enum progress move(struct urchin_turn_tls_link *link)
{
	static enum progress (*const steps[])(struct urchin_turn_tls_link *) = {write_server, write_local, finish_local,
										follow_tls};
	enum progress progress;

	do {
		progress = NOTHING;
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			enum progress step = steps[i](link);

			if (step == OVER)
				return OVER;
			if (step == PROGRESS)
				progress = PROGRESS;
		}
	} while (progress == PROGRESS);
	return NOTHING;
}

/* Waits for events, or has the loop forget the descriptor: it reports errors even to who wants nothing, again and
 * again.
 */
static void wait_for(struct urchin_turn_tls_link *link, int fd, uint32_t *now, uint32_t events)
{
	if (*now == events)
		return;
	if (events == 0)
		urchin_loop_remove_fd(link->config.loop, &link->watch, fd);
	else if (urchin_loop_set_fd(link->config.loop, &link->watch, fd, events) < 0)
		return;
	*now = events;
}

static void update_events(struct urchin_turn_tls_link *link)
{
	uint32_t local = 0, server = 0;
	size_t len = 0;

	if (!link->local_ended && space(&link->up) > 0)
		local |= EPOLLIN;
	if (buffered(&link->down) > 0)
		local |= EPOLLOUT;
	urchin_tls_client_output(link->tls, &len);
	if (link->state == URCHIN_TURN_TLS_LINK_CONNECTING || (len > 0 && !link->server_ended && !link->is_send_broken))
		server |= EPOLLOUT;
	if (link->state != URCHIN_TURN_TLS_LINK_CONNECTING && !link->server_ended &&
	    urchin_tls_client_room(link->tls) > 0)
		server |= EPOLLIN;
	wait_for(link, link->local_fd, &link->local_events, local);
	wait_for(link, link->server_fd, &link->server_events, server);
}

/* Whether TCP stands now, or will. */
static enum progress finish_connecting(struct urchin_turn_tls_link *link, uint32_t events)
{
	struct sockaddr_storage peer;
	socklen_t peer_len = sizeof(peer);
	int error = 0;
	socklen_t len = sizeof(error);

	if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
		return NOTHING;
	if (getsockopt(link->server_fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error) {
		end_with_errno(link, URCHIN_TURN_TLS_CONNECT, error);
		return OVER;
	}
	/* An event of this descriptor's last owner may come to us. */
	if (getpeername(link->server_fd, (struct sockaddr *)&peer, &peer_len) < 0)
		return NOTHING;
	link->state = URCHIN_TURN_TLS_LINK_SHAKING;
	return PROGRESS;
}

static void on_ready(struct urchin_loop_watch *watch, int fd, uint32_t events)
{
	struct urchin_turn_tls_link *link = (struct urchin_turn_tls_link *)watch;
	enum progress progress = PROGRESS;

	if (fd == link->server_fd && link->state == URCHIN_TURN_TLS_LINK_CONNECTING &&
	    finish_connecting(link, events) == OVER)
		return;
	for (int i = 0; i < READS_PER_EVENT && progress == PROGRESS; i++) {
		progress = fd == link->local_fd ? read_local(link) : read_server(link);
		if (progress == OVER || move(link) == OVER)
			return;
	}
	update_events(link);
}

static void on_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct urchin_turn_tls_link *link =
	    (struct urchin_turn_tls_link *)((char *)timer - offsetof(struct urchin_turn_tls_link, timer));
	char text[128];

	(void)now_us;
	snprintf(text, sizeof(text), "no answer within %u ms", (unsigned int)(link->config.timeout_us / 1000));
	if (link->state == URCHIN_TURN_TLS_LINK_CONNECTING)
		end(link, URCHIN_TURN_TLS_CONNECT, text);
	else if (link->state == URCHIN_TURN_TLS_LINK_SHAKING)
		end(link, URCHIN_TURN_TLS_HANDSHAKE, text);
	else if (link->local_ended)
		end(link, URCHIN_TURN_TLS_LOST, NULL);
	else
		end_with_tls(link);
}

/* Returns a socket that connects, or -1 with errno. */
static int connect_server(const struct urchin_addr *server)
{
	struct sockaddr_storage to;
	socklen_t len = urchin_sockaddr_write(server, &to);
	const int on = 1, timeout_ms = USER_TIMEOUT_MS;
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0)
		return -1;
	/* TURN over TCP carries media: nothing may wait for more (Nagle). */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
	if (connect(fd, (const struct sockaddr *)&to, len) < 0 && errno != EINPROGRESS) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* Returns 0 or an errno. */
static int begin(struct urchin_turn_tls_link *link)
{
	const struct urchin_turn_tls_link_config *config = &link->config;
	const int on = 1;

	if (urchin_tls_client_new(&link->tls, config->trust, config->name) < 0)
		return ENOMEM;
	link->server_fd = connect_server(&config->server);
	if (link->server_fd < 0)
		return errno;
	setsockopt(link->local_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (urchin_loop_set_timer(config->loop, &link->timer, urchin_clock_us() + config->timeout_us) < 0)
		return ENOMEM;
	update_events(link);
	return link->local_events && link->server_events ? 0 : ENOMEM;
}

struct urchin_turn_tls_link *urchin_turn_tls_link_new(const struct urchin_turn_tls_link_config *config, int local_fd)
{
	struct urchin_turn_tls_link *link = calloc(1, sizeof(*link));
	int error;

	if (!link) {
		close(local_fd);
		errno = ENOMEM;
		return NULL;
	}
	link->watch.on_ready = on_ready;
	link->timer.on_due = on_due;
	link->config = *config;
	link->local_fd = local_fd;
	link->server_fd = -1;
	error = begin(link);
	if (error) {
		urchin_turn_tls_link_free(link);
		errno = error;
		return NULL;
	}
	return link;
}

static void close_fd(struct urchin_turn_tls_link *link, int fd)
{
	if (fd < 0)
		return;
	urchin_loop_remove_fd(link->config.loop, &link->watch, fd);
	close(fd);
}

void urchin_turn_tls_link_free(struct urchin_turn_tls_link *link)
{
	urchin_loop_remove_timer(link->config.loop, &link->timer);
	close_fd(link, link->local_fd);
	close_fd(link, link->server_fd);
	urchin_tls_client_free(link->tls);
	free(link);
}
