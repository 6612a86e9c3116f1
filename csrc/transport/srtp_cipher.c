/* OpenSSL's low-level SHA-1 is called by its old name: its states can be copied for nothing, EVP_MAC's can't. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "transport/srtp_cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "transport/srtp_internal.h"
#include "transport/srtp_openssl.h"

#define AUTH_KEY_LEN 20 /* RFC 3711 5.2 */
#define MAC_TAG_LEN 10
#define LABEL_AUTH 1
#define LABEL_SALT 2

/* RFC 3711 4.3.3, RFC 6188 3: AES in counter mode over the salt, with the label XORed in at the 49th bit from its end.
 */
static bool derive(const uint8_t *key, size_t key_len, const uint8_t salt[URCHIN_SRTP_SALT_CAP], int label,
		   uint8_t *out, size_t len)
{
	static const uint8_t zeros[URCHIN_SRTP_KEY_CAP];
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t iv[16] = {0};
	int out_len = 0;
	bool done;

	memcpy(iv, salt, URCHIN_SRTP_SALT_CAP);
	iv[7] ^= (uint8_t)label;
	done = context &&
	       EVP_EncryptInit_ex(context, key_len == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), NULL, key, iv) == 1 &&
	       EVP_EncryptUpdate(context, out, &out_len, zeros, (int)len) == 1;
	EVP_CIPHER_CTX_free(context);
	return done;
}

/* RFC 2104: the two states in which every MAC of this key begins. */
static void begin_hmac(struct urchin_srtp_cipher *cipher, const uint8_t key[AUTH_KEY_LEN])
{
	uint8_t pad[SHA_CBLOCK];

	memset(pad, 0x36, sizeof(pad));
	for (size_t i = 0; i < AUTH_KEY_LEN; i++)
		pad[i] ^= key[i];
	SHA1_Init(&cipher->inner);
	SHA1_Update(&cipher->inner, pad, sizeof(pad));
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA1_Init(&cipher->outer);
	SHA1_Update(&cipher->outer, pad, sizeof(pad));
	OPENSSL_cleanse(pad, sizeof(pad));
}

/* The state that encrypts and decrypts. */
static bool begin_cipher(struct urchin_srtp_cipher *cipher, const struct urchin_srtp_keys *keys, const uint8_t *key,
			 bool is_sender)
{
	if (!urchin_srtp_is_gcm(keys->profile)) {
		cipher->ctr = urchin_srtp_ctr_new(key);
		return cipher->ctr;
	}
	cipher->engine = urchin_srtp_engine();
	cipher->gcm = cipher->engine->gcm_new(key, urchin_srtp_key_len(keys->profile), is_sender);
	return cipher->gcm;
}

int urchin_srtp_cipher_init(struct urchin_srtp_cipher *cipher, const struct urchin_srtp_keys *keys, bool is_sender,
			    enum urchin_srtp_label label)
{
	const uint8_t *master = is_sender ? keys->send_key : keys->receive_key;
	uint8_t salt[URCHIN_SRTP_SALT_CAP] = {0};
	uint8_t key[URCHIN_SRTP_KEY_CAP], auth_key[AUTH_KEY_LEN];
	size_t key_len = urchin_srtp_key_len(keys->profile);
	size_t salt_len = urchin_srtp_salt_len(keys->profile);
	bool done;

	/* RFC 7714 11: GCM's 96-bit salt is shifted up to the 112 bits that key derivation takes. */
	memcpy(salt, is_sender ? keys->send_salt : keys->receive_salt, salt_len);
	memset(cipher, 0, sizeof(*cipher));
	done = derive(master, key_len, salt, (int)label, key, key_len) &&
	       derive(master, key_len, salt, (int)label + LABEL_AUTH, auth_key, sizeof(auth_key)) &&
	       derive(master, key_len, salt, (int)label + LABEL_SALT, cipher->salt, salt_len) &&
	       begin_cipher(cipher, keys, key, is_sender);
	if (done && cipher->ctr)
		begin_hmac(cipher, auth_key);
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(auth_key, sizeof(auth_key));
	OPENSSL_cleanse(salt, sizeof(salt));
	return done ? 0 : URCHIN_ELIBRARY;
}

void urchin_srtp_cipher_clear(struct urchin_srtp_cipher *cipher)
{
	if (cipher->engine)
		cipher->engine->gcm_free(cipher->gcm);
	urchin_srtp_ctr_free(cipher->ctr);
	OPENSSL_cleanse(cipher, sizeof(*cipher));
}

/* RFC 7714 8.1, 9.1: two zero bytes, SSRC, index in 48 bits, XORed with the salt. */
static void make_gcm_iv(const struct urchin_srtp_cipher *cipher, uint32_t ssrc, uint64_t index,
			uint8_t iv[URCHIN_GCM_IV_LEN])
{
	iv[0] = iv[1] = 0;
	urchin_write_u32(iv + 2, ssrc);
	urchin_write_u16(iv + 6, (uint16_t)(index >> 32));
	urchin_write_u32(iv + 8, (uint32_t)index);
	for (size_t i = 0; i < URCHIN_GCM_IV_LEN; i++)
		iv[i] ^= cipher->salt[i];
}

int urchin_srtp_cipher_seal(struct urchin_srtp_cipher *cipher, uint32_t ssrc, uint64_t index,
			    const struct urchin_srtp_text *text, uint8_t *tag)
{
	uint8_t iv[URCHIN_GCM_IV_LEN];

	make_gcm_iv(cipher, ssrc, index, iv);
	return cipher->engine->gcm_seal(cipher->gcm, iv, text, tag);
}

int urchin_srtp_cipher_open(struct urchin_srtp_cipher *cipher, uint32_t ssrc, uint64_t index,
			    const struct urchin_srtp_text *text, const uint8_t *tag)
{
	uint8_t iv[URCHIN_GCM_IV_LEN];

	make_gcm_iv(cipher, ssrc, index, iv);
	return cipher->engine->gcm_open(cipher->gcm, iv, text, tag);
}

int urchin_srtp_cipher_xor(struct urchin_srtp_cipher *cipher, uint32_t ssrc, uint64_t index,
			   const struct urchin_srtp_text *text)
{
	uint8_t iv[16] = {0};

	/* RFC 3711 4.1.1: (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16) */
	memcpy(iv, cipher->salt, URCHIN_SRTP_SALT_CAP);
	for (size_t i = 0; i < 4; i++)
		iv[4 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
	for (size_t i = 0; i < 6; i++)
		iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
	return urchin_srtp_ctr_xor(cipher->ctr, iv, text);
}

void urchin_srtp_cipher_mac(const struct urchin_srtp_cipher *cipher, const uint8_t *bytes, size_t len,
			    const uint8_t *word, uint8_t tag[MAC_TAG_LEN])
{
	/* The outer hash is always of one block: the digest, then FIPS 180-4 5.1.1's padding of 64 + 20 bytes. */
	uint8_t block[SHA_CBLOCK] = {[SHA_DIGEST_LENGTH] = 0x80};
	uint8_t digest[12];
	SHA_CTX state = cipher->inner;

	SHA1_Update(&state, bytes, len);
	if (word)
		SHA1_Update(&state, word, 4);
	SHA1_Final(block, &state);
	urchin_write_u16(block + SHA_CBLOCK - 2, 8 * (SHA_CBLOCK + SHA_DIGEST_LENGTH));
	state = cipher->outer;
	SHA1_Transform(&state, block);
	urchin_write_u32(digest, state.h0);
	urchin_write_u32(digest + 4, state.h1);
	urchin_write_u32(digest + 8, state.h2);
	memcpy(tag, digest, MAC_TAG_LEN);
}
