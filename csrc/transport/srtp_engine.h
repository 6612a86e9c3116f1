/*
 * Who computes AES-GCM: OpenSSL, or intel-ipsec-mb where it is installed, which takes about half the time. Chosen once
 * per process; a cipher stays with the engine it was made with.
 */
#ifndef URCHIN_TRANSPORT_SRTP_ENGINE_H
#define URCHIN_TRANSPORT_SRTP_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URCHIN_GCM_TAG_LEN 16
#define URCHIN_GCM_IV_LEN 12

/* What is sealed or opened: associated data, text, and for CM what is authenticated behind the text. */
struct urchin_srtp_text {
	const uint8_t *aad;
	size_t aad_len;
	const uint8_t *in;
	size_t len;
	uint8_t *out; /* may be `in` */
};

/* All of it may be called on any thread; a state by one at a time. */
struct urchin_srtp_engine {
	const char *name;
	/* The state of a key of 16 or 32 bytes, which either only seals or only opens. Returns NULL on failure. */
	void *(*gcm_new)(const uint8_t *key, size_t key_len, bool is_sender);
	/* Wipes. NULL is allowed. */
	void (*gcm_free)(void *state);
	/* Returns 0 or URCHIN_ELIBRARY; opening also URCHIN_EAUTH, what is in `out` is then worthless. */
	int (*gcm_seal)(void *state, const uint8_t iv[URCHIN_GCM_IV_LEN], const struct urchin_srtp_text *text,
			uint8_t tag[URCHIN_GCM_TAG_LEN]);
	int (*gcm_open)(void *state, const uint8_t iv[URCHIN_GCM_IV_LEN], const struct urchin_srtp_text *text,
			const uint8_t tag[URCHIN_GCM_TAG_LEN]);
};

/* The engine of ciphers made from now on. */
const struct urchin_srtp_engine *urchin_srtp_engine(void);

/*
 * Chooses it: "off" is OpenSSL, "auto" also ipsec-mb where the system has it, anything else is that library's file.
 * What can't be loaded or gives one wrong byte is not used. Returns the name of the engine now in use, static storage.
 * May be called on any thread, and again: ciphers that exist stay with theirs.
 */
const char *urchin_srtp_engine_choose(const char *wish);

/* Whether an engine gives the same bytes and verdicts as another, over many lengths, and writes nothing beside them. */
bool urchin_srtp_engine_agrees(const struct urchin_srtp_engine *engine, const struct urchin_srtp_engine *reference);

#endif
