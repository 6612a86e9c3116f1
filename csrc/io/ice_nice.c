/*
 * The generations behind transport/ice.h: the one that carries packets, during an ICE restart the next one too, and
 * those that are closing.
 */
#include "io/ice_nice.h"

#include <stdlib.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/nice_config.h"
#include "io/nice_generation.h"

/*
 * RFC 8445 sets no limit to a peer's candidates that never work; without one, a restart that leads nowhere would hide
 * the old path's state.
 */
#define RESTART_PATIENCE_US 30000000
/* The peer's packets that are under way on the old path, until it has changed too. */
#define LINGER_US 2000000

/* Something to tell that came up inside a call in which nothing may be told. */
struct note {
	enum { NOTE_STATE, NOTE_PAIR, NOTE_GATHERED } kind;
	enum urchin_ice_state state;
	struct urchin_candidate_pair pair;
};

struct ice_nice {
	struct urchin_ice base;
	struct urchin_loop *loop;
	struct urchin_egress *egress; /* or NULL */
	struct urchin_ice_config *config;
	struct urchin_ice_callbacks callbacks;
	void *owner;
	struct urchin_nice_generation *current;
	struct urchin_nice_generation *next; /* an ICE restart's, until it has a path */
	struct urchin_nice_generation *old;  /* the one before, which still hears */
	struct urchin_nice_generation *closing;
	bool is_controlling;
	bool is_closing;
	bool is_quiet; /* inside a call in which nothing may be told */
	bool is_late;  /* `next` had its time */
	enum urchin_ice_state state;
	struct note *notes;
	size_t note_count;
	size_t note_cap;
	struct urchin_loop_task note_task;
	struct urchin_loop_task reap_task;
	struct urchin_loop_timer restart_timer;
	struct urchin_loop_timer linger_timer;
};

#define OWNER_OF(pointer, member) ((struct ice_nice *)(void *)((char *)(pointer)-offsetof(struct ice_nice, member)))

static struct ice_nice *from_base(struct urchin_ice *base)
{
	return (struct ice_nice *)base;
}

/* The generation that the peer's signalling is about. */
static struct urchin_nice_generation *newest(const struct ice_nice *ice)
{
	return ice->next ? ice->next : ice->current;
}

/* --- telling --- */

static void tell_now(struct ice_nice *ice, const struct note *note)
{
	if (ice->is_closing)
		return;
	switch (note->kind) {
	case NOTE_STATE:
		ice->callbacks.on_state(ice->owner, note->state);
		break;
	case NOTE_PAIR:
		ice->callbacks.on_selected_pair(ice->owner, &note->pair);
		break;
	case NOTE_GATHERED:
		ice->callbacks.on_gathered(ice->owner);
		break;
	}
}

static void flush_notes(struct ice_nice *ice)
{
	/* The array is taken away first: a callback may cause new notes. */
	struct note *notes = ice->notes;
	size_t count = ice->note_count;

	ice->notes = NULL;
	ice->note_count = 0;
	ice->note_cap = 0;
	for (size_t i = 0; i < count; i++)
		tell_now(ice, &notes[i]);
	free(notes);
}

static void on_note_task(struct urchin_loop_task *task)
{
	flush_notes(OWNER_OF(task, note_task));
}

static void tell(struct ice_nice *ice, const struct note *note)
{
	if (!ice->is_quiet) {
		flush_notes(ice);
		tell_now(ice, note);
		return;
	}
	if (ice->note_count == ice->note_cap) {
		size_t cap = ice->note_cap ? ice->note_cap * 2 : 4;
		struct note *notes = realloc(ice->notes, cap * sizeof(*notes));

		if (!notes)
			return;
		ice->notes = notes;
		ice->note_cap = cap;
	}
	ice->notes[ice->note_count++] = *note;
	urchin_loop_post(ice->loop, &ice->note_task);
}

/*
 * A restart shows as CHECKING from the moment the peer takes part. Until then, and when it fails, the old path is what
 * counts.
 */
static enum urchin_ice_state find_state(const struct ice_nice *ice)
{
	enum urchin_ice_state old = urchin_nice_generation_state(ice->current);
	enum urchin_ice_state new;

	if (!ice->next || ice->is_late)
		return old;
	new = urchin_nice_generation_state(ice->next);
	return new == URCHIN_ICE_NEW || new == URCHIN_ICE_FAILED ? old : new;
}

static void tell_state(struct ice_nice *ice)
{
	struct note note = {.kind = NOTE_STATE, .state = find_state(ice)};

	if (ice->state == note.state)
		return;
	ice->state = note.state;
	tell(ice, &note);
}

/* --- generations --- */

static void retire(struct ice_nice *ice, struct urchin_nice_generation *generation)
{
	if (!generation)
		return;
	generation->next = ice->closing;
	ice->closing = generation;
	urchin_nice_generation_close(generation);
}

static void on_generation_candidate(void *owner, struct urchin_nice_generation *generation,
				    const struct urchin_candidate *candidate)
{
	struct ice_nice *ice = owner;

	if (!ice->is_closing && generation == newest(ice))
		ice->callbacks.on_candidate(ice->owner, candidate);
}

static void on_generation_gathered(void *owner, struct urchin_nice_generation *generation)
{
	struct ice_nice *ice = owner;
	struct note note = {.kind = NOTE_GATHERED};

	if (generation == newest(ice))
		tell(ice, &note);
}

static void on_generation_state(void *owner, struct urchin_nice_generation *generation)
{
	struct ice_nice *ice = owner;

	if (generation == ice->current || generation == ice->next)
		tell_state(ice);
}

static void on_generation_pair(void *owner, struct urchin_nice_generation *generation,
			       const struct urchin_candidate_pair *pair)
{
	struct ice_nice *ice = owner;
	struct note note = {.kind = NOTE_PAIR, .pair = *pair};

	if (generation == ice->next) {
		/* RFC 8445 9: the new pair replaces the old one. */
		retire(ice, ice->old);
		ice->old = ice->current;
		ice->current = generation;
		ice->next = NULL;
		urchin_loop_remove_timer(ice->loop, &ice->restart_timer);
		urchin_loop_set_timer(ice->loop, &ice->linger_timer, urchin_clock_us() + LINGER_US);
	} else if (generation != ice->current) {
		return;
	}
	tell(ice, &note);
}

static void on_generation_packet(void *owner, struct urchin_nice_generation *generation, uint8_t *bytes, size_t len,
				 uint64_t now_us)
{
	struct ice_nice *ice = owner;

	(void)generation;
	if (ice->is_closing)
		return;
	/* What the packet belongs to is told before it. */
	flush_notes(ice);
	if (!ice->is_closing)
		ice->callbacks.on_packet(ice->owner, bytes, len, now_us);
}

static void on_generation_server_error(void *owner, struct urchin_nice_generation *generation,
				       const struct urchin_ice_server_error *error)
{
	struct ice_nice *ice = owner;

	if (!ice->is_closing && generation == newest(ice))
		ice->callbacks.on_server_error(ice->owner, error);
}

static void on_generation_closed(void *owner, struct urchin_nice_generation *generation)
{
	struct ice_nice *ice = owner;
	struct urchin_nice_generation **at = &ice->closing;

	while (*at && *at != generation)
		at = &(*at)->next;
	if (*at)
		*at = generation->next;
	urchin_nice_generation_free(generation);
	if (ice->is_closing && !ice->closing)
		urchin_loop_post(ice->loop, &ice->reap_task);
}

static struct urchin_nice_generation *make_generation(struct ice_nice *ice)
{
	static const struct urchin_nice_generation_callbacks callbacks = {
	    .on_candidate = on_generation_candidate,
	    .on_gathered = on_generation_gathered,
	    .on_state = on_generation_state,
	    .on_selected_pair = on_generation_pair,
	    .on_packet = on_generation_packet,
	    .on_server_error = on_generation_server_error,
	    .on_closed = on_generation_closed,
	};

	return urchin_nice_generation_new(ice->loop, ice->config, &callbacks, ice);
}

static void on_restart_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct ice_nice *ice = OWNER_OF(timer, restart_timer);

	(void)now_us;
	ice->is_late = true;
	tell_state(ice);
}

static void on_linger_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct ice_nice *ice = OWNER_OF(timer, linger_timer);

	(void)now_us;
	retire(ice, ice->old);
	ice->old = NULL;
}

/* --- operations --- */

static int nice_gather(struct urchin_ice *base, const char *ufrag, const char *pwd, bool controlling)
{
	struct ice_nice *ice = from_base(base);

	if (ice->is_closing || ice->current->is_gathering)
		return URCHIN_ESTATE;
	ice->is_controlling = controlling;
	return urchin_nice_generation_gather(ice->current, ufrag, pwd, controlling);
}

static int nice_set_addresses(struct urchin_ice *base, const char *const *addresses, size_t count)
{
	struct ice_nice *ice = from_base(base);
	struct urchin_nice_generation *fresh;
	int err = ice->is_closing ? URCHIN_ESTATE : urchin_nice_config_set_addresses(ice->config, addresses, count);

	if (err || ice->current->is_gathering)
		return err;
	/* The first generation took its addresses when it was made. */
	fresh = make_generation(ice);
	if (!fresh)
		return URCHIN_ENOMEM;
	urchin_nice_generation_free(ice->current);
	ice->current = fresh;
	return 0;
}

static int nice_set_remote(struct urchin_ice *base, const char *ufrag, const char *pwd, bool is_lite)
{
	struct ice_nice *ice = from_base(base);
	int err;

	if (ice->is_closing)
		return URCHIN_ESTATE;
	ice->is_quiet = true;
	err = urchin_nice_generation_set_remote(newest(ice), ufrag, pwd, is_lite);
	if (!err && is_lite)
		ice->is_controlling = true;
	if (!err && ice->next)
		urchin_loop_set_timer(ice->loop, &ice->restart_timer, urchin_clock_us() + RESTART_PATIENCE_US);
	ice->is_quiet = false;
	return err;
}

static int nice_add_candidate(struct urchin_ice *base, const struct urchin_candidate *candidate)
{
	struct ice_nice *ice = from_base(base);
	int err;

	if (ice->is_closing)
		return URCHIN_ESTATE;
	ice->is_quiet = true;
	err = urchin_nice_generation_add_candidate(newest(ice), candidate);
	ice->is_quiet = false;
	return err;
}

static int nice_end_candidates(struct urchin_ice *base)
{
	struct ice_nice *ice = from_base(base);

	if (ice->is_closing)
		return URCHIN_ESTATE;
	ice->is_quiet = true;
	urchin_nice_generation_end_candidates(newest(ice));
	ice->is_quiet = false;
	return 0;
}

static int nice_restart(struct urchin_ice *base, const char *ufrag, const char *pwd)
{
	struct ice_nice *ice = from_base(base);
	struct urchin_nice_generation *overtaken = ice->next;
	int err;

	if (ice->is_closing || !ice->current->is_gathering)
		return URCHIN_ESTATE;
	ice->next = make_generation(ice);
	ice->is_late = false;
	urchin_loop_remove_timer(ice->loop, &ice->restart_timer);
	retire(ice, overtaken);
	if (!ice->next)
		return URCHIN_ENOMEM;
	err = urchin_nice_generation_gather(ice->next, ufrag, pwd, ice->is_controlling);
	if (err && ice->next) {
		retire(ice, ice->next);
		ice->next = NULL;
	}
	if (!ice->is_closing)
		tell_state(ice);
	return err;
}

static int nice_send(struct urchin_ice *base, const uint8_t *bytes, size_t len)
{
	struct ice_nice *ice = from_base(base);

	return ice->is_closing ? URCHIN_ESTATE : urchin_nice_generation_send(ice->current, bytes, len);
}

static uint8_t *nice_reserve(struct urchin_ice *base)
{
	struct ice_nice *ice = from_base(base);

	return ice->is_closing ? NULL : urchin_nice_generation_reserve(ice->current, ice->egress);
}

static int nice_commit(struct urchin_ice *base, size_t len, bool is_video)
{
	struct ice_nice *ice = from_base(base);

	return ice->is_closing ? URCHIN_ESTATE
			       : urchin_nice_generation_commit(ice->current, ice->egress, len, is_video);
}

static void nice_prefetch(const struct urchin_ice *base, int step)
{
	const struct ice_nice *ice = (const struct ice_nice *)base;

	if (!ice->is_closing)
		urchin_nice_generation_prefetch(ice->current, step);
}

static int nice_add_stats(const struct urchin_ice *base, struct urchin_stats *stats, uint64_t now_us)
{
	const struct ice_nice *ice = (const struct ice_nice *)base;

	return ice->is_closing ? 0 : urchin_nice_generation_add_stats(ice->current, stats, now_us);
}

static void nice_close(struct urchin_ice *base)
{
	struct ice_nice *ice = from_base(base);

	if (ice->is_closing)
		return;
	ice->is_closing = true;
	urchin_loop_remove_timer(ice->loop, &ice->restart_timer);
	urchin_loop_remove_timer(ice->loop, &ice->linger_timer);
	retire(ice, ice->old);
	retire(ice, ice->next);
	ice->old = NULL;
	ice->next = NULL;
	/* It stays `current`, for callbacks that are under way. */
	retire(ice, ice->current);
}

static void free_ice(struct ice_nice *ice)
{
	urchin_loop_cancel(ice->loop, &ice->note_task);
	urchin_loop_cancel(ice->loop, &ice->reap_task);
	urchin_loop_remove_timer(ice->loop, &ice->restart_timer);
	urchin_loop_remove_timer(ice->loop, &ice->linger_timer);
	urchin_nice_config_free(ice->config);
	free(ice->notes);
	free(ice);
}

static void on_reap_task(struct urchin_loop_task *task)
{
	struct ice_nice *ice = OWNER_OF(task, reap_task);
	struct urchin_ice_callbacks callbacks = ice->callbacks;
	void *owner = ice->owner;

	free_ice(ice);
	callbacks.on_closed(owner);
}

static const struct urchin_ice_ops ops = {
    .gather = nice_gather,
    .set_remote = nice_set_remote,
    .add_candidate = nice_add_candidate,
    .end_candidates = nice_end_candidates,
    .set_addresses = nice_set_addresses,
    .restart = nice_restart,
    .send = nice_send,
    .reserve = nice_reserve,
    .commit = nice_commit,
    .prefetch = nice_prefetch,
    .add_stats = nice_add_stats,
    .close = nice_close,
};

struct urchin_ice *urchin_ice_nice_new(void *home, const struct urchin_ice_config *config,
				       const struct urchin_ice_callbacks *callbacks, void *owner)
{
	struct ice_nice *ice = calloc(1, sizeof(*ice));

	if (!ice)
		return NULL;
	ice->base.ops = &ops;
	ice->loop = ((const struct urchin_ice_nice_home *)home)->loop;
	ice->egress = ((const struct urchin_ice_nice_home *)home)->egress;
	ice->callbacks = *callbacks;
	ice->owner = owner;
	ice->note_task.run = on_note_task;
	ice->reap_task.run = on_reap_task;
	ice->restart_timer.on_due = on_restart_due;
	ice->linger_timer.on_due = on_linger_due;
	ice->config = urchin_nice_config_copy(config);
	if (ice->config)
		ice->current = make_generation(ice);
	if (!ice->current) {
		free_ice(ice);
		return NULL;
	}
	return &ice->base;
}
