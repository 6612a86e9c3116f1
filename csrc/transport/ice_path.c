#include "transport/ice_path.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/prefetch.h"
#include "transport/ice_path_internal.h"

struct urchin_ice_path *urchin_ice_path_new(const struct urchin_ice_path_config *config,
					    const struct urchin_ice_path_callbacks *callbacks, void *owner)
{
	struct urchin_ice_path *path = calloc(1, sizeof *path);
	if (!path)
		return NULL;
	path->config = *config;
	path->callbacks = *callbacks;
	path->owner = owner;
	if (!path->config.disconnected_timeout_us)
		path->config.disconnected_timeout_us = DISCONNECTED_TIMEOUT_US;
	if (!path->config.consent_timeout_us)
		path->config.consent_timeout_us = CONSENT_TIMEOUT_US;
	if (!path->config.relay_patience_us)
		path->config.relay_patience_us = RELAY_PATIENCE_US;
	path->deadline_us = URCHIN_NEVER_US;
	path->ask_us = URCHIN_NEVER_US;
	path->settle_us = URCHIN_NEVER_US;
	path->contest.pause_us = CONTEST_PAUSE_US;
	return path;
}

void urchin_ice_path_free(struct urchin_ice_path *path)
{
	if (!path)
		return;
	OPENSSL_cleanse(path->local_pwd, sizeof path->local_pwd);
	OPENSSL_cleanse(path->remote_pwd, sizeof path->remote_pwd);
	free(path);
}

/* --- credentials and role --- */

/* Returns 1 when they are new. */
static int set_credentials(char *ufrag, char *pwd, const char *new_ufrag, const char *new_pwd)
{
	size_t ufrag_len = new_ufrag ? strlen(new_ufrag) : 0;
	size_t pwd_len = new_pwd ? strlen(new_pwd) : 0;
	if (ufrag_len == 0 || ufrag_len >= URCHIN_ICE_CREDENTIAL_CAP)
		return URCHIN_EINVAL;
	if (pwd_len == 0 || pwd_len >= URCHIN_ICE_CREDENTIAL_CAP)
		return URCHIN_EINVAL;
	if (strcmp(ufrag, new_ufrag) == 0 && strcmp(pwd, new_pwd) == 0)
		return 0;
	memcpy(ufrag, new_ufrag, ufrag_len + 1);
	memcpy(pwd, new_pwd, pwd_len + 1);
	return 1;
}

/*
 * A new generation: what was answered with the credentials before proves nothing now, and consent that is gone stays
 * gone until the backend selects a pair.
 */
static void begin_generation(struct urchin_ice_path *path)
{
	urchin_ice_path_forget_checks(path, NULL);
	urchin_ice_path_end_contest(path, false);
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		struct urchin_ice_pair *pair = &path->pairs[i];
		if (!pair->is_used || pair == path->current || pair == path->waiting)
			continue;
		urchin_ice_path_stop_plan(pair, false);
		pair->state = URCHIN_ICE_PAIR_WAITING;
		pair->last_answer_us = 0;
	}
	if (path->liveness == URCHIN_ICE_DEAD) {
		urchin_ice_path_lose(path);
		path->is_started = false;
	}
	urchin_ice_path_wake(path, path->now_us);
}

int urchin_ice_path_set_local(struct urchin_ice_path *path, const char *ufrag, const char *pwd)
{
	int changed = set_credentials(path->local_ufrag, path->local_pwd, ufrag, pwd);
	if (changed > 0)
		begin_generation(path);
	return changed < 0 ? changed : 0;
}

int urchin_ice_path_set_remote(struct urchin_ice_path *path, const char *ufrag, const char *pwd)
{
	int changed = set_credentials(path->remote_ufrag, path->remote_pwd, ufrag, pwd);
	if (changed > 0)
		begin_generation(path);
	return changed < 0 ? changed : 0;
}

void urchin_ice_path_set_controlling(struct urchin_ice_path *path, bool is_controlling)
{
	path->config.is_controlling = is_controlling;
	path->has_news = true;
	urchin_ice_path_wake(path, path->now_us);
}

/* --- addresses --- */

int urchin_ice_path_add_local(struct urchin_ice_path *path, int local, const struct urchin_addr *addr,
			      uint32_t priority)
{
	if (local < 0 || local >= URCHIN_ICE_PATH_LOCALS_MAX || addr->family == URCHIN_ADDR_NONE)
		return URCHIN_EINVAL;
	path->locals[local] = (struct urchin_ice_local){.is_used = true, .addr = *addr, .priority = priority};
	path->has_news = true;
	urchin_ice_path_wake(path, path->now_us);
	return 0;
}

void urchin_ice_path_remove_local(struct urchin_ice_path *path, int local, uint64_t now_us)
{
	if (local < 0 || local >= URCHIN_ICE_PATH_LOCALS_MAX || !path->locals[local].is_used)
		return;
	urchin_ice_path_enter(path, now_us);
	if (path->current && path->current->local == local)
		urchin_ice_path_lose(path);
	if (path->is_waiting && path->waiting && path->waiting->local == local)
		path->is_waiting = false;
	for (size_t i = 0; i < PAIRS_MAX; i++)
		if (path->pairs[i].is_used && path->pairs[i].local == local)
			urchin_ice_path_drop_pair(path, &path->pairs[i]);
	path->locals[local] = (struct urchin_ice_local){0};
	urchin_ice_path_run(path);
}

int urchin_ice_path_add_remote(struct urchin_ice_path *path, const struct urchin_addr *addr,
			       enum urchin_candidate_type type, uint32_t priority, uint64_t now_us)
{
	struct urchin_addr plain = urchin_ice_path_plain(addr);
	if (addr->family == URCHIN_ADDR_NONE || addr->port == 0)
		return URCHIN_EINVAL;
	urchin_ice_path_enter(path, now_us);
	struct urchin_ice_remote *remote = urchin_ice_path_put_remote(path, &plain, type, priority);
	if (!remote)
		return URCHIN_EFULL;
	remote->is_learned = false;
	path->has_news = true;
	if (type == URCHIN_CANDIDATE_HOST || type == URCHIN_CANDIDATE_SRFLX)
		path->hope_us = path->now_us;
	if (type == URCHIN_CANDIDATE_PRFLX) {
		remote->is_trusted = true;
		urchin_ice_path_meet(path, remote);
	}
	urchin_ice_path_run(path);
	return 0;
}

static void take_news(struct urchin_ice_path *path)
{
	path->has_news = false;
	if (urchin_ice_path_wants_direct(path))
		urchin_ice_path_search(path, true);
	if (path->is_recovering)
		urchin_ice_path_form_pairs(path, false);
}

/* --- time --- */

void urchin_ice_path_enter(struct urchin_ice_path *path, uint64_t now_us)
{
	path->now_us = urchin_ice_max(path->now_us, now_us);
}

void urchin_ice_path_wake(struct urchin_ice_path *path, uint64_t deadline_us)
{
	if (deadline_us >= path->deadline_us)
		return;
	path->deadline_us = deadline_us;
	path->callbacks.on_deadline(path->owner);
}

/* At most one check at a time, the most important one that is due. */
static void send_due(struct urchin_ice_path *path)
{
	if (path->pace_us > path->now_us || !urchin_ice_path_can_check(path))
		return;
	struct urchin_ice_pair *pair =
	    urchin_ice_path_consent_due_us(path) <= path->now_us ? path->current : urchin_ice_path_planned(path);
	if (!pair)
		pair = urchin_ice_path_recovery_turn(path);
	if (pair)
		urchin_ice_path_check(path, pair);
}

static uint64_t check_deadline_us(const struct urchin_ice_path *path)
{
	if (!urchin_ice_path_can_check(path))
		return URCHIN_NEVER_US;
	uint64_t deadline_us = urchin_ice_path_consent_due_us(path);
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		const struct urchin_ice_pair *pair = &path->pairs[i];
		if (pair->is_used && pair->plan != URCHIN_ICE_PLAN_NONE)
			deadline_us = urchin_ice_min(deadline_us, pair->next_us);
	}
	return urchin_ice_max(deadline_us, path->pace_us);
}

void urchin_ice_path_run(struct urchin_ice_path *path)
{
	if (path->has_news)
		take_news(path);
	urchin_ice_path_expire_plans(path);
	urchin_ice_path_judge(path);
	urchin_ice_path_run_nomination(path);
	urchin_ice_path_run_liveness(path);
	send_due(path);

	uint64_t before_us = path->deadline_us;
	uint64_t deadline_us = check_deadline_us(path);
	deadline_us = urchin_ice_min(deadline_us, urchin_ice_path_contest_deadline_us(path));
	deadline_us = urchin_ice_min(deadline_us, urchin_ice_path_nomination_deadline_us(path));
	deadline_us = urchin_ice_min(deadline_us, urchin_ice_path_liveness_deadline_us(path));
	path->deadline_us = deadline_us;
	if (deadline_us < before_us)
		path->callbacks.on_deadline(path->owner);
}

void urchin_ice_path_tick(struct urchin_ice_path *path, uint64_t now_us)
{
	urchin_ice_path_enter(path, now_us);
	if (path->deadline_us <= path->now_us)
		urchin_ice_path_run(path);
}

uint64_t urchin_ice_path_deadline_us(const struct urchin_ice_path *path)
{
	return path->deadline_us;
}

/* --- what is known --- */

void urchin_ice_path_prefetch(const struct urchin_ice_path *path)
{
	urchin_prefetch(path, offsetof(struct urchin_ice_path, config));
}

const struct urchin_ice_path_way *urchin_ice_path_current(const struct urchin_ice_path *path)
{
	return path->is_open ? &path->way : NULL;
}

void urchin_ice_path_get_stats(const struct urchin_ice_path *path, struct urchin_ice_path_stats *stats)
{
	*stats = path->stats;
}

size_t urchin_ice_path_get_pairs(const struct urchin_ice_path *path, struct urchin_ice_path_pair *pairs, size_t cap)
{
	size_t count = 0;
	for (size_t i = 0; i < PAIRS_MAX && count < cap; i++) {
		const struct urchin_ice_pair *pair = &path->pairs[i];
		if (!pair->is_used)
			continue;
		pairs[count] = (struct urchin_ice_path_pair){.local = pair->local,
							     .remote = urchin_ice_path_remote_addr(path, pair),
							     .remote_type = pair->remote->type,
							     .is_nominated = pair->is_nominated,
							     .checks_sent = pair->checks_sent,
							     .answers_received = pair->answers_received,
							     .rtt_us = pair->rtt_us};
		pairs[count++].state = pair->state;
	}
	return count;
}
