/* GLib's handlers are process-wide: ours pass on what other threads say. */
#include "io/glib_log.h"

#include <glib.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local bool is_caught;
static _Thread_local void (*thread_on_message)(void *owner, const char *text);
static _Thread_local void *thread_owner;

static void on_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data)
{
	(void)data;
	if (!is_caught) {
		g_log_default_handler(domain, level, message, NULL);
		return;
	}
	if (thread_on_message)
		thread_on_message(thread_owner, message ? message : "");
}

static void install(void)
{
	static const char *const domains[] = {"libnice", "GLib", "GLib-GObject", "GLib-GIO", "GLib-Net"};

	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
		g_log_set_handler(domains[i], G_LOG_LEVEL_MASK | G_LOG_FLAG_RECURSION, on_log, NULL);
}

void urchin_glib_log_catch(void (*on_message)(void *owner, const char *text), void *owner)
{
	pthread_once(&once, install);
	is_caught = true;
	thread_on_message = on_message;
	thread_owner = owner;
}
