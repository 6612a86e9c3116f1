/* What the peer signals: credentials and candidates, handed to libnice and to the path. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/nice_candidate.h"
#include "io/nice_generation.h"

/* RFC 8839 5.4 */
#define CREDENTIAL_MAX 256
/*
 * libnice 0.1.21 nominates as soon as two pairs work, and never leaves a relay for a better pair: relays join when the
 * first direct checks have had the time for an answer, and for a retransmission of ours.
 */
#define RELAY_DELAY_US 500000

#define OWNER_OF(pointer, member)                                                                                      \
	((struct urchin_nice_generation *)(void *)((char *)(pointer)-offsetof(struct urchin_nice_generation, member)))

static bool is_credential(const char *text)
{
	size_t len = text ? strnlen(text, CREDENTIAL_MAX + 1) : 0;

	return len >= 1 && len <= CREDENTIAL_MAX;
}

int urchin_nice_generation_set_remote(struct urchin_nice_generation *generation, const char *ufrag, const char *pwd,
				      bool is_lite)
{
	int err;

	if (!is_credential(ufrag) || !is_credential(pwd))
		return URCHIN_EINVAL;
	err = urchin_ice_path_set_remote(generation->path, ufrag, pwd);
	if (err)
		return err;
	/* RFC 8445 6.1.1: against a lite peer the full agent controls. */
	if (is_lite) {
		g_object_set(generation->agent, "controlling-mode", TRUE, NULL);
		urchin_ice_path_set_controlling(generation->path, true);
	}
	generation->has_remote = true;
	nice_agent_set_remote_credentials(generation->agent, generation->stream_id, ufrag, pwd);
	urchin_glib_source_touch(&generation->source);
	urchin_ice_path_seek(generation->path, urchin_clock_us());
	return 0;
}

const struct urchin_nice_remote *urchin_nice_remote_find(const struct urchin_nice_generation *generation,
							 const NiceAddress *address, NiceCandidateTransport transport)
{
	for (size_t i = 0; i < generation->remote_count; i++)
		if (generation->remotes[i].transport == transport &&
		    nice_address_equal(&generation->remotes[i].address, address))
			return &generation->remotes[i];
	return NULL;
}

bool urchin_nice_remote_has_unhanded(const struct urchin_nice_generation *generation)
{
	for (size_t i = 0; i < generation->remote_count; i++)
		if (!generation->remotes[i].is_handed)
			return true;
	return false;
}

static bool has_direct(const struct urchin_nice_generation *generation)
{
	for (size_t i = 0; i < generation->remote_count; i++)
		if (generation->remotes[i].candidate.type != URCHIN_CANDIDATE_RELAY)
			return true;
	return false;
}

static void hand(struct urchin_nice_generation *generation, struct urchin_nice_remote *remote)
{
	NiceCandidate *made = urchin_nice_make_candidate(&remote->candidate, generation->stream_id);
	GSList list = {.data = made};

	remote->is_handed = true;
	if (!made)
		return;
	/* By its foundation alone a selected pair is found again: it must be the only one. */
	snprintf(made->foundation, sizeof(made->foundation), "u%zu", (size_t)(remote - generation->remotes));
	nice_agent_set_remote_candidates(generation->agent, generation->stream_id, 1, &list);
	nice_candidate_free(made);
	urchin_glib_source_touch(&generation->source);
}

static void hand_relays(struct urchin_nice_generation *generation)
{
	for (size_t i = 0; i < generation->remote_count; i++)
		if (!generation->remotes[i].is_handed)
			hand(generation, &generation->remotes[i]);
}

static void on_relay_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct urchin_nice_generation *generation = OWNER_OF(timer, relay_timer);

	(void)now_us;
	/* With a path there is no need for them; if the peer wants one of them, its checks come from there. */
	if (generation->is_closing || generation->has_path)
		return;
	hand_relays(generation);
	if (generation->has_early)
		urchin_nice_media_nominate_answered(generation);
	urchin_nice_generation_tell_state(generation);
}

/* Now, when waiting can't bring anything better. */
static void hand_or_wait(struct urchin_nice_generation *generation, struct urchin_nice_remote *remote)
{
	if (remote->candidate.type != URCHIN_CANDIDATE_RELAY || generation->config->relay_only ||
	    (generation->remote_ended && !has_direct(generation)))
		hand(generation, remote);
	else if (generation->relay_timer.entry.position == 0)
		urchin_loop_set_timer(generation->loop, &generation->relay_timer, urchin_clock_us() + RELAY_DELAY_US);
}

static int keep(struct urchin_nice_generation *generation, const struct urchin_candidate *candidate,
		const NiceCandidate *made)
{
	struct urchin_nice_remote *remote;
	struct urchin_addr addr;

	/*
	 * RFC 8838 14: a candidate that was told before is ignored. libnice would make more pairs of one path when the
	 * type or priority differs, and then wait for a nomination among them that never comes.
	 */
	if (urchin_nice_remote_find(generation, &made->addr, made->transport))
		return 0;
	if (generation->remote_count >= URCHIN_REMOTE_CANDIDATES_MAX)
		return URCHIN_EFULL;
	if (!generation->remotes)
		generation->remotes = malloc(URCHIN_REMOTE_CANDIDATES_MAX * sizeof(*generation->remotes));
	if (!generation->remotes)
		return URCHIN_ENOMEM;
	remote = &generation->remotes[generation->remote_count++];
	*remote =
	    (struct urchin_nice_remote){.candidate = *candidate, .address = made->addr, .transport = made->transport};
	if (made->transport == NICE_CANDIDATE_TRANSPORT_UDP && urchin_sockaddr_read(&addr, &made->addr.s.addr))
		urchin_ice_path_add_remote(generation->path, &addr, candidate->type, candidate->priority,
					   urchin_clock_us());
	hand_or_wait(generation, remote);
	return 0;
}

int urchin_nice_generation_add_candidate(struct urchin_nice_generation *generation,
					 const struct urchin_candidate *candidate)
{
	NiceCandidate *made;
	int err;

	/* Without local candidates or credentials libnice would start checks that fail. */
	if (!generation->is_gathering || !generation->has_remote)
		return URCHIN_ESTATE;
	if (candidate->protocol != URCHIN_PROTOCOL_UDP && !generation->config->tcp)
		return 0;
	made = urchin_nice_make_candidate(candidate, generation->stream_id);
	if (!made)
		return URCHIN_EINVAL;
	err = keep(generation, candidate, made);
	nice_candidate_free(made);
	return err;
}

void urchin_nice_generation_end_candidates(struct urchin_nice_generation *generation)
{
	generation->remote_ended = true;
	nice_agent_peer_candidate_gathering_done(generation->agent, generation->stream_id);
	if (!has_direct(generation))
		hand_relays(generation);
	urchin_glib_source_touch(&generation->source);
	urchin_nice_generation_tell_state(generation);
}

void urchin_nice_remote_init(struct urchin_nice_generation *generation)
{
	generation->relay_timer.on_due = on_relay_due;
}
