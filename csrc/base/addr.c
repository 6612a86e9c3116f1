#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

#define IPV6_LEN 16
#define IPV4_LEN 4
/* "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255" without its NUL; longer is no address. */
#define IP_TEXT_MAX 45
#define SCOPE_DIGITS_MAX 10

/* ::ffff:0:0/96 (RFC 4291 2.5.5.2) */
static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const struct urchin_addr *addr)
{
	return addr->family == URCHIN_ADDR_IPV6 && memcmp(addr->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

/* The four bytes of an IPv4 address, also of a mapped one; else NULL. */
static const uint8_t *ipv4_of(const struct urchin_addr *addr)
{
	if (addr->family == URCHIN_ADDR_IPV4)
		return addr->bytes;
	return is_mapped(addr) ? addr->bytes + sizeof(mapped_prefix) : NULL;
}

/* A number from 1 on; names of interfaces are the business of who knows the interfaces. Returns 0 for all else. */
static uint32_t read_scope(const char *text)
{
	uint64_t scope = 0;
	size_t len = strlen(text);

	if (len > SCOPE_DIGITS_MAX)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		scope = scope * 10 + (uint64_t)(text[i] - '0');
	}
	return scope <= UINT32_MAX ? (uint32_t)scope : 0;
}

static int read_scoped(struct urchin_addr *addr, const char *ip, const char *scope)
{
	if (!scope && inet_pton(AF_INET, ip, addr->bytes) == 1) {
		addr->family = URCHIN_ADDR_IPV4;
		return 0;
	}
	if (inet_pton(AF_INET6, ip, addr->bytes) != 1)
		return URCHIN_EINVAL;
	addr->family = URCHIN_ADDR_IPV6;
	if (!scope)
		return 0;
	addr->scope_id = read_scope(scope);
	return addr->scope_id != 0 && urchin_addr_is_link_local(addr) ? 0 : URCHIN_EINVAL;
}

int urchin_addr_read(struct urchin_addr *addr, const char *text, uint16_t port)
{
	struct urchin_addr read = {.port = port};
	char ip[IP_TEXT_MAX + 1];
	size_t len = text ? strcspn(text, "%") : 0;

	if (len == 0 || len > IP_TEXT_MAX)
		return URCHIN_EINVAL;
	memcpy(ip, text, len);
	ip[len] = '\0';
	if (read_scoped(&read, ip, text[len] == '%' ? text + len + 1 : NULL))
		return URCHIN_EINVAL;
	*addr = read;
	return 0;
}

const char *urchin_addr_write(const struct urchin_addr *addr, char *text, size_t cap)
{
	char ip[INET6_ADDRSTRLEN] = "";

	if (addr->family == URCHIN_ADDR_IPV4)
		inet_ntop(AF_INET, addr->bytes, ip, sizeof(ip));
	else if (addr->family == URCHIN_ADDR_IPV6)
		inet_ntop(AF_INET6, addr->bytes, ip, sizeof(ip));
	if (addr->family == URCHIN_ADDR_IPV6 && addr->scope_id != 0)
		snprintf(text, cap, "%s%%%u", ip, (unsigned int)addr->scope_id);
	else
		snprintf(text, cap, "%s", ip);
	return text;
}

bool urchin_addr_equal_ip(const struct urchin_addr *a, const struct urchin_addr *b)
{
	return a->family == b->family && a->scope_id == b->scope_id &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool urchin_addr_equal(const struct urchin_addr *a, const struct urchin_addr *b)
{
	return a->port == b->port && urchin_addr_equal_ip(a, b);
}

/* Every bit of the input moves about half of the output's (the finalizer of splitmix64). */
static uint64_t mix(uint64_t value)
{
	value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

uint64_t urchin_addr_hash(const struct urchin_addr *addr, uint64_t seed)
{
	uint64_t hash = mix(seed ^ urchin_read_u64(addr->bytes));

	hash = mix(hash + urchin_read_u64(addr->bytes + 8));
	return mix(hash + ((uint64_t)addr->scope_id << 24 | (uint64_t)addr->port << 8 | addr->family));
}

bool urchin_addr_is_loopback(const struct urchin_addr *addr)
{
	static const uint8_t loopback6[IPV6_LEN] = {[15] = 1};
	const uint8_t *ipv4 = ipv4_of(addr);

	if (ipv4)
		return ipv4[0] == 127;
	return addr->family == URCHIN_ADDR_IPV6 && memcmp(addr->bytes, loopback6, IPV6_LEN) == 0;
}

bool urchin_addr_is_link_local(const struct urchin_addr *addr)
{
	const uint8_t *ipv4 = ipv4_of(addr);

	if (ipv4)
		return ipv4[0] == 169 && ipv4[1] == 254;
	return addr->family == URCHIN_ADDR_IPV6 && addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

bool urchin_addr_is_usable(const struct urchin_addr *addr)
{
	static const uint8_t broadcast[IPV4_LEN] = {255, 255, 255, 255};
	static const uint8_t zeros[12];

	if (addr->port == 0)
		return false;
	if (addr->family == URCHIN_ADDR_IPV4)
		return addr->bytes[0] != 0 && (addr->bytes[0] & 0xf0) != 0xe0 &&
		       memcmp(addr->bytes, broadcast, IPV4_LEN) != 0;
	if (addr->family != URCHIN_ADDR_IPV6 || addr->bytes[0] == 0xff)
		return false;
	/* RFC 8445 5.1.1.1: nobody has IPv4-mapped or IPv4-compatible ones; they are a way around filters. */
	return !is_mapped(addr) && (memcmp(addr->bytes, zeros, sizeof(zeros)) != 0 || urchin_addr_is_loopback(addr));
}
