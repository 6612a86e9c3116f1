/*
 * Junk on every port of full ICE connections while a publisher and five viewers use them: they lose nothing. Media and
 * ClientHellos of strangers end in our sockets and are counted; libnice gets the answers and whatever looks like
 * TURN's.
 */
#include "io/flood.h"
#include "io/flood_scene.h"

static void add_ports(struct flood *flood, const struct host *server)
{
	for (size_t i = 0; i < server->count; i++) {
		const struct urchin_event *event = &server->events[i];

		if (event->type != URCHIN_EVENT_CANDIDATE || event->pair->local.protocol != URCHIN_PROTOCOL_UDP)
			continue;
		assert_true(flood->port_count < FLOOD_PORTS_MAX);
		flood->ports[flood->port_count++] = event->pair->local.port;
	}
}

static void check_counters(struct scene *scene, size_t sent)
{
	double counted = read_counter(scene, &scene->servers[0], PUBLISHER, "iceStrangersDropped");

	assert_true(counted > 0);
	for (size_t i = 0; i < VIEWERS; i++) {
		double dropped = read_counter(scene, server_of(scene, i), viewer_id(i), "iceStrangersDropped");

		assert_true(dropped > 0);
		counted += dropped;
	}
	assert_true(counted <= (double)sent);
}

static void a_call_with_full_ice_notices_nothing_of_a_flood(void **state)
{
	static struct scene scene = {.server_count = 1};
	static struct flood flood = {.digits = "?"};
	size_t sent;

	(void)state;
	open_scene(&scene);
	add_ports(&flood, &scene.servers[0]);
	assert_int_equal(flood.port_count, 1 + VIEWERS);
	start_flood(&flood);
	play(&scene);
	sent = stop_flood(&flood);
	check_heard(&scene);
	check_counters(&scene, sent);
	close_scene(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_call_with_full_ice_notices_nothing_of_a_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
