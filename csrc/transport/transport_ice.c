/*
 * A transport's ICE commands: gathering, the peer's description and candidates in whatever order they come, restarts.
 * Whatever ICE can't take yet is kept here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/heap.h"
#include "transport/transport_internal.h"

/* Silence is noticed after 4.5 s: with this it is 30 s until a lost peer is given up, as in RFC 7675 5.1. */
#define RESTART_PATIENCE_US UINT64_C(25000000)

/* STARTED, the backend's gather or restart, HOSTS_GATHERED, and GATHERED if that came meanwhile. */
static int gather(struct urchin_transport *transport, bool is_restart, const char *ufrag, const char *pwd,
		  bool controlling)
{
	struct urchin_ice *ice = transport->ice;
	int err;

	transport->local_candidate_count = 0;
	transport->gathered_early = false;
	urchin_transport_log(transport, URCHIN_LOG_DEBUG, "%s ice", is_restart ? "restarting" : "starting");
	if (urchin_transport_is_alive(transport))
		urchin_transport_tell(transport, (struct urchin_event){.type = URCHIN_EVENT_STARTED});
	if (!urchin_transport_is_alive(transport))
		return URCHIN_ESTATE;
	transport->in_gather = true;
	err = is_restart ? ice->ops->restart(ice, ufrag, pwd) : ice->ops->gather(ice, ufrag, pwd, controlling);
	transport->in_gather = false;
	if (transport->is_closing) {
		ice->ops->close(ice);
		return URCHIN_ESTATE;
	}
	if (err < 0)
		return err;
	if (urchin_transport_is_alive(transport))
		urchin_transport_tell(transport, (struct urchin_event){.type = URCHIN_EVENT_HOSTS_GATHERED});
	if (transport->gathered_early && urchin_transport_is_alive(transport))
		urchin_transport_tell_gathered(transport);
	return urchin_transport_is_alive(transport) ? 0 : URCHIN_ESTATE;
}

static void fail_gather(struct urchin_transport *transport, int err)
{
	if (err == URCHIN_EFULL)
		urchin_transport_fail(transport, URCHIN_REASON_ICE_PORTS, "no free port in the port range");
	else if (err == URCHIN_EEXIST)
		urchin_transport_fail(transport, URCHIN_REASON_ICE_PORT_IN_USE,
				      "another program, or another worker, has the shared port");
	else
		urchin_transport_fail(transport, URCHIN_REASON_ICE_GATHER, urchin_err_name(err));
}

static bool is_ice_text(const char *text)
{
	return text && text[0] != '\0' && strlen(text) < URCHIN_ICE_TEXT_CAP;
}

static void end_remote_candidates(struct urchin_transport *transport)
{
	int err = transport->ice->ops->end_candidates(transport->ice);

	if (err < 0)
		urchin_transport_log(transport, URCHIN_LOG_DEBUG, "end of candidates: %s", urchin_err_name(err));
	urchin_transport_update_grace(transport);
}

/* Hands over what the peer told before ICE could take it. */
static int pass_remote(struct urchin_transport *transport)
{
	struct urchin_ice *ice = transport->ice;
	int err = ice->ops->set_remote(ice, transport->remote_ufrag, transport->remote_pwd, transport->remote_is_lite);

	if (err < 0) {
		urchin_transport_fail(transport, URCHIN_REASON_INTERNAL, "ICE refuses the peer's credentials");
		return err;
	}
	for (size_t i = 0; i < transport->kept_count; i++) {
		if (ice->ops->add_candidate(ice, &transport->kept[i]) < 0)
			transport->counters.candidates_refused++;
	}
	transport->kept_count = 0;
	if (transport->remote_ended)
		end_remote_candidates(transport);
	return 0;
}

int urchin_transport_gather(struct urchin_transport *transport, const char *ufrag, const char *pwd, bool controlling,
			    uint64_t now_us)
{
	int err;

	if (!is_ice_text(ufrag) || !is_ice_text(pwd))
		return URCHIN_EINVAL;
	if (!urchin_transport_is_alive(transport) || transport->has_gathered)
		return URCHIN_ESTATE;
	transport->has_gathered = true;
	if (transport->connect_timeout_us > 0)
		transport->connect_deadline_us = now_us + transport->connect_timeout_us;
	err = gather(transport, false, ufrag, pwd, controlling);
	if (err < 0)
		fail_gather(transport, err);
	else if (transport->has_remote)
		err = pass_remote(transport);
	urchin_transport_tell_deadline(transport);
	return err;
}

static bool has_fingerprint(const struct urchin_fingerprint *list, size_t count, const struct urchin_fingerprint *one)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].len == one->len && strcmp(list[i].algorithm, one->algorithm) == 0 &&
		    memcmp(list[i].bytes, one->bytes, one->len) == 0)
			return true;
	}
	return false;
}

/* RFC 8842 5.5: another role or other fingerprints would need a new association. */
static bool is_same_peer(const struct urchin_transport *transport, const struct urchin_remote *remote)
{
	if (remote->local_dtls_role != transport->role)
		return false;
	for (size_t i = 0; i < remote->fingerprint_count; i++) {
		if (!has_fingerprint(transport->fingerprints, transport->fingerprint_count, &remote->fingerprints[i]))
			return false;
	}
	for (size_t i = 0; i < transport->fingerprint_count; i++) {
		if (!has_fingerprint(remote->fingerprints, remote->fingerprint_count, &transport->fingerprints[i]))
			return false;
	}
	return true;
}

static bool is_remote_valid(const struct urchin_remote *remote)
{
	if (!is_ice_text(remote->ufrag) || !is_ice_text(remote->pwd))
		return false;
	if (remote->fingerprint_count == 0 || remote->fingerprint_count > URCHIN_FINGERPRINTS_MAX)
		return false;
	for (size_t i = 0; i < remote->fingerprint_count; i++) {
		if (!urchin_dtls_fingerprint_is_valid(&remote->fingerprints[i]))
			return false;
	}
	return true;
}

static int set_peer(struct urchin_transport *transport, const struct urchin_remote *remote)
{
	transport->fingerprints = calloc(remote->fingerprint_count, sizeof(*remote->fingerprints));
	if (!transport->fingerprints)
		return URCHIN_ENOMEM;
	transport->role = remote->local_dtls_role;
	memcpy(transport->fingerprints, remote->fingerprints,
	       remote->fingerprint_count * sizeof(*remote->fingerprints));
	transport->fingerprint_count = remote->fingerprint_count;
	transport->has_remote = true;
	return 0;
}

int urchin_transport_set_remote(struct urchin_transport *transport, const struct urchin_remote *remote, uint64_t now_us)
{
	bool is_first = !transport->has_remote;
	bool is_same;

	if (!urchin_transport_is_alive(transport))
		return URCHIN_ESTATE;
	if (!is_remote_valid(remote))
		return URCHIN_EINVAL;
	if (!is_first && !is_same_peer(transport, remote))
		return URCHIN_ESTATE;
	if (is_first && set_peer(transport, remote) < 0)
		return URCHIN_ENOMEM;
	is_same = !is_first && strcmp(transport->remote_ufrag, remote->ufrag) == 0 &&
		  strcmp(transport->remote_pwd, remote->pwd) == 0;
	if (is_same && !transport->remote_is_due)
		return 0;
	if (!is_first && !transport->remote_is_due && transport->has_gathered) {
		/* The peer restarts ICE: its new credentials wait for our new ones (RFC 8445 9), and candidates with
		 * them. */
		transport->restart_is_due = true;
		transport->remote_candidate_count = 0;
		transport->kept_count = 0;
		transport->remote_ended = false;
	}
	/* The peer is there after all: the checks have the time that they always have. */
	if (transport->is_ready && transport->connect_deadline_us != URCHIN_NEVER_US)
		transport->connect_deadline_us = now_us + transport->connect_timeout_us;
	strcpy(transport->remote_ufrag, remote->ufrag);
	strcpy(transport->remote_pwd, remote->pwd);
	transport->remote_is_lite = remote->is_ice_lite;
	transport->remote_is_due = false;
	if (is_first)
		urchin_transport_log(transport, URCHIN_LOG_DEBUG, "creating %s",
				     transport->role == URCHIN_DTLS_CLIENT ? "active-client" : "passive-server");
	if (!urchin_transport_is_alive(transport))
		return URCHIN_ESTATE;
	if (transport->has_gathered && !transport->restart_is_due) {
		int err = pass_remote(transport);

		if (err < 0)
			return err;
	}
	urchin_transport_start_dtls(transport);
	return 0;
}

/* Whether candidates can go to ICE now; else they wait for set_remote() or gather(). */
static bool can_take_candidates(const struct urchin_transport *transport)
{
	return transport->has_gathered && transport->has_remote && !transport->remote_is_due &&
	       !transport->restart_is_due;
}

static int keep_candidate(struct urchin_transport *transport, const struct urchin_candidate *candidate)
{
	if (!transport->kept)
		transport->kept = calloc(URCHIN_REMOTE_CANDIDATES_MAX, sizeof(*transport->kept));
	if (!transport->kept)
		return URCHIN_ENOMEM;
	transport->kept[transport->kept_count++] = *candidate;
	return 0;
}

int urchin_transport_add_candidate(struct urchin_transport *transport, const struct urchin_candidate *candidate)
{
	int err;

	if (!urchin_transport_is_alive(transport))
		return URCHIN_ESTATE;
	if (transport->remote_candidate_count == URCHIN_REMOTE_CANDIDATES_MAX) {
		transport->counters.candidates_refused++;
		return URCHIN_EFULL;
	}
	if (can_take_candidates(transport))
		err = transport->ice->ops->add_candidate(transport->ice, candidate);
	else
		err = keep_candidate(transport, candidate);
	if (err < 0)
		transport->counters.candidates_refused++;
	else
		transport->remote_candidate_count++;
	return err;
}

int urchin_transport_end_candidates(struct urchin_transport *transport)
{
	if (!urchin_transport_is_alive(transport))
		return URCHIN_ESTATE;
	if (transport->remote_ended)
		return 0;
	transport->remote_ended = true;
	if (can_take_candidates(transport))
		end_remote_candidates(transport);
	return 0;
}

int urchin_transport_set_addresses(struct urchin_transport *transport, const char *const *addresses, size_t count)
{
	if (!urchin_transport_is_alive(transport))
		return URCHIN_ESTATE;
	/* A backend without the operation goes on with the addresses it has. */
	return transport->ice->ops->set_addresses ? transport->ice->ops->set_addresses(transport->ice, addresses, count)
						  : 0;
}

/* Either the peer restarted first and its credentials are here, or they come with its answer. */
static void begin_generation(struct urchin_transport *transport)
{
	if (!transport->restart_is_due) {
		transport->remote_is_due = transport->has_remote;
		transport->remote_ended = false;
		transport->remote_candidate_count = 0;
		transport->kept_count = 0;
	}
	transport->restart_is_due = false;
	/* A new chance: what the old generation's failure started ends here. */
	transport->grace_wanted = false;
	transport->grace_deadline_us = URCHIN_NEVER_US;
}

int urchin_transport_restart_ice(struct urchin_transport *transport, const char *ufrag, const char *pwd,
				 uint64_t now_us)
{
	bool is_lost = transport->ice_state == URCHIN_ICE_DISCONNECTED || transport->ice_state == URCHIN_ICE_FAILED;
	int err;

	if (!is_ice_text(ufrag) || !is_ice_text(pwd))
		return URCHIN_EINVAL;
	if (!urchin_transport_is_alive(transport) || !transport->has_gathered)
		return URCHIN_ESTATE;
	transport->generation++;
	begin_generation(transport);
	/*
	 * A peer that is gone won't answer, and the new generation's checks then never begin to fail. However often it
	 * is tried, the first try counts.
	 */
	if (is_lost && transport->connect_timeout_us > 0 && transport->connect_deadline_us == URCHIN_NEVER_US)
		transport->connect_deadline_us =
		    now_us + (transport->connect_timeout_us < RESTART_PATIENCE_US ? transport->connect_timeout_us
										  : RESTART_PATIENCE_US);
	err = gather(transport, true, ufrag, pwd, false);
	if (err < 0)
		fail_gather(transport, err);
	else if (transport->has_remote && !transport->remote_is_due)
		err = pass_remote(transport);
	urchin_transport_tell_deadline(transport);
	return err;
}
