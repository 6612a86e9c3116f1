/*
 * Every number of transport/ice_path on one page: when checks are sent, how long is waited, and how much is kept.
 * RFC 7675: consent; RFC 8445: ICE. What has no RFC beside it is this project's choice.
 */
#ifndef URCHIN_TRANSPORT_ICE_PATH_TIMES_H
#define URCHIN_TRANSPORT_ICE_PATH_TIMES_H

#define MS UINT64_C(1000)
#define S UINT64_C(1000000)

/* --- consent and silence, on the current path --- */

/* RFC 7675 5.1: a check every 5 s, times 0.8 to 1.2 anew each time; the tests know these numbers too. */
#define CONSENT_INTERVAL_US (5 * S)
#define JITTER_MIN 800 /* thousandths */
#define JITTER_MAX 1200
/* RFC 7675 5.1: "Consent expires after 30 seconds." */
#define CONSENT_TIMEOUT_US (30 * S)
/* Without an answer for half of that, packets or not, checks go out as in silence: loss alone must not end consent. */
#define CONSENT_URGENT_DIVISOR 2

/* Nothing heard for so long: ask at once (no longer a consent check, but a connectivity check of RFC 8445 7.2). */
#define QUIET_US (2 * S)
/* ... and sooner, when so many packets came in the second before. */
#define QUIET_BUSY_US (500 * MS)
#define BUSY_PACKETS 5
#define BUSY_WINDOW_US (1 * S)
/* Then again, with jitter, until something answers. */
#define SILENCE_INTERVAL_US (1 * S)

#define DISCONNECTED_TIMEOUT_US (4500 * MS)
/* Neither silent nor dead before a check went unanswered for so long: a late tick says nothing about the peer. */
#define ANSWER_GRACE_US (500 * MS)

/* The backend's pair: so many packets, none more than a gap after the one before, make a silence tell something. */
#define REGULAR_PACKETS 4
#define REGULAR_GAP_US (2 * S)

/* --- checks --- */

/* RFC 8445 14.2: no two checks less than 5 ms apart. */
#define PACING_US (5 * MS)
/*
 * RFC 8445 14.3 wants 500 ms at least, of an agent which knows nothing of the network; twice the measured round trip
 * is enough of one that does. Every check is a new transaction, so a late answer to an early one still counts.
 */
#define RTO_MIN_US (100 * MS)
#define RTO_UNKNOWN_US (200 * MS)
#define RTO_MAX_US (1600 * MS)
/* An answer later than this belongs to nothing any more. */
#define CHECK_LIFE_US (10 * S)
#define CHECKS_MAX 256
/* RFC 8445 6.1.2.5 */
#define PAIRS_MAX 100

/* --- a direct pair in place of a relayed one --- */

#define RELAY_PATIENCE_US (600 * MS)
#define SEARCH_US (10 * S)
/* A better pair may answer a moment later than the first. */
#define SETTLE_US (50 * MS)
/* RFC 8489 6.2.1: Rc, for the check that nominates. */
#define NOMINATE_ATTEMPTS 7
/* On a relayed path a direct pair that worked once is asked now and then. */
#define FORMER_INTERVAL_US (5 * S)
/* An answer older than this is no reason to nominate or to move. */
#define FRESH_US (5 * S)

/* --- another address of the peer against the current path --- */

#define PROBES_MAX 4          /* outstanding */
#define SOURCES_PER_SECOND 10 /* addresses that only packets came from */
#define LEARNED_MAX 16        /* addresses kept that nobody signalled, the newest */
/* 0, 50, 150 and 350 ms; given up at 750 ms. */
#define PROBE_FIRST_US (50 * MS)
#define PROBE_ATTEMPTS 4
#define PROBE_AGAIN_US (1 * S)
/* The current path has so long to answer, or three round trips; longer when the other one is relayed. */
#define VERDICT_US (200 * MS)
#define VERDICT_RTTS 3
#define VERDICT_RELAYED_US (1 * S)
#define CONTEST_MAX_US (2 * S)
/* Checks that go unanswered for less than this, on a link that was idle, may just be lost: no reason to turn to a
 * relay. */
#define LOSS_US (3 * S)
/* The peer sends from elsewhere, and not from here for so long. */
#define FOLLOW_SILENCE_US (500 * MS)
/* A peer whose nomination's answer was lost goes on sending the old way until it asks again: so long. */
#define FOLLOW_TAKEN_US (2 * S)
/* After a contest which the current path won, doubling. */
#define CONTEST_PAUSE_US (1 * S)
#define CONTEST_PAUSE_MAX_US (16 * S)

/* --- when nothing answers: all pairs in turn, each round at half the pace of the one before --- */

#define RECOVERY_AFTER_US (1 * S)
#define RECOVERY_INTERVAL_US (50 * MS)
#define RECOVERY_INTERVAL_MAX_US (1 * S)
/* Then the backend's pair is taken, if it seems to work. */
#define FALLBACK_AFTER_US (500 * MS)
/* After consent ended. */
#define RECOVERY_DEAD_US (300 * S)

#endif
