/* A table of claims; the old ones are swept out now and then. */
#include "io/claims.h"

#include <stdlib.h>

#define SWEEP_INTERVAL_US UINT64_C(10000000)
#define SWEEP_COUNT_MAX 256

struct claim {
	uint64_t key;
	struct urchin_addr local;
	struct urchin_addr remote;
	uint32_t worker;
	uint64_t end_us;
};

static uint64_t key_of(const struct urchin_claims *claims, const struct urchin_addr *local,
		       const struct urchin_addr *remote)
{
	return urchin_addr_hash(remote, urchin_addr_hash(local, claims->secret));
}

static struct claim *find(const struct urchin_claims *claims, const struct urchin_addr *local,
			  const struct urchin_addr *remote)
{
	struct claim *claim = urchin_table_find(&claims->table, key_of(claims, local, remote));
	bool is_it = claim && urchin_addr_equal(&claim->local, local) && urchin_addr_equal(&claim->remote, remote);

	return is_it ? claim : NULL;
}

/* A walk ends when the table changes, so the keys are collected first; what is left over goes next time. */
static void sweep(struct urchin_claims *claims, uint64_t now_us)
{
	struct claim *old[SWEEP_COUNT_MAX];
	size_t cursor = 0, count = 0;
	struct claim *claim;

	claims->swept_us = now_us;
	while (count < SWEEP_COUNT_MAX && (claim = urchin_table_next(&claims->table, &cursor)))
		if (claim->end_us <= now_us)
			old[count++] = claim;
	for (size_t i = 0; i < count; i++)
		free(urchin_table_remove(&claims->table, old[i]->key));
}

void urchin_claims_clear(struct urchin_claims *claims)
{
	size_t cursor = 0;
	struct claim *claim;

	while ((claim = urchin_table_next(&claims->table, &cursor)))
		free(claim);
	urchin_table_clear(&claims->table);
}

void urchin_claims_put(struct urchin_claims *claims, const struct urchin_addr *local, const struct urchin_addr *remote,
		       uint32_t worker, uint64_t now_us)
{
	struct claim *claim = find(claims, local, remote);

	if (!claim) {
		if (now_us - claims->swept_us >= SWEEP_INTERVAL_US || claims->table.count >= URCHIN_CLAIMS_MAX)
			sweep(claims, now_us);
		claim = claims->table.count < URCHIN_CLAIMS_MAX ? calloc(1, sizeof(*claim)) : NULL;
		if (!claim)
			return;
		*claim = (struct claim){.key = key_of(claims, local, remote), .local = *local, .remote = *remote};
		if (urchin_table_add(&claims->table, claim->key, claim) < 0) {
			free(claim);
			return;
		}
	}
	claim->worker = worker;
	claim->end_us = now_us + URCHIN_CLAIM_LIFE_US;
}

int urchin_claims_find(const struct urchin_claims *claims, const struct urchin_addr *local,
		       const struct urchin_addr *remote, uint64_t now_us)
{
	const struct claim *claim = find(claims, local, remote);

	return claim && claim->end_us > now_us ? (int)claim->worker : -1;
}

bool urchin_claims_may_ask(struct urchin_claims *claims, uint64_t now_us)
{
	uint64_t saved_us = (uint64_t)URCHIN_CLAIM_QUESTIONS_MAX * URCHIN_CLAIM_QUESTION_INTERVAL_US;

	if (claims->asked_us + saved_us < now_us)
		claims->asked_us = now_us - saved_us;
	if (claims->asked_us + URCHIN_CLAIM_QUESTION_INTERVAL_US > now_us)
		return false;
	claims->asked_us += URCHIN_CLAIM_QUESTION_INTERVAL_US;
	return true;
}
