/* Which engine is in use, and whether one can be trusted. */
#include "transport/srtp_engine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "transport/srtp_ipsec_mb.h"
#include "transport/srtp_openssl.h"

#define TEXT_CAP 1500
#define GUARD_LEN 64 /* behind each output: must stay as it was */
#define GUARD 0xa5

static _Atomic(const struct urchin_srtp_engine *) chosen;

const struct urchin_srtp_engine *urchin_srtp_engine(void)
{
	const struct urchin_srtp_engine *engine = atomic_load_explicit(&chosen, memory_order_acquire);

	return engine ? engine : urchin_srtp_openssl();
}

const char *urchin_srtp_engine_choose(const char *wish)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	const struct urchin_srtp_engine *engine = NULL;

	pthread_mutex_lock(&mutex);
	if (strcmp(wish, "off") != 0)
		engine = urchin_srtp_ipsec_mb(strcmp(wish, "auto") == 0 ? NULL : wish);
	if (!engine)
		engine = urchin_srtp_openssl();
	atomic_store_explicit(&chosen, engine, memory_order_release);
	pthread_mutex_unlock(&mutex);
	return engine->name;
}

/* What one engine makes of a text. */
struct answer {
	uint8_t sealed[TEXT_CAP + URCHIN_GCM_TAG_LEN + GUARD_LEN];
	uint8_t opened[TEXT_CAP + GUARD_LEN];
	int verdict;
	int verdict_of_damaged;
};

struct states {
	const struct urchin_srtp_engine *engine;
	void *seals;
	void *opens;
};

static bool open_states(struct states *states, const struct urchin_srtp_engine *engine, const uint8_t *key,
			size_t key_len)
{
	states->engine = engine;
	states->seals = engine->gcm_new(key, key_len, true);
	states->opens = engine->gcm_new(key, key_len, false);
	return states->seals && states->opens;
}

static void close_states(struct states *states)
{
	states->engine->gcm_free(states->seals);
	states->engine->gcm_free(states->opens);
}

/* Seals out of place, opens in place, as it is done with packets. */
static bool answer(struct states *states, const uint8_t *iv, const struct urchin_srtp_text *plain,
		   struct answer *answer)
{
	struct urchin_srtp_text text = *plain;
	uint8_t *tag = answer->sealed + text.len;

	memset(answer, GUARD, sizeof(*answer));
	text.out = answer->sealed;
	if (states->engine->gcm_seal(states->seals, iv, &text, tag) < 0)
		return false;
	text.in = text.out = answer->opened;
	memcpy(answer->opened, answer->sealed, text.len);
	tag[URCHIN_GCM_TAG_LEN - 1] ^= 1;
	answer->verdict_of_damaged = states->engine->gcm_open(states->opens, iv, &text, tag);
	tag[URCHIN_GCM_TAG_LEN - 1] ^= 1;
	memcpy(answer->opened, answer->sealed, text.len);
	answer->verdict = states->engine->gcm_open(states->opens, iv, &text, tag);
	return true;
}

static bool agrees_on_key(const struct urchin_srtp_engine *engine, const struct urchin_srtp_engine *reference,
			  const uint8_t *key, size_t key_len)
{
	static const size_t aad_lens[] = {12, 16, 20, 28, 52};
	uint8_t bytes[TEXT_CAP + 64];
	struct states ours, theirs;
	struct answer a, b;
	bool is_same = open_states(&ours, engine, key, key_len);

	is_same = open_states(&theirs, reference, key, key_len) && is_same;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 167 + (i >> 8) + key_len);
	/* Every length up to some blocks, then some of packets; each at another alignment. */
	for (size_t len = 0; is_same && len <= TEXT_CAP; len += len < 300 ? 1 : 97) {
		struct urchin_srtp_text text = {
		    .aad = bytes + len % 7,
		    .aad_len = aad_lens[len % 5],
		    .in = bytes + len % 61,
		    .len = len,
		};
		is_same = answer(&ours, bytes + len % 5, &text, &a) && answer(&theirs, bytes + len % 5, &text, &b) &&
			  memcmp(&a, &b, sizeof(a)) == 0;
	}
	close_states(&ours);
	close_states(&theirs);
	return is_same;
}

bool urchin_srtp_engine_agrees(const struct urchin_srtp_engine *engine, const struct urchin_srtp_engine *reference)
{
	uint8_t key[32];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 29 + 7);
	return agrees_on_key(engine, reference, key, 16) && agrees_on_key(engine, reference, key, 32);
}
