/*
 * Looks for a port of a range that is free on every local address. libnice's own search makes a new socket per try and
 * runs upward through the taken ports: 160 ms for a full range of 1000.
 */
#ifndef URCHIN_IO_NICE_PORTS_H
#define URCHIN_IO_NICE_PORTS_H

#include <nice/agent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct urchin_nice_ports {
	const NiceAddress *addresses;
	size_t count;
	uint16_t min; /* >= 1 */
	uint16_t max;
	bool tcp;    /* TCP must be free too */
	size_t left; /* ports not tried yet */
	uint32_t at;
	uint32_t step;
};

/* `random` gives the order in which ports are tried: each of the range once. */
void urchin_nice_ports_init(struct urchin_nice_ports *ports, uint32_t random);

/*
 * The next port on which all addresses can be bound; those that aren't this machine's don't count. It is free no
 * longer when another process takes it first: ask again then. Returns the port, or URCHIN_EFULL.
 */
int urchin_nice_ports_next(struct urchin_nice_ports *ports);

#endif
