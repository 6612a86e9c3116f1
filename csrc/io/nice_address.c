/* Which addresses libnice can be trusted with. */
#include "io/nice_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <nice/interfaces.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool urchin_nice_read_address(NiceAddress *address, const char *text, uint16_t port)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST};
	struct addrinfo *found = NULL;
	unsigned char bytes[sizeof(struct in6_addr)];

	/* getaddrinfo() alone takes "1" and "0x7f.1" too; only it reads scopes. */
	if (!strchr(text, ':') && inet_pton(AF_INET, text, bytes) != 1)
		return false;
	if (getaddrinfo(text, NULL, &hints, &found) != 0)
		return false;
	nice_address_init(address);
	nice_address_set_from_sockaddr(address, found->ai_addr);
	nice_address_set_port(address, port);
	freeaddrinfo(found);
	return true;
}

bool urchin_nice_is_usable(const NiceAddress *address)
{
	if (address->s.addr.sa_family == AF_INET) {
		uint32_t ip = ntohl(address->s.ip4.sin_addr.s_addr);

		/* RFC 6890: "this network"; multicast, reserved and broadcast. */
		return ip >> 24 != 0 && ip >> 28 < 14;
	}
	if (address->s.addr.sa_family == AF_INET6) {
		const struct in6_addr *ip = &address->s.ip6.sin6_addr;

		return !IN6_IS_ADDR_UNSPECIFIED(ip) && !IN6_IS_ADDR_MULTICAST(ip) && !IN6_IS_ADDR_V4MAPPED(ip);
	}
	return false;
}

/*
 * libnice gives each candidate a preference by its address's place among the machine's addresses (one that is not
 * among them comes last), and aborts the process at the 65th. Machines with many containers have more.
 */
static size_t find_place(const char *text)
{
	GList *addresses = nice_interfaces_get_local_ips(TRUE);
	size_t len = strcspn(text, "%");
	size_t place = 0;

	for (GList *item = addresses; item; item = item->next, place++) {
		const char *address = item->data;

		if (strcspn(address, "%") == len && strncmp(address, text, len) == 0)
			break;
	}
	g_list_free_full(addresses, g_free);
	return place;
}

size_t urchin_nice_read_addresses(NiceAddress *addresses, const char *const *texts, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count && found < URCHIN_NICE_ADDRESSES_MAX; i++) {
		NiceAddress *address = &addresses[found];
		size_t same = 0;

		if (!urchin_nice_read_address(address, texts[i], 0) || !urchin_nice_is_usable(address) ||
		    find_place(texts[i]) >= URCHIN_NICE_ADDRESSES_MAX)
			continue;
		while (same < found && !nice_address_equal(&addresses[same], address))
			same++;
		if (same == found)
			found++;
	}
	return found;
}

bool urchin_nice_has_too_many_for_relays(void)
{
	/* A relay's address is the machine's own never. */
	return find_place("") >= URCHIN_NICE_ADDRESSES_MAX;
}

bool urchin_nice_can_bind(const NiceAddress *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct sockaddr_storage storage = {0};
		struct sockaddr *address = (struct sockaddr *)&storage;
		int fd;
		int err;

		nice_address_copy_to_sockaddr(&addresses[i], address);
		fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		err = bind(fd, address,
			   address->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		close(fd);
		if (!err)
			return true;
	}
	return false;
}
