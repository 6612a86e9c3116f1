/* How a fuzz target says that something does not hold. */
#ifndef URCHIN_FUZZ_CHECK_H
#define URCHIN_FUZZ_CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                  \
			abort();                                                                                       \
		}                                                                                                      \
	} while (false)

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

#endif
