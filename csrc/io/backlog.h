/*
 * Datagrams that sockets did not take because their buffers were full. They wait in one bounded place for all sockets
 * of a worker. When there is room again, what is not video leaves first; when there is none here, the oldest video
 * goes.
 */
#ifndef URCHIN_IO_BACKLOG_H
#define URCHIN_IO_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct urchin_backlog;
struct urchin_egress_way;

#define URCHIN_BACKLOG_CAP 1024 /* datagrams; 1.5 MB, touched only as far as it is used */
/* What is older is of no use: a viewer asks again for video long before, and plays audio without it. */
#define URCHIN_BACKLOG_AGE_US 100000

/* Sends one datagram: 0, URCHIN_EFULL (the socket's buffer still is full) or another error (it can't be sent). */
typedef int (*urchin_backlog_send)(void *owner, const struct urchin_egress_way *way, const uint8_t *bytes, size_t len);

/* Returns NULL when out of memory. */
struct urchin_backlog *urchin_backlog_new(urchin_backlog_send send, void *owner);
/* NULL is allowed. */
void urchin_backlog_free(struct urchin_backlog *backlog);

/* How many datagrams wait. */
size_t urchin_backlog_count(const struct urchin_backlog *backlog);

/* Something waits for this descriptor's buffer: what comes next for it has to wait behind. */
bool urchin_backlog_is_stuck(const struct urchin_backlog *backlog, int fd);

/*
 * Copies a datagram of at most URCHIN_ICE_DATAGRAM_CAP bytes whose way's descriptor is full. `way` must stay until it
 * is sent, dropped or forgotten. Who is dropped, this one or another, is counted at its way.
 */
void urchin_backlog_put(struct urchin_backlog *backlog, struct urchin_egress_way *way, const uint8_t *bytes, size_t len,
			bool is_video, uint64_t now_us);

/* Drops what is too old, then sends what the sockets take now. */
void urchin_backlog_retry(struct urchin_backlog *backlog, uint64_t now_us);

/* Drops what waits for this way, which may be freed then. */
void urchin_backlog_forget(struct urchin_backlog *backlog, const struct urchin_egress_way *way);

#endif
