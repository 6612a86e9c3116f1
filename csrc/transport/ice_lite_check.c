/*
 * The peer's checks (RFC 8445 7.3, RFC 8489 6.3 and 9.1.3). Whoever did not prove to know our password gets at most
 * one short error, never longer than what came, and only so many in a second.
 */
#include <string.h>

#include "base/bytes.h"
#include "transport/ice_lite_internal.h"
#include "transport/stun_integrity.h"

#define ERRORS_PER_SECOND 10
#define SECOND_US UINT64_C(1000000)

/* Header, ERROR-CODE without a reason, FINGERPRINT. */
#define ERROR_LEN 36

#define BAD_REQUEST 400
#define UNAUTHENTICATED 401
#define UNKNOWN_ATTRIBUTE 420
#define ROLE_CONFLICT 487

/* RFC 8445 7.3: USERNAME is our ufrag, a colon, and the peer's, which is not looked at. */
static bool is_named(const struct urchin_stun *stun, const struct credentials *credentials)
{
	size_t len = credentials->ufrag ? strlen(credentials->ufrag) : 0;

	return len > 0 && stun->username.len > len && stun->username.bytes[len] == ':' &&
	       memcmp(stun->username.bytes, credentials->ufrag, len) == 0;
}

static const struct credentials *find_credentials(const struct urchin_ice_lite *lite, const struct urchin_stun *stun)
{
	if (!stun->username.bytes)
		return NULL;
	if (is_named(stun, &lite->latest))
		return &lite->latest;
	return is_named(stun, &lite->previous) ? &lite->previous : NULL;
}

static bool may_send_error(struct urchin_ice_lite *lite, uint64_t now_us)
{
	if (now_us >= lite->error_refill_us) {
		lite->error_refill_us = now_us + SECOND_US;
		lite->error_tokens = ERRORS_PER_SECOND;
	}
	if (lite->error_tokens == 0) {
		lite->stats.errors_limited++;
		return false;
	}
	lite->error_tokens--;
	return true;
}

/* `pwd` NULL: RFC 8489 9.1.3, an answer to nobody in particular has no integrity. No reason phrase: ERROR_LEN bytes. */
static void send_error(struct urchin_ice_lite *lite, const struct urchin_ice_way *way, const struct urchin_stun *stun,
		       uint16_t code, const char *pwd)
{
	uint8_t bytes[URCHIN_STUN_HEADER_LEN + 80];
	struct urchin_stun_writer writer;
	int len;

	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_ERROR, URCHIN_STUN_BINDING, stun->transaction);
	urchin_stun_add_error(&writer, code, "");
	if (code == UNKNOWN_ATTRIBUTE)
		urchin_stun_add_unknown(&writer, stun->unknown, stun->unknown_count);
	if (pwd)
		urchin_stun_add_integrity(&writer, pwd);
	len = urchin_stun_finish(&writer);
	if (len < 0)
		return;
	lite->stats.errors_sent++;
	lite->callbacks.send(lite->owner, way, bytes, (size_t)len);
}

static void send_success(struct urchin_ice_lite *lite, const struct urchin_ice_way *way, const struct urchin_stun *stun,
			 const char *pwd)
{
	uint8_t bytes[URCHIN_STUN_HEADER_LEN + 60];
	struct urchin_stun_writer writer;
	int len;

	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_SUCCESS, URCHIN_STUN_BINDING, stun->transaction);
	urchin_stun_add_mapped(&writer, &way->remote);
	urchin_stun_add_integrity(&writer, pwd);
	len = urchin_stun_finish(&writer);
	if (len < 0)
		return;
	lite->stats.answers_sent++;
	lite->callbacks.send(lite->owner, way, bytes, (size_t)len);
}

static uint32_t shorten(const uint8_t *transaction)
{
	return urchin_read_u32(transaction) ^ urchin_read_u32(transaction + 4) ^ urchin_read_u32(transaction + 8);
}

static const struct seen *find_seen(const struct urchin_ice_lite *lite, const struct urchin_stun *stun)
{
	uint32_t transaction = shorten(stun->transaction);
	uint32_t count = lite->seen_count < SEEN_MAX ? lite->seen_count : SEEN_MAX;

	for (uint32_t i = 0; i < count; i++)
		if (lite->seen[i].transaction == transaction)
			return &lite->seen[i];
	return NULL;
}

static uint32_t shorten_way(const struct urchin_ice_way *way)
{
	return (uint32_t)urchin_addr_hash(&way->remote, way->link);
}

static void remember(struct urchin_ice_lite *lite, const struct urchin_ice_way *way, const struct urchin_stun *stun)
{
	lite->seen[lite->seen_count % SEEN_MAX] =
	    (struct seen){.transaction = shorten(stun->transaction), .way = shorten_way(way)};
	/* Wraps to a full ring, never to an empty one. */
	lite->seen_count = lite->seen_count == UINT32_MAX ? SEEN_MAX : lite->seen_count + 1;
}

/*
 * STUN has nothing against a copied check that is sent again (RFC 8489 16.1.3), and to obey one would mean to send the
 * media where it came from. A retransmission comes from where the first came, and changes nothing.
 */
static void take_again(struct urchin_ice_lite *lite, const struct urchin_ice_way *way, const struct urchin_stun *stun,
		       const struct credentials *credentials, const struct seen *seen)
{
	if (seen->way == shorten_way(way) && urchin_ice_lite_find(lite, way))
		send_success(lite, way, stun, credentials->pwd);
	else
		lite->stats.replayed++;
}

static void take_check(struct urchin_ice_lite *lite, const struct urchin_ice_way *way, const struct urchin_stun *stun,
		       const struct credentials *credentials, uint64_t now_us)
{
	const struct seen *seen = find_seen(lite, stun);
	struct flow *flow;

	if (seen) {
		take_again(lite, way, stun, credentials, seen);
		return;
	}
	flow = urchin_ice_lite_take(lite, way, now_us);
	if (!flow)
		return;
	remember(lite, way, stun);
	lite->stats.checks_received++;
	lite->stats.last_check_us = now_us;
	flow->checks++;
	flow->generation = credentials->generation;
	flow->checked_us = now_us;
	flow->heard_us = now_us;
	if (stun->has_priority)
		flow->priority = stun->priority;
	/* The answer first: whatever the new way makes the owner send comes behind it. */
	send_success(lite, way, stun, credentials->pwd);
	urchin_ice_lite_judge(lite, flow, stun->use_candidate, now_us);
}

/* A source address may be forged: what goes there is not to be more than half as much again as what came. */
static bool is_long_enough(const uint8_t *bytes)
{
	return (URCHIN_STUN_HEADER_LEN + (size_t)urchin_read_u16(bytes + 2)) * 3 >= ERROR_LEN * 2;
}

static void take_request(struct urchin_ice_lite *lite, const struct urchin_ice_way *way, const struct urchin_stun *stun,
			 const uint8_t *bytes, uint64_t now_us)
{
	const struct credentials *credentials = find_credentials(lite, stun);
	uint16_t error = 0;

	/* RFC 8489 9.1.3 */
	if (!stun->username.bytes || !stun->integrity.bytes)
		error = BAD_REQUEST;
	else if (!credentials || urchin_stun_check_integrity(stun, bytes, credentials->pwd) != 0)
		error = UNAUTHENTICATED;
	if (error) {
		lite->stats.unauthenticated++;
		if (is_long_enough(bytes) && may_send_error(lite, now_us))
			send_error(lite, way, stun, error, NULL);
		return;
	}
	/* RFC 8489 6.3.1; RFC 8445 7.3.1.1: a lite side does not take over control, so the peer has to. */
	if (stun->unknown_count > 0)
		error = UNKNOWN_ATTRIBUTE;
	else if (stun->has_controlled)
		error = ROLE_CONFLICT;
	if (!error)
		take_check(lite, way, stun, credentials, now_us);
	else if (may_send_error(lite, now_us))
		send_error(lite, way, stun, error, credentials->pwd);
}

void urchin_ice_lite_feed(struct urchin_ice_lite *lite, const struct urchin_ice_way *way,
			  const struct urchin_stun *stun, const uint8_t *bytes, uint64_t now_us)
{
	struct flow *flow;

	if (stun->method == URCHIN_STUN_BINDING && stun->class == URCHIN_STUN_REQUEST) {
		take_request(lite, way, stun, bytes, now_us);
		return;
	}
	/* RFC 8445 11: keep-alives are indications. Answers answer nothing: we ask nothing. */
	flow = urchin_ice_lite_find(lite, way);
	if (flow && stun->class == URCHIN_STUN_INDICATION)
		urchin_ice_lite_note(lite, flow, now_us);
	else
		lite->stats.ignored++;
}
