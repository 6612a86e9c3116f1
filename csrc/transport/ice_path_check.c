/* Checks and their answers: what is asked for which reason, how often, and which answers count (RFC 8445 7.2). */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "transport/ice_path_internal.h"
#include "transport/stun_integrity.h"
#include "wire/stun.h"

#define TAG_LEN 4
#define PRFLX_PREFERENCE (UINT32_C(110) << 24) /* RFC 8445 5.1.2.2 */
#define ROLE_CONFLICT 487                      /* RFC 8445 7.3.1.1 */

bool urchin_ice_path_can_check(const struct urchin_ice_path *path)
{
	return path->local_ufrag[0] && path->remote_ufrag[0];
}

void urchin_ice_path_forget_checks(struct urchin_ice_path *path, const struct urchin_ice_pair *pair)
{
	for (size_t i = 0; i < CHECKS_MAX; i++)
		if (!pair || path->checks[i].pair == pair)
			path->checks[i].pair = NULL;
}

uint64_t urchin_ice_path_rto_us(const struct urchin_ice_path *path)
{
	uint64_t rto_us = path->stats.rtt_us ? 2 * path->stats.rtt_us : RTO_UNKNOWN_US;
	uint64_t active = 0;
	for (size_t i = 0; i < PAIRS_MAX; i++)
		if (path->pairs[i].is_used && path->pairs[i].plan != URCHIN_ICE_PLAN_NONE)
			active++;
	/* RFC 8445 14.3: MAX (minimum, Ta * (Num-Waiting + Num-In-Progress)) */
	rto_us = urchin_ice_max(rto_us, urchin_ice_max(RTO_MIN_US, PACING_US * active));
	return urchin_ice_min(rto_us, RTO_MAX_US);
}

/* --- plans --- */

void urchin_ice_path_start_plan(struct urchin_ice_path *path, struct urchin_ice_pair *pair, enum urchin_ice_plan plan)
{
	pair->plan = plan;
	pair->attempts = 0;
	pair->next_us = path->now_us;
	pair->plan_end_us = path->now_us + SEARCH_US;
	if (pair->state == URCHIN_ICE_PAIR_FAILED)
		pair->state = URCHIN_ICE_PAIR_WAITING;
}

void urchin_ice_path_stop_plan(struct urchin_ice_pair *pair, bool has_failed)
{
	pair->plan = URCHIN_ICE_PLAN_NONE;
	pair->next_us = URCHIN_NEVER_US;
	if (!has_failed)
		return;
	pair->state = URCHIN_ICE_PAIR_FAILED;
	pair->is_challenger = false;
}

static bool is_exhausted(const struct urchin_ice_path *path, const struct urchin_ice_pair *pair)
{
	switch (pair->plan) {
	case URCHIN_ICE_PLAN_PROBE:
		return pair->attempts >= PROBE_ATTEMPTS;
	case URCHIN_ICE_PLAN_NOMINATE:
		return pair->attempts >= NOMINATE_ATTEMPTS;
	default:
		return path->now_us >= pair->plan_end_us;
	}
}

void urchin_ice_path_expire_plans(struct urchin_ice_path *path)
{
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		struct urchin_ice_pair *pair = &path->pairs[i];
		bool is_due = pair->is_used && pair->plan != URCHIN_ICE_PLAN_NONE && pair->next_us <= path->now_us;
		if (is_due && is_exhausted(path, pair))
			urchin_ice_path_stop_plan(pair, pair != path->current);
	}
}

static bool is_more_urgent(const struct urchin_ice_path *path, const struct urchin_ice_pair *a,
			   const struct urchin_ice_pair *b)
{
	if (a->plan != b->plan)
		return a->plan > b->plan;
	if (a->plan == URCHIN_ICE_PLAN_SEARCH && a->attempts == b->attempts)
		return urchin_ice_path_is_better(path, a, b);
	return a->next_us < b->next_us;
}

struct urchin_ice_pair *urchin_ice_path_planned(struct urchin_ice_path *path)
{
	struct urchin_ice_pair *first = NULL;
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		struct urchin_ice_pair *pair = &path->pairs[i];
		bool is_due = pair->is_used && pair->plan != URCHIN_ICE_PLAN_NONE && pair->next_us <= path->now_us;
		if (is_due && (!first || is_more_urgent(path, pair, first)))
			first = pair;
	}
	return first;
}

static void advance_plan(struct urchin_ice_path *path, struct urchin_ice_pair *pair)
{
	if (pair->plan == URCHIN_ICE_PLAN_NONE)
		return;
	bool is_probe = pair->plan == URCHIN_ICE_PLAN_PROBE;
	uint64_t first_us = is_probe ? PROBE_FIRST_US : urchin_ice_path_rto_us(path);
	/* Where each of two links loses a tenth, a third of the checks fails: what matters is asked twice before the
	 * next longer wait. */
	unsigned doublings = is_probe ? pair->attempts : pair->attempts / 2u;
	unsigned shift = doublings < 8 ? doublings : 8;
	pair->next_us = path->now_us + urchin_ice_min(first_us << shift, RTO_MAX_US);
	if (pair->plan == URCHIN_ICE_PLAN_SEARCH)
		pair->next_us = urchin_ice_max(urchin_ice_min(pair->next_us, pair->plan_end_us), path->now_us + 1);
	if (pair->attempts < UINT8_MAX)
		pair->attempts++;
}

/* --- asking --- */

/*
 * The controlling side names the pair in use in each of its checks: a peer to whom our address changed takes the new
 * one at once (RFC 8445 7.3.1.5). A pair that is to replace a silent one is named from the start.
 */
static bool names_pair(const struct urchin_ice_path *path, const struct urchin_ice_pair *pair)
{
	if (!path->config.is_controlling)
		return false;
	if (pair == path->current || pair->plan == URCHIN_ICE_PLAN_NOMINATE)
		return true;
	return pair->is_challenger && path->current && path->current->unanswered_us &&
	       path->now_us >= path->current->last_heard_us + QUIET_BUSY_US &&
	       path->now_us >= path->current->last_answer_us + QUIET_BUSY_US;
}

static struct urchin_ice_check *new_check(struct urchin_ice_path *path, struct urchin_ice_pair *pair)
{
	struct urchin_ice_check *check = &path->checks[path->check_next];
	path->check_next = (path->check_next + 1) % CHECKS_MAX;
	*check = (struct urchin_ice_check){.pair = pair,
					   .sent_us = path->now_us,
					   .use_candidate = names_pair(path, pair),
					   .is_controlling = path->config.is_controlling};
	urchin_write_u64(check->id, path->config.random64());
	return check;
}

/* RFC 8445 7.2.4: the request that asks. */
static int write_check(const struct urchin_ice_path *path, const struct urchin_ice_check *check, uint8_t *bytes,
		       size_t cap)
{
	uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN];
	char username[URCHIN_STUN_USERNAME_MAX + 1];
	uint32_t priority = path->locals[check->pair->local].priority;
	struct urchin_stun_writer writer;

	urchin_write_u32(transaction, path->config.tag);
	memcpy(transaction + TAG_LEN, check->id, sizeof check->id);
	snprintf(username, sizeof username, "%s:%s", path->remote_ufrag, path->local_ufrag);
	urchin_stun_begin(&writer, bytes, cap, URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction);
	urchin_stun_add_username(&writer, username);
	/* RFC 8445 7.1.1: the priority which this address would have if the peer learned it from the check. */
	urchin_stun_add_priority(&writer, PRFLX_PREFERENCE | (priority & 0xffffff));
	urchin_stun_add_role(&writer, check->is_controlling, path->config.tiebreaker);
	if (check->use_candidate)
		urchin_stun_add_use_candidate(&writer);
	urchin_stun_add_integrity(&writer, path->remote_pwd);
	return urchin_stun_finish(&writer);
}

void urchin_ice_path_check(struct urchin_ice_path *path, struct urchin_ice_pair *pair)
{
	uint8_t bytes[URCHIN_STUN_MESSAGE_CAP];
	struct urchin_ice_check *check = new_check(path, pair);
	int len = write_check(path, check, bytes, sizeof bytes);

	path->pace_us = path->now_us + PACING_US;
	pair->last_sent_us = path->now_us;
	if (!pair->unanswered_us)
		pair->unanswered_us = path->now_us;
	if (pair->state != URCHIN_ICE_PAIR_SUCCEEDED)
		pair->state = URCHIN_ICE_PAIR_IN_PROGRESS;
	advance_plan(path, pair);
	if (pair == path->current) {
		path->ask_us = URCHIN_NEVER_US;
		urchin_ice_path_draw_jitter(path);
	}
	if (len < 0) {
		check->pair = NULL;
		return;
	}
	pair->checks_sent++;
	path->stats.checks_sent++;
	struct urchin_addr remote = urchin_ice_path_remote_addr(path, pair);
	path->callbacks.send(path->owner, pair->local, &remote, bytes, (size_t)len);
}

/* --- answers --- */

static struct urchin_ice_check *find_check(struct urchin_ice_path *path, const uint8_t *transaction)
{
	if (urchin_read_u32(transaction) != path->config.tag)
		return NULL;
	for (size_t i = 0; i < CHECKS_MAX; i++) {
		struct urchin_ice_check *check = &path->checks[i];
		if (check->pair && memcmp(check->id, transaction + TAG_LEN, sizeof check->id) == 0)
			return path->now_us - check->sent_us <= CHECK_LIFE_US ? check : NULL;
	}
	return NULL;
}

/* The check that this answers, or NULL. A forged answer leaves the check open for the true one. */
static struct urchin_ice_check *match(struct urchin_ice_path *path, int local, const struct urchin_addr *remote,
				      struct urchin_stun *stun, const uint8_t *bytes, size_t len)
{
	if (urchin_stun_read(stun, bytes, len) != 0 || stun->method != URCHIN_STUN_BINDING)
		return NULL;
	/* RFC 8489 6.3.3: a success with attributes that must be understood and are not is discarded. */
	bool is_answer =
	    stun->class == URCHIN_STUN_ERROR || (stun->class == URCHIN_STUN_SUCCESS && stun->unknown_count == 0);
	struct urchin_ice_check *check = is_answer ? find_check(path, stun->transaction) : NULL;
	if (!check)
		return NULL;
	/* RFC 8445 7.2.5.2.1: it comes from where the check went, to where the check came from. */
	struct urchin_addr plain = urchin_ice_path_plain(remote);
	if (check->pair->local != local || !urchin_addr_equal(&check->pair->remote->addr, &plain))
		return NULL;
	return urchin_stun_check_integrity(stun, bytes, path->remote_pwd) == 0 ? check : NULL;
}

/*
 * An authenticated error proves that the peer lives, but is no consent (RFC 7675 5.1: only a success is).
 * RFC 8445 7.2.5.1: upon a role conflict the next check has the other role.
 */
static void take_error(struct urchin_ice_path *path, const struct urchin_ice_check *check, uint16_t code)
{
	urchin_ice_path_note_sign(path);
	if (code == ROLE_CONFLICT && check->is_controlling == path->config.is_controlling)
		path->config.is_controlling = !check->is_controlling;
}

static void count_answer(struct urchin_ice_path *path, struct urchin_ice_pair *pair, uint64_t rtt_us)
{
	pair->rtt_us = rtt_us;
	pair->answers_received++;
	path->stats.total_rtt_us += rtt_us;
	path->stats.last_answer_us = path->now_us;
	if (pair == path->current || !urchin_ice_path_has_path(path))
		path->stats.rtt_us = rtt_us;
}

static void take_success(struct urchin_ice_path *path, const struct urchin_ice_check *check)
{
	struct urchin_ice_pair *pair = check->pair;
	bool is_confirmed = pair->plan == URCHIN_ICE_PLAN_NOMINATE && check->use_candidate;

	/* The clock of a machine may be coarser than the round trip. */
	count_answer(path, pair, urchin_ice_max(path->now_us - check->sent_us, 1));
	pair->state = URCHIN_ICE_PAIR_SUCCEEDED;
	pair->last_answer_us = path->now_us;
	pair->answered_sent_us = urchin_ice_max(pair->answered_sent_us, check->sent_us);
	pair->unanswered_us = 0;
	pair->remote->is_trusted = true;
	pair->remote->is_learned = false;
	if (pair->plan != URCHIN_ICE_PLAN_NOMINATE)
		urchin_ice_path_stop_plan(pair, false);
	urchin_ice_path_note_sign(path);
	if (pair == path->current) {
		path->consent_us = path->now_us;
		urchin_ice_path_revive(path);
		return;
	}
	if (is_confirmed) {
		urchin_ice_path_move(path, pair, true);
		return;
	}
	/* Found in recovery: it takes the place of a current pair that goes on saying nothing. */
	if (path->is_recovering && !pair->is_challenger)
		urchin_ice_path_challenge(path, pair, 0);
	urchin_ice_path_consider(path);
}

void urchin_ice_path_feed(struct urchin_ice_path *path, int local, const struct urchin_addr *remote,
			  const uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct urchin_stun stun;
	urchin_ice_path_enter(path, now_us);
	struct urchin_ice_check *found = match(path, local, remote, &stun, bytes, len);
	if (!found) {
		path->stats.answers_dropped++;
		return;
	}
	struct urchin_ice_check check = *found;
	found->pair = NULL;
	path->stats.answers_received++;
	if (stun.class == URCHIN_STUN_SUCCESS)
		take_success(path, &check);
	else
		take_error(path, &check, stun.error_code);
	urchin_ice_path_run(path);
}
