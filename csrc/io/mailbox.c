/* One table for the process, for a shared port has users in all its JS environments. Each box has a lock of its own. */
#include "io/mailbox.h"

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/err.h"

/* About 8 MB at the most; a worker that is so far behind has to lose packets. */
#define CONTROL_MAX 5120
#define MEDIA_MAX 4096
#define VIDEO_MAX 3072
/* Of them: descriptors are few; and a flood that names another worker leaves room for its media. */
#define LINKS_MAX 64
#define STRANGERS_MAX 1024

struct box {
	bool is_open;
	size_t links;
	size_t strangers;
	struct urchin_queue queue;
	void (*on_filled)(void *owner);
	void *owner;
};

static struct box boxes[URCHIN_MAILBOXES_MAX];
static pthread_mutex_t locks[URCHIN_MAILBOXES_MAX];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_locks(void)
{
	for (size_t i = 0; i < URCHIN_MAILBOXES_MAX; i++)
		pthread_mutex_init(&locks[i], NULL);
}

/* Runs inside post(), under the box's lock: the owner can't go meanwhile. */
static void on_queue_filled(void *owner)
{
	const struct box *box = owner;

	box->on_filled(box->owner);
}

static int open_box(struct box *box, void (*on_filled)(void *owner), void *owner)
{
	int err = urchin_queue_init(&box->queue, sizeof(struct urchin_parcel), on_queue_filled, box);

	if (err < 0)
		return err;
	box->on_filled = on_filled;
	box->owner = owner;
	box->links = box->strangers = 0;
	box->is_open = true;
	return 0;
}

void urchin_parcel_clear(const struct urchin_parcel *parcel)
{
	if (parcel->kind == URCHIN_PARCEL_LINK)
		close(parcel->fd);
}

int urchin_mailbox_open(void (*on_filled)(void *owner), void *owner)
{
	pthread_once(&once, init_locks);
	for (int i = 0; i < URCHIN_MAILBOXES_MAX; i++) {
		bool is_free;
		int err = 0;

		pthread_mutex_lock(&locks[i]);
		is_free = !boxes[i].is_open;
		if (is_free)
			err = open_box(&boxes[i], on_filled, owner);
		pthread_mutex_unlock(&locks[i]);
		if (is_free)
			return err < 0 ? err : i;
	}
	return URCHIN_EFULL;
}

void urchin_mailbox_close(unsigned number)
{
	struct urchin_batch batch = {0};
	const struct urchin_parcel *parcel;

	pthread_mutex_lock(&locks[number]);
	boxes[number].is_open = false;
	urchin_queue_take(&boxes[number].queue, &batch);
	urchin_queue_clear(&boxes[number].queue);
	pthread_mutex_unlock(&locks[number]);
	while ((parcel = urchin_batch_next(&batch)))
		urchin_parcel_clear(parcel);
	urchin_batch_clear(&batch);
}

static size_t limit_of(const struct urchin_parcel *parcel)
{
	switch (parcel->kind) {
	case URCHIN_PARCEL_PACKET:
		return parcel->is_video ? VIDEO_MAX : MEDIA_MAX;
	case URCHIN_PARCEL_DATAGRAM:
	case URCHIN_PARCEL_LINK:
		return MEDIA_MAX;
	default:
		return CONTROL_MAX;
	}
}

static int push(struct box *box, const struct urchin_parcel *parcel)
{
	bool is_link = parcel->kind == URCHIN_PARCEL_LINK;
	bool is_stranger = parcel->kind == URCHIN_PARCEL_DATAGRAM && parcel->is_stranger;
	int err;

	if (!box->is_open)
		return URCHIN_ENOTFOUND;
	if ((is_link && box->links >= LINKS_MAX) || (is_stranger && box->strangers >= STRANGERS_MAX))
		return URCHIN_EFULL;
	err = urchin_queue_push(&box->queue, parcel, limit_of(parcel));
	box->links += is_link && err == 0;
	box->strangers += is_stranger && err == 0;
	return err;
}

int urchin_mailbox_post(unsigned number, const struct urchin_parcel *parcel)
{
	int err;

	if (number >= URCHIN_MAILBOXES_MAX)
		return URCHIN_ENOTFOUND;
	pthread_once(&once, init_locks);
	pthread_mutex_lock(&locks[number]);
	err = push(&boxes[number], parcel);
	pthread_mutex_unlock(&locks[number]);
	return err;
}

size_t urchin_mailbox_take(unsigned number, struct urchin_batch *batch)
{
	size_t count;

	pthread_mutex_lock(&locks[number]);
	count = urchin_queue_take(&boxes[number].queue, batch);
	boxes[number].links = boxes[number].strangers = 0;
	pthread_mutex_unlock(&locks[number]);
	return count;
}
