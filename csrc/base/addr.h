/* An IP address with a port, as a value: text and classes, no sockets (io/ converts to sockaddr). */
#ifndef URCHIN_BASE_ADDR_H
#define URCHIN_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URCHIN_ADDR_TEXT_CAP 64 /* "[IPv6%scope]:port" and its NUL */

enum urchin_addr_family { URCHIN_ADDR_NONE = 0, URCHIN_ADDR_IPV4 = 4, URCHIN_ADDR_IPV6 = 6 };

struct urchin_addr {
	uint8_t family;    /* urchin_addr_family */
	uint16_t port;     /* host byte order */
	uint8_t bytes[16]; /* network byte order; IPv4 in the first four, the others 0 */
	uint32_t scope_id; /* IPv6 link-local only, else 0 */
};

/* Reads a numeric address ("192.0.2.1", "2001:db8::1", "fe80::1%3"). Returns 0 or URCHIN_EINVAL (*addr untouched). */
int urchin_addr_read(struct urchin_addr *addr, const char *text, uint16_t port);

/* Writes the address without its port, in its canonical form (RFC 5952). `cap` >= URCHIN_ADDR_TEXT_CAP. Returns text.
 */
const char *urchin_addr_write(const struct urchin_addr *addr, char *text, size_t cap);

bool urchin_addr_equal(const struct urchin_addr *a, const struct urchin_addr *b);    /* port too */
bool urchin_addr_equal_ip(const struct urchin_addr *a, const struct urchin_addr *b); /* without port */
uint64_t urchin_addr_hash(const struct urchin_addr *addr, uint64_t seed);

bool urchin_addr_is_loopback(const struct urchin_addr *addr);   /* 127/8, ::1, and IPv4-mapped forms */
bool urchin_addr_is_link_local(const struct urchin_addr *addr); /* 169.254/16, fe80::/10 */
bool urchin_addr_is_usable(const struct urchin_addr *addr);     /* a unicast address with a port a peer can have */

#endif
