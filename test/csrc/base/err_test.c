/* Error names: users compare them. */
#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Users compare these strings: each code has one of its own. */
static void every_code_has_its_own_name(void **state)
{
	(void)state;
	for (int a = URCHIN_EEXIST; a < 0; a++) {
		assert_string_not_equal(urchin_err_name(a), "ERR_UNKNOWN");
		for (int b = URCHIN_EEXIST; b < a; b++)
			assert_string_not_equal(urchin_err_name(a), urchin_err_name(b));
	}
	assert_string_equal(urchin_err_name(-1000), "ERR_UNKNOWN");
	assert_string_equal(urchin_err_name(5), "OK");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_code_has_its_own_name)};
	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
