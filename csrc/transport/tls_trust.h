/* Whom TLS clients believe: the system's certificate authorities and, if wished, some more. Shared by many clients. */
#ifndef URCHIN_TRANSPORT_TLS_TRUST_H
#define URCHIN_TRANSPORT_TLS_TRUST_H

struct ssl_ctx_st;
struct urchin_tls_trust;

/*
 * ca_pem: certificates (PEM, one or several) trusted beside the system's, authorities or servers' own; NULL: none.
 * The system's are those of SSL_CERT_FILE and SSL_CERT_DIR if one is set, else the distribution's; which, and what a
 * bundle file holds, is found out once per process. Returns 0, URCHIN_EINVAL (ca_pem has no certificate, or a broken
 * one), URCHIN_ENOMEM or URCHIN_ELIBRARY; *trust is set on success only.
 */
int urchin_tls_trust_new(struct urchin_tls_trust **trust, const char *ca_pem);

/* Clients made with it live on. NULL is allowed. */
void urchin_tls_trust_free(struct urchin_tls_trust *trust);

/* OpenSSL's context that clients are made from; stays the trust's. */
struct ssl_ctx_st *urchin_tls_trust_ctx(const struct urchin_tls_trust *trust);

#endif
