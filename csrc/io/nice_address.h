/* The local addresses that an agent gathers on. */
#ifndef URCHIN_IO_NICE_ADDRESS_H
#define URCHIN_IO_NICE_ADDRESS_H

#include <nice/agent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libnice aborts the process beyond this (NICE_CANDIDATE_MAX_LOCAL_ADDRESSES). */
#define URCHIN_NICE_ADDRESSES_MAX 64

/* Reads a numeric address; a scope ("%eth0") is allowed. Returns false when it is none. */
bool urchin_nice_read_address(NiceAddress *address, const char *text, uint16_t port);

/*
 * Whether a host may be at this address: not unspecified, multicast, broadcast or reserved, nor an IPv4 address in
 * IPv6 clothes.
 */
bool urchin_nice_is_usable(const NiceAddress *address);

/* Reads the usable ones, each once, into `addresses` (URCHIN_NICE_ADDRESSES_MAX). Returns how many. */
size_t urchin_nice_read_addresses(NiceAddress *addresses, const char *const *texts, size_t count);

/* Whether the machine has so many addresses that libnice can't rank a relay among them. */
bool urchin_nice_has_too_many_for_relays(void);

/* Whether any of the addresses takes a UDP socket, on whatever port. */
bool urchin_nice_can_bind(const NiceAddress *addresses, size_t count);

#endif
