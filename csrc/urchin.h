/*
 * The C core seen from outside: workers, one function per command, one tagged event.
 * All functions of one worker are called on the thread that made it (in Node: the JS thread of one
 * environment). None waits for the worker, but urchin_worker_free(). Everything passed in is copied.
 *
 * Objects are named by ids that the caller makes up: not 0, never used twice in one worker, below 2^53.
 * A command either returns an error at once (argument or queue) or, for a request_id that is not 0, is
 * answered by exactly one URCHIN_EVENT_RESULT (or URCHIN_EVENT_STATS). An unknown id answers URCHIN_ENOTFOUND.
 */
#ifndef URCHIN_H
#define URCHIN_H

#include "base/err.h"
#include "session/connection.h"
#include "session/router.h"
#include "transport/event.h"
#include "transport/openssl_check.h"
#include "transport/srtp_engine.h"

struct urchin_worker;

struct urchin_worker_config {
	/* Called on the worker's thread after a turn in which its event queue became non-empty; must only wake the
	 * owner. */
	void (*on_events)(void *owner);
	void *owner;
	enum urchin_log_level log_level; /* LOG events below it are not made */
	const struct urchin_worker
	    *like; /* a running worker whose certificate this one has too; NULL: one of its own */
};

/* Makes certificate and thread. Returns NULL when either can't be had; *err then says why. */
struct urchin_worker *urchin_worker_new(const struct urchin_worker_config *config, int *err);

/* Closes every connection (close_notify is sent), ends and joins the thread, frees all. Bounded: 2 s at most. */
void urchin_worker_free(struct urchin_worker *worker);

/* What others name it by, 0..63; negative: it can share no rooms, for there are 64 workers already. */
int urchin_worker_number(const struct urchin_worker *worker);

/* SHA-256 fingerprint of the worker's certificate as SDP shows it; lives as long as the worker. */
const char *urchin_worker_fingerprint(const struct urchin_worker *worker);

/*
 * Commands given between these two do not wake the worker one by one: submitting them does. It may take them earlier:
 * when it is awake anyway, and when there are many.
 */
void urchin_worker_hold(struct urchin_worker *worker);
void urchin_worker_submit(struct urchin_worker *worker);

void urchin_worker_set_log_level(struct urchin_worker *worker, enum urchin_log_level level);

/* Takes up to `cap` events in order; returns how many. The caller clears each with urchin_event_clear(). */
size_t urchin_worker_take_events(struct urchin_worker *worker, struct urchin_event *events, size_t cap);

struct urchin_connection_config {
	struct urchin_ice_config ice;
	uint64_t connect_timeout_us; /* from gather to READY; 0: none */
};

/* Commands. Each returns 0, URCHIN_EINVAL, URCHIN_ENOMEM, or URCHIN_EFULL when the command queue is full. */
int urchin_open_connection(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id,
			   const struct urchin_connection_config *config);
int urchin_gather(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id, const char *ufrag,
		  const char *pwd, bool controlling);
int urchin_set_remote(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id,
		      const struct urchin_remote *remote);
int urchin_add_candidate(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id,
			 const struct urchin_candidate *candidate);
int urchin_end_candidates(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id);
int urchin_restart_ice(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id, const char *ufrag,
		       const char *pwd);
/* Numeric local addresses for the next gather or restart, 1..64; those of the config serve until then. */
int urchin_set_addresses(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id,
			 const char *const *addresses, size_t count);
/* CLOSED follows as the last event of the connection. */
int urchin_close_connection(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id);
/* Answered by URCHIN_EVENT_STATS, or by RESULT with an error. Connection 0: the worker's own statistics. */
int urchin_get_stats(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id);

int urchin_add_receiver(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id, uint64_t receiver_id,
			const struct urchin_receiver_config *config);
int urchin_update_receiver(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id,
			   uint64_t receiver_id, const struct urchin_receiver_config *config);
int urchin_remove_receiver(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id,
			   uint64_t receiver_id);
int urchin_pause_receiver(struct urchin_worker *worker, uint64_t request_id, uint64_t receiver_id, bool paused);
int urchin_request_keyframe(struct urchin_worker *worker, uint64_t request_id, uint64_t receiver_id);

/*
 * A receiver's packets for senders on other workers: its own worker exports it to each of them once, and there it is
 * imported under the same id. Pausing is told to both; key frames are asked of the receiver's own worker.
 */
int urchin_export_receiver(struct urchin_worker *worker, uint64_t request_id, uint64_t receiver_id, unsigned to_worker,
			   bool is_wanted);
int urchin_add_import(struct urchin_worker *worker, uint64_t request_id, uint64_t receiver_id, unsigned from_worker,
		      const struct urchin_receiver_config *config);
int urchin_update_import(struct urchin_worker *worker, uint64_t request_id, uint64_t receiver_id,
			 const struct urchin_receiver_config *config);
int urchin_remove_import(struct urchin_worker *worker, uint64_t request_id, uint64_t receiver_id);

int urchin_add_sender(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id, uint64_t sender_id,
		      const struct urchin_sender_config *config);
int urchin_update_sender(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id, uint64_t sender_id,
			 const struct urchin_sender_config *config);
int urchin_remove_sender(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id, uint64_t sender_id);
int urchin_set_sender_source(struct urchin_worker *worker, uint64_t request_id, uint64_t sender_id,
			     uint64_t receiver_id, const struct urchin_payload_map *map, size_t map_count);
int urchin_pause_sender(struct urchin_worker *worker, uint64_t request_id, uint64_t sender_id, bool paused);

#endif
