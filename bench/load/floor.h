/* What encrypting and sending the same packets costs without a server around it: the floor, and the usual design. */
#ifndef URCHIN_BENCH_FLOOR_H
#define URCHIN_BENCH_FLOOR_H

#include <netinet/in.h>

#include "bench/load/talk.h"

/* CPU microseconds per packet of each design for a round's packets, sent to `port`, where somebody drains them. */
void bench_floors(const struct bench_plan *plan, uint16_t port, uint64_t round, double figures[BENCH_FLOORS]);

#endif
