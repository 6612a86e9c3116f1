/* Junk on the one port while a publisher and five viewers use it: they lose nothing, and each kind of junk is counted.
 */
#include "io/flood.h"
#include "io/flood_scene.h"

/* Each worker gets its share. Only junk is of the first two kinds; all of it is counted once at the most. */
static void check_counters(struct scene *scene, size_t sent)
{
	double counted = 0;

	for (size_t i = 0; i < scene->server_count; i++) {
		double junk = read_port_counter(scene, i, "portJunk");
		double ufrags = read_port_counter(scene, i, "portUnknownUfrags");
		double addresses = read_port_counter(scene, i, "portUnknownAddresses");
		double hellos = read_port_counter(scene, i, "portUnknownHellos");

		assert_true(junk > 0);
		assert_true(ufrags > 0);
		assert_true(hellos > 0);
		assert_true(addresses > hellos);
		counted += junk + ufrags;
		if (scene->server_count > 1)
			assert_true(read_port_counter(scene, i, "portHandedOver") > 0);
	}
	assert_true(counted <= (double)sent);
}

static void flood_the_port_of(size_t server_count)
{
	static struct scene scene;
	static struct flood flood;
	size_t sent;

	memset(&scene, 0, sizeof(scene));
	memset(&flood, 0, sizeof(flood));
	scene.server_count = server_count;
	scene.lite_port = flood.ports[0] = free_port();
	flood.port_count = 1;
	open_scene(&scene);
	flood.digits[0] = '?';
	for (size_t i = 0; i < server_count; i++)
		flood.digits[1 + i] = digit_of(&scene.servers[i]);
	start_flood(&flood);
	play(&scene);
	sent = stop_flood(&flood);
	check_heard(&scene);
	check_counters(&scene, sent);
	close_scene(&scene);
}

static void a_call_notices_nothing_of_a_flood(void **state)
{
	(void)state;
	flood_the_port_of(1);
}

static void a_call_over_two_workers_notices_nothing_of_a_flood(void **state)
{
	(void)state;
	flood_the_port_of(2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_call_notices_nothing_of_a_flood),
	    cmocka_unit_test(a_call_over_two_workers_notices_nothing_of_a_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
