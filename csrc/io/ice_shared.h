/*
 * transport/ice.h by transport/ice_lite on the shared port of a worker (io/mux): ICE-lite with host candidates, UDP
 * and, when asked for, passive TCP. Media leaves through the worker's egress.
 */
#ifndef URCHIN_IO_ICE_SHARED_H
#define URCHIN_IO_ICE_SHARED_H

#include "io/egress.h"
#include "io/loop.h"
#include "io/mux.h"
#include "transport/ice.h"

/* What the connections of a worker have in common; must outlive them. */
struct urchin_ice_home {
	struct urchin_loop *loop;
	struct urchin_mux *mux;
	struct urchin_egress *egress;
};

/*
 * A urchin_ice_factory; `home` is a struct urchin_ice_home, config->lite_port is not 0. Its gather() and restart()
 * return URCHIN_EEXIST when the port is in use. Returns NULL when out of memory.
 */
struct urchin_ice *urchin_ice_shared_new(void *home, const struct urchin_ice_config *config,
					 const struct urchin_ice_callbacks *callbacks, void *owner);

#endif
