/* Conversions between NiceCandidate and struct urchin_candidate; libnice's own text parser is never used. */
#include "io/nice_candidate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "io/nice_address.h"

/* RFC 6544 4.5: an active candidate has no port of its own and shows the discard port. */
#define TCP_ACTIVE_PORT 9

/* RFC 8445 5.1.2 */
#define PRIORITY_MAX 0x7fffffffU
/* RFC 8445 5.1.2.2 */
#define TYPE_PREFERENCE_SRFLX 100U

static void write_address(const NiceAddress *from, char text[URCHIN_ADDRESS_CAP], uint16_t *port)
{
	text[0] = '\0';
	*port = 0;
	if (from->s.addr.sa_family == AF_INET) {
		inet_ntop(AF_INET, &from->s.ip4.sin_addr, text, URCHIN_ADDRESS_CAP);
		*port = ntohs(from->s.ip4.sin_port);
	} else if (from->s.addr.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &from->s.ip6.sin6_addr, text, URCHIN_ADDRESS_CAP);
		*port = ntohs(from->s.ip6.sin6_port);
	}
}

static enum urchin_candidate_type read_type(NiceCandidateType type)
{
	switch (type) {
	case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
		return URCHIN_CANDIDATE_SRFLX;
	case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
		return URCHIN_CANDIDATE_PRFLX;
	case NICE_CANDIDATE_TYPE_RELAYED:
		return URCHIN_CANDIDATE_RELAY;
	case NICE_CANDIDATE_TYPE_HOST:
		break;
	}
	return URCHIN_CANDIDATE_HOST;
}

static enum urchin_candidate_protocol read_protocol(NiceCandidateTransport transport)
{
	switch (transport) {
	case NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE:
		return URCHIN_PROTOCOL_TCP_ACTIVE;
	case NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE:
		return URCHIN_PROTOCOL_TCP_PASSIVE;
	case NICE_CANDIDATE_TRANSPORT_TCP_SO:
		return URCHIN_PROTOCOL_TCP_SO;
	case NICE_CANDIDATE_TRANSPORT_UDP:
		break;
	}
	return URCHIN_PROTOCOL_UDP;
}

void urchin_nice_read_candidate(const NiceCandidate *from, struct urchin_candidate *to)
{
	*to = (struct urchin_candidate){
	    .type = read_type(from->type),
	    .protocol = read_protocol(from->transport),
	    .priority = from->priority,
	};
	snprintf(to->foundation, sizeof(to->foundation), "%s", from->foundation);
	write_address(&from->addr, to->address, &to->port);
	if (to->protocol == URCHIN_PROTOCOL_TCP_ACTIVE && to->port == 0)
		to->port = TCP_ACTIVE_PORT;
	if (to->type != URCHIN_CANDIDATE_HOST)
		write_address(&from->base_addr, to->related_address, &to->related_port);
}

struct urchin_candidate urchin_nice_make_reflexive(const struct urchin_candidate *host,
						   const struct urchin_addr *mapped, size_t server)
{
	struct urchin_candidate candidate = {
	    .type = URCHIN_CANDIDATE_SRFLX,
	    .protocol = URCHIN_PROTOCOL_UDP,
	    /* RFC 8445 5.1.2: another type, and each server its own local preference. */
	    .priority = (TYPE_PREFERENCE_SRFLX << 24 | (host->priority & 0xffffffU)) - ((uint32_t)server << 8),
	    .port = mapped->port,
	    .related_port = host->port,
	};

	/* RFC 8445 5.1.1.3: the same for the same base, type and server only. */
	snprintf(candidate.foundation, sizeof(candidate.foundation), "%.16ss%zu", host->foundation, server);
	urchin_addr_write(mapped, candidate.address, sizeof(candidate.address));
	snprintf(candidate.related_address, sizeof(candidate.related_address), "%s", host->address);
	return candidate;
}

static bool write_type(const struct urchin_candidate *from, NiceCandidateType *type)
{
	switch (from->type) {
	case URCHIN_CANDIDATE_HOST:
		*type = NICE_CANDIDATE_TYPE_HOST;
		return true;
	case URCHIN_CANDIDATE_SRFLX:
	/* Signalled by peers that tell what checks taught them; libnice refuses the type from outside. */
	case URCHIN_CANDIDATE_PRFLX:
		*type = NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
		return true;
	case URCHIN_CANDIDATE_RELAY:
		*type = NICE_CANDIDATE_TYPE_RELAYED;
		return true;
	}
	return false;
}

static bool write_protocol(const struct urchin_candidate *from, NiceCandidateTransport *transport)
{
	switch (from->protocol) {
	case URCHIN_PROTOCOL_UDP:
		*transport = NICE_CANDIDATE_TRANSPORT_UDP;
		return true;
	case URCHIN_PROTOCOL_TCP_ACTIVE:
		*transport = NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE;
		return true;
	case URCHIN_PROTOCOL_TCP_PASSIVE:
		*transport = NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE;
		return true;
	case URCHIN_PROTOCOL_TCP_SO:
		*transport = NICE_CANDIDATE_TRANSPORT_TCP_SO;
		return true;
	}
	return false;
}

static bool has_end(const char *text, size_t cap)
{
	return memchr(text, '\0', cap) != NULL;
}

NiceCandidate *urchin_nice_make_candidate(const struct urchin_candidate *from, guint stream_id)
{
	NiceCandidateType type;
	NiceCandidateTransport transport;
	NiceAddress address;
	NiceAddress base;
	NiceCandidate *to;

	if (!has_end(from->foundation, sizeof(from->foundation)) || !has_end(from->address, sizeof(from->address)) ||
	    !has_end(from->related_address, sizeof(from->related_address)))
		return NULL;
	if (!from->foundation[0] || !from->port || !from->priority || from->priority > PRIORITY_MAX)
		return NULL;
	if (!write_type(from, &type) || !write_protocol(from, &transport))
		return NULL;
	/* A peer's scope means nothing here. */
	if (strchr(from->address, '%') || !urchin_nice_read_address(&address, from->address, from->port) ||
	    !urchin_nice_is_usable(&address))
		return NULL;
	/* Only informative (RFC 8839 5.1), so a bad one does no harm; libnice wants a valid one. */
	if (strchr(from->related_address, '%') || !from->related_address[0] ||
	    !urchin_nice_read_address(&base, from->related_address, from->related_port))
		base = address;
	to = nice_candidate_new(type);
	to->stream_id = stream_id;
	to->component_id = 1;
	to->transport = transport;
	to->priority = from->priority;
	to->addr = address;
	to->base_addr = base;
	snprintf(to->foundation, sizeof(to->foundation), "%s", from->foundation);
	return to;
}
