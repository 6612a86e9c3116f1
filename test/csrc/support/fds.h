/* Counts the open descriptors of the process. */
#ifndef URCHIN_TEST_SUPPORT_FDS_H
#define URCHIN_TEST_SUPPORT_FDS_H

#include <dirent.h>

static inline int count_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

#endif
