/*
 * Keeps connectivity checks of strangers away from a socket of libnice's, which spends 16 µs on an answer to each: the
 * kernel drops Binding requests whose USERNAME (RFC 8445 7.2.2) does not begin with our user name fragment.
 */
#ifndef URCHIN_IO_STUN_FILTER_H
#define URCHIN_IO_STUN_FILTER_H

/*
 * Filters what the UDP socket `fd` receives from now on; everything but Binding requests passes. ufrag: 1..256
 * characters. Returns 0, or URCHIN_ESYSTEM (nothing is filtered).
 */
int urchin_stun_filter_attach(int fd, const char *ufrag);

#endif
