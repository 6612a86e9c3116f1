#include "base/err.h"

const char *urchin_err_name(int err)
{
	switch (err) {
	case URCHIN_EINVAL:
		return "ERR_INVALID_ARGUMENT";
	case URCHIN_ENOMEM:
		return "ERR_OUT_OF_MEMORY";
	case URCHIN_ESTATE:
		return "ERR_INVALID_STATE";
	case URCHIN_ENOTFOUND:
		return "ERR_NOT_FOUND";
	case URCHIN_EFULL:
		return "ERR_FULL";
	case URCHIN_EMALFORMED:
		return "ERR_MALFORMED";
	case URCHIN_EAUTH:
		return "ERR_AUTHENTICATION";
	case URCHIN_EREPLAY:
		return "ERR_REPLAY";
	case URCHIN_ETOOBIG:
		return "ERR_TOO_BIG";
	case URCHIN_ESYSTEM:
		return "ERR_SYSTEM";
	case URCHIN_ELIBRARY:
		return "ERR_LIBRARY";
	case URCHIN_EEXIST:
		return "ERR_EXISTS";
	default:
		return err >= 0 ? "OK" : "ERR_UNKNOWN";
	}
}
