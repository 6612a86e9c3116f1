/* A short list under a lock, for addresses are few and opened rarely. */
#include "io/shared_ports.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/err.h"

struct entry {
	struct urchin_addr addr;
	size_t users;
	struct entry *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;

static struct entry **find(const struct urchin_addr *addr)
{
	struct entry **at = &entries;

	while (*at && !urchin_addr_equal(&(*at)->addr, addr))
		at = &(*at)->next;
	return at;
}

bool urchin_shared_ports_begin(const struct urchin_addr *addr)
{
	pthread_mutex_lock(&lock);
	return *find(addr) != NULL;
}

int urchin_shared_ports_end(const struct urchin_addr *addr, bool is_open)
{
	struct entry **at = find(addr);
	int err = 0;

	if (is_open && !*at) {
		*at = calloc(1, sizeof(**at));
		if (*at)
			(*at)->addr = *addr;
		else
			err = URCHIN_ENOMEM;
	}
	if (is_open && *at)
		(*at)->users++;
	pthread_mutex_unlock(&lock);
	return err;
}

void urchin_shared_ports_leave(const struct urchin_addr *addr)
{
	struct entry **at;

	pthread_mutex_lock(&lock);
	at = find(addr);
	if (*at && --(*at)->users == 0) {
		struct entry *entry = *at;

		*at = entry->next;
		free(entry);
	}
	pthread_mutex_unlock(&lock);
}
