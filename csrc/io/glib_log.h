/*
 * Where the messages of GLib and libnice go that are made on a worker's thread: to that worker, never to stderr.
 * The default handlers would print, and an environment variable could make them abort the process.
 */
#ifndef URCHIN_IO_GLIB_LOG_H
#define URCHIN_IO_GLIB_LOG_H

/* Catches the messages of the calling thread from now on; on_message NULL: drops them. */
void urchin_glib_log_catch(void (*on_message)(void *owner, const char *text), void *owner);

#endif
