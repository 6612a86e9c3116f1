/* Any bytes as a datagram of DTLS records: each record ends within it, and those called sound are whole. */
#include "base/bytes.h"
#include "check.h"
#include "transport/dtls_record.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	while (len > 0) {
		int record_len = urchin_dtls_record_len(bytes, len);
		if (record_len < 0)
			break;
		CHECK(record_len >= 13 && (size_t)record_len <= len);
		CHECK(urchin_dtls_record_epoch(bytes) == urchin_read_u16(bytes + 3));
		if (urchin_dtls_record_is_sound(bytes, (size_t)record_len)) {
			CHECK(record_len > 13);
			CHECK(urchin_dtls_record_epoch(bytes) <= 1);
			CHECK(bytes[0] >= 20 && bytes[0] <= 23);
		}
		bytes += record_len;
		len -= (size_t)record_len;
	}
	return 0;
}
