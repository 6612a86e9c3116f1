/*
 * Consent (RFC 7675) and silence: when the current pair is asked, when the peer counts as silent or dead, and how all
 * known pairs are tried until something answers.
 */
#include "transport/ice_path_internal.h"

/* --- signs of life --- */

static void set_liveness(struct urchin_ice_path *path, enum urchin_ice_liveness liveness)
{
	if (path->liveness == liveness)
		return;
	path->liveness = liveness;
	urchin_ice_path_update_way(path);
	path->callbacks.on_liveness(path->owner, liveness);
}

void urchin_ice_path_note_sign(struct urchin_ice_path *path)
{
	path->sign_us = path->now_us;
	if (path->liveness != URCHIN_ICE_SILENT)
		return;
	set_liveness(path, URCHIN_ICE_ALIVE);
	urchin_ice_path_wake(path, path->now_us);
}

void urchin_ice_path_revive(struct urchin_ice_path *path)
{
	set_liveness(path, URCHIN_ICE_ALIVE);
}

/* Whether BUSY_PACKETS packets came within a second before `time_us`. */
static bool is_busy(const struct urchin_ice_path *path, uint64_t time_us)
{
	uint64_t oldest_us = path->heard[path->heard_next];
	return oldest_us && oldest_us + BUSY_WINDOW_US >= time_us;
}

/* Media's way in: no more than this for each packet. */
void urchin_ice_path_note_heard(struct urchin_ice_path *path)
{
	path->current->last_heard_us = path->now_us;
	path->heard[path->heard_next] = path->now_us;
	path->heard_next = (path->heard_next + 1) % BUSY_PACKETS;
	urchin_ice_path_note_sign(path);
	if (is_busy(path, path->now_us))
		urchin_ice_path_wake(path, path->now_us + QUIET_BUSY_US);
	/* Packets give no consent (RFC 7675 5.1), but a reason to ask for it again. */
	bool is_worth_asking =
	    path->liveness == URCHIN_ICE_DEAD && path->now_us - path->current->last_sent_us >= SILENCE_INTERVAL_US;
	if (!is_worth_asking || path->ask_us <= path->now_us)
		return;
	path->ask_us = path->now_us;
	urchin_ice_path_wake(path, path->now_us);
}

/* --- when to ask --- */

void urchin_ice_path_draw_jitter(struct urchin_ice_path *path)
{
	path->jitter = JITTER_MIN + path->config.random64() % (JITTER_MAX - JITTER_MIN + 1);
}

static uint64_t jittered_us(const struct urchin_ice_path *path, uint64_t interval_us)
{
	return interval_us / 1000 * path->jitter;
}

static uint64_t quiet_us(const struct urchin_ice_path *path, uint64_t life_us)
{
	uint64_t quiet = is_busy(path, life_us) ? QUIET_BUSY_US : QUIET_US;
	/* Whoever wants to know of silence early is told after a check, too. */
	return urchin_ice_min(quiet, path->config.disconnected_timeout_us / 2);
}

uint64_t urchin_ice_path_consent_due_us(const struct urchin_ice_path *path)
{
	const struct urchin_ice_pair *pair = path->current;
	if (!pair || !urchin_ice_path_can_check(path))
		return URCHIN_NEVER_US;
	if (path->liveness == URCHIN_ICE_DEAD)
		return path->ask_us;
	uint64_t life_us = urchin_ice_max(path->taken_us, urchin_ice_max(pair->last_heard_us, pair->last_answer_us));
	uint64_t again_us = pair->last_sent_us + jittered_us(path, SILENCE_INTERVAL_US);
	uint64_t due_us = urchin_ice_max(pair->last_sent_us, path->taken_us) + jittered_us(path, CONSENT_INTERVAL_US);
	/* Silence: at once, then about once a second. */
	uint64_t silent_us = life_us + quiet_us(path, life_us);
	due_us = urchin_ice_min(due_us, pair->last_sent_us >= silent_us ? again_us : silent_us);
	/* Consent runs out although packets come: answers get lost. */
	uint64_t urgent_us = path->consent_us + path->config.consent_timeout_us / CONSENT_URGENT_DIVISOR;
	due_us = urchin_ice_min(due_us, urchin_ice_max(urgent_us, again_us));
	return urchin_ice_min(due_us, path->ask_us);
}

/* --- silent and dead --- */

static bool is_backend_regular(const struct urchin_ice_path *path)
{
	return path->backend.streak >= REGULAR_PACKETS;
}

/* On the backend's pair nothing can be asked: what comes in and what the backend says must do. */
static uint64_t backend_silent_us(const struct urchin_ice_path *path)
{
	const struct urchin_ice_backend *backend = &path->backend;
	uint64_t timeout_us = path->config.disconnected_timeout_us;
	if (!backend->is_alive)
		return path->sign_us > backend->changed_us ? path->sign_us + timeout_us : backend->changed_us;
	return is_backend_regular(path) ? path->sign_us + timeout_us : URCHIN_NEVER_US;
}

/* `due_us`, but not before a check had time to be answered. */
static uint64_t after_check_us(const struct urchin_ice_path *path, uint64_t due_us)
{
	const struct urchin_ice_pair *pair = path->current;
	if (!pair || !urchin_ice_path_can_check(path))
		return due_us;
	if (!pair->unanswered_us)
		return URCHIN_NEVER_US;
	return urchin_ice_max(due_us, pair->unanswered_us + ANSWER_GRACE_US);
}

static uint64_t silent_us(const struct urchin_ice_path *path)
{
	if (!path->is_started || path->liveness != URCHIN_ICE_ALIVE)
		return URCHIN_NEVER_US;
	if (path->is_on_backend)
		return backend_silent_us(path);
	return after_check_us(path, path->sign_us + path->config.disconnected_timeout_us);
}

static uint64_t dead_us(const struct urchin_ice_path *path)
{
	if (!path->is_started || path->liveness == URCHIN_ICE_DEAD)
		return URCHIN_NEVER_US;
	if (path->is_on_backend)
		return path->backend.is_alive ? URCHIN_NEVER_US : path->sign_us + path->config.consent_timeout_us;
	return after_check_us(path, path->consent_us + path->config.consent_timeout_us);
}

static void judge_liveness(struct urchin_ice_path *path)
{
	bool is_dead = dead_us(path) <= path->now_us;
	bool is_silent = path->liveness == URCHIN_ICE_ALIVE && (is_dead || silent_us(path) <= path->now_us);
	if (is_silent)
		set_liveness(path, URCHIN_ICE_SILENT);
	if (!is_dead)
		return;
	path->dead_us = path->now_us;
	path->ask_us = URCHIN_NEVER_US;
	set_liveness(path, URCHIN_ICE_DEAD);
}

void urchin_ice_path_set_backend_alive(struct urchin_ice_path *path, bool is_alive, uint64_t now_us)
{
	urchin_ice_path_enter(path, now_us);
	if (path->backend.is_alive != is_alive)
		path->backend.changed_us = path->now_us;
	path->backend.is_alive = is_alive;
	if (is_alive && path->is_on_backend) {
		path->consent_us = path->now_us;
		urchin_ice_path_note_sign(path);
		urchin_ice_path_revive(path);
	}
	urchin_ice_path_run(path);
}

/* --- a way again --- */

/* When the path is so bad that others are looked for. */
static uint64_t recovery_start_us(const struct urchin_ice_path *path)
{
	const struct urchin_ice_pair *pair = path->current;
	if (!path->is_started || !urchin_ice_path_can_check(path))
		return URCHIN_NEVER_US;
	if (path->liveness == URCHIN_ICE_DEAD && path->now_us >= path->dead_us + RECOVERY_DEAD_US)
		return URCHIN_NEVER_US;
	if (path->liveness != URCHIN_ICE_ALIVE || !urchin_ice_path_has_path(path))
		return 0;
	if (!pair || !pair->unanswered_us)
		return URCHIN_NEVER_US;
	return urchin_ice_max(pair->unanswered_us, pair->last_heard_us) + RECOVERY_AFTER_US;
}

static void begin_recovery(struct urchin_ice_path *path)
{
	path->is_recovering = true;
	path->recovery_us = path->now_us;
	path->recovery_interval_us = RECOVERY_INTERVAL_US;
	path->recovery_count = 0;
	path->fallback_us = path->now_us + FALLBACK_AFTER_US;
	urchin_ice_path_form_pairs(path, false);
}

static bool can_fall_back(const struct urchin_ice_path *path)
{
	return path->is_recovering && !path->is_on_backend && path->backend.is_known && path->backend.is_alive &&
	       path->liveness != URCHIN_ICE_DEAD;
}

void urchin_ice_path_run_liveness(struct urchin_ice_path *path)
{
	judge_liveness(path);
	bool is_needed = recovery_start_us(path) <= path->now_us;
	if (is_needed && !path->is_recovering)
		begin_recovery(path);
	else if (!is_needed)
		path->is_recovering = false;
	if (can_fall_back(path) && path->fallback_us <= path->now_us)
		urchin_ice_path_move(path, NULL, false);
}

struct urchin_ice_pair *urchin_ice_path_recovery_turn(struct urchin_ice_path *path)
{
	struct urchin_ice_pair *next = NULL;
	unsigned count = 0;
	if (!path->is_recovering || path->recovery_us > path->now_us)
		return NULL;
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		struct urchin_ice_pair *pair = &path->pairs[i];
		/* The current pair has its own rules while it may be used. */
		bool has_rules = pair == path->current && path->liveness != URCHIN_ICE_DEAD;
		if (!pair->is_used || has_rules || pair->plan != URCHIN_ICE_PLAN_NONE)
			continue;
		count++;
		if (!next || pair->last_sent_us < next->last_sent_us ||
		    (pair->last_sent_us == next->last_sent_us && urchin_ice_path_is_better(path, pair, next)))
			next = pair;
	}
	if (++path->recovery_count >= count) {
		path->recovery_count = 0;
		path->recovery_interval_us = urchin_ice_min(2 * path->recovery_interval_us, RECOVERY_INTERVAL_MAX_US);
	}
	path->recovery_us = path->now_us + path->recovery_interval_us;
	return next;
}

uint64_t urchin_ice_path_liveness_deadline_us(const struct urchin_ice_path *path)
{
	uint64_t deadline_us = urchin_ice_min(silent_us(path), dead_us(path));
	if (!path->is_recovering)
		return urchin_ice_min(deadline_us, recovery_start_us(path));
	if (can_fall_back(path))
		deadline_us = urchin_ice_min(deadline_us, path->fallback_us);
	return urchin_ice_min(deadline_us, urchin_ice_max(path->recovery_us, path->pace_us));
}
