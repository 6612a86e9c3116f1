/* prepare, query, check and dispatch, spread over the turns of a loop. */
#include "io/glib_source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/err.h"
#include "io/clock.h"

#define FIRST_FDS 4

_Static_assert((int)G_IO_IN == EPOLLIN && (int)G_IO_PRI == EPOLLPRI && (int)G_IO_OUT == EPOLLOUT &&
		   (int)G_IO_ERR == EPOLLERR && (int)G_IO_HUP == EPOLLHUP,
	       "the conditions of GLib are those of poll()");

static struct urchin_glib_source *source_of_watch(struct urchin_loop_watch *watch)
{
	return (struct urchin_glib_source *)((char *)watch - offsetof(struct urchin_glib_source, watch));
}

static struct urchin_glib_source *source_of_timer(struct urchin_loop_timer *timer)
{
	return (struct urchin_glib_source *)((char *)timer - offsetof(struct urchin_glib_source, timer));
}

static struct urchin_glib_source *source_of_task(struct urchin_loop_task *task)
{
	return (struct urchin_glib_source *)((char *)task - offsetof(struct urchin_glib_source, task));
}

static bool reserve(GPollFD **fds, size_t *cap, size_t count)
{
	GPollFD *grown;

	if (count <= *cap)
		return true;
	grown = realloc(*fds, count * sizeof(*grown));
	if (!grown)
		return false;
	*fds = grown;
	*cap = count;
	return true;
}

static const GPollFD *find_fd(const GPollFD *fds, size_t count, int fd)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i].fd == fd)
			return &fds[i];
	return NULL;
}

/* Brings the loop's registrations from old_fds to fds. */
static void register_fds(struct urchin_glib_source *source, size_t old_count, bool check_all)
{
	for (size_t i = 0; i < old_count; i++)
		if (!find_fd(source->fds, source->fd_count, source->old_fds[i].fd))
			urchin_loop_remove_fd(source->loop, &source->watch, source->old_fds[i].fd);
	for (size_t i = 0; i < source->fd_count; i++) {
		const GPollFD *fd = &source->fds[i];
		const GPollFD *old = find_fd(source->old_fds, old_count, fd->fd);

		if (check_all || !old || old->events != fd->events)
			urchin_loop_set_fd(source->loop, &source->watch, fd->fd, fd->events);
	}
}

/* Asks the context what it waits for. */
static void arm(struct urchin_glib_source *source)
{
	size_t old_count = source->fd_count;
	GPollFD *old_fds = source->old_fds;
	size_t old_cap = source->old_cap;
	bool check_all = source->is_touched || source->fds_change;
	int timeout_ms = -1;
	int wanted;

	source->old_fds = source->fds;
	source->old_cap = source->fd_cap;
	source->fds = old_fds;
	source->fd_cap = old_cap;
	g_main_context_prepare(source->context, &source->priority);
	/* All descriptors, whatever the priority of what is ready: the set then changes rarely. */
	wanted = g_main_context_query(source->context, G_MAXINT, &timeout_ms, source->fds, (int)source->fd_cap);
	if (wanted > (int)source->fd_cap) {
		if (!reserve(&source->fds, &source->fd_cap, (size_t)wanted))
			wanted = (int)source->fd_cap;
		else
			wanted = g_main_context_query(source->context, G_MAXINT, &timeout_ms, source->fds, wanted);
	}
	source->fd_count = (size_t)wanted;
	for (size_t i = 0; i < source->fd_count; i++)
		source->fds[i].revents = 0;
	source->is_touched = false;
	register_fds(source, old_count, check_all);
	if (timeout_ms == 0)
		urchin_loop_post(source->loop, &source->task);
	urchin_loop_set_timer(source->loop, &source->timer,
			      timeout_ms > 0 ? urchin_clock_us() + (uint64_t)timeout_ms * 1000 : URCHIN_NEVER_US);
}

static void on_task(struct urchin_loop_task *task)
{
	struct urchin_glib_source *source = source_of_task(task);

	source->now_us = urchin_clock_us();
	g_main_context_push_thread_default(source->context);
	if (g_main_context_check(source->context, source->priority, source->fds, (int)source->fd_count))
		g_main_context_dispatch(source->context);
	g_main_context_pop_thread_default(source->context);
	arm(source);
}

static void on_ready(struct urchin_loop_watch *watch, int fd, uint32_t events)
{
	struct urchin_glib_source *source = source_of_watch(watch);

	for (size_t i = 0; i < source->fd_count; i++)
		if (source->fds[i].fd == fd)
			source->fds[i].revents = (gushort)events;
	urchin_loop_post(source->loop, &source->task);
}

static void on_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct urchin_glib_source *source = source_of_timer(timer);

	(void)now_us;
	urchin_loop_post(source->loop, &source->task);
}

int urchin_glib_source_init(struct urchin_glib_source *source, struct urchin_loop *loop, bool fds_change)
{
	*source = (struct urchin_glib_source){.loop = loop, .fds_change = fds_change};
	source->watch.on_ready = on_ready;
	source->timer.on_due = on_due;
	source->task.run = on_task;
	if (!reserve(&source->fds, &source->fd_cap, FIRST_FDS) ||
	    !reserve(&source->old_fds, &source->old_cap, FIRST_FDS)) {
		free(source->fds);
		return URCHIN_ENOMEM;
	}
	source->context = g_main_context_new();
	/* The owner's own additions then need no wake-up through the context's eventfd. */
	g_main_context_acquire(source->context);
	urchin_glib_source_touch(source);
	return 0;
}

void urchin_glib_source_detach(struct urchin_glib_source *source)
{
	urchin_loop_cancel(source->loop, &source->task);
	urchin_loop_remove_timer(source->loop, &source->timer);
	for (size_t i = 0; i < source->fd_count; i++)
		urchin_loop_remove_fd(source->loop, &source->watch, source->fds[i].fd);
	source->fd_count = 0;
}

void urchin_glib_source_clear(struct urchin_glib_source *source)
{
	urchin_glib_source_detach(source);
	g_main_context_release(source->context);
	g_main_context_unref(source->context);
	source->context = NULL;
	free(source->fds);
	free(source->old_fds);
}

void urchin_glib_source_touch(struct urchin_glib_source *source)
{
	source->is_touched = true;
	urchin_loop_post(source->loop, &source->task);
}
