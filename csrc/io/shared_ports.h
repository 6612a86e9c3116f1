/*
 * Which addresses the workers of this process have open together. The first one makes sure that no other process has
 * the port (SO_REUSEPORT alone would share it with any of the same user); the others join.
 */
#ifndef URCHIN_IO_SHARED_PORTS_H
#define URCHIN_IO_SHARED_PORTS_H

#include <stdbool.h>

#include "base/addr.h"

/* Begins to open an address; nobody else does until end(). Returns whether a worker of this process has it already. */
bool urchin_shared_ports_begin(const struct urchin_addr *addr);
/* is_open: it was opened, and is counted until leave(). Returns 0, or URCHIN_ENOMEM (it must be closed again). */
int urchin_shared_ports_end(const struct urchin_addr *addr, bool is_open);
void urchin_shared_ports_leave(const struct urchin_addr *addr);

#endif
