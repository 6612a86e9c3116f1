/*
 * Whose datagrams the kernel gives to this worker's end of the shared port although another worker's connection is
 * meant: addresses that passed a check over there. Bounded; a claim that is not renewed is forgotten.
 */
#ifndef URCHIN_IO_CLAIMS_H
#define URCHIN_IO_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/table.h"

/* Peers check every few seconds, and consent ends after 30 s (RFC 7675 5.1). */
#define URCHIN_CLAIM_LIFE_US UINT64_C(40000000)
#define URCHIN_CLAIMS_MAX 65536
/* A question costs every worker something, and strangers cause them too: so many at once, and one per interval. */
#define URCHIN_CLAIM_QUESTIONS_MAX 256
#define URCHIN_CLAIM_QUESTION_INTERVAL_US 1000

/* All zero but a secret: nobody can choose addresses whose keys collide. */
struct urchin_claims {
	uint64_t secret;
	struct urchin_table table;
	uint64_t swept_us;
	uint64_t asked_us; /* when the questions so far would have been due, one per interval */
};

void urchin_claims_clear(struct urchin_claims *claims);

/* What comes from `remote` to `local` is for `worker`, for URCHIN_CLAIM_LIFE_US from now. When full it is not taken. */
void urchin_claims_put(struct urchin_claims *claims, const struct urchin_addr *local, const struct urchin_addr *remote,
		       uint32_t worker, uint64_t now_us);

/* Returns the worker, or -1. */
int urchin_claims_find(const struct urchin_claims *claims, const struct urchin_addr *local,
		       const struct urchin_addr *remote, uint64_t now_us);

/* Whether the others may be asked now whose an address is; then that counts as done. */
bool urchin_claims_may_ask(struct urchin_claims *claims, uint64_t now_us);

#endif
