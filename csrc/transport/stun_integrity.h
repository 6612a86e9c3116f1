/* MESSAGE-INTEGRITY of STUN messages (RFC 8489 14.5): HMAC-SHA1 by OpenSSL, compared in constant time. */
#ifndef URCHIN_TRANSPORT_STUN_INTEGRITY_H
#define URCHIN_TRANSPORT_STUN_INTEGRITY_H

#include "wire/stun.h"

/*
 * Checks a message that urchin_stun_read() accepted; `bytes` is the datagram it was read from (not modified), key the
 * short-term password. Returns 0 or URCHIN_EAUTH (wrong, or absent).
 */
int urchin_stun_check_integrity(const struct urchin_stun *stun, const uint8_t *bytes, const char *key);

/* Appends the attribute; only FINGERPRINT may follow. An overflow or a failure of OpenSSL is remembered by the writer.
 */
void urchin_stun_add_integrity(struct urchin_stun_writer *writer, const char *key);

#endif
