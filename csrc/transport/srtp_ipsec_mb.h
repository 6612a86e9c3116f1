/*
 * AES-GCM of intel-ipsec-mb (libIPSec_MB.so.1), found at run time: no part of Urchin needs it.
 * Its functions are called by the names of its public header, each packet by itself.
 */
#ifndef URCHIN_TRANSPORT_SRTP_IPSEC_MB_H
#define URCHIN_TRANSPORT_SRTP_IPSEC_MB_H

#include "transport/srtp_engine.h"

/*
 * Loads it from `file` (NULL: where the system keeps it) and checks it against OpenSSL. Returns NULL when it is not
 * there, of a version that is not known, of no use on this processor, or wrong. Once it is loaded it stays, and later
 * calls return it whatever `file` says. The caller sees to it that one thread calls at a time.
 */
const struct urchin_srtp_engine *urchin_srtp_ipsec_mb(const char *file);

/* Whether the functions and sizes of this version (0xMMmmpp, as imb_get_version() gives it) are those we know. */
bool urchin_srtp_ipsec_mb_knows(unsigned version);

#endif
