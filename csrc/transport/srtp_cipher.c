/* OpenSSL's low-level SHA-1 is called by its old name: its states can be copied for nothing, EVP_MAC's can't. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "transport/srtp_cipher.h"

#include <openssl/crypto.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "transport/srtp_internal.h"

#define AUTH_KEY_LEN 20 /* RFC 3711 5.2 */
#define GCM_TAG_LEN 16
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

static const EVP_CIPHER *algorithm(enum urchin_srtp_profile profile)
{
	switch (profile) {
	case URCHIN_SRTP_AEAD_AES_128_GCM:
		return EVP_aes_128_gcm();
	case URCHIN_SRTP_AEAD_AES_256_GCM:
		return EVP_aes_256_gcm();
	default:
		return EVP_aes_128_ctr();
	}
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
	cipher->is_gcm = urchin_srtp_is_gcm(keys->profile);
	cipher->is_sender = is_sender;
	cipher->context = EVP_CIPHER_CTX_new();
	done = cipher->context && derive(master, key_len, salt, (int)label, key, key_len) &&
	       derive(master, key_len, salt, (int)label + LABEL_AUTH, auth_key, sizeof(auth_key)) &&
	       derive(master, key_len, salt, (int)label + LABEL_SALT, cipher->salt, salt_len) &&
	       EVP_CipherInit_ex(cipher->context, algorithm(keys->profile), NULL, key, NULL,
				 is_sender || !cipher->is_gcm) == 1;
	if (done && !cipher->is_gcm)
		begin_hmac(cipher, auth_key);
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(auth_key, sizeof(auth_key));
	OPENSSL_cleanse(salt, sizeof(salt));
	return done ? 0 : URCHIN_ELIBRARY;
}

void urchin_srtp_cipher_clear(struct urchin_srtp_cipher *cipher)
{
	EVP_CIPHER_CTX_free(cipher->context);
	OPENSSL_cleanse(cipher, sizeof(*cipher));
}

/* RFC 7714 8.1, 9.1: two zero bytes, SSRC, index in 48 bits, XORed with the salt. */
static bool set_gcm_iv(struct urchin_srtp_cipher *cipher, uint32_t ssrc, uint64_t index)
{
	uint8_t iv[12] = {0};

	urchin_write_u32(iv + 2, ssrc);
	urchin_write_u16(iv + 6, (uint16_t)(index >> 32));
	urchin_write_u32(iv + 8, (uint32_t)index);
	for (size_t i = 0; i < sizeof(iv); i++)
		iv[i] ^= cipher->salt[i];
	return EVP_CipherInit_ex(cipher->context, NULL, NULL, NULL, iv, cipher->is_sender) == 1;
}

int urchin_srtp_cipher_seal(struct urchin_srtp_cipher *cipher, uint32_t ssrc, uint64_t index,
			    const struct urchin_srtp_text *text, uint8_t *tag)
{
	EVP_CIPHER_CTX *context = cipher->context;
	int len = 0;

	if (!set_gcm_iv(cipher, ssrc, index) ||
	    EVP_EncryptUpdate(context, NULL, &len, text->aad, (int)text->aad_len) != 1 ||
	    (text->len > 0 && EVP_EncryptUpdate(context, text->out, &len, text->in, (int)text->len) != 1) ||
	    EVP_EncryptFinal_ex(context, NULL, &len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_LEN, tag) != 1)
		return URCHIN_ELIBRARY;
	return 0;
}

int urchin_srtp_cipher_open(struct urchin_srtp_cipher *cipher, uint32_t ssrc, uint64_t index,
			    const struct urchin_srtp_text *text, const uint8_t *tag)
{
	EVP_CIPHER_CTX *context = cipher->context;
	uint8_t expected[GCM_TAG_LEN];
	int len = 0;

	memcpy(expected, tag, sizeof(expected));
	if (!set_gcm_iv(cipher, ssrc, index) ||
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_LEN, expected) != 1 ||
	    EVP_DecryptUpdate(context, NULL, &len, text->aad, (int)text->aad_len) != 1 ||
	    (text->len > 0 && EVP_DecryptUpdate(context, text->out, &len, text->in, (int)text->len) != 1))
		return URCHIN_ELIBRARY;
	return EVP_DecryptFinal_ex(context, NULL, &len) == 1 ? 0 : URCHIN_EAUTH;
}

int urchin_srtp_cipher_xor(struct urchin_srtp_cipher *cipher, uint32_t ssrc, uint64_t index,
			   const struct urchin_srtp_text *text)
{
	uint8_t iv[16] = {0};
	int len = 0;

	/* RFC 3711 4.1.1: (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16) */
	memcpy(iv, cipher->salt, URCHIN_SRTP_SALT_CAP);
	for (size_t i = 0; i < 4; i++)
		iv[4 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
	for (size_t i = 0; i < 6; i++)
		iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
	if (EVP_EncryptInit_ex(cipher->context, NULL, NULL, NULL, iv) != 1)
		return URCHIN_ELIBRARY;
	if (text->len > 0 && EVP_EncryptUpdate(cipher->context, text->out, &len, text->in, (int)text->len) != 1)
		return URCHIN_ELIBRARY;
	return 0;
}

void urchin_srtp_cipher_mac(const struct urchin_srtp_cipher *cipher, const uint8_t *bytes, size_t len,
			    const uint8_t *word, uint8_t tag[MAC_TAG_LEN])
{
	uint8_t digest[SHA_DIGEST_LENGTH];
	SHA_CTX state = cipher->inner;

	SHA1_Update(&state, bytes, len);
	if (word)
		SHA1_Update(&state, word, 4);
	SHA1_Final(digest, &state);
	state = cipher->outer;
	SHA1_Update(&state, digest, sizeof(digest));
	SHA1_Final(digest, &state);
	memcpy(tag, digest, MAC_TAG_LEN);
}
