/* The error codes of the C core. Functions return >= 0 on success or one of these. */
#ifndef URCHIN_BASE_ERR_H
#define URCHIN_BASE_ERR_H

enum urchin_err {
	URCHIN_OK = 0,
	URCHIN_EINVAL = -1,     /* an argument is out of its documented range */
	URCHIN_ENOMEM = -2,     /* out of memory */
	URCHIN_ESTATE = -3,     /* not possible in the object's present state */
	URCHIN_ENOTFOUND = -4,  /* no object has this id (any more) */
	URCHIN_EFULL = -5,      /* a bounded queue or table is full */
	URCHIN_EMALFORMED = -6, /* bytes from the network do not parse */
	URCHIN_EAUTH = -7,      /* an authentication tag or fingerprint is wrong */
	URCHIN_EREPLAY = -8,    /* a packet came twice or too late */
	URCHIN_ETOOBIG = -9,    /* it does not fit into the given buffer */
	URCHIN_ESYSTEM = -10,   /* the operating system refused; see errno */
	URCHIN_ELIBRARY = -11,  /* OpenSSL, libsrtp2 or libnice refused */
	URCHIN_EEXIST = -12,    /* the id is in use already */
};

/* Returns the name of `err` as users see it ("ERR_INVALID_ARGUMENT", ...); never NULL, static storage. */
const char *urchin_err_name(int err);

#endif
