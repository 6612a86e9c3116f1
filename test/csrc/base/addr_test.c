/* Addresses: text both ways, what is refused, equality, classes. */
#include "base/addr.h"

#include "support/cmocka_all.h"

#include <string.h>

#include "base/err.h"

static struct urchin_addr addr_of(const char *text, uint16_t port)
{
	struct urchin_addr addr = {0};
	assert_int_equal(urchin_addr_read(&addr, text, port), 0);
	return addr;
}

static void reads_bytes_port_and_scope(void **state)
{
	(void)state;
	static const uint8_t ipv4[16] = {192, 0, 2, 1};
	static const uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	struct urchin_addr addr = addr_of("192.0.2.1", 3478);
	assert_int_equal(addr.family, URCHIN_ADDR_IPV4);
	assert_int_equal(addr.port, 3478);
	assert_memory_equal(addr.bytes, ipv4, 16);
	assert_int_equal(addr.scope_id, 0);
	addr = addr_of("2001:db8::1", 65535);
	assert_int_equal(addr.family, URCHIN_ADDR_IPV6);
	assert_int_equal(addr.port, 65535);
	assert_memory_equal(addr.bytes, ipv6, 16);
	addr = addr_of("fe80::1%4294967295", 0);
	assert_int_equal(addr.scope_id, UINT32_MAX);
	assert_int_equal(addr.port, 0);
}

/* RFC 5952 4 and 5: lower case, no leading zeros, the first of the longest runs of zeros shortened. */
static void writes_the_canonical_form(void **state)
{
	(void)state;
	static const struct {
		const char *text, *canonical;
	} cases[] = {
	    {"0.0.0.0", "0.0.0.0"},
	    {"255.255.255.255", "255.255.255.255"},
	    {"2001:0DB8:0:0:0:0:0:0001", "2001:db8::1"},
	    {"::", "::"},
	    {"::1", "::1"},
	    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
	    {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
	    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
	    {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
	    {"::FFFF:C000:0201", "::ffff:192.0.2.1"},
	    {"fe80::1%3", "fe80::1%3"},
	    {"fe80:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295",
	     "fe80:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[URCHIN_ADDR_TEXT_CAP];
		struct urchin_addr addr = addr_of(cases[i].text, 9), again;
		assert_string_equal(urchin_addr_write(&addr, text, sizeof(text)), cases[i].canonical);
		assert_int_equal(urchin_addr_read(&again, text, 9), 0);
		assert_true(urchin_addr_equal(&addr, &again));
	}
	char text[URCHIN_ADDR_TEXT_CAP];
	struct urchin_addr none = {0};
	assert_string_equal(urchin_addr_write(&none, text, sizeof(text)), "");
}

static void refuses_what_is_no_address(void **state)
{
	(void)state;
	static const char *const cases[] = {
	    "",
	    " ",
	    "example.org",
	    "192.0.2",
	    "192.0.2.256",
	    "192.0.2.1.1",
	    "192.0.2.1 ",
	    " 192.0.2.1",
	    "192.0.2.1:80",
	    "192.0.2.1%1",
	    "0x7f.0.0.1",
	    "0300.0.2.1",
	    "3221225985",
	    "[::1]",
	    ":",
	    ":::",
	    "1::2::3",
	    "12345::",
	    "1:2:3:4:5:6:7:8:9",
	    "g::",
	    "fe80::1%",
	    "fe80::1%0",
	    "fe80::1%eth0",
	    "fe80::1%1%2",
	    "fe80::1%-1",
	    "fe80::1%4294967296",
	    "fe80::1%99999999999999999999",
	    "2001:db8::1%1",
	    "%1",
	    "0000000000000000000000000000000000000000000000000000000000000000000000:0",
	    "fdd7a2f0-0c5c-4a3c-b2b4-9a9f4d3a4e5c.local",
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct urchin_addr addr = {.port = 77}, before = addr;
		if (urchin_addr_read(&addr, cases[i], 1) != URCHIN_EINVAL)
			fail_msg("\"%s\" was read", cases[i]);
		assert_true(urchin_addr_equal(&addr, &before));
	}
	struct urchin_addr addr;
	assert_int_equal(urchin_addr_read(&addr, NULL, 1), URCHIN_EINVAL);
}

static void writes_no_more_than_fits(void **state)
{
	(void)state;
	struct urchin_addr addr = addr_of("2001:db8::1", 1);
	char text[8] = "xxxxxxx";
	urchin_addr_write(&addr, text, 5);
	assert_string_equal(text, "2001");
	assert_int_equal(text[5], 'x');
}

static void compares_address_port_and_scope(void **state)
{
	(void)state;
	struct urchin_addr a = addr_of("192.0.2.1", 1), b = addr_of("192.0.2.1", 2), c = addr_of("192.0.2.2", 1);
	struct urchin_addr one = addr_of("fe80::1%1", 1), two = addr_of("fe80::1%2", 1);
	struct urchin_addr mapped = addr_of("::ffff:192.0.2.1", 1);
	assert_true(urchin_addr_equal(&a, &a));
	assert_false(urchin_addr_equal(&a, &b));
	assert_true(urchin_addr_equal_ip(&a, &b));
	assert_false(urchin_addr_equal_ip(&a, &c));
	assert_false(urchin_addr_equal_ip(&one, &two));
	assert_false(urchin_addr_equal_ip(&a, &mapped));
}

/* A stranger chooses addresses and ports: they must spread over the buckets, and how must depend on the seed. */
static void hashes_spread_and_depend_on_the_seed(void **state)
{
	(void)state;
	unsigned int counts[64] = {0}, same = 0;
	struct urchin_addr addr = addr_of("192.0.2.1", 0);
	for (unsigned int port = 0; port < 65536; port++) {
		addr.port = (uint16_t)port;
		uint64_t hash = urchin_addr_hash(&addr, 1);
		counts[hash % 64]++;
		same += hash % 64 == urchin_addr_hash(&addr, 2) % 64;
		assert_int_equal(hash, urchin_addr_hash(&addr, 1));
	}
	/* 1024 expected, standard deviation 32. */
	for (size_t i = 0; i < 64; i++)
		assert_in_range(counts[i], 800, 1250);
	assert_in_range(same, 800, 1250);
	struct urchin_addr one = addr_of("fe80::1%1", 1), two = addr_of("fe80::1%2", 1),
			   other = addr_of("fe80::2%1", 1);
	assert_true(urchin_addr_hash(&one, 1) != urchin_addr_hash(&two, 1));
	assert_true(urchin_addr_hash(&one, 1) != urchin_addr_hash(&other, 1));
}

static void knows_classes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool is_loopback, is_link_local, is_usable;
	} cases[] = {
	    {"127.0.0.1", true, false, true},
	    {"127.255.255.254", true, false, true},
	    {"128.0.0.1", false, false, true},
	    {"::1", true, false, true},
	    {"::2", false, false, false},
	    {"::ffff:127.0.0.1", true, false, false},
	    {"::ffff:192.0.2.1", false, false, false},
	    {"169.254.0.1", false, true, true},
	    {"169.253.0.1", false, false, true},
	    {"::ffff:169.254.0.1", false, true, false},
	    {"fe80::1", false, true, true},
	    {"febf::1%1", false, true, true},
	    {"fec0::1", false, false, true},
	    {"fd00::1", false, false, true},
	    {"10.0.0.1", false, false, true},
	    {"0.0.0.0", false, false, false},
	    {"0.1.2.3", false, false, false},
	    {"223.255.255.255", false, false, true},
	    {"224.0.0.1", false, false, false},
	    {"239.255.255.255", false, false, false},
	    {"240.0.0.1", false, false, true},
	    {"255.255.255.255", false, false, false},
	    {"::", false, false, false},
	    {"ff02::fb", false, false, false},
	    {"2001:db8::1", false, false, true},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct urchin_addr addr = addr_of(cases[i].text, 5000), portless = addr_of(cases[i].text, 0);
		if (urchin_addr_is_loopback(&addr) != cases[i].is_loopback ||
		    urchin_addr_is_link_local(&addr) != cases[i].is_link_local ||
		    urchin_addr_is_usable(&addr) != cases[i].is_usable)
			fail_msg("%s is in the wrong class", cases[i].text);
		assert_false(urchin_addr_is_usable(&portless));
	}
	struct urchin_addr none = {.port = 5000};
	assert_false(urchin_addr_is_usable(&none));
	assert_false(urchin_addr_is_loopback(&none));
	assert_false(urchin_addr_is_link_local(&none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_bytes_port_and_scope),
	    cmocka_unit_test(writes_the_canonical_form),
	    cmocka_unit_test(refuses_what_is_no_address),
	    cmocka_unit_test(writes_no_more_than_fits),
	    cmocka_unit_test(compares_address_port_and_scope),
	    cmocka_unit_test(hashes_spread_and_depend_on_the_seed),
	    cmocka_unit_test(knows_classes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
