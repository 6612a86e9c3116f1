/* Parcels out of the worker's mailbox, and what its router puts into those of others. */
#include "io/exchange.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "io/clock.h"
#include "io/mailbox.h"
#include "session/import.h"
#include "wire/demux.h"

/* An import, and the worker whose receiver it is. */
struct entry {
	struct urchin_import *import;
	unsigned source;
};

static void take_export(struct urchin_worker *worker, const struct urchin_parcel *parcel)
{
	struct entry *entry = urchin_table_find(&worker->imports, parcel->id);
	struct urchin_export item = {
	    .receiver_id = parcel->id,
	    .bytes = parcel->kind == URCHIN_PARCEL_PACKET ? parcel->bytes : NULL,
	    .len = parcel->len,
	    .now_us = parcel->now_us,
	    .ntp = parcel->ntp,
	    .rtp = parcel->rtp,
	};

	/* An import may be gone while its parcels are under way. */
	if (entry)
		urchin_import_feed(entry->import, &item);
}

static bool post(struct urchin_worker *worker, unsigned to, const struct urchin_parcel *parcel)
{
	struct urchin_parcels_dropped *dropped = &worker->parcels_dropped;

	if (urchin_mailbox_post(to, parcel) == 0)
		return true;
	if (parcel->kind == URCHIN_PARCEL_PACKET && parcel->is_video)
		dropped->video++;
	else if (parcel->kind == URCHIN_PARCEL_DATAGRAM && parcel->is_stranger)
		dropped->strangers++;
	else if (parcel->kind == URCHIN_PARCEL_PACKET || parcel->kind == URCHIN_PARCEL_DATAGRAM)
		dropped->media++;
	else
		dropped->control++;
	return false;
}

/* The kernel chose another worker's socket for a peer of ours: that one is told, by a check or when it asked. */
static void take_datagram(struct urchin_worker *worker, struct urchin_parcel *parcel)
{
	bool is_stun = urchin_demux(parcel->bytes, parcel->len) == URCHIN_PACKET_STUN;
	struct urchin_mux_datagram datagram = {
	    .local = parcel->local,
	    .remote = parcel->remote,
	    .bytes = parcel->bytes,
	    .len = parcel->len,
	    .now_us = parcel->now_us,
	    .is_question = !is_stun && parcel->is_stranger,
	};
	unsigned to = parcel->from;

	if (!urchin_mux_feed(worker->ice_home.mux, &datagram, parcel->bytes) || (!is_stun && !datagram.is_question))
		return;
	worker->parcel = (struct urchin_parcel){.kind = URCHIN_PARCEL_CLAIM,
						.from = (uint32_t)worker->number,
						.local = datagram.local,
						.remote = datagram.remote};
	post(worker, to, &worker->parcel);
}

static void take_link(struct urchin_worker *worker, struct urchin_parcel *parcel)
{
	struct urchin_mux_datagram first = {
	    .local = parcel->local,
	    .remote = parcel->remote,
	    .bytes = parcel->bytes,
	    .len = parcel->len,
	    .now_us = parcel->now_us,
	};

	urchin_mux_adopt(worker->ice_home.mux, parcel->fd, &first, parcel->bytes);
}

static void take(struct urchin_worker *worker, struct urchin_parcel *parcel)
{
	switch (parcel->kind) {
	case URCHIN_PARCEL_PACKET:
	case URCHIN_PARCEL_CLOCK:
		take_export(worker, parcel);
		break;
	case URCHIN_PARCEL_KEYFRAME:
		urchin_router_request_keyframe(worker->router, parcel->id, urchin_clock_us());
		break;
	case URCHIN_PARCEL_DATAGRAM:
		take_datagram(worker, parcel);
		break;
	case URCHIN_PARCEL_LINK:
		take_link(worker, parcel);
		break;
	case URCHIN_PARCEL_CLAIM:
		urchin_claims_put(&worker->claims, &parcel->local, &parcel->remote, parcel->from, urchin_clock_us());
		break;
	}
}

static void run_task(struct urchin_loop_task *task)
{
	struct urchin_worker *worker =
	    (struct urchin_worker *)(void *)((char *)task - offsetof(struct urchin_worker, exchange_task));
	struct urchin_parcel *parcel;

	if (worker->number < 0 || urchin_mailbox_take((unsigned)worker->number, &worker->taken_parcels) == 0)
		return;
	while ((parcel = urchin_batch_next(&worker->taken_parcels)))
		take(worker, parcel);
}

static void on_filled(void *owner)
{
	urchin_worker_wake(owner);
}

/* Returns false when it is too long for a parcel. */
static bool fill_parcel(struct urchin_worker *worker, const struct urchin_mux_datagram *datagram)
{
	struct urchin_parcel *parcel = &worker->parcel;

	if (datagram->len > sizeof(parcel->bytes))
		return false;
	parcel->from = (uint32_t)worker->number;
	parcel->now_us = datagram->now_us;
	parcel->local = datagram->local;
	parcel->remote = datagram->remote;
	parcel->len = datagram->len;
	memcpy(parcel->bytes, datagram->bytes, datagram->len);
	return true;
}

/* Posts what came to the shared port, with the parcel's kind and fd set. Returns whether it was taken. */
static bool pass_on(struct urchin_worker *worker, int to, const struct urchin_mux_datagram *datagram)
{
	return to >= 0 && to != worker->number && fill_parcel(worker, datagram) &&
	       post(worker, (unsigned)to, &worker->parcel);
}

/*
 * When a worker joins the port or leaves it the kernel spreads the addresses anew, and a peer of another worker comes
 * here all at once: its next check, which names that worker, may be seconds away.
 */
static void ask_others(struct urchin_worker *worker, const struct urchin_mux_datagram *datagram)
{
	if (urchin_demux(datagram->bytes, datagram->len) == URCHIN_PACKET_STUN ||
	    !urchin_claims_may_ask(&worker->claims, datagram->now_us) || !fill_parcel(worker, datagram))
		return;
	for (int to = 0; to < URCHIN_MAILBOXES_MAX; to++)
		if (to != worker->number)
			urchin_mailbox_post((unsigned)to, &worker->parcel);
}

static bool on_foreign(void *owner, int named, const struct urchin_mux_datagram *datagram)
{
	struct urchin_worker *worker = owner;
	int claimed = urchin_claims_find(&worker->claims, &datagram->local, &datagram->remote, datagram->now_us);
	int to = named >= 0 ? named : claimed;

	worker->parcel.kind = URCHIN_PARCEL_DATAGRAM;
	worker->parcel.is_stranger = to < 0 || to != claimed;
	if (to < 0)
		ask_others(worker, datagram);
	return pass_on(worker, to, datagram);
}

static bool on_foreign_link(void *owner, int named, int fd, const struct urchin_mux_datagram *first)
{
	struct urchin_worker *worker = owner;

	worker->parcel.kind = URCHIN_PARCEL_LINK;
	worker->parcel.fd = fd;
	return pass_on(worker, named, first);
}

struct urchin_mux_group urchin_exchange_mux_group(struct urchin_worker *worker)
{
	return (struct urchin_mux_group){
	    .index = worker->number >= 0 ? (uint32_t)worker->number : UINT32_MAX,
	    .on_foreign = worker->number >= 0 ? on_foreign : NULL,
	    .on_foreign_link = worker->number >= 0 ? on_foreign_link : NULL,
	    .owner = worker,
	};
}

void urchin_exchange_init(struct urchin_worker *worker)
{
	worker->exchange_task.run = run_task;
	worker->number = urchin_mailbox_open(on_filled, worker);
	/* Without randomness keys can be guessed, and then some claims push out others. */
	if (getrandom(&worker->claims.secret, sizeof(worker->claims.secret), GRND_NONBLOCK) < 0)
		worker->claims.secret = (uint64_t)(uintptr_t)worker;
}

void urchin_exchange_close(struct urchin_worker *worker)
{
	const struct urchin_parcel *parcel;

	if (worker->number >= 0)
		urchin_mailbox_close((unsigned)worker->number);
	worker->number = -1;
	while ((parcel = urchin_batch_next(&worker->taken_parcels)))
		urchin_parcel_clear(parcel);
	urchin_batch_clear(&worker->taken_parcels);
}

void urchin_exchange_clear(struct urchin_worker *worker)
{
	struct entry *entry;
	size_t cursor = 0;

	urchin_exchange_close(worker);
	while ((entry = urchin_table_next(&worker->imports, &cursor))) {
		urchin_import_free(entry->import);
		free(entry);
	}
	urchin_table_clear(&worker->imports);
	urchin_claims_clear(&worker->claims);
}

void urchin_exchange_on_export(void *owner, uint64_t workers, const struct urchin_export *item)
{
	struct urchin_worker *worker = owner;
	struct urchin_parcel *parcel = &worker->parcel;

	if (item->len > sizeof(parcel->bytes))
		return;
	parcel->kind = item->bytes ? URCHIN_PARCEL_PACKET : URCHIN_PARCEL_CLOCK;
	parcel->is_video = item->is_video;
	parcel->from = (uint32_t)worker->number;
	parcel->id = item->receiver_id;
	parcel->now_us = item->now_us;
	parcel->ntp = item->ntp;
	parcel->rtp = item->rtp;
	parcel->len = item->len;
	if (item->bytes)
		memcpy(parcel->bytes, item->bytes, item->len);
	for (unsigned to = 0; workers >> to; to++) {
		if (workers >> to & 1)
			post(worker, to, parcel);
		if (to == URCHIN_MAILBOXES_MAX - 1)
			break;
	}
}

void urchin_exchange_on_import_keyframe(void *owner, uint64_t receiver_id)
{
	struct urchin_worker *worker = owner;
	const struct entry *entry = urchin_table_find(&worker->imports, receiver_id);

	worker->parcel.kind = URCHIN_PARCEL_KEYFRAME;
	worker->parcel.from = (uint32_t)worker->number;
	worker->parcel.id = receiver_id;
	worker->parcel.len = 0;
	if (entry)
		post(worker, entry->source, &worker->parcel);
}

static int add_import(struct urchin_worker *worker, const struct urchin_command *command)
{
	struct entry *entry = calloc(1, sizeof(*entry));
	int err = URCHIN_ENOMEM;

	if (!entry)
		return err;
	entry->source = (unsigned)command->count;
	entry->import = urchin_import_new(worker->router, command->object_id, command->payload, &err);
	if (entry->import)
		err = urchin_table_add(&worker->imports, command->object_id, entry);
	if (err == 0)
		return 0;
	urchin_import_free(entry->import);
	free(entry);
	return err;
}

int urchin_exchange_execute(struct urchin_worker *worker, const struct urchin_command *command)
{
	struct entry *entry = urchin_table_find(&worker->imports, command->object_id);

	switch (command->type) {
	case URCHIN_COMMAND_EXPORT_RECEIVER:
		return urchin_router_export(worker->router, command->object_id, (unsigned)command->count,
					    command->flag);
	case URCHIN_COMMAND_ADD_IMPORT:
		return entry ? URCHIN_EEXIST : add_import(worker, command);
	case URCHIN_COMMAND_UPDATE_IMPORT:
		return entry ? urchin_import_update(entry->import, command->payload) : URCHIN_ENOTFOUND;
	case URCHIN_COMMAND_REMOVE_IMPORT:
		if (!entry)
			return URCHIN_ENOTFOUND;
		urchin_table_remove(&worker->imports, command->object_id);
		urchin_import_free(entry->import);
		free(entry);
		return 0;
	default:
		return URCHIN_EINVAL;
	}
}
