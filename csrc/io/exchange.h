/* A worker's part in what crosses between workers: packets of receivers whose viewers are elsewhere, and back. */
#ifndef URCHIN_IO_EXCHANGE_H
#define URCHIN_IO_EXCHANGE_H

#include "io/worker.h"

/* Opens the worker's mailbox. A worker without one (all 64 are taken) works, but shares no rooms. */
void urchin_exchange_init(struct urchin_worker *worker);
/* Nothing comes from others any more. Harmless twice. */
void urchin_exchange_close(struct urchin_worker *worker);
/* Frees the imports; the worker's connections are gone. */
void urchin_exchange_clear(struct urchin_worker *worker);

/* What the worker's mux asks for datagrams of other workers; after urchin_exchange_init(). */
struct urchin_mux_group urchin_exchange_mux_group(struct urchin_worker *worker);

/* Callbacks of the worker's router. */
void urchin_exchange_on_export(void *owner, uint64_t workers, const struct urchin_export *item);
void urchin_exchange_on_import_keyframe(void *owner, uint64_t receiver_id);

/* Commands about imports. Return 0 or an error. */
int urchin_exchange_execute(struct urchin_worker *worker, const struct urchin_command *command);

#endif
