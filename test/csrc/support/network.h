/* A network of the test's own, in a namespace of this thread. */
#ifndef URCHIN_TEST_SUPPORT_NETWORK_H
#define URCHIN_TEST_SUPPORT_NETWORK_H

#include "support/cmocka_all.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

/* `setup`: commands for the shell. Returns what leads back, or -1: not allowed, or no such command here. */
static inline int enter_network(const char *setup)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (unshare(CLONE_NEWNET) == 0 && system(setup) == 0)
		return home;
	if (home >= 0 && setns(home, CLONE_NEWNET) < 0)
		print_message("the network namespace stays\n");
	if (home >= 0)
		close(home);
	return -1;
}

static inline void leave_network(int home)
{
	assert_int_equal(setns(home, CLONE_NEWNET), 0);
	close(home);
}

#endif
