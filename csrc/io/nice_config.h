/* A backend's own copy of its configuration: each ICE generation is made from it. */
#ifndef URCHIN_IO_NICE_CONFIG_H
#define URCHIN_IO_NICE_CONFIG_H

#include "transport/ice.h"

/* Returns a copy to be freed with urchin_nice_config_free(), or NULL when out of memory. */
struct urchin_ice_config *urchin_nice_config_copy(const struct urchin_ice_config *config);

/* Replaces the local addresses. Returns 0 or URCHIN_ENOMEM (the old ones stay). */
int urchin_nice_config_set_addresses(struct urchin_ice_config *config, const char *const *addresses, size_t count);

void urchin_nice_config_free(struct urchin_ice_config *config);

#endif
