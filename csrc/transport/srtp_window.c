/* A bit map used as a ring: what falls out at the old end is cleared when the new end moves over it. */
#include "transport/srtp_window.h"

#include <string.h>

#define WINDOW URCHIN_SRTP_RECEIVE_WINDOW

bool urchin_srtp_window_allows(const struct urchin_srtp_window *window, uint64_t index)
{
	if (!window->is_used || index > window->newest)
		return true;
	if (window->newest - index >= WINDOW)
		return false;
	return !(window->came[index % WINDOW / 64] >> (index % 64) & 1);
}

static void clear_up_to(struct urchin_srtp_window *window, uint64_t index)
{
	if (!window->is_used || index - window->newest >= WINDOW) {
		memset(window->came, 0, sizeof(window->came));
		return;
	}
	for (uint64_t i = window->newest + 1; i <= index; i++)
		window->came[i % WINDOW / 64] &= ~(UINT64_C(1) << (i % 64));
}

void urchin_srtp_window_note(struct urchin_srtp_window *window, uint64_t index)
{
	if (!window->is_used || index > window->newest) {
		clear_up_to(window, index);
		window->newest = index;
		window->is_used = true;
	}
	window->came[index % WINDOW / 64] |= UINT64_C(1) << (index % 64);
}
