/*
 * A receiver whose connection lives on another worker, as the senders of this worker see it: the same packets, clock
 * and cache, fed by what that worker's router exports.
 */
#ifndef URCHIN_SESSION_IMPORT_H
#define URCHIN_SESSION_IMPORT_H

#include "session/connection.h"
#include "session/router.h"

struct urchin_import;

/* Senders name it by the receiver's id. `router` must outlive it. On errors *err is set and NULL returned. */
struct urchin_import *urchin_import_new(struct urchin_router *router, uint64_t receiver_id,
					const struct urchin_receiver_config *config, int *err);
/* Senders are left without a source. NULL is allowed. */
void urchin_import_free(struct urchin_import *import);

/* What a renegotiation of the publisher changed. Returns 0 or URCHIN_EINVAL. */
int urchin_import_update(struct urchin_import *import, const struct urchin_receiver_config *config);

/* Takes what was exported; packets that do not fit the format are dropped. */
void urchin_import_feed(struct urchin_import *import, const struct urchin_export *item);

#endif
