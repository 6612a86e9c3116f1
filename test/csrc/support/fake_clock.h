/*
 * The system clock under the test's control. OpenSSL times DTLS retransmissions by gettimeofday(): a test program
 * has one of its own, which tells real time until fake_clock_set_us() was called.
 */
#ifndef URCHIN_TEST_SUPPORT_FAKE_CLOCK_H
#define URCHIN_TEST_SUPPORT_FAKE_CLOCK_H

#include <stdint.h>

/* From now on gettimeofday() tells a fixed date plus `now_us`; UINT64_MAX: real time again. */
void fake_clock_set_us(uint64_t now_us);

#endif
