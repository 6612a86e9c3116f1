/* Asks for memory before it is needed: the state of many connections doesn't fit the cache. */
#ifndef URCHIN_BASE_PREFETCH_H
#define URCHIN_BASE_PREFETCH_H

#include <stddef.h>
#include <stdint.h>

#define URCHIN_CACHE_LINE 64

/* `at` may be any address, also NULL or one that is not ours: so it is counted as a number. */
static inline void urchin_prefetch(const void *at, size_t len)
{
	for (size_t i = 0; i < len; i += URCHIN_CACHE_LINE)
		__builtin_prefetch((const void *)((uintptr_t)at + i));
}

#endif
