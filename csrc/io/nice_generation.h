/*
 * One ICE generation: a libnice agent, the media sockets beside its UDP sockets, the path that packets take, and the
 * discovery of server-reflexive addresses. An ICE restart (RFC 8445 9) makes a new one; the old one carries packets
 * until the new one has a path.
 *
 * The struct is shared by the files that make it up: nice_generation (life, gathering), nice_remote (what the peer
 * signals), nice_media (sockets, path, packets), nice_stats. Others use the functions only.
 */
#ifndef URCHIN_IO_NICE_GENERATION_H
#define URCHIN_IO_NICE_GENERATION_H

#include <nice/agent.h>

#include "io/egress.h"
#include "io/glib_source.h"
#include "io/nice_address.h"
#include "io/nice_discovery.h"
#include "io/nice_servers.h"
#include "io/udp_socket.h"
#include "transport/ice.h"
#include "transport/ice_path.h"
#include "transport/transport.h"

#define URCHIN_NICE_HELD_MAX 4
#define URCHIN_NICE_HELD_CAP 1500

struct urchin_nice_generation;

/* None may free the generation; close() may be called inside. */
struct urchin_nice_generation_callbacks {
	void (*on_candidate)(void *owner, struct urchin_nice_generation *generation,
			     const struct urchin_candidate *candidate);
	void (*on_gathered)(void *owner, struct urchin_nice_generation *generation);
	/* urchin_nice_generation_state() may be another. */
	void (*on_state)(void *owner, struct urchin_nice_generation *generation);
	void (*on_selected_pair)(void *owner, struct urchin_nice_generation *generation,
				 const struct urchin_candidate_pair *pair);
	void (*on_packet)(void *owner, struct urchin_nice_generation *generation, uint8_t *bytes, size_t len,
			  uint64_t now_us);
	void (*on_server_error)(void *owner, struct urchin_nice_generation *generation,
				const struct urchin_ice_server_error *error);
	/* After close(); it may be freed now. */
	void (*on_closed)(void *owner, struct urchin_nice_generation *generation);
};

/* One UDP host candidate and our socket on its address. */
struct urchin_nice_media {
	struct urchin_udp_socket udp;
	struct urchin_egress_way way; /* of media while packets go this way */
	uint32_t way_number;          /* of the path's way that it was made from */
	struct urchin_candidate host;
	struct urchin_candidate reflexive; /* how the peer saw it last; address "": as host */
};

/* A candidate that the peer signalled. */
struct urchin_nice_remote {
	struct urchin_candidate candidate;
	NiceAddress address;
	NiceCandidateTransport transport;
	bool is_handed; /* libnice knows it */
};

/* A DTLS datagram from an address that no check has confirmed yet. */
struct urchin_nice_held {
	int local;
	struct urchin_addr from;
	size_t len;
	uint8_t bytes[URCHIN_NICE_HELD_CAP];
};

struct urchin_nice_counters {
	uint64_t strangers_dropped; /* packets from addresses that no check confirmed */
	uint64_t held;              /* kept until their address was confirmed */
	uint64_t backend_packets_sent;
	uint64_t backend_bytes_sent;
	uint64_t backend_packets_received;
	uint64_t backend_bytes_received;
	uint64_t backend_send_failed;
};

struct urchin_nice_generation {
	/* What media asks for with each packet. */
	bool is_closing;
	int reserved; /* the local that reserve() chose */
	struct urchin_ice_path *path;
	struct urchin_nice_media *media;   /* or NULL */
	struct urchin_egress *used_egress; /* something of ours may wait in it; NULL: never used */

	struct urchin_loop *loop;
	const struct urchin_ice_config *config; /* the owner's */
	struct urchin_nice_generation_callbacks callbacks;
	void *owner;
	struct urchin_nice_generation *next; /* the owner's list */

	struct urchin_glib_source source;
	NiceAgent *agent;
	guint stream_id;
	struct urchin_nice_servers servers;
	struct urchin_nice_discovery discovery;
	NiceAddress addresses[URCHIN_NICE_ADDRESSES_MAX];
	size_t address_count;
	size_t media_count;
	struct urchin_candidate *locals; /* as told; for statistics */
	size_t local_count;
	size_t local_cap;
	uint32_t tag; /* of our STUN transactions */

	bool is_gathering; /* gather() succeeded */
	bool agent_gathered;
	uint64_t agent_gathered_us;
	bool has_relay;      /* the agent found one */
	bool is_gather_over; /* whatever the agent says */
	bool is_discovered;
	bool told_gathered;
	struct urchin_loop_timer gather_timer;

	struct urchin_nice_remote *remotes; /* URCHIN_REMOTE_CANDIDATES_MAX, or NULL */
	size_t remote_count;
	bool has_remote; /* credentials */
	bool has_early;  /* the peer's checks came before its credentials */
	bool remote_ended;
	struct urchin_loop_timer relay_timer; /* remote relays are handed over when it is due */

	bool is_checking;
	bool agent_failed;
	bool agent_has_selected; /* a pair, and has not failed since */
	bool has_path;
	enum urchin_ice_liveness liveness;
	struct urchin_candidate_pair pair;         /* told last */
	struct urchin_candidate_pair backend_pair; /* selected by libnice, through the backend */
	bool backend_is_selected;
	bool is_rearming;
	struct urchin_loop_task rearm_task;
	struct urchin_loop_timer revive_timer;
	struct urchin_loop_timer path_timer;
	struct urchin_loop_task deadline_task;
	struct urchin_nice_held *held; /* URCHIN_NICE_HELD_MAX, or NULL */
	size_t held_count;
	struct urchin_loop_task held_task;

	uint8_t buffer[URCHIN_ICE_DATAGRAM_CAP]; /* of reserve() when the egress is not the way */

	struct urchin_loop_task close_task;
	uint64_t relays_us; /* no relay was allocated later */
	struct urchin_loop_task finish_task;
	struct urchin_loop_timer finish_timer;
	struct urchin_nice_counters counters;
};

/* `config` must outlive it. Returns NULL when memory or descriptors are used up. */
struct urchin_nice_generation *urchin_nice_generation_new(struct urchin_loop *loop,
							  const struct urchin_ice_config *config,
							  const struct urchin_nice_generation_callbacks *callbacks,
							  void *owner);
/* After on_closed, or when gather() was never called. */
void urchin_nice_generation_free(struct urchin_nice_generation *generation);

/* on_candidate and more may be called inside. Returns 0, URCHIN_EINVAL, URCHIN_EFULL or URCHIN_ELIBRARY. */
int urchin_nice_generation_gather(struct urchin_nice_generation *generation, const char *ufrag, const char *pwd,
				  bool controlling);
int urchin_nice_generation_set_remote(struct urchin_nice_generation *generation, const char *ufrag, const char *pwd,
				      bool is_lite);
int urchin_nice_generation_add_candidate(struct urchin_nice_generation *generation,
					 const struct urchin_candidate *candidate);
void urchin_nice_generation_end_candidates(struct urchin_nice_generation *generation);
/* Returns 0, URCHIN_ESTATE (no path, or consent is gone) or URCHIN_ESYSTEM (dropped). */
/* As reserve() and commit() of transport/ice.h; `egress` may be NULL, and is the same in both. */
uint8_t *urchin_nice_generation_reserve(struct urchin_nice_generation *generation, struct urchin_egress *egress);
int urchin_nice_generation_commit(struct urchin_nice_generation *generation, struct urchin_egress *egress, size_t len,
				  bool is_video);
/* As prefetch() there, one step behind. */
void urchin_nice_generation_prefetch(const struct urchin_nice_generation *generation, int step);
int urchin_nice_generation_send(struct urchin_nice_generation *generation, const uint8_t *bytes, size_t len);
enum urchin_ice_state urchin_nice_generation_state(const struct urchin_nice_generation *generation);
int urchin_nice_generation_add_stats(const struct urchin_nice_generation *generation, struct urchin_stats *stats,
				     uint64_t now_us);
/* Idempotent. on_closed follows on a later turn. */
void urchin_nice_generation_close(struct urchin_nice_generation *generation);

/* --- between the files of a generation --- */

void urchin_nice_generation_tell_state(struct urchin_nice_generation *generation);

/*
 * Opens a socket beside each UDP host candidate's, unless only relays are wanted. One that can't be opened leaves its
 * packets to libnice.
 */
void urchin_nice_media_open(struct urchin_nice_generation *generation, const char *ufrag);
void urchin_nice_media_close(struct urchin_nice_generation *generation);
int urchin_nice_media_new_path(struct urchin_nice_generation *generation);
/* libnice selected a pair, learned an address from a check, received a packet, lost consent. */
void urchin_nice_media_select(struct urchin_nice_generation *generation, const NiceCandidate *local,
			      const NiceCandidate *remote);
/* Nominates what the path itself found to work, a relay of the peer's too, when we control and there is no path. */
void urchin_nice_media_nominate_answered(struct urchin_nice_generation *generation);
void urchin_nice_media_learn(struct urchin_nice_generation *generation, const NiceCandidate *remote);
void urchin_nice_media_hear_backend(struct urchin_nice_generation *generation, uint8_t *bytes, size_t len);
void urchin_nice_media_lose_backend(struct urchin_nice_generation *generation);
void urchin_nice_media_init(struct urchin_nice_generation *generation);
void urchin_nice_media_stop(struct urchin_nice_generation *generation);

void urchin_nice_remote_init(struct urchin_nice_generation *generation);
/* The signalled candidate of this address, or NULL. */
const struct urchin_nice_remote *urchin_nice_remote_find(const struct urchin_nice_generation *generation,
							 const NiceAddress *address, NiceCandidateTransport transport);
bool urchin_nice_remote_has_unhanded(const struct urchin_nice_generation *generation);

#endif
