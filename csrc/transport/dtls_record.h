/*
 * Looks at DTLS records (RFC 6347 4.1) before OpenSSL does. OpenSSL drops what fails authentication, but a malformed
 * record in the clear ends the handshake: such bytes are thrown away here instead.
 */
#ifndef URCHIN_TRANSPORT_DTLS_RECORD_H
#define URCHIN_TRANSPORT_DTLS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns the length of the record that `bytes` begins with, header included, or URCHIN_EMALFORMED. */
int urchin_dtls_record_len(const uint8_t *bytes, size_t len);

/* Epoch of a whole record: 0 in the clear, 1 encrypted. */
uint16_t urchin_dtls_record_epoch(const uint8_t *record);

/* Whether a whole record may be given to OpenSSL: sound if in the clear, opaque if encrypted. */
bool urchin_dtls_record_is_sound(const uint8_t *record, size_t len);

#endif
