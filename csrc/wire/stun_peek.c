/* A walk over the attributes (RFC 8489 14) that ends at the first USERNAME. */
#include "wire/stun_peek.h"

#include <string.h>

#include "base/bytes.h"
#include "wire/stun_format.h"

struct urchin_stun_bytes urchin_stun_peek_ufrag(const uint8_t *bytes, size_t len)
{
	struct urchin_stun_bytes ufrag = {0};
	size_t at = URCHIN_STUN_HEADER_LEN;

	while (at + URCHIN_STUN_ATTRIBUTE_HEADER_LEN <= len) {
		size_t value_len = urchin_read_u16(bytes + at + 2);
		const uint8_t *value = bytes + at + URCHIN_STUN_ATTRIBUTE_HEADER_LEN;
		const uint8_t *colon;

		if (urchin_read_u16(bytes + at) == URCHIN_STUN_USERNAME) {
			if (value_len > len - at - URCHIN_STUN_ATTRIBUTE_HEADER_LEN)
				return ufrag;
			colon = memchr(value, ':', value_len);
			ufrag.bytes = colon ? value : NULL;
			ufrag.len = colon ? (size_t)(colon - value) : 0;
			return ufrag;
		}
		at += URCHIN_STUN_ATTRIBUTE_HEADER_LEN + ((value_len + 3) & ~(size_t)3);
	}
	return ufrag;
}
