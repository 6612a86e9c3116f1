/* A worker's thread, its two queues, and the events that leave it. */
#include "io/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/exchange.h"
#include "io/glib_log.h"
#include "io/shedding.h"

/* Log lines that nobody fetches; everything else is bounded by what makes it. */
#define LOGS_MAX 4096
/* A flood of commands must not keep packets waiting. */
#define COMMANDS_SLICE_US 5000
/* urchin_worker_free() promises 2 s. */
#define STOP_TIMEOUT_US 1900000

void urchin_worker_emit(struct urchin_worker *worker, const struct urchin_event *event)
{
	bool is_log = event->type == URCHIN_EVENT_LOG;
	struct urchin_event copy = *event;

	if (is_log && event->code < (int32_t)worker->log_level) {
		urchin_event_clear(&copy);
		return;
	}
	if (is_log)
		urchin_worker_tell_dropped(worker);
	if (urchin_queue_push(&worker->events, &copy, is_log ? LOGS_MAX : SIZE_MAX) == 0)
		return;
	if (is_log)
		worker->dropped_logs++;
	urchin_event_clear(&copy);
}

void urchin_worker_tell_dropped(struct urchin_worker *worker)
{
	struct urchin_event event = {.type = URCHIN_EVENT_LOG, .code = URCHIN_LOG_WARN};
	size_t count = worker->dropped_logs;

	if (count == 0 || urchin_queue_count(&worker->events) >= LOGS_MAX)
		return;
	if (asprintf(&event.text, "log: %zu lines were dropped", count) < 0)
		return;
	worker->dropped_logs = 0;
	if (urchin_queue_push(&worker->events, &event, LOGS_MAX)) {
		worker->dropped_logs = count;
		urchin_event_clear(&event);
	}
}

void urchin_worker_log(struct urchin_worker *worker, uint64_t connection_id, enum urchin_log_level level,
		       const char *text)
{
	struct urchin_event event = {.type = URCHIN_EVENT_LOG, .connection_id = connection_id, .code = (int32_t)level};

	if (level < worker->log_level)
		return;
	event.text = strdup(text);
	if (event.text)
		urchin_worker_emit(worker, &event);
}

static void on_glib_message(void *owner, const char *text)
{
	char line[512];

	snprintf(line, sizeof(line), "libnice: %s", text);
	urchin_worker_log(owner, 0, URCHIN_LOG_DEBUG, line);
}

void urchin_worker_wake(struct urchin_worker *worker)
{
	uint64_t one = 1;

	/* Fails only when the counter is full, and then the worker is awake. */
	if (write(worker->wake_fd, &one, sizeof(one)) < 0)
		return;
}

static void on_commands(void *owner)
{
	struct urchin_worker *worker = owner;

	if (worker->holds_commands)
		worker->is_wake_due = true;
	else
		urchin_worker_wake(worker);
}

static void on_wake(struct urchin_loop_watch *watch, int fd, uint32_t events)
{
	struct urchin_worker *worker =
	    (struct urchin_worker *)(void *)((char *)watch - offsetof(struct urchin_worker, wake_watch));
	uint64_t count;

	(void)events;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	urchin_loop_post(&worker->loop, &worker->exchange_task);
	urchin_loop_post(&worker->loop, &worker->command_task);
}

static void run_commands(struct urchin_loop_task *task)
{
	struct urchin_worker *worker =
	    (struct urchin_worker *)(void *)((char *)task - offsetof(struct urchin_worker, command_task));
	uint64_t end_us = urchin_clock_us() + COMMANDS_SLICE_US;

	if (atomic_load(&worker->is_stopping))
		return;
	do {
		struct urchin_command *command = urchin_batch_next(&worker->taken_commands);

		if (!command && urchin_queue_take(&worker->commands, &worker->taken_commands) == 0)
			return;
		if (!command)
			continue;
		urchin_worker_execute(worker, command);
		urchin_command_clear(command);
	} while (urchin_clock_us() < end_us);
	urchin_loop_post(&worker->loop, task);
}

/* The owner is woken once for all that happened in a turn. */
static void tell_owner(struct urchin_worker *worker)
{
	if (!worker->has_news)
		return;
	worker->has_news = false;
	if (worker->config.on_events)
		worker->config.on_events(worker->config.owner);
}

static void *run(void *owner)
{
	struct urchin_worker *worker = owner;
	uint64_t wait_us = 0;
	uint64_t end_us;

	pthread_setname_np(pthread_self(), "urchin-worker");
	urchin_glib_log_catch(on_glib_message, worker);
	urchin_overload_init(&worker->overload, urchin_clock_us());
	while (!atomic_load(&worker->is_stopping)) {
		urchin_loop_turn(&worker->loop, wait_us);
		/* Waking is a part of the turn, whose length is looked at next. */
		tell_owner(worker);
		wait_us = urchin_shedding_turn(worker);
		urchin_worker_tell_dropped(worker);
		tell_owner(worker);
	}
	worker->loop.is_ending = true;
	urchin_worker_close_all(worker);
	end_us = urchin_clock_us() + STOP_TIMEOUT_US;
	while (worker->connections.count > 0 && urchin_clock_us() < end_us) {
		urchin_loop_turn(&worker->loop, 10000);
		tell_owner(worker);
	}
	return NULL;
}

/* Signals are for the process's own threads; those of a crash stay with the thread that crashes. */
static int start_thread(struct urchin_worker *worker)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
	sigset_t blocked;
	sigset_t before;
	int err;

	sigfillset(&blocked);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&blocked, own[i]);
	pthread_sigmask(SIG_SETMASK, &blocked, &before);
	err = pthread_create(&worker->thread, NULL, run, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err ? URCHIN_ESYSTEM : 0;
}

static void on_events(void *owner)
{
	struct urchin_worker *worker = owner;

	worker->has_news = true;
}

static void on_packets_waiting(void *owner, uint64_t deadline_us)
{
	struct urchin_worker *worker = owner;

	if (deadline_us > urchin_clock_us()) {
		urchin_loop_cancel(&worker->loop, &worker->forward_task);
		if (urchin_loop_set_timer(&worker->loop, &worker->forward_timer, deadline_us) == 0)
			return;
	}
	urchin_loop_remove_timer(&worker->loop, &worker->forward_timer);
	urchin_loop_post(&worker->loop, &worker->forward_task);
}

static void run_forward_task(struct urchin_loop_task *task)
{
	struct urchin_worker *worker =
	    (struct urchin_worker *)(void *)((char *)task - offsetof(struct urchin_worker, forward_task));

	urchin_router_flush(worker->router);
	urchin_egress_flush(worker->egress);
}

static void on_forward_timer(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct urchin_worker *worker =
	    (struct urchin_worker *)(void *)((char *)timer - offsetof(struct urchin_worker, forward_timer));

	(void)now_us;
	run_forward_task(&worker->forward_task);
}

static void on_network_change(void *owner)
{
	struct urchin_event event = {.type = URCHIN_EVENT_NETWORK_CHANGED};

	urchin_worker_emit(owner, &event);
}

static const struct urchin_router_callbacks router_callbacks = {
    .on_waiting = on_packets_waiting,
    .on_export = urchin_exchange_on_export,
    .on_import_keyframe = urchin_exchange_on_import_keyframe,
};

/* Frees what init_worker() made, however far it got. */
static void clear_worker(struct urchin_worker *worker)
{
	urchin_exchange_clear(worker);
	urchin_router_free(worker->router);
	urchin_mux_free(worker->ice_home.mux);
	urchin_egress_free(worker->egress);
	urchin_link_watch_clear(&worker->link_watch);
	urchin_loop_remove_fd(&worker->loop, &worker->wake_watch, worker->wake_fd);
	urchin_loop_clear(&worker->loop);
	urchin_table_clear(&worker->connections);
	urchin_cert_free(worker->cert);
	if (worker->wake_fd >= 0)
		close(worker->wake_fd);
}

static int init_worker(struct urchin_worker *worker)
{
	struct urchin_mux_group group;
	int err;

	worker->cert = worker->config.like ? urchin_cert_share(worker->config.like->cert) : urchin_cert_new();
	if (!worker->cert)
		return URCHIN_ELIBRARY;
	worker->router = urchin_router_new(&router_callbacks, worker);
	if (!worker->router)
		return URCHIN_ENOMEM;
	worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->wake_fd < 0 || urchin_loop_init(&worker->loop))
		return URCHIN_ESYSTEM;
	urchin_exchange_init(worker);
	group = urchin_exchange_mux_group(worker);
	worker->egress = urchin_egress_new(&worker->loop);
	worker->ice_home = (struct urchin_ice_home){
	    .loop = &worker->loop,
	    .egress = worker->egress,
	    .mux = urchin_mux_new(&worker->loop, &group),
	};
	if (!worker->egress || !worker->ice_home.mux)
		return URCHIN_ENOMEM;
	worker->nice_home = (struct urchin_ice_nice_home){.loop = &worker->loop, .egress = worker->egress};
	err = urchin_link_watch_init(&worker->link_watch, &worker->loop, on_network_change, worker);
	if (err)
		return err;
	return urchin_loop_set_fd(&worker->loop, &worker->wake_watch, worker->wake_fd, EPOLLIN);
}

static struct urchin_worker *make_worker(const struct urchin_worker_config *config)
{
	struct urchin_worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->config = *config;
	worker->log_level = config->log_level;
	worker->wake_fd = -1;
	worker->number = -1;
	worker->loop.epoll_fd = -1;
	worker->wake_watch.on_ready = on_wake;
	worker->command_task.run = run_commands;
	worker->forward_task.run = run_forward_task;
	worker->forward_timer.on_due = on_forward_timer;
	atomic_init(&worker->is_stopping, false);
	urchin_table_init(&worker->connections);
	if (urchin_queue_init(&worker->commands, sizeof(struct urchin_command), on_commands, worker)) {
		free(worker);
		return NULL;
	}
	if (urchin_queue_init(&worker->events, sizeof(struct urchin_event), on_events, worker)) {
		urchin_queue_clear(&worker->commands);
		free(worker);
		return NULL;
	}
	return worker;
}

static void free_queues(struct urchin_worker *worker)
{
	struct urchin_command *command;
	struct urchin_event *event;

	do {
		while ((command = urchin_batch_next(&worker->taken_commands)))
			urchin_command_clear(command);
	} while (urchin_queue_take(&worker->commands, &worker->taken_commands));
	do {
		while ((event = urchin_batch_next(&worker->taken_events)))
			urchin_event_clear(event);
	} while (urchin_queue_take(&worker->events, &worker->taken_events));
	urchin_batch_clear(&worker->taken_commands);
	urchin_batch_clear(&worker->taken_events);
	urchin_queue_clear(&worker->commands);
	urchin_queue_clear(&worker->events);
}

struct urchin_worker *urchin_worker_new(const struct urchin_worker_config *config, int *err)
{
	struct urchin_worker *worker = make_worker(config);
	int result = worker ? init_worker(worker) : URCHIN_ENOMEM;

	if (!result)
		result = start_thread(worker);
	if (err)
		*err = result;
	if (!result)
		return worker;
	if (worker) {
		clear_worker(worker);
		free_queues(worker);
		free(worker);
	}
	return NULL;
}

void urchin_worker_free(struct urchin_worker *worker)
{
	if (!worker)
		return;
	atomic_store(&worker->is_stopping, true);
	urchin_worker_wake(worker);
	pthread_join(worker->thread, NULL);
	/* A connection that did not close in time still refers to all of this: better leaked than freed under it. */
	urchin_exchange_close(worker);
	if (worker->connections.count == 0)
		clear_worker(worker);
	free_queues(worker);
	free(worker);
}

int urchin_worker_number(const struct urchin_worker *worker)
{
	return worker->number;
}

const char *urchin_worker_fingerprint(const struct urchin_worker *worker)
{
	return urchin_cert_fingerprint(worker->cert);
}

size_t urchin_worker_take_events(struct urchin_worker *worker, struct urchin_event *events, size_t cap)
{
	size_t count = 0;

	while (count < cap) {
		struct urchin_event *event = urchin_batch_next(&worker->taken_events);

		if (event)
			events[count++] = *event;
		else if (urchin_queue_take(&worker->events, &worker->taken_events) == 0)
			break;
	}
	return count;
}
