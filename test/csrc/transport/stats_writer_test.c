/* Values land in their object, empty texts nowhere. */
#include "support/cmocka_all.h"

#include <string.h>

#include "transport/stats_writer.h"

static const struct urchin_stat *find(const struct urchin_stats *stats, uint64_t id, const char *name)
{
	for (size_t i = 0; i < stats->count; i++)
		if (stats->items[i].object_id == id && strcmp(stats->items[i].name, name) == 0)
			return &stats->items[i];
	return NULL;
}

static void a_candidate_is_told_in_full(void **state)
{
	struct urchin_stats stats = {0};
	struct urchin_stats_writer writer = {.stats = &stats, .group = URCHIN_STAT_LOCAL_CANDIDATE, .id = 3};
	struct urchin_candidate candidate = {.foundation = "7",
					     .type = URCHIN_CANDIDATE_SRFLX,
					     .protocol = URCHIN_PROTOCOL_TCP_PASSIVE,
					     .priority = 99,
					     .address = "192.0.2.1",
					     .port = 5,
					     .related_address = "10.0.0.1",
					     .related_port = 6};

	(void)state;
	urchin_stats_put_candidate(&writer, &candidate);
	writer.id = 4;
	candidate.related_address[0] = '\0';
	candidate.protocol = URCHIN_PROTOCOL_UDP;
	urchin_stats_put_candidate(&writer, &candidate);
	assert_int_equal(writer.err, 0);
	/* What is written is a copy. */
	strcpy(candidate.address, "gone");
	assert_string_equal(find(&stats, 3, "address")->text, "192.0.2.1");
	assert_string_equal(find(&stats, 3, "candidateType")->text, "srflx");
	assert_string_equal(find(&stats, 3, "tcpType")->text, "passive");
	assert_string_equal(find(&stats, 3, "relatedAddress")->text, "10.0.0.1");
	assert_true(find(&stats, 3, "relatedPort")->value == 6);
	assert_int_equal(find(&stats, 3, "port")->group, URCHIN_STAT_LOCAL_CANDIDATE);
	assert_string_equal(find(&stats, 4, "protocol")->text, "udp");
	assert_null(find(&stats, 4, "tcpType"));
	assert_null(find(&stats, 4, "relatedAddress"));
	assert_null(find(&stats, 4, "relatedPort"));
	urchin_stats_clear(&stats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_candidate_is_told_in_full)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
