/* The ufrag found at a glance lies inside the message, and is that of a message which is read in full. */
#include <string.h>

#include "check.h"
#include "wire/stun_peek.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	struct urchin_stun_bytes ufrag;
	struct urchin_stun stun;

	if (len < URCHIN_STUN_HEADER_LEN)
		return 0;
	ufrag = urchin_stun_peek_ufrag(bytes, len);
	CHECK(!ufrag.bytes || (ufrag.bytes > bytes && ufrag.bytes + ufrag.len < bytes + len));
	if (!ufrag.bytes || urchin_stun_read(&stun, bytes, len) < 0 || !stun.username.bytes)
		return 0;
	CHECK(stun.username.bytes == ufrag.bytes && stun.username.bytes[ufrag.len] == ':');
	return 0;
}
