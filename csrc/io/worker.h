/* The inside of struct urchin_worker, for the files of io/ that make it up: commands, execute, worker. */
#ifndef URCHIN_IO_WORKER_H
#define URCHIN_IO_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/table.h"
#include "io/claims.h"
#include "io/command.h"
#include "io/egress.h"
#include "io/ice_nice.h"
#include "io/ice_shared.h"
#include "io/link_watch.h"
#include "io/loop.h"
#include "io/mailbox.h"
#include "io/overload.h"
#include "io/queue.h"
#include "urchin.h"

#define URCHIN_COMMANDS_MAX 65536

/* What other workers' boxes had no room for. */
struct urchin_parcels_dropped {
	uint64_t video;
	uint64_t media; /* other packets, and datagrams of known peers */
	uint64_t strangers;
	uint64_t control;
};

struct urchin_worker {
	struct urchin_worker_config config;
	struct urchin_cert *cert;
	pthread_t thread;
	int wake_fd;
	atomic_bool is_stopping;
	struct urchin_queue commands;
	struct urchin_queue events;
	/* The owner's thread only. */
	struct urchin_batch taken_events;
	bool holds_commands;
	bool is_wake_due;
	size_t held_commands;

	/* From here on the worker's thread only. */
	enum urchin_log_level log_level;
	bool has_news; /* events that the owner was not woken for yet */
	struct urchin_batch taken_commands;
	struct urchin_loop loop;
	struct urchin_loop_watch wake_watch;
	struct urchin_loop_task command_task;
	struct urchin_ice_home ice_home; /* the shared port */
	struct urchin_table connections;
	struct urchin_router *router;
	struct urchin_loop_task forward_task;
	struct urchin_loop_timer forward_timer;
	struct urchin_egress *egress;
	struct urchin_ice_nice_home nice_home;
	struct urchin_link_watch link_watch;
	struct urchin_overload overload;

	/* What crosses between workers (io/exchange). */
	int number; /* of the worker's mailbox; negative: it has none */
	struct urchin_loop_task exchange_task;
	struct urchin_batch taken_parcels;
	struct urchin_table imports;
	struct urchin_claims claims;
	struct urchin_parcel parcel; /* being filled */
	struct urchin_parcels_dropped parcels_dropped;
	size_t dropped_logs;
};

/* One connection as its worker has it. */
struct urchin_worker_connection {
	struct urchin_worker *worker;
	uint64_t id;
	struct urchin_connection *connection;
	struct urchin_loop_timer timer;
	struct urchin_loop_task deadline_task;
	struct urchin_loop_task reap_task;
	bool is_closed; /* only reaping is left */
	bool is_shed;
};

/* Makes the worker look for commands and parcels; on any thread. */
void urchin_worker_wake(struct urchin_worker *worker);

/* Runs one command and answers it. */
void urchin_worker_execute(struct urchin_worker *worker, const struct urchin_command *command);

/* Begins to close every connection. */
void urchin_worker_close_all(struct urchin_worker *worker);

/* Puts an event into the queue; what it points to is handed over. Log lines may be dropped, nothing else. */
void urchin_worker_emit(struct urchin_worker *worker, const struct urchin_event *event);

/* Tells how many log lines were dropped, once there is room again. */
void urchin_worker_tell_dropped(struct urchin_worker *worker);

/* A LOG event; connection_id 0: of the worker itself. */
void urchin_worker_log(struct urchin_worker *worker, uint64_t connection_id, enum urchin_log_level level,
		       const char *text);

#endif
