/*
 * The insides of an ICE path, shared by ice_path*.c; nobody else includes it but its tests.
 *   ice_path.c           life, credentials, the tables' commands, what is due when, statistics
 *   ice_path_pair.c      the tables of addresses and pairs
 *   ice_path_check.c     checks and their answers
 *   ice_path_nominate.c  which pair is current; direct pairs in place of relayed ones
 *   ice_path_contest.c   another address of the peer against the current path
 *   ice_path_hear.c      packets: of the peer, of strangers who may be the peer, through the backend
 *   ice_path_liveness.c  consent, silence, and finding a way again
 */
#ifndef URCHIN_TRANSPORT_ICE_PATH_INTERNAL_H
#define URCHIN_TRANSPORT_ICE_PATH_INTERNAL_H

#include "base/heap.h"
#include "transport/ice_path.h"
#include "transport/ice_path_times.h"

#define URCHIN_ICE_CREDENTIAL_CAP 257

struct urchin_ice_local {
	bool is_used;
	struct urchin_addr addr;
	uint32_t priority;
};

struct urchin_ice_remote {
	bool is_used;
	bool is_learned; /* known from packets only, which anyone can send */
	bool is_trusted; /* it passed a check: one of ours, or one of the peer's that the backend authenticated */
	bool is_relayed;
	struct urchin_addr addr; /* without scope */
	enum urchin_candidate_type type;
	uint32_t priority;
	uint64_t used_us;       /* added or probed last */
	uint64_t paired_locals; /* bit per local: there is a pair */
};

/* Why a pair is being checked. */
enum urchin_ice_plan {
	URCHIN_ICE_PLAN_NONE,
	URCHIN_ICE_PLAN_SEARCH,   /* for a direct pair, while there is none */
	URCHIN_ICE_PLAN_PROBE,    /* the peer may be there now */
	URCHIN_ICE_PLAN_NOMINATE, /* we control and have chosen it: with USE-CANDIDATE */
};

struct urchin_ice_pair {
	bool is_used;
	bool is_nominated;
	bool is_challenger;
	uint8_t probe_rank;
	uint8_t attempts; /* of the plan */
	uint8_t local;
	struct urchin_ice_remote *remote;
	int state; /* of urchin_ice_path_pair */
	enum urchin_ice_plan plan;
	uint64_t next_us; /* of the plan: the next check, or giving up */
	uint64_t plan_end_us;
	uint64_t last_sent_us;
	uint64_t unanswered_us; /* when the first check since the last answer was sent; 0: none is open */
	uint64_t last_answer_us;
	uint64_t answered_sent_us; /* when the newest check that was answered had been sent */
	uint64_t last_heard_us;    /* packets */
	uint64_t rtt_us;
	uint64_t checks_sent;
	uint64_t answers_received;
};

/* A check that may still be answered. */
struct urchin_ice_check {
	struct urchin_ice_pair *pair; /* NULL: free */
	uint8_t id[8];                /* the transaction's after the tag */
	uint64_t sent_us;
	bool use_candidate;
	bool is_controlling;
};

/* The pair which the backend selected and only it can use. */
struct urchin_ice_backend {
	bool is_known;
	bool is_relayed;
	bool is_alive;
	bool is_challenger;
	bool is_told; /* as the path, with this address */
	struct urchin_addr addr;
	enum urchin_candidate_type type;
	uint64_t changed_us; /* is_alive */
	uint64_t heard_us;
	unsigned streak; /* packets without a long gap between them */
};

/* Another pair against the current one. */
struct urchin_ice_contest {
	bool is_open;
	uint64_t start_us; /* the current pair must answer a check sent since then */
	uint64_t pause_us; /* how long the next one waits */
	uint64_t paused_until_us;
};

struct urchin_ice_path {
	/* What media asks for with each packet: where it goes, as `current`, `is_on_backend` and `liveness` say below.
	 */
	bool is_open;
	struct urchin_ice_path_way way;

	struct urchin_ice_path_config config;
	struct urchin_ice_path_callbacks callbacks;
	void *owner;
	uint64_t now_us; /* the newest time handed in: it never goes back */
	uint64_t deadline_us;
	char local_ufrag[URCHIN_ICE_CREDENTIAL_CAP];
	char local_pwd[URCHIN_ICE_CREDENTIAL_CAP];
	char remote_ufrag[URCHIN_ICE_CREDENTIAL_CAP];
	char remote_pwd[URCHIN_ICE_CREDENTIAL_CAP];

	/* The path: a pair, or the backend's, or none. */
	struct urchin_ice_pair *current;
	bool is_on_backend;
	uint64_t taken_us;
	struct urchin_ice_backend backend;

	/* Liveness. */
	enum urchin_ice_liveness liveness;
	bool is_started;     /* there was a path once */
	uint64_t sign_us;    /* the peer's last sign of life */
	uint64_t consent_us; /* the last answer on the path */
	uint64_t dead_us;
	uint64_t ask_us;              /* the current pair is to be checked then; URCHIN_NEVER_US: as its rules say */
	uint64_t jitter;              /* thousandths, drawn with each check of the current pair */
	uint64_t heard[BUSY_PACKETS]; /* on the path; the newest before heard_next */
	unsigned heard_next;

	bool is_seeking;  /* until there is a path, while we control */
	uint64_t hope_us; /* when the newest direct address was signalled, or checks began */

	/* A nominated relayed pair that waits for a direct one. */
	bool is_waiting;
	struct urchin_ice_pair *waiting; /* NULL: the backend's */
	uint64_t patience_end_us;
	uint64_t settle_us; /* URCHIN_NEVER_US: nothing to choose from */
	uint64_t former_us;

	struct urchin_ice_contest contest;
	uint64_t second_us;  /* the start of the second in which sources are counted */
	unsigned sources[2]; /* strangers; others of the peer's host */

	bool is_recovering;
	uint64_t recovery_us;
	uint64_t recovery_interval_us;
	unsigned recovery_count; /* of the round */
	uint64_t fallback_us;

	bool has_news;    /* addresses were added without a time */
	uint64_t pace_us; /* no check before */
	struct urchin_ice_local locals[URCHIN_ICE_PATH_LOCALS_MAX];
	struct urchin_ice_remote remotes[URCHIN_ICE_PATH_REMOTES_MAX];
	struct urchin_ice_pair pairs[PAIRS_MAX];
	struct urchin_ice_check checks[CHECKS_MAX];
	unsigned check_next;
	struct urchin_ice_path_stats stats;
};

static inline uint64_t urchin_ice_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t urchin_ice_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* --- ice_path.c --- */

/* Time goes on to now_us, never back. Every function with a time calls it first. */
void urchin_ice_path_enter(struct urchin_ice_path *path, uint64_t now_us);
/* Does what is due, and finds the next deadline. Every function that changed something calls it last. */
void urchin_ice_path_run(struct urchin_ice_path *path);
/* The deadline becomes `deadline_us` when that is earlier. */
void urchin_ice_path_wake(struct urchin_ice_path *path, uint64_t deadline_us);

/* --- ice_path_pair.c --- */

struct urchin_addr urchin_ice_path_plain(const struct urchin_addr *addr);
struct urchin_ice_remote *urchin_ice_path_find_remote(struct urchin_ice_path *path, const struct urchin_addr *addr);
/* Finds or adds; NULL: full of better ones. `addr` is plain. */
struct urchin_ice_remote *urchin_ice_path_put_remote(struct urchin_ice_path *path, const struct urchin_addr *addr,
						     enum urchin_candidate_type type, uint32_t priority);
struct urchin_ice_pair *urchin_ice_path_find_pair(struct urchin_ice_path *path, int local,
						  const struct urchin_ice_remote *remote);
/* Finds or adds; NULL: they do not go together, or full of better ones. */
struct urchin_ice_pair *urchin_ice_path_put_pair(struct urchin_ice_path *path, int local,
						 struct urchin_ice_remote *remote);
/* Makes sure that one more address finds room. */
void urchin_ice_path_yield_remote(struct urchin_ice_path *path);
/* With its pairs. */
void urchin_ice_path_drop_remote(struct urchin_ice_path *path, struct urchin_ice_remote *remote);
void urchin_ice_path_drop_pair(struct urchin_ice_path *path, struct urchin_ice_pair *pair);
/* All pairs that can be, or only the direct ones. */
void urchin_ice_path_form_pairs(struct urchin_ice_path *path, bool direct_only);
/* RFC 8445 6.1.2.3 */
uint64_t urchin_ice_path_pair_priority(const struct urchin_ice_path *path, const struct urchin_ice_pair *pair);
/* Direct before relayed, then by priority. */
bool urchin_ice_path_is_better(const struct urchin_ice_path *path, const struct urchin_ice_pair *a,
			       const struct urchin_ice_pair *b);
/* The address as the owner of the sockets needs it, with its scope. */
struct urchin_addr urchin_ice_path_remote_addr(const struct urchin_ice_path *path, const struct urchin_ice_pair *pair);

/* --- ice_path_check.c --- */

bool urchin_ice_path_can_check(const struct urchin_ice_path *path);
/* Sends one check now; the plan's next step follows. */
void urchin_ice_path_check(struct urchin_ice_path *path, struct urchin_ice_pair *pair);
uint64_t urchin_ice_path_rto_us(const struct urchin_ice_path *path);
void urchin_ice_path_start_plan(struct urchin_ice_path *path, struct urchin_ice_pair *pair, enum urchin_ice_plan plan);
void urchin_ice_path_stop_plan(struct urchin_ice_pair *pair, bool has_failed);
/* Ends the plans that got no answer in time. */
void urchin_ice_path_expire_plans(struct urchin_ice_path *path);
/* The most important planned check that is due, or NULL. */
struct urchin_ice_pair *urchin_ice_path_planned(struct urchin_ice_path *path);
/* Answers to what was asked so far count no more. */
void urchin_ice_path_forget_checks(struct urchin_ice_path *path, const struct urchin_ice_pair *pair);

/* --- ice_path_nominate.c --- */

/* RFC 8445 5.1.2.1, for an address whose priority nobody said. */
uint32_t urchin_ice_path_default_priority(enum urchin_candidate_type type);
bool urchin_ice_path_has_path(const struct urchin_ice_path *path);
/* Follows a change of what `way` is made from. */
void urchin_ice_path_update_way(struct urchin_ice_path *path);
bool urchin_ice_path_is_relayed(const struct urchin_ice_path *path); /* the current path */
/* Packets go this way from now on; NULL: the backend's. is_proven: the peer was just heard there. */
void urchin_ice_path_move(struct urchin_ice_path *path, struct urchin_ice_pair *pair, bool is_proven);
void urchin_ice_path_lose(struct urchin_ice_path *path); /* there is no path any more */
/* Whether a direct pair is wanted: in the place of a relayed one, or because there is no path yet. */
bool urchin_ice_path_wants_direct(const struct urchin_ice_path *path);
/* Checks direct pairs; all again, or only those never checked. */
void urchin_ice_path_search(struct urchin_ice_path *path, bool only_new);
/* A direct pair answered: perhaps it is time to nominate. */
void urchin_ice_path_consider(struct urchin_ice_path *path);
void urchin_ice_path_run_nomination(struct urchin_ice_path *path);
uint64_t urchin_ice_path_nomination_deadline_us(const struct urchin_ice_path *path);

/* --- ice_path_contest.c --- */

/* Whose probe goes first when there are too many. */
enum { URCHIN_ICE_RANK_STRANGER, URCHIN_ICE_RANK_SAME_HOST, URCHIN_ICE_RANK_KNOWN };

bool urchin_ice_path_is_within(const struct urchin_ice_path *path, uint64_t time_us, uint64_t span_us);
/* Whether the peer sends the current way, or may not have noticed yet that it is the current one. */
bool urchin_ice_path_is_in_use(const struct urchin_ice_path *path);
/* Makes room for one more probe, by giving up one of lower rank; false: there is none. */
bool urchin_ice_path_make_room(struct urchin_ice_path *path, uint8_t rank);
bool urchin_ice_path_can_contest(const struct urchin_ice_path *path);

/* `pair` (NULL: the backend's) may be where the peer is now: both are asked. */
void urchin_ice_path_challenge(struct urchin_ice_path *path, struct urchin_ice_pair *pair, uint8_t rank);
void urchin_ice_path_end_contest(struct urchin_ice_path *path, bool is_kept);
void urchin_ice_path_judge(struct urchin_ice_path *path);
uint64_t urchin_ice_path_contest_deadline_us(const struct urchin_ice_path *path);

/* --- ice_path_hear.c --- */

/* The backend got an authenticated check of the peer from there. */
void urchin_ice_path_meet(struct urchin_ice_path *path, struct urchin_ice_remote *remote);

/* --- ice_path_liveness.c --- */

void urchin_ice_path_note_heard(struct urchin_ice_path *path); /* a packet, on the current pair */
void urchin_ice_path_note_sign(struct urchin_ice_path *path);  /* whatever proves that the peer lives */
void urchin_ice_path_revive(struct urchin_ice_path *path);     /* consent was given */
void urchin_ice_path_draw_jitter(struct urchin_ice_path *path);
/* When the current pair is to be checked next. */
uint64_t urchin_ice_path_consent_due_us(const struct urchin_ice_path *path);
void urchin_ice_path_run_liveness(struct urchin_ice_path *path);
/* The pair whose turn it is in recovery, or NULL; counts the turn. */
struct urchin_ice_pair *urchin_ice_path_recovery_turn(struct urchin_ice_path *path);
uint64_t urchin_ice_path_liveness_deadline_us(const struct urchin_ice_path *path);

#endif
