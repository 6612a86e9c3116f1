/*
 * Any bytes as a STUN message: all views lie inside it, and what was read, written again, reads the same. The message
 * is tried as it is and with its header and fingerprint put right, which chance would hardly do.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "check.h"
#include "wire/stun.h"

#define LEN_MAX 4096

static bool is_inside(struct urchin_stun_bytes view, const uint8_t *bytes, size_t len)
{
	return !view.bytes ||
	       (view.bytes >= bytes + URCHIN_STUN_HEADER_LEN + 4 && view.bytes + view.len <= bytes + len);
}

static volatile unsigned sink;

/* Touches every byte, for the sanitizers. */
static unsigned sum(struct urchin_stun_bytes view)
{
	unsigned total = 0;
	for (size_t i = 0; i < view.len; i++)
		total += view.bytes[i];
	return total;
}

static void check_views(const struct urchin_stun *stun, const uint8_t *bytes, size_t len)
{
	const struct urchin_stun_bytes views[] = {stun->username, stun->integrity, stun->error_reason, stun->software};
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		CHECK(is_inside(views[i], bytes, len));
		sink += sum(views[i]);
	}
	CHECK(stun->transaction == bytes + 8);
	CHECK(stun->method < 0x1000);
	CHECK(stun->username.len <= URCHIN_STUN_USERNAME_MAX);
	CHECK(stun->error_code == 0 || (stun->error_code >= 300 && stun->error_code <= 699));
	CHECK(!(stun->has_controlling && stun->has_controlled));
	CHECK(stun->unknown_count <= URCHIN_STUN_UNKNOWN_MAX);
	for (size_t i = 0; i < stun->unknown_count; i++)
		CHECK(stun->unknown[i] < 0x8000);
	if (!stun->integrity.bytes)
		return;
	CHECK(stun->integrity.len == URCHIN_STUN_INTEGRITY_LEN);
	CHECK(stun->integrity.bytes == bytes + stun->integrity_offset + 4);
	CHECK(urchin_read_u16(bytes + stun->integrity_offset) == 0x0008);
}

static void check_addr(const struct urchin_addr *addr)
{
	char text[URCHIN_ADDR_TEXT_CAP];
	struct urchin_addr again = {0};
	if (addr->family == URCHIN_ADDR_NONE)
		return;
	CHECK(urchin_addr_read(&again, urchin_addr_write(addr, text, sizeof(text)), addr->port) == 0);
	CHECK(urchin_addr_equal(addr, &again));
	CHECK(urchin_addr_hash(addr, 7) == urchin_addr_hash(&again, 7));
	CHECK(!urchin_addr_is_usable(addr) || addr->port > 0);
}

static bool is_same(struct urchin_stun_bytes a, struct urchin_stun_bytes b)
{
	return !a.bytes == !b.bytes && a.len == b.len && (a.len == 0 || memcmp(a.bytes, b.bytes, a.len) == 0);
}

static void write_ice(struct urchin_stun_writer *writer, const struct urchin_stun *stun)
{
	if (stun->username.bytes)
		urchin_stun_add(writer, 0x0006, stun->username.bytes, stun->username.len);
	if (stun->has_priority)
		urchin_stun_add_priority(writer, stun->priority);
	if (stun->use_candidate)
		urchin_stun_add_use_candidate(writer);
	if (stun->has_controlling || stun->has_controlled)
		urchin_stun_add_role(writer, stun->has_controlling, stun->tiebreaker);
}

static size_t write_again(uint8_t *bytes, size_t cap, const struct urchin_stun *stun)
{
	struct urchin_stun_writer writer;
	char reason[128] = "";
	int len;
	urchin_stun_begin(&writer, bytes, cap, stun->class, stun->method, stun->transaction);
	write_ice(&writer, stun);
	if (stun->has_change_request)
		urchin_stun_add_change_request(&writer, stun->change_ip, stun->change_port);
	if (stun->mapped.family != URCHIN_ADDR_NONE)
		urchin_stun_add_mapped(&writer, &stun->mapped);
	if (stun->error_code != 0) {
		size_t reason_len = stun->error_reason.len < 127 ? stun->error_reason.len : 127;
		memcpy(reason, stun->error_reason.bytes, reason_len);
		urchin_stun_add_error(&writer, stun->error_code, reason);
	}
	if (stun->software.bytes)
		urchin_stun_add(&writer, 0x8022, stun->software.bytes, stun->software.len);
	for (size_t i = 0; i < stun->unknown_count; i++)
		urchin_stun_add(&writer, stun->unknown[i], NULL, 0);
	if (stun->integrity.bytes)
		urchin_stun_add(&writer, 0x0008, stun->integrity.bytes, stun->integrity.len);
	len = urchin_stun_finish(&writer);
	CHECK(len > 0);
	return (size_t)len;
}

static void check_same(const struct urchin_stun *a, const struct urchin_stun *b)
{
	CHECK(a->class == b->class && a->method == b->method);
	CHECK(memcmp(a->transaction, b->transaction, URCHIN_STUN_TRANSACTION_LEN) == 0);
	CHECK(is_same(a->username, b->username) && is_same(a->integrity, b->integrity));
	CHECK(is_same(a->software, b->software));
	CHECK(a->has_priority == b->has_priority && a->priority == b->priority);
	CHECK(a->use_candidate == b->use_candidate && a->tiebreaker == b->tiebreaker);
	CHECK(a->has_controlling == b->has_controlling && a->has_controlled == b->has_controlled);
	CHECK(a->has_change_request == b->has_change_request);
	CHECK(a->change_ip == b->change_ip && a->change_port == b->change_port);
	CHECK(a->error_code == b->error_code && a->error_reason.len >= b->error_reason.len);
	CHECK(urchin_addr_equal(&a->mapped, &b->mapped));
	CHECK(a->unknown_count == b->unknown_count);
	CHECK(memcmp(a->unknown, b->unknown, sizeof(a->unknown)) == 0);
}

static void check_message(const uint8_t *bytes, size_t len)
{
	static uint8_t written[2 * LEN_MAX];
	struct urchin_stun stun, again;
	size_t written_len;
	if (urchin_stun_read(&stun, bytes, len))
		return;
	check_views(&stun, bytes, len);
	check_addr(&stun.mapped);
	check_addr(&stun.response_origin);
	check_addr(&stun.other_address);
	written_len = write_again(written, sizeof(written), &stun);
	CHECK(urchin_stun_read(&again, written, written_len) == 0);
	CHECK(again.has_fingerprint);
	check_same(&stun, &again);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	uint8_t *right;
	if (len > LEN_MAX)
		return 0;
	check_message(bytes, len);
	len &= ~(size_t)3;
	if (len < URCHIN_STUN_HEADER_LEN)
		return 0;
	right = malloc(len);
	memcpy(right, bytes, len);
	right[0] &= 0x3f;
	urchin_write_u16(right + 2, (uint16_t)(len - URCHIN_STUN_HEADER_LEN));
	urchin_write_u32(right + 4, 0x2112a442);
	check_message(right, len);
	if (len >= URCHIN_STUN_HEADER_LEN + 8) {
		urchin_write_u32(right + len - 8, 0x80280004);
		urchin_write_u32(right + len - 4, urchin_stun_fingerprint(right, len - 8));
		check_message(right, len);
	}
	free(right);
	return 0;
}
