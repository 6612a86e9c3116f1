/* Sockets of the system's on loopback. */
#ifndef URCHIN_TEST_SUPPORT_LOOPBACK_H
#define URCHIN_TEST_SUPPORT_LOOPBACK_H

#include "support/cmocka_all.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* Returns a bound UDP socket of the family; `addr` (may be NULL, then `len` too) gets its address. */
static inline int open_bound(int family, struct sockaddr_storage *addr, socklen_t *len)
{
	struct sockaddr_in ip4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (family == AF_INET)
		assert_int_equal(bind(fd, (struct sockaddr *)&ip4, sizeof(ip4)), 0);
	else
		assert_int_equal(bind(fd, (struct sockaddr *)&ip6, sizeof(ip6)), 0);
	if (addr) {
		*len = sizeof(*addr);
		assert_int_equal(getsockname(fd, (struct sockaddr *)addr, len), 0);
	}
	return fd;
}

#endif
