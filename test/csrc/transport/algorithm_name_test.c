/* An algorithm is found by any of its names, and by the whole of it only. */
#include "transport/algorithm_name.h"

#include "support/cmocka_all.h"

static const char names[] = "AES-128-GCM:id-aes128-GCM:2.16.840.1.101.3.4.1.6";

static void finds_each_name_in_any_case(void **state)
{
	(void)state;
	assert_true(urchin_algorithm_has_name(names, "AES-128-GCM"));
	assert_true(urchin_algorithm_has_name(names, "ID-AES128-gcm"));
	assert_true(urchin_algorithm_has_name(names, "2.16.840.1.101.3.4.1.6"));
	assert_true(urchin_algorithm_has_name("RSA", "rsa"));
}

static void takes_no_part_for_the_whole(void **state)
{
	(void)state;
	assert_false(urchin_algorithm_has_name(names, "AES-128"));
	assert_false(urchin_algorithm_has_name(names, "GCM"));
	assert_false(urchin_algorithm_has_name(names, "AES-128-GCM-SIV"));
	assert_false(urchin_algorithm_has_name("RSA-PSS", "RSA"));
	assert_false(urchin_algorithm_has_name("", "RSA"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_each_name_in_any_case),
	    cmocka_unit_test(takes_no_part_for_the_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
