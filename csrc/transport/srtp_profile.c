/* Names of the SRTP protection profiles: what every implementation behind srtp.h shares. */
#include "transport/srtp.h"

const char *urchin_srtp_profile_name(enum urchin_srtp_profile profile)
{
	switch (profile) {
	case URCHIN_SRTP_AES128_CM_SHA1_80:
		return "AES_CM_128_HMAC_SHA1_80";
	case URCHIN_SRTP_AEAD_AES_128_GCM:
		return "AEAD_AES_128_GCM";
	case URCHIN_SRTP_NONE:
		break;
	}
	return "none";
}
