/* Our own self-signed ECDSA P-256 certificate: shared by a process's workers, never on disk. */
#ifndef URCHIN_TRANSPORT_CERT_H
#define URCHIN_TRANSPORT_CERT_H

#include <stddef.h>
#include <stdint.h>

#define URCHIN_FINGERPRINT_CAP 64 /* bytes: sha-512 */
#define URCHIN_FINGERPRINT_TEXT_CAP 192

struct urchin_cert;

/* Makes a key and a certificate. Returns NULL when OpenSSL refuses. */
struct urchin_cert *urchin_cert_new(void);
/* The same certificate for one more owner, on any thread; each frees it. */
struct urchin_cert *urchin_cert_share(struct urchin_cert *cert);
/* NULL is allowed. */
void urchin_cert_free(struct urchin_cert *cert);

/* Its SHA-256 fingerprint as SDP shows it (RFC 8122 5): upper-case hex with colons; lives as long as the certificate.
 */
const char *urchin_cert_fingerprint(const struct urchin_cert *cert);

#endif
