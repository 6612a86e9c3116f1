/*
 * The event loop of one worker: one epoll set, one heap of deadlines, and tasks that run at the end of a turn; and
 * where its UDP sockets read into.
 * Belongs to one thread.
 */
#ifndef URCHIN_IO_LOOP_H
#define URCHIN_IO_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"

struct urchin_loop;
struct urchin_udp_inbox;

/* Whoever waits for file descriptors; one watch may have several. */
struct urchin_loop_watch {
	/* events: EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP. May be told of a descriptor that is not ready after all. */
	void (*on_ready)(struct urchin_loop_watch *watch, int fd, uint32_t events);
};

/* `entry` must stay the first member: the heap hands it back. */
struct urchin_loop_timer {
	struct urchin_heap_entry entry;
	void (*on_due)(struct urchin_loop_timer *timer, uint64_t now_us);
};

/* Something to be done at the end of the turn, once. */
struct urchin_loop_task {
	void (*run)(struct urchin_loop_task *task);
	struct urchin_loop_task *next;
	struct urchin_loop_task *previous;
	bool is_queued;
};

struct urchin_loop_tasks {
	struct urchin_loop_task *first;
	struct urchin_loop_task *last;
};

struct urchin_loop {
	int epoll_fd;
	bool is_coarse; /* the kernel waits for whole milliseconds only */
	struct urchin_heap timers;
	struct urchin_loop_watch **watches; /* by descriptor */
	size_t watch_cap;
	struct urchin_loop_tasks tasks;   /* for the end of this turn */
	struct urchin_loop_tasks running; /* being run */
	struct urchin_udp_inbox *inbox;   /* of its UDP sockets; made by the first */
	uint64_t woke_us;                 /* when this turn had done waiting */
	bool is_behind;                   /* something that is ready was left for the next turn */
	bool is_ending;                   /* its thread ends: nothing is waited for that can be left */
};

/* Returns 0 or URCHIN_ESYSTEM. */
int urchin_loop_init(struct urchin_loop *loop);
void urchin_loop_clear(struct urchin_loop *loop);

/*
 * Waits for `events` on fd. When the number is known already (its descriptor was closed and given out again) it
 * changes to this watch. Returns 0, URCHIN_ENOMEM or URCHIN_ESYSTEM.
 */
int urchin_loop_set_fd(struct urchin_loop *loop, struct urchin_loop_watch *watch, int fd, uint32_t events);

/* Forgets fd if it still belongs to this watch. The descriptor may have been closed before. */
void urchin_loop_remove_fd(struct urchin_loop *loop, const struct urchin_loop_watch *watch, int fd);

/* Sets, moves or (URCHIN_NEVER_US) stops a timer. It fires once. Returns 0 or URCHIN_ENOMEM. */
int urchin_loop_set_timer(struct urchin_loop *loop, struct urchin_loop_timer *timer, uint64_t deadline_us);
void urchin_loop_remove_timer(struct urchin_loop *loop, struct urchin_loop_timer *timer);

/*
 * Queues a task; nothing happens when it is queued already. Posted by a task, it runs in the next turn, which then
 * does not wait. A task may free its own memory.
 */
void urchin_loop_post(struct urchin_loop *loop, struct urchin_loop_task *task);

/* Takes a task out; harmless when it is not queued. */
void urchin_loop_cancel(struct urchin_loop *loop, struct urchin_loop_task *task);

/* One turn: waits at most max_wait_us, then handles descriptors, deadlines and tasks, in this order. */
void urchin_loop_turn(struct urchin_loop *loop, uint64_t max_wait_us);

#endif
