/* The load generator's ICE: checks every 50 ms until answered, then every 2.5 s as consent. */
#include "bench/load/client_ice.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/err.h"
#include "transport/stun_integrity.h"
#include "wire/demux.h"
#include "wire/stun.h"

#define BATCH 64
#define CHECK_INTERVAL_US 50000
#define CONSENT_INTERVAL_US 2500000
#define RECEIVE_BUFFER (64 << 20)

struct client_ice {
	struct urchin_ice base;
	struct client_net *net;
	size_t index;
	const struct urchin_ice_callbacks *callbacks;
	void *owner;
	char username[256];
	char remote_pwd[64];
	char local_pwd[64];
	struct sockaddr_in server;
	bool is_connected;
	uint64_t next_check_us;
	uint32_t checks;
};

union control {
	char bytes[CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(struct timespec))];
	struct cmsghdr align;
};

static struct in_addr address_of(size_t index)
{
	return (struct in_addr){.s_addr = htonl(0x7f010000u | (uint32_t)index)};
}

void client_net_address(size_t index, char text[16])
{
	snprintf(text, 16, "127.1.%u.%u", (unsigned)(index / 256) & 255, (unsigned)index % 256);
}

void client_net_open(struct client_net *net)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	socklen_t len = sizeof(any);
	int size = RECEIVE_BUFFER, on = 1;

	net->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (setsockopt(net->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(net->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (net->fd < 0 || setsockopt(net->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0 ||
	    bind(net->fd, (struct sockaddr *)&any, len) < 0 || getsockname(net->fd, (struct sockaddr *)&any, &len) < 0)
		bench_fail("the generator's socket");
	net->port = ntohs(any.sin_port);
}

void client_net_stamp(struct client_net *net, bool is_on)
{
	int on = is_on;

	if (setsockopt(net->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
		bench_fail("kernel time stamps");
}

static uint64_t real_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int client_send(struct urchin_ice *base, const uint8_t *bytes, size_t len)
{
	struct client_ice *ice = (struct client_ice *)base;
	union control control = {0};
	struct iovec vector = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
	struct msghdr header = {
	    .msg_name = &ice->server,
	    .msg_namelen = sizeof(ice->server),
	    .msg_iov = &vector,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = CMSG_SPACE(sizeof(struct in_pktinfo)),
	};
	struct cmsghdr *item = CMSG_FIRSTHDR(&header);
	struct in_pktinfo info = {.ipi_spec_dst = address_of(ice->index)};

	item->cmsg_level = IPPROTO_IP;
	item->cmsg_type = IP_PKTINFO;
	item->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(item), &info, sizeof(info));
	ice->net->sent_ns = real_ns();
	return sendmsg(ice->net->fd, &header, 0) < 0 ? URCHIN_ESYSTEM : 0;
}

static void check(struct client_ice *ice, uint64_t now_us)
{
	uint8_t bytes[URCHIN_STUN_MESSAGE_CAP];
	uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN] = {0};
	struct urchin_stun_writer writer;

	memcpy(transaction, &ice->index, 4);
	memcpy(transaction + 4, &ice->checks, 4);
	ice->checks++;
	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	urchin_stun_add_username(&writer, ice->username);
	urchin_stun_add_priority(&writer, 0x6e0001ff);
	urchin_stun_add_role(&writer, true, 0x8000000000000000 + ice->index);
	urchin_stun_add_use_candidate(&writer);
	urchin_stun_add_integrity(&writer, ice->remote_pwd);
	int len = urchin_stun_finish(&writer);
	if (len > 0)
		client_send(&ice->base, bytes, (size_t)len);
	ice->next_check_us = now_us + (ice->is_connected ? CONSENT_INTERVAL_US : CHECK_INTERVAL_US);
}

static void answer(struct client_ice *ice, const struct urchin_stun *stun, const struct sockaddr_in *from)
{
	uint8_t bytes[URCHIN_STUN_MESSAGE_CAP];
	struct urchin_stun_writer writer;
	struct urchin_addr mapped = {.family = URCHIN_ADDR_IPV4, .port = ntohs(from->sin_port)};

	memcpy(mapped.bytes, &from->sin_addr, 4);
	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_SUCCESS, URCHIN_STUN_BINDING, stun->transaction);
	urchin_stun_add_mapped(&writer, &mapped);
	urchin_stun_add_integrity(&writer, ice->local_pwd);
	int len = urchin_stun_finish(&writer);
	if (len > 0)
		client_send(&ice->base, bytes, (size_t)len);
}

static void feed_stun(struct client_ice *ice, const uint8_t *bytes, size_t len, const struct sockaddr_in *from)
{
	struct urchin_stun stun;

	if (urchin_stun_read(&stun, bytes, len) < 0)
		return;
	if (stun.class == URCHIN_STUN_REQUEST && urchin_stun_check_integrity(&stun, bytes, ice->local_pwd) == 0)
		answer(ice, &stun, from);
	if (stun.class != URCHIN_STUN_SUCCESS || ice->is_connected ||
	    urchin_stun_check_integrity(&stun, bytes, ice->remote_pwd) < 0)
		return;
	ice->is_connected = true;
	/* Those who joined together check consent apart, as browsers that joined over a day do. */
	ice->next_check_us = ice->net->now_us + ice->index * 7919 % 1000 * (CONSENT_INTERVAL_US / 1000);
	ice->callbacks->on_state(ice->owner, URCHIN_ICE_CONNECTED);
}

static void feed(struct client_net *net, size_t index, uint8_t *bytes, size_t len, const struct sockaddr_in *from,
		 uint64_t now_us)
{
	struct client_ice *ice = index < CLIENTS_MAX ? net->clients[index] : NULL;
	enum urchin_packet_kind kind = urchin_demux(bytes, len);

	if (!ice) {
		net->strangers++;
		return;
	}
	net->received[index] += kind == URCHIN_PACKET_RTP;
	if (kind == URCHIN_PACKET_STUN)
		feed_stun(ice, bytes, len, from);
	else if (kind != URCHIN_PACKET_RTP || index % net->decrypt_every == 1 % net->decrypt_every)
		ice->callbacks->on_packet(ice->owner, bytes, len, now_us);
}

/* Whom a datagram is for, and when it arrived if the kernel says so. */
static size_t index_of(struct client_net *net, struct msghdr *header)
{
	struct in_pktinfo info = {0};
	struct timespec stamp;

	for (struct cmsghdr *item = CMSG_FIRSTHDR(header); item; item = CMSG_NXTHDR(header, item)) {
		if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO)
			memcpy(&info, CMSG_DATA(item), sizeof(info));
		if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&stamp, CMSG_DATA(item), sizeof(stamp));
			net->arrived_ns = (uint64_t)stamp.tv_sec * 1000000000 + (uint64_t)stamp.tv_nsec;
		}
	}
	uint32_t address = ntohl(info.ipi_addr.s_addr);
	return address >> 16 == 0x7f01 ? address & 0xffff : SIZE_MAX;
}

size_t client_net_poll(struct client_net *net, uint64_t now_us)
{
	static uint8_t bytes[BATCH][2048];
	static union control controls[BATCH];
	static struct sockaddr_in from[BATCH];
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];

	for (size_t i = 0; i < BATCH; i++) {
		vectors[i] = (struct iovec){.iov_base = bytes[i], .iov_len = sizeof(bytes[i])};
		messages[i].msg_hdr = (struct msghdr){
		    .msg_name = &from[i],
		    .msg_namelen = sizeof(from[i]),
		    .msg_iov = &vectors[i],
		    .msg_iovlen = 1,
		    .msg_control = controls[i].bytes,
		    .msg_controllen = sizeof(controls[i].bytes),
		};
	}
	net->now_us = now_us;
	int count = recvmmsg(net->fd, messages, BATCH, MSG_DONTWAIT, NULL);
	uint64_t handled_ns = real_ns();
	for (int i = 0; i < count; i++) {
		net->arrived_ns = handled_ns;
		size_t index = index_of(net, &messages[i].msg_hdr);
		feed(net, index, bytes[i], messages[i].msg_len, &from[i], now_us);
	}
	return count > 0 ? (size_t)count : 0;
}

void client_net_tick(struct client_net *net, uint64_t now_us)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (net->clients[i] && net->clients[i]->next_check_us <= now_us)
			check(net->clients[i], now_us);
}

static int client_gather(struct urchin_ice *base, const char *ufrag, const char *pwd, bool controlling)
{
	struct client_ice *ice = (struct client_ice *)base;
	struct urchin_candidate candidate = {.foundation = "1", .priority = 0x7e0001ff, .port = ice->net->port};

	(void)ufrag;
	(void)controlling;
	snprintf(ice->local_pwd, sizeof(ice->local_pwd), "%s", pwd);
	client_net_address(ice->index, candidate.address);
	ice->callbacks->on_candidate(ice->owner, &candidate);
	ice->callbacks->on_gathered(ice->owner);
	return 0;
}

static int client_set_remote(struct urchin_ice *base, const char *ufrag, const char *pwd, bool is_lite)
{
	struct client_ice *ice = (struct client_ice *)base;

	(void)is_lite;
	snprintf(ice->username, sizeof(ice->username), "%s:%s", ufrag, BENCH_CLIENT_UFRAG);
	snprintf(ice->remote_pwd, sizeof(ice->remote_pwd), "%s", pwd);
	return 0;
}

static int client_add_candidate(struct urchin_ice *base, const struct urchin_candidate *candidate)
{
	struct client_ice *ice = (struct client_ice *)base;

	ice->server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(candidate->port)};
	if (inet_pton(AF_INET, candidate->address, &ice->server.sin_addr) != 1)
		return URCHIN_EINVAL;
	ice->next_check_us = 0;
	return 0;
}

static int client_end_candidates(struct urchin_ice *base)
{
	(void)base;
	return 0;
}

static int client_restart(struct urchin_ice *base, const char *ufrag, const char *pwd)
{
	(void)base;
	(void)ufrag;
	(void)pwd;
	return URCHIN_ESTATE;
}

static void client_close(struct urchin_ice *base)
{
	(void)base;
}

/* One datagram at a time for all clients: each is sent by its commit. */
static uint8_t reserved[URCHIN_ICE_DATAGRAM_CAP];

static uint8_t *client_reserve(struct urchin_ice *base)
{
	(void)base;
	return reserved;
}

static int client_commit(struct urchin_ice *base, size_t len, bool is_video)
{
	(void)is_video;
	return client_send(base, reserved, len);
}

static const struct urchin_ice_ops ops = {
    .gather = client_gather,
    .set_remote = client_set_remote,
    .add_candidate = client_add_candidate,
    .end_candidates = client_end_candidates,
    .restart = client_restart,
    .send = client_send,
    .reserve = client_reserve,
    .commit = client_commit,
    .close = client_close,
};

struct urchin_ice *client_ice_new(void *seat, const struct urchin_ice_config *config,
				  const struct urchin_ice_callbacks *callbacks, void *owner)
{
	const struct client_seat *taken = seat;
	struct client_ice *ice = calloc(1, sizeof(*ice));

	(void)config;
	if (!ice)
		return NULL;
	ice->base.ops = &ops;
	ice->net = taken->net;
	ice->index = taken->index;
	ice->callbacks = callbacks;
	ice->owner = owner;
	ice->next_check_us = UINT64_MAX;
	ice->net->clients[ice->index] = ice;
	return &ice->base;
}
