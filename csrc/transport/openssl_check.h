/* Which OpenSSL this is: Node exports one of its own, and an addon may silently run on that. */
#ifndef URCHIN_TRANSPORT_OPENSSL_CHECK_H
#define URCHIN_TRANSPORT_OPENSSL_CHECK_H

/* Returns NULL when all is well, else a sentence that says what is wrong; static storage. */
const char *urchin_openssl_problem(void);

#endif
