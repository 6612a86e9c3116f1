/* The names under which an OpenSSL provider offers an algorithm (provider-base(7)). */
#ifndef URCHIN_TRANSPORT_ALGORITHM_NAME_H
#define URCHIN_TRANSPORT_ALGORITHM_NAME_H

#include <stdbool.h>

/* Whether `name` is one of `names`, which colons separate, in whatever case; neither is NULL. */
bool urchin_algorithm_has_name(const char *names, const char *name);

#endif
