/* Two certificates for the programs that need a pair of peers. Functions are static: each test program has its own. */
#ifndef URCHIN_TEST_TRANSPORT_TEST_CERTS_H
#define URCHIN_TEST_TRANSPORT_TEST_CERTS_H

#include "support/cmocka_all.h"

#include "transport/cert.h"

static struct urchin_cert *certs[2];

/* Set-up and tear-down of a group of tests. */
static int make_certs(void **state)
{
	(void)state;
	certs[0] = urchin_cert_new();
	certs[1] = urchin_cert_new();
	return certs[0] && certs[1] ? 0 : -1;
}

static int free_certs(void **state)
{
	(void)state;
	urchin_cert_free(certs[0]);
	urchin_cert_free(certs[1]);
	return 0;
}

#endif
