/*
 * OpenSSL's low-level SHA-1 is called by its old name: no allocation, no look-up of an algorithm, nothing shared by
 * threads, and nothing that can fail. A flood of forged checks costs four blocks of SHA-1 each.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "transport/stun_integrity.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "wire/stun_format.h"

_Static_assert(SHA_DIGEST_LENGTH == URCHIN_STUN_INTEGRITY_LEN, "MESSAGE-INTEGRITY is an HMAC-SHA1");

/* RFC 2104 2: the state after a block of the key XORed with `pad`. */
static void begin(SHA_CTX *sha, const uint8_t block[SHA_CBLOCK], uint8_t pad)
{
	uint8_t padded[SHA_CBLOCK];

	for (size_t i = 0; i < SHA_CBLOCK; i++)
		padded[i] = block[i] ^ pad;
	SHA1_Init(sha);
	SHA1_Update(sha, padded, sizeof(padded));
	OPENSSL_cleanse(padded, sizeof(padded));
}

/*
 * RFC 8489 14.5: over the message up to the attribute at `offset`, its header's length set as if this attribute were
 * the last one.
 */
static void compute(uint8_t mac[URCHIN_STUN_INTEGRITY_LEN], const uint8_t *bytes, size_t offset, const char *key)
{
	uint8_t block[SHA_CBLOCK] = {0};
	uint8_t start[4];
	size_t key_len = strlen(key);
	SHA_CTX sha;

	if (key_len > sizeof(block))
		SHA1((const uint8_t *)key, key_len, block);
	else
		memcpy(block, key, key_len);
	memcpy(start, bytes, 2);
	urchin_write_u16(start + 2, (uint16_t)(offset + URCHIN_STUN_ATTRIBUTE_HEADER_LEN + URCHIN_STUN_INTEGRITY_LEN -
					       URCHIN_STUN_HEADER_LEN));
	begin(&sha, block, 0x36);
	SHA1_Update(&sha, start, sizeof(start));
	SHA1_Update(&sha, bytes + sizeof(start), offset - sizeof(start));
	SHA1_Final(mac, &sha);
	begin(&sha, block, 0x5c);
	SHA1_Update(&sha, mac, URCHIN_STUN_INTEGRITY_LEN);
	SHA1_Final(mac, &sha);
	OPENSSL_cleanse(block, sizeof(block));
}

int urchin_stun_check_integrity(const struct urchin_stun *stun, const uint8_t *bytes, const char *key)
{
	uint8_t mac[URCHIN_STUN_INTEGRITY_LEN];

	if (!stun->integrity.bytes)
		return URCHIN_EAUTH;
	compute(mac, bytes, stun->integrity_offset, key);
	return CRYPTO_memcmp(mac, stun->integrity.bytes, sizeof(mac)) == 0 ? 0 : URCHIN_EAUTH;
}

void urchin_stun_add_integrity(struct urchin_stun_writer *writer, const char *key)
{
	uint8_t mac[URCHIN_STUN_INTEGRITY_LEN];

	if (writer->overflowed)
		return;
	compute(mac, writer->bytes, writer->len, key);
	urchin_stun_add(writer, URCHIN_STUN_MESSAGE_INTEGRITY, mac, sizeof(mac));
}
