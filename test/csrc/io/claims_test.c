/* Claims are found by both addresses, pass to another worker, end by themselves, and are bounded; so are questions. */
#include "support/cmocka_all.h"

#include "io/claims.h"

static struct urchin_addr addr(uint32_t host, uint16_t port)
{
	struct urchin_addr made = {.family = URCHIN_ADDR_IPV4, .port = port};

	for (int i = 0; i < 4; i++)
		made.bytes[i] = (uint8_t)(host >> (24 - 8 * i));
	return made;
}

static void a_claim_is_for_both_addresses(void **state)
{
	struct urchin_claims claims = {.secret = 5};
	struct urchin_addr local = addr(0x7f000001, 20000), other = addr(0x7f000002, 20000);
	struct urchin_addr remote = addr(0xc0000201, 4000), near = addr(0xc0000201, 4001);

	(void)state;
	assert_int_equal(urchin_claims_find(&claims, &local, &remote, 1), -1);
	urchin_claims_put(&claims, &local, &remote, 3, 1);
	assert_int_equal(urchin_claims_find(&claims, &local, &remote, 1), 3);
	assert_int_equal(urchin_claims_find(&claims, &other, &remote, 1), -1);
	assert_int_equal(urchin_claims_find(&claims, &local, &near, 1), -1);
	urchin_claims_put(&claims, &local, &remote, 4, 2);
	assert_int_equal(urchin_claims_find(&claims, &local, &remote, 2), 4);
	assert_int_equal(claims.table.count, 1);
	urchin_claims_clear(&claims);
}

static void what_is_not_renewed_ends(void **state)
{
	struct urchin_claims claims = {.secret = 5};
	struct urchin_addr local = addr(0x7f000001, 20000), remote = addr(0xc0000201, 4000);

	(void)state;
	urchin_claims_put(&claims, &local, &remote, 3, 1000);
	urchin_claims_put(&claims, &local, &remote, 3, 2000);
	assert_int_equal(urchin_claims_find(&claims, &local, &remote, 1999 + URCHIN_CLAIM_LIFE_US), 3);
	assert_int_equal(urchin_claims_find(&claims, &local, &remote, 2000 + URCHIN_CLAIM_LIFE_US), -1);
	urchin_claims_clear(&claims);
}

static void old_claims_make_room_and_the_table_is_bounded(void **state)
{
	struct urchin_claims claims = {.secret = 5};
	struct urchin_addr local = addr(0x7f000001, 20000);
	uint64_t later_us = 1000 + URCHIN_CLAIM_LIFE_US;
	size_t before;

	(void)state;
	for (uint32_t i = 0; i < URCHIN_CLAIMS_MAX + 100; i++) {
		struct urchin_addr remote = addr(0x0a000000 + i, 4000);

		urchin_claims_put(&claims, &local, &remote, 3, 1000);
	}
	assert_int_equal(claims.table.count, URCHIN_CLAIMS_MAX);
	before = claims.table.count;
	for (uint32_t i = 0; i < 10; i++) {
		struct urchin_addr remote = addr(0x0b000000 + i, 4000);

		urchin_claims_put(&claims, &local, &remote, 7, later_us);
		assert_int_equal(urchin_claims_find(&claims, &local, &remote, later_us), 7);
	}
	assert_true(claims.table.count < before);
	urchin_claims_clear(&claims);
}

static void questions_are_few_and_come_back_with_time(void **state)
{
	struct urchin_claims claims = {.secret = 5};
	uint64_t now_us = 1000000000;

	(void)state;
	for (int i = 0; i < URCHIN_CLAIM_QUESTIONS_MAX; i++)
		assert_true(urchin_claims_may_ask(&claims, now_us));
	assert_false(urchin_claims_may_ask(&claims, now_us));
	assert_false(urchin_claims_may_ask(&claims, now_us + URCHIN_CLAIM_QUESTION_INTERVAL_US - 1));
	assert_true(urchin_claims_may_ask(&claims, now_us + URCHIN_CLAIM_QUESTION_INTERVAL_US));
	assert_false(urchin_claims_may_ask(&claims, now_us + URCHIN_CLAIM_QUESTION_INTERVAL_US));
	now_us += 3600 * UINT64_C(1000000);
	for (int i = 0; i < URCHIN_CLAIM_QUESTIONS_MAX; i++)
		assert_true(urchin_claims_may_ask(&claims, now_us));
	assert_false(urchin_claims_may_ask(&claims, now_us));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_claim_is_for_both_addresses),
	    cmocka_unit_test(what_is_not_renewed_ends),
	    cmocka_unit_test(old_claims_make_room_and_the_table_is_bounded),
	    cmocka_unit_test(questions_are_few_and_come_back_with_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
