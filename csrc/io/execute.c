/* Commands on the worker's thread, and the life of the connections that they make. */
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/exchange.h"
#include "io/ice_nice.h"
#include "io/shedding.h"
#include "io/worker.h"

/* A deadline that a tick leaves in the past is a mistake elsewhere; it must not spin the worker. */
#define MIN_TICK_US 1000

#define OWNER_OF(pointer, member)                                                                                      \
	((struct urchin_worker_connection *)(void *)((char *)(pointer)-offsetof(struct urchin_worker_connection,       \
										member)))

static void on_event(void *owner, struct urchin_event *event)
{
	struct urchin_worker_connection *entry = owner;

	urchin_worker_emit(entry->worker, event);
}

static void on_deadline(void *owner)
{
	struct urchin_worker_connection *entry = owner;

	if (!entry->is_closed)
		urchin_loop_post(&entry->worker->loop, &entry->deadline_task);
}

static void on_closed(void *owner)
{
	struct urchin_worker_connection *entry = owner;

	entry->is_closed = true;
	urchin_loop_post(&entry->worker->loop, &entry->reap_task);
}

static const struct urchin_connection_callbacks callbacks = {
    .on_event = on_event,
    .on_deadline = on_deadline,
    .on_closed = on_closed,
};

static void run_deadline_task(struct urchin_loop_task *task)
{
	struct urchin_worker_connection *entry = OWNER_OF(task, deadline_task);

	if (!entry->is_closed)
		urchin_loop_set_timer(&entry->worker->loop, &entry->timer,
				      urchin_connection_deadline_us(entry->connection, urchin_clock_us()));
}

static void on_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct urchin_worker_connection *entry = OWNER_OF(timer, timer);
	uint64_t deadline_us;

	if (entry->is_closed)
		return;
	urchin_connection_tick(entry->connection, now_us);
	if (entry->is_closed)
		return;
	deadline_us = urchin_connection_deadline_us(entry->connection, now_us);
	if (deadline_us < now_us + MIN_TICK_US)
		deadline_us = now_us + MIN_TICK_US;
	urchin_loop_set_timer(&entry->worker->loop, timer, deadline_us);
}

static void free_entry(struct urchin_worker_connection *entry)
{
	struct urchin_loop *loop = &entry->worker->loop;

	urchin_loop_cancel(loop, &entry->deadline_task);
	urchin_loop_cancel(loop, &entry->reap_task);
	urchin_loop_remove_timer(loop, &entry->timer);
	urchin_table_remove(&entry->worker->connections, entry->id);
	free(entry);
}

static void run_reap_task(struct urchin_loop_task *task)
{
	struct urchin_worker_connection *entry = OWNER_OF(task, reap_task);

	urchin_connection_free(entry->connection);
	free_entry(entry);
}

static struct urchin_worker_connection *find(struct urchin_worker *worker, uint64_t id)
{
	struct urchin_worker_connection *entry = urchin_table_find(&worker->connections, id);

	return entry && !entry->is_closed ? entry : NULL;
}

static struct urchin_worker_connection *add_entry(struct urchin_worker *worker, uint64_t id)
{
	struct urchin_worker_connection *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->worker = worker;
	entry->id = id;
	entry->timer.on_due = on_due;
	entry->deadline_task.run = run_deadline_task;
	entry->reap_task.run = run_reap_task;
	if (urchin_table_add(&worker->connections, id, entry)) {
		free(entry);
		return NULL;
	}
	return entry;
}

/* The owner learns it like any other failure: FAILED, then CLOSED. */
static void tell_stillborn(struct urchin_worker *worker, uint64_t id)
{
	struct urchin_event failed = {
	    .type = URCHIN_EVENT_FAILED,
	    .connection_id = id,
	    .code = URCHIN_REASON_INTERNAL,
	    .text = strdup("the connection could not be made: out of memory or descriptors"),
	};
	struct urchin_event closed = {.type = URCHIN_EVENT_CLOSED, .connection_id = id};

	urchin_worker_emit(worker, &failed);
	urchin_worker_emit(worker, &closed);
}

static int open_connection(struct urchin_worker *worker, const struct urchin_command *command)
{
	const struct urchin_connection_config *config = command->payload;
	struct urchin_transport_config transport = {
	    .cert = worker->cert,
	    .ice_new = config->ice.lite_port ? urchin_ice_shared_new : urchin_ice_nice_new,
	    .ice_factory_owner = config->ice.lite_port ? (void *)&worker->ice_home : (void *)&worker->nice_home,
	    .ice = &config->ice,
	    .connect_timeout_us = config->connect_timeout_us,
	    .now_us = urchin_clock_us(),
	    .log_level = worker->log_level,
	};
	struct urchin_worker_connection *entry;

	if (urchin_table_find(&worker->connections, command->connection_id))
		return URCHIN_EEXIST;
	entry = add_entry(worker, command->connection_id);
	if (!entry) {
		tell_stillborn(worker, command->connection_id);
		return URCHIN_ENOMEM;
	}
	entry->connection =
	    urchin_connection_new(command->connection_id, &transport, worker->router, &callbacks, entry);
	if (!entry->connection) {
		free_entry(entry);
		tell_stillborn(worker, command->connection_id);
		return URCHIN_ELIBRARY;
	}
	urchin_shedding_add(worker, entry);
	return 0;
}

static int run_ice_command(struct urchin_connection *connection, const struct urchin_command *command, uint64_t now_us)
{
	struct urchin_transport *transport = urchin_connection_transport(connection);
	const struct urchin_command_credentials *credentials = command->payload;

	switch (command->type) {
	case URCHIN_COMMAND_GATHER:
		return urchin_transport_gather(transport, credentials->ufrag, credentials->pwd, command->flag, now_us);
	case URCHIN_COMMAND_SET_REMOTE:
		return urchin_transport_set_remote(transport, command->payload, now_us);
	case URCHIN_COMMAND_ADD_CANDIDATE:
		return urchin_transport_add_candidate(transport, command->payload);
	case URCHIN_COMMAND_END_CANDIDATES:
		return urchin_transport_end_candidates(transport);
	case URCHIN_COMMAND_RESTART_ICE:
		return urchin_transport_restart_ice(transport, credentials->ufrag, credentials->pwd, now_us);
	case URCHIN_COMMAND_SET_ADDRESSES:
		return urchin_transport_set_addresses(transport, command->payload, command->count);
	default:
		return URCHIN_EINVAL;
	}
}

static int run_stream_command(struct urchin_connection *connection, const struct urchin_command *command,
			      uint64_t now_us)
{
	switch (command->type) {
	case URCHIN_COMMAND_ADD_RECEIVER:
		return urchin_connection_add_receiver(connection, command->object_id, command->payload, now_us);
	case URCHIN_COMMAND_UPDATE_RECEIVER:
		return urchin_connection_update_receiver(connection, command->object_id, command->payload, now_us);
	case URCHIN_COMMAND_REMOVE_RECEIVER:
		return urchin_connection_remove_receiver(connection, command->object_id, now_us);
	case URCHIN_COMMAND_ADD_SENDER:
		return urchin_connection_add_sender(connection, command->object_id, command->payload, now_us);
	case URCHIN_COMMAND_UPDATE_SENDER:
		return urchin_connection_update_sender(connection, command->object_id, command->payload, now_us);
	case URCHIN_COMMAND_REMOVE_SENDER:
		return urchin_connection_remove_sender(connection, command->object_id, now_us);
	default:
		return run_ice_command(connection, command, now_us);
	}
}

static int run_router_command(struct urchin_worker *worker, const struct urchin_command *command, uint64_t now_us)
{
	switch (command->type) {
	case URCHIN_COMMAND_PAUSE_RECEIVER:
		return urchin_router_pause_receiver(worker->router, command->object_id, command->flag, now_us);
	case URCHIN_COMMAND_REQUEST_KEYFRAME:
		return urchin_router_request_keyframe(worker->router, command->object_id, now_us);
	case URCHIN_COMMAND_SET_SENDER_SOURCE:
		return urchin_router_set_source(worker->router, command->object_id, command->source_id,
						command->payload, command->count, now_us);
	case URCHIN_COMMAND_PAUSE_SENDER:
		return urchin_router_pause_sender(worker->router, command->object_id, command->flag, now_us);
	default:
		return URCHIN_EINVAL;
	}
}

/* Answers with STATS itself; an error is answered by the caller. Connection 0: the worker's own. */
static int get_stats(struct urchin_worker *worker, const struct urchin_command *command)
{
	struct urchin_worker_connection *entry = find(worker, command->connection_id);
	struct urchin_event event = {
	    .type = URCHIN_EVENT_STATS, .connection_id = command->connection_id, .object_id = command->request_id};
	int err;

	if (!entry && command->connection_id != 0)
		return URCHIN_ENOTFOUND;
	event.stats = calloc(1, sizeof(*event.stats));
	if (!event.stats)
		return URCHIN_ENOMEM;
	err = entry ? urchin_connection_add_stats(entry->connection, event.stats, urchin_clock_us())
		    : urchin_shedding_add_stats(worker, event.stats);
	if (err < 0) {
		urchin_event_clear(&event);
		return err;
	}
	urchin_worker_emit(worker, &event);
	return 0;
}

static void set_log_level(struct urchin_worker *worker, enum urchin_log_level level)
{
	struct urchin_worker_connection *entry;
	size_t cursor = 0;

	worker->log_level = level;
	while ((entry = urchin_table_next(&worker->connections, &cursor)))
		if (!entry->is_closed)
			urchin_transport_set_log_level(urchin_connection_transport(entry->connection), level);
}

static int run_connection_command(struct urchin_worker *worker, const struct urchin_command *command)
{
	struct urchin_worker_connection *entry = find(worker, command->connection_id);
	uint64_t now_us = urchin_clock_us();
	int err = 0;

	if (!entry)
		return URCHIN_ENOTFOUND;
	if (command->type == URCHIN_COMMAND_CLOSE)
		urchin_connection_close(entry->connection, now_us);
	else
		err = run_stream_command(entry->connection, command, now_us);
	on_deadline(entry);
	return err;
}

static int run_command(struct urchin_worker *worker, const struct urchin_command *command)
{
	switch (command->type) {
	case URCHIN_COMMAND_OPEN:
		return open_connection(worker, command);
	case URCHIN_COMMAND_GET_STATS:
		return get_stats(worker, command);
	case URCHIN_COMMAND_SET_LOG_LEVEL:
		set_log_level(worker, (enum urchin_log_level)command->count);
		return 0;
	case URCHIN_COMMAND_PAUSE_RECEIVER:
	case URCHIN_COMMAND_REQUEST_KEYFRAME:
	case URCHIN_COMMAND_SET_SENDER_SOURCE:
	case URCHIN_COMMAND_PAUSE_SENDER:
		return run_router_command(worker, command, urchin_clock_us());
	case URCHIN_COMMAND_EXPORT_RECEIVER:
	case URCHIN_COMMAND_ADD_IMPORT:
	case URCHIN_COMMAND_UPDATE_IMPORT:
	case URCHIN_COMMAND_REMOVE_IMPORT:
		return urchin_exchange_execute(worker, command);
	default:
		return run_connection_command(worker, command);
	}
}

void urchin_worker_execute(struct urchin_worker *worker, const struct urchin_command *command)
{
	int err = run_command(worker, command);
	struct urchin_event result = {
	    .type = URCHIN_EVENT_RESULT,
	    .connection_id = command->connection_id,
	    .object_id = command->request_id,
	    .code = err < 0 ? err : 0,
	};

	if (command->request_id == 0 || (command->type == URCHIN_COMMAND_GET_STATS && err >= 0))
		return;
	urchin_worker_emit(worker, &result);
}

void urchin_worker_close_all(struct urchin_worker *worker)
{
	struct urchin_worker_connection *entry;
	size_t cursor = 0;

	while ((entry = urchin_table_next(&worker->connections, &cursor)))
		if (!entry->is_closed)
			urchin_connection_close(entry->connection, urchin_clock_us());
}
