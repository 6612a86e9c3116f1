#include "transport/algorithm_name.h"

#include <string.h>
#include <strings.h>

bool urchin_algorithm_has_name(const char *names, const char *name)
{
	size_t len = strlen(name);

	while (names) {
		if (strncasecmp(names, name, len) == 0 && (names[len] == ':' || names[len] == '\0'))
			return true;
		names = strchr(names, ':');
		names = names ? names + 1 : NULL;
	}
	return false;
}
