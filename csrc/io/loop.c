/* epoll by descriptor number; a table says whose each number is, so that nobody removes another's registration. */
#include "io/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/udp_inbox.h"

#define EVENTS_PER_TURN 256
#define MAX_WAIT_US UINT64_C(60000000)

int urchin_loop_init(struct urchin_loop *loop)
{
	*loop = (struct urchin_loop){0};
	urchin_heap_init(&loop->timers);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll_fd < 0 ? URCHIN_ESYSTEM : 0;
}

void urchin_loop_clear(struct urchin_loop *loop)
{
	urchin_heap_clear(&loop->timers);
	urchin_udp_inbox_free(loop->inbox);
	loop->inbox = NULL;
	free(loop->watches);
	loop->watches = NULL;
	loop->watch_cap = 0;
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	loop->epoll_fd = -1;
}

static int reserve_watch(struct urchin_loop *loop, size_t index)
{
	size_t cap = loop->watch_cap ? loop->watch_cap : 64;
	struct urchin_loop_watch **watches;

	if (index < loop->watch_cap)
		return 0;
	while (cap <= index)
		cap *= 2;
	watches = realloc(loop->watches, cap * sizeof(struct urchin_loop_watch *));
	if (!watches)
		return URCHIN_ENOMEM;
	memset(watches + loop->watch_cap, 0, (cap - loop->watch_cap) * sizeof(struct urchin_loop_watch *));
	loop->watches = watches;
	loop->watch_cap = cap;
	return 0;
}

int urchin_loop_set_fd(struct urchin_loop *loop, struct urchin_loop_watch *watch, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};
	int err;

	if (fd < 0)
		return URCHIN_ESYSTEM;
	err = reserve_watch(loop, (size_t)fd);
	if (err)
		return err;
	/* Closing a descriptor takes it out of the set silently: a known number may need either operation. */
	if (loop->watches[fd] == watch) {
		if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event) < 0 &&
		    (errno != ENOENT || epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0))
			return URCHIN_ESYSTEM;
	} else if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 &&
		   (errno != EEXIST || epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event) < 0)) {
		return URCHIN_ESYSTEM;
	}
	loop->watches[fd] = watch;
	return 0;
}

void urchin_loop_remove_fd(struct urchin_loop *loop, const struct urchin_loop_watch *watch, int fd)
{
	if (fd < 0 || (size_t)fd >= loop->watch_cap || loop->watches[fd] != watch)
		return;
	loop->watches[fd] = NULL;
	/* EBADF and ENOENT: closed before, and gone from the set with that. */
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

int urchin_loop_set_timer(struct urchin_loop *loop, struct urchin_loop_timer *timer, uint64_t deadline_us)
{
	return urchin_heap_set(&loop->timers, &timer->entry, deadline_us);
}

void urchin_loop_remove_timer(struct urchin_loop *loop, struct urchin_loop_timer *timer)
{
	urchin_heap_remove(&loop->timers, &timer->entry);
}

void urchin_loop_post(struct urchin_loop *loop, struct urchin_loop_task *task)
{
	if (task->is_queued)
		return;
	task->is_queued = true;
	task->next = NULL;
	task->previous = loop->tasks.last;
	if (loop->tasks.last)
		loop->tasks.last->next = task;
	else
		loop->tasks.first = task;
	loop->tasks.last = task;
}

void urchin_loop_cancel(struct urchin_loop *loop, struct urchin_loop_task *task)
{
	if (!task->is_queued)
		return;
	task->is_queued = false;
	if (task->previous)
		task->previous->next = task->next;
	else if (loop->tasks.first == task)
		loop->tasks.first = task->next;
	else
		loop->running.first = task->next;
	if (task->next)
		task->next->previous = task->previous;
	else if (loop->tasks.last == task)
		loop->tasks.last = task->previous;
	else
		loop->running.last = task->previous;
}

static uint64_t wait_us(const struct urchin_loop *loop, uint64_t max_wait_us)
{
	const struct urchin_heap_entry *first = urchin_heap_first(&loop->timers);
	uint64_t least_us = max_wait_us < MAX_WAIT_US ? max_wait_us : MAX_WAIT_US;

	if (loop->tasks.first)
		return 0;
	if (first) {
		uint64_t now_us = urchin_clock_us();
		uint64_t left_us = first->deadline_us > now_us ? first->deadline_us - now_us : 0;

		if (left_us < least_us)
			least_us = left_us;
	}
	return least_us;
}

/* Milliseconds are too coarse for packets that wait; epoll_pwait2 (Linux 5.11) may be missing or forbidden. */
static int wait_for_events(struct urchin_loop *loop, struct epoll_event *events, uint64_t time_us)
{
	if (!loop->is_coarse && time_us % 1000 != 0) {
		struct timespec time = {.tv_sec = (time_t)(time_us / 1000000),
					.tv_nsec = (long)(time_us % 1000000) * 1000};
		int count = (int)syscall(SYS_epoll_pwait2, loop->epoll_fd, events, EVENTS_PER_TURN, &time, NULL, 0);

		if (count >= 0 || errno == EINTR)
			return count;
		loop->is_coarse = true;
	}
	/* Rounded up: waking early would only spin. */
	return epoll_wait(loop->epoll_fd, events, EVENTS_PER_TURN, (int)((time_us + 999) / 1000));
}

static void run_timers(struct urchin_loop *loop)
{
	uint64_t now_us = urchin_clock_us();
	struct urchin_heap_entry *entry = urchin_heap_first(&loop->timers);

	while (entry && entry->deadline_us <= now_us) {
		struct urchin_loop_timer *timer = (struct urchin_loop_timer *)entry;

		urchin_heap_remove(&loop->timers, entry);
		timer->on_due(timer, now_us);
		entry = urchin_heap_first(&loop->timers);
	}
}

static void run_tasks(struct urchin_loop *loop)
{
	loop->running = loop->tasks;
	loop->tasks = (struct urchin_loop_tasks){0};
	while (loop->running.first) {
		struct urchin_loop_task *task = loop->running.first;

		loop->running.first = task->next;
		if (task->next)
			task->next->previous = NULL;
		else
			loop->running.last = NULL;
		task->is_queued = false;
		task->run(task);
	}
}

void urchin_loop_turn(struct urchin_loop *loop, uint64_t max_wait_us)
{
	struct epoll_event events[EVENTS_PER_TURN];
	int count = wait_for_events(loop, events, wait_us(loop, max_wait_us));

	loop->woke_us = urchin_clock_us();
	loop->is_behind = count == EVENTS_PER_TURN;
	for (int i = 0; i < count; i++) {
		int fd = events[i].data.fd;
		struct urchin_loop_watch *watch = loop->watches[fd];

		if (watch)
			watch->on_ready(watch, fd, events[i].events);
	}
	run_timers(loop);
	run_tasks(loop);
}
