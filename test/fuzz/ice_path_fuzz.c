/*
 * Any sequence of calls, answers (true, damaged, random), packets and clock jumps on one ICE path. Nothing may crash;
 * checks stay 5 ms apart; a tick puts the deadline into the future; nothing is to be sent when consent is gone; and a
 * path that nobody talks to comes to rest.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/heap.h"
#include "check.h"
#include "transport/ice_path.h"
#include "transport/stun_integrity.h"
#include "wire/stun.h"

#define SENT_MAX 16
#define PACING_US 5000
#define STEPS_MAX 100 /* ticks within one jump of the clock */

struct input {
	const uint8_t *bytes;
	size_t len;
};

struct sent {
	int local;
	struct urchin_addr remote;
	uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN];
};

static struct urchin_ice_path *path;
static uint64_t now_us;
static uint64_t sent_us;
static uint64_t random_state;
static struct sent sents[SENT_MAX]; /* the newest checks */
static size_t sent_count;
static bool used_locals[URCHIN_ICE_PATH_LOCALS_MAX];
static enum urchin_ice_liveness liveness;

static uint8_t take(struct input *input)
{
	if (input->len == 0)
		return 0;
	input->len--;
	return *input->bytes++;
}

static uint64_t next_random(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return random_state ^ random_state >> 32;
}

static void on_send(void *owner, int local, const struct urchin_addr *remote, const uint8_t *bytes, size_t len)
{
	struct urchin_stun stun;
	(void)owner;
	CHECK(local >= 0 && local < URCHIN_ICE_PATH_LOCALS_MAX && used_locals[local]);
	CHECK(urchin_stun_read(&stun, bytes, len) == 0);
	CHECK(sent_us == 0 || now_us >= sent_us + PACING_US);
	sent_us = now_us;
	struct sent *sent = &sents[sent_count++ % SENT_MAX];
	*sent = (struct sent){.local = local, .remote = *remote};
	memcpy(sent->transaction, stun.transaction, sizeof sent->transaction);
}

static void check_current(void)
{
	const struct urchin_ice_path_way *way = urchin_ice_path_current(path);
	if (!way)
		return;
	CHECK(liveness != URCHIN_ICE_DEAD);
	CHECK(way->local == URCHIN_ICE_PATH_BACKEND || used_locals[way->local]);
	CHECK(way->remote.family != URCHIN_ADDR_NONE);
}

static void on_path(void *owner, int local, const struct urchin_addr *remote, enum urchin_candidate_type type)
{
	(void)owner;
	(void)type;
	CHECK(local == URCHIN_ICE_PATH_BACKEND || used_locals[local]);
	CHECK(remote->family != URCHIN_ADDR_NONE);
	check_current();
}

static void on_liveness(void *owner, enum urchin_ice_liveness next)
{
	(void)owner;
	CHECK(next != liveness);
	CHECK(next != URCHIN_ICE_DEAD || liveness == URCHIN_ICE_SILENT);
	liveness = next;
	check_current();
}

static void on_deadline(void *owner)
{
	(void)owner;
}

static struct urchin_addr read_addr(struct input *input)
{
	uint8_t what = take(input);
	struct urchin_addr addr = {.family = what & 1 ? URCHIN_ADDR_IPV6 : URCHIN_ADDR_IPV4};
	addr.port = (uint16_t)(1 + (what >> 3));
	addr.bytes[0] = what & 1 ? 0x20 : 192;
	if (what & 2) { /* link-local */
		addr.bytes[0] = what & 1 ? 0xfe : 169;
		addr.bytes[1] = what & 1 ? 0x80 : 254;
		addr.scope_id = what & 4 ? 3 : 0;
	}
	addr.bytes[3] = take(input) & 63;
	return addr;
}

static void set_credentials(uint8_t what)
{
	static const char *const ufrags[] = {"a", "b", "", "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu"};
	static const char *const pwds[] = {"p", "q", "p", ""};
	if (what & 1)
		urchin_ice_path_set_local(path, ufrags[what >> 1 & 3], pwds[what >> 3 & 3]);
	else
		urchin_ice_path_set_remote(path, ufrags[what >> 1 & 3], pwds[what >> 3 & 3]);
}

static void answer(struct input *input)
{
	uint8_t what = take(input);
	uint8_t damage = take(input);
	uint8_t bytes[256];
	struct urchin_stun_writer writer;
	struct sent sent = sents[what % SENT_MAX];
	bool is_error = what & 16;
	if (sent.remote.family == URCHIN_ADDR_NONE)
		return;
	urchin_stun_begin(&writer, bytes, sizeof bytes, is_error ? URCHIN_STUN_ERROR : URCHIN_STUN_SUCCESS,
			  URCHIN_STUN_BINDING, sent.transaction);
	urchin_stun_add_mapped(&writer, &sent.remote);
	if (is_error)
		urchin_stun_add_error(&writer, 487, "Role Conflict");
	urchin_stun_add_integrity(&writer, what & 32 ? "q" : "p");
	int len = urchin_stun_finish(&writer);
	CHECK(len > 0);
	if (damage & 0x80)
		bytes[(damage & 0x7f) % len] ^= (uint8_t)(1 << (what >> 6));
	if ((damage & 0xc0) == 0x40)
		len = (damage & 0x3f) < len ? damage & 0x3f : len;
	urchin_ice_path_feed(path, sent.local, &sent.remote, bytes, (size_t)len, now_us);
}

static void feed_raw(struct input *input)
{
	struct urchin_addr from = read_addr(input);
	int local = take(input);
	size_t len = take(input) & 63;
	len = len < input->len ? len : input->len;
	urchin_ice_path_feed(path, local, &from, input->bytes, len, now_us);
	input->bytes += len;
	input->len -= len;
}

/* Time goes on; whatever is due on the way is done in time, or all at once. */
static void advance(uint8_t what)
{
	uint64_t until_us = now_us + (UINT64_C(1) << (what & 31));
	for (int step = 0; !(what & 0x80) && step < STEPS_MAX; step++) {
		uint64_t deadline_us = urchin_ice_path_deadline_us(path);
		if (deadline_us > until_us)
			break;
		now_us = deadline_us > now_us ? deadline_us : now_us;
		urchin_ice_path_tick(path, now_us);
		CHECK(urchin_ice_path_deadline_us(path) > now_us);
	}
	now_us = now_us > until_us ? now_us : until_us;
	urchin_ice_path_tick(path, now_us);
	CHECK(urchin_ice_path_deadline_us(path) > now_us);
}

static void change_local(struct input *input, uint8_t what)
{
	int local = take(input) % URCHIN_ICE_PATH_LOCALS_MAX;
	if (what & 0x80) {
		urchin_ice_path_remove_local(path, local, now_us);
		used_locals[local] = false;
		return;
	}
	struct urchin_addr addr = read_addr(input);
	if (urchin_ice_path_add_local(path, local, &addr, (uint32_t)what << 23) == 0)
		used_locals[local] = true;
}

static void look(void)
{
	struct urchin_ice_path_pair pairs[128];
	struct urchin_ice_path_stats stats;
	size_t count = urchin_ice_path_get_pairs(path, pairs, 128);
	size_t nominated = 0;
	CHECK(count <= 100);
	for (size_t i = 0; i < count; i++) {
		CHECK(used_locals[pairs[i].local]);
		CHECK(pairs[i].answers_received <= pairs[i].checks_sent);
		nominated += pairs[i].is_nominated;
	}
	CHECK(nominated <= 1);
	urchin_ice_path_get_stats(path, &stats);
	CHECK(stats.answers_received <= stats.checks_sent);
	CHECK(stats.checks_sent == sent_count);
}

static void nominate(struct input *input, uint8_t what)
{
	struct urchin_addr addr = read_addr(input);
	int local = what & 16 ? URCHIN_ICE_PATH_BACKEND : take(input) % 70;
	urchin_ice_path_nominate(path, local, &addr, (enum urchin_candidate_type)(what >> 5 & 3), what & 0x80, now_us);
}

static void step(struct input *input)
{
	uint8_t op = take(input);
	struct urchin_addr addr;
	switch (op & 15) {
	case 0:
		feed_raw(input);
		break;
	case 1:
	case 2:
	case 3:
		answer(input);
		break;
	case 4:
		set_credentials(op >> 4 | (uint8_t)(take(input) << 4));
		break;
	case 5:
		urchin_ice_path_set_controlling(path, op & 16);
		break;
	case 6:
		change_local(input, op);
		break;
	case 7:
	case 8:
		addr = read_addr(input);
		urchin_ice_path_add_remote(path, &addr, (enum urchin_candidate_type)(op >> 4 & 3),
					   (uint32_t)take(input) << 24, now_us);
		break;
	case 9:
		nominate(input, op);
		break;
	case 10:
	case 11:
		addr = read_addr(input);
		urchin_ice_path_hear(path, take(input) % 70, &addr, now_us);
		break;
	case 12:
		urchin_ice_path_hear_backend(path, now_us);
		break;
	case 13:
		if (op & 128)
			urchin_ice_path_seek(path, now_us);
		else
			urchin_ice_path_set_backend_alive(path, op & 16, now_us);
		break;
	default:
		advance(take(input));
	}
	check_current();
}

/* What most sequences would have to find first: two sockets, some addresses, credentials. */
static void begin(void)
{
	struct urchin_addr addr = {.family = URCHIN_ADDR_IPV4, .port = 5, .bytes = {192, 0, 0, 99}};
	for (int i = 0; i < 2; i++, addr.port++) {
		CHECK(urchin_ice_path_add_local(path, i, &addr, UINT32_C(0x7e000000)) == 0);
		used_locals[i] = true;
	}
	CHECK(urchin_ice_path_set_local(path, "a", "p") == 0);
	CHECK(urchin_ice_path_set_remote(path, "b", "p") == 0);
	for (uint8_t i = 0; i < 3; i++) {
		addr = (struct urchin_addr){.family = URCHIN_ADDR_IPV4, .port = 1, .bytes = {192, 0, 0, i}};
		urchin_ice_path_add_remote(path, &addr, URCHIN_CANDIDATE_HOST, 1000, now_us);
	}
}

/* Nobody says anything any more: consent ends, and so does asking. */
static void rest(void)
{
	uint64_t end_us = now_us + UINT64_C(3600000000);
	for (int i = 0; i < 5000 && urchin_ice_path_deadline_us(path) <= end_us; i++) {
		now_us = urchin_ice_path_deadline_us(path) > now_us ? urchin_ice_path_deadline_us(path) : now_us;
		urchin_ice_path_tick(path, now_us);
		CHECK(urchin_ice_path_deadline_us(path) > now_us);
	}
	CHECK(urchin_ice_path_deadline_us(path) > end_us);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static const struct urchin_ice_path_callbacks callbacks = {on_send, on_path, on_liveness, on_deadline};
	struct input input = {bytes, len};
	uint8_t how = take(&input);
	struct urchin_ice_path_config config = {.tag = 7,
						.is_controlling = how & 2,
						.disconnected_timeout_us = how & 4 ? 300000 : 0,
						.consent_timeout_us = how & 8 ? 2000000 : 0,
						.random64 = next_random};
	now_us = UINT64_C(7000000000);
	sent_us = 0;
	sent_count = 0;
	random_state = how;
	liveness = URCHIN_ICE_ALIVE;
	memset(sents, 0, sizeof sents);
	memset(used_locals, 0, sizeof used_locals);
	path = urchin_ice_path_new(&config, &callbacks, NULL);
	CHECK(path);
	if (!(how & 1))
		begin();
	while (input.len > 0)
		step(&input);
	look();
	if (how & 16)
		rest();
	urchin_ice_path_free(path);
	return 0;
}
