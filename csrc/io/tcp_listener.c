/* A short list under a lock, for addresses are few and opened rarely. */
#include "io/tcp_listener.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/udp_socket.h"

#define BACKLOG 128

struct entry {
	struct urchin_addr addr;
	int fd;
	size_t users;
	struct entry *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;

/* Returns a descriptor, URCHIN_EEXIST or URCHIN_ESYSTEM. */
static int listen_on(const struct urchin_addr *addr)
{
	struct sockaddr_storage storage = {0};
	socklen_t len = urchin_sockaddr_write(addr, &storage);
	int on = 1;
	int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return URCHIN_ESYSTEM;
	/* SO_REUSEADDR: connections of a former life in TIME_WAIT don't hold the port. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (storage.ss_family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0) &&
	    bind(fd, (struct sockaddr *)&storage, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	err = errno == EADDRINUSE ? URCHIN_EEXIST : URCHIN_ESYSTEM;
	close(fd);
	return err;
}

static struct entry *add(const struct urchin_addr *addr, int *err)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	*err = URCHIN_ENOMEM;
	if (!entry)
		return NULL;
	entry->addr = *addr;
	entry->fd = listen_on(addr);
	if (entry->fd < 0) {
		*err = entry->fd;
		free(entry);
		return NULL;
	}
	entry->next = entries;
	entries = entry;
	return entry;
}

int urchin_tcp_listener_open(const struct urchin_addr *addr)
{
	struct entry *entry;
	int result = 0;

	pthread_mutex_lock(&lock);
	entry = entries;
	while (entry && !urchin_addr_equal(&entry->addr, addr))
		entry = entry->next;
	if (!entry)
		entry = add(addr, &result);
	if (entry) {
		entry->users++;
		result = entry->fd;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

void urchin_tcp_listener_close(int fd)
{
	struct entry **at = &entries;

	pthread_mutex_lock(&lock);
	while (*at && (*at)->fd != fd)
		at = &(*at)->next;
	if (*at && --(*at)->users == 0) {
		struct entry *entry = *at;

		*at = entry->next;
		close(entry->fd);
		free(entry);
	}
	pthread_mutex_unlock(&lock);
}
