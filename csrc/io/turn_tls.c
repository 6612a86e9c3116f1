/* The port of the bridge, and the list of its connections; each of them is a link of its own. */
#include "io/turn_tls.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/turn_tls_link.h"
#include "io/udp_socket.h"

#define TIMEOUT_US 5000000u
/* Out of descriptors: a port that stays readable must not keep the loop awake. */
#define ACCEPT_PAUSE_US 100000u
/* Strangers on this machine get no more than this per event. */
#define ACCEPTS_PER_EVENT 16

struct urchin_turn_tls {
	struct urchin_loop_watch watch;
	struct urchin_loop_timer timer; /* accepts again */
	struct urchin_loop *loop;
	struct urchin_turn_tls_callbacks callbacks;
	void *owner;
	int fd; /* -1: closed */
	struct urchin_addr addr;
	struct urchin_addr server;
	char *name;
	struct urchin_tls_trust *trust;
	uint64_t timeout_us;
	struct urchin_turn_tls_link *links;
	size_t link_count;
	size_t link_max;
};

static void on_link_end(void *owner, struct urchin_turn_tls_link *link, enum urchin_turn_tls_stage stage,
			const char *text)
{
	struct urchin_turn_tls *bridge = owner;
	struct urchin_turn_tls_link **at = &bridge->links;

	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	bridge->link_count--;
	/* Before the memory goes that the text may be in. */
	if (text)
		bridge->callbacks.on_error(bridge->owner, stage, text);
	urchin_turn_tls_link_free(link);
}

static void add_link(struct urchin_turn_tls *bridge, int fd)
{
	const struct urchin_turn_tls_link_config config = {
	    .loop = bridge->loop,
	    .trust = bridge->trust,
	    .name = bridge->name,
	    .server = bridge->server,
	    .timeout_us = bridge->timeout_us,
	    .on_end = on_link_end,
	    .owner = bridge,
	};
	struct urchin_turn_tls_link *link = urchin_turn_tls_link_new(&config, fd);

	if (!link) {
		bridge->callbacks.on_error(bridge->owner, URCHIN_TURN_TLS_CONNECT, strerror(errno));
		return;
	}
	link->next = bridge->links;
	bridge->links = link;
	bridge->link_count++;
}

/*
 * libnice 0.1.21 connects before it binds, so that its address is the loopback one, whatever its candidate's is. A
 * router that is told to (route_localnet) forwards packets from outside to 127.0.0.1: they have other addresses.
 */
static bool is_from_here(const struct sockaddr_storage *from)
{
	struct urchin_addr addr;

	return urchin_sockaddr_read(&addr, (const struct sockaddr *)from) && urchin_addr_is_loopback(&addr);
}

static void on_ready(struct urchin_loop_watch *watch, int fd, uint32_t events)
{
	struct urchin_turn_tls *bridge = (struct urchin_turn_tls *)watch;

	(void)events;
	for (int i = 0; i < ACCEPTS_PER_EVENT && bridge->fd >= 0; i++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof(from);
		int link_fd = accept4(fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (link_fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
				urchin_loop_remove_fd(bridge->loop, &bridge->watch, fd);
				urchin_loop_set_timer(bridge->loop, &bridge->timer,
						      urchin_clock_us() + ACCEPT_PAUSE_US);
			}
			return;
		}
		if (bridge->link_count < bridge->link_max && is_from_here(&from))
			add_link(bridge, link_fd);
		else
			close(link_fd);
	}
}

static void on_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct urchin_turn_tls *bridge =
	    (struct urchin_turn_tls *)((char *)timer - offsetof(struct urchin_turn_tls, timer));

	if (urchin_loop_set_fd(bridge->loop, &bridge->watch, bridge->fd, EPOLLIN) < 0)
		urchin_loop_set_timer(bridge->loop, timer, now_us + ACCEPT_PAUSE_US);
}

static int listen_on_loopback(struct urchin_turn_tls *bridge, bool is_ipv6)
{
	struct urchin_addr addr = {.family = is_ipv6 ? URCHIN_ADDR_IPV6 : URCHIN_ADDR_IPV4};
	struct sockaddr_storage storage;
	socklen_t len;

	if (is_ipv6)
		addr.bytes[15] = 1;
	else
		memcpy(addr.bytes, (const uint8_t[]){127, 0, 0, 1}, 4);
	len = urchin_sockaddr_write(&addr, &storage);
	bridge->fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (bridge->fd < 0 || bind(bridge->fd, (const struct sockaddr *)&storage, len) < 0 ||
	    listen(bridge->fd, (int)bridge->link_max) < 0)
		return URCHIN_ESYSTEM;
	len = sizeof(storage);
	if (getsockname(bridge->fd, (struct sockaddr *)&storage, &len) < 0 ||
	    !urchin_sockaddr_read(&bridge->addr, (const struct sockaddr *)&storage))
		return URCHIN_ESYSTEM;
	return urchin_loop_set_fd(bridge->loop, &bridge->watch, bridge->fd, EPOLLIN);
}

/* Whether TLS takes the name: found out here, not when libnice has connected. */
static int check_name(const struct urchin_turn_tls *bridge)
{
	struct urchin_tls_client *client = NULL;
	int err = urchin_tls_client_new(&client, bridge->trust, bridge->name);

	if (err == 0)
		urchin_tls_client_free(client);
	return err;
}

static int begin(struct urchin_turn_tls *bridge, const struct urchin_turn_tls_config *config)
{
	int err;

	bridge->name = strdup(config->name);
	if (!bridge->name)
		return URCHIN_ENOMEM;
	err = urchin_tls_trust_new(&bridge->trust, config->ca_pem);
	if (err == 0)
		err = check_name(bridge);
	if (err == 0)
		err = listen_on_loopback(bridge, config->listen_ipv6);
	return err;
}

int urchin_turn_tls_new(struct urchin_turn_tls **bridge, struct urchin_loop *loop,
			const struct urchin_turn_tls_config *config, const struct urchin_turn_tls_callbacks *callbacks,
			void *owner)
{
	struct urchin_turn_tls *made;
	int err;

	if (config->server.family == URCHIN_ADDR_NONE || config->server.port == 0 || !config->name ||
	    config->connections_max == 0 || config->connections_max > URCHIN_TURN_TLS_CONNECTIONS_MAX)
		return URCHIN_EINVAL;
	made = calloc(1, sizeof(*made));
	if (!made)
		return URCHIN_ENOMEM;
	made->watch.on_ready = on_ready;
	made->timer.on_due = on_due;
	made->loop = loop;
	made->callbacks = *callbacks;
	made->owner = owner;
	made->fd = -1;
	made->server = config->server;
	made->timeout_us = config->timeout_us ? config->timeout_us : TIMEOUT_US;
	made->link_max = config->connections_max;
	err = begin(made, config);
	if (err < 0) {
		urchin_turn_tls_free(made);
		return err;
	}
	*bridge = made;
	return 0;
}

void urchin_turn_tls_free(struct urchin_turn_tls *bridge)
{
	if (!bridge)
		return;
	urchin_turn_tls_stop_accepting(bridge);
	while (bridge->links) {
		struct urchin_turn_tls_link *link = bridge->links;

		bridge->links = link->next;
		urchin_turn_tls_link_free(link);
	}
	urchin_tls_trust_free(bridge->trust);
	free(bridge->name);
	free(bridge);
}

const struct urchin_addr *urchin_turn_tls_address(const struct urchin_turn_tls *bridge)
{
	return &bridge->addr;
}

void urchin_turn_tls_stop_accepting(struct urchin_turn_tls *bridge)
{
	if (bridge->fd < 0)
		return;
	urchin_loop_remove_timer(bridge->loop, &bridge->timer);
	urchin_loop_remove_fd(bridge->loop, &bridge->watch, bridge->fd);
	close(bridge->fd);
	bridge->fd = -1;
}
