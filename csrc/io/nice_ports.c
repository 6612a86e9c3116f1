/* A descriptor per family and protocol is tried on one port after the other until a bind works: 1 µs each. */
#include "io/nice_ports.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

enum { UDP4, UDP6, TCP4, TCP6, KIND_COUNT };

static uint32_t gcd(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

void urchin_nice_ports_init(struct urchin_nice_ports *ports, uint32_t random)
{
	uint32_t size = (uint32_t)ports->max - ports->min + 1;

	ports->left = size;
	ports->at = random % size;
	/* A step without a common divisor reaches every port once, and neighbours that take ports together part. */
	ports->step = size > 1 ? 1 + random / size % (size - 1) : 1;
	while (gcd(size, ports->step) != 1)
		ports->step = ports->step % size + 1;
}

/* A bound descriptor can't be bound again: it is replaced when it is needed next. */
static int make_fd(int *fd, int kind)
{
	if (*fd < 0)
		*fd = socket(kind == UDP6 || kind == TCP6 ? AF_INET6 : AF_INET,
			     (kind <= UDP6 ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	return *fd;
}

static bool is_free(int fds[KIND_COUNT], int kind, const NiceAddress *address, uint16_t port)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr *name = (struct sockaddr *)&storage;
	socklen_t len = kind == UDP4 || kind == TCP4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	nice_address_copy_to_sockaddr(address, name);
	if (name->sa_family == AF_INET)
		((struct sockaddr_in *)&storage)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)&storage)->sin6_port = htons(port);
	if (make_fd(&fds[kind], kind) < 0)
		return true;
	if (bind(fds[kind], name, len))
		return errno != EADDRINUSE && errno != EACCES;
	close(fds[kind]);
	fds[kind] = -1;
	return true;
}

static bool is_free_everywhere(const struct urchin_nice_ports *ports, int fds[KIND_COUNT], uint16_t port)
{
	for (size_t i = 0; i < ports->count; i++) {
		bool is_ip6 = ports->addresses[i].s.addr.sa_family == AF_INET6;

		if (!is_free(fds, is_ip6 ? UDP6 : UDP4, &ports->addresses[i], port))
			return false;
		if (ports->tcp && !is_free(fds, is_ip6 ? TCP6 : TCP4, &ports->addresses[i], port))
			return false;
	}
	return true;
}

int urchin_nice_ports_next(struct urchin_nice_ports *ports)
{
	int fds[KIND_COUNT] = {-1, -1, -1, -1};
	uint32_t size = (uint32_t)ports->max - ports->min + 1;
	int found = URCHIN_EFULL;

	while (ports->left > 0 && found < 0) {
		uint16_t port = (uint16_t)(ports->min + ports->at);

		ports->left--;
		ports->at = (ports->at + ports->step) % size;
		if (is_free_everywhere(ports, fds, port))
			found = port;
	}
	for (int i = 0; i < KIND_COUNT; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return found;
}
