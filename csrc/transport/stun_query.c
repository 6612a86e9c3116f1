#include "transport/stun_query.h"

#include <string.h>

#include "base/bytes.h"
#include "base/heap.h"

#define FINAL_WAIT_RTOS 16 /* Rm of RFC 8489 6.2.1 */

void urchin_stun_query_start(struct urchin_stun_query *query, const struct urchin_addr *server, uint32_t tag,
			     uint64_t random64, uint64_t now_us)
{
	*query = (struct urchin_stun_query){
	    .server = *server,
	    .transmissions_max = URCHIN_STUN_QUERY_TRANSMISSIONS,
	    .rto_us = URCHIN_STUN_QUERY_RTO_US,
	    .deadline_us = now_us,
	};
	urchin_write_u32(query->transaction, tag);
	urchin_write_u64(query->transaction + 4, random64);
}

static void end(struct urchin_stun_query *query, enum urchin_stun_query_state state)
{
	query->state = state;
	query->deadline_us = URCHIN_NEVER_US;
}

/* RFC 8489 6.2.1: doubles each time, but after the last transmission never longer than Rm times the first. */
static uint64_t wait_us(const struct urchin_stun_query *query)
{
	uint64_t rtos = UINT64_C(1) << (query->sent_count - 1);

	if (query->sent_count == query->transmissions_max && rtos > FINAL_WAIT_RTOS)
		rtos = FINAL_WAIT_RTOS;
	return rtos * query->rto_us;
}

size_t urchin_stun_query_next(struct urchin_stun_query *query, uint64_t now_us, uint8_t *bytes, size_t cap)
{
	struct urchin_stun_writer writer;

	if (query->state != URCHIN_STUN_QUERY_PENDING || now_us < query->deadline_us || cap < URCHIN_STUN_QUERY_LEN)
		return 0;
	if (query->sent_count >= query->transmissions_max) {
		end(query, URCHIN_STUN_QUERY_FAILED);
		return 0;
	}
	if (query->sent_count == 0)
		query->first_sent_us = now_us;
	query->sent_count++;
	query->deadline_us = now_us + wait_us(query);
	urchin_stun_begin(&writer, bytes, cap, URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, query->transaction);
	return (size_t)urchin_stun_finish_plain(&writer);
}

static bool is_answer(const struct urchin_stun_query *query, const struct urchin_addr *from,
		      const struct urchin_stun *stun)
{
	return query->sent_count > 0 && (stun->class == URCHIN_STUN_SUCCESS || stun->class == URCHIN_STUN_ERROR) &&
	       stun->method == URCHIN_STUN_BINDING &&
	       memcmp(stun->transaction, query->transaction, URCHIN_STUN_TRANSACTION_LEN) == 0 &&
	       urchin_addr_equal(from, &query->server);
}

bool urchin_stun_query_feed(struct urchin_stun_query *query, const struct urchin_addr *from,
			    const struct urchin_stun *stun, uint64_t now_us)
{
	bool is_useful;

	if (!is_answer(query, from, stun))
		return false;
	if (query->state != URCHIN_STUN_QUERY_PENDING)
		return true;
	/* RFC 8489 6.3.3: with attributes that must be understood and are not, the transaction has failed. */
	is_useful = stun->class == URCHIN_STUN_SUCCESS && stun->unknown_count == 0 &&
		    stun->mapped.family == query->server.family && urchin_addr_is_usable(&stun->mapped);
	query->has_answer = true;
	if (stun->class == URCHIN_STUN_ERROR)
		query->error_code = stun->error_code;
	if (is_useful) {
		query->mapped = stun->mapped;
		query->rtt_us = now_us - query->first_sent_us;
	}
	end(query, is_useful ? URCHIN_STUN_QUERY_ANSWERED : URCHIN_STUN_QUERY_FAILED);
	return true;
}

uint64_t urchin_stun_query_deadline_us(const struct urchin_stun_query *query)
{
	return query->deadline_us;
}
