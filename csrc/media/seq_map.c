/* Maps sequence numbers by ranges of constant distance. */
#include "media/seq_map.h"

#include <string.h>

#include "base/seq.h"

void urchin_seq_map_init(struct urchin_seq_map *map, uint16_t first_seq)
{
	memset(map, 0, sizeof *map);
	map->next_out = (uint64_t)UINT16_MAX + 1 + first_seq;
}

static struct urchin_seq_map_range *range_at(const struct urchin_seq_map *map, size_t age)
{
	size_t i = (map->newest + URCHIN_SEQ_MAP_RANGES - age) % URCHIN_SEQ_MAP_RANGES;
	return (struct urchin_seq_map_range *)&map->ranges[i];
}

static void push(struct urchin_seq_map *map, uint64_t first, uint64_t delta)
{
	map->newest = (map->newest + 1) % URCHIN_SEQ_MAP_RANGES;
	if (map->count < URCHIN_SEQ_MAP_RANGES)
		map->count++;
	*range_at(map, 0) = (struct urchin_seq_map_range){.first = first, .end = UINT64_MAX, .delta = delta};
}

/* Numbers that did not go out yet belong to the range that begins now. */
static void close_ranges(struct urchin_seq_map *map)
{
	for (size_t age = 0; age < map->count; age++) {
		struct urchin_seq_map_range *range = range_at(map, age);
		uint64_t end = map->next_out - range->delta;
		if (range->end > end)
			range->end = end;
		if (range->end < range->first)
			range->end = range->first;
	}
}

bool urchin_seq_map_begin(struct urchin_seq_map *map, uint64_t ext_seq, bool is_new_source)
{
	if (is_new_source)
		map->count = 0;
	if (map->count > 0 && ext_seq < map->next_source)
		return false;
	close_ranges(map);
	map->next_source = ext_seq;
	push(map, ext_seq, map->next_out - ext_seq);
	return true;
}

void urchin_seq_map_drop(struct urchin_seq_map *map, uint64_t ext_seq)
{
	if (map->count == 0 || ext_seq < map->next_source)
		return;
	struct urchin_seq_map_range *newest = range_at(map, 0);
	map->next_source = ext_seq + 1;
	if (newest->first == ext_seq) {
		newest->first++;
		newest->delta--;
		return;
	}
	newest->end = ext_seq;
	push(map, ext_seq + 1, newest->delta - 1);
}

static struct urchin_seq_map_range *find(const struct urchin_seq_map *map, uint64_t ext_seq)
{
	for (size_t age = 0; age < map->count; age++) {
		struct urchin_seq_map_range *range = range_at(map, age);
		if (ext_seq >= range->first)
			return ext_seq < range->end ? range : NULL;
	}
	return NULL;
}

bool urchin_seq_map_forward(struct urchin_seq_map *map, uint64_t ext_seq, uint16_t *out_seq)
{
	const struct urchin_seq_map_range *range = find(map, ext_seq);
	if (!range)
		return false;
	uint64_t out = ext_seq + range->delta;
	if (ext_seq >= map->next_source)
		map->next_source = ext_seq + 1;
	if (out >= map->next_out)
		map->next_out = out + 1;
	*out_seq = (uint16_t)out;
	return true;
}

bool urchin_seq_map_reverse(const struct urchin_seq_map *map, uint16_t out_seq, uint64_t *ext_seq)
{
	uint64_t out = urchin_seq_extend(map->next_out, out_seq);
	if (out >= map->next_out)
		return false;
	for (size_t age = 0; age < map->count; age++) {
		const struct urchin_seq_map_range *range = range_at(map, age);
		if (out < range->first + range->delta)
			continue;
		uint64_t source = out - range->delta;
		if (source >= range->end)
			return false;
		*ext_seq = source;
		return true;
	}
	return false;
}
