/* Late time is summed up, which raises the level; calm windows are counted, which lowers it. */
#include "io/overload.h"

void urchin_overload_init(struct urchin_overload *overload, uint64_t now_us)
{
	*overload = (struct urchin_overload){
	    .since_us = now_us,
	    .end_us = now_us,
	    .window_us = now_us,
	    .hold = URCHIN_OVERLOAD_HOLD_MIN,
	};
}

static void start_window(struct urchin_overload *overload, uint64_t now_us)
{
	overload->window_us = now_us;
	overload->busy_us = 0;
	overload->is_late_window = false;
}

static bool rise(struct urchin_overload *overload, uint64_t now_us)
{
	uint64_t soon_us = (uint64_t)overload->hold * URCHIN_OVERLOAD_WINDOW_US;

	overload->late_us = 0;
	overload->calm_windows = 0;
	start_window(overload, now_us);
	if (overload->level == URCHIN_OVERLOAD_LEVELS)
		return false;
	overload->level++;
	overload->rises++;
	/* What was tried in vain is tried less often. */
	if (overload->fell_us && now_us - overload->fell_us < soon_us) {
		overload->hold *= 2;
		if (overload->hold > URCHIN_OVERLOAD_HOLD_MAX)
			overload->hold = URCHIN_OVERLOAD_HOLD_MAX;
	}
	overload->fell_us = 0;
	return true;
}

/* Level 0 that lasts ends the caution. */
static void relax(struct urchin_overload *overload)
{
	if (overload->calm_windows < overload->hold)
		return;
	overload->hold = URCHIN_OVERLOAD_HOLD_MIN;
	overload->calm_windows = 0;
}

static bool end_window(struct urchin_overload *overload, uint64_t now_us)
{
	uint64_t length_us = now_us - overload->window_us;
	bool is_calm;

	overload->busy_percent = (unsigned)(overload->busy_us * 100 / length_us);
	is_calm = !overload->is_late_window && overload->busy_percent <= URCHIN_OVERLOAD_CALM_PERCENT;
	overload->calm_windows = is_calm ? overload->calm_windows + 1 : 0;
	start_window(overload, now_us);
	if (overload->level == 0)
		relax(overload);
	if (overload->level == 0 || overload->calm_windows < overload->hold)
		return false;
	overload->calm_windows = 0;
	overload->level--;
	overload->fell_us = now_us;
	return true;
}

bool urchin_overload_turn(struct urchin_overload *overload, uint64_t woke_us, uint64_t now_us, bool is_behind)
{
	uint64_t passed_us = now_us - overload->end_us;

	if (!overload->was_behind)
		overload->since_us = woke_us;
	overload->was_behind = is_behind;
	overload->lag_us = now_us - overload->since_us;
	overload->busy_us += now_us - woke_us;
	overload->end_us = now_us;
	if (overload->lag_us > overload->max_us)
		overload->max_us = overload->lag_us;
	if (overload->lag_us >= URCHIN_OVERLOAD_LATE_US) {
		overload->is_late_window = true;
		overload->late_us += passed_us < URCHIN_OVERLOAD_TURN_MAX_US ? passed_us : URCHIN_OVERLOAD_TURN_MAX_US;
	} else {
		overload->late_us -= passed_us < overload->late_us ? passed_us : overload->late_us;
	}
	if (overload->late_us >= URCHIN_OVERLOAD_RISE_US)
		return rise(overload, now_us);
	return now_us - overload->window_us >= URCHIN_OVERLOAD_WINDOW_US && end_window(overload, now_us);
}

bool urchin_overload_sheds(unsigned level, uint64_t viewer_id)
{
	/* Ids are counted up: multiplied by the golden ratio, neighbours fall into different quarters. */
	return (viewer_id * UINT64_C(0x9e3779b97f4a7c15)) >> 62 < level;
}
