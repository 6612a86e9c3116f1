/* Every first byte of a datagram (RFC 7983, RFC 5761). */
#include "wire/demux.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static enum urchin_packet_kind kind_of(uint8_t first, uint8_t second, size_t len)
{
	uint8_t bytes[64] = {first, second, 0, 0, 0x21, 0x12, 0xa4, 0x42};
	return urchin_demux(bytes, len);
}

/* RFC 7983 7, every first byte. */
static void sorts_by_the_first_byte(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		enum urchin_packet_kind expected = first <= 3                     ? URCHIN_PACKET_STUN
						   : first >= 20 && first <= 63   ? URCHIN_PACKET_DTLS
						   : first >= 128 && first <= 191 ? URCHIN_PACKET_RTP
										  : URCHIN_PACKET_UNKNOWN;
		assert_int_equal(kind_of((uint8_t)first, 100, 64), expected);
	}
}

static void rtcp_is_told_by_the_second_byte(void **state)
{
	(void)state;
	for (unsigned second = 0; second < 256; second++)
		assert_int_equal(kind_of(0x80, (uint8_t)second, 64),
				 second >= 192 && second <= 223 ? URCHIN_PACKET_RTCP : URCHIN_PACKET_RTP);
}

static void stun_needs_its_cookie(void **state)
{
	(void)state;
	uint8_t bytes[20] = {0, 1};
	assert_int_equal(urchin_demux(bytes, sizeof(bytes)), URCHIN_PACKET_UNKNOWN);
}

static void short_datagrams_are_unknown(void **state)
{
	(void)state;
	assert_int_equal(kind_of(0, 1, 19), URCHIN_PACKET_UNKNOWN);
	assert_int_equal(kind_of(22, 0, 12), URCHIN_PACKET_UNKNOWN);
	assert_int_equal(kind_of(0x80, 100, 11), URCHIN_PACKET_UNKNOWN);
	assert_int_equal(kind_of(0x80, 200, 7), URCHIN_PACKET_UNKNOWN);
	assert_int_equal(kind_of(0x80, 200, 1), URCHIN_PACKET_UNKNOWN);
	assert_int_equal(urchin_demux(NULL, 0), URCHIN_PACKET_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sorts_by_the_first_byte),
	    cmocka_unit_test(rtcp_is_told_by_the_second_byte),
	    cmocka_unit_test(stun_needs_its_cookie),
	    cmocka_unit_test(short_datagrams_are_unknown),
	};
	return cmocka_run_group_tests_name("demux", tests, NULL, NULL);
}
