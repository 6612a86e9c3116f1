/* A short list: a connection brings a handful of SSRCs, and mostly the same one twice in a row. */
#include "session/ssrc_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

void urchin_ssrc_map_clear(struct urchin_ssrc_map *map)
{
	free(map->entries);
	memset(map, 0, sizeof *map);
}

struct urchin_ssrc_entry *urchin_ssrc_map_find(struct urchin_ssrc_map *map, uint32_t ssrc)
{
	if (map->last < map->count && map->entries[map->last].ssrc == ssrc)
		return &map->entries[map->last];
	for (size_t i = 0; i < map->count; i++) {
		if (map->entries[i].ssrc != ssrc)
			continue;
		map->last = i;
		return &map->entries[i];
	}
	return NULL;
}

static int grow(struct urchin_ssrc_map *map)
{
	if (map->count < map->cap)
		return 0;
	size_t cap = map->cap ? map->cap * 2 : 8;
	struct urchin_ssrc_entry *entries = realloc(map->entries, cap * sizeof *entries);
	if (!entries)
		return URCHIN_ENOMEM;
	map->entries = entries;
	map->cap = cap;
	return 0;
}

int urchin_ssrc_map_add(struct urchin_ssrc_map *map, uint32_t ssrc, bool is_declared, struct urchin_stream_in *stream)
{
	struct urchin_ssrc_entry *entry = urchin_ssrc_map_find(map, ssrc);
	if (entry) {
		if (entry->stream != stream)
			entry->was_used = false;
		if (is_declared && !entry->is_declared) {
			entry->is_declared = true;
			map->learnt_count--;
		}
		entry->stream = stream;
		return 0;
	}
	if (!is_declared && map->learnt_count >= URCHIN_SSRC_LEARNT_MAX)
		return URCHIN_EFULL;
	int err = grow(map);
	if (err < 0)
		return err;
	map->entries[map->count++] =
	    (struct urchin_ssrc_entry){.ssrc = ssrc, .is_declared = is_declared, .stream = stream};
	map->learnt_count += !is_declared;
	return 0;
}

static void remove_at(struct urchin_ssrc_map *map, size_t i)
{
	map->learnt_count -= !map->entries[i].is_declared;
	map->entries[i] = map->entries[--map->count];
}

void urchin_ssrc_map_remove(struct urchin_ssrc_map *map, uint32_t ssrc)
{
	struct urchin_ssrc_entry *entry = urchin_ssrc_map_find(map, ssrc);
	if (entry)
		remove_at(map, (size_t)(entry - map->entries));
}

void urchin_ssrc_map_remove_stream(struct urchin_ssrc_map *map, const struct urchin_stream_in *stream)
{
	for (size_t i = map->count; i > 0; i--) {
		if (map->entries[i - 1].stream == stream)
			remove_at(map, i - 1);
	}
}

void urchin_ssrc_map_forget_declared(struct urchin_ssrc_map *map, const struct urchin_stream_in *stream,
				     uint32_t current_ssrc)
{
	for (size_t i = map->count; i > 0; i--) {
		struct urchin_ssrc_entry *entry = &map->entries[i - 1];
		if (entry->stream != stream || !entry->is_declared)
			continue;
		if (entry->ssrc == current_ssrc && entry->was_used) {
			entry->is_declared = false;
			map->learnt_count++;
		} else {
			remove_at(map, i - 1);
		}
	}
}
