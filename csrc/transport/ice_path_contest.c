/*
 * Another address of the peer against the current path: both are asked at the same time, and packets move when only
 * the other one answers, or when both do and the peer uses that one.
 */
#include "transport/ice_path_internal.h"

bool urchin_ice_path_is_within(const struct urchin_ice_path *path, uint64_t time_us, uint64_t span_us)
{
	return time_us && path->now_us - time_us < span_us;
}

bool urchin_ice_path_is_in_use(const struct urchin_ice_path *path)
{
	uint64_t heard_us = path->current ? path->current->last_heard_us : path->backend.heard_us;
	return urchin_ice_path_is_within(path, heard_us, FOLLOW_SILENCE_US) ||
	       urchin_ice_path_is_within(path, path->taken_us, FOLLOW_TAKEN_US);
}

static uint64_t verdict_wait_us(const struct urchin_ice_path *path)
{
	uint64_t rtt_us = path->current ? path->current->rtt_us : 0;
	return urchin_ice_max(VERDICT_US, VERDICT_RTTS * rtt_us);
}

static bool has_current_answered(const struct urchin_ice_path *path)
{
	if (path->current)
		return path->current->answered_sent_us >= path->contest.start_us;
	return path->is_on_backend && path->backend.is_alive &&
	       urchin_ice_path_is_within(path, path->backend.heard_us, RECOVERY_AFTER_US);
}

static void open_contest(struct urchin_ice_path *path)
{
	struct urchin_ice_contest *contest = &path->contest;
	bool is_undecided = contest->is_open && !has_current_answered(path);
	/* Not begun anew by each packet from elsewhere: the current pair is being asked. */
	if (is_undecided || (contest->is_open && path->now_us - contest->start_us < VERDICT_US / 2))
		return;
	contest->is_open = true;
	contest->start_us = path->now_us;
	if (path->current)
		path->ask_us = path->now_us;
}

static void drop_probe_below(struct urchin_ice_path *path, uint8_t rank, unsigned *outstanding)
{
	struct urchin_ice_pair *least = NULL;
	*outstanding = 0;
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		struct urchin_ice_pair *pair = &path->pairs[i];
		if (!pair->is_used || pair->plan != URCHIN_ICE_PLAN_PROBE)
			continue;
		(*outstanding)++;
		if (pair->probe_rank < rank && (!least || pair->probe_rank < least->probe_rank))
			least = pair;
	}
	if (*outstanding < PROBES_MAX || !least)
		return;
	urchin_ice_path_stop_plan(least, true);
	(*outstanding)--;
}

bool urchin_ice_path_make_room(struct urchin_ice_path *path, uint8_t rank)
{
	unsigned outstanding;
	drop_probe_below(path, rank, &outstanding);
	return outstanding < PROBES_MAX;
}

void urchin_ice_path_challenge(struct urchin_ice_path *path, struct urchin_ice_pair *pair, uint8_t rank)
{
	bool is_fresh = pair && pair->last_answer_us == path->now_us && pair->last_answer_us;
	bool is_asked = pair && (pair->plan == URCHIN_ICE_PLAN_PROBE || pair->plan == URCHIN_ICE_PLAN_NOMINATE);
	bool needs_probe = pair && !is_fresh && !is_asked;
	if (needs_probe && !urchin_ice_path_make_room(path, rank))
		return;
	if (needs_probe)
		urchin_ice_path_start_plan(path, pair, URCHIN_ICE_PLAN_PROBE);
	if (pair)
		pair->probe_rank = rank;
	if (!path->is_started)
		return;
	if (pair)
		pair->is_challenger = true;
	else
		path->backend.is_challenger = true;
	open_contest(path);
}

void urchin_ice_path_end_contest(struct urchin_ice_path *path, bool is_kept)
{
	struct urchin_ice_contest *contest = &path->contest;
	for (size_t i = 0; i < PAIRS_MAX; i++)
		path->pairs[i].is_challenger = false;
	path->backend.is_challenger = false;
	contest->is_open = false;
	if (!is_kept) {
		contest->pause_us = CONTEST_PAUSE_US;
		contest->paused_until_us = 0;
		return;
	}
	contest->paused_until_us = path->now_us + contest->pause_us;
	contest->pause_us = urchin_ice_min(2 * contest->pause_us, CONTEST_PAUSE_MAX_US);
}

/* The best pair that answered during the contest; *is_open: others still may. */
static struct urchin_ice_pair *best_challenger(struct urchin_ice_path *path, bool *is_open)
{
	struct urchin_ice_pair *best = NULL;
	*is_open = false;
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		struct urchin_ice_pair *pair = &path->pairs[i];
		if (!pair->is_used || !pair->is_challenger)
			continue;
		if (!pair->last_answer_us || pair->last_answer_us < path->contest.start_us)
			*is_open = true;
		else if (!best || urchin_ice_path_is_better(path, pair, best))
			best = pair;
	}
	return best;
}

/* Whether the current pair has had its time; a relay is turned to only after a longer one. */
static bool is_time_up(const struct urchin_ice_path *path, const struct urchin_ice_pair *challenger)
{
	uint64_t start_us = path->contest.start_us;
	bool is_relayed = challenger ? challenger->remote->is_relayed : path->backend.is_relayed;
	uint64_t wait_us = verdict_wait_us(path);
	if (path->current && path->current->last_sent_us < start_us)
		return false;
	if (is_relayed && !urchin_ice_path_is_relayed(path)) {
		const struct urchin_ice_pair *current = path->current;
		bool may_be_loss = current && current->unanswered_us &&
				   urchin_ice_path_is_within(path, current->unanswered_us, LOSS_US);

		/* In recovery the current pair has had its longer time already, unless a check or two were just lost.
		 */
		if (path->is_recovering && may_be_loss)
			return false;
		if (!path->is_recovering)
			wait_us = urchin_ice_max(wait_us, VERDICT_RELAYED_US);
	}
	return path->now_us >= start_us + wait_us;
}

static bool wins(const struct urchin_ice_path *path, const struct urchin_ice_pair *pair)
{
	bool is_used_by_peer = urchin_ice_path_is_within(path, pair->last_heard_us, FOLLOW_SILENCE_US);
	if (urchin_ice_path_is_relayed(path) && !pair->remote->is_relayed)
		return path->config.is_controlling || is_used_by_peer;
	if (!has_current_answered(path))
		return is_time_up(path, pair);
	/* Both ways work: the controlling side says which one is used, by nominating or simply by using it. */
	return !path->config.is_controlling && is_used_by_peer && !urchin_ice_path_is_in_use(path);
}

void urchin_ice_path_judge(struct urchin_ice_path *path)
{
	bool is_open;
	if (!path->contest.is_open)
		return;
	struct urchin_ice_pair *best = best_challenger(path, &is_open);
	if (best && (!urchin_ice_path_has_path(path) || wins(path, best))) {
		urchin_ice_path_move(path, best, true);
		return;
	}
	bool has_answered = urchin_ice_path_has_path(path) && has_current_answered(path);
	bool is_backend_up = path->backend.is_challenger && path->backend.is_known && path->backend.is_alive;
	if (!has_answered && is_backend_up && is_time_up(path, NULL)) {
		urchin_ice_path_move(path, NULL, path->backend.heard_us >= path->contest.start_us);
		return;
	}
	bool is_over = path->now_us >= path->contest.start_us + CONTEST_MAX_US;
	if (is_over || (has_answered && !is_open) || (!best && !is_open && !path->backend.is_challenger)) {
		urchin_ice_path_end_contest(path, has_answered);
		return;
	}
	/* One lost check must not decide it. */
	uint64_t again_us = verdict_wait_us(path) / 2;
	if (path->current && !has_answered && path->now_us >= path->current->last_sent_us + again_us)
		path->ask_us = urchin_ice_min(path->ask_us, path->now_us);
}

uint64_t urchin_ice_path_contest_deadline_us(const struct urchin_ice_path *path)
{
	const struct urchin_ice_contest *contest = &path->contest;
	if (!contest->is_open)
		return URCHIN_NEVER_US;
	uint64_t deadline_us = contest->start_us + CONTEST_MAX_US;
	uint64_t wait_us = verdict_wait_us(path);
	const uint64_t times[] = {contest->start_us + wait_us,
				  contest->start_us + urchin_ice_max(wait_us, VERDICT_RELAYED_US),
				  path->current ? path->current->last_sent_us + wait_us / 2 : URCHIN_NEVER_US};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		if (times[i] > path->now_us)
			deadline_us = urchin_ice_min(deadline_us, times[i]);
	return deadline_us;
}

static bool is_current_doubtful(const struct urchin_ice_path *path)
{
	const struct urchin_ice_pair *pair = path->current;
	if (!pair)
		return !path->is_on_backend || path->liveness != URCHIN_ICE_ALIVE;
	return pair->unanswered_us && path->now_us - pair->unanswered_us >= verdict_wait_us(path) &&
	       !urchin_ice_path_is_within(path, pair->last_heard_us, QUIET_BUSY_US);
}

/* Another contest is not opened right after one that the current path won, unless it became doubtful since. */
bool urchin_ice_path_can_contest(const struct urchin_ice_path *path)
{
	return path->now_us >= path->contest.paused_until_us || is_current_doubtful(path);
}
