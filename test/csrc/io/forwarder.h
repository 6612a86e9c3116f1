/* A NAT between two sides on loopback: what one side sends to its port goes to the other from a mapping that may
 * change. */
#ifndef URCHIN_TEST_IO_FORWARDER_H
#define URCHIN_TEST_IO_FORWARDER_H

#include "io/ice_side.h"
#include "io/udp_socket.h"

struct forwarder {
	struct urchin_loop *loop;
	struct urchin_udp_socket inside; /* where the hidden side sends to */
	struct urchin_udp_socket mapping;
	struct urchin_addr hidden;
	struct urchin_addr visible; /* the other side's real address */
	bool is_cut;
	int passed;
};

static inline void from_hidden(void *owner, struct urchin_udp_socket *udp, const struct urchin_addr *from,
			       uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct forwarder *forwarder = owner;

	(void)udp, (void)now_us;
	forwarder->hidden = *from;
	if (forwarder->is_cut)
		return;
	forwarder->passed++;
	urchin_udp_socket_send(&forwarder->mapping, &forwarder->visible, bytes, len);
}

static inline void from_visible(void *owner, struct urchin_udp_socket *udp, const struct urchin_addr *from,
				uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct forwarder *forwarder = owner;

	(void)udp, (void)from, (void)now_us;
	if (forwarder->is_cut || !forwarder->hidden.port)
		return;
	forwarder->passed++;
	urchin_udp_socket_send(&forwarder->inside, &forwarder->hidden, bytes, len);
}

static inline void open_mapping(struct forwarder *forwarder)
{
	struct urchin_addr any;

	assert_int_equal(urchin_addr_read(&any, "127.0.0.1", 0), 0);
	assert_int_equal(urchin_udp_socket_open(&forwarder->mapping, forwarder->loop, &any), 0);
	forwarder->mapping.on_packet = from_visible;
	forwarder->mapping.owner = forwarder;
}

/* `visible` is the side whose address is replaced by the forwarder's, for whoever is told its candidate. */
static inline void open_forwarder(struct forwarder *forwarder, struct urchin_loop *loop, struct side *visible)
{
	struct urchin_addr any;

	memset(forwarder, 0, sizeof(*forwarder));
	forwarder->loop = loop;
	assert_int_equal(urchin_addr_read(&any, "127.0.0.1", 0), 0);
	assert_int_equal(urchin_addr_read(&forwarder->visible, "127.0.0.1", visible->candidates[0].port), 0);
	assert_int_equal(urchin_udp_socket_open(&forwarder->inside, loop, &any), 0);
	forwarder->inside.on_packet = from_hidden;
	forwarder->inside.owner = forwarder;
	open_mapping(forwarder);
	visible->candidates[0].port = forwarder->inside.addr.port;
	visible->candidate_count = 1;
}

/* The NAT forgets its mapping and makes another one. */
static inline void rebind(struct forwarder *forwarder)
{
	urchin_udp_socket_close(&forwarder->mapping);
	open_mapping(forwarder);
}

static inline void close_forwarder(struct forwarder *forwarder)
{
	urchin_udp_socket_close(&forwarder->inside);
	urchin_udp_socket_close(&forwarder->mapping);
}

#endif
