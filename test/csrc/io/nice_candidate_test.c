/* Remote candidates of every kind, through the backend: the useless are refused, the rest does no harm. */
#include "io/ice_side.h"

static const char *const bad_addresses[] = {
    "",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "0.1.2.3",
    "127.1",
    "0x7f.0.0.1",
    "127.0.0.1 ",
    "::",
    "ff02::1",
    "::ffff:10.0.0.1",
    "fe80::1%lo",
    "fe80::1%99999",
    "a.local",
    "localhost",
    "1",
    "127.0.0.1%lo",
    "::1::1",
    "127.0.0.256",
    "%n%n%n%n%s%s",
    "[::1]",
    "127.0.0.1:5000",
};

#define BAD_ADDRESSES (int)(sizeof(bad_addresses) / sizeof(bad_addresses[0]))

static void spoil(struct urchin_candidate *candidate, int kind)
{
	switch (kind) {
	case 0:
		candidate->port = 0;
		break;
	case 1:
		candidate->priority = 0;
		break;
	case 2:
		candidate->priority = UINT32_MAX;
		break;
	case 3:
		candidate->foundation[0] = '\0';
		break;
	case 4:
		memset(candidate->foundation, 'x', sizeof(candidate->foundation));
		break;
	case 5:
		memset(candidate->address, '1', sizeof(candidate->address));
		break;
	case 6:
		memset(candidate->related_address, '1', sizeof(candidate->related_address));
		break;
	case 7:
		candidate->type = (enum urchin_candidate_type)99;
		break;
	default:
		if (kind - 8 < BAD_ADDRESSES)
			snprintf(candidate->address, sizeof(candidate->address), "%s", bad_addresses[kind - 8]);
		else
			memset(candidate, 0, sizeof(*candidate));
	}
}

static void test_garbage_candidates_are_refused_and_do_no_harm(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct side a, b;

	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(gather(&b, false), 0);
	assert_int_equal(a.ice->ops->set_remote(a.ice, "", b.pwd, false), URCHIN_EINVAL);
	assert_int_equal(a.ice->ops->set_remote(a.ice, b.ufrag, NULL, false), URCHIN_EINVAL);
	assert_int_equal(a.ice->ops->set_remote(a.ice, b.ufrag, b.pwd, false), 0);
	for (int kind = 0; kind < 8 + BAD_ADDRESSES + 1; kind++) {
		struct urchin_candidate candidate = b.candidates[0];

		spoil(&candidate, kind);
		assert_int_equal(a.ice->ops->add_candidate(a.ice, &candidate), URCHIN_EINVAL);
		urchin_loop_turn(*state, 0);
	}
	connect_sides(&a, &b);
	pass_packet(&a, &b, 0x80, 100);
	close_side(&a);
	close_side(&b);
}

/*
 * One address under several types: libnice made pairs of each, and in one call of ten waited for ever for one of them
 * to be nominated.
 */
static void test_odd_but_legal_candidates_are_taken(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct urchin_candidate candidate;
	struct side a, b;

	open_side(&a, *state, "a", &config);
	open_side(&b, *state, "b", &config);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(gather(&b, false), 0);
	assert_int_equal(a.ice->ops->set_remote(a.ice, b.ufrag, b.pwd, false), 0);
	/* Every type on the same address, twice; bad related addresses; families that we have no address of. */
	for (int i = 0; i < 16; i++) {
		candidate = b.candidates[0];
		candidate.type = (enum urchin_candidate_type)(i % 4);
		candidate.priority = i % 2 ? 1 : 0x7fffffff;
		snprintf(candidate.related_address, sizeof(candidate.related_address), "%s", i % 3 ? "junk" : "::");
		if (i > 8)
			snprintf(candidate.address, sizeof(candidate.address), "%s", i % 2 ? "fe80::1" : "2001:db8::1");
		assert_int_equal(a.ice->ops->add_candidate(a.ice, &candidate), 0);
		urchin_loop_turn(*state, 1000);
	}
	/* TCP is not wanted: passed over without an error, and not counted. */
	candidate.protocol = URCHIN_PROTOCOL_TCP_PASSIVE;
	for (int i = 0; i < 200; i++)
		assert_int_equal(a.ice->ops->add_candidate(a.ice, &candidate), 0);
	connect_sides(&a, &b);
	pass_packet(&a, &b, 0x80, 100);
	close_side(&a);
	close_side(&b);
}

static void test_the_number_of_candidates_is_bounded(void **state)
{
	struct urchin_ice_config config = plain_config();
	struct urchin_candidate candidate;
	struct side a;
	int taken = 0;

	open_side(&a, *state, "a", &config);
	assert_int_equal(gather(&a, true), 0);
	assert_int_equal(a.ice->ops->set_remote(a.ice, "peer", "peer-password-of-22-chars", false), 0);
	candidate = a.candidates[0];
	for (int i = 0; i < 3000; i++) {
		snprintf(candidate.address, sizeof(candidate.address), "127.%d.%d.1", i / 250 + 1, i % 250);
		if (a.ice->ops->add_candidate(a.ice, &candidate) == 0)
			taken++;
		else
			assert_int_equal(a.ice->ops->add_candidate(a.ice, &candidate), URCHIN_EFULL);
	}
	assert_int_equal(taken, URCHIN_REMOTE_CANDIDATES_MAX);
	close_side(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_garbage_candidates_are_refused_and_do_no_harm),
	    TEST(test_odd_but_legal_candidates_are_taken),
	    TEST(test_the_number_of_candidates_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
