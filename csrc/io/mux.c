/*
 * The tables' keys are hashes with a secret of this mux, so that nobody can choose addresses or names that collide.
 * Nothing is allocated, logged or answered for a datagram of nobody.
 */
#include "io/mux.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/table.h"
#include "io/mux_early.h"
#include "io/shared_ports.h"
#include "io/tcp_hub.h"
#include "io/udp_socket.h"
#include "wire/demux.h"
#include "wire/stun_peek.h"

#define PORTS_MAX 64

struct port {
	struct urchin_udp_socket udp; /* the first member: its callbacks find the port by it */
	uint32_t link;
	size_t users;
	size_t tcp_users;
};

struct named {
	struct urchin_mux_user *user;
	size_t len;
	char ufrag[];
};

struct owned {
	struct urchin_mux_user *user;
	struct urchin_ice_way way;
};

struct urchin_mux {
	struct urchin_loop *loop;
	struct urchin_mux_group group;
	struct urchin_tcp_hub *tcp;
	struct port *ports[PORTS_MAX]; /* by link; NULL: free */
	struct urchin_table ufrags;
	struct urchin_table ways;
	uint64_t secret;
	struct urchin_mux_early early;
	struct urchin_mux_stats stats;
};

/* --- tables --- */

static uint64_t way_key(const struct urchin_mux *mux, const struct urchin_ice_way *way)
{
	return urchin_addr_hash(&way->remote, mux->secret ^ way->link);
}

/* FNV-1a, keyed; the table mixes further. */
static uint64_t ufrag_key(const struct urchin_mux *mux, const void *ufrag, size_t len)
{
	const uint8_t *bytes = ufrag;
	uint64_t hash = mux->secret ^ UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash ^ mux->secret >> 7;
}

static struct owned *find_owned(const struct urchin_mux *mux, const struct urchin_ice_way *way)
{
	struct owned *owned = urchin_table_find(&mux->ways, way_key(mux, way));

	return owned && urchin_ice_way_equal(&owned->way, way) ? owned : NULL;
}

static struct urchin_mux_user *find_named(const struct urchin_mux *mux, const void *ufrag, size_t len)
{
	struct named *named = urchin_table_find(&mux->ufrags, ufrag_key(mux, ufrag, len));

	return named && named->len == len && memcmp(named->ufrag, ufrag, len) == 0 ? named->user : NULL;
}

int urchin_mux_add_ufrag(struct urchin_mux *mux, const char *ufrag, struct urchin_mux_user *user)
{
	size_t len = strlen(ufrag);
	struct named *named = malloc(sizeof(*named) + len);
	int err;

	if (!named)
		return URCHIN_ENOMEM;
	named->user = user;
	named->len = len;
	memcpy(named->ufrag, ufrag, len);
	err = urchin_table_add(&mux->ufrags, ufrag_key(mux, ufrag, len), named);
	if (err)
		free(named);
	return err;
}

void urchin_mux_remove_ufrag(struct urchin_mux *mux, const char *ufrag)
{
	free(urchin_table_remove(&mux->ufrags, ufrag_key(mux, ufrag, strlen(ufrag))));
}

int urchin_mux_add_way(struct urchin_mux *mux, const struct urchin_ice_way *way, struct urchin_mux_user *user,
		       uint64_t now_us)
{
	struct owned *owned = find_owned(mux, way);
	int err;

	if (owned) {
		struct urchin_mux_user *former = owned->user;

		if (former == user)
			return 0;
		if (!former->ops->may_lose_way(former, way, now_us))
			return URCHIN_EEXIST;
		owned->user = user;
		former->ops->on_way_lost(former, way, now_us);
		return 0;
	}
	owned = malloc(sizeof(*owned));
	if (!owned)
		return URCHIN_ENOMEM;
	*owned = (struct owned){.user = user, .way = *way};
	err = urchin_table_add(&mux->ways, way_key(mux, way), owned);
	if (err)
		free(owned);
	else if (urchin_mux_is_tcp(way))
		urchin_tcp_hub_prove(mux->tcp, way->link);
	return err;
}

void urchin_mux_remove_way(struct urchin_mux *mux, const struct urchin_ice_way *way)
{
	if (!find_owned(mux, way))
		return;
	free(urchin_table_remove(&mux->ways, way_key(mux, way)));
	if (urchin_mux_is_tcp(way))
		urchin_tcp_hub_end(mux->tcp, way->link);
}

static uint32_t find_link(const struct urchin_mux *mux, const struct urchin_addr *addr)
{
	uint32_t free_link = PORTS_MAX;

	for (uint32_t i = 0; i < PORTS_MAX; i++) {
		if (mux->ports[i] && urchin_addr_equal(&mux->ports[i]->udp.addr, addr))
			return i;
		if (!mux->ports[i] && free_link == PORTS_MAX)
			free_link = i;
	}
	return free_link;
}

/* --- what arrives --- */

/* RFC 8839 5.4's alphabet has the order of base64's. Returns -1 for another character. */
static int digit_of(uint8_t character)
{
	if (character >= 'A' && character <= 'Z')
		return character - 'A';
	if (character >= 'a' && character <= 'z')
		return character - 'a' + 26;
	if (character >= '0' && character <= '9')
		return character - '0' + 52;
	return character == '+' ? 62 : character == '/' ? 63 : -1;
}

struct arrival {
	const struct urchin_ice_way *way;
	uint8_t *bytes;
	size_t len;
	uint64_t now_us;
	bool is_handed_over; /* by another worker: it does not go back */
	bool is_question;    /* counted where it came to */
};

/* A connection crosses with its first frame; the rest of what it sent lies in its socket. */
static bool give_link_away(struct urchin_mux *mux, int worker, const struct arrival *arrival)
{
	const struct urchin_mux_group *group = &mux->group;
	struct urchin_mux_datagram first = {
	    .local = urchin_mux_local(mux, arrival->way),
	    .remote = arrival->way->remote,
	    .bytes = arrival->bytes,
	    .len = arrival->len,
	    .now_us = arrival->now_us,
	};
	int fd;

	if (!group->on_foreign_link || arrival->is_handed_over || worker < 0 || worker == (int)group->index)
		return false;
	fd = urchin_tcp_hub_release(mux->tcp, arrival->way->link);
	if (fd < 0)
		return false;
	if (!group->on_foreign_link(group->owner, worker, fd, &first)) {
		mux->stats.tcp_lost++;
		close(fd);
	}
	return true;
}

static bool give_away(struct urchin_mux *mux, int worker, const struct arrival *arrival)
{
	const struct urchin_mux_group *group = &mux->group;
	struct urchin_mux_datagram datagram;
	bool is_taken;

	if (!group->on_foreign || arrival->is_handed_over || urchin_mux_is_tcp(arrival->way) ||
	    worker == (int)group->index)
		return false;
	datagram = (struct urchin_mux_datagram){
	    .local = urchin_mux_local(mux, arrival->way),
	    .remote = arrival->way->remote,
	    .bytes = arrival->bytes,
	    .len = arrival->len,
	    .now_us = arrival->now_us,
	};
	is_taken = group->on_foreign(group->owner, worker, &datagram);
	mux->stats.handed_over += is_taken;
	return is_taken;
}

/* What came too early for this way, now that it has an owner. */
static void hand_over_early(struct urchin_mux *mux, const struct arrival *arrival)
{
	struct urchin_mux_early_packet *packet;

	while ((packet = urchin_mux_early_take(&mux->early, arrival->way, arrival->now_us))) {
		struct owned *owned = find_owned(mux, arrival->way);
		size_t len = packet->len;

		if (!owned)
			return;
		packet->len = 0;
		owned->user->ops->on_packet(owned->user, &packet->way, packet->bytes, len, arrival->now_us);
	}
}

static void take_stun(struct urchin_mux *mux, const struct arrival *arrival)
{
	struct urchin_stun_bytes ufrag = urchin_stun_peek_ufrag(arrival->bytes, arrival->len);
	struct urchin_mux_user *user = NULL;
	struct urchin_stun stun;
	bool was_owned = find_owned(mux, arrival->way) != NULL;

	if (ufrag.bytes) {
		user = find_named(mux, ufrag.bytes, ufrag.len);
		if (!user && ufrag.len > 0 && give_away(mux, digit_of(ufrag.bytes[0]), arrival))
			return;
	} else if (was_owned) {
		user = find_owned(mux, arrival->way)->user;
	}
	if (!user) {
		mux->stats.unknown_ufrags++;
		return;
	}
	/* Only now: the checksum costs more than the look-up. */
	if (urchin_stun_read(&stun, arrival->bytes, arrival->len)) {
		mux->stats.malformed++;
		return;
	}
	user->ops->on_stun(user, arrival->way, &stun, arrival->bytes, arrival->now_us);
	if (!was_owned)
		hand_over_early(mux, arrival);
}

static void take(struct urchin_mux *mux, const struct arrival *arrival)
{
	enum urchin_packet_kind kind = urchin_demux(arrival->bytes, arrival->len);
	struct owned *owned;

	if (kind == URCHIN_PACKET_STUN) {
		take_stun(mux, arrival);
		return;
	}
	owned = find_owned(mux, arrival->way);
	if (owned) {
		owned->user->ops->on_packet(owned->user, arrival->way, arrival->bytes, arrival->len, arrival->now_us);
		return;
	}
	if (arrival->is_question)
		return;
	if (kind == URCHIN_PACKET_UNKNOWN) {
		mux->stats.junk++;
		return;
	}
	if (give_away(mux, -1, arrival))
		return;
	mux->stats.unknown_ways++;
	if (kind != URCHIN_PACKET_DTLS)
		return;
	mux->stats.unknown_hellos++;
	urchin_mux_early_keep(&mux->early, arrival->way, arrival->bytes, arrival->len, arrival->now_us);
}

static void on_datagram(void *owner, struct urchin_udp_socket *udp, const struct urchin_addr *from, uint8_t *bytes,
			size_t len, uint64_t now_us)
{
	struct urchin_mux *mux = owner;
	struct urchin_ice_way way = {.link = ((const struct port *)(const void *)udp)->link, .remote = *from};
	struct arrival arrival = {.way = &way, .bytes = bytes, .len = len, .now_us = now_us};

	mux->stats.datagrams_received++;
	mux->stats.bytes_received += len;
	take(mux, &arrival);
}

bool urchin_mux_feed(struct urchin_mux *mux, const struct urchin_mux_datagram *datagram, uint8_t *bytes)
{
	uint32_t link = find_link(mux, &datagram->local);
	struct urchin_ice_way way = {.link = link, .remote = datagram->remote};
	struct arrival arrival = {.way = &way,
				  .bytes = bytes,
				  .len = datagram->len,
				  .now_us = datagram->now_us,
				  .is_handed_over = true,
				  .is_question = datagram->is_question};

	if (link == PORTS_MAX || !mux->ports[link])
		return false;
	take(mux, &arrival);
	return find_owned(mux, &way) != NULL;
}

/* Whoever sends anything but checks for somebody of this process before a valid one has no business here. */
static void take_frame(struct urchin_mux *mux, const struct arrival *arrival)
{
	struct urchin_stun_bytes ufrag;

	if (!find_owned(mux, arrival->way)) {
		ufrag = urchin_stun_peek_ufrag(arrival->bytes, arrival->len);
		if (!ufrag.bytes || (!find_named(mux, ufrag.bytes, ufrag.len) &&
				     (ufrag.len == 0 || !give_link_away(mux, digit_of(ufrag.bytes[0]), arrival)))) {
			mux->stats.tcp_junk++;
			urchin_tcp_hub_end(mux->tcp, arrival->way->link);
			return;
		}
	}
	/* Given away it is not known here any more. */
	if (urchin_tcp_hub_base(mux->tcp, arrival->way->link) != UINT32_MAX)
		take(mux, arrival);
}

static void on_frame(void *owner, const struct urchin_ice_way *way, uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct arrival arrival = {.way = way, .bytes = bytes, .len = len, .now_us = now_us};

	take_frame(owner, &arrival);
}

void urchin_mux_adopt(struct urchin_mux *mux, int fd, const struct urchin_mux_datagram *first, uint8_t *bytes)
{
	uint32_t base = find_link(mux, &first->local);
	struct urchin_ice_way way = {.remote = first->remote};
	struct arrival arrival = {
	    .way = &way, .bytes = bytes, .len = first->len, .now_us = first->now_us, .is_handed_over = true};

	if (base == PORTS_MAX || !mux->ports[base] || mux->ports[base]->tcp_users == 0) {
		mux->stats.tcp_lost++;
		close(fd);
		return;
	}
	way.link = urchin_tcp_hub_adopt(mux->tcp, base, fd, &first->remote);
	if (way.link != 0)
		take_frame(mux, &arrival);
}

static void on_end(void *owner, const struct urchin_ice_way *way, uint64_t now_us)
{
	struct urchin_mux *mux = owner;
	struct owned *owned = find_owned(mux, way);
	struct urchin_mux_user *user = owned ? owned->user : NULL;

	if (!user)
		return;
	urchin_mux_remove_way(mux, way);
	user->ops->on_way_lost(user, way, now_us);
}

/* --- what leaves --- */

bool urchin_mux_is_tcp(const struct urchin_ice_way *way)
{
	return way->link >= URCHIN_TCP_LINK_FIRST;
}

static struct port *find_port(const struct urchin_mux *mux, const struct urchin_ice_way *way)
{
	uint32_t link = urchin_mux_is_tcp(way) ? urchin_tcp_hub_base(mux->tcp, way->link) : way->link;

	return link < PORTS_MAX ? mux->ports[link] : NULL;
}

int urchin_mux_send(struct urchin_mux *mux, const struct urchin_ice_way *way, const uint8_t *bytes, size_t len,
		    bool is_media)
{
	struct port *port;

	if (urchin_mux_is_tcp(way))
		return urchin_tcp_hub_send(mux->tcp, way->link, bytes, len, is_media);
	port = find_port(mux, way);
	return port ? urchin_udp_socket_send(&port->udp, &way->remote, bytes, len) : URCHIN_ESYSTEM;
}

int urchin_mux_fd(const struct urchin_mux *mux, const struct urchin_ice_way *way)
{
	struct port *port = urchin_mux_is_tcp(way) ? NULL : find_port(mux, way);

	return port ? port->udp.fd : -1;
}

struct urchin_addr urchin_mux_local(const struct urchin_mux *mux, const struct urchin_ice_way *way)
{
	struct port *port = find_port(mux, way);

	return port ? port->udp.addr : (struct urchin_addr){0};
}

/* --- ports --- */

static int open_port(struct urchin_mux *mux, const struct urchin_addr *addr, uint32_t link)
{
	struct port *port = calloc(1, sizeof(*port));
	int err;

	if (!port)
		return URCHIN_ENOMEM;
	err = urchin_udp_socket_open_shared(&port->udp, mux->loop, addr, urchin_shared_ports_begin(addr));
	port->udp.on_packet = on_datagram;
	port->udp.owner = mux;
	port->link = link;
	if (urchin_shared_ports_end(addr, err == 0) && err == 0) {
		urchin_udp_socket_close(&port->udp);
		err = URCHIN_ENOMEM;
	}
	if (err)
		free(port);
	else
		mux->ports[link] = port;
	return err;
}

int urchin_mux_open(struct urchin_mux *mux, const struct urchin_addr *addr, bool tcp, uint32_t *link)
{
	uint32_t found = find_link(mux, addr);
	int err = 0;

	if (found == PORTS_MAX)
		return URCHIN_EFULL;
	if (!mux->ports[found])
		err = open_port(mux, addr, found);
	if (err)
		return err;
	mux->ports[found]->users++;
	/* Once it listens it does so as long as the port is open: candidates of others may say so. */
	if (tcp && mux->ports[found]->tcp_users == 0)
		err = urchin_tcp_hub_listen(mux->tcp, addr, found);
	if (err) {
		urchin_mux_close(mux, found);
		return err;
	}
	mux->ports[found]->tcp_users += tcp;
	*link = found;
	return 0;
}

static void close_port(struct urchin_mux *mux, uint32_t link)
{
	struct port *port = mux->ports[link];

	urchin_shared_ports_leave(&port->udp.addr);
	urchin_udp_socket_close(&port->udp);
	mux->ports[link] = NULL;
	free(port);
}

void urchin_mux_close(struct urchin_mux *mux, uint32_t link)
{
	struct port *port = link < PORTS_MAX ? mux->ports[link] : NULL;

	if (!port || --port->users > 0)
		return;
	if (port->tcp_users > 0)
		urchin_tcp_hub_unlisten(mux->tcp, link);
	close_port(mux, link);
}

/* --- life --- */

static const struct urchin_tcp_hub_callbacks tcp_callbacks = {.on_frame = on_frame, .on_end = on_end};

struct urchin_mux *urchin_mux_new(struct urchin_loop *loop, const struct urchin_mux_group *group)
{
	struct urchin_mux *mux = calloc(1, sizeof(*mux));

	if (!mux)
		return NULL;
	mux->loop = loop;
	if (group)
		mux->group = *group;
	urchin_table_init(&mux->ufrags);
	urchin_table_init(&mux->ways);
	mux->tcp = urchin_tcp_hub_new(loop, &tcp_callbacks, mux);
	if (!mux->tcp || getrandom(&mux->secret, sizeof(mux->secret), 0) != sizeof(mux->secret)) {
		urchin_mux_free(mux);
		return NULL;
	}
	return mux;
}

void urchin_mux_free(struct urchin_mux *mux)
{
	size_t cursor = 0;
	void *entry;

	if (!mux)
		return;
	urchin_tcp_hub_free(mux->tcp);
	for (uint32_t i = 0; i < PORTS_MAX; i++) {
		if (!mux->ports[i])
			continue;
		close_port(mux, i);
	}
	while ((entry = urchin_table_next(&mux->ufrags, &cursor)))
		free(entry);
	cursor = 0;
	while ((entry = urchin_table_next(&mux->ways, &cursor)))
		free(entry);
	urchin_table_clear(&mux->ufrags);
	urchin_table_clear(&mux->ways);
	free(mux);
}

void urchin_mux_get_stats(const struct urchin_mux *mux, struct urchin_mux_stats *stats)
{
	struct urchin_tcp_hub_stats tcp;

	urchin_tcp_hub_get_stats(mux->tcp, &tcp);
	*stats = mux->stats;
	stats->tcp_accepted = tcp.accepted;
	stats->tcp_refused = tcp.refused;
	stats->tcp_expired = tcp.expired;
	stats->tcp_given = tcp.released;
	stats->tcp_taken = tcp.adopted;
	stats->tcp_count = tcp.count;
	stats->ways = mux->ways.count;
	stats->ufrags = mux->ufrags.count;
}
