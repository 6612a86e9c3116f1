/*
 * transport/ice.h for the clients of the load generator: thousands of addresses in 127/8 behind one UDP socket that is
 * polled, so that no server pays for waking a receiver. Controlling, regular checks, one remote candidate.
 */
#ifndef URCHIN_BENCH_CLIENT_ICE_H
#define URCHIN_BENCH_CLIENT_ICE_H

#include <netinet/in.h>

#include "bench/load/talk.h"
#include "transport/ice.h"

#define CLIENTS_MAX (BENCH_VIEWERS_MAX + BENCH_PUBLISHERS_MAX)

struct client_ice;

struct client_net {
	int fd;
	uint16_t port;
	struct client_ice *clients[CLIENTS_MAX]; /* client i is at 127.1.(i / 256).(i % 256) */
	uint64_t received[CLIENTS_MAX];          /* RTP packets */
	uint64_t strangers;                      /* datagrams to no client: those of the floors */
	uint64_t now_us;
	uint64_t sent_ns;     /* just before the last datagram was sent; real time, as below */
	uint64_t arrived_ns;  /* when the datagram arrived that is being handled */
	size_t decrypt_every; /* media is decrypted for clients 1, 1 + this, ...; 1: for all */
};

/* What a client is made from: the factory's owner. */
struct client_seat {
	struct client_net *net;
	size_t index;
};

void client_net_open(struct client_net *net);
/* Lets the kernel say when datagrams arrived; else it is when they are handled. It costs the senders a little. */
void client_net_stamp(struct client_net *net, bool is_on);
/* Handles what has arrived, without waiting: up to 64 datagrams. Returns how many. */
size_t client_net_poll(struct client_net *net, uint64_t now_us);
/* Sends the checks that are due. */
void client_net_tick(struct client_net *net, uint64_t now_us);
void client_net_address(size_t index, char text[16]);

struct urchin_ice *client_ice_new(void *seat, const struct urchin_ice_config *config,
				  const struct urchin_ice_callbacks *callbacks, void *owner);

#endif
