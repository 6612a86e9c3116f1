/*
 * STUN messages (RFC 8489) with the attributes of ICE (RFC 8445 16.1) and of NAT behaviour discovery (RFC 5780).
 * Reads and writes bytes; keys are the business of transport/stun_integrity.
 */
#ifndef URCHIN_WIRE_STUN_H
#define URCHIN_WIRE_STUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define URCHIN_STUN_HEADER_LEN 20
#define URCHIN_STUN_TRANSACTION_LEN 12
#define URCHIN_STUN_INTEGRITY_LEN 20 /* HMAC-SHA1 */
#define URCHIN_STUN_USERNAME_MAX 513 /* RFC 8489 14.3: fewer than 509 bytes; ICE joins two of 256 and a colon */
#define URCHIN_STUN_MESSAGE_CAP 1280 /* enough for everything that is written here */
#define URCHIN_STUN_UNKNOWN_MAX 8

enum urchin_stun_class { URCHIN_STUN_REQUEST, URCHIN_STUN_INDICATION, URCHIN_STUN_SUCCESS, URCHIN_STUN_ERROR };
enum urchin_stun_method { URCHIN_STUN_BINDING = 1 };

struct urchin_stun_bytes {
	const uint8_t *bytes; /* NULL: the attribute is absent */
	size_t len;
};

/* One message, its views pointing into the datagram it was read from. Of a repeated attribute the first counts. */
struct urchin_stun {
	enum urchin_stun_class class;
	uint16_t method;
	const uint8_t *transaction; /* 12 bytes */
	struct urchin_stun_bytes username;
	struct urchin_stun_bytes integrity; /* 20 bytes; at integrity_offset from the start of the message */
	size_t integrity_offset;            /* of the attribute's header */
	bool has_fingerprint;               /* and it is right: a wrong one makes the message malformed */
	bool has_priority;
	uint32_t priority;
	bool use_candidate;
	bool has_controlling; /* ICE-CONTROLLING or ICE-CONTROLLED with its tiebreaker */
	bool has_controlled;
	uint64_t tiebreaker;
	bool has_change_request; /* RFC 5780 7.2 */
	bool change_ip;
	bool change_port;
	uint16_t error_code; /* 300..699; 0: absent */
	struct urchin_stun_bytes error_reason;
	struct urchin_addr mapped; /* XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS; family URCHIN_ADDR_NONE: absent */
	struct urchin_addr response_origin; /* RFC 5780 7.3 */
	struct urchin_addr other_address;   /* RFC 5780 7.4, or RFC 3489's CHANGED-ADDRESS */
	struct urchin_stun_bytes software;
	uint16_t unknown[URCHIN_STUN_UNKNOWN_MAX]; /* comprehension-required attributes that are not known here */
	size_t unknown_count;                      /* of those kept */
};

/*
 * Reads one whole datagram. Attributes after MESSAGE-INTEGRITY are ignored but FINGERPRINT (RFC 8489 14.5). Returns 0
 * or URCHIN_EMALFORMED (cookie, length, fingerprint or an attribute's shape is wrong; *stun is then undefined).
 */
int urchin_stun_read(struct urchin_stun *stun, const uint8_t *bytes, size_t len);

/* CRC-32 of RFC 8489 14.7 over `len` bytes, already XORed with 0x5354554e. */
uint32_t urchin_stun_fingerprint(const uint8_t *bytes, size_t len);

/* A message being written. Attributes are appended in the order of the calls; an overflow is remembered. */
struct urchin_stun_writer {
	uint8_t *bytes;
	size_t len;
	size_t cap;
	bool overflowed;
};

void urchin_stun_begin(struct urchin_stun_writer *writer, uint8_t *bytes, size_t cap, enum urchin_stun_class class,
		       uint16_t method, const uint8_t transaction[URCHIN_STUN_TRANSACTION_LEN]);
void urchin_stun_add_username(struct urchin_stun_writer *writer, const char *username);
void urchin_stun_add_priority(struct urchin_stun_writer *writer, uint32_t priority);
void urchin_stun_add_use_candidate(struct urchin_stun_writer *writer);
/* ICE-CONTROLLING, or ICE-CONTROLLED. */
void urchin_stun_add_role(struct urchin_stun_writer *writer, bool is_controlling, uint64_t tiebreaker);
void urchin_stun_add_mapped(struct urchin_stun_writer *writer, const struct urchin_addr *addr); /* XOR-MAPPED-ADDRESS */
void urchin_stun_add_change_request(struct urchin_stun_writer *writer, bool change_ip, bool change_port);
void urchin_stun_add_response_port(struct urchin_stun_writer *writer, uint16_t port); /* RFC 5780 7.5 */
/* ERROR-CODE; `reason` is ASCII, at most 127 bytes. For 420 the attributes that were not understood follow. */
void urchin_stun_add_error(struct urchin_stun_writer *writer, uint16_t code, const char *reason);
void urchin_stun_add_unknown(struct urchin_stun_writer *writer, const uint16_t *types, size_t count);
void urchin_stun_add_software(struct urchin_stun_writer *writer, const char *software);
/* Any other attribute, bytes as they are; padding is zero (RFC 8489 14). */
void urchin_stun_add(struct urchin_stun_writer *writer, uint16_t type, const uint8_t *bytes, size_t len);
/* Last: FINGERPRINT. Returns the message's length, or URCHIN_ETOOBIG when something did not fit. */
int urchin_stun_finish(struct urchin_stun_writer *writer);
/* The same without FINGERPRINT, as plain STUN clients send it. */
int urchin_stun_finish_plain(struct urchin_stun_writer *writer);

#endif
