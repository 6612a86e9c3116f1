/*
 * The listening TCP sockets of shared ports: one for all workers of the process, for what waits to be accepted on a
 * socket of one worker's own would be lost when that worker leaves the port.
 */
#ifndef URCHIN_IO_TCP_LISTENER_H
#define URCHIN_IO_TCP_LISTENER_H

#include "base/addr.h"

/*
 * Listens on an address (its port is not 0), together with those who do so already. Any thread may accept by the
 * descriptor, which does not block. Returns it, URCHIN_EEXIST (another process has the port), URCHIN_ENOMEM or
 * URCHIN_ESYSTEM.
 */
int urchin_tcp_listener_open(const struct urchin_addr *addr);
/* Each open is ended by one of these; the descriptor is in no epoll set of the caller's any more. */
void urchin_tcp_listener_close(int fd);

#endif
